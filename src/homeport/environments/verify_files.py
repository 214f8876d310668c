"""What lies in a built environment, file by file: written down as it is built, from the packages' own records."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.domain.bundle import check_format
from homeport.environments.cache import entries_below, total_size

CONTENTS_FILE = "homeport-files.json"
CONTENTS_FORMAT = 1
_OURS = frozenset({CONTENTS_FILE, "homeport-lock.json"})
_PIECE = 1 << 20
_LINK = "-> "
_BYTECODE = re.compile(r"(^|/)__pycache__/[^/]+\.pyc(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Contents:
    """Paths below an environment's folder, each with its sha256 in hex, or `-> TARGET` of a link."""

    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Equal for equal packages: what a package brought, without what ties the folder to its machine."""
        lines = sorted(f"{path} {digest}\n" for path, digest in self.files.items() if _is_packages(path))
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def record_contents(folder: Path, lock_hash: str) -> Contents:
    """Write `homeport-files.json`: the hashes of RECORD files and conda's metadata, the rest hashed here."""
    entries = list(entries_below(folder))
    contents = _by_records(folder, entries)
    size = total_size(entry for _, entry in entries)
    document = {
        "format": CONTENTS_FORMAT,
        "lock": lock_hash,
        "bytes": size.total,
        "linked": size.linked,
        "files": dict(sorted(contents.files.items())),
    }
    partial = folder / f"{CONTENTS_FILE}.partial"
    partial.write_text(json.dumps(document, indent=0), encoding="utf-8")
    partial.rename(folder / CONTENTS_FILE)
    return contents


def read_contents(folder: Path) -> Contents | None:
    """What was written down; None of an environment that is older than this record."""
    try:
        document = json.loads((folder / CONTENTS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    check_format(document, CONTENTS_FORMAT, CONTENTS_FILE)
    return Contents(document["files"])


def contents_by_records(folder: Path) -> Contents:
    """Every file there but byte code: by the records beside the packages, hashed now where none speaks of it."""
    return _by_records(folder, entries_below(folder))


def _by_records(folder: Path, entries: Iterable[tuple[str, os.DirEntry[str]]]) -> Contents:
    recorded = dict(_recorded(folder))
    files = {}
    for path, entry in entries:
        if _counts(path):
            files[path] = recorded.get(path, "") if not entry.is_symlink() else ""
            files[path] = files[path] or digest_of(folder / path)
    return Contents(files)


def files_below(folder: Path) -> Iterator[str]:
    """Files and links, by their path below `folder`; byte code and what Homeport itself keeps there are left out."""
    return (path for path, _ in entries_below(folder) if _counts(path))


def _counts(path: str) -> bool:
    return path not in _OURS and not is_bytecode(path)


def is_bytecode(path: str) -> bool:
    """Python's own, which it makes anew from the source beside it; `.pyc.123` is of a compiler that was killed."""
    return "__pycache__/" in path and _BYTECODE.search(path) is not None


def digest_of(path: Path) -> str:
    """sha256 in hex; of a link where it leads."""
    if path.is_symlink():
        return _LINK + str(path.readlink())
    digest = hashlib.sha256()
    with path.open("rb") as reader:
        while piece := reader.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _recorded(folder: Path) -> Iterator[tuple[str, str]]:
    """The last word counts: a conda package's wheel, its own record, then what uv put over it."""
    records = list(folder.glob("lib/python3*/site-packages/*.dist-info/RECORD"))
    by_uv = [record for record in records if _is_by_uv(record)]
    for record in records:
        if record not in by_uv:
            yield from _of_wheel(record, folder)
    for meta in folder.glob("conda-meta/*.json"):
        yield from _of_conda(json.loads(meta.read_text(encoding="utf-8")))
    for record in by_uv:
        yield from ((path, "") for path in _paths(record, folder))
        yield from _of_wheel(record, folder)


def _paths(record: Path, folder: Path) -> Iterator[str]:
    site = os.path.relpath(record.parents[1], folder)
    with record.open(encoding="utf-8", newline="") as lines:
        yield from (os.path.normpath(f"{site}/{row[0]}") for row in csv.reader(lines) if row)


def _is_by_uv(record: Path) -> bool:
    installer = record.with_name("INSTALLER")
    return installer.is_file() and installer.read_text(encoding="utf-8").strip() == "uv"


def _of_wheel(record: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """(path below the environment, sha256 in hex); lines without a hash, or that lead elsewhere, are skipped."""
    site = os.path.relpath(record.parents[1], folder)
    with record.open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            if len(row) > 1 and row[1].startswith("sha256="):
                try:
                    digest = base64.urlsafe_b64decode(row[1].removeprefix("sha256=") + "==").hex()
                except (ValueError, binascii.Error):
                    continue
                yield os.path.normpath(f"{site}/{row[0]}") if ".." in row[0] else f"{site}/{row[0]}", digest


def _of_conda(meta: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Files of a conda package as they lie in a prefix: with its path written into them where they had a stand-in."""
    for file in (meta.get("paths_data") or {}).get("paths", []):
        digest = file.get("sha256_in_prefix") or (None if file.get("prefix_placeholder") else file.get("sha256"))
        if digest:
            yield file["_path"], digest


def _is_packages(path: str) -> bool:
    """Below site-packages; less RECORD, and what says where a package came from."""
    name = path.rpartition("/")[2]
    return "/site-packages/" in path and name not in ("RECORD", "direct_url.json", "uv_cache.json", "uv_build.json")
