"""A definition -> a lock, by the conda engine: exact packages of its channels, and uv's for its pip section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

from homeport.domain.clock import Clock, utc_now
from homeport.domain.conda import conda_name, python_version
from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import Lock, LockedCondaPackage, LockedPython
from homeport.domain.platforms import find_platform
from homeport.domain.progress import Progress
from homeport.environments.conda_channels import Place, places_of
from homeport.environments.conda_engine import CondaError, CondaQuestion, ask
from homeport.environments.conda_pip import PipQuestion, lock_pip_part
from homeport.environments.conda_reach import reachable
from homeport.environments.conda_settings import CondaSettings, conda_settings
from homeport.environments.conda_words import solve_error
from homeport.environments.pylock import hosts
from homeport.errors import EnvironmentBuildError

# What a machine of another platform is taken for: the oldest systems that are still looked after.
_USUAL = {
    "linux-x86_64": ("__unix=0", "__linux=4.18", "__glibc=2.28", "__archspec=1=x86_64"),
    "linux-aarch64": ("__unix=0", "__linux=4.18", "__glibc=2.28", "__archspec=1=aarch64"),
    "macos-arm64": ("__unix=0", "__osx=12.0", "__archspec=1=m1"),
    "macos-x86_64": ("__unix=0", "__osx=12.0", "__archspec=1=x86_64"),
    "windows-x86_64": ("__win=10", "__archspec=1=x86_64"),
}
_TRIPLETS = {"linux-64": "x86_64-linux-gnu", "linux-aarch64": "aarch64-linux-gnu"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaTarget:
    """What a lock is made for."""

    platform: str  # "linux-x86_64"
    home: Path | None = None  # keeps the wheels that the pip section names by path
    is_here: bool = True  # else its virtual packages are what most such machines have


def lock_conda_environment(
    definition: EnvironmentDefinition, target: CondaTarget, *, progress: Progress, now: Clock = utc_now
) -> Lock:
    """Solve with the definition's channels in their order, the first that has a package being its only one.

    `EnvironmentBuildError` carries the solver's words and what there is; a channel that does not answer is told soon.
    """
    settings = conda_settings()
    places = _places(definition, settings)
    specs = _specs(definition)
    progress.step(f"the conda engine solves {len(specs)} entries with {', '.join(place.name for place in places)}")
    answer = _solved(definition, target, _Asked(settings, places, specs), progress)
    packages = tuple(sorted((_package(each, places) for each in answer["records"]), key=lambda each: each.name))
    if answer["reindexed"]:
        progress.step(f"the channels' records are younger than {definition.as_of}: the dates of the builds are taken")
    _tell_about_dates(definition, packages, progress)
    virtual = tuple(answer["virtual_packages"])
    python = _python(definition, packages, virtual, find_platform(target.platform).conda)
    progress.step(f"locked {len(packages)} conda packages, Python {python.version} among them")
    pip = lock_pip_part(
        PipQuestion(definition, python, packages, target.platform, target.is_here, target.home), progress
    )
    return Lock(
        engine="conda",
        platform=target.platform,
        python=python,
        created=now(),
        as_of=definition.as_of,
        requested=pip.requested,
        options=pip.options,
        packages=pip.packages,
        pylock=pip.pylock,
        indexes=hosts(pip.pylock),
        definition=definition.packages_digest,
        conda=packages,
        conda_requested=tuple(specs),
        channels=tuple(place.given for place in places),
        virtual_packages=virtual,
    )


def _places(definition: EnvironmentDefinition, settings: CondaSettings) -> tuple[Place, ...]:
    """The definition's channels; those that only an entry names (`channel::package`) come last."""
    named = [entry.split("::", 1)[0] for entry in definition.conda_packages if "::" in entry]
    listed = list(definition.channels)
    if not [text for text in listed if text != "nodefaults"]:
        listed += settings.channels
    return places_of([*listed, *(name for name in named if name not in listed)], settings)


def _specs(definition: EnvironmentDefinition) -> list[str]:
    specs = [_python_spec(definition)]
    if definition.pip:
        specs.append(definition.pip)
    return specs + list(definition.conda_packages)


def _python_spec(definition: EnvironmentDefinition) -> str:
    """As it is written, build string and all, unless another version was asked for since."""
    entry = definition.python_entry
    if entry and python_version(entry) == definition.python:
        return entry
    if definition.python is None:
        return "python"
    return f"python{definition.python}" if definition.python[0] in "<>=!~" else f"python={definition.python}"


