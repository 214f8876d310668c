"""`Model.deploy` without an inference config: the script, the environment and its lock that a bundle is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.domain.bundle import BundledEnvironment
from homeport.domain.json import Json
from homeport.domain.model import REF, parse_ref
from homeport.domain.progress import Progress
from homeport.errors import InvalidConfigError
from homeport.runtimes import ProcessRuntime
from homeport.runtimes.service_folder import ServiceFolder
from homeport.sdk.model_at_hand import ModelAtHand, at_path, of_record, request_of
from homeport.sdk.model_findings import findings_of
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.no_code import Prepared, Workbench, prepare
from homeport.sdk.no_code_script import ENTRY_SCRIPT, PACKAGE
from homeport.sdk.no_code_trust import guard_for, trust_in

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCode:
    """What takes the place of an inference config."""

    entry_script: str
    source_directory: Path
    environment: BundledEnvironment


def no_code(
    workspace: Workspace,
    service: str,
    models: Sequence[ModelRecord | str] | None,
    sample: Json,
    progress: Progress,
) -> NoCode:
    """For the one model. Its environment is registered as `SERVICE-env`, with its lock.

    InvalidConfigError, which is a UserErrorException, for any other number of models or one that cannot be served by
    itself; NoEnvironmentError where none works.
    """
    prepared = prepare_model(workspace, only_one(models), sample, progress)
    assert prepared.learnt is not None
    name, lock = f"{service}-env", prepared.learnt.lock
    store = workspace._store.environments
    kept = store.register(name, prepared.learnt.proposal.definition(name))
    store.keep_lock(kept.name, kept.version, lock.platform, lock.to_json())
    return NoCode(
        entry_script=ENTRY_SCRIPT,
        source_directory=prepared.script,
        environment=BundledEnvironment(
            name=kept.name, version=kept.version, lock=lock.hash, interpreter=str(prepared.interpreter)
        ),
    )


def only_one(models: Sequence[ModelRecord | str] | None) -> ModelRecord | str:
    """The one that a deployment without an inference config takes."""
    if models is None or len(models) != 1:
        count = len(models or ())
        raise InvalidConfigError(
            f"a deployment without an inference_config serves exactly one model, and {count or 'none'} were given",
            hint='write a score.py with init() and run(), and pass `InferenceConfig(entry_script="score.py")`',
        )
    return models[0]


def prepare_model(workspace: Workspace, model: ModelRecord | str, sample: Json, progress: Progress) -> Prepared:
    """A registered version or a path, by the policy of the workspace."""
    model = resolved(workspace, model)
    at_hand = at_hand_of(workspace, model, sample)
    trust = trust_in(workspace)
    bench = Workbench(
        home=workspace._home,
        progress=progress,
        trust=trust,
        guard=guard_for(at_hand.name, trust, progress),
    )
    found = findings_of(model._workspace._store, model._record) if isinstance(model, ModelRecord) else None
    return prepare(at_hand, bench, found)


def at_hand_of(workspace: Workspace, model: ModelRecord | str, sample: Json = None) -> ModelAtHand:
    """What `models` of a deployment may hold: Model objects, `name:version` ids, paths."""
    model = resolved(workspace, model)
    if not isinstance(model, ModelRecord):
        return at_path(Path(model), sample)
    found = of_record(model, workspace._home)
    return found if sample is None else replace(found, sample=request_of(sample), expected=None)


def resolved(workspace: Workspace, model: ModelRecord | str) -> ModelRecord | str:
    """A `name:version` as what it stands for; a path as it is."""
    if isinstance(model, str) and REF.fullmatch(model) and not Path(model).exists():
        return ModelRecord(workspace, workspace._store.models.get(*parse_ref(model)))
    return model


def is_no_code(home: Path, service: str) -> bool:
    """Whether the current generation of a service was made from a model file alone."""
    declared = ProcessRuntime(home).service(service)
    current = ServiceFolder(home, service).current(declared)
    return current.entry_script == f"{PACKAGE}/{ENTRY_SCRIPT}"
