"""Whether a file that would run code of its own may be loaded: the workspace's policy, and what the user says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeport.domain.findings import Findings, Risk
from homeport.domain.load_policy import LoadPolicy
from homeport.domain.progress import Progress
from homeport.errors import RefusedModelError

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace

MOST_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The workspace's policy, and whether the user has vouched for this one file."""

    policy: LoadPolicy = LoadPolicy()  # noqa: RUF009 - frozen
    said: bool = False

    def names(self, findings: Findings) -> frozenset[str]:
        """The types that a skops file may hold besides those that skops itself trusts."""
        return frozenset(self.policy.allowed) | frozenset(risk.name for risk in findings.risks if self.said)


def trust_in(workspace: Workspace) -> Trust:
    """As the workspace has it."""
    return Trust(policy=workspace._store.load_policy)


def guard_for(name: str, trust: Trust, progress: Progress) -> Callable[[Findings], None]:
    """Called before a file is loaded: warns where the rule is `warn`, raises RefusedModelError where `refuse`."""

    def guard(findings: Findings) -> None:
        risks = trust.policy.risks(findings)
        if "damaged" in findings.facts or trust.said or trust.policy.rule == "allow" or not risks:
            return
        runs = [risk for risk in risks if risk.danger == "runs_code"]
        if trust.policy.rule == "refuse":
            raise RefusedModelError(
                f"`{name}` is not loaded, as this workspace refuses files that may run code of their own: "
                f"{_named(runs or risks)}",
                hint="look at it with `homeport model inspect`; then register it under another policy, allow these "
                "names for the workspace, or say `--trust` to `homeport serve`",
            )
        if runs:
            progress.step(f"warning: loading `{name}` runs more than a model needs: {_named(runs)}")
            progress.step("         serve it only if you know who made it")
        else:
            progress.step(f"note: nothing is known of {_short(risks)}, which `{name}` names")

    return guard


def _named(risks: Sequence[Risk]) -> str:
    shown = "; ".join(f"`{risk.name}` ({risk.why})" for risk in risks[:MOST_NAMED])
    return _and_more(shown, risks)


def _short(risks: Sequence[Risk]) -> str:
    return _and_more(", ".join(f"`{risk.name}`" for risk in risks[:MOST_NAMED]), risks)


def _and_more(shown: str, risks: Sequence[Risk]) -> str:
    return f"{shown} and {len(risks) - MOST_NAMED} more" if len(risks) > MOST_NAMED else shown
