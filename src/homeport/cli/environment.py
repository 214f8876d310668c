"""`homeport environment`: parse, call one thing, print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click

from homeport.cli.environment_ref import complete_environments, one_environment
from homeport.cli.group import Group
from homeport.cli.output import json_option, local_time, print_facts, print_json, print_table, say, shown
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.environment import Environment
from homeport.sdk.environment_registry import (
    LockRequest,
    build_registered,
    environment_details,
    environment_from_source,
    exported,
    find_version,
    list_environments,
    lock_registered,
    version_document,
)
from homeport.sdk.workspace import Workspace

PATH = click.Path(path_type=Path)


LATER = {"verify": "environment_verify", "diff": "environment_diff"}


@click.group("environment", cls=Group, later=LATER)
def command() -> None:
    """Register, lock, build and look at environments."""


@command.command()
@click.argument("source", type=PATH, required=False)
@click.option("-d", "--directory", type=PATH, metavar="SOURCE", help="The same as SOURCE.")
@click.option("-n", "--name", metavar="NAME", help="Its name; by default the one in SOURCE, else SOURCE's own.")
@click.option("--python", metavar="X.Y", help="The Python it needs, where SOURCE says none or another.")
@click.option("--as-of", metavar="DATE", help="Resolve with what was published up to this day.")
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
    if given["python"] and environment.python.conda_dependencies is not None:
        environment.python.conda_dependencies.set_python_version(given["python"])
    if given["as_of"]:
        environment.as_of = given["as_of"]
        environment._definition()  # a date that is none is refused here, where it was typed
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
    documents = [version_document(stored) for stored in list_environments(workspace, name or named)]
    if as_json:
        print_json(documents)
        return
    rows = [
        (f"{each['name']}:{each['version']}", each["python"], _contents(each), " ".join(each["labels"]))
        for each in documents
    ]
    print_table(("ENVIRONMENT", "PYTHON", "PACKAGES", "LABELS"), rows, empty="no environments")


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
            ("locked packages", lock.get("packages")),
            ("built", lock.get("folder")),
        ]
    )


@command.command()
@one_environment
@click.option("--as-of", metavar="DATE", help="Resolve with what was published up to this day.")
@click.option("--python", metavar="X.Y", help="Resolve for this Python instead of the definition's.")
@click.option("--relock", is_flag=True, help="Resolve again, and replace the lock there is.")
@json_option
@in_workspace
def lock(workspace: Workspace, ref: str, as_json: bool, **given: Any) -> None:
    """Resolve an environment to exact packages with their hashes, and keep that with its version."""
    with ScreenProgress() as progress:
        made = lock_registered(workspace, ref, LockRequest(**given), progress=progress)
    if as_json:
        print_json(made.to_json())
        return
    for package in made.packages:
        click.echo(f"{package.name}=={package.version}")


@command.command()
@one_environment
@json_option
@in_workspace
def build(workspace: Workspace, ref: str, as_json: bool) -> None:
    """Build an environment, or find it built, and print its interpreter."""
    with ScreenProgress() as progress:
        built = build_registered(workspace, ref, progress=progress)
    if as_json:
        print_json(
            {"interpreter": str(built.interpreter), "folder": built.folder and str(built.folder), "lock": built.lock}
        )
    else:
        click.echo(built.interpreter)


@command.command()
@one_environment
@click.option(
    "--format", "form", type=click.Choice(["requirements", "pylock"]), default="requirements", show_default=True
)
@in_workspace
def export(workspace: Workspace, ref: str, form: Literal["requirements", "pylock"]) -> None:
    """Print the lock for other tools: a requirements file with hashes, or a pylock.toml."""
    click.echo(exported(workspace, ref, form), nl=False)


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
