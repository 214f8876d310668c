from __future__ import annotations

from pathlib import Path

import pytest

from homeport import CondaDependencies
from homeport.errors import InvalidConfigError, UserErrorException

COMMENTED = """# ours
name: science  # a name
channels:
- conda-forge
dependencies:
# the interpreter
- python=3.7
- pip:
  # pinned in 2020
  - scikit-learn==0.22.1
  - joblib
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "env.yml"
    path.write_text(COMMENTED)
    return path


def test_a_fresh_one_has_the_originals_default() -> None:
    assert CondaDependencies().serialize_to_string() == (
        "name: project_environment\ndependencies:\n- python=3.8.13\n- pip:\n  - azureml-defaults\n"
        "channels:\n- anaconda\n- conda-forge\n"
    )


def test_create_replaces_the_pip_list_and_appends_conda_packages() -> None:
    made = CondaDependencies.create(pip_packages=["joblib"], conda_packages=["numpy=1.18"])
    assert made.as_dict()["dependencies"] == ["python=3.10.18", {"pip": ["joblib"]}, "numpy=1.18"]
    assert CondaDependencies.create().as_dict()["dependencies"] == ["python=3.10.18", {"pip": ["azureml-defaults"]}]


def test_a_python_among_the_conda_packages_wins() -> None:
    assert CondaDependencies.create(conda_packages=["python=3.6"], python_version="3.9").get_python_version() == "3.6"


def test_an_index_is_an_option_line() -> None:
    made = CondaDependencies.create(pip_indexurl="https://a.example/simple", pip_packages=["x"])
    assert list(made.pip_options) == ["--index-url https://a.example/simple"]
    assert list(made.pip_packages) == ["x"]


def test_the_properties_are_one_shot_iterators() -> None:
    packages = CondaDependencies().pip_packages
    assert next(packages) == "azureml-defaults"
    assert list(packages) == []


def test_a_pip_package_replaces_its_distribution_and_goes_to_the_end() -> None:
    made = CondaDependencies.create(pip_packages=["numpy==1.1", "joblib", "Numpy"])
    made.add_pip_package("numpy[extra]>=2")
    assert list(made.pip_packages) == ["joblib", "Numpy", "numpy[extra]>=2"]


def test_removing_what_is_absent_is_silent() -> None:
    made = CondaDependencies.create(pip_packages=["joblib==1"])
    made.remove_pip_package("numpy")
    made.remove_conda_package("numpy")
    made.remove_channel("none")
    made.remove_pip_option("--pre")
    made.remove_pip_package("joblib")
    assert list(made.pip_packages) == []


def test_conda_packages_are_only_compared_as_texts() -> None:
    made = CondaDependencies.create(conda_packages=["numpy=1.2"])
    made.add_conda_package("numpy=1.3")
    made.add_conda_package("numpy=1.3")
    made.remove_conda_package("numpy=1.2")
    assert list(made.conda_packages) == ["python=3.10.18", "numpy=1.3"]


def test_python_is_replaced_in_its_place() -> None:
    made = CondaDependencies.create(conda_packages=["numpy"])
    made.add_conda_package("python=3.7")
    assert list(made.conda_packages) == ["python=3.7", "numpy"]
    made.set_python_version("3.6.9")
    assert made.get_python_version() == "3.6.9"


def test_options_are_kept_by_their_first_word() -> None:
    made = CondaDependencies.create(pip_packages=[])
    made.set_pip_option("--index-url https://a.example")
    made.set_pip_option("--index-url=https://b.example")
    made.set_pip_option("--pre")
    assert list(made.pip_options) == ["--index-url=https://b.example", "--pre"]


def test_channels_are_added_once() -> None:
    made = CondaDependencies()
    made.add_channel("conda-forge")
    made.add_channel("pytorch")
    made.remove_channel("anaconda")
    assert list(made.conda_channels) == ["conda-forge", "pytorch"]


def test_a_specification_without_a_pip_list_gets_one() -> None:
    made = CondaDependencies(_underlying_structure={"dependencies": ["python=3.8"]})
    made.add_pip_package("joblib")
    assert made.as_dict() == {"dependencies": ["python=3.8", {"pip": ["joblib"]}]}


def test_tensorflow_has_two_names() -> None:
    made = CondaDependencies.create(pip_packages=[])
    made.add_tensorflow_pip_package()
    made.add_tensorflow_conda_package("gpu", "2.4")
    assert list(made.pip_packages) == ["tensorflow==2.2.0"]
    assert "tensorflow-gpu=2.4" in list(made.conda_packages)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        ("add_pip_package", "--pre"),
        ("set_pip_option", "numpy"),
        ("remove_pip_option", "numpy"),
        ("remove_conda_package", "python=3.8.13"),
        ("add_tensorflow_pip_package", "tpu"),
        ("save", "/"),
        ("save", "/nowhere/env.yml"),
        ("save_to_file", "/nowhere"),
    ],
)
def test_wrong_calls_are_user_errors_with_a_hint(call: str, argument: str) -> None:
    with pytest.raises(UserErrorException) as caught:
        getattr(CondaDependencies(), call)(argument)
    assert caught.value.hint


def test_order_and_comments_of_a_file_survive(file: Path, tmp_path: Path) -> None:
    read = CondaDependencies(str(file))
    assert read.save(tmp_path / "copy.yml") == str(tmp_path / "copy.yml")
    assert (tmp_path / "copy.yml").read_text() == COMMENTED
    read.add_pip_package("joblib==0.14")
    read.set_python_version("3.6")
    assert read.serialize_to_string() == COMMENTED.replace("joblib", "joblib==0.14").replace("3.7", "3.6")


def test_save_to_file_gives_the_relative_path(tmp_path: Path) -> None:
    (tmp_path / ".azureml").mkdir()
    assert CondaDependencies().save_to_file(tmp_path) == ".azureml/auto_conda_dependencies.yml"
    assert CondaDependencies(tmp_path / ".azureml" / "auto_conda_dependencies.yml").get_python_version() == "3.8.13"


def test_saving_needs_a_path_and_a_python(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        CondaDependencies().save()
    with pytest.raises(InvalidConfigError, match="names no Python"):
        CondaDependencies(_underlying_structure={"dependencies": []}).save(tmp_path / "x.yml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a conda specification"),
        ("- a\n- b\n", "not a conda specification"),
        ("name: x\nrequirements: [a]\n", "`requirements`"),
        ("name: [x\n", "not YAML"),
        ("name: x\nname: y\n", "not YAML"),
    ],
)
def test_a_file_that_is_no_specification_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "env.yml"
    path.write_text(text)
    with pytest.raises(UserErrorException, match=said):
        CondaDependencies(path)


def test_a_missing_file_is_a_file_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        CondaDependencies(tmp_path / "none.yml")
