"""The options of serving that `serve`, `model deploy` and `service update` share; each is one of `ServingOptions`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from homeport.domain.json import Json
from homeport.domain.serving import ServingOptions
from homeport.errors import InvalidCallError, InvalidConfigError, MissingPathError

NAMES = tuple(field.name for field in fields(ServingOptions))
UNLIMITED = ("init_timeout_s", "memory_limit_mb")  # 0 on the command line is no limit


def serving_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add them all; `told_options` takes them out of the keyword arguments again."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS = (
    click.option(
        "--queue-size",
        type=click.IntRange(min=0),
        metavar="NUMBER",
        help="Requests that may wait; over it 503 at once. [default: 1000]",
    ),
    click.option(
        "--init-timeout",
        "init_timeout_s",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="How long init() may take; 0 is no limit. [default: 1200]",
    ),
    click.option(
        "--memory-limit",
        "memory_limit_mb",
        type=click.IntRange(min=0),
        metavar="MB",
        help="A worker over it is replaced between two requests, and ended past twice that.  [default: none]",
    ),
    click.option(
        "--deadline-status",
        type=click.Choice(["500", "504"]),
        help="What the caller gets when run() passes SCORING_TIMEOUT_MS. [default: 504]",
    ),
    click.option(
        "--share-model",
        type=click.Choice(["auto", "never"]),
        help="One init() for all workers where that is safe, or never. [default: auto]",
    ),
    click.option(
        "--batch-max-size",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="Requests of rows that one call of run() may answer; more than 1 needs a sample input. [default: 1]",
    ),
    click.option(
        "--batch-max-delay-ms",
        type=click.FloatRange(min=0, min_open=True),
        metavar="MS",
        help="How long a request may wait for others to share its call of run(). [default: 2]",
    ),
    click.option(
        "--batch-tolerance",
        type=click.FloatRange(min=0, max=1, max_open=True),
        metavar="NUMBER",
        help="How far floats of a shared call may be off, relative to alone. [default: 1e-6]",
    ),
    click.option(
        "--sample-input",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A JSON file: a request that the script answers; batching is proved with it.",
    ),
    click.option(
        "--capture/--no-capture", default=None, help="Keep inputs and outputs, as JSON lines in `capture.jsonl`."
    ),
)


def told_options(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options out of `given`: those that were said, as `ServingOptions` wants them."""
    told = {}
    for name in NAMES:
        value = given.pop(name, None)
        if value is None:
            continue
        if name == "deadline_status":
            value = int(value)
        elif name == "sample_input":
            value = sample_in(value)
        told[name] = None if name in UNLIMITED and value == 0 else value
    return told


def sample_in(path: Path) -> Json:
    """The file's JSON. Raises InvalidConfigError, MissingPathError."""
    try:
        found: Json = json.loads(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise MissingPathError(f"the sample input `{path}` cannot be read: {wrong.strerror}") from wrong
    except ValueError as wrong:
        raise InvalidConfigError(f"the sample input `{path}` is not JSON: {wrong}") from wrong
    return found


def options_in(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Those in a deploymentconfig.json, as `queue_size` or `queueSize`. Raises InvalidConfigError for a wrong value."""
    snake = {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key): value for key, value in document.items()}
    found = {name: snake[name] for name in NAMES if name in snake}
    try:
        ServingOptions.from_json(found)
    except InvalidCallError as wrong:
        raise InvalidConfigError(f"`{where}`: {wrong.message}", hint=wrong.hint) from wrong
    return found
