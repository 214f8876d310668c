"""Signing in means nothing on one's own machine: these take what scripts give them, and do nothing with it."""

from __future__ import annotations

from typing import Any, NamedTuple


class AccessToken(NamedTuple):
    """The shape that callers unpack; always empty."""

    token: str
    expires_on: int


class AbstractAuthentication:
    """The base of all ways to sign in."""

    def get_authentication_header(self) -> dict[str, str]:
        """No header: nothing here asks for one."""
        return {}

    def get_token(self, *scopes: str, **kwargs: object) -> AccessToken:
        """An empty token that never expires."""
        return AccessToken("", 0)

    def signed_session(self, session: Any = None) -> Any:
        """The session as it is, or a new one of `requests` where that is installed."""
        if session is not None:
            return session
        import requests  # the script's own dependency, not ours

        return requests.Session()


class InteractiveLoginAuthentication(AbstractAuthentication):
    """Opens no browser."""

    def __init__(self, force: bool = False, tenant_id: str | None = None, cloud: str | None = None) -> None:
        return None


class AzureCliAuthentication(AbstractAuthentication):
    """Looks for no command-line login."""

    def __init__(self, cloud: str | None = None) -> None:
        return None


class ServicePrincipalAuthentication(AbstractAuthentication):
    """Keeps no secret."""

    def __init__(
        self,
        tenant_id: str,
        service_principal_id: str,
        service_principal_password: str,
        cloud: str = "AzureCloud",
        _enable_caching: bool = True,
    ) -> None:
        return None


class MsiAuthentication(AbstractAuthentication):
    """Asks for no managed identity."""

    def __init__(self, cloud: str | None = None, **kwargs: object) -> None:
        return None


class TokenAuthentication(AbstractAuthentication):
    """Never calls the function that it is given."""

    def __init__(self, get_token_for_audience: object = None, cloud: str | None = None) -> None:
        return None
