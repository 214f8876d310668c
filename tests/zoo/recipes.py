"""The models of the zoo. Runs inside an environment of their time: Python 3.6 syntax, imports where they are used.

`python recipes.py NAME FOLDER` makes one model and its predictions.json.
"""

import contextlib
import importlib
import json
import os
import platform
import sys

RECIPES = {}


def recipe(function):
    RECIPES[function.__name__] = function
    return function


class Made:
    """What a recipe gives: how to ask the model, and what it answered when it was made."""

    def __init__(self, file, model, given, methods=("predict",), asked=None, form="rows"):
        self.file, self.form, self.asked = file, form, asked
        given = given if asked is None else asked
        self.given = given
        self.answers = {name: plain(getattr(model, name)(given)) for name in methods}


class Answers:
    """The same for what has no prediction methods."""

    def __init__(self, file, given, form, **answers):
        self.file, self.given, self.form = file, given, form
        self.answers = {name: plain(value) for name, value in answers.items()}


def plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "values"):
        return value.values.tolist()
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


# ---- data, the same in every time


def rows(count=60, width=4):
    import numpy

    random = numpy.random.RandomState(7)
    x = random.normal(size=(count, width)).round(3)
    y = ((x[:, 0] * 2 - x[:, 1] + x[:, 2] * x[:, 3]) > 0).astype(int)
    return x, y


def amounts():
    x, _ = rows()
    return x, (x[:, 0] * 3 + x[:, 1] ** 2 - x[:, 3]).round(4)


TEXTS = [
    "the cat sat on the mat",
    "dogs bark at night",
    "the market fell today",
    "stocks rose on good news",
    "a cat and a dog",
    "interest rates rise again",
    "my dog chased the cat",
    "shares and bonds fell",
    "kittens sleep all day",
    "the bank cut rates",
]
TOPICS = [0, 0, 1, 1, 0, 1, 0, 1, 0, 1]


def people():
    import pandas

    return pandas.DataFrame(
        {
            "age": [23, 45, 31, 52, 38, 27, 61, 44, 36, 29, 50, 33],
            "city": ["Bern", "Rome", "Bern", "Oslo", "Rome", "Oslo", "Bern", "Rome", "Oslo", "Bern", "Rome", "Oslo"],
            "income": [31.5, 72.0, 45.2, None, 58.1, 39.9, 88.0, 67.3, None, 42.4, 75.8, 51.0],
        }
    )


BOUGHT = [0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0]


def column_pipeline(last):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
    columns = ColumnTransformer(
        [("numbers", numbers, ["age", "income"]), ("names", OneHotEncoder(handle_unknown="ignore"), ["city"])]
    )
    return Pipeline([("columns", columns), ("last", last)]).fit(people(), BOUGHT)


def write_pickle(model, folder, name="model.pkl", module="pickle", protocol=None):
    with open(os.path.join(folder, name), "wb") as out:
        importlib.import_module(module).dump(model, out, protocol)
    return name


def write_joblib(model, folder, name="model.joblib", **options):
    try:
        import joblib
    except ImportError:
        from sklearn.externals import joblib
    joblib.dump(model, os.path.join(folder, name), **options)
    return name


# ---- scikit-learn


@recipe
def logistic(folder):
    from sklearn.linear_model import LogisticRegression

    x, y = rows()
    model = LogisticRegression(solver="liblinear").fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def forest_joblib(folder):
    from sklearn.ensemble import RandomForestClassifier

    x, y = rows()
    model = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def forest_vendored_joblib(folder):
    """As scikit-learn's own documentation had it until 0.20."""
    import warnings

    warnings.simplefilter("ignore")
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.externals import joblib

    x, y = amounts()
    model = RandomForestRegressor(n_estimators=4, max_depth=3, random_state=0).fit(x, y)
    joblib.dump(model, os.path.join(folder, "model.pkl"))
    return Made("model.pkl", model, x[:8])


@recipe
def text_pipeline(folder):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(), LogisticRegression(solver="liblinear")).fit(TEXTS, TOPICS)
    return Made(write_pickle(model, folder), model, TEXTS[:4], ("predict", "predict_proba"), form="texts")


