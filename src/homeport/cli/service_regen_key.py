"""`homeport service regen-key`."""

from __future__ import annotations

import click

from homeport.cli.service_name import one_service
from homeport.sdk.service_keys import regenerate


@click.command("regen-key")
@one_service
@click.option(
    "--key",
    "which",
    type=click.Choice(["primary", "secondary"], case_sensitive=False),
    default="primary",
    show_default=True,
    help="The key to exchange; the other one goes on working.",
)
@click.option("--set-key", "key", metavar="KEY", help="The new key, in place of a random one.")
def command(name: str, which: str, key: str | None) -> None:
    """Exchange a key of a service, which takes the new one up without a restart, and print it."""
    click.echo(getattr(regenerate(name, which, key), which.lower()))
