"""`key=value` options: repeated, or several in a row after one flag, as the original's command line took them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import click


class PairsCommand(click.Command):
    """A command whose `--tag` and `--property` take `a=1 b=2` as well as `--tag a=1 --tag b=2`."""

    spread: ClassVar[frozenset[str]] = frozenset({"--tag", "-t", "--property"})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_spread(args, self.spread)))


def _spread(words: Iterable[str], flags: frozenset[str]) -> Iterator[str]:
    """Say the flag again before each further `key=value` that follows it."""
    flag, values = "", 0
    for word in words:
        if word.startswith("-"):
            flag, values = word if word in flags else "", 0
        elif flag and values and "=" in word:
            yield flag
        elif flag and values:
            flag = ""
        values += 1 if flag and not word.startswith("-") else 0
        yield word


def pairs(words: Iterable[str], option: str) -> dict[str, Any]:
    """`["a=1", "b=x=y"]` is `{"a": "1", "b": "x=y"}`."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"`{word}` is not `key=value`", param_hint=option)
        found[key] = value
    return found


def wanted(words: Iterable[str]) -> list[Any]:
    """Filters as the SDK takes them: `key` alone, or the pair `[key, value]`."""
    return [word.split("=", 1) if "=" in word else word for word in words]
