"""What is built around scikit-learn, beside it or out of it."""

import os

from recipes.base import BOUGHT, Answers, Made, amounts, people, recipe, rows, write_joblib, write_pickle


@recipe
def skops_file(folder):
    import skops.io
    from sklearn.linear_model import LogisticRegression

    x, y = rows()
    model = LogisticRegression().fit(x, y)
    skops.io.dump(model, os.path.join(folder, "model.skops"))
    return Made("model.skops", model, x[:8], ("predict", "predict_proba"))


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
