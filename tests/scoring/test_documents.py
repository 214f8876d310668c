from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.scoring.documents import documents, read_own_documents
from homeport.scoring.faults import StartError

SCHEMAS: dict[str, Any] = {
    "input": {"type": "object", "properties": {"x": {"type": "number"}}, "example": {"x": 1.0}},
    "output": {"type": "number", "example": 1.0},
    "versions": ["2.0", "3.0", "3.1"],
}


def shapes(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document.get("definitions") or document["components"]["schemas"]
    return found


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for item in value.values() for found in references(item)]
    return [found for item in value for found in references(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("schemas", [None, SCHEMAS])
def test_every_reference_of_a_document_leads_somewhere(schemas: dict[str, Any] | None) -> None:
    for document in documents({}, schemas).values():
        assert references(document)
        for reference in references(document):
            found: Any = document
            for part in reference.removeprefix("#/").split("/"):
                found = found[part]
        json.dumps(document)


def test_the_decorators_shapes_stand_in_every_version() -> None:
    made = documents({}, SCHEMAS)
    assert [made["2"]["swagger"], made["3"]["openapi"], made["3.1"]["openapi"]] == ["2.0", "3.0.3", "3.1.0"]
    for document in made.values():
        assert shapes(document)["ServiceInput"] == SCHEMAS["input"]
        assert shapes(document)["ServiceOutput"] == SCHEMAS["output"]


def test_a_version_that_the_decorators_rule_out_is_not_made() -> None:
    assert list(documents({}, {**SCHEMAS, "versions": ["3.0", "3.1"]})) == ["3", "3.1"]


def test_a_recorded_sample_is_the_example_of_a_script_without_decorators() -> None:
    assert shapes(documents({}, None, {"data": [[1]]})["3"])["ServiceInput"]["example"] == {"data": [[1]]}
    assert shapes(documents({}, None)["3"])["ServiceInput"]["example"] == {}


def test_name_version_and_prefix_come_from_the_variables() -> None:
    variables = {"SERVICE_NAME": "iris", "SERVICE_VERSION": "7", "SERVICE_PATH_PREFIX": "/api/v1/"}
    for document in documents(variables, None).values():
        assert (document["info"]["title"], document["info"]["version"]) == ("iris", "7")
        assert list(document["paths"]) == ["/api/v1/", "/api/v1/score", "/api/v1/swagger.json"]


def test_the_users_own_files_are_read_and_must_be_json_objects(tmp_path: Path) -> None:
    (tmp_path / "swagger.json").write_text('{"mine": 1}')
    (tmp_path / "swagger2.json").write_text('{"mine": 2}')
    (tmp_path / "swagger3.json").write_text('{"mine": 3}')
    assert read_own_documents(tmp_path) == {"2": {"mine": 2}, "3": {"mine": 3}}
    (tmp_path / "swagger3.json").write_text("[]")
    with pytest.raises(StartError, match="not a JSON object"):
        read_own_documents(tmp_path)
