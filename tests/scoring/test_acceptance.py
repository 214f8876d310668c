"""The shared acceptance rows of string mode, replayed against `homeport serve`; skipped where they are not at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SHARED, lacking

ROWS = SHARED / "acceptance" / "scoring" / "run_cases.py"
STRING_MODE = (
    "health.*,start.*,env.*,path.*,raise.*,ret.*,route.*,method.*,raw.*,ids.*,auth.*,cors.*,sig.*,state.*,resp.*,"
    "timeout.*,config.*,swagger.plain*,swagger.own*,swagger.post,swagger.bad_version,swagger.head"
)


@pytest.mark.parametrize("only", [*STRING_MODE.split(",")[:6], ",".join(STRING_MODE.split(",")[6:])])
def test_the_rows_of_string_mode_pass(only: str, tmp_path: Path) -> None:
    if not ROWS.exists():
        lacking("../shared/acceptance")
    command = f"{sys.executable} -m homeport serve {{entry_opt}} --python {sys.executable} --port {{port}} {{args}}"
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, str(ROWS), "--cmd", command, "--only", only],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    assert " 0 failed" in done.stdout
    assert not done.stdout.startswith("0 rows")
