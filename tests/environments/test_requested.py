from __future__ import annotations

from pathlib import Path

import pytest

from homeport.domain.environment import EnvironmentDefinition
from homeport.environments.requested import SETUPTOOLS, requested_by
from homeport.errors import EnvironmentBuildError, InvalidConfigError
from tests.environments.conftest import definition_of
from tests.environments.wheels import make_wheel

OLD, NEW = (3, 8, 1), (3, 13, 0)


def with_conda(*entries: str) -> EnvironmentDefinition:
    return EnvironmentDefinition.from_json({"python": {"condaDependencies": {"dependencies": list(entries)}}})


def test_old_pythons_get_the_setuptools_that_conda_brings() -> None:
    assert requested_by(definition_of("joblib"), OLD).lines == ("joblib", SETUPTOOLS)
    assert requested_by(definition_of("joblib"), NEW).lines == ("joblib",)
    assert requested_by(definition_of("setuptools==40"), OLD).lines == ("setuptools==40",)


@pytest.mark.parametrize(
    ("entry", "line"),
    [("pip", "pip"), ("pip=20.0", "pip==20.0.*"), ("pip==20.0.2", "pip==20.0.2"), ("pip>=19,<21", "pip>=19,<21")],
)
def test_pip_is_installed_where_it_is_listed(entry: str, line: str) -> None:
    assert requested_by(with_conda("python=3.13", entry), NEW).lines == (line,)


def test_comments_and_blanks_of_a_requirements_file_are_nothing() -> None:
    assert requested_by(definition_of("# heading", "", "joblib  # why"), NEW).lines == ("joblib  # why",)


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("-i https://a.example", "--index-url https://a.example"),
        ("--index-url=https://a.example", "--index-url https://a.example"),
        ("--extra-index-url https://b.example", "--extra-index-url https://b.example"),
        ("-f /shelf", "--find-links /shelf"),
        ("--no-index", "--no-index"),
        ("--only-binary :all:", "--only-binary :all:"),
    ],
)
def test_options_that_uv_reads_are_passed_on(line: str, option: str) -> None:
    assert requested_by(definition_of(line), NEW).options == (option,)


def test_options_for_the_command_line_go_there() -> None:
    wanted = requested_by(definition_of("--pre", "--trusted-host h.example"), NEW)
    assert wanted.words == ("--prerelease", "allow", "--allow-insecure-host", "h.example")


def test_an_option_without_meaning_is_said_to_be_left_out() -> None:
    assert "`--prefer-binary` has no meaning" in requested_by(definition_of("--prefer-binary"), NEW).notes[0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-r base.txt", "not part of the definition"),
        ("-c pins.txt", "not part of the definition"),
        ("-e .", "editable"),
        ("--editable ../mine", "editable"),
        ("./mine-1.0-py3-none-any.whl", "one folder"),
        ("/nowhere/mine-1.0-py3-none-any.whl", "does not exist"),
        ("numpy ==", "not a pip requirement"),
        ("two words", "not a pip requirement"),
    ],
)
def test_what_cannot_be_recreated_is_refused_with_a_reason(line: str, reason: str) -> None:
    with pytest.raises(InvalidConfigError, match=reason) as caught:
        requested_by(definition_of(line), NEW)
    assert caught.value.hint


@pytest.mark.parametrize("line", ["{}", "mine @ file://{}", "file://{}", "mine @ file://{} ; python_version > '3'"])
def test_a_folder_is_refused_however_it_is_written(line: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="is a folder"):
        requested_by(definition_of(line.format(tmp_path)), NEW)
    kept = f"mine @ git+file://{tmp_path}@v1"
    assert requested_by(definition_of(kept), NEW).lines == (kept,)


def test_wheels_by_path_and_addresses_are_taken(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "mine", "1.0")
    lines = (
        str(wheel),
        "https://a.example/x-1.0-py3-none-any.whl",
        "git+https://a.example/x.git@v1",
        "y @ https://a.example/y.zip",
    )
    assert requested_by(definition_of(*lines), NEW).lines == lines


def test_conda_names_are_never_swapped_silently() -> None:
    with pytest.raises(EnvironmentBuildError, match=r"needs the conda engine for `scikit-learn=0\.22\.1`"):
        requested_by(with_conda("python=3.7", "pip", "scikit-learn=0.22.1"), OLD)


def test_a_replaced_family_is_told() -> None:
    assert (
        "azureml-defaults: replaced by inference-schema"
        in requested_by(definition_of("azureml-defaults"), NEW).notes[0]
    )
