from __future__ import annotations

from pathlib import Path

import pytest

from homeport.domain.lock import without_credentials
from homeport.environments.uv import UvError, run_uv, uv_variables
from tests.environments.conftest import Lines


def test_a_failure_carries_uvs_words_and_status(tmp_path: Path) -> None:
    with pytest.raises(UvError) as caught:
        run_uv(["no-such-command"], folder=tmp_path, progress=Lines())
    assert caught.value.status == 2
    assert "no-such-command" in caught.value.text


def test_variables_that_would_point_uv_elsewhere_are_dropped() -> None:
    given = {
        "UV_PYTHON": "3.9",
        "UV_COMPILE_BYTECODE": "1",
        "VIRTUAL_ENV": "/v",
        "PYTHONPATH": "/p",
        "UV_CACHE_DIR": "/c",
    }
    assert uv_variables(given) == {"UV_CACHE_DIR": "/c"}


def test_credentials_are_cut_out_of_addresses() -> None:
    text = 'url = "https://ada:hush@a.example/x" and https://token@b.example, mail me@c.example'
    assert without_credentials(text) == 'url = "https://a.example/x" and https://b.example, mail me@c.example'
