"""Which distributions, versions and interpreters the globals and attributes in a pickle speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.domain.findings import Needed, PythonNeeded
from homeport.inspection.allowed import as_python_3
from homeport.inspection.globals_harmless import BARE_LOSS
from homeport.inspection.imports import distribution_of
from homeport.inspection.pickle_arrays import dtype_of
from homeport.inspection.pickle_bytecode import Minor, codes_in, minors_of
from homeport.inspection.pickle_markers import needed_for
from homeport.inspection.pickle_model import MOST_TOLD, with_class
from homeport.inspection.pickle_native import needed_by_booster
from homeport.inspection.pickle_report import PickleReport
from homeport.inspection.pickle_values import ArrayInStream, Made, Node, attributes_of, printable

# Import names of distributions that models are made of. A top-level module beside these is taken for the writer's own.
_KNOWN_NAMES = (
    "catboost category_encoders cloudpickle cuml cv2 dask dateutil dill econml fastai feature_engine "
    "flaml gensim hdbscan hmmlearn imblearn imodels interpret joblib keras lifelines lightfm lightgbm "
    "mlflow mlxtend networkx nltk numba numpy pandas patsy PIL pmdarima polars prophet pyarrow pygam pyod pytz "
    "river scipy sentence_transformers shap skimage sklearn sklearn_pandas skl2onnx skopt skops skorch "
    "sksurv sktime spacy statsmodels surprise tensorflow torch torchvision tpot transformers tslearn umap "
    "xgboost yaml _catboost"
)
_KNOWN = frozenset(_KNOWN_NAMES.split())
_FRAMEWORKS = (  # the first whose modules the pickle names
    ("xgboost", "XGBoost"),
    ("lightgbm", "LightGBM"),
    ("catboost", "CatBoost"),
    ("sklearn", "ScikitLearn"),
    ("statsmodels", "Statsmodels"),
    ("torch", "PyTorch"),
    ("keras", "Keras"),
    ("tensorflow", "TensorFlow"),
)
_SKLEARN_WRAPPERS = {"xgboost.sklearn", "lightgbm.sklearn"}  # these import scikit-learn, and do not depend on it
_NEWEST = (3, 13)
_VERSION = re.compile(r"\d[\w.+!-]{0,40}")
_PYTHON_2 = {"STRING", "BINSTRING", "SHORT_BINSTRING"}  # Python 3 reads these and never writes them


def imports_of(report: PickleReport) -> set[str]:
    """The top-level modules that its globals import, under Python 3's names."""
    found = {as_python_3(name).module.split(".")[0] for name in report.names}
    return found - {BARE_LOSS} | ({"sklearn"} if BARE_LOSS in found else set())


def own_modules_of(report: PickleReport) -> tuple[str, ...]:
    """Modules that are neither in the standard library nor a known distribution's: to be carried along."""
    return tuple(sorted(name for name in imports_of(report) if name == "__main__" or _is_foreign(name))[:MOST_TOLD])


def _is_foreign(module: str) -> bool:
    return module not in _KNOWN and module.isidentifier() and distribution_of(module) is not None


def needed_by(report: PickleReport) -> tuple[Needed, ...]:
    """The statements about each distribution; a name alone where nothing is known of its version."""
    statements = [*_recorded(report), *needed_for(map(str, report.names)), *_by_attributes(report)]
    exact = {each.distribution for each in statements if each.specifier.startswith("==")}
    needed = [each for each in statements if each.specifier.startswith("==") or each.distribution not in exact]
    told = {each.distribution for each in needed}
    wrappers = {"sklearn"} if any(name.module in _SKLEARN_WRAPPERS for name in report.names) else set()
    imported = imports_of(report) & _KNOWN
    for module in sorted(imported | wrappers):
        distribution = distribution_of(module)
        if distribution and distribution not in told:
            why = f"its globals import `{module}`" if module in imported else f"`{module}` is what it wraps"
            needed.append(Needed(distribution=distribution, why=why, sure="certain"))
    return tuple(dict.fromkeys(needed))


def _recorded(report: PickleReport) -> Iterator[Needed]:
    """`_sklearn_version`, which scikit-learn writes into estimators since 0.18, and the versions inside of boosters."""
    seen: set[str] = set()
    for name, node in with_class(report.objects):
        version = attributes_of(node).get("_sklearn_version")
        if isinstance(version, str) and version not in seen and _VERSION.fullmatch(version):
            seen.add(version)
            why = f"`_sklearn_version` of {name}"
            yield Needed(distribution="scikit-learn", specifier=f"=={version}", why=why, sure="certain")
        if name.name == "Booster":
            yield from needed_by_booster(name.module, node)


