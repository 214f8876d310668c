"""What the benchmark has to know of a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Row = list[float]


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a command line may need."""

    bin: Path  # of the server's own environment
    folder: Path  # has score.py and the peer's own files
    port: int
    workers: int


def as_script_takes_it(row: Row) -> str:
    return json.dumps({"data": [row]})


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Commands run in `folder`; `ready` is asked until it answers 200."""

    name: str
    requirements: Sequence[str]
    command: Callable[[Start], list[str]]
    files: Mapping[str, str] = field(default_factory=dict)
    path: str = "/score"
    ready: str = "/"
    body: Callable[[Row], str] = as_script_takes_it
    environment: Mapping[str, str] = field(default_factory=dict)
