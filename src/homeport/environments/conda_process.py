"""The process that works with channels: one JSON question on its standard input, JSON lines as its answer.

A process of its own, because a notebook has an event loop running already, because certificates and proxies are told by
variables, and because it ends with us: when its standard input closes, whatever it was doing.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import rattler
from rattler.exceptions import (
    CacheDirError,
    ExtractError,
    GatewayError,
    InstallerError,
    InvalidChannelError,
    InvalidMatchSpecError,
    InvalidVersionError,
    IoError,
    LinkError,
    SolverError,
    TransactionError,
)

_VERSIONS_TOLD = 8
_RECORDS_SECONDS = 300  # for one file of a channel's records
_PACKAGE_SECONDS = 3600  # for one package


def main() -> None:
    question = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_our_parent, daemon=True).start()
    try:
        _say({"answer": asyncio.run(_WORK[question["do"]](question))})
    except _FAILURES as wrong:
        _say({"failed": {"kind": type(wrong).__name__, "text": str(wrong).strip(), "known": _known(question, wrong)}})


def _end_with_our_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def _say(document: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


async def _solve(question: Mapping[str, Any]) -> dict[str, object]:
    given = question["virtual_packages"]
    virtual = _detected() if given is None else [rattler.GenericVirtualPackage(*_virtual(text)) for text in given]
    newest = datetime.fromisoformat(question["exclude_newer"]) if question["exclude_newer"] else None
    gateway = _gateway(question)
    solve = partial(
        rattler.solve,
        specs=[rattler.MatchSpec(text) for text in question["specs"]],  # as conda reads them, leniently
        gateway=gateway,
        platforms=[question["subdir"], "noarch"],
        virtual_packages=virtual,
        channel_priority=rattler.ChannelPriority.Strict,
        channel_relations="disabled",
    )
    records, reindexed = await _solved(solve, _sources(question), gateway, newest)
    return {
        "reindexed": reindexed,
        "records": [json.loads(record.to_json()) for record in records],
        "virtual_packages": [f"{each.name.normalized}={each.version}={each.build_string}" for each in virtual],
    }


_Solve = Callable[..., Coroutine[Any, Any, list[rattler.RepoDataRecord]]]


async def _solved(
    solve: _Solve, sources: Sequence[rattler.Channel], gateway: rattler.Gateway, newest: datetime | None
) -> tuple[list[rattler.RepoDataRecord], bool]:
    """(the records, whether their build dates had to do: a mirror's records are as young as the mirror)."""
    by_day = {"exclude_newer": newest, "timestamp_policy": "allow-missing"} if newest else {}
    try:
        return await _with_or_without_pip(partial(solve, sources=sources, **by_day)), False
    except SolverError:
        if newest is None:
            raise
    built = [_BuiltBefore(gateway, source, newest) for source in sources]
    return await _with_or_without_pip(partial(solve, sources=built)), True


async def _with_or_without_pip(solve: _Solve) -> list[rattler.RepoDataRecord]:
    try:
        return await solve(add_pip_as_python_dependency=True)  # conda's own default; it brings setuptools too
    except SolverError:
        return await solve()  # a channel without pip


class _BuiltBefore:
    """A channel as it would have been, by the dates at which its packages were built (a `RepoDataSource`)."""

    def __init__(self, gateway: rattler.Gateway, channel: rattler.Channel, newest: datetime) -> None:
        self._gateway, self._channel, self._newest = gateway, channel, newest

    async def fetch_package_records(
        self, platform: rattler.Subdir, name: rattler.PackageName
    ) -> list[rattler.RepoDataRecord]:
        found = await self._gateway.query([self._channel], [platform], [name.normalized], recursive=False)
        records = [record for records in found for record in records]
        return [record for record in records if record.timestamp is None or record.timestamp <= self._newest]

    def package_names(self, platform: rattler.Subdir) -> list[str]:
        return []


async def _install(question: Mapping[str, Any]) -> dict[str, object]:
    records = [_record(document) for document in question["records"]]
    cache = Path(question["cache"]) / "pkgs"
    await rattler.install(
        records,
        question["folder"],
        cache_dir=cache,
        alternative_target_prefix=question["prefix"],
        platform=rattler.Subdir(question["subdir"]),
        execute_link_scripts=False,
        show_progress=False,
        client=_client(question, _PACKAGE_SECONDS),
        reporter=_Told(),  # type: ignore[abstract]  # its methods do nothing unless overridden
    )
    return {}


class _Told(rattler.InstallerReporter):
    """Downloads, as they begin."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def on_populate_cache_start(self, operation: int, package_name: str) -> int:
        self._names[operation] = package_name
        return operation

    def on_download_start(self, cache_entry: int) -> int:
        _say({"step": f"  Downloading {self._names.get(cache_entry, '')}"})
        return cache_entry


def _record(document: Mapping[str, Any]) -> rattler.RepoDataRecord:
    record = rattler.PackageRecord(
        name=document["name"],
        version=document["version"],
        build=rattler.BuildString(document["build"]),
        build_number=document["build_number"],
        subdir=document["subdir"],
        noarch=document["noarch"],
        depends=document["depends"],
        constrains=document["constrains"],
        sha256=bytes.fromhex(document["sha256"]) if document["sha256"] else None,
        md5=bytes.fromhex(document["md5"]) if document["md5"] else None,
        size=document["size"],
        license=document["license"],
        python_site_packages_path=document["site_packages"],
    )
    if document["timestamp"] is not None:
        record.timestamp = datetime.fromtimestamp(document["timestamp"] / 1000, timezone.utc)
    url = str(document["url"])
    return rattler.RepoDataRecord(record, url.rsplit("/", 1)[-1], url, document["channel"])


def _detected() -> list[rattler.GenericVirtualPackage]:
    """What this machine has, as `CONDA_OVERRIDE_GLIBC` and its kin correct them."""
    found = rattler.VirtualPackage.detect(rattler.VirtualPackageOverrides.from_env())
    return [package.into_generic() for package in found]


def _virtual(text: str) -> tuple[Any, Any, Any]:
    name, version, build = (*text.split("="), "0", "0")[:3]
    return rattler.PackageName(name), rattler.Version(version), rattler.BuildString(build)


def _sources(question: Mapping[str, Any]) -> list[rattler.Channel]:
    return [rattler.Channel(address) for address in question["channels"]]


def _gateway(question: Mapping[str, Any]) -> rattler.Gateway:
    return rattler.Gateway(  # a channel that falls silent must not hold us for ever
        cache_dir=Path(question["cache"]) / "repodata",
        default_config=rattler.SourceConfig(sharded_enabled=bool(question.get("sharded", True))),
        client=_client(question, _RECORDS_SECONDS),
    )


def _client(question: Mapping[str, Any], seconds: int) -> rattler.Client:
    toml = "" if question["verify_tls"] else "tls-no-verify = true\n"
    return rattler.Client.from_config(rattler.Config.from_toml(toml), max_retries=1, timeout=seconds)


def _known(question: Mapping[str, Any], wrong: BaseException) -> dict[str, list[str]]:
    """The versions that there are of each package that was asked for, where nothing fits."""
    if not isinstance(wrong, SolverError):
        return {}
    try:
        return asyncio.run(_versions(question))
    except _NOT_ANSWERED:
        return {}


async def _versions(question: Mapping[str, Any]) -> dict[str, list[str]]:
    names = [spec.name.normalized for spec in map(rattler.MatchSpec, question["specs"]) if spec.name]
    found = await _gateway(question).query(
        _sources(question), [question["subdir"], "noarch"], [str(name) for name in names], recursive=False
    )
    versions: dict[str, set[tuple[rattler.VersionWithSource, str]]] = {str(name): set() for name in names}
    for record in (record for records in found for record in records):
        versions.setdefault(record.name.normalized, set()).add((record.version, str(record.version)))
    return {name: [text for _, text in sorted(each)[-_VERSIONS_TOLD:]] for name, each in versions.items()}


_WORK: dict[str, Callable[[Mapping[str, Any]], Coroutine[Any, Any, dict[str, object]]]] = {
    "solve": _solve,
    "install": _install,
}
_FAILURES: tuple[type[Exception], ...] = (
    CacheDirError,
    ExtractError,
    GatewayError,
    InstallerError,
    InvalidChannelError,
    InvalidMatchSpecError,
    InvalidVersionError,
    IoError,
    LinkError,
    OSError,
    SolverError,
    TransactionError,
)

_NOT_ANSWERED: tuple[type[Exception], ...] = (*_FAILURES, ValueError)

if __name__ == "__main__":
    main()
