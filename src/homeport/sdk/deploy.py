"""`Model.deploy`: from models, code and settings to a service that listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from homeport.domain.names import check_service_name
from homeport.domain.progress import Progress
from homeport.runtimes import ProcessRuntime
from homeport.sdk.deployment import as_local, check_config, deployment_of
from homeport.sdk.inference_config import InferenceConfig
from homeport.sdk.local_deployment import LocalWebserviceDeploymentConfiguration
from homeport.sdk.local_webservice import LocalWebservice
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.no_code_deployment import only_one
from homeport.sdk.verification import Verify, request_body, verify_deployment
from homeport.sdk.webservice import WebserviceDeploymentConfiguration

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace


def deploy(
    workspace: Workspace,
    name: str,
    models: Sequence[ModelRecord | str],
    config: InferenceConfig | None,
    settings: WebserviceDeploymentConfiguration | None,
    *,
    show_output: bool,
    progress: Progress,
    verify: Verify = None,
) -> LocalWebservice:
    """Check the name first, then the rest; build the environment; start the service. It is `deploying` then."""
    check_service_name(name)
    local = as_local(settings or LocalWebserviceDeploymentConfiguration())
    if config is None:
        only_one(models)
    else:
        check_config(config)
    body = None if verify is None or verify is False else request_body(verify, models, alone=config is None)
    if show_output:
        _show(models, config, progress)
    deployment = deployment_of(workspace, name, models, config, local, progress)
    if body is not None:
        verify_deployment(workspace._home, name, deployment, body, progress)
    ProcessRuntime(workspace._home).deploy(
        name,
        workspace.name,
        deployment,
        port=local.port or None,
        progress=progress,
        description=config.description if config else None,
        tags=local.tags or {},
        properties=local.properties or {},
    )
    return LocalWebservice(workspace, name)


def _show(models: Sequence[ModelRecord | str], config: InferenceConfig | None, progress: Progress) -> None:
    names = [model.id if isinstance(model, ModelRecord) else str(model) for model in models]
    if config is None:
        progress.step(f"Model: {names[0]}, served by itself in an environment that is found out")
        return
    environment = config.environment.name if config.environment else "this interpreter, as it is"
    progress.step(f"Models: {', '.join(names) or 'none'}")
    progress.step(f"Entry script: {config.entry_script}")
    progress.step(f"Environment: {environment}")
