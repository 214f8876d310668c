"""Findings as they may be shown and kept: whatever a file says of itself is text that harms no terminal and no JSON."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from homeport.domain.findings import Findings, Needed, PythonNeeded, Risk

_LONGEST = 2000  # characters of one text
_DEEPEST = 12  # levels of lists and objects
_MOST = 2000  # entries of one of them


def as_told(findings: Findings) -> Findings:
    """The same in plain text: control characters and lone surrogates are spelt out, what has no end is cut."""
    return replace(
        findings,
        framework_version=_text(findings.framework_version),
        model_class=_text(findings.model_class),
        needed=tuple(
            Needed(
                distribution=plain(each.distribution),
                specifier=plain(each.specifier),
                why=plain(each.why),
                sure=each.sure,
            )
            for each in findings.needed
        ),
        pythons=tuple(
            PythonNeeded(specifier=plain(each.specifier), why=plain(each.why), sure=each.sure)
            for each in findings.pythons
        ),
        own_modules=tuple(plain(each) for each in findings.own_modules),
        globals=tuple(plain(each) for each in findings.globals),
        risks=tuple(Risk(name=plain(each.name), danger=each.danger, why=plain(each.why)) for each in findings.risks),
        facts={plain(str(key)): _value(value, 0) for key, value in list(findings.facts.items())[:_MOST]},
    )


def plain(text: str) -> str:
    """What a terminal shows as it stands."""
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _spelt(letter) for letter in text)


def _spelt(letter: str) -> str:
    return " " if letter in "\n\r\t" else letter.encode("unicode_escape").decode("ascii")


def _text(text: str | None) -> str | None:
    return None if text is None else plain(text)


def _value(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return plain(value)
    if depth >= _DEEPEST:
        return "..."
    if isinstance(value, dict):
        return {plain(str(key)): _value(inner, depth + 1) for key, inner in list(value.items())[:_MOST]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(inner, depth + 1) for inner in list(value)[:_MOST]]
    return plain(str(value))
