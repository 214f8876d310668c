"""Resource configurations round-trip, and refuse what cannot be right when they are used."""

from __future__ import annotations

import pytest

from homeport import ResourceConfiguration
from homeport.errors import WebserviceException
from homeport.sdk.resource_configuration import configuration_of, resources_of


def test_it_is_read_back_as_it_was_written() -> None:
    document = {"cpu": 1.5, "memoryInGB": 2, "gpu": 1}
    found = ResourceConfiguration.deserialize(document)
    assert found is not None
    assert found.serialize() == document
    kept = configuration_of(resources_of(found))
    assert kept is not None
    assert kept.serialize() == document
    assert ResourceConfiguration.deserialize(None) is None
    assert configuration_of(None) is None
    with pytest.raises(KeyError):
        ResourceConfiguration.deserialize({"cpu": 1})


@pytest.mark.parametrize(
    "wrong",
    [ResourceConfiguration(cpu=0), ResourceConfiguration(memory_in_gb=-1), ResourceConfiguration(cpu="2"), {"cpu": 1}],  # type: ignore[arg-type]
    ids=["no cpu", "negative memory", "text", "a dict"],
)
def test_what_cannot_be_right_is_refused_when_it_is_used(wrong: ResourceConfiguration) -> None:
    with pytest.raises(WebserviceException) as caught:
        resources_of(wrong)
    assert caught.value.message