@dataclass(frozen=True, slots=True)
class _Asked:
    settings: CondaSettings
    places: tuple[Place, ...]
    specs: list[str]


def _solved(
    definition: EnvironmentDefinition, target: CondaTarget, asked: _Asked, progress: Progress
) -> Mapping[str, Any]:
    chosen = reachable(asked.places, asked.settings)
    question = CondaQuestion(
        do="solve",
        subdir=find_platform(target.platform).conda,
        more={
            "specs": [_addressed(spec, asked, chosen) for spec in asked.specs],
            "channels": chosen,
            "virtual_packages": None if target.is_here else _USUAL[target.platform],
            "exclude_newer": _last_moment(definition.as_of) if definition.as_of else None,
        },
    )
    try:
        return ask(question, asked.settings, progress)
    except CondaError as wrong:
        if definition.pip in asked.specs and wrong.known.get("pip") == []:
            progress.step(f"`{definition.pip}` is left out: no channel has it, and uv installs the pip section")
            asked.specs.remove(definition.pip)
            return _solved(definition, target, asked, progress)
        raise solve_error(definition.label, wrong, asked.places, definition.as_of) from wrong


def _last_moment(day: date) -> str:
    """The engine takes what is exactly as old as that, so it is the last millisecond of the day (UTC)."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=timezone.utc)
    return (midnight - timedelta(milliseconds=1)).isoformat()


def _addressed(spec: str, asked: _Asked, chosen: Sequence[str]) -> str:
    """`conda-forge::numpy` with that channel's address, which may be a mirror's."""
    channel, is_pinned, rest = spec.partition("::")
    if not is_pinned:
        return spec
    wanted = places_of([channel], asked.settings)
    for place, address in zip(asked.places, chosen, strict=True):
        if place in wanted:
            return f"{address}::{rest}"
    return spec


def _package(record: Mapping[str, Any], places: Sequence[Place]) -> LockedCondaPackage:
    url, name = str(record["url"]), ""
    for place in places:
        own = place.own(url)
        if own.startswith(f"{place.address}/{record['subdir']}/"):
            url, name = own, place.name
            break
    return LockedCondaPackage(
        name=record["name"],
        version=record["version"],
        build=record["build"],
        build_number=record["build_number"],
        subdir=record["subdir"],
        channel=name,
        url=url,
        sha256=record.get("sha256") or "",
        md5=record.get("md5") or "",
        size=record.get("size"),
        depends=tuple(record.get("depends", ())),
        constrains=tuple(record.get("constrains", ())),
        noarch=_noarch(record.get("noarch")),
        timestamp=record.get("timestamp"),
        license=record.get("license"),
        site_packages=record.get("python_site_packages_path"),
    )


def _noarch(said: object) -> str | None:
    """Old records say `true` for what is now `generic`."""
    return said if isinstance(said, str) else "generic" if said else None


def _tell_about_dates(
    definition: EnvironmentDefinition, packages: Sequence[LockedCondaPackage], progress: Progress
) -> None:
    undated = [package.name for package in packages if package.timestamp is None]
    if definition.as_of and undated:
        names = ", ".join(undated[:5]) + (", ..." if undated[5:] else "")
        progress.step(f"the channel says no date for {names}: these may be younger than {definition.as_of}")


def _python(
    definition: EnvironmentDefinition, packages: Sequence[LockedCondaPackage], virtual: Sequence[str], subdir: str
) -> LockedPython:
    found = next((package for package in packages if conda_name(package.name) == "python"), None)
    if found is None:
        raise EnvironmentBuildError(f"{definition.label} has no Python", hint="add `python` to its dependencies")
    major, minor, *_ = found.version.split(".")
    flags = "m" if (int(major), int(minor)) < (3, 8) else ""
    glibc = next((text.split("=")[1] for text in virtual if text.startswith("__glibc=")), "")
    implementation = "pypy" if "pypy" in found.build else "cpython"
    return LockedPython(
        version=found.version,
        implementation=implementation,
        abi=f"{implementation}-{major}{minor}{flags}-{_TRIPLETS.get(subdir, subdir)}",
        libc=f"glibc {glibc}" if glibc else "",
    )
