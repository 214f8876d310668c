"""A definition -> a lock, by uv."""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from homeport.domain.clock import Clock, utc_now
from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock, LockedPython
from homeport.domain.platforms import Platform, find_platform, platform_name
from homeport.domain.progress import Progress
from homeport.domain.python import spell
from homeport.environments.interpreter import Interpreter
from homeport.environments.interpreters import find_interpreter
from homeport.environments.kept_files import keep_files
from homeport.environments.old_metadata import write_old_metadata
from homeport.environments.pip_settings import uv_settings
from homeport.environments.pylock import EMPTY_PYLOCK, PYLOCK_FILE, hosts, locked_packages, portable, undated
from homeport.environments.requested import Requested, requested_by
from homeport.environments.uv import UvError, run_uv
from homeport.environments.uv_words import build_error, undated_notes
from homeport.errors import EnvironmentBuildError

PYTHON_WHERE_NONE_IS_SAID = "3.10.18"  # facts, section 4
REQUIREMENTS_FILE = "requirements.in"
FIRST_BUILDING_SETUPTOOLS = date(2019, 2, 6)  # the day after 40.8.0, which is what uv builds a `setup.py` with
OVERRIDES_FILE = "overrides.txt"


def this_platform() -> str:
    """`linux-x86_64`: what locks of this machine are kept under."""
    return platform_name(sysconfig.get_platform())


def lock_uv_environment(
    definition: EnvironmentDefinition,
    *,
    progress: Progress,
    platform: str | None = None,
    home: Path | None = None,
    now: Clock = utc_now,
) -> Lock:
    """Resolve as of the definition's day where it names one, for this platform or another.

    Wheels that the definition names by path are copied into `home`, so that the lock outlives them.
    `EnvironmentBuildError` carries uv's own words; a definition that cannot be built from packages is refused.
    """
    check_buildable(definition)
    elsewhere = find_platform(platform) if platform not in (None, this_platform()) else None
    python = _interpreter(definition, progress)
    wanted = requested_by(definition, python.version)
    for note in wanted.notes:
        progress.step(note)
    question = _Question(definition, wanted, python, elsewhere)
    pylock = _resolve(question, progress) if wanted.lines else EMPTY_PYLOCK
    if home is not None:
        pylock = keep_files(pylock, home)
    packages = locked_packages(pylock)
    progress.step(f"locked {len(packages)} packages" + (f" for {elsewhere.name}" if elsewhere else ""))
    return Lock(
        engine="uv",
        platform=elsewhere.name if elsewhere else python.platform,
        python=_elsewhere(locked_python(python)) if elsewhere else locked_python(python),
        created=now(),
        as_of=definition.as_of,
        requested=wanted.lines,
        options=wanted.options,
        packages=packages,
        pylock=portable(pylock, spell(python.version[:2])),
        indexes=hosts(pylock),
        definition=definition.packages_digest,
    )


def _elsewhere(python: LockedPython) -> LockedPython:
    """Of another platform's interpreter only the version can be known here."""
    return replace(python, abi="", libc="")


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


def not_after(day: date) -> list[str]:
    """Options for uv: nothing newer than the day, but for the first setuptools that uv builds an old archive with."""
    words = ["--exclude-newer", end_of_day(day)]
    if day < FIRST_BUILDING_SETUPTOOLS:
        words += ["--exclude-newer-package", f"setuptools={end_of_day(FIRST_BUILDING_SETUPTOOLS)}"]
    return words


@dataclass(frozen=True, slots=True)
class _Question:
    definition: EnvironmentDefinition
    wanted: Requested
    python: Interpreter
    elsewhere: Platform | None


def _resolve(question: _Question, progress: Progress) -> str:
    definition, wanted = question.definition, question.wanted
    as_of = f" as of {definition.as_of}" if definition.as_of else ""
    progress.step(f"resolving {len(wanted.lines)} packages{as_of}")
    with tempfile.TemporaryDirectory(prefix="homeport-lock-") as name:
        folder = Path(name)
        try:
            said = run_uv(_words(question, folder), folder=folder, progress=progress, variables=_variables(question))
        except UvError as wrong:
            raise build_error(f"cannot resolve {definition.label}", wrong, as_of=definition.as_of) from wrong
        pylock = (folder / PYLOCK_FILE).read_text(encoding="utf-8")
    for note in undated_notes(definition.as_of, said, undated(pylock)):
        progress.step(note)
    return pylock


def _variables(question: _Question) -> dict[str, str]:
    variables = variables_for(question.wanted.has_places)
    if question.definition.resolve_index:
        variables["UV_DEFAULT_INDEX"] = question.definition.resolve_index
    return variables


def _words(question: _Question, folder: Path) -> list[str]:
    """Write the questions into `folder` and give uv's command line."""
    definition, wanted = question.definition, question.wanted
    options = [line for line in wanted.options if not (definition.resolve_index and line.startswith("--index-url"))]
    lines = "\n".join((*options, *wanted.lines, ""))
    (folder / REQUIREMENTS_FILE).write_text(lines, encoding="utf-8")
    write_old_metadata(folder)
    words = ["pip", "compile", "--format", "pylock.toml", "--no-header", "--no-annotate", "-o", PYLOCK_FILE]
    words += ["--python", str(question.python.path), *wanted.words]
    if question.elsewhere:
        words += ["--python-platform", question.elsewhere.uv]
    if definition.as_of:
        words += not_after(definition.as_of)
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
