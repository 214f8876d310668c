"""`homeport demo`: the whole of Homeport on data that it brings along, and how to do the same by hand."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import click

from homeport.cli.demo_load import Load
from homeport.cli.output import say, shown
from homeport.cli.progress import ScreenProgress
from homeport.errors import ConflictError, ServiceNotFoundError, UnavailableError
from homeport.sdk import services
from homeport.sdk.environment import Environment
from homeport.sdk.environment_locks import build_registered
from homeport.sdk.inference_config import InferenceConfig
from homeport.sdk.local_webservice import LocalWebservice
from homeport.sdk.model import Model
from homeport.sdk.service_changes import Change, score, update
from homeport.sdk.workspace import Workspace

WORKSPACE = SERVICE = "homeport-demo"
MODEL = ENVIRONMENT = "digits"
FILES = ("train.py", "score.py", "two.py")
DEFINITION = """\
dependencies:
  - python={python}
  - pip:
      - scikit-learn
      - joblib
"""
BY_HAND = """
The same by hand, in {folder}:

  homeport init --name {workspace}
  homeport environment register environment.yml --name {environment}
  python=$(homeport environment build {environment})
  $python train.py --shifts 1 --out outputs/digits.pkl
  homeport model register {model} outputs/digits.pkl --tag shifts=1
  homeport model deploy {model}:{first} -n {service} --entry-script score.py -e {environment} --port {port}
  homeport service score {service} two.json
  $python train.py --shifts 2 --out outputs/digits.pkl
  homeport model register {model} outputs/digits.pkl --tag shifts=2
  homeport service update {service} -m {model}:{second}
  homeport service rollback {service}
  homeport model download {model}:{second} downloaded
"""
STILL_THERE = """\
The service goes on running, also without this terminal:

  {score}  score it
  {show}  look at it
  {delete}  stop it and remove it
