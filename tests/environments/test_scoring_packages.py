from __future__ import annotations

import pytest

from homeport.environments.scoring_packages import STAND_FOR_SCORING, overrides, replace_family


@pytest.mark.parametrize("name", sorted(STAND_FOR_SCORING))
@pytest.mark.parametrize("form", ["{}", "{}==1.18.0", "{} ~= 1.4", "{}[fuse]>=1.0,<2", "{}  # ours"])
def test_each_of_the_family_is_replaced_however_it_is_written(name: str, form: str) -> None:
    lines, replaced = replace_family([form.format(name), "joblib"])
    assert lines == ["joblib", "inference-schema", "flask"]
    assert replaced == [name]


def test_other_spellings_of_a_name_are_the_same_package() -> None:
    assert replace_family(["AzureML_Defaults"])[1] == ["azureml-defaults"]


def test_without_the_family_nothing_is_added() -> None:
    assert replace_family(["numpy", "azureml-mlflow"]) == (["numpy", "azureml-mlflow"], [])


@pytest.mark.parametrize(
    ("asked", "schema"),
    [
        (["numpy==1.18"], "inference-schema[numpy-support]"),
        (["pandas"], "inference-schema[pandas-support]"),
        (["pandas>1", "numpy"], "inference-schema[numpy-support,pandas-support]"),
        (["azureml-dataset-runtime[pandas,fuse]"], "inference-schema[pandas-support]"),
        (["scikit-learn"], "inference-schema"),
    ],
)
def test_the_schema_package_gets_the_extras_that_fit(asked: list[str], schema: str) -> None:
    assert schema in replace_family([*asked, "azureml-defaults"])[0]


def test_what_the_user_names_himself_is_not_named_twice() -> None:
    lines, _ = replace_family(["azureml-defaults", "flask==1.1.1", "inference-schema[numpy-support]==1.0.1"])
    assert lines == ["flask==1.1.1", "inference-schema[numpy-support]==1.0.1"]


def test_wrapt_is_freed_where_the_schema_package_is_asked_for() -> None:
    assert overrides(["inference-schema"]) == ["wrapt>=1.11"]
    assert overrides(["numpy"]) == []


def test_a_wrapt_that_the_user_pins_stays_pinned() -> None:
    assert overrides(["inference-schema", "wrapt==1.12.1  # ours"]) == ["wrapt==1.12.1"]
    assert overrides(["inference-schema", "wrapt"]) == ["wrapt>=1.11"]
