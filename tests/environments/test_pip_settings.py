from __future__ import annotations

from pathlib import Path

import pytest

from homeport.environments.pip_settings import pip_settings, uv_settings

NO_FILES = {"PIP_CONFIG_FILE": "/dev/null"}


def test_nothing_set_is_nothing_handed_over(tmp_path: Path) -> None:
    assert uv_settings(NO_FILES, tmp_path) == {}


@pytest.mark.parametrize(
    ("variable", "value", "handed"),
    [
        ("PIP_INDEX_URL", "https://m.example/simple", {"UV_DEFAULT_INDEX": "https://m.example/simple"}),
        (
            "PIP_EXTRA_INDEX_URL",
            "https://a.example https://b.example",
            {"UV_INDEX": "https://a.example https://b.example", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        ("PIP_FIND_LINKS", "/a /b", {"UV_FIND_LINKS": "/a,/b"}),
        ("PIP_NO_INDEX", "true", {"UV_NO_INDEX": "1"}),
        ("PIP_NO_INDEX", "0", {}),
        ("PIP_CERT", "/etc/ca.pem", {"SSL_CERT_FILE": "/etc/ca.pem"}),
        ("PIP_TRUSTED_HOST", "m.example", {"UV_INSECURE_HOST": "m.example"}),
        ("PIP_PROXY", "http://p.example:8080", {"ALL_PROXY": "http://p.example:8080"}),
    ],
)
def test_each_of_pips_settings_has_its_place(variable: str, value: str, handed: dict[str, str], tmp_path: Path) -> None:
    assert uv_settings({**NO_FILES, variable: value}, tmp_path) == handed


@pytest.mark.parametrize(
    ("pip", "uv"),
    [
        ({"PIP_INDEX_URL": "https://pip.example"}, {"UV_INDEX_URL": "https://uv.example"}),
        ({"PIP_EXTRA_INDEX_URL": "https://pip.example"}, {"UV_INDEX": "https://uv.example"}),
        ({"PIP_FIND_LINKS": "/a"}, {"UV_FIND_LINKS": "/b"}),
        ({"PIP_CERT": "/a"}, {"SSL_CERT_FILE": "/b"}),
    ],
)
def test_what_is_set_for_uv_is_left_alone(pip: dict[str, str], uv: dict[str, str], tmp_path: Path) -> None:
    assert uv_settings({**NO_FILES, **pip, **uv}, tmp_path) == {}


def test_the_nearest_file_wins_and_the_environment_over_all(tmp_path: Path) -> None:
    for place, url in ((".pip/pip.conf", "https://old.example"), (".config/pip/pip.conf", "https://user.example")):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_text(
            f"[global]\nindex-url = {url}\ntimeout = 5\n[install]\nfind-links =\n  /a\n  /b\n"
        )
    named = tmp_path / "named.conf"
    named.write_text("[global]\nindex_url = https://named.example\n")
    environ = {"XDG_CONFIG_DIRS": str(tmp_path)}
    assert pip_settings(environ, tmp_path)["index-url"] == "https://user.example"
    assert uv_settings(environ, tmp_path)["UV_FIND_LINKS"] == "/a,/b"
    environ["PIP_CONFIG_FILE"] = str(named)
    assert pip_settings(environ, tmp_path)["index-url"] == "https://named.example"
    environ["PIP_INDEX_URL"] = "https://variable.example"
    assert pip_settings(environ, tmp_path)["index-url"] == "https://variable.example"


def test_a_broken_file_is_pips_to_complain_about(tmp_path: Path) -> None:
    named = tmp_path / "named.conf"
    named.write_text("index-url without a section")
    assert "index-url" not in pip_settings({"PIP_CONFIG_FILE": str(named), "XDG_CONFIG_DIRS": ""}, tmp_path)
