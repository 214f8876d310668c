"""Ports: is one free, who has it, and which would do."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

from homeport.errors import InvalidCallError, ServiceError, UnavailableError

# Below the range that the system takes outgoing connections' ports from (32768 up on Linux), so that a service finds
# its port free again after a restart of the machine.
CHOOSE_FROM = range(20000, 32000)
TRIES = 200


def check_port(port: object) -> int:
    """A number from 1 to 65535."""
    if not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= 65535:
        raise InvalidCallError(f"`{port}` is not a usable port", hint="use a number from 1 to 65535")
    return port


def is_free(host: str, port: int) -> bool:
    """Whether this user can listen there; ServiceError where the system keeps the port to itself."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except PermissionError as refused:
            raise ServiceError(
                f"the system does not let you listen on port {port}", hint="use a port from 1024 up"
            ) from refused
        except OSError:
            return False
        return True


def free_port(host: str, avoid: Collection[int] = ()) -> int:
    """Some port that nobody listens on and no service of this home remembers as its own."""
    possible = [port for port in CHOOSE_FROM if port not in avoid]
    for port in random.sample(possible, min(TRIES, len(possible))):
        if is_free(host, port):
            return port
    raise UnavailableError("no free port was found", hint="name one with `port`")


def port_taken(host: str, port: int, holder: str | None, avoid: Collection[int] = ()) -> ServiceError:
    """The error for a port that somebody else has; it names who, where that can be known, and a port that would do."""
    who = holder or process_on(port) or "another process"
    return ServiceError(
        f"port {port} is taken: {who} listens on it",
        hint=f"use another port, for example {free_port(host, avoid)}, or stop what listens on {port}",
    )


def process_on(port: int) -> str | None:
    """`python3 (pid 123)`, or None where the system does not tell this user."""
    import psutil  # 18 ms of imports for the moment when something is wrong

    try:
        listening = (
            connection
            for connection in psutil.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        )
        found = next((connection for connection in listening if connection.pid), None)
        return f"`{psutil.Process(found.pid).name()}` (pid {found.pid})" if found else None
    except psutil.Error:
        return None
