"""The entry script of a service that was made from a model file alone.

`init()` loads the one model of AZUREML_MODEL_DIR as `model.json`, beside this file, says. `run()` answers
`{"data": ..., "method": "predict"}` with `{"predict": [...]}`; what does not fit the model is a 400.
"""

import contextlib
import json
import os

from homeport_model import model_answers, model_loading

HERE = os.path.dirname(os.path.abspath(__file__))
SERVED = None


def init():
    """Load the model, and say what it takes in the service's description."""
    global SERVED
    with open(os.path.join(HERE, "model.json"), encoding="utf-8") as source:
        told = json.load(source)
    SERVED = model_answers.Served(model_loading.load(told, os.environ["AZUREML_MODEL_DIR"]))
    run.homeport_schemas = SERVED.schemas(told.get("example"))
    if told.get("example") is not None:
        with contextlib.suppress(Exception):  # the first answer loads what the later ones need, and is no test
            SERVED.answer(json.dumps(told["example"]))


def run(data):
    """The answers by method."""
    return SERVED.answer(data)
