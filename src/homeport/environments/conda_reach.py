"""Does a channel answer? Asked before the engine is: it would wait for minutes, or for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from urllib.parse import unquote, urlsplit

from homeport.environments.conda_channels import Place, without_secrets
from homeport.environments.conda_settings import CondaSettings
from homeport.errors import EnvironmentBuildError

ANSWER_SECONDS = 8.0


def reachable(places: Sequence[Place], settings: CondaSettings) -> tuple[str, ...]:
    """Of each channel the first address that answers anything. `EnvironmentBuildError` in seconds where none does."""
    reasons = _reasons({address for place in places for address in place.asked}, settings)
    chosen = []
    for place in places:
        found = next((address for address in place.asked if reasons[address] is None), None)
        if found is None:
            raise unreachable(place.name, without_secrets(place.asked[0]), str(reasons[place.asked[0]]))
        chosen.append(found)
    return tuple(chosen)


def unreachable(name: str, address: str, reason: str) -> EnvironmentBuildError:
    """Said at once, with the ways out."""
    where = "" if name == address else f" ({address})"
    if address.startswith("file://"):
        return EnvironmentBuildError(
            f"channel `{name}`{where} is not there: {reason}", hint="name a folder that has `noarch/repodata.json`"
        )
    return EnvironmentBuildError(
        f"channel `{name}`{where} cannot be reached: {reason}",
        hint="check the network and the proxy ($HTTPS_PROXY), or name a mirror in $HOMEPORT_CONDA_MIRRORS; "
        "`--engine uv` takes the packages from the Python package index instead",
    )


def _reasons(addresses: set[str], settings: CondaSettings) -> dict[str, str | None]:
    """Why each cannot be reached, None where it can: all are asked at once, and nobody is waited for."""
    answers: SimpleQueue[tuple[str, str | None]] = SimpleQueue()
    for address in addresses:
        threading.Thread(
            target=lambda each: answers.put((each, _reason(each, settings))), args=(address,), daemon=True
        ).start()
    reasons: dict[str, str | None] = dict.fromkeys(addresses, f"no answer within {ANSWER_SECONDS:.0f} seconds")
    end = monotonic() + ANSWER_SECONDS
    try:
        for _ in addresses:
            address, reason = answers.get(timeout=max(0.0, end - monotonic()))
            reasons[address] = reason
    except Empty:
        pass
    return reasons


def _reason(address: str, settings: CondaSettings) -> str | None:
    parts = urlsplit(address)
    if parts.scheme == "file":
        return None if Path(unquote(parts.path)).is_dir() else "there is no such folder"
    if parts.scheme not in ("http", "https"):
        return None  # the engine's own business
    proxy = _proxy(parts.scheme, parts.hostname or "", settings)
    return None if proxy and proxy.startswith("socks") else _no_answer(address, proxy)


def _no_answer(address: str, proxy: str | None) -> str | None:
    import ssl  # these three would cost every command that looks at an environment 20 ms
    import urllib.error
    import urllib.request
    from http.client import HTTPException

    context = ssl.create_default_context()
    context.check_hostname = False  # nothing secret is sent: the engine looks at certificates itself
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({urlsplit(address).scheme: proxy} if proxy else {}),
        urllib.request.HTTPSHandler(context=context),
    )
    asked = urllib.request.Request(f"{without_secrets(address)}/noarch/repodata.json", method="HEAD")  # noqa: S310
    try:
        opener.open(asked, timeout=ANSWER_SECONDS).close()
    except urllib.error.HTTPError as answer:
        answer.close()  # any answer is one: what it means the engine says
    except (OSError, HTTPException, ValueError) as wrong:
        reason = getattr(wrong, "reason", None) or wrong
        where = urlsplit(proxy if proxy and "://" in proxy else f"http://{proxy}")
        through = f" through the proxy {where.hostname}:{where.port}" if proxy else ""
        return f"{getattr(reason, 'strerror', None) or reason}{through}"
    return None


def _proxy(scheme: str, host: str, settings: CondaSettings) -> str | None:
    environ = {**settings.variables, **os.environ}
    for pattern in (environ.get("NO_PROXY") or environ.get("no_proxy") or "").split(","):
        bare = pattern.strip().lstrip("*.")
        if pattern.strip() == "*" or (bare and (host == bare or host.endswith(f".{bare}"))):
            return None
    for name in (f"{scheme}_proxy", "all_proxy"):
        found = environ.get(name) or environ.get(name.upper())
        if found:
            return found
    return None
