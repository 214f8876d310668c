"""The descriptions of a script: Swagger 2.0, OpenAPI 3.0 and 3.1, or the user's own files in their place.

The structure is the reference's, the prose ours; the shapes are the decorators', or JSON of any shape without them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.domain.json import Json
from homeport.scoring.faults import StartError

Document = dict[str, Any]

OWN_FILES = (("2", "swagger.json"), ("2", "swagger2.json"), ("3", "swagger3.json"), ("3.1", "swagger3.1.json"))
SUPPORTED = {"2": "2.0", "3": "3.0", "3.1": "3.1"}  # the names that inference-schema has for them
SCORE = "Send one request to the script's run()."
HEALTH = "Answer as soon as the script has been loaded."
DESCRIBE = "Give this description, in the version asked for."
FAILURE = "What went wrong."


def documents(
    variables: Mapping[str, str], schemas: Mapping[str, Any] | None, sample: Json = None
) -> dict[str, Document]:
    """By version (`2`, `3`, `3.1`); `schemas` are those of the decorators, which may rule a version out.

    Without decorators `sample` is the example of an input.
    """
    definitions = shapes(schemas, sample)
    found = {
        "2": swagger_2(variables, definitions),
        "3": openapi("3.0.3", variables, definitions),
        "3.1": openapi("3.1.0", variables, definitions),
    }
    if schemas is None:
        return found
    return {version: found[version] for version, name in SUPPORTED.items() if name in schemas["versions"]}


def read_own_documents(app_root: Path) -> dict[str, Document]:
    """The user's files in `app_root`, which take the place of ours; they must be JSON (`StartError`)."""
    return {version: own_document(app_root / name) for version, name in OWN_FILES if (app_root / name).is_file()}


def own_document(path: Path) -> Document:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise StartError(
            "bad_swagger", f"`{path}` cannot be read: {wrong}", hint="correct it, or remove it to have one made"
        ) from wrong
    if not isinstance(document, dict):
        raise StartError("bad_swagger", f"`{path}` is not a JSON object")
    return document


def info(variables: Mapping[str, str]) -> Document:
    name = variables.get("SERVICE_NAME", "ML service")
    return {
        "title": name,
        "description": f"What `{name}` answers.",
        "version": variables.get("SERVICE_VERSION", "1.0"),
    }


def paths(variables: Mapping[str, str], health: Document, score: Document, describe: Document) -> Document:
    prefix = variables.get("SERVICE_PATH_PREFIX", "").strip("/")
    before = f"/{prefix}" if prefix else ""
    return {
        f"{before}/": {"get": {"operationId": "ServiceHealthCheck", "description": HEALTH, **health}},
        f"{before}/score": {
            "post": {"operationId": "RunMLService", "description": SCORE, "security": [{"Bearer": []}], **score}
        },
        f"{before}/swagger.json": {"get": {"operationId": "GetSwaggerSpec", "description": DESCRIBE, **describe}},
    }


def shapes(schemas: Mapping[str, Any] | None, sample: Json) -> Document:
    """Input, output and failure: of any shape where the script has no decorators."""
    example = {} if sample is None else sample
    read: Document = {"type": "object", "description": "The body of a request.", "example": example}
    given: Document = {"type": "object", "description": "What run() returned.", "example": {}}
    if schemas is not None:
        read, given = schemas["input"], schemas["output"]
    return {
        "ServiceInput": read,
        "ServiceOutput": given,
        "ErrorResponse": {
            "type": "object",
            "description": FAILURE,
            "properties": {"message": {"type": "string"}},
        },
    }


BEARER = {"type": "apiKey", "name": "Authorization", "in": "header", "description": "A key: `Bearer KEY`."}


def swagger_2(variables: Mapping[str, str], definitions: Document) -> Document:
    failure = {"description": FAILURE, "schema": {"$ref": "#/definitions/ErrorResponse"}}

    def answers(schema: Document, **more: Document) -> Document:
        return {"200": {"description": "Done.", "schema": schema, **more}, "default": failure}

    body = {"name": "serviceInputPayload", "in": "body", "schema": {"$ref": "#/definitions/ServiceInput"}}
    version = {"name": "version", "in": "query", "required": False, "type": "integer", "enum": [2, 3]}
    text = {"type": "string"}
    return {
        "swagger": "2.0",
        "info": info(variables),
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": BEARER},
        "paths": paths(
            variables,
            {"responses": answers(text, examples={"application/json": "Healthy"})},
            {"parameters": [body], "responses": answers({"$ref": "#/definitions/ServiceOutput"})},
            {"parameters": [version], "responses": answers(text)},
        ),
        "definitions": definitions,
    }


def openapi(version: str, variables: Mapping[str, str], definitions: Document) -> Document:
    def content(kind: str, schema: Document) -> Document:
        return {"content": {kind: {"schema": schema}}}

    def answers(done: Document) -> Document:
        failure = content("application/json", {"$ref": "#/components/schemas/ErrorResponse"})
        return {"200": {"description": "Done.", **done}, "default": {"description": FAILURE, **failure}}

    chosen = {"name": "version", "in": "query", "required": False, "schema": {"type": "integer", "enum": [2, 3]}}
    body = content("application/json", {"$ref": "#/components/schemas/ServiceInput"})
    output = content("application/json", {"$ref": "#/components/schemas/ServiceOutput"})
    return {
        "openapi": version,
        "info": info(variables),
        "security": [{"Bearer": []}],
        "paths": paths(
            variables,
            {"responses": answers(content("text/plain", {"type": "string", "example": "Healthy"}))},
            {"requestBody": body, "responses": answers(output)},
            {"parameters": [chosen], "responses": answers(content("text/plain", {"type": "string"}))},
        ),
        "components": {"schemas": definitions, "securitySchemes": {"Bearer": BEARER}},
    }
