"""The part of `homeport serve` that is for a model file: what it is, which environment and why, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.cli.output import say
from homeport.cli.progress import ScreenProgress
from homeport.domain.json import Json
from homeport.sdk.no_code_serving import ServedModel, serve_path, trust_of


def prepare_model(
    target: Path, interpreter: str | None, sample: Json, told: Mapping[str, Any], port: int
) -> ServedModel:
    """Ready to be served; says what it is and how to ask it."""
    trust = trust_of(told["workspace"], said=told["trust"])
    with ScreenProgress() as progress:
        served = serve_path(target, sample=sample, interpreter=interpreter, trust=trust, progress=progress)
    if served.takes is not None:
        say(served.takes)
    line = served.curl_line(f"http://localhost:{port}/score" if port else "URL")
    if line is not None:
        say(f"try it{'' if port else ' (URL is in the line `serving ...`)'}:\n  {line}")
    return served
