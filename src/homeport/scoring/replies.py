"""What came of run(), as an HTTP answer: statuses and flags are the contract's, the words ours."""

from __future__ import annotations

import orjson

from homeport.scoring.messages import Answer, Headers, Reply

JSON = (b"content-type", b"application/json")
HTML = (b"content-type", b"text/html; charset=utf-8")
FLAG = {
    False: (b"x-ms-run-function-failed", b"False"),
    True: (b"x-ms-run-function-failed", b"True"),
}

RAISED = "run() raised an exception: its traceback is in the log of the service"
UNSERIALIZABLE = "what run() returned cannot be sent as JSON: the log of the service says why"

# outcome -> (status, x-ms-run-function-failed, message where the reply has none of its own)
FAILURES = {
    "raised": (500, True, RAISED),
    "unserializable": (500, False, UNSERIALIZABLE),
    "bad_input": (400, False, "the request cannot be read"),
    "timeout": (504, True, "the deadline has passed"),
    "lost": (502, True, "the worker died"),
    "unavailable": (503, False, "no worker can serve"),
    "busy": (503, False, "too many requests wait"),
    "abandoned": (499, False, "the client hung up"),
}


def answer_of(reply: Reply) -> Answer:
    """One reply of a worker (or of the pool in its place) as an answer."""
    about = reply.about
    if reply.outcome == "ok":
        kind = JSON if reply.stream is None else (b"content-type", about["type"].encode("latin-1"))
        more: Headers = [kind, FLAG[False], milliseconds(about["ms"])]
        if reply.stream is not None:
            more.append((b"cache-control", b"no-cache"))
        return Answer(200, more, reply.body, reply.stream)
    if reply.outcome == "response":
        headers = [(name.encode("latin-1").lower(), value.encode("latin-1")) for name, value in about["headers"]]
        if about["failed"] is not None:
            headers.append(FLAG[about["failed"]])
        return Answer(about["status"], [*headers, milliseconds(about["ms"])], reply.body, reply.stream)
    usual, failed, words = FAILURES[reply.outcome]
    status = about.get("status", usual)
    retry: Headers = [(b"retry-after", b"1")] if status == 503 else []
    return error(status, about.get("message", words), retry, failed=failed, incident=about.get("incident"))


def milliseconds(took: float) -> tuple[bytes, bytes]:
    return (b"x-ms-run-fn-exec-ms", b"%.3f" % took)


def error(
    status: int, message: str, headers: Headers | None = None, *, failed: bool = False, incident: str | None = None
) -> Answer:
    """Every failure has this one shape: `{"message": ...}`, and `incident` where one was written down."""
    body = {"message": message}
    more = list(headers or [])
    if incident is not None:
        body["incident"] = incident
        more.append((b"x-homeport-incident", incident.encode("ascii")))
    return Answer(status, [JSON, FLAG[failed], *more], orjson.dumps(body))
