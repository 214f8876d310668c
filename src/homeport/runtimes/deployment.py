"""What a deployment, or a change to one, is made of. The sdk has checked it; the runtimes make it a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.domain.address import LOOPBACK
from homeport.domain.bundle import BundledEnvironment
from homeport.domain.keys import Keys
from homeport.domain.model import ModelFiles
from homeport.domain.serving import ServingOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A model on its way into a bundle; version 0 is a path that was never registered.

    `digest` is its `ModelFiles.digest`, or "" where only placing it will tell.
    `place(folder)` writes `folder/<stored path>` for each of its files and says what it wrote.
    """

    name: str
    version: int
    digest: str
    place: Callable[[Path], ModelFiles]

    @property
    def ref(self) -> str:
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A service as its user described it.

    `entry_script` is relative to `source_directory` where there is one, else to the working directory, or absolute.
    """

    entry_script: str
    source_directory: Path | None
    models: tuple[ModelSource, ...]
    environment: BundledEnvironment
    variables: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    options: ServingOptions = field(default_factory=ServingOptions)
    host: str = LOOPBACK  # the address that it listens on
    auth_enabled: bool = False  # callers need a key: those given, else those of the service that is replaced, else new
    keys: Keys | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentChange:
    """What an update gives anew; None keeps what the current generation has.

    `source_directory` is read only together with `entry_script`: code is exchanged as one thing.
    """

    entry_script: str | None = None
    source_directory: Path | None = None
    models: tuple[ModelSource, ...] | None = None
    environment: BundledEnvironment | None = None
    variables: Mapping[str, str] | None = None
    workers: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # of ServingOptions, those that change