@recipe
def text_bayes_joblib(folder):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(TEXTS, TOPICS)
    file = write_joblib(model, folder, compress=3)
    return Made(file, model, TEXTS[:4], ("predict", "predict_proba"), form="texts")


@recipe
def boosting(folder):
    from sklearn.ensemble import GradientBoostingClassifier

    x, y = rows()
    model = GradientBoostingClassifier(n_estimators=8, max_depth=2, random_state=1).fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def svc_gzip(folder):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    x, y = rows()
    model = make_pipeline(StandardScaler(), SVC(gamma="scale")).fit(x, y)
    file = write_joblib(model, folder, "model.joblib.gz", compress=("gzip", 3))
    return Made(file, model, x[:8], ("predict", "decision_function"))


@recipe
def svr_xz(folder):
    from sklearn.svm import SVR

    x, y = amounts()
    model = SVR(gamma="scale").fit(x, y)
    return Made(write_joblib(model, folder, "model.joblib.xz", compress=("xz", 3)), model, x[:8])


@recipe
def columns_pandas(folder):
    from sklearn.linear_model import LogisticRegression

    model = column_pipeline(LogisticRegression(solver="liblinear"))
    file = write_joblib(model, folder)
    return Made(file, model, people(), ("predict", "predict_proba"), people().iloc[:5], "records")


@recipe
def columns_pandas_pickle(folder):
    from sklearn.ensemble import GradientBoostingClassifier

    model = column_pipeline(GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=3))
    file = write_pickle(model, folder)
    return Made(file, model, people(), ("predict", "predict_proba"), people().iloc[:5], "records")


@recipe
def named_columns(folder):
    """Only `feature_names_in_` tells that it was fitted with a data frame."""
    from sklearn.linear_model import Ridge

    frame = people()[["age"]].assign(twice=people()["age"] * 2.5)
    model = Ridge().fit(frame, people()["age"] * 0.5 + 3)
    return Made(write_joblib(model, folder), model, frame, ("predict",), frame.iloc[:4], "records")


@recipe
def joblib_dict(folder):
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import StandardScaler

    x, y = amounts()
    scaler = StandardScaler().fit(x)
    model = LinearRegression().fit(scaler.transform(x), y)
    file = write_joblib({"model": model, "scaler": scaler, "columns": list("abcd")}, folder)
    return Made(file, model, x[:8])


@recipe
def stacking(folder):
    from sklearn.ensemble import StackingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    x, y = rows()
    trees = [(str(depth), DecisionTreeClassifier(max_depth=depth, random_state=0)) for depth in (2, 3)]
    model = StackingClassifier(trees, LogisticRegression(), cv=3).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def hist_boosting(folder):
    with contextlib.suppress(ImportError):
        from sklearn.experimental import enable_hist_gradient_boosting  # noqa: F401
    from sklearn.ensemble import HistGradientBoostingRegressor

    x, y = amounts()
    model = HistGradientBoostingRegressor(max_iter=5, max_depth=2, min_samples_leaf=5).fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8])


@recipe
def network(folder):
    """A Mersenne twister is part of it: numpy's own pickles change with numpy."""
    import warnings

    import numpy
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    x, y = rows()
    random = numpy.random.RandomState(5)
    model = MLPClassifier((5,), max_iter=30, random_state=random).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def means_highest(folder):
    from sklearn.cluster import KMeans

    x, _ = rows()
    model = KMeans(3, random_state=0, n_init=3).fit(x)
    return Made(write_pickle(model, folder, protocol=-1), model, x[:8])


@recipe
def neighbours(folder):
    from sklearn.neighbors import KNeighborsRegressor

    x, y = amounts()
    model = KNeighborsRegressor(3).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8])


@recipe
def grid_search(folder):
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeRegressor

    x, y = amounts()
    model = GridSearchCV(DecisionTreeRegressor(random_state=0), {"max_depth": [2, 3]}, cv=3).fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8])


@recipe
def isolation(folder):
    from sklearn.ensemble import IsolationForest

    x, _ = rows()
    model = IsolationForest(n_estimators=5, random_state=0).fit(x)
    return Made(write_joblib(model, folder, compress=True), model, x[:8], ("predict", "decision_function"))


