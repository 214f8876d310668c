"""azureml-inference-server-http: the reference; it serves the script as it is."""

from peers.peer import Peer

PEER = Peer(
    name="azureml-inference-server-http",
    requirements=("azureml-inference-server-http",),
    command=lambda start: [
        str(start.bin / "azmlinfsrv"),
        *("--entry_script", "score.py", "--port", str(start.port), "--worker_count", str(start.workers)),
    ],
)
