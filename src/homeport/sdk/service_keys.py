"""The keys of a service: looked at, and exchanged while it serves."""

from __future__ import annotations

from pathlib import Path

from homeport.domain.keys import KEYS_FILE, Keys, WhichKey
from homeport.domain.progress import Silent
from homeport.errors import InvalidCallError, ServiceError
from homeport.runtimes import ProcessRuntime
from homeport.runtimes.keys import keys_in, write_keys
from homeport.runtimes.service_folder import ServiceFolder
from homeport.store import home_folder


def keys_of(name: str, *, home: Path | None = None) -> Keys | None:
    """None for a service that asks for none; `home` is this user's where None. Raises `ServiceNotFoundError`."""
    home = home or home_folder()
    service = ProcessRuntime(home).service(name)
    return keys_in(ServiceFolder(home, name).path / KEYS_FILE) if service.auth_enabled else None


def regenerate(name: str, which: str, key: str | None = None, *, home: Path | None = None) -> Keys:
    """Exchange one key for `key`, or a random one; its host takes it up by itself. `which` in any case."""
    home = home or home_folder()
    folder = ServiceFolder(home, name)
    if not ProcessRuntime(home).service(name).auth_enabled:
        raise ServiceError(
            f"service `{name}` asks for no key",
            hint="deploy it with `--auth-enabled`, or `deploy_configuration(auth_enabled=True)`",
        )
    with folder.locked(Silent()):
        keys = keys_in(folder.path / KEYS_FILE).renewed(which_key(which), key)
        write_keys(folder.path / KEYS_FILE, keys)
    return keys


def which_key(word: object) -> WhichKey:
    """`Primary` or `Secondary`, as the original spells them, or in small letters."""
    if str(word).lower() == "primary":
        return "primary"
    if str(word).lower() == "secondary":
        return "secondary"
    raise InvalidCallError(f"key is `{word!r}`", hint="use `Primary` or `Secondary`")
