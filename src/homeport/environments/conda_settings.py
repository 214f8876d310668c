"""What the user told conda (`.condarc`, `CONDA_*`) and Homeport about channels: aliases, mirrors, authorities, proxies.

Source of places, order and keys: conda's documentation, "Using the .condarc conda configuration file".
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.errors import InvalidConfigError

ALIAS = "https://conda.anaconda.org"
DEFAULT_CHANNELS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
CUSTOM_CHANNELS = {f"pkgs/{name}": "https://repo.anaconda.com" for name in ("main", "r", "pro", "msys2")}
MIRRORS_VARIABLE = "HOMEPORT_CONDA_MIRRORS"
CACHE_VARIABLE = "HOMEPORT_CONDA_CACHE"
SETTINGS_FILE = "settings.json"
_OFF = ("false", "no", "off", "0")
_ON = ("true", "yes", "on", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaSettings:
    """Where channels are and how they are reached; `variables` are laid over the engine's own."""

    alias: str = ALIAS
    channels: tuple[str, ...] = ("defaults",)  # where a definition names none
    default_channels: tuple[str, ...] = DEFAULT_CHANNELS
    custom_channels: Mapping[str, str] = field(
        default_factory=lambda: CUSTOM_CHANNELS
    )  # name -> the address that it is below
    multichannels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mirrors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name or address -> addresses, best first
    verify_tls: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)


def conda_settings(environ: Mapping[str, str] = os.environ, home: Path | None = None) -> CondaSettings:
    """Read every place there is; the nearest wins."""
    home = home or Path.home()
    told: dict[str, Any] = {}
    for file in _files(environ, home):
        told.update(_read(file))
    told.update(_from_variables(environ))
    alias = str(told.get("channel_alias") or ALIAS)
    verify, variables = _certificates(told.get("ssl_verify"), environ)
    return CondaSettings(
        alias=os.path.expandvars(alias).rstrip("/"),
        channels=_texts(told.get("channels")) or ("defaults",),
        default_channels=_texts(told.get("default_channels")) or DEFAULT_CHANNELS,
        custom_channels={
            **CUSTOM_CHANNELS,
            **{str(name): str(base) for name, base in _mapping(told.get("custom_channels")).items()},
        },
        multichannels={str(name): _texts(each) for name, each in _mapping(told.get("custom_multichannels")).items()},
        mirrors=_mirrors(told, environ, home),
        verify_tls=verify,
        variables={**_proxies(told.get("proxy_servers"), environ), **variables},
    )


def conda_cache(environ: Mapping[str, str] = os.environ, home: Path | None = None) -> Path:
    """Where channels' records and packages are kept: `$HOMEPORT_CONDA_CACHE`, else in the user's cache."""
    if environ.get(CACHE_VARIABLE):
        return Path(environ[CACHE_VARIABLE]).expanduser().absolute()
    return Path(environ.get("XDG_CACHE_HOME") or (home or Path.home()) / ".cache") / "homeport" / "conda"


def _files(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Weakest first."""
    folders = [Path("/etc/conda"), Path("/var/lib/conda")]
    folders += [Path(environ[name]) for name in ("CONDA_ROOT",) if environ.get(name)]
    folders += [Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "conda", home / ".conda"]
    for folder in folders:
        yield from (folder / ".condarc", folder / "condarc")
        yield from sorted((folder / "condarc.d").glob("*.y*ml"))
    yield from (home / ".mambarc", home / ".condarc")
    if environ.get("CONDA_PREFIX"):
        yield Path(environ["CONDA_PREFIX"]) / ".condarc"
    if environ.get("CONDARC"):
        yield Path(environ["CONDARC"]).expanduser()


def _read(file: Path) -> Mapping[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    from ruamel.yaml import YAML  # heavy, and most machines have no such file
    from ruamel.yaml.error import YAMLError

    try:
        return _mapping(YAML(typ="safe", pure=True).load(text))
    except YAMLError as wrong:
        raise InvalidConfigError(f"`{file}` is not YAML: {str(wrong).splitlines()[0]}", hint="mend or move it") from (
            wrong
        )


def _from_variables(environ: Mapping[str, str]) -> dict[str, Any]:
    """The ones of conda: a variable for each key; lists are written with commas."""
    told: dict[str, Any] = {}
    for key in ("channel_alias", "ssl_verify"):
        if environ.get(f"CONDA_{key.upper()}"):
            told[key] = environ[f"CONDA_{key.upper()}"]
    for key in ("channels", "default_channels"):
        if environ.get(f"CONDA_{key.upper()}"):
            told[key] = [part for part in environ[f"CONDA_{key.upper()}"].replace("&", ",").split(",") if part]
    return told


def _certificates(said: object, environ: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
    """(are certificates checked, variables that name the authorities)."""
    text = str(said).strip() if said is not None else ""
    if text.lower() in _OFF:
        return False, {}
    bundle = text if text and text.lower() not in (*_ON, "truststore") else ""
    bundle = bundle or environ.get("SSL_CERT_FILE") or environ.get("REQUESTS_CA_BUNDLE") or ""
    bundle = bundle or environ.get("CURL_CA_BUNDLE") or ""
    path = Path(os.path.expandvars(bundle)).expanduser()
    return True, {"SSL_CERT_DIR" if path.is_dir() else "SSL_CERT_FILE": str(path)} if bundle else {}


def _proxies(said: object, environ: Mapping[str, str]) -> dict[str, str]:
    """Those of the environment count before those of a file."""
    found = {}
    for scheme in ("http", "https"):
        name = f"{scheme.upper()}_PROXY"
        proxy = _mapping(said).get(scheme)
        if proxy and not any(environ.get(each) for each in (name, name.lower(), "ALL_PROXY", "all_proxy")):
            found[name] = str(proxy)
    return found


def _mirrors(told: Mapping[str, Any], environ: Mapping[str, str], home: Path) -> dict[str, tuple[str, ...]]:
    found = {str(name): _texts(each) for name, each in _mapping(told.get("mirrored_channels")).items()}
    folder = Path(environ.get("HOMEPORT_HOME") or home / ".homeport").expanduser()
    settings = _settings(folder / SETTINGS_FILE)
    found |= {str(name): _texts(each) for name, each in _mapping(settings.get("conda_mirrors")).items()}
    return found | _mirrors_of_variable(environ.get(MIRRORS_VARIABLE, ""))


def _mirrors_of_variable(text: str) -> dict[str, tuple[str, ...]]:
    """`NAME=ADDRESS NAME=ADDRESS`; a name that comes twice has two mirrors."""
    found: dict[str, tuple[str, ...]] = {}
    for word in text.replace(",", " ").split():
        name, _, address = word.partition("=")
        if not address:
            raise InvalidConfigError(
                f"`{word}` in ${MIRRORS_VARIABLE} names no mirror",
                hint="write it as `conda-forge=https://mirror.example/conda-forge`; several with spaces between",
            )
        found[name] = (*found.get(name, ()), address)
    return found


def _settings(file: Path) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as wrong:
        raise InvalidConfigError(f"`{file}` cannot be read: {wrong}", hint="it is JSON: mend or move it") from wrong


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, (list, tuple)) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
