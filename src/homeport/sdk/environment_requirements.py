"""Requirements files as a definition can keep them: what they include is read in, as no other machine has it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from homeport.errors import InvalidConfigError, MissingPathError

_INCLUDE = re.compile(r"\s*(?:-r|--requirement)(?:\s*=\s*|\s+|(?=[^\s-]))(\S+)\s*(?:#.*)?$")
_CONSTRAINT = re.compile(r"\s*(?:-c|--constraint)\b")
_FOLDER = re.compile(r"\s*(-f|--find-links)(?:\s*=\s*|\s+)(\S+)\s*$")
_ARCHIVES = (".whl", ".tar.gz", ".zip")


def requirement_lines(file: str | os.PathLike[str]) -> list[str]:
    """A requirements file's lines as they are, comments and blanks too, with those of the files that it includes.

    Included files and paths are found beside the file that names them, as pip finds them; a line that goes on after a
    backslash is one line. Raises InvalidConfigError for constraints, which a definition has no place for.
    """
    return list(_lines(Path(file), ()))


def inlined(lines: Sequence[str], folder: Path) -> list[str]:
    """The same for lines of another kind of file in `folder`, such as the pip list of a conda specification."""
    return [each for line in lines for each in _line(line, folder, ())]


def _lines(file: Path, including: tuple[Path, ...]) -> Iterator[str]:
    if file.absolute() in including:
        raise InvalidConfigError(f"`{file}` includes itself", hint="take that `-r` line out")
    for line in _joined(_read(file)):
        yield from _line(line, file.parent, (*including, file.absolute()))


def _line(line: str, folder: Path, including: tuple[Path, ...]) -> Iterator[str]:
    if _CONSTRAINT.match(line):
        raise InvalidConfigError(
            f"`{line.strip()}` names constraints, which a definition has no place for",
            hint="write what they pin into the requirements themselves",
        )
    included = _INCLUDE.match(line)
    if included and "://" not in included.group(1):
        yield from _lines(folder / included.group(1), including)
        return
    yield _with_place(line, folder)


def _with_place(line: str, folder: Path) -> str:
    """A path in it made absolute, where there is something."""
    text = line.strip()
    links = _FOLDER.match(line)
    if links and "://" not in links.group(2) and (folder / links.group(2)).is_dir():
        return f"{links.group(1)} {(folder / links.group(2)).resolve()}"
    bare = text.split(" ", 1)[0]
    if bare.endswith(_ARCHIVES) and "://" not in bare and not Path(bare).is_absolute() and (folder / bare).is_file():
        return line.replace(bare, str((folder / bare).resolve()), 1)
    return line


def _joined(lines: Sequence[str]) -> Iterator[str]:
    begun = ""
    for line in lines:
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            begun += line[:-1].rstrip() + " " if not begun else line[:-1].strip() + " "
            continue
        yield begun + line.strip() if begun else line
        begun = ""
    if begun:
        yield begun.rstrip()


def _read(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as wrong:
        raise MissingPathError(f"requirements file `{file}` does not exist", hint="check the path") from wrong
    except (OSError, UnicodeDecodeError) as wrong:
        raise InvalidConfigError(f"requirements file `{file}` cannot be read: {wrong}") from wrong
