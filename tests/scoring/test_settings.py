from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.scoring.faults import StartError
from homeport.scoring.settings import read_settings


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"AML_APP_ROOT": str(tmp_path)}


def test_nothing_said_gives_the_references_defaults(variables: dict[str, str], tmp_path: Path) -> None:
    settings = read_settings(variables, str(tmp_path / "score.py"))
    assert (settings.timeout, settings.cors_origins, settings.health_port) == (3600.0, (), None)
    assert settings.server_version is not None
    assert settings.server_version.startswith("homeport/")


def test_a_timeout_of_0_is_none(variables: dict[str, str]) -> None:
    assert read_settings({**variables, "SCORING_TIMEOUT_MS": "0"}, "/s.py").timeout is None


def test_a_value_that_cannot_be_read_is_named(variables: dict[str, str]) -> None:
    with pytest.raises(StartError, match="SCORING_TIMEOUT_MS must be a whole number, got `abc`"):
        read_settings({**variables, "SCORING_TIMEOUT_MS": "abc"}, "/s.py")


def test_a_file_in_the_app_root_is_read_and_a_variable_wins(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"SCORING_TIMEOUT_MS": 200, "AML_CORS_ORIGINS": "http://a, http://b"}')
    settings = read_settings(variables, "/s.py")
    assert (settings.timeout, settings.cors_origins) == (0.2, ("http://a", "http://b"))
    assert read_settings({**variables, "SCORING_TIMEOUT_MS": "100"}, "/s.py").timeout == 0.1


@pytest.mark.parametrize("keys", [{"Id": None, "Scope": "/subscriptions/x"}, {"workspace_name": "w"}])
def test_a_workspaces_config_json_is_never_read(variables: dict[str, str], tmp_path: Path, keys: object) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**dict(keys), "SCORING_TIMEOUT_MS": 1}))  # type: ignore[call-overload]
    assert read_settings(variables, "/s.py").timeout == 3600.0


@pytest.mark.parametrize("text", ["{bad", "[1]"])
def test_a_named_file_that_cannot_be_read_is_a_failed_start(
    variables: dict[str, str], tmp_path: Path, text: str
) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(StartError, match="the configuration file"):
        read_settings({**variables, "AZUREML_CONFIG_FILE": str(tmp_path / "c.json")}, "/s.py")


def test_the_version_header_can_be_named_or_left_out(variables: dict[str, str]) -> None:
    assert read_settings({**variables, "HTTP_X_MS_SERVER_VERSION": "mine/1"}, "/s.py").server_version == "mine/1"
    assert read_settings({**variables, "SERVER_VERSION_LOG_RESPONSE_ENABLED": "no"}, "/s.py").server_version is None
