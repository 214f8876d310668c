"""FastAPI as people write it by hand, on uvicorn with its fast parts."""

from peers.peer import Peer

APP = """
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

PEER = Peer(
    name="FastAPI by hand",
    requirements=("fastapi", "uvicorn[standard]"),
    files={"app.py": APP},
    command=lambda start: [
        str(start.bin / "uvicorn"),
        *("app:app", "--port", str(start.port), "--workers", str(start.workers), "--log-level", "info"),
    ],
)
