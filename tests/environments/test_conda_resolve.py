from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from homeport.domain.lock import Lock
from homeport.environments import lock_environment
from homeport.errors import EnvironmentBuildError
from tests.environments.channel import CondaPackage, index, noarch_package, write_package
from tests.environments.conda import HERE, conda_definition
from tests.environments.conftest import Lines


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Channels `one` and `two`: a Python and `shared` 1.0 and `only` in the first, `shared` 2.0 in the second."""
    folder = tmp_path_factory.mktemp("channels")
    python = CondaPackage(name="python", version="3.9.7", build="hb7a2778_3_cpython", files={"bin/python": b""})
    write_package(folder / "one", python)
    write_package(folder / "one", noarch_package("shared", "1.0"))
    write_package(folder / "one", noarch_package("only", "1.0", depends=["shared"]))
    write_package(folder / "two", noarch_package("shared", "2.0"))
    write_package(folder / "two", noarch_package("pinned", "1.0", depends=["shared >=2"]))
    return index(folder / "one"), index(folder / "two")


def versions(lock: Lock) -> dict[str, str]:
    return {package.name: package.version for package in lock.conda}


def test_a_lock_has_exact_records_and_what_the_machine_was_taken_for(conda_lock: Lock, channel: str) -> None:
    assert conda_lock.engine == "conda"
    assert versions(conda_lock) == {"hello": "1.0", "libgreeting": "1.2", "python": conda_lock.python.version}
    package = next(package for package in conda_lock.conda if package.name == "libgreeting")
    assert (package.build, package.subdir, package.channel) == ("h0123456_0", "linux-64", channel)
    assert package.file_name == "libgreeting-1.2-h0123456_0.tar.bz2"
    assert package.url == f"{channel}/linux-64/{package.file_name}"
    assert (len(package.sha256), len(package.md5)) == (64, 32)
    assert package.size and package.depends == ("__glibc >=2.17,<3.0.a0",)
    assert any(text.startswith("__glibc=2.") for text in conda_lock.virtual_packages)
    assert [package.name for package in conda_lock.packages] == ["alpha", "beta"]
    assert conda_lock.python.version.startswith(f"{HERE}.")


def test_it_survives_json_and_its_hash_covers_both_parts(conda_lock: Lock) -> None:
    assert Lock.from_json(json.loads(json.dumps(conda_lock.to_json()))) == conda_lock
    other_build = (replace(conda_lock.conda[0], sha256="0" * 64), *conda_lock.conda[1:])
    others = [replace(conda_lock, conda=other_build), replace(conda_lock, packages=conda_lock.packages[1:])]
    assert len({conda_lock.hash, *(other.hash for other in others)}) == 3
    assert replace(conda_lock, channels=(), conda_requested=()).hash == conda_lock.hash


@pytest.mark.parametrize(
    ("entry", "build"),
    [
        ("twofold", "beta_1"),
        ("twofold=1.0", "beta_1"),
        ("twofold=1.0=alpha_0", "alpha_0"),
        ("twofold=1.0=alpha*", "alpha_0"),
        ("twofold 1.* alpha_0", "alpha_0"),
        ("twofold[build='alpha*']", "alpha_0"),
        ("twofold>=0.9,<2", "beta_1"),
    ],
)
def test_versions_and_build_strings_mean_what_they_mean_to_conda(channel: str, entry: str, build: str) -> None:
    lock = lock_environment(conda_definition([channel], f"python={HERE}", entry), progress=Lines())
    assert {package.name: package.build for package in lock.conda}["twofold"] == build


def test_the_first_channel_that_has_a_package_is_its_only_one(two: tuple[str, str]) -> None:
    one, other = two
    assert versions(lock_environment(conda_definition([one, other], "python", "shared"), progress=Lines())) == {
        "python": "3.9.7",
        "shared": "1.0",
    }
    lock = lock_environment(conda_definition([other, one, "nodefaults"], "python", "only"), progress=Lines())
    assert versions(lock)["shared"] == "2.0"
    with pytest.raises(EnvironmentBuildError, match="pinned"):
        lock_environment(conda_definition([one, other], "python", "pinned"), progress=Lines())


def test_an_entry_may_name_its_channel(two: tuple[str, str]) -> None:
    one, other = two
    lock = lock_environment(conda_definition([one, other], "python", f"{other}::shared"), progress=Lines())
    assert {package.name: package.channel for package in lock.conda} == {"python": one, "shared": other}
    lock = lock_environment(conda_definition([one], "python", f"{other}::shared"), progress=Lines())
    assert versions(lock)["shared"] == "2.0"


def test_the_build_string_of_python_counts(two: tuple[str, str]) -> None:
    with pytest.raises(EnvironmentBuildError, match="python"):
        lock_environment(conda_definition([two[0]], "python=3.9.7=wrong_0", "shared"), progress=Lines())
    entry = "python=3.9.7=hb7a2778*"
    assert lock_environment(conda_definition([two[0]], entry, "shared"), progress=Lines()).python.version == "3.9.7"


def test_as_of_a_day_what_came_later_is_not_there(channel: str) -> None:
    spec = conda_definition([channel], f"python={HERE}", "hello")
    assert versions(lock_environment(spec, progress=Lines()))["hello"] == "2.0"
    before = replace(spec, as_of=date(2023, 1, 31))
    assert versions(lock_environment(before, progress=Lines()))["hello"] == "1.0"
    on_the_day = replace(spec, as_of=date(2023, 2, 1))
    assert versions(lock_environment(on_the_day, progress=Lines()))["hello"] == "2.0"
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(replace(spec, as_of=date(2019, 1, 1)), progress=Lines())
    assert "2019-01-01" in caught.value.message
    assert caught.value.hint


def test_as_of_a_day_before_a_mirror_was_made_the_dates_of_the_builds_are_taken(tmp_path: Path) -> None:
    write_package(tmp_path / "own", CondaPackage(name="python", version="3.9.7", files={"bin/python": b""}))
    for version, published in (("1.0", "2021-01-01"), ("2.0", "2023-01-01")):
        note = CondaPackage(name="note", version=version, files={}, published=published, depends=["python"])
        write_package(tmp_path / "own", note)
    index(tmp_path / "own", as_it_is=True)
    told = Lines()
    definition = conda_definition([(tmp_path / "own").as_uri()], "note", "python", asOf="2022-01-01")
    assert versions(lock_environment(definition, progress=told)) == {"note": "1.0", "python": "3.9.7"}
    assert "the dates of the builds are taken" in str(told)


def test_packages_without_a_date_are_told(tmp_path: Path) -> None:
    python = CondaPackage(name="python", version="3.9.7", files={})
    write_package(tmp_path / "own", replace(python, index={"timestamp": None}))
    write_package(tmp_path / "own", CondaPackage(name="note", version="1.0", files={}))
    told = Lines()
    definition = conda_definition([index(tmp_path / "own")], "python", "note", asOf="2022-01-01")
    lock_environment(definition, progress=told)
    assert "says no date for python" in str(told)


def test_what_cannot_be_solved_is_said_with_what_there_is_and_the_ways_out(channel: str) -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(conda_definition([channel], f"python={HERE}", "hello=7"), progress=Lines())
    assert "cannot resolve `science`" in caught.value.message
    assert "hello 7.*" in caught.value.message
    assert "there is `hello` 1.0, 2.0" in caught.value.message
    assert caught.value.hint and "`--engine uv`" in caught.value.hint

    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(conda_definition([channel], f"python={HERE}", "helo"), progress=Lines())
    assert caught.value.hint and "`helo`: not in" in caught.value.hint


def test_what_this_machine_is_too_old_for_is_said(channel: str) -> None:
    with pytest.raises(EnvironmentBuildError, match=r"__glibc >=9\.0"):
        lock_environment(conda_definition([channel], f"python={HERE}", "tomorrow"), progress=Lines())


def test_what_the_machine_is_taken_for_can_be_said(channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDA_OVERRIDE_GLIBC", "9.1")
    definition = conda_definition([channel], f"python={HERE}", "tomorrow")
    lock = lock_environment(definition, progress=Lines())
    assert "__glibc=9.1=0" in lock.virtual_packages


def test_an_entry_that_is_none_is_said(channel: str) -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(conda_definition([channel], f"python={HERE}", "hello=>1"), progress=Lines())
    assert "an entry that conda cannot read" in caught.value.message


def test_another_platform_is_solved_for(tmp_path: Path) -> None:
    for name, depends in (("python", ["__glibc >=2.17"]), ("note", [])):
        package = CondaPackage(name=name, version="3.9.7", files={}, depends=depends, subdir="linux-aarch64")
        write_package(tmp_path / "own", package)
    definition = conda_definition([index(tmp_path / "own")], "python", "note")
    lock = lock_environment(definition, progress=Lines(), platform="linux-aarch64")
    assert lock.platform == "linux-aarch64"
    assert {package.subdir for package in lock.conda} == {"linux-aarch64"}


def test_channels_and_nothing_but_pip_stay_with_uv(shelf_options: tuple[str, str]) -> None:
    definition = conda_definition(["conda-forge"], f"python={HERE}", pip=[*shelf_options, "beta"])
    lock = lock_environment(definition, progress=Lines())
    assert (lock.engine, lock.conda) == ("uv", ())


def test_the_conda_engine_may_be_asked_for_pip_only(channel: str, shelf_options: tuple[str, str]) -> None:
    definition = conda_definition([channel], f"python={HERE}", pip=[*shelf_options, "beta"], engine="conda")
    lock = lock_environment(definition, progress=Lines())
    assert lock.engine == "conda"
    assert set(versions(lock)) == {"python"}


def test_a_channel_without_pip_can_do_without_it(channel: str, shelf_options: tuple[str, str]) -> None:
    told = Lines()
    definition = conda_definition([channel], f"python={HERE}", "pip=20.2", "twofold", pip=[*shelf_options, "beta"])
    lock = lock_environment(definition, progress=told)
    assert "`pip=20.2` is left out" in str(told)
    assert "pip=20.2" not in lock.conda_requested
    assert [package.name for package in lock.packages] == ["alpha", "beta"]


def test_a_mirrored_channel_is_locked_under_its_own_name(two: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_CONDA_MIRRORS", f"conda-forge={two[0]}")
    lock = lock_environment(conda_definition(["conda-forge"], "python", "conda-forge::only"), progress=Lines())
    package = next(package for package in lock.conda if package.name == "only")
    assert (package.channel, package.url.rpartition("/")[0]) == (
        "conda-forge",
        "https://conda.anaconda.org/conda-forge/noarch",
    )
    assert lock.channels == ("https://conda.anaconda.org/conda-forge",)


def test_credentials_do_not_travel_with_a_lock(two: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_CONDA_MIRRORS", f"https://conda.example={Path(two[0][7:]).parent.as_uri()}")
    monkeypatch.setenv("CHANNEL_TOKEN", "tk-hush")
    channels = ["https://conda.example/t/$CHANNEL_TOKEN/one", "https://ada:sesame@conda.example/two"]
    told = Lines()
    lock = lock_environment(conda_definition(channels, "python", f"{channels[0]}::only"), progress=told)
    said = json.dumps(lock.to_json()) + str(told)
    assert "tk-hush" not in said and "sesame" not in said
    assert lock.to_json()["channels"] == ["https://conda.example/one", "https://conda.example/two"]
