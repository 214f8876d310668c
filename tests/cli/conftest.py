from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.domain.progress import Silent
from homeport.sdk import services
from homeport.sdk.workspace import Workspace


@pytest.fixture
def workspace(home: Path, project: Path) -> Iterator[Workspace]:
    """A workspace called `lab` that the working directory points at; made without a command, to save its start."""
    made = Workspace.create("lab")
    made.write_config(project)
    yield made
    made._close()


@pytest.fixture
def no_service_stays(home: Path) -> Iterator[None]:
    """Ends every service of the test's home, readable or not."""
    yield
    for name in [*services.service_names(), *services.unreadable_services()]:
        services.delete(name, Silent())
