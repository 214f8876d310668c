from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import EnvironmentNotFoundError, InvalidConfigError, NotFoundError, UserErrorException
from homeport.store import open_store
from homeport.store.local import LocalStore


def test_versions_are_numbered_as_text(store: LocalStore) -> None:
    assert [store.environments.register("env", {"n": n}).version for n in range(3)] == ["1", "2", "3"]
    assert store.environments.register("other", {}).ref == "other:1"
    assert store.environments.get("env").definition == {"n": 2}
    assert store.environments.get("env", "2").definition == {"n": 1}


def test_a_definition_equal_to_the_newest_is_that_version(store: LocalStore) -> None:
    first = store.environments.register("env", {"a": [1, 2], "b": None})
    assert store.environments.register("env", {"b": None, "a": [1, 2]}) == first
    store.environments.register("env", {"a": 2})
    assert store.environments.register("env", {"a": [1, 2], "b": None}).version == "3"


def test_an_asked_version_is_written_and_never_counted_into_again(store: LocalStore) -> None:
    assert store.environments.register("env", {"a": 1}, "7").version == "7"
    assert store.environments.register("env", {"a": 2}).version == "8"
    assert store.environments.register("env", {"a": 3}, "2024-05-01").version == "2024-05-01"
    assert store.environments.register("env", {"a": 4}).version == "9"
    assert store.environments.register("env", {"a": 5}, "20240501123000").version == "20240501123000"
    assert store.environments.register("env", {"a": 6}).version == "10"


def test_writing_a_version_anew_replaces_its_definition_and_forgets_its_locks(store: LocalStore) -> None:
    store.environments.register("env", {"a": 1}, "1")
    store.environments.label("env", "1", ["live"])
    store.environments.keep_lock("env", "1", "linux", {"packages": []})
    assert store.environments.register("env", {"a": 1}, "1").labels == ("live",)
    assert store.environments.lock("env", "1", "linux") == {"packages": []}
    assert store.environments.register("env", {"a": 2}, "1").definition == {"a": 2}
    assert store.environments.lock("env", "1", "linux") is None
    assert store.environments.get("env", label="live").version == "1"
    assert len(store.environments.versions("env")) == 1


def test_a_label_moves_within_its_name(store: LocalStore) -> None:
    for name in ("env", "other"):
        for number in range(2):
            store.environments.register(name, {"n": number})
    store.environments.label("env", "1", ["live", "live", "Latest"])
    store.environments.label("other", "1", ["live"])
    store.environments.label("env", "2", ["live"])
    assert store.environments.get("env", label="live").version == "2"
    assert store.environments.get("env", label="Latest").version == "1"
    assert store.environments.get("other", label="live").version == "1"
    assert store.environments.get("env", "1").labels == ("Latest",)
    assert store.environments.get("env", "1", label="live").version == "1"


def test_the_list_has_the_newest_of_each_name(store: LocalStore) -> None:
    for name in ("b", "a", "b"):
        store.environments.register(name, {"n": len(store.environments.versions(name))})
    assert [version.ref for version in store.environments.list()] == ["a:1", "b:2"]
    assert [version.ref for version in store.environments.versions("b")] == ["b:2", "b:1"]
    assert store.environments.versions("nobody") == []


def test_locks_are_kept_for_each_version_and_platform(store: LocalStore, home: Path) -> None:
    store.environments.register("env", {"n": 1})
    store.environments.register("env", {"n": 2})
    store.environments.keep_lock("env", "1", "linux", {"v": 1})
    store.environments.keep_lock("env", "1", "linux", {"v": 2})
    store.environments.keep_lock("env", "1", "macos", {"v": 3})
    again = open_store(home, "work")
    assert again.environments.lock("env", "1", "linux") == {"v": 2}
    assert again.environments.lock("env", "1", "macos") == {"v": 3}
    assert again.environments.lock("env", "2", "linux") is None
    again.close()


def test_what_is_not_there_is_not_found_with_what_is(store: LocalStore) -> None:
    store.environments.register("env", {})
    for call in (
        lambda: store.environments.get("nobody"),
        lambda: store.environments.get("env", "2"),
        lambda: store.environments.get("env", label="live"),
        lambda: store.environments.label("env", "2", ["live"]),
        lambda: store.environments.keep_lock("env", "2", "linux", {}),
        lambda: store.environments.lock("nobody", "1", "linux"),
    ):
        with pytest.raises(EnvironmentNotFoundError) as missing:
            call()
        assert isinstance(missing.value, NotFoundError)
        assert isinstance(missing.value, UserErrorException)
        assert missing.value.hint
    with pytest.raises(EnvironmentNotFoundError, match="version `2`") as missing:
        store.environments.get("env", "2")
    assert missing.value.hint == "its newest versions are 1"


@pytest.mark.parametrize("name", ["x" * 256, "half \ud800", None, 7])
def test_what_is_no_text_is_refused(store: LocalStore, name: str) -> None:
    with pytest.raises(InvalidConfigError):
        store.environments.register(name, {})
    with pytest.raises(InvalidConfigError):
        store.environments.label("env", "1", [name])


def test_any_name_of_plain_text_will_do(store: LocalStore) -> None:
    for name in ("", "AzureML-Minimal", "mit Leerzeichen", "環境"):
        assert store.environments.register(name, {"x": name}).name == name
        assert store.environments.get(name).definition == {"x": name}


def test_what_json_cannot_say_is_a_type_error(store: LocalStore) -> None:
    with pytest.raises(TypeError):
        store.environments.register("env", {"a": object()})  # type: ignore[dict-item]
    assert store.environments.list() == []


def test_all_locks_of_a_version_and_of_all_versions(store: LocalStore) -> None:
    store.environments.register("env", {"a": 1})
    store.environments.register("env", {"a": 2})
    store.environments.keep_lock("env", "1", "linux-x86_64", {"hash": "aa"})
    store.environments.keep_lock("env", "1", "macos-arm64", {"hash": "bb"})
    store.environments.keep_lock("env", "2", "linux-x86_64", {"hash": "aa"})
    assert store.environments.locks("env", "1") == {"linux-x86_64": {"hash": "aa"}, "macos-arm64": {"hash": "bb"}}
    assert [(ref, lock["hash"]) for ref, lock in store.environments.every_lock()] == [
        ("env:1", "aa"),
        ("env:1", "bb"),
        ("env:2", "aa"),
    ]


def test_a_deleted_version_is_gone_with_its_locks_and_its_number_stays_used(store: LocalStore) -> None:
    store.environments.register("env", {"a": 1})
    store.environments.label("env", "1", ["live"])
    store.environments.keep_lock("env", "1", "linux-x86_64", {"hash": "aa"})
    store.environments.delete("env", "1")
    assert store.environments.versions("env") == []
    assert store.environments.every_lock() == []
    assert store.environments.register("env", {"a": 1}).version == "2"


def test_a_mistyped_name_is_suggested(store: LocalStore) -> None:
    store.environments.register("tutorial-env", {})
    with pytest.raises(EnvironmentNotFoundError) as wrong:
        store.environments.get("tutorial-emv")
    assert wrong.value.hint == "did you mean `tutorial-env`?"
