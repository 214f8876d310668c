"""The conda engine's words, made an error that says what to try next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from homeport.environments.conda_channels import Place
from homeport.environments.conda_engine import CondaError
from homeport.environments.conda_reach import unreachable
from homeport.errors import EnvironmentBuildError

_CERTIFICATE = re.compile(r"certificate|UnknownIssuer|self.signed", re.IGNORECASE)
_CONNECT = re.compile(r"client error \(Connect\)|dns error|timed out|proxy|Network is unreachable", re.IGNORECASE)
_REFUSED = re.compile(r"\b(401|403)\b")
_ABSENT = re.compile(r"\b404\b|No such file or directory|could not find subdir")
_DAMAGED = re.compile(
    r"hash mismatch|sha256|md5|corrupt|checksum|unexpected (end of file|eof)|invalid (zip|tar|gzip|bzip)", re.IGNORECASE
)
_SPACE = re.compile(r"No space left on device|os error 28")
_NOTHING = re.compile(r"No candidates were found for ([\w.\-]+)")
_BY_UV = "`--engine uv` takes the packages from the Python package index instead"


def solve_error(label: str, wrong: CondaError, places: Sequence[Place], as_of: date | None) -> EnvironmentBuildError:
    """`label` is the definition's; the solver's own words are kept."""
    known = _known(wrong)
    text = "\n".join(part for part in (wrong.text, *known) if part)
    if wrong.kind == "InvalidMatchSpecError":
        return EnvironmentBuildError(f"{label} has an entry that conda cannot read: {text}", hint=_WRITE)
    if wrong.kind != "SolverError":
        return _transport_error(f"cannot resolve {label}", wrong, places)
    day = f" as of {as_of}" if as_of else ""
    asked = ", ".join(place.name for place in places)
    missing = [name for name in _NOTHING.findall(wrong.text) if not wrong.known.get(name.lower())]
    if missing:
        hint = f"{', '.join(f'`{name}`' for name in missing)}: not in {asked}{day}; check the spelling, add a channel"
    elif as_of:
        hint = f"nothing fits{day}: loosen one of them, or choose a later date"
    else:
        hint = f"loosen one of them (a version without its build string fits more often), or add a channel to {asked}"
    return EnvironmentBuildError(f"cannot resolve {label}{day}\n{text}", hint=f"{hint}; {_BY_UV}")


_WRITE = "write it as `numpy=1.19`, `numpy>=1.19,<2` or `numpy=1.19.2=py37h54aff64_0`"


def _known(wrong: CondaError) -> list[str]:
    """What there is of each package for which nothing was found."""
    lines = []
    for name in _NOTHING.findall(wrong.text):
        versions = wrong.known.get(name.lower())
        if versions:
            lines.append(f"there is `{name}` {', '.join(versions)}")
    return lines


def install_error(wrong: CondaError, places: Sequence[Place]) -> EnvironmentBuildError:
    """A package that cannot be fetched, is not what the lock says, or cannot be written."""
    return _transport_error("cannot install the conda packages", wrong, places)


def _transport_error(doing: str, wrong: CondaError, places: Sequence[Place]) -> EnvironmentBuildError:
    text = wrong.text
    about = next((place for place in places if any(each in text for each in (place.address, *place.asked))), None)
    named = f"channel `{about.name}`" if about else "a channel"
    if _SPACE.search(text):
        hint = "the disk is full: make room, or move the cache with $HOMEPORT_CONDA_CACHE"
    elif _CERTIFICATE.search(text):
        hint = f"the certificate of {named} is not trusted: name your authority's file in $SSL_CERT_FILE"
    elif _REFUSED.search(text):
        hint = f"{named} wants to know who asks: write its host into ~/.netrc, or use `rattler auth login`"
    elif _CONNECT.search(text) and about is not None:
        return unreachable(about.name, about.address, text)
    elif _CONNECT.search(text):
        hint = f"check the network and the proxy, or name a mirror in $HOMEPORT_CONDA_MIRRORS; {_BY_UV}"
    elif _ABSENT.search(text):
        hint = f"{named} has no such file: check its address, or make a new lock (`homeport environment lock --relock`)"
    elif _DAMAGED.search(text):
        hint = "the file is not the one that was locked: it was damaged or replaced; ask its channel, or lock anew"
    else:
        hint = "the engine's own words are above"
    return EnvironmentBuildError(f"{doing}\n{text}", hint=hint)
