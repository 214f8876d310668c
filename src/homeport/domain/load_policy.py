"""What a workspace does with model files that would run something unexpected when they are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from homeport.domain.findings import Findings, Risk
from homeport.domain.json import JsonObject
from homeport.errors import InvalidConfigError

Rule = Literal["allow", "warn", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPolicy:
    """The rule, and the names that the workspace trusts: exact ones (`mypackage.Model`), as `Risk.name` has them.

    It belongs to the workspace: nothing in a model file can change it.
    """

    rule: Rule = "warn"
    allowed: tuple[str, ...] = ()  # sorted

    def risks(self, findings: Findings) -> tuple[Risk, ...]:
        """What is left of a file's risks in this workspace."""
        return tuple(risk for risk in findings.risks if risk.name not in self.allowed)

    def changed(self, rule: str | None = None, allow: Iterable[str] = (), disallow: Iterable[str] = ()) -> LoadPolicy:
        """Another one. Raises InvalidConfigError for a rule that there is not, and for what is no name."""
        if rule is not None and rule not in get_args(Rule):
            raise InvalidConfigError(f"`{rule}` is no policy", hint=f"it is one of {', '.join(get_args(Rule))}")
        added = [_checked(name) for name in allow]
        allowed = ({*self.allowed} - {*disallow}) | {*added}
        return LoadPolicy(rule=cast(Rule, rule) if rule else self.rule, allowed=tuple(sorted(allowed)))

    def to_json(self) -> JsonObject:
        return {"rule": self.rule, "allowed": list(self.allowed)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> LoadPolicy:
        """The inverse of `to_json`; the usual policy for nothing."""
        if not document:
            return cls()
        return cls().changed(rule=document.get("rule"), allow=document.get("allowed") or ())


def _checked(name: str) -> str:
    """Patterns are refused: a list of names is only as good as it is exact."""
    if not name.strip() or any(letter in name for letter in "*?[]\0\n"):
        raise InvalidConfigError(
            f"`{name}` is not the name of something that a file loads",
            hint="write it exactly as `homeport model inspect` shows it, for example `mypackage.Model`",
        )
    return name.strip()
