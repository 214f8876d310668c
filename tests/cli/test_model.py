from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.sdk.model import Model
from homeport.sdk.workspace import Workspace
from tests.conftest import Homeport


@pytest.fixture
def lab(homeport: Homeport, workspace: Workspace, project: Path) -> Homeport:
    """The command in a folder with a workspace, a file and a folder to register."""
    (project / "iris.pkl").write_bytes(b"a" * 1500)
    (project / "net").mkdir()
    (project / "net" / "weights.bin").write_bytes(b"w" * 10)
    (project / "net" / "notes.txt").write_text("n")
    return homeport


def test_a_model_is_registered_by_positions_or_by_flags(lab: Homeport) -> None:
    cloud = ("-g", "group", "--subscription-id", "0000")
    ways = [
        ("iris", "iris.pkl"),
        ("-n", "iris", "-p", "iris.pkl"),
        ("--name", "iris", "iris.pkl"),
        ("-p", "iris.pkl", "iris"),
        ("-n", "iris", "-p", "iris.pkl", "-w", "lab", *cloud, "--path", "."),
    ]
    for version, words in enumerate(ways, 1):
        screen = lab("model", "register", *words)
        assert (screen.exit_code, screen.stdout) == (0, f"iris:{version}\n"), screen.stderr


def test_everything_that_is_said_of_a_model_is_kept(lab: Homeport, project: Path) -> None:
    (project / "in.json").write_text('{"data": [[1]]}')
    lab(
        *(
            "model",
            "register",
            "iris",
            "iris.pkl",
            "-d",
            "Ridge",
            "--property",
            "source=lab",
            "--sample-input",
            "in.json",
        ),
        *("--model-framework", "ScikitLearn", "--model-framework-version", "0.22.1", "--cc", "0.5", "--gb", "1"),
        *("--tag", "area=flowers", "type=regression"),
    )
    model = json.loads(lab("model", "show", "iris", "--json").stdout)
    assert model["description"] == "Ridge"
    assert model["tags"] == {"area": "flowers", "type": "regression"}
    assert model["properties"] == {"source": "lab"}
    assert (model["framework"], model["frameworkVersion"]) == ("ScikitLearn", "0.22.1")
    assert model["resourceConfiguration"]["cpu"] == 0.5
    assert [(file["path"], file["size"]) for file in model["files"]] == [("iris.pkl", 1500)]


def test_parts_of_a_folder_are_registered(lab: Homeport) -> None:
    assert lab("model", "register", "net", "net", "--child-path", "weights.bin").exit_code == 0
    files = json.loads(lab("model", "show", "net:1", "--json").stdout)["files"]
    assert [file["path"] for file in files] == ["net/weights.bin"]


def test_a_file_that_is_no_metadata_file_is_left_alone(lab: Homeport, project: Path) -> None:
    (project / "notes.json").write_text('{"mine": 1}')
    (project / "net.pkl").write_text("weights")
    for file in ("notes.json", "net.pkl"):
        refused = lab("model", "register", "net", "net.pkl", "-t", file)
        assert refused.exit_code == 2
    assert (project / "notes.json").read_text() == '{"mine": 1}'
    assert (project / "net.pkl").read_text() == "weights"
    assert lab("model", "list", "--json").stdout.strip() == "[]"


def test_the_metadata_file_of_the_original_is_written(lab: Homeport, project: Path) -> None:
    lab("model", "register", "-n", "iris", "-p", "iris.pkl", "--tag", "a=1", "-t", "model.json")
    assert json.loads((project / "model.json").read_text()) == {"modelId": "iris:1", "workspaceName": "lab"}


WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("iris",), 2, "the file or folder to register is missing"),
    ((), 2, "the model's name is missing"),
    (("iris", "iris.pkl", "more"), 2, "`more` is one word too many"),
    (("iris", "absent.pkl"), 2, "absent.pkl"),
    (("no spaces", "iris.pkl"), 2, "`no spaces` is not a usable model name"),
    (("iris", "iris.pkl", "--property", "novalue"), 2, "`novalue` is not `key=value`"),
    (("iris", "iris.pkl", "-t", "one.json", "-t", "two.json"), 2, "`two.json` is not `key=value`"),
    (("iris", "iris.pkl", "--model-framework-version", "1"), 2, "without model_framework"),
    (("iris", "iris.pkl", "--gb", "-1"), 2, "memory_in_gb must be greater than 0"),
    (("iris", "iris.pkl", "-w", "lap"), 1, "there is no workspace `lap` on this machine"),
]


def test_a_wrong_registration_is_refused(lab: Homeport) -> None:
    for words, status, message in WRONG:
        screen = lab("model", "register", *words)
        assert (screen.exit_code, screen.stdout) == (status, ""), (words, screen.stderr)
        assert "error: " in screen.stderr
        assert message in screen.stderr
    assert json.loads(lab("model", "list", "--json").stdout) == []


