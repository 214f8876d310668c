"""Two locks side by side: what came, what went, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from homeport.domain.lock import Lock


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; None on the side that has none. `files` means: the same version in other files."""

    name: str
    before: str | None
    after: str | None
    files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDiff:
    """Differences from one lock to another; `same` says that both build the same environment."""

    facts: tuple[Change, ...]  # python, platform, engine, as of, locked on
    packages: tuple[Change, ...]
    same: bool

    @property
    def added(self) -> tuple[Change, ...]:
        return tuple(change for change in self.packages if change.before is None)

    @property
    def removed(self) -> tuple[Change, ...]:
        return tuple(change for change in self.packages if change.after is None)

    @property
    def changed(self) -> tuple[Change, ...]:
        return tuple(change for change in self.packages if change.before is not None and change.after is not None)

    def to_json(self) -> dict[str, Any]:
        return {
            "same": self.same,
            "facts": [asdict(change) for change in self.facts],
            "added": [asdict(change) for change in self.added],
            "removed": [asdict(change) for change in self.removed],
            "changed": [asdict(change) for change in self.changed],
        }


def diff_locks(before: Lock, after: Lock) -> LockDiff:
    """What is different in `after`."""
    return LockDiff(
        facts=tuple(_changes(_facts(before), _facts(after))),
        packages=tuple(_changes(_versions(before), _versions(after), _files(before), _files(after))),
        same=before.hash == after.hash,
    )


def _facts(lock: Lock) -> dict[str, str]:
    facts = {
        "python": f"{lock.python.version} ({lock.python.abi})",
        "platform": lock.platform,
        "engine": lock.engine,
        "channels": " ".join(lock.channels),
        "as of": str(lock.as_of or ""),
        "locked on": f"{lock.created:%Y-%m-%d}",
    }
    return {name: text for name, text in facts.items() if text}


def _versions(lock: Lock) -> dict[str, str]:
    """A package that a channel and an index both have is named apart: conda's goes by `name (conda)`."""
    conda = {_conda(package.name): f"{package.version}={package.build}" for package in lock.conda}
    return conda | {package.name: package.source or package.version or "" for package in lock.packages}


def _files(lock: Lock) -> dict[str, frozenset[str]]:
    conda = {_conda(package.name): frozenset((package.sha256 or package.md5,)) for package in lock.conda}
    return conda | {package.name: frozenset(file.sha256 for file in package.files) for package in lock.packages}


def _conda(name: str) -> str:
    return f"{name} (conda)"


def _changes(
    before: Mapping[str, str],
    after: Mapping[str, str],
    files_before: Mapping[str, frozenset[str]] | None = None,
    files_after: Mapping[str, frozenset[str]] | None = None,
) -> list[Change]:
    changes = []
    for name in sorted({*before, *after}):
        first, second = before.get(name), after.get(name)
        if first != second:
            changes.append(Change(name, first, second))
        elif (files_before or {}).get(name) != (files_after or {}).get(name):
            changes.append(Change(name, first, second, files=True))
    return changes
