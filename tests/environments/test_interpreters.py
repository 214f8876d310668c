from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.environments import find_interpreter
from homeport.errors import EnvironmentBuildError, InvalidConfigError
from tests.conftest import need_interpreter
from tests.environments.conftest import HERE, Lines

THIS = ".".join(map(str, sys.version_info[:3]))


@pytest.fixture
def nothing(tmp_path: Path) -> dict[str, str]:
    """Variables of a user without any interpreter but the one that runs the tests."""
    return {"PATH": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv"), "PYENV_ROOT": str(tmp_path / "pyenv")}


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """uv downloads nothing and knows no interpreter of its own."""
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    yield


def test_another_release_of_the_same_minor_version_is_found_and_told() -> None:
    told = Lines()
    found = find_interpreter(f"{HERE}.999", progress=told)
    assert found.version[:2] == sys.version_info[:2]
    assert f"nearest to `{HERE}.999`" in str(told)


def test_the_exact_release_is_preferred(nothing: dict[str, str], tmp_path: Path) -> None:
    assert ".".join(map(str, find_interpreter(THIS, environ=nothing, home=tmp_path).version)) == THIS


def test_an_old_python_is_found_where_pyenv_keeps_it() -> None:
    need_interpreter("3.6")
    found = find_interpreter("3.6.2")
    assert found.version[:2] == (3, 6)
    assert found.abi.startswith("cpython-36m")


def test_a_range_takes_the_newest_inside() -> None:
    need_interpreter("3.7")
    assert find_interpreter(">=3.6,<3.8").version[:2] == (3, 7)


def test_homeport_pythons_names_files_and_folders(nothing: dict[str, str], tmp_path: Path) -> None:
    old = need_interpreter("3.7")
    for named in (old, old.parents[1]):
        found = find_interpreter(
            "3.7", environ={**nothing, "HOMEPORT_PYTHONS": f"/nowhere{os.pathsep}{named}"}, home=tmp_path
        )
        assert found.path == old


def test_a_shim_that_fails_is_passed_over(nothing: dict[str, str], tmp_path: Path) -> None:
    shim = tmp_path / f"python{HERE}"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert find_interpreter(HERE, environ=nothing, home=tmp_path).path != shim


def test_of_a_shim_that_works_the_real_binary_is_given(nothing: dict[str, str], tmp_path: Path) -> None:
    old = need_interpreter("3.8")
    shim = tmp_path / "python3.8"
    shim.write_text(f'#!/bin/sh\nexec "{old}" "$@"\n')
    shim.chmod(0o755)
    assert find_interpreter("3.8", environ=nothing, home=tmp_path).path == old


def test_pyenv_and_uv_and_conda_folders_are_looked_into(nothing: dict[str, str], tmp_path: Path) -> None:
    old = need_interpreter("3.9")
    for place in ("pyenv/versions/3.9.18", "uv/cpython-3.9.18-linux-x86_64-gnu", "miniconda3/envs/old"):
        prefix = tmp_path / place
        (prefix / "bin").mkdir(parents=True)
        (prefix / "bin" / "python").symlink_to(old)
        if "conda" in place:
            (prefix / "conda-meta").mkdir()
            (prefix / "conda-meta" / "python-3.9.18-h123_0.json").write_text("{}")
        assert find_interpreter("3.9", environ=nothing, home=tmp_path).version[:2] == (3, 9)
        (prefix / "bin" / "python").unlink()


def test_too_old_for_uv_says_what_there_is_and_what_would_work(
    nothing: dict[str, str], tmp_path: Path, offline: None
) -> None:
    (tmp_path / "pyenv/versions/3.9.1/bin").mkdir(parents=True)
    (tmp_path / "pyenv/versions/3.9.1/bin/python").touch()
    with pytest.raises(EnvironmentBuildError) as caught:
        find_interpreter("3.6", environ=nothing, home=tmp_path)
    assert "no Python 3.6" in caught.value.message and "3.9.1" in caught.value.message
    assert caught.value.hint and "begin at 3.8" in caught.value.hint and "$HOMEPORT_PYTHONS" in caught.value.hint


def test_one_that_uv_cannot_fetch_is_an_error_with_uvs_words(
    nothing: dict[str, str], tmp_path: Path, offline: None
) -> None:
    told = Lines()
    with pytest.raises(EnvironmentBuildError, match="uv could not install one") as caught:
        find_interpreter("3.99", progress=told, environ=nothing, home=tmp_path)
    assert caught.value.hint and "network" in caught.value.hint
    assert "asking uv" in str(told)


@pytest.mark.parametrize("text", ["2.7", "3.5"])
def test_a_python_before_3_6_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfigError, match="too old"):
        find_interpreter(text)


@pytest.mark.parametrize("text", ["python", "3.x", "=>3", ""])
def test_a_text_that_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfigError, match="not a Python version"):
        find_interpreter(text)