@recipe
def skops_file(folder):
    import skops.io
    from sklearn.linear_model import LogisticRegression

    x, y = rows()
    model = LogisticRegression().fit(x, y)
    skops.io.dump(model, os.path.join(folder, "model.skops"))
    return Made("model.skops", model, x[:8], ("predict", "predict_proba"))


# ---- around scikit-learn


@recipe
def resampled(folder):
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier

    x, y = rows()
    model = make_pipeline(RandomOverSampler(random_state=0), DecisionTreeClassifier(max_depth=3, random_state=0)).fit(
        x, y
    )
    return Made(write_joblib(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def encoded(folder):
    import category_encoders
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    frame = people()[["age", "city"]]
    model = make_pipeline(category_encoders.OrdinalEncoder(cols=["city"]), LogisticRegression(solver="liblinear"))
    model.fit(frame, BOUGHT)
    return Made(write_pickle(model, folder), model, frame, ("predict",), frame.iloc[:5], "records")


# ---- boosted trees


@recipe
def xgb_classifier(folder):
    import xgboost

    x, y = rows()
    model = xgboost.XGBClassifier(n_estimators=4, max_depth=2).fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def xgb_regressor_joblib(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.XGBRegressor(n_estimators=4, max_depth=2).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8])


@recipe
def xgb_json(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.XGBRegressor(n_estimators=4, max_depth=2).fit(x, y)
    model.save_model(os.path.join(folder, "model.json"))
    return Made("model.json", model, x[:8])


@recipe
def lgbm_classifier(folder):
    import lightgbm

    x, y = rows()
    model = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=4, min_child_samples=5).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def lgbm_text(folder):
    import lightgbm

    x, y = amounts()
    model = lightgbm.LGBMRegressor(n_estimators=4, num_leaves=4, min_child_samples=5).fit(x, y).booster_
    model.save_model(os.path.join(folder, "model.txt"))
    return Made("model.txt", model, x[:8])


@recipe
def catboost_pickle(folder):
    import catboost

    x, y = rows()
    model = catboost.CatBoostClassifier(iterations=4, depth=2, verbose=False, allow_writing_files=False).fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def catboost_file(folder):
    import catboost

    x, y = amounts()
    model = catboost.CatBoostRegressor(iterations=4, depth=2, verbose=False, allow_writing_files=False).fit(x, y)
    model.save_model(os.path.join(folder, "model.cbm"))
    return Made("model.cbm", model, x[:8])


# ---- others


@recipe
def statsmodels_ols(folder):
    import statsmodels.api

    x, y = amounts()
    model = statsmodels.api.OLS(y, x).fit()
    model.remove_data()
    return Made(write_pickle(model, folder), model, x[:8])


@recipe
def onnx_file(folder):
    import onnxruntime
    from skl2onnx import to_onnx
    from sklearn.linear_model import LinearRegression

    x, y = amounts()
    x = x.astype("float32")
    model = to_onnx(LinearRegression().fit(x, y), x[:1])
    with open(os.path.join(folder, "model.onnx"), "wb") as out:
        out.write(model.SerializeToString())
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return Answers("model.onnx", x[:8], "rows", predict=session.run(None, {"X": x[:8]})[0])


@recipe
def cloudpickled_class(folder):
    import cloudpickle
    import numpy

    class Banded:
        """Its class travels in the pickle as byte code."""

        def __init__(self, edges):
            self.edges = edges

        def predict(self, x):
            total = numpy.asarray(x).sum(axis=1)
            return numpy.array([sum(edge < each for edge in self.edges) for each in total])

    model = Banded([-1.0, 0.0, 1.5])
    with open(os.path.join(folder, "model.pkl"), "wb") as out:
        cloudpickle.dump(model, out)
    return Made("model.pkl", model, rows()[0][:8])


@recipe
def cloudpickled_callable(folder):
    import cloudpickle

    weights = [0.5, -1.25, 2.0, 0.125]

    def score(data):
        return [round(sum(w * v for w, v in zip(weights, row)), 6) for row in data]  # noqa: B905 - Python 3.6

    with open(os.path.join(folder, "model.pkl"), "wb") as out:
        cloudpickle.dump(score, out)
    given = rows()[0][:8]
    return Answers("model.pkl", given, "rows", predict=score(given.tolist()))


@recipe
def cloudpickled_pipeline(folder):
    import cloudpickle
    import numpy
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    x, y = amounts()
    steps = FunctionTransformer(lambda data: numpy.hstack([data, data**2]), validate=False), LinearRegression()
    model = make_pipeline(*steps).fit(x, y)
    with open(os.path.join(folder, "model.pkl"), "wb") as out:
        cloudpickle.dump(model, out)
    return Made("model.pkl", model, x[:8])


@recipe
def mlflow_folder(folder):
    import mlflow.sklearn
    from sklearn.linear_model import LogisticRegression

    x, y = rows()
    model = LogisticRegression().fit(x, y)
    mlflow.sklearn.save_model(model, os.path.join(folder, "model"))
    return Made("model", model, x[:8])


@recipe
def torch_script(folder):
    import torch

    torch.manual_seed(0)
    model = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)))
    model.save(os.path.join(folder, "model.pt"))
    given = rows()[0][:8].astype("float32")
    return Answers("model.pt", given, "rows", predict=model(torch.tensor(given)).detach().numpy())


