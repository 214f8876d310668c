"""A loaded object behind its methods: what is answered, and what is refused with what was expected."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from homeport.worker import model_sample
from homeport.worker.encode import encode
from homeport.worker.model_answers import Served
from homeport.worker.model_kinds import Unservable
from homeport.worker.model_request import BadInput

ROWS = [[0.1, 0.2], [0.9, 0.3], [0.2, 0.8], [0.7, 0.9]]
PEOPLE = pd.DataFrame({"age": [20.0, 30.0, np.nan, 50.0], "city": ["a", "b", "a", "c"], "id": [1, 2, 3, 4]})


def ask(loaded: Any, data: Any, method: Any = "predict", **more: Any) -> Any:
    """The answer as it is sent."""
    return json.loads(encode(Served(loaded).answer(json.dumps({"data": data, "method": method, **more}))))


@pytest.fixture(scope="module")
def classifier() -> LogisticRegression:
    return LogisticRegression().fit(ROWS, [0, 1, 0, 1])


@pytest.fixture(scope="module")
def people() -> Pipeline:
    number = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("n", number, ["age"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["city"])])
    return make_pipeline(columns, LogisticRegression()).fit(PEOPLE, [0, 1, 0, 1])


def test_the_answer_is_keyed_by_the_methods_that_were_asked(classifier: LogisticRegression) -> None:
    answer = ask(classifier, ROWS, ["predict", "predict_proba", "decision_function"])
    assert answer["predict"] == [0, 1, 0, 1]
    assert answer["predict_proba"] == classifier.predict_proba(ROWS).tolist()
    assert list(answer) == ["predict", "predict_proba", "decision_function"]


@pytest.mark.parametrize(
    "method",
    ["fit", "set_params", "score", "get_params", "__class__", "__reduce__", "_check_n_features", "coef_", "nope"],
)
def test_nothing_but_prediction_is_a_method(classifier: LogisticRegression, method: str) -> None:
    with pytest.raises(BadInput, match=f"no method `{method}` to predict with: it has `predict`"):
        ask(classifier, ROWS, method)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([[1]], "have 1 values; the model takes rows of 2 values"),
        ([1, 2], "flat list; the model takes rows of 2 values"),
        (["one", "two"], "list of texts; the model takes rows of 2 values"),
        ([["x", "y"]], "`predict` refuses the data: could not convert string to float"),
        ([[None, 1]], "contains NaN"),
        ([[[1], [2], [3]]], "has shape"),
    ],
)
def test_data_that_do_not_fit_are_refused_with_what_was_expected(
    classifier: LogisticRegression, data: Any, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        ask(classifier, data)


def test_columns_are_found_by_name_in_whatever_order_they_come(people: Pipeline) -> None:
    right = people.predict_proba(PEOPLE[:2]).tolist()
    records = PEOPLE[:2].to_dict("records")
    split = {"columns": ["city", "id", "age"], "data": [["a", 1, 20], ["b", 2, 30]]}
    for data in (records, [dict(reversed(each.items())) for each in records], split, [[20, "a", 1], [30, "b", 2]]):
        assert ask(people, data, "predict_proba")["predict_proba"] == right
    assert ask(people, PEOPLE[:2].to_dict("list"), "predict_proba")["predict_proba"] == right
    assert ask(people, json.loads(PEOPLE[:2].to_json()), "predict_proba")["predict_proba"] == right


def test_a_missing_value_is_nan_and_a_column_that_is_dropped_may_be_left_out(people: Pipeline) -> None:
    right = people.predict_proba(PEOPLE[2:3]).tolist()
    assert ask(people, [{"age": None, "city": "a"}], "predict_proba")["predict_proba"] == right


def test_columns_that_are_missing_or_not_known_are_named(people: Pipeline) -> None:
    with pytest.raises(BadInput, match="missing: `city`; not known: `town`; the model takes the columns `age`, `city`"):
        ask(people, [{"age": 1, "town": "a"}])


def test_a_model_without_names_takes_records_as_they_come() -> None:
    model = KMeans(2, n_init=1, random_state=0).fit(np.array(ROWS))
    assert ask(model, [{"x": 0.1, "y": 0.2}])["predict"] == model.predict([[0.1, 0.2]]).tolist()


def test_texts_go_to_a_vectorizer_as_a_list() -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good one", "bad one"], ["yes", "no"])
    assert ask(model, ["good", "bad"]) == {"predict": ["yes", "no"]}
    assert ask(model, [["good"], ["bad"]]) == {"predict": ["yes", "no"]}
    assert ask(model, [{"text": "good"}]) == {"predict": ["yes"]}
    with pytest.raises(BadInput, match="takes a list of texts"):
        ask(model, [[1, 2]])


def test_predict_stands_for_what_an_object_has_in_its_place() -> None:
    scaler = StandardScaler().fit(ROWS)
    assert ask(scaler, ROWS)["predict"] == scaler.transform(ROWS).tolist()
    assert ask(lambda rows: [sum(row) for row in rows], ROWS)["predict"] == [sum(row) for row in ROWS]
    pca = PCA(1).fit(ROWS)
    assert np.allclose(ask(pca, [[0.5]], "inverse_transform")["inverse_transform"], pca.inverse_transform([[0.5]]))


def test_sparse_tuples_and_frames_are_sent_as_lists() -> None:
    texts = TfidfVectorizer().fit(["aa bb", "bb cc"])
    assert ask(texts, ["aa"], "transform") == {"transform": [[1.0, 0.0, 0.0]]}
    neighbours = KNeighborsClassifier(1).fit(ROWS, [0, 1, 0, 1])
    assert ask(neighbours, ROWS[:1], "kneighbors") == {"kneighbors": [[[0.0]], [[0]]]}


def test_a_dict_is_served_by_its_one_member_that_predicts(classifier: LogisticRegression) -> None:
    assert ask({"model": classifier, "scaler": StandardScaler(), "when": "2020"}, ROWS) == {"predict": [0, 1, 0, 1]}


def test_of_several_models_the_request_names_one(classifier: LogisticRegression) -> None:
    both = {"a": classifier, "b": LinearRegression().fit(ROWS, [1, 2, 3, 4])}
    with pytest.raises(BadInput, match='say which, `"model"` is one of `a`, `b`'):
        ask(both, ROWS)
    with pytest.raises(BadInput, match="no model `c`"):
        ask(both, ROWS, model="c")
    assert ask(both, ROWS, model="a") == {"predict": [0, 1, 0, 1]}


@pytest.mark.parametrize("loaded", [{"a": 1}, 3, "text", None, [], {}, eval, [print]])
def test_what_holds_no_model_is_said_at_the_start(loaded: Any) -> None:
    with pytest.raises(Unservable):
        Served(loaded)


def test_an_error_that_is_no_fault_of_the_data_goes_through() -> None:
    class Broken:
        def predict(self, rows: Any) -> Any:
            raise MemoryError("no memory")

    with pytest.raises(MemoryError):
        ask(Broken(), ROWS)


def test_the_description_says_what_is_taken_and_which_methods_there_are(people: Pipeline) -> None:
    schemas = Served(people).schemas({"data": [{"age": 1}]})
    assert list(schemas["input"]["properties"]["data"]["items"]["properties"]) == ["age", "city", "id"]
    assert "predict_proba" in schemas["input"]["properties"]["method"]["enum"]
    assert schemas["input"]["example"] == {"data": [{"age": 1}]}


def makers() -> dict[str, Callable[[], Any]]:
    return {
        "rows": lambda: LogisticRegression().fit(ROWS, [0, 1, 0, 1]),
        "texts": lambda: make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good one", "bad"], [0, 1]),
        "scaler": lambda: StandardScaler().fit(ROWS),
    }


@pytest.mark.parametrize("name", makers())
def test_a_made_up_request_is_answered(name: str) -> None:
    served = Served(makers()[name]())
    request = model_sample.request_for(served)
    assert served.answer(json.dumps(request))["predict"] is not None


def test_a_made_up_request_holds_categories_that_the_model_knows(people: Pipeline) -> None:
    request = model_sample.request_for(Served(people))
    assert request == {"data": [{"age": 0.0, "city": "a", "id": 0.0}]}


def test_of_a_model_that_names_only_what_it_looks_at_other_columns_may_come_along() -> None:
    class Old:  # as a column transformer before scikit-learn 1.0
        transformers = (("numbers", None, ["age"]), ("words", None, ["city"]))
        remainder = "drop"

        def predict(self, frame: pd.DataFrame) -> list[Any]:
            return [list(frame.columns), frame["age"].tolist()]

    assert ask(Old(), [{"id": 7, "city": "a", "age": 1}])["predict"] == [["id", "city", "age"], [1]]
    with pytest.raises(BadInput, match="missing: `age`; the model takes the columns `age`, `city`"):
        ask(Old(), [{"id": 7, "city": "a"}])


def test_a_number_where_a_text_is_wanted_is_the_callers_fault() -> None:
    class Lower:
        def predict(self, rows: Any) -> list[str]:
            return [value.lower() for row in rows for value in row.tolist()]

    with pytest.raises(BadInput, match="`predict` refuses the data: 'int' object has no attribute 'lower'"):
        ask(Lower(), [[1]])


def test_names_beside_a_model_put_its_columns_in_order(classifier: LogisticRegression) -> None:
    loaded = {"model": classifier, "features": ["x", "y"], "classes": ["no", "yes"]}
    assert ask(loaded, [{"y": row[1], "x": row[0]} for row in ROWS]) == {"predict": [0, 1, 0, 1]}
    assert ask(loaded, ROWS) == {"predict": [0, 1, 0, 1]}
    with pytest.raises(BadInput, match="missing: `y`; not known: `no`"):
        ask(loaded, [{"x": 1, "no": 2}])


def test_a_list_without_a_model_is_called_a_list() -> None:
    with pytest.raises(Unservable, match="the file holds a `list` of `0`, `1`: none of them predicts"):
        Served([1, 2])
