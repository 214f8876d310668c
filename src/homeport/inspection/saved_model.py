"""TensorFlow's SavedModel: `saved_model.pb` (tensorflow/core/protobuf/saved_model.proto) in a folder with variables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from homeport.domain.findings import Findings, Needed, Risk
from homeport.errors import UnreadableModelError
from homeport.inspection.protobuf import BYTES, VARINT, Field, fields, inside, text
from homeport.inspection.source import Source

_TYPES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 6: "int8", 7: "string", 9: "int64", 10: "bool"}
_MOST = 50

# operators that reach out of the model: what they do is up to the file
_REACHING = {
    "WriteFile": "writes a file that the model names",
    "ReadFile": "reads a file that the model names",
    "MatchingFiles": "lists files that the model names",
    "PyFunc": "calls Python",
    "PyFuncStateless": "calls Python",
    "EagerPyFunc": "calls Python",
}


def is_saved_model(source: Source) -> bool:
    """Its schema version, then the graph with its facts."""
    try:
        for number, field in enumerate(fields(source, 0, source.size)):
            if number == 0 and (field.number, field.kind, field.value) != (1, VARINT, 1):
                return False
            if number == 1:
                inner = next(inside(source, field), None)
                return field.number == 2 and inner is not None and (inner.number, inner.kind) == (1, BYTES)
    except UnreadableModelError:
        return False
    return False


def read_saved_model(source: Source, allowed: Collection[str]) -> Findings:
    """Versions, tags, signatures, and operators that reach out of the model."""
    facts: dict[str, Any] = {"tags": [], "signatures": {}}
    operators: set[str] = set()
    for field in fields(source, 0, source.size):
        if field.number == 2:
            for part in inside(source, field):
                if part.number == 1:
                    _about(source, part, facts)
                elif part.number == 2:
                    operators |= set(_operators(source, part))
                elif part.number == 5 and len(facts["signatures"]) < _MOST:
                    facts["signatures"].update([_signature(source, part)])
    version = facts.get("tensorflow_version")
    why = "`tensorflow_version` in saved_model.pb" if version else "the folder's format"
    specifier = f"=={version}" if version else ""
    return Findings(
        format="saved-model",
        framework="TensorFlow",
        framework_version=version,
        needed=(Needed(distribution="tensorflow", specifier=specifier, why=why, sure="certain"),),
        risks=_risks(operators, allowed),
        facts={key: value for key, value in facts.items() if value},
    )


def _about(source: Source, about: Field, facts: dict[str, Any]) -> None:
    for field in inside(source, about):
        if field.number == 4 and len(facts["tags"]) < _MOST:
            facts["tags"].append(text(source, field)[:100])
        elif field.number == 5:
            facts["tensorflow_version"] = text(source, field)[:50]


def _operators(source: Source, graph: Field) -> Iterator[str]:
    """Those of the graph and of the functions that it has."""
    for field in inside(source, graph):
        if field.number == 1:
            yield _operator(source, field)
        elif field.number == 2:
            for function in inside(source, field):
                if function.number == 1:
                    nodes = (part for part in inside(source, function) if part.number == 3)
                    yield from (_operator(source, node) for node in nodes)


def _operator(source: Source, node: Field) -> str:
    return next((text(source, field) for field in inside(source, node) if field.number == 2), "")


def _signature(source: Source, entry: Field) -> tuple[str, dict[str, Any]]:
    name = ""
    told: dict[str, Any] = {"inputs": {}, "outputs": {}}
    for field in inside(source, entry):
        if field.number == 1:
            name = text(source, field)[:200]
        elif field.number == 2:
            for part in inside(source, field):
                if part.number in (1, 2) and part.kind == BYTES:
                    side = told["inputs" if part.number == 1 else "outputs"]
                    if len(side) < _MOST:
                        side.update([_tensor(source, part)])
    return name, told


def _tensor(source: Source, entry: Field) -> tuple[str, dict[str, Any]]:
    name = ""
    told: dict[str, Any] = {"type": None, "shape": None}
    for field in inside(source, entry):
        if field.number == 1:
            name = text(source, field)[:200]
        elif field.number == 2:
            for part in inside(source, field):
                if part.number == 2:
                    told["type"] = _TYPES.get(part.value, str(part.value))
                elif part.number == 3:
                    told["shape"] = _shape(source, part)
    return name, told


def _shape(source: Source, shape: Field) -> Any:
    sizes: list[int | None] = []
    for field in inside(source, shape):
        if field.number == 2:
            size = next((part.value for part in inside(source, field) if part.number == 1), 0)
            sizes.append(None if size >> 63 else size)
    return sizes


def _risks(operators: Collection[str], allowed: Collection[str]) -> tuple[Risk, ...]:
    found = {f"tensorflow.{name}": (name, why) for name, why in _REACHING.items() if name in operators}
    return tuple(
        Risk(name=full, danger="runs_code" if name == "WriteFile" else "unknown", why=f"an operator that {why}")
        for full, (name, why) in sorted(found.items())
        if full not in allowed
    )
