from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.json import JsonObject
from homeport.domain.lock import Lock
from homeport.environments import BuiltEnvironment, kept_or_new_lock, ready_environment, this_platform
from homeport.errors import EnvironmentBuildError, InvalidInputError
from tests.environments.conftest import Lines, definition_of
from tests.environments.wheels import index_of


class Kept:
    """A `LockKeeper` in memory."""

    def __init__(self) -> None:
        self.locks: dict[str, JsonObject] = {}

    def get(self, platform: str) -> JsonObject | None:
        return self.locks.get(platform)

    def keep(self, platform: str, lock: JsonObject) -> None:
        self.locks[platform] = lock


def test_a_new_lock_is_kept_and_a_kept_one_is_used(shelf_options: tuple[str, str]) -> None:
    kept = Kept()
    definition = definition_of(*shelf_options, "alpha<2")
    lock = kept_or_new_lock(definition, kept, progress=Lines())
    assert list(kept.locks) == [this_platform()]
    told = Lines()
    assert kept_or_new_lock(definition_of("what-no-index-has"), kept, progress=told) == lock
    assert told.lines == []


def test_a_kept_lock_of_a_built_environment_needs_no_work(
    tiny: BuiltEnvironment, tiny_lock: Lock, built_home: Path
) -> None:
    kept, told = Kept(), Lines()
    kept.keep(this_platform(), tiny_lock.to_json())
    assert ready_environment(definition_of("beta"), built_home, kept, progress=told) == tiny
    assert told.lines == []


def test_a_lock_of_a_newer_homeport_is_refused(tiny_lock: Lock) -> None:
    kept = Kept()
    kept.keep(this_platform(), {**tiny_lock.to_json(), "format": 99})
    with pytest.raises(InvalidInputError, match="format 99"):
        kept_or_new_lock(definition_of("beta"), kept, progress=Lines())


def test_user_managed_dependencies_mean_the_interpreter_that_is_named(tmp_path: Path) -> None:
    document = {"python": {"userManagedDependencies": True, "interpreterPath": sys.executable}}
    built = ready_environment(EnvironmentDefinition.from_json(document), tmp_path, Kept(), progress=Lines())
    assert (built.interpreter, built.lock) == (Path(sys.executable), None)


def test_user_managed_dependencies_inside_an_image_are_for_the_docker_runtime(tmp_path: Path) -> None:
    document = {"python": {"userManagedDependencies": True}, "docker": {"baseImage": "own/image:1"}}
    with pytest.raises(EnvironmentBuildError, match="only the image `own/image:1`"):
        ready_environment(EnvironmentDefinition.from_json(document), tmp_path, Kept(), progress=Lines())


def test_a_private_index_is_asked_with_the_definitions_login_which_no_lock_holds(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    kept = Kept()
    with index_of(shelf, login="user:s3cret") as url:
        definition = definition_of(f"--index-url {url.replace('://', '://user:s3cret@')}", "beta")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        lock = kept_or_new_lock(definition, kept, progress=Lines(), home=tmp_path / "home")
        text = json.dumps(kept.locks)
        assert ("s3cret" in text, lock.indexes) == (False, (url.split("/")[2],))
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache of another machine"))
        built = ready_environment(definition, tmp_path / "home", kept, progress=Lines())
    assert built.folder is not None
    assert not [path for path in built.folder.glob("*.json") if "s3cret" in path.read_text(encoding="utf-8")]
