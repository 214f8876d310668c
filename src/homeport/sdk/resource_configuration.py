"""What a model asks for when it is served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.domain.model import Resources
from homeport.errors import InvalidCallError


class ResourceConfiguration:
    """Cores, memory in GB and GPUs that a model should be served with; kept with the model as data."""

    def __init__(self, cpu: float | None = None, memory_in_gb: float | None = None, gpu: int | None = None) -> None:
        self.cpu = cpu
        self.memory_in_gb = memory_in_gb
        self.gpu = gpu

    def serialize(self) -> dict[str, Any]:
        return {"cpu": self.cpu, "memoryInGB": self.memory_in_gb, "gpu": self.gpu}

    @staticmethod
    def deserialize(payload_obj: Mapping[str, Any] | None) -> ResourceConfiguration | None:
        """The inverse of `serialize`: None gives None, a missing key is a `KeyError`."""
        if payload_obj is None:
            return None
        return ResourceConfiguration(payload_obj["cpu"], payload_obj["memoryInGB"], payload_obj["gpu"])


def resources_of(configuration: ResourceConfiguration | None) -> Resources | None:
    """As the registry keeps it; numbers that cannot be right are a `WebserviceException`."""
    if configuration is None:
        return None
    if not isinstance(configuration, ResourceConfiguration):
        raise InvalidCallError(
            f"`{configuration!r}` is not a resource configuration",
            hint="pass `ResourceConfiguration(cpu=1, memory_in_gb=0.5)`",
        )
    for label, value in (("cpu", configuration.cpu), ("memory_in_gb", configuration.memory_in_gb)):
        if value is not None and not isinstance(value, (int, float)):
            raise InvalidCallError(f"{label} is `{value!r}`, which is not a number", hint="give a number above 0")
    return Resources(cpu=configuration.cpu, memory_in_gb=configuration.memory_in_gb, gpu=configuration.gpu)


def configuration_of(resources: Resources | None) -> ResourceConfiguration | None:
    """The public object for what the registry keeps."""
    if resources is None:
        return None
    return ResourceConfiguration(resources.cpu, resources.memory_in_gb, resources.gpu)
