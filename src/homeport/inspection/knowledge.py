"""Facts about packages and Pythons that no metadata tells; each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from homeport.domain.releases import Minor

# First final releases, from the release schedules (PEP 494, 537, 569, 596, 619, 664, 693, 719, 745).
PYTHONS: dict[Minor, date] = {
    (3, 6): date(2016, 12, 23),
    (3, 7): date(2018, 6, 27),
    (3, 8): date(2019, 10, 14),
    (3, 9): date(2020, 10, 5),
    (3, 10): date(2021, 10, 4),
    (3, 11): date(2022, 10, 24),
    (3, 12): date(2023, 10, 2),
    (3, 13): date(2024, 10, 7),
    (3, 14): date(2025, 10, 7),
}
# So long after its release a minor was the one that most people had (notebook services and distributions lag).
_SETTLED = timedelta(days=420)


def usual_python(day: date) -> Minor:
    """The minor that most people had on that day."""
    settled = [minor for minor, released in PYTHONS.items() if released + _SETTLED <= day]
    return max(settled, default=min(PYTHONS))


def usual_time(minor: Minor) -> tuple[date, date]:
    """From when until when it was the usual one."""
    later = [released for other, released in PYTHONS.items() if other > minor]
    begin = PYTHONS.get(minor, date(2016, 12, 23)) + _SETTLED
    return begin, min(later) + _SETTLED if later else begin + timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Undeclared:
    """`line` is needed too, and the package's metadata does not say so."""

    line: str
    why: str


# Modules of a pickle (by prefix) -> what their package imports without declaring it.
OF_MODULES: tuple[tuple[str, Undeclared], ...] = (
    ("xgboost.sklearn", Undeclared("scikit-learn", "xgboost's scikit-learn classes import it undeclared")),
    ("xgboost.training", Undeclared("scikit-learn", "xgboost's scikit-learn classes import it undeclared")),
    ("lightgbm.sklearn", Undeclared("scikit-learn", "lightgbm's scikit-learn classes import it undeclared")),
    (
        "sklearn.compose._column_transformer",
        Undeclared("pandas", "columns are chosen by name, which takes a data frame"),
    ),
    ("sklearn_pandas", Undeclared("pandas", "its steps take a data frame")),
    ("category_encoders", Undeclared("pandas", "its encoders take a data frame")),
    ("feature_engine", Undeclared("pandas", "its steps take a data frame")),
    ("keras.", Undeclared("h5py", "keras saves with it")),
)
# Releases of a distribution -> what they import without declaring it.
OF_RELEASES: tuple[tuple[str, str, Undeclared], ...] = (
    ("scikit-learn", "<0.20", Undeclared("scipy", "scikit-learn did not declare it before 0.20")),
    ("keras", "<2.4", Undeclared("tensorflow", "keras before 2.4 needs a backend")),
)
# Distributions whose old releases import pkg_resources: Pythons before 3.12 brought setuptools along.
PKG_RESOURCES: dict[str, str] = {
    "category-encoders": "<1.3",
    "fbprophet": "",
    "gensim": "<4",
    "hyperopt": "<0.3",
    "librosa": "<0.10",
    "mlflow": "<2.17",
    "pmdarima": "<2.1",
    "prophet": "<1.1.2",
    "pyldavis": "<3.4",
    "sktime": "<0.14",
    "spacy": "<2.1",
    "tensorboard": "<2.19",
    "tensorflow-hub": "<0.17",
    "textblob": "<0.16",
    "umap-learn": "<0.5.8",
}
LAST_PKG_RESOURCES = "setuptools<82"

# What a keras_version in an HDF5 file says of its TensorFlow: `tf.keras.__version__` of the releases.
TF_OF_KERAS: tuple[tuple[str, str], ...] = (
    (r"2\.1\.(\d+)-tf", ">=1.8,<1.13"),
    (r"2\.2\.4-tf", ">=1.13,<2.2"),
    (r"2\.3\.0-tf", ">=2.2,<2.3"),
    (r"2\.4\.\d+", ">=2.3,<2.5"),
    (r"2\.(5|6|7|8|9|10|11|12|13|14|15)\.\d+", "==2.{0}.*"),
    (r"3\.\d+.*", ">=2.16"),
)

