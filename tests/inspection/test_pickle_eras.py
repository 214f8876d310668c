"""Real pickles of eight years (`pickles/README.md`): what they say agrees with what was true when they were made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from homeport.domain.findings import Findings
from homeport.inspection.pickle_findings import inspect_pickle

FOLDER = Path(__file__).parent / "pickles"
ERAS: dict[str, dict[str, Any]] = {file.stem: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}
FILES = sorted((era, name) for era, told in ERAS.items() for name in told["files"])
IMPORTS = {"scikit-learn": "sklearn"}
BY_VALUE = (".cloudpickle", ".dill")


def found(name: str) -> Findings:
    return inspect_pickle(FOLDER / name)


def statements(findings: Findings, versions: dict[str, str]) -> list[tuple[str, SpecifierSet, str, str]]:
    """What is said of versions, beside the version that it really was."""
    said = [(each.distribution, each.specifier, each.sure) for each in findings.needed if each.specifier]
    return [
        (name, SpecifierSet(inside), versions[IMPORTS.get(name, name)], sure)
        for name, inside, sure in said
        if IMPORTS.get(name, name) in versions
    ]


@pytest.mark.parametrize(("era", "name"), FILES)
def test_the_names_are_those_that_the_real_unpickler_asks_for(era: str, name: str) -> None:
    asked = set(ERAS[era]["files"][name])
    assert set(found(name).globals) == asked


@pytest.mark.parametrize(("era", "name"), FILES)
def test_every_statement_about_a_version_is_true(era: str, name: str) -> None:
    findings = found(name)
    wrong = [each for each in statements(findings, ERAS[era]["versions"]) if not each[1].contains(each[2])]
    assert wrong == []
    python = ERAS[era]["versions"]["python"]
    assert [each for each in findings.pythons if not SpecifierSet(each.specifier).contains(f"{python}.5")] == []


@pytest.mark.parametrize(("era", "name"), [each for each in FILES if not each[1].endswith(BY_VALUE)])
def test_an_ordinary_model_is_no_risk_and_brings_no_module_of_its_own(era: str, name: str) -> None:
    findings = found(name)
    assert findings.risks == () and findings.own_modules == ()
    assert "damaged" not in findings.facts and "trailing_bytes" not in findings.facts


@pytest.mark.parametrize("era", sorted(ERAS))
def test_the_release_of_scikit_learn_is_told_exactly(era: str) -> None:
    for name in ("linear.pkl", "columns.joblib", "forest.joblib.gz", "search.joblib.xz", "dict.joblib"):
        findings = found(f"{era}-{name}")
        assert (findings.framework, findings.framework_version) == ("ScikitLearn", ERAS[era]["versions"]["sklearn"])


@pytest.mark.parametrize("era", sorted(ERAS))
def test_a_function_by_value_tells_the_python_that_compiled_it_and_that_it_runs_code(era: str) -> None:
    own = found(f"{era}-own.cloudpickle")
    python = ERAS[era]["versions"]["python"]
    assert own.format == "cloudpickle" and own.runs_code
    assert any("by value" in risk.why for risk in own.risks)
    assert own.model_class == "__main__.Doubled"
    assert {"fit", "predict"} <= set(own.facts["functions"])
    (compiled,) = [each for each in own.pythons if "byte code" in each.why]
    assert compiled.sure == "certain" and SpecifierSet(compiled.specifier).contains(f"{python}.1")
    assert len([minor for minor in range(6, 15) if SpecifierSet(compiled.specifier).contains(f"3.{minor}.1")]) <= 2


@pytest.mark.parametrize("era", sorted(ERAS))
def test_a_pipeline_tells_its_steps(era: str) -> None:
    facts = found(f"{era}-columns.joblib").facts
    steps = {step["name"]: step["class"].rpartition(".")[2] for step in facts["steps"]}
    assert steps == {
        "table": "ColumnTransformer",
        "model": "LogisticRegression",
        "table.number": "StandardScaler",
        "table.text": "OneHotEncoder",
    }
    assert facts["classes"] == [0, 1]


@pytest.mark.parametrize("era", sorted(ERAS))
def test_a_dictionary_tells_its_keys_and_what_is_in_them(era: str) -> None:
    findings = found(f"{era}-dict.joblib")
    assert findings.model_class == "dict"
    assert list(findings.facts["keys"]) == ["model", "names", "limit"]
    assert findings.facts["keys"]["model"].endswith("LogisticRegression")
    assert (findings.facts["n_features"], findings.facts["classes"]) == (3, [0, 1])


@pytest.mark.parametrize("era", sorted(ERAS))
def test_a_classifier_tells_its_features_and_labels(era: str) -> None:
    facts = found(f"{era}-linear.pkl").facts
    assert (facts["n_features"], facts["classes"]) == (3, ["no", "yes"])


@pytest.mark.parametrize("era", [era for era in sorted(ERAS) if "xgboost" in ERAS[era]["versions"]])
def test_a_booster_tells_its_own_version(era: str) -> None:
    findings = found(f"{era}-trees.xgboost.pkl")
    assert findings.framework == "XGBoost"
    version = ERAS[era]["versions"]["xgboost"]
    exact = None if version == "0.90" else version  # written from 1.0 on
    assert findings.framework_version == exact


@pytest.mark.parametrize(("name", "compression"), [("forest.joblib.gz", "gzip"), ("search.joblib.xz", "xz")])
def test_the_compression_is_told(name: str, compression: str) -> None:
    assert found(f"2020-py37-{name}").facts["compression"] == compression