@recipe
def keras_hdf5(folder):
    import tensorflow

    tensorflow.random.set_seed(0)
    layers = tensorflow.keras.layers
    model = tensorflow.keras.Sequential([layers.Dense(3, activation="relu", input_shape=(4,)), layers.Dense(1)])
    model.save(os.path.join(folder, "model.h5"))
    given = rows()[0][:8].astype("float32")
    return Answers("model.h5", given, "rows", predict=model.predict(given))


@recipe
def keras_alone_hdf5(folder):
    """Keras as a distribution of its own, before TensorFlow took it in."""
    import keras

    model = keras.models.Sequential([keras.layers.Dense(3, activation="relu", input_shape=(4,)), keras.layers.Dense(1)])
    model.save(os.path.join(folder, "model.h5"))
    given = rows()[0][:8].astype("float32")
    return Answers("model.h5", given, "rows", predict=model.predict(given))


@recipe
def statsmodels_formula(folder):
    """With its data, which are pandas objects, and a formula."""
    import statsmodels.formula.api

    model = statsmodels.formula.api.ols("income ~ age + C(city)", people().dropna()).fit()
    frame = people()[["age", "city"]].iloc[:5]
    return Made(write_pickle(model, folder), model, frame, form="records")


@recipe
def statsmodels_glm(folder):
    import statsmodels.api

    x, y = rows()
    model = statsmodels.api.GLM(y, x, family=statsmodels.api.families.Binomial()).fit()
    model.save(os.path.join(folder, "model.pickle"))
    return Made("model.pickle", model, x[:8])


