"""`homeport model inspect`: what a model file is, needs and would run; the dangers first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from homeport.cli.completions import complete_models
from homeport.cli.output import json_option, print_facts, print_json, print_table, say, shown
from homeport.cli.workspace_option import find_workspace
from homeport.domain.findings import Findings, Risk
from homeport.domain.load_policy import LoadPolicy
from homeport.domain.proposal import Proposal
from homeport.domain.sizes import byte_size
from homeport.errors import InvalidConfigError, MissingPathError, WorkspaceNotFoundError
from homeport.sdk.model_inspection import environment_of, inspect_path, inspect_registered, proposed_for
from homeport.sdk.registry import find_model
from homeport.sdk.workspace import Workspace

_RISKS = 20  # that the screen has room for; --json has them all
_VALUE = 100  # characters of a fact on the screen


@click.command("inspect")
@click.argument("word", metavar="PATH", shell_complete=complete_models)
@click.option(
    "-w", "--workspace", "workspace_name", metavar="NAME", help="The workspace: its models, its trusted names."
)
@click.option("--write", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Save the environment there.")
@json_option
def command(word: str, workspace_name: str | None, folder: Path | None, as_json: bool) -> None:
    """Say what the model file or folder PATH is, needs and would run. Nothing of it runs.

    PATH may be a registered model as well: `NAME` or `NAME:VERSION`.
    """
    workspace = _workspace(workspace_name)
    path = Path(word)
    if path.exists() or workspace is None:
        name, findings = shown(path), inspect_path(path)
    else:
        name, findings = word, inspect_registered(_registered(workspace, word))
    trusted = workspace.allowed_globals if workspace else ()
    risks = LoadPolicy(allowed=tuple(trusted)).risks(findings)
    proposal = proposed_for(findings)
    if as_json:
        print_json(_document(name, findings, risks, proposal))
    else:
        _print_report(name, findings, risks, proposal)
    if folder is not None:
        _write(folder, name, proposal)


def _workspace(name: str | None) -> Workspace | None:
    """The one that is named, else this folder's, else none: a file needs no workspace."""
    if name is not None:
        return find_workspace(name)
    try:
        return find_workspace(None)
    except (InvalidConfigError, WorkspaceNotFoundError):
        return None


def _registered(workspace: Workspace, word: str) -> Any:
    if "/" in word or "\\" in word:
        raise MissingPathError(f"`{word}` does not exist", hint="check the path")
    return find_model(workspace, word)


def _document(name: str, findings: Findings, risks: Sequence[Risk], proposal: Proposal | None) -> dict[str, Any]:
    document = {"path": name, **findings.to_json()}
    document["risks"] = [{"name": risk.name, "danger": risk.danger, "why": risk.why} for risk in risks]
    document["proposal"] = None
    if proposal is not None:
        document["proposal"] = {
            "python": proposal.python,
            "packages": list(proposal.packages),
            "asOf": proposal.as_of.isoformat() if proposal.as_of else None,
            "why": list(proposal.why),
        }
    return document


def _print_report(name: str, findings: Findings, risks: Sequence[Risk], proposal: Proposal | None) -> None:
    click.echo(click.style(name, bold=True))
    _print_dangers(findings, risks)
    framework = " ".join(part for part in (findings.framework, findings.framework_version) if part)
    print_facts(
        [
            ("format", _format(findings)),
            ("holds", findings.model_class),
            ("framework", framework),
            ("size", byte_size(findings.size)),
            ("own modules", ", ".join(findings.own_modules)),
            *((key.replace("_", " "), _short(value)) for key, value in findings.facts.items() if key not in _SAID),
        ]
    )
    rows: list[Sequence[object]] = [("python", each.specifier, each.sure, each.why) for each in findings.pythons]
    rows += [(each.distribution, each.specifier, each.sure, each.why) for each in findings.needed]
    if rows:
        click.echo()
        print_table(("NEEDS", "VERSION", "SURE", "BECAUSE OF"), rows, empty="")
    if proposal is not None:
        click.echo()
        _print_proposal(proposal)


_SAID = ("damaged", "looks_like", "unread")


def _format(findings: Findings) -> str:
    protocol = f", protocol {findings.protocol}" if findings.protocol is not None else ""
    return f"{findings.format}{protocol}"


def _print_dangers(findings: Findings, risks: Sequence[Risk]) -> None:
    """In plain words, before anything else is said."""
    runs = [risk for risk in risks if risk.danger == "runs_code"]
    unknown = [risk for risk in risks if risk.danger != "runs_code"]
    if runs:
        click.echo(click.style("DANGER: loading it runs more than a model needs", fg="red", bold=True))
        _print_risks(runs)
    if unknown:
        click.echo(click.style("Nobody knows what these would do when it is loaded:", fg="yellow", bold=True))
        _print_risks(unknown)
    if not risks and findings.format != "unknown":
        click.echo("Loading it runs nothing unexpected, as far as its bytes show.")
    for key in _SAID:
        if key in findings.facts:
            click.echo(
                f"{'It is ' if key == 'looks_like' else ''}{findings.facts[key]}".replace("It is it is", "It is")
            )
    click.echo()


def _print_risks(risks: Sequence[Risk]) -> None:
    for risk in risks[:_RISKS]:
        click.echo(f"  {click.style(risk.name, bold=True)}: {risk.why}")
    if len(risks) > _RISKS:
        click.echo(f"  and {len(risks) - _RISKS} more: `--json` has them all")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}..."


def _print_proposal(proposal: Proposal) -> None:
    day = f", everything as of {proposal.as_of}" if proposal.as_of else ""
    facts: list[tuple[str, object]] = [
        ("proposed", [f"Python {proposal.python}{day}", *proposal.packages]),
        ("because", list(proposal.why)),
    ]
    print_facts(facts)


def _write(folder: Path, name: str, proposal: Proposal | None) -> None:
    if proposal is None:
        raise InvalidConfigError(
            f"no environment can be proposed for `{name}`", hint="name the file that holds the model itself"
        )
    environment_of(proposal, folder.resolve().name).save_to_directory(folder)
    where = shown(folder)
    say(f"wrote the environment to {where}; `homeport environment register {where}` keeps it in the workspace")
