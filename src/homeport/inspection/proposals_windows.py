"""When was it that a fresh install gave what the file records?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from homeport.domain.python import spell
from homeport.domain.releases import Minor, Release, Releases
from homeport.inspection.knowledge import PYTHONS, usual_time
from homeport.inspection.proposals_evidence import Evidence, find

_LONGEST = timedelta(days=150)  # after the last recorded release, where no newer one ends the window
_LATE = timedelta(days=60)  # after the last recorded release, where all its companions were outdated already


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """[begin, end): on each of these days a fresh install gave the recorded versions; None where nothing says so."""

    begin: date | None = None
    end: date | None = None
    begun_by: str = ""  # "scikit-learn 0.22.1"
    ended_by: str = ""
    held_back: tuple[str, ...] = ()  # recorded versions that were outdated by then
    unbuilt: tuple[str, ...] = ()  # recorded versions without a wheel for this Python
    refused: tuple[str, ...] = ()  # recorded versions that do not allow this Python


def window_of(evidence: Evidence, minor: Minor, releases: Releases) -> Window:
    """For one Python: its last releases stay the newest ones for ever."""
    spans = [_span_of_pin(name, pin.version, minor, releases) for name, pin in evidence.pins.items()]
    spans += [_span_of_pin(name, version, None, releases) for name, version in evidence.makers.items()]
    spans += [_span_of_range(name, inside, minor, releases) for name, inside in evidence.ranges.items()]
    begin, begun_by = max(((span.begin, span.begun_by) for span in spans if span.begin), default=(None, ""))
    begin, begun_by = _not_before_python(begin, begun_by, minor)
    ends = [(span.end, span.ended_by) for span in spans if span.end and (begin is None or span.end > begin)]
    end, ended_by = min(ends, default=(None, ""))
    told = evidence.not_before
    if told and (begin is None or told > begin) and (end is None or told < end):
        begin, begun_by = told, "the file itself"  # a later one speaks of somebody who kept an old environment
    return Window(
        begin=begin,
        end=end,
        begun_by=begun_by,
        ended_by=ended_by,
        held_back=tuple(span.begun_by for span in spans if span.end and begin and span.end <= begin),
        unbuilt=tuple(name for span in spans for name in span.unbuilt),
        refused=tuple(name for span in spans for name in span.refused),
    )


def _not_before_python(begin: date | None, begun_by: str, minor: Minor) -> tuple[date | None, str]:
    released = PYTHONS.get(minor)
    if begin is not None and released is not None and released > begin:
        return released, f"Python {spell(minor)}"
    return begin, begun_by


def day_in(window: Window, evidence: Evidence, minor: Minor, releases: Releases) -> date | None:
    """The likeliest day; late in the window, since newer companions read what older ones wrote, and not vice versa."""
    begin, end = window.begin, window.end
    if evidence.made and (begin is None or evidence.made >= begin) and (end is None or evidence.made < end):
        return min(evidence.made, releases.today)
    if begin is not None and (evidence.pins or evidence.makers):
        last = begin + (_LATE if window.held_back and not end else _LONGEST)
        return min(last, end - timedelta(days=1) if end else last, releases.today)
    if begin is None and not any(clue.bounds for clue in evidence.pythons):
        return None
    settled, left = usual_time(minor)
    settled, left = max(settled, begin or settled), min(left, end or left)
    if settled >= left:
        left = end or settled + _LATE
    return min(left - timedelta(days=1), releases.today)


def early_day_in(window: Window, releases: Releases) -> date | None:
    """Soon after the window begins: what those had who saved the model when the release was new."""
    if window.begin is None:
        return None
    day = window.begin + timedelta(days=3)
    return min(day, window.end - timedelta(days=1) if window.end else day, releases.today)


def newest(known: tuple[Release, ...], inside: SpecifierSet, minor: Minor, day: date, machine: str) -> Release | None:
    """What a fresh install of that range would have given then; of natives only what had a wheel."""
    fits = [
        release
        for release in known
        if inside.contains(release.version) and not release.yanked and _there(release, minor, day, machine)
    ]
    return fits[-1] if fits else None


def _there(release: Release, minor: Minor, day: date, machine: str) -> bool:
    if not release.allows(minor) or release.released > day:
        return False
    since = release.wheel_since(minor, machine)
    return since <= day if since is not None else not release.is_native()


def _span_of_pin(name: str, version: Version, minor: Minor | None, releases: Releases) -> Window:
    known = releases.of(name)
    release = find(known, version)
    if release is None:
        return Window()
    label = f"{name} {version}"
    since = release.wheel_since(minor, releases.machine) if minor else release.released
    span = Window(begin=since or release.released, begun_by=label)
    if minor and not release.allows(minor):
        span = replace(span, refused=(label,))
    elif since is None and release.is_native():
        span = replace(span, unbuilt=(label,))
    return _ended(span, name, [each for each in known if each.version > version], minor, releases)


def _span_of_range(name: str, inside: SpecifierSet, minor: Minor, releases: Releases) -> Window:
    known = [release for release in releases.of(name) if not release.version.is_prerelease]
    fits = [release for release in known if inside.contains(release.version)]
    usable = [release for release in fits if _there(release, minor, releases.today, releases.machine)]
    if not known:
        return Window()
    if not usable:
        return Window(unbuilt=(f"{name}{inside}",))
    first = min(usable, key=lambda release: release.released)
    span = Window(begin=first.wheel_since(minor, releases.machine) or first.released, begun_by=f"{name}{inside}")
    top = fits[-1].version
    return _ended(span, name, [each for each in known if each.version > top], minor, releases)


def _ended(span: Window, name: str, later: list[Release], minor: Minor | None, releases: Releases) -> Window:
    """The first day on which a newer version would have been installed instead."""
    days: list[tuple[date, str]] = []
    for release in later:
        if release.version.is_prerelease or release.yanked or (minor and not release.allows(minor)):
            continue
        since = release.wheel_since(minor, releases.machine) if minor else release.released
        if since is None and release.is_native():
            continue
        days.append((since or release.released, f"{name} {release.version}"))
    end, ended_by = min(days, default=(None, ""))
    return replace(span, end=end, ended_by=ended_by)
