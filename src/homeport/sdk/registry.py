"""What the `homeport` command asks of a workspace beyond the original's calls: pages, sizes, files, who uses what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.domain import model as domain
from homeport.domain.progress import Progress
from homeport.errors import InvalidConfigError
from homeport.runtimes import ProcessRuntime
from homeport.sdk.model import Model
from homeport.sdk.model_arguments import labels, model_filter
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.workspace import Workspace
from homeport.store import Freed, ModelChange

Criteria = Sequence[str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class ModelPage:
    """Some of the models that were asked for, the newest registration first, and how many there are in all."""

    models: list[domain.Model]
    total: int


def list_models(
    workspace: Workspace,
    name: str | None = None,
    *,
    tags: Criteria = (),
    properties: Criteria = (),
    framework: str | None = None,
    latest: bool = False,
    limit: int | None = None,
) -> ModelPage:
    """The filters are those of `Model.list`."""
    wanted = model_filter(name, list(tags), list(properties), run_id=None, framework=framework, latest=latest)
    models = workspace._store.models
    found = models.list(wanted, limit=limit)
    whole = limit is None or len(found) < limit
    return ModelPage(found, len(found) if whole else models.count(wanted))


def find_model(workspace: Workspace, ref: str, version: int | None = None) -> Model:
    """`name:version`, or `name` for the newest; `version` may stand apart. Raises `ModelNotFoundError`."""
    name, number = domain.parse_ref(ref)
    if number is not None and version is not None and number != version:
        raise InvalidConfigError(f"`{ref}` is asked for with version {version}", hint="name one version")
    return Model._of(workspace, workspace._store.models.get(name, version if number is None else number))


def model_names(workspace: Workspace) -> list[str]:
    """Every name that has a version, in order."""
    return workspace._store.models.names()


def model_document(model: domain.Model) -> dict[str, Any]:
    """`Model.serialize()` with what the bytes are: `size` in all, and their `digest`."""
    return {**ModelRecord(None, model).serialize(), "size": model.size, "digest": model.digest}


def model_details(model: Model) -> dict[str, Any]:
    """`model_document` with the `files`, and the `services` that hold the model in a generation that they keep."""
    workspace = model._workspace
    files = workspace._store.models.files(model._record).files
    findings = model.findings
    return {
        **model_document(model._record),
        "workspace": workspace.name,
        "findings": None if findings is None else findings.to_json(),
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in files],
        "services": ProcessRuntime(workspace._home).models_in_use(workspace.name).get(model.id, []),
    }


def change_model(
    model: Model,
    *,
    add_tags: Mapping[str, Any],
    remove_tags: Sequence[str],
    add_properties: Mapping[str, Any],
    description: str | None,
) -> None:
    """Everything that is given or, where one part is refused, nothing."""
    model._change(
        ModelChange(
            add_tags=labels(add_tags, "tags"),
            remove_tags=tuple(remove_tags),
            add_properties=labels(add_properties, "properties"),
            description=description,
        )
    )


def verify_workspace(workspace: Workspace, progress: Progress) -> list[str]:
    """Read every byte again; one line for each thing that is wrong, none when all is whole."""
    return workspace._store.verify(progress)


def collect_workspace(workspace: Workspace, progress: Progress) -> Freed:
    """Delete the bytes that no model refers to, and what killed registrations left."""
    return workspace._store.collect(progress)


def workspace_details(workspace: Workspace) -> dict[str, Any]:
    """What is known of a workspace, how much is in it, and its `notice`: what a person should know of its disk."""
    models = workspace._store.models
    return {
        **workspace.get_details(),
        "models": len(models.names()),
        "modelVersions": models.count(),
        "environments": len(workspace._store.environments.list()),
        "notice": workspace._store.notice,
    }
