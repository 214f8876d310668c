"""The generation that serves, started again in another way; nothing that is declared changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.domain.launch import Launch
from homeport.domain.progress import Progress
from homeport.domain.service import Service
from homeport.errors import ServiceError
from homeport.runtimes.bundle import launch_of, read_bundle
from homeport.runtimes.control import ask
from homeport.runtimes.launching import error_of, failure_of
from homeport.runtimes.service_folder import ServiceFolder


def relaunch(folder: ServiceFolder, change: Callable[[Launch], Launch], progress: Progress) -> Service:
    """Have the host serve `change(launch)` of the present generation; a later start or change serves it plainly again.

    ServiceError where the service does not run; an error of the script where it does not start: then nothing changed.
    """
    with folder.locked(progress):
        service = folder.read()
        if not folder.is_alive():
            raise ServiceError(
                f"service `{service.name}` is not running",
                hint=f"start it with `homeport service start {service.name}`",
            )
        generation = folder.current(service)
        place = folder.bundle(generation.number)
        plain = launch_of(place, read_bundle(place), workers=generation.workers, options=generation.options)
        request: JsonObject = {
            "do": "switch",
            "generation": generation.number,
            "launch": change(plain).to_json(),
            "port": None,
        }
        try:
            reply = ask(Path(service.control_socket), request, timeout=None, on_line=progress.step)
        except OSError as gone:
            raise ServiceError(f"the host of service `{service.name}` went away ({gone})") from gone
        if not reply["ok"]:
            raise error_of(failure_of(reply.get("error") or {}))
        return service
