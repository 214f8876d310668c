"""What every test may ask for: an empty home, an interpreter of an era, the command as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

from homeport.domain.progress import Silent
from homeport.sdk import services
from homeport.sdk.workspace import Workspace
from tests.browser import Browser, find_browser, open_browser

os.environ.setdefault("HOMEPORT_BYTECODE", "now")  # no process goes on after a test
SHARED = Path(__file__).resolve().parents[2] / "shared"


def lacking(what: str) -> NoReturn:
    """A test lacks its server, engine or interpreter: fails in CI, is skipped with the reason elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")


def shared_file(*parts: str) -> Path:
    """A file beside the project, which no test needs: where it is not, the test is skipped, in CI too."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs ../shared/{'/'.join(parts)}")
    return path


def own_environments(workspace: Workspace) -> list[str]:
    """The names of the registered ones: curated ones are always listed beside them."""
    return [name for name in workspace.environments if not name.startswith(("homeport-", "AzureML-"))]


def count(small: int, full: int) -> int:
    """How often to do a thing: `small` in scripts/test, `full` in scripts/soak."""
    return full if os.environ.get("HOMEPORT_SOAK") else small


MODEL_MINORS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")[:: count(7, 1)]


def find_interpreter(minor: str) -> Path | None:
    """An interpreter of that minor version (`3.6`) where pyenv keeps them, else None."""
    found = sorted(Path.home().glob(f".pyenv/versions/{minor}.*/bin/python"))
    return found[-1] if found else None


def need_interpreter(minor: str) -> Path:
    found = find_interpreter(minor)
    if found is None:
        lacking(f"Python {minor}")
    assert found is not None
    return found


# What a model of that era was served with; the newest that there is where no date is named.
ERAS = {"3.6": "2021-06-01", "3.7": "2023-01-01", "3.8": "2024-06-01", "3.9": "2025-06-01"}
MODEL_PACKAGES = ("inference-schema", "numpy", "pandas", "flask")


@pytest.fixture(scope="session")
def model_python(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """An interpreter of a minor version with inference-schema, numpy, pandas and flask; built once a session."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def build(minor: str) -> Path:
        folder = shared / f"model-python-{minor}"
        python = folder / "bin" / "python"
        with FileLock(f"{folder}.lock"):
            if not python.exists():
                uv = [sys.executable, "-m", "uv"]
                until = ["--exclude-newer", ERAS[minor]] if minor in ERAS else []
                subprocess.run([*uv, "venv", "-q", "-p", str(need_interpreter(minor)), f"{folder}.new"], check=True)
                done = subprocess.run(
                    [*uv, "pip", "install", "-q", "-p", f"{folder}.new/bin/python", *until, *MODEL_PACKAGES],
                    capture_output=True,
                    text=True,
                )
                if done.returncode:
                    lacking(f"{', '.join(MODEL_PACKAGES)} for Python {minor}: {done.stderr[-500:]}")
                Path(f"{folder}.new").rename(folder)
        return python

    return build


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty $HOMEPORT_HOME of this test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HOMEPORT_HOME", str(folder))
    return folder


@pytest.fixture
def no_service_stays(home: Path) -> Iterator[None]:
    """Ends every service of the test's home, readable or not."""
    yield
    for name in [*services.service_names(), *services.unreadable_services()]:
        services.delete(name, Silent())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A tab of a real browser."""
    found = find_browser()
    if found is None:
        lacking("chromium and chromedriver")
    folder = tmp_path / "browser"
    folder.mkdir()
    with open_browser(*found, folder) as tab:
        yield tab


@dataclass(frozen=True)
class Screen:
    """What a finished command left: its exit status and its two streams."""

    exit_code: int
    stdout: str
    stderr: str


Homeport = Callable[..., Screen]


@pytest.fixture
def homeport(home: Path, project: Path) -> Homeport:
    """The `homeport` command as a process of its own, run in `project` against `home`."""

    def run(*words: object, stdin: str | None = None, timeout: float = 120, **env: str) -> Screen:
        done = subprocess.run(
            [sys.executable, "-m", "homeport", *map(str, words)],
            cwd=project,
            env={**os.environ, "HOMEPORT_HOME": str(home), "NO_COLOR": "1", **env},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Screen(done.returncode, done.stdout, done.stderr)

    return run
