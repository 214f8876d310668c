"""The `pip:` section of a conda definition: resolved by uv beside the conda packages, which count as installed."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import LockedCondaPackage, LockedPackage, LockedPython
from homeport.domain.platforms import find_platform
from homeport.domain.progress import Progress
from homeport.environments.conda_names import python_package
from homeport.environments.interpreters import interpreter_here
from homeport.environments.kept_files import keep_files
from homeport.environments.old_metadata import write_old_metadata
from homeport.environments.pylock import EMPTY_PYLOCK, PYLOCK_FILE, locked_packages, portable, undated
from homeport.environments.requested import Requested, pip_section
from homeport.environments.resolve import not_after, variables_for
from homeport.environments.scoring_packages import strip_comment
from homeport.environments.uv import UvError, run_uv
from homeport.environments.uv_words import build_error, conflicting, undated_notes


@dataclass(frozen=True, slots=True)
class PipQuestion:
    """A pip section, and what is in the prefix before it."""

    definition: EnvironmentDefinition
    python: LockedPython
    conda: Sequence[LockedCondaPackage]
    platform: str
    is_here: bool = True  # the platform is this machine's
    home: Path | None = None  # keeps the wheels that the section names by path


@dataclass(frozen=True, slots=True)
class PipPart:
    """What a lock says of the pip section; only what conda did not bring."""

    requested: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    packages: tuple[LockedPackage, ...] = ()
    pylock: str = EMPTY_PYLOCK


def lock_pip_part(question: PipQuestion, progress: Progress) -> PipPart:
    """As pip does in a conda environment: what is there already is kept, unless the section needs another version."""
    wanted = pip_section(question.definition)
    for note in wanted.notes:
        progress.step(note)
    if not wanted.lines:
        return PipPart()
    progress.step(f"resolving {len(wanted.lines)} packages of the pip section")
    present = _present(question.conda)
    for name in _replaced_by_lines(wanted.lines, present):
        progress.step(f"the pip section replaces conda's {name} {present.pop(name)}")
    pylock = _resolve(question, wanted, present, progress)
    kept = {package.name for package in locked_packages(pylock)} & set(present)
    pylock = without_packages(pylock, kept)
    if question.home is not None:
        pylock = keep_files(pylock, question.home)
    pylock = portable(pylock, _minor(question.python))
    packages = locked_packages(pylock)
    progress.step(f"locked {len(packages)} packages of the pip section")
    return PipPart(wanted.lines, wanted.options, packages, pylock)


def without_packages(text: str, names: Collection[str]) -> str:
    """A pylock.toml without these; each package is a table of its own there."""
    head, *tables = text.split("[[packages]]\n")
    if not tables:
        return text
    kept = [table for table in tables if not any(f'name = "{name}"\n' in table for name in names)]
    if not kept:
        return head.rstrip("\n") + "\npackages = []\n"
    return "[[packages]]\n".join((head, *kept))


def _present(conda: Sequence[LockedCondaPackage]) -> dict[str, str]:
    """Distribution -> version, of the conda packages that are Python packages."""
    found = {}
    for package in conda:
        is_python = any(re.match(r"python(_abi)?\b", line) for line in package.depends)
        if is_python and _is_version(package.version):
            found[str(canonicalize_name(python_package(package.name) or package.name))] = package.version
    return found


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _replaced_by_lines(lines: Sequence[str], present: Mapping[str, str]) -> list[str]:
    replaced = []
    for line in lines:
        try:
            asked = Requirement(strip_comment(line))
        except InvalidRequirement:
            continue
        name = str(canonicalize_name(asked.name))
        if name in present and (asked.url or not asked.specifier.contains(present[name], prereleases=True)):
            replaced.append(name)
    return replaced


def _resolve(question: PipQuestion, wanted: Requested, present: dict[str, str], progress: Progress) -> str:
    """Loosens what conda brought where a package of the section cannot live with it; `present` loses that."""
    definition = question.definition
    try:
        return _compile(question, wanted, present, progress)
    except UvError as wrong:
        in_the_way = [name for name in present if _is_named(name, wrong.text)]
        if "No solution found" not in wrong.text or not in_the_way:
            what = f"cannot resolve the pip section of {definition.label}"
            raise build_error(what, wrong, as_of=definition.as_of) from wrong
    for name in in_the_way:
        progress.step(f"the pip section cannot live with conda's {name} {present.pop(name)}: it replaces it")
    return _resolve(question, wanted, present, progress)


def _is_named(name: str, text: str) -> bool:
    """It is told of what conda brought that only that version is there, or that it was asked for."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None or name in conflicting(text)


def _compile(question: PipQuestion, wanted: Requested, present: Mapping[str, str], progress: Progress) -> str:
    definition = question.definition
    with tempfile.TemporaryDirectory(prefix="homeport-lock-") as name:
        folder = Path(name)
        own_index = definition.resolve_index
        options = [line for line in wanted.options if not (own_index and line.startswith("--index-url"))]
        (folder / "requirements.in").write_text("\n".join((*options, *wanted.lines, "")), encoding="utf-8")
        write_old_metadata(folder)
        words = ["pip", "compile", "--format", "pylock.toml", "--no-header", "--no-annotate", "-o", PYLOCK_FILE]
        words += [*_python_words(question), *wanted.words]
        if definition.as_of:
            words += not_after(definition.as_of)
        if present:
            stubs = [f"{each} @ {_stub(folder, each, version).as_uri()}" for each, version in present.items()]
            (folder / "present.txt").write_text("\n".join((*stubs, "")), encoding="utf-8")
            words += ["--constraints", "present.txt"]
        overrides = [line for line in wanted.overrides if not line.startswith(tuple(present))]
        if overrides:
            (folder / "overrides.txt").write_text("\n".join((*overrides, "")), encoding="utf-8")
            words += ["--overrides", "overrides.txt"]
        variables = {**variables_for(wanted.has_places), **({"UV_DEFAULT_INDEX": own_index} if own_index else {})}
        said = run_uv([*words, "requirements.in"], folder=folder, progress=progress, variables=variables)
        pylock = (folder / PYLOCK_FILE).read_text(encoding="utf-8")
    for note in undated_notes(definition.as_of, said, undated(without_packages(pylock, present))):
        progress.step(note)
    return pylock


def _python_words(question: PipQuestion) -> list[str]:
    """The locked Python's version and platform; an interpreter of this machine builds what has no wheel."""
    words = ["--python-version", question.python.version]
    here = interpreter_here(_minor(question.python))
    if here is not None:
        words += ["--python", str(here.path)]
    if not question.is_here:
        words += ["--python-platform", find_platform(question.platform).uv]
    return words


def _minor(python: LockedPython) -> str:
    return ".".join(python.version.split(".")[:2])


def _stub(folder: Path, name: str, version: str) -> Path:
    """A wheel that only says that this version is there: its own needs are conda's business."""
    file = folder / f"{name.replace('-', '_')}-{Version(version)}-py3-none-any.whl"
    info = file.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {Version(version)}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return file
