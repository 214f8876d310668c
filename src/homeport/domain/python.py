"""Which Python is asked for, and how near another one is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from homeport.errors import InvalidConfigError

OLDEST_PYTHON = (3, 6)  # the worker is written for it
Version = tuple[int, int, int]

_PLAIN = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class PythonWanted:
    """`3.7` and `3.7.3` take any release of 3.7, the nearest to .3 first; `>=3.6,<3.8` takes what is inside."""

    text: str
    minor: tuple[int, int] | None  # None for a range
    patch: int | None = None
    inside: SpecifierSet | None = None

    @classmethod
    def parse(cls, text: str) -> PythonWanted:
        """Read what a conda entry or an option says; a text that is no version is an `InvalidConfigError`."""
        text = text.strip()
        plain = _PLAIN.fullmatch(text)
        if plain:
            major, minor, patch = plain.groups()
            return cls(text, (int(major), int(minor)), int(patch) if patch else None)
        if not text:
            raise _not_a_version(text)
        try:
            if re.fullmatch(r"\d+", text):
                return cls(text, None, inside=SpecifierSet(f"=={text}.*"))
            return cls(text, None, inside=SpecifierSet(re.sub(r"(?<![=<>~!])=(?!=)", "==", text)))
        except InvalidSpecifier as wrong:
            raise _not_a_version(text) from wrong

    def accepts(self, version: Version) -> bool:
        if self.minor is not None:
            return version[:2] == self.minor
        return self.inside is None or self.inside.contains(spell(version))

    def distance(self, version: Version) -> tuple[int, ...]:
        """Sorts accepted versions, nearest first: by patch, else the newest of all."""
        if self.minor is not None and self.patch is not None:
            return abs(version[2] - self.patch), -version[2]
        return tuple(-part for part in version)


def _not_a_version(text: str) -> InvalidConfigError:
    return InvalidConfigError(f"`{text}` is not a Python version", hint="write it as `3.7`, `3.7.16` or `>=3.6,<3.9`")


def spell(version: tuple[int, ...]) -> str:
    """(3, 7, 16) is `3.7.16`."""
    return ".".join(map(str, version))
