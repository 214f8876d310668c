"""Two models on one request, each in its own environment: how their answers differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from homeport.domain.json import Json, JsonObject
from homeport.domain.progress import Progress
from homeport.errors import InvalidInputError, UserCodeError
from homeport.sdk.comparison import Difference, compare
from homeport.sdk.model_at_hand import request_of
from homeport.sdk.model_record import ModelRecord
from homeport.sdk.no_code import Prepared
from homeport.sdk.no_code_deployment import prepare_model
from homeport.sdk.trials import Trial, run_trial

if TYPE_CHECKING:
    from homeport.sdk.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The answers of both, and their difference by method."""

    names: tuple[str, str]
    environments: tuple[str, str]  # "Python 3.7.16, numpy 1.18.1, sklearn 0.22.1"
    answers: tuple[Mapping[str, Json], Mapping[str, Json]]
    differences: Mapping[str, Difference]

    def within(self, tolerance: float) -> bool:
        """Whether no method differs by more than that, relative."""
        return all(difference.within(tolerance) for difference in self.differences.values())

    def to_json(self) -> JsonObject:
        methods: dict[str, Any] = {
            method: {
                "values": difference.count,
                "changed": difference.changed,
                "largest": difference.largest,
                "relative": difference.relative,
            }
            for method, difference in self.differences.items()
        }
        return {
            "models": list(self.names),
            "environments": list(self.environments),
            "methods": methods,
            "answers": cast(Json, [dict(answer) for answer in self.answers]),
        }


def compare_models(
    workspace: Workspace, models: tuple[ModelRecord | str, ModelRecord | str], request: Json, progress: Progress
) -> Compared:
    """`request` is a body with `data`, or the data alone. UserCodeError where one of them does not answer it."""
    body = request_of(request)
    if not isinstance(body, dict):
        raise InvalidInputError("the data to compare with are neither a list nor an object")
    found = [prepare_model(workspace, model, None, progress) for model in models]
    results = [_asked(one, body) for one in found]
    one, other = results
    return Compared(
        names=(found[0].model.name, found[1].model.name),
        environments=(one[1], other[1]),
        answers=(one[0], other[0]),
        differences={method: compare(answer, other[0][method]) for method, answer in one[0].items()},
    )


def with_methods(request: Json, methods: Sequence[str]) -> Json:
    """The request for these methods; as it is where none is named."""
    body = request_of(request)
    return {**body, "method": list(methods)} if methods and isinstance(body, dict) else request


def _asked(prepared: Prepared, body: JsonObject) -> tuple[Mapping[str, Json], str]:
    """(the answers by method, the environment in words)"""
    model = prepared.model
    with model.folder() as folder:
        trial = Trial(
            interpreter=prepared.interpreter, script=prepared.script, models=folder, requests=(body,), size=model.size
        )
        result = run_trial(trial)
    if not result.answers or not isinstance(result.answers[0], dict):
        raise UserCodeError(
            f"`{model.name}` does not answer that request: {result.failure}",
            hint="give data that both take",
            detail=result.detail,
        )
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))
    return result.answers[0], f"Python {result.python}" + (f", {versions}" if versions else "")
