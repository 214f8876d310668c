"""What recipes are made of: their register, data that is the same in every time, and how models are written."""

import importlib
import os

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
