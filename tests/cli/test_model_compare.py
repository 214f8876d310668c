"""`homeport model compare`: what is printed, and the exit status."""

from __future__ import annotations

import json
import pickletools
import struct
from pathlib import Path

import pytest

from homeport import Model, Workspace
from tests.conftest import Homeport
from tests.zoo.serve import zoo

OLD = next(kept for kept in zoo() if kept.name == "logistic-py37-2020")


@pytest.fixture
def data(project: Path) -> Path:
    path = project / "data.json"
    path.write_text(json.dumps(OLD.record["data"]))
    return path


def with_other_weights(written: bytes) -> bytes:
    """The same pickle with another first coefficient: the four of them are 32 bytes in it."""
    for operation, argument, _ in pickletools.genops(written):
        if operation.name == "SHORT_BINBYTES" and isinstance(argument, bytes) and len(argument) == 32:
            return written.replace(argument, struct.pack("<d", -7.5) + argument[8:])
    raise AssertionError("no coefficients in it")


def test_equal_models_are_equal_others_are_measured_and_what_is_not_answered_is_said(
    homeport: Homeport, workspace: Workspace, project: Path, data: Path
) -> None:
    Model.register(workspace, OLD.path, "old")
    (project / "other.pkl").write_bytes(with_other_weights(OLD.path.read_bytes()))
    (project / "bad.json").write_text("[[1]]")
    same = homeport("model", "compare", "old", "old:1", "--data", data, "--method", "predict_proba")
    assert same.exit_code == 0, same.stderr
    assert "predict_proba  16      yes    0        0        0" in same.stdout
    other = homeport("model", "compare", "old", "other.pkl", "--data", data, "--json")
    assert other.exit_code == 1
    predicted = json.loads(other.stdout)["methods"]["predict"]
    assert predicted["values"] == 8
    assert predicted["changed"] > 0
    refused = homeport("model", "compare", "old", "old", "--data", "bad.json")
    assert refused.exit_code == 1
    assert "does not answer that request" in refused.stderr
    assert "the rows of `data` have 1 values" in refused.stderr


def test_a_model_that_is_nowhere_is_named(homeport: Homeport, workspace: Workspace, data: Path) -> None:
    screen = homeport("model", "compare", "old", "older", "--data", data)
    assert (screen.exit_code, "`old` not found" in screen.stderr) == (1, True)
