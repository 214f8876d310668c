"""An environment as v1 scripts handle it: mutable, and turned into a frozen definition where it is put to work."""

from __future__ import annotations

import builtins
import copy
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.domain.environment import EnvironmentDefinition, EnvironmentVersion
from homeport.environments import read_conda_prefix
from homeport.errors import EnvironmentBuildError, EnvironmentNotFoundError, InvalidConfigError
from homeport.sdk.conda_dependencies import PIP, PYTHON_DEFAULT_VERSION, CondaDependencies
from homeport.sdk.container_registry import ContainerRegistry
from homeport.sdk.docker_section import DockerBuildContext, DockerSection
from homeport.sdk.environment_curated import curated_document, curated_names, named_nearly
from homeport.sdk.environment_files import (
    check_document,
    is_reference,
    read_environment_folder,
    read_locks,
    write_environment_folder,
    write_locks,
)
from homeport.sdk.environment_requirements import inlined, requirement_lines
from homeport.sdk.environment_sections import DatabricksSection, PythonSection, RSection, SparkSection
from homeport.sdk.guarded import Guarded
from homeport.sdk.installed_packages import installed_packages
from homeport.sdk.interpreters import built, keep_locks, register_definition
from homeport.sdk.printing import Printed
from homeport.store import home_folder

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace

_log = logging.getLogger("homeport.environment")


class EnvironmentReference:
    """A name and a version that point at a registered environment."""

    def __init__(self, name: str, version: str | None = None) -> None:
        self.name = name
        self.version = version

    def get_environment(self, workspace: Workspace) -> Environment:
        return Environment.get(workspace, self.name, self.version)


