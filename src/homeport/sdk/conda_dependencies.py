"""A conda specification in memory, with the calls that v1 scripts make on it. Behaviour: facts, section 5."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from homeport.domain.conda import DEFAULT_SPEC, conda_name, is_pip_option, pip_name
from homeport.errors import InvalidConfigError
from homeport.sdk.conda_yaml import plain, read_spec, spec_text

# The module constants of the original; scripts and other SDKs import some of them.
BASE_PROJECT_FILE_RELATIVE_PATH = "base_project_files/conda_dependencies.yml"
BASE_PROJECT_MODULE = "azureml._project"
CHAINER_PACKAGE_PREFIX = "chainer"
CHANNELS = "channels"
CNTK_DEFAULT_VERSION = "2.7"
CNTK_PACKAGE_PREFIX = "cntk"
CONDA_FILE_NAME = "auto_conda_dependencies.yml"
CPU = "cpu"
CUPY_DEFAULT_VERSION = "cupy-cuda102"
DEFAULT_CHAINER_VERSION = "7.7.0"
GPU = "gpu"
HOROVOD_DEFAULT_VERSION = "0.19.5"
LINUX_PLATFORM = "linux"
PACKAGES = "dependencies"
PIP = "pip"
PYTHON_DEFAULT_VERSION = "3.10.18"
PYTHON_PREFIX = "python"
PYTORCH_DEFAULT_VERSION = "1.6.0"
PYTORCH_PACKAGE_PREFIX = "torch"
TENSORFLOW_DEFAULT_VERSION = "2.2.0"
TENSORFLOW_PACKAGE_PREFIX = "tensorflow"
TORCHVISION_DEFAULT_VERSION = "0.7.0"
TORCHVISION_PACKAGE_PREFIX = "torchvision"
VERSION = "1.61.0"
WINDOWS_PLATFORM = "win32"


class CondaDependencies:
    """Name, channels and dependencies. A new one has the original's default Python and `azureml-defaults`.

    The four properties are one-shot iterators, not lists. Nothing is resolved or checked against an index here.
    """

    def __init__(
        self,
        conda_dependencies_file_path: str | os.PathLike[str] | None = None,
        _underlying_structure: Mapping[str, Any] | None = None,
    ) -> None:
        self._spec: dict[str, Any]
        if conda_dependencies_file_path is not None:
            self._spec = read_spec(Path(conda_dependencies_file_path))
        elif _underlying_structure is not None:
            self._spec = copy.deepcopy(dict(_underlying_structure))
        else:
            self._spec = plain(DEFAULT_SPEC)

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Iterable[str] | None = None,
        conda_packages: Iterable[str] | None = None,
        python_version: str | None = PYTHON_DEFAULT_VERSION,
        pin_sdk_version: bool = True,
    ) -> CondaDependencies:
        """The default specification with these packages; `pip_packages` replaces `azureml-defaults`.

        `pin_sdk_version` pins nothing: the SDK's packages are replaced when the environment is built.
        """
        made = CondaDependencies()
        if python_version:
            made.set_python_version(python_version)
        if pip_packages is not None:
            made.set_pip_requirements(pip_packages)
        if pip_indexurl:
            made.set_pip_index_url(pip_indexurl)
        for package in conda_packages or ():
            made.add_conda_package(package)
        return made

    # reading

    @property
    def conda_channels(self) -> Iterator[str]:
        """The channels, first ones first."""
        return iter(list(self._spec.get(CHANNELS) or []))

    @property
    def conda_packages(self) -> Iterator[str]:
        """The conda entries, Python's too, without the pip list."""
        return iter([entry for entry in self._dependencies() if isinstance(entry, str)])

    @property
    def pip_packages(self) -> Iterator[str]:
        """The entries of the pip list that are no options."""
        return iter([line for line in self._pip_lines() if not is_pip_option(line)])

    @property
    def pip_options(self) -> Iterator[str]:
        """The option lines of the pip list."""
        return iter([line for line in self._pip_lines() if is_pip_option(line)])

    def get_python_version(self) -> str | None:
        """What follows `python=`; None where no entry names Python or it names no version."""
        entry = self._python_entry()
        return entry[len(PYTHON_PREFIX) :].lstrip("= ") or None if entry else None

    def as_dict(self) -> dict[str, Any]:
        """A copy in plain mappings and lists."""
        copied: dict[str, Any] = plain(self._spec)
        return copied

    def serialize_to_string(self) -> str:
        """The specification as YAML."""
        return spec_text(self._spec)

    # conda's part

    def add_channel(self, channel: str) -> None:
        channels = self._spec.setdefault(CHANNELS, [])
        if channel not in channels:
            channels.append(channel)

    def remove_channel(self, channel: str) -> None:
        channels = self._spec.get(CHANNELS) or []
        if channel in channels:
            channels.remove(channel)

    def add_conda_package(self, conda_package: str) -> None:
        """Append it unless exactly that text is there; an entry for Python replaces the one there is."""
        if conda_name(conda_package) == PYTHON_PREFIX:
            self._set_python_entry(conda_package)
        elif conda_package not in self._dependencies():
            self._dependencies().append(conda_package)

    def remove_conda_package(self, conda_package: str) -> None:
        """Drop exactly that text; the entry for Python cannot be dropped."""
        if conda_package == self._python_entry():
            raise InvalidConfigError(f"`{conda_package}` cannot be removed", hint="set another with set_python_version")
        if conda_package in self._dependencies():
            self._dependencies().remove(conda_package)

    def set_python_version(self, version: str) -> None:
        self._set_python_entry(f"{PYTHON_PREFIX}={version}")

    # pip's part

    def add_pip_package(self, pip_package: str) -> None:
        """Append it, in the place of any entry for the same distribution."""
        if is_pip_option(pip_package):
            raise InvalidConfigError(f"`{pip_package}` is an option, not a package", hint="use set_pip_option")
        self.remove_pip_package(pip_package)
        self._pip_list().append(pip_package)

    def remove_pip_package(self, pip_package: str) -> None:
        name = pip_name(pip_package)
        self._keep_pip_lines(lambda line: is_pip_option(line) or pip_name(line) != name)

    def set_pip_option(self, pip_option: str) -> None:
        """Add an option line, in the place of one with the same first word."""
        self.remove_pip_option(pip_option)
        self._pip_list().append(pip_option)

    def remove_pip_option(self, pip_option: str) -> None:
        if not is_pip_option(pip_option):
            raise InvalidConfigError(f"`{pip_option}` is not a pip option", hint="options begin with `-`")
        word = _first_word(pip_option)
        self._keep_pip_lines(lambda line: not is_pip_option(line) or _first_word(line) != word)

    def set_pip_index_url(self, index_url: str) -> None:
        """An `--index-url` line, or the address alone."""
        self.set_pip_option(index_url if is_pip_option(index_url) else f"--index-url {index_url}")

    def set_pip_requirements(self, pip_requirements: Iterable[str]) -> None:
        """Replace the whole pip list."""
        lines = self._pip_list()
        lines[:] = [str(line) for line in pip_requirements]

    def add_tensorflow_conda_package(self, core_type: str = CPU, version: str | None = None) -> None:
        """`tensorflow`, or `tensorflow-gpu` for the core type `gpu`."""
        self.add_conda_package(_tensorflow(core_type) + (f"={version}" if version else ""))

    def add_tensorflow_pip_package(self, core_type: str = CPU, version: str | None = None) -> None:
        """`tensorflow` or `tensorflow-gpu`, 2.2.0 where no version is named."""
        self.add_pip_package(f"{_tensorflow(core_type)}=={version or TENSORFLOW_DEFAULT_VERSION}")

    # files

    def save(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write YAML to a file whose folder exists, and give its path back."""
        if path is None:
            raise TypeError("save() needs the path of a file, got None")
        target = Path(path)
        if target.is_dir():
            raise InvalidConfigError(f"`{path}` is a folder", hint="name a file in it")
        self._write(target)
        return str(path)

    def save_to_file(
        self, base_directory: str | os.PathLike[str], conda_file_path: str | os.PathLike[str] | None = None
    ) -> str:
        """Write YAML below a folder; the path below it (by default in `.azureml`) is given back."""
        relative = str(conda_file_path or Path(".azureml") / CONDA_FILE_NAME)
        self._write(Path(base_directory) / relative)
        return relative

    def _write(self, target: Path) -> None:
        if self._python_entry() is None:
            raise InvalidConfigError("the specification names no Python", hint="call set_python_version first")
        if not target.parent.is_dir():
            raise InvalidConfigError(f"the folder of `{target}` does not exist", hint="make it first")
        partial = target.with_name(f"{target.name}.partial")
        partial.write_text(self.serialize_to_string(), encoding="utf-8")
        partial.replace(target)

    # the structure below

    def _dependencies(self) -> list[Any]:
        if self._spec.get(PACKAGES) is None:
            self._spec[PACKAGES] = []
        entries: list[Any] = self._spec[PACKAGES]
        return entries

    def _pip_lines(self) -> list[str]:
        return [
            str(line)
            for entry in self._dependencies()
            if isinstance(entry, Mapping)
            for line in entry.get(PIP) or ()
            if line is not None
        ]

    def _pip_list(self) -> list[Any]:
        """The pip list to be changed; made where there is none."""
        for entry in self._dependencies():
            if isinstance(entry, dict) and PIP in entry:
                if entry[PIP] is None:
                    entry[PIP] = []
                found: list[Any] = entry[PIP]
                return found
        made: list[Any] = []
        self._dependencies().append({PIP: made})
        return made

    def _keep_pip_lines(self, wanted: Any) -> None:
        if not self._pip_lines():
            return
        lines = self._pip_list()
        for place in reversed(range(len(lines))):  # one by one: comments stay with the lines that stay
            if not wanted(str(lines[place] or "")):
                del lines[place]

    def _python_entry(self) -> str | None:
        found = [entry for entry in self.conda_packages if conda_name(entry) == PYTHON_PREFIX]
        return found[0] if found else None

    def _set_python_entry(self, entry: str) -> None:
        entries = self._dependencies()
        for place, present in enumerate(entries):
            if isinstance(present, str) and conda_name(present) == PYTHON_PREFIX:
                entries[place] = entry
                return
        entries.append(entry)


def _first_word(line: str) -> str:
    return line.strip().replace("=", " ", 1).split()[0]


def _tensorflow(core_type: str) -> str:
    if core_type not in (CPU, GPU):
        raise InvalidConfigError(f"`{core_type}` is not a core type", hint="use `cpu` or `gpu`")
    return TENSORFLOW_PACKAGE_PREFIX if core_type == CPU else f"{TENSORFLOW_PACKAGE_PREFIX}-{GPU}"
