"""`AMLRequest`, `rawhttp` and `AMLResponse` for a script that tries its entry script out by itself.

A service's workers have their own; both are on top of flask, which is the user's dependency.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

try:
    import flask
except ImportError as missing:
    raise ImportError("AMLRequest and AMLResponse are made with flask: install flask to use them here") from missing

Function = TypeVar("Function", bound=Callable[..., Any])


def rawhttp(func: Function) -> Function:
    """The function as it is: only a service's worker makes a difference of it."""
    return func


class AMLRequest(flask.Request):
    """The request that a `rawhttp` `run()` is given."""


class AMLResponse(flask.Response):
    """An answer with its own status and headers; values of headers are split at commas, as in the original."""

    def __init__(
        self,
        message: Any,
        status_code: int,
        response_headers: Mapping[str, str] = {},
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        body = "{}" if message is None else json.dumps(message) if json_str else message
        kind = "application/json" if message is None or json_str else "text/html; charset=utf-8"
        super().__init__(body, status=status_code, content_type=kind)
        self.run_function_failed = run_function_failed
        for name, value in response_headers.items():
            del self.headers[name]
            for part in [value] if name.lower() == "set-cookie" else value.split(","):
                self.headers.add(name, part.strip())
