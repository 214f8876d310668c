"""`homeport service debug`: a debugger in a running service."""

from __future__ import annotations

from pathlib import Path

import click

from homeport.cli.output import chat_on_stderr, say, shown
from homeport.cli.progress import ScreenProgress
from homeport.cli.service_name import one_service
from homeport.errors import HomeportError
from homeport.sdk.debugging import debug_service, stop_debugging, write_entry


@click.command("debug")
@one_service
@click.option("--port", type=click.IntRange(1, 65535), help="The debugger's. [default: 5678, or any that is free]")
@click.option("--off", is_flag=True, help="Serve as before, without the debugger.")
def command(name: str, port: int | None, off: bool) -> None:
    """Let a debugger attach to a running service, and write the entry for VS Code.

    One worker serves meanwhile, without a deadline: a breakpoint holds every request. A reload, an update or a restart
    of the service ends it too.
    """
    with chat_on_stderr(), ScreenProgress() as progress:
        if off:
            stop_debugging(name, progress)
        else:
            chosen, entry = debug_service(name, port, progress)
    if off:
        say(f"service `{name}` serves as before")
        return
    click.echo(f"127.0.0.1:{chosen}")
    try:
        say(f"`{entry['name']}` is in {shown(write_entry(Path.cwd(), entry))}")
    except HomeportError as wrong:
        say(f"{wrong}")
    say(f"`homeport service debug {name} --off` ends it")
