"""Where a workspace's configuration is looked for, what it may hold, and what is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from homeport.errors import InvalidConfigError, UserErrorException
from homeport.sdk.workspace_config import find_config, read_config, scope_of, write_config

KEYS = {"subscription_id": "S", "resource_group": "G", "workspace_name": "W"}


def put(path: Path, **document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document or KEYS))
    return path


def below(project: Path) -> Path:
    folder = project / "a" / "b"
    folder.mkdir(parents=True)
    return folder


def test_a_parents_azureml_folder_comes_before_a_plain_file_right_here(project: Path) -> None:
    folder = below(project)
    put(folder / "config.json")
    wanted = put(project / ".azureml" / "config.json")
    assert find_config(folder) == wanted


def test_each_pass_walks_all_the_way_up_with_config_json_before_project_json(project: Path) -> None:
    folder = below(project)
    order = [
        project / ".azureml" / "config.json",
        folder / ".azureml" / "project.json",
        project / "aml_config" / "config.json",
        folder / "aml_config" / "project.json",
        folder / "config.json",
        project / "config.json",
        folder / "project.json",
        project / "project.json",
    ]
    for path in order:
        put(path)
    for path in order:
        assert find_config(folder) == path
        path.unlink()


def test_a_named_file_is_the_only_one_that_is_looked_for(project: Path) -> None:
    put(project / ".azureml" / "config.json")
    wanted = put(project / "mine.json")
    assert find_config(project, "mine.json") == wanted
    with pytest.raises(UserErrorException):
        find_config(project, "other.json")


def test_the_azureml_folder_itself_may_be_named_with_the_file(project: Path) -> None:
    put(project / ".azureml" / "config.json")
    assert read_config("./.azureml", "config.json").name == "W"


def test_a_file_of_any_name_is_read_directly(project: Path) -> None:
    put(project / "anything.txt")
    assert read_config("anything.txt").resource_group == "G"


def test_the_home_folder_is_expanded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(project))
    put(project / "config.json")
    assert read_config("~/config.json").subscription_id == "S"


def test_the_scope_wins_over_the_three_keys(project: Path) -> None:
    put(project / "config.json", **KEYS, Scope=scope_of("s2", "g2", "w2"), Id=None)
    config = read_config()
    assert (config.subscription_id, config.resource_group, config.name) == ("s2", "g2", "w2")


def test_empty_identifiers_and_other_keys_are_accepted(project: Path) -> None:
    put(project / "config.json", subscription_id="", resource_group="", workspace_name="W", more=1)
    assert read_config().name == "W"


def test_a_byte_order_mark_does_not_matter(project: Path) -> None:
    (project / "config.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(KEYS).encode())
    assert read_config().name == "W"


def test_missing_keys_are_named(project: Path) -> None:
    put(project / "config.json", subscription_id="S")
    with pytest.raises(UserErrorException, match="`resource_group`, `workspace_name`"):
        read_config()


def test_text_that_is_not_json_is_a_json_error_too(project: Path) -> None:
    (project / "config.json").write_text('{"subscription_id": ')
    with pytest.raises(json.JSONDecodeError) as caught:
        read_config()
    assert isinstance(caught.value, UserErrorException)
    assert caught.value.lineno == 1


def test_what_is_written_is_read_back(project: Path) -> None:
    scope = scope_of("S", "G", "W")
    assert write_config(scope) == Path(".azureml/config.json")
    assert json.loads((project / ".azureml" / "config.json").read_text()) == {"Id": None, "Scope": scope}
    config = read_config()
    assert (config.subscription_id, config.resource_group, config.name) == ("S", "G", "W")
    assert os.listdir(project / ".azureml") == ["config.json"]


def test_older_folders_and_files_stay_in_use(project: Path) -> None:
    (project / "aml_config").mkdir()
    assert write_config("/x") == Path("aml_config/config.json")
    put(project / "old" / ".azureml" / "project.json")
    assert write_config("/x", "old") == Path("old/.azureml/project.json")


def test_a_path_that_is_the_azureml_folder_gets_no_second_one(project: Path) -> None:
    (project / ".azureml").mkdir()
    assert write_config("/x", ".azureml") == Path(".azureml/config.json")


@pytest.mark.parametrize("name", ["mine", "mine.json", "mine.txt"])
def test_a_file_name_ends_in_json(project: Path, name: str) -> None:
    assert write_config("/x", file_name=name) == Path(".azureml/mine.json")


def test_the_base_folder_must_exist(project: Path) -> None:
    with pytest.raises(InvalidConfigError):
        write_config("/x", "nowhere")
