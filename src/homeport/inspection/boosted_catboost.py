"""catboost's own file: `CBM1`, a length and a flatbuffer, whose `InfoMap` says who wrote it and when.

The table's layout: catboost/libs/model/flatbuffers/model.fbs; flatbuffers: https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from datetime import date
from typing import Any

from homeport.domain.findings import Findings, Needed
from homeport.errors import UnreadableModelError
from homeport.inspection.source import Source

MAGIC = b"CBM1"

_CORE = 8  # where the flatbuffer begins
_INFO = 2  # number of `InfoMap` among the fields of `TModelCore`
_ENTRIES = 1000
_LONGEST = 1 << 20
_LARGEST_JSON = 8 << 20
_CLASSES = {"Logloss": "CatBoostClassifier", "CrossEntropy": "CatBoostClassifier", "MultiClass": "CatBoostClassifier",
            "MultiClassOneVsAll": "CatBoostClassifier"}  # fmt: skip

# What a release began to write into every model, in the order of the releases: (where, the newest release that was seen
# without it, the oldest that was seen with it). From models that these releases wrote.
_MARKERS = (
    ("output_options", "0.15.1", "0.16.5"),
    ("params.boosting_options.model_shrink_rate", "0.16.5", "0.17.5"),
    ("output_options.final_feature_calcer_computation_mode", "0.17.5", "0.18.1"),
    ("params.boosting_options.model_shrink_mode", "0.20.2", "0.21"),
    ("params.tree_learner_options.grow_policy", "0.21", "0.22"),
    ("params.tree_learner_options.penalties", "0.22", "0.23"),
    ("params.data_processing_options.auto_class_weights", "0.23", "0.23.2"),
    ("params.boosting_options.posterior_sampling", "0.24", "0.24.4"),
    ("params.pool_metainfo_options", "0.24.4", "0.25.1"),
    ("params.data_processing_options.embedding_processing_options", "1.0.0", "1.0.6"),
    ("params.data_processing_options.eval_fraction", "1.0.6", "1.1"),
    ("params.tree_learner_options.random_score_type", "1.2", "1.2.2"),
    ("training", "1.2.2", "1.2.3"),
)


def is_json(source: Source) -> bool:
    """What `save_model(..., format="json")` writes: keys in the order of the alphabet."""
    return re.match(rb'\s*\{\s*"(class_params|ctr_data|features_info)"', source.head(200)) is not None


def read_json(source: Source) -> Findings:
    """The same facts from its JSON form; of a large one, from what stands in its first bytes."""
    text = source.head(_LARGEST_JSON).decode("utf-8", "replace")
    about = _object(text).get("model_info") if source.size <= _LARGEST_JSON else None
    if not isinstance(about, dict):
        facts = {"damaged": "it is cut short"} if source.size <= _LARGEST_JSON else {}
        needed = Needed(distribution="catboost", why="the file's format", sure="likely")
        return Findings(format="catboost-json", framework="CatBoost", needed=(needed,), facts=facts)
    said = {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
    return _findings("catboost-json", said)


def read_catboost(source: Source) -> Findings:
    """Version, date and loss, as far as its writer left them."""
    (length,) = struct.unpack("<I", source.at(4, 4))
    if _CORE + length > source.size:
        raise UnreadableModelError(f"it is cut short: {length:,} bytes should follow its head")
    said = dict(_info(source))
    if not said:
        raise UnreadableModelError("it is damaged: it says nothing of itself, as every catboost file does")
    return _findings("catboost", said)


def _findings(form: str, said: dict[str, str]) -> Findings:
    version = re.search(r"(?:release |tags/v)(\d+(?:\.\d+)+)", said.get("catboost_version_info", ""))
    params = _object(said.get("params", ""))
    loss = _object(params.get("loss_function")).get("type")
    trained = re.match(r"(\d{4})-(\d\d)-(\d\d)", said.get("train_finish_time", ""))
    classes = _object(said.get("class_params", "")).get("class_names")
    facts: dict[str, Any] = {"loss": loss, "classes": classes, "trained": said.get("train_finish_time")}
    window = _window(said)
    if version:
        needed = Needed(
            distribution="catboost",
            specifier=f"=={version.group(1)}",
            why="`catboost_version_info` in the file",
            sure="certain",
        )
    elif window:
        needed = Needed(
            distribution="catboost", specifier=window, why="the options that its writer knew", sure="likely"
        )
    else:
        needed = Needed(distribution="catboost", why="the file's format", sure="certain")
    return Findings(
        format=form,
        framework="CatBoost",
        framework_version=version.group(1) if version else None,
        model_class=f"catboost.core.{_CLASSES.get(str(loss), 'CatBoost')}",
        needed=(needed,),
        not_before=_date(trained),
        facts={key: value for key, value in facts.items() if value is not None},
    )


def _window(said: dict[str, str]) -> str:
    """Between which releases its writer was, by the options that it knew; empty where it left none."""
    told = {name: _object(said[name]) for name in ("output_options", "params", "training") if name in said}
    if not told.get("params"):
        return ""
    known = [_holds(told, path.split(".")) for path, _, _ in _MARKERS]
    newest = max((number for number, here in enumerate(known) if here), default=None)
    above = [] if newest is None else [f">{_MARKERS[newest][1]}"]
    later = _MARKERS[0 if newest is None else newest + 1 :][:1]
    return ",".join(above + [f"<{since}" for _, _, since in later])


def _holds(told: Any, path: list[str]) -> bool:
    for name in path:
        if not isinstance(told, dict) or name not in told:
            return False
        told = told[name]
    return True


def _info(source: Source) -> Iterator[tuple[str, str]]:
    table = _follow(source, _CORE)
    where = _field(source, table, _INFO)
    if where is None:
        return
    vector = _follow(source, where)
    count = _word(source, vector)
    if count > _ENTRIES:
        raise UnreadableModelError(f"it is damaged: it tells of {count:,} pieces of information about itself")
    for number in range(count):
        entry = _follow(source, vector + 4 + 4 * number)
        key, value = _field(source, entry, 0), _field(source, entry, 1)
        if key is not None and value is not None:
            yield _string(source, key), _string(source, value)


def _word(source: Source, at: int) -> int:
    return int(struct.unpack("<I", source.at(at, 4))[0])


def _follow(source: Source, at: int) -> int:
    return at + _word(source, at)


def _field(source: Source, table: int, number: int) -> int | None:
    """Where a field of a table is; None where it is left out."""
    (back,) = struct.unpack("<i", source.at(table, 4))
    layout = table - back
    (length,) = struct.unpack("<H", source.at(layout, 2))
    if 4 + 2 * number + 2 > length:
        return None
    (offset,) = struct.unpack("<H", source.at(layout + 4 + 2 * number, 2))
    return table + offset if offset else None


def _string(source: Source, where: int) -> str:
    at = _follow(source, where)
    length = _word(source, at)
    if length > _LONGEST:
        raise UnreadableModelError(f"it is damaged: a text in it is {length:,} bytes long")
    return source.at(at + 4, length).decode("utf-8", "replace")


def _object(value: object) -> dict[str, Any]:
    """A JSON object, of text where it is text; empty for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _date(found: re.Match[str] | None) -> date | None:
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
