from __future__ import annotations

import pytest

from homeport.environments.conda_channels import places_of, with_credentials, without_secrets
from homeport.environments.conda_settings import CondaSettings
from homeport.errors import InvalidConfigError
from tests.environments.conda import conda_definition


def addresses(*channels: str, settings: CondaSettings | None = None) -> list[str]:
    return [place.address for place in places_of(channels, settings or CondaSettings())]


def test_a_channel_is_a_name_an_address_or_a_folder() -> None:
    assert addresses("conda-forge", "https://x.example/y/", "file:///c", "/d", "bioconda/label/dev") == [
        "https://conda.anaconda.org/conda-forge",
        "https://x.example/y",
        "file:///c",
        "file:///d",
        "https://conda.anaconda.org/bioconda/label/dev",
    ]


def test_defaults_are_what_the_settings_say_and_nodefaults_is_nothing() -> None:
    main, r = "https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"
    assert addresses("defaults", "nodefaults", "pkgs/main") == [main, r]
    assert addresses() == [main, r]
    ours = CondaSettings(default_channels=("https://a.example/main",), channels=("lab", "defaults"))
    assert addresses("defaults", settings=ours) == ["https://a.example/main"]
    assert addresses(settings=ours) == ["https://conda.anaconda.org/lab", "https://a.example/main"]


def test_names_of_the_users_own() -> None:
    settings = CondaSettings(
        alias="https://near.example/conda",
        custom_channels={"lab": "https://lab.example/conda", "here": "/channels"},
        multichannels={"all": ("lab", "else")},
    )
    assert addresses("lab", "lab/label/dev", "here", "all", settings=settings) == [
        "https://lab.example/conda/lab",
        "https://lab.example/conda/lab/label/dev",
        "file:///channels/here",
        "https://near.example/conda/else",
    ]


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="one folder") as caught:
        places_of(["./channel"], CondaSettings())
    assert caught.value.hint and "absolute" in caught.value.hint


def test_mirrors_by_name_or_by_the_beginning_of_an_address() -> None:
    settings = CondaSettings(
        mirrors={"conda-forge": ("https://m.example/cf", "/shelf/cf"), "https://repo.anaconda.com/pkgs": ("file:///p",)}
    )
    forge, main, _ = places_of(["conda-forge", "defaults"], settings)
    assert forge.asked == ("https://m.example/cf", "file:///shelf/cf")
    assert main.asked == ("file:///p/main",)
    assert (main.name, main.own("file:///p/main/noarch/a-1-0.conda")) == (
        "pkgs/main",
        "https://repo.anaconda.com/pkgs/main/noarch/a-1-0.conda",
    )


def test_secrets_are_asked_with_and_never_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "tk-1")
    place = places_of(["https://ada:hush@x.example/t/$TOKEN/lab"], CondaSettings())[0]
    assert place.asked == ("https://ada:hush@x.example/t/tk-1/lab",)
    assert (place.name, place.address) == ("https://x.example/lab", "https://x.example/lab")
    assert (
        without_secrets("cannot get https://a:b@x.example/t/tk-1/lab/noarch")
        == "cannot get https://x.example/lab/noarch"
    )
    assert without_secrets("file:///t/data/lab") == "file:///t/data/lab"


def test_a_kept_lock_gets_the_credentials_of_its_definition_or_of_the_condarc() -> None:
    definition = conda_definition(["https://x.example/t/tk-1/lab", "other"], "python", "a")
    kept = ("https://x.example/lab", "https://conda.anaconda.org/other")
    assert with_credentials(kept, definition) == ("https://x.example/t/tk-1/lab", "https://conda.anaconda.org/other")
    settings = CondaSettings(channels=("https://y.example/t/tk-2/lab",))
    assert places_of(["https://y.example/lab"], settings)[0].asked == ("https://y.example/t/tk-2/lab",)
