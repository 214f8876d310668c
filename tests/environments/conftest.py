"""A package index that is a folder of tiny wheels, and a home that is built once for all tests here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock
from homeport.environments import BuiltEnvironment, build_environment, lock_environment
from tests.environments.channel import small_channel
from tests.environments.conda import conda_definition
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


@pytest.fixture(scope="session", autouse=True)
def conda_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The conda engine's cache of these tests; no setting of the user's plays a part."""
    folder = tmp_path_factory.mktemp("conda-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEPORT_CONDA_CACHE", str(folder))
        patch.delenv("HOMEPORT_CONDA_MIRRORS", raising=False)
        yield folder


@pytest.fixture(scope="session")
def channel(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a channel; `tests.environments.channel.small_channel` says what is in it."""
    return small_channel(tmp_path_factory.mktemp("channel"), HERE)


@pytest.fixture(scope="session")
def conda_lock(channel: str, shelf_options: tuple[str, str]) -> Lock:
    """Python, a library, a noarch package, and a pip section."""
    definition = conda_definition([channel], f"python={HERE}", "libgreeting", "hello=1.0", pip=[*shelf_options, "beta"])
    return lock_environment(definition, progress=Lines())


@pytest.fixture(scope="session")
def conda_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conda-homes") / "home"


@pytest.fixture(scope="session")
def conda_built(conda_lock: Lock, conda_home: Path) -> BuiltEnvironment:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEPORT_BYTECODE", "never")  # the Python of the channel brings none: that would take its time
        return build_environment(conda_lock, conda_home, progress=Lines())
