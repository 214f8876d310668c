"""`Model`: registered, found, listed, changed, downloaded, deleted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeport import Model, ResourceConfiguration, Workspace
from homeport.errors import (
    ConflictError,
    InvalidInputError,
    ModelNotFoundException,
    UserErrorException,
    WebserviceException,
)

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def folder(project: Path) -> Path:
    (project / "parts" / "deep").mkdir(parents=True)
    (project / "parts" / "a.txt").write_text("a")
    (project / "parts" / "deep" / "b.txt").write_text("b")
    return project / "parts"


def test_registering_prints_one_line_and_counts_up(workspace: Workspace, weights: Path, capsys: Printed) -> None:
    versions = [Model.register(workspace, "weights.pkl", "iris").version for _ in range(3)]
    assert versions == [1, 2, 3]
    assert capsys.readouterr().out == "Registering model iris\n" * 3


def test_everything_that_was_said_comes_back(workspace: Workspace, weights: Path) -> None:
    Model.register(
        workspace=workspace,
        model_path=str(weights),
        model_name="iris",
        tags={"area": "flowers", "number": 1, "deep": {"x": [None]}},
        properties={"p": True},
        description="petals",
        datasets=[("training", "d1"), ("training", "d2")],
        model_framework=Model.Framework.SCIKITLEARN,
        model_framework_version="0.22.1",
        sample_input_dataset={"data": [[1.5]]},
        sample_output_dataset=[0],
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )
    model = Model(workspace, "iris")
    assert (model.name, model.version, model.id) == ("iris", 1, "iris:1")
    assert model.tags == {"area": "flowers", "number": 1, "deep": {"x": [None]}}
    assert model.properties == {"p": True}
    assert model.description == "petals"
    assert model.datasets == {"training": ["d1", "d2"]}
    assert (model.model_framework, model.model_framework_version) == ("ScikitLearn", "0.22.1")
    assert (model.sample_input_dataset, model.sample_output_dataset) == ({"data": [[1.5]]}, [0])
    assert model.resource_configuration is not None
    assert model.resource_configuration.serialize() == {"cpu": 1, "memoryInGB": 0.5, "gpu": None}
    assert model.url == "aml://asset/iris:1"
    assert model.created_time.tzinfo is not None


def test_the_framework_is_custom_where_none_is_named(workspace: Workspace, weights: Path) -> None:
    assert Model.register(workspace, weights, "iris").model_framework == "Custom"


def test_a_sample_may_be_the_path_of_a_json_file(workspace: Workspace, weights: Path, project: Path) -> None:
    (project / "sample.json").write_text('{"data": [1]}')
    model = Model.register(workspace, weights, "iris", sample_input_dataset="sample.json")
    assert model.sample_input_dataset == {"data": [1]}


def test_the_id_comes_before_name_and_version_and_those_before_the_filters(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "iris", tags={"a": "1"})
    Model.register(workspace, weights, "iris")
    Model.register(workspace, weights, "other")
    assert Model(workspace, "other", id="iris:1", version=9).id == "iris:1"
    assert Model(workspace, "iris", version=1, tags=["nowhere"]).version == 1
    assert Model(workspace, "iris", version="2").version == 2
    assert Model(workspace, "iris").version == 2
    assert Model(workspace, "iris", tags=[["a", "1"]]).version == 1
    assert Model(workspace, name="iris", tags=["a"], model_framework="Custom").version == 1


@pytest.mark.parametrize(
    "wanted",
    [{"name": "iris"}, {"id": "iris:3"}, {"name": "iris", "version": 2}, {"name": "iris", "tags": ["x"]}],
    ids=str,
)
def test_what_is_not_there_is_both_not_found_exceptions(workspace: Workspace, wanted: dict[str, object]) -> None:
    with pytest.raises(WebserviceException, match=r"ModelNotFound.*not found in provided workspace") as caught:
        Model(workspace, **wanted)  # type: ignore[arg-type]
    assert isinstance(caught.value, ModelNotFoundException)
    assert caught.value.message.startswith("ModelNotFound")


def test_a_near_miss_is_suggested(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "iris")
    with pytest.raises(WebserviceException, match="did you mean `iris`"):
        Model(workspace, "irs")


def test_without_a_workspace_it_is_an_empty_object() -> None:
    model = Model(None)
    assert (model.name, model.version, model.tags) == (None, None, None)
    assert model.serialize()["name"] is None


def test_listing_by_every_filter(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "a", tags={"t": "1"}, properties={"p": "1"}, model_framework="Onnx")
    Model.register(workspace, weights, "b", tags={"t": "2"}, datasets=[("x", "d")], run_id="r")
    Model.register(workspace, weights, "a", tags={"u": "1"})

    def refs(**wanted: object) -> list[str]:
        return [model.id for model in Model.list(workspace, **wanted)]  # type: ignore[arg-type]

    assert refs() == ["a:2", "b:1", "a:1"]
    assert refs(name="a") == ["a:2", "a:1"]
    assert refs(latest=True) == ["a:2", "b:1"]
    assert refs(tags=["t"]) == ["b:1", "a:1"]
    assert refs(tags=[["t", "1"]]) == ["a:1"]
    assert refs(tags=["t", ["t", "2"]]) == ["b:1"]
    assert refs(properties=[["p", "1"]]) == ["a:1"]
    assert refs(model_framework="Onnx") == ["a:1"]
    assert refs(dataset_id="d") == ["b:1"]
    assert refs(run_id="r") == ["b:1"]
    assert refs(name="zzz") == []
    assert refs(page_count=None) == refs(page_count=0) == refs(page_count=20) == refs()
    assert refs(limit=1) == ["a:2"]
    assert refs(limit=1, offset=1) == ["b:1"]


def test_update_replaces_what_is_given_and_cannot_clear(workspace: Workspace, weights: Path) -> None:
    model = Model.register(workspace, weights, "iris", tags={"a": 1}, description="old")
    model.update(tags={"b": 2}, description="new", sample_input_dataset=[1])
    assert (model.tags, model.description, model.sample_input_dataset) == ({"b": 2}, "new", [1])
    model.update(tags={}, description="")
    model.update()
    again = Model(workspace, "iris")
    assert (again.tags, again.description) == ({"b": 2}, "new")


def test_tags_are_added_and_removed_with_a_word_about_each_surprise(
    workspace: Workspace, weights: Path, capsys: Printed
) -> None:
    model = Model.register(workspace, weights, "iris", tags={"a": "1", "b": "1"})
    capsys.readouterr()
    model.add_tags({"a": "2", "c": "1"})
    assert capsys.readouterr().out == "Tag `a` was `1` and is now `2`\nModel iris:1: tags changed\n"
    model.remove_tags(["b", "zzz"])
    model.remove_tags("c")
    assert "Tag `zzz` was not there" in capsys.readouterr().out
    assert model.tags == Model(workspace, "iris").tags == {"a": "2"}


def test_a_property_never_changes_and_a_refused_change_changes_nothing(workspace: Workspace, weights: Path) -> None:
    model = Model.register(workspace, weights, "iris", properties={"p": 1})
    model.add_properties({"q": 2})
    with pytest.raises(WebserviceException) as caught:
        model.update_tags_properties(add_tags={"t": 1}, add_properties={"p": 3})
    assert isinstance(caught.value, ConflictError)
    again = Model(workspace, "iris")
    assert (again.properties, again.tags) == ({"p": 1, "q": 2}, {})


def test_serialize_has_the_originals_keys_in_their_order(workspace: Workspace, weights: Path) -> None:
    keys = (
        "createdTime createdBy description id mimeType name framework frameworkVersion tags properties unpack url "
        "version experimentName runId runDetails datasets resourceConfiguration sampleInputDatasetId "
        "sampleOutputDatasetId"
    )
    assert list(Model.register(workspace, weights, "iris").serialize()) == keys.split()


def test_repr_names_what_a_script_prints(workspace: Workspace, weights: Path) -> None:
    model = Model.register(workspace, weights, "iris", tags={"a": "1"})
    assert (
        repr(model)
        == f"Model(workspace={workspace!r}, name=iris, id=iris:1, version=1, tags={{'a': '1'}}, properties={{}})"
    )


def test_a_deleted_model_is_gone_and_its_number_is_not_used_again(workspace: Workspace, weights: Path) -> None:
    Model.register(workspace, weights, "iris").delete()
    assert Model.list(workspace) == []
    assert Model.register(workspace, weights, "iris").version == 2


@pytest.mark.parametrize(
    ("target", "path"),
    [(".", "weights.pkl"), ("out", "out/weights.pkl"), ("./out/", "out/weights.pkl"), ("a/b", "a/b/weights.pkl")],
)
def test_a_single_file_downloads_to_its_own_path(
    workspace: Workspace, weights: Path, project: Path, target: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model.register(workspace, weights, "iris")
    (project / "elsewhere").mkdir()
    monkeypatch.chdir(project / "elsewhere")
    assert model.download(target) == path
    assert Path(path).read_bytes() == b"weights"


def test_an_absolute_target_gives_an_absolute_path(workspace: Workspace, weights: Path, tmp_path: Path) -> None:
    assert Model.register(workspace, weights, "iris").download(tmp_path / "o") == str(tmp_path / "o" / "weights.pkl")


def test_a_folder_downloads_under_its_own_name(workspace: Workspace, folder: Path) -> None:
    model = Model.register(workspace, "parts", "iris")
    assert model.download("out") == "out/parts"
    assert sorted(str(path) for path in Path("out").rglob("*.txt")) == ["out/parts/a.txt", "out/parts/deep/b.txt"]


def test_a_folder_that_holds_one_file_gives_the_files_path(workspace: Workspace, folder: Path) -> None:
    model = Model.register(workspace, "parts", "iris", child_paths=["deep"])
    assert model.download("out") == "out/parts/deep/b.txt"


def test_a_file_in_the_way_is_kept_unless_that_is_said(workspace: Workspace, weights: Path, project: Path) -> None:
    model = Model.register(workspace, weights, "iris")
    weights.write_bytes(b"mine")
    with pytest.raises(WebserviceException):
        model.download()
    assert weights.read_bytes() == b"mine"
    (project / "unrelated").write_text("stays")
    for spelling in ({"exist_ok": True}, {"exists_ok": True}, {"exist_ok": None, "exists_ok": True}):
        weights.write_bytes(b"mine")
        assert model.download(**spelling) == "weights.pkl"  # type: ignore[arg-type]
        assert weights.read_bytes() == b"weights"
    assert (project / "unrelated").read_text() == "stays"


def test_a_missing_path_is_the_webservice_error_and_the_file_error(workspace: Workspace) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Model.register(workspace, "no*where", "iris")
    assert isinstance(caught.value, WebserviceException)
    assert Model.list(workspace) == []


def test_labels_that_json_cannot_hold_are_a_type_error(workspace: Workspace, weights: Path) -> None:
    with pytest.raises(TypeError):
        Model.register(workspace, weights, "iris", tags={"a": object()})


def test_packaging_says_that_it_is_not_there_yet(workspace: Workspace) -> None:
    with pytest.raises(WebserviceException, match="Docker runtime") as caught:
        Model.package(workspace, [])
    assert isinstance(caught.value, InvalidInputError)


def test_a_dict_of_tags_is_no_filter(workspace: Workspace) -> None:
    with pytest.raises(UserErrorException):
        Model.list(workspace, tags={"a": "1"})  # type: ignore[arg-type]


def test_a_file_may_be_named_in_any_folder(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "far" / "m.bin"
    path.parent.mkdir()
    path.write_bytes(os.urandom(10))
    assert Model.register(workspace, path, "far").version == 1


def test_registering_without_a_workspace_says_so(weights: Path) -> None:
    with pytest.raises(WebserviceException, match="`None` is not a workspace") as wrong:
        Model.register(None, weights, "iris")  # type: ignore[arg-type]
    assert isinstance(wrong.value, InvalidInputError)
