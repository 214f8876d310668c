"""xgboost's own files: JSON and UBJSON (1.0 and 1.6 on), the older binary one, and that as base64.

All three are read from their first and last bytes, whatever lies between: the version is the last key of the JSON
forms (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html) and a field of the binary one's first
struct (`LearnerModelParamLegacy` in its `src/learner.cc`; zeros before 1.0).
"""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any

from homeport.domain.findings import Findings, Needed
from homeport.errors import UnreadableModelError
from homeport.inspection.source import Source, in_memory

_PART = 128 << 10  # bytes looked at, at either end
_NAMES = 1000  # feature names that are told
_OBJECTIVE = re.compile(rb"[a-z]+:[a-z0-9_]+|[a-z]+")
_VERSION = re.compile(rb'"version"\s*:\s*\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]\s*\}\s*$')
_UBJ_VERSION = re.compile(rb"version\[#L.{7}\x03(?:[iUlL]).{3,27}\}\Z", re.DOTALL)
_MODEL_CLASS = "xgboost.core.Booster"


def is_json(head: bytes) -> bool:
    """The one top-level key is `learner`; since 2.0 a `Config` may follow."""
    return re.match(rb'\s*\{\s*"(learner|version)"\s*:', head) is not None


def is_ubjson(head: bytes) -> bool:
    """The same, in UBJSON."""
    return re.match(rb"\{L.{8}(learner|version)[\{\[]", head, re.DOTALL) is not None


def is_binary(source: Source) -> bool:
    """A struct of 136 bytes, then the objective's name with its length."""
    start = 4 if source.head(4) == b"binf" else 0
    if source.size < start + 160:
        return False
    length = struct.unpack("<Q", source.at(start + 136, 8))[0]
    if not 3 <= length <= 40 or source.size < start + 144 + length:
        return False
    return _OBJECTIVE.fullmatch(source.at(start + 144, length)) is not None


def read_json(source: Source) -> Findings:
    """What xgboost writes as JSON."""
    head, tail = source.head(_PART), source.tail(_PART)
    found = _VERSION.search(tail)
    facts: dict[str, Any] = {
        "objective": _text(rb'"objective"\s*:\s*\{\s*"name"\s*:\s*"([^"]*)"', tail),
        "booster": _text(rb'"name"\s*:\s*"(gbtree|gblinear|dart)"', tail),
        "n_features": _number(rb'"num_feature"\s*:\s*"(\d+)"', tail),
        "n_classes": _number(rb'"num_class"\s*:\s*"(\d+)"', tail),
        "feature_names": _json_names(head),
        "scikit_learn": _text(rb'_estimator_type\\?"\s*:\s*\\?"(\w+)', head),
    }
    version = ".".join(part.decode() for part in found.groups()) if found else None
    return _findings("xgboost-json", version, facts, whole=tail.rstrip().endswith(b"}"))


def read_ubjson(source: Source) -> Findings:
    """What xgboost writes as UBJSON, by default since 2.1."""
    head, tail = source.head(_PART), source.tail(_PART)
    found = _UBJ_VERSION.search(tail)
    facts: dict[str, Any] = {
        "objective": _text(rb"objective\{L.{8}nameSL.{8}([\w:]+?)L", tail),
        "booster": _text(rb"nameSL.{8}(gbtree|gblinear|dart)", tail),
        "n_features": _number(rb"num_featureSL.{8}(\d+)", tail),
        "n_classes": _number(rb"num_classSL.{8}(\d+)", tail),
        "feature_names": _ubj_names(head),
        "scikit_learn": _text(rb'_estimator_type\\?"\s*:\s*\\?"(\w+)', head),
    }
    version = _ubj_version(found.group()) if found else None
    return _findings("xgboost-ubj", version, facts, whole=tail.endswith(b"}"))


