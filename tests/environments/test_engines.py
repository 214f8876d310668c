from __future__ import annotations

import pytest

from homeport.environments.engines import engine_for
from homeport.errors import InvalidConfigError
from tests.environments.conda import conda_definition


@pytest.mark.parametrize(
    ("entries", "pip", "engine"),
    [
        (["python=3.8"], ["numpy"], "uv"),
        (["python=3.8", "pip=20"], ["numpy"], "uv"),
        (["conda-forge::python=3.7.3=h0371630_0", "pip"], None, "uv"),
        ([], ["numpy"], "uv"),
        (["python=3.8", "numpy"], None, "conda"),
        (["numpy"], ["joblib"], "conda"),
        (["python=3.8", "libgcc"], ["numpy"], "conda"),
    ],
)
def test_the_packages_decide(entries: list[str], pip: list[str] | None, engine: str) -> None:
    assert engine_for(conda_definition(["conda-forge"], *entries, pip=pip)) == engine


@pytest.mark.parametrize("engine", ["uv", "conda"])
def test_a_persons_word_counts_before_them(engine: str) -> None:
    assert engine_for(conda_definition([], "python", "numpy", engine=engine)) == engine
    assert engine_for(conda_definition([], "python", pip=["numpy"], engine=engine)) == engine


def test_another_engine_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidConfigError, match="`mamba` is no engine") as caught:
        engine_for(conda_definition([], "python", engine="mamba"))
    assert caught.value.hint and "`uv` and `conda`" in caught.value.hint
