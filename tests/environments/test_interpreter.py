from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from homeport.environments import existing_interpreter
from homeport.environments.interpreter import probe
from homeport.errors import InvalidConfigError
from tests.conftest import need_interpreter


def test_an_existing_interpreter_is_used_as_it_is() -> None:
    built = existing_interpreter(Path(sys.executable))
    assert (built.interpreter, built.lock, built.folder) == (Path(sys.executable), None, None)


def test_a_virtual_environment_keeps_its_own_path(tmp_path: Path) -> None:
    venv.create(tmp_path / "own", with_pip=False, symlinks=True)
    python = tmp_path / "own" / "bin" / "python"
    assert existing_interpreter(python).interpreter == python
    found = probe(python)
    assert found is not None and not found.base.is_relative_to(tmp_path)


def test_a_name_is_looked_up_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert existing_interpreter(Path("python")).interpreter == Path(sys.executable)


def test_a_path_that_is_not_there_is_a_file_not_found_error() -> None:
    with pytest.raises(FileNotFoundError, match="/nowhere/python"):
        existing_interpreter(Path("/nowhere/python"))


def test_a_file_that_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "python"
    file.write_text("#!/bin/sh\necho no\n")
    file.chmod(0o755)
    with pytest.raises(InvalidConfigError, match="does not run as a Python interpreter"):
        existing_interpreter(file)


def test_python_2_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidConfigError, match=r"Python 2\.7"):
        existing_interpreter(need_interpreter("2.7"))


def test_the_users_pythonpath_does_not_reach_the_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    link = tmp_path / "python"
    link.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')  # a path that was not asked before
    link.chmod(0o755)
    assert subprocess.run([str(link), "-c", "import json"], check=False).returncode == 1
    assert probe(link) is not None


def test_a_changed_interpreter_is_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "python"
    file.write_text("#!/bin/sh\nexit 1\n")
    file.chmod(0o755)
    assert probe(file) is None
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    os.utime(file, (1, 1))
    assert probe(file) is not None
