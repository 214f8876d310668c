from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.sdk.model import Model
from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport, lacking


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_for_this_command(homeport: Homeport, shell: str) -> None:
    screen = homeport("completion", shell)
    assert screen.exit_code == 0
    assert f"_HOMEPORT_COMPLETE={shell}_complete" in screen.stdout


def test_another_shell_is_a_wrong_call(homeport: Homeport) -> None:
    screen = homeport("completion", "tcsh")
    assert screen.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in screen.stderr


def tab(homeport: Homeport, *line: str) -> list[str]:
    """What bash is offered for the last word of `line`."""
    words = {"_HOMEPORT_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(line) - 1)}
    screen = homeport(**words)
    return [word.partition(",")[2] for word in screen.stdout.splitlines() if word]


def test_commands_and_options_are_completed(homeport: Homeport) -> None:
    assert tab(homeport, "homeport", "mod") == ["model"]
    assert tab(homeport, "homeport", "model", "reg") == ["register"]
    assert tab(homeport, "homeport", "model", "list", "--lat") == ["--latest"]


def test_names_of_models_and_workspaces_are_completed(homeport: Homeport, workspace: Workspace, project: Path) -> None:
    (project / "m.pkl").write_text("x")
    for name in ("iris", "irises", "rose"):
        Model.register(workspace, "m.pkl", name)
    assert tab(homeport, "homeport", "model", "show", "ir") == ["iris", "irises"]
    assert tab(homeport, "homeport", "workspace", "show", "la") == ["lab"]


def test_names_are_not_completed_where_there_is_no_workspace(homeport: Homeport) -> None:
    assert tab(homeport, "homeport", "model", "show", "ir") == []


def test_bash_completes_with_the_script(homeport: Homeport, project: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        lacking("bash")
    (project / "homeport.bash").write_text(homeport("completion", "bash").stdout)
    typed = (
        "source homeport.bash; COMP_WORDS=(homeport wor); COMP_CWORD=1; _homeport_completion homeport wor homeport; "
    )
    scripts = Path(sys.executable).parent
    done = subprocess.run(
        [str(bash), "-c", typed + 'echo "${COMPREPLY[@]}"'],
        cwd=project,
        env={**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "workspace\n"
