"""MLflow's scoring server, a pyfunc model of Python code."""

import json

from peers.peer import Peer, Row, Start

MODEL = """
import mlflow
import score


class Script(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        score.init()

    def predict(self, context, model_input, params=None):
        return score.predict(model_input)


mlflow.models.set_model(Script())
"""

APP = """
import os, shutil, sys

import mlflow

shutil.rmtree("model", ignore_errors=True)
mlflow.pyfunc.save_model("model", python_model="model.py", code_paths=["score.py"], pip_requirements=[])
command = ["mlflow", "models", "serve", "-m", "model", "-p", sys.argv[1], "-w", sys.argv[2], "--env-manager", "local"]
os.environ["PATH"] = os.path.dirname(sys.executable) + ":" + os.environ["PATH"]
os.execvp("mlflow", command)
"""


def command(start: Start) -> list[str]:
    return [str(start.bin / "python"), "app.py", str(start.port), str(start.workers)]


def body(row: Row) -> str:
    return json.dumps({"inputs": [row]})


PEER = Peer(
    name="MLflow",
    requirements=("mlflow",),
    files={"app.py": APP, "model.py": MODEL},
    command=command,
    path="/invocations",
    ready="/ping",
    body=body,
    environment={"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
)
