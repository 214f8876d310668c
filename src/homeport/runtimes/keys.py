"""Key files: for their user alone, written beside their target and renamed."""

from __future__ import annotations

import os
from pathlib import Path

from homeport.domain.keys import KEYS_FILE, Keys, read_keys
from homeport.errors import InvalidConfigError, InvalidInputError

PRIVATE = 0o600


def keys_in(path: Path) -> Keys:
    """Raises InvalidConfigError for a file that is not there or has not two keys in it."""
    try:
        return read_keys(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise InvalidConfigError(f"the key file `{path}` cannot be read: {wrong}") from wrong
    except InvalidInputError as wrong:
        raise InvalidConfigError(f"`{path}`: {wrong.message}", hint=wrong.hint) from wrong


def kept_keys(service_folder: Path) -> Keys | None:
    """Those of a service that is about to be replaced: its clients go on using them."""
    try:
        return keys_in(service_folder / KEYS_FILE)
    except InvalidConfigError:
        return None


def write_keys(path: Path, keys: Keys) -> None:
    """The file is private from its first byte on."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    staged.unlink(missing_ok=True)
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as file:
        file.write(keys.to_text())
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
