"""A debugger in the worker: of `homeport serve`, or of a service that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from homeport.domain.launch import Launch
from homeport.domain.progress import Progress
from homeport.environments.debugger import debugger_folder
from homeport.errors import InvalidConfigError, ServiceError
from homeport.runtimes.bundle import launch_of, read_bundle
from homeport.runtimes.ports import free_port, is_free
from homeport.runtimes.relaunch import relaunch
from homeport.runtimes.service_folder import ServiceFolder
from homeport.store import home_folder

PORT = 5678  # where debuggers look by custom
LOCAL = "127.0.0.1"
LAUNCH_FILE = Path(".vscode/launch.json")


def install_debugger(interpreter: str, progress: Progress) -> Path:
    """Where debugpy for that Python is; it comes from the package index when it is wanted first."""
    return debugger_folder(Path(interpreter), home_folder(), progress=progress)


def debugged(launch: Launch, port: int, when: Literal["wait", "later"], progress: Progress) -> Launch:
    """One worker with debugpy on `port`, and no deadline: it may stand at a breakpoint for as long as it likes."""
    if not is_free(LOCAL, port):
        raise ServiceError(f"port {port} is in use", hint="name another one for the debugger")
    folder = install_debugger(launch.interpreter, progress)
    return replace(
        launch,
        workers=1,
        variables={**launch.variables, "HOMEPORT_DEBUG": f"{port}:{when}:{folder}", "SCORING_TIMEOUT_MS": "0"},
        options=replace(launch.options, init_timeout_s=None, memory_limit_mb=None, share_model="never"),
    )


def debug_service(name: str, port: int | None, progress: Progress) -> tuple[int, dict[str, Any]]:
    """(the debugger's port, the entry for VS Code); the service answers as before, until a breakpoint holds it."""
    folder = ServiceFolder(home_folder(), name)
    chosen = port or (PORT if is_free(LOCAL, PORT) else free_port(LOCAL))
    service = relaunch(folder, lambda launch: debugged(launch, chosen, "later", progress), progress)
    generation = folder.current(service)
    bundle = read_bundle(folder.bundle(generation.number))
    launch = launch_of(folder.bundle(generation.number), bundle, workers=1)
    source = generation.source or service.source
    return chosen, entry_for(name, chosen, launch, Path(source) if source else None)


def stop_debugging(name: str, progress: Progress) -> None:
    """Serve the generation as it is declared again."""
    relaunch(ServiceFolder(home_folder(), name), lambda launch: launch, progress)


def entry_for(name: str, port: int, launch: Launch, source: Path | None) -> dict[str, Any]:
    """Breakpoints are set in the source, and hold in the service's copy of it."""
    entry: dict[str, Any] = {
        "name": f"Homeport: {name}",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": LOCAL, "port": port},
        "justMyCode": False,
    }
    if source is not None:
        local = source if launch.source_directory else source.parent
        entry["pathMappings"] = [{"localRoot": str(local), "remoteRoot": launch.source_directory or launch.app_root}]
    return entry


def write_entry(project: Path, entry: Mapping[str, Any]) -> Path:
    """Put the entry into the project's launch.json, in place of an older one of its name, and give the file's path.

    InvalidConfigError for a file that is not plain JSON: VS Code allows comments there, which would be lost.
    """
    path = project / LAUNCH_FILE
    document: dict[str, Any] = {"version": "0.2.0", "configurations": []}
    if path.exists():
        try:
            document = json.loads(path.read_bytes())
            others = [one for one in document.get("configurations", []) if one.get("name") != entry["name"]]
        except (ValueError, AttributeError) as wrong:
            raise InvalidConfigError(
                f"`{path}` is not plain JSON, and stays as it is",
                hint=f"add this to its `configurations`:\n{json.dumps(entry, indent=4)}",
            ) from wrong
    else:
        others = []
    path.parent.mkdir(exist_ok=True)
    document["configurations"] = [*others, dict(entry)]
    staged = path.with_name(f".{path.name}.new")
    staged.write_text(json.dumps(document, indent=4) + "\n", encoding="utf-8")
    staged.replace(path)
    return path
