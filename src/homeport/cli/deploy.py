"""`homeport model deploy`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from homeport.cli.deployment_options import activated, deployment_options, read_options
from homeport.cli.group import WrongUsage
from homeport.cli.key_values import PairsCommand, pairs
from homeport.cli.output import chat_on_stderr, json_option, print_json, say
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.sdk import services
from homeport.sdk.local_deployment import LocalWebserviceDeploymentConfiguration
from homeport.sdk.model import Model
from homeport.sdk.workspace import Workspace


@click.command("deploy", cls=PairsCommand)
@click.argument("words", nargs=-1, metavar="[MODEL]...")
@click.option("-n", "--name", "--service-name", "name", required=True, metavar="SERVICE", help="The service's name.")
@deployment_options
@click.option("-d", "--description", metavar="TEXT", help="What the service is for.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag of the service.")
@click.option("--property", "properties", multiple=True, metavar="KEY=VALUE", help="A property of the service.")
@click.option(
    "--auth-enabled/--no-auth",
    "--ae/--no-ae",
    "auth_enabled",
    default=None,
    help="Callers need a key; `service keys` shows them.  [default: no-auth]",
)
@click.option(
    "--host", metavar="ADDRESS", help="Where to listen; off this machine it needs a key.  [default: 127.0.0.1]"
)
@click.option("--no-key", is_flag=True, help="Let everyone score who can reach it.")
@click.option("--no-wait", is_flag=True, help="Return while the script's init() still runs.")
@click.option("--overwrite", is_flag=True, hidden=True)
@json_option
@in_workspace
def command(workspace: Workspace, words: Sequence[str], name: str, no_wait: bool, as_json: bool, **given: Any) -> None:
    """Serve MODELs with an entry script as SERVICE; a service of that name is replaced.

    Without an environment the activated one serves as it is: $VIRTUAL_ENV, else `python3` on the PATH. One MODEL
    without an entry script is served by itself, in an environment that is found out from its file, built and tried.
    """
    wanted = read_options(workspace, name, words, given)
    config = None
    if wanted.entry_script is not None:
        config = wanted.inference_config(wanted.environment or activated())
    elif wanted.environment is not None or len(wanted.models) != 1:
        raise WrongUsage(
            "the entry script is missing",
            hint="say `--entry-script score.py`, or `--ic FILE`; one model alone, without an environment, needs none",
        )
    settings = LocalWebserviceDeploymentConfiguration(
        wanted.port,
        workers=wanted.workers or 1,
        auth_enabled=wanted.auth_enabled,
        host=wanted.host,
        no_key=wanted.no_key,
        **wanted.options,
    )
    settings.tags = pairs(given["tags"], "--tag")
    settings.properties = pairs(given["properties"], "--property")
    with chat_on_stderr(), ScreenProgress() as progress:
        service = Model.deploy(
            workspace, name, list(wanted.models), config, settings, overwrite=True, progress=progress
        )
        if not no_wait:
            services.wait(name, progress.step)
    view = services.look_at(service.name)
    if as_json:
        print_json(view.document())
        return
    say(f"service `{name}` is {view.status.state}")
    click.echo(view.scoring_uri)
