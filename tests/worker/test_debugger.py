"""AZUREML_DEBUG_PORT: the worker goes to the debugger. debugpy is played by a module of that name in its path."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.worker.conftest import Start

FAKE = """
import socket
def connect(address):
    global connection
    connection = socket.create_connection(address)
def wait_for_client():
    assert connection.recv(2) == b"go"
"""
SCRIPT = "import sys\ndef init(): pass\ndef run(data): return 'debugpy' in sys.modules\n"


@pytest.fixture
def debugpy(tmp_path: Path) -> str:
    folder = tmp_path / "installed"
    folder.mkdir()
    (folder / "debugpy.py").write_text(FAKE)
    return str(folder)


def test_the_worker_goes_to_the_debugger_and_waits_for_it(start: Start, debugpy: str) -> None:
    def answer() -> None:
        with listener.accept()[0] as connection:
            connection.sendall(b"go")
            connection.recv(1)  # until the worker has gone

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=answer, daemon=True).start()
        worker = start(SCRIPT, AZUREML_DEBUG_PORT=str(port), PYTHONPATH=debugpy)
    assert worker.value() is True
    assert f"waiting for the debugger on 127.0.0.1:{port}" in worker.leave()[1]


def test_without_debugpy_or_a_debugger_it_serves_and_the_log_says_so(start: Start, debugpy: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    alone = start(SCRIPT, AZUREML_DEBUG_PORT=str(port), PYTHONPATH=debugpy)
    assert alone.value() is True
    assert f"AZUREML_DEBUG_PORT is `{port}`, and no debugger listens there" in alone.leave()[1]
    without = start(SCRIPT, AZUREML_DEBUG_PORT=str(port))
    assert without.value() is False
    assert "the model's environment has no debugpy" in without.leave()[1]
