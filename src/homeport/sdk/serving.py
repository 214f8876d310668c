"""Serving in the foreground: a script in place, from a bundle record in memory, or a bundle that was written before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from homeport.domain.bundle import BUNDLE_FILE
from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.json import JsonObject
from homeport.domain.keys import new_keys
from homeport.domain.launch import Launch, OnceTask, ServerSpec
from homeport.domain.progress import Progress, Silent
from homeport.domain.serving import ServingOptions
from homeport.errors import InvalidConfigError, MissingPathError, UnavailableError
from homeport.runtimes.bundle import launch_of, read_bundle
from homeport.runtimes.foreground import run_once, serve_in_foreground
from homeport.runtimes.keys import keys_in, write_keys

# What a request says that comes from a file: as a client would that posts JSON.
POSTED: JsonObject = {"method": "POST", "query": "", "headers": {"Content-Type": "application/json"}}
SCRIPT_SUFFIXES = (".py", ".pyc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What `homeport serve` was told. `variables` are laid over those that are found."""

    target: Path  # an entry script (of a model file: ours), or a bundle's folder
    host: str
    port: int
    workers: int
    interpreter: str | None = None  # None: the bundle's own; for a script the activated one
    variables: Mapping[str, str] = field(default_factory=dict)
    options: ServingOptions = field(default_factory=ServingOptions)
    key_file: str | None = None  # absolute; None lets everyone in
    watch: bool = False  # serve each edit of the script
    debug: int | None = None  # the port of a debugger that is waited for
    app_root: Path | None = None  # of a model file's script, which runs there; None: a script runs where it is called


def serve(serving: Serving) -> NoReturn:
    """Become the scoring server; its exit status is this process's. InvalidConfigError: a bundle is not watched."""
    launch = launch_for(serving)
    if serving.debug is not None:
        from homeport.sdk.debugging import debugged  # what it needs of `environments` costs a plain start 30 ms

        launch = debugged(launch, serving.debug, "wait", Silent())
    if serving.watch:
        if serving.target.is_dir():
            raise InvalidConfigError("a bundle never changes", hint="watch the script that it was made of")
        # an edit within the second of the last one, of the same length, would leave the old byte code valid
        launch = replace(launch, variables={**launch.variables, "PYTHONDONTWRITEBYTECODE": "1"})
    spec = ServerSpec(
        launch=launch, host=serving.host, port=serving.port, watch=serving.watch, key_file=serving.key_file
    )
    serve_in_foreground(spec)


def score_once(serving: Serving, body: bytes, *, debug: bool = False) -> NoReturn:
    """Become the model's interpreter, which runs init(), then run() with `body`; exit status 1 where it raises."""
    run_once(OnceTask(launch=launch_for(serving), task="once", about=dict(POSTED), body=body, debug=debug))


def ensure_keys(path: Path) -> bool:
    """Whether the key file had to be made; InvalidConfigError where there is one without two keys."""
    if path.exists():
        keys_in(path)
        return False
    write_keys(path, new_keys())
    return True


def launch_for(serving: Serving) -> Launch:
    """How the workers are started. MissingPathError where neither a script nor a bundle is there."""
    if (serving.target / BUNDLE_FILE).is_file():
        bundle = read_bundle(serving.target)
        launch = launch_of(serving.target, bundle, workers=serving.workers, options=serving.options)
        return replace(
            launch,
            interpreter=serving.interpreter or launch.interpreter,
            variables={**launch.variables, **serving.variables},
        )
    if serving.target.is_dir():
        raise MissingPathError(
            f"`{serving.target}` is a folder without a `{BUNDLE_FILE}`", hint="name an entry script, or a bundle"
        )
    if not serving.target.is_file():
        what = "entry script" if serving.target.suffix in ("", *SCRIPT_SUFFIXES) else "script or model"
        raise MissingPathError(f"there is no {what} at `{serving.target}`", hint="check the path")
    return launch_in_place(serving)


def is_model(target: Path) -> bool:
    """A file or folder that is there and is neither a script nor a bundle: it may be a model."""
    if target.is_file():
        return target.suffix not in SCRIPT_SUFFIXES
    return target.is_dir() and not (target / BUNDLE_FILE).is_file()


def launch_in_place(serving: Serving) -> Launch:
    """The working directory and the variables stay as they are found, as the reference's command leaves them."""
    script = os.path.realpath(serving.target)
    here = str(serving.app_root or Path.cwd())
    app_root, source = here, None
    if serving.app_root is None:
        app_root = str(Path(os.environ.get("AML_APP_ROOT") or here).absolute())
        source = os.environ.get("AZUREML_SOURCE_DIRECTORY")
    return Launch(
        interpreter=serving.interpreter or activated_interpreter(),
        entry_script=script,
        app_root=app_root,
        working_directory=here,
        source_directory=str(Path(app_root) / source) if source else None,
        variables={**serving.variables, "AZUREML_ENTRY_SCRIPT": script},
        workers=serving.workers,
        options=serving.options,
    )


def activated_interpreter() -> str:
    """`$VIRTUAL_ENV`'s Python, else `python3` on PATH; UnavailableError where there is neither."""
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        python = Path(environment) / "bin" / "python"
        if python.exists():
            return str(python)
    found = shutil.which("python3") or shutil.which("python")
    if found is None:
        raise UnavailableError("no Python is activated and none is on PATH", hint="name one with `--python`")
    return found


def named_interpreter(name: str) -> str:
    """The interpreter at a path, or of that name on PATH, absolute; InvalidConfigError where nothing is there."""
    found = shutil.which(name)
    if found is None:
        raise InvalidConfigError(
            f"`{name}` is not an interpreter that can be run",
            hint="give the path of a Python, for example `venv/bin/python`",
        )
    return os.path.abspath(found)  # noqa: PTH100 - a virtual environment's Python is a link that must not be followed


def definition_of(reference: str, workspace_name: str | None) -> EnvironmentDefinition:
    """What `NAME[:VERSION]` in a workspace says."""
    from homeport.sdk.environment import Environment  # as in `environment_of`
    from homeport.sdk.workspace import Workspace

    workspace = Workspace.get(workspace_name) if workspace_name else Workspace.from_config()
    name, _, version = reference.partition(":")
    return Environment.get(workspace, name, version or None)._definition()


def environment_of(reference: str, workspace_name: str | None, progress: Progress) -> tuple[str, Mapping[str, str]]:
    """(interpreter, variables) of `NAME[:VERSION]` in a workspace, locked and built where it is not yet."""
    # The catalog and its database library are for this case alone: a script in place must start in a moment
    from homeport.sdk.environment import Environment
    from homeport.sdk.interpreters import ready
    from homeport.sdk.workspace import Workspace

    workspace = Workspace.get(workspace_name) if workspace_name else Workspace.from_config()
    name, _, version = reference.partition(":")
    environment = Environment.get(workspace, name, version or None)
    bundled, variables = ready(workspace, environment, progress=progress)
    return bundled.interpreter, variables
