"""The tree of errors: kinds, the names that v1 scripts catch, their text, and their way between processes."""

from __future__ import annotations

import copy
import inspect
import json
import logging
import pickle

import pytest

from homeport import errors
from homeport.errors import (
    AzureMLException,
    EntryScriptError,
    HomeportError,
    InvalidConfigError,
    MissingPathError,
    ModelNotFoundError,
    ServiceNotFoundError,
    UnreadableConfigError,
    WebserviceException,
    WorkspaceException,
)

KINDS = (
    errors.InvalidInputError,
    errors.NotFoundError,
    errors.ConflictError,
    errors.UserCodeError,
    errors.UnavailableError,
)
BROKEN = json.JSONDecodeError("Expecting value", "{", 1)
SOME = [
    HomeportError("wrong", hint="do this"),
    InvalidConfigError("wrong", hint="do this"),
    MissingPathError("not there"),
    ModelNotFoundError("iris", ["irises"]),
    ServiceNotFoundError("svc"),
    UnreadableConfigError("no JSON", BROKEN, hint="mend it"),
    EntryScriptError("init() failed", detail="Traceback"),
    WebserviceException("wrong", status_code=404),
    WorkspaceException("wrong", found_multiple=True),
]


def concrete() -> list[type[HomeportError]]:
    found = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, HomeportError)]
    return [each for each in found if each.__name__.endswith("Error") and each not in (HomeportError, *KINDS)]


@pytest.mark.parametrize("error", concrete())
def test_every_concrete_error_is_one_kind_and_one_that_v1_scripts_catch(error: type[HomeportError]) -> None:
    assert len([kind for kind in KINDS if issubclass(error, kind)]) == 1
    assert issubclass(error, AzureMLException)


@pytest.mark.parametrize("error", SOME, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_a_copy_or_on_its_way_to_another_process(error: HomeportError) -> None:
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert (str(other), other.hint, vars(other)) == (str(error), error.hint, vars(error))


def test_the_text_of_a_v1_error_has_the_originals_four_parts() -> None:
    error = InvalidConfigError("it is wrong", hint="mend it", inner_exception=ValueError("inner"))
    assert str(error) == (
        "InvalidConfigError:\n\tMessage: it is wrong\n\nhint: mend it\n\tInnerException inner\n\tErrorResponse \n"
        '{\n    "error": {\n        "code": "UserError",\n        "message": "it is wrong"\n    }\n}'
    )
    assert error.message == "it is wrong"
    error.message = "otherwise"
    assert "Message: otherwise" in str(error)


def test_a_logger_that_is_given_logs_the_error(caplog: pytest.LogCaptureFixture) -> None:
    WebserviceException("wrong", logger=logging.getLogger("mine"))
    assert [(record.name, record.levelname, record.message) for record in caplog.records] == [
        ("mine", "ERROR", "wrong")
    ]
