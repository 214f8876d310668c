"""Which engine makes an environment: a rule that looks at the definition alone, and a person's word before it."""

from __future__ import annotations

from typing import Literal

from homeport.domain.environment import EnvironmentDefinition
from homeport.errors import InvalidConfigError

Engine = Literal["conda", "uv"]
ENGINES: tuple[Engine, ...] = ("conda", "uv")


def engine_for(definition: EnvironmentDefinition) -> Engine:
    """The one that the definition names; else uv where python and pip are the only conda entries, conda otherwise."""
    if definition.engine is None:
        return "conda" if definition.conda_packages else "uv"
    for engine in ENGINES:
        if definition.engine == engine:
            return engine
    raise InvalidConfigError(f"`{definition.engine}` is no engine", hint="the engines are `uv` and `conda`")