def read_binary(source: Source) -> Findings:
    """The binary form; xgboost 3.1 reads it no more."""
    start = 4 if source.head(4) == b"binf" else 0
    features, classes, _, _, major, minor = struct.unpack("<IiiiII", source.at(start + 4, 24))
    (length,) = struct.unpack("<Q", source.at(start + 136, 8))
    objective = source.at(start + 144, length)
    at = start + 144 + length
    (length,) = struct.unpack("<Q", source.at(at, 8))
    booster = source.at(at + 8, min(length, 20)).decode("ascii", "replace")
    if booster not in ("gbtree", "gblinear", "dart"):
        raise UnreadableModelError("it is cut short or damaged: it names no booster")
    facts = {"objective": objective.decode(), "booster": booster, "n_features": features, "n_classes": classes}
    known = 0 < major < 100 and minor < 100
    specifier = f"=={major}.{minor}.*" if known else "<1.0"
    why = "the version in its first struct" if known else "its first struct has no version, as before 1.0"
    needed = Needed(distribution="xgboost", specifier=specifier, why=why, sure="certain" if known else "likely")
    return Findings(
        format="xgboost-binary",
        framework="XGBoost",
        framework_version=f"{major}.{minor}" if known else None,
        model_class=_MODEL_CLASS,
        needed=(needed, _numpy()),
        facts={key: value for key, value in facts.items() if value},
    )


def read_base64(source: Source) -> Findings:
    """`bs64`, then the binary form as text."""
    text = source.at(4, min(source.size - 4, _PART)).split()
    try:
        content = base64.b64decode(b"".join(text)[: _PART // 8 * 4])
    except ValueError as wrong:
        raise UnreadableModelError("it is damaged: it begins as base64 and does not go on so") from wrong
    inner = in_memory(content)
    if not is_binary(inner):
        raise UnreadableModelError("it is damaged: no xgboost model is in its base64 text")
    return read_binary(inner)


def _findings(form: str, version: str | None, facts: dict[str, Any], *, whole: bool) -> Findings:
    told = {key: value for key, value in facts.items() if value not in (None, [], 0)}
    if not whole:
        told["damaged"] = "it is cut short: it does not end as xgboost ends such a file"
    specifier = f"=={version}" if version else (">=1.6" if form == "xgboost-ubj" else ">=1.0")
    why = "`version` in the file" if version else "the file's format"
    return Findings(
        format=form,
        framework="XGBoost",
        framework_version=version,
        model_class=_MODEL_CLASS,
        needed=(Needed(distribution="xgboost", specifier=specifier, why=why, sure="certain"), _numpy()),
        facts=told,
    )


def _numpy() -> Needed:
    return Needed(distribution="numpy", why="xgboost takes its input as numpy arrays", sure="likely")


def _text(pattern: bytes, part: bytes) -> str | None:
    found = re.search(pattern, part, re.DOTALL)
    return found.group(1).decode("utf-8", "replace") if found else None


def _number(pattern: bytes, part: bytes) -> int | None:
    found = _text(pattern, part)
    return int(found) if found and len(found) < 12 else None


def _json_names(head: bytes) -> list[str]:
    found = re.search(rb'"feature_names"\s*:\s*(\[[^\]]*\])', head)
    try:
        names = json.loads(found.group(1)) if found else []
    except ValueError:
        return []
    return [str(name) for name in names][:_NAMES]


def _ubj_names(head: bytes) -> list[str]:
    key = b"feature_names[#L"
    at = head.find(key)
    names: list[str] = []
    if at < 0 or at + len(key) + 8 > len(head):
        return names
    (count,) = struct.unpack(">q", head[at + len(key) : at + len(key) + 8])
    at += len(key) + 8
    for _ in range(min(max(count, 0), _NAMES)):
        if head[at : at + 2] != b"SL" or at + 10 > len(head):
            break
        (length,) = struct.unpack(">q", head[at + 2 : at + 10])
        if not 0 <= length <= len(head) - at:
            break
        names.append(head[at + 10 : at + 10 + length].decode("utf-8", "replace"))
        at += 10 + length
    return names


def _ubj_version(ending: bytes) -> str | None:
    """Three numbers, each with the letter of its width; they may share one width by `$`."""
    at = ending.index(b"#L") + 10
    parts = []
    for _ in range(3):
        width = {b"i": 1, b"U": 1, b"I": 2, b"l": 4, b"L": 8}.get(ending[at : at + 1])
        if width is None or at + 1 + width > len(ending):
            return None
        parts.append(int.from_bytes(ending[at + 1 : at + 1 + width], "big"))
        at += 1 + width
    return ".".join(str(part) for part in parts)
