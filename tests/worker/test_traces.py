from __future__ import annotations

from pathlib import Path

from homeport.worker.traces import folder_listing


def test_a_listing_stops_at_200_lines_and_says_so(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"f{number:03d}").write_text("")
    lines = folder_listing(str(tmp_path)).splitlines()
    assert len(lines) == 200
    assert lines[:2] == [f"{tmp_path}/", "    f000"]
    assert lines[-1] == "..."


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert folder_listing(str(tmp_path / "none")) == f"{tmp_path}/none: no such folder\n"
