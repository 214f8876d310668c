"""NAME, or `-n NAME` as command lines written for the original say it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from homeport.cli.completions import complete_services
from homeport.cli.group import WrongUsage


def one_service(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command the service's name as its first argument."""

    @click.argument("word", metavar="NAME", required=False, shell_complete=complete_services)
    @click.option("-n", "--name", "flag", metavar="NAME", help="The same as NAME.")
    @functools.wraps(function)
    def named(*args: Any, word: str | None, flag: str | None, **rest: Any) -> Any:
        names = {name for name in (word, flag) if name}
        if len(names) != 1:
            raise WrongUsage("name one service", hint="`homeport service list` shows them all")
        return function(names.pop(), *args, **rest)

    return named
