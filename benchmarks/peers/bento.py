"""BentoML, a service class of its current API."""

import json

from peers.peer import Peer, Row, Start

APP = """
import os

import bentoml
import score


@bentoml.service(workers=int(os.environ["WORKERS"]))
class Script:
    def __init__(self):
        score.init()

    @bentoml.api
    def score(self, data: list[list[float]]) -> list[list[float]]:
        return score.predict(data)
"""


def command(start: Start) -> list[str]:
    return [
        "/usr/bin/env",
        f"WORKERS={start.workers}",
        str(start.bin / "bentoml"),
        *("serve", "app:Script", "--host", "127.0.0.1", "--port", str(start.port)),
    ]


def body(row: Row) -> str:
    return json.dumps({"data": [row]})


PEER = Peer(
    name="BentoML",
    requirements=("bentoml",),
    files={"app.py": APP},
    command=command,
    body=body,
    ready="/readyz",
    environment={"BENTOML_DO_NOT_TRACK": "True"},
)
