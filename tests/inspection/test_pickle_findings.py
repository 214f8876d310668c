"""`inspect_pickle` on real files: what it says of them."""

from __future__ import annotations

from homeport.inspection.pickle_findings import inspect_pickle
from tests.conftest import shared_file


def test_the_tutorials_model_tells_its_library_its_class_and_its_shape() -> None:
    model = shared_file("data", "sklearn_mnist_model.pkl")
    findings = inspect_pickle(model)
    assert findings.format == "joblib"
    assert (findings.framework, findings.framework_version) == ("ScikitLearn", "0.22.1")
    assert findings.model_class == "sklearn.linear_model._logistic.LogisticRegression"
    assert findings.protocol == 3
    assert findings.facts["n_features"] == 784
    assert findings.facts["classes"] == list(range(10))
    assert findings.risks == () and findings.own_modules == ()
    assert "<3.8" in [each.specifier for each in findings.pythons]
