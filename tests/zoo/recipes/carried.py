"""Classes and functions that travel in the file by value, as byte code."""

import os

from recipes.base import TEXTS, TOPICS, Answers, Made, amounts, people, recipe, rows


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
def pyfunc_folder(folder):
    import mlflow.pyfunc
    import numpy

    class Summed(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input):
            return numpy.asarray(model_input).sum(axis=1)

    mlflow.pyfunc.save_model(os.path.join(folder, "model"), python_model=Summed())
    given = rows()[0][:8]
    return Answers("model", given, "rows", predict=given.sum(axis=1))
