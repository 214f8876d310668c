"""`homeport environment verify`: is a built environment what its lock says?"""

from __future__ import annotations

from collections.abc import Iterator

import click

from homeport.cli.environment_ref import complete_environments
from homeport.cli.output import json_option, print_json, say
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_any_workspace
from homeport.sdk.environment_locks import Verification, verify
from homeport.sdk.environment_proof import Proof, prove
from homeport.sdk.workspace import Workspace

SHOWN = 40  # files of each kind


@click.command("verify")
@click.argument("ref", metavar="NAME[:VERSION]|FOLDER", shell_complete=complete_environments)
@click.option("--predictions", is_flag=True, help="Rebuild it from nothing, and ask both the recorded sample inputs.")
@click.option("--offline", is_flag=True, help="With --predictions: rebuild from the cache that there is.")
@json_option
@in_any_workspace
def command(workspace: Workspace | None, ref: str, predictions: bool, offline: bool, as_json: bool) -> int:
    """Compare a built environment with its lock, file by file; exit status 1 where it differs.

    Byte code (`__pycache__`) is not looked at: Python makes it anew from the source beside it.
    """
    found = verify(workspace, ref)
    proof = None
    if predictions:
        with ScreenProgress() as progress:
            proof = prove(workspace, ref, progress=progress, offline=offline)
    if as_json:
        print_json({**found.to_json(), **({"proof": proof.to_json()} if proof else {})})
    else:
        for line in (*lines_of(found), *(proof_lines(proof) if proof else ())):
            click.echo(line)
        say(verdict(found))
    return 0 if found.whole and (proof is None or proof.holds) else 1


def proof_lines(proof: Proof) -> Iterator[str]:
    """What the rebuild showed, and what it ran on."""
    same = "holds the same bytes" if proof.same_files else "holds OTHER bytes"
    yield f"rebuild  {same}: {proof.rebuilt_digest[:16]}"
    if not proof.predictions:
        yield "predict  no service that runs in it has a recorded sample input"
    for each in proof.predictions:
        told = "bit-equal" if each.equal else each.failure or f"NOT equal: {each.difference}"
        recorded = "" if each.from_recorded is None else f"; beside the registered output: {each.from_recorded}"
        yield f"predict  {each.service}, generation {each.generation}: {told}{recorded}"
    facts = proof.fingerprint
    yield f"python   {facts.get('implementation')} {facts.get('python')}, {facts.get('compiler')}, {facts.get('libc')}"
    cpu = facts.get("cpu")
    if isinstance(cpu, dict):
        flags = cpu.get("flags")
        yield f"cpu      {cpu.get('model')}: {' '.join(map(str, flags if isinstance(flags, list) else []))}"
    blas = facts.get("blas")
    for library in blas if isinstance(blas, list) else []:
        if isinstance(library, dict):
            yield f"blas     {library.get('config') or library.get('library')} (kernel {library.get('kernel')})"


def lines_of(found: Verification) -> Iterator[str]:
    """One line for each difference, the kind first."""
    yield from (f"package  {text}" for text in found.packages)
    for kind, paths in (("missing", found.missing), ("changed", found.changed), ("extra", found.extra)):
        yield from (f"{kind.ljust(8)} {path}" for path in paths[:SHOWN])
        if paths[SHOWN:]:
            yield f"{kind.ljust(8)} ... and {len(paths) - SHOWN} more (`--json` has them all)"


def verdict(found: Verification) -> str:
    """What it comes to, and what to do about it."""
    notes = "".join(f"\n{note}" for note in found.notes)
    if found.whole:
        return f"{found.checked} files are as locked (byte code is not looked at){notes}"
    again = f"rm -r {found.folder}, then `homeport environment build` makes it anew"
    if found.shared:
        again = f"the changed files are linked: the package cache holds them too, so `uv cache clean`, {again}"
    return f"{found.folder} is not what its lock says: {again}{notes}"