class Environment(Guarded):
    """Packages, variables and image settings under a name; `version` is None until it is registered or fetched.

    `as_of` ("2020-03-01" or a date) is Homeport's own: packages are resolved with what was published up to that day.
    So is `resolve_index`: an index that is asked for versions and days, where the usual one does not tell days.
    And `engine`: "conda", or "uv" to take conda entries from the package index; by default the packages decide.
    """

    def __init__(
        self,
        name: str | None,
        *,
        as_of: str | date | None = None,
        resolve_index: str | None = None,
        engine: str | None = None,
        **kwargs: object,
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"an environment's name is text, got `{name!r}`")
        if kwargs:
            _log.warning("Environment() takes no %s: it is ignored", ", ".join(kwargs))
        self.name = name
        self.version: str | None = None
        self._environment_variables: dict[str, Any] = {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
        self.python = PythonSection()
        self.docker = DockerSection()
        self.spark = SparkSection()
        self.databricks = DatabricksSection()
        self.r: RSection | None = None
        self.inferencing_stack_version: str | None = None
        self.asset_id: str | None = None
        self.as_of = as_of
        self.resolve_index = resolve_index
        self.engine = engine
        self._locks: Callable[[], Mapping[str, Any]] = dict  # by platform; of a fetched or loaded environment
        self._close_attributes()

    @property
    def environment_variables(self) -> dict[str, Any]:
        """Variables of the process that serves; the dictionary may be changed in place."""
        return self._environment_variables

    @environment_variables.setter
    def environment_variables(self, variables: dict[str, Any]) -> None:
        _log.warning("Environment.environment_variables is deprecated in the original; it works here")
        self._environment_variables = variables

    def __repr__(self) -> str:
        return json.dumps(self._document(), indent=4, sort_keys=True)

    def __str__(self) -> str:
        return f"Environment(Name: {self.name},\nVersion: {self.version})"

    # registered environments

    def register(self, workspace: Workspace) -> Environment:
        """Keep it as a new version, or as `version` where that is set; one equal to the newest is that one.

        Nothing is resolved or refused; the stored object comes back.
        """
        if not self.name:
            raise InvalidConfigError("the environment has no name", hint='give it one: `env.name = "my-env"`')
        if self.version:
            _log.warning("version %s of environment %s is written", self.version, self.name)
        stored = register_definition(workspace, self._definition_document(), self.name, self.version)
        keep_locks(workspace, stored, self._fitting_locks())
        return _fetched(stored, workspace)

    @staticmethod
    def get(workspace: Workspace, name: str, version: str | None = None, label: str | None = None) -> Environment:
        """A registered environment by version or by label, else the newest; else a curated one of that name.

        Raises EnvironmentNotFoundError, which names what may have been meant.
        """
        if version is not None and label is not None:
            raise InvalidConfigError("version and label exclude each other", hint="leave one of them out")
        wanted = None if version is None else str(version)
        try:
            return _fetched(workspace._store.environments.get(name, wanted, label), workspace)
        except EnvironmentNotFoundError as wrong:
            curated = curated_document(name, wanted) if label is None else None
            if curated is None:
                raise named_nearly(wrong, name) from wrong
            return Environment._from_document(curated)

    @staticmethod
    def list(workspace: Workspace) -> dict[str, Environment]:
        """The newest version of each name, and the curated ones."""
        curated = {name: Environment._from_document(curated_document(name) or {}) for name in curated_names()}
        return curated | {stored.name: _fetched(stored, workspace) for stored in workspace._store.environments.list()}

    @staticmethod
    def label(workspace: Workspace, name: str, version: str, labels: Sequence[str]) -> None:
        """Put labels on a registered version."""
        workspace._store.environments.label(
            name, str(version), [labels] if isinstance(labels, str) else builtins.list(labels)
        )

    def clone(self, new_name: str) -> Environment:
        """A copy under a new name, without a version."""
        if not new_name:
            raise InvalidConfigError("clone() needs a new name, got an empty one", hint='write `env.clone("new-name")`')
        copied = copy.deepcopy(self)
        copied.name, copied.version, copied.asset_id = new_name, None, None
        return copied

    def build_local(self, workspace: Workspace, platform: str | None = None, **kwargs: object) -> str:
        """Build it on this machine, say where, and give the folder's path; of a user-managed one the interpreter's.

        `useDocker=True` is refused in this release; `platform` may name this one only.
        """
        if kwargs.get("useDocker", self.docker.enabled):
            raise EnvironmentBuildError(
                "building an image (useDocker=True) comes with the docker runtime, in a later release",
                hint="`build_local(workspace, useDocker=False)` builds the environment itself on this machine",
            )
        here = "Windows" if os.name == "nt" else "Linux"
        if platform not in (None, here, sys.platform):
            raise InvalidConfigError(f"`{platform}` cannot be built on this machine", hint="leave `platform` out")
        ready = built(workspace, self, progress=Printed())
        print(f"Python of this environment: {ready.interpreter}")
        return str(ready.folder or ready.interpreter)

    # files

    def save_to_directory(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write `azureml_environment.json`, `conda_dependencies.yml` and, where one is set, `BaseDockerfile`.

        The locks of a registered environment lie beside them, one for each platform: `homeport-lock.PLATFORM.json`.
        """
        write_environment_folder(path, self._document(), self.python.conda_dependencies, overwrite=overwrite)
        write_locks(Path(path), self._fitting_locks(), home_folder())

    @staticmethod
    def load_from_directory(path: str | os.PathLike[str]) -> Any:
        """The inverse; a definition of name and version alone is an EnvironmentReference."""
        document, conda = read_environment_folder(path)
        if is_reference(document) and conda is None:
            return EnvironmentReference(document["name"], document.get("version"))
        loaded = Environment._from_document(document)
        if conda is not None:
            loaded.python.conda_dependencies = conda
        locks = read_locks(Path(path), home_folder())
        loaded._locks = lambda: locks
        return loaded

    @staticmethod
    def from_conda_specification(name: str, file_path: str | os.PathLike[str]) -> Environment:
        """From a conda YAML file; order and comments stay. Requirements files that its pip list names are read in."""
        made = Environment(name)
        conda = CondaDependencies(file_path)
        lines = conda._pip_lines()
        whole = inlined(lines, Path(file_path).parent)
        if whole != lines:
            conda.set_pip_requirements(whole)
        if conda._python_entry() is None:
            _log.warning("`%s` names no Python version: %s is used", file_path, PYTHON_DEFAULT_VERSION)
            conda.set_python_version(PYTHON_DEFAULT_VERSION)
        made.python.conda_dependencies = conda
        return made

    @staticmethod
    def from_pip_requirements(
        name: str, file_path: str | os.PathLike[str], pip_version: str | None = None
    ) -> Environment:
        """From a requirements file, its lines as they are, with those of files that it includes; the default Python."""
        made = Environment(name)
        made.python.conda_dependencies = _pip_spec(file_path, pip_version)
        return made

    @staticmethod
    def from_dockerfile(
        name: str,
        dockerfile: Any,
        conda_specification: str | os.PathLike[str] | None = None,
        pip_requirements: str | os.PathLike[str] | None = None,
    ) -> Environment:
        """From a Dockerfile: its text, its path or an open file. Without packages it is used as it is."""
        made = _with_packages(name, conda_specification, pip_requirements)
        made.docker.base_dockerfile = dockerfile
        made.docker._base_image = None
        return made

    @staticmethod
    def from_docker_image(
        name: str,
        image: str,
        container_registry: ContainerRegistry | None = None,
        conda_specification: str | os.PathLike[str] | None = None,
        pip_requirements: str | os.PathLike[str] | None = None,
    ) -> Environment:
        """From an image's reference. Without packages it is used as it is."""
        made = _with_packages(name, conda_specification, pip_requirements)
        made.docker.base_image = image
        if container_registry is not None:
            made.docker.base_image_registry = container_registry
        return made

    @staticmethod
    def from_docker_build_context(name: str, docker_build_context: DockerBuildContext) -> Environment:
        """From a build context; everything else is empty."""
        made = Environment._from_document({"name": name})
        made.docker.build_context = docker_build_context
        return made

    @staticmethod
    def from_existing_conda_environment(name: str, conda_environment_name: str) -> Environment | None:
        """From a conda environment of this machine, by its name or path; None, and a line, where there is none.

        Its own records are read, so conda itself is not needed.
        """
        spec = read_conda_prefix(conda_environment_name)
        if spec is None:
            print(f"There is no conda environment `{conda_environment_name}` on this machine.")
            return None
        made = Environment(name)
        made.python.conda_dependencies = CondaDependencies(_underlying_structure=spec)
        return made

    @staticmethod
    def from_current_interpreter(name: str, interpreter: str | os.PathLike[str] | None = None) -> Environment:
        """What is installed beside the running script, or in another interpreter, each package at its version.

        Homeport's own addition. What comes from a folder of this machine is left out, and named in the log.
        """
        made = Environment(name)
        version, packages = installed_packages(None if interpreter is None else Path(interpreter))
        made.python.conda_dependencies = CondaDependencies.create(
            pip_packages=packages, conda_packages=[PIP], python_version=version
        )
        return made

    # the document and the frozen definition

    def _document(self) -> dict[str, Any]:
        """As azureml_environment.json, in its order of keys, conda dependencies inline."""
        document = {
            "name": self.name,
            "version": self.version,
            "environmentVariables": self._environment_variables,
            "python": self.python._document(),
            "docker": self.docker._document(),
            "spark": self.spark._document(),
            "databricks": self.databricks._document(),
            "r": self.r and self.r._document(),
            "inferencingStackVersion": self.inferencing_stack_version,
            "assetId": self.asset_id,
        }
        if self.as_of:
            document["asOf"] = str(self.as_of)
        if self.resolve_index:
            document["resolveIndex"] = self.resolve_index
        if self.engine:
            document["engine"] = self.engine
        return document

    def _definition_document(self) -> dict[str, Any]:
        """What is registered: the document without what registering gives it."""
        copied: dict[str, Any] = json.loads(json.dumps({**self._document(), "version": None, "assetId": None}))
        return copied

    def _fitting_locks(self) -> dict[str, Any]:
        """Locks that were made for what this environment asks for now."""
        wanted = self._definition().packages_digest
        fitting = {}
        for platform, lock in self._locks().items():
            if lock.get("definition") == wanted:
                fitting[platform] = lock
            else:
                _log.warning("the lock of %s for %s was made for other packages: it is left out", self.name, platform)
        return fitting

    def _definition(self) -> EnvironmentDefinition:
        """The frozen value that locks and builds are made from."""
        return EnvironmentDefinition.from_json(self._document())

    @classmethod
    def _from_document(cls, document: Mapping[str, Any], workspace: Workspace | None = None) -> Environment:
        """Older and partial documents too: what is missing is empty, not a fresh environment's default.

        One of a name and a version alone means the registered environment, where there is a workspace to ask.
        """
        check_document(document)
        if workspace is not None and is_reference(document):
            return cls.get(workspace, document["name"], document.get("version"))
        loaded = cls(document.get("name"), as_of=document.get("asOf") or document.get("as_of"))
        loaded.resolve_index = document.get("resolveIndex") or document.get("resolve_index")
        loaded.engine = document.get("engine")
        loaded.version = document.get("version")
        loaded._environment_variables = dict(document.get("environmentVariables") or {})
        loaded.python = PythonSection._from_document(document.get("python") or {})
        loaded.docker = DockerSection._from_document(document.get("docker") or {})
        loaded.spark = SparkSection._from_document(document.get("spark") or {})
        loaded.databricks = DatabricksSection._from_document(document.get("databricks") or {})
        loaded.r = RSection._from_document(document["r"]) if document.get("r") else None
        loaded.inferencing_stack_version = document.get("inferencingStackVersion")
        loaded.asset_id = document.get("assetId")
        return loaded


def _fetched(stored: EnvironmentVersion, workspace: Workspace) -> Environment:
    loaded = Environment._from_document(stored.definition)
    loaded.name, loaded.version = stored.name, stored.version
    loaded._locks = lambda: workspace._store.environments.locks(stored.name, stored.version)
    return loaded


def _with_packages(name: str, conda_specification: Any, pip_requirements: Any) -> Environment:
    """One of the two sources of packages, or neither: then whoever made the image looks after them."""
    if conda_specification and pip_requirements:
        raise InvalidConfigError(
            "conda_specification and pip_requirements exclude each other", hint="list pip packages in the conda file"
        )
    if conda_specification:
        return Environment.from_conda_specification(name, conda_specification)
    if pip_requirements:
        return Environment.from_pip_requirements(name, pip_requirements)
    made = Environment(name)
    made.python.user_managed_dependencies = True
    return made


def _pip_spec(file_path: str | os.PathLike[str], pip_version: str | None) -> CondaDependencies:
    conda = CondaDependencies()
    conda.set_pip_requirements(requirement_lines(Path(file_path)))
    conda.add_conda_package(f"{PIP}={pip_version}" if pip_version else PIP)
    return conda
