"""The shared acceptance rows, replayed against `homeport serve`; skipped where they are not at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SHARED, shared_file

ROWS = SHARED / "acceptance" / "scoring" / "run_cases.py"
GROUPS = (
    "health.*,start.*,env.*,path.*,raise.*,route.*,method.*,raw.*,ids.*,auth.*,cors.*,sig.*,state.*,timeout.*,config.*",
    "ret.*,resp.*,rawhttp.*,alias.*",
    "swagger.*",
    "schema.*,numpy.*,pandas.*,std.*,nested.*,list.*,optional.*,output_only.*,headers.*",
)


@pytest.mark.parametrize("only", GROUPS)
def test_the_rows_pass(only: str, tmp_path: Path) -> None:
    shared_file("acceptance", "scoring", "run_cases.py")
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


def test_no_row_is_left_out() -> None:
    shared_file("acceptance", "scoring", "run_cases.py")
    kinds = {json.loads(line)["id"].split(".")[0] for line in (ROWS.parent / "cases.jsonl").read_text().splitlines()}
    assert kinds <= set(",".join(GROUPS).replace(".*", "").split(","))
