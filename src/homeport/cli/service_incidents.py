"""`homeport service incidents`."""

from __future__ import annotations

import click

from homeport.cli.output import json_option, print_facts, print_json, print_table
from homeport.cli.service_name import one_service
from homeport.domain.incident import Incident
from homeport.sdk.service_incidents import incident_of, incidents_of


@click.command("incidents")
@one_service
@click.argument("incident", required=False, metavar="[ID]")
@json_option
def command(name: str, incident: str | None, as_json: bool) -> None:
    """List what went wrong with a service's workers, newest first; with ID, all that is known of one.

    An answer that such a fault has cost names its incident, in its body and in the header x-homeport-incident.
    """
    if incident is not None:
        show(incident_of(name, incident), as_json=as_json)
        return
    found = incidents_of(name)
    if as_json:
        print_json([one.to_json() for one in found])
        return
    print_table(
        ("INCIDENT", "KIND", "GENERATION", "REQUEST", "WHAT HAPPENED"),
        [(one.id, one.kind, one.generation, one.request_id or "", one.message) for one in found],
        empty="no incidents",
    )


def show(incident: Incident, *, as_json: bool) -> None:
    """One incident: the facts, then the stacks and the script's own lines as they are."""
    if as_json:
        print_json(incident.to_json())
        return
    ran = None if incident.ran_ms is None else f"{incident.ran_ms:.0f} ms"
    print_facts(
        [
            ("incident", incident.id),
            ("kind", incident.kind),
            ("what happened", incident.message),
            ("when", incident.at),
            ("generation", incident.generation),
            ("request", incident.request_id),
            ("it ran for", ran),
            ("worker", incident.worker),
            ("interpreter", f"{incident.interpreter} (Python {incident.python or '?'})"),
            ("environment", incident.environment),
            ("entry script", incident.entry_script),
        ]
    )
    click.echo(f"\nStacks of all threads:\n{incident.stacks.rstrip() or 'it could not say'}")
    click.echo("\nThe last lines of the script:\n" + ("\n".join(incident.log) or "none"))
