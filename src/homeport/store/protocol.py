"""What a workspace offers, wherever it is kept: on this disk today, behind a server later."""

from __future__ import annotations

import builtins  # `list` is a method here
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from homeport.domain.environment import EnvironmentVersion
from homeport.domain.json import Json, JsonObject
from homeport.domain.load_policy import LoadPolicy
from homeport.domain.model import Model, ModelDescription, ModelFiles, ModelFilter, Resources
from homeport.domain.progress import Progress, Silent

SILENT = Silent()
EVERYTHING = ModelFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """What to change about a registered model; None (or nothing) leaves a part as it is. The bytes never change.

    `tags` replaces all tags; then `remove_tags` and `add_tags` are applied. A key of `add_properties` must be new.
    """

    tags: JsonObject | None = None
    add_tags: JsonObject = field(default_factory=dict)
    remove_tags: Sequence[str] = ()
    add_properties: JsonObject = field(default_factory=dict)
    description: str | None = None
    sample_input: Json = None
    sample_output: Json = None
    resources: Resources | None = None


@dataclass(frozen=True, slots=True)
class Freed:
    """What a collection gave back to the disk."""

    files: int
    bytes: int


class ModelStore(Protocol):
    """The models of one workspace."""

    def register(
        self,
        description: ModelDescription,
        source: Path,
        *,
        child_paths: Sequence[str] | None = None,
        progress: Progress = SILENT,
    ) -> Model:
        """Copy a file or folder in as the next version. Symbolic links to folders are left out, hidden files are not.

        Raises MissingPathError, EmptyModelError, InvalidCallError and NoSpaceError; then nothing is registered.
        """

    def get(self, name: str, version: int | None = None) -> Model:
        """One version, the newest where none is named. Raises ModelNotFoundError."""

    def list(self, wanted: ModelFilter = EVERYTHING, *, limit: int | None = None, offset: int = 0) -> list[Model]:
        """Newest registration first. `latest` keeps the newest of each name, and the other parts must hold for it."""

    def count(self, wanted: ModelFilter = EVERYTHING) -> int:
        """How many `list` would give without a limit."""

    def names(self) -> builtins.list[str]:
        """Every name that has a version, in order."""

    def files(self, model: Model) -> ModelFiles:
        """What the version consists of. Raises ModelNotFoundError when it was deleted."""

    def findings(self, model: Model) -> JsonObject | None:
        """What reading the files showed at registration; None where nobody looked. Raises ModelNotFoundError."""

    def change(self, name: str, version: int, change: ModelChange) -> Model:
        """Apply the whole change or none of it. Raises ModelNotFoundError, AlreadyExistsError for a known property."""

    def delete(self, name: str, version: int) -> None:
        """Forget the version; its number is never used again. `Store.collect` frees its bytes."""

    def download(
        self, model: Model, target: Path, *, overwrite: bool = False, progress: Progress = SILENT
    ) -> builtins.list[Path]:
        """Write `target/<stored path>` for every file, each checked against its hash while it is written.

        Raises AlreadyExistsError where a file is in the way, DamagedStoreError, NoSpaceError.
        Files that were written before an error stay.
        """

    def place(self, model: Model, folder: Path) -> ModelFiles:
        """Put the files into a fresh `folder`, sharing the bytes on disk where that is possible; they are read-only.

        Sizes are checked, hashes are not: whoever loads a bundle checks those.
        """


class EnvironmentStore(Protocol):
    """The environments of one workspace. A definition is kept exactly as it was given."""

    def register(self, name: str, definition: JsonObject, version: str | None = None) -> EnvironmentVersion:
        """Keep a definition; one equal to the newest is that one. Versions are numbered "1", "2" where none is asked.

        An existing `version` is written anew, and its locks are forgotten.
        """

    def get(self, name: str, version: str | None = None, label: str | None = None) -> EnvironmentVersion:
        """By version, else by label, else the newest. Raises EnvironmentNotFoundError."""

    def list(self) -> list[EnvironmentVersion]:
        """The newest of each name, in the order of names."""

    def versions(self, name: str) -> builtins.list[EnvironmentVersion]:
        """Newest first; empty where nothing has that name."""

    def label(self, name: str, version: str, labels: Sequence[str]) -> None:
        """Put labels on a version; within a name a label is worn by one version, and moves."""

    def keep_lock(self, name: str, version: str, platform: str, lock: JsonObject) -> None:
        """Remember what the version resolved to on a platform, in the place of what was known."""

    def lock(self, name: str, version: str, platform: str) -> JsonObject | None:
        """What `keep_lock` remembered."""

    def locks(self, name: str, version: str) -> dict[str, JsonObject]:
        """Every lock of a version, by platform."""

    def every_lock(self) -> builtins.list[tuple[str, JsonObject]]:
        """(`name:version`, lock) of every lock that is kept."""

    def delete(self, name: str, version: str) -> None:
        """Forget a version with its labels and locks; its number is not given again."""


class Store(Protocol):
    """One workspace."""

    @property
    def name(self) -> str: ...

    @property
    def details(self) -> JsonObject:
        """What was said about the workspace at its creation: subscription, resource group, location, tags."""

    @property
    def notice(self) -> str | None:
        """Something a person should know about how the workspace is kept, or None."""

    @property
    def load_policy(self) -> LoadPolicy:
        """What is done with model files that would run something unexpected when they are loaded."""

    def change_load_policy(
        self, *, rule: str | None = None, allow: Sequence[str] = (), disallow: Sequence[str] = ()
    ) -> LoadPolicy:
        """Another rule, names that are trusted, names that are no more; gives what holds then.

        Raises InvalidConfigError for a rule or a name that cannot be.
        """

    @property
    def models(self) -> ModelStore: ...

    @property
    def environments(self) -> EnvironmentStore: ...

    def verify(self, progress: Progress = SILENT) -> list[str]:
        """Read every byte again; one line for each thing that is wrong, none when all is whole."""

    def collect(self, progress: Progress = SILENT) -> Freed:
        """Delete the bytes that no model refers to, and what killed registrations left."""

    def close(self) -> None: ...
