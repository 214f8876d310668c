"""FastAPI written by hand, on uvicorn with its fast parts: for speed, and as its tutorial writes it.

The first has an async handler that takes the raw body: `run()` holds up everything else that its process does, health
and other requests too. The second has a pydantic model for the body and a plain `def`, which runs in a thread pool.
"""

from peers.peer import Peer, Start

RAW = """
import score
from fastapi import FastAPI, Request

score.init()
app = FastAPI()


@app.get("/")
def health():
    return "Healthy"


@app.post("/score")
async def run(request: Request):
    return score.run(await request.body())
"""

TUTORIAL = """
import score
from fastapi import FastAPI
from pydantic import BaseModel


class Rows(BaseModel):
    data: list[list[float]]


score.init()
app = FastAPI()


@app.get("/")
def health():
    return "Healthy"


@app.post("/score")
def predict(rows: Rows):
    return score.predict(rows.data)
"""


def command(start: Start) -> list[str]:
    options = ("--port", str(start.port), "--workers", str(start.workers), "--log-level", "info")
    return [str(start.bin / "uvicorn"), "app:app", *options]


REQUIREMENTS = ("fastapi", "uvicorn[standard]")
PEER = Peer(name="FastAPI, async, raw body", requirements=REQUIREMENTS, files={"app.py": RAW}, command=command)
TUTORIAL_PEER = Peer(
    name="FastAPI as its tutorial writes it", requirements=REQUIREMENTS, files={"app.py": TUTORIAL}, command=command
)
