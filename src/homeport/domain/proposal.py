"""An environment that a model file is expected to work in, before anyone has tried it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from homeport.domain.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A definition in the making: the best candidate, or the next best after a trial has failed."""

    python: str  # "3.7"
    packages: tuple[str, ...]  # requirement lines, "scikit-learn==0.22.1"
    as_of: date | None  # what everything is resolved as of
    why: tuple[str, ...]  # sentences for people, the weightiest first
    learnt: tuple[str, ...] = ()  # requirement lines that failed trials taught: "python!=3.8.*", "scikit-learn==0.22.1"
    tried: tuple[str, ...] = ()  # `key` of the proposals that failed before this one

    @property
    def key(self) -> str:
        """Equal for proposals that would give the same environment."""
        return f"python {self.python} as of {self.as_of}: {', '.join(sorted(self.packages))}"

    def definition(self, name: str) -> JsonObject:
        """The document of azureml_environment.json for it."""
        return {
            "name": name,
            "asOf": self.as_of.isoformat() if self.as_of else None,
            "python": {
                "condaDependencies": {
                    "dependencies": [f"python={self.python}", {"pip": list(self.packages)}],
                }
            },
        }