# Natives that others bring along (`*`: whoever asks); without a wheel of the day for that
# Python, a build would be tried.
COMPANIONS: dict[str, tuple[str, ...]] = {
    "*": ("numpy", "scipy", "pandas"),
    "xgboost": ("scikit-learn",),
    "lightgbm": ("scikit-learn",),
    "catboost": ("matplotlib",),
    "imbalanced-learn": ("scikit-learn",),
    "keras": ("h5py",),
    "tensorflow": ("h5py",),
    "mlflow": ("scikit-learn", "pyarrow", "matplotlib"),
    "mlxtend": ("scikit-learn", "matplotlib"),
    "lifelines": ("matplotlib",),
    "prophet": ("matplotlib",),
    "umap-learn": ("scikit-learn", "numba", "llvmlite"),
    "hdbscan": ("scikit-learn",),
    "shap": ("scikit-learn", "numba", "llvmlite"),
    "sktime": ("scikit-learn", "numba", "llvmlite", "statsmodels"),
    "pmdarima": ("scikit-learn", "statsmodels"),
}
# Lighter builds of the same release.
LIGHTER = {"tensorflow": "tensorflow-cpu"}
# Runtimes of hundreds of megabytes, with gigabytes for a GPU: a build that is at hand is worth much.
HEAVY = ("torch", "tensorflow")
# What producers call themselves -> their distribution. They are not needed to read the file: they date it.
MAKERS = {
    "skl2onnx": "skl2onnx",
    "sklearn-onnx": "skl2onnx",
    "onnxmltools": "onnxmltools",
    "tf2onnx": "tf2onnx",
    "pytorch": "torch",
}

# Modules that exist only in some releases: what their absence teaches. From the packages' own histories.
MODULE_LIVES: tuple[tuple[str, str], ...] = (
    ("numpy._core", "numpy>=2"),
    ("numpy.core", "numpy<2"),
    ("numpy.random._pickle", "numpy>=1.17"),
    ("numpy.random._mt19937", "numpy>=1.17"),
    ("pandas.core.indexes.numeric", "pandas<2"),
    ("pandas.indexes", "pandas<0.25"),
    ("pandas.core.index", "pandas<2"),
    ("pandas._libs.internals", "pandas>=0.25"),
    ("sklearn.externals.joblib", "scikit-learn<0.23"),
    ("sklearn.externals.six", "scikit-learn<0.23"),
    ("sklearn.cross_validation", "scikit-learn<0.20"),
    ("sklearn.grid_search", "scikit-learn<0.20"),
    ("sklearn.preprocessing.imputation", "scikit-learn<0.22"),
    ("sklearn.preprocessing.label", "scikit-learn<0.24"),
    ("sklearn.preprocessing.data", "scikit-learn<0.24"),
    ("sklearn.linear_model.logistic", "scikit-learn<0.24"),
    ("sklearn.linear_model.base", "scikit-learn<0.24"),
    ("sklearn.linear_model.stochastic_gradient", "scikit-learn<0.24"),
    ("sklearn.linear_model.sgd_fast", "scikit-learn<0.24"),
    ("sklearn.tree.tree", "scikit-learn<0.24"),
    ("sklearn.ensemble.forest", "scikit-learn<0.24"),
    ("sklearn.ensemble.gradient_boosting", "scikit-learn<0.24"),
    ("sklearn.ensemble.weight_boosting", "scikit-learn<0.24"),
    ("sklearn.neighbors.classification", "scikit-learn<0.24"),
    ("sklearn.neighbors.regression", "scikit-learn<0.24"),
    ("sklearn.neighbors.kd_tree", "scikit-learn<0.24"),
    ("sklearn.neighbors.dist_metrics", "scikit-learn<0.24"),
    ("sklearn.svm.classes", "scikit-learn<0.24"),
    ("sklearn.naive_bayes", "scikit-learn"),
    ("sklearn.neural_network.multilayer_perceptron", "scikit-learn<0.24"),
    ("sklearn.decomposition.pca", "scikit-learn<0.24"),
    ("sklearn.feature_selection.univariate_selection", "scikit-learn<0.24"),
    ("sklearn.cluster.k_means_", "scikit-learn<0.24"),
    ("sklearn.linear_model._logistic", "scikit-learn>=0.22"),
    ("sklearn._loss", "scikit-learn>=0.24"),
    ("sklearn.metrics._dist_metrics", "scikit-learn>=1.0"),
    ("sklearn.utils._bunch", "scikit-learn>=1.2"),
    ("sklearn.frozen", "scikit-learn>=1.6"),
    ("imp", "python<3.12"),
    ("distutils", LAST_PKG_RESOURCES),
    ("pkg_resources", LAST_PKG_RESOURCES),
)


def undeclared_setuptools(distribution: str, version: Version | None) -> bool:
    """It imports pkg_resources and does not say so; an unknown version may."""
    if distribution not in PKG_RESOURCES:
        return False
    return version is None or version in SpecifierSet(PKG_RESOURCES[distribution])


def lesson_of(module: str) -> str | None:
    """The requirement that a missing module teaches, by the longest name that the table knows."""
    best = [(len(name), line) for name, line in MODULE_LIVES if module == name or module.startswith(f"{name}.")]
    return max(best)[1] if best else None
