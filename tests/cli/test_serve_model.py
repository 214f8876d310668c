"""`homeport serve MODEL` and `--environment auto` as processes, in the interpreter of the tests or one found out."""

from __future__ import annotations

import json
import pickle
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from homeport import Workspace
from tests.cli.test_serve import Serving, serve
from tests.conftest import Homeport, shared_file
from tests.zoo.serve import zoo

__all__ = ["serve"]  # a fixture
ROWS = [[0.1, 0.2], [0.9, 0.3], [0.2, 0.8], [0.7, 0.9]]
OLD = next(kept for kept in zoo() if kept.name == "logistic-py37-2020")


@pytest.fixture
def model(project: Path) -> Path:
    path = project / "model.pkl"
    path.write_bytes(pickle.dumps(LogisticRegression().fit(ROWS, [0, 1, 0, 1])))
    return path


def test_a_model_file_is_served_alone_in_the_interpreter_that_is_named(
    serve: Callable[..., Serving], model: Path, project: Path
) -> None:
    before = sorted(path.name for path in project.iterdir())
    (project / "sample.json").write_text(json.dumps({"data": [[1.5, 2.5]]}))
    serving = serve("model.pkl", "--python", sys.executable, "--sample-input", "sample.json")
    assert serving.score(json.dumps({"data": ROWS})) == {"predict": [0, 1, 0, 1]}
    told = "".join(serving.said)
    assert "model.pkl: pickle, ScikitLearn" in told
    assert """curl -d '{"data": [[1.5, 2.5]]}' URL""" in told
    with pytest.raises(urllib.error.HTTPError) as caught:
        serving.score('{"data": [[1]]}')
    with caught.value as answer:
        assert (answer.code, json.load(answer)["message"]) == (
            400,
            "the rows of `data` have 1 values; the model takes rows of 2 values",
        )
    assert serving.end() == 0
    assert sorted(path.name for path in project.iterdir()) == sorted([*before, "sample.json"])


def test_the_description_of_a_model_says_what_it_takes(serve: Callable[..., Serving], model: Path) -> None:
    serving = serve("model.pkl", "--python", sys.executable)
    with urllib.request.urlopen(serving.url.replace("/score", "/swagger.json"), timeout=60) as reply:
        described = json.load(reply)
    assert described["definitions"]["ServiceInput"]["properties"]["data"]["items"]["maxItems"] == 2


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("nothing.pkl",), 3, "there is no script or model at `nothing.pkl`"),
        (("notes.txt",), 1, "is text that is no model"),
        (("cut.pkl",), 1, "is damaged"),
        (("model.pkl", "--model-dir", "."), 1, "--model-dir is for scripts"),
        (("model.pkl", "--python", "nowhere/python"), 1, "is not an interpreter that can be run"),
        (("score.py", "--environment", "auto", "--python", sys.executable), 1, "exclude each other"),
    ],
)
def test_what_cannot_be_served_says_why(
    homeport: Homeport, model: Path, project: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    (project / "notes.txt").write_text("a note")
    (project / "cut.pkl").write_bytes(model.read_bytes()[:200])
    (project / "score.py").write_text("def init(): pass\ndef run(data): return 1\n")
    screen = homeport("serve", *words)
    assert (screen.exit_code, said in screen.stderr) == (status, True), screen.stderr


class RunsCode:
    def __reduce__(self) -> Any:
        return exec, ("import sys; sys.exit('it ran')",)


def test_the_workspace_may_refuse_files_that_run_code(homeport: Homeport, home: Path, project: Path) -> None:
    (project / "runs.pkl").write_bytes(pickle.dumps(RunsCode()))
    workspace = Workspace.create("strict")
    workspace.write_config(project)
    assert homeport("workspace", "policy", "refuse").exit_code == 0
    python = ("--python", sys.executable)
    screen = homeport("serve", "runs.pkl", *python)
    assert (screen.exit_code, "`builtins.exec`" in screen.stderr, "it ran" in screen.stderr) == (1, True, False)
    screen = homeport("serve", "runs.pkl", *python, "--trust")
    assert (screen.exit_code, "it ran" in screen.stderr) == (3, True)
    assert homeport("workspace", "policy", "warn").exit_code == 0
    screen = homeport("serve", "runs.pkl", *python)
    assert "warning: loading `runs.pkl` runs more than a model needs: `builtins.exec`" in screen.stderr


def test_the_pages_model_is_served_with_nothing_else_said(serve: Callable[..., Serving]) -> None:
    serving = serve(shared_file("data", "sklearn_mnist_model.pkl"))
    assert serving.score(shared_file("data", "page_payload.json").read_text()) == {"predict": [2]}
    assert "Python 3.7" in "".join(serving.said)
    assert serving.end() == 0


def test_a_script_is_served_in_the_environment_that_its_imports_and_its_model_tell(
    serve: Callable[..., Serving], project: Path
) -> None:
    (project / "models").mkdir()
    (project / "models" / "model.pkl").write_bytes(OLD.path.read_bytes())
    (project / "score.py").write_text(
        "import json, os, pickle, sys\n"
        "import numpy\nimport sklearn\n"
        "def init():\n"
        "    global model\n"
        "    with open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model.pkl'), 'rb') as source:\n"
        "        model = pickle.load(source)\n"
        "def run(data):\n"
        "    return [sklearn.__version__, model.predict(numpy.array(json.loads(data)['data'])).tolist()]\n"
    )
    words = ("score.py", "--model-dir", "models", "--environment", "auto")
    right = ["0.22.1", OLD.record["predictions"]["predict"]]
    for _ in range(2):
        serving = serve(*words)
        assert serving.score(json.dumps({"data": OLD.record["data"]})) == right
        serving.end()
    assert "resolving" not in "".join(serving.said)
