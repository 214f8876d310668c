"""A lock: the exact packages, with hashes, that a definition resolved to on one platform at one time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, cast

from homeport.domain.bundle import check_format
from homeport.domain.json import JsonObject
from homeport.errors import InvalidInputError

LOCK_FORMAT = 2  # 1 knew no packages of channels; it still loads
OLDEST_LOCK_FORMAT = 1
_HASH_LENGTH = 32  # hex digits: 128 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One file that may be installed for a package; sha256 in hex."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package: its wheels for this platform, or its source archive where there is none.

    `source` pins what no index serves (a commit, a folder); it is None for a package of an index.
    """

    name: str
    version: str | None
    files: tuple[LockedFile, ...]
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCondaPackage:
    """One package of a channel, as that channel's own records had it; everything that an installer needs to know."""

    name: str
    version: str
    build: str  # "py37h0da4684_0"
    build_number: int
    subdir: str  # "linux-64", "noarch"
    channel: str  # its name, such as "conda-forge", or its address without credentials
    url: str  # the file's address without credentials and mirrors
    sha256: str  # hex; empty in old records, which have an md5 alone
    md5: str
    size: int | None
    depends: tuple[str, ...] = ()
    constrains: tuple[str, ...] = ()
    noarch: str | None = None  # "python", "generic"
    timestamp: int | None = None  # when it was built, milliseconds since 1970
    license: str | None = None
    site_packages: str | None = None  # of an interpreter that says where packages go

    @property
    def file_name(self) -> str:
        """`numpy-1.18.1-py37h4f9e942_0.conda`."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPython:
    """The interpreter build that the packages were chosen for."""

    version: str  # "3.7.16"
    implementation: str  # "cpython"
    abi: str  # the extension modules' tag, such as "cpython-37m-x86_64-linux-gnu"
    libc: str  # "glibc 2.36", as a fact; not part of the hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What an engine installs, and what it was made from."""

    engine: str  # "uv", or "conda" whose pip part is uv's too
    platform: str  # "linux-x86_64"
    python: LockedPython
    created: datetime
    as_of: date | None
    requested: tuple[str, ...]  # requirement lines after the replacements, as given to the engine
    options: tuple[str, ...]  # option lines of the definition, such as `--index-url ...`
    packages: tuple[LockedPackage, ...]  # sorted by name
    pylock: str  # uv's own text (PEP 751)
    conda: tuple[LockedCondaPackage, ...] = ()  # sorted by name
    conda_requested: tuple[str, ...] = ()  # specs as given to the solver
    channels: tuple[str, ...] = ()  # addresses in their order, without credentials
    virtual_packages: tuple[str, ...] = ()  # what the solver took the machine for: "__glibc=2.36=0"
    indexes: tuple[str, ...] = ()  # where pip packages were found: hosts, and `file` for folders of this machine
    definition: str = ""  # what it was made for: `EnvironmentDefinition.packages_digest`; empty in older locks

    @property
    def hash(self) -> str:
        """Names the environment's folder: equal for equal packages on an equal interpreter build.

        Neither the index's host, nor the day, nor what was asked for is part of it.
        """
        content: dict[str, Any] = {
            "platform": self.platform,
            "python": [self.python.implementation, self.python.version, self.python.abi],
            "packages": sorted(
                (
                    [package.name, package.version, package.source, sorted(file.sha256 for file in package.files)]
                    for package in self.packages
                ),
                key=str,
            ),
        }
        if self.conda:
            content["conda"] = sorted(
                [package.name, package.version, package.build, package.subdir, package.sha256 or package.md5]
                for package in self.conda
            )
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:_HASH_LENGTH]

    def to_json(self) -> JsonObject:
        document: dict[str, Any] = {"format": LOCK_FORMAT, "hash": self.hash, **asdict(self)}
        document["created"] = self.created.isoformat()
        document["as_of"] = self.as_of.isoformat() if self.as_of else None
        for key in ("requested", "options", "conda_requested", "channels"):
            document[key] = [without_credentials(line) for line in document[key]]
        for key in ("conda_requested", "channels"):
            document[key] = [without_tokens(line) for line in document[key]]
        return cast(JsonObject, document)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Lock:
        """Read a lock; an unknown format, or one that its own hash belies, is refused with the way out."""
        if document.get("format") != OLDEST_LOCK_FORMAT:
            check_format(document, LOCK_FORMAT, "environment lock")
        try:
            lock = cls(
                engine=document["engine"],
                platform=document["platform"],
                python=LockedPython(**document["python"]),
                created=datetime.fromisoformat(document["created"]),
                as_of=date.fromisoformat(document["as_of"]) if document["as_of"] else None,
                requested=tuple(document["requested"]),
                options=tuple(document["options"]),
                packages=tuple(_package(package) for package in document["packages"]),
                pylock=document["pylock"],
                conda=tuple(_conda_package(package) for package in document.get("conda", ())),
                conda_requested=tuple(document.get("conda_requested", ())),
                channels=tuple(document.get("channels", ())),
                virtual_packages=tuple(document.get("virtual_packages", ())),
                indexes=tuple(document.get("indexes", ())),
                definition=document.get("definition", ""),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise InvalidInputError(f"the environment lock is not complete: {wrong!r}", hint=_RELOCK) from wrong
        if document.get("hash", lock.hash) != lock.hash:
            raise InvalidInputError("the environment lock was changed by hand: its hash does not fit", hint=_RELOCK)
        return lock


_RELOCK = "make a new one with `homeport environment lock NAME --relock`"


def without_credentials(text: str) -> str:
    """`https://user:password@host/` is `https://host/`: locks and messages travel. `ssh://git@host` names no secret."""
    return _CREDENTIALS.sub(r"\1", text)


_CREDENTIALS = re.compile(r"((?<!ssh)://|(?<=ssh)://(?=[^/@\s\"']*:))[^/\s\"']+@")


def without_tokens(text: str) -> str:
    """`https://host/t/TOKEN/channel` is `https://host/channel`: how conda writes a channel's token."""
    return _TOKEN.sub(r"\1/", text)


_TOKEN = re.compile(r"(?<=://)([^/\s]+)/t/[^/\s]+/")


def _package(document: Mapping[str, Any]) -> LockedPackage:
    return LockedPackage(
        name=document["name"],
        version=document["version"],
        files=tuple(LockedFile(**file) for file in document["files"]),
        source=document.get("source"),
    )


def _conda_package(document: Mapping[str, Any]) -> LockedCondaPackage:
    return LockedCondaPackage(
        **{**document, "depends": tuple(document["depends"]), "constrains": tuple(document["constrains"])}
    )
