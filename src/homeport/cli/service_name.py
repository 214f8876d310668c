"""NAME, or `-n NAME` as command lines written for the original say it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from homeport.cli.group import WrongUsage
from homeport.sdk.services import service_names


def complete_services(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """What a shell's Tab key offers."""
    return [name for name in service_names() if name.startswith(incomplete)]


def one_service(function: Callable[..., Any]) -> Any:
    """Give the command the service's name as its first argument."""
    return named_service()(function)


def named_service(then: str | None = None, kind: click.ParamType[Any] | None = None) -> Callable[..., Any]:
    """As `one_service`; with `-n NAME`, the word in NAME's place is the argument that is called `then`."""

    def with_name(function: Callable[..., Any]) -> Callable[..., Any]:
        @click.argument("word", metavar="NAME", required=False, shell_complete=complete_services)
        @click.option("-n", "--name", "flag", metavar="NAME", help="The same as NAME.")
        @functools.wraps(function)
        def named(*args: Any, word: str | None, flag: str | None, **rest: Any) -> Any:
            if flag and word and then is not None and kind is not None and rest[then] is None:
                rest[then], word = kind.convert(word, None, click.get_current_context()), None
            names = {name for name in (word, flag) if name}
            if len(names) != 1:
                raise WrongUsage("name one service", hint="`homeport service list` shows them all")
            return function(names.pop(), *args, **rest)

        return named

    return with_name
