"""Keeping incidents: a file each in the service's folder, the newest hundred; in the foreground, in the log."""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from homeport.domain.incident import KEPT_INCIDENTS, Incident, Kind
from homeport.domain.launch import Launch
from homeport.scoring.log import Log
from homeport.scoring.stacks import Stacks, stacks_in


@dataclass(slots=True)
class Fault:
    """What went wrong with a worker; the rest of its incident is found as it ends."""

    id: str
    kind: Kind
    message: str
    stacks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The worker at that moment."""

    pid: int
    python: str | None
    request_id: str | None
    ran_ms: float | None
    lines: list[str]


class Incidents:
    """One a server; `folder` is None in the foreground."""

    def __init__(self, folder: Path | None, log: Log) -> None:
        self._folder, self._log = folder, log
        self.stacks = Stacks()

    def write(self, incident: Incident) -> None:
        """Whole or not at all; a full disk costs the file, never the service."""
        self._log.error(f"incident {incident.id}: {incident.kind}: {incident.message}")
        if self._folder is None:
            if incident.stacks and not any("Fatal Python error" in line for line in incident.log):
                self._log.error(f"incident {incident.id}: the stacks of worker {incident.worker}:\n{incident.stacks}")
            return
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            staged = self._folder / f".{incident.id}.{os.getpid()}"
            staged.write_text(json.dumps(incident.to_json(), indent=2) + "\n", encoding="utf-8")
            staged.replace(self._folder / f"{incident.id}.json")
            for old in sorted(self._folder.glob("*.json"))[:-KEPT_INCIDENTS]:
                old.unlink(missing_ok=True)
        except OSError as wrong:
            self._log.warning(f"incident {incident.id} could not be written down: {wrong}")


class Recorder:
    """The incidents of one generation."""

    def __init__(self, incidents: Incidents, number: int, launch: Launch) -> None:
        self._incidents, self._number, self._launch = incidents, number, launch

    @property
    def stacks(self) -> Stacks:
        return self._incidents.stacks

    def fault(self, kind: Kind, message: str) -> Fault:
        """A new one, which has its id."""
        moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        return Fault(f"{moment}-{secrets.token_hex(4)}", kind, message)

    def keep(self, fault: Fault, scene: Scene) -> None:
        self._incidents.write(
            Incident(
                id=fault.id,
                kind=fault.kind,
                message=fault.message,
                at=datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
                generation=self._number,
                request_id=scene.request_id,
                ran_ms=scene.ran_ms,
                worker=scene.pid,
                interpreter=self._launch.interpreter,
                python=scene.python,
                environment=self._launch.environment_lock,
                entry_script=self._launch.entry_script,
                stacks=fault.stacks or stacks_in(scene.lines),
                log=tuple(scene.lines),
            )
        )
