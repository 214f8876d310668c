"""A definition -> a lock, by uv."""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from homeport.domain.clock import Clock, utc_now
from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock, LockedPython
from homeport.domain.progress import Progress
from homeport.domain.python import spell
from homeport.environments.interpreter import Interpreter
from homeport.environments.interpreters import find_interpreter
from homeport.environments.pip_settings import uv_settings
from homeport.environments.pylock import EMPTY_PYLOCK, PYLOCK_FILE, locked_packages, portable
from homeport.environments.requested import Requested, requested_by
from homeport.environments.uv import UvError, run_uv
from homeport.environments.uv_words import build_error
from homeport.errors import EnvironmentBuildError, InvalidConfigError

PYTHON_WHERE_NONE_IS_SAID = "3.10.18"  # facts, section 4
REQUIREMENTS_FILE = "requirements.in"
OVERRIDES_FILE = "overrides.txt"


def this_platform() -> str:
    """`linux-x86_64`: what locks of this machine are kept under."""
    return sysconfig.get_platform()


def lock_environment(
    definition: EnvironmentDefinition, *, progress: Progress, platform: str | None = None, now: Clock = utc_now
) -> Lock:
    """Resolve on this machine, as of the definition's day where it names one.

    `EnvironmentBuildError` carries uv's own words; a definition that cannot be built from packages is refused.
    """
    if platform not in (None, this_platform()):
        raise InvalidConfigError(
            f"locks are made on the platform they are for: this one is `{this_platform()}`, not `{platform}`",
            hint="lock it on such a machine",
        )
    check_buildable(definition)
    python = _interpreter(definition, progress)
    wanted = requested_by(definition, python.version)
    for note in wanted.notes:
        progress.step(note)
    pylock = _resolve(_Question(definition, wanted, python), progress) if wanted.lines else EMPTY_PYLOCK
    packages = locked_packages(pylock)
    progress.step(f"locked {len(packages)} packages")
    return Lock(
        engine="uv",
        platform=python.platform,
        python=locked_python(python),
        created=now(),
        as_of=definition.as_of,
        requested=wanted.lines,
        options=wanted.options,
        packages=packages,
        pylock=portable(pylock, spell(python.version[:2])),
    )


def _interpreter(definition: EnvironmentDefinition, progress: Progress) -> Interpreter:
    if definition.python is not None:
        return find_interpreter(definition.python, progress=progress)
    try:
        return find_interpreter(PYTHON_WHERE_NONE_IS_SAID, progress=progress)
    except EnvironmentBuildError:
        progress.step("the definition names no Python: the one that runs Homeport is taken")
        return find_interpreter(spell(tuple(sys.version_info[:3])), progress=progress)


def check_buildable(definition: EnvironmentDefinition) -> None:
    """Refuse what is not made of packages: an image, or an interpreter that the user looks after."""
    if definition.is_only_image:
        raise EnvironmentBuildError(
            f"{definition.label} is only {definition.image}: nothing that runs as a process here can be built from it",
            hint="add conda_dependencies that say which packages it needs; "
            'images (runtime="docker") come with a later release',
        )
    if definition.user_managed:
        raise EnvironmentBuildError(
            f"{definition.label} has user-managed dependencies: `{definition.interpreter_path}` is used as it is",
            hint="set user_managed_dependencies to False and list the packages, to have them locked and built",
        )


def locked_python(python: Interpreter) -> LockedPython:
    return LockedPython(
        version=spell(python.version), implementation=python.implementation, abi=python.abi, libc=python.libc
    )


def end_of_day(day: date) -> str:
    """For `--exclude-newer`, in UTC, so that the same day gives the same packages in every time zone."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=timezone.utc)
    return midnight.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class _Question:
    definition: EnvironmentDefinition
    wanted: Requested
    python: Interpreter


def _resolve(question: _Question, progress: Progress) -> str:
    definition, wanted = question.definition, question.wanted
    as_of = f" as of {definition.as_of}" if definition.as_of else ""
    progress.step(f"resolving {len(wanted.lines)} packages{as_of}")
    with tempfile.TemporaryDirectory(prefix="homeport-lock-") as name:
        folder = Path(name)
        try:
            run_uv(
                _words(question, folder), folder=folder, progress=progress, variables=variables_for(wanted.has_places)
            )
        except UvError as wrong:
            raise build_error(f"cannot resolve {definition.label}", wrong, as_of=definition.as_of) from wrong
        return (folder / PYLOCK_FILE).read_text(encoding="utf-8")


def _words(question: _Question, folder: Path) -> list[str]:
    """Write the questions into `folder` and give uv's command line."""
    definition, wanted = question.definition, question.wanted
    lines = "\n".join((*wanted.options, *wanted.lines, ""))
    (folder / REQUIREMENTS_FILE).write_text(lines, encoding="utf-8")
    words = ["pip", "compile", "--format", "pylock.toml", "--no-header", "--no-annotate", "-o", PYLOCK_FILE]
    words += ["--python", str(question.python.path), *wanted.words]
    if definition.as_of:
        words += ["--exclude-newer", end_of_day(definition.as_of)]
    if wanted.overrides:
        (folder / OVERRIDES_FILE).write_text("\n".join((*wanted.overrides, "")), encoding="utf-8")
        words += ["--overrides", OVERRIDES_FILE]
    return [*words, REQUIREMENTS_FILE]


def variables_for(has_places: bool) -> dict[str, str]:
    """What pip was told, and pip's meaning of several indexes where the definition names some."""
    variables = uv_settings(os.environ)
    if has_places and not os.environ.get("UV_INDEX_STRATEGY"):
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return variables
