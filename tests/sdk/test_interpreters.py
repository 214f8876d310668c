from __future__ import annotations

import sys
from pathlib import Path

import pytest

from homeport import CondaDependencies, Environment, Workspace
from homeport.domain.bundle import BundledEnvironment
from homeport.errors import EnvironmentBuildError
from homeport.sdk.interpreters import ready
from tests.conftest import own_environments
from tests.environments.conftest import HERE, Lines
from tests.environments.wheels import make_wheel


@pytest.fixture
def tiny(tmp_path: Path) -> Environment:
    shelf = tmp_path / "shelf"
    make_wheel(shelf, "alpha", "1.0")
    make_wheel(shelf, "setuptools", "59.0")
    environment = Environment("tiny")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["--no-index", f"--find-links {shelf}", "alpha"], python_version=HERE
    )
    return environment


def test_without_an_environment_the_running_interpreter_serves(workspace: Workspace) -> None:
    bundled, variables = ready(workspace, None, progress=Lines())
    assert bundled == BundledEnvironment(name=None, version=None, lock=None, interpreter=sys.executable)
    assert variables == {}


def test_the_lock_is_kept_with_the_registered_version(workspace: Workspace, tiny: Environment, home: Path) -> None:
    registered = tiny.register(workspace)
    bundled, variables = ready(workspace, registered, progress=Lines())
    assert (bundled.name, bundled.version) == ("tiny", "1")
    assert bundled.interpreter == str(home / "environments" / str(bundled.lock) / "bin" / "python")
    assert variables == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
    told = Lines()
    assert ready(workspace, Environment.get(workspace, "tiny"), progress=told)[0] == bundled
    assert told.lines == []


def test_an_environment_that_was_never_registered_is_registered_by_its_use(
    workspace: Workspace, tiny: Environment
) -> None:
    told = Lines()
    bundled, _ = ready(workspace, tiny, progress=told)
    assert bundled.version == "1"
    assert "registered environment tiny:1" in told.lines
    assert Environment.get(workspace, "tiny").version == "1"


def test_a_changed_environment_is_a_new_version_with_a_lock_of_its_own(workspace: Workspace, tiny: Environment) -> None:
    first, _ = ready(workspace, tiny, progress=Lines())
    fetched = Environment.get(workspace, "tiny")
    fetched.python.conda_dependencies.remove_pip_package("alpha")
    second, _ = ready(workspace, fetched, progress=Lines())
    assert (first.version, second.version) == ("1", "2")
    assert first.lock != second.lock


def test_without_a_workspace_or_a_name_nothing_is_registered(workspace: Workspace, tiny: Environment) -> None:
    assert ready(None, tiny, progress=Lines())[0].version is None
    nameless = tiny.clone("x")
    nameless.name = None
    assert ready(workspace, nameless, progress=Lines())[0].version is None
    assert own_environments(workspace) == []


def test_a_user_managed_interpreter_serves_as_it_is(workspace: Workspace) -> None:
    environment = Environment("own")
    environment.python.user_managed_dependencies = True
    environment.python.interpreter_path = sys.executable
    bundled, _ = ready(workspace, environment, progress=Lines())
    assert (bundled.interpreter, bundled.lock) == (sys.executable, None)
    assert own_environments(workspace) == []


def test_an_image_without_packages_is_refused_before_anything_is_registered(workspace: Workspace) -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        ready(workspace, Environment.from_docker_image("img", "own/image"), progress=Lines())
    assert caught.value.hint and 'runtime="docker"' in caught.value.hint
    assert own_environments(workspace) == []
