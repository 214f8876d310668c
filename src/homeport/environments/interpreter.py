"""One interpreter, asked once what it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from homeport.domain.platforms import platform_name
from homeport.domain.python import OLDEST_PYTHON, Version, spell
from homeport.errors import InvalidConfigError, MissingPathError

_PROBE_SECONDS = 30
# Runs on any Python from 2.7 on. CS_GNU_LIBC_VERSION is the running libc; platform.libc_ver() guesses from a file.
_PROBE = """
import json, os, platform, sys, sysconfig
def libc():
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return ""
print(json.dumps({
    "executable": sys.executable, "version": list(sys.version_info[:3]), "prefix": sys.prefix,
    "base_prefix": getattr(sys, "base_prefix", sys.prefix), "platform": sysconfig.get_platform(),
    "implementation": platform.python_implementation().lower(), "abi": sysconfig.get_config_var("SOABI") or "",
    "libc": libc(),
}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that runs: where it is and which build."""

    path: Path  # what `sys.executable` says: a virtual environment's own, never a shim
    version: Version
    implementation: str  # "cpython"
    abi: str  # "cpython-37m-x86_64-linux-gnu"
    platform: str  # "linux-x86_64", as in locks
    libc: str  # "glibc 2.36", empty where there is no telling
    base: Path  # the interpreter that a virtual environment was made from; else `path`

    def __str__(self) -> str:
        return f"Python {spell(self.version)} ({short(self.path)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltEnvironment:
    """An interpreter that can run a bundle; `lock` and `folder` are None where it is used as it was found."""

    interpreter: Path
    lock: str | None = None  # the lock's hash
    folder: Path | None = None


def existing_interpreter(path: Path) -> BuiltEnvironment:
    """An interpreter as it is: a path, or a name on PATH. It is run once, and refused when older than 3.6."""
    found = path if path.is_file() else Path(shutil.which(str(path)) or "")
    if not found.is_file():
        raise MissingPathError(
            f"there is no interpreter `{path}`", hint="name an existing one, or list packages so that one is built"
        )
    interpreter = probe(found.absolute())
    if interpreter is None:
        raise InvalidConfigError(f"`{path}` does not run as a Python interpreter", hint=f"try `{path} --version`")
    if interpreter.version[:2] < OLDEST_PYTHON:
        raise InvalidConfigError(
            f"`{path}` is Python {spell(interpreter.version)}; models are served by Python 3.6 and newer",
            hint="convert the model under Python 3, then serve it with that",
        )
    return BuiltEnvironment(interpreter=interpreter.path)


def probe(path: Path) -> Interpreter | None:
    """Run it once and read what it is; None when it does not run. Remembered for the file's time of change."""
    try:
        return _probe(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _probe(path: Path, changed: int) -> Interpreter | None:
    try:
        done = subprocess.run(
            [str(path), "-E", "-s", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            env=clean_variables(os.environ),
            cwd="/",
        )
        facts = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return _interpreter(facts) if isinstance(facts, dict) else None


def _interpreter(facts: Mapping[str, Any]) -> Interpreter:
    major, minor, patch = facts["version"]
    path = Path(facts["executable"])
    base = Path(facts["base_prefix"]) / "bin" / f"python{major}.{minor}"
    return Interpreter(
        path=path,
        version=(major, minor, patch),
        implementation=facts["implementation"],
        abi=facts["abi"],
        platform=platform_name(facts["platform"]),
        libc=facts["libc"],
        base=base if facts["prefix"] != facts["base_prefix"] and base.is_file() else path,
    )


def clean_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Without what would make another interpreter load this one's modules."""
    return {key: value for key, value in variables.items() if key not in ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")}


def short(path: Path) -> str:
    """As people write it: from `~`, or from here."""
    for base, sign in ((Path.cwd(), "."), (Path.home(), "~")):
        if path.is_relative_to(base):
            return str(Path(sign) / path.relative_to(base))
    return str(path)
