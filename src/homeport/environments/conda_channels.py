"""Channels as people write them -> addresses; credentials stay out of what is kept or said."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.lock import without_credentials, without_tokens
from homeport.environments.conda_settings import CondaSettings, conda_settings
from homeport.errors import InvalidConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One channel: its name in locks and messages, its own address, and where it is asked for (mirrors first)."""

    name: str
    address: str  # without credentials, mirrors and a slash at the end
    given: str  # its own address with the credentials that were written into it
    asked: tuple[str, ...]

    def own(self, url: str) -> str:
        """A file's address that a mirror gave, as the channel's own: that is what locks keep."""
        bare = without_secrets(url)
        for asked in map(without_secrets, self.asked):
            if bare.startswith(f"{asked}/"):
                return self.address + bare[len(asked) :]
        return bare


def places_of(channels: Iterable[str], settings: CondaSettings) -> tuple[Place, ...]:
    """The channels in their order, each once; those of the settings where none is named.

    `nodefaults` is nothing: a channel that is not named is not asked. Raises InvalidConfigError.
    """
    named = [text for text in (os.path.expandvars(channel.strip()) for channel in channels) if text]
    if not named:
        named = list(settings.channels)
    found: dict[str, Place] = {}
    for text in named:
        for place in _places(text, settings):
            found.setdefault(place.address, place)
    return tuple(found.values())


def with_credentials(channels: Sequence[str], definition: EnvironmentDefinition) -> tuple[str, ...]:
    """A kept lock's channels with the credentials that its definition writes into them: locks have none."""
    given = {place.address: place.given for place in places_of(definition.channels, conda_settings())}
    return tuple(given.get(channel, channel) for channel in channels)


def without_secrets(text: str) -> str:
    """Without users, passwords and `/t/TOKEN/`."""
    return without_tokens(without_credentials(text))


def _places(text: str, settings: CondaSettings) -> list[Place]:
    if text == "nodefaults":
        return []
    if text == "defaults":
        return [_place(_address(each, settings), settings) for each in settings.default_channels]
    if text in settings.multichannels:
        return [_place(_address(each, settings), settings) for each in settings.multichannels[text]]
    return [_place(_address(text, settings), settings, name=None if "/" in text else text)]


def _address(text: str, settings: CondaSettings) -> str:
    text = os.path.expandvars(text.strip()).rstrip("/")
    if "://" in text:
        return text
    if text.startswith(("/", "~")):
        return Path(text).expanduser().as_uri()
    if text.startswith("."):
        raise InvalidConfigError(
            f"channel `{text}` is a path that only means something in one folder",
            hint="write it as an absolute path or as `file:///path/of/the/channel`",
        )
    first, _, _ = text.partition("/")
    for name in (text, first):
        if name in settings.custom_channels:
            base = os.path.expandvars(settings.custom_channels[name]).rstrip("/")
            return f"{base if '://' in base else Path(base).expanduser().as_uri()}/{quote(text)}"
    return f"{settings.alias}/{quote(text)}"


def _place(address: str, settings: CondaSettings, name: str | None = None) -> Place:
    bare = without_secrets(address)
    name = name or _name(bare, settings)
    mirrored = _mirrors(name, bare, settings)
    given = _with_secrets(address, settings)
    return Place(name=name, address=bare, given=given, asked=mirrored or (given,))


def _name(bare: str, settings: CondaSettings) -> str:
    """`conda-forge` for that channel below the alias, `pkgs/main` for a custom one; an address for any other."""
    for custom, base in settings.custom_channels.items():
        if bare == without_secrets(f"{base.rstrip('/')}/{custom}"):
            return custom
    alias = without_secrets(settings.alias)
    return unquote(bare[len(alias) + 1 :]) if bare.startswith(f"{alias}/") else bare


def _mirrors(name: str, bare: str, settings: CondaSettings) -> tuple[str, ...]:
    """Of the channel by its name or address, else of the longest beginning of its address."""
    if name in settings.mirrors:
        return tuple(_mirror(mirror) for mirror in settings.mirrors[name])
    for given in sorted(settings.mirrors, key=len, reverse=True):
        if "://" in given and (bare == given.rstrip("/") or bare.startswith(f"{given.rstrip('/')}/")):
            rest = bare[len(given.rstrip("/")) :]
            return tuple(_mirror(mirror) + rest for mirror in settings.mirrors[given])
    return ()


def _mirror(text: str) -> str:
    text = os.path.expandvars(text).rstrip("/")
    return text if "://" in text else Path(text).expanduser().as_uri()


def _with_secrets(address: str, settings: CondaSettings) -> str:
    """The credentials of a `.condarc`, where its channels have them and this address is below one of those."""
    if address != without_secrets(address):
        return address
    for text in (settings.alias, *settings.channels, *settings.default_channels):
        text = os.path.expandvars(text).rstrip("/")
        bare = without_secrets(text + "/").rstrip("/")
        if "://" in text and bare != text and (address == bare or address.startswith(f"{bare}/")):
            return text + address[len(bare) :]
    return address
