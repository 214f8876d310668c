"""The worker's life: load the script, say READY or FAILED, then answer one request at a time."""

import faulthandler
import json
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack

from . import aliases, debugger, encode, lane, logs, parent, stacks, stream, traces, wire
from .inputs import BadInput
from .script import Script, ScriptError, load, prepare_path

FAILED_START = 3  # the exit status


def main(fd: int, *forking: int) -> None:
    """Serve on the socket `fd` until the other side closes it.

    With the two descriptors `forking` (see `parent.Parent`), this is the parent of a generation's workers where that is
    safe. Where it is not, READY says why (`unshared`), and it is a worker like any other.
    """
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
    stacks.register(start.get("stacks"))
    debugger.listen()
    forks = parent.Parent(*forking) if forking else None
    script, about = start_script(connection, start)
    if script is None:
        sys.exit(FAILED_START)
    if forks is not None:
        about["unshared"] = forks.refusal()
    wire.send_frames(connection, [(wire.READY, encode.metadata(about))])
    own_lane = start.get("lane")
    if forks is not None and about["unshared"] is None:
        if own_lane is not None:
            os.close(own_lane)
        connection, own_lane = forks.fork_workers(connection)
        reader = wire.BlockingReader(connection)
        stacks.register(start.get("stacks"))
        wire.send_frames(connection, [(wire.READY, encode.metadata(dict(about, pid=os.getpid())))])
    serve(connection, reader, lane.requests(own_lane, reader), script)


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
    """(the script with init() done, what READY says of it), or two None when it failed and the server has been told."""
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
        return None, None
    try:
        return script, describe(script)
    except Exception as wrong:
        send_failure(connection, "signature", wrong)
        return None, None


def describe(script: Script):
    """What the server is told of a script that is ready."""
    if script.wants_request or flask_http() is not None:
        script.application = flask_http().Application()
        script.application.push()
    return {
        "pid": os.getpid(),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "mode": script.mode,
        "wants_headers": script.wants_headers,
        "wants_request": script.wants_request,
        "schemas": script.schemas,
    }


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
    wire.send_frames(connection, [(wire.FAILED, encode.metadata(failure))])


def serve(connection: socket.socket, reader: wire.BlockingReader, requests, script: Script) -> None:
    """One request after the other until the server closes the connection."""
    sender = stream.Sender(connection, reader)
    own_process = os.getpid()
    while True:
        request = requests.next()
        if request is None:
            return
        about = json.loads(request[0].decode("utf-8"))
        logs.Current.request_id = about.get("id", "")
        with ExitStack() as around:
            answer, payload, pieces = score(script, about, request[1], around)
            if os.getpid() != own_process:
                os._exit(0)  # run() has forked and its child came back too: only one of them may answer
            if pieces is not None:
                answer["stream"] = True
            if send(connection, answer, payload) and pieces is not None:
                sender.send(pieces)


def send(connection: socket.socket, answer, payload) -> bool:
    """False where it is too large to be sent, which the server is told instead."""
    try:
        if "encode_ms" in answer and len(payload) <= wire.RESULT_LIMIT:
            head = wire.frame_head(wire.RESULT, wire.TIMES.size + len(payload))
            connection.sendall(b"".join((head, wire.TIMES.pack(answer["ms"], answer["encode_ms"]), payload)))
        else:
            wire.send_frames(connection, [(wire.ANSWER, encode.metadata(answer)), (wire.BODY, payload)])
    except wire.WireError as wrong:
        logs.error("the answer was not sent: %s" % wrong)
        wire.send_frames(connection, [(wire.ANSWER, encode.metadata({"outcome": "unserializable"})), (wire.BODY, b"")])
        return False
    return True


def score(script: Script, about, body, around: ExitStack):
    """(what came of it, the answer's body, the pieces that follow or None) for one request.

    Whatever has to stay open until the answer is sent is entered into `around`. SystemExit and KeyboardInterrupt end
    the worker.
    """
    try:
        request = None
        if script.wants_request:
            request = around.enter_context(script.application.request_context(about, body)).request
        arguments = script.arguments(about, body, request)
        began = time.perf_counter()
        result = script.call(arguments)
        if stream.is_stream(result):
            content_type, pieces = stream.framed(stream.items_of(result, script.loop), about.get("events", False))
            took = (time.perf_counter() - began) * 1000
            return {"outcome": "ok", "ms": took, "type": content_type}, b"", pieces
    except (SystemExit, KeyboardInterrupt) as wrong:
        logs.error("run() ended its worker:\n%s" % traces.user_traceback(wrong).rstrip())
        raise
    except BadInput as wrong:
        return {"outcome": "bad_input", "message": str(wrong)}, b"", None
    except BaseException as wrong:
        logs.error("run() raised:\n%s" % traces.user_traceback(wrong).rstrip())
        return {"outcome": "raised"}, b"", None
    return encoded(result, (time.perf_counter() - began) * 1000)


def encoded(result, took: float):
    http = flask_http()
    try:
        if http is None or not http.is_response(result):
            began = time.perf_counter()
            body = encode.encode(result)
            return {"outcome": "ok", "ms": took, "encode_ms": (time.perf_counter() - began) * 1000}, body, None
        answer = dict(http.about_response(result), outcome="response", ms=took)
        if http.is_streamed(result):
            return answer, b"", http.pieces_of(result)
        return answer, http.whole_body(result), None
    except Exception as wrong:
        logs.error("the result of run() cannot be sent: %s\n%s" % (traces.summary(wrong), type(result)))
        return {"outcome": "unserializable"}, b"", None


def flask_http():
    """Our module on flask where flask is loaded; only then can a result be one of its responses."""
    if "flask" not in sys.modules:
        return None
    from . import http

    return http
