"""`LocalWebservice`: a service on this machine, found by its name from any process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.domain.address import LOOPBACK, url
from homeport.domain.clock import utc_now
from homeport.domain.keys import Keys
from homeport.domain.progress import Progress
from homeport.domain.service import Service
from homeport.errors import EntryScriptError, InvalidCallError, ServiceError, ServiceNotFoundError
from homeport.runtimes import ProcessRuntime, ServiceStatus
from homeport.sdk.deployment import as_local, change_of, with_served_sample
from homeport.sdk.inference_config import InferenceConfig
from homeport.sdk.local_deployment import LocalWebserviceDeploymentConfiguration
from homeport.sdk.no_code_deployment import is_no_code
from homeport.sdk.printing import Printed
from homeport.sdk.scoring_client import post_json
from homeport.sdk.service_keys import keys_of, regenerate
from homeport.sdk.verification import Verify, request_body, verify_update
from homeport.sdk.webservice import Webservice, WebserviceDeploymentConfiguration
from homeport.store import home_folder

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from homeport.domain.serving import ServingWords
    from homeport.sdk.model_record import ModelRecord
    from homeport.sdk.workspace import Workspace

LocalWebservices = list["LocalWebservice"]

_STATES = {"deploying": "deploying", "running": "running", "failed": "failed", "stopped": "failed"}


class LocalWebservice(Webservice):
    """A handle on the service of that name.

    A service that is not there is a `WebserviceException` saying `WebserviceNotFound`, or the state `unknown` with
    `must_exist=False`. A handle from before the service was replaced by another deployment is stale: its calls raise
    `WebserviceException`, and `update_deployment_state()` makes it stand for the new one.
    """

    STATE_DEPLOYING = "deploying"
    STATE_RUNNING = "running"
    STATE_FAILED = "failed"
    STATE_DELETED = "deleted"
    STATE_UNKNOWN = "unknown"

    def __init__(self, workspace: Workspace | None, name: str, must_exist: bool = True) -> None:
        self.name = name
        self.workspace = workspace
        self.compute_type = "Local"
        self.state = self.STATE_UNKNOWN
        self.error: str | None = None
        self.image_id: str | None = None
        self.tags: dict[str, Any] | None = None
        self.properties: dict[str, Any] | None = None
        self.description: str | None = None
        self.created_time: datetime = utc_now()
        self.updated_time: datetime | None = None
        self._port: str | None = None
        self._host = LOOPBACK
        self._service_id: str | None = None
        self.update_deployment_state(must_exist=must_exist)

    @property
    def _runtime(self) -> ProcessRuntime:
        return ProcessRuntime(self._home)

    @property
    def _home(self) -> Path:
        return home_folder() if self.workspace is None else self.workspace._home

    @property
    def port(self) -> str | None:
        """As text, as in the original; None before there is a service."""
        return self._port

    @property
    def scoring_uri(self) -> str | None:
        """Where requests are posted to; it stays known after `delete`."""
        return self._url("score")

    @property
    def swagger_uri(self) -> str | None:
        """Where the service describes itself."""
        return self._url("swagger.json")

    def _url(self, path: str) -> str | None:
        return url(self._host, self._port, path) if self._port else None

    @staticmethod
    def deploy_configuration(
        port: int | None = None,
        *,
        workers: int = 1,
        auth_enabled: bool = False,
        host: str | None = None,
        no_key: bool = False,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        **options: Unpack[ServingWords],
    ) -> LocalWebserviceDeploymentConfiguration:
        """Settings for `Model.deploy` and `update`: the port, any free one where None, and the number of workers.

        With `auth_enabled` callers need one of two keys: those given, else those that the service had, else random.
        `host` is the address to listen on, `0.0.0.0` for all; one that other machines can reach needs `auth_enabled`,
        or `no_key`, which lets everyone in.
        `options` are those of `homeport.domain.serving.ServingOptions`, for example `queue_size=100`.
        """
        keys = {"primary_key": primary_key, "secondary_key": secondary_key}
        return LocalWebserviceDeploymentConfiguration(
            port, workers=workers, auth_enabled=auth_enabled, host=host, no_key=no_key, **keys, **options
        )

    def update_deployment_state(self, must_exist: bool = False) -> None:
        """Look at the service again, by its name; none is `WebserviceException` where it must exist."""
        try:
            service, status = self._runtime.service(self.name), self._runtime.status(self.name)
        except ServiceNotFoundError:
            if must_exist:
                raise
            self.state = self.STATE_UNKNOWN
            return
        self._take(service, status)

    def _take(self, service: Service, status: ServiceStatus) -> None:
        self._service_id = service.id
        self._host = service.host
        self.state = _STATES[status.state]
        self.error = status.error
        self.tags = dict(service.tags)
        self.properties = dict(service.properties)
        self.description = service.description
        self.created_time = service.created
        self.updated_time = service.updated
        self._port = str(status.port) if self.state in (self.STATE_DEPLOYING, self.STATE_RUNNING) else None

    def _require(self, method: str, *states: str) -> None:
        """Refuse a call in a state that does not allow it, or on a stale handle."""
        self._require_state(method, states)
        if self.state != self.STATE_UNKNOWN and self._is_stale():
            raise ServiceError(
                f"service `{self.name}` was deployed again, or deleted, since this object was made",
                hint=f'make a new one: `LocalWebservice(ws, "{self.name}")`',
            )

    def _require_state(self, method: str, states: tuple[str, ...]) -> None:
        if self.state not in states:
            raise ServiceError(
                f"{method} is not possible in state `{self.state}` of service `{self.name}`",
                hint=f"it needs {' or '.join(states)}; {self._remedy()}",
            )

    def _remedy(self) -> str:
        try:
            known = self._runtime.status(self.name).hint
        except ServiceNotFoundError:
            known = None
        return known or f"`homeport service show {self.name}` says what happened"

    def _is_stale(self) -> bool:
        try:
            return self._runtime.service(self.name).id != self._service_id
        except ServiceNotFoundError:
            return True

    def wait_for_deployment(self, show_output: bool = False) -> None:  # type: ignore[override]  # as in the original
        """Block until `init()` has succeeded; raises with the script's own traceback when it failed."""
        self._require("wait_for_deployment", self.STATE_DEPLOYING, self.STATE_RUNNING)
        print(f"Waiting for service {self.name} to start", flush=True)
        try:
            self._runtime.wait(self.name, service_id=self._service_id, on_line=print)
        except EntryScriptError:
            self.update_deployment_state()
            raise
        self.update_deployment_state(must_exist=True)
        print(f"Service {self.name} is {self.state} at {str(self._url('')).rstrip('/')}", flush=True)

    def run(self, input_data: Any) -> Any:
        """POST `input_data` as JSON to the scoring address and give the parsed answer; waits for a deployment first.

        Text and bytes go as they are, anything else is encoded. An answer that is not 200 is a `WebserviceException`
        with the server's own words and `status_code`.
        """
        self._require("run", self.STATE_DEPLOYING, self.STATE_RUNNING)
        if self.state == self.STATE_DEPLOYING:
            self.wait_for_deployment()
        keys = keys_of(self.name, home=self._home)
        return post_json(str(self.scoring_uri), input_data, key=keys.primary if keys else None)

    def get_keys(self) -> tuple[str, str]:
        """(primary, secondary) of a service that was deployed with `auth_enabled`; else NotImplementedError."""
        keys = self._keys()
        if keys is None:
            return super().get_keys()
        return keys.primary, keys.secondary

    def regen_key(self, key: str, set_key: str | None = None) -> None:  # type: ignore[override]
        """Exchange the `Primary` or the `Secondary` key for `set_key`, or a random one; no restart is needed.

        NotImplementedError for a service that asks for no key.
        """
        if self._keys() is None:
            super().regen_key(key, set_key)
        regenerate(self.name, key, set_key, home=self._home)

    def _keys(self) -> Keys | None:
        try:
            return keys_of(self.name, home=self._home)
        except ServiceNotFoundError:
            return None  # a service that is not there asks for no key: the answer is the original's

    def get_logs(self, num_lines: int = 5000, raw: bool = False) -> str:
        """The newest `num_lines` of what the service and its script have printed."""
        self._require("get_logs", self.STATE_DEPLOYING, self.STATE_FAILED, self.STATE_RUNNING)
        return self._runtime.logs(self.name, num_lines)

    def reload(self, wait: bool = False, *, progress: Progress | None = None) -> None:
        """Serve the script and source folder as they are on disk now, with the same models and environment.

        The service goes on answering with the old ones until the new `init()` has succeeded. Returns after that,
        whatever `wait` says.
        """
        self._require("reload", self.STATE_DEPLOYING, self.STATE_FAILED, self.STATE_RUNNING)
        self._started(self._runtime.reload(self.name, progress=progress or Printed(), wait=wait))

    def update(  # type: ignore[override]  # as in the original
        self,
        models: Sequence[ModelRecord | str] | None = None,
        image_config: object = None,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
        inference_config: InferenceConfig | None = None,
        *,
        progress: Progress | None = None,
        verify: Verify = None,
    ) -> None:
        """Serve other models, another script, environment or port; what is not given stays as it is.

        The old state goes on serving until the new `init()` has succeeded, and stays when it fails; returns after
        that, whatever `wait` says. `verify` is as in `Model.deploy`. The documentation's positional form,
        `update([model], inference_config, deployment_config)`, is understood.
        """
        states = (self.STATE_DEPLOYING, self.STATE_FAILED, self.STATE_RUNNING, self.STATE_UNKNOWN)
        self._require("update", *states)
        if isinstance(image_config, InferenceConfig) and inference_config is None:
            image_config, inference_config = None, image_config
        if image_config is not None:
            raise InvalidCallError(
                f"image_config is `{image_config!r}`: images are not used here", hint="pass inference_config="
            )
        progress = progress or Printed()
        settings = None if deployment_config is None else as_local(deployment_config)
        if settings is not None and settings.auth_enabled and keys_of(self.name, home=self._home) is None:
            raise InvalidCallError(
                "auth_enabled is not changed by an update: callers would be shut out in the middle",
                hint="deploy the service again with it: `Model.deploy(..., overwrite=True)`",
            )
        if settings is not None and settings.host not in (None, self._host):
            raise InvalidCallError(
                f"host is not changed by an update: the service listens on `{self._host}`",
                hint="deploy the service again with it: `Model.deploy(..., overwrite=True)`",
            )
        change = change_of(self.workspace, self.name, models, inference_config, settings, progress)
        options = with_served_sample(self.workspace, self._runtime.service(self.name), models, change.options)
        change = replace(change, options=options)
        if verify is not None and verify is not False:
            alone = inference_config is None and is_no_code(self._home, self.name)
            verify_update(self._home, self.name, change, request_body(verify, models, alone=alone), progress)
        port = settings.port if settings else None
        self._started(self._runtime.update(self.name, change, port=port or None, progress=progress, wait=wait))

    def rollback(self, generation: int | None = None, *, progress: Progress | None = None) -> None:
        """Serve an earlier generation again: the one before the present one, or that number. Homeport's own."""
        self._require("rollback", self.STATE_DEPLOYING, self.STATE_FAILED, self.STATE_RUNNING)
        self._started(self._runtime.rollback(self.name, generation, progress=progress or Printed()))

    def _started(self, service: Service) -> None:
        self._take(service, self._runtime.status(self.name))

    def delete(self, delete_cache: bool = True, delete_image: bool = False, delete_volume: bool = True) -> None:
        """Stop the service and remove it with its bundles; nothing happens when it has gone already."""
        self._require_state("delete", (self.STATE_DEPLOYING, self.STATE_FAILED, self.STATE_RUNNING))
        if not self._is_stale():
            self._runtime.delete(self.name, Printed())
        self.state = self.STATE_DELETED
        print(f"Service {self.name} is deleted", flush=True)

    @staticmethod
    def list(  # type: ignore[override]  # as in the original
        workspace: Workspace | None,
        model_name: str | None = None,
        model_id: str | None = None,
        all: object = None,  # noqa: A002 - the name that scripts use
    ) -> LocalWebservices:
        """Every service on this machine, whichever workspace it came from, or those that serve a model now."""
        runtime = ProcessRuntime(home_folder() if workspace is None else workspace._home)
        found = []
        for service in runtime.services():
            served = service.generations[-1].models
            by_name = model_name is None or model_name in [ref.rpartition(":")[0] for ref in served]
            if by_name and (model_id is None or model_id in served):
                found.append(LocalWebservice(workspace, service.name, must_exist=False))
        return found

    def serialize(self) -> dict[str, Any]:
        """What is known of the service, as plain values."""
        return {
            "name": self.name,
            "description": self.description,
            "tags": self.tags,
            "properties": self.properties,
            "state": self.state,
            "createdTime": self.created_time.isoformat(),
            "updatedTime": self.updated_time.isoformat() if self.updated_time else None,
            "error": self.error,
            "computeType": self.compute_type,
            "workspaceName": self.workspace.name if self.workspace else None,
            "imageId": self.image_id,
            "scoringUri": self.scoring_uri,
            "swaggerUri": self.swagger_uri,
            "port": self.port,
        }

    def __repr__(self) -> str:
        parts = [f"{key}={getattr(self, key)}" for key in ("name", "state", "scoring_uri", "tags", "properties")]
        return f"LocalWebservice(workspace={self.workspace!r}, {', '.join(parts)})"