def _by_attributes(report: PickleReport) -> Iterator[Needed]:
    """Attributes that scikit-learn gives its estimators from some release on."""
    found: dict[str, str] = {}
    for name, node in with_class(report.objects):
        if name.module.startswith("sklearn."):
            told = attributes_of(node)
            found.update({_SINCE[key]: f"`{key}` of {name}" for key in _SINCE if key in told})
    if any("missing_go_to_left" in _fields(node) for node in report.objects):
        found[">=1.3"] = "tree nodes with `missing_go_to_left`"
    for specifier, why in sorted(found.items()):
        yield Needed(distribution="scikit-learn", specifier=specifier, why=why, sure="likely")


_SINCE = {"n_features_in_": ">=0.23", "feature_names_in_": ">=1.0", "_sklearn_output_config": ">=1.2"}


def _fields(node: Node) -> tuple[str, ...]:
    dtype = (
        dtype_of(node.dtype if isinstance(node, ArrayInStream) else node)
        if isinstance(node, Made | ArrayInStream)
        else None
    )
    return dtype.fields if dtype else ()


def frameworks_of(report: PickleReport) -> tuple[str | None, str | None]:
    """The framework of the model in `Model.Framework`'s spelling, and its version where one is recorded."""
    modules = imports_of(report)
    for module, framework in _FRAMEWORKS:
        if module in modules:
            needed = (each for each in needed_by(report) if each.distribution == distribution_of(module))
            exact = [each.specifier[2:] for each in needed if each.specifier.startswith("==")]
            return framework, exact[0] if exact else None
    return None, None


def pythons_for(report: PickleReport, form: str) -> tuple[PythonNeeded, ...]:
    """What byte code and protocol say: what can read it, and what writes it unless told otherwise."""
    return (*_by_bytecode(report), *_by_protocol(report, form))


def _by_bytecode(report: PickleReport) -> Iterator[PythonNeeded]:
    codes = list(codes_in(report.objects))
    minors = minors_of(codes)
    if not minors:
        return
    names = ", ".join(dict.fromkeys(f"`{printable(code.name[:60])}`" for code in codes[:3]))
    of = f"Python {_dotted(minors[0])}" if len(minors) == 1 else f"Python {_dotted(minors[0])} to {_dotted(minors[-1])}"
    yield PythonNeeded(specifier=_between(minors), why=f"byte code of {of} in {names}", sure="certain")


def _between(minors: tuple[Minor, ...]) -> str:
    first, last = minors[0], minors[-1]
    if first == last:
        return f"=={_dotted(first)}.*"
    return f">={_dotted(first)}" + ("" if last > _NEWEST else f",<{last[0]}.{last[1] + 1}")


def _dotted(minor: Minor) -> str:
    return f"{minor[0]}.{minor[1]}"


def _by_protocol(report: PickleReport, form: str) -> Iterator[PythonNeeded]:
    protocol = report.protocol
    if report.opcodes & _PYTHON_2:
        yield PythonNeeded(specifier="==2.7.*", why="texts as only Python 2 writes them", sure="likely")
        return
    if protocol >= 4:
        least = ">=3.8" if protocol == 5 else ">=3.4"
        yield PythonNeeded(specifier=least, why=f"pickle protocol {protocol}", sure="certain")
    if protocol == 4 and form == "cloudpickle":
        yield PythonNeeded(specifier="<3.8", why="cloudpickle takes the highest protocol, 5 since 3.8", sure="likely")
    elif protocol == 4:
        yield PythonNeeded(
            specifier=">=3.8", why="protocol 4 is what Python writes by default since 3.8", sure="likely"
        )
    elif protocol == 3:
        yield PythonNeeded(specifier="<3.8", why="protocol 3 is what Python wrote by default before 3.8", sure="likely")


def functions_of(report: PickleReport) -> list[str]:
    """Names of the functions that are carried by value."""
    return list(dict.fromkeys(code.name for code in codes_in(report.objects)))


def estimators_of(report: PickleReport) -> list[str]:
    """Every class with attributes, once, the outer before the inner."""
    return [
        str(name) for name in dict.fromkeys(name for name, _ in with_class(report.objects)) if name.name[:1].isupper()
    ]
