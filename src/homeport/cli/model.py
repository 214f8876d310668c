"""`homeport model`: parse, call one thing, print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from homeport.cli.completions import complete_models
from homeport.cli.deploy import command as deploy
from homeport.cli.group import Group, WrongUsage
from homeport.cli.key_values import PairsCommand, pairs, wanted
from homeport.cli.output import (
    confirm,
    json_option,
    local_time,
    print_facts,
    print_json,
    print_table,
    say,
    shown,
    yes_option,
)
from homeport.cli.progress import ScreenProgress
from homeport.cli.register import command as register
from homeport.cli.workspace_option import in_workspace
from homeport.domain.findings import Findings
from homeport.domain.json import JsonObject
from homeport.domain.sizes import byte_size
from homeport.sdk.model import Model
from homeport.sdk.registry import change_model, find_model, list_models, model_details, model_document
from homeport.sdk.workspace import Workspace

PAGE = 100  # models that `list` shows unless it is told otherwise


@click.group("model", cls=Group, later={"compare": "model_compare", "inspect": "model_inspect"})
def command() -> None:
    """Register, list, show, change, download and deploy models."""


command.add_command(register)
command.add_command(deploy)


@command.command("list", cls=PairsCommand)
@click.argument("name", required=False, shell_complete=complete_models)
@click.option("-n", "--name", "--model-name", "named", metavar="NAME", help="The same as NAME.")
@click.option("-t", "--tag", "tags", multiple=True, metavar="KEY[=VALUE]", help="Only those with this tag.")
@click.option("--property", "properties", multiple=True, metavar="KEY[=VALUE]", help="Only those with this property.")
@click.option("--framework", "--model-framework", metavar="NAME", help="Only those of this framework.")
@click.option("-l", "--latest", is_flag=True, help="Only the newest version of each name.")
@click.option("--limit", type=click.IntRange(min=1), default=PAGE, show_default=True, help="How many to show.")
@click.option("--all", "everything", is_flag=True, help="Show all of them.")
@json_option
@in_workspace
def list_(workspace: Workspace, name: str | None, limit: int, everything: bool, as_json: bool, **given: Any) -> None:
    """List models (of NAME), the newest registration first."""
    page = list_models(
        workspace,
        name or given["named"],
        tags=wanted(given["tags"]),
        properties=wanted(given["properties"]),
        framework=given["framework"],
        latest=given["latest"],
        limit=None if everything else limit,
    )
    if as_json:
        print_json([model_document(model) for model in page.models])
    else:
        rows = [
            (model.ref, model.framework, byte_size(model.size), local_time(model.created), _labels(model.tags))
            for model in page.models
        ]
        print_table(("MODEL", "FRAMEWORK", "SIZE", "REGISTERED", "TAGS"), rows, empty="no models")
    if page.total > len(page.models):
        say(f"{page.total - len(page.models):,} more: `--all` shows them, `--limit {10 * limit}` some of them")


def _labels(labels: JsonObject) -> str:
    return " ".join(f"{key}={value}" for key, value in labels.items())


def one_model(function: Any) -> Any:
    """MODEL, or `-i`, or `-n` with `--version`, as command lines written for the original say it."""
    ref = click.argument("ref", metavar="[MODEL]", required=False, shell_complete=complete_models)
    id_ = click.option("-i", "--model-id", metavar="NAME:VERSION", help="The same as MODEL.")
    name = click.option("-n", "--name", "--model-name", "named", metavar="NAME", help="The same as MODEL.")
    version = click.option("--version", "version", type=click.IntRange(min=1), help="Where MODEL is only a name.")
    return ref(id_(name(version(function))))


def found(workspace: Workspace, ref: str | None, given: dict[str, Any]) -> Model:
    """The one model that `one_model`'s arguments name."""
    named = [word for word in (ref, given.pop("model_id"), given.pop("named")) if word]
    if len(named) != 1:
        raise WrongUsage("name one model", hint="write it as `NAME`, or as `NAME:VERSION`")
    return find_model(workspace, named[0], given.pop("version"))


