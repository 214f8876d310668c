"""What findings say about packages, Pythons and days, sorted by how it can be used."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from homeport.domain.findings import Findings, Needed
from homeport.domain.releases import Minor, Release, Releases
from homeport.inspection.imports import WELL_KNOWN, distribution_of
from homeport.inspection.knowledge import (
    LAST_PKG_RESOURCES,
    LIGHTER,
    MAKERS,
    OF_MODULES,
    OF_RELEASES,
    TF_OF_KERAS,
    lesson_of,
    undeclared_setuptools,
)

_RANK = {"certain": 0, "likely": 1, "guess": 2}
_MADE_UP = re.compile(r"(?:Column_|x|f|feature_|)\d+")  # lightgbm, scikit-learn, xgboost, catboost
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,80}[A-Za-z0-9])?", re.ASCII)  # what else a file says is no package
_NO_PACKAGES = frozenset({"python", "pip", "conda", "wheel"})


@dataclass(frozen=True, slots=True)
class Pinned:
    """A version to be installed, that the index has (or that nothing is known about)."""

    version: Version
    why: str
    loose: bool = False  # only likely: a failed trial may let go of it


@dataclass(frozen=True, slots=True)
class PythonClue:
    inside: SpecifierSet
    certain: bool
    why: str

    @property
    def bounds(self) -> bool:
        """It has an upper end, so that it says something of the time."""
        return any(part.operator in ("<", "<=", "==", "~=") for part in self.inside)

    def allows(self, minor: Minor) -> bool:
        return any(self.inside.contains(f"{minor[0]}.{minor[1]}.{patch}") for patch in (0, 9, 30))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """By distribution: `pins` and `ranges` have no name in common; `plain` are needed in any version."""

    pins: Mapping[str, Pinned]
    ranges: Mapping[str, SpecifierSet]
    plain: Mapping[str, str]  # name -> why
    extras: Mapping[str, str]  # requirement line that no metadata asks for -> why
    pythons: tuple[PythonClue, ...]
    makers: Mapping[str, Version]  # wrote the file and are not needed to read it
    not_before: date | None
    made: date | None  # known to the day
    taught: tuple[str, ...] = ()  # lines that are passed on as they are


def gather(findings: Findings, learnt: Iterable[str], releases: Releases) -> Evidence:
    """Sort the findings, with what failed trials taught laid over them."""
    lessons = [Requirement(line) for line in learnt if not line.startswith("-")]
    needed = [
        each
        for each in findings.needed
        if _NAME.fullmatch(each.distribution) and canonicalize_name(each.distribution) not in _NO_PACKAGES
    ]
    needed = [each for need in needed for each in _of_keras(need)]
    needed += [
        Needed(distribution=lesson.name, specifier=str(lesson.specifier), why="a trial showed it", sure="certain")
        for lesson in lessons
        if lesson.name != "python"
    ]
    needed += _by_modules(findings)
    pins, ranges, plain = _packages(needed, {lesson.name for lesson in lessons}, releases)
    clues = [
        PythonClue(_specifier(each.specifier), each.sure == "certain", each.why)
        for each in findings.pythons
        if each.sure != "guess" and not (_is_cloudpickle_4(findings) and each.sure == "likely")
    ]
    if _is_cloudpickle_4(findings):
        clues.append(PythonClue(SpecifierSet("<3.8"), False, "cloudpickle writes protocol 5 from Python 3.8 on"))
    clues += [PythonClue(lesson.specifier, True, "a trial showed it") for lesson in lessons if lesson.name == "python"]
    extras = _extras(findings, pins, {*pins, *ranges, *plain})
    return Evidence(
        pins=pins,
        ranges=ranges,
        plain=plain,
        extras=extras,
        pythons=tuple(clues),
        makers=_makers(findings.facts),
        not_before=findings.not_before,
        made=_made(findings.facts),
        taught=tuple(line for line in learnt if line.startswith("-")),
    )


def _by_modules(findings: Findings) -> Iterator[Needed]:
    """Modules that were only in some releases bound the others that nothing else is known of."""
    ranged = {each.distribution for each in findings.needed if each.specifier}
    lines = {line: name for name in findings.globals if (line := lesson_of(name)) is not None}
    for line, name in sorted(lines.items()):
        lesson = Requirement(line)
        if lesson.specifier and lesson.name not in ("python", "setuptools") and lesson.name not in ranged:
            yield Needed(
                distribution=lesson.name, specifier=str(lesson.specifier), why=f"`{name}` is only there", sure="likely"
            )


def _is_cloudpickle_4(findings: Findings) -> bool:
    """Cloudpickle takes the highest protocol there is, so that 4 speaks of a Python before 3.8."""
    return findings.format == "cloudpickle" and findings.protocol == 4


def _packages(
    needed: Iterable[Needed], taught: set[str], releases: Releases
) -> tuple[dict[str, Pinned], dict[str, SpecifierSet], dict[str, str]]:
    pins: dict[str, Pinned] = {}
    ranges: dict[str, SpecifierSet] = {}
    plain: dict[str, str] = {}
    for need in sorted(needed, key=lambda each: (each.why != "a trial showed it", _RANK[each.sure])):
        name: str = canonicalize_name(need.distribution)
        inside = _specifier(need.specifier)
        exact = _exact(inside)
        known = pins.get(name)
        if exact is not None and (name not in ranges or exact in ranges[name]):
            best = _released(name, exact, releases)
            if known is None or (need.sure == "certain" and best > known.version and name not in taught):
                pins[name] = Pinned(best, _why_pin(name, exact, best, need.why), need.sure != "certain")
        elif exact is None and need.specifier and (need.sure != "guess" or name not in ranges):
            both = ranges.get(name, SpecifierSet()) & inside
            ranges[name] = both if _any_inside(name, both, releases) else ranges.get(name, inside)
        plain.setdefault(name, need.why)
    for name, pin in list(pins.items()):
        if name in ranges and name in taught and not ranges[name].contains(pin.version, prereleases=True):
            del pins[name]
    for pinned in pins:
        ranges.pop(pinned, None)
    return pins, ranges, {name: why for name, why in plain.items() if name not in pins and name not in ranges}


def _exact(inside: SpecifierSet) -> Version | None:
    parts = [part for part in inside if part.operator in ("==", "===") and not part.version.endswith("*")]
    try:
        return Version(Version(parts[0].version).public) if len(parts) == 1 else None
    except InvalidVersion:
        return None


def _specifier(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        try:
            return SpecifierSet(f"=={Version(text)}")  # a bare version
        except InvalidVersion:
            return SpecifierSet()


def _released(name: str, version: Version, releases: Releases) -> Version:
    """That version where the index has it; of a development version, or a vanished one, the nearest there is."""
    known = [release.version for release in releases.of(name, version)]
    if not known or version in known:
        return version
    final = [each for each in known if not each.is_prerelease]
    same = [each for each in final if each.release[:2] == version.release[:2]]
    later = [each for each in same or final if each >= version]
    earlier = [each for each in same or final if each < version]
    return later[0] if later else (earlier[-1] if earlier else version)


def _why_pin(name: str, asked: Version, given: Version, why: str) -> str:
    if asked == given:
        return f"{name} {given}: {why}"
    return f"{name} {given}, the nearest release to {asked}, which is on no index: {why}"


def _any_inside(name: str, inside: SpecifierSet, releases: Releases) -> bool:
    known = releases.of(name)
    return not known or any(inside.contains(release.version, prereleases=True) for release in known)


def _of_keras(need: Needed) -> list[Needed]:
    """Keras inside TensorFlow numbers itself differently: the TensorFlow releases that say this of themselves."""
    text = need.specifier.removeprefix("==")
    if canonicalize_name(need.distribution) != "tf.keras" and not text.endswith("-tf"):
        return [need]
    for pattern, told in TF_OF_KERAS:
        found = re.fullmatch(pattern, text)
        if found:
            return [
                Needed(distribution="tensorflow", specifier=told.format(*found.groups()), why=need.why, sure=need.sure)
            ]
    return [Needed(distribution="tensorflow", why=need.why, sure=need.sure)]


def _extras(findings: Findings, pins: Mapping[str, Pinned], named: set[str]) -> dict[str, str]:
    """What no metadata asks for: undeclared imports, data frames, and modules that nobody has named yet."""
    extras = {"numpy": "rows are handed over as its arrays"}
    for name in findings.globals:
        extras.update({more.line: more.why for prefix, more in OF_MODULES if name.startswith(prefix)})
    for name, inside, more in OF_RELEASES:
        if name in pins and pins[name].version in SpecifierSet(inside):
            extras[more.line] = more.why
    if findings.facts.get("scikit_learn"):
        extras["scikit-learn"] = "it was saved by a scikit-learn class of its library"
    if _wants_frame(findings):
        extras.setdefault("pandas", "it was fitted with named columns")
    elif findings.format != "script" and (findings.own_modules or findings.facts.get("functions")):
        extras.setdefault("pandas", "code of its own may take a data frame")  # which its globals need not show
    for name in sorted(named):
        if undeclared_setuptools(name, pins[name].version if name in pins else None):
            extras[LAST_PKG_RESOURCES] = f"{name} imports pkg_resources undeclared"
    if not findings.needed:
        own = {module.partition(".")[0] for module in findings.own_modules}
        others = {distribution_of(name): name for name in findings.globals if name.partition(".")[0] not in own}
        extras.update({name: f"the file names `{module}`" for name, module in others.items() if name in WELL_KNOWN})
    return {line: why for line, why in extras.items() if Requirement(line).name not in named}


def _wants_frame(findings: Findings) -> bool:
    """Fitted with named columns; names that libraries make up do not count."""
    facts = findings.facts
    names = facts.get("feature_names_in_") or facts.get("feature_names") or facts.get("feature_names_in")
    return isinstance(names, (list, tuple)) and not all(_MADE_UP.fullmatch(str(name)) for name in names)


def _makers(facts: Mapping[str, Any]) -> dict[str, Version]:
    name = str(facts.get("producer") or facts.get("producer_name") or "").lower()
    text = str(facts.get("producer_version") or "")
    if name in MAKERS:
        try:
            return {MAKERS[name]: Version(Version(text).public)}
        except InvalidVersion:
            return {}
    return {}


def _made(facts: Mapping[str, Any]) -> date | None:
    """The day that the file tells, by whichever name its format has for it."""
    for name in ("utc_time_created", "created", "saved", "trained"):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(str(facts.get(name) or "")[:10])
    return None


def lighter(name: str, version: Version, minor: Minor, releases: Releases) -> str:
    """The smaller distribution of the same release, where it has a wheel for that Python."""
    other = LIGHTER.get(name)
    if other is None:
        return name
    found = find(releases.of(other), version)
    return other if found and found.wheel_since(minor, releases.machine) else name


def find(known: Iterable[Release], version: Version) -> Release | None:
    return next((release for release in known if release.version == version), None)
