"""`homeport service replay`: a request that failed, once more."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from homeport.cli.group import WrongUsage
from homeport.cli.output import json_option, local_time, print_json, print_table, say, shown
from homeport.cli.service_name import named_service
from homeport.sdk.replay import kept_request, kept_requests, replay, write_test


@click.command("replay")
@named_service("request_id", click.STRING)
@click.argument("request_id", required=False, metavar="[REQUEST_ID]")
@click.option("--debug", is_flag=True, help="Open pdb where the script raises.")
@click.option("--as-test", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a pytest test.")
@json_option
def command(name: str, request_id: str | None, debug: bool, as_test: Path | None, as_json: bool) -> None:
    """Run a request that failed again, in this terminal; without REQUEST_ID, list those that are kept."""
    if request_id is None:
        if debug or as_test:
            raise WrongUsage("name the request", hint=f"`homeport service replay {name}` lists those that are kept")
        show_all(name, as_json=as_json)
        return
    if debug and as_test:
        raise WrongUsage("--debug and --as-test exclude each other")
    request = kept_request(name, request_id)
    if as_json:
        print_json(request.to_json())
    elif as_test is not None:
        write_test(name, request, as_test)
        say(f"written to {shown(as_test)}: run it with `pytest {shown(as_test)}`")
    else:
        replay(name, request, debug=debug)


def show_all(name: str, *, as_json: bool) -> None:
    found = kept_requests(name)
    if as_json:
        print_json([request.to_json() for request in found])
        return
    print_table(
        ("REQUEST", "WHEN", "GENERATION", "WHAT HAPPENED", "BYTES"),
        [
            (one.request_id, local_time(datetime.fromisoformat(one.at)), one.generation, one.outcome, len(one.bytes))
            for one in found
        ],
        empty="no request has failed",
    )
