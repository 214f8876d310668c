from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from homeport.domain.environment import EnvironmentDefinition, EnvironmentVersion, is_vendor_image, parse_as_of
from homeport.errors import InvalidConfigError


def test_a_version_is_named_by_its_ref() -> None:
    stored = EnvironmentVersion(name="era", version="2", definition={}, created=datetime.now(timezone.utc))
    assert stored.ref == "era:2"


def test_a_partial_document_of_an_old_release_is_read() -> None:
    definition = EnvironmentDefinition.from_json({"name": "old", "python": None, "docker": {"enabled": True}})
    assert (definition.name, definition.python, definition.pip_packages) == ("old", None, ())
    assert (definition.interpreter_path, definition.user_managed, definition.image) == ("python", False, None)


def test_every_section_survives_as_data() -> None:
    document = {"name": "x", "spark": {"packages": [{"group": "g"}]}, "something": {"new": 1}}
    assert EnvironmentDefinition.from_json(document).to_json() == document


def test_variables_of_the_definition_win_over_the_specifications() -> None:
    document = {
        "environmentVariables": {"A": 1},
        "python": {"condaDependencies": {"variables": {"A": "0", "B": "2"}}},
    }
    assert EnvironmentDefinition.from_json(document).variables == {"A": "1", "B": "2"}


@pytest.mark.parametrize("key", ["asOf", "as_of"])
def test_the_date_may_be_written_by_hand(key: str) -> None:
    assert EnvironmentDefinition.from_json({key: "2020-03-01"}).as_of == date(2020, 3, 1)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (None, None),
        ("", None),
        (date(2020, 3, 1), date(2020, 3, 1)),
        (datetime(2020, 3, 1, 12), date(2020, 3, 1)),
        ("2020-03-01T10:00:00Z", date(2020, 3, 1)),
    ],
)
def test_dates_and_times_are_dates(value: object, day: date | None) -> None:
    assert parse_as_of(value) == day


@pytest.mark.parametrize("value", ["yesterday", "2020-13-01", "01.03.2020", 7])
def test_a_date_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InvalidConfigError, match="not a date"):
        parse_as_of(value)


@pytest.mark.parametrize(
    ("image", "vendors"),
    [
        ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20251130.v1", True),
        ("mcr.microsoft.com/azureml/intelmpi2018.3-ubuntu16.04", True),
        ("azureml/openmpi3.1.2-ubuntu18.04", True),
        ("mcr.microsoft.com/azureml/base:intelmpi2018.3-ubuntu16.04", True),
        ("mcr.microsoft.com/azureml/curated/sklearn:1", False),
        ("mcr.microsoft.com/dotnet/sdk", False),
        ("ubuntu:24.04", False),
    ],
)
def test_the_vendors_default_images_count_as_unset(image: str, vendors: bool) -> None:
    assert is_vendor_image(image) is vendors
    document = {"python": {"userManagedDependencies": True}, "docker": {"baseImage": image}}
    assert EnvironmentDefinition.from_json(document).is_only_image is not vendors


def test_an_image_with_packages_of_its_own_is_more_than_an_image() -> None:
    spec = {"dependencies": ["python=3.8", {"pip": ["joblib"]}]}
    document = {"python": {"condaDependencies": spec}, "docker": {"baseImage": "ubuntu"}}
    assert not EnvironmentDefinition.from_json(document).is_only_image
