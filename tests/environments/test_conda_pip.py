from __future__ import annotations

from pathlib import Path

import pytest

from homeport.domain.lock import Lock
from homeport.environments import build_environment, lock_environment
from homeport.environments.conda_pip import without_packages
from homeport.environments.pylock import locked_packages
from homeport.environments.verify import verify_environment
from homeport.errors import EnvironmentBuildError
from tests.environments.channel import index, noarch_package, python_package, write_package
from tests.environments.conda import HERE, conda_definition, python_says
from tests.environments.conftest import Lines
from tests.environments.wheels import make_wheel


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """A channel with Python and alpha 1.0; a shelf with alpha 1.0 and 2.0, `needs` alpha, `newer` needs alpha>=2."""
    folder = tmp_path_factory.mktemp("mixed")
    write_package(folder / "channel", python_package(HERE))
    write_package(folder / "channel", noarch_package("alpha", "1.0"))
    for version in ("1.0", "2.0"):
        make_wheel(folder / "shelf", "alpha", version)
    make_wheel(folder / "shelf", "needs", "1.0", requires=["alpha"])
    make_wheel(folder / "shelf", "newer", "1.0", requires=["alpha>=2"])
    return index(folder / "channel"), ["--no-index", f"--find-links {folder / 'shelf'}"]


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of the channel brings none; making it takes longer than all the rest."""
    monkeypatch.setenv("HOMEPORT_BYTECODE", "never")


def locked(mixed: tuple[str, list[str]], *lines: str, told: Lines | None = None) -> Lock:
    channel, options = mixed
    definition = conda_definition([channel], f"python={HERE}", "alpha", pip=[*options, *lines])
    return lock_environment(definition, progress=told or Lines())


def names(lock: Lock) -> list[str]:
    return [f"{package.name}=={package.version}" for package in lock.packages]


def test_what_conda_brought_is_there_already(mixed: tuple[str, list[str]]) -> None:
    assert names(locked(mixed, "needs")) == ["needs==1.0"]
    assert names(locked(mixed, "needs", "alpha")) == ["needs==1.0"]
    assert names(locked(mixed, "alpha==1.0")) == []


def test_the_section_may_ask_for_another_version_and_that_is_told(mixed: tuple[str, list[str]], tmp_path: Path) -> None:
    told = Lines()
    lock = locked(mixed, "alpha==2.0", "needs", told=told)
    assert names(lock) == ["alpha==2.0", "needs==1.0"]
    assert "the pip section replaces conda's alpha 1.0" in told.lines
    built = build_environment(lock, tmp_path / "home", progress=Lines())
    assert python_says(built.interpreter, "import alpha; print(alpha.version)") == "2.0"
    assert built.folder is not None and verify_environment(built.folder).whole


def test_so_may_a_package_of_the_section(mixed: tuple[str, list[str]]) -> None:
    told = Lines()
    assert names(locked(mixed, "newer", told=told)) == ["alpha==2.0", "newer==1.0"]
    assert "cannot live with conda's alpha 1.0" in str(told)


def test_a_section_that_cannot_be_resolved_is_said(mixed: tuple[str, list[str]]) -> None:
    with pytest.raises(EnvironmentBuildError) as caught:
        locked(mixed, "nowhere")
    assert "cannot resolve the pip section of `science`" in caught.value.message
    assert "nowhere" in caught.value.message


def test_the_vendors_packages_stand_for_scoring(mixed: tuple[str, list[str]], tmp_path: Path) -> None:
    for name in ("inference-schema", "flask"):
        make_wheel(tmp_path / "more", name.replace("-", "_"), "1.0")
    told = Lines()
    lock = locked(mixed, f"--find-links {tmp_path / 'more'}", "azureml-defaults", told=told)
    assert names(lock) == ["flask==1.0", "inference-schema==1.0"]
    assert "azureml-defaults: replaced" in str(told)


def test_a_wheel_that_is_named_by_its_path_outlives_that(mixed: tuple[str, list[str]], tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "own", "mine", "1.0")
    definition = conda_definition([mixed[0]], f"python={HERE}", "alpha", pip=["--no-index", str(wheel)])
    lock = lock_environment(definition, progress=Lines(), home=tmp_path / "home")
    wheel.unlink()
    built = build_environment(lock, tmp_path / "home", progress=Lines())
    assert python_says(built.interpreter, "import mine; print(mine.version)") == "1.0"


def test_a_package_is_taken_out_of_a_pylock() -> None:
    text = (
        'lock-version = "1.0"\n\n[[packages]]\nname = "a"\nversion = "1"\n\n[[packages]]\nname = "ab"\nversion = "2"\n'
    )
    assert [package.name for package in locked_packages(without_packages(text, {"a"}))] == ["ab"]
    assert locked_packages(without_packages(text, {"a", "ab"})) == ()
    assert without_packages("packages = []\n", {"a"}) == "packages = []\n"
