"""Conda specifications as YAML files; order and comments survive a round trip.

ruamel.yaml is imported where a file is read or written: it costs more than the rest of `import homeport` together.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.domain.conda import SPEC_KEYS
from homeport.errors import InvalidConfigError, MissingPathError

WIDE = 4096  # columns: a requirement is never folded over two lines


def read_spec(path: Path) -> dict[str, Any]:
    """A mapping whose keys are a specification's; refused otherwise, with the line where YAML says it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as wrong:
        raise MissingPathError(f"conda specification `{path}` does not exist", hint="check the path") from wrong
    except (OSError, UnicodeDecodeError) as wrong:
        raise InvalidConfigError(f"conda specification `{path}` cannot be read: {wrong}") from wrong
    return check_spec(_parse(text, path), str(path))


def check_spec(document: object, where: str) -> dict[str, Any]:
    """Refuse what is no mapping or has a key that no specification has."""
    if not isinstance(document, dict) or not document:
        raise InvalidConfigError(
            f"`{where}` is not a conda specification: it has no mapping of {', '.join(SPEC_KEYS)}",
            hint="begin with `dependencies:` and a list below it",
        )
    unknown = [str(key) for key in document if key not in SPEC_KEYS]
    if unknown:
        raise InvalidConfigError(
            f"`{where}` has keys that no conda specification has: {', '.join(f'`{key}`' for key in unknown)}",
            hint=f"it may have {', '.join(SPEC_KEYS)}",
        )
    return document


def spec_text(document: Mapping[str, Any]) -> str:
    """As YAML, in the mapping's own order, with the comments of the file that it was read from."""
    stream = io.StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


def _parse(text: str, path: Path) -> object:
    from ruamel.yaml.error import YAMLError  # heavy: see the module's docstring

    try:
        return _yaml().load(text)
    except YAMLError as wrong:
        raise InvalidConfigError(f"`{path}` is not YAML: {wrong}", hint="correct that line") from wrong


def _yaml() -> Any:
    from ruamel.yaml import YAML  # heavy: see the module's docstring

    yaml = YAML()
    yaml.width = WIDE
    yaml.preserve_quotes = True
    return yaml


def plain(value: Any) -> Any:
    """The same content in Python's own mappings and lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
