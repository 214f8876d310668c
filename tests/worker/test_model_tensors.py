"""Models with named inputs, by stand-ins with the faces of onnxruntime's and torch's objects."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from homeport.worker import model_sample
from homeport.worker.model_answers import Served
from homeport.worker.model_request import BadInput


@dataclass
class Tensor:
    name: str
    type: str
    shape: list[Any]


@dataclass
class InferenceSession:
    """Gives the sum of each row of all inputs as the first output, and what it was given as the second."""

    inputs: list[Tensor]
    seen: dict[str, np.ndarray] = field(default_factory=dict)

    def get_inputs(self) -> list[Tensor]:
        return self.inputs

    def get_outputs(self) -> list[Tensor]:
        return [Tensor("total", "tensor(float)", ["n"]), Tensor("probabilities", "tensor(float)", ["n"])]

    def run(self, names: list[str], values: dict[str, np.ndarray]) -> list[Any]:
        self.seen = values
        total = sum(value.reshape(len(value), -1).sum(axis=1) for value in values.values() if value.dtype.kind != "O")
        return [total if name == "total" else [{0: 1.0}] for name in names]


def ask(session: InferenceSession, data: Any, method: Any = "predict") -> Any:
    return Served(session).answer(json.dumps({"data": data, "method": method}))


def test_rows_become_the_one_input_in_its_type_and_shape() -> None:
    session = InferenceSession([Tensor("x", "tensor(float)", [None, 2, 2])])
    assert ask(session, [[1, 2, 3, 4], [5, 6, 7, 8]])["predict"].tolist() == [10, 26]
    assert (session.seen["x"].dtype, session.seen["x"].shape) == (np.float32, (2, 2, 2))
    assert ask(session, [[[1, 2], [3, 4]]])["predict"].tolist() == [10]
    assert ask(session, {"x": [[[1, 2], [3, 4]]]})["predict"].tolist() == [10]


def test_named_tensors_and_columns_find_their_inputs() -> None:
    session = InferenceSession([Tensor("a", "tensor(int64)", ["n", 1]), Tensor("b", "tensor(float)", ["n", 1])])
    for data in ({"a": [[1], [2]], "b": [[0.5], [1]]}, [{"b": 0.5, "a": 1}, {"b": 1, "a": 2}], [[1, 0.5], [2, 1]]):
        assert ask(session, data)["predict"].tolist() == [1.5, 3]
        assert session.seen["a"].dtype == np.int64


def test_each_output_is_a_method_and_predict_the_first() -> None:
    session = InferenceSession([Tensor("x", "tensor(double)", ["n", 2])])
    answer = ask(session, [[1, 2]], ["predict", "total", "probabilities", "predict_proba"])
    assert answer["predict"].tolist() == answer["total"].tolist() == [3]
    assert answer["probabilities"] == answer["predict_proba"] == [{0: 1.0}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([[1, 2, 3]], r"`data` has shape 1 x 3; the model takes `a` \(n x 2, float32\)"),
        ([["x", 1]], "cannot be made an array"),
        ({"b": [[1, 2]]}, "missing: `a`; not known: `b`"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_shape(data: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        ask(InferenceSession([Tensor("a", "tensor(float)", ["n", 2])]), data)


def test_texts_go_into_an_input_of_texts() -> None:
    session = InferenceSession([Tensor("s", "tensor(string)", ["n", 1]), Tensor("x", "tensor(float)", ["n", 1])])
    ask(session, [{"s": "one", "x": 1}])
    assert session.seen["s"].tolist() == [["one"]]
    alone = InferenceSession([Tensor("s", "tensor(string)", ["n", 1])])
    assert Served(alone).members[None].wanted.texts
    assert model_sample.request_for(Served(alone)) == {"data": [[model_sample.TEXT]]}
