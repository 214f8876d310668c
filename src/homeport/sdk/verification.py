"""What a change would answer, beside what is answered now: asked before the new one goes live."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from homeport.domain.clock import utc_now
from homeport.domain.json import Json
from homeport.domain.launch import OnceTask
from homeport.domain.progress import Progress
from homeport.errors import EntryScriptError, HomeportError, InvalidCallError, ServiceNotFoundError
from homeport.runtimes import Deployment, DeploymentChange, ProcessRuntime, launch_of
from homeport.runtimes.bundle import Parts, assemble_bundle, parts_of
from homeport.runtimes.change import base_of, plan_update
from homeport.runtimes.foreground import run_in_model
from homeport.runtimes.service_folder import ServiceFolder
from homeport.sdk.comparison import Difference, compare
from homeport.sdk.model_at_hand import request_of
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.scoring_client import post_json
from homeport.sdk.service_keys import keys_of
from homeport.sdk.serving import POSTED

Verify = Json | bytes | Path  # True: the sample input that the one model was registered with
STAGING = ".verify-"
MOST_SHOWN = 200  # characters of an answer


@dataclass(frozen=True, slots=True)
class Verification:
    """The answers to one request; `before` and `difference` are None where nothing served before."""

    after: Json
    before: Json = None
    difference: Difference | None = None

    def __str__(self) -> str:
        if self.difference is None:
            return f"verify: it answers {_short(self.after)}; nothing serves yet that it could be compared with"
        if self.difference.count and str(self.difference) == "equal":
            return f"verify: it answers as what serves now, {_short(self.after)}"
        return (
            f"verify: it answers otherwise than what serves now: {self.difference}\n"
            f"  now  {_short(self.before)}\n  new  {_short(self.after)}"
        )


def request_body(verify: Verify, models: Sequence[ModelRecord | str] | None, *, alone: bool) -> bytes:
    """The request that `verify` means: a body, a value, a file's path, or with True the one registered sample input.

    Of a model that is served `alone`, without a script, the data of a request will do.
    """
    if verify is True:
        samples = [model._record.sample_input for model in models or () if isinstance(model, ModelRecord)]
        if len(samples) != 1 or samples[0] is None:
            raise InvalidCallError(
                "verify=True needs one registered model that has a sample input",
                hint="register it with `sample_input_dataset=`, or pass the request itself as verify=",
            )
        return _body(samples[0], alone)
    if isinstance(verify, bytes):
        return verify
    if isinstance(verify, Path) or (isinstance(verify, str) and "{" not in verify and Path(verify).is_file()):
        return Path(verify).read_bytes()
    return _body(verify, alone)


def _body(value: Json, alone: bool) -> bytes:
    value = (request_of(value) if alone else None) or value
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def verify_deployment(home: Path, name: str, deployment: Deployment, body: bytes, progress: Progress) -> Verification:
    """Ask what a deployment would serve, and the service of that name where one runs. Raises EntryScriptError."""
    return _verified(home, name, parts_of(deployment), body, progress)


def verify_update(home: Path, name: str, change: DeploymentChange, body: bytes, progress: Progress) -> Verification:
    """The same for an update of a service."""
    service, folder = ProcessRuntime(home).service(name), ServiceFolder(home, name)
    plan = plan_update(base_of(folder, service, folder.current(service)), change, None)
    return _verified(home, name, plan.parts, body, progress)


def _verified(home: Path, name: str, parts: Parts, body: bytes, progress: Progress) -> Verification:
    progress.step("verify: asking the new version")
    after = _answer_of(home, parts, body)
    found = Verification(after)
    address = _address(home, name)
    if address is not None:
        keys = keys_of(name, home=home)
        before = post_json(address, body, key=keys.primary if keys else None)
        found = Verification(after, before, compare(before, after))
    progress.step(str(found))
    return found


def _address(home: Path, name: str) -> str | None:
    """Where the service of that name answers now."""
    try:
        status = ProcessRuntime(home).status(name)
    except (ServiceNotFoundError, HomeportError):
        return None
    return f"http://localhost:{status.port}/score" if status.state == "running" else None


def _answer_of(home: Path, parts: Parts, body: bytes) -> Json:
    """init() and run() once, from a bundle that is thrown away. Raises EntryScriptError."""
    with tempfile.TemporaryDirectory(prefix=STAGING, dir=home) as name:
        folder = Path(name) / "bundle"
        launch = launch_of(folder, assemble_bundle(folder, parts, now=utc_now), workers=1)
        done = run_in_model(OnceTask(launch=launch, task="once", about=dict(POSTED), body=body))
    if done.returncode:
        raise EntryScriptError(
            "the new version does not answer the request that it was to be verified with; nothing was changed",
            hint="mend it, or leave `verify` out",
            detail=done.stderr,
        )
    try:
        answer: Json = json.loads(done.stdout)
    except ValueError:
        return done.stdout.strip()
    return answer


def _short(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
