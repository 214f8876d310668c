"""Why a generation did not start, as a value that goes to the terminal, `failure.json` and the control socket."""

from __future__ import annotations

from homeport.domain.json import JsonObject
from homeport.errors import HomeportError


class StartError(HomeportError):
    """A generation, or the server itself, did not start; `detail` is the script's own words (traceback, listing)."""

    def __init__(self, kind: str, message: str, *, hint: str | None = None, detail: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind, self.detail = kind, detail

    def to_json(self) -> JsonObject:
        return {"kind": self.kind, "message": self.message, "hint": self.hint, "detail": self.detail}
