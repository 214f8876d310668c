"""What trials have taught, by the model's bytes: the environment that it works in, so that a next start needs none."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from homeport.domain.findings import Findings
from homeport.domain.json import Json, JsonObject
from homeport.domain.lock import Lock
from homeport.domain.proposal import Proposal
from homeport.errors import HomeportError
from homeport.sdk.no_code_script import Loading
from homeport.sdk.trials import TrialResult

TRIALS_FOLDER = "trials"  # below the home: DIGEST.json
FORMAT = 2  # findings are believed: it goes up where inspection has learnt to see a risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """An environment that a model has been tried in, and how it came to that one."""

    findings: Findings
    loading: Loading
    proposal: Proposal
    lock: Lock
    result: TrialResult
    failures: tuple[str, ...] = ()  # of the candidates before it, a sentence each
    sample: Json = None  # the request that it was tried with; None for a made-up one


def recall(home: Path, key: str, platform: str) -> Learnt | None:
    """What is known of the model with these bytes on this kind of machine; a file that cannot be read is nothing."""
    try:
        document = json.loads((home / TRIALS_FOLDER / f"{key}.json").read_bytes())
        if document["format"] != FORMAT or document["lock"]["platform"] != platform:
            return None
        return _learnt(document)
    except (OSError, ValueError, KeyError, TypeError, HomeportError):
        return None  # it is made again: this is memory, not truth


def remember(home: Path, key: str, learnt: Learnt) -> None:
    """Keep it for the next start."""
    path = home / TRIALS_FOLDER / f"{key}.json"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(_document(learnt), indent=1), encoding="utf-8")
    partial.rename(path)


def _document(learnt: Learnt) -> JsonObject:
    proposal: dict[str, Any] = asdict(learnt.proposal)
    proposal["as_of"] = learnt.proposal.as_of.isoformat() if learnt.proposal.as_of else None
    return {
        "format": FORMAT,
        "findings": learnt.findings.to_json(),
        "loading": asdict(learnt.loading),
        "proposal": proposal,
        "lock": learnt.lock.to_json(),
        "result": learnt.result.to_json(),
        "failures": list(learnt.failures),
        "sample": learnt.sample,
    }


def _learnt(document: Any) -> Learnt:
    proposal = document["proposal"]
    told = {
        **proposal,
        "packages": tuple(proposal["packages"]),
        "why": tuple(proposal["why"]),
        "as_of": date.fromisoformat(proposal["as_of"]) if proposal["as_of"] else None,
    }
    return Learnt(
        findings=Findings.from_json(document["findings"]),
        loading=Loading(**document["loading"]),
        proposal=Proposal(**told),
        lock=Lock.from_json(document["lock"]),
        result=TrialResult.from_json(document["result"]),
        failures=tuple(document["failures"]),
        sample=document["sample"],
    )
