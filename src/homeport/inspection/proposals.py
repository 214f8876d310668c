"""From what a file says to the environment that it was saved in, as near as it can be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from homeport.domain.findings import Findings
from homeport.domain.proposal import Proposal
from homeport.domain.python import spell
from homeport.domain.releases import Minor, Releases
from homeport.inspection.imports import WELL_KNOWN
from homeport.inspection.knowledge import COMPANIONS, HEAVY, LAST_PKG_RESOURCES, PYTHONS, usual_python
from homeport.inspection.proposals_evidence import Evidence, Pinned, gather, lighter
from homeport.inspection.proposals_failure import lessons_of
from homeport.inspection.proposals_windows import Window, day_in, early_day_in, newest, window_of

_MOST = 8  # candidates; each costs a trial
_ABSENT = 100  # how much worse a Python is that is not here, in minors of distance


def propose(findings: Findings, *, releases: Releases) -> tuple[Proposal, ...]:
    """Candidates, best first; never empty.

    The recorded versions, resolved as of a day on which a fresh install gave just these, on the Python that most people
    had then; then other Pythons, the early days of the same window, and no day at all.
    """
    candidates = tuple(_unique(_candidates(gather(findings, (), releases), releases)))[:_MOST]
    return tuple(replace(candidate, why=(*candidate.why, *releases.notes)) for candidate in candidates)


def after_failure(proposal: Proposal, findings: Findings, failure: str, *, releases: Releases) -> Proposal | None:
    """The next to try, with what the failure teaches; None when nothing is left that could work.

    `failure` is all that the trial said: a traceback, warnings, how the process ended, or the resolver's own words.
    """
    learnt = lessons_of(proposal, failure, releases)
    if learnt is None:
        return None
    if findings.format != "script":  # a script is the user's own; a file may be a stranger's
        learnt = tuple(line for line in learnt if _is_no_news(line, proposal) or Requirement(line).name in WELL_KNOWN)
    tried = (*proposal.tried, proposal.key)
    known = tuple(dict.fromkeys((*proposal.learnt, *learnt)))
    if len(tried) >= _MOST:
        return None
    for candidate in _unique(_candidates(gather(findings, known, releases), releases)):
        if candidate.key not in tried:
            taught = tuple(f"the last trial showed: {line}" for line in learnt)
            return replace(candidate, why=(*taught, *candidate.why), learnt=known, tried=tried)
    return None


def _is_no_news(line: str, proposal: Proposal) -> bool:
    """An option, a Python, or a version of what is asked for already."""
    name = "" if line.startswith("-") else Requirement(line).name
    return name in ("", "python") or any(package.startswith(name) for package in proposal.packages)


@dataclass(frozen=True, slots=True)
class _Choice:
    """One Python with its window; `cost` sorts."""

    minor: Minor
    window: Window
    day: date | None
    cost: tuple[int, ...]

    @property
    def broken(self) -> int:
        """How many certain statements of the file it goes against."""
        return self.cost[0]

    @property
    def installs(self) -> bool:
        """Whether every recorded version has a wheel for it: else it takes a compiler, minutes, and mostly fails."""
        return not self.window.refused and not self.window.unbuilt


def _candidates(evidence: Evidence, releases: Releases) -> Iterator[Proposal]:
    choices = _choices(evidence, releases)
    best = choices[0]
    yield from _at_hand(evidence, choices, releases)
    yield _proposal(evidence, best, releases)
    near = [choice for choice in choices[1:] if choice.cost[:2] == best.cost[:2]]
    if near:
        yield _proposal(evidence, near[0], releases)
    early = early_day_in(best.window, releases) if evidence.pins or evidence.makers else None
    if early is not None and evidence.made is None:
        yield _proposal(evidence, replace(best, day=early), releases)
    for choice in near[1:3]:
        yield _proposal(evidence, choice, releases)
    loose = {name: pin for name, pin in evidence.pins.items() if pin.loose}
    if loose:
        firm = {name: pin for name, pin in evidence.pins.items() if name not in loose}
        freed = replace(evidence, pins=firm, plain={**evidence.plain, **{name: loose[name].why for name in loose}})
        yield _proposal(freed, _choices(freed, releases)[0], releases)
    yield _proposal(evidence, replace(best, day=None), releases)
    for choice in near[3:] if near else choices[1:]:
        yield _proposal(evidence, choice, releases)


def _at_hand(evidence: Evidence, choices: list[_Choice], releases: Releases) -> Iterator[Proposal]:
    """With the build of a heavy runtime that lies in a folder of the user's, where the file allows its version.

    Such a file is of no known day, so that a resolver that keeps to a day would leave it out.
    """
    for name in HEAVY:
        inside = evidence.ranges.get(name) or (
            SpecifierSet(f"=={evidence.pins[name].version}") if name in evidence.pins else None
        )
        if inside is None and name not in evidence.plain:
            continue
        for release in reversed(releases.at_hand(name)):
            fits = [choice for choice in choices if release.wheel_since(choice.minor, releases.machine)]
            usable = [choice for choice in fits if choice.cost[0] == 0 and choice.minor in releases.here]
            if usable and (inside is None or inside.contains(release.version)):
                pin = Pinned(
                    Version(release.version.public), f"{name} {release.version}: it is at hand, without a download"
                )
                others = {other: bound for other, bound in evidence.ranges.items() if other != name}
                plain = {other: why for other, why in evidence.plain.items() if other != name}
                told = replace(evidence, pins={**evidence.pins, name: pin}, ranges=others, plain=plain)
                proposal = _proposal(told, replace(usable[0], day=None), releases)
                python = (
                    f"Python {proposal.python}: what that build is for; the day is left open, as nobody knows its own"
                )
                yield replace(proposal, why=(pin.why, python))
                return


def _unique(candidates: Iterable[Proposal]) -> Iterator[Proposal]:
    seen: set[str] = set()
    for candidate in candidates:
        if candidate.key not in seen:
            seen.add(candidate.key)
            yield candidate


def _choices(evidence: Evidence, releases: Releases) -> list[_Choice]:
    """Every Python that could be, best first; none that would compile a recorded version, where others need not."""
    choices = []
    for minor in PYTHONS:
        window = window_of(evidence, minor, releases)
        day = day_in(window, evidence, minor, releases)
        choices.append(_Choice(minor, window, day, _cost(evidence, minor, window, day, releases)))
    with_wheels = {choice.broken for choice in choices if choice.installs}
    sensible = [choice for choice in choices if choice.installs or choice.broken not in with_wheels]
    return sorted(sensible, key=lambda choice: choice.cost)


def _cost(evidence: Evidence, minor: Minor, window: Window, day: date | None, releases: Releases) -> tuple[int, ...]:
    broken = sum(clue.certain and not clue.allows(minor) for clue in evidence.pythons)
    unlikely = sum(not clue.certain and not clue.allows(minor) for clue in evidence.pythons)
    there = 0 if minor in releases.here else (1 if minor in releases.obtainable else 2)
    usual = usual_python(day or releases.today)
    far = abs(minor[1] - usual[1])
    too_new = day is not None and PYTHONS[minor] > day
    return (
        broken,
        len(window.refused) + len(window.unbuilt) + (there == 2) * _ABSENT + too_new,
        unlikely,
        there,
        len(window.held_back),
        far,
        -minor[1],
    )


def _proposal(evidence: Evidence, choice: _Choice, releases: Releases) -> Proposal:
    lines: dict[str, str] = {}  # requirement line -> why
    for name, pin in evidence.pins.items():
        chosen = lighter(name, pin.version, choice.minor, releases)
        lines[f"{chosen}=={pin.version}"] = pin.why
    for name, inside in evidence.ranges.items():
        lines.update(_of_range(name, inside, choice, releases))
    for name, why in evidence.plain.items():
        lines[name] = f"{name}: {why}"
    for line, why in evidence.extras.items():
        lines.setdefault(line, f"{line}: {why}")
    setuptools_comes_along = choice.minor < (3, 12)
    if setuptools_comes_along:
        lines.pop(LAST_PKG_RESOURCES, None)
    options = (*evidence.taught, *_wheels_only(evidence, choice, releases))
    return Proposal(
        python=spell(choice.minor),
        packages=(*lines, *options),
        as_of=choice.day,
        why=tuple(
            filter(
                None, (*_why_pins(evidence, lines), _why_day(evidence, choice), _why_python(evidence, choice, releases))
            )
        ),
    )


def _of_range(name: str, inside: SpecifierSet, choice: _Choice, releases: Releases) -> dict[str, str]:
    """The newest version of the range as of the day, exact; the range itself where nothing is known."""
    day = choice.day or releases.today
    found = newest(releases.of(name), inside, choice.minor, day, releases.machine)
    if found is None or name == "numpy":  # numpy's range is a bound: the others choose within it
        return {f"{name}{inside}": f"{name}{inside}"}
    chosen = lighter(name, found.version, choice.minor, releases)
    return {f"{chosen}=={found.version}": f"{name} {found.version}: the newest of {inside} on that day"}


def _wheels_only(evidence: Evidence, choice: _Choice, releases: Releases) -> Iterator[str]:
    """Companions whose newest release of the day has no wheel for this Python: an older one is better than a build."""
    if choice.day is None:
        return
    named = {"*", *evidence.pins, *evidence.ranges, *evidence.plain}
    for name in dict.fromkeys(name for asking in COMPANIONS if asking in named for name in COMPANIONS[asking]):
        if name in evidence.pins:
            continue
        newest_then = [
            release
            for release in releases.of(name)
            if release.released <= choice.day and release.allows(choice.minor) and not release.version.is_prerelease
        ]
        if not newest_then:
            continue
        since = max(newest_then, key=lambda each: each.version).wheel_since(choice.minor, releases.machine)
        if since is None or since > choice.day:
            yield f"--only-binary {name}"


def _why_pins(evidence: Evidence, lines: dict[str, str]) -> list[str]:
    return [why for line, why in lines.items() if "==" in line or line not in evidence.plain]


def _why_day(evidence: Evidence, choice: _Choice) -> str:
    window, day = choice.window, choice.day
    if day is None:
        return "nothing tells when it was saved: packages are resolved as of today"
    if day == evidence.made:
        return f"as of {day}: the day that the file says it was made"
    if window.begin and window.end and window.begin <= day < window.end:
        return (
            f"as of {day}: between {window.begun_by} ({window.begin}) and {window.ended_by} ({window.end}) "
            "a fresh install gave these versions"
        )
    return f"as of {day}: after {window.begun_by} ({window.begin})" if window.begin else f"as of {day}"


def _why_python(evidence: Evidence, choice: _Choice, releases: Releases) -> str:
    name = f"Python {spell(choice.minor)}"
    fitting = [clue.why for clue in evidence.pythons if clue.allows(choice.minor)]
    absent = "" if choice.minor in releases.here else "; it is not on this machine"
    if fitting and choice.cost[:3] == (0, 0, 0):
        return f"{name}: {'; '.join(dict.fromkeys(fitting))}{absent}"
    usual = usual_python(choice.day or releases.today)
    if usual == choice.minor:
        return f"{name}: what most people had then{absent}"
    return f"{name}: the nearest to the then usual {spell(usual)} that the packages are built for{absent}"
