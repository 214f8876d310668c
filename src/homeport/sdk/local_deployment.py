"""Settings of a service on this machine."""

from __future__ import annotations

from typing import Any

from homeport.domain.address import check_host, is_local
from homeport.domain.keys import Keys, new_key
from homeport.domain.serving import ServingOptions
from homeport.errors import InvalidCallError
from homeport.sdk.webservice import WebserviceDeploymentConfiguration

LAST_PORT = 65535


class LocalWebserviceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """The port, any free one where it is None or 0, and the number of workers that run the entry script.

    With `auth_enabled` callers need a key; where `host` can be reached from other machines, they do unless `no_key` is
    said. A host of None is this machine alone. `options` has those of `ServingOptions` that were given; in an
    update the others, the host and the keys stay as they are.
    """

    def __init__(
        self,
        port: int | None = None,
        *,
        workers: int = 1,
        auth_enabled: bool = False,
        host: str | None = None,
        no_key: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            "Local", primary_key=options.pop("primary_key", None), secondary_key=options.pop("secondary_key", None)
        )
        self.auth_enabled = auth_enabled
        self.host, self.no_key = host, no_key
        self.port = port
        self.workers = workers
        self.options = options
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raise `WebserviceException` for a port or a number of workers that cannot be right."""
        if self.port and not (isinstance(self.port, int) and 1 <= self.port <= LAST_PORT):
            raise InvalidCallError(
                f"port is `{self.port!r}`", hint=f"use a whole number from 1 to {LAST_PORT}, or None for any free port"
            )
        if not isinstance(self.workers, int) or isinstance(self.workers, bool) or self.workers < 1:
            raise InvalidCallError(f"workers is `{self.workers!r}`", hint="use a whole number, 1 or more")
        if (self.primary_key or self.secondary_key) and not self.auth_enabled:
            raise InvalidCallError("a key is given, but callers need none", hint="say `auth_enabled=True`")
        if self.no_key and self.auth_enabled:
            raise InvalidCallError("`no_key` and `auth_enabled` exclude each other", hint="say one of them")
        if self.host is not None and not (is_local(check_host(self.host)) or self.auth_enabled or self.no_key):
            raise InvalidCallError(
                f"`{self.host}` can be reached from other machines, so that callers need a key",
                hint="say `auth_enabled=True` (`--auth-enabled`), or `no_key=True` (`--no-key`) to let everyone score",
            )
        ServingOptions.from_json(self.options)

    @property
    def keys(self) -> Keys | None:
        """The keys that were given, one not given being random; None where none was. Raises `WebserviceException`."""
        if not self.primary_key and not self.secondary_key:
            return None
        return Keys(self.primary_key or new_key(), self.secondary_key or new_key())

    def print_deploy_configuration(self) -> None:
        """Print nothing, as in the original: there is no more than the port."""
