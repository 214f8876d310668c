"""Pickles inside of other files: what they tell joins the findings on the whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any, BinaryIO

from homeport.domain.findings import Findings, Needed, Risk
from homeport.errors import UnreadableModelError
from homeport.inspection.archive import Archive, Member
from homeport.inspection.pickle_findings import findings_of
from homeport.inspection.pickle_report import read_pickle

_LARGEST = 64 << 20  # bytes of one pickle inside an archive; its arrays lie beside it


def inspect_stream(stream: BinaryIO, size: int, allowed: Collection[str]) -> Findings:
    """A pickle that is at hand as a stream of its own. Raises UnreadableModelError where it cannot be read."""
    return findings_of(read_pickle(stream, size), allowed)


def inspect_member(archive: Archive, member: Member, allowed: Collection[str], *, skip: int = 0) -> Findings:
    """The pickle that a member of an archive is, `skip` bytes into it. One that cannot be read is a risk."""
    try:
        content = archive.read(member, _LARGEST)[skip:]
        return inspect_stream(BytesIO(content), len(content), allowed)
    except UnreadableModelError as wrong:
        return unread(member.name, wrong.message)


def unread(name: str, why: str) -> Findings:
    """Findings on a part that might run anything, as nobody can say what it has."""
    risk = Risk(name=f"unread `{name}`", danger="unknown", why=f"it could not be read, so nobody knows: {why}")
    return Findings(format="pickle", risks=(risk,), facts={"damaged": why})


def with_inner(outer: Findings, inner: Sequence[Findings]) -> Findings:
    """The findings on the whole: everything that its parts need, name and would run."""
    return replace(
        outer,
        needed=unique_needed([*outer.needed, *(each for part in inner for each in part.needed)]),
        pythons=tuple(dict.fromkeys([*outer.pythons, *(each for part in inner for each in part.pythons)])),
        own_modules=tuple(sorted({*outer.own_modules, *(each for part in inner for each in part.own_modules)})),
        globals=tuple(sorted({*outer.globals, *(each for part in inner for each in part.globals)})),
        risks=tuple(dict.fromkeys([*outer.risks, *(each for part in inner for each in part.risks)])),
        not_before=max((part.not_before for part in [outer, *inner] if part.not_before), default=None),
    )


def unique_needed(needed: Sequence[Needed]) -> tuple[Needed, ...]:
    """Each distribution with each demand once; a name alone goes where something is known of its version."""
    versions = {each.distribution for each in needed if each.specifier}
    kept: dict[tuple[str, str], Needed] = {}
    for each in needed:
        if each.specifier or each.distribution not in versions:
            kept.setdefault((each.distribution, each.specifier), each)
    return tuple(kept.values())


def archive_risks(archive: Archive, allowed: Collection[str]) -> tuple[tuple[Risk, ...], dict[str, Any]]:
    """Names that lead out of the folder that an archive is unpacked into, and names that several members have."""
    risks: list[Risk] = []
    facts: dict[str, Any] = {}
    if archive.unsafe_names:
        facts["unsafe_names"] = [name[:200] for name in archive.unsafe_names[:20]]
        first = facts["unsafe_names"][0]
        why = f"`{first}` would be written elsewhere than where the archive is unpacked"
        risks.append(Risk(name="archive path", danger="unknown", why=why))
    if archive.twice:
        facts["twice"] = [name[:200] for name in archive.twice[:20]]
        why = f"the archive has `{facts['twice'][0]}` more than once, and which one is loaded depends on the reader"
        risks.append(Risk(name="archive names", danger="unknown", why=why))
    return tuple(risk for risk in risks if risk.name not in allowed), facts
