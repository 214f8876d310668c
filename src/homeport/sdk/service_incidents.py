"""The incidents of a service, as the `homeport` command shows them."""

from __future__ import annotations

from homeport.domain.incident import Incident
from homeport.runtimes.incidents import incident_in, incidents_in
from homeport.runtimes.service_folder import ServiceFolder
from homeport.sdk.services import runtime
from homeport.store import home_folder


def incidents_of(name: str) -> list[Incident]:
    """Newest first. Raises `ServiceNotFoundError`."""
    return incidents_in(_folder(name).path)


def incident_of(name: str, wanted: str) -> Incident:
    """One, by its id or an end of it. Raises `ServiceNotFoundError`, `NotFoundError`."""
    return incident_in(_folder(name).path, wanted)


def _folder(name: str) -> ServiceFolder:
    runtime().service(name)
    return ServiceFolder(home_folder(), name)
