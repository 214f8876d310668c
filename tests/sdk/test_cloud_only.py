"""Names of the cloud import, and say what to use instead as soon as they are called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from homeport.errors import CloudOnlyError, InvalidInputError, UserErrorException, WebserviceException
from homeport.sdk import cloud_only
from homeport.sdk.cloud_only import AksWebservice, ComputeTarget, Dataset, Experiment

CALLS: dict[str, Callable[[], object]] = {
    "constructing": lambda: Experiment(None, "e"),
    "a static method": lambda: AksWebservice.deploy_configuration(cpu_cores=1),
    "something further below": lambda: Dataset.Tabular.from_delimited_files("x.csv"),
    "with any arguments": lambda: ComputeTarget(workspace=None, name="cpu"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_call_says_what_to_use_instead(call: Callable[[], object]) -> None:
    with pytest.raises(CloudOnlyError, match="belongs to the cloud service") as caught:
        call()
    assert caught.value.hint
    for kind in (InvalidInputError, WebserviceException, UserErrorException, NotImplementedError):
        assert isinstance(caught.value, kind)


@pytest.mark.parametrize("name", cloud_only.INSTEAD)
def test_each_is_one_class_with_its_own_name(name: str) -> None:
    found = getattr(cloud_only, name)
    assert found.__name__ == name
    assert getattr(cloud_only, name) is found
    assert not isinstance(1, found)
    assert not hasattr(found, "_private")


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        cloud_only.Nothing  # noqa: B018