def test_models_are_listed_newest_first_and_by_what_they_have(lab: Homeport, workspace: Workspace) -> None:
    Model.register(workspace, "iris.pkl", "iris", tags={"area": "flowers"}, properties={"by": "me"})
    Model.register(workspace, "iris.pkl", "iris", tags={"area": "trees"}, model_framework="Onnx")
    Model.register(workspace, "net", "net")

    def listed(*words: str) -> list[str]:
        return [model["id"] for model in json.loads(lab("model", "list", *words, "--json").stdout)]

    assert listed() == ["net:1", "iris:2", "iris:1"]
    assert listed("iris") == listed("-n", "iris") == ["iris:2", "iris:1"]
    assert listed("--tag", "area=flowers") == ["iris:1"]
    assert listed("--tag", "area") == ["iris:2", "iris:1"]
    assert listed("--property", "by=me") == ["iris:1"]
    assert listed("--framework", "Onnx") == ["iris:2"]
    assert listed("--latest") == ["net:1", "iris:2"]
    table = lab("model", "list").stdout.splitlines()
    assert table[0].split() == ["MODEL", "FRAMEWORK", "SIZE", "REGISTERED", "TAGS"]
    assert table[2].startswith("iris:2  Onnx       1.5 kB")


def test_a_page_says_how_many_more_there_are(lab: Homeport, workspace: Workspace) -> None:
    for _ in range(3):
        Model.register(workspace, "iris.pkl", "iris")
    screen = lab("model", "list", "--limit", "2")
    assert [line.split()[0] for line in screen.stdout.splitlines()] == ["MODEL", "iris:3", "iris:2"]
    assert screen.stderr == "1 more: `--all` shows them, `--limit 20` some of them\n"
    assert lab("model", "list", "--all").stderr == ""


def test_no_models_are_no_data(lab: Homeport) -> None:
    screen = lab("model", "list")
    assert (screen.exit_code, screen.stdout, screen.stderr) == (0, "", "no models\n")


def test_a_near_miss_is_suggested(lab: Homeport, workspace: Workspace) -> None:
    Model.register(workspace, "iris.pkl", "iris")
    screen = lab("model", "show", "irs")
    assert (screen.exit_code, screen.stdout) == (1, "")
    assert screen.stderr.endswith("\n\nhint: did you mean `iris`?\n")


def test_one_model_is_named_in_any_of_the_ways(lab: Homeport, workspace: Workspace) -> None:
    Model.register(workspace, "iris.pkl", "iris")
    Model.register(workspace, "iris.pkl", "iris")
    for words in (["iris:1"], ["-i", "iris:1"], ["--model-id", "iris:1"], ["-n", "iris", "--version", "1"]):
        assert lab("model", "show", *words).stdout.startswith("model       iris:1\n")
    assert lab("model", "show", "iris:1", "-i", "iris:2").exit_code == 2
    assert lab("model", "show", "iris:1", "--version", "2").exit_code == 2
    assert lab("model", "show").exit_code == 2


def test_what_is_said_of_a_model_changes_and_its_bytes_do_not(lab: Homeport) -> None:
    lab("model", "register", "iris", "iris.pkl", "--tag", "a=1", "b=2", "--property", "p=1")
    before = json.loads(lab("model", "show", "iris", "--json").stdout)
    assert lab("model", "update", "iris", "-t", "a=3", "c=4", "--remove-tag", "b", "-d", "New").stdout == "iris:1\n"
    after = json.loads(lab("model", "show", "iris", "--json").stdout)
    assert (after["tags"], after["description"]) == ({"a": "3", "c": "4"}, "New")
    assert after["digest"] == before["digest"]
    refused = lab("model", "update", "iris", "-t", "d=5", "--property", "p=2")
    assert refused.exit_code == 1
    assert json.loads(lab("model", "show", "iris", "--json").stdout)["tags"] == {"a": "3", "c": "4"}
    assert lab("model", "update", "iris").exit_code == 2


def test_a_model_is_deleted_when_that_is_confirmed(lab: Homeport, workspace: Workspace) -> None:
    Model.register(workspace, "iris.pkl", "iris")
    unasked = lab("model", "delete", "iris:1")
    assert unasked.exit_code == 2
    assert unasked.stderr.endswith("hint: say `--yes` to go ahead\n")
    assert lab("model", "delete", "iris:1", "--yes").exit_code == 0
    assert lab("model", "show", "iris").exit_code == 1
    assert lab("model", "register", "iris", "iris.pkl").stdout == "iris:2\n"


def test_a_download_prints_its_path_and_overwrites_only_when_told(
    lab: Homeport, workspace: Workspace, project: Path
) -> None:
    Model.register(workspace, "iris.pkl", "iris")
    Model.register(workspace, "net", "net")
    assert lab("model", "download", "iris", "copy").stdout == "copy/iris.pkl\n"
    assert (project / "copy" / "iris.pkl").read_bytes() == b"a" * 1500
    assert lab("model", "download", "iris", "copy").exit_code == 1
    (project / "copy" / "iris.pkl").chmod(0o644)
    (project / "copy" / "iris.pkl").write_text("mine")
    assert lab("model", "download", "-i", "iris:1", "-t", "copy", "--overwrite").exit_code == 0
    assert (project / "copy" / "iris.pkl").read_bytes() == b"a" * 1500
    assert lab("model", "download", "-i", "net:1", "other").stdout == "other/net\n"


def test_without_a_workspace_the_way_to_one_is_said(homeport: Homeport) -> None:
    screen = homeport("model", "list")
    assert screen.exit_code == 2
    assert screen.stderr.startswith("error: no workspace configuration was found in ")
    assert "hint: run `homeport init`" in screen.stderr
