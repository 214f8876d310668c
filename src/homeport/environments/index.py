"""Asks the user's own package index what releases there are (PEP 691 JSON), as uv would reach it."""

from __future__ import annotations

import base64
import json
import netrc
import os
import re
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from homeport.domain.clock import Clock, utc_now
from homeport.domain.progress import Silent
from homeport.domain.releases import Release, read_releases, releases_of, write_releases
from homeport.environments.pip_settings import uv_settings
from homeport.environments.uv import UvError, run_uv

JSON = "application/vnd.pypi.simple.v1+json"
_SECONDS = 20
_LIFE = 24 * 3600  # seconds an answer is good for
_LARGEST = 60_000_000  # bytes of one answer
_FOLDER = Path("cache") / "releases"


class IndexUnreachableError(Exception):
    """Nothing answered at the index, or what answered is no package index with dates."""


class PackageIndex:
    """One index; what it said of a distribution is kept in `home/cache/releases` for a day."""

    def __init__(self, home: Path, *, environ: Mapping[str, str] = os.environ, now: Clock = utc_now) -> None:
        self._folder = home / _FOLDER
        self._settings = {**environ, **uv_settings(environ)}
        self._now = now

    def releases(self, name: str) -> tuple[Release, ...]:
        """Empty for a name that the index does not have; `IndexUnreachableError` where it cannot be asked."""
        kept = self._folder / f"{name}.txt"
        try:
            if time.time() - kept.stat().st_mtime < _LIFE:
                return tuple(read_releases(kept.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            pass  # nothing usable is kept
        found = self.fetch(name)
        self._keep(kept, write_releases(name, found).partition("\n")[2])
        return found

    def fetch(self, name: str) -> tuple[Release, ...]:
        """As `releases`, from the index itself."""
        document = self._get(name)
        if document is None:
            return ()
        files = document.get("files", [])
        if files and not any(file.get("upload-time") for file in files):
            raise IndexUnreachableError("it does not tell when its files were uploaded")
        return releases_of(files)

    def _get(self, name: str) -> Any:
        """The parsed JSON; None for 404."""
        address, credentials = _split(f"{self._address().rstrip('/')}/{name}/")
        request = urllib.request.Request(address, headers={"Accept": JSON})  # noqa: S310 - scheme is checked below
        if credentials:
            request.add_header("Authorization", f"Basic {credentials}")
        if urlsplit(address).scheme not in ("http", "https"):
            raise IndexUnreachableError("it is no index on a network")
        try:
            with self._opener(address).open(request, timeout=_SECONDS) as answer:
                return json.loads(answer.read(_LARGEST))
        except urllib.error.HTTPError as wrong:
            if wrong.code == 404:
                return None
            raise IndexUnreachableError(f"status {wrong.code}") from wrong
        except (OSError, ValueError) as wrong:
            raise IndexUnreachableError(str(getattr(wrong, "reason", wrong))) from wrong

    def _address(self) -> str:
        if self._settings.get("UV_NO_INDEX"):
            raise IndexUnreachableError("settings forbid an index")
        for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
            if self._settings.get(variable):
                return re.sub(r"^[\w.-]+=", "", self._settings[variable])  # it may be given a name
        return self._usual_address()

    def _usual_address(self) -> str:
        """The first choice of uv itself, its configuration files counted: it tells when asked to lock nothing."""
        with tempfile.TemporaryDirectory(prefix="homeport-index-") as text:
            folder = Path(text)
            (folder / "nothing.in").write_text("", encoding="utf-8")
            words = ["pip", "compile", "--quiet", "--emit-index-url", "-o", "told.txt", "nothing.in"]
            try:
                run_uv(words, folder=folder, progress=Silent())
            except UvError as wrong:
                raise IndexUnreachableError(wrong.text.partition("\n")[0] or "uv failed") from wrong
            told = re.search(r"(?m)^--index-url (\S+)", (folder / "told.txt").read_text(encoding="utf-8"))
        if told is None:
            raise IndexUnreachableError("uv does not say which index it uses")
        self._settings["UV_DEFAULT_INDEX"] = told.group(1)
        return told.group(1)

    def _opener(self, address: str) -> urllib.request.OpenerDirector:
        context = ssl.create_default_context(cafile=self._settings.get("SSL_CERT_FILE") or None)
        host = urlsplit(address).hostname or ""
        if host in self._settings.get("UV_INSECURE_HOST", "").replace(",", " ").split():
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self._settings.get("SSL_CLIENT_CERT"):
            context.load_cert_chain(self._settings["SSL_CLIENT_CERT"])
        proxies = urllib.request.getproxies()
        every = self._settings.get("ALL_PROXY") or self._settings.get("all_proxy")
        if every:
            proxies = {"http": every, "https": every, **proxies}
        return urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context)
        )

    def _keep(self, file: Path, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, partial = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(partial).rename(file)


def _split(address: str) -> tuple[str, str | None]:
    """The address without credentials, and these (or netrc's) as basic authentication has them."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    plain = urlunsplit(parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}"))
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user:
        try:
            known = netrc.netrc().authenticators(host)
        except (OSError, netrc.NetrcParseError):
            known = None
        user, password = (known[0], known[2] or "") if known else ("", "")
    return plain, base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