"""


@click.command("demo")
@click.option("--port", type=click.IntRange(1, 65535), default=6789, show_default=True, help="Or the next free one.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path(WORKSPACE), show_default=True, help="Made here."
)
@click.option("--keep/--clean", default=True, help="Leave the service running, or remove everything at the end.")
def command(port: int, folder: Path, keep: bool) -> None:
    """Train, register, deploy, score, update and roll back, on this machine.

    Trains a model on scikit-learn's handwritten digits, in an environment that Homeport builds for it.
    """
    began = time.monotonic()
    with ScreenProgress() as progress:
        demo = Demo.set_up(folder.absolute(), progress)
        first = demo.train_and_register(shifts=1)
        service_port = demo.deploy(first, port)
        demo.score()
        second = demo.train_and_register(shifts=2)
        demo.exchange(second, service_port)
        demo.download(second)
        if not keep:
            demo.clean_up()
    say(f"\nDone in {time.monotonic() - began:.0f} s.")
    click.echo(by_hand(demo, first, second, service_port))
    if keep:
        click.echo(still_there(demo, service_port))


def by_hand(demo: Demo, first: Model, second: Model, port: int) -> str:
    """The commands that do what was just done."""
    names = {"workspace": WORKSPACE, "service": SERVICE, "model": MODEL, "environment": ENVIRONMENT}
    return BY_HAND.format(folder=shown(demo.folder), first=first.version, second=second.version, port=port, **names)


def still_there(demo: Demo, port: int) -> str:
    """What to do with the service that was left running."""
    commands = {
        "score": f"curl -d @{shown(demo.folder / 'two.json')} http://localhost:{port}/score",
        "show": f"homeport service show {SERVICE}",
        "delete": f"homeport service delete {SERVICE} --yes",
    }
    width = max(map(len, commands.values()))
    return STILL_THERE.format(**{what: command.ljust(width) for what, command in commands.items()})


@dataclass(frozen=True, slots=True)
class Demo:
    """One run, in a folder with the scripts, a workspace and an environment of its own."""

    folder: Path
    workspace: Workspace
    environment: Environment
    interpreter: str
    progress: ScreenProgress

    @classmethod
    def set_up(cls, folder: Path, progress: ScreenProgress) -> Demo:
        """Write the scripts, make the workspace, build the environment."""
        say(f"Setting up {shown(folder)}: scripts, a workspace, and a Python environment with scikit-learn")
        write_files(folder)
        workspace = Workspace.create(WORKSPACE, exist_ok=True)
        workspace.write_config(folder)
        environment = Environment.from_conda_specification(ENVIRONMENT, str(folder / "environment.yml"))
        environment = environment.register(workspace)
        built = build_registered(workspace, f"{environment.name}:{environment.version}", progress=progress)
        return cls(folder, workspace, environment, str(built.interpreter), progress)

    def train_and_register(self, shifts: int) -> Model:
        """Train with the environment's own interpreter, as a user would."""
        say(f"\nTraining on digits that are moved by up to {shifts} pixels")
        path = self.folder / "outputs" / f"{MODEL}.pkl"
        say(self._python("train.py", "--shifts", str(shifts), "--out", str(path)).strip())
        model = Model.register(
            self.workspace,
            model_path=path,
            model_name=MODEL,
            tags={"shifts": str(shifts)},
            description="Handwritten digits of 28x28 pixels, from 0 (paper) to 1 (ink)",
            model_framework=Model.Framework.SCIKITLEARN,
            progress=self.progress,
        )
        say(f"registered {model.id}")
        return model

    def _python(self, *arguments: str) -> str:
        command = [self.interpreter, *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise UnavailableError(f"`{' '.join(command)}` failed\n\n{done.stderr}".rstrip())
        return done.stdout

    def deploy(self, model: Model, port: int) -> int:
        """Give the port that it got."""
        chosen = free_port_from(port, ours=own_port())
        say(f"\nDeploying {model.id} as service {SERVICE} on port {chosen}")
        if chosen != port:
            say(f"(port {port} is taken by something else)")
        config = InferenceConfig(str(self.folder / "score.py"), environment=self.environment)
        settings = LocalWebservice.deploy_configuration(chosen)
        Model.deploy(self.workspace, SERVICE, [model], config, settings, progress=self.progress)
        services.wait(SERVICE, self.progress.step)
        return chosen

    def score(self) -> None:
        """The shape of a 2, drawn by a script, must be taken for one."""
        say("\nScoring a drawing of a 2 (784 numbers, in two.json)")
        answer = score(SERVICE, (self.folder / "two.json").read_bytes())
        click.echo(f"prediction: {answer}")
        if answer != [2]:
            raise UnavailableError("the model does not take the drawing for a 2: something is wrong with its training")

    def exchange(self, model: Model, port: int) -> None:
        """Update and roll back under load; every request must be answered."""
        say(f"\nUpdating the running service to {model.id}, and rolling it back, with requests coming in all the time")
        with Load(port, (self.folder / "two.json").read_bytes()) as load:
            change = Change(models=[model])
            view = update(self.workspace, SERVICE, change, self.progress)
            say(f"generation {view.current.number} serves {', '.join(view.current.models)}")
            load.wait_for(20)
            view = services.rollback(SERVICE, None, self.progress)
            say(f"generation {view.current.number} serves {', '.join(view.current.models)}")
        slowest = f"the slowest took {load.slowest * 1000:.0f} ms"
        say(f"{load.answered + len(load.failures)} requests meanwhile: {len(load.failures)} failed; {slowest}")
        if load.failures:
            raise UnavailableError(f"{len(load.failures)} requests failed; the first: {load.failures[0]}")

    def download(self, model: Model) -> None:
        say(f"\nDownloading {model.id}")
        path = model.download(self.folder / "downloaded", exist_ok=True, progress=self.progress)
        say(f"wrote {shown(Path(path))}")

    def clean_up(self) -> None:
        """Leave nothing but the built environment, which other services may share."""
        say("\nRemoving the service, the workspace and the folder")
        services.delete(SERVICE, self.progress)
        self.workspace.delete()
        shutil.rmtree(self.folder)


def write_files(folder: Path) -> None:
    """The demo's scripts, environment and request; ConflictError where the folder is somebody else's."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "two.py").exists():
        raise ConflictError(f"`{shown(folder)}` exists and is not the demo's", hint="name another with `--folder`")
    folder.mkdir(parents=True, exist_ok=True)
    packaged = resources.files("homeport.cli") / "demo_files"
    for name in FILES:
        (folder / name).write_text((packaged / name).read_text(encoding="utf-8"), encoding="utf-8")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "environment.yml").write_text(DEFINITION.format(python=python), encoding="utf-8")
    drawn = subprocess.run([sys.executable, "two.py"], cwd=folder, capture_output=True, check=True)
    (folder / "two.json").write_bytes(drawn.stdout)


def own_port() -> int | None:
    """The port of the demo's service where an earlier run has left one: it will be replaced."""
    try:
        return services.look_at(SERVICE).service.port
    except ServiceNotFoundError:
        return None


def free_port_from(first: int, *, ours: int | None) -> int:
    """`first` or the next one that nobody listens on."""
    for port in range(first, min(first + 1000, 65536)):
        if port == ours or is_free(port):
            return port
    raise UnavailableError(f"no port from {first} on is free", hint="name another with `--port`")


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
