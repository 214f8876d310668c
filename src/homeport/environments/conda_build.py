"""The packages of a conda lock -> a prefix, in a staging folder but written for the place where it will be."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from homeport.domain.lock import Lock, LockedCondaPackage
from homeport.domain.platforms import find_platform
from homeport.domain.progress import Progress
from homeport.environments.conda_channels import Place, places_of, without_secrets
from homeport.environments.conda_engine import CondaError, CondaQuestion, ask
from homeport.environments.conda_reach import reachable
from homeport.environments.conda_settings import conda_cache, conda_settings
from homeport.environments.conda_words import install_error
from homeport.environments.install import Supply, install_packages
from homeport.environments.interpreter import probe
from homeport.errors import EnvironmentBuildError

INTERPRETER = Path("bin") / "python"
_SCRIPT_HEAD = re.compile(rb"#!/bin/sh\n'''exec' .*\n' '''\n|#!.*\n")  # the first form where the path is long
_PIECE = 1 << 20
_LONGEST_HEAD = 127  # bytes of a first line that Linux reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """Where an environment is made, and where it will be: its files name the latter."""

    staging: Path
    target: Path


def install_conda_packages(lock: Lock, prefix: Prefix, supply: Supply, progress: Progress) -> None:
    """Each package by hard links from the cache, its hash checked when it was fetched; then the pip part by uv.

    `EnvironmentBuildError` says which channel does not answer or which package is not what was locked.
    """
    settings = conda_settings()
    places = places_of(lock.channels, settings)
    missing = [package for package in lock.conda if not _is_cached(package)]
    if missing and supply.offline:
        names = ", ".join(package.file_name for package in missing[:5])
        raise EnvironmentBuildError(
            f"{len(missing)} conda packages are not on this machine: {names}",
            hint="build it once without --offline",
        )
    chosen = reachable(_needed(places, missing), settings) if missing else ()
    progress.step(f"installing {len(lock.conda)} conda packages")
    records = [_record(package, places, chosen) for package in lock.conda]
    for package, record in zip(lock.conda, records, strict=True):
        if package in missing and str(record["url"]).startswith("file:"):
            _check_local(package, str(record["url"]))
    question = CondaQuestion(
        do="install",
        subdir=find_platform(lock.platform).conda,
        more={"records": records, "folder": str(prefix.staging), "prefix": str(prefix.target)},
    )
    try:
        ask(question, settings, progress)
    except CondaError as wrong:
        raise install_error(wrong, places) from wrong
    _settle_records(lock, prefix)
    for script in sorted((prefix.staging / "bin").glob(".*-post-link.sh")):
        name = script.name.removesuffix("-post-link.sh").lstrip(".")
        progress.step(f"`{name}` has a script to run when it is installed, which is not run here")
    _install_pip_part(lock, prefix, supply, progress)


def _is_cached(package: LockedCondaPackage) -> bool:
    """Unpacked there by rattler, whose note beside it (`NAME.lock`) holds the archive's hash."""
    folder = conda_cache() / "pkgs" / package.file_name.removesuffix(".conda").removesuffix(".tar.bz2")
    try:
        note = folder.with_name(f"{folder.name}.lock").read_bytes()
    except OSError:
        return False
    known = bytes.fromhex(package.sha256) in note if package.sha256 else True
    return known and (folder / "info" / "index.json").is_file()


def _check_local(package: LockedCondaPackage, url: str) -> None:
    """A package from a folder of this machine: rattler compares the hashes of downloads only."""
    path = Path(unquote(urlsplit(url).path))
    name, wanted = ("sha256", package.sha256) if package.sha256 else ("md5", package.md5)
    digest = hashlib.new(name, usedforsecurity=False)
    try:
        with path.open("rb") as reader:
            while piece := reader.read(_PIECE):
                digest.update(piece)
    except OSError as wrong:
        raise EnvironmentBuildError(
            f"`{path}` cannot be read: {wrong.strerror}", hint="put the package back, or make a new lock"
        ) from wrong
    if wanted and digest.hexdigest() != wanted:
        raise EnvironmentBuildError(
            f"hash mismatch of `{path}`: {name} is {digest.hexdigest()}, and {wanted} was locked",
            hint="the file is not the one that was locked: it was damaged or replaced; put it back, or make a new lock",
        )


