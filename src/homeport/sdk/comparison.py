"""How two answers of the same shape differ: numbers by how far, labels by how many."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from homeport.domain.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Between two answers. `count` values were compared; labels are everything that is no float."""

    count: int
    changed: int  # labels, or parts that only one of the two has
    largest: float  # between two numbers, absolute
    relative: float  # the largest, by the larger of the two

    def within(self, tolerance: float) -> bool:
        """Whether it is none, to someone who takes relative differences up to `tolerance` for none."""
        return self.changed == 0 and self.relative <= tolerance

    def __str__(self) -> str:
        if self.changed == 0 and self.largest == 0:
            return "equal"
        parts = [f"{self.changed} of {self.count} changed"] if self.changed else []
        parts += [f"largest difference {self.largest:.3g}"] if self.largest else []
        return ", ".join(parts)


def compare(one: Json, other: Json) -> Difference:
    """Value by value. Whole numbers, texts and truth values are labels; two NaN are equal."""
    count, changed, largest, relative = 0, 0, 0.0, 0.0
    for first, second in _pairs(one, other):
        count += 1
        if not _is_number(first) or not _is_number(second) or _are_labels(first, second):
            changed += first != second
            continue
        a, b = float(first), float(second)  # type: ignore[arg-type]
        if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
            changed += not (a == b or (math.isnan(a) and math.isnan(b)))
            continue
        apart = abs(a - b)
        largest = max(largest, apart)
        relative = max(relative, apart / max(abs(a), abs(b)) if apart else 0.0)
    return Difference(count=count, changed=changed, largest=largest, relative=relative)


def _pairs(one: Json, other: Json) -> Iterator[tuple[object, object]]:
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for first, second in zip(one, other, strict=True):
            yield from _pairs(first, second)
    elif isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key, value in one.items():
            yield from _pairs(value, other[key])
    else:
        yield one, other


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_labels(first: object, second: object) -> bool:
    return isinstance(first, int) and isinstance(second, int)
