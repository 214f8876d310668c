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
    """`tiny:1`, built; its interpreter."""
    assert homeport("init").exit_code == 0
    make_wheel(project / "shelf", "alpha", "1.0")
    make_wheel(project / "shelf", "setuptools", "59.0")
    make_wheel(project / "shelf", "pip", "23.0")
    (project / "tiny.txt").write_text(f"--no-index\n--find-links {project / 'shelf'}\nalpha\n")
    assert homeport("environment", "register", "tiny.txt", "--python", HERE).exit_code == 0
    return Path(homeport("environment", "build", "tiny").stdout.strip())


def test_a_registered_lock_keeps_its_environment_until_it_is_deleted(homeport: Homeport, tiny: Path) -> None:
    kept = homeport("environment", "prune", "--older-than", "0")
    assert (kept.exit_code, "tiny:1 in workspace" in kept.stdout) == (0, True), kept.stderr
    assert tiny.exists()
    assert json.loads(homeport("environment", "list", "--json").stdout)[0]["builtBytes"] > 1000
    refused = homeport("environment", "delete", "tiny:1")
    assert (refused.exit_code, "--yes" in refused.stderr) == (2, True)
    assert homeport("environment", "delete", "tiny:1", "--yes").exit_code == 0
    would = json.loads(homeport("environment", "prune", "--older-than", "0", "--dry-run", "--json").stdout)
    assert [each["kind"] for each in would["removed"]] == ["environment"]
    assert tiny.exists()
    assert homeport("environment", "prune", "--older-than", "0").exit_code == 0
    assert not tiny.exists()
