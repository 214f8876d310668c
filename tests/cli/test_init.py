"""`homeport init`: a workspace for this folder, as often as one likes."""

from __future__ import annotations

import json
from pathlib import Path

from homeport import Workspace
from homeport.sdk.workspace_config import scope_of
from tests.conftest import Homeport

CLOUD = {"subscription_id": "S", "resource_group": "G", "workspace_name": "cloudy"}


def test_the_workspace_is_named_after_the_folder(homeport: Homeport, project: Path) -> None:
    done = homeport("init")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "workspace project is made\nthis folder now uses it: .azureml/config.json\n"
    assert Workspace.from_config(project).name == "project"


def test_running_it_again_changes_nothing(homeport: Homeport, project: Path) -> None:
    homeport("init", "--name", "mine")
    before = (project / ".azureml" / "config.json").read_bytes()
    for words in ([], ["--name", "mine"]):
        done = homeport("init", *words)
        assert done.exit_code == 0
        assert done.stderr == "workspace mine is there already\nthis folder uses it: .azureml/config.json\n"
    assert (project / ".azureml" / "config.json").read_bytes() == before
    assert list(Workspace.list()) == ["mine"]


def test_a_folders_name_is_made_legal_and_that_is_said(homeport: Homeport, project: Path) -> None:
    odd = project / "my models!"
    odd.mkdir()
    (odd / "run.sh").write_text("")
    done = homeport("run", _init_in(project, odd))
    assert "`my models!` cannot be a workspace's name: using `my-models`" in done.stderr
    assert Workspace.from_config(odd).name == "my-models"


def _init_in(project: Path, folder: Path) -> Path:
    """A script that runs `homeport init` in another folder."""
    script = project / "there.py"
    script.write_text(
        "import subprocess, sys\n"
        f"sys.exit(subprocess.call([sys.executable, '-m', 'homeport', 'init'], cwd={str(folder)!r}))"
    )
    return script


def test_an_existing_workspace_is_used_by_another_folder(homeport: Homeport, home: Path) -> None:
    Workspace.create("shared", subscription_id="kept")
    done = homeport("init", "--name", "shared")
    assert "workspace shared is there already" in done.stderr
    assert Workspace.from_config().subscription_id == "kept"


def test_a_cloud_configuration_makes_its_workspace_with_its_identifiers(homeport: Homeport, project: Path) -> None:
    (project / "config.json").write_text(json.dumps(CLOUD))
    assert homeport("init", "--from", "config.json").exit_code == 0
    found = Workspace.from_config()
    assert (found.name, found.subscription_id, found.resource_group) == ("cloudy", "S", "G")
    assert homeport("init", "--from", "config.json").exit_code == 0
    assert json.loads((project / "config.json").read_text()) == CLOUD


def test_a_cloud_configuration_is_made_beside_the_workspace_that_a_folder_uses(
    homeport: Homeport, project: Path
) -> None:
    homeport("init", "--name", "mine")
    (project / "cloud.json").write_text(json.dumps(CLOUD))
    done = homeport("init", "--from", "cloud.json")
    assert done.exit_code == 0
    assert "this folder goes on using workspace mine" in done.stderr
    assert Workspace.from_config().name == "mine"
    assert Workspace.from_config("cloud.json").subscription_id == "S"


def test_a_folder_that_points_at_a_cloud_workspace_keeps_its_file(homeport: Homeport, project: Path) -> None:
    (project / ".azureml").mkdir()
    file = project / ".azureml" / "config.json"
    file.write_text(json.dumps({"Id": None, "Scope": scope_of("S", "G", "cloudy")}))
    before = file.read_bytes()
    done = homeport("init")
    assert done.stderr == "workspace cloudy is made\nthis folder uses it: .azureml/config.json\n"
    assert file.read_bytes() == before
    assert Workspace.from_config().subscription_id == "S"


def test_another_name_does_not_overwrite_the_file(homeport: Homeport, project: Path) -> None:
    homeport("init", "--name", "one")
    done = homeport("init", "--name", "two")
    assert done.exit_code == 1
    assert done.stderr == (
        "error: this folder uses workspace `one` already: .azureml/config.json\n\n"
        "hint: to use `two` here, move .azureml/config.json away and run this again\n"
    )
    assert list(Workspace.list()) == ["one"]


def test_a_file_that_will_be_hidden_is_mentioned(homeport: Homeport, project: Path) -> None:
    (project / "config.json").write_text(json.dumps(CLOUD))
    done = homeport("init")
    assert done.exit_code == 0
    assert "homeport init --from config.json" in done.stderr


def test_wrong_calls_make_nothing(homeport: Homeport, project: Path) -> None:
    (project / "broken.json").write_text("{")
    (project / "config.json").write_text(json.dumps(CLOUD))
    for words in (
        ("--name", "no spaces"),
        ("--from", "nowhere.json"),
        ("--from", "broken.json"),
        ("--from", "config.json", "--name", "other"),
        ("extra",),
    ):
        done = homeport("init", *words)
        assert done.exit_code == 2, (words, done)
        assert "error" in done.stderr.lower()
    assert Workspace.list() == {}
    assert not (project / ".azureml").exists()
