"""A workspace of this test's own, and a file to register."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport import Workspace


@pytest.fixture
def workspace(home: Path, project: Path) -> Workspace:
    return Workspace.create("tests", subscription_id="S", resource_group="G", tags={"team": "blue"})


@pytest.fixture
def weights(project: Path) -> Path:
    path = project / "weights.pkl"
    path.write_bytes(b"weights")
    return path
