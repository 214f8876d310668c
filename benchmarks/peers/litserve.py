"""LitServe, one worker process a device slot."""

from peers.peer import Peer, Start

APP = """
import sys

import litserve
import score


class Script(litserve.LitAPI):
    def setup(self, device):
        score.init()

    def decode_request(self, request):
        return request["data"]

    def predict(self, rows):
        return score.predict(rows)

    def encode_response(self, output):
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Script(api_path="/score"), accelerator="cpu", workers_per_device=int(sys.argv[2]))
    server.run(port=int(sys.argv[1]), host="127.0.0.1", generate_client_file=False)
"""


def command(start: Start) -> list[str]:
    return [str(start.bin / "python"), "app.py", str(start.port), str(start.workers)]


PEER = Peer(name="LitServe", requirements=("litserve",), files={"app.py": APP}, command=command, ready="/health")
