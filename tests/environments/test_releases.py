"""Releases from the shipped table first, from the index otherwise."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from packaging.version import Version

from homeport.environments.releases import KnownReleases
from tests.environments.test_index import FILES, index

QUIET = {"PIP_CONFIG_FILE": "/dev/null"}


def test_the_table_answers_without_a_network(tmp_path: Path) -> None:
    known = KnownReleases(tmp_path, environ=QUIET, offline=True)
    assert Version("0.22.1") in [release.version for release in known.of("scikit-learn")]
    assert known.of("Scikit_Learn") == known.of("scikit-learn")
    assert known.notes == []


def test_what_the_table_lacks_is_asked_of_the_index(tmp_path: Path) -> None:
    with index(FILES, []) as place:
        known = KnownReleases(tmp_path, environ={**QUIET, "UV_DEFAULT_INDEX": f"http://{place}"})
        assert [str(release.version) for release in known.of("thing")] == ["1.0", "1.1"]


def test_a_version_newer_than_the_table_is_asked_of_the_index_once(tmp_path: Path) -> None:
    seen: list[tuple[str, str | None, str | None]] = []
    with index(FILES, seen) as place:
        known = KnownReleases(tmp_path, environ={**QUIET, "UV_DEFAULT_INDEX": f"http://{place}"})
        for _ in range(3):
            assert known.of("joblib", Version("99.0"))
    assert len(seen) == 1


def test_offline_falls_back_to_the_table_and_says_so_once(tmp_path: Path) -> None:
    known = KnownReleases(tmp_path, environ={**QUIET, "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"})
    assert known.of("thing") == ()
    assert known.of("other") == ()
    assert known.of("joblib", Version("99.0"))
    assert len([note for note in known.notes if "cannot be asked" in note]) == 1


def test_the_interpreters_at_hand_are_told_by_where_they_are(tmp_path: Path) -> None:
    for name in ("3.7.16", "3.12.1"):
        folder = tmp_path / ".pyenv" / "versions" / name / "bin"
        folder.mkdir(parents=True)
        (folder / "python").touch()
    known = KnownReleases(tmp_path, environ={**QUIET, "PATH": ""}, user=tmp_path, offline=True)
    assert {(3, 7), (3, 12)} <= set(known.here)
    assert (3, 7) not in known.obtainable
    assert (3, 12) in known.obtainable


def test_wheels_in_the_users_own_folder_are_at_hand(tmp_path: Path) -> None:
    (tmp_path / "torch-2.9.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl").touch()
    (tmp_path / "other-1.0-py3-none-any.whl").touch()
    known = KnownReleases(tmp_path, environ={**QUIET, "UV_FIND_LINKS": str(tmp_path)}, offline=True)
    assert [str(release.version) for release in known.at_hand("torch")] == ["2.9.0+cpu"]
    assert KnownReleases(tmp_path, environ=QUIET, user=tmp_path, offline=True).at_hand("torch") == ()


def test_today_is_the_clocks(tmp_path: Path) -> None:
    day = datetime(2024, 5, 6, 23, tzinfo=timezone.utc)
    assert KnownReleases(tmp_path, environ=QUIET, offline=True, now=lambda: day).today == day.date()
