"""The two keys of a service: either opens it, so that one can be exchanged while clients use the other."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import Literal

from homeport.errors import InvalidInputError

KEYS_FILE = "keys.json"  # of a service
WhichKey = Literal["primary", "secondary"]


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Printable ASCII each, without spaces."""

    primary: str
    secondary: str

    def __post_init__(self) -> None:
        for key in (self.primary, self.secondary):
            if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable() or " " in key:
                raise InvalidInputError("a key has to be printable ASCII without spaces, at least one character")

    def renewed(self, which: WhichKey, key: str | None = None) -> Keys:
        """With a new key in that place, `key` or a random one; the other stays."""
        return replace(self, **{which: key or new_key()})

    def to_text(self) -> str:
        return json.dumps({"primary": self.primary, "secondary": self.secondary}, indent=2) + "\n"


def new_key() -> str:
    return secrets.token_urlsafe(32)


def new_keys() -> Keys:
    return Keys(new_key(), new_key())


def read_keys(text: str) -> Keys:
    """From JSON with `primary` and `secondary`, or two lines. Raises InvalidInputError, which shows no key."""
    stripped = text.strip()
    try:
        if stripped.startswith("{"):
            document = json.loads(stripped)
            return Keys(document["primary"], document["secondary"])
        primary, secondary = stripped.split()
        return Keys(primary, secondary)
    except (ValueError, KeyError, TypeError) as wrong:
        raise InvalidInputError(
            "the key file has not two keys in it",
            hint='write two lines, or JSON: {"primary": "...", "secondary": "..."}',
        ) from wrong
