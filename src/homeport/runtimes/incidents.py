"""The incidents that a service's host has written down."""

from __future__ import annotations

import json
from pathlib import Path

from homeport.domain.incident import INCIDENTS_FOLDER, Incident
from homeport.errors import NotFoundError


def incidents_in(service_folder: Path) -> list[Incident]:
    """Newest first; a file that cannot be read is passed over."""
    found = []
    for path in sorted((service_folder / INCIDENTS_FOLDER).glob("*.json"), reverse=True):
        try:
            found.append(Incident.from_json(json.loads(path.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError):  # noqa: PERF203 - there are a hundred at most
            continue
    return found


def incident_in(service_folder: Path, wanted: str) -> Incident:
    """The one of that id, or the only one whose id begins or ends so. Raises NotFoundError."""
    found = incidents_in(service_folder)
    exact = [incident for incident in found if incident.id == wanted]
    near = [incident for incident in found if incident.id.startswith(wanted) or incident.id.endswith(wanted)]
    for matching in (exact, near):
        if len(matching) == 1:
            return matching[0]
    raise NotFoundError(
        f"service `{service_folder.name}` has no incident `{wanted}`",
        hint=f"`homeport service incidents {service_folder.name}` lists those that are kept",
    )
