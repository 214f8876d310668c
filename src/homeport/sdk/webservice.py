"""What every deployed service offers, and the settings that a deployment takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from homeport.errors import ServiceNotFoundError

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace

Webservices = list["Webservice"]


class WebserviceDeploymentConfiguration:
    """The base of deployment settings; `LocalWebservice.deploy_configuration` makes one."""

    def __init__(
        self,
        type: object,  # noqa: A002 - the name that scripts use
        description: str | None = None,
        tags: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        location: str | None = None,
    ) -> None:
        self._webservice_type = type
        self.description = description
        self.tags = tags
        self.properties = properties
        self.primary_key = primary_key
        self.secondary_key = secondary_key
        self.location = location

    def print_deploy_configuration(self) -> None:
        """Print the settings."""
        print(", ".join(f"{key}={value}" for key, value in vars(self).items() if value and not key.startswith("_")))

    def validate_configuration(self) -> None:
        """Raise `WebserviceException` for a setting that cannot be right."""

    @classmethod
    def validate_image(cls, image: object) -> None:
        """Any image passes: none is used here."""


class Webservice:
    """A deployed service; on this machine it is a `LocalWebservice`.

    Looking one up by `Webservice(workspace, name)` asks the cloud in the original, which never finds a local
    service: here it raises `WebserviceException` with what to call instead.
    """

    name: str
    workspace: Workspace | None

    def __init__(self, workspace: Workspace, name: str) -> None:
        missing = ServiceNotFoundError(str(name))
        missing.hint = f'services on this machine are found with `LocalWebservice(ws, "{name}")`'
        raise missing

    @staticmethod
    def list(
        workspace: Workspace,
        compute_type: str | None = None,
        image_name: str | None = None,
        image_id: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: object = None,
        properties: object = None,
        image_digest: str | None = None,
    ) -> Webservices:
        """Always empty: cloud services are not here, and `LocalWebservice.list` gives the local ones."""
        return []

    @staticmethod
    def deserialize(workspace: Workspace, webservice_payload: object) -> NoReturn:
        """Not possible: services are looked up by name."""
        _refuse("deserialize", "look the service up with `LocalWebservice(ws, name)`")

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Block until the deployment has ended; raises when it failed."""
        _refuse("wait_for_deployment", "use a LocalWebservice")

    def run(self, input: Any) -> Any:  # noqa: A002 - the name that scripts use
        """Send a request and give the parsed answer."""
        _refuse("run", "use a LocalWebservice")

    def update(self, *args: Any) -> None:
        """Change what the service runs."""
        _refuse("update", "use a LocalWebservice")

    def delete(self) -> None:
        """Remove the service."""
        _refuse("delete", "use a LocalWebservice")

    def get_logs(self, num_lines: int = 5000, init: bool = False) -> str:
        """The newest lines of the log."""
        _refuse("get_logs", "use a LocalWebservice")

    def serialize(self) -> dict[str, Any]:
        """What is known of the service, as plain values."""
        _refuse("serialize", "use a LocalWebservice")

    def update_deployment_state(self) -> None:
        """Look at the service again."""
        _refuse("update_deployment_state", "use a LocalWebservice")

    def get_keys(self) -> tuple[str, str]:
        """Only of a service that was deployed with `auth_enabled`."""
        _refuse("get_keys", "this service asks for no key; deploy it with `auth_enabled=True` for that")

    def get_token(self) -> NoReturn:
        """Not possible: a local service has no tokens, as in the original."""
        _refuse("get_token", "a local service listens on this machine only, and asks for no token")

    def regen_key(self, key: str, set_key: str | None = None) -> NoReturn:
        """Only for a service that was deployed with `auth_enabled`."""
        _refuse("regen_key", "this service asks for no key; deploy it with `auth_enabled=True` for that")


def _refuse(method: str, instead: str) -> NoReturn:
    raise NotImplementedError(f"{method} is not possible here: {instead}")
