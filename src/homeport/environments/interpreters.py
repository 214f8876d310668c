"""The nearest interpreter of a wanted version: one that is here, else one that uv installs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from homeport.domain.progress import Progress, Silent
from homeport.domain.python import OLDEST_PYTHON, PythonWanted, spell
from homeport.environments.candidates import Candidate, candidates
from homeport.environments.interpreter import Interpreter, probe
from homeport.environments.uv import UvError, run_uv
from homeport.errors import EnvironmentBuildError, InvalidConfigError

OLDEST_MANAGED = (3, 8)  # uv's own interpreters begin here


def find_interpreter(
    wanted: str,
    *,
    progress: Progress | None = None,
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> Interpreter:
    """The nearest release of the wanted minor version, run once to be sure.

    Looked for in $HOMEPORT_PYTHONS, on PATH, among pyenv's, uv's and conda's; else uv is asked to install it.
    `EnvironmentBuildError` says what there is and what would work.
    """
    progress = progress or Silent()
    asked = PythonWanted.parse(wanted)
    if asked.minor is not None and asked.minor < OLDEST_PYTHON:
        raise InvalidConfigError(
            f"Python {wanted} is too old: models are served by Python 3.6 and newer",
            hint="load the model under a newer Python, save it again and serve that",
        )
    known = list(candidates(environ, home or Path.home()))
    found = _nearest(asked, known)
    if found is None:
        _install_managed(asked, known, progress)
        found = _nearest(asked, candidates(environ, home or Path.home()))
    if found is None:
        raise _not_here(asked, known, "")
    exact = spell(found.version).startswith(asked.text)
    progress.step(str(found) if exact else f"{found}, the nearest to `{wanted}` here")
    return found


def interpreter_here(
    wanted: str, *, environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Interpreter | None:
    """As `find_interpreter`, of those that are here; None is said where there is none."""
    return _nearest(PythonWanted.parse(wanted), candidates(environ, home or Path.home()))


def _nearest(asked: PythonWanted, places: Iterable[Candidate]) -> Interpreter | None:
    best: Interpreter | None = None
    for place in sorted(places, key=lambda place: not place.named and spell(place.guess) != asked.text):
        if not _may_be(asked, place.guess):
            continue
        found = _usable(asked, place.path)
        if found is None:
            continue
        if asked.patch is not None and found.version[2] == asked.patch:
            return found
        if best is None or asked.distance(found.version) < asked.distance(best.version):
            best = found
    return best


def _may_be(asked: PythonWanted, guess: tuple[int, ...]) -> bool:
    if len(guess) < 2:
        return True
    return asked.minor == guess[:2] if asked.minor else guess[:2] >= OLDEST_PYTHON


def _usable(asked: PythonWanted, path: Path) -> Interpreter | None:
    """A CPython that runs and fits; of a virtual environment, the one it was made from."""
    found = probe(path)
    if found is not None and found.base != found.path:
        found = probe(found.base)
    if found is None or found.implementation != "cpython" or found.version[:2] < OLDEST_PYTHON:
        return None
    return found if asked.accepts(found.version) else None


def _install_managed(asked: PythonWanted, known: list[Candidate], progress: Progress) -> None:
    if asked.minor is not None and asked.minor < OLDEST_MANAGED:
        raise _not_here(asked, known, "")
    progress.step(f"Python {asked.text} is not here: asking uv for it")
    try:
        run_uv(["python", "install", "--no-bin", asked.text], folder=Path("/"), progress=progress)
    except UvError as wrong:
        raise _not_here(asked, known, wrong.text) from wrong


def _not_here(asked: PythonWanted, known: Iterable[Candidate], uv_says: str) -> EnvironmentBuildError:
    versions = sorted({place.guess for place in known if place.guess >= OLDEST_PYTHON and len(place.guess) == 3})
    here = ", ".join(map(spell, versions)) or "none that tells its version"
    looked = "$HOMEPORT_PYTHONS, PATH, pyenv, uv, conda"
    message = f"there is no Python {asked.text} on this machine (looked in {looked}; there are: {here})"
    if uv_says:
        message += f"\nand uv could not install one:\n{uv_says}"
    minor = spell(asked.minor) if asked.minor else asked.text
    way = f"install it (for example `pyenv install {minor}`) or name one in $HOMEPORT_PYTHONS"
    if asked.minor is not None and asked.minor < OLDEST_MANAGED:
        return EnvironmentBuildError(message, hint=f"uv's own interpreters begin at 3.8, so {way}")
    return EnvironmentBuildError(message, hint=f"with a network uv installs it; or {way}")
