"""One worker: its process, our end of its socket pair, and what it has in hand."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, cast

import orjson

from homeport.domain.incident import Kind
from homeport.scoring.endings import failed_start, fate_of, kill_group
from homeport.scoring.faults import StartError
from homeport.scoring.hand import LONGEST_AHEAD, Hand
from homeport.scoring.incidents import Fault, Recorder, Scene
from homeport.scoring.job import Job
from homeport.scoring.lane import Lane
from homeport.scoring.limits import Limits
from homeport.scoring.memory import resident
from homeport.scoring.messages import Reply
from homeport.scoring.output import Output
from homeport.scoring.streams import Stream
from homeport.worker import wire

LAST_WORDS = 1.0  # seconds that a worker which closed its socket has to exit by itself
LAST_ANSWER = 0.25  # seconds until what it had sent has been read; no longer, as others may hold its socket open
LEAVE = 5.0  # seconds that a dismissed worker has for its atexit handlers
LOOK = 0.1  # seconds between two looks at a worker's memory

State = Literal["starting", "idle", "busy", "leaving", "ending", "dead"]


class Process(Protocol):
    """A worker's process, however it was started; it leads a process group of its own. `Popen` is one."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None:
        """As in `subprocess`: the negative number of the signal that ended it; None while it runs."""
        ...

    def wait(self) -> int | None:
        """Block until it has ended; called in a thread. None where nobody can tell its status."""
        ...


