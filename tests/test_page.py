"""The page's whole story, run by `homeport run`: register, deploy, score, update, download, with a model of its era.

The page's own code is read from ../shared at test time and is not part of this project; what stands here is ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from homeport import CondaDependencies, Environment, Model, Workspace
from homeport.runtimes import ProcessRuntime
from tests.conftest import SHARED, Screen, find_interpreter, lacking

PAGE = SHARED / "reference" / "page.zh.md"
PAGE_MODEL = SHARED / "data" / "sklearn_mnist_model.pkl"
PAGE_REQUEST = SHARED / "data" / "page_payload.json"
PAGE_PORT = 6789
FORGOTTEN = "from azureml.core.webservice import LocalWebservice\n"
WITH_WORKSPACE = "from azureml.core import Environment, Workspace\nws = Workspace.from_config()\n"

needs_page = pytest.mark.skipif(not PAGE.exists(), reason="needs ../shared, which has the page and its model")

SCORE = """
    import json
    import os

    import joblib
    import numpy


    def init():
        global model
        model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "sklearn_mnist_model.pkl"))


    def run(raw_data):
        rows = numpy.array(json.loads(raw_data)["data"])
        return model.predict(rows).tolist()
"""
DEPLOY = """
    import sys

    from azureml.core import Workspace
    from azureml.core.environment import Environment
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import LocalWebservice, Webservice

    ws = Workspace.from_config()
    model = Model(ws, "sklearn_mnist")
    env = Environment.get(workspace=ws, name="tutorial-env", version="1")
    service = Model.deploy(
        workspace=ws,
        name="sklearn-mnist-local",
        models=[model],
        inference_config=InferenceConfig(entry_script="score.py", environment=env),
        deployment_config=LocalWebservice.deploy_configuration(port=int(sys.argv[1])),
    )
    assert isinstance(service, Webservice)
    service.wait_for_deployment(show_output=True)
    print(f"Scoring URI is : {service.scoring_uri}")
"""
TEST = """
    import sys

    import requests

    with open("request.json") as file:
        body = file.read()
    answer = requests.post(sys.argv[1], body, headers={"Content-Type": "application/json"})
    print("prediction:", answer.text)
"""
REGISTER = """
    import joblib
    from azureml.core import Workspace
    from azureml.core.model import Model
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import Ridge

    x, y = load_diabetes(return_X_y=True)
    joblib.dump(Ridge().fit(x, y), "sklearn_regression_model.pkl")
    model = Model.register(
        model_path="sklearn_regression_model.pkl",
        model_name="sklearn_regression_model",
        tags={"area": "diabetes", "type": "regression"},
        description="Ridge regression on the diabetes data",
        workspace=Workspace.from_config(),
    )
    print(model.id, model.tags["area"])
"""


@dataclass(frozen=True)
class Project:
    """A folder with a workspace of its own, and the means to run scripts in it."""

    home: Path
    folder: Path
    workspace: Workspace

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text))

    def run(self, name: str, *words: object, timeout: float = 280) -> Screen:
        done = subprocess.run(
            [sys.executable, "-m", "homeport", "run", name, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, "HOMEPORT_HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        screen = Screen(done.returncode, done.stdout, done.stderr)
        assert screen.exit_code == 0, screen
        return screen

    def end(self) -> None:
        runtime = ProcessRuntime(self.home)
        for service in runtime.services():
            runtime.delete(service.name)


def made(home: Path, folder: Path) -> Project:
    folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEPORT_HOME", str(home))
        workspace = Workspace.create("page", exist_ok=True)
    workspace.write_config(folder)
    return Project(home, folder, workspace)


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Project]:
    """A model trained here and now, in the interpreter that runs the tests."""
    project = made(tmp_path / "home", tmp_path / "project")
    digits = load_digits()
    model = LogisticRegression(max_iter=200).fit(digits.data[:600], digits.target[:600])
    joblib.dump(model, project.folder / "sklearn_mnist_model.pkl")
    Model.register(project.workspace, project.folder / "sklearn_mnist_model.pkl", "sklearn_mnist")
    environment = Environment("tutorial-env")
    environment.python.user_managed_dependencies = True
    environment.python.interpreter_path = sys.executable
    environment.register(project.workspace)
    two = digits.data[list(digits.target).index(2)].tolist()
    project.write("request.json", json.dumps({"data": [two]}))
    yield project
    project.end()


@pytest.fixture(scope="module")
def era_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the page's model and an environment of early 2020; it is built by the first deployment."""
    minor = next((minor for minor in ("3.7", "3.6") if find_interpreter(minor)), None)
    if minor is None:
        lacking("Python 3.7 or 3.6")
    project = made(tmp_path_factory.mktemp("era") / "home", tmp_path_factory.mktemp("era") / "first")
    Model.register(project.workspace, PAGE_MODEL, "sklearn_mnist")
    environment = Environment("tutorial-env", as_of="2020-03-01")
    environment.python.conda_dependencies = CondaDependencies.create(
        python_version=minor, pip_packages=["scikit-learn==0.22.1", "azureml-defaults"]
    )
    environment.register(project.workspace)
    return project.home


