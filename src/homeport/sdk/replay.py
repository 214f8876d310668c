"""Requests that failed, run again: in this terminal, under the debugger, or written down as a test."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from homeport.domain.launch import Launch, OnceTask
from homeport.domain.recorded import FAILED_FOLDER, RecordedRequest
from homeport.errors import InvalidInputError, NotFoundError, PathExistsError, UnavailableError
from homeport.runtimes.bundle import launch_of, read_bundle
from homeport.runtimes.foreground import run_once
from homeport.runtimes.service_folder import ServiceFolder
from homeport.store import home_folder

TEST = '''\
"""Request {request_id} of service `{service}`, which failed on {at}: it is answered.

The script runs in the model's own environment, `{python}`.
"""

import os
import subprocess

COMMAND = {command}
FOLDER = {folder}
VARIABLES = {variables}
BODY = {body}


def test_request_{name}_is_answered():
    done = subprocess.run(COMMAND, input=BODY, cwd=FOLDER, env={{**os.environ, **VARIABLES}}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
'''


def kept_requests(name: str) -> list[RecordedRequest]:
    """The last requests of a service that failed, newest first."""
    folder = ServiceFolder(home_folder(), name)
    folder.read()  # a service that is not there is an error
    paths = sorted((folder.path / FAILED_FOLDER).glob("*.json"), reverse=True)
    return [one for one in map(read_request, paths) if one is not None]


def read_request(path: Path) -> RecordedRequest | None:
    """None where a newer one has taken its place since; InvalidInputError for a file that is damaged."""
    try:
        return RecordedRequest.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as wrong:
        raise InvalidInputError(f"`{path}` cannot be read: {wrong}", hint="remove that file") from wrong


def kept_request(name: str, request_id: str) -> RecordedRequest:
    """The newest of that id; NotFoundError says where to look."""
    for one in kept_requests(name):
        if one.request_id == request_id:
            return one
    raise NotFoundError(
        f"service `{name}` keeps no failed request `{request_id}`",
        hint=f"`homeport service replay {name}` lists the last ones that failed",
    )


def replay(name: str, request: RecordedRequest, *, debug: bool) -> NoReturn:
    """Become the model's interpreter, which answers the request as it was sent, with the code that it failed in."""
    launch, _ = launch_for_replay(name, request)
    run_once(OnceTask(launch=launch, task="once", about=request.about(), body=request.bytes, debug=debug))


def launch_for_replay(name: str, request: RecordedRequest) -> tuple[Launch, str | None]:
    """(that generation's launch, or the present one's where it is not kept any more; where its code came from)."""
    folder = ServiceFolder(home_folder(), name)
    service = folder.read()
    kept = {generation.number: generation for generation in service.generations}
    generation = kept.get(request.generation) or folder.current(service)
    bundle = read_bundle(folder.bundle(generation.number))
    if not Path(bundle.environment.interpreter).exists():
        raise UnavailableError(f"the interpreter has gone: `{bundle.environment.interpreter}`")
    launch = launch_of(folder.bundle(generation.number), bundle, workers=1)
    return replace(launch, options=generation.options), generation.source or service.source


def write_test(name: str, request: RecordedRequest, target: Path) -> None:
    """Write a pytest file that runs the script's source, where that is still there, on the same request."""
    if request.method != "POST" or request.query:
        raise InvalidInputError(
            f"request `{request.request_id}` is a {request.method} with its own query",
            hint="only a request that is all body becomes a test; `--debug` runs this one again",
        )
    if target.exists():
        raise PathExistsError(f"`{target}` exists already", hint="name another file")
    launch, source = launch_for_replay(name, request)
    script, folder, variables = in_place(launch, Path(source) if source else None)
    python = launch.interpreter
    command = [sys.executable, "-m", "homeport", "score", str(script), "--python", python, "--data", "-"]
    text = TEST.format(
        request_id=request.request_id,
        service=name,
        at=request.at,
        python=python,
        command=json.dumps(command, indent=4, ensure_ascii=False),
        folder=json.dumps(str(folder), ensure_ascii=False),
        variables=json.dumps(variables, indent=4, sort_keys=True, ensure_ascii=False),
        body=repr(request.bytes),
        name=re.sub(r"\W", "_", request.request_id),
    )
    target.write_text(text, encoding="utf-8")


def in_place(launch: Launch, source: Path | None) -> tuple[Path, Path, dict[str, str]]:
    """(script, working directory, variables): of the source, where edits are made, else of the bundle's copy."""
    app = Path(launch.app_root)
    script, variables = Path(launch.entry_script), dict(launch.variables)
    folder = launch.source_directory
    if source is None or not source.exists():
        return script, app, variables
    for name in ("AML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "AZUREML_SOURCE_DIRECTORY"):
        variables.pop(name, None)
    if folder is None:
        return source, source.parent, variables
    return source / script.relative_to(folder), source.parent, {**variables, "AZUREML_SOURCE_DIRECTORY": source.name}