class Worker(asyncio.Protocol):
    """Does one thing at a time. `on_free` is called after each; `on_back` with a job that it will not come to.

    A fault (past its deadline, over its memory, dead, out of its protocol) costs the job in hand, ends the worker, and
    is written down as an incident.
    """

    def __init__(self, process: Process, lane: Lane | None, output: Output) -> None:
        loop = asyncio.get_running_loop()
        self.state: State = "starting"
        self.about: Mapping[str, Any] = {}
        self.gone: asyncio.Future[None] = loop.create_future()  # done when the process has ended
        self.outgrown: asyncio.Future[None] = loop.create_future()  # done when it has passed its memory limit
        self.on_free: Callable[[Worker], None] | None = None
        self.on_back: Callable[[Job], None] | None = None
        self.served = False  # whether it was ever given a job
        self._loop, self._process, self._output = loop, process, output
        self._limits = Limits()
        self._recorder: Recorder | None = None
        self._fault: Fault | None = None
        self._last_acts: set[asyncio.Task[None]] = set()
        self._wanted = True  # not dismissed, nor ended because the server is stopping
        self._mark = 0  # which of the worker's lines was the next when it was given the job
        self._looked = 0.0
        self._ready: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        self._exited: asyncio.Future[None] = loop.create_future()
        threading.Thread(target=self._wait_for_exit, daemon=True).start()
        self._reader = wire.FrameReader()
        self._lane, self._hand = lane, Hand(lane, self.send)
        self._ahead_timer: asyncio.TimerHandle | None = None
        self._answer: dict[str, Any] = {}
        self._stream: Stream | None = None  # the answer whose pieces are still coming
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._why: str | None = None
        self._burial = loop.create_task(self._bury())

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, frames: Sequence[wire.Frame]) -> None:
        """Whole frames to the worker; what cannot be written at once is kept until it can."""
        self._transport.writelines(wire.pieces(frames))

    async def ready(self, limits: Limits, recorder: Recorder | None = None) -> None:
        """Returns after init(); it is held to `limits` from now on. `StartError` with the script's own words."""
        self._limits, self._recorder = limits, recorder
        events = {self._ready, self.gone}
        done, _ = await asyncio.wait(events, timeout=limits.init, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise await self._too_slow(limits.init)
        if self._ready.done():
            self._ready.result()
            return
        if self._fault is not None and self._fault.kind == "memory":
            raise StartError("worker_died", self._fault.message, hint="load less, or raise `memory_limit_mb`")
        raise StartError(
            "worker_died",
            f"the worker ended before init() was done: {self._fate()}",
            hint="its last lines are above; run the script by hand with the same interpreter to see more",
            detail=self._output.tail(),
        )

    async def _too_slow(self, seconds: float | None) -> StartError:
        self.fail("init_timeout", f"init() did not finish within {seconds or 0:g} s")
        await asyncio.shield(self.gone)
        stacks = f"\n\nThe stacks of all threads:\n{self._fault.stacks}" if self._fault and self._fault.stacks else ""
        return StartError(
            "init_timeout",
            f"the entry script was not ready after {seconds or 0:g} s: importing it and init() may not take longer",
            hint="mend init(), or allow more time with `init_timeout_s` (`--init-timeout`)",
            detail=f"{self._output.tail()}{stacks}".lstrip(),
        )

    def take(self, job: Job) -> None:
        """Send the job; the worker must be idle."""
        self._hand.take(job)
        self._runs()

    def take_ahead(self, job: Job) -> bool:
        """Send the job to a busy worker that will come to it in a moment; False where it is not such a one."""
        if self.state != "busy" or self._stream is not None or not self._hand.take_ahead(job):
            return False
        if self._ahead_timer is None:
            self._ahead_timer = self._loop.call_later(LONGEST_AHEAD, self._look_ahead)
        return True

    def take_back(self) -> Job | None:
        """The job that was sent ahead, if there is one that the worker has not come to."""
        return self._hand.take_back()

    @property
    def ahead(self) -> Job | None:
        """The job that was sent ahead."""
        return self._hand.ahead

    def _runs(self) -> None:
        """The first job of its hand, from now on."""
        if self.state != "leaving":
            self.state = "busy"
        self.served, self._mark = True, self._output.count
        if self._limits.deadline is not None:
            self._due = self._loop.time() + self._limits.deadline
            if self._timer is None:
                self._timer = self._loop.call_at(self._due, self._look_at_clock)

    def _look_ahead(self) -> None:
        """At most one timer a worker, as `_look_at_clock`."""
        self._ahead_timer = None
        job = self._hand.ahead
        if job is None:
            return
        waited = time.perf_counter() - job.taken
        if waited < LONGEST_AHEAD:
            self._ahead_timer = self._loop.call_later(LONGEST_AHEAD - waited, self._look_ahead)
        else:
            self._give_back()

    def _give_back(self) -> None:
        job = self._hand.take_back()
        if job is not None and self.on_back is not None:
            self.on_back(job)

    def dismiss(self) -> None:
        """Leave when the job in hand is done."""
        self._wanted = False
        if self.state == "busy":
            self.state = "leaving"
        elif self.state in ("idle", "starting"):
            self.state = "leaving"
            self._close()

    def kill(self, why: str) -> None:
        """End it now, because the server wants it so; `why` is what the caller of the job in hand is told."""
        self._wanted = False
        self._why = self._why or why
        kill_group(self._process.pid)

    def fail(self, kind: Kind, why: str) -> None:
        """End it for a fault of its own, once it has said where it was. Nothing that it says counts any more."""
        if self._fault is not None or self.state == "dead":
            return
        self._fault = self._new_fault(kind, why)
        self._why, self.state = self._why or why, "ending"
        self._give_back()
        last_act = self._loop.create_task(self._ask_and_kill())
        self._last_acts.add(last_act)
        last_act.add_done_callback(self._last_acts.discard)

    def look_at_memory(self) -> None:
        """Past the limit it is to be replaced between two jobs; past twice the limit it is ended where it stands."""
        limit = self._limits.memory
        if limit is None or self.state in ("ending", "dead"):
            return
        self._looked = self._loop.time()
        size = resident(self.pid)
        if size > 2 * limit:
            self.fail("memory", f"it held {size >> 20} MB, more than twice its limit of {limit >> 20} MB")
        elif size > limit and self.state in ("idle", "busy") and not self.outgrown.done():
            self.outgrown.set_result(None)
            fault = self._new_fault("memory", f"it held {size >> 20} MB, over its limit of {limit >> 20} MB: replaced")
            self._write_down(fault)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._fault is not None:
            return
        try:
            for kind, payload in self._reader.feed(data):
                self._receive(kind, payload)
        except (wire.WireError, orjson.JSONDecodeError) as wrong:
            self.fail("protocol", f"the worker sent something that is not an answer ({wrong})")

    def connection_lost(self, exc: Exception | None) -> None:
        if self.state != "leaving":
            self.state = "ending"  # nothing is sent to it any more, though its process may not have ended yet
        if not self._closed.done():
            self._closed.set_result(None)

    # what it says

    def _receive(self, kind: int, payload: bytes) -> None:
        if kind == wire.RESULT and self._hand.first is not None:
            ran, encoded = wire.TIMES.unpack_from(payload)
            self._answer = {"outcome": "ok", "ms": ran, "encode_ms": encoded}
            self._answered(payload[wire.TIMES.size :])
        elif kind == wire.ANSWER:
            self._answer = orjson.loads(payload)
        elif kind == wire.BODY and self._hand.first is not None:
            self._answered(payload)
        elif kind == wire.CHUNK and self._stream is not None:
            self._stream.put(payload)
            self._restart_clock()
        elif kind == wire.END and self._stream is not None:
            stream, self._stream = self._stream, None
            stream.end(orjson.loads(payload)["error"])
            self._free()
        elif kind == wire.READY and not self._ready.done():
            self.about = orjson.loads(payload)
            if self.state == "starting":
                self.state = "idle"
            self._ready.set_result(None)
        elif kind == wire.FAILED and not self._ready.done():
            self._ready.set_exception(failed_start(orjson.loads(payload)))
        else:
            raise wire.WireError(f"a frame of kind {kind} has no place here")

    def _answered(self, body: bytes) -> None:
        if self._answer.pop("stream", False):
            self._give_back()  # while a stream runs, the worker does not come to anything else
            self._stream = Stream(self, body)
            self._restart_clock()
        job = self._hand.answered()
        job.finish(Reply(self._answer.pop("outcome"), self._answer, body, self._stream))
        if self._stream is None:
            self._free()

    def _free(self) -> None:
        if self._hand.first is not None:
            self._runs()
        elif self.state == "leaving":
            self._close()
            return
        else:
            self.state = "idle"
        if self._limits.memory is not None and self._loop.time() - self._looked > LOOK:
            self.look_at_memory()
        if self.on_free is not None and self._fault is None:
            self.on_free(self)

    def _look_at_clock(self) -> None:
        """At most one timer a worker, not one a request: where the job it was set for is done, it is set again."""
        self._timer = None
        if self._stream is not None and self._stream.paused:
            self._restart_clock()  # it waits for its client, which the edge does not do for ever
        job = self._hand.first
        if job is None and self._stream is None:
            return
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._look_at_clock)
            return
        milliseconds = round((self._limits.deadline or 0) * 1000)
        message = f"Scoring timeout after {milliseconds} ms"
        self.fail("deadline", f"run() did not finish within {milliseconds} ms")
        if job is not None:
            about = {"status": self._limits.deadline_status, "message": message}
            job.finish(Reply("timeout", self._with_incident(about)))
        elif self._stream is not None:
            self._stream.end(message)

    def _restart_clock(self) -> None:
        """Each piece of a stream has the deadline that a whole answer has otherwise."""
        if self._limits.deadline is not None:
            self._due = self._loop.time() + self._limits.deadline

    # the source of a stream

    def pause(self) -> None:
        self._transport.pause_reading()

    def resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def stop(self) -> None:
        if not self._transport.is_closing():
            self.send([(wire.STOP, b"{}")])

    # how it ends

    def _close(self) -> None:
        self._transport.close()
        if self._lane is not None:
            self._lane.close()
        self._loop.call_later(LEAVE, self.kill, "it did not leave when asked")

    def _wait_for_exit(self) -> None:
        """A thread of its own: portable, and it needs no signal handler and no child watcher."""
        self._process.wait()
        with contextlib.suppress(RuntimeError):  # the loop may have closed: the server is gone, its worker after it
            self._loop.call_soon_threadsafe(self._exited.set_result, None)

    async def _bury(self) -> None:
        await asyncio.wait({self._closed, self._exited}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({self._exited}, timeout=LEAVE if self.state == "leaving" else LAST_WORDS)
        kill_group(self._process.pid)  # also what the worker started and left behind
        await self._exited
        await asyncio.wait({self._closed}, timeout=LAST_ANSWER)
        self.state = "dead"
        await self._output.finish()
        for timer in (self._timer, self._ahead_timer):
            if timer is not None:
                timer.cancel()
        untaken = self._hand.untaken()
        self._transport.close()
        if self._lane is not None:
            self._lane.close()
        self._leave_a_record()
        self.gone.set_result(None)
        while self._hand.first is not None:
            about = {"message": f"the worker died while it ran this request: {self._fate()}"}
            self._hand.answered().finish(Reply("lost", self._with_incident(about)))
        if self._stream is not None:
            self._stream.end(f"the worker died while it sent its answer: {self._fate()}")
        for job in untaken:
            if self.on_back is not None:
                self.on_back(job)

    async def _ask_and_kill(self) -> None:
        try:
            if self._recorder is not None and self._fault is not None:
                self._fault.stacks = await self._recorder.stacks.ask(self.pid)
        finally:
            kill_group(self._process.pid)

    def _leave_a_record(self) -> None:
        """Of its fault; ending without being told to is one, but not after FAILED, which says what was wrong."""
        in_hand = self._hand.first is not None or self._stream is not None
        said_why = self._ready.done() and self._ready.exception() is not None
        if self._fault is None and (in_hand or self._wanted) and self._why is None and not said_why:
            self._fault = self._new_fault("crash", self._fate())
        if self._fault is not None:
            self._write_down(self._fault)
        if self._recorder is not None:
            self._recorder.stacks.forget(self.pid)

    def _new_fault(self, kind: Kind, why: str) -> Fault | None:
        return None if self._recorder is None else self._recorder.fault(kind, why)

    def _write_down(self, fault: Fault | None) -> None:
        if self._recorder is None or fault is None:
            return
        job = self._hand.first
        scene = Scene(
            pid=self.pid,
            python=self.about.get("python"),
            request_id=job.request_id if job is not None else None,
            ran_ms=round((time.perf_counter() - job.taken) * 1000, 3) if job is not None else None,
            lines=self._output.since(self._mark if job is not None else 0),
        )
        self._recorder.keep(fault, scene)

    def _with_incident(self, about: dict[str, Any]) -> dict[str, Any]:
        return {**about, "incident": self._fault.id} if self._fault is not None else about

    def _fate(self) -> str:
        return self._why or fate_of(self._process.returncode)


async def adopt(process: Process, connection: socket.socket, lane: Lane | None, output: Output) -> Worker:
    """The worker that speaks on our end of its socket pair; it is on its way to READY."""
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    _, worker = await loop.create_unix_connection(lambda: Worker(process, lane, output), sock=connection)
    return worker
