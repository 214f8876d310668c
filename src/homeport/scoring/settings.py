"""What a generation's variables say about serving; the names and defaults are the reference server's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from homeport.scoring.faults import StartError

CONFIG_NAME = "config.json"
WORKSPACE_KEYS = {"Scope", "subscription_id", "resource_group", "workspace_name"}  # an SDK v1 config.json has these
DEFAULT_TIMEOUT_MS = "3600000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One generation's settings, parsed."""

    timeout: float | None  # seconds that one call of run() may take
    cors_origins: tuple[str, ...]  # empty: no CORS headers at all
    server_version: str | None  # the x-ms-server-version header; None leaves it out
    health_port: int | None  # a second listener
    server_timing: bool = True  # the Server-Timing header of scores


def read_settings(variables: Mapping[str, str], entry_script: str) -> Settings:
    """From the variables, and a configuration file (a variable wins); `StartError` names what is wrong."""
    told = {**config_file(variables, entry_script), **variables}
    milliseconds = number(told, "SCORING_TIMEOUT_MS", DEFAULT_TIMEOUT_MS)
    shown = told.get("SERVER_VERSION_LOG_RESPONSE_ENABLED", "true").lower() == "true"
    origins = tuple(origin.strip() for origin in told.get("AML_CORS_ORIGINS", "").split(",") if origin.strip())
    separate = told.get("SEPERATE_HEALTH_ENDPOINT", "").lower() == "true"  # the reference's spelling
    return Settings(
        timeout=milliseconds / 1000 if milliseconds > 0 else None,
        cors_origins=origins,
        server_version=told.get("HTTP_X_MS_SERVER_VERSION", f"homeport/{version('homeport')}") if shown else None,
        health_port=number(told, "HEALTH_PORT", "5000") if separate else None,
        server_timing=told.get("HOMEPORT_SERVER_TIMING", "true").lower() != "false",
    )


def number(told: Mapping[str, str], name: str, default: str) -> int:
    text = told.get(name, default)
    try:
        return int(text)
    except ValueError:
        raise StartError(
            "bad_setting", f"{name} must be a whole number, got `{text}`", hint=f"unset it for {default}"
        ) from None


def config_file(variables: Mapping[str, str], entry_script: str) -> dict[str, str]:
    """AZUREML_CONFIG_FILE, else `config.json` in AML_APP_ROOT, else beside the script; never a workspace's."""
    named = variables.get("AZUREML_CONFIG_FILE")
    folders = [Path(variables.get("AML_APP_ROOT", ".")), Path(entry_script).parent]
    candidates = [Path(named)] if named else [folder / CONFIG_NAME for folder in folders]
    for path in candidates:
        if named or (path.is_file() and path.stat().st_size):
            document = read_config(path)
            if not WORKSPACE_KEYS & document.keys():
                return {key: as_text(value) for key, value in document.items()}
    return {}


def read_config(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise StartError(
            "bad_config",
            f"the configuration file `{path}` cannot be read: {wrong}",
            hint="write one JSON object into it",
        ) from wrong
    if not isinstance(document, dict):
        raise StartError("bad_config", f"the configuration file `{path}` is not a JSON object")
    return document


def as_text(value: object) -> str:
    """A JSON value as a variable would have it."""
    return value if isinstance(value, str) else json.dumps(value)
