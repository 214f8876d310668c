"""Who may score: a request needs one of the two keys in the key file, which may change at any time."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from homeport.domain.keys import Keys, read_keys
from homeport.errors import InvalidInputError
from homeport.scoring.cors import cors_headers
from homeport.scoring.log import Log
from homeport.scoring.messages import Answer, Request
from homeport.scoring.replies import HTML, error

FREE = ("/", "/healthz", "/readyz")  # probes have no keys
# A header for each: of two in one, chromium sees the first alone, and asks for a password only where that is Basic.
CHALLENGES = [(b"www-authenticate", b'Basic realm="homeport"'), (b"www-authenticate", b'Bearer realm="homeport"')]


class Doorkeeper:
    """Reads the file again when it has changed; while it cannot be read, nobody is let in."""

    def __init__(self, path: Path, log: Log) -> None:
        self._path, self._log = path, log
        self._seen: tuple[int, int, int] | None = None
        self._keys: Keys | None = None

    def refusal(self, path: str, request: Request, cors_origins: tuple[str, ...]) -> Answer | None:
        """None for one who may come in; else the answer, which is that of a browser's preflight where it is one."""
        if path in FREE or self.allows(request.header(b"authorization")):
            return None
        cors = cors_headers(cors_origins, request) if cors_origins else []
        if cors and request.method == "OPTIONS" and request.header(b"access-control-request-method"):
            return Answer(200, [HTML, *cors])  # browsers send no key with it; run() is not called for it either
        words = "this service asks for a key: send the header `Authorization: Bearer KEY`"
        return error(401, words, [*CHALLENGES, *cors])

    def allows(self, authorization: str | None) -> bool:
        """Whether the header has one of the keys; how long that takes says nothing about them."""
        keys = self._current()
        given = key_in(authorization)
        if keys is None or given is None:
            return False
        found = [secrets.compare_digest(given, key.encode()) for key in (keys.primary, keys.secondary)]
        return any(found)

    def _current(self) -> Keys | None:
        try:
            status = os.stat(self._path)  # noqa: PTH116 - for every request
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            if seen != self._seen:
                self._keys = read_keys(self._path.read_text(encoding="utf-8"))
                self._seen = seen
        except (OSError, UnicodeDecodeError, InvalidInputError) as wrong:
            if self._keys is not None or self._seen is None:
                self._log.error(f"the key file `{self._path}` cannot be read, nobody is let in: {wrong}")
            self._keys, self._seen = None, (0, 0, 0)
        return self._keys


def key_in(authorization: str | None) -> bytes | None:
    """The key of `Bearer KEY`; or of `Basic`, as a browser sends it: the password, whoever the user is."""
    scheme, _, words = (authorization or "").partition(" ")
    words = words.strip()
    if scheme.lower() == "bearer":
        return words.encode("latin-1") or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(words, validate=True).partition(b":")[2] or None
        except (binascii.Error, ValueError):
            return None
    return None
