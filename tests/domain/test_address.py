from __future__ import annotations

import pytest

from homeport.domain.address import check_host, is_local, url
from homeport.errors import WebserviceException


@pytest.mark.parametrize(
    ("host", "local", "found"),
    [
        ("127.0.0.1", True, "http://localhost:80/score"),
        ("localhost", True, "http://localhost:80/score"),
        ("127.0.0.2", True, "http://127.0.0.2:80/score"),
        ("::1", True, "http://[::1]:80/score"),
        ("0.0.0.0", False, "http://localhost:80/score"),
        ("::", False, "http://localhost:80/score"),
        ("192.0.2.7", False, "http://192.0.2.7:80/score"),
    ],
)
def test_what_this_machine_calls_an_address(host: str, local: bool, found: str) -> None:
    assert (check_host(host), is_local(host), url(host, 80, "score")) == (host, local, found)


@pytest.mark.parametrize("host", ["", "example", "example.org", 5, "1.2.3", "127.0.0.1:80"])
def test_a_name_or_a_port_is_no_address(host: object) -> None:
    with pytest.raises(WebserviceException, match="host is"):
        check_host(host)


def test_a_name_may_be_anybodys() -> None:
    assert not is_local("my-machine")
