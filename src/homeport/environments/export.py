"""A lock as other tools read it."""

from __future__ import annotations

import json
from typing import Literal, get_args

from homeport.domain.lock import Lock, LockedPackage, without_credentials
from homeport.domain.platforms import find_platform
from homeport.environments.install import locked_requirements
from homeport.environments.pylock import FILE_SOURCE
from homeport.errors import InvalidConfigError

Form = Literal["requirements", "pylock", "conda-explicit", "environment.yml", "lock"]
FORMS: tuple[Form, ...] = get_args(Form)


def export_lock(lock: Lock, form: Form) -> str:
    """The text of a file. Raises InvalidConfigError, with the form that can, where one cannot say all of the lock."""
    if form == "lock":
        return json.dumps(lock.to_json(), indent=2) + "\n"
    if form == "environment.yml":
        return _environment_yml(lock)
    if form == "conda-explicit":
        return _conda_explicit(lock)
    if lock.conda:
        raise _cannot(form, "packages of conda channels", "environment.yml")
    return lock.pylock if form == "pylock" else _requirements(lock)


def _requirements(lock: Lock) -> str:
    text = locked_requirements(lock)
    if text is None:
        raise _cannot("requirements", "packages that no index serves", "pylock")
    return _head(lock) + "".join(f"{line}\n" for line in _options(lock)) + text


def _conda_explicit(lock: Lock) -> str:
    """What `conda create --file` takes: addresses in the order of their names, with md5 (or sha256) after a `#`."""
    if not lock.conda:
        raise _cannot("conda-explicit", "no packages of conda channels", "requirements")
    lines = [f"# platform: {find_platform(lock.platform).conda}", "@EXPLICIT"]
    lines += [f"{package.url}#{package.md5 or f'sha256:{package.sha256}'}" for package in lock.conda]
    if lock.packages:
        pip = ", ".join(f"{package.name}=={package.version}" for package in lock.packages)
        lines.insert(0, f"# such a file cannot say what pip installs beside it: {pip}")
    return _head(lock) + "\n".join((*lines, ""))


def _environment_yml(lock: Lock) -> str:
    """Exact versions, without hashes: the form has no place for them."""
    lines = ["channels:", *(f"  - {channel}" for channel in lock.channels)] if lock.channels else ["channels: []"]
    lines.append("dependencies:")
    if lock.conda:
        lines += [f"  - {package.name}={package.version}={package.build}" for package in lock.conda]
    else:
        lines += [f"  - python={lock.python.version}", "  - pip"]
    if lock.packages:
        lines += ["  - pip:", *(_item(line) for line in (*_options(lock), *map(_pinned, lock.packages)))]
    return _head(lock) + "\n".join((*lines, ""))


def _item(line: str) -> str:
    return f"    {line}" if line.startswith("#") else f"    - {line}"


def _options(lock: Lock) -> list[str]:
    """Where else its packages are, for a tool that knows only its usual index; never with a password.

    Folders are only mentioned: another machine has others, and may have an index instead.
    """
    lines = [without_credentials(line) for line in lock.options]
    return [f"# given at locking: {line}" if _is_here(line) else line for line in lines]


def _is_here(line: str) -> bool:
    words = line.split(maxsplit=1)
    return words[0] == "--no-index" or (words[0] == "--find-links" and not words[-1].startswith(("http:", "https:")))


def _pinned(package: LockedPackage) -> str:
    source = package.source or ""
    if source.startswith(FILE_SOURCE):
        return f"./{package.files[0].name}"
    return f"{package.name} @ {source}" if source else f"{package.name}=={package.version}"


def _head(lock: Lock) -> str:
    day = f", as of {lock.as_of}" if lock.as_of else ""
    return f"# locked on {lock.created:%Y-%m-%d}{day} for Python {lock.python.version} on {lock.platform}\n"


def _cannot(form: str, what: str, other: str) -> InvalidConfigError:
    return InvalidConfigError(
        f"the lock has {what}, which `--format {form}` cannot say", hint=f"export it with `--format {other}`"
    )
