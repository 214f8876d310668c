"""Will this script serve? Everything that can be found out in seconds, each fault with its fix."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.json import JsonObject
from homeport.domain.launch import Launch, OnceTask
from homeport.environments.scoring_packages import replace_family
from homeport.runtimes.foreground import run_in_model
from homeport.sdk.distributions import distribution_of
from homeport.sdk.serving import POSTED, Serving, launch_for

SHOWN = 80  # characters of an answer

Level = Literal["ok", "note", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; `hint` is the fix where something is wrong."""

    check: str  # syntax, functions, imports, model, sample, environment, port
    level: Level
    message: str
    hint: str | None = None
    file: str | None = None
    line: int | None = None

    def to_json(self) -> JsonObject:
        return asdict(self)


def check(
    serving: Serving, sample: bytes | None, definition: EnvironmentDefinition | None, *, environment: str | None = None
) -> list[Finding]:
    """In the order of a start. `environment` is what the caller knows `definition` by."""
    launch = launch_for(serving)
    found = list(static(launch, environment))
    if not any(finding.level == "error" for finding in found):
        found += sample_run(launch, sample)
    if definition is not None:
        found += packages(definition)
    return [*found, port(serving.port)]


def static(launch: Launch, environment: str | None) -> Iterator[Finding]:
    """What the model's own Python says of the script without running it."""
    done = run_in_model(OnceTask(launch=launch, task="check"))
    try:
        report = json.loads(done.stdout)
    except ValueError:
        hint = "name a working one with `--python` or `--environment`"
        message = f"`{launch.interpreter}` does not run: {last_line(done.stderr) or done.returncode}"
        yield Finding(check="interpreter", level="error", message=message, hint=hint)
        return
    wrong = [fault(one, launch, environment) for one in report["findings"]]
    faulty = {finding.check for finding in wrong}
    if "syntax" in faulty:
        yield from wrong
        return
    words = {
        "syntax": f"it is Python {report['python']}",
        "functions": "init() and run() are there",
        "imports": "every import is found",
        "model": "no file of the model is missing",
    }
    for name, message in words.items():
        if name not in faulty:
            yield Finding(check=name, level="ok", message=message)
        yield from (finding for finding in wrong if finding.check == name)


def fault(one: Mapping[str, Any], launch: Launch, environment: str | None) -> Finding:
    hint = one.get("hint")
    if one["check"] == "syntax":
        hint = "mend it, or name the Python that it is written for with `--python`"
    if "missing" in one:
        name = distribution_of(one["missing"])
        hint = f"run `{launch.interpreter} -m pip install {name}`"
        if environment is not None:
            hint = f"add `{name}` to the packages of environment `{environment}`, and register it again"
    return Finding(
        check=one["check"],
        level="error",
        message=one["message"],
        hint=hint,
        file=one.get("file"),
        line=one.get("line"),
    )


def sample_run(launch: Launch, sample: bytes | None) -> Iterator[Finding]:
    """init(), and run() on the sample where there is one."""
    if sample is None:
        hint = "give a request with `--data sample.json`"
        yield Finding(check="sample", level="note", message="init() and run() were not called", hint=hint)
        return
    done = run_in_model(OnceTask(launch=launch, task="once", about=dict(POSTED), body=sample))
    if done.returncode == 0:
        answer = done.stdout.strip()
        shown = answer if len(answer) <= SHOWN else f"{answer[:SHOWN]}... ({len(answer)} characters)"
        yield Finding(check="sample", level="ok", message=f"run() answered `{shown}`")
        return
    message = done.stderr.rstrip() or f"the interpreter ended with {done.returncode}"
    hint = "`homeport score` with the same words and `--debug` opens the debugger there"
    yield Finding(check="sample", level="error", message=message, hint=hint)


def packages(definition: EnvironmentDefinition) -> Iterator[Finding]:
    """What an environment's definition means here."""
    kept, replaced = replace_family(definition.pip_packages)
    if replaced:
        stand_ins = [line for line in kept if line not in definition.pip_packages]
        shown = " and ".join(f"`{line}`" for line in stand_ins) or "what is listed already"
        names = ", ".join(f"`{name}`" for name in replaced)
        yield Finding(check="environment", level="note", message=f"{names} stands for {shown} here")
    if definition.conda_packages:
        names = ", ".join(f"`{name}`" for name in definition.conda_packages)
        yield Finding(
            check="environment",
            level="note",
            message=f"{names} comes from a conda channel, so all of it is built by the conda engine",
            hint="where the package index has it too, list it under pip: the environment is built faster",
        )
    yield Finding(check="environment", level="ok", message="it is built")


def port(number: int) -> Finding:
    """Whether `homeport serve` would get its port; 0 is any."""
    if number == 0:
        return Finding(check="port", level="ok", message="any free port is taken")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
            probe.listen(1)
        except OSError as wrong:
            why = "is in use" if wrong.errno == errno.EADDRINUSE else os.strerror(wrong.errno or 0)
            hint = "serve on another one, `--port PORT`, or on any, `--port auto`"
            return Finding(check="port", level="note", message=f"port {number} {why}", hint=hint)
    return Finding(check="port", level="ok", message=f"port {number} is free")


def last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
