"""uv's words, made an error that says what to try next. Its own text is always kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from homeport.environments.uv import UvError
from homeport.errors import EnvironmentBuildError

_NETWORK = re.compile(
    r"client error \(Connect\)|Failed to fetch|dns error|network was disabled|not found in the cache"
    r"|Failed to download `|404 Not Found|does not exist|operation timed out|Could not connect",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(r"invalid peer certificate|UnknownIssuer|certificate verify failed", re.IGNORECASE)
_LOGIN = re.compile(r"\b401 Unauthorized\b")
_SPACE = re.compile(r"No space left on device|os error 28")
_COMPILER = re.compile(r"Failed to build `([^`]+)`|Failed to download and build `([^`]+)`")
_UNDATED = re.compile(r"`([^`]+)` is missing an upload date")
UNDATED_HINT = (
    "name an index that tells them for resolving: `--resolve-index URL`, or `resolveIndex` in the definition; "
    "the files still come from the usual one"
)
_HINTS = (
    (
        _CERTIFICATE,
        "the index's certificate is not trusted: name your authority's file in $SSL_CERT_FILE, "
        "or set `cert` in pip.conf",
    ),
    (
        _LOGIN,
        "it wants another login: name user and password in ~/.netrc, or in the index's address in the definition "
        "(a lock has none, and those of a `name @ https://...` line are not put back)",
    ),
    (
        _NETWORK,
        "the package index cannot be reached: check the network and the proxy, name a mirror in $UV_DEFAULT_INDEX, "
        "or set UV_OFFLINE=1 to use only what is already on this machine",
    ),
    (_SPACE, "the disk is full: make room, or move uv's cache with $UV_CACHE_DIR"),
    (
        _COMPILER,
        "there is no wheel of it for this Python, and building it failed: choose another version or another Python, "
        "or install what its build lacks",
    ),
)
_ABSENT = re.compile(r"([\w.\-]+) was not found in the package registry")
_ASKED = re.compile(
    r"(?<!conclude that )you require ([\w.\-]+(?:\[[^\]]*\])?(?:[<>=!~]+[\w.*]+(?:,[<>=!~]+[\w.*]+)*)?)"
)


def build_error(doing: str, wrong: UvError, *, as_of: object = None) -> EnvironmentBuildError:
    """`doing` begins the sentence: "cannot resolve `tutorial-env:1`"; the packages in conflict are named there."""
    files = _UNDATED.findall(wrong.text)
    text = "\n".join(line for line in wrong.text.splitlines() if not _UNDATED.search(line)).strip("\n")
    if files and as_of and not _COMPILER.search(text):
        return EnvironmentBuildError(
            f"{doing}: the package index does not say when files were published ({_some(files)}), "
            f"so nothing can be resolved as of {as_of}\n{text}",
            hint=UNDATED_HINT,
        )
    names = conflicting(text)
    about = f": {' and '.join(f'`{name}`' for name in names)}" if names else ""
    return EnvironmentBuildError(f"{doing}{about}\n{text}", hint=_hint(text, names, as_of))


def undated_notes(as_of: object, said: str, undated: Sequence[str]) -> list[str]:
    """What to tell of a resolution as of a day where not every file has one; `undated` are packages that it took."""
    if not as_of:
        return []
    notes = []
    left_out = _UNDATED.findall(said)
    if left_out:
        notes.append(f"left out, because no index says when they were published: {_some(left_out)}")
    if undated:
        notes.append(f"taken whatever their day, because they come from a folder: {_some(undated)}")
    return notes


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")


def conflicting(text: str) -> list[str]:
    """The packages that uv says it cannot satisfy: what was asked for, each once, in its order."""
    built = _COMPILER.search(text)
    if built:
        return [built.group(1) or built.group(2)]
    if "No solution found" not in text:
        return []
    asked = _ASKED.findall(" ".join(text.split()))
    return list(dict.fromkeys(name.rstrip(".") for name in asked))[:4]


def is_elsewhere(wrong: UvError) -> bool:
    """A place could not be reached or has not got it: another one may."""
    return _NETWORK.search(wrong.text) is not None or "No solution found" in wrong.text


def _hint(text: str, names: list[str], as_of: object) -> str:
    for pattern, hint in _HINTS:
        if pattern.search(text):
            return hint
    absent = _ABSENT.search(text)
    if absent:
        return f"check the spelling of `{absent.group(1)}`; a private package needs its index: `--extra-index-url URL`"
    if names and as_of:
        return f"nothing fits as of {as_of}: loosen one of them, or choose a later date"
    if names:
        return "loosen or leave out one of them, choose another Python, or resolve as of the day they worked (`as_of`)"
    return "uv's own words are above"
