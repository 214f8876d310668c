"""OpenTelemetry traces of scores, as OTLP over HTTP in JSON, where the exporter's own variables ask for them.

One span for a score, with spans for its time in the queue and in run() below it. `traceparent` is honoured: its trace
and span are the parent, and a caller that does not sample is not traced. A thread sends them; what cannot be sent is
dropped, and said once.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from homeport.scoring.job import Job
from homeport.scoring.log import Log
from homeport.scoring.messages import Answer, Reply, Request

TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")  # W3C Trace Context
PAUSE = 1.0  # seconds between two sendings
MOST = 2048  # scores that wait to be sent; over it the oldest go
SERVER, INTERNAL = 2, 1  # OTLP's kinds of spans
FAILED = 2  # OTLP's status

Span = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Where spans go."""

    endpoint: str
    headers: Mapping[str, str]
    timeout: float  # seconds
    service: str


def exporter_of(variables: Mapping[str, str], log: Log) -> Exporter | None:
    """None where tracing is not asked for, or asked for in a way that is not spoken here, which is logged."""
    endpoint = variables.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    general = variables.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not endpoint and general:
        endpoint = general.rstrip("/") + "/v1/traces"
    off = variables.get("OTEL_SDK_DISABLED", "").lower() == "true" or variables.get("OTEL_TRACES_EXPORTER") == "none"
    if not endpoint or off:
        return None
    protocol = variables.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or variables.get("OTEL_EXPORTER_OTLP_PROTOCOL") or ""
    if protocol == "grpc" or not endpoint.startswith(("http://", "https://")):
        log.warning("traces are not sent: they go over HTTP, so name an http:// endpoint (port 4318 by custom)")
        return None
    told = variables.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or variables.get("OTEL_EXPORTER_OTLP_HEADERS") or ""
    pairs = (pair.partition("=") for pair in told.split(",") if "=" in pair)
    milliseconds = variables.get("OTEL_EXPORTER_OTLP_TIMEOUT", "")
    return Exporter(
        endpoint=endpoint,
        headers={name.strip(): unquote(value.strip()) for name, _, value in pairs},
        timeout=int(milliseconds) / 1000 if milliseconds.isdigit() else 10.0,
        service=variables.get("OTEL_SERVICE_NAME") or variables.get("SERVICE_NAME") or "homeport",
    )


class Tracer:
    """Collects spans and sends them; `close` sends the last."""

    def __init__(self, exporter: Exporter, log: Log) -> None:
        self._exporter, self._log = exporter, log
        self._waiting: deque[list[Span]] = deque(maxlen=MOST)
        self._closing = threading.Event()
        self._failed = False
        self._thread = threading.Thread(target=self._send_all, name="traces", daemon=True)
        self._thread.start()

    def scored(self, request: Request, job: Job, reply: Reply, answer: Answer) -> None:
        """Called once for each score, when its answer is there."""
        parent = TRACEPARENT.fullmatch(request.header(b"traceparent") or "")
        if parent is not None and not int(parent[3], 16) & 1:
            return
        self._waiting.append(spans_of(request, job, reply, answer, parent))

    def close(self) -> None:
        """At most the exporter's timeout, or two seconds."""
        self._closing.set()
        self._thread.join(min(self._exporter.timeout, 2.0))

    def _send_all(self) -> None:
        while not self._closing.wait(PAUSE):
            self._send()
        self._send()

    def _send(self) -> None:
        from urllib.request import Request as Post  # 30 ms of imports that a server without traces does not pay
        from urllib.request import urlopen

        spans = [span for _ in range(len(self._waiting)) for span in self._waiting.popleft()]
        if not spans:
            return
        body = json.dumps(document(spans, self._exporter.service)).encode()
        headers = {"Content-Type": "application/json", **self._exporter.headers}
        try:
            post = Post(self._exporter.endpoint, body, headers)  # noqa: S310 - http or https, looked at by exporter_of
            urlopen(post, timeout=self._exporter.timeout).close()  # noqa: S310
        except OSError as wrong:
            if not self._failed:
                self._failed = True
                self._log.warning(f"traces could not be sent to {self._exporter.endpoint}: {wrong}")
            return
        self._failed = False


def spans_of(request: Request, job: Job, reply: Reply, answer: Answer, parent: re.Match[str] | None) -> list[Span]:
    """The score's own span first. The worker's clock says how long run() took, not when: it ends with the answer."""
    end, now = time.time_ns(), time.perf_counter()
    began = end - int((now - job.made) * 1e9)
    trace = parent[1] if parent is not None else secrets.token_hex(16)
    own = secrets.token_hex(8)
    score = span("POST /score" if request.method == "POST" else f"{request.method} /score", trace, began, end)
    score.update(spanId=own, kind=SERVER, parentSpanId=parent[2] if parent is not None else "")
    score["attributes"] = [
        attribute("http.request.method", request.method),
        attribute("url.path", request.path),
        attribute("http.response.status_code", answer.status),
        attribute("homeport.outcome", reply.outcome),
        attribute("homeport.request_id", request.id),
    ]
    if answer.status >= 500:
        score["status"] = {"code": FAILED}
    found = [score]
    if job.taken:
        taken = end - int((now - job.taken) * 1e9)
        found.append(span("queue", trace, began, taken) | {"parentSpanId": own})
        if "ms" in reply.about:
            encoded = end - int(reply.about.get("encode_ms", 0.0) * 1e6)
            found.append(span("run", trace, encoded - int(reply.about["ms"] * 1e6), encoded) | {"parentSpanId": own})
    return found


def span(name: str, trace: str, began: int, ended: int) -> Span:
    return {
        "traceId": trace,
        "spanId": secrets.token_hex(8),
        "name": name,
        "kind": INTERNAL,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(ended),
    }


def attribute(key: str, value: str | int) -> dict[str, Any]:
    return {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}


def document(spans: list[Span], service: str) -> dict[str, Any]:
    resource = {"attributes": [attribute("service.name", service)]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "homeport"}, "spans": spans}]}]}
