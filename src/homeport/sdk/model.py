"""`Model`: register, find, download and deploy models."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.domain.model import CUSTOM_FRAMEWORK, ModelDescription, parse_ref
from homeport.domain.names import check_model_name
from homeport.domain.progress import Progress
from homeport.errors import InvalidCallError, ModelNotFoundError
from homeport.sdk.deploy import deploy
from homeport.sdk.inference_config import InferenceConfig
from homeport.sdk.local_webservice import LocalWebservice
from homeport.sdk.model_arguments import (
    check_page_count,
    data_sets,
    described,
    labels,
    model_filter,
    sample,
    version_number,
)
from homeport.sdk.model_cache import locate
from homeport.sdk.model_findings import apply_policy, framework_of, look_into
from homeport.sdk.model_package import ModelPackage, package
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.printing import Printed
from homeport.sdk.resource_configuration import ResourceConfiguration, resources_of
from homeport.sdk.verification import Verify
from homeport.sdk.webservice import WebserviceDeploymentConfiguration

if TYPE_CHECKING:
    from homeport.domain import model as domain
    from homeport.sdk.workspace import Workspace

Models = list["Model"]


class Model(ModelRecord):
    """One registered version: found by `id`, else by name and version, else the newest that the filters leave.

    `tags` and `properties` are lists of `"key"` or `["key", "value"]`. Without a workspace it is an empty object.
    Raises `ModelNotFoundError`, which is a `WebserviceException` too.
    """

    class Framework:
        """Labels for `model_framework`; any other text is kept as it is."""

        CUSTOM = CUSTOM_FRAMEWORK
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        TFKERAS = "TfKeras"
        PYTORCH = "PyTorch"
        MULTI = "Multi"
        _NAMES = (TENSORFLOW, SCIKITLEARN, ONNX, TFKERAS, PYTORCH)

        def __init__(self, *args: object, **kwargs: object) -> None:
            return None

    def __init__(
        self,
        workspace: Workspace | None,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the name that scripts use
        tags: Sequence[str | Sequence[str]] | None = None,
        properties: Sequence[str | Sequence[str]] | None = None,
        version: int | str | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        expand: bool = True,
        **kwargs: object,
    ) -> None:
        if workspace is None:
            super().__init__(None, None)
            return
        if not name and not id:
            raise InvalidCallError(
                "a model's name or id is needed", hint="write `Model(ws, name)` or `Model(ws, id=...)`"
            )
        if id:
            record = _by_id(workspace, id)
        elif version is not None:
            record = workspace._store.models.get(str(name), version_number(version))
        else:
            wanted = model_filter(name, tags, properties, run_id=run_id, framework=model_framework)
            found = workspace._store.models.list(wanted, limit=1)
            if not found:
                raise ModelNotFoundError(described(wanted), workspace._store.models.names())
            record = found[0]
        super().__init__(workspace, record)

    @classmethod
    def _of(cls, workspace: Workspace, record: domain.Model) -> Model:
        model = cls.__new__(cls)
        ModelRecord.__init__(model, workspace, record)
        return model

    @staticmethod
    def register(
        workspace: Workspace,
        model_path: str | os.PathLike[str],
        model_name: str,
        tags: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
        description: str | None = None,
        datasets: Sequence[Any] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Sequence[str] | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
        *,
        progress: Progress | None = None,
        run_id: str | None = None,
        experiment_name: str | None = None,
    ) -> Model:
        """Store a file or a folder as the next version of `model_name`.

        `child_paths` are below a folder `model_path`; only those are stored then. A sample is any JSON value, or the
        path of a JSON file. The files are looked into, and nothing of them runs: `findings` keeps what they say, the
        framework and its version are filled in where they are not given, and what would run code when it is loaded is
        told or, by the workspace's policy, refused (`RefusedModelError`).
        Raises `WebserviceException` for what cannot be right (`FileNotFoundError` too for a missing path) and
        `TypeError` for a label that JSON cannot hold.
        """
        if not hasattr(workspace, "_store"):
            raise InvalidCallError(
                f"`{workspace!r}` is not a workspace",
                hint="give `Model.register` the workspace first: `Workspace.from_config()`",
            )
        check_model_name(model_name)
        if model_framework_version and not model_framework:
            raise InvalidCallError(
                f"model_framework_version `{model_framework_version}` is given without model_framework",
                hint="give model_framework too, for example Model.Framework.SCIKITLEARN",
            )
        policy = workspace._store.load_policy
        source = Path(model_path)
        progress = progress or Printed()
        findings = look_into(source, child_paths)
        if findings is not None:
            apply_policy(policy, findings, model_name, source, progress)
        framework, framework_version = framework_of(
            findings, model_framework, model_framework_version, Model.Framework._NAMES
        )
        about = ModelDescription(
            name=model_name,
            tags=labels(tags, "tags"),
            properties=labels(properties, "properties"),
            description=description,
            framework=framework or CUSTOM_FRAMEWORK,
            framework_version=framework_version,
            sample_input=sample(sample_input_dataset, "sample input"),
            sample_output=sample(sample_output_dataset, "sample output"),
            resources=resources_of(resource_configuration),
            run_id=run_id,
            experiment_name=experiment_name,
            datasets=data_sets(datasets),
            findings=None if findings is None else findings.to_json(),
        )
        progress.step(f"Registering model {model_name}")
        record = workspace._store.models.register(about, source, child_paths=child_paths, progress=progress)
        return Model._of(workspace, record)

    @staticmethod
    def list(
        workspace: Workspace,
        name: str | None = None,
        tags: Sequence[str | Sequence[str]] | None = None,
        properties: Sequence[str | Sequence[str]] | None = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,
        page_count: int | None = 255,
        model_framework: str | None = None,
        *,
        limit: int | None = None,
        offset: int = 0,
    ) -> Models:
        """Newest registration first; an empty list when nothing matches. `limit` and `offset` give a page of it."""
        check_page_count(page_count)
        wanted = model_filter(
            name,
            tags,
            properties,
            run_id=run_id,
            framework=model_framework,
            dataset_id=dataset_id,
            latest=bool(latest),
        )
        found = workspace._store.models.list(wanted, limit=limit, offset=offset)
        return [Model._of(workspace, record) for record in found]

    def download(
        self,
        target_dir: str | os.PathLike[str] = ".",
        exist_ok: bool = False,
        exists_ok: bool | None = None,
        *,
        progress: Progress | None = None,
    ) -> str:
        """Write the files below `target_dir` and give the path they share: of a single file, that file's own.

        Raises `WebserviceException` where a file is in the way and `exist_ok` is false (`exists_ok` is its old name).
        """
        models = self._workspace._store.models
        target = os.fspath(target_dir)
        overwrite = bool(exist_ok or exists_ok)
        models.download(self._record, Path(target), overwrite=overwrite, progress=progress or Printed())
        written = [os.path.normpath(os.path.join(target, file.path)) for file in models.files(self._record).files]  # noqa: PTH118 - relative must stay relative
        return written[0] if len(written) == 1 else os.path.commonpath(written)

    @staticmethod
    def get_model_path(model_name: str, version: int | None = None, _workspace: Workspace | None = None) -> str:
        """The path of a model's file or folder in `azureml-models` below $AML_APP_ROOT or the working directory.

        With `_workspace` it is fetched there where it is missing, or where no version is named.
        Raises `ModelNotFoundException`; for a named version also `WebserviceException`.
        """
        return locate(model_name, version, None if _workspace is None else partial(_fetch, _workspace))

    @staticmethod
    def deploy(
        workspace: Workspace,
        name: str,
        models: Sequence[Model | str],
        inference_config: InferenceConfig | None = None,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
        show_output: bool = False,
        *,
        progress: Progress | None = None,
        verify: Verify = None,
    ) -> LocalWebservice:
        """Start a service on this machine and return once it listens; `wait_for_deployment` waits for `init()`.

        `models` are Model objects, `name:version` ids or local paths. A service of that name is replaced.
        `deployment_target` and `overwrite` are taken and mean nothing here; without `deployment_config` any free
        port is used. Without `inference_config` the one model is served by itself, in an environment that is found out
        from its file, built and tried. `verify` is a request (a value, text or file), or True for the registered
        sample input: what the new service answers is told, beside what a service of that name answers now, before
        anything changes; EntryScriptError where it does not answer.
        """
        return deploy(
            workspace,
            name,
            models,
            inference_config,
            deployment_config,
            show_output=show_output,
            progress=progress or Printed(),
            verify=verify,
        )

    @staticmethod
    def package(
        workspace: Workspace,
        models: Sequence[Model | str],
        inference_config: InferenceConfig | None = None,
        generate_dockerfile: bool = False,
        image_name: str | None = None,
        image_label: str | None = None,
    ) -> ModelPackage:
        """Not there yet: raises `WebserviceException`, as images come with the Docker runtime."""
        return package()


def _by_id(workspace: Workspace, model_id: str) -> domain.Model:
    name, version = parse_ref(model_id)
    if version is None:
        raise InvalidCallError(f"`{model_id}` is not a model id", hint="write it as `name:version`, or pass name=")
    return workspace._store.models.get(name, version)


def _fetch(workspace: Workspace, name: str, version: int | None, cache: str) -> str:
    model = Model._of(workspace, workspace._store.models.get(name, version))
    target = os.path.join(cache, model.name, str(model.version))  # noqa: PTH118 - relative must stay relative
    return model.download(target, exist_ok=True)
