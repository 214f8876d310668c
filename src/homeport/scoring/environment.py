"""The variables that a worker starts with."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from homeport.domain.launch import Launch

# Each library's own count of threads; without them every worker starts one per core.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
# Set by the launcher of Homeport's own interpreter; another interpreter would look for its library in the wrong place.
# HOMEPORT_RUN has the azureml names answered by the SDK, where a worker has its own answers.
OWN_INTERPRETER = ("__PYVENV_LAUNCHER__", "PYTHONHOME", "PYTHONEXECUTABLE", "HOMEPORT_RUN")


def worker_environment(
    launch: Launch, port: int, environ: Mapping[str, str] = os.environ, *, sharing: bool = False
) -> dict[str, str]:
    """The server's own variables, the launch's over them, then what the contract promises to scripts.

    Variables that only concern Homeport's own interpreter are left out; PYTHONPATH is the user's and stays.
    The libraries' threads share the cores between the workers; `sharing` is for a process that is to be forked into
    several workers, in which no library may start a thread.
    """
    own = {key: value for key, value in environ.items() if key not in OWN_INTERPRETER}
    if own.get("VIRTUAL_ENV") == sys.prefix and not below(launch.interpreter, sys.prefix):
        del own["VIRTUAL_ENV"]
    variables = {**own, **launch.variables}
    variables["AML_APP_ROOT"] = launch.app_root
    variables["SERVER_PORT"] = str(port)
    variables["WORKER_COUNT"] = str(launch.workers)
    separate_health = variables.get("SEPERATE_HEALTH_ENDPOINT", "").lower() == "true"  # the reference's spelling
    defaults = {
        "AZUREML_ENTRY_SCRIPT": launch.entry_script,
        "HEALTH_PORT": "5000" if separate_health else str(port),
        "AML_APP_INSIGHTS_ENABLED": "false",
    }
    threads = 1 if sharing and launch.workers > 1 else max(1, usable_cores() // launch.workers)
    defaults.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    return {**defaults, **variables}


def below(path: str, folder: str) -> bool:
    return Path(folder) in Path(path).parents


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
