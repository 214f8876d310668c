"""scikit-learn alone."""

import contextlib
import os

from recipes.base import TEXTS, TOPICS, Made, amounts, column_pipeline, people, recipe, rows, write_joblib, write_pickle


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
