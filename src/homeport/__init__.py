"""A home for trained models on your own machine.

The names load when they are asked for, so that `import homeport` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeport.errors import (
        ConflictError,
        HomeportError,
        InvalidInputError,
        NotFoundError,
        UnavailableError,
        UserCodeError,
    )
    from homeport.sdk.conda_dependencies import CondaDependencies
    from homeport.sdk.container_registry import ContainerRegistry
    from homeport.sdk.environment import Environment
    from homeport.sdk.inference_config import InferenceConfig
    from homeport.sdk.local_webservice import LocalWebservice
    from homeport.sdk.model import Model
    from homeport.sdk.resource_configuration import ResourceConfiguration
    from homeport.sdk.run import Run
    from homeport.sdk.webservice import Webservice
    from homeport.sdk.workspace import Workspace

_MODULES = {
    "CondaDependencies": "sdk.conda_dependencies",
    "ConflictError": "errors",
    "ContainerRegistry": "sdk.container_registry",
    "Environment": "sdk.environment",
    "HomeportError": "errors",
    "InferenceConfig": "sdk.inference_config",
    "InvalidInputError": "errors",
    "LocalWebservice": "sdk.local_webservice",
    "Model": "sdk.model",
    "NotFoundError": "errors",
    "ResourceConfiguration": "sdk.resource_configuration",
    "Run": "sdk.run",
    "UnavailableError": "errors",
    "UserCodeError": "errors",
    "Webservice": "sdk.webservice",
    "Workspace": "sdk.workspace",
}

__all__ = [
    "CondaDependencies",
    "ConflictError",
    "ContainerRegistry",
    "Environment",
    "HomeportError",
    "InferenceConfig",
    "InvalidInputError",
    "LocalWebservice",
    "Model",
    "NotFoundError",
    "ResourceConfiguration",
    "Run",
    "UnavailableError",
    "UserCodeError",
    "Webservice",
    "Workspace",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # 20 ms that hardly anybody asks for

        return version("homeport")
    if name not in _MODULES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    found: object = getattr(import_module(f"homeport.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
