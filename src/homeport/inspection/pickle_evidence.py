"""Which distributions, versions and interpreters the globals and attributes in a pickle speak of."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from homeport.domain.findings import Needed, PythonNeeded
from homeport.inspection.allowed import as_python_3
from homeport.inspection.pickle_model import objects_in
from homeport.inspection.pickle_report import PickleReport
from homeport.inspection.pickle_values import attributes_of

_SAME_NAME = (
    "catboost category_encoders cloudpickle cuml dask fastai feature_engine flaml gensim hdbscan hmmlearn "
    "joblib keras lifelines lightfm lightgbm mlxtend networkx nltk numba numpy pandas patsy pmdarima polars "
    "prophet pyod pytz river sentence_transformers shap sklearn_pandas skops skorch sktime spacy statsmodels "
    "surprise tensorflow torch torchvision tpot transformers tslearn xgboost scipy interpret imodels pygam "
    "econml"
)
# import name -> distribution, where they differ or where the distribution must be known by that import name.
DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "imblearn": "imbalanced-learn",
    "skopt": "scikit-optimize",
    "dill": "dill",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "dateutil": "python-dateutil",
    "sksurv": "scikit-survival",
    "umap": "umap-learn",
    **{name: name.replace("_", "-") for name in _SAME_NAME.split()},
    "surprise": "scikit-surprise",
}
_FRAMEWORKS = (  # the first that the outermost object's modules name
    ("xgboost", "xgboost", "XGBoost"),
    ("lightgbm", "lightgbm", "LightGBM"),
    ("catboost", "catboost", "CatBoost"),
    ("sklearn", "scikit-learn", "ScikitLearn"),
    ("statsmodels", "statsmodels", "Statsmodels"),
    ("torch", "torch", "PyTorch"),
    ("keras", "keras", "Keras"),
    ("tensorflow", "tensorflow", "TensorFlow"),
)
_STANDARD = sys.stdlib_module_names | {"__builtin__", "copy_reg"}


def imports_of(report: PickleReport) -> set[str]:
    """The top-level modules that its globals import, under Python 3's names."""
    return {as_python_3(name).module.split(".")[0] for name in report.names}


def own_modules_of(report: PickleReport) -> tuple[str, ...]:
    """Modules that are neither in the standard library nor a distribution's that we know."""
    own = (name for name in imports_of(report) if name not in _STANDARD and name not in DISTRIBUTIONS)
    return tuple(sorted({"__main__" if name == "__main__" else name for name in (*own, *_main(report))}))


def _main(report: PickleReport) -> Iterator[str]:
    if any(name.module == "__main__" for name in report.names):
        yield "__main__"


def needed_by(report: PickleReport) -> tuple[Needed, ...]:
    """One entry for each distribution and statement about it."""
    needed = list(_recorded(report))
    told = {each.distribution for each in needed}
    for module in sorted(imports_of(report)):
        distribution = DISTRIBUTIONS.get(module)
        if distribution and distribution not in told:
            needed.append(Needed(distribution=distribution, why=f"its globals import `{module}`", sure="certain"))
    return tuple(needed)


def _recorded(report: PickleReport) -> Iterator[Needed]:
    """`_sklearn_version`, which scikit-learn writes into every estimator since 0.18."""
    seen: set[str] = set()
    for name, node in objects_in(report.root):
        version = attributes_of(node).get("_sklearn_version")
        if (
            isinstance(version, str)
            and version not in seen
            and len(version) < 40
            and name.module.startswith("sklearn.")
        ):
            seen.add(version)
            yield Needed(
                distribution="scikit-learn",
                specifier=f"=={version}",
                why=f"`_sklearn_version` of {name}",
                sure="certain",
            )


def frameworks_of(report: PickleReport) -> tuple[str | None, str | None]:
    """The framework of the model in `Model.Framework`'s spelling, and its version where one is recorded."""
    modules = imports_of(report)
    for module, distribution, framework in _FRAMEWORKS:
        if module in modules:
            exact = [
                n.specifier[2:] for n in needed_by(report) if n.distribution == distribution and n.specifier[:2] == "=="
            ]
            return framework, exact[0] if exact else None
    return None, None


def pythons_for(report: PickleReport) -> tuple[PythonNeeded, ...]:
    """What the protocol says: what can read it at all, and what writes it unless told otherwise."""
    protocol = report.protocol
    found = []
    if protocol >= 4:
        least = ">=3.8" if protocol == 5 else ">=3.4"
        found.append(PythonNeeded(specifier=least, why=f"pickle protocol {protocol}", sure="certain"))
    if protocol == 4:
        found.append(
            PythonNeeded(specifier=">=3.8", why="protocol 4 is what Python writes by default since 3.8", sure="likely")
        )
    if protocol == 3:
        found.append(
            PythonNeeded(specifier="<3.8", why="protocol 3 is what Python wrote by default before 3.8", sure="likely")
        )
    return tuple(found)
