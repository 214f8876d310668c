"""What is installed in an interpreter, as pinned requirements."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from homeport.environments import existing_interpreter
from homeport.errors import InvalidConfigError

_log = logging.getLogger("homeport.environment")

_NOT_THE_MODELS = ("homeport", "pip", "setuptools", "wheel")  # ours, and what each Python brings
_WHERE = "import json, sys; print(json.dumps([list(sys.version_info[:3]), sys.path[1:]]))"


def installed_packages(interpreter: Path | None = None) -> tuple[str, list[str]]:
    """(its version, `name==version` each, sorted), of the running interpreter where None is named.

    Folders that were installed by hand are left out and logged; a wheel that is still where it was is named by path.
    """
    version: Sequence[int]
    places: list[str] | None
    if interpreter is None:
        version, places = tuple(sys.version_info[:3]), None
    else:
        version, places = _asked(interpreter)
    return ".".join(map(str, version)), sorted(set(_pinned(places)), key=str.lower)


def _asked(interpreter: Path) -> tuple[Sequence[int], list[str]]:
    found = existing_interpreter(interpreter).interpreter
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(found), "-c", _WHERE], capture_output=True, text=True, env=variables, cwd="/", check=False
    )
    if done.returncode:
        raise InvalidConfigError(f"`{interpreter}` does not say what it has: {done.stderr.strip()[-300:]}")
    version, places = json.loads(done.stdout)
    return version, places


def _pinned(places: list[str] | None) -> Iterator[str]:
    found = metadata.distributions() if places is None else metadata.distributions(path=places)
    for distribution in found:
        name = distribution.metadata["Name"]
        if not name or name.lower() in _NOT_THE_MODELS:
            continue
        origin = distribution.read_text("direct_url.json")
        if origin is None:
            yield f"{name}=={distribution.version}"
            continue
        source = json.loads(origin)
        file = Path(unquote(urlsplit(source["url"]).path))
        if "vcs_info" in source:
            vcs = source["vcs_info"]
            yield f"{name} @ {vcs['vcs']}+{source['url']}@{vcs['commit_id']}"
        elif file.suffix == ".whl" and file.is_file():
            yield str(file)
        else:
            _log.warning("%s was installed from %s: it is left out of the environment", name, source["url"])
