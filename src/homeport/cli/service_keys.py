"""`homeport service keys`."""

from __future__ import annotations

from dataclasses import asdict

import click

from homeport.cli.output import json_option, print_facts, print_json, say
from homeport.cli.service_name import one_service
from homeport.sdk.service_keys import keys_of


@click.command("keys")
@one_service
@json_option
def command(name: str, as_json: bool) -> None:
    """Print the two keys of a service; clients send either as `Authorization: Bearer KEY`."""
    found = keys_of(name)
    if as_json:
        print_json({"authEnabled": found is not None, **(asdict(found) if found else {})})
    elif found is None:
        say(f"service `{name}` asks for no key; `--auth-enabled` at its deployment makes it ask for one")
    else:
        print_facts([("primary", found.primary), ("secondary", found.secondary)])
