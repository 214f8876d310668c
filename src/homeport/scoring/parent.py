"""The server's end of a process that has run init() and forks workers (`worker/parent.py` is the other end)."""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import socket
import threading
import time
from pathlib import Path

import orjson

from homeport.scoring.endings import kill_group
from homeport.scoring.faults import StartError
from homeport.scoring.lane import Lane
from homeport.scoring.output import Output
from homeport.scoring.process import Worker, adopt

FORK = b"fork"
LONGEST = 4096  # bytes of one packet
PATIENCE = 30.0  # seconds that one fork may take: the page tables of a large model are copied
LOOK = 0.02  # seconds between two looks at a worker whose parent is gone


class ParentGoneError(Exception):
    """It has ended, or does not answer; its workers go on."""


class Forked:
    """A forked worker's process: its parent alone learns how it ends, and tells."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._returncode: int | None = None
        self._told = threading.Event()

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def returncode(self) -> int | None:
        return self._returncode

    def exited(self, returncode: int | None) -> None:
        """None where the parent has ended first: nobody will ever say how this one does."""
        self._returncode = returncode
        self._told.set()

    def wait(self) -> int | None:
        self._told.wait()
        while self._returncode is None and runs(self._pid):
            time.sleep(LOOK)
        return self._returncode


class Parent:
    """Asked for one worker at a time; it is a `Worker` itself, which is never given a job."""

    def __init__(self, process: Worker, requests: socket.socket) -> None:
        self.process = process
        self._requests = requests
        self._forks: dict[int, Forked] = {}
        self._asking = asyncio.Lock()
        self._asked: asyncio.Future[Forked] | None = None
        self._loop = asyncio.get_running_loop()
        self.alive = True
        requests.setblocking(False)
        self._loop.add_reader(requests.fileno(), self._hear)

    async def fork(self, output: Output) -> Worker:
        """A worker on its way to READY. `ParentGoneError`; `StartError` where the machine has no room for it."""
        ours, theirs = socket.socketpair()
        lane = Lane(*socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))  # there is a way to fork only on Linux
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        try:
            async with self._asking:
                process = await self._ask([theirs.fileno(), out_end, err_end, lane.theirs.fileno()])
        except BaseException:
            ours.close()
            lane.close()
            os.close(out)
            os.close(err)
            raise
        finally:
            theirs.close()
            os.close(out_end)
            os.close(err_end)
        worker = await adopt(process, ours, lane, output)
        for pipe, error in ((out, False), (err, True)):
            await output.follow(os.fdopen(pipe, "rb", 0), error=error)
        return worker

    def close(self) -> None:
        """Ask for no more."""
        if self.alive:
            self._gone()

    async def _ask(self, descriptors: list[int]) -> Forked:
        if not self.alive:
            raise ParentGoneError
        self._asked = self._loop.create_future()
        try:
            self._requests.sendmsg(
                [FORK], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors).tobytes())]
            )
            return await asyncio.wait_for(self._asked, PATIENCE)
        except (OSError, asyncio.TimeoutError) as wrong:
            self.process.kill("it did not fork when asked")
            raise ParentGoneError from wrong
        finally:
            self._asked = None

    def _hear(self) -> None:
        """All packets that are there: the last words of a parent come before its end."""
        while self.alive:
            try:
                packet = self._requests.recv(LONGEST)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._gone()
                return
            self._receive(orjson.loads(packet))

    def _receive(self, said: dict[str, int | str]) -> None:
        if "exited" in said:
            forked = self._forks.pop(int(said["exited"]), None)
            if forked is not None:
                forked.exited(int(said["status"]))
        elif "forked" in said:
            forked = self._forks[int(said["forked"])] = Forked(int(said["forked"]))
            if self._asked is not None and not self._asked.done():
                self._asked.set_result(forked)
            else:
                kill_group(forked.pid)  # nobody waits for it any more
        elif self._asked is not None and not self._asked.done():
            self._asked.set_exception(no_room(str(said["failed"])))

    def _gone(self) -> None:
        self.alive = False
        self._loop.remove_reader(self._requests.fileno())
        self._requests.close()
        for forked in self._forks.values():
            forked.exited(None)
        self._forks.clear()
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(ParentGoneError())


def no_room(why: str) -> StartError:
    return StartError("no_fork", f"no further worker could be forked: {why}", hint="make room, or serve fewer workers")


def runs(pid: int) -> bool:
    """Whether the process is there and has not ended; one that has is taken away where that is ours to do."""
    with contextlib.suppress(OSError):
        os.waitpid(pid, os.WNOHANG)  # only where this server is the machine's first process are orphans its children
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"
