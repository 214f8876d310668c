from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from homeport.domain.model import ModelFilter, Resources
from homeport.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidCallError,
    ModelNotFoundError,
    NotFoundError,
    WebserviceException,
)
from homeport.store import ModelChange, create_store, open_store
from homeport.store.local import LocalStore
from tests.store.conftest import named

Blobs = Callable[[], list[Path]]


def test_a_registered_model_is_what_was_said_about_it(store: LocalStore, weights: Path) -> None:
    description = named(
        "iris",
        tags={"area": "flowers", "n": 3, "deep": {"list": [1, None]}},
        properties={"loss": 0.25},
        description="Fisher's",
        framework="ScikitLearn",
        framework_version="0.22.1",
        sample_input={"data": [[1, 2]]},
        sample_output=[0],
        resources=Resources(cpu=1.5, memory_in_gb=0.5),
        run_id="run-7",
        experiment_name="tuning",
        datasets=(("training", "data:1"),),
        findings={"format": "pickle", "risks": []},
    )
    model = store.models.register(description, weights)
    assert store.models.findings(model) == {"format": "pickle", "risks": []}
    assert store.models.get("iris") == store.models.get("iris", 1) == model
    assert (model.ref, model.size) == ("iris:1", weights.stat().st_size)
    assert model.digest == store.models.files(model).digest
    assert model.created_by
    assert abs(model.created - datetime.now(timezone.utc)) < timedelta(minutes=5)
    said = {key: getattr(description, key) for key in description.__slots__ if key != "findings"}
    assert {key: getattr(model, key) for key in said} == said


def test_versions_count_from_one_for_each_name(store: LocalStore, weights: Path) -> None:
    refs = [store.models.register(named(name), weights).ref for name in ("a", "b", "a", "a")]
    assert refs == ["a:1", "b:1", "a:2", "a:3"]
    assert store.models.get("a").version == 3
    assert store.models.names() == ["a", "b"]


def test_a_number_is_never_used_twice(store: LocalStore, home: Path, weights: Path) -> None:
    for _ in range(3):
        store.models.register(named("a"), weights)
    store.models.delete("a", 3)
    assert store.models.get("a").version == 2
    store.models.delete("a", 1)
    store.models.delete("a", 2)
    assert store.models.names() == []
    again = open_store(home, "work")
    assert again.models.register(named("a"), weights).ref == "a:4"
    again.close()


def test_workspaces_count_on_their_own(store: LocalStore, home: Path, weights: Path) -> None:
    store.models.register(named("a"), weights)
    other = create_store(home, "other")
    assert other.models.register(named("a"), weights).ref == "a:1"
    other.close()


def test_equal_bytes_are_stored_once_and_read_only(store: LocalStore, folder: Path, blobs: Blobs) -> None:
    store.models.register(named("a"), folder)
    store.models.register(named("b"), folder)
    store.models.register(named("c"), folder / "part" / "a.bin")
    assert len(blobs()) == 3
    assert {stat.S_IMODE(blob.stat().st_mode) for blob in blobs()} == {0o444}
    files = store.models.files(store.models.get("a"))
    assert [file.path for file in files.files] == [
        "net/.hidden",
        "net/config.json",
        "net/part/a.bin",
        "net/part/copy of a.bin",
    ]


def test_only_the_children_are_stored(store: LocalStore, folder: Path) -> None:
    model = store.models.register(named("a"), folder, child_paths=["part/a.bin"])
    assert [file.path for file in store.models.files(model).files] == ["net/part/a.bin"]


def test_a_refused_registration_leaves_nothing_behind(store: LocalStore, folder: Path, blobs: Blobs) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(InvalidCallError):
        store.models.register(named("a"), folder)
    assert (blobs(), store.models.count(), store.collect().files) == ([], 0, 0)


