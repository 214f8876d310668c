"""A world that stands still: the shipped table, a fixed day, and the interpreters that a test says are here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from packaging.version import Version

from homeport.domain.findings import Findings, Needed, PythonNeeded
from homeport.domain.releases import Minor, Release, Releases
from homeport.environments.releases import KnownReleases

ALL = tuple((3, minor) for minor in range(6, 14))


@dataclass
class World:
    """`Releases`, without a network."""

    here: tuple[Minor, ...] = ALL
    obtainable: tuple[Minor, ...] = tuple((3, minor) for minor in range(8, 15))
    today: date = date(2026, 11, 1)
    machine: str = "x86_64"
    notes: tuple[str, ...] = ()
    more: dict[str, tuple[Release, ...]] = field(default_factory=dict)  # instead of the table's
    wheels: dict[str, tuple[Release, ...]] = field(default_factory=dict)
    table: KnownReleases = field(default_factory=lambda: KnownReleases(Path("/nonexistent"), environ={}, offline=True))

    def at_hand(self, distribution: str) -> tuple[Release, ...]:
        return self.wheels.get(distribution, ())

    def of(self, distribution: str, holding: Version | None = None) -> tuple[Release, ...]:
        return self.more.get(distribution) or self.table.of(distribution, holding)


def releases(here: tuple[Minor, ...] = ALL, **told: object) -> Releases:
    return World(here=here, **told)  # type: ignore[arg-type]


def found(*needed: str, pythons: tuple[str, ...] = (), sure: str = "certain", **told: object) -> Findings:
    """Findings that need `needed` (requirement-like: `scikit-learn==0.22.1`)."""
    parts = [(line.partition("=")[0].partition("<")[0].partition(">")[0].partition("!")[0], line) for line in needed]
    return Findings(
        format=str(told.pop("format", "pickle")),
        needed=tuple(
            Needed(distribution=name, specifier=line[len(name) :], why="recorded", sure=sure)  # type: ignore[arg-type]
            for name, line in parts
        ),
        pythons=tuple(PythonNeeded(specifier=text, why="byte code", sure="certain") for text in pythons),
        **told,  # type: ignore[arg-type]
    )
