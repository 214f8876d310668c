from __future__ import annotations

import pytest

from homeport.domain.conda import CondaSpec, conda_name, pip_name, python_version


@pytest.mark.parametrize(
    ("entry", "version"),
    [
        ("python", None),
        ("python=*", None),
        ("python=3.7", "3.7"),
        ("python==3.7.4", "3.7.4"),
        ("python 3.7.*", "3.7"),
        ("python=3.7.16=h7a1cb2a_0", "3.7.16"),
        ("python =3.6", "3.6"),
        ("python>=3.6,<3.8", ">=3.6,<3.8"),
        ("conda-forge::python=3.8.13", "3.8.13"),
        ("python[version='>=3.7']", ">=3.7"),
    ],
)
def test_a_python_entry_is_read_in_all_its_spellings(entry: str, version: str | None) -> None:
    assert python_version(entry) == version


@pytest.mark.parametrize(
    ("entry", "name"),
    [("numpy=1.2", "numpy"), ("conda-forge::Numpy >=1", "numpy"), ("pip", "pip"), ("x-y_z=1", "x-y_z")],
)
def test_a_conda_entry_names_a_package(entry: str, name: str) -> None:
    assert conda_name(entry) == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("numpy==1.2", "numpy"),
        ("azureml-sdk[automl]", "azureml-sdk"),
        ("Flask~=1", "Flask"),
        ("x!=1", "x"),
        ("https://a.example/d/mine-1.0-py3-none-any.whl?token=1", "mine-1.0-py3-none-any.whl"),
    ],
)
def test_a_pip_entry_is_cut_as_the_original_cuts_it(line: str, name: str) -> None:
    assert pip_name(line) == name


def test_a_specification_is_taken_apart() -> None:
    spec = CondaSpec.from_json(
        {
            "channels": ["conda-forge"],
            "dependencies": [
                "python=3.7",
                "pip=20",
                "numpy=1.18",
                {"pip": ["# why", "", "a==1", "-i https://x.example"]},
            ],
        }
    )
    assert spec == CondaSpec(
        python="3.7",
        python_entry="python=3.7",
        pip="pip=20",
        packages=("numpy=1.18",),
        pip_packages=("a==1",),
        pip_options=("-i https://x.example",),
        channels=("conda-forge",),
    )


@pytest.mark.parametrize(
    "document", [{}, {"dependencies": None}, {"dependencies": [{"pip": None}, 3.7, None], "channels": None}]
)
def test_holes_in_a_specification_are_empty(document: dict[str, object]) -> None:
    assert CondaSpec.from_json(document) == CondaSpec()
