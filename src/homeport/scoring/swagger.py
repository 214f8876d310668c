"""`/swagger.json`: which document a request means. The documents themselves belong to a generation."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

import orjson

from homeport.scoring.messages import Answer
from homeport.scoring.replies import FLAG, JSON, error

VERSIONS = {"2": "2", "2.0": "2", "3": "3", "3.0": "3", "3.1": "3.1"}


def answer(query: str, documents: Mapping[str, Mapping[str, object]]) -> Answer:
    """The document of `?version=`, 2 where none is named; 404 with the versions that there are."""
    wanted = parse_qs(query).get("version", ["2"])[0]
    document = documents.get(VERSIONS.get(wanted, ""))
    if document is None:
        return error(404, f"there is no description of version `{wanted}`: there are {', '.join(documents) or 'none'}")
    return Answer(200, [JSON, FLAG[False]], orjson.dumps(document))
