"""The core, with no HTTP library in sight: `Routes.answer(request)` gives the answer of every route."""

from __future__ import annotations

import re
import time
from typing import Protocol

import orjson

from homeport.domain.serving import ServingOptions
from homeport.scoring import docs_page, swagger, timing
from homeport.scoring.access import Access
from homeport.scoring.capture import Records
from homeport.scoring.cors import cors_headers
from homeport.scoring.generation import Generation
from homeport.scoring.ids import id_headers
from homeport.scoring.keys import Doorkeeper
from homeport.scoring.log import Log
from homeport.scoring.messages import Answer, Reply, Request
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

    async def answer(self, request: Request) -> Answer:
        began = time.perf_counter()
        path = SLASHES.sub("/", request.path) if "//" in request.path else request.path
        answer = await self._route(path, request)
        if path in ALLOWED:
            self._metrics.requests.add(path, answer.status)
            if path not in UNLOGGED:
                self._access(request, answer, began)
        else:
            self._metrics.requests.add("other", answer.status)
        return answer

    async def _route(self, path: str, request: Request) -> Answer:
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
        return await self._known_route(path, request, generation)

    async def _known_route(self, path: str, request: Request, generation: Generation) -> Answer:
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
            answer = await self._score(request, generation)
        elif request.method == "OPTIONS":
            answer = Answer(200, [HTML, (b"allow", ", ".join(ALLOWED[path]).encode("ascii"))])
        elif path == "/":
            answer = Answer(200, [HTML], b"Healthy")
        else:
            answer = swagger.answer(request.query, generation.documents)
        answer.headers += headers
        return answer

    async def _score(self, request: Request, generation: Generation) -> Answer:
        about = generation.pool.about
        refusal = refused(request, about.get("mode", "string"))
        if refusal is not None:
            return refusal
        body = request.body if request.method == "POST" or about.get("wants_request") else b""
        told = orjson.dumps({**metadata(request, about), "id": request.id})
        job = generation.pool.new_job(told, body, request.caller, request.id)
        generation.pool.submit(job)
        reply = await job.reply
        self._report(reply)
        answer = answer_of(reply)
        timing.record(self._metrics, job, reply, answer, header=generation.settings.server_timing)
        self._records.scored(request, reply, generation)
        if self._tracer is not None:
            self._tracer.scored(request, job, reply, answer)
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
