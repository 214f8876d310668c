"""How far two answers are apart."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.sdk.comparison import compare


@pytest.mark.parametrize(
    ("one", "other", "count", "changed", "largest"),
    [
        ([1, 2], [1, 2], 2, 0, 0),
        ([1, 2], [1, 3], 2, 1, 0),  # whole numbers are labels
        (["a", "b"], ["a", "c"], 2, 1, 0),
        ([1.0, 2.5], [1.0, 2.0], 2, 0, 0.5),
        ([1, 2.5], [1.0, 2.5], 2, 0, 0),
        ([[0.1, 0.9]], [[0.3, 0.7]], 2, 0, 0.2),
        ([float("nan")], [float("nan")], 1, 0, 0),
        ([float("nan")], [1.0], 1, 1, 0),
        ([1.0], [1.0, 2.0], 1, 1, 0),  # of another length: nothing in it is compared
        ({"a": [1.0]}, {"a": [1.5]}, 1, 0, 0.5),
        ({"a": 1}, {"b": 1}, 1, 1, 0),
        ([True], [1], 1, 0, 0),
    ],
)
def test_labels_are_counted_and_numbers_are_measured(
    one: Any, other: Any, count: int, changed: int, largest: float
) -> None:
    found = compare(one, other)
    assert (found.count, found.changed) == (count, changed)
    assert found.largest == pytest.approx(largest)


def test_in_words() -> None:
    assert str(compare([1.0], [1.0])) == "equal"
    assert str(compare([1, 2, 3], [1, 3, 2])) == "2 of 3 changed"
    assert str(compare([1.0], [1.25])) == "largest difference 0.25"


def test_a_tolerance_is_relative_and_excuses_no_label() -> None:
    assert compare([1000.0], [1000.1]).within(1e-3)
    assert not compare([1000.0], [1000.1]).within(1e-6)
    assert not compare([1], [2]).within(1.0)
