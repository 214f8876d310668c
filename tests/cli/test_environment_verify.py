from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import Homeport
from tests.environments.wheels import make_wheel

HERE = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def tiny(homeport: Homeport, project: Path) -> Path:
    """`tiny:1` with alpha 1.0, registered and built; its folder."""
    assert homeport("init").exit_code == 0
    make_wheel(project / "shelf", "alpha", "1.0")
    make_wheel(project / "shelf", "setuptools", "59.0")
    make_wheel(project / "shelf", "pip", "23.0")
    (project / "tiny.txt").write_text(f"--no-index\n--find-links {project / 'shelf'}\nalpha\n")
    assert homeport("environment", "register", "tiny.txt", "--python", HERE).exit_code == 0
    built = homeport("environment", "build", "tiny", UV_CACHE_DIR=str(project / "cache"))
    return Path(built.stdout.strip()).parents[1]


def test_verify_lists_what_differs_and_ends_with_1(homeport: Homeport, tiny: Path) -> None:
    good = homeport("environment", "verify", "tiny")
    assert (good.exit_code, good.stdout) == (0, ""), good.stderr
    assert "as locked" in good.stderr
    changed = next(tiny.glob("lib/python3*/site-packages/alpha/__init__.py"))
    changed.unlink()
    bad = homeport("environment", "verify", "tiny")
    assert (bad.exit_code, bad.stdout) == (1, f"missing  {changed.relative_to(tiny)}\n"), bad.stderr
    found = json.loads(homeport("environment", "verify", tiny, "--json").stdout)
    assert (found["whole"], found["missing"]) == (False, [str(changed.relative_to(tiny))])


def test_diff_takes_versions_lock_files_and_folders(homeport: Homeport, tiny: Path, project: Path) -> None:
    lock = homeport("environment", "lock", "tiny", "--json")
    (project / "one.json").write_text(lock.stdout)
    make_wheel(project / "shelf", "alpha", "2.0")
    with (project / "tiny.txt").open("a") as file:
        file.write("alpha>1\n")
    assert homeport("environment", "register", "tiny.txt", "--python", HERE).stdout == "tiny:2\n"
    refused = homeport("environment", "diff", "tiny:1", "tiny:2")
    assert (refused.exit_code, "environment lock tiny:2" in refused.stderr) == (1, True), refused.stderr
    assert homeport("environment", "lock", "tiny:2").exit_code == 0
    for first in ("tiny:1", "one.json", tiny):
        assert "~ alpha 1.0 -> 2.0\n" in homeport("environment", "diff", first, "tiny").stdout
    assert json.loads(homeport("environment", "diff", "tiny:1", "one.json", "--json").stdout)["same"]


def test_a_locks_file_needs_no_workspace(homeport: Homeport, tiny: Path, project: Path, tmp_path: Path) -> None:
    homeport("environment", "export", "tiny", "--format", "lock", "-o", "lock.json")
    (project / ".azureml" / "config.json").unlink()
    assert homeport("environment", "build", "--lock", "lock.json").stdout.strip() == str(tiny / "bin" / "python")
    assert homeport("environment", "verify", "lock.json").exit_code == 0
    assert "alpha==1.0" in homeport("environment", "export", "lock.json").stdout
    named = homeport("environment", "verify", "tiny")
    assert (named.exit_code, "homeport init" in named.stderr) != (0, False), named.stderr
