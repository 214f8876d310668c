from __future__ import annotations

import pytest

from homeport.domain.keys import Keys, new_keys, read_keys
from homeport.errors import InvalidInputError


@pytest.mark.parametrize("text", ["one\ntwo\n", "one two", '{"primary": "one", "secondary": "two"}\n'])
def test_two_keys_are_read_from_lines_or_json(text: str) -> None:
    assert read_keys(text) == Keys("one", "two")


@pytest.mark.parametrize(
    "text", ["", "one", "one\ntwo\nthree", "{", '{"primary": "one"}', '{"primary": 1, "secondary": 2}', "one\nt\x00wo"]
)
def test_what_is_not_two_keys_is_refused_and_shows_none(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_keys(text)
    assert "one" not in str(refused.value).replace("at least one character", "")


def test_new_keys_differ_and_are_read_back() -> None:
    keys = new_keys()
    assert keys.primary != keys.secondary
    assert read_keys(keys.to_text()) == keys


def test_a_renewed_key_leaves_the_other_alone_and_none_is_shown_by_accident() -> None:
    keys = Keys("one", "two")
    assert keys.renewed("secondary", "three") == Keys("one", "three")
    assert keys.renewed("primary").secondary == "two"
    assert keys.renewed("primary").primary != "one"
    assert "one" not in repr(keys)
