"""Where a service listens, and what callers call it by."""

from __future__ import annotations

from ipaddress import ip_address

from homeport.errors import InvalidCallError

LOOPBACK = "127.0.0.1"
ALL = ("0.0.0.0", "::")  # noqa: S104


def check_host(host: object) -> str:
    """An IP address of this machine, or `localhost`; InvalidCallError for anything else."""
    if host == "localhost":
        return "localhost"
    try:
        if not isinstance(host, str):
            raise ValueError
        ip_address(host)
    except ValueError:
        raise InvalidCallError(
            f"host is `{host}`", hint="use an IP address of this machine, or `0.0.0.0` for all of them"
        ) from None
    return host


def is_local(host: str) -> bool:
    """Whether nothing but this machine can reach it; a name may be anybody's."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def url(host: str, port: int | str, path: str = "") -> str:
    """As this machine calls it. One that listens on all addresses is `localhost` here, another name elsewhere."""
    name = f"[{host}]" if ":" in host else host
    if host in (LOOPBACK, *ALL):
        name = "localhost"
    return f"http://{name}:{port}/{path}"
