from __future__ import annotations

from pathlib import Path

import pytest

from homeport.environments.conda_settings import ALIAS, DEFAULT_CHANNELS, conda_cache, conda_settings
from homeport.errors import InvalidConfigError


def test_where_nothing_is_said_it_is_as_conda_has_it(tmp_path: Path) -> None:
    settings = conda_settings({}, tmp_path)
    assert (settings.alias, settings.default_channels, settings.channels) == (ALIAS, DEFAULT_CHANNELS, ("defaults",))
    assert settings.verify_tls
    assert dict(settings.variables) == dict(settings.mirrors) == {}


def test_a_condarc_is_read_and_the_nearest_wins(tmp_path: Path) -> None:
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda" / ".condarc").write_text("channel_alias: https://far.example/\nchannels: [far]\n")
    (tmp_path / ".condarc").write_text(
        """
channel_alias: https://near.example/conda/
default_channels: [https://near.example/main]
custom_channels: {lab: https://lab.example/conda}
custom_multichannels: {ours: [lab, https://other.example/x]}
mirrored_channels: {conda-forge: [https://a.example/cf, https://b.example/cf]}
ssl_verify: /etc/ours.pem
proxy_servers: {https: http://proxy.example:3128}
"""
    )
    settings = conda_settings({}, tmp_path)
    assert settings.alias == "https://near.example/conda"
    assert settings.channels == ("far",)
    assert settings.default_channels == ("https://near.example/main",)
    assert settings.custom_channels["lab"] == "https://lab.example/conda"
    assert settings.multichannels == {"ours": ("lab", "https://other.example/x")}
    assert settings.mirrors == {"conda-forge": ("https://a.example/cf", "https://b.example/cf")}
    assert settings.variables == {"SSL_CERT_FILE": "/etc/ours.pem", "HTTPS_PROXY": "http://proxy.example:3128"}
    assert conda_settings({"CONDA_CHANNEL_ALIAS": "https://said.example"}, tmp_path).alias == "https://said.example"
    other = tmp_path / "other.yml"
    other.write_text("channel_alias: https://named.example\n")
    assert conda_settings({"CONDARC": str(other)}, tmp_path).alias == "https://named.example"


@pytest.mark.parametrize(
    ("said", "environ", "verify", "variables"),
    [
        ("false", {}, False, {}),
        ("true", {}, True, {}),
        ("truststore", {}, True, {}),
        ("true", {"REQUESTS_CA_BUNDLE": "/ca.pem"}, True, {"SSL_CERT_FILE": "/ca.pem"}),
        ("true", {"SSL_CERT_FILE": "/a.pem", "REQUESTS_CA_BUNDLE": "/b.pem"}, True, {"SSL_CERT_FILE": "/a.pem"}),
        ("/c.pem", {"SSL_CERT_FILE": "/a.pem"}, True, {"SSL_CERT_FILE": "/c.pem"}),
    ],
)
def test_authorities_are_those_of_conda_or_of_the_environment(
    tmp_path: Path, said: str, environ: dict[str, str], verify: bool, variables: dict[str, str]
) -> None:
    (tmp_path / ".condarc").write_text(f"ssl_verify: {said}\n")
    settings = conda_settings(environ, tmp_path)
    assert (settings.verify_tls, dict(settings.variables)) == (verify, variables)


def test_the_environments_proxy_counts_before_the_files(tmp_path: Path) -> None:
    (tmp_path / ".condarc").write_text("proxy_servers: {http: http://file.example:1, https: http://file.example:1}\n")
    assert conda_settings({"https_proxy": "http://told.example:2"}, tmp_path).variables == {
        "HTTP_PROXY": "http://file.example:1"
    }


def test_mirrors_are_named_in_a_variable_or_in_homeports_settings(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(
        '{"conda_mirrors": {"conda-forge": "file:///mirror/cf", "bioconda": ["x"]}}'
    )
    environ = {"HOMEPORT_HOME": str(tmp_path)}
    assert conda_settings(environ, tmp_path).mirrors == {"conda-forge": ("file:///mirror/cf",), "bioconda": ("x",)}
    environ["HOMEPORT_CONDA_MIRRORS"] = "conda-forge=https://a.example/cf conda-forge=https://b.example/cf"
    assert conda_settings(environ, tmp_path).mirrors["conda-forge"] == ("https://a.example/cf", "https://b.example/cf")
    with pytest.raises(InvalidConfigError, match="names no mirror"):
        conda_settings({"HOMEPORT_CONDA_MIRRORS": "https://a.example/cf"}, tmp_path)


@pytest.mark.parametrize(("name", "text"), [(".condarc", "channels: [a\n"), ("settings.json", "{")])
def test_a_broken_file_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidConfigError, match=name):
        conda_settings({"HOMEPORT_HOME": str(tmp_path)}, tmp_path)


def test_the_cache_is_the_users_or_the_one_that_is_named(tmp_path: Path) -> None:
    assert conda_cache({}, tmp_path) == tmp_path / ".cache" / "homeport" / "conda"
    assert conda_cache({"XDG_CACHE_HOME": "/x"}, tmp_path) == Path("/x/homeport/conda")
    assert conda_cache({"HOMEPORT_CONDA_CACHE": "/own"}, tmp_path) == Path("/own")
