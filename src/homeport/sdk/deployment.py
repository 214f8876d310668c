"""From what a script passes to `Model.deploy` or `update` to what a runtime takes: checked, and nothing started."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.domain.address import LOOPBACK
from homeport.domain.bundle import BundledEnvironment
from homeport.domain.json import Json
from homeport.domain.model import REF, parse_ref
from homeport.domain.progress import Progress
from homeport.domain.service import Service
from homeport.domain.serving import ServingOptions
from homeport.errors import InvalidCallError, MissingPathError, ModelNotFoundError
from homeport.runtimes import Deployment, DeploymentChange, ModelSource
from homeport.sdk.environment import Environment
from homeport.sdk.inference_config import InferenceConfig
from homeport.sdk.interpreters import ready
from homeport.sdk.local_deployment import LocalWebserviceDeploymentConfiguration
from homeport.sdk.local_files import place_path
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.no_code_deployment import NoCode, is_no_code, no_code
from homeport.sdk.webservice import WebserviceDeploymentConfiguration

if TYPE_CHECKING:
    from homeport.domain.model import Model
    from homeport.sdk.workspace import Workspace

_NAME_LENGTH = 30  # of a local path's name in the models folder
_USE = "pass Model objects, `name:version` ids or local paths"


def as_local(settings: WebserviceDeploymentConfiguration) -> LocalWebserviceDeploymentConfiguration:
    """The settings, which must be a local service's; checked again, as attributes may have been set."""
    if not isinstance(settings, LocalWebserviceDeploymentConfiguration):
        raise InvalidCallError(
            f"deployment_config is `{settings!r}`, which is not a local service's",
            hint="use `LocalWebservice.deploy_configuration(port=...)`",
        )
    settings.validate_configuration()
    return settings


def deployment_of(
    workspace: Workspace,
    name: str,
    models: Sequence[ModelRecord | str],
    config: InferenceConfig | None,
    settings: LocalWebserviceDeploymentConfiguration,
    progress: Progress,
) -> Deployment:
    """Everything that a new service is made of; the environment is built by this where it is missing.

    Without a config the one model is served by itself, see `no_code`.
    """
    sources = sources_of(workspace, models)
    made: NoCode | InferenceConfig
    variables: dict[str, str] = {}
    if config is None:
        made = no_code(workspace, name, models, settings.options.get("sample_input"), progress)
        environment = made.environment
    else:
        made = config
        environment, variables = _environment(workspace, name, config, progress)
    return Deployment(
        entry_script=made.entry_script,
        source_directory=Path(made.source_directory) if made.source_directory else None,
        models=sources,
        environment=environment,
        variables=variables,
        workers=settings.workers,
        options=ServingOptions.from_json(with_sample(workspace, models, settings.options)),
        host=settings.host or LOOPBACK,
        auth_enabled=settings.auth_enabled,
        keys=settings.keys,
    )


def change_of(
    workspace: Workspace | None,
    name: str,
    models: Sequence[ModelRecord | str] | None,
    config: InferenceConfig | None,
    settings: LocalWebserviceDeploymentConfiguration | None,
    progress: Progress,
) -> DeploymentChange:
    """What an update exchanges; None stands for what stays."""
    workers = settings.workers if settings else None
    sources = None if models is None else sources_of(workspace, models)
    options = with_sample(workspace, models or (), settings.options if settings else {})
    if config is not None:
        check_config(config)
        environment, variables = _environment(workspace, name, config, progress)
        made: NoCode | InferenceConfig = config
    elif models and workspace is not None and is_no_code(workspace._home, name):
        made = no_code(workspace, name, models, options.get("sample_input"), progress)
        environment, variables = made.environment, {}
    else:
        return DeploymentChange(models=sources, workers=workers, options=options)
    return DeploymentChange(
        entry_script=made.entry_script,
        source_directory=Path(made.source_directory) if made.source_directory else None,
        models=sources,
        environment=environment,
        variables=variables,
        workers=workers,
        options=options,
    )


