"""KServe's Python server, v1 protocol."""

import json

from peers.peer import Peer, Row, Start

APP = """
import score
from kserve import Model, ModelServer

score.init()  # in every worker: each imports this file

class Script(Model):
    def __init__(self):
        super().__init__("m")
        self.load()

    def load(self):
        self.ready = True
        return True

    def predict(self, payload, headers=None):
        return {"predictions": score.predict(payload["instances"])}


if __name__ == "__main__":
    ModelServer().start([Script()])
"""


def command(start: Start) -> list[str]:
    options = [f"--http_port={start.port}", f"--workers={start.workers}", "--enable_grpc=false"]
    return [str(start.bin / "python"), "app.py", *options]


def body(row: Row) -> str:
    return json.dumps({"instances": [row]})


PEER = Peer(
    name="KServe",
    requirements=("kserve",),
    files={"app.py": APP},
    command=command,
    path="/v1/models/m:predict",
    ready="/v1/models/m",
    body=body,
)
