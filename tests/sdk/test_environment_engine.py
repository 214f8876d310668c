from __future__ import annotations

from homeport.sdk.environment import Environment


def test_the_engine_travels_with_the_definition() -> None:
    chosen = Environment("science", engine="uv")
    assert chosen._definition().engine == "uv"
    assert Environment._from_document(chosen._document()).engine == "uv"
    assert chosen._definition().packages_digest != Environment("science")._definition().packages_digest


def test_where_none_is_said_the_document_says_nothing() -> None:
    assert "engine" not in Environment("science")._document()
    assert Environment("science")._definition().engine is None
