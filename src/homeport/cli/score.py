"""`homeport score`: init() and run() once in this terminal; the answer on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from homeport.cli.serve import chosen_interpreter
from homeport.sdk.serving import Serving, score_once

FILE: click.ParamType[Any] = click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)


def script_options(command: Callable[..., None]) -> Callable[..., None]:
    """What the commands that look at one script have in common; `script_of` makes a value of it."""
    for option in reversed(
        (
            click.argument("script", type=click.Path(path_type=Path)),
            click.option("--data", type=FILE, metavar="FILE", help="A request's body; `-` is standard input."),
            click.option("--model-dir", "--model_dir", help="What AZUREML_MODEL_DIR says to the script."),
            click.option("--python", metavar="INTERPRETER", help="The model's own Python."),
            click.option("--environment", metavar="NAME[:VERSION]", help="A registered environment."),
            click.option("-w", "--workspace", metavar="NAME", help="The workspace of that environment."),
        )
    ):
        command = option(command)
    return command


def script_of(told: dict[str, Any]) -> Serving:
    """How that script would be served."""
    interpreter, variables = chosen_interpreter(told["python"], told["environment"], told["workspace"])
    model_dir = {"AZUREML_MODEL_DIR": told["model_dir"]} if told["model_dir"] else {}
    return Serving(
        target=told["script"],
        host="127.0.0.1",
        port=0,
        workers=1,
        interpreter=interpreter,
        variables={**variables, **model_dir},
    )


def read_data(path: Path | None) -> bytes | None:
    if path is None:
        return None
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


@click.command("score")
@script_options
@click.option("--debug", is_flag=True, help="Open pdb where the script raises.")
def command(debug: bool, **told: Any) -> None:
    """Run init() and run() of SCRIPT once, with no server."""
    score_once(script_of(told), read_data(told["data"]) or b"", debug=debug)
