"""Makes the files in this folder, with an interpreter of an era: `python make.py NAME`; see README.md.

`NAME.json` says what was true when the files were made: versions, and for each file the names that the real unpickler
asked for when it loaded it again.
"""

import contextlib
import json
import os
import pickle
import sys
import warnings

import joblib
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
ERA = sys.argv[1]
X = np.random.RandomState(0).rand(20, 3)
Y = (X[:, 0] > 0.5).astype(int)
TABLE = pd.DataFrame({"age": [1.0, 2, 3, 4] * 5, "city": ["x", "y", "x", "z"] * 5})


class Doubled(BaseEstimator):
    def fit(self, rows, labels=None):
        self.mean_ = rows.mean(0)
        return self

    def predict(self, rows):
        return np.array([row.sum() * 2 for row in rows])


def times(number):
    return lambda value: value * number


def columns():
    parts = [("number", StandardScaler(), ["age"]), ("text", OneHotEncoder(handle_unknown="ignore"), ["city"])]
    return Pipeline([("table", ColumnTransformer(parts)), ("model", LogisticRegression())]).fit(TABLE, [0, 1, 0, 1] * 5)


def models():
    yield "linear.pkl", LogisticRegression().fit(X, np.where(Y > 0, "yes", "no")), "pickle"
    yield "columns.joblib", columns(), "joblib"
    yield "forest.joblib.gz", RandomForestClassifier(n_estimators=2, max_depth=2, random_state=0).fit(X, Y), "gzip"
    yield "boosting.pkl", GradientBoostingRegressor(n_estimators=1, max_depth=1).fit(X, X[:, 1]), "pickle"
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 2]}, cv=2)
    search = make_pipeline(SelectKBest(f_classif, k=2), search)
    yield "search.joblib.xz", search.fit(X, Y), "xz"
    parts = {"model": LogisticRegression().fit(X, Y), "names": ["a", "b", "c"], "limit": np.float64(0.5)}
    yield "dict.joblib", parts, "joblib"
    yield "table.pkl", TABLE.assign(kind=TABLE.city.astype("category")), "pickle"
    yield "own.cloudpickle", Doubled().fit(X), "cloudpickle"
    yield "function.dill", times(3), "dill"
    yield from boosted()


def boosted():
    try:
        import lightgbm
        import xgboost
    except ImportError:
        return
    yield "trees.xgboost.pkl", xgboost.XGBClassifier(n_estimators=1, max_depth=1).fit(X, Y), "pickle"
    lgb = lightgbm.LGBMClassifier(n_estimators=1, num_leaves=2, min_child_samples=1, verbose=-1)
    yield "trees.lightgbm.pkl", lgb.fit(X, Y), "pickle"


def write(path, model, how):
    if how in ("gzip", "xz"):
        joblib.dump(model, path, compress=(how, 9))
    elif how == "joblib":
        joblib.dump(model, path)
    else:
        writer = __import__({"pickle": "pickle"}.get(how, how))
        with open(path, "wb") as file:
            writer.dump(model, file)


def asked_for(path, how):
    """The (module, name)s that the real unpickler looks up."""
    names = set()

    def noting(kind):
        class Noting(kind):
            def find_class(self, module, name):
                names.add(f"{module}.{name}")
                return kind.find_class(self, module, name)

        return Noting

    if how in ("joblib", "gzip", "xz"):
        from joblib import numpy_pickle

        numpy_pickle.NumpyUnpickler = noting(numpy_pickle.NumpyUnpickler)
        pickle.load = lambda file: noting(pickle.Unpickler)(file).load()  # joblib's way with arrays of objects
        joblib.load(path)
    else:
        with open(path, "rb") as file:
            noting(__import__("dill").Unpickler if how == "dill" else pickle.Unpickler)(file).load()
    return sorted(names)


def main():
    versions = {"python": "{}.{}".format(*sys.version_info[:2])}
    for module in ("sklearn", "numpy", "pandas", "scipy", "joblib", "cloudpickle", "dill", "xgboost", "lightgbm"):
        with contextlib.suppress(ImportError, NameError, AttributeError):
            versions[module] = __import__(module).__version__
    files = {}
    for name, model, how in models():
        path = os.path.join(HERE, f"{ERA}-{name}")
        try:
            write(path, model, how)
            files[os.path.basename(path)] = asked_for(path, how)
        except Exception as error:  # noqa: BLE001 (dill of one era cannot do what that of the next can)
            print(name, repr(error)[:200])
            os.remove(path)
    with open(os.path.join(HERE, ERA + ".json"), "w") as file:
        json.dump({"versions": versions, "files": files}, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