@pytest.fixture
def era(era_home: Path, tmp_path: Path) -> Iterator[Project]:
    project = made(era_home, tmp_path / "project")
    shutil.copy(PAGE_REQUEST, project.folder / "request.json")
    yield project
    project.end()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) != 0


def deploy_and_score(project: Project) -> str:
    port = free_port()
    for name, text in (("score.py", SCORE), ("deploy.py", DEPLOY), ("test.py", TEST)):
        project.write(name, text)
    uri = f"http://localhost:{port}/score"
    assert f"Scoring URI is : {uri}" in project.run("deploy.py", port).stdout
    return project.run("test.py", uri).stdout


def test_the_story_with_a_model_trained_here(mine: Project) -> None:
    assert deploy_and_score(mine) == "prediction: [2]\n"


def test_a_retrained_model_is_registered_and_downloaded_whole(mine: Project) -> None:
    mine.write("register.py", REGISTER)
    lines = mine.run("register.py").stdout.splitlines()
    assert lines == ["Registering model sklearn_regression_model", "sklearn_regression_model:1 diabetes"]
    path = Model(mine.workspace, "sklearn_regression_model").download(mine.folder / "out")
    assert Path(path).read_bytes() == (mine.folder / "sklearn_regression_model.pkl").read_bytes()
    assert len(joblib.load(path).coef_) == 10


@needs_page
def test_the_pages_model_answers_two_in_an_environment_of_its_era(era: Project) -> None:
    assert deploy_and_score(era) == "prediction: [2]\n"
    logs = ProcessRuntime(era.home).logs("sklearn-mnist-local")
    assert re.search(r"Python 3\.[67]\.", logs), logs


def page_code(marks: str) -> str:
    """The page's only block of Python that has all of these words."""
    blocks: list[str] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (found,) = [block for block in blocks if all(mark in block for mark in marks.split())]
    return found


@needs_page
def test_the_pages_own_code_runs_unchanged_but_for_the_import_it_forgot(era: Project) -> None:
    port = PAGE_PORT if is_free(PAGE_PORT) else free_port()

    def on_port(code: str) -> str:
        return code.replace(str(PAGE_PORT), str(port))

    era.write("score.py", page_code("init() run("))
    era.write("deploy.py", FORGOTTEN + on_port(page_code("Model.deploy")))
    era.write("test.py", on_port(page_code("requests.post")))
    assert f"Scoring URI is : http://localhost:{port}/score" in era.run("deploy.py").stdout
    assert era.run("test.py").stdout == "Should be predicted as '2'\nprediction: [2]\n"


@needs_page
def test_the_pages_build_and_registration_run_too(era: Project) -> None:
    era.write("build.py", WITH_WORKSPACE + page_code("build_local").partition("\n")[2])
    era.run("build.py")
    era.write("train.py", page_code("load_diabetes joblib.dump"))
    era.run("train.py")
    era.write("register.py", WITH_WORKSPACE + page_code("Model.register"))
    era.run("register.py")
    found = Model(era.workspace, "sklearn_regression_model")
    assert (found.tags, found.version) == ({"area": "diabetes", "type": "regression"}, 1)