def check_config(config: object) -> None:
    """An InferenceConfig whose files are still there."""
    if not isinstance(config, InferenceConfig):
        raise InvalidCallError(
            f"inference_config is `{config!r}`, which is not an InferenceConfig",
            hint='pass `InferenceConfig(entry_script="score.py", environment=env)`',
        )
    config.validate_configuration()


def _environment(
    workspace: Workspace | None, service: str, config: InferenceConfig, progress: Progress
) -> tuple[BundledEnvironment, dict[str, str]]:
    environment = config.environment
    if environment is None and config.conda_file:
        path = Path(config.source_directory or os.curdir, config.conda_file)
        environment = Environment.from_conda_specification(f"{service}-env", str(path))
    return ready(workspace, environment, progress=progress)


def sources_of(workspace: Workspace | None, models: object) -> tuple[ModelSource, ...]:
    """What each of `models` stands for: a registered version, or a local path under version 0."""
    if models is None:
        return ()
    if not isinstance(models, (list, tuple)):
        raise InvalidCallError(f"models is `{models!r}`, which is not a list", hint=f"in a list, {_USE}")
    return tuple(_source(workspace, model) for model in models)


def with_sample(
    workspace: Workspace | None, models: Sequence[ModelRecord | str], options: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The options of serving; batching without a sample input takes the one model's that was registered with one."""
    if options.get("batch_max_size", 1) == 1 or options.get("sample_input") is not None:
        return options
    found = [sample for model in models if (sample := _sample(workspace, model)) is not None]
    return {**options, "sample_input": found[0]} if len(found) == 1 else options


def with_served_sample(
    workspace: Workspace | None, service: Service, models: object, options: Mapping[str, Any]
) -> Mapping[str, Any]:
    """As `with_sample`, for an update: one that names no models asks those that are served. A sample in use stays."""
    served = service.generations[-1]
    if models is not None or options.get("batch_max_size", 1) == 1 or served.options.sample_input is not None:
        return options
    found = []
    for ref in served.models:
        with suppress(ModelNotFoundError):  # deleted since, or never registered
            found.append(_sample(workspace, ref))
    samples = [sample for sample in found if sample is not None]
    return {"sample_input": samples[0], **options} if len(samples) == 1 else options


def _sample(workspace: Workspace | None, model: ModelRecord | str) -> Json:
    """None where nothing is registered."""
    if isinstance(model, ModelRecord):
        return model._record.sample_input
    if workspace is None or not isinstance(model, str) or not REF.fullmatch(model) or Path(model).exists():
        return None
    return workspace._store.models.get(*parse_ref(model)).sample_input


def _source(workspace: Workspace | None, model: Any) -> ModelSource:
    if isinstance(model, ModelRecord):
        return _registered(model._workspace, model._record)
    if isinstance(model, str) and REF.fullmatch(model) and not Path(model).exists():
        if workspace is None:
            raise InvalidCallError(f"`{model}` needs a workspace to be found in", hint=_USE)
        name, version = parse_ref(model)
        return _registered(workspace, workspace._store.models.get(name, version))
    if isinstance(model, (str, os.PathLike)):
        return _local(os.fspath(model))
    raise NotImplementedError(f"`{model!r}` in models is neither a model nor a path: {_USE}")


def _registered(workspace: Workspace, record: Model) -> ModelSource:
    place = partial(workspace._store.models.place, record)
    return ModelSource(name=record.name, version=record.version, digest=record.digest, place=place)


def _local(given: str) -> ModelSource:
    path = Path(given).resolve()
    if not path.exists():
        raise MissingPathError(
            f"the model `{given}` does not exist",
            hint=f'a registered model is passed as `Model(ws, "{given}")` or as an id such as `{given}:1`',
        )
    return ModelSource(name=path.name[:_NAME_LENGTH], version=0, digest="", place=partial(place_path, path))
