"""From what the pickles of a file describe to what the file needs: `inspect_pickle` is the entry for this format."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from homeport.domain.findings import Findings
from homeport.errors import UnreadableModelError
from homeport.inspection.pickle_evidence import (
    estimators_of,
    frameworks_of,
    functions_of,
    needed_by,
    own_modules_of,
    pythons_for,
)
from homeport.inspection.pickle_model import MOST_TOLD, facts_of, kind_of
from homeport.inspection.pickle_report import PickleReport, read_pickle
from homeport.inspection.pickle_values import printable


def inspect_pickle(path: Path, allowed: Collection[str] = ()) -> Findings:
    """What a pickle or joblib file says; nothing of it runs. `allowed` are exact names that the workspace trusts.

    A file that is no pickle, breaks off or costs too much is an `UnreadableModelError`. Where it has named
    something risky before that, this is told instead, with the reason in `facts["damaged"]`: loading gets that far.
    """
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        report = read_pickle(stream, size)
    return findings_of(report, allowed)


def findings_of(report: PickleReport, allowed: Collection[str] = ()) -> Findings:
    """The same for a report at hand: an entry of an archive, say. Raises for a damaged one that names nothing risky."""
    risks = report.risks(allowed)
    if report.damage and not risks:
        raise UnreadableModelError(report.damage)
    framework, version = frameworks_of(report)
    form = format_of(report)
    return Findings(
        format=form,
        framework=framework,
        framework_version=version,
        model_class=kind_of(report.root),
        size=report.size,
        protocol=report.protocol,
        needed=needed_by(report),
        pythons=pythons_for(report, form),
        own_modules=own_modules_of(report),
        globals=tuple(sorted(map(str, report.names))),
        risks=risks,
        facts=_facts(report),
    )


def format_of(report: PickleReport) -> str:
    """`joblib`, `cloudpickle`, `dill` or `pickle`: whose writer the bytes show."""
    modules = {name.module for name in report.names}
    if (
        report.joblib.arrays
        or report.joblib.beside
        or any(module.endswith("joblib.numpy_pickle") for module in modules)
    ):
        return "joblib"
    if any("cloudpickle" in module.split(".") for module in modules):
        return "cloudpickle"
    if any(module.split(".")[0] in ("dill", "_dill") for module in modules):
        return "dill"
    return "pickle"


def _facts(report: PickleReport) -> dict[str, Any]:
    facts = facts_of(report.root)
    if estimators := estimators_of(report):
        facts["estimators"] = estimators[:MOST_TOLD]
    if functions := functions_of(report):
        facts["functions"] = [printable(name[:100]) for name in functions[:MOST_TOLD]]
    if report.compression:
        facts["compression"] = report.compression
    if len(report.roots) > 1:
        facts["pickles"] = len(report.roots)
    if report.trailing is not None:
        facts["trailing_bytes"] = report.trailing
    if report.joblib.beside:
        facts["files_beside"] = [printable(name) for name in report.joblib.beside]
    if report.damage:
        facts["damaged"] = report.damage
    return facts
