"""MLServer, v2 protocol, a custom runtime."""

import json

from peers.peer import Peer, Row, Start

MODEL = """
import score
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse
import numpy


class Script(MLModel):
    async def load(self):
        score.init()
        return True

    async def predict(self, payload):
        rows = NumpyCodec.decode_input(payload.inputs[0])
        found = numpy.array(score.predict(rows))
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("probabilities", found)])
"""

APP = """
import json, os, sys

port, workers = int(sys.argv[1]), int(sys.argv[2])
settings = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2, "host": "127.0.0.1",
            "parallel_workers": workers, "metrics_dir": "metrics"}
os.makedirs("metrics", exist_ok=True)
json.dump(settings, open("settings.json", "w"))
json.dump({"name": "m", "implementation": "model.Script"}, open("model-settings.json", "w"))
mlserver = os.path.join(os.path.dirname(sys.executable), "mlserver")
os.execv(mlserver, [mlserver, "start", "."])
"""


def command(start: Start) -> list[str]:
    return [str(start.bin / "python"), "app.py", str(start.port), str(start.workers)]


def body(row: Row) -> str:
    one = {"name": "rows", "shape": [1, len(row)], "datatype": "FP64", "data": row}
    return json.dumps({"inputs": [one]})


PEER = Peer(
    name="MLServer",
    requirements=("mlserver", "uvloop<0.22"),  # a newer uvloop ends its workers at their start
    files={"app.py": APP, "model.py": MODEL},
    command=command,
    path="/v2/models/m/infer",
    ready="/v2/models/m/ready",
    body=body,
)
