"""Answers to several rows, cut back into one for each request."""

from __future__ import annotations

import json

import pytest

from homeport.scoring.batching_answers import Misfit, cut


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ([1, 2.0, "é"], ["[1, 2.0]", '["\\u00e9"]']),
        ({"a": [1, 2, 3], "b": [[4], [5], [6]]}, ['{"a": [1, 2], "b": [[4], [5]]}', '{"a": [3], "b": [[6]]}']),
        (json.dumps([1, 2, 3]), ['"[1, 2]"', '"[3]"']),
        ('[{"a":1},{"a":2},{"a":3}]', ['"[{\\"a\\":1},{\\"a\\":2}]"', '"[{\\"a\\":3}]"']),
        ('["é", "ü", "x"]', ['"[\\"\\u00e9\\", \\"\\u00fc\\"]"', '"[\\"x\\"]"']),
    ],
)
def test_an_answer_is_cut_as_the_worker_would_have_written_it(answer: object, parts: list[str]) -> None:
    assert cut(json.dumps(answer).encode(), [2, 1]) == [part.encode() for part in parts]


@pytest.mark.parametrize(
    "answer", ["[1, 2]", "[1, 2, 3, 4]", "{}", "3", "null", '"text"', '"[1,2, 3]"', '{"a": [1, 2, 3], "b": 1}', ""]
)
def test_an_answer_with_other_parts_does_not_fit(answer: str) -> None:
    with pytest.raises(Misfit):
        cut(answer.encode(), [2, 1])
