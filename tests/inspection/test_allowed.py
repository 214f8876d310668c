"""The list of harmless globals, and what is said of the others."""

from __future__ import annotations

import importlib
import inspect

import pytest

from homeport.inspection.allowed import risk_of, risks_of
from homeport.inspection.globals_harmless import HARMLESS, is_harmless
from homeport.inspection.globals_risky import RISKY_MODULES, RISKY_NAMES, why_risky
from homeport.inspection.pickle_values import GlobalName


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sklearn.linear_model._logistic", "LogisticRegression"),
        ("sklearn.linear_model.logistic", "LogisticRegression"),
        ("sklearn.ensemble.forest", "RandomForestClassifier"),
        ("sklearn.tree._tree", "Tree"),
        ("sklearn._loss._loss", "__pyx_unpickle_CyHalfBinomialLoss"),
        ("sklearn.metrics._classification", "f1_score"),
        ("sklearn.pipeline", "Pipeline"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("pandas.core.frame", "DataFrame"),
        ("scipy.sparse._csr", "csr_matrix"),
        ("xgboost.sklearn", "XGBClassifier"),
        ("lightgbm.basic", "Booster"),
        ("collections", "OrderedDict"),
        ("__builtin__", "object"),
        ("copy_reg", "_reconstructor"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("_loss", "CyHalfSquaredError"),
        ("_loss", "__pyx_unpickle_CyHalfSquaredError"),
        ("feature_engine.imputation.mean_median", "MeanMedianImputer"),
    ],
)
def test_what_ordinary_models_name_is_harmless(module: str, name: str) -> None:
    assert risk_of(GlobalName(module, name)) is None


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sklearn.svm._classes", "os.system"),
        ("sklearn.svm", "_classes.np.load"),
        ("sklearn.datasets._base", "load_files"),
        ("sklearn.externals.joblib", "load"),
        ("sklearn.base", "clone"),
        ("sklearn.utils", "Bunch.__init__.__globals__"),
        ("sklearn.utils._testing", "TempMemmap"),
        ("sklearn.ensemble._base", "Parallel"),
        ("sklearn.neighbors.tests.test_kd_tree", "KDTree"),
        ("sklearn", "svm"),
        ("_loss", "os"),
        ("_loss.os", "CyHalfSquaredError"),
        ("sklearnx.svm", "SVC"),
        ("numpy", "load"),
        ("numpy", "__builtins__"),
        ("numpy", "ndarray.tofile"),
        ("pandas", "read_pickle"),
        ("pandas.core.frame", "DataFrame.to_pickle"),
        ("torch", "load"),
        ("torch.nn.modules.module", "os.system"),
        ("builtins", "eval"),
        ("builtins", "str.join"),
        ("collections", "namedtuple"),
        ("", ""),
        ("os", ""),
        (".", "."),
        ("сollections", "OrderedDict"),  # noqa: RUF001 (a Cyrillic letter, on purpose)
        ("collections ", "OrderedDict"),
        ("collections\n", "OrderedDict"),
        ("sklearn.svm.\nos", "SVC"),
    ],
)
def test_what_looks_like_them_is_not(module: str, name: str) -> None:
    assert risk_of(GlobalName(module, name)) is not None


def test_every_reason_says_what_is_known() -> None:
    known = risk_of(GlobalName("posix", "system"))
    unknown = risk_of(GlobalName("features", "Cleaner"))
    main = risk_of(GlobalName("__main__", "Cleaner"))
    assert known is not None and (known.danger, known.why) == ("runs_code", "starts programs")
    assert unknown is not None and unknown.danger == "unknown" and "`features`" in unknown.why
    assert main is not None and "script" in main.why


def test_no_name_is_harmless_and_risky_by_name() -> None:
    both = {f"{module}.{name}" for module, name in HARMLESS} & set(RISKY_NAMES)
    assert both == {"builtins.getattr", "numpy.memmap"} & both


def test_a_function_by_value_says_what_that_means() -> None:
    for module in ("cloudpickle.cloudpickle", "dill._dill", "joblib.externals.cloudpickle.cloudpickle"):
        risk = risk_of(GlobalName(module, "_make_function"))
        assert risk is not None and risk.danger == "runs_code" and "by value" in risk.why


def test_risks_come_by_name_and_once() -> None:
    names = [GlobalName("os", "system"), GlobalName("a", "b"), GlobalName("os", "system")]
    assert [risk.name for risk in risks_of(names)] == ["a.b", "os.system"]
    assert [risk.name for risk in risks_of(names, allowed=["a.b"])] == ["os.system"]


@pytest.mark.parametrize("package", ["sklearn", "numpy", "pandas"])
def test_no_harmless_name_of_an_installed_library_is_a_module(package: str) -> None:
    """A module in a pickle's hands is a way to all that it imports."""
    for module, name in HARMLESS:
        if module.split(".")[0] == package:
            try:
                found = getattr(importlib.import_module(module), name, None)
            except (ImportError, DeprecationWarning):
                continue
            assert not inspect.ismodule(found), (module, name)


def test_the_risky_modules_cover_what_is_below_them() -> None:
    assert why_risky("asyncio.unix_events", "_UnixSubprocessTransport._start") == RISKY_MODULES["asyncio"]
    assert why_risky("numpy.f2py.crackfortran", "getlincoef") == RISKY_MODULES["numpy.f2py"]
    assert why_risky("osmium", "x") is None
    assert not is_harmless("osmium", "x")


def test_classes_of_scikit_learn_that_it_imports_from_elsewhere_are_not_taken_for_its_own() -> None:
    """Walks the installed release: whatever passes as an estimator's class is defined there, or holds data."""
    import pkgutil
    import warnings

    import sklearn

    passing: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda _: None):
            if any(part in found.name.split(".") for part in ("tests", "externals", "conftest", "_build_utils")):
                continue
            try:
                module = importlib.import_module(found.name)
            except Exception:  # noqa: BLE001 (optional parts)
                continue
            for name, thing in vars(module).items():
                home = getattr(thing, "__module__", "") or ""
                if (
                    callable(thing)
                    and is_harmless(found.name, name)
                    and not str(home).startswith(("sklearn", "numpy", "scipy"))
                ):
                    passing.add(f"{found.name}.{name} is {home}.{name}")
    harmless = (
        "typing",
        "numbers",
        "collections",
        "abc",
        "enum",
        "dataclasses",
        "builtins",
        "_cython",
        "itertools",
        "inspect",
        "warnings",
    )
    assert sorted(each for each in passing if not each.split(" is ")[1].startswith(harmless)) == []
