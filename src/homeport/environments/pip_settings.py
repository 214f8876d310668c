"""What the user told pip (`PIP_*`, pip.conf), told to uv, which reads neither.

Source of places and order: pip's documentation, "Configuration". Only what is set is handed over, and never over what
the user set for uv.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

_FILES_OFF = ("/dev/null", os.devnull)
_SECTIONS = ("global", "install")


def uv_settings(environ: Mapping[str, str], home: Path | None = None) -> dict[str, str]:
    """Variables for uv; a mirror that was set for pip has pip's meaning: the best version of all places wins."""
    pip = pip_settings(environ, home or Path.home())
    given: dict[str, str] = {}
    if pip.get("index-url") and not _any(environ, "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        given["UV_DEFAULT_INDEX"] = pip["index-url"].strip()
    if pip.get("extra-index-url") and not _any(environ, "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        given["UV_INDEX"] = " ".join(pip["extra-index-url"].split())
        if not _any(environ, "UV_INDEX_STRATEGY"):
            given["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if pip.get("find-links") and not _any(environ, "UV_FIND_LINKS"):
        given["UV_FIND_LINKS"] = ",".join(pip["find-links"].split())
    if _true(pip.get("no-index")) and not _any(environ, "UV_NO_INDEX"):
        given["UV_NO_INDEX"] = "1"
    if pip.get("cert") and not _any(environ, "SSL_CERT_FILE", "SSL_CERT_DIR"):
        given["SSL_CERT_FILE"] = str(Path(pip["cert"].strip()).expanduser())
    if pip.get("client-cert") and not _any(environ, "SSL_CLIENT_CERT"):
        given["SSL_CLIENT_CERT"] = pip["client-cert"].strip()
    if pip.get("trusted-host") and not _any(environ, "UV_INSECURE_HOST"):
        given["UV_INSECURE_HOST"] = " ".join(pip["trusted-host"].split())
    if pip.get("proxy") and not _any(environ, "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        given["ALL_PROXY"] = pip["proxy"].strip()
    return given


def pip_settings(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Every option that is set, by its long name without dashes; the nearest place wins."""
    settings: dict[str, str] = {}
    for file in _files(environ, home):
        settings.update(_read(file))
    for key, value in environ.items():
        if key.startswith("PIP_") and value:
            settings[key.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings


def _files(environ: Mapping[str, str], home: Path) -> list[Path]:
    """Weakest first: machine, user, virtual environment, $PIP_CONFIG_FILE; the null device there means no files."""
    named = environ.get("PIP_CONFIG_FILE")
    if named in _FILES_OFF:
        return []
    files = [Path(folder) / "pip" / "pip.conf" for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    files += [Path("/etc/pip.conf"), Path("/Library/Application Support/pip/pip.conf")]
    files += [home / ".pip" / "pip.conf", home / "Library" / "Application Support" / "pip" / "pip.conf"]
    files.append(Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf")
    if environ.get("VIRTUAL_ENV"):
        files.append(Path(environ["VIRTUAL_ENV"]) / "pip.conf")
    if named:
        files.append(Path(named))
    return files


def _read(file: Path) -> dict[str, str]:
    reader = configparser.RawConfigParser()
    try:
        reader.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}  # pip itself will complain about it
    found: dict[str, str] = {}
    for section in _SECTIONS:
        if reader.has_section(section):
            found.update({key.replace("_", "-"): value for key, value in reader.items(section)})
    return found


def _any(environ: Mapping[str, str], *names: str) -> bool:
    return any(environ.get(name) for name in names)


def _true(value: str | None) -> bool:
    return (value or "").strip().lower() in ("1", "true", "yes", "on")
