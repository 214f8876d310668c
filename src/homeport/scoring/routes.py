"""The core, with no HTTP library in sight: `Routes.answer(request, asker)` gives the answer of every route."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import Protocol

import orjson

from homeport.domain.serving import ServingOptions
from homeport.scoring import docs_page, swagger, timing
from homeport.scoring.access import Access
from homeport.scoring.capture import Records
from homeport.scoring.cors import cors_headers
from homeport.scoring.generation import Generation
from homeport.scoring.ids import id_headers
from homeport.scoring.job import Job
from homeport.scoring.keys import Doorkeeper
from homeport.scoring.log import Log
from homeport.scoring.messages import Answer, Asker, Headers, Reply, Request
from homeport.scoring.metrics import Metrics
from homeport.scoring.modes import metadata, refused
from homeport.scoring.replies import HTML, JSON, answer_of, error
from homeport.scoring.trace import Tracer

SLASHES = re.compile("//+")
ALLOWED = {
    "/": ("GET", "HEAD", "OPTIONS"),
    "/score": ("GET", "POST", "OPTIONS", "HEAD"),
    "/swagger.json": ("GET", "HEAD", "OPTIONS"),
    "/healthz": ("GET", "HEAD"),
    "/readyz": ("GET", "HEAD"),
    "/metrics": ("GET", "HEAD"),
    **dict.fromkeys(docs_page.ASSETS, ("GET", "HEAD")),
}
UNLOGGED = ("/", "/healthz", "/readyz", "/metrics")  # what monitors ask all the time


class Traffic(Protocol):
    """Which generation serves now; None until the first init() succeeded."""

    @property
    def current(self) -> Generation | None: ...

    @property
    def state(self) -> str: ...


class Turn:
    """One request on its way through the core."""

    __slots__ = ("asker", "began", "generation", "headers", "job", "path", "request")

    generation: Generation
    headers: Headers  # that every answer of a known route has
    job: Job

    def __init__(self, request: Request, asker: Asker) -> None:
        self.request, self.asker = request, asker
        self.began = time.perf_counter()
        self.path = SLASHES.sub("/", request.path) if "//" in request.path else request.path


class Routes:
    """Answers requests from whichever generation serves at that moment."""

    def __init__(
        self, traffic: Traffic, log: Log, records: Records, door: Doorkeeper | None = None, tracer: Tracer | None = None
    ) -> None:
        self._traffic, self._log, self._door = traffic, log, door
        self._metrics = Metrics()
        self._records, self._tracer = records, tracer

    @property
    def max_body(self) -> int:
        """Bytes of one request's body; what is over it the edge refuses."""
        generation = self._traffic.current
        options = generation.launch.options if generation is not None else ServingOptions()
        return options.max_body_mb << 20

    def answer(self, request: Request, asker: Asker) -> None:
        """All but a score are answered at once."""
        turn = Turn(request, asker)
        answer = self._route(turn)
        if answer is not None:
            self._finish(turn, answer)

    def _finish(self, turn: Turn, answer: Answer) -> None:
        path = turn.path
        if path in ALLOWED:
            self._metrics.requests.add(path, answer.status)
            if path not in UNLOGGED:
                self._access(turn.request, answer, turn.began)
        else:
            self._metrics.requests.add("other", answer.status)
        turn.asker.answered(answer)

    def _route(self, turn: Turn) -> Answer | None:
        """None where the answer comes later."""
        path, request = turn.path, turn.request
        methods = ALLOWED.get(path)
        if methods is None:
            return error(404, "there is no such route: scores are at /score, a page to try it at /docs")
        generation = self._traffic.current
        if self._door is not None:
            refusal = self._door.refusal(path, request, generation.settings.cors_origins if generation else ())
            if refusal is not None:
                return refusal
        if request.method not in methods:
            return error(405, f"{request.method} is not allowed here")
        if path in ("/healthz", "/readyz"):
            return self._probe(path, generation)
        if path in docs_page.ASSETS:
            return docs_page.answer(path)
        if path == "/metrics":
            return self._metrics.render(generation)
        if generation is None:
            return error(503, "the entry script is still loading: init() has not finished", [(b"retry-after", b"1")])
        return self._known_route(turn, generation)

    def _known_route(self, turn: Turn, generation: Generation) -> Answer | None:
        path, request = turn.path, turn.request
        headers, wrong = id_headers(request)
        request.id = next((value.decode("latin-1") for name, value in headers if name == b"x-request-id"), "")
        settings = generation.settings
        if settings.server_version is not None:
            headers.append((b"x-ms-server-version", settings.server_version.encode("latin-1")))
        if settings.cors_origins:
            headers += cors_headers(settings.cors_origins, request)
        if wrong is not None:
            answer = error(431, wrong)
        elif path == "/score":
            turn.generation, turn.headers = generation, headers
            later = self._score(turn)
            if later is None:
                return None
            answer = later
        elif request.method == "OPTIONS":
            answer = Answer(200, [HTML, (b"allow", ", ".join(ALLOWED[path]).encode("ascii"))])
        elif path == "/":
            answer = Answer(200, [HTML], b"Healthy")
        else:
            answer = swagger.answer(request.query, generation.documents)
        answer.headers += headers
        return answer

    def _score(self, turn: Turn) -> Answer | None:
        request, pool = turn.request, turn.generation.pool
        about = pool.about
        refusal = refused(request, about.get("mode", "string"))
        if refusal is not None:
            return refusal
        body = request.body if request.method == "POST" or about.get("wants_request") else b""
        told = orjson.dumps({**metadata(request, about), "id": request.id})
        turn.job = job = pool.new_job(told, body, request.caller, request.id)
        job.done = partial(self._replied, turn)
        pool.submit(job)
        return None

    def _replied(self, turn: Turn, reply: Reply) -> None:
        """What came of the call of run() for that request."""
        try:
            answer = self._scored(turn, reply)
        except Exception as wrong:  # noqa: BLE001 - who calls is a worker's connection, which has no part in this
            turn.asker.failed(wrong)
            return
        self._finish(turn, answer)

    def _scored(self, turn: Turn, reply: Reply) -> Answer:
        self._report(reply)
        answer = answer_of(reply)
        header = turn.generation.settings.server_timing
        timing.record(self._metrics, turn.job, reply, answer, header=header)
        self._records.scored(turn.request, reply, turn.generation)
        if self._tracer is not None:
            self._tracer.scored(turn.request, turn.job, reply, answer)
        answer.headers += turn.headers
        return answer

    def _report(self, reply: Reply) -> None:
        if reply.outcome in ("lost", "timeout", "unavailable"):
            self._log.error(f"{reply.outcome}: {reply.about.get('message')}")

    def _probe(self, path: str, generation: Generation | None) -> Answer:
        """/healthz says that the server lives; /readyz whether a worker can serve, and how many."""
        ready = generation.pool.ready if generation is not None else 0
        body: dict[str, object] = {
            "state": self._traffic.state,
            "ready": ready,
            "workers": generation.launch.workers if generation is not None else 0,
            "generation": generation.number if generation is not None else None,
        }
        if generation is not None and generation.pool.fault is not None:
            body["error"] = generation.pool.fault.message
        status = 503 if path == "/readyz" and not ready else 200
        return Answer(status, [JSON], orjson.dumps(body))

    def _access(self, request: Request, answer: Answer, began: float) -> None:
        self._log.access(
            Access(
                method=request.method,
                path=request.path,
                query=request.query,
                status=answer.status,
                took=(time.perf_counter() - began) * 1000,
                size=None if answer.stream is not None else len(answer.body),
                request_id=request.id,
                traceparent=request.header(b"traceparent"),
            )
        )
