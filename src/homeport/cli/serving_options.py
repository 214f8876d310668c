"""The options of serving that `serve`, `model deploy` and `service update` share; each is one of `ServingOptions`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import click

from homeport.domain.serving import ServingOptions
from homeport.errors import InvalidCallError, InvalidConfigError

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
        told[name] = None if name in UNLIMITED and value == 0 else value
    return told


def options_in(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Those in a deploymentconfig.json, as `queue_size` or `queueSize`. Raises InvalidConfigError for a wrong value."""
    snake = {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key): value for key, value in document.items()}
    found = {name: snake[name] for name in NAMES if name in snake}
    try:
        ServingOptions.from_json(found)
    except InvalidCallError as wrong:
        raise InvalidConfigError(f"`{where}`: {wrong.message}", hint=wrong.hint) from wrong
    return found
