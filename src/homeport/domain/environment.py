"""Environments as values: what was registered, and what a definition says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from homeport.domain.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentVersion:
    """One registration of an environment: the definition exactly as it was given, and the labels it wears now."""

    name: str
    version: str  # "1", "2", ... where nothing else was asked for
    definition: JsonObject  # the document of azureml_environment.json, conda dependencies inline
    created: datetime  # always UTC
    labels: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"
