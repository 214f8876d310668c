"""Hostile pickles: every one is flagged, none is run, and they are no straw men: loaded, they would run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.inspection.pickle_findings import inspect_pickle
from tests.inspection.hostile import LIVE, QUIET, Sample

LOAD = """
import pickle, sys, warnings
import joblib
warnings.simplefilter("ignore")
for path in sys.argv[1:]:
    for load in (pickle.load, joblib.load):
        try:
            with open(path, "rb") as file:
                while True:
                    load(file)
        except BaseException:
            pass
"""


def names() -> set[str]:
    return set(sys.modules)


def test_there_are_more_than_sixty_kinds() -> None:
    assert len(LIVE) >= 60 and len({make("true") for make in LIVE.values()}) == len(LIVE)
    assert len({make("true") for make in QUIET.values()}) == len(QUIET) >= 60


@pytest.mark.parametrize("kind", LIVE)
def test_what_runs_a_command_is_known_to_run_code(kind: str, tmp_path: Path) -> None:
    canary, file, before = tmp_path / "canary", tmp_path / "model.pkl", names()
    file.write_bytes(LIVE[kind](f"touch {canary}"))
    findings = inspect_pickle(file)
    assert findings.runs_code, findings.risks
    assert all(risk.why for risk in findings.risks)
    assert not canary.exists()
    assert not {"pty", "cProfile", "timeit", "webbrowser"} & (names() - before)


@pytest.mark.parametrize("kind", QUIET)
def test_what_nobody_vouches_for_does_not_pass(kind: str, tmp_path: Path) -> None:
    canary, file = tmp_path / "canary", tmp_path / "model.pkl"
    file.write_bytes(QUIET[kind](f"touch {canary}"))
    assert inspect_pickle(file).risks
    assert not canary.exists()


def test_the_live_ones_do_run_where_they_are_loaded(tmp_path: Path) -> None:
    canaries: dict[str, Path] = {}
    files: list[str] = []
    for number, (kind, make) in enumerate(LIVE.items()):
        canaries[kind] = tmp_path / f"canary-{number}"
        file = tmp_path / f"{number}.pkl"
        file.write_bytes(make(f"touch {canaries[kind]}"))
        files.append(str(file))
    subprocess.run([sys.executable, "-c", LOAD, *files], stdin=subprocess.DEVNULL, capture_output=True, timeout=250)
    assert [kind for kind, canary in canaries.items() if not canary.exists()] == []


def test_a_workspaces_list_allows_exact_names_only(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    make: Sample = QUIET["my_module.function (GLOBAL)"]
    file.write_bytes(make("true"))
    assert inspect_pickle(file, allowed=["my_module.function"]).risks == ()
    for nearly in ("my_module", "my_module.*", "my_module.functio", "MY_MODULE.FUNCTION"):
        assert inspect_pickle(file, allowed=[nearly]).risks


def test_allowing_one_name_allows_no_other_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(LIVE["importlib.import_module"]("true"))
    left = {risk.name for risk in inspect_pickle(file, allowed=["importlib.import_module"]).risks}
    assert left == {"os.system"}


def test_a_list_inside_the_file_allows_nothing(tmp_path: Path) -> None:
    import pickle

    file = tmp_path / "model.pkl"
    trust = pickle.dumps({"allowed": ["os.system"], "trusted": ["os.system"]})
    file.write_bytes(trust + LIVE["os.system"]("true"))
    assert inspect_pickle(file).runs_code


def test_a_file_that_breaks_off_after_a_call_says_both(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(LIVE["broken off after the call"]("true"))
    findings = inspect_pickle(file)
    assert "cut short" in findings.facts["damaged"] and findings.runs_code


def test_names_of_a_file_cannot_write_on_the_screen(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(b"\x80\x04\x8c\x08\x1b[2J\nab\r\x8c\x01x\x93.")
    (risk,) = inspect_pickle(file).risks
    assert risk.name.isprintable() and risk.why.isprintable()


def test_nothing_is_imported_for_what_a_file_names(tmp_path: Path) -> None:
    """`sys.modules` of a whole process that inspects all of them."""
    for number, make in enumerate({**LIVE, **QUIET}.values()):
        (tmp_path / f"{number}.pkl").write_bytes(make("true"))
    code = """
import sys
from pathlib import Path
from homeport.inspection.pickle_findings import inspect_pickle
before = set(sys.modules)
for file in Path(sys.argv[1]).iterdir():
    inspect_pickle(file)
print(*sorted(set(sys.modules) - before))
"""
    run = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(
        run, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    assert [name for name in done.stdout.split() if not name.startswith("encodings.")] == []
