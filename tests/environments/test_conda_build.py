from __future__ import annotations

from pathlib import Path

from homeport.domain.lock import Lock
from homeport.environments import BuiltEnvironment, build_environment
from tests.environments.conda import python_says
from tests.environments.conftest import Lines


def test_a_python_a_library_and_a_noarch_package_are_built(
    conda_lock: Lock, conda_built: BuiltEnvironment, channel: str
) -> None:
    code = "import ctypes, hello, sys; print(sys.prefix, hello.version, ctypes.CDLL(sys.argv[1]).twice(21))"
    assert conda_built.folder is not None
    said = python_says(conda_built.interpreter, code, str(conda_built.folder / "lib" / "libgreeting.so"))
    assert said == f"{conda_built.folder} 1.0 42"


def test_it_is_found_again_without_a_word(conda_lock: Lock, conda_built: BuiltEnvironment, conda_home: Path) -> None:
    told = Lines()
    assert build_environment(conda_lock, conda_home, progress=told) == conda_built
    assert told.lines == []
