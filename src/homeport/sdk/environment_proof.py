"""Proof of re-creation: a clean rebuild of a lock, and the recorded sample inputs asked in both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from homeport.domain.json import Json, JsonObject
from homeport.domain.launch import Launch, OnceTask
from homeport.domain.progress import Progress
from homeport.environments.fingerprint import fingerprint
from homeport.environments.rebuild import rebuilt
from homeport.environments.verify import INTERPRETER, lock_in, verify_environment
from homeport.errors import HomeportError
from homeport.runtimes import ProcessRuntime, launch_of, read_bundle
from homeport.runtimes.foreground import run_in_model
from homeport.runtimes.service_folder import ServiceFolder
from homeport.sdk.comparison import Difference, compare
from homeport.sdk.environment_locks import built_folder
from homeport.sdk.serving import POSTED
from homeport.sdk.workspace import Workspace
from homeport.store import home_folder, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One recorded input, answered by what is built and by the rebuild; texts are what `run()` gave."""

    service: str
    generation: int
    before: str | None  # None where it could not be asked; `failure` says why
    after: str | None
    failure: str | None = None
    difference: Difference | None = None  # where they are not equal byte for byte
    from_recorded: Difference | None = None  # from the sample output that was registered with the model

    @property
    def equal(self) -> bool:
        return self.failure is None and self.before == self.after

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "equal": self.equal}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Whether a clean rebuild holds the same bytes and answers the same, and what it ran on."""

    lock: str
    same_files: bool
    digest: str
    rebuilt_digest: str
    predictions: tuple[Prediction, ...]
    fingerprint: JsonObject

    @property
    def holds(self) -> bool:
        return self.same_files and all(prediction.equal for prediction in self.predictions)

    def to_json(self) -> dict[str, Any]:
        predictions = [prediction.to_json() for prediction in self.predictions]
        return {**asdict(self), "predictions": predictions, "holds": self.holds}


def prove(workspace: Workspace | None, ref: str, *, progress: Progress, offline: bool = False) -> Proof:
    """Rebuild `ref`'s environment with an empty cache, and ask both what was recorded.

    Recorded inputs are those of the services that run in it: the sample input that the service was deployed with, else
    the one that was registered with its model.
    """
    folder = built_folder(workspace, ref)
    lock = lock_in(folder)
    progress.step("rebuilding it from nothing" + ("" if offline else ", with an empty cache"))
    with rebuilt(lock, home_folder(), progress=progress, offline=offline) as second:
        assert second.folder is not None
        first, other = verify_environment(folder), verify_environment(second.folder)
        predictions = []
        for case in _cases(lock.hash):
            progress.step(f"asking service {case.service}, generation {case.generation}, in both")
            predictions.append(_predict(case, folder / INTERPRETER, second.interpreter))
        return Proof(
            lock=lock.hash,
            same_files=first.digest == other.digest and first.whole and other.whole,
            digest=first.digest,
            rebuilt_digest=other.digest,
            predictions=tuple(predictions),
            fingerprint=fingerprint(second.interpreter),
        )


@dataclass(frozen=True, slots=True)
class _Case:
    service: str
    generation: int
    launch: Launch
    body: bytes
    recorded: Json


def _cases(lock_hash: str) -> Iterator[_Case]:
    """Of every service whose present generation runs in that environment and that a recorded input is known of."""
    home = home_folder()
    for service in ProcessRuntime(home).services():
        folder = ServiceFolder(home, service.name)
        generation = folder.current(service)
        place = folder.bundle(generation.number)
        bundle = read_bundle(place)
        if bundle.environment.lock != lock_hash:
            continue
        sample, recorded = generation.options.sample_input, None
        if sample is None and len(bundle.models) == 1:
            sample, recorded = _registered(home, service.workspace, bundle.models[0].name, bundle.models[0].version)
        if sample is not None:
            launch = launch_of(place, bundle, workers=1, options=generation.options)
            yield _Case(service.name, generation.number, launch, _body(sample), recorded)


def _registered(home: Path, workspace: str, name: str, version: int) -> tuple[Json, Json]:
    """(sample input, sample output) of a model's version; None each where there are none any more."""
    if not version:
        return None, None
    try:
        store = open_store(home, workspace)
    except HomeportError:
        return None, None
    try:
        model = store.models.get(name, version)
        return model.sample_input, model.sample_output
    except HomeportError:
        return None, None
    finally:
        store.close()


def _body(value: Json) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def _predict(case: _Case, first: Path, second: Path) -> Prediction:
    answers = [_ask(case, interpreter) for interpreter in (first, second)]
    (before, wrong_before), (after, wrong_after) = answers
    failure = wrong_before or wrong_after
    differs = failure is None and before != after
    return Prediction(
        service=case.service,
        generation=case.generation,
        before=before,
        after=after,
        failure=failure,
        difference=compare(_value(before), _value(after)) if differs else None,
        from_recorded=compare(case.recorded, _value(after)) if case.recorded is not None and not failure else None,
    )


def _ask(case: _Case, interpreter: Path) -> tuple[str | None, str | None]:
    """(answer, None), or (None, why there is none)."""
    launch = replace(case.launch, interpreter=str(interpreter))
    done = run_in_model(OnceTask(launch=launch, task="once", about=dict(POSTED), body=case.body))
    if done.returncode == 0:
        return done.stdout, None
    return None, done.stderr.strip() or f"the interpreter ended with {done.returncode}"


def _value(text: str | None) -> Json:
    try:
        found: Json = json.loads(text or "null")
    except ValueError:
        return text
    return found
