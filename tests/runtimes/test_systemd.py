from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.errors import ServiceError
from homeport.runtimes.systemd import is_ours, quoted, unit_path, write_unit
from tests.conftest import lacking


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


def test_a_unit_is_where_systemd_looks_for_it(config: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_unit(home, "iris")
    assert path == config / "systemd/user/homeport-iris.service"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert unit_path("iris") == Path("/home/me/.config/systemd/user/homeport-iris.service")


def test_systemd_takes_the_unit(home: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        lacking("systemd-analyze")
    path = write_unit(home.parent / 'odd "100%" \\ home', "iris")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(path)], capture_output=True, text=True, timeout=60
    )
    complaints = [line for line in done.stderr.splitlines() if "homeport-iris" in line or str(path) in line]
    assert complaints == []


def test_a_unit_says_how_to_start_and_for_which_home(home: Path) -> None:
    text = write_unit(home, "iris").read_text()
    assert f'ExecStart="{sys.executable}" -m homeport service start iris --foreground' in text
    assert f'Environment="HOMEPORT_HOME={home}"' in text


def test_words_are_quoted_for_systemd() -> None:
    assert quoted('a "b" 100% \\') == '"a \\"b\\" 100%% \\\\"'


def test_writing_again_is_harmless_and_another_homes_unit_is_left_alone(home: Path, tmp_path: Path) -> None:
    path = write_unit(home, "iris")
    assert write_unit(home, "iris") == path
    assert is_ours(home, "iris")
    before = path.read_text()
    with pytest.raises(ServiceError, match="belongs to a service of another home"):
        write_unit(tmp_path / "other", "iris")
    assert not is_ours(tmp_path / "other", "iris")
    assert path.read_text() == before
