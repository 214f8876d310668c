"""The worker's life: load the script, say READY or FAILED, then answer one request at a time."""

import faulthandler
import json
import os
import signal
import socket
import sys
import time
from urllib.parse import unquote_plus

from . import aliases, encode, logs, traces, wire
from .script import Script, ScriptError, load, prepare_path

FAILED_START = 3  # the exit status


def main(fd: int) -> None:
    """Serve on the socket `fd` until the other side closes it."""
    os.set_inheritable(fd, False)
    connection = socket.socket(fileno=fd)
    reader = wire.BlockingReader(connection)
    die_with_parent()
    faulthandler.enable()  # a crash in native code leaves the Python frames in the log
    logs.open_streams()
    logs.set_up_logging()
    frame = reader.read()
    if frame is None:
        return
    start = json.loads(frame[1].decode("utf-8"))
    script = start_script(connection, start)
    if script is None:
        sys.exit(FAILED_START)
    serve(connection, reader, script)


def die_with_parent() -> None:
    """On Linux: a worker inside a long run() does not outlive a server that was killed."""
    if sys.platform != "linux":
        return
    try:
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        pass  # a Python without ctypes: such a worker ends after the request in hand


def start_script(connection: socket.socket, start):
    """The script with init() done, or None when it failed and the server has been told."""
    sys.argv[:] = [start["entry_script"]]
    prepare_path([os.getcwd(), start["app_root"], start["source_directory"]], start["entry_script"])
    aliases.install()
    stage = "import"
    try:
        logs.apply_logging_file([start["app_root"], os.path.dirname(start["entry_script"])])
        module = load(start["entry_script"])
        stage = "signature"
        script = Script(module)
        stage = "init"
        script.init()
    except BaseException as wrong:  # SystemExit too: a script that leaves at its start has failed
        send_failure(connection, stage, wrong)
        return None
    if flask_http() is not None:
        flask_http().push_context()
    about = {
        "pid": os.getpid(),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "mode": "string",
        "wants_headers": script.wants_headers,
    }
    wire.send_frames(connection, [(wire.READY, dump(about))])
    return script


def send_failure(connection: socket.socket, stage: str, wrong: BaseException) -> None:
    own_words = isinstance(wrong, ScriptError)
    failure = {
        "stage": stage,
        "error": str(wrong) if own_words else traces.summary(wrong),
        "traceback": "" if own_words else traces.user_traceback(wrong),
        "listing": "",
    }
    if stage == "init" and os.environ.get("AZUREML_MODEL_DIR"):
        failure["listing"] = traces.folder_listing(os.environ["AZUREML_MODEL_DIR"])
    wire.send_frames(connection, [(wire.FAILED, dump(failure))])


def serve(connection: socket.socket, reader: wire.BlockingReader, script: Script) -> None:
    while True:
        frame = reader.read()
        if frame is None:
            return
        about = json.loads(frame[1].decode("utf-8"))
        body = reader.read()
        if frame[0] != wire.SCORE or body is None or body[0] != wire.BODY:
            raise wire.WireError("a request is a SCORE frame and a BODY frame")
        answer, payload = score(script, about, body[1])
        try:
            wire.send_frames(connection, [(wire.ANSWER, dump(answer)), (wire.BODY, payload)])
        except wire.WireError as wrong:
            logs.error("the answer was not sent: %s" % wrong)
            wire.send_frames(connection, [(wire.ANSWER, dump({"outcome": "unserializable"})), (wire.BODY, b"")])


def score(script: Script, about, body):
    """(what came of it, the answer's body) for one request. SystemExit and KeyboardInterrupt end the worker."""
    try:
        data = query_text(about["query"]) if about["method"] == "GET" else body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return {"outcome": "bad_input", "message": "the body is not UTF-8: %s" % wrong}, b""
    began = time.perf_counter()
    try:
        result = script.call(data, about.get("headers"))
    except (SystemExit, KeyboardInterrupt) as wrong:
        logs.error("run() ended its worker: %s" % traces.summary(wrong))
        raise
    except BaseException as wrong:
        logs.error("run() raised:\n%s" % traces.user_traceback(wrong).rstrip())
        return {"outcome": "raised"}, b""
    took = (time.perf_counter() - began) * 1000
    return encoded(result, took)


def encoded(result, took: float):
    http = flask_http()
    try:
        if http is not None and http.is_response(result):
            status, headers, body, failed = http.parts_of(result)
            return {"outcome": "response", "ms": took, "status": status, "headers": headers, "failed": failed}, body
        return {"outcome": "ok", "ms": took}, encode.encode(result)
    except Exception as wrong:
        logs.error("the result of run() cannot be sent: %s\n%s" % (traces.summary(wrong), type(result)))
        return {"outcome": "unserializable"}, b""


def flask_http():
    """Our module on flask where flask is loaded; only then can a result be one of its responses."""
    if "flask" not in sys.modules:
        return None
    from . import http

    return http


def query_text(query: str) -> str:
    """A GET's query as JSON text: values parsed where they are JSON, repeated keys as lists, a bare key as ""."""
    found = {}
    for pair in query.split("&"):
        if not pair:
            continue
        key, _, value = pair.partition("=")
        found.setdefault(unquote_plus(key), []).append(query_value(unquote_plus(value)))
    return json.dumps({key: values[0] if len(values) == 1 else values for key, values in found.items()})


def query_value(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return text


def dump(value) -> bytes:
    return json.dumps(value).encode("ascii")
