from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Homeport


def test_a_workspace_is_created_listed_shown_and_deleted(homeport: Homeport, project: Path) -> None:
    assert homeport("workspace", "create", "lab", "--tag", "team=a", "b=c").stdout == "lab\n"
    homeport("init", "--name", "mine")
    listed = json.loads(homeport("workspace", "list", "--json").stdout)
    assert listed == [{"name": "lab", "current": False}, {"name": "mine", "current": True}]
    (project / "m.pkl").write_text("x")
    homeport("model", "register", "m", "m.pkl", "-w", "lab")
    homeport("model", "register", "m", "m.pkl", "-w", "lab")
    details = json.loads(homeport("workspace", "show", "lab", "--json").stdout)
    assert (details["models"], details["modelVersions"], details["tags"]) == (1, 2, {"team": "a", "b": "c"})
    assert homeport("workspace", "show").stdout.startswith("workspace     mine\n")
    assert homeport("workspace", "delete", "-w", "lab").exit_code == 2
    assert homeport("workspace", "delete", "lab", "--yes").exit_code == 0
    assert [each["name"] for each in json.loads(homeport("workspace", "list", "--json").stdout)] == ["mine"]


def test_a_taken_name_is_a_conflict_unless_that_is_fine(homeport: Homeport) -> None:
    homeport("workspace", "create", "lab")
    assert homeport("workspace", "create", "lab").exit_code == 1
    assert homeport("workspace", "create", "lab", "--exist-ok").exit_code == 0


WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("create",), 2, "the workspace's name is missing"),
    (("create", "a b"), 2, "`a b` is not a usable workspace name"),
    (("delete", "--yes"), 2, "the workspace to delete is missing"),
    (("delete", "nowhere", "--yes"), 1, "there is no workspace `nowhere`"),
    (("show",), 2, "no workspace configuration was found"),
    (("verify", "nowhere"), 1, "there is no workspace `nowhere`"),
]


def test_a_wrong_call_is_refused(homeport: Homeport) -> None:
    for words, status, message in WRONG:
        screen = homeport("workspace", *words)
        assert (screen.exit_code, screen.stdout) == (status, ""), (words, screen.stderr)
        assert message in screen.stderr


def test_verify_names_what_is_damaged(homeport: Homeport, project: Path, home: Path) -> None:
    homeport("init", "--name", "lab")
    (project / "m.pkl").write_text("the right bytes")
    homeport("model", "register", "m", "m.pkl")
    whole = homeport("workspace", "verify")
    assert (whole.exit_code, whole.stdout) == (0, "")
    assert whole.stderr.endswith("workspace `lab` is whole\n")
    blob = next(path for path in (home / "workspaces" / "lab" / "blobs").rglob("*") if path.is_file())
    blob.chmod(0o644)
    blob.write_text("the wrong bytes")
    damaged = homeport("workspace", "verify", "--json")
    assert damaged.exit_code == 1
    assert "m:1" in json.loads(damaged.stdout)["wrong"][0]


def test_gc_frees_what_a_deleted_model_left(homeport: Homeport, project: Path) -> None:
    homeport("init", "--name", "lab")
    (project / "m.pkl").write_bytes(b"x" * 5000)
    homeport("model", "register", "m", "m.pkl")
    assert json.loads(homeport("workspace", "gc", "--json").stdout)["files"] == 0
    homeport("model", "delete", "m:1", "--yes")
    assert json.loads(homeport("workspace", "gc", "--json").stdout) == {"workspace": "lab", "files": 1, "bytes": 5000}
