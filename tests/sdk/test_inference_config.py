"""`InferenceConfig` is checked as it is made, in the original's order."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from homeport import CondaDependencies, ContainerRegistry, Environment, InferenceConfig
from homeport.errors import UserErrorException, WebserviceException

SCRIPT = "def init(): pass\ndef run(data): return data\n"


@pytest.fixture(autouse=True)
def script(project: Path) -> Path:
    path = project / "score.py"
    path.write_text(SCRIPT)
    return path


def test_a_lone_script_is_relative_to_the_working_directory(script: Path) -> None:
    config = InferenceConfig("score.py")
    assert (config.entry_script, config.source_directory, config.environment) == ("score.py", None, None)
    assert isinstance(config.base_image_registry, ContainerRegistry)
    assert InferenceConfig(entry_script=str(script), source_directory="").source_directory is None
    assert InferenceConfig("./score.py").entry_script == "./score.py"


def test_a_source_directory_becomes_its_real_absolute_path(project: Path) -> None:
    (project / "src").mkdir()
    (project / "src" / "main.py").write_text(SCRIPT)
    (project / "link").symlink_to("src")
    config = InferenceConfig("main.py", source_directory="./link")
    assert config.source_directory == str(project.resolve() / "src")


def test_init_and_run_are_not_looked_for(script: Path) -> None:
    script.write_text("x = 1")
    InferenceConfig("score.py")


def test_a_script_is_checked_again_on_demand(script: Path) -> None:
    config = InferenceConfig("score.py")
    script.write_text("def (")
    with pytest.raises(UserErrorException, match="line 1"):
        config.validation_script_content()
    with pytest.raises(UserErrorException):
        config.validate_configuration()


def test_deprecated_arguments_warn_and_are_kept(project: Path) -> None:
    (project / "env.yml").write_text("dependencies: [python=3.8]")
    with pytest.warns(DeprecationWarning, match="runtime, conda_file") as caught:
        config = InferenceConfig("score.py", "python", "env.yml")
    assert caught[0].filename == __file__
    assert (config.runtime, config.conda_file) == ("python", "env.yml")


def test_a_script_that_only_warns_is_fine(script: Path) -> None:
    script.write_text("x = '\\d'\n" + SCRIPT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        InferenceConfig("score.py")


def test_the_first_thing_wrong_is_the_one_that_is_said(project: Path) -> None:
    """Environment before folder, folder before script, script's name before its content."""
    with pytest.raises(WebserviceException, match="exclude each other"), pytest.warns(DeprecationWarning):
        InferenceConfig("no.txt", runtime="x", source_directory="nowhere", environment=Environment("e"))
    with pytest.raises(WebserviceException, match="source_directory `nowhere`"):
        InferenceConfig("no.txt", source_directory="nowhere")
    with pytest.raises(WebserviceException, match="does not exist"):
        InferenceConfig("no.txt")
    (project / "no.txt").write_text("def (")
    with pytest.raises(WebserviceException, match=r"not a \.py file"):
        InferenceConfig("no.txt")


def test_syntax_that_only_a_newer_python_knows_is_left_to_that_python(script: Path) -> None:
    script.write_text("this is python 9.9\n")
    environment = Environment("e")
    environment.python.conda_dependencies = CondaDependencies.create(python_version="9.9")
    InferenceConfig("score.py", environment=environment)
    environment.python.conda_dependencies.set_python_version("3.6")
    with pytest.raises(UserErrorException):
        InferenceConfig("score.py", environment=environment)
