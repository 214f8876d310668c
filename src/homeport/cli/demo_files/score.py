"""The entry script: `init()` runs once when a worker starts, `run()` for each request."""

import json
import os
from pathlib import Path

import joblib


def init():
    global model
    # AZUREML_MODEL_DIR is the folder of the model that was deployed with this script
    model = joblib.load(Path(os.environ["AZUREML_MODEL_DIR"], "digits.pkl"))


def run(raw_data):
    pictures = json.loads(raw_data)["data"]  # a list of pictures, 784 numbers each
    return model.predict(pictures).tolist()