@command.command()
@one_model
@json_option
@in_workspace
def show(workspace: Workspace, ref: str | None, as_json: bool, **given: Any) -> None:
    """Show MODEL, `NAME` or `NAME:VERSION`; of a name alone the newest version."""
    details = model_details(found(workspace, ref, given))
    if as_json:
        print_json(details)
        return
    facts: list[tuple[str, object]] = [
        ("model", details["id"]),
        ("workspace", details["workspace"]),
        ("description", details["description"]),
        ("framework", " ".join(part for part in (details["framework"], details["frameworkVersion"]) if part)),
        ("registered", local_time(datetime.fromisoformat(details["createdTime"]))),
        ("tags", [f"{key}={value}" for key, value in details["tags"].items()]),
        ("properties", [f"{key}={value}" for key, value in details["properties"].items()]),
        ("digest", f"sha256:{details['digest']}"),
        *_found(details["findings"]),
        ("files", [f"{file['path']}  {byte_size(file['size'])}" for file in details["files"]]),
        ("services", details["services"]),
    ]
    print_facts(facts)


def _found(findings: JsonObject | None) -> list[tuple[str, object]]:
    """What the files said at registration, in short; `homeport model inspect` says all of it."""
    if findings is None:
        return []
    found = Findings.from_json(findings)
    holds = f"{found.format}: {found.model_class}" if found.model_class else found.format
    return [
        ("holds", [holds, *(str(found.facts[key]) for key in ("damaged", "looks_like") if key in found.facts)]),
        ("needs", [f"{each.distribution} {each.specifier}".rstrip() for each in found.needed]),
        ("would run", [f"{risk.name}: {risk.why}" for risk in found.risks]),
    ]


@command.command(cls=PairsCommand)
@one_model
@click.option("-t", "--tag", "--add-tag", "tags", multiple=True, metavar="KEY=VALUE", help="Add a tag, or change it.")
@click.option("--remove-tag", "removed", multiple=True, metavar="KEY", help="Remove a tag.")
@click.option("--property", "--add-property", "properties", multiple=True, metavar="KEY=VALUE", help="Add a property.")
@click.option("-d", "--description", metavar="TEXT", help="Replace the description.")
@in_workspace
def update(
    workspace: Workspace,
    ref: str | None,
    tags: Sequence[str],
    removed: Sequence[str],
    properties: Sequence[str],
    description: str | None,
    **given: Any,
) -> None:
    """Change what is said about MODEL; its bytes never change."""
    model = found(workspace, ref, given)
    if not (tags or removed or properties or description):
        raise WrongUsage("nothing to change", hint="say `--tag`, `--remove-tag`, `--property` or `--description`")
    change_model(
        model,
        add_tags=pairs(tags, "--tag"),
        remove_tags=removed,
        add_properties=pairs(properties, "--property"),
        description=description,
    )
    click.echo(model.id)


@command.command()
@one_model
@yes_option
@in_workspace
def delete(workspace: Workspace, ref: str | None, yes: bool, **given: Any) -> None:
    """Delete one version of MODEL; refused while a service holds it."""
    model = found(workspace, ref, given)
    confirm(f"Delete {model.id} from workspace {workspace.name}?", yes=yes)
    model.delete()
    say(f"deleted {model.id}; `homeport workspace gc` frees its bytes")


@command.command()
@one_model
@click.argument("target", required=False, type=click.Path(path_type=Path), metavar="[TARGET_DIR]")
@click.option("-t", "--target-dir", "target_dir", type=click.Path(path_type=Path), help="The same as TARGET_DIR.")
@click.option("--overwrite", is_flag=True, help="Replace files that are in the way.")
@in_workspace
def download(
    workspace: Workspace, ref: str | None, target: Path | None, target_dir: Path | None, overwrite: bool, **given: Any
) -> None:
    """Download MODEL into TARGET_DIR (here where none is named) and print the path that was written."""
    if ref and (given["model_id"] or given["named"]) and target is None:
        target, ref = Path(ref), None
    model = found(workspace, ref, given)
    with ScreenProgress() as progress:
        path = model.download(target_dir or target or Path(), exist_ok=overwrite, progress=progress)
    click.echo(shown(Path(path)))
