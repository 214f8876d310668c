"""`homeport service update`."""

from __future__ import annotations

from typing import Any

import click

from homeport.cli.deployment_options import deployment_options, read_options
from homeport.cli.group import WrongUsage
from homeport.cli.output import chat_on_stderr
from homeport.cli.progress import ScreenProgress
from homeport.cli.service_name import one_service
from homeport.sdk.service_changes import Change, update, workspace_of
from homeport.sdk.service_keys import keys_of
from homeport.sdk.services import look_at


@click.command("update")
@one_service
@deployment_options
def command(name: str, **given: Any) -> None:
    """Serve other models, another script or environment, or on another port, without dropping a request.

    What is not named stays as it is. The old generation goes on serving until the new init() has succeeded, and stays
    when it fails.
    """
    workspace = workspace_of(name)
    wanted = read_options(workspace, name, (), given)
    if wanted.auth_enabled and keys_of(name) is None:
        raise WrongUsage("`authEnabled` is not changed by an update", hint="deploy the service again with it")
    if wanted.host is not None and wanted.host != look_at(name).service.host:
        raise WrongUsage("`host` is not changed by an update", hint="deploy the service again with it")
    change = Change(
        models=wanted.models or None,
        config=wanted.inference_config(wanted.environment),
        environment=wanted.environment,
        port=wanted.port,
        workers=wanted.workers,
        options=wanted.options,
    )
    if change == Change():
        raise WrongUsage("nothing to change", hint="say `-m MODEL`, `--entry-script FILE`, `--port PORT` ...")
    with chat_on_stderr(), ScreenProgress() as progress:
        view = update(workspace, name, change, progress)
    click.echo(f"{name} serves generation {view.current.number}: {', '.join(view.current.models) or 'no model'}")
