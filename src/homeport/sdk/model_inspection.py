"""What `homeport model inspect` asks: the findings on a path or a version, and the environment they propose."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.domain.findings import Findings
from homeport.domain.proposal import Proposal
from homeport.sdk.environment import Environment
from homeport.sdk.model_findings import findings_of
from homeport.store import home_folder

if TYPE_CHECKING:
    from homeport.sdk.model_record import ModelRecord


def inspect_path(path: Path) -> Findings:
    """Of a file or folder on this disk. Raises MissingPathError."""
    from homeport.inspection import inspect_model  # only these commands need the readers

    return inspect_model(path)


def inspect_registered(model: ModelRecord) -> Findings:
    """What was found at registration; read now where nobody looked then."""
    store = model._workspace._store
    found = findings_of(store, model._record)
    if found is not None:
        return found
    room = model._workspace._home / "trials"
    room.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".look-", dir=room) as name:  # on the store's disk: files are links there
        top = store.models.place(model._record, Path(name)).files[0].path.partition("/")[0]
        return inspect_path(Path(name) / top)


def proposed_for(findings: Findings) -> Proposal | None:
    """The environment that is expected to work; None for what is no model, or not whole."""
    if findings.format == "unknown" or "damaged" in findings.facts:
        return None
    from homeport.environments.releases import KnownReleases  # as above
    from homeport.inspection.proposals import propose

    return propose(findings, releases=KnownReleases(home_folder()))[0]


def environment_of(proposal: Proposal, name: str) -> Environment:
    """A proposal as an environment, to save or to register."""
    return Environment._from_document(proposal.definition(name))
