"""What a package index knows of one distribution: when which version appeared, and for which Pythons it is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

Minor = tuple[int, int]

_MACHINES = {"x86_64": "x", "aarch64": "a"}
_SOURCE = "s"
_YANKED = "y"


@dataclass(frozen=True, slots=True)
class Release:
    """One version. `wheels` says when the wheels of a tag were uploaded, which may be long after the release.

    Tags: `cp37` (that minor only), `cp38+` (the stable ABI from there on), `py3` (any Python 3); a `:x` or `:a` behind
    it means on x86-64 or on aarch64 only.
    """

    version: Version
    released: date
    requires_python: str = ""
    wheels: Mapping[str, date] = field(default_factory=dict)
    source: bool = False
    yanked: bool = False

    def allows(self, minor: Minor) -> bool:
        """By what it declares; an unreadable declaration forbids nothing, as with installers."""
        return _allows(self.requires_python, minor)

    def wheel_since(self, minor: Minor, machine: str) -> date | None:
        """When a wheel for that Python on that machine (`x86_64`) was there; None where there is none."""
        if not self.allows(minor):
            return None
        here = _MACHINES.get(machine, "")
        days = [day for tag, day in self.wheels.items() if _fits(tag, minor, here)]
        return min(days) if days else None

    def is_native(self) -> bool:
        """It has wheels of certain Pythons or machines: without one of ours, a compiler would be needed."""
        return any(tag != "py3" for tag in self.wheels)


class Releases(Protocol):
    """The world as far as choosing an environment needs it."""

    @property
    def today(self) -> date: ...

    @property
    def machine(self) -> str:
        """`x86_64`, `aarch64`."""

    @property
    def here(self) -> tuple[Minor, ...]:
        """The minors of the interpreters on this machine."""

    @property
    def obtainable(self) -> tuple[Minor, ...]:
        """The minors that could be had by a download."""

    @property
    def notes(self) -> Sequence[str]:
        """What could not be looked up, in sentences."""

    def at_hand(self, distribution: str) -> tuple[Release, ...]:
        """What lies in folders of wheels that the user's settings name: no download, and nobody knows of which day."""

    def of(self, distribution: str, holding: Version | None = None) -> tuple[Release, ...]:
        """Oldest version first; empty where nothing is known. `holding`: a version that should be among them."""


@lru_cache(maxsize=4096)
def _allows(requires_python: str, minor: Minor) -> bool:
    try:
        inside = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    return any(inside.contains(f"{minor[0]}.{minor[1]}.{patch}") for patch in (0, 9, 30))


def releases_of(files: Iterable[Mapping[str, Any]]) -> tuple[Release, ...]:
    """From the `files` of an index's JSON (PEP 691, PEP 700). Files without an upload time are left out."""
    found: dict[Version, list[tuple[Mapping[str, Any], frozenset[str], date]]] = {}
    for file in files:
        uploaded = str(file.get("upload-time") or "")[:10]
        read = _read_name(str(file.get("filename", "")))
        if read is not None and uploaded:
            found.setdefault(read[0], []).append((file, read[1], date.fromisoformat(uploaded)))
    return tuple(_release(version, found[version]) for version in sorted(found))


def _release(version: Version, files: Sequence[tuple[Mapping[str, Any], frozenset[str], date]]) -> Release:
    wheels: dict[str, date] = {}
    for _, tags, day in files:
        for tag in tags:
            wheels[tag] = min(day, wheels.get(tag, day))
    for tag in {tag[:-2] for tag in wheels if tag.endswith((":x", ":a"))}:
        if wheels.get(f"{tag}:x") == wheels.get(f"{tag}:a"):
            wheels[tag] = wheels.pop(f"{tag}:x")
            del wheels[f"{tag}:a"]
    told = [str(file.get("requires-python") or "") for file, _, _ in files]
    return Release(
        version=version,
        released=min(day for _, _, day in files),
        requires_python=max(told, key=len).replace(" ", ""),
        wheels=wheels,
        source=any(not tags for _, tags, _ in files),
        yanked=all(file.get("yanked") for file, _, _ in files),
    )


def _read_name(name: str) -> tuple[Version, frozenset[str]] | None:
    """The version and our tags; no tags at all for a source archive, None for what no Python 3 on Linux installs."""
    try:
        if not name.endswith(".whl"):
            return parse_sdist_filename(name)[1], frozenset()
        _, version, _, tags = parse_wheel_filename(name)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
    ours = frozenset(filter(None, (_tag(tag.interpreter, tag.abi, tag.platform) for tag in tags)))
    return (version, ours) if ours else None


def _tag(interpreter: str, abi: str, platform: str) -> str:
    if platform == "any":
        machine = ""
    elif platform.startswith(("manylinux", "linux")):
        machine = next((f":{short}" for name, short in _MACHINES.items() if platform.endswith(name)), "?")
    else:
        return ""
    if machine == "?" or (abi == "none" and interpreter.startswith("py2")) or abi.endswith(("t", "mu")):
        return ""
    if interpreter.startswith("py3"):
        return f"py3{machine}"
    if not interpreter.startswith("cp3"):
        return ""
    return f"{interpreter}{'+' if abi == 'abi3' else ''}{machine}"


def _fits(tag: str, minor: Minor, machine: str) -> bool:
    name, _, only = tag.partition(":")
    if only and only != machine:
        return False
    if name == "py3":
        return True
    built = (int(name[2]), int(name[3:].rstrip("+")))
    return built <= minor if name.endswith("+") else built == minor


def write_releases(distribution: str, releases: Iterable[Release]) -> str:
    """Lines of the shipped table: `= name`, then one release a line, as `read_releases` takes them."""
    lines = [f"= {distribution}"]
    for release in releases:
        tags = [
            tag if abs((day - release.released).days) < 2 else f"{tag}@{day:%Y%m%d}"
            for tag, day in sorted(release.wheels.items(), key=lambda item: _order(item[0]))
        ]
        tags += [_SOURCE] * release.source + [_YANKED] * release.yanked
        python = release.requires_python or "-"
        lines.append(f"{release.version} {release.released:%Y%m%d} {python} {' '.join(tags)}".rstrip())
    return "\n".join((*lines, ""))


def read_releases(text: str) -> Iterator[Release]:
    """The lines below one `= name`."""
    for line in text.splitlines():
        version, released, python, *tags = line.split(" ")
        day = _day(released)
        wheels = {}
        for tag in tags:
            name, _, later = tag.partition("@")
            if name not in (_SOURCE, _YANKED):
                wheels[name] = _day(later) if later else day
        yield Release(
            version=Version(version),
            released=day,
            requires_python="" if python == "-" else python,
            wheels=wheels,
            source=_SOURCE in tags,
            yanked=_YANKED in tags,
        )


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def _order(tag: str) -> tuple[int, str]:
    digits = "".join(character for character in tag.partition(":")[0] if character.isdigit())
    return int(digits or 0) if len(digits) > 1 else 0, tag
