"""What uv cannot read is told to it."""

from __future__ import annotations

from pathlib import Path

from homeport.environments.old_metadata import PANDAS, UV_FILE, write_old_metadata
from homeport.environments.pylock import tomllib


def test_every_release_is_told_once_with_requirements_that_can_be_read(tmp_path: Path) -> None:
    write_old_metadata(tmp_path)
    tables = tomllib.loads((tmp_path / UV_FILE).read_text(encoding="utf-8"))["dependency-metadata"]
    assert len({(table["name"], table["version"]) for table in tables}) == len(tables)
    assert len(tables) == sum(len(versions) for versions in PANDAS.values())
    assert all("pytz>=2011" in table["requires-dist"] for table in tables)
