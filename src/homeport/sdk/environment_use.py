"""Working in a built environment: a command in it, a shell, a Jupyter kernel."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from homeport.domain.progress import Progress
from homeport.environments.beside import tool_folder
from homeport.errors import InvalidConfigError, MissingPathError
from homeport.sdk.environment_locks import build_registered, definition_of
from homeport.sdk.environment_registry import find_version
from homeport.sdk.workspace import Workspace
from homeport.store import home_folder

OURS = (
    "VIRTUAL_ENV",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "__PYVENV_LAUNCHER__",
)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a process in the environment starts with."""

    ref: str
    interpreter: Path
    variables: Mapping[str, str]  # all of them
    own: Mapping[str, str]  # those that it sets

    @property
    def bin(self) -> Path:
        return self.interpreter.parent


def enter(workspace: Workspace, ref: str, *, progress: Progress, environ: Mapping[str, str] = os.environ) -> Entered:
    """Build it where it is not built, and give the variables: its programs come first, its own variables are set."""
    stored = find_version(workspace, ref)
    interpreter = build_registered(workspace, stored.ref, progress=progress).interpreter.absolute()
    variables = {key: value for key, value in environ.items() if key not in OURS}
    variables["PATH"] = os.pathsep.join((str(interpreter.parent), environ.get("PATH", os.defpath)))
    own = {**_root(interpreter), **definition_of(stored).variables}
    return Entered(stored.ref, interpreter, {**variables, **own}, own)


def _root(interpreter: Path) -> dict[str, str]:
    """How tools are told of it; nothing of an interpreter of the system, which is no environment."""
    root = interpreter.parents[1]
    if (root / "pyvenv.cfg").is_file():
        return {"VIRTUAL_ENV": str(root)}
    return {"CONDA_PREFIX": str(root)} if (root / "conda-meta").is_dir() else {}


def run_in(entered: Entered, words: Sequence[str]) -> int:
    """Run a command in it, with this terminal; its exit status, or 128 and the signal's number."""
    found = shutil.which(words[0], path=entered.variables["PATH"])
    if found is None:
        raise MissingPathError(f"there is no program `{words[0]}` in {entered.ref}, nor on the PATH")
    done = subprocess.run([found, *words[1:]], env=dict(entered.variables), check=False)
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def shell_words(entered: Entered) -> list[str]:
    """The user's shell, told to leave the environment's programs first on the PATH.

    Start files of bash and zsh often set PATH anew, so bash runs them and the change after them; others just start.
    """
    shell = entered.variables.get("SHELL") or "/bin/sh"
    if Path(shell).name == "bash":
        begin = f'[ -f ~/.bashrc ] && . ~/.bashrc; PATH="{entered.bin}:$PATH"; PS1="({entered.ref}) ${{PS1-$ }}"'
        return [shell, "--rcfile", str(_start_file(entered, begin)), "-i"]
    return [shell]


def _start_file(entered: Entered, text: str) -> Path:
    folder = home_folder() / "tools"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"shell-{entered.interpreter.parents[1].name}.bashrc"
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(target)
    return target


def kernelspec(entered: Entered, prefix: Path | None, *, progress: Progress) -> Path:
    """Write a Jupyter kernel that runs in it, where Jupyter looks (or below `prefix`), and give its folder.

    ipykernel is installed beside the environment, for its Python, and never into it.
    """
    tools = tool_folder("ipykernel", entered.interpreter, home_folder(), progress=progress)
    name = re.sub(r"[^a-z0-9._-]", "-", f"homeport-{entered.ref.replace(':', '-')}".lower())
    folder = _kernels(prefix) / name
    folder.mkdir(parents=True, exist_ok=True)
    code = f"import sys; sys.path.append({str(tools)!r}); from ipykernel.kernelapp import main; main()"
    document = {
        "argv": [str(entered.interpreter), "-c", code, "-f", "{connection_file}"],
        "display_name": f"{entered.ref} (Homeport)",
        "language": "python",
        "env": {
            "PATH": os.pathsep.join((str(entered.bin), "${PATH}")),  # Jupyter puts its own in
            **entered.own,
        },
        "metadata": {"debugger": False},
    }
    partial = folder / ".kernel.json.partial"
    partial.write_text(json.dumps(document, indent=1), encoding="utf-8")
    partial.replace(folder / "kernel.json")
    return folder


def _kernels(prefix: Path | None) -> Path:
    """Where Jupyter looks for a user's kernels; source: its documentation, "Common Directories and File Locations"."""
    if prefix is not None:
        if prefix.exists() and not prefix.is_dir():
            raise InvalidConfigError(f"`{prefix}` is a file", hint="name a folder, such as an environment's")
        return prefix / "share" / "jupyter" / "kernels"
    named = os.environ.get("JUPYTER_DATA_DIR")
    if named:
        return Path(named) / "kernels"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Jupyter" / "kernels"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "jupyter" / "kernels"
