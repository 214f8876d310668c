"""`rawhttp`, `AMLRequest` and `AMLResponse` on top of flask, as scripts written for the original import them."""

import io
import json
import sys

import flask

RAW = []  # the functions that were decorated: one is enough to put the whole script into raw mode
DEFAULT_TYPE = "text/html; charset=utf-8"
BODILESS = (204, 304)
APART = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}  # WSGI's names without HTTP_


class AMLRequest(flask.Request):
    """The HTTP request that a `rawhttp` run() is given."""


def rawhttp(function):
    """Mark the script: run() is given the HTTP request as it is."""
    RAW.append(function)
    return function


class AMLResponse(flask.Response):
    """An answer with its own status and headers; values of headers are split at commas, as the original does."""

    def __init__(self, message, status_code, response_headers=None, json_str=False, run_function_failed=False):
        headers = dict(response_headers or {})
        body = message
        if message is None or json_str:
            body = "{}" if message is None else json.dumps(message)
            content_type = "application/json"
        else:
            content_type = DEFAULT_TYPE
        named = [name for name in headers if name.lower() == "content-type"]
        if named:
            content_type = headers.pop(named[-1])
        super().__init__(body, status=status_code, content_type=content_type)
        self.run_function_failed = run_function_failed
        for name, value in headers.items():
            whole = name.lower() == "set-cookie"  # its dates have commas of their own
            for part in [value] if whole else value.split(","):
                self.headers.add(name, part.strip())


def is_response(value) -> bool:
    return isinstance(value, flask.wrappers.Response)


def about_response(response):
    """Its status, headers and flag; `failed` is None where the original leaves the flag out. ValueError: not HTTP."""
    status = response.status_code
    if not 200 <= status <= 999:
        raise ValueError("%s is not the status of an answer" % status)
    headers = [(name, value) for name, value in response.headers.items() if name.lower() != "content-length"]
    for name, value in headers:
        name.encode("ascii")
        if {"\r", "\n", "\0"} & set(value.encode("latin-1").decode("latin-1")):
            raise ValueError("the header %s has a line break in its value" % name)
    failed = True if status >= 500 else getattr(response, "run_function_failed", None)
    return {"status": status, "headers": headers, "failed": failed}


def is_streamed(response) -> bool:
    """Whether its body is made while it is sent, or read from a file."""
    if response.status_code in BODILESS or flask.has_request_context() and flask.request.method == "HEAD":
        return False
    return response.is_streamed or response.direct_passthrough


def whole_body(response) -> bytes:
    """The body; nothing is read of one that must not be sent."""
    if response.status_code in BODILESS or response.is_streamed or response.direct_passthrough:
        response.close()
        return b""
    body = response.get_data()
    response.close()
    return body


def pieces_of(response):
    """The pieces of a streamed body; at its end, however it comes, the response is closed."""
    try:
        for piece in response.iter_encoded():
            yield bytes(piece)
    finally:
        response.close()


class Application:
    """The flask application in whose context run() is called: `jsonify`, `request` and their kin need one."""

    def __init__(self) -> None:
        self._flask = flask.Flask(__name__, static_folder=None)
        self._flask.request_class = AMLRequest
        self._flask.config["MAX_FORM_MEMORY_SIZE"] = None  # the server has a limit for bodies

    def push(self) -> None:
        """For the life of the worker."""
        self._flask.app_context().push()

    def request_context(self, about, body):
        """A context manager; inside, `flask.request` is the request that the server was sent."""
        return self._flask.request_context(environ_of(about, body))


def environ_of(about, body):
    """The request in WSGI's words; `about["fields"]` are its headers as (lower-case name, value)."""
    environ = {
        "REQUEST_METHOD": about["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": about["path"].encode("utf-8").decode("latin-1"),
        "QUERY_STRING": about["query"],
        "REQUEST_URI": about["path"] + ("?" + about["query"] if about["query"] else ""),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": about.get("client", ""),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in about["fields"]:
        if "_" in name:
            continue  # in WSGI's words it would pass for the header with dashes
        key = APART.get(name) or "HTTP_" + name.upper().replace("-", "_")
        joint = "; " if name == "cookie" else ","
        environ[key] = environ[key] + joint + value if key in environ else value
    return environ
