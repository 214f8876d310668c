"""`homeport environment prune`: built environments that nothing needs any more."""

from __future__ import annotations

import click

from homeport.cli.output import json_option, print_json, print_table, say
from homeport.cli.progress import ScreenProgress
from homeport.domain.sizes import byte_size
from homeport.sdk.environment_prune import YOUNG, Candidate, prune

HOUR = 3600.0


@click.command("prune")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--older-than",
    "hours",
    type=click.FloatRange(min=0),
    metavar="HOURS",
    default=YOUNG / HOUR,
    help="Keep what was built or asked for since; by default 10 minutes.",
)
@json_option
def command(dry_run: bool, hours: float, as_json: bool) -> None:
    """Remove built environments that no registered lock, no service and no process needs.

    Those of all workspaces of this home are looked at. Links that uv's cache holds too free no space: `uv cache prune`.
    """
    with ScreenProgress() as progress:
        done = prune(progress=progress, dry_run=dry_run, younger_than=hours * HOUR)
    if as_json:
        print_json(
            {
                "removed": [_document(candidate) for candidate in done.removed],
                "kept": [_document(candidate) for candidate in done.kept],
                "freedBytes": done.freed,
                "dryRun": dry_run,
            }
        )
        return
    rows = [(each.name[:12], each.kind, byte_size(each.size.total), "goes") for each in done.removed]
    rows += [(each.name[:12], each.kind, byte_size(each.size.total), _because(each)) for each in done.kept]
    print_table(("NAME", "KIND", "SIZE", "BECAUSE"), rows, empty="no built environments")
    words = "would be" if dry_run else "are"
    say(f"{len(done.removed)} of {len(done.candidates)} {words} removed: {byte_size(done.freed)}")


def _because(candidate: Candidate) -> str:
    first, *others = candidate.kept_by
    return first + (f" and {len(others)} more" if others else "")


def _document(candidate: Candidate) -> dict[str, object]:
    return {
        "kind": candidate.kind,
        "name": candidate.name,
        "path": str(candidate.path),
        "bytes": candidate.size.total,
        "linkedBytes": candidate.size.linked,
        "keptBy": list(candidate.kept_by),
    }
