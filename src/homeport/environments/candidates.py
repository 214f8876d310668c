"""Where interpreters are on a machine; nothing is run here."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_IN_NAME = re.compile(r"(?:^|[^\d.])(\d)\.(\d+)(?:\.(\d+))?")
_EXECUTABLE = re.compile(r"python(3(\.\d+)?)?")
_CONDA_ROOTS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A path that may be an interpreter; `guess` is the version that its name tells, as far as it does."""

    path: Path
    guess: tuple[int, ...] = ()
    named: bool = False  # by the user, in $HOMEPORT_PYTHONS: it goes before all others


def candidates(environ: Mapping[str, str], home: Path) -> Iterator[Candidate]:
    """$HOMEPORT_PYTHONS, PATH, the running one, pyenv's, uv's own, conda prefixes: in that order."""
    yield from _named(environ)
    yield from _on_path(environ)
    yield Candidate(Path(sys.executable), tuple(sys.version_info[:3]))
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv")
    yield from _below(pyenv / "versions", "*/bin/python")  # pyenv's shims fail for versions that are not switched on
    yield from _below(_uv_folder(environ, home), "*/bin/python")
    yield from _conda(environ, home)


def _named(environ: Mapping[str, str]) -> Iterator[Candidate]:
    for text in filter(None, environ.get("HOMEPORT_PYTHONS", "").split(os.pathsep)):
        path = Path(text).expanduser()
        if path.is_dir():
            yield from (
                Candidate(each, named=True) for each in (sorted(path.glob("bin/python")) or sorted(path.glob("python")))
            )
        else:
            yield Candidate(path, named=True)


def _on_path(environ: Mapping[str, str]) -> Iterator[Candidate]:
    for folder in environ.get("PATH", "").split(os.pathsep):
        try:
            names = sorted((path.name for path in Path(folder or ".").iterdir()), reverse=True)
        except OSError:
            continue
        for name in names:
            if _EXECUTABLE.fullmatch(name):
                yield Candidate(Path(folder).absolute() / name, _guess(name))


def _below(folder: Path, pattern: str) -> Iterator[Candidate]:
    for path in sorted(folder.glob(pattern)):
        yield Candidate(path, _guess(path.parents[1].name))


def _uv_folder(environ: Mapping[str, str], home: Path) -> Path:
    if environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(environ["UV_PYTHON_INSTALL_DIR"])
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "uv" / "python"


def conda_prefixes(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Every conda environment that can be found without conda: active, recorded, or in a usual place."""
    roots = [Path(environ["CONDA_PREFIX"])] if environ.get("CONDA_PREFIX") else []
    recorded = home / ".conda" / "environments.txt"
    if recorded.is_file():
        roots += [Path(line) for line in recorded.read_text(encoding="utf-8", errors="replace").split("\n") if line]
    roots += [Path(text) for text in environ.get("CONDA_ENVS_PATH", "").split(os.pathsep) if text]
    roots += [home / name for name in _CONDA_ROOTS] + [home / ".conda", Path("/opt/conda")]
    seen: set[Path] = set()
    for root in roots:
        for prefix in (root, *sorted(root.glob("envs/*")), *sorted(root.glob("*"))):
            if prefix not in seen and (prefix / "conda-meta").is_dir():
                seen.add(prefix)
                yield prefix


def _conda(environ: Mapping[str, str], home: Path) -> Iterator[Candidate]:
    for prefix in conda_prefixes(environ, home):
        for record in sorted((prefix / "conda-meta").glob("python-[0-9]*.json")):
            yield Candidate(prefix / "bin" / "python", _guess(record.name))


def _guess(name: str) -> tuple[int, ...]:
    found = _IN_NAME.search(name)
    return tuple(int(part) for part in found.groups() if part) if found else ()
