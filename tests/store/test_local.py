from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homeport.domain.load_policy import LoadPolicy
from homeport.errors import InvalidConfigError, ModelNotFoundError
from homeport.store import open_store
from homeport.store.local import LocalStore
from tests.store.conftest import named


def test_the_policy_is_to_warn_until_another_is_kept(store: LocalStore, home: Path) -> None:
    assert store.load_policy == LoadPolicy(rule="warn", allowed=())
    kept = store.change_load_policy(rule="refuse", allow=["b.B", "a.A"])
    assert kept == store.load_policy == LoadPolicy(rule="refuse", allowed=("a.A", "b.B"))
    assert store.change_load_policy(disallow=["a.A", "never.there"]).allowed == ("b.B",)
    store.close()
    assert open_store(home, "work").load_policy == LoadPolicy(rule="refuse", allowed=("b.B",))


@pytest.mark.parametrize("wrong", [{"rule": "never"}, {"allow": ["mypackage.*"]}, {"allow": [" "]}])
def test_a_policy_that_cannot_be_changes_nothing(store: LocalStore, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidConfigError):
        store.change_load_policy(**wrong)  # type: ignore[arg-type]
    assert store.load_policy == LoadPolicy()


def test_a_catalog_from_before_findings_is_read_on(store: LocalStore, home: Path, weights: Path) -> None:
    old = store.models.register(named("old"), weights)
    store.close()
    with closing(sqlite3.connect(home / "workspaces/work/catalog.db")) as connection:
        connection.execute("DROP TABLE model_findings")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
        connection.commit()
    again = open_store(home, "work")
    assert again.models.get("old") == old
    assert again.models.findings(old) is None
    new = again.models.register(named("old", findings={"format": "onnx"}), weights)
    assert again.models.findings(new) == {"format": "onnx"}
    assert again.models.findings(old) is None
    again.models.delete("old", 2)
    with pytest.raises(ModelNotFoundError):
        again.models.findings(new)
