"""A workspace: the named store of models, environments and services that a script works in."""

from __future__ import annotations

import os
import shlex
from functools import cached_property
from typing import Any

from homeport.domain.json import JsonObject
from homeport.domain.names import check_workspace_name
from homeport.errors import InUseError, WorkspaceNotFoundError
from homeport.runtimes import ProcessRuntime
from homeport.sdk.environment import Environment
from homeport.sdk.model import Model
from homeport.sdk.webservice import Webservice
from homeport.sdk.workspace_config import WorkspaceConfig, read_config, scope_of, write_config
from homeport.store import Store, create_store, delete_store, home_folder, list_stores, open_store

WorkspacesByName = dict[str, list["Workspace"]]
LOCAL = "local"  # the subscription, resource group and location of a workspace that was given none


class Workspace:
    """An existing workspace, by its three identifiers; only the name is looked at.

    Authentication, cloud and SKU arguments are taken so that v1 scripts run, and mean nothing here.
    Raises `WorkspaceNotFoundError` when there is no such workspace under `$HOMEPORT_HOME`.
    """

    def __init__(
        self,
        subscription_id: str | None,
        resource_group: str | None,
        workspace_name: str,
        auth: object = None,
        _location: str | None = None,
        _disable_service_check: bool = False,
        _workspace_id: str | None = None,
        sku: str = "basic",
        tags: JsonObject | None = None,
        _cloud: str = "AzureCloud",
    ) -> None:
        self._home = home_folder()
        check_workspace_name(workspace_name)
        known = list_stores(self._home)
        if workspace_name not in known:
            raise _not_found(workspace_name, known)
        self._name = workspace_name
        self._subscription_id = subscription_id
        self._resource_group = resource_group

    @cached_property
    def _store(self) -> Store:
        # opened at the first use: a look at the name or at services does not pay for the database
        return open_store(self._home, self._name)

    def __getstate__(self) -> dict[str, object]:
        # copied, or sent to another process, without the open database
        return {key: value for key, value in vars(self).items() if key != "_store"}

    @staticmethod
    def from_config(
        path: str | os.PathLike[str] | None = None,
        auth: object = None,
        _logger: object = None,
        _file_name: str | None = None,
    ) -> Workspace:
        """The workspace that a folder's configuration file names; see `find_config` for where it is looked for.

        Raises `UserErrorException` when no usable file is found, `json.JSONDecodeError` when it is not JSON, and
        `WorkspaceNotFoundError` when the file, perhaps written for the cloud, names a workspace that is not here.
        """
        config = read_config(path, _file_name)
        known = list_stores(home_folder())
        if config.name not in known:
            raise _not_found(config.name, known, config)
        return Workspace(config.subscription_id, config.resource_group, config.name)

    @staticmethod
    def get(
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        cloud: str = "AzureCloud",
        id: str | None = None,  # noqa: A002 - the name that scripts use
    ) -> Workspace:
        """The existing workspace of that name."""
        return Workspace(subscription_id, resource_group, name)

    @staticmethod
    def create(
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        create_resource_group: bool = True,
        sku: str = "basic",
        tags: JsonObject | None = None,
        friendly_name: str | None = None,
        *,
        exist_ok: bool = False,
        show_output: bool = True,
        **cloud_only: object,
    ) -> Workspace:
        """Make an empty workspace on this machine; what names cloud resources is taken and ignored.

        The identifiers, location and tags are kept as they are given, for scripts that print them.
        Raises `ConflictError` when the name is taken and `exist_ok` is false.
        """
        check_workspace_name(name)
        details: dict[str, Any] = {
            "subscription_id": subscription_id or LOCAL,
            "resource_group": resource_group or LOCAL,
            "location": location or LOCAL,
            "tags": dict(tags or {}),
            "friendly_name": friendly_name or name,
        }
        create_store(home_folder(), name, exist_ok=exist_ok, details=details).close()
        return Workspace(subscription_id, resource_group, name)

    @staticmethod
    def list(
        subscription_id: str | None = None, auth: object = None, resource_group: str | None = None
    ) -> WorkspacesByName:
        """Every workspace on this machine, in the original's shape: a list of one under each name."""
        return {name: [Workspace(None, None, name)] for name in list_stores(home_folder())}

    def delete(self, delete_dependent_resources: bool = False, no_wait: bool = False) -> None:
        """Remove the workspace with all its models and environments; refused while a service came from it."""
        services = [service.name for service in ProcessRuntime(self._home).services() if service.workspace == self.name]
        if services:
            names = ", ".join(f"`{name}`" for name in services)
            raise InUseError(
                f"workspace `{self.name}` has services: {names}",
                hint="delete them first: " + "; ".join(f"`homeport service delete {name}`" for name in services),
            )
        self._close()
        delete_store(self._home, self.name)

    def _close(self) -> None:
        store = self.__dict__.pop("_store", None)
        if store is not None:
            store.close()

    @property
    def name(self) -> str:
        return self._name

    @property
    def subscription_id(self) -> str:
        """As in the configuration or the call; where there was none, as kept when the workspace was made."""
        return self._subscription_id or self._detail("subscription_id")

    @property
    def resource_group(self) -> str:
        """As in the configuration or the call; where there was none, as kept when the workspace was made."""
        return self._resource_group or self._detail("resource_group")

    @property
    def location(self) -> str:
        return self._detail("location")

    @property
    def tags(self) -> dict[str, Any]:
        tags = self._store.details.get("tags")
        return dict(tags) if isinstance(tags, dict) else {}

    def _detail(self, key: str) -> str:
        value = self._store.details.get(key)
        return value if isinstance(value, str) else LOCAL

    @property
    def load_policy(self) -> str:
        """What is done with files that would run something unexpected when loaded: `allow`, `warn` or `refuse`."""
        return self._store.load_policy.rule

    @load_policy.setter
    def load_policy(self, rule: str) -> None:
        self._store.change_load_policy(rule=rule)

    @property
    def allowed_globals(self) -> tuple[str, ...]:
        """The names that files may load here beyond those that are harmless anyway; they belong to the workspace."""
        return self._store.load_policy.allowed

    def allow_globals(self, *names: str) -> None:
        """Trust exact names (`mypackage.Model`) in every file of this workspace."""
        self._store.change_load_policy(allow=names)

    def disallow_globals(self, *names: str) -> None:
        """Take names off that list."""
        self._store.change_load_policy(disallow=names)

    @property
    def models(self) -> dict[str, Model]:
        """The newest version of every model, by name."""
        return {model.name: model for model in Model.list(self, latest=True)}

    @property
    def environments(self) -> dict[str, Environment]:
        """The newest version of every environment, by name."""
        return Environment.list(self)

    @property
    def webservices(self) -> dict[str, Webservice]:
        """Always empty: as in the original, services on this machine are listed by `LocalWebservice.list`."""
        return {}

    def get_details(self) -> dict[str, Any]:
        """All that is known of the workspace, in the shape of a cloud resource."""
        return {
            "id": self._scope,
            "name": self.name,
            "location": self.location,
            "type": "Microsoft.MachineLearningServices/workspaces",
            "tags": self.tags,
            "friendlyName": self._detail("friendly_name"),
            "path": str(self._home / "workspaces" / self.name),
        }

    def write_config(self, path: str | os.PathLike[str] | None = None, file_name: str | None = None) -> None:
        """Write the file that `from_config` reads, below `path` (the current folder where None)."""
        write_config(self._scope, path, file_name)

    @property
    def _scope(self) -> str:
        return scope_of(self.subscription_id, self.resource_group, self.name)

    def __repr__(self) -> str:
        identifiers = f"subscription_id='{self.subscription_id}', resource_group='{self.resource_group}'"
        return f"Workspace.create(name='{self.name}', {identifiers})"


def _not_found(name: str, known: list[str], config: WorkspaceConfig | None = None) -> WorkspaceNotFoundError:
    if config is None:
        hint = f"run `homeport init --name {shlex.quote(name)}` to make it"
        if known:
            hint += f"; here are {', '.join(f'`{other}`' for other in known)}"
        return WorkspaceNotFoundError(f"there is no workspace `{name}` on this machine", hint=hint)
    file = os.path.relpath(config.file)
    shown = file if len(file) <= len(str(config.file)) else str(config.file)
    return WorkspaceNotFoundError(
        f"`{shown}` names workspace `{name}`, which is not on this machine",
        hint=f"run `homeport init --from {shlex.quote(shown)}` to make it here, empty, under the same name",
    )
