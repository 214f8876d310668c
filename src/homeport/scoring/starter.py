"""Where a pool's workers come from: each spawned on its own, or forked by a parent that has run init()."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Protocol

import orjson

from homeport.domain.launch import Launch
from homeport.scoring.faults import StartError
from homeport.scoring.lane import new_lane
from homeport.scoring.output import Output
from homeport.scoring.process import Worker, adopt
from homeport.scoring.stacks import Stacks
from homeport.worker import wire

WORKER_MAIN = Path(wire.__file__).with_name("__main__.py")


class Starter(Protocol):
    """One a generation; the pool asks it for every worker, the first ones and the replacements."""

    @property
    def parent_pid(self) -> int | None:
        """Of the process that the workers are forked from, where there is one."""
        ...

    async def start(self, output: Output) -> Worker:
        """A worker on its way to READY, which the pool waits for; `StartError` where there can be none."""
        ...

    def stop(self) -> None:
        """No more workers are wanted: what is only loading ends now."""
        ...

    async def end(self) -> None:
        """No more workers are wanted, and those that were started have gone or are going."""
        ...


class Spawner:
    """Each worker is a process of its own, which loads the script by itself."""

    def __init__(self, launch: Launch, environment: Mapping[str, str], stacks: Stacks) -> None:
        self._launch, self._environment, self._stacks = launch, environment, stacks

    @property
    def parent_pid(self) -> int | None:
        return None

    async def start(self, output: Output, descriptors: Sequence[int] = ()) -> Worker:
        """With `descriptors` it may fork others (see `homeport.scoring.parent`)."""
        launch = self._launch
        ours, theirs = socket.socketpair()
        lane = new_lane()
        own = [theirs.fileno(), *([lane.theirs.fileno()] if lane is not None else [])]
        try:
            process = Popen(
                [launch.interpreter, str(WORKER_MAIN), str(theirs.fileno()), "serve", *map(str, descriptors)],
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                pass_fds=[*own, *descriptors],
                cwd=launch.working_directory or launch.app_root,
                env=dict(self._environment),
                start_new_session=True,  # Ctrl-C is for the server, which lets the requests in hand finish
            )
        except OSError as wrong:
            ours.close()
            if lane is not None:
                lane.close()
            raise cannot_run(launch, wrong) from wrong
        finally:
            theirs.close()
        worker = await adopt(process, ours, lane, output)
        for pipe, error in ((process.stdout, False), (process.stderr, True)):
            if pipe is not None:
                await output.follow(pipe, error=error)
        worker.send([(wire.START, start_words(launch, self._stacks, own[1] if lane is not None else None))])
        return worker

    def stop(self) -> None:
        return None

    async def end(self) -> None:
        return None


def start_words(launch: Launch, stacks: Stacks, lane: int | None) -> bytes:
    """The payload of START: what to load, how to say where it is stuck, and the lane's descriptor over there."""
    words = {key: getattr(launch, key) for key in ("entry_script", "app_root", "source_directory")}
    return orjson.dumps({**words, "stacks": stacks.words(), "lane": lane})


def cannot_run(launch: Launch, wrong: OSError) -> StartError:
    """Why the interpreter of a launch did not run at all."""
    folder = launch.working_directory or launch.app_root
    if not Path(folder).is_dir():
        return StartError("no_folder", f"the working directory `{folder}` does not exist")
    return StartError(
        "no_interpreter",
        f"the interpreter `{launch.interpreter}` does not run: {wrong.strerror}",
        hint="build the environment again, or name another interpreter",
    )
