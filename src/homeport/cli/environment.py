"""`homeport environment`: parse, call one thing, print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from homeport.cli.environment_ref import complete_environments, one_environment
from homeport.cli.group import Group
from homeport.cli.output import json_option, local_time, print_facts, print_json, print_table, say, shown
from homeport.cli.workspace_option import in_workspace
from homeport.domain.python import PythonWanted
from homeport.domain.sizes import byte_size
from homeport.sdk.environment import Environment
from homeport.sdk.environment_locks import environment_details, listed
from homeport.sdk.environment_registry import (
    environment_from_source,
    find_version,
    list_environments,
    version_document,
)
from homeport.sdk.workspace import Workspace

PATH = click.Path(path_type=Path)


LATER = {
    "build": "environment_build",
    "delete": "environment_delete",
    "diff": "environment_diff",
    "export": "environment_export",
    "kernelspec": "environment_kernelspec",
    "lock": "environment_lock",
    "prune": "environment_prune",
    "run": "environment_run",
    "shell": "environment_shell",
    "verify": "environment_verify",
}


@click.group("environment", cls=Group, later=LATER)
def command() -> None:
    """Register, lock, build and look at environments."""


@command.command()
@click.argument("source", type=PATH, required=False)
@click.option("-d", "--directory", type=PATH, metavar="SOURCE", help="The same as SOURCE.")
@click.option("-n", "--name", metavar="NAME", help="Its name; by default the one in a definition, else SOURCE's own.")
@click.option("--python", metavar="X.Y", help="The Python it needs, where SOURCE says none or another.")
@click.option("--as-of", metavar="DATE", help="Resolve with what was published up to this day.")
@click.option("--resolve-index", metavar="URL", help="Ask this index for versions and days; files stay the usual's.")
@click.option(
    "--engine", type=click.Choice(["conda", "uv"]), help="By default conda where it has conda packages, else uv."
)
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="Put a label on the new version.")
@json_option
@in_workspace
def register(workspace: Workspace, source: Path | None, as_json: bool, **given: Any) -> None:
    """Register SOURCE as the next version.

    SOURCE is a folder that `save` wrote, a conda YAML file, a requirements file or a definition's JSON.
    Nothing is resolved or installed by this.
    """
    source = source or given["directory"]
    if source is None:
        raise click.UsageError("Missing argument 'SOURCE'.")
    environment = environment_from_source(source, given["name"])
    environment.version = None  # a saved folder has the one that it was saved from: it stays what it was
    if given["python"] and environment.python.conda_dependencies is not None:
        PythonWanted.parse(given["python"])  # as with a date, refused where it was typed
        environment.python.conda_dependencies.set_python_version(given["python"])
    if given["as_of"]:
        environment.as_of = given["as_of"]
        environment._definition()  # a date that is none is refused here, where it was typed
    if given["resolve_index"]:
        environment.resolve_index = given["resolve_index"]
    if given["engine"]:
        environment.engine = given["engine"]
    registered = environment.register(workspace)
    if given["labels"]:
        Environment.label(workspace, str(registered.name), str(registered.version), list(given["labels"]))
    stored = find_version(workspace, f"{registered.name}:{registered.version}")
    if as_json:
        print_json(version_document(stored))
    else:
        click.echo(stored.ref)


@command.command("list")
@click.argument("name", required=False, shell_complete=complete_environments)
@click.option("-n", "--name", "named", metavar="NAME", help="The same as NAME.")
@json_option
@in_workspace
def list_(workspace: Workspace, name: str | None, named: str | None, as_json: bool) -> None:
    """List the newest version of each environment, or every version of NAME."""
    documents = [listed(workspace, stored) for stored in list_environments(workspace, name or named)]
    if as_json:
        print_json(documents)
        return
    rows = [
        (f"{each['name']}:{each['version']}", each["python"], _built(each), _contents(each), " ".join(each["labels"]))
        for each in documents
    ]
    print_table(("ENVIRONMENT", "PYTHON", "BUILT", "PACKAGES", "LABELS"), rows, empty="no environments")


def _built(document: dict[str, Any]) -> str:
    return "" if document["builtBytes"] is None else byte_size(document["builtBytes"])


def _contents(document: dict[str, Any]) -> str:
    packages = [*document["condaPackages"], *document["pipPackages"]]
    return str(document["image"] or "") if not packages else ", ".join(packages[:3]) + (", ..." if packages[3:] else "")


@command.command()
@one_environment
@json_option
@in_workspace
def show(workspace: Workspace, ref: str, as_json: bool) -> None:
    """Show one environment: what it asks for, and what that is locked to here."""
    details = environment_details(workspace, ref)
    if as_json:
        print_json(details)
        return
    lock = details["lock"] or {}
    print_facts(
        [
            ("environment", f"{details['name']}:{details['version']}"),
            ("labels", " ".join(details["labels"])),
            ("registered", local_time(find_version(workspace, ref).created)),
            ("python", details["python"]),
            ("as of", details["asOf"]),
            ("image", details["image"]),
            ("conda packages", details["condaPackages"]),
            ("pip packages", details["pipPackages"]),
            ("lock", lock.get("hash") or "none yet: `homeport environment lock` makes it"),
            ("locked python", lock.get("python")),
            ("locked platforms", " ".join(details["lockedPlatforms"])),
            ("package indexes", " ".join(lock.get("indexes", []))),
            ("channels", lock.get("channels")),
            ("locked packages", lock.get("packages")),
            ("built", lock.get("folder")),
            ("size", _size(details)),
        ]
    )


def _size(document: Mapping[str, Any]) -> str | None:
    if document["builtBytes"] is None:
        return None
    linked = document["linkedBytes"]
    shared = f", of which {byte_size(linked)} are links that the package cache shares" if linked else ""
    return byte_size(document["builtBytes"]) + shared


@command.command()
@one_environment
@click.argument("labels", nargs=-1, required=True, metavar="LABEL...")
@in_workspace
def label(workspace: Workspace, ref: str, labels: Sequence[str]) -> None:
    """Put labels on a version; within a name a label is worn by one version, and moves."""
    stored = find_version(workspace, ref)
    Environment.label(workspace, stored.name, stored.version, list(labels))
    say(f"{stored.ref} is labelled {', '.join(labels)}")


@command.command()
@one_environment
@click.argument("target", type=PATH, metavar="FOLDER")
@click.option("--overwrite", is_flag=True, help="Write into a folder that exists.")
@in_workspace
def save(workspace: Workspace, ref: str, target: Path, overwrite: bool) -> None:
    """Write an environment's files into FOLDER: to edit, to keep beside code, to register elsewhere."""
    stored = find_version(workspace, ref)
    Environment.get(workspace, stored.name, stored.version).save_to_directory(target, overwrite)
    click.echo(shown(target.absolute()))
