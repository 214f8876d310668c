"""One request to a local service, with nothing but the standard library."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from typing import Any

from homeport.errors import ServiceError, WebserviceException

# A proxy that the environment names is for the world outside: a local service is never behind one.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post_json(url: str, body: Any, *, key: str | None = None) -> Any:
    """POST `body`, with the service's key where it asks for one, and parse the answer; text and bytes go as they are.

    Raises `WebserviceException` with `status_code` for an answer that is not 200, and `json.JSONDecodeError` for a
    200 that is not JSON.
    """
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, _encoded(body), headers)  # noqa: S310 - always http on this machine
    try:
        with _DIRECT.open(request) as answer:
            status, content = answer.status, answer.read()
    except urllib.error.HTTPError as wrong:
        with wrong:
            raise _refused(wrong.code, wrong.read()) from wrong
    except OSError as wrong:
        raise ServiceError(
            f"nothing answers at `{url}`: {getattr(wrong, 'reason', wrong)}",
            hint="`homeport service list` shows which services run, and what mends them",
        ) from wrong
    if status != 200:
        raise _refused(status, content)
    return json.loads(content)


def _encoded(body: Any) -> bytes:
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _refused(status: int, content: bytes) -> WebserviceException:
    text = content.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, KeyError, TypeError):  # a script's own answer is shown as it is
        text = json.loads(text)["message"]
    return WebserviceException(
        f"the service answered {status}: {text}", status, hint="`get_logs()` shows what the script said"
    )
