from __future__ import annotations

from pathlib import Path

import pytest

from homeport.domain.keys import Keys
from homeport.errors import InvalidConfigError
from homeport.runtimes.keys import kept_keys, keys_in, write_keys


def test_keys_are_written_for_their_user_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, Keys("one", "two"))
    write_keys(path, Keys("three", "two"))
    assert keys_in(path) == kept_keys(tmp_path) == Keys("three", "two")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_a_file_without_two_keys_is_named(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert kept_keys(tmp_path) is None
    with pytest.raises(InvalidConfigError, match=r"keys\.json"):
        keys_in(path)
    path.write_text("lonely")
    with pytest.raises(InvalidConfigError, match="two keys"):
        keys_in(path)
    assert kept_keys(tmp_path) is None
