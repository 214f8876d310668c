"""One registered version as a script sees it: the plain attributes, and what changes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from homeport.domain import model as domain
from homeport.domain.findings import Findings
from homeport.errors import InUseError, InvalidCallError
from homeport.runtimes import ProcessRuntime
from homeport.sdk.model_arguments import keys, labels, sample
from homeport.sdk.model_findings import findings_of
from homeport.sdk.resource_configuration import ResourceConfiguration, configuration_of, resources_of
from homeport.store import ModelChange

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace


class ModelRecord:
    """The attributes of one version; without a workspace, all of them None."""

    name: str
    id: str  # `name:version`
    version: int
    tags: dict[str, Any]
    properties: dict[str, Any]
    description: str | None
    created_time: datetime
    created_by: dict[str, str] | None
    url: str
    mime_type: str
    model_framework: str
    model_framework_version: str | None
    unpack: bool
    resource_configuration: ResourceConfiguration | None
    sample_input_dataset: Any  # the value itself
    sample_output_dataset: Any
    run_id: str | None
    experiment_name: str | None
    datasets: dict[str, list[str]]  # purpose -> ids, kept as data
    updated_time: datetime

    def __init__(self, workspace: Workspace | None, record: domain.Model | None) -> None:
        self.workspace = workspace
        if record is None:
            for attribute in ModelRecord.__annotations__:
                setattr(self, attribute, None)
        else:
            self._fill(record)

    def _fill(self, record: domain.Model) -> None:
        self._record = record
        self.name = record.name
        self.id = record.ref
        self.version = record.version
        self.tags = labels(dict(record.tags), "tags")
        self.properties = labels(dict(record.properties), "properties")
        self.description = record.description
        self.created_time = record.created
        self.created_by = {"userName": record.created_by}
        self.url = f"aml://asset/{record.ref}"
        self.mime_type = "application/octet-stream"
        self.model_framework = record.framework
        self.model_framework_version = record.framework_version
        self.unpack = False
        self.resource_configuration = configuration_of(record.resources)
        self.sample_input_dataset = record.sample_input
        self.sample_output_dataset = record.sample_output
        self.run_id = record.run_id
        self.experiment_name = record.experiment_name
        self.datasets = {}
        for purpose, dataset_id in record.datasets:
            self.datasets.setdefault(purpose, []).append(dataset_id)
        self.updated_time = record.updated

    def update(
        self,
        tags: dict[str, Any] | None = None,
        description: str | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> None:
        """Replace what is given; nothing can be cleared this way, as empty values count as not given."""
        self._change(
            ModelChange(
                tags=labels(tags, "tags") or None,
                description=description or None,
                sample_input=sample(sample_input_dataset, "sample input"),
                sample_output=sample(sample_output_dataset, "sample output"),
                resources=resources_of(resource_configuration),
            )
        )

    def add_tags(self, tags: dict[str, Any]) -> None:
        """Add to the tags; a key that is there already gets the new value."""
        self.update_tags_properties(add_tags=tags)

    def remove_tags(self, tags: str | Iterable[str]) -> None:
        """Remove one key or several; a key that is not there is said and passed over."""
        self.update_tags_properties(remove_tags=tags)

    def add_properties(self, properties: dict[str, Any]) -> None:
        """Add to the properties; a key that is there already is a `WebserviceException`: properties never change."""
        self.update_tags_properties(add_properties=properties)

    def update_tags_properties(
        self,
        add_tags: dict[str, Any] | None = None,
        remove_tags: str | Iterable[str] | None = None,
        add_properties: dict[str, Any] | None = None,
    ) -> None:
        """All three in one step: either everything is changed or nothing."""
        added = labels(add_tags, "tags")
        removed = keys(remove_tags or ())
        properties = labels(add_properties, "properties")
        before = dict(self.tags)
        self._change(ModelChange(add_tags=added, remove_tags=removed, add_properties=properties))
        for key in added:
            if key in before:
                print(f"Tag `{key}` was `{before[key]}` and is now `{added[key]}`")
        for key in removed:
            if key not in before:
                print(f"Tag `{key}` was not there")
        what = [word for word, new in (("tags", self.tags != before), ("properties", properties)) if new]
        print(f"Model {self.id}: {' and '.join(what) or 'nothing'} changed")

    def _change(self, change: ModelChange) -> None:
        self._fill(self._workspace._store.models.change(self.name, self.version, change))

    def delete(self) -> None:
        """Remove this version; refused with the service's name while a service holds it, in any kept generation."""
        workspace = self._workspace
        services = ProcessRuntime(workspace._home).models_in_use(workspace.name).get(self.id, [])
        if services:
            names = ", ".join(f"`{name}`" for name in services)
            raise InUseError(
                f"model `{self.id}` is in use by service {names}",
                hint="; ".join(f"run `homeport service delete {name}`" for name in services) + " first",
            )
        workspace._store.models.delete(self.name, self.version)

    @property
    def findings(self) -> Findings | None:
        """What the files say of themselves, read at registration; None for a model from before they were read."""
        return findings_of(self._workspace._store, self._record)

    @property
    def _workspace(self) -> Workspace:
        if self.workspace is None:
            raise InvalidCallError("this model object belongs to no workspace", hint="use `Model(workspace, name)`")
        return self.workspace

    def serialize(self) -> dict[str, Any]:
        """The metadata as plain JSON values."""
        resources = self.resource_configuration
        return {
            "createdTime": self.created_time.isoformat() if self.created_time else None,
            "createdBy": self.created_by,
            "description": self.description,
            "id": self.id,
            "mimeType": self.mime_type,
            "name": self.name,
            "framework": self.model_framework,
            "frameworkVersion": self.model_framework_version,
            "tags": self.tags,
            "properties": self.properties,
            "unpack": self.unpack,
            "url": self.url,
            "version": self.version,
            "experimentName": self.experiment_name,
            "runId": self.run_id,
            "runDetails": None,
            "datasets": self.datasets,
            "resourceConfiguration": resources.serialize() if resources else None,
            "sampleInputDatasetId": self.sample_input_dataset,
            "sampleOutputDatasetId": self.sample_output_dataset,
        }

    def __repr__(self) -> str:
        parts = [f"{key}={getattr(self, key)}" for key in ("name", "id", "version", "tags", "properties")]
        return f"Model(workspace={self.workspace!r}, {', '.join(parts)})"
