"""A systemd user unit for a service, so that it comes back with the machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from homeport.errors import ServiceError
from homeport.runtimes.files import write_atomically

UNIT = """\
[Unit]
Description=Homeport service {name}
After=network.target
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
{home}
ExecStart={python} -m homeport service start {name} --foreground
Restart=on-failure
RestartSec=2
# 2: a wrong call. 3: init() failed. Trying again mends neither.
RestartPreventExitStatus=2 3
KillMode=mixed
TimeoutStopSec=60

[Install]
WantedBy=default.target
"""


def unit_path(name: str) -> Path:
    """Where systemd looks for this user's own units."""
    config = os.environ.get("XDG_CONFIG_HOME")
    base = Path(config) if config and Path(config).is_absolute() else Path.home() / ".config"
    return base / "systemd" / "user" / f"homeport-{name}.service"


def write_unit(home: Path, name: str) -> Path:
    """Write the unit (again); ServiceError when a service of another home has that unit's name."""
    path = unit_path(name)
    if path.exists() and not is_ours(home, name):
        raise ServiceError(
            f"`{path}` belongs to a service of another home", hint="remove that file, or give this service another name"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, UNIT.format(name=name, home=_home_line(home), python=quoted(sys.executable)))
    return path


def is_ours(home: Path, name: str) -> bool:
    """Whether there is a unit for this service of this home."""
    path = unit_path(name)
    return path.is_file() and _home_line(home) in path.read_text(encoding="utf-8").splitlines()


def _home_line(home: Path) -> str:
    return f"Environment={quoted(f'HOMEPORT_HOME={home.absolute()}')}"


def quoted(text: str) -> str:
    """One word for systemd: quoted, with its own escapes (systemd.syntax(7), systemd.unit(5) on specifiers)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{escaped}"'
