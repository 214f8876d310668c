"""What is installed in the interpreter that runs this script, as pinned requirements."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from importlib import metadata

_log = logging.getLogger("homeport.environment")

_NOT_THE_MODELS = ("homeport", "pip", "setuptools", "wheel")  # ours, and what each Python brings


def installed_packages() -> list[str]:
    """`name==version` each, sorted; folders and files that were installed by hand are left out and logged."""
    return sorted(set(_pinned()), key=str.lower)


def _pinned() -> Iterator[str]:
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if not name or name.lower() in _NOT_THE_MODELS:
            continue
        origin = distribution.read_text("direct_url.json")
        if origin is None:
            yield f"{name}=={distribution.version}"
            continue
        source = json.loads(origin)
        if "vcs_info" in source:
            vcs = source["vcs_info"]
            yield f"{name} @ {vcs['vcs']}+{source['url']}@{vcs['commit_id']}"
        else:
            _log.warning("%s was installed from %s: it is left out of the environment", name, source["url"])
