"""skops files: a zip with `schema.json`, which tells every object and its class, and arrays beside it.

Loading one imports the classes that it names and calls them, after asking about those that skops does not know.
The layout: skops/io/_persist.py of https://github.com/skops-dev/skops.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from homeport.domain.findings import Findings, Needed
from homeport.errors import UnreadableModelError
from homeport.inspection.allowed import risks_of
from homeport.inspection.archive import Archive
from homeport.inspection.embedded import archive_risks, unique_needed, with_inner
from homeport.inspection.imports import WELL_KNOWN, distribution_of
from homeport.inspection.numpy_arrays import read_npz
from homeport.inspection.pickle_values import GlobalName

_SCHEMA = 32 << 20
_VISITS = 1_000_000


def is_skops(archive: Archive) -> bool:
    """A schema at its top."""
    return archive.find("schema.json") is not None


def read_skops(archive: Archive, allowed: Collection[str]) -> Findings:
    """The classes that it names are held against the same list as those of a pickle."""
    member = archive.find("schema.json")
    if member is None:
        raise UnreadableModelError("it is damaged: its `schema.json` is gone")
    schema = _parsed(archive.read(member, _SCHEMA))
    names, sklearn = _named(schema)
    risks, facts = archive_risks(archive, allowed)
    writer = str(schema.get("_skops_version") or "")[:50]
    facts["skops_protocol"] = schema.get("protocol") if isinstance(schema.get("protocol"), int) else None
    facts["skops_version"] = writer or None
    why = "`_skops_version` in the file" if writer else "the file's format"
    needed = [Needed(distribution="skops", specifier=f"=={writer}" if writer else "", why=why, sure="certain")]
    if sklearn:
        why = "`_sklearn_version` in the file"
        needed.append(Needed(distribution="scikit-learn", specifier=f"=={sklearn}", why=why, sure="certain"))
    modules = {name.module.partition(".")[0]: str(name) for name in sorted(names)}
    for top, name in modules.items():
        distribution = distribution_of(top)
        if distribution in WELL_KNOWN:
            needed.append(Needed(distribution=distribution, why=f"it has a {name}", sure="likely"))
    outermost = f"{schema.get('__module__')}.{schema.get('__class__')}"
    framework = "ScikitLearn" if "sklearn" in modules else None
    found = Findings(
        format="skops",
        framework=framework,
        framework_version=sklearn if framework else None,
        model_class=outermost[:300],
        needed=unique_needed(needed),
        globals=tuple(str(name) for name in sorted(names)),
        risks=(*risks_of(names, allowed), *risks),
        facts={key: value for key, value in facts.items() if value is not None},
    )
    return with_inner(found, [replace(read_npz(archive, allowed), risks=())] if archive.named(".npy") else [])


def _named(schema: dict[str, Any]) -> tuple[set[GlobalName], str | None]:
    """Every class that is named, and scikit-learn's version where an estimator tells it."""
    names: set[GlobalName] = set()
    sklearn = None
    for part in _objects(schema):
        module, name = part.get("__module__"), part.get("__class__")
        if isinstance(module, str) and isinstance(name, str):
            names.add(GlobalName(module[:300], name[:300]))
        version = part.get("_sklearn_version")
        if isinstance(version, dict) and isinstance(version.get("content"), str):
            sklearn = sklearn or version["content"].strip('"')[:50]
    return names, sklearn


def _objects(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting: list[Any] = [document]
    for _ in range(_VISITS):
        if not waiting:
            return
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    raise UnreadableModelError("its schema has more parts than any model's: it is not read on")


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise UnreadableModelError("it is damaged: its schema is not JSON") from wrong
    if not isinstance(document, dict):
        raise UnreadableModelError("it is damaged: its schema is not an object")
    return document
