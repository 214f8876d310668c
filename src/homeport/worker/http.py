"""`rawhttp`, `AMLRequest` and `AMLResponse` on top of flask, as scripts written for the original import them."""

import json

import flask

RAW = []  # the functions that were decorated: one is enough to put the whole script into raw mode
DEFAULT_TYPE = "text/html; charset=utf-8"


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


def parts_of(response):
    """(status, headers, body, failed) of a flask response; `failed` is None where the original leaves the flag out."""
    own = getattr(response, "run_function_failed", None)
    failed = True if response.status_code >= 500 else own
    body = response.get_data()
    headers = [[name, value] for name, value in response.headers.items() if name.lower() != "content-length"]
    return response.status_code, headers, body, failed


def is_response(value):
    return isinstance(value, flask.wrappers.Response)


def push_context():
    """`flask.jsonify` and its kin need an application: they get one for the life of the worker."""
    flask.Flask(__name__).app_context().push()
