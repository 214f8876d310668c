from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from homeport.cli.demo import free_port_from
from tests.conftest import Homeport


def test_the_whole_demo_runs_and_cleans_up_after_itself(homeport: Homeport, project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        screen = homeport("demo", "--port", port, "--clean", timeout=240)
    assert screen.exit_code == 0, screen.stderr
    assert screen.stdout.startswith("prediction: [2]\n")
    assert f"(port {port} is taken by something else)" in screen.stderr
    assert "generation 2 serves digits:2" in screen.stderr
    assert "generation 3 serves digits:1" in screen.stderr
    assert " requests meanwhile: 0 failed; " in screen.stderr
    assert "homeport service rollback homeport-demo" in screen.stdout
    assert list(project.iterdir()) == []
    assert json.loads(homeport("service", "list", "--json").stdout) == []
    assert homeport("workspace", "list").stderr.startswith("no workspaces")


def test_a_folder_that_is_not_the_demos_is_left_alone(homeport: Homeport, project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "notes.txt").write_text("keep")
    screen = homeport("demo", "--folder", "mine")
    assert screen.exit_code == 1
    assert screen.stderr.endswith("error: `mine` exists and is not the demo's\n\nhint: name another with `--folder`\n")
    assert [path.name for path in (project / "mine").iterdir()] == ["notes.txt"]


def test_the_port_is_the_next_free_one_unless_it_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port_from(port, ours=None) > port
        assert free_port_from(port, ours=port) == port


@pytest.mark.parametrize("name", ["train.py", "score.py", "two.py"])
def test_the_demos_scripts_need_nothing_of_homeport(name: str) -> None:
    script = Path(__file__).parents[2] / "src" / "homeport" / "cli" / "demo_files" / name
    assert "homeport" not in [
        line.split()[1].split(".")[0]
        for line in script.read_text().splitlines()
        if line.startswith(("import ", "from "))
    ]
