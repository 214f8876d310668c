from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from homeport.environments import build_environment, lock_environment
from homeport.environments.conda_names import as_pip_packages, python_package, requirement
from homeport.errors import EnvironmentBuildError, InvalidConfigError
from tests.environments.conda import HERE, conda_definition, python_says
from tests.environments.conftest import Lines


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("numpy", "numpy"),
        ("numpy=1.19", "numpy==1.19.*"),
        ("numpy==1.19.1", "numpy==1.19.1"),
        ("numpy=1.19.1=py37_0", "numpy==1.19.1"),
        ("numpy 1.19.1 py37_0", "numpy==1.19.1"),
        ("numpy==1.19.1=py37_0", "numpy==1.19.1"),
        ("numpy 1.19.*", "numpy==1.19.*"),
        ("numpy=1.19.*", "numpy==1.19.*"),
        ("numpy=1.19*", "numpy==1.19.*"),
        ("numpy >=1.2,<2", "numpy>=1.2,<2"),
        ("numpy >=1.2, <2", "numpy>=1.2,<2"),
        ("numpy>=1.2,<2=*_0", "numpy>=1.2,<2"),
        ("numpy!=1.5", "numpy!=1.5"),
        ("numpy=*", "numpy"),
        ("numpy[version='>=1,<2']", "numpy>=1,<2"),
        ("numpy[version=1.2,build=py*]", "numpy==1.2.*"),
        ("conda-forge::opencv=4.5.5", "opencv-python==4.5.5.*"),
        ("PyTorch=1.9=py3.8_cpu_0", "torch==1.9"),
        ("matplotlib-base", "matplotlib"),
        ("python-graphviz", "graphviz"),
        ("py-xgboost-cpu=1.3", "xgboost==1.3.*"),
    ],
)
def test_a_conda_entry_as_a_requirement(entry: str, line: str) -> None:
    assert requirement(entry) == line
    Requirement(line)


def test_one_version_or_another_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="one version or another"):
        requirement("numpy=1.19|1.20")


def test_each_swap_is_told_and_runtime_libraries_are_left_out_with_a_word() -> None:
    told = Lines()
    definition = conda_definition(["defaults"], "python=3.8", "pytorch=1.9", "cudatoolkit=10", "mkl", pip=["joblib"])
    swapped = as_pip_packages(definition, told)
    assert (swapped.conda_packages, swapped.pip_packages) == ((), ("torch==1.9.*", "joblib"))
    assert "`pytorch=1.9` is taken from the package index as `torch==1.9.*`" in told.lines
    assert "`mkl` is left out: wheels bring their own" in told.lines
    assert "`cudatoolkit=10` is left out: wheels bring their own" in told.lines


def test_what_the_index_lacks_is_refused_with_the_reason() -> None:
    definition = conda_definition([], "python", "tensorflow", "cudatoolkit", "r-dplyr", "graphviz")
    with pytest.raises(EnvironmentBuildError) as caught:
        as_pip_packages(definition, Lines())
    assert "`cudatoolkit` is CUDA libraries" in caught.value.message
    assert "`r-dplyr` is a package of R" in caught.value.message
    assert "`graphviz` is a program" in caught.value.message
    assert caught.value.hint and "--engine conda" in caught.value.hint


def test_every_name_of_the_table_is_another_one() -> None:
    assert python_package("scikit-learn") is None
    assert python_package("pytorch") == "torch"


def test_uv_locks_and_builds_what_conda_names(shelf_options: tuple[str, str], tmp_path: Path) -> None:
    told = Lines()
    definition = conda_definition(
        ["http://127.0.0.1:9/unreachable"], f"python={HERE}", "beta=1.0", "mkl", pip=list(shelf_options), engine="uv"
    )
    lock = lock_environment(definition, progress=told)
    assert (lock.engine, lock.conda, lock.definition) == ("uv", (), definition.packages_digest)
    assert "`beta=1.0` is taken from the package index as `beta==1.0.*`" in told.lines
    built = build_environment(lock, tmp_path / "home", progress=told)
    assert python_says(built.interpreter, "import beta; print(beta.version)") == "1.0"
