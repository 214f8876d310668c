from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path

import pytest

from homeport import CondaDependencies, ContainerRegistry, Environment, Workspace
from homeport.errors import EnvironmentBuildError, EnvironmentNotFoundError, UserErrorException
from homeport.sdk.docker_section import DEFAULT_CPU_IMAGE, DockerBuildContext
from homeport.sdk.environment import EnvironmentReference
from tests.conftest import need_interpreter
from tests.environments.wheels import make_wheel

HERE = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def tiny(tmp_path: Path) -> Environment:
    """An environment of one package that a folder of this test serves."""
    shelf = tmp_path / "shelf"
    make_wheel(shelf, "alpha", "1.0")
    make_wheel(shelf, "setuptools", "59.0")
    environment = Environment("tiny")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["--no-index", f"--find-links {shelf}", "alpha"], python_version=HERE
    )
    return environment


def test_a_fresh_one_is_what_the_original_writes(project: Path) -> None:
    environment = Environment("fresh")
    assert str(environment) == "Environment(Name: fresh,\nVersion: None)"
    document = json.loads(repr(environment))
    assert repr(environment) == json.dumps(document, indent=4, sort_keys=True)
    assert document["environmentVariables"] == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
    assert document["python"]["interpreterPath"] == "python"
    assert document["python"]["condaDependencies"]["dependencies"][0] == "python=3.8.13"
    assert document["docker"]["baseImage"] == DEFAULT_CPU_IMAGE
    assert document["docker"]["shmSize"] == "2g"
    assert "asOf" not in document


def test_the_folder_form_has_the_originals_keys_in_its_order(project: Path) -> None:
    Environment("fresh").save_to_directory("saved")
    text = (project / "saved" / "azureml_environment.json").read_text()
    document = json.loads(text)
    assert list(document) == [
        "name", "version", "environmentVariables", "python", "docker", "spark", "databricks", "r",
        "inferencingStackVersion", "assetId",
    ]  # fmt: skip
    assert list(document["python"]) == [
        "userManagedDependencies", "interpreterPath", "condaDependenciesFile", "baseCondaEnvironment",
    ]  # fmt: skip
    assert "baseDockerfile" not in document["docker"]
    assert text.startswith('{\n    "name": "fresh"')
    assert sorted(path.name for path in (project / "saved").iterdir()) == [
        "azureml_environment.json", "conda_dependencies.yml",
    ]  # fmt: skip
    assert "#" not in (project / "saved" / "conda_dependencies.yml").read_text()


def test_a_folder_gives_back_what_was_saved(project: Path) -> None:
    environment = Environment("full", as_of="2020-03-01")
    environment.docker.base_dockerfile = "FROM scratch\n"
    environment.environment_variables["A"] = "1"
    environment.inferencing_stack_version = "latest"
    environment.save_to_directory(project / "deep" / "saved")
    assert (project / "deep" / "saved" / "BaseDockerfile").read_text() == "FROM scratch\n"
    assert repr(Environment.load_from_directory(project / "deep" / "saved")) == repr(environment)


def test_saving_over_a_folder_must_be_asked_for(project: Path) -> None:
    (project / "saved").mkdir()
    with pytest.raises(FileExistsError):
        Environment("x").save_to_directory("saved")
    (project / "saved" / "stale.txt").touch()
    Environment("x").save_to_directory("saved", overwrite=True)
    assert (project / "saved" / "stale.txt").exists()


def test_what_an_old_file_lacks_is_empty_and_not_a_default(project: Path) -> None:
    document = {"name": "old", "python": {"userManagedDependencies": False}, "unknown": 1}
    (project / "azureml_environment.json").write_text(json.dumps(document))
    environment = Environment.load_from_directory(".")
    assert environment.environment_variables == {}
    assert environment.docker.base_image is None
    assert environment.python.conda_dependencies is None
    assert environment.docker.enabled is False


def test_a_file_with_only_name_and_version_is_a_reference(project: Path, workspace: Workspace) -> None:
    registered = Environment("curated").register(workspace)
    (project / "azureml_environment.json").write_text('{"name": "curated", "version": "1"}')
    reference = Environment.load_from_directory(project)
    assert isinstance(reference, EnvironmentReference)
    assert repr(reference.get_environment(workspace)) == repr(registered)