def _needed(places: Sequence[Place], missing: Sequence[LockedCondaPackage]) -> list[Place]:
    return [place for place in places if any(package.url.startswith(f"{place.address}/") for package in missing)]


def _record(package: LockedCondaPackage, places: Sequence[Place], chosen: Sequence[str]) -> dict[str, object]:
    """As the engine wants it, its address a mirror's where there is one that answers."""
    url, channel = package.url, package.url.rsplit("/", 2)[0]
    for place in places:
        if url.startswith(f"{place.address}/"):
            asked = next((address for address in place.asked if address in chosen), place.asked[0])
            url, channel = asked + url[len(place.address) :], place.address
            break
    return {**asdict(package), "url": url, "channel": channel}


def _settle_records(lock: Lock, prefix: Prefix) -> None:
    """Conda's records, the same on every machine: no cache folder, mirror or credential is in them."""
    urls = {package.file_name: package.url for package in lock.conda}
    for file in (prefix.staging / "conda-meta").glob("*.json"):
        record = json.loads(file.read_text(encoding="utf-8"))
        for key in ("extracted_package_dir", "package_tarball_full_path", "link"):
            record.pop(key, None)
        record["url"] = urls.get(record["fn"], without_secrets(record["url"]))
        _write(file, (json.dumps(record, indent=2, sort_keys=True) + "\n").encode())
    (prefix.staging / "CACHEDIR.TAG").unlink(missing_ok=True)  # backups would leave the environment out


def _install_pip_part(lock: Lock, prefix: Prefix, supply: Supply, progress: Progress) -> None:
    if not lock.packages:
        return
    interpreter = probe(prefix.staging / INTERPRETER)
    if interpreter is None:
        raise EnvironmentBuildError(
            "the Python of these conda packages does not run on this machine",
            hint="its channel may need a newer system: look at `__glibc` in the lock's virtual packages",
        )
    progress.step(f"installing {len(lock.packages)} packages of the pip section")
    install_packages(lock, interpreter, prefix.staging / INTERPRETER, progress, supply)
    for record in prefix.staging.glob("lib/python3*/site-packages/*.dist-info/RECORD"):
        _move_scripts(record, prefix)


def _move_scripts(record: Path, prefix: Prefix) -> None:
    """Commands begin with their interpreter's path: the one that it will have, and RECORD's hash with it."""
    before = str(prefix.staging).encode()
    rows = list(csv.reader(io.StringIO(record.read_text(encoding="utf-8"), newline="")))
    is_changed = False
    for row in rows:
        script = Path(os.path.normpath(record.parents[1] / row[0])) if row else record
        if script.parent != prefix.staging / "bin" or script.is_symlink() or not script.is_file():
            continue
        body = script.read_bytes()
        head = _SCRIPT_HEAD.match(body)
        if head is not None and before in head[0]:
            body = _head(prefix.target / INTERPRETER) + body[head.end() :]
            _write(script, body)
            digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
            row[1:] = [f"sha256={digest}", str(len(body))]
            is_changed = True
    if is_changed:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        _write(record, text.getvalue().encode())


def _head(interpreter: Path) -> bytes:
    """As uv and conda write it; a long path, or one with a space, is started by way of the shell."""
    line = f"#!{interpreter}\n"
    if len(line.encode()) <= _LONGEST_HEAD and " " not in line:
        return line.encode()
    return f"#!/bin/sh\n'''exec' \"{interpreter}\" \"$0\" \"$@\"\n' '''\n".encode()


def _write(path: Path, body: bytes) -> None:
    """A file of its own: the one there may be a link into a cache."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(body)
    partial.chmod(path.stat().st_mode)
    partial.rename(path)


def is_at_home(folder: Path, lock_file: Path) -> bool:
    """A prefix knows its own path: one that was moved does not work, and is built anew."""
    try:
        document = json.loads(lock_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    named = str(document.get("interpreter") or "")
    return bool(named) and Path(named).parents[1].resolve() == folder.resolve()
