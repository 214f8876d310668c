"""Trying an environment on a model: it is loaded, and asked once, in a process that is thrown away."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, cast

from homeport.domain.json import Json, JsonObject

TRIAL_SCRIPT = "model_trial.py"
WALL_SECONDS = 300
MEMORY = 8 << 30  # bytes of the trial's own data, beside ...
MEMORY_FACTOR = 8  # ... so many times the model's size
MOST_PRINTED = 1 << 20  # bytes of what the trial printed that are read
MOST_SAID = 4000  # characters of what the trial printed
PASSED_ON = ("HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LC_ALL", "LC_CTYPE", "PATH", "TZ")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
INPUT_ERRORS = frozenset({"BadInput", "ValueError", "TypeError", "KeyError", "IndexError"})  # a made-up sample's fault
FINAL = frozenset({"Refused", "Unservable"})
INPUT_WORDS = tuple(f"'{kind}' object has no attribute" for kind in ("DataFrame", "float", "int", "list", "str"))

Stage = Literal["start", "load", "predict", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried: an interpreter, the script's folder, the model, and requests where there are some."""

    interpreter: Path
    script: Path  # the folder `homeport_model`
    models: Path  # what AZUREML_MODEL_DIR will be
    requests: tuple[Json, ...] = ()  # bodies known to be good; with none, one is made up
    size: int = 0  # bytes of the model
    wall: float = WALL_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """How far it came. `ok`: it loads without a warning about versions, and answers what it was asked."""

    stage: Stage
    ok: bool
    failure: str | None = None  # what was said, the last line first; for `after_failure` and for people
    detail: str = ""  # the traceback
    final: bool = False  # no other environment would help: the file holds nothing that can be served, or is refused
    only_warned: bool = False  # it answers, and a library has warned that another version wrote the file
    answers: tuple[Json, ...] = ()
    request: Json = None  # that was made up
    versions: Mapping[str, str] = field(default_factory=dict)  # of the modules that were loaded
    python: str = ""
    loaded: str | None = None  # the class of what was in the file
    methods: tuple[str, ...] = ()
    wanted: str | None = None  # what data it takes, in words

    @property
    def reason(self) -> str:
        """The failure without the name of its class."""
        return (self.failure or "").partition(": ")[2]

    def to_json(self) -> JsonObject:
        return cast(JsonObject, asdict(self))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TrialResult:
        tuples = {name: tuple(document[name]) for name in ("answers", "methods")}
        return cls(**{**document, **tuples})


def run_trial(trial: Trial) -> TrialResult:
    """Start it, wait for it, and say what came of it; a crash and a hang are failures like any other."""
    with tempfile.TemporaryDirectory(prefix="homeport-trial-") as name:
        folder = Path(name)
        told, found, said = folder / "told.json", folder / "result.json", folder / "said.txt"
        (folder / "work").mkdir()
        told.write_text(json.dumps(_told(trial)), encoding="utf-8")
        words = [str(trial.interpreter), str(trial.script / TRIAL_SCRIPT), str(told), str(found)]
        with said.open("wb") as output:
            status = _run(words, folder / "work", output, trial.wall)
        document = json.loads(found.read_text(encoding="utf-8")) if found.is_file() else {"stage": "start"}
        printed = _end_of(said)
    return _judged(trial, document, status, printed)


def _end_of(said: Path) -> str:
    """The last of what was printed: it may be more than fits the memory."""
    with said.open("rb") as source:
        source.seek(max(0, said.stat().st_size - MOST_PRINTED))
        return source.read().decode("utf-8", "replace")


def _told(trial: Trial) -> JsonObject:
    document = json.loads((trial.script / "model.json").read_text(encoding="utf-8"))
    return {
        "folder": str(trial.models),
        "model": document,
        "requests": [json.dumps(request) for request in trial.requests],
        "memory": MEMORY + MEMORY_FACTOR * trial.size,
        "cpu": int(trial.wall * 2),
    }


def _run(words: list[str], folder: Path, output: IO[bytes], wall: float) -> int | None:
    """The exit status, or None where it had to be ended; nothing that it started is left running."""
    variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    variables.update(dict.fromkeys(THREADS, "2"), TMPDIR=str(folder), PYTHONDONTWRITEBYTECODE="1")
    with subprocess.Popen(
        words,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    ) as running:
        try:
            return running.wait(wall)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(running.pid, signal.SIGKILL)


def _judged(trial: Trial, document: Mapping[str, Any], status: int | None, printed: str) -> TrialResult:
    stage, error = document["stage"], document.get("error")
    warned = document.get("version_warnings") or []
    failure, detail = error, document.get("trace") or printed[-MOST_SAID:]
    if status is None:
        failure = f"it took longer than {trial.wall:.0f} s to {_doing(stage)}"
    elif status != 0 and stage != "done":
        failure = error or _ended(status, stage, printed)
    made_up = not trial.requests
    if failure and stage == "predict" and made_up and error and _is_of_input(document):
        stage, failure = "done", None  # it was asked something silly: that says nothing about the environment
    # our own checks refuse a sample in every environment alike; what a library refuses, another release may take
    misfit = failure is not None and "BadInput" in document.get("kind", ()) and not document.get("caused")
    if misfit:
        failure = f"BadInput: the sample input does not fit it: {failure.partition(': ')[2] if failure else ''}"
    answered = failure is None and stage == "done"
    return TrialResult(
        stage=stage,
        ok=answered and not warned,
        failure=failure or ("; ".join(warned) or None),
        detail="" if failure is None else detail,
        final=bool(FINAL & set(document.get("kind", ()))) or misfit,
        only_warned=answered and bool(warned),
        answers=tuple(document.get("answers", ())),
        request=document.get("request"),
        versions=document.get("versions", {}),
        python=document.get("python", ""),
        loaded=document.get("loaded"),
        methods=tuple(document.get("methods", ())),
        wanted=document.get("wanted"),
    )


def _is_of_input(document: Mapping[str, Any]) -> bool:
    error = document["error"]
    if "AttributeError" in document.get("kind", ()):
        return any(words in error for words in INPUT_WORDS) or "'numpy.ndarray' object has no attribute" in error
    return bool(INPUT_ERRORS & set(document.get("kind", ())))


def _ended(status: int, stage: str, printed: str) -> str:
    last = printed.strip().rpartition("\n")[2]
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
        return f"the interpreter crashed ({name}) when it was to {_doing(stage)}"
    return f"the interpreter ended with status {status} when it was to {_doing(stage)}: {last}"


def _doing(stage: str) -> str:
    return {"start": "start", "load": "load the model"}.get(stage, "predict")
