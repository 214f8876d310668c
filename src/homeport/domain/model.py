"""A registered model: a value that cannot be wrong once it exists."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from homeport.domain.json import Json, JsonObject
from homeport.domain.names import check_model_name
from homeport.errors import InvalidCallError

CUSTOM_FRAMEWORK = "Custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model: its path below the version's folder, its size in bytes, its sha256 in hex."""

    path: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if not self.path or path.is_absolute() or ".." in path.parts or "\\" in self.path or "\0" in self.path:
            raise InvalidCallError(f"`{self.path}` is not a usable path inside a model")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The exact content of one version: its files, sorted by path."""

    files: tuple[ModelFile, ...]

    @classmethod
    def of(cls, files: Iterable[ModelFile]) -> ModelFiles:
        return cls(tuple(sorted(files, key=lambda file: file.path)))

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)

    @property
    def digest(self) -> str:
        """sha256 over the lines `<sha256> <size> <path>` in path order; equal content gives equal digests."""
        lines = "".join(f"{file.sha256} {file.size} {file.path}\n" for file in self.files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a model asks for when it is served: cores, memory in GB, number of GPUs."""

    cpu: float | None = None
    memory_in_gb: float | None = None
    gpu: int | None = None

    def __post_init__(self) -> None:
        for label, value in (("cpu", self.cpu), ("memory_in_gb", self.memory_in_gb)):
            if value is not None and value <= 0:
                raise InvalidCallError(
                    f"{label} must be greater than 0, got `{value}`", hint="leave it out where it does not matter"
                )
        if self.gpu is not None and self.gpu < 0:
            raise InvalidCallError(f"gpu cannot be negative, got `{self.gpu}`", hint="leave it out, or use 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """What a person says about a model when registering it; tags and properties keep their JSON types."""

    name: str
    tags: JsonObject = field(default_factory=dict)
    properties: JsonObject = field(default_factory=dict)
    description: str | None = None
    framework: str = CUSTOM_FRAMEWORK
    framework_version: str | None = None
    sample_input: Json = None
    sample_output: Json = None
    resources: Resources | None = None
    run_id: str | None = None
    experiment_name: str | None = None
    datasets: tuple[tuple[str, str], ...] = ()  # (purpose, dataset id)
    findings: JsonObject | None = None  # of `domain.findings.Findings`: what the files say of themselves

    def __post_init__(self) -> None:
        check_model_name(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One registration: a name, a number, and the exact bytes they stand for."""

    name: str
    version: int  # 1 is the first; a number is never used twice, deleted or not
    digest: str  # of its `ModelFiles`; equal digests share one copy on disk
    size: int  # bytes in all
    created: datetime  # always UTC
    created_by: str
    tags: JsonObject
    properties: JsonObject
    description: str | None
    framework: str
    framework_version: str | None
    sample_input: Json
    sample_output: Json
    resources: Resources | None
    updated: datetime
    run_id: str | None = None
    experiment_name: str | None = None
    datasets: tuple[tuple[str, str], ...] = ()  # (purpose, dataset id)

    @property
    def ref(self) -> str:
        """`name:version`, the id that scripts use."""
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFilter:
    """Which models to list; every part that is given must hold.

    `tags` and `properties` are pairs of a key and the value it must have;
    `tag_keys` and `property_keys` ask for the key alone.
    """

    name: str | None = None
    version: int | None = None
    tags: tuple[tuple[str, Json], ...] = ()
    properties: tuple[tuple[str, Json], ...] = ()
    tag_keys: tuple[str, ...] = ()
    property_keys: tuple[str, ...] = ()
    framework: str | None = None
    run_id: str | None = None
    dataset_id: str | None = None
    latest: bool = False  # only the newest of each name


REF = re.compile(r"[^/\\:]+:\d+")  # a whole `name:version`; a path is none


def parse_ref(ref: str) -> tuple[str, int | None]:
    """`name:7` is (`name`, 7); `name` is (`name`, None)."""
    name, colon, number = ref.rpartition(":")
    if not colon:
        return ref, None
    if not number.isdigit():
        raise InvalidCallError(f"`{ref}` is not a model id", hint="write it as `name:version`, for example `iris:3`")
    return name, int(number)


def json_object(value: Mapping[str, Json] | None) -> JsonObject:
    """A plain copy, or an empty object for nothing."""
    return dict(value or {})
