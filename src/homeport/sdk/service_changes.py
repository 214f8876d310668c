"""What the `homeport` command asks of a service that takes more than its name: a request, an exchange of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.domain.progress import Progress
from homeport.errors import WebserviceException
from homeport.runtimes import DeploymentChange
from homeport.sdk.deployment import sources_of, with_sample, with_served_sample
from homeport.sdk.environment import Environment
from homeport.sdk.inference_config import InferenceConfig
from homeport.sdk.interpreters import ready
from homeport.sdk.local_webservice import LocalWebservice
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.no_code_deployment import NoCode, is_no_code, no_code
from homeport.sdk.services import ServiceView, look_at, runtime
from homeport.sdk.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an update exchanges; None stands for what stays. `environment` alone keeps the code."""

    models: Sequence[ModelRecord | str] | None = None
    config: InferenceConfig | None = None
    environment: Environment | None = None
    port: int | None = None
    workers: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # of ServingOptions


def workspace_of(name: str) -> Workspace:
    """The workspace that a service came from. Raises `ServiceNotFoundError`, `WorkspaceNotFoundError`."""
    return Workspace.get(runtime().service(name).workspace)


def score(name: str, body: bytes) -> Any:
    """Send a request and give the parsed answer; waits where the service is still starting.

    Raises `WebserviceException` for an answer that is not 200, and `json.JSONDecodeError` for one that is not JSON.
    """
    try:
        return LocalWebservice(None, name).run(body)
    except WebserviceException as wrong:
        if wrong.status_code is not None:
            wrong.hint = f"`homeport service logs {name}` shows what the script said"
        raise


def update(workspace: Workspace, name: str, change: Change, progress: Progress) -> ServiceView:
    """A new generation beside the present one, which serves on where the new one fails. Returns once it serves."""
    environment, variables = None, None
    if change.environment is not None:
        environment, variables = ready(workspace, change.environment, progress=progress)
    made: InferenceConfig | NoCode | None = change.config
    if made is None and change.models and environment is None and is_no_code(workspace._home, name):
        made = no_code(workspace, name, change.models, change.options.get("sample_input"), progress)
        environment, variables = made.environment, {}
    options = with_served_sample(workspace, runtime().service(name), change.models, change.options)
    exchanged = DeploymentChange(
        entry_script=made.entry_script if made else None,
        source_directory=Path(made.source_directory) if made and made.source_directory else None,
        models=None if change.models is None else sources_of(workspace, list(change.models)),
        environment=environment,
        variables=variables,
        workers=change.workers,
        options=with_sample(workspace, list(change.models or ()), options),
    )
    runtime().update(name, exchanged, port=change.port, progress=progress, wait=True)
    return look_at(name)