@recipe
def xgb_binary(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.train({"max_depth": 2}, xgboost.DMatrix(x, y), 4)
    model.save_model(os.path.join(folder, "model.bst"))
    return Answers("model.bst", x[:8], "rows", predict=model.predict(xgboost.DMatrix(x[:8])))


@recipe
def xgb_booster_pickle(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.train({"max_depth": 2}, xgboost.DMatrix(x, y), 4)
    return Answers(write_pickle(model, folder), x[:8], "rows", predict=model.predict(xgboost.DMatrix(x[:8])))


@recipe
def lgbm_booster_pickle(folder):
    import lightgbm

    x, y = amounts()
    told = {"objective": "regression", "num_leaves": 4, "min_data_in_leaf": 5, "verbose": -1}
    model = lightgbm.train(told, lightgbm.Dataset(x, y), 4)
    return Made(write_pickle(model, folder), model, x[:8])


@recipe
def bayes_protocol_2(folder):
    from sklearn.naive_bayes import GaussianNB

    x, y = rows()
    model = GaussianNB().fit(x, y)
    return Made(write_pickle(model, folder, protocol=2), model, x[:8], ("predict", "predict_proba"))


@recipe
def tree_protocol_4(folder):
    from sklearn.tree import DecisionTreeClassifier

    x, y = rows()
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(x, y)
    return Made(write_joblib(model, folder, protocol=4), model, x[:8], ("predict", "predict_proba"))


@recipe
def dilled(folder):
    import dill
    import numpy

    class Scaled:
        def __init__(self, weights):
            self.weights = numpy.array(weights)

        def predict(self, x):
            return numpy.asarray(x) @ self.weights

    model = Scaled([1.0, -2.0, 0.5, 0.25])
    with open(os.path.join(folder, "model.dill"), "wb") as out:
        dill.dump(model, out, byref=False, recurse=True)
    return Made("model.dill", model, rows()[0][:8])


@recipe
def cloudpickled_text(folder):
    """A vectorizer with a function of the notebook's own as its tokenizer."""
    import re

    import cloudpickle
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    def words(text):
        return [word for word in re.split(r"[^a-z]+", text.lower()) if len(word) > 2]

    model = make_pipeline(CountVectorizer(tokenizer=words), LogisticRegression(solver="liblinear")).fit(TEXTS, TOPICS)
    with open(os.path.join(folder, "model.pkl"), "wb") as out:
        cloudpickle.dump(model, out)
    return Made("model.pkl", model, TEXTS[:4], ("predict", "predict_proba"), form="texts")


@recipe
def cloudpickled_frame(folder):
    import cloudpickle
    import pandas

    class Rules:
        def __init__(self):
            self.table = pandas.Series({"Bern": 1.5, "Rome": 2.5, "Oslo": 3.5})

        def predict(self, frame):
            return (frame["city"].map(self.table) * frame["age"]).values

    model = Rules()
    with open(os.path.join(folder, "model.pkl"), "wb") as out:
        cloudpickle.dump(model, out)
    frame = people()[["age", "city"]].iloc[:5]
    return Made("model.pkl", model, frame, form="records")


@recipe
def mapped(folder):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import LabelBinarizer, StandardScaler
    from sklearn_pandas import DataFrameMapper

    mapper = DataFrameMapper([(["age"], StandardScaler()), ("city", LabelBinarizer())])
    frame = people()[["age", "city"]]
    model = make_pipeline(mapper, Ridge()).fit(frame, people()["age"] * 0.5)
    return Made(write_joblib(model, folder), model, frame, form="records")


@recipe
def engineered(folder):
    from feature_engine.imputation import MeanMedianImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    frame = people()[["age", "income"]]
    model = make_pipeline(MeanMedianImputer(), LogisticRegression(solver="liblinear")).fit(frame, BOUGHT)
    return Made(write_joblib(model, folder), model, frame, form="records")


@recipe
def voted(folder):
    from mlxtend.classifier import EnsembleVoteClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    x, y = rows()
    parts = [LogisticRegression(solver="liblinear"), DecisionTreeClassifier(max_depth=2, random_state=0)]
    model = EnsembleVoteClassifier(parts, voting="soft").fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8])


@recipe
def pyfunc_folder(folder):
    import mlflow.pyfunc
    import numpy

    class Summed(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input):
            return numpy.asarray(model_input).sum(axis=1)

    mlflow.pyfunc.save_model(os.path.join(folder, "model"), python_model=Summed())
    given = rows()[0][:8]
    return Answers("model", given, "rows", predict=given.sum(axis=1))


# ---- the record


def versions():
    try:
        from importlib.metadata import distributions
    except ImportError:
        import pkg_resources

        return {each.project_name.lower().replace("_", "-"): each.version for each in pkg_resources.working_set}
    return {each.metadata["Name"].lower().replace("_", "-"): each.version for each in distributions()}


def given_as(given, form):
    if form == "records":
        return json.loads(given.to_json(orient="records"))
    return plain(given)


def main(name, folder):
    os.makedirs(folder, exist_ok=True)
    made = RECIPES[name](folder)
    record = {
        "recipe": name,
        "model": made.file,
        "python": platform.python_version(),
        "packages": {key: value for key, value in sorted(versions().items()) if key not in ("pip", "wheel")},
        "form": made.form,
        "data": given_as(made.given, made.form),
        "predictions": made.answers,
    }
    with open(os.path.join(folder, "predictions.json"), "w") as out:
        json.dump(record, out, indent=1, sort_keys=True)
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
