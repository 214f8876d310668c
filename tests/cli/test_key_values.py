from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from homeport.cli.key_values import PairsCommand, pairs, wanted


@click.command(cls=PairsCommand)
@click.argument("words", nargs=-1)
@click.option("-t", "--tag", "tags", multiple=True)
@click.option("--all", "everything", is_flag=True)
def probe(words: tuple[str, ...], tags: tuple[str, ...], everything: bool) -> None:
    click.echo(f"{words} {tags} {everything}")


@pytest.mark.parametrize(
    ("line", "words", "tags"),
    [
        (["--tag", "a=1", "--tag", "b=2"], (), ("a=1", "b=2")),
        (["--tag", "a=1", "b=2"], (), ("a=1", "b=2")),
        (["-t", "a=1", "b=2", "iris", "c=3"], ("iris", "c=3"), ("a=1", "b=2")),
        (["iris", "x=y", "--tag", "a=1"], ("iris", "x=y"), ("a=1",)),
        (["--tag=a=1", "iris"], ("iris",), ("a=1",)),
        (["--tag", "a", "iris"], ("iris",), ("a",)),
        (["--all", "--tag", "a=1", "b=2"], (), ("a=1", "b=2")),
    ],
)
def test_pairs_are_repeated_or_listed(line: list[str], words: tuple[str, ...], tags: tuple[str, ...]) -> None:
    result = CliRunner().invoke(probe, line)
    assert result.output == f"{words} {tags} {'--all' in line}\n"


def test_a_value_may_hold_an_equals_sign() -> None:
    assert pairs(["a=1", "b=x=y", "c="], "--tag") == {"a": "1", "b": "x=y", "c": ""}


@pytest.mark.parametrize("word", ["a", "=1", ""])
def test_a_word_that_is_no_pair_is_refused(word: str) -> None:
    with pytest.raises(click.BadParameter, match="is not `key=value`"):
        pairs([word], "--tag")


def test_filters_are_keys_or_pairs() -> None:
    assert wanted(["a", "b=1=2"]) == ["a", ["b", "1=2"]]
