"""Requests that Schemathesis makes of the server's own OpenAPI documents: what they allow, and what they do not.

The documents have the structure of the reference's, which is wrong in three places. They name text/plain for `/`
(text/html) and `/swagger.json` (JSON), and they do not say which arguments are required. So content types are checked
at /score alone, and what a script with a schema must accept is checked with the required arguments added.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from homeport.domain.launch import Launch, ServerSpec
from tests.conftest import count
from tests.scoring.conftest import ECHO, Running, start_process, until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own dependencies'
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS

TYPED = """
import numpy as np, pandas as pd
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType as N
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType as P
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as S
from inference_schema.schema_decorators import input_schema, output_schema
def init(): pass
@input_schema("rows", N(np.array([1.5, 2.5])))
@input_schema("table", P(pd.DataFrame({"name": ["a"], "age": [1]})))
@input_schema("limit", S(1.5))
@output_schema(S({"rows": 1, "names": ["a"]}))
def run(rows, table, limit=2.5):
    return {"rows": len(rows), "names": [str(name) for name in table.iloc[:, 0]]}
"""
RAW = """
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse
def init(): pass
@rawhttp
def run(request):
    return AMLResponse({"method": request.method, "size": len(request.get_data())}, 200, json_str=True)
"""
SCRIPTS = {"string": ECHO, "object": TYPED, "raw": RAW}
ALWAYS = ["not_a_server_error", "status_code_conformance", "response_schema_conformance"]
AT_SCORE = [*ALWAYS, "content_type_conformance", "ignored_auth"]
KEY = {"Authorization": "Bearer the-first-key"}

Guarded = Callable[[str], Running]


@pytest.fixture
def guarded(launch: Callable[..., Launch], tmp_path: Path) -> Iterator[Guarded]:
    """A server of the script that asks for a key, as its documents say."""
    started: list[Running] = []

    def start(script: str) -> Running:
        (tmp_path / "keys").write_text("the-first-key the-second-key")
        (tmp_path / "state").mkdir()
        spec = ServerSpec(
            launch=launch(script, workers=2),
            port=0,
            key_file=str(tmp_path / "keys"),
            state_folder=str(tmp_path / "state"),
            control_socket=str(tmp_path / "c"),
        )
        started.append(start_process(spec, tmp_path))
        until(lambda: started[0].ask("GET", "/").status == 200)
        return started[0]

    yield start
    for running in started:
        running.end()


def described(running: Running, version: str) -> dict[str, Any]:
    document: dict[str, Any] = running.ask("GET", f"/swagger.json?version={version}", **KEY).json
    return document


def put_to_the_test(running: Running, document: dict[str, Any], mode: GenerationMode) -> Counter[int]:
    """Statuses of /score; a check that fails is Schemathesis' own error, which has the request as a curl command."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=f"http://127.0.0.1:{running.port}")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert [operation.label for operation in operations] == ["GET /", "POST /score", "GET /swagger.json"]
    statuses: Counter[int] = Counter()
    with requests.Session() as session:
        for operation in operations:
            at_score = operation.path == "/score"
            checks = [CHECKS.get_one(name) for name in (AT_SCORE if at_score else ALWAYS)]
            for case_status in answered(operation, mode, checks, session):
                statuses[case_status] += at_score
    return +statuses


def answered(operation: Any, mode: GenerationMode, checks: list[Any], session: requests.Session) -> list[int]:
    """The statuses of the requests that were made for one operation."""
    seen = []

    @settings(
        max_examples=count(15, 1500),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        response = case.call(session=session, headers=KEY)
        seen.append(response.status_code)
        case.validate_response(response, checks=checks, headers=KEY)

    check()
    return seen


@pytest.mark.soak
@pytest.mark.parametrize("kind", SCRIPTS)
@pytest.mark.parametrize("version", ["3", "3.1"])
def test_answers_are_as_the_documents_say_whatever_is_sent(guarded: Guarded, kind: str, version: str) -> None:
    running = guarded(SCRIPTS[kind])
    pids = running.worker_pids()
    document = described(running, version)
    allowed = put_to_the_test(running, document, GenerationMode.POSITIVE)
    other = put_to_the_test(running, document, GenerationMode.NEGATIVE)
    if kind != "object":
        assert set(allowed) == {200}  # they take everything
        assert set(other) <= {200, 400, 401}  # but no text that is not UTF-8, and no other key
    assert running.worker_pids() == pids
    assert "Traceback" not in "".join(line for line in running.text.splitlines() if "homeport/scoring" in line)


@pytest.mark.soak
def test_whatever_a_schema_allows_reaches_run_where_the_schema_says_all(guarded: Guarded) -> None:
    """The document leaves out that a body and its arguments are required, other columns refused, numbers of a size."""
    running = guarded(TYPED)
    document = described(running, "3")
    document["paths"]["/score"]["post"]["requestBody"]["required"] = True
    shape = document["components"]["schemas"]["ServiceInput"]
    shape["required"] = list(shape["properties"])
    rows, table = shape["properties"]["rows"], shape["properties"]["table"]
    rows["minItems"] = table["minItems"] = 1
    table["items"]["additionalProperties"] = False
    table["items"]["properties"]["age"].update(minimum=-(2**53), maximum=2**53)
    assert set(put_to_the_test(running, document, GenerationMode.POSITIVE)) == {200}
