from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from homeport.errors import InvalidCallError, ServiceError
from homeport.runtimes.ports import CHOOSE_FROM, check_port, free_port, is_free, port_taken, process_on

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_listened_on_is_not_free(taken: int) -> None:
    assert not is_free(HOST, taken)
    assert is_free(HOST, free_port(HOST))


def test_a_chosen_port_is_below_those_for_outgoing_connections() -> None:
    assert free_port(HOST) in CHOOSE_FROM


def test_a_chosen_port_is_not_one_that_another_service_remembers() -> None:
    only = CHOOSE_FROM[7]
    assert free_port(HOST, set(CHOOSE_FROM) - {only, CHOOSE_FROM[8], CHOOSE_FROM[9]}) in CHOOSE_FROM[7:10]


def test_a_taken_port_is_told_with_its_holder_and_one_that_would_do(taken: int) -> None:
    assert f"(pid {os.getpid()})" in str(process_on(taken))
    wrong = port_taken(HOST, taken, None)
    assert isinstance(wrong, ServiceError)
    assert f"port {taken} is taken: `" in wrong.message
    assert "use another port, for example 2" in str(wrong.hint) or "use another port, for example 3" in str(wrong.hint)
    assert port_taken(HOST, taken, "service `iris`").message == f"port {taken} is taken: service `iris` listens on it"


def test_nobody_on_a_port_is_nobody() -> None:
    assert process_on(free_port(HOST)) is None


@pytest.mark.parametrize("port", [0, -1, 65536, "80", 80.0, True, None])
def test_what_is_no_port_is_refused(port: object) -> None:
    with pytest.raises(InvalidCallError, match="is not a usable port"):
        check_port(port)
