from __future__ import annotations

import sys

from homeport.domain.launch import Launch
from homeport.scoring.environment import usable_cores, worker_environment


def launch(**told: object) -> Launch:
    return Launch(**{"interpreter": "/opt/py/bin/python", "entry_script": "/app/s.py", "app_root": "/app", **told})  # type: ignore[arg-type]


def test_the_contracts_variables_are_set() -> None:
    found = worker_environment(launch(workers=2), 6789, {"SERVER_PORT": "1", "HOME": "/me"})
    assert found["AML_APP_ROOT"] == "/app"
    assert found["AZUREML_ENTRY_SCRIPT"] == "/app/s.py"
    assert (found["SERVER_PORT"], found["HEALTH_PORT"], found["WORKER_COUNT"]) == ("6789", "6789", "2")
    assert found["HOME"] == "/me"
    assert "AZUREML_MODEL_DIR" not in found


def test_a_listener_for_health_alone_has_the_references_port() -> None:
    assert worker_environment(launch(), 1, {"SEPERATE_HEALTH_ENDPOINT": "true"})["HEALTH_PORT"] == "5000"


def test_the_launchs_variables_win_over_those_that_are_found() -> None:
    found = worker_environment(launch(variables={"A": "launch", "B": "launch"}), 1, {"A": "found", "C": "found"})
    assert (found["A"], found["B"], found["C"]) == ("launch", "launch", "found")


def test_thread_counts_share_the_cores_unless_the_user_said_otherwise() -> None:
    found = worker_environment(launch(workers=1000), 1, {"MKL_NUM_THREADS": "7"})
    assert (found["OMP_NUM_THREADS"], found["MKL_NUM_THREADS"]) == ("1", "7")
    assert worker_environment(launch(), 1, {})["OMP_NUM_THREADS"] == str(usable_cores())


def test_what_belongs_to_our_own_interpreter_does_not_reach_another() -> None:
    own = {"PYTHONHOME": "/x", "__PYVENV_LAUNCHER__": "/x", "VIRTUAL_ENV": sys.prefix, "PYTHONPATH": "/mine"}
    found = worker_environment(launch(), 1, own)
    assert {"PYTHONHOME", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV"} & found.keys() == set()
    assert found["PYTHONPATH"] == "/mine"
    assert worker_environment(launch(interpreter=sys.executable), 1, own)["VIRTUAL_ENV"] == sys.prefix
