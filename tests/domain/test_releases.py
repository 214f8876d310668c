"""What an index says of releases, and the lines of the shipped table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from packaging.version import Version

from homeport.domain.releases import Release, read_releases, releases_of, write_releases


def file(name: str, day: str = "2020-01-02", **told: Any) -> dict[str, Any]:
    return {"filename": name, "upload-time": f"{day}T10:00:00Z", "requires-python": ">=3.5", **told}


WHEELS = [
    file("thing-1.0-cp37-cp37m-manylinux1_x86_64.whl"),
    file("thing-1.0-cp38-cp38-manylinux2014_x86_64.whl", "2020-03-01"),
    file("thing-1.0-cp38-cp38-manylinux2014_aarch64.whl", "2020-03-01"),
    file("thing-1.0-cp37-cp37m-win_amd64.whl"),
    file("thing-1.0.tar.gz"),
]


def test_wheels_for_linux_and_the_day_of_each_are_read() -> None:
    (release,) = releases_of(WHEELS)
    assert release.version == Version("1.0")
    assert release.released == date(2020, 1, 2)
    assert release.source
    assert release.wheel_since((3, 7), "x86_64") == date(2020, 1, 2)
    assert release.wheel_since((3, 7), "aarch64") is None
    assert release.wheel_since((3, 8), "aarch64") == date(2020, 3, 1)
    assert release.wheel_since((3, 9), "x86_64") is None
    assert release.is_native()


@pytest.mark.parametrize(
    ("name", "fits", "not_fits"),
    [
        ("thing-1.0-py3-none-any.whl", (3, 13), None),
        ("thing-1.0-py2.py3-none-manylinux2010_x86_64.whl", (3, 6), None),
        ("thing-1.0-cp38-abi3-manylinux2014_x86_64.whl", (3, 12), (3, 7)),
        ("thing-1.0-cp36-none-manylinux1_x86_64.whl", (3, 6), (3, 7)),
    ],
)
def test_tags_say_which_pythons_a_wheel_is_for(name: str, fits: Any, not_fits: Any) -> None:
    (release,) = releases_of([file(name)])
    assert release.wheel_since(fits, "x86_64")
    assert not_fits is None or release.wheel_since(not_fits, "x86_64") is None


@pytest.mark.parametrize(
    "name", ["thing-1.0-py2-none-any.whl", "thing-1.0-cp27-cp27mu-manylinux1_x86_64.whl", "thing.exe", "thing-1.0.rpm"]
)
def test_what_no_python_3_here_installs_is_left_out(name: str) -> None:
    assert releases_of([file(name)]) == ()


def test_files_without_a_day_are_left_out() -> None:
    assert releases_of([{"filename": "thing-1.0-py3-none-any.whl"}]) == ()


def test_what_a_release_declares_is_kept_to() -> None:
    (release,) = releases_of([file("thing-1.0-py3-none-any.whl", **{"requires-python": ">=3.8, !=3.9.*"})])
    assert release.allows((3, 8))
    assert not release.allows((3, 7))
    assert not release.allows((3, 9))
    assert Release(Version("1"), date(2020, 1, 1), "what?").allows((3, 6))


def test_a_table_gives_back_what_was_written() -> None:
    releases = releases_of([*WHEELS, file("thing-1.1-py3-none-any.whl", "2020-05-01", yanked=True)])
    head, _, lines = write_releases("thing", releases).partition("\n")
    assert head == "= thing"
    assert tuple(read_releases(lines)) == releases
