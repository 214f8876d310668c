"""Where an image is pulled from, and as whom: kept with the definition as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.sdk.guarded import Guarded


class RegistryIdentity(Guarded):
    """A managed identity that may pull images."""

    def __init__(self) -> None:
        self.resource_id: str | None = None
        self.client_id: str | None = None
        self._close_attributes()


class ContainerRegistry(Guarded):
    """Address and credentials of an image registry; everything is None until it is set."""

    def __init__(self) -> None:
        self.address: str | None = None
        self.username: str | None = None
        self.password: str | None = None
        self.registry_identity: RegistryIdentity | None = None
        self._close_attributes()


def registry_document(registry: ContainerRegistry | str | None) -> dict[str, Any]:
    """As azureml_environment.json has it; scripts that put a plain address there mean its `address`."""
    if not isinstance(registry, ContainerRegistry):
        return {"address": registry, "username": None, "password": None, "registryIdentity": None}
    identity = registry.registry_identity
    return {
        "address": registry.address,
        "username": registry.username,
        "password": registry.password,
        "registryIdentity": identity and {"resourceId": identity.resource_id, "clientId": identity.client_id},
    }


def registry_from(document: Mapping[str, Any] | None) -> ContainerRegistry:
    """The inverse of `registry_document`; what is missing is None."""
    registry, document = ContainerRegistry(), document or {}
    registry.address = document.get("address")
    registry.username = document.get("username")
    registry.password = document.get("password")
    if document.get("registryIdentity"):
        registry.registry_identity = identity = RegistryIdentity()
        identity.resource_id = document["registryIdentity"].get("resourceId")
        identity.client_id = document["registryIdentity"].get("clientId")
    return registry
