"""Real hosts for the runtime's tests: tiny scripts, free ports, and nothing left running."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.domain.bundle import BundledEnvironment
from homeport.domain.model import ModelFile, ModelFiles
from homeport.domain.progress import Silent
from homeport.domain.service import Service
from homeport.runtimes import Deployment, ModelSource, ProcessRuntime

ENVIRONMENT = BundledEnvironment(name=None, version=None, lock=None, interpreter=sys.executable)

# Answers with its own words, its model's text and what it was sent.
SCRIPT = """\
import json, os

def init():
    global model
    print("init of {word}")
    folder = os.environ["AZUREML_MODEL_DIR"]
    found = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    model = open(found[0]).read() if found and os.path.isfile(found[0]) else None

def run(data):
    return {{"word": "{word}", "model": model, "data": data}}
"""
RAISES = "def init():\n    raise ValueError('broken on purpose')\n\ndef run(data):\n    return data\n"


class Words(Silent):
    """A progress that remembers its steps."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def step(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source folder whose script answers `one`."""
    folder = tmp_path / "src"
    folder.mkdir()
    write_script(folder, "one")
    return folder


def write_script(folder: Path, word: str) -> None:
    (folder / "score.py").write_text(SCRIPT.format(word=word))


def model(name: str, version: int, text: str) -> ModelSource:
    """A registered model of one file."""
    data = text.encode()
    files = ModelFiles.of([ModelFile(path="model.txt", size=len(data), sha256=hashlib.sha256(data).hexdigest())])

    def place(folder: Path) -> ModelFiles:
        (folder / "model.txt").write_bytes(data)
        return files

    return ModelSource(name=name, version=version, digest=files.digest, place=place)


def deployment(source: Path, *models: ModelSource, workers: int = 1, **variables: str) -> Deployment:
    return Deployment(
        entry_script="score.py",
        source_directory=source,
        models=models,
        environment=ENVIRONMENT,
        variables=variables,
        workers=workers,
    )


@pytest.fixture
def runtime(home: Path) -> Iterator[ProcessRuntime]:
    """A runtime on an empty home; whatever it serves at the end is deleted."""
    runtime = ProcessRuntime(home)
    yield runtime
    for name in [*(service.name for service in runtime.services()), *runtime.unreadable()]:
        runtime.delete(name)
    shutil.rmtree(home, ignore_errors=True)


Deploy = Callable[..., Service]


@pytest.fixture
def deploy(runtime: ProcessRuntime, source: Path) -> Deploy:
    """Deploy `iris` and wait until it runs."""

    def deploy(*models: ModelSource, name: str = "iris", port: int | None = None, workers: int = 1) -> Service:
        service = runtime.deploy(name, "ws", deployment(source, *models, workers=workers), port=port)
        return runtime.wait(name, service_id=service.id, timeout=120)

    return deploy


def score(service: Service, data: str = "x") -> dict[str, object]:
    request = urllib.request.Request(f"http://127.0.0.1:{service.port}/score", data=data.encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        document = json.loads(answer.read())
    assert isinstance(document, dict)
    return document


def word(service: Service) -> object:
    return score(service)["word"]


def serves(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60):
            return True
    except urllib.error.URLError:
        return False


def runtime_folder() -> Path:
    """Where this test's services are."""
    return Path(os.environ["HOMEPORT_HOME"]) / "services"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert isinstance(port, int)
        return port


def generation_folders(name: str = "iris") -> list[str]:
    return sorted(path.name for path in (runtime_folder() / name / "generations").iterdir())
