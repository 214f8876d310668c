"""Serves one model of the zoo with no environment named, and compares its predictions with those of its time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.json import Json
from homeport.domain.progress import Progress
from homeport.domain.proposal import Proposal
from homeport.environments import ready_environment
from homeport.errors import EnvironmentBuildError
from homeport.inspection import inspect_model
from homeport.sdk.model_at_hand import at_path
from homeport.sdk.no_code import OneLock, Workbench, prepare
from homeport.sdk.no_code_script import loading_of, settings_of, write_script
from homeport.sdk.trials import Trial, run_trial

MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Kept:
    """A model of the zoo, and what was written down when it was made."""

    name: str
    path: Path
    record: Mapping[str, Any]

    @property
    def request(self) -> Json:
        return {"data": self.record["data"], "method": list(self.record["predictions"])}


def zoo(folder: Path = MODELS) -> list[Kept]:
    found = []
    for file in sorted(folder.glob("*/predictions.json")):
        record = json.loads(file.read_text(encoding="utf-8"))
        found.append(Kept(file.parent.name, file.parent / record["model"], record))
    return found


@dataclass(frozen=True)
class Served:
    """What came of it: `difference` is the largest one, 0 for bit-equal, NaN where nothing could be compared."""

    python: str
    versions: Mapping[str, str]
    environment: str
    failures: tuple[str, ...]
    difference: float
    said: str = ""


def serve(kept: Kept, home: Path, progress: Progress) -> Served:
    prepared = prepare(at_path(kept.path), Workbench(home=home, progress=progress))
    assert prepared.learnt is not None
    with prepared.model.folder() as folder:
        trial = Trial(interpreter=prepared.interpreter, script=prepared.script, models=folder, requests=(kept.request,))
        result = run_trial(trial)
    learnt = prepared.learnt
    answer = result.answers[0] if result.answers else None
    return Served(
        python=result.python,
        versions=result.versions,
        environment=learnt.proposal.key,
        failures=learnt.failures,
        difference=largest(kept.record["predictions"], answer) if answer is not None else math.nan,
        said=result.failure or "",
    )


def serve_with(kept: Kept, home: Path, proposal: Proposal, progress: Progress) -> float:
    """The difference in an environment that was chosen otherwise; NaN where it does not build or answer."""
    model = at_path(kept.path)
    definition = EnvironmentDefinition.from_json(proposal.definition("naive"))
    with model.folder() as folder:
        loading = loading_of(folder / model.top, inspect_model(kept.path))
        script = write_script(home, settings_of(model.top, loading))
        try:
            interpreter = ready_environment(definition, home, OneLock(), progress=progress).interpreter
        except EnvironmentBuildError:
            return math.nan
        result = run_trial(Trial(interpreter=interpreter, script=script, models=folder, requests=(kept.request,)))
    return largest(kept.record["predictions"], result.answers[0]) if result.answers else math.nan


def largest(wanted: Any, given: Any) -> float:
    """The largest difference of two numbers at the same place; infinite where they differ otherwise."""
    if isinstance(wanted, dict) and isinstance(given, dict) and wanted.keys() == given.keys():
        return max((largest(wanted[key], given[key]) for key in wanted), default=0.0)
    if isinstance(wanted, list) and isinstance(given, list) and len(wanted) == len(given):
        return max((largest(one, other) for one, other in zip(wanted, given, strict=True)), default=0.0)
    if isinstance(wanted, (int, float)) and isinstance(given, (int, float)):
        return abs(wanted - given)
    return 0.0 if wanted == given else math.inf
