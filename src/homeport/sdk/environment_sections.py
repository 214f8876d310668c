"""The parts of an environment besides its image: Python packages, and what is kept as data for other engines."""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from homeport.sdk.conda_dependencies import CondaDependencies
from homeport.sdk.guarded import Guarded

_log = logging.getLogger("homeport.environment")

_Fields = tuple[tuple[str, str, object], ...]


class PythonSection(Guarded):
    """Which packages, or whose interpreter."""

    def __init__(self, **kwargs: object) -> None:
        self.interpreter_path: str | None = "python"
        self.user_managed_dependencies: bool = False
        self.conda_dependencies: CondaDependencies | None = CondaDependencies()
        self._conda_dependencies_file: str | None = None
        self._base_conda_environment: str | None = None
        self._close_attributes()

    @property
    def conda_dependencies_file(self) -> str | None:
        """Deprecated: the path of a conda file; when it is set, the file is read into `conda_dependencies`."""
        return self._conda_dependencies_file

    @conda_dependencies_file.setter
    def conda_dependencies_file(self, path: str | os.PathLike[str] | None) -> None:
        _log.warning("python.conda_dependencies_file is deprecated; set python.conda_dependencies")
        self._conda_dependencies_file = None if path is None else str(path)
        if path is not None and Path(path).is_file():
            self.conda_dependencies = CondaDependencies(str(path))

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "userManagedDependencies": self.user_managed_dependencies,
            "interpreterPath": self.interpreter_path,
            "condaDependenciesFile": self._conda_dependencies_file,
            "baseCondaEnvironment": self._base_conda_environment,
        }
        if self.conda_dependencies is not None:
            document["condaDependencies"] = self.conda_dependencies.as_dict()
        return document

    @classmethod
    def _from_document(cls, document: Mapping[str, Any]) -> PythonSection:
        section = cls()
        section.interpreter_path = document.get("interpreterPath")
        section.user_managed_dependencies = bool(document.get("userManagedDependencies"))
        inline = document.get("condaDependencies")
        section.conda_dependencies = None if inline is None else CondaDependencies(_underlying_structure=inline)
        section._conda_dependencies_file = document.get("condaDependenciesFile")
        section._base_conda_environment = document.get("baseCondaEnvironment")
        return section


class _DataSection(Guarded):
    """Attributes that are only kept: `FIELDS` are (attribute, key in the document, value of a fresh section)."""

    FIELDS: ClassVar[_Fields] = ()

    def __init__(self, **kwargs: object) -> None:
        for name, _, fresh in self.FIELDS:
            setattr(self, name, kwargs.get(name, copy.copy(fresh)))
        self._close_attributes()

    def _document(self) -> dict[str, Any]:
        return {key: _plain(getattr(self, name)) for name, key, _ in self.FIELDS}

    @classmethod
    def _from_document(cls, document: Mapping[str, Any]) -> Any:
        section = cls()
        for name, key, fresh in cls.FIELDS:
            setattr(section, name, document.get(key, [] if isinstance(fresh, list) else None))
        return section


class SparkPackage(_DataSection):
    """A Maven package of a Spark session."""

    FIELDS: ClassVar[_Fields] = (("group", "group", None), ("artifact", "artifact", None), ("version", "version", None))

    def __init__(self, group: str | None = None, artifact: str | None = None, version: str | None = None) -> None:
        super().__init__(group=group, artifact=artifact, version=version)


class SparkSection(_DataSection):
    """Spark settings, kept as data."""

    FIELDS: ClassVar[_Fields] = (
        ("repositories", "repositories", []),
        ("packages", "packages", []),
        ("precache_packages", "precachePackages", True),
    )


class DatabricksSection(_DataSection):
    """Databricks libraries, kept as data."""

    FIELDS: ClassVar[_Fields] = (
        ("maven_libraries", "mavenLibraries", []),
        ("pypi_libraries", "pypiLibraries", []),
        ("rcran_libraries", "rcranLibraries", []),
        ("jar_libraries", "jarLibraries", []),
        ("egg_libraries", "eggLibraries", []),
    )


class RSection(_DataSection):
    """R settings, kept as data."""

    FIELDS: ClassVar[_Fields] = (
        ("r_version", "rVersion", None),
        ("user_managed", "userManaged", False),
        ("rscript_path", "rscriptPath", None),
        ("snapshot_date", "snapshotDate", None),
        ("cran_packages", "cranPackages", None),
        ("github_packages", "gitHubPackages", None),
        ("custom_url_packages", "customUrlPackages", None),
        ("bioconductor_packages", "bioConductorPackages", None),
    )


def _plain(value: object) -> object:
    if isinstance(value, _DataSection):
        return value._document()
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
