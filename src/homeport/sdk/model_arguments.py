"""What scripts may pass to the model calls, checked and turned into the registry's own values."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from homeport.domain.json import Json
from homeport.domain.model import ModelFilter
from homeport.errors import InvalidCallError, InvalidConfigError, MissingPathError, UnreadableConfigError

PAGE_COUNTS = range(20, 256)


def labels(value: Mapping[str, Any] | None, what: str) -> dict[str, Json]:
    """Tags or properties as they will be read back: through JSON, so that a value keeps its JSON type.

    A value that JSON cannot hold is a `TypeError`, as in the original.
    """
    if not value:
        return {}
    if not isinstance(value, dict):
        raise InvalidCallError(f"{what} must be a dict, not `{value!r}`", hint=f'write {what}={{"area": "diabetes"}}')
    kept: dict[str, Json] = json.loads(json.dumps(value))
    return kept


def keys(value: str | Iterable[str]) -> tuple[str, ...]:
    """One key or several."""
    return (value,) if isinstance(value, str) else tuple(value)


def sample(value: object, what: str) -> Json:
    """A sample as it is kept: any JSON value, or the content of a JSON file that is named by its path."""
    if isinstance(value, os.PathLike) or (isinstance(value, str) and value.endswith(".json")):
        return _sample_file(Path(value), what)
    if hasattr(value, "tolist"):
        value = value.tolist()
    try:
        kept: Json = json.loads(json.dumps(value))
    except TypeError as wrong:
        raise InvalidCallError(
            f"the {what} cannot be kept: {wrong}", hint="pass a value that JSON can hold, or the path of a JSON file"
        ) from wrong
    return kept


def _sample_file(path: Path, what: str) -> Json:
    try:
        document: Json = json.loads(path.read_bytes())
    except FileNotFoundError as missing:
        raise MissingPathError(f"the {what} `{path}` does not exist", hint="name an existing JSON file") from missing
    except json.JSONDecodeError as wrong:
        raise UnreadableConfigError(f"the {what} `{path}` is not JSON: {wrong}", wrong, hint="correct it") from wrong
    return document


def data_sets(given: Iterable[Any] | None) -> tuple[tuple[str, str], ...]:
    """Pairs of a purpose and a data set; of an object its `id` is kept."""
    pairs = []
    for item in given or ():
        if not isinstance(item, (list, tuple)) or len(item) != 2:
            raise InvalidCallError(f"`{item!r}` in datasets is not a pair", hint='write [("training", "data set id")]')
        pairs.append((str(item[0]), str(getattr(item[1], "id", item[1]))))
    return tuple(pairs)


def version_number(version: object) -> int:
    """A version as scripts give it: 3 or "3"."""
    text = str(version)
    if isinstance(version, bool) or not (text.isascii() and text.isdigit()):
        raise InvalidCallError(f"`{version}` is not a model version", hint="versions are whole numbers: 1 is the first")
    return int(text)


def check_page_count(page_count: int | None) -> None:
    """Only checked: everything comes in one answer here."""
    if page_count and page_count not in PAGE_COUNTS:
        raise InvalidConfigError(
            f"page_count is `{page_count}`", hint=f"use {PAGE_COUNTS.start} to {PAGE_COUNTS.stop - 1}, or leave it out"
        )


def model_filter(
    name: str | None,
    tags: object,
    properties: object,
    *,
    run_id: str | None,
    framework: str | None,
    dataset_id: str | None = None,
    latest: bool = False,
) -> ModelFilter:
    """The filters of `Model.list` and of the constructor; `tags` and `properties` are lists of keys and pairs."""
    tag_pairs, tag_keys = _criteria(tags, "tags")
    property_pairs, property_keys = _criteria(properties, "properties")
    return ModelFilter(
        name=name,
        tags=tag_pairs,
        tag_keys=tag_keys,
        properties=property_pairs,
        property_keys=property_keys,
        framework=framework,
        run_id=run_id,
        dataset_id=dataset_id,
        latest=latest,
    )


def _criteria(given: object, what: str) -> tuple[tuple[tuple[str, Json], ...], tuple[str, ...]]:
    """`["key", ["key", "value"]]` as pairs and lone keys."""
    if given is None:
        return (), ()
    hint = f'write {what}=["key"] to ask for a key, {what}=[["key", "value"]] for its value too'
    if not isinstance(given, (list, tuple)):
        raise InvalidConfigError(f"{what} must be a list to look by, not `{given!r}`", hint=hint)
    pairs: list[tuple[str, Json]] = []
    lone: list[str] = []
    for item in given:
        if isinstance(item, str):
            lone.append(item)
        elif isinstance(item, (list, tuple)) and len(item) == 2 and isinstance(item[0], str):
            pairs.append((item[0], item[1]))
        elif isinstance(item, (list, tuple)) and len(item) == 1 and isinstance(item[0], str):
            lone.append(item[0])
        else:
            raise InvalidConfigError(f"`{item!r}` in {what} is neither a key nor a pair", hint=hint)
    return tuple(pairs), tuple(lone)


def described(wanted: ModelFilter) -> str:
    """The criteria of a look-up that found nothing, for its error."""
    named: tuple[tuple[str, object], ...] = (
        ("tags", [*wanted.tag_keys, *wanted.tags]),
        ("properties", [*wanted.property_keys, *wanted.properties]),
        ("framework", wanted.framework),
        ("run id", wanted.run_id),
    )
    filters = ", ".join(f"{label} {value}" for label, value in named if value)
    return f"{wanted.name} with {filters}" if filters else str(wanted.name)
