"""The core, with no HTTP library in sight: `Routes.answer(request)` gives the answer of every route."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Protocol

import orjson

from homeport.scoring import swagger
from homeport.scoring.cors import cors_headers
from homeport.scoring.generation import Generation
from homeport.scoring.ids import id_headers
from homeport.scoring.job import Job
from homeport.scoring.log import Log
from homeport.scoring.messages import Answer, Reply, Request
from homeport.scoring.replies import FLAG, HTML, JSON, answer_of, error

SLASHES = re.compile("//+")
ALLOWED = {
    "/": ("GET", "HEAD", "OPTIONS"),
    "/score": ("GET", "POST", "OPTIONS", "HEAD"),
    "/swagger.json": ("GET", "HEAD", "OPTIONS"),
    "/healthz": ("GET", "HEAD"),
    "/readyz": ("GET", "HEAD"),
}


class Traffic(Protocol):
    """Which generation serves now; None until the first init() succeeded."""

    @property
    def current(self) -> Generation | None: ...

    @property
    def state(self) -> str: ...


class Routes:
    """Answers requests from whichever generation serves at that moment."""

    def __init__(self, traffic: Traffic, log: Log) -> None:
        self._traffic, self._log = traffic, log

    async def answer(self, request: Request) -> Answer:
        began = time.perf_counter()
        path = SLASHES.sub("/", request.path) if "//" in request.path else request.path
        methods = ALLOWED.get(path)
        if methods is None:
            return error(404, "there is no such route: scores are at /score, the description at /swagger.json")
        generation = self._traffic.current
        if request.method not in methods:
            answer = error(405, f"{request.method} is not allowed here")
        elif path in ("/healthz", "/readyz"):
            return self._probe(path, generation)
        elif generation is None:
            answer = error(503, "the entry script is still loading: init() has not finished", [(b"retry-after", b"1")])
        else:
            answer = await self._known_route(path, request, generation)
        if path != "/":
            self._access(request, answer, began)
        return answer

    async def _known_route(self, path: str, request: Request, generation: Generation) -> Answer:
        headers, wrong = id_headers(request)
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
        if request.method == "OPTIONS":
            return Answer(200, [HTML, FLAG[False]])
        if request.method == "HEAD":
            return error(405, "HEAD is not allowed here")
        metadata: dict[str, object] = {"method": request.method, "query": request.query}
        if generation.pool.about.get("wants_headers"):
            metadata["headers"] = title_case(request.headers)
        job = Job(orjson.dumps(metadata), request.body if request.method == "POST" else b"", request.caller)
        generation.pool.submit(job)
        reply = await job.reply
        self._report(reply)
        return answer_of(reply)

    def _report(self, reply: Reply) -> None:
        if reply.outcome in ("lost", "timeout", "unavailable"):
            self._log.error(f"{reply.outcome}: {reply.about.get('message')}")

    def _probe(self, path: str, generation: Generation | None) -> Answer:
        """/healthz says that the server lives; /readyz whether a worker can serve, and how many."""
        ready = generation.pool.ready if generation is not None else 0
        body = {
            "state": self._traffic.state,
            "ready": ready,
            "workers": generation.launch.workers if generation is not None else 0,
            "generation": generation.number if generation is not None else None,
        }
        status = 503 if path == "/readyz" and not ready else 200
        return Answer(status, [JSON], orjson.dumps(body))

    def _access(self, request: Request, answer: Answer, began: float) -> None:
        query = f"?{request.query}" if request.query else ""
        took = (time.perf_counter() - began) * 1000
        self._log.info(f"{request.method} {request.path}{query} {answer.status} {took:.3f}ms {len(answer.body)}")


def title_case(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """`X-Probe: p` from `x-probe: p`; a header that comes twice is joined by a comma, as WSGI servers do."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").title()
        text = value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found
