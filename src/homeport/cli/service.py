"""`homeport service`: parse, call one thing, print."""

from __future__ import annotations

from typing import Any

import click

from homeport.cli.group import Group
from homeport.cli.output import (
    ago,
    chat_on_stderr,
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
from homeport.cli.service_name import named_service, one_service
from homeport.domain.address import is_local
from homeport.sdk import services
from homeport.sdk.services import ServiceView

GENERATION: click.ParamType[Any] = click.IntRange(min=1)
# these need the workspace, environments and models: looking at services does not pay for that
LATER = {
    "update": "service_update",
    "score": "service_score",
    "replay": "service_replay",
    "debug": "service_debug",
    "incidents": "service_incidents",
    "keys": "service_keys",
    "regen-key": "service_regen_key",
}
ALIASES = {"status": "show", "get-logs": "logs", "run": "score"}


@click.group("service", cls=Group, later=LATER, aliases=ALIASES)
def command() -> None:
    """Look at, score, update, roll back, stop and start services."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the services on this machine."""
    found = services.list_services()
    if as_json:
        print_json([view.document() for view in found])
        return
    print_table(
        ("SERVICE", "STATE", "PORT", "MODELS", "GENERATION", "WORKSPACE", "CHANGED"),
        [_row(view) for view in found],
        empty="no services",
    )
    for view in found:
        if view.status.error:
            say(f"\n{view.service.name}: {view.status.error}\n{view.status.hint or ''}".rstrip())
    for name, wrong in services.unreadable_services().items():
        say(f"\n{name}: {wrong.message}\n{wrong.hint or ''}".rstrip())


def _row(view: ServiceView) -> tuple[object, ...]:
    service, status, current = view.service, view.status, view.current
    changed = f"{ago(service.updated)} ago"
    models = " ".join(current.models)
    return service.name, status.state, status.port, models, current.number, service.workspace, changed


@command.command()
@one_service
@json_option
def show(name: str, as_json: bool) -> None:
    """Show what a service is, and what it is doing."""
    view = services.look_at(name)
    if as_json:
        print_json(view.document())
        return
    service, status, current = view.service, view.status, view.current
    print_facts(
        [
            ("service", service.name),
            ("state", status.state),
            ("error", status.error),
            ("next", status.hint),
            ("score at", view.scoring_uri),
            ("listens on", None if is_local(service.host) else service.host),
            ("models", current.models),
            ("entry script", current.entry_script),
            ("source", service.source),
            ("environment", current.environment),
            ("workers", f"{status.ready_workers} of {status.workers} can serve"),
            ("workspace", service.workspace),
            ("key", "asked for" if service.auth_enabled else None),
            ("description", service.description),
            ("tags", [f"{key}={value}" for key, value in service.tags.items()]),
            ("generations", [_generation(view, number) for number in range(len(service.generations))]),
            ("deployed", local_time(service.created)),
        ]
    )


def _generation(view: ServiceView, index: int) -> str:
    generation = view.service.generations[index]
    serves = "  (serves)" if generation.number == view.status.generation else ""
    models = ", ".join(generation.models) or "no model"
    return f"{generation.number}  {local_time(generation.created)}  {generation.cause}: {models}{serves}"


@command.command()
@one_service
@click.option("-l", "--lines", "--num-lines", "lines", default=200, show_default=True, type=click.IntRange(min=0))
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added, until Ctrl-C.")
def logs(name: str, lines: int, follow: bool) -> None:
    """Print the newest lines that a service and its script have written."""
    if follow:
        services.follow(name, lines, click.echo)
    else:
        click.echo(services.logs(name, lines), nl=False)


@command.command()
@one_service
def reload(name: str) -> None:
    """Serve the script and its folder as they are on disk now."""
    with chat_on_stderr(), ScreenProgress() as progress:
        view = services.reload(name, progress)
    click.echo(f"{name} serves generation {view.current.number}")


@command.command()
@named_service("generation", GENERATION)
@click.argument("generation", required=False, type=GENERATION, metavar="[GENERATION]")
def rollback(name: str, generation: int | None) -> None:
    """Serve an earlier generation again: the one before the present one, or GENERATION."""
    with chat_on_stderr(), ScreenProgress() as progress:
        view = services.rollback(name, generation, progress)
    click.echo(f"{name} serves generation {view.current.number}: {', '.join(view.current.models) or 'no model'}")


@command.command()
@one_service
@click.option("--foreground", is_flag=True, help="Be the service, until it is stopped; for a process supervisor.")
@click.option("--no-wait", is_flag=True, help="Return while the script's init() still runs.")
def start(name: str, foreground: bool, no_wait: bool) -> None:
    """Start a service that was stopped, or that a fault or a restart of the machine ended."""
    if foreground:
        services.start_in_foreground(name)
    with ScreenProgress() as progress:
        services.start(name, progress)
        view = services.look_at(name) if no_wait else services.wait(name, progress.step)
    click.echo(view.scoring_uri)


@command.command()
@one_service
def stop(name: str) -> None:
    """End a service once the requests in hand are done; `start` brings it back."""
    with ScreenProgress() as progress:
        services.stop(name, progress)
    say(f"service `{name}` is stopped; `homeport service start {name}` starts it")


@command.command()
@one_service
@yes_option
def delete(name: str, yes: bool) -> None:
    """Stop a service and remove it; its models and environment stay."""
    if name not in services.unreadable_services():
        services.look_at(name)  # a name that is not there is an error before it is a question
    confirm(f"Delete service {name} with its generations and logs?", yes=yes)
    with ScreenProgress() as progress:
        services.delete(name, progress)
    say(f"service `{name}` is deleted")


@command.command()
@one_service
def install(name: str) -> None:
    """Write a systemd user unit, so that the service comes back when the machine starts, and print its path."""
    path = services.install(name)
    click.echo(shown(path))
    say("hand it over to systemd:")
    say(f"  homeport service stop {name}")
    say(f"  systemctl --user daemon-reload && systemctl --user enable --now {path.name}")
    say("  loginctl enable-linger      so that it starts before you log in")
