from __future__ import annotations

from dataclasses import replace
from datetime import date

from homeport.domain.lock import Lock, LockedCondaPackage, LockedFile
from homeport.environments import lock_environment
from homeport.environments.diff import diff_locks
from tests.environments.conftest import Lines, definition_of


def test_what_came_went_and_changed(shelf_options: tuple[str, str], tiny_lock: Lock) -> None:
    other = lock_environment(definition_of(*shelf_options, "alpha", "broad"), progress=Lines())
    found = diff_locks(tiny_lock, other)
    assert [(change.name, change.after) for change in found.added] == [("broad", "1.0")]
    assert [(change.name, change.before) for change in found.removed] == [("beta", "1.0")]
    assert [(change.name, change.before, change.after) for change in found.changed] == [("alpha", "1.0", "2.0")]
    assert not found.same


def test_the_same_version_in_other_files_is_a_change(tiny_lock: Lock) -> None:
    first, *rest = tiny_lock.packages
    other = replace(tiny_lock, packages=(replace(first, files=(LockedFile(name="x.whl", sha256="0" * 64),)), *rest))
    (change,) = diff_locks(tiny_lock, other).changed
    assert (change.name, change.files) == (first.name, True)


def test_python_platform_and_dates_are_facts(tiny_lock: Lock) -> None:
    python = replace(tiny_lock.python, version="3.6.15", abi="cpython-36m")
    other = replace(tiny_lock, platform="win-amd64", python=python, as_of=date(2020, 3, 1))
    facts = {change.name: change.after for change in diff_locks(tiny_lock, other).facts}
    assert facts == {"python": "3.6.15 (cpython-36m)", "platform": "win-amd64", "as of": "2020-03-01"}


def test_equal_locks_have_no_difference(tiny_lock: Lock) -> None:
    found = diff_locks(tiny_lock, Lock.from_json(tiny_lock.to_json()))
    assert (found.facts, found.packages, found.same) == ((), (), True)


def test_packages_of_channels_are_compared_with_their_builds(tiny_lock: Lock) -> None:
    zlib = LockedCondaPackage(
        name="zlib",
        version="1.2",
        build="h1_0",
        build_number=0,
        subdir="linux-64",
        channel="conda-forge",
        url="https://host.example/conda-forge/linux-64/zlib-1.2-h1_0.conda",
        sha256="aa",
        md5="bb",
        size=1,
    )
    first, second = replace(tiny_lock, conda=(zlib,)), replace(tiny_lock, conda=(replace(zlib, build="h2_1"),))
    (change,) = diff_locks(first, second).changed
    assert (change.name, change.before, change.after) == ("zlib (conda)", "1.2=h1_0", "1.2=h2_1")