@pytest.mark.parametrize(
    "said",
    [{"tags": {"a": object()}}, {"properties": {"a": {1, 2}}}, {"sample_input": b"x"}, {"sample_output": object()}],
)
def test_what_json_cannot_say_is_a_type_error_before_copying(
    store: LocalStore, weights: Path, blobs: Blobs, said: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        store.models.register(named("a", **said), weights)
    assert blobs() == []


@pytest.mark.parametrize("said", [{"description": "half \ud800"}, {"framework": "a\0b"}, {"description": 7}])
def test_what_is_no_text_is_refused(store: LocalStore, weights: Path, said: dict[str, Any]) -> None:
    with pytest.raises(InvalidCallError, match="must be plain text"):
        store.models.register(named("a", **said), weights)


def test_odd_but_legal_values_come_back(store: LocalStore, weights: Path) -> None:
    tags = {"": "", "ключ": "значение", "half": "\ud800", "nul": "\0", "nan": float("inf"), "long": "x" * 100_000}
    store.models.register(named("a", tags=tags), weights)
    assert store.models.get("a").tags == tags
    for pair in tags.items():
        assert store.models.count(ModelFilter(tags=(pair,))) == 1
    assert store.verify() == []


def test_names_that_are_not_utf8_survive(store: LocalStore, tmp_path: Path) -> None:
    source = tmp_path / "odd"
    source.mkdir()
    (source / os.fsdecode(b"caf\xe9.bin")).write_text("x")
    model = store.models.register(named("a"), source)
    assert store.models.download(model, tmp_path / "out") == [tmp_path / "out" / "odd" / os.fsdecode(b"caf\xe9.bin")]
    assert store.verify() == []


@pytest.mark.parametrize("version", [0, -1, 2, 2**31, 2**70])
def test_a_version_that_is_not_there_is_not_found(store: LocalStore, weights: Path, version: int) -> None:
    store.models.register(named("iris"), weights)
    with pytest.raises(ModelNotFoundError, match=rf"^ModelNotFoundError:\n\tMessage: ModelNotFound.*iris:{version}`"):
        store.models.get("iris", version)
    with pytest.raises(ModelNotFoundError):
        store.models.delete("iris", version)
    with pytest.raises(ModelNotFoundError):
        store.models.change("iris", version, ModelChange())


@pytest.mark.parametrize("name", ["irs", "", "\ud800", "a\0b", "iris'; --"])
def test_a_name_that_is_not_there_is_not_found(store: LocalStore, weights: Path, name: str) -> None:
    store.models.register(named("iris"), weights)
    with pytest.raises(ModelNotFoundError) as missing:
        store.models.get(name)
    assert isinstance(missing.value, NotFoundError)
    if name == "irs":
        assert missing.value.hint == "did you mean `iris`?"


def test_a_missing_version_hints_at_those_that_are_there(store: LocalStore, weights: Path) -> None:
    store.models.register(named("iris"), weights)
    store.models.register(named("iris"), weights)
    with pytest.raises(ModelNotFoundError) as missing:
        store.models.get("iris", 7)
    assert missing.value.hint == "versions of `iris`, newest first: 2, 1"


def test_a_deleted_model_is_gone_and_its_files_are_not_found(store: LocalStore, weights: Path, tmp_path: Path) -> None:
    model = store.models.register(named("iris"), weights)
    store.models.delete("iris", 1)
    assert store.models.list() == []
    for call in (
        lambda: store.models.files(model),
        lambda: store.models.download(model, tmp_path / "out"),
        lambda: store.models.place(model, tmp_path / "out"),
        lambda: store.models.delete("iris", 1),
    ):
        with pytest.raises(ModelNotFoundError):
            call()


def test_a_change_is_applied_whole(store: LocalStore, weights: Path) -> None:
    before = store.models.register(named("iris", tags={"a": 1, "b": 2}, properties={"p": 1}), weights)
    change = ModelChange(
        add_tags={"b": 3, "c": [4]},
        remove_tags=["a", "unknown"],
        add_properties={"q": 2},
        description="new",
        sample_input={"data": [1]},
        sample_output=[2],
        resources=Resources(cpu=1),
    )
    after = store.models.change("iris", 1, change)
    assert after.updated > before.updated
    expected = replace(
        before,
        tags={"b": 3, "c": [4]},
        properties={"p": 1, "q": 2},
        description="new",
        sample_input={"data": [1]},
        sample_output=[2],
        resources=Resources(cpu=1),
        updated=after.updated,
    )
    assert after == expected == store.models.get("iris")
    assert store.models.change("iris", 1, ModelChange(tags={"x": 1})).tags == {"x": 1}
    assert store.models.change("iris", 1, ModelChange(tags={})).tags == {}
    assert store.verify() == []


def test_a_known_property_is_refused_and_nothing_of_the_change_happens(store: LocalStore, weights: Path) -> None:
    before = store.models.register(named("iris", properties={"p": 1}), weights)
    with pytest.raises(AlreadyExistsError, match="`p`") as refused:
        store.models.change("iris", 1, ModelChange(add_tags={"t": 1}, add_properties={"p": 1, "q": 2}))
    assert isinstance(refused.value, ConflictError)
    assert isinstance(refused.value, WebserviceException)
    assert store.models.get("iris") == before


def test_changes_are_found_by_what_they_say_now(store: LocalStore, weights: Path) -> None:
    store.models.register(named("iris", tags={"stage": "test"}), weights)
    store.models.change("iris", 1, ModelChange(add_tags={"stage": "live"}))
    assert store.models.count(ModelFilter(tags=(("stage", "test"),))) == 0
    assert store.models.count(ModelFilter(tags=(("stage", "live"),))) == 1


FILTERS: list[tuple[ModelFilter, list[str]]] = [
    (ModelFilter(), ["b:2", "c:1", "b:1", "a:2", "a:1"]),
    (ModelFilter(latest=True), ["b:2", "c:1", "a:2"]),
    (ModelFilter(name="a"), ["a:2", "a:1"]),
    (ModelFilter(name="a", latest=True), ["a:2"]),
    (ModelFilter(name="a", version=1), ["a:1"]),
    (ModelFilter(version=2), ["b:2", "a:2"]),
    (ModelFilter(version=2**80), []),
    (ModelFilter(name="nobody"), []),
    (ModelFilter(tags=(("stage", "live"),)), ["b:1", "a:1"]),
    (ModelFilter(tags=(("stage", "live"),), latest=True), []),
    (ModelFilter(tag_keys=("stage",)), ["b:1", "a:2", "a:1"]),
    (ModelFilter(tag_keys=("stage",), tags=(("n", 1),)), ["b:1", "a:1"]),
    (ModelFilter(tags=(("n", "1"),)), ["b:1", "a:1"]),
    (ModelFilter(tags=(("n", 1), ("stage", "live"))), ["b:1", "a:1"]),
    (ModelFilter(tags=(("stage", {"no": "such"}),)), []),
    (ModelFilter(properties=(("deep", {"b": 1, "a": [2]}),)), ["c:1"]),
    (ModelFilter(property_keys=("deep",)), ["c:1"]),
    (ModelFilter(property_keys=("stage",)), []),
    (ModelFilter(framework="Onnx"), ["b:2"]),
    (ModelFilter(framework="Custom", name="b"), ["b:1"]),
    (ModelFilter(run_id="run-1"), ["c:1"]),
    (ModelFilter(run_id="run-2"), []),
    (ModelFilter(dataset_id="data:9"), ["b:2", "c:1"]),
]


@pytest.fixture
def filled(store: LocalStore, weights: Path) -> LocalStore:
    """Five models with what filters look at; b:3 was deleted."""
    for description in (
        named("a", tags={"stage": "live", "n": 1}),
        named("a", tags={"stage": "test"}),
        named("b", tags={"stage": "live", "n": "1"}),
        named("c", properties={"deep": {"a": [2], "b": 1}}, run_id="run-1", datasets=(("training", "data:9"),)),
        named("b", framework="Onnx", datasets=(("training", "data:8"), ("scoring", "data:9"))),
        named("b"),
    ):
        store.models.register(description, weights)
    store.models.delete("b", 3)
    return store


@pytest.mark.parametrize(("wanted", "expected"), FILTERS)
def test_every_filter_gives_what_it_says_newest_first(
    filled: LocalStore, wanted: ModelFilter, expected: list[str]
) -> None:
    assert [model.ref for model in filled.models.list(wanted)] == expected
    assert filled.models.count(wanted) == len(expected)


def test_pages_together_are_the_whole_list(filled: LocalStore) -> None:
    pages = [filled.models.list(limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [model for page in pages for model in page] == filled.models.list()
    assert filled.models.list(limit=0) == []
