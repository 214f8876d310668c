from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from homeport.domain.lock import Lock
from homeport.environments import BuiltEnvironment, build_environment, lock_environment
from homeport.environments.verify import verify_environment
from homeport.environments.verify_files import CONTENTS_FILE, read_contents
from homeport.errors import NotFoundError
from tests.environments.conftest import Lines, definition_of
from tests.environments.wheels import make_wheel


@pytest.fixture
def own(shelf_options: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment of this test's own, with a cache of its own: its files are linked."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    lock = lock_environment(definition_of(*shelf_options, "beta"), progress=Lines())
    folder = build_environment(lock, tmp_path / "home", progress=Lines()).folder
    assert folder is not None
    return folder


def site_of(folder: Path) -> Path:
    return next(folder.glob("lib/python3*/site-packages"))


def test_what_was_just_built_is_whole(tiny: BuiltEnvironment, tiny_lock: Lock) -> None:
    assert tiny.folder is not None
    found = verify_environment(tiny.folder)
    assert found.whole, found
    assert found.lock == tiny_lock.hash
    assert found.checked > len(tiny_lock.packages)


def test_every_kind_of_difference_is_named_with_its_file(own: Path) -> None:
    site = site_of(own)
    (site / "alpha" / "__init__.py").write_text("version = '9.9'\n")
    (site / "beta" / "__init__.py").unlink()
    (site / "sitecustomize.py").write_text("import os\n")
    below = site.relative_to(own).as_posix()
    found = verify_environment(own)
    assert found.changed == (f"{below}/alpha/__init__.py",)
    assert found.missing == (f"{below}/beta/__init__.py",)
    assert found.extra == (f"{below}/sitecustomize.py",)
    assert not found.whole


def test_a_record_that_was_changed_with_its_file_does_not_help(own: Path) -> None:
    site = site_of(own)
    (site / "alpha" / "__init__.py").write_text("version = '9.9'\n")
    record = site / "alpha-1.0.dist-info" / "RECORD"
    record.write_text("\n".join(line for line in record.read_text().splitlines() if "__init__" not in line))
    assert {path.rpartition("/")[2] for path in verify_environment(own).changed} == {"__init__.py", "RECORD"}


def test_byte_code_is_not_looked_at(own: Path) -> None:
    for code in site_of(own).glob("alpha/__pycache__/*.pyc"):
        code.unlink()
    (site_of(own) / "beta" / "__pycache__" / "other.cpython-399.pyc").write_bytes(b"")
    assert verify_environment(own).whole


def test_a_package_installed_by_hand_or_taken_away_is_named(own: Path) -> None:
    site = site_of(own)
    shutil.rmtree(site / "alpha-1.0.dist-info")
    other = site / "gamma-3.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: gamma\nVersion: 3.0\n")
    assert verify_environment(own).packages == ("alpha 1.0 is not installed", "gamma 3.0 is not in the lock")


def test_a_changed_file_that_the_cache_holds_too_is_said(own: Path) -> None:
    changed = site_of(own) / "alpha" / "__init__.py"
    with changed.open("a") as file:
        file.write("extra = 1\n")
    assert verify_environment(own).shared == (changed.stat().st_nlink > 1)


def test_another_interpreter_below_is_named(own: Path) -> None:
    (own / "bin" / "python").unlink()
    (own / "bin" / "python").symlink_to("/bin/true")
    found = verify_environment(own)
    assert found.packages == ("its interpreter `bin/python` does not run",)
    assert found.changed == ("bin/python",)


def test_of_an_environment_without_that_record_the_packages_own_speak(own: Path) -> None:
    (own / CONTENTS_FILE).unlink()
    (site_of(own) / "setuptools" / "__init__.py").write_text("changed\n")
    found = verify_environment(own)
    assert len(found.notes) == 1
    assert read_contents(own) is None


def test_a_folder_without_a_lock_is_no_environment(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="not a whole environment"):
        verify_environment(tmp_path)


def test_two_homes_with_the_same_lock_hold_the_same_bytes(
    tiny_lock: Lock, tiny: BuiltEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    elsewhere = build_environment(Lock.from_json(tiny_lock.to_json()), tmp_path / "home", progress=Lines())
    assert tiny.folder and elsewhere.folder
    assert verify_environment(elsewhere.folder).digest == verify_environment(tiny.folder).digest


def test_other_bytes_give_another_digest(shelf: Path, tiny: BuiltEnvironment, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(shelf, own)
    make_wheel(own, "beta", "1.0", requires=["alpha<2"], body="other = 1\n")
    lock = lock_environment(definition_of("--no-index", f"--find-links {own}", "beta"), progress=Lines())
    other = build_environment(lock, tmp_path / "home", progress=Lines())
    assert tiny.folder and other.folder
    assert verify_environment(other.folder).digest != verify_environment(tiny.folder).digest
