"""What `Model.register` learns from a model's files, and what the workspace's policy makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.domain.findings import Findings, Risk
from homeport.domain.load_policy import LoadPolicy
from homeport.domain.progress import Progress
from homeport.errors import HomeportError, RefusedModelError

if TYPE_CHECKING:
    from homeport.domain.model import Model
    from homeport.store import Store

_NAMED = 4  # risks that a line of text names


def look_into(source: Path, child_paths: Sequence[str] | None) -> Findings | None:
    """What the files say; None for a path that registering will refuse. Nothing of them runs."""
    # only a registration needs the readers: `import homeport` and the other commands do without them
    from homeport.inspection import inspect_model

    try:
        return inspect_model(source, only=child_paths or None)
    except HomeportError:
        return None
    except Exception as fault:  # noqa: BLE001 - a fault of a reader must not cost anybody the registration
        why = f"{type(fault).__name__}: {fault}"[:500]
        risk = Risk(name="unread `the file`", danger="unknown", why="it could not be read, so nobody knows")
        return Findings(format="unknown", risks=(risk,), facts={"unread": why})


def apply_policy(policy: LoadPolicy, findings: Findings, name: str, source: Path, progress: Progress) -> None:
    """Say what loading would run, or raise RefusedModelError, as the workspace wants it."""
    risks = policy.risks(findings)
    if policy.rule == "allow" or not risks:
        return
    runs = [risk for risk in risks if risk.danger == "runs_code"]
    if policy.rule == "refuse":
        names = " ".join(risk.name for risk in risks if " " not in risk.name)
        trust = f", or trust it here: `homeport workspace allow-global {names}`" if names else ""
        raise RefusedModelError(
            f"model `{name}` is not registered, as this workspace refuses files that may run code of their own: "
            f"{told(runs or risks)}",
            hint=f"look at it: `homeport model inspect {source}`{trust}, or `homeport workspace policy warn`",
        )
    if runs:
        progress.step(f"warning: loading {name} would run more than a model needs: {told(runs)}")
    else:
        shown = ", ".join(f"`{risk.name}`" for risk in risks[:_NAMED])
        progress.step(f"note: {name} names what is on no list of harmless things: {shown}{_more(risks)}")


def told(risks: Sequence[Risk]) -> str:
    """Names with their reasons, in one line."""
    return "; ".join(f"`{risk.name}` ({risk.why})" for risk in risks[:_NAMED]) + _more(risks)


def framework_of(
    findings: Findings | None, framework: str | None, version: str | None, known: Sequence[str]
) -> tuple[str | None, str | None]:
    """Framework and version to register: what is given stays; what is not is filled in, with a name that is known."""
    if findings is None or findings.framework not in known or framework not in (None, findings.framework):
        return framework, version
    return findings.framework, version or findings.framework_version


def findings_of(store: Store, model: Model) -> Findings | None:
    """What was recorded at registration; None where nobody looked, as with models from before that."""
    document = store.models.findings(model)
    return None if document is None else Findings.from_json(document)


def _more(risks: Sequence[Risk]) -> str:
    return f" and {len(risks) - _NAMED} more" if len(risks) > _NAMED else ""
