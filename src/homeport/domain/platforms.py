"""Platforms that locks are made for: one name each, whatever a tool calls it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeport.errors import InvalidConfigError


@dataclass(frozen=True, slots=True)
class Platform:
    """A system on an architecture; `uv` and `conda` are their words for it."""

    name: str
    uv: str
    conda: str


PLATFORMS = (
    Platform("linux-x86_64", "x86_64-unknown-linux-gnu", "linux-64"),
    Platform("linux-aarch64", "aarch64-unknown-linux-gnu", "linux-aarch64"),
    Platform("macos-arm64", "aarch64-apple-darwin", "osx-arm64"),
    Platform("macos-x86_64", "x86_64-apple-darwin", "osx-64"),
    Platform("windows-x86_64", "x86_64-pc-windows-msvc", "win-64"),
)
_ALSO = {
    "linux": "linux-x86_64",
    "macos": "macos-arm64",
    "macos-aarch64": "macos-arm64",
    "windows": "windows-x86_64",
    "win-amd64": "windows-x86_64",
    "windows-amd64": "windows-x86_64",
}


def platform_name(text: str) -> str:
    """What `sysconfig.get_platform()` says, as a lock's platform; one that is not in the table stays as it is."""
    system, _, machine = text.partition("-")
    if system == "macosx":
        return f"macos-{machine.rpartition('-')[2]}"
    return _ALSO.get(text, text)


def find_platform(text: str) -> Platform:
    """By our name, conda's, uv's or a short one (`windows`). Raises InvalidConfigError with the names there are."""
    wanted = re.sub(r"[\s_]*$", "", text.strip().lower())
    wanted = _ALSO.get(wanted, wanted)
    for known in PLATFORMS:
        if wanted in (known.name, known.uv, known.conda):
            return known
    names = ", ".join(known.name for known in PLATFORMS)
    raise InvalidConfigError(f"`{text}` is not a platform that can be locked for", hint=f"name one of {names}")
