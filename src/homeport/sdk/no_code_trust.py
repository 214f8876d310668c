"""Whether a file that would run code of its own may be loaded: the workspace's policy, and what the user says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from homeport.domain.findings import Findings, Risk
from homeport.domain.progress import Progress
from homeport.errors import InvalidConfigError

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace

Policy = Literal["allow", "warn", "refuse"]
MOST_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """`allowed` are the globals of the workspace's list; `said` is the user's word for this one file."""

    policy: Policy = "warn"
    allowed: Collection[str] = ()
    said: bool = False


def trust_in(workspace: Workspace) -> Trust:
    """The workspace's policy, and the names that it allows."""
    return Trust()


def guard_for(name: str, trust: Trust, progress: Progress) -> Callable[[Findings], None]:
    """Called before a file is loaded: warns where the policy is `warn`, raises InvalidConfigError where `refuse`."""

    def guard(findings: Findings) -> None:
        runs = [risk for risk in findings.risks if risk.danger == "runs_code"]
        unknown = [risk for risk in findings.risks if risk.danger != "runs_code"]
        if trust.policy == "refuse" and findings.risks and not trust.said:
            raise InvalidConfigError(
                f"`{name}` is not loaded: it names {_named(runs or unknown)}",
                hint="say `--trust` for this file, or allow these names for the workspace",
            )
        if trust.policy == "allow" or trust.said:
            return
        if runs:
            progress.step(f"warning: loading `{name}` runs more than a model needs: {_named(runs)}")
            progress.step("         serve it only if you know who made it")
        elif unknown:
            progress.step(f"note: nothing is known of {_short(unknown)}, which `{name}` names")

    return guard


def _named(risks: Sequence[Risk]) -> str:
    shown = "; ".join(f"`{risk.name}` ({risk.why})" for risk in risks[:MOST_NAMED])
    return _and_more(shown, risks)


def _short(risks: Sequence[Risk]) -> str:
    return _and_more(", ".join(f"`{risk.name}`" for risk in risks[:MOST_NAMED]), risks)


def _and_more(shown: str, risks: Sequence[Risk]) -> str:
    return f"{shown} and {len(risks) - MOST_NAMED} more" if len(risks) > MOST_NAMED else shown
