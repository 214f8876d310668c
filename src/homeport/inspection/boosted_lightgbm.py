"""lightgbm's text file: `key=value` lines, the trees, then the parameters that it was trained with."""

from __future__ import annotations

import re
from typing import Any

from homeport.domain.findings import Findings, Needed
from homeport.inspection.source import Source

_PART = 64 << 10
_NAMES = 1000

# `version=` of the file -> the releases that write it (`kModelVersion` in lightgbm's gbdt_model_text.cpp)
_WRITERS = {"v2": ">=2.0,<2.3", "v3": ">=2.3,<4", "v4": ">=4"}


def is_lightgbm(head: bytes) -> bool:
    """`tree`, then `version=`, or `num_class=` before version 2."""
    return re.match(rb"tree\r?\n(version|num_class)=", head) is not None


def read_lightgbm(source: Source) -> Findings:
    """The head line by line; the parameters and `pandas_categorical` from its end."""
    head, tail = source.head(_PART), source.tail(_PART)
    said = _said(head)
    version = said.get("version", "v1")
    facts: dict[str, Any] = {
        "file_version": version,
        "objective": said.get("objective"),
        "n_features": _number(said.get("max_feature_idx"), add=1),
        "n_classes": _number(said.get("num_class")),
        "feature_names": said.get("feature_names", "").split()[:_NAMES],
    }
    needed = [_lightgbm(version, head), Needed(distribution="numpy", why="lightgbm needs it", sure="likely")]
    categories = re.search(rb"\npandas_categorical:(.*)\s*$", tail)
    if categories and categories.group(1).strip() not in (b"null", b"[]"):
        needed.append(Needed(distribution="pandas", why="it was trained on pandas categories", sure="likely"))
        facts["pandas_categorical"] = True
    if b"end of trees" not in tail and b"end of parameters" not in tail and version not in ("v1", "v2"):
        facts["damaged"] = "it is cut short: its trees do not end"
    return Findings(
        format="lightgbm",
        framework="LightGBM",
        model_class="lightgbm.basic.Booster",
        needed=tuple(needed),
        facts={key: value for key, value in facts.items() if value not in (None, [])},
    )


def _said(head: bytes) -> dict[str, str]:
    """The lines before the first tree."""
    lines = head.partition(b"\nTree=")[0].decode("utf-8", "replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _lightgbm(version: str, head: bytes) -> Needed:
    why = f"`version={version}` in the file"
    specifier = _WRITERS.get(version, "")
    if version == "v3" and b"\nTree=0" in head:  # `is_linear` came with linear trees, in 3.2
        linear = b"\nis_linear=" in head
        specifier = ">=3.2,<4" if linear else ">=2.3,<3.2"
        why += f", {'with' if linear else 'without'} `is_linear`"
    return Needed(distribution="lightgbm", specifier=specifier, why=why, sure="likely" if specifier else "guess")


def _number(text: str | None, *, add: int = 0) -> int | None:
    return int(text) + add if text and text.isascii() and text.isdigit() and len(text) < 12 else None
