"""Environments as values: what was registered, and what a definition says.

The document is `azureml_environment.json`'s, with the conda specification inline under `python.condaDependencies`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from homeport.domain.conda import CondaSpec
from homeport.domain.json import JsonObject
from homeport.errors import InvalidConfigError

_VENDOR_IMAGE = re.compile(r"(mcr\.microsoft\.com/)?azureml/(openmpi|intelmpi|base|base-gpu|minimal)[^/]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentVersion:
    """One registration of an environment: the definition exactly as it was given, and the labels it wears now."""

    name: str
    version: str  # "1", "2", ... where nothing else was asked for
    definition: JsonObject  # the document of azureml_environment.json, conda dependencies inline
    created: datetime  # always UTC
    labels: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDefinition:
    """A definition, read; `document` keeps every section, the ones that are only data too."""

    name: str | None = None
    version: str | None = None
    python: str | None = None  # "3.7", "3.7.3", ">=3.6,<3.8", or None where nothing is said
    python_entry: str | None = None  # the conda entry for Python, as it is written
    pip: str | None = None  # the conda entry for pip itself, where it is listed
    pip_packages: tuple[str, ...] = ()
    pip_options: tuple[str, ...] = ()
    conda_packages: tuple[str, ...] = ()  # without python and pip
    channels: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    user_managed: bool = False
    interpreter_path: str = "python"
    base_image: str | None = None  # None for the vendor's defaults, which mean nothing here
    dockerfile: str | None = None
    build_context: JsonObject | None = None
    engine: str | None = None  # "uv" or "conda" where a person chose; else the packages decide
    as_of: date | None = None  # resolve with what was published up to the end of this day (UTC)
    resolve_index: str | None = None  # the index that is asked for versions and dates; files come from the usual one
    document: JsonObject = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> EnvironmentDefinition:
        """Read a document, older and partial ones too; only a date that is none is refused."""
        python, docker = _object(document.get("python")), _object(document.get("docker"))
        conda = _object(python.get("condaDependencies"))
        spec = CondaSpec.from_json(conda)
        variables = {**_object(conda.get("variables")), **_object(document.get("environmentVariables"))}
        return cls(
            name=document.get("name"),
            version=_text(document.get("version")),
            python=spec.python,
            python_entry=spec.python_entry,
            pip=spec.pip,
            pip_packages=spec.pip_packages,
            pip_options=spec.pip_options,
            conda_packages=spec.packages,
            channels=spec.channels,
            variables={str(key): str(value) for key, value in variables.items()},
            user_managed=bool(python.get("userManagedDependencies")),
            interpreter_path=python.get("interpreterPath") or "python",
            base_image=_own_image(docker.get("baseImage")),
            dockerfile=docker.get("baseDockerfile") or None,
            build_context=docker.get("buildContext") or None,
            engine=_text(document.get("engine")),
            as_of=parse_as_of(document.get("asOf") or document.get("as_of")),
            resolve_index=document.get("resolveIndex") or document.get("resolve_index") or None,
            document=dict(document),
        )

    def to_json(self) -> JsonObject:
        """The document that it was read from."""
        return self.document

    @property
    def label(self) -> str:
        """How messages name it: `` `name:version` ``, `` `name` `` or "the environment"."""
        if not self.name:
            return "the environment"
        return f"`{self.name}:{self.version}`" if self.version else f"`{self.name}`"

    @property
    def image(self) -> str | None:
        """The image, Dockerfile or build context that it names, in words; None where it names none."""
        if self.dockerfile:
            return "a Dockerfile"
        if self.build_context:
            return "a Docker build context"
        return f"the image `{self.base_image}`" if self.base_image else None

    @property
    def packages_digest(self) -> str:
        """Equal for definitions that ask for the same packages: sha256 in hex. Variables and images are no part."""
        asked = [
            [self.python, self.pip, self.as_of and str(self.as_of), self.resolve_index],
            [*self.pip_packages],
            [*self.pip_options],
            [*self.conda_packages],
            [*self.channels] if self.conda_packages else [],
            *([[self.engine, self.python_entry]] if self.engine or self.conda_packages else []),
        ]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    @property
    def is_only_image(self) -> bool:
        """It says nothing that could be built without its image."""
        return self.image is not None and (self.user_managed or not self._has_python_part)

    @property
    def _has_python_part(self) -> bool:
        return bool(self.python or self.pip_packages or self.conda_packages)


def parse_as_of(value: object) -> date | None:
    """`2020-03-01`, a date or a time as a date; None and an empty text as None."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as wrong:
        raise InvalidConfigError(f"`{value}` is not a date", hint="write it as `2020-03-01`") from wrong


def is_vendor_image(image: str) -> bool:
    """One of the vendor's default images: it counts as unset."""
    return _VENDOR_IMAGE.fullmatch(image) is not None


def _own_image(image: object) -> str | None:
    return image if isinstance(image, str) and image and not is_vendor_image(image) else None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
