"""A package index that is a folder of tiny wheels, and a home that is built once for all tests here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock
from homeport.environments import BuiltEnvironment, build_environment, lock_environment
from tests.environments.wheels import make_wheel

HERE = ".".join(map(str, sys.version_info[:2]))  # a minor version that is on this machine for certain


class Lines:
    """A `Progress` that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def step(self, text: str) -> None:
        self.lines.append(text)

    def advance(self, label: str, done: int, total: int) -> None:
        return None

    def __str__(self) -> str:
        return "\n".join(self.lines)


def definition_of(*pip: str, python: str | None = HERE, **document: Any) -> EnvironmentDefinition:
    """A definition as a conda specification with this pip list gives it."""
    dependencies: list[object] = [f"python={python}"] if python else []
    spec = {"dependencies": [*dependencies, {"pip": list(pip)}]}
    return EnvironmentDefinition.from_json({"name": "tiny", "python": {"condaDependencies": spec}, **document})


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`--find-links` of it finds alpha 1.0 and 2.0, beta (which needs alpha<2), broad (many files), setuptools."""
    folder = tmp_path_factory.mktemp("shelf")
    make_wheel(folder, "alpha", "1.0")
    make_wheel(folder, "alpha", "2.0")
    make_wheel(folder, "beta", "1.0", requires=["alpha<2"])
    make_wheel(folder, "broad", "1.0", modules=1500)
    make_wheel(folder, "setuptools", "59.0")
    return folder


@pytest.fixture(scope="session")
def shelf_options(shelf: Path) -> tuple[str, str]:
    return "--no-index", f"--find-links {shelf}"


@pytest.fixture(scope="session")
def tiny_lock(shelf_options: tuple[str, str]) -> Lock:
    return lock_environment(definition_of(*shelf_options, "beta"), progress=Lines())


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes") / "home"


@pytest.fixture(scope="session")
def tiny(tiny_lock: Lock, built_home: Path) -> BuiltEnvironment:
    return build_environment(tiny_lock, built_home, progress=Lines())
