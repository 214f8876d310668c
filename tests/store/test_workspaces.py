from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
    UserErrorException,
    WorkspaceException,
    WorkspaceNotFoundError,
)
from homeport.store import create_store, delete_store, home_folder, list_stores, open_store
from homeport.store.local import LocalStore
from homeport.store.locks import BytesLock
from tests.store.conftest import Program, named


def test_the_home_is_the_variable_or_below_the_user() -> None:
    assert home_folder({"HOMEPORT_HOME": "/some/where"}) == Path("/some/where")
    assert home_folder({"HOMEPORT_HOME": "~/x"}) == Path.home() / "x"
    assert home_folder({}) == Path.home() / ".homeport"
    assert home_folder({"HOMEPORT_HOME": "here"}) == Path.cwd() / "here"


def test_a_created_workspace_is_listed_and_opens_with_its_details(home: Path) -> None:
    details = {"subscription_id": "s", "resource_group": "g", "location": "here", "tags": {"a": 1}}
    create_store(home, "work", details=details).close()
    create_store(home, "other").close()
    assert list_stores(home) == ["other", "work"]
    store = open_store(home, "work")
    assert (store.name, store.details, store.notice) == ("work", details, None)
    store.close()


def test_a_home_without_workspaces_has_an_empty_list(home: Path) -> None:
    assert list_stores(home) == []


def test_a_second_creation_is_refused_and_changes_nothing(store: LocalStore, home: Path, weights: Path) -> None:
    store.models.register(named("iris"), weights)
    with pytest.raises(ConflictError, match="`work` is here already") as refused:
        create_store(home, "work")
    assert isinstance(refused.value, WorkspaceException)
    again = create_store(home, "work", exist_ok=True, details={"location": "elsewhere"})
    assert again.models.names() == ["iris"]
    assert again.details == {}
    again.close()


@pytest.mark.parametrize("name", ["ab", "with space", "../../etc", "a" * 34, "-abc", "", None])
def test_an_unusable_name_is_refused_before_anything_is_made(home: Path, name: str) -> None:
    with pytest.raises(InvalidInputError):
        create_store(home, name)
    assert not home.exists()


@pytest.mark.parametrize("name", ["nothing", "../work", "work/../work", "", "work/"])
def test_a_workspace_that_is_not_here_is_not_found(store: LocalStore, home: Path, name: str) -> None:
    for look_up in (open_store, delete_store):
        with pytest.raises(WorkspaceNotFoundError) as missing:
            look_up(home, name)
        assert isinstance(missing.value, NotFoundError)
        assert isinstance(missing.value, UserErrorException)
    assert list_stores(home) == ["work"]


def test_a_near_miss_is_suggested_with_the_commands_that_create(store: LocalStore, home: Path) -> None:
    with pytest.raises(WorkspaceNotFoundError) as missing:
        open_store(home, "wrk")
    assert missing.value.hint is not None
    assert "`work`" in missing.value.hint
    assert "homeport init --name wrk" in missing.value.hint
    assert "homeport workspace create wrk" in missing.value.hint


def test_the_home_and_its_workspaces_are_private(store: LocalStore, home: Path, weights: Path) -> None:
    store.models.register(named("iris"), weights)
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert stat.S_IMODE((home / "workspaces/work/catalog.db").stat().st_mode) == 0o600


def test_a_deleted_workspace_is_gone_with_its_bytes(store: LocalStore, home: Path, weights: Path) -> None:
    store.models.register(named("iris"), weights)
    delete_store(home, "work")
    assert list_stores(home) == []
    assert list((home / "workspaces").iterdir()) == []


def test_a_handle_to_a_deleted_workspace_says_so(store: LocalStore, home: Path, weights: Path) -> None:
    delete_store(home, "work")
    for call in (
        lambda: store.models.list(),
        lambda: store.models.register(named("iris"), weights),
        lambda: store.collect(),
        lambda: store.environments.register("e", {}),
    ):
        with pytest.raises(WorkspaceNotFoundError, match="deleted meanwhile"):
            call()
    assert list_stores(home) == []


def test_a_handle_does_not_write_into_a_workspace_that_took_the_place(
    store: LocalStore, home: Path, weights: Path
) -> None:
    delete_store(home, "work")
    create_store(home, "work").close()
    with pytest.raises(WorkspaceNotFoundError):
        store.models.register(named("iris"), weights)
    fresh = open_store(home, "work")
    assert fresh.models.names() == []
    fresh.close()


def test_a_workspace_in_use_is_not_deleted(store: LocalStore, home: Path) -> None:
    with BytesLock(home / "workspaces/work").shared(), pytest.raises(UnavailableError, match="under way"):
        delete_store(home, "work", patience=0.1)
    assert list_stores(home) == ["work"]


def test_half_made_and_half_deleted_workspaces_are_invisible_and_swept(home: Path) -> None:
    create_store(home, "work").close()
    workspaces = home / "workspaces"
    (workspaces / "work").rename(workspaces / ".creating-old")
    (workspaces / ".deleting-x").mkdir()
    (workspaces / ".creating-now").mkdir()
    (workspaces / "empty").mkdir()
    os.utime(workspaces / ".creating-old", (0, 0))
    assert list_stores(home) == []
    create_store(home, "next").close()
    assert sorted(path.name for path in workspaces.iterdir()) == [".creating-now", "empty", "next"]


def test_many_processes_may_create_the_same_workspace(home: Path, program: Program) -> None:
    code = (
        "import sys; from pathlib import Path; from homeport.store import create_store;"
        "create_store(Path(sys.argv[1]), 'work', exist_ok=True).models.names()"
    )
    running = [program(code, home) for _ in range(4)]
    assert [process.communicate()[1] for process in running] == [""] * 4
    assert [path.name for path in (home / "workspaces").iterdir()] == ["work"]


def test_a_home_that_cannot_be_made_is_an_error_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConflictError, match="in the way"):
        create_store(tmp_path / "file" / "home", "work")


def test_importing_and_listing_load_no_database_code(home: Path) -> None:
    create_store(home, "work").close()
    code = (
        "import sys; from pathlib import Path; import homeport.store as store;"
        "print(store.list_stores(Path(sys.argv[1])));"
        "print(sorted({'sqlalchemy', 'alembic'} & set(sys.modules)))"
    )
    seen = subprocess.run([sys.executable, "-c", code, home], capture_output=True, text=True, check=True)
    assert seen.stdout == "['work']\n[]\n"


def test_opening_a_current_catalog_loads_no_migrations(home: Path) -> None:
    create_store(home, "work").close()
    code = (
        "import sys; from pathlib import Path; import homeport.store as store;"
        "store.open_store(Path(sys.argv[1]), 'work').models.list(); print('alembic' in sys.modules)"
    )
    seen = subprocess.run([sys.executable, "-c", code, home], capture_output=True, text=True, check=True)
    assert seen.stdout == "False\n"
