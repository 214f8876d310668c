from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest

from tests.conftest import Homeport

FILES = Path(__file__).parents[1] / "inspection" / "files"


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.canary}",)


@pytest.fixture
def evil(project: Path) -> Path:
    path = project / "evil.pkl"
    path.write_bytes(pickle.dumps(Evil(project / "canary")))
    return path


def test_the_report_says_what_a_file_is_and_needs(homeport: Homeport) -> None:
    done = homeport("model", "inspect", FILES / "keras2.h5")
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[1] == "Loading it runs nothing unexpected, as far as its bytes show."
    assert "format keras-h5" in lines
    assert "framework TfKeras 2.15.0" in lines
    assert "tensorflow ==2.15.* certain `keras_version` 2.15.0 in the file" in lines
    assert any(line.startswith("proposed Python 3.") for line in lines)


def test_the_dangers_come_first_and_nothing_runs(homeport: Homeport, evil: Path, project: Path) -> None:
    done = homeport("model", "inspect", evil)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:2] == ["evil.pkl", "DANGER: loading it runs more than a model needs"]
    assert "  posix.system: " in done.stdout
    assert not (project / "canary").exists()


def test_the_report_as_json(homeport: Homeport, evil: Path) -> None:
    document = json.loads(homeport("model", "inspect", evil, "--json").stdout)
    assert document["format"] == "pickle"
    assert [(risk["name"], risk["danger"]) for risk in document["risks"]] == [("posix.system", "runs_code")]
    document = json.loads(homeport("model", "inspect", FILES / "old.xgb", "--json").stdout)
    assert document["needed"][0]["specifier"] == "<1.0"
    assert document["proposal"]["packages"]


def test_the_environment_is_written_as_a_folder(homeport: Homeport, project: Path) -> None:
    done = homeport("model", "inspect", FILES / "keras2.keras", "--write", "env")
    assert done.exit_code == 0
    definition = json.loads((project / "env" / "azureml_environment.json").read_text())
    assert definition["name"] == "env"
    assert "tensorflow" in (project / "env" / "conda_dependencies.yml").read_text()
    homeport("init", "--name", "lab")
    assert homeport("environment", "register", "env").exit_code == 0


def test_no_environment_is_proposed_for_what_is_no_model(homeport: Homeport, project: Path) -> None:
    (project / "page.html").write_text("<!doctype html><title>Sign in</title>")
    done = homeport("model", "inspect", "page.html", "--write", "env")
    assert done.exit_code == 2
    assert "It is a web page, titled `Sign in`" in done.stdout
    assert "no environment can be proposed for `page.html`" in done.stderr
    assert not (project / "env").exists()


def test_a_git_lfs_pointer_is_called_one(homeport: Homeport, project: Path) -> None:
    oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    (project / "model.pkl").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n")
    done = homeport("model", "inspect", "model.pkl")
    assert done.exit_code == 0
    assert "It is a Git LFS pointer" in done.stdout
    assert "git lfs pull" in done.stdout


def test_a_registered_model_is_inspected_by_its_name(homeport: Homeport, project: Path) -> None:
    homeport("init", "--name", "lab")
    homeport("model", "register", "boosted", FILES / "new.json")
    for word in ("boosted", "boosted:1"):
        document = json.loads(homeport("model", "inspect", word, "--json").stdout)
        assert (document["path"], document["format"]) == (word, "xgboost-json")
    assert homeport("model", "inspect", "nothing").exit_code == 1
    assert homeport("model", "inspect", "./nothing").exit_code == 2


def test_show_says_what_the_files_say(homeport: Homeport, evil: Path, project: Path) -> None:
    homeport("init", "--name", "lab")
    homeport("model", "register", "evil", evil)
    shown = homeport("model", "show", "evil").stdout
    assert "holds" in shown
    assert "would run" in shown
    assert "posix.system" in shown
    document = json.loads(homeport("model", "show", "evil", "--json").stdout)
    assert document["findings"]["risks"][0]["name"] == "posix.system"


def test_the_policy_of_a_workspace(homeport: Homeport, evil: Path, project: Path) -> None:
    homeport("init", "--name", "lab")
    assert homeport("workspace", "policy").stdout.startswith("policy         warn: ")
    warned = homeport("model", "register", "evil", evil)
    assert (warned.exit_code, warned.stdout) == (0, "evil:1\n")
    assert "warning: loading evil would run more than a model needs: `posix.system`" in warned.stderr

    assert homeport("workspace", "policy", "refuse").exit_code == 0
    refused = homeport("model", "register", "evil", evil)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "this workspace refuses files that may run code of their own: `posix.system`" in refused.stderr
    assert "homeport workspace allow-global posix.system" in refused.stderr
    assert len(json.loads(homeport("model", "list", "--json").stdout)) == 1

    assert homeport("workspace", "allow-global", "posix.system").exit_code == 0
    trusted = homeport("model", "register", "evil", evil)
    assert (trusted.exit_code, trusted.stdout) == (0, "evil:2\n")
    assert "posix.system" not in trusted.stderr
    told = json.loads(homeport("workspace", "policy", "--json").stdout)
    assert told == {"workspace": "lab", "policy": "refuse", "allowedGlobals": ["posix.system"]}
    assert json.loads(homeport("model", "inspect", evil, "--json").stdout)["risks"] == []

    homeport("workspace", "disallow-global", "posix.system", "never.there")
    assert homeport("model", "register", "evil", evil).exit_code == 2
    homeport("workspace", "policy", "allow")
    silent = homeport("model", "register", "evil", evil)
    assert (silent.exit_code, silent.stdout) == (0, "evil:3\n")
    assert "posix" not in silent.stderr
    assert not (project / "canary").exists()