def test_a_folder_without_a_definition_is_a_file_not_found_error(project: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Environment.load_from_directory(".")


def test_a_broken_definition_is_a_json_error(project: Path) -> None:
    (project / "azureml_environment.json").write_text('{"name": ')
    with pytest.raises(json.JSONDecodeError):
        Environment.load_from_directory(".")


@pytest.mark.parametrize("path", ["pyhton", "python.conda_dependency", "docker.base_images", "docker.platform.arch"])
def test_a_typing_error_in_an_attribute_is_an_error(path: str) -> None:
    *parts, name = path.split(".")
    target: object = Environment("x")
    for part in parts:
        target = getattr(target, part)
    with pytest.raises(AttributeError, match=name):
        setattr(target, name, "value")


def test_a_name_is_text_or_nothing() -> None:
    assert Environment(None).name is None
    assert Environment("").name == ""
    with pytest.raises(TypeError):
        Environment(7)  # type: ignore[arg-type]


def test_deprecated_settings_work_and_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    environment = Environment("x")
    with caplog.at_level(logging.WARNING):
        environment.environment_variables = {"A": "1"}
        environment.docker.enabled = True
        environment.docker.shm_size = "4g"
        environment.docker.gpu_support = True
    assert len(caplog.records) == 4
    assert (environment.docker.enabled, environment.docker.shm_size) == (True, "4g")


def test_image_dockerfile_and_context_exclude_each_other(tmp_path: Path) -> None:
    docker = Environment("x").docker
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    docker.base_dockerfile = str(tmp_path / "Dockerfile")
    assert (docker.base_image, docker.base_dockerfile) == (None, "FROM scratch\n")
    docker.build_context = DockerBuildContext(DockerBuildContext.LocationType.Git, "https://a.example/x.git")
    assert (docker.base_image, docker.base_dockerfile) == (None, None)
    docker.base_image = "ubuntu"
    assert (docker.base_image, docker.build_context) == ("ubuntu", None)


# registered environments


def test_registering_gives_a_new_object_with_a_version(workspace: Workspace) -> None:
    environment = Environment("tutorial-env")
    registered = environment.register(workspace)
    assert (environment.version, registered.version) == (None, "1")
    assert environment.register(workspace).version == "1"
    environment.python.conda_dependencies.add_pip_package("joblib")
    assert environment.register(workspace).version == "2"
    assert Environment.get(workspace, "tutorial-env").version == "2"
    assert "joblib" not in repr(Environment.get(workspace=workspace, name="tutorial-env", version="1"))


def test_a_version_that_is_set_is_the_one_that_is_written(workspace: Workspace) -> None:
    environment = Environment("x")
    environment.version = "7b"
    assert environment.register(workspace).version == "7b"
    assert Environment.get(workspace, "x", "7b").version == "7b"


def test_registering_resolves_nothing_and_refuses_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    environment = Environment("odd")
    environment.python.conda_dependencies = CondaDependencies(
        _underlying_structure={"dependencies": ["python=2.7", "libgcc", {"pip": ["-e .", "no == such", "== nonsense"]}]}
    )
    assert environment.register(workspace).version == "1"


def test_everything_that_is_set_comes_back(workspace: Workspace) -> None:
    environment = Environment.from_docker_image("img", "own/image:1", ContainerRegistry())
    environment.docker.base_image_registry.address = "registry.example"  # type: ignore[union-attr]
    environment.spark.repositories.append("https://maven.example")
    environment.as_of = "2020-03-01"
    environment.register(workspace)
    back = Environment.get(workspace, "img")
    assert back.docker.base_image_registry.address == "registry.example"
    assert back.spark.repositories == ["https://maven.example"]
    assert back.as_of == "2020-03-01"
    assert back.python.user_managed_dependencies is True


def test_labels_point_at_versions(workspace: Workspace) -> None:
    environment = Environment("x")
    environment.register(workspace)
    Environment.label(workspace, "x", "1", ["Latest", "era"])
    assert Environment.get(workspace, "x", label="era").version == "1"


def test_list_has_the_newest_of_each_name(workspace: Workspace) -> None:
    for name in ("b", "a", "b"):
        environment = Environment(name)
        environment.environment_variables["TURN"] = str(len(Environment.list(workspace)))
        environment.register(workspace)
    own = {name: each.version for name, each in Environment.list(workspace).items() if len(name) == 1}
    assert own == {"a": "1", "b": "2"}


def test_an_unknown_name_or_both_version_and_label_are_refused(workspace: Workspace) -> None:
    Environment("tutorial-env").register(workspace)
    with pytest.raises(EnvironmentNotFoundError, match="tutorial"):
        Environment.get(workspace, "tutorial-nev")
    with pytest.raises(UserErrorException, match="exclude"):
        Environment.get(workspace, "tutorial-env", version="1", label="era")
    with pytest.raises(TypeError):
        Environment.get(workspace)  # type: ignore[call-arg]


def test_a_clone_is_deep_and_has_no_version(workspace: Workspace) -> None:
    registered = Environment("x").register(workspace)
    copied = registered.clone("y")
    copied.python.conda_dependencies.add_pip_package("joblib")
    assert (copied.name, copied.version) == ("y", None)
    assert "joblib" not in repr(registered)
    with pytest.raises(UserErrorException):
        registered.clone("")


# constructors


def test_pip_requirements_are_kept_line_by_line(project: Path) -> None:
    (project / "requirements.txt").write_text("# why\n\njoblib==1.0\n--pre\n")
    environment = Environment.from_pip_requirements("x", "requirements.txt", pip_version="20.0")
    dependencies = environment.python.conda_dependencies.as_dict()["dependencies"]
    assert dependencies == ["python=3.8.13", {"pip": ["# why", "", "joblib==1.0", "--pre"]}, "pip=20.0"]


def test_a_conda_file_keeps_its_comments_on_save(project: Path) -> None:
    text = "# ours\nname: other\ndependencies:\n# old\n- python=3.7\n- pip:\n  - joblib # why\n"
    (project / "env.yml").write_text(text)
    environment = Environment.from_conda_specification("x", "env.yml")
    environment.clone("copy").save_to_directory("saved")
    assert environment.name == "x"
    assert (project / "saved" / "conda_dependencies.yml").read_text() == text


def test_a_conda_file_without_python_gets_one_and_a_warning(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    (project / "env.yml").write_text("dependencies:\n- pip:\n  - joblib\n")
    environment = Environment.from_conda_specification("x", "env.yml")
    assert environment.python.conda_dependencies.as_dict()["dependencies"][-1] == "python=3.10.18"
    assert "names no Python" in caplog.text


@pytest.mark.parametrize("given", ["text", "path", "file"])
def test_a_dockerfile_may_be_text_a_path_or_a_file(given: str, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    dockerfile = {"text": "FROM scratch\n", "path": "Dockerfile", "file": io.StringIO("FROM scratch\n")}[given]
    environment = Environment.from_dockerfile("x", dockerfile)
    assert environment.docker.base_dockerfile == "FROM scratch\n"
    assert environment.docker.base_image is None
    assert environment.python.user_managed_dependencies is True


def test_a_dockerfile_that_is_no_path_is_kept_as_text() -> None:
    assert Environment.from_dockerfile("x", "no/such/Dockerfile").docker.base_dockerfile == "no/such/Dockerfile"


def test_an_image_may_come_with_packages_of_one_kind(project: Path) -> None:
    (project / "requirements.txt").write_text("joblib\n")
    (project / "env.yml").write_text("dependencies:\n- python=3.7\n")
    environment = Environment.from_docker_image("x", "ubuntu", pip_requirements="requirements.txt")
    assert environment.python.user_managed_dependencies is False
    with pytest.raises(UserErrorException):
        Environment.from_docker_image("x", "ubuntu", conda_specification="env.yml", pip_requirements="requirements.txt")


def test_a_build_context_is_all_there_is() -> None:
    context = DockerBuildContext("git", "https://a.example/x.git")
    environment = Environment.from_docker_build_context("x", context)
    assert environment.docker.build_context is context
    assert environment.environment_variables == {}
    assert environment.python.conda_dependencies is None


def test_a_conda_environment_of_this_machine_is_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "conda-meta").mkdir()
    record = {"name": "python", "version": "3.8.13", "channel": "conda-forge"}
    (project / "conda-meta" / "python.json").write_text(json.dumps(record))
    environment = Environment.from_existing_conda_environment("x", str(project))
    assert environment is not None
    assert environment.python.conda_dependencies.get_python_version() == "3.8.13"
    assert Environment.from_existing_conda_environment("x", "no-such-environment") is None
    assert "no-such-environment" in capsys.readouterr().out


def test_the_running_interpreter_is_pinned() -> None:
    conda = Environment.from_current_interpreter("mine").python.conda_dependencies
    packages = list(conda.pip_packages)
    assert any(line.startswith("click==") for line in packages)
    assert not any(line.lower().startswith("homeport") for line in packages)
    assert conda.get_python_version() == ".".join(map(str, sys.version_info[:3]))


def test_another_interpreter_is_pinned_by_its_path() -> None:
    old = need_interpreter("3.7")
    conda = Environment.from_current_interpreter("old", old).python.conda_dependencies
    assert conda.get_python_version().startswith("3.7.")
    assert not any(line.startswith("click==8.2") for line in conda.pip_packages)


# building


def test_build_local_makes_a_real_environment_and_says_where(
    workspace: Workspace, tiny: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    registered = tiny.register(workspace)
    folder = Path(registered.build_local(workspace=workspace, useDocker=False))
    assert (folder / "bin" / "python").exists()
    assert list(folder.glob("lib/python3*/site-packages/alpha"))
    assert str(folder / "bin" / "python") in capsys.readouterr().out
    assert registered.build_local(workspace) == str(folder)


def test_build_local_with_docker_is_refused_and_not_a_silent_nothing(workspace: Workspace, tiny: Environment) -> None:
    with pytest.raises(EnvironmentBuildError, match="docker runtime") as caught:
        tiny.build_local(workspace, useDocker=True)
    assert caught.value.hint and "useDocker=False" in caught.value.hint
    tiny.docker.enabled = True
    with pytest.raises(EnvironmentBuildError, match="docker runtime"):
        tiny.build_local(workspace)


def test_build_local_for_another_system_is_refused(workspace: Workspace, tiny: Environment) -> None:
    with pytest.raises(UserErrorException, match="Windows"):
        tiny.build_local(workspace, "Windows")
