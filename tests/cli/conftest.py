from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.sdk.workspace import Workspace


@pytest.fixture
def workspace(home: Path, project: Path) -> Iterator[Workspace]:
    """A workspace called `lab` that the working directory points at; made without a command, to save its start."""
    made = Workspace.create("lab")
    made.write_config(project)
    yield made
    made._close()
