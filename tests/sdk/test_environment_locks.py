from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport import CondaDependencies, Environment, Workspace
from homeport.domain.lock import Lock
from homeport.errors import AlreadyExistsError, ConflictError, InvalidConfigError, NotFoundError
from homeport.sdk.environment_locks import (
    LockRequest,
    build_from_file,
    build_registered,
    built_folder,
    environment_details,
    exported,
    lock_of,
    lock_registered,
    verify,
)
from tests.conftest import need_interpreter
from tests.environments.conftest import HERE, Lines
from tests.environments.wheels import make_wheel


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    make_wheel(tmp_path / "shelf", "alpha", "1.0")
    make_wheel(tmp_path / "shelf", "setuptools", "59.0")
    return tmp_path / "shelf"


@pytest.fixture
def ref(workspace: Workspace, shelf: Path) -> str:
    return registered(workspace, "--no-index", f"--find-links {shelf}", "alpha")


def registered(workspace: Workspace, *packages: str, name: str = "tiny") -> str:
    environment = Environment(name)
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=list(packages), python_version=HERE)
    kept = environment.register(workspace)
    return f"{kept.name}:{kept.version}"


@pytest.fixture
def other(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Another machine: an empty home, an empty cache."""
    monkeypatch.setenv("HOMEPORT_HOME", str(tmp_path / "other-home"))
    made = Workspace.create("elsewhere")
    monkeypatch.setenv("HOMEPORT_HOME", str(home))
    yield made
    made._close()


def go_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_HOME", str(tmp_path / "other-home"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "other-cache"))


def test_a_lock_stays_until_relock_is_said(workspace: Workspace, ref: str, shelf: Path) -> None:
    first = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    make_wheel(shelf, "alpha", "2.0")
    assert lock_registered(workspace, ref, LockRequest(), progress=Lines()) == first
    again = lock_registered(workspace, ref, LockRequest(relock=True), progress=Lines())
    assert {package.name: package.version for package in again.packages}["alpha"] == "2.0"


def test_another_date_or_python_needs_relock(workspace: Workspace, ref: str) -> None:
    need_interpreter("3.13")
    lock_registered(workspace, ref, LockRequest(), progress=Lines())
    for request in (LockRequest(as_of="2024-01-01"), LockRequest(python="3.13")):
        with pytest.raises(AlreadyExistsError, match="locked already") as caught:
            lock_registered(workspace, ref, request, progress=Lines())
        assert caught.value.hint and "--relock" in caught.value.hint
    relocked = lock_registered(workspace, ref, LockRequest(python="3.13", relock=True), progress=Lines())
    assert relocked.python.version.startswith("3.13")


def test_a_build_uses_the_kept_lock(workspace: Workspace, ref: str) -> None:
    lock = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    assert build_registered(workspace, "tiny", progress=Lines()).lock == lock.hash
    details = environment_details(workspace, ref)
    assert details["lock"]["folder"].endswith(lock.hash)
    assert "alpha==1.0" in details["lock"]["packages"]


def test_a_lock_is_exported_for_other_tools(workspace: Workspace, ref: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        exported(workspace, ref, "pylock")
    assert caught.value.hint == f"run `homeport environment lock {ref}`"
    lock_registered(workspace, ref, LockRequest(), progress=Lines())
    assert "\nalpha==1.0 --hash=sha256:" in exported(workspace, ref, "requirements")
    assert 'name = "alpha"' in exported(workspace, ref, "pylock")


def test_every_form_says_the_lock_and_when_it_was_made(workspace: Workspace, ref: str) -> None:
    lock = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    requirements = exported(workspace, ref, "requirements")
    assert requirements.startswith(f"# locked on {lock.created:%Y-%m-%d} for Python {lock.python.version}")
    yml = exported(workspace, ref, "environment.yml")
    assert f"  - python={lock.python.version}\n" in yml
    assert "    - alpha==1.0\n" in yml
    assert Lock.from_json(json.loads(exported(workspace, ref, "lock"))) == lock
    with pytest.raises(InvalidConfigError, match="no packages of conda channels"):
        exported(workspace, ref, "conda-explicit")


def test_a_lock_made_here_gives_the_same_bytes_in_an_empty_home_with_an_empty_cache(
    workspace: Workspace, other: Workspace, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_registered(workspace, ref, progress=Lines())
    first = verify(workspace, ref)
    (tmp_path / "lock.json").write_text(exported(workspace, ref, "lock"))
    go_there(tmp_path, monkeypatch)
    built = build_from_file(tmp_path / "lock.json", progress=Lines())
    assert str(built.folder).startswith(str(tmp_path / "other-home"))
    second = verify(other, str(tmp_path / "lock.json"))
    assert first.whole and second.whole
    assert (first.digest, first.lock) == (second.digest, second.lock)


def test_a_lock_travels_with_the_saved_definition_and_its_wheels(
    workspace: Workspace, other: Workspace, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "mine", "own", "3.0")
    ref = registered(workspace, "--no-index", f"--find-links {shelf}", "alpha", str(wheel))
    lock = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    Environment.get(workspace, "tiny").save_to_directory(tmp_path / "saved")
    assert [path.name for path in (tmp_path / "saved").glob("homeport-lock*")] == [
        f"homeport-lock.{lock.platform}.json"
    ]
    shutil.rmtree(tmp_path / "mine")
    make_wheel(shelf, "alpha", "2.0")

    go_there(tmp_path, monkeypatch)
    there = Environment.load_from_directory(tmp_path / "saved").register(other)
    assert lock_of(other, f"tiny:{there.version}") == lock
    assert build_registered(other, "tiny", progress=Lines()).lock == lock.hash
    assert verify(other, "tiny").whole


def test_a_lock_of_another_python_or_engine_than_the_definitions_travels_too(
    workspace: Workspace, other: Workspace, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = LockRequest(python=f">={HERE}", engine="uv")
    lock = lock_registered(workspace, ref, asked, progress=Lines())
    Environment.get(workspace, "tiny").save_to_directory(tmp_path / "saved")
    (tmp_path / "lock.json").write_text(exported(workspace, ref, "lock"))

    go_there(tmp_path, monkeypatch)
    there = Environment.load_from_directory(tmp_path / "saved").register(other)
    assert lock_of(other, f"tiny:{there.version}") == lock
    build_from_file(tmp_path / "lock.json", progress=Lines(), version=(other, "tiny"))


def test_a_lock_beside_a_definition_that_was_edited_since_is_left_out(
    workspace: Workspace,
    other: Workspace,
    ref: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lock_registered(workspace, ref, LockRequest(), progress=Lines())
    Environment.get(workspace, "tiny").save_to_directory(tmp_path / "saved")
    conda = tmp_path / "saved" / "conda_dependencies.yml"
    conda.write_text(conda.read_text().replace("alpha", "alpha<9"))
    go_there(tmp_path, monkeypatch)
    Environment.load_from_directory(tmp_path / "saved").register(other)
    with pytest.raises(NotFoundError, match="has no lock"):
        lock_of(other, "tiny")
    assert "was made for other packages" in caplog.text


def test_a_lock_from_another_machine_is_kept_with_the_version_that_it_was_made_for(
    workspace: Workspace, ref: str, tmp_path: Path, shelf: Path
) -> None:
    lock = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    (tmp_path / "lock.json").write_text(exported(workspace, ref, "lock"))
    same = registered(workspace, "--no-index", f"--find-links {shelf}", "alpha", name="same")
    build_from_file(tmp_path / "lock.json", progress=Lines(), version=(workspace, same))
    assert lock_of(workspace, same) == lock
    third = registered(workspace, "--no-index", f"--find-links {shelf}", "alpha>=1", name="third")
    with pytest.raises(ConflictError, match="is not of third:1"):
        build_from_file(tmp_path / "lock.json", progress=Lines(), version=(workspace, third))


def test_offline_a_build_takes_what_is_here_or_says_what_to_do(
    workspace: Workspace, ref: str, tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_registered(workspace, ref, progress=Lines())
    folder = built_folder(workspace, ref)
    shutil.rmtree(folder)
    assert build_registered(workspace, ref, progress=Lines(), offline=True).folder == folder


def test_a_lock_for_another_platform_is_kept_beside_the_one_for_here(workspace: Workspace, ref: str) -> None:
    here = lock_registered(workspace, ref, LockRequest(), progress=Lines())
    there = lock_registered(workspace, ref, LockRequest(platform="windows"), progress=Lines())
    assert lock_of(workspace, ref) == here
    assert lock_of(workspace, ref, "windows") == there
    assert environment_details(workspace, ref)["lockedPlatforms"] == [here.platform, "windows-x86_64"]
