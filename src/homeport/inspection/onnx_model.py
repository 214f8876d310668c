"""ONNX models: a protocol buffer (`ModelProto` of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Any

from homeport.domain.findings import Findings, Needed, Risk
from homeport.errors import UnreadableModelError
from homeport.inspection.protobuf import BYTES, VARINT, Field, fields, inside, signed, text
from homeport.inspection.source import Source

# release -> newest opset of ai.onnx, of ai.onnx.ml, newest file version (IR) that it reads; oldest first.
# https://onnxruntime.ai/docs/reference/compatibility.html joined with onnx's own table of versions; where editions of
# that page disagree on the file version, onnx's is taken, so that a lowest release is likely and not certain.
RUNTIMES = (
    ("1.0", 11, 2, 6),
    ("1.3", 12, 2, 7),
    ("1.6", 13, 2, 7),
    ("1.8", 14, 2, 7),
    ("1.10", 15, 2, 8),
    ("1.11", 16, 2, 8),
    ("1.12", 17, 3, 8),
    ("1.14", 18, 3, 8),
    ("1.15", 19, 3, 9),
    ("1.17", 20, 4, 9),
    ("1.18", 21, 5, 10),
    ("1.21", 22, 5, 10),
    ("1.23", 23, 5, 11),
)

_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
}  # fmt: skip
_OWN_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}
_NODES = 20_000  # whose operators are looked at; the rest is counted
_MOST = 100  # inputs, outputs or files that are told


def is_onnx(source: Source) -> bool:
    """A file version first, and then only fields that a model has, up to the graph or the opsets."""
    try:
        for number, field in enumerate(fields(source, 0, source.size)):
            if number == 0:
                if field.number != 1 or field.kind != VARINT or not 1 <= field.value <= 99:
                    return False
            elif field.number in (7, 8):
                return field.kind == BYTES
            elif field.number not in (2, 3, 4, 5, 6, 14, 20, 25, 26):
                return False
    except UnreadableModelError:
        return False
    return False


def read_onnx(source: Source, allowed: Collection[str]) -> Findings:
    """The head fields, the graph's inputs and outputs; weights are skipped."""
    facts: dict[str, Any] = {}
    opsets: dict[str, int] = {}
    for field in fields(source, 0, source.size):
        if field.number == 1 and field.kind == VARINT:
            facts["ir_version"] = field.value
        elif field.number in (2, 3, 4):
            facts[{2: "producer", 3: "producer_version", 4: "domain"}[field.number]] = text(source, field)[:200]
        elif field.number == 7:
            facts.update(_graph(source, field))
        elif field.number == 8:
            domain, version = _opset(source, field)
            opsets[domain] = version
    facts["opsets"] = {domain or "ai.onnx": version for domain, version in list(opsets.items())[:_MOST]}
    facts = {key: value for key, value in facts.items() if value not in ("", [], {})}
    return Findings(
        format="onnx",
        framework="Onnx",
        framework_version=None,
        needed=tuple(_needed(facts, opsets)),
        risks=_risks(facts, allowed),
        facts=facts,
    )


def _graph(source: Source, graph: Field) -> dict[str, Any]:
    inputs: list[dict[str, Any]] = []
    outputs: list[dict[str, Any]] = []
    weights: set[str] = set()
    outside: set[str] = set()
    domains: Counter[str] = Counter()
    nodes = 0
    for field in inside(source, graph):
        if field.number == 1:
            nodes += 1
            if nodes <= _NODES:
                domains[_node_domain(source, field)] += 1
        elif field.number == 5:
            name, location = _tensor(source, field)
            weights.add(name)
            outside |= {location} if location else set()
        elif field.number == 11 and len(inputs) < _MOST:
            inputs.append(_value(source, field))
        elif field.number == 12 and len(outputs) < _MOST:
            outputs.append(_value(source, field))
    return {
        "inputs": [each for each in inputs if each["name"] not in weights],  # files before version 4 list both
        "outputs": outputs,
        "nodes": nodes,
        "other_operators": sorted(domain for domain in domains if domain not in _OWN_DOMAINS)[:_MOST],
        "files_beside": sorted(outside)[:_MOST],
    }


def _node_domain(source: Source, node: Field) -> str:
    return next((text(source, field) for field in inside(source, node) if field.number == 7), "")


def _tensor(source: Source, tensor: Field) -> tuple[str, str | None]:
    """A weight's name, and the file that it is in where it is not in this one."""
    name, location = "", None
    for field in inside(source, tensor):
        if field.number == 8 and field.kind == BYTES:
            name = text(source, field)
        elif field.number == 13:
            entry = {part.number: text(source, part) for part in inside(source, field) if part.kind == BYTES}
            if entry.get(1) == "location":
                location = entry.get(2)
    return name, location


def _value(source: Source, value: Field) -> dict[str, Any]:
    """An input or output: its name, type and shape; a size that is open has its own name, or None."""
    told: dict[str, Any] = {"name": "", "type": None, "shape": None}
    for field in inside(source, value):
        if field.number == 1:
            told["name"] = text(source, field)
        elif field.number == 2:
            for kind in inside(source, field):
                if kind.number == 1:
                    told.update(_tensor_type(source, kind))
                else:
                    told["type"] = {4: "sequence", 5: "map", 8: "sparse", 9: "optional"}.get(kind.number)
    return told


def _tensor_type(source: Source, kind: Field) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for field in inside(source, kind):
        if field.number == 1:
            told["type"] = _TYPES.get(field.value, str(field.value))
        elif field.number == 2:
            sizes = (list(inside(source, size)) for size in inside(source, field) if size.number == 1)
            told["shape"] = [_size(source, size[0]) if size else None for size in sizes]
    return told


def _size(source: Source, field: Field) -> int | str | None:
    if field.number == 1 and field.kind == VARINT:
        return signed(field.value)
    return text(source, field) or None if field.number == 2 else None


def _opset(source: Source, opset: Field) -> tuple[str, int]:
    domain, version = "", 0
    for field in inside(source, opset):
        if field.number == 1:
            domain = text(source, field)
        elif field.number == 2:
            version = signed(field.value)
    return domain, version


def _needed(facts: dict[str, Any], opsets: dict[str, int]) -> list[Needed]:
    opset, ml, ir = opsets.get("", opsets.get("ai.onnx", 0)), opsets.get("ai.onnx.ml", 0), facts.get("ir_version", 0)
    able = next((release for release, *most in RUNTIMES if opset <= most[0] and ml <= most[1] and ir <= most[2]), None)
    why = f"opset {opset}" + (f", ai.onnx.ml {ml}" if ml else "") + f", file version {ir}"
    specifier = f">={able}" if able else f">{RUNTIMES[-1][0]}"
    needed = [Needed(distribution="onnxruntime", specifier=specifier, why=why, sure="likely" if able else "guess")]
    if "ai.onnx.contrib" in opsets:
        needed.append(
            Needed(distribution="onnxruntime-extensions", why="operators of `ai.onnx.contrib`", sure="likely")
        )
    return needed


def _risks(facts: dict[str, Any], allowed: Collection[str]) -> tuple[Risk, ...]:
    away = [name for name in facts.get("files_beside", ()) if _leads_away(name)]
    risks = [
        Risk(name=f"onnx file `{name}`", danger="unknown", why="weights are read from outside of the model's folder")
        for name in away
    ]
    return tuple(risk for risk in risks if risk.name not in allowed)


def _leads_away(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts
