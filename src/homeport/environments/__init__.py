"""A definition -> a lock -> an interpreter."""

from homeport.environments.build import build_environment
from homeport.environments.conda_prefix import read_conda_prefix
from homeport.environments.install import locked_requirements
from homeport.environments.interpreter import BuiltEnvironment, Interpreter, existing_interpreter
from homeport.environments.interpreters import find_interpreter
from homeport.environments.lock import lock_environment
from homeport.environments.ready import LockKeeper, kept_or_new_lock, ready_environment
from homeport.environments.resolve import check_buildable, this_platform

__all__ = [
    "BuiltEnvironment",
    "Interpreter",
    "LockKeeper",
    "build_environment",
    "check_buildable",
    "existing_interpreter",
    "find_interpreter",
    "kept_or_new_lock",
    "lock_environment",
    "locked_requirements",
    "read_conda_prefix",
    "ready_environment",
    "this_platform",
]
