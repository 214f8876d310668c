from __future__ import annotations

import sys
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from homeport.domain.lock import Lock
from homeport.environments import lock_environment, this_platform
from homeport.environments.resolve import end_of_day
from homeport.errors import EnvironmentBuildError, InvalidConfigError, UserErrorException
from tests.conftest import need_interpreter
from tests.environments.conftest import HERE, Lines, definition_of


def test_a_lock_names_every_package_with_version_file_and_hash(tiny_lock: Lock) -> None:
    packages = {package.name: package for package in tiny_lock.packages}
    assert [(name, package.version) for name, package in packages.items()] == [
        ("alpha", "1.0"),
        ("beta", "1.0"),
        *([("setuptools", "59.0")] if sys.version_info < (3, 12) else []),
    ]
    assert packages["beta"].files[0].name == "beta-1.0-py3-none-any.whl"
    assert len(packages["beta"].files[0].sha256) == 64
    assert tiny_lock.python.version.startswith(HERE)
    assert tiny_lock.platform == this_platform()


def test_a_lock_survives_json(tiny_lock: Lock) -> None:
    assert Lock.from_json(tiny_lock.to_json()) == tiny_lock


def test_resolving_again_gives_the_same_hash(tiny_lock: Lock, shelf_options: tuple[str, str]) -> None:
    now = datetime(2031, 1, 1, tzinfo=timezone.utc)
    again = lock_environment(definition_of(*shelf_options, "beta", "alpha"), progress=Lines(), now=lambda: now)
    assert again.created != tiny_lock.created
    assert again.hash == tiny_lock.hash


def test_packages_in_conflict_are_named_with_uvs_own_words(shelf_options: tuple[str, str]) -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(definition_of(*shelf_options, "beta", "alpha==2.0"), progress=Lines())
    assert caught.value.message.startswith("cannot resolve `tiny`: `beta` and `alpha==2.0`\n")
    assert "require alpha<2" in caught.value.message
    assert caught.value.hint and "loosen" in caught.value.hint
    assert isinstance(caught.value, UserErrorException)


def test_a_package_that_is_nowhere_is_named(shelf_options: tuple[str, str]) -> None:
    with pytest.raises(EnvironmentBuildError, match="`no-such-thing`"):
        lock_environment(definition_of(*shelf_options, "no-such-thing"), progress=Lines())


def test_no_network_says_so_and_what_to_try(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(definition_of("alpha"), progress=Lines())
    assert caught.value.hint and "cannot be reached" in caught.value.hint


def test_what_pip_was_told_reaches_uv(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    lock = lock_environment(definition_of("beta"), progress=Lines())
    assert "beta" in [package.name for package in lock.packages]


def test_a_projects_own_uv_settings_play_no_part(
    project: Path, monkeypatch: pytest.MonkeyPatch, shelf_options: tuple[str, str]
) -> None:
    (project / "pyproject.toml").write_text('[tool.uv]\noverride-dependencies = ["alpha==2.0"]\n')
    monkeypatch.setenv("VIRTUAL_ENV", "/nowhere")
    lock = lock_environment(definition_of(*shelf_options, "beta"), progress=Lines())
    assert {package.name: package.version for package in lock.packages}["alpha"] == "1.0"


def test_nothing_asked_for_is_an_empty_lock() -> None:
    need_interpreter("3.13")
    assert lock_environment(definition_of(python="3.13"), progress=Lines()).packages == ()


def test_the_nearest_interpreter_is_told(shelf_options: tuple[str, str]) -> None:
    told = Lines()
    lock_environment(definition_of(*shelf_options, "alpha", python=f"{HERE}.99"), progress=told)
    assert f"nearest to `{HERE}.99`" in str(told)


def test_where_no_python_is_said_and_the_default_is_missing_the_running_one_is_taken(
    shelf_options: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    lock = lock_environment(definition_of(*shelf_options, "alpha", python=None), progress=Lines())
    assert lock.python.version == ".".join(map(str, sys.version_info[:3]))


def test_conda_packages_need_the_conda_engine_and_are_named() -> None:
    definition = definition_of("alpha")
    spec = {"dependencies": [f"python={HERE}", "pip", "numpy=1.18", "libgcc"]}
    definition = type(definition).from_json({"name": "science", "python": {"condaDependencies": spec}})
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(definition, progress=Lines())
    assert "needs the conda engine for `numpy=1.18`, `libgcc`" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"baseImage": "ubuntu:24.04"}, "the image `ubuntu:24.04`"),
        ({"baseDockerfile": "FROM scratch"}, "a Dockerfile"),
        ({"buildContext": {"locationType": "git", "location": "https://example.org/x.git"}}, "a Docker build context"),
    ],
)
def test_a_definition_that_is_only_an_image_names_the_runtime_it_needs(section: dict[str, object], named: str) -> None:
    definition = definition_of("alpha", docker=section)
    only_image = type(definition).from_json(
        {**definition.document, "python": {"userManagedDependencies": True}, "docker": section}
    )
    with pytest.raises(EnvironmentBuildError) as caught:
        lock_environment(only_image, progress=Lines())
    assert named in caught.value.message
    assert caught.value.hint and 'runtime="docker"' in caught.value.hint


def test_another_platform_is_refused_by_name() -> None:
    with pytest.raises(InvalidConfigError, match="win-amd64"):
        lock_environment(definition_of("alpha"), progress=Lines(), platform="win-amd64")


def test_as_of_a_day_includes_that_day_in_utc() -> None:
    assert end_of_day(date(2020, 2, 29)) == "2020-03-01T00:00:00Z"


def test_credentials_do_not_travel_with_a_lock(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    options = ("--index-url http://ada:hush@127.0.0.1:9/simple", "--no-index", f"--find-links {shelf}")
    lock = lock_environment(definition_of(*options, "alpha"), progress=Lines())
    assert "hush" not in lock.pylock
