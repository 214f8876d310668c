"""`homeport model compare`: exit 0 where both answer alike, 1 where they differ beyond the tolerance."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from homeport.cli.completions import complete_models
from homeport.cli.output import json_option, print_json, print_table, say
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.domain.json import Json
from homeport.errors import InvalidConfigError, ModelNotFoundError
from homeport.sdk.model import Model
from homeport.sdk.model_comparison import Compared, compare_models, with_methods
from homeport.sdk.registry import find_model
from homeport.sdk.workspace import Workspace

DATA: click.ParamType[Any] = click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)


@click.command("compare")
@click.argument("one", shell_complete=complete_models)
@click.argument("other", shell_complete=complete_models)
@click.option("--data", type=DATA, required=True, metavar="FILE", help="JSON: a request, or its data; `-` reads stdin.")
@click.option("--method", "methods", multiple=True, metavar="NAME", help="Such as predict_proba. Repeat it.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, max=1),
    default=0.0,
    show_default=True,
    help="The relative difference between two numbers that counts as none.",
)
@json_option
@in_workspace
def command(workspace: Workspace, one: str, other: str, data: Path, as_json: bool, **told: Any) -> None:
    """Ask two models the same, each in its own environment: NAME, NAME:VERSION, or a file or folder."""
    request = with_methods(read_request(data), told["methods"])
    with ScreenProgress() as progress:
        models = (named(workspace, one), named(workspace, other))
        found = compare_models(workspace, models, request, progress)
    if as_json:
        print_json(found.to_json())
    else:
        show(found)
    if not found.within(told["tolerance"]):
        raise click.exceptions.Exit(1)


def named(workspace: Workspace, ref: str) -> Model | str:
    """A registered version, else a path that exists."""
    try:
        return find_model(workspace, ref)
    except ModelNotFoundError:
        if Path(ref).exists():
            return ref
        raise


def read_request(path: Path) -> Json:
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    try:
        request: Json = json.loads(text)
    except ValueError as wrong:
        raise InvalidConfigError(f"`{path}` is not JSON: {wrong}", hint='write it as {"data": [[1, 2]]}') from wrong
    return request


def show(found: Compared) -> None:
    for name, environment in zip(found.names, found.environments, strict=True):
        say(f"{name}: {environment}")
    rows = [
        (
            method,
            one.count,
            "yes" if str(one) == "equal" else "no",
            one.changed,
            f"{one.largest:.3g}",
            f"{one.relative:.3g}",
        )
        for method, one in found.differences.items()
    ]
    print_table(("METHOD", "VALUES", "EQUAL", "CHANGED", "LARGEST", "RELATIVE"), rows, empty="nothing was answered")
