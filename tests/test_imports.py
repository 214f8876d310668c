"""What an import may pull in, and which names are promised. Each import happens in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import homeport

# Distributions that only pay off once they are put to work.
HEAVY = {
    "alembic",
    "click",
    "docker",
    "fastapi",
    "flask",
    "httptools",
    "jinja2",
    "numpy",
    "orjson",
    "pandas",
    "psutil",
    "requests",
    "rich",
    "ruamel",
    "sklearn",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
    "yaml",
}


def pulled_in(code: str, *, cwd: Path) -> set[str]:
    """Every module that `code` adds to a fresh interpreter."""
    show = "import sys, json; before = set(sys.modules)\n%s\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", show % code], cwd=cwd, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def foreign(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names) - {"homeport"}


def test_importing_homeport_pulls_in_nothing_else(tmp_path: Path) -> None:
    modules = pulled_in("import homeport", cwd=tmp_path)
    assert foreign(modules) == set()
    assert {name for name in modules if name.startswith("homeport")} == {"homeport"}


def test_answering_the_azureml_names_pulls_in_only_the_table(tmp_path: Path) -> None:
    modules = pulled_in("import homeport.azureml", cwd=tmp_path)
    assert foreign(modules) == set()
    assert {name for name in modules if name.startswith("homeport")} == {
        "homeport",
        "homeport.azureml",
        "homeport.azureml.finder",
        "homeport.azureml.table",
    }


@pytest.mark.parametrize(
    "code",
    [
        "from homeport import Environment, InferenceConfig, LocalWebservice, Model, Run, Workspace",
        "import homeport.azureml, azureml.core.webservice.local\nfrom azureml.core import Workspace, Environment",
        "from homeport import LocalWebservice\nLocalWebservice.list(None)",
    ],
    ids=["the public objects", "by their azureml names", "listing services"],
)
def test_the_public_objects_load_without_what_is_heavy(
    tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEPORT_HOME", str(tmp_path / "home"))
    assert foreign(pulled_in(code, cwd=tmp_path)) & HEAVY == set()


def test_nothing_is_hooked_unless_asked(tmp_path: Path) -> None:
    hooked = "import sys, homeport.sdk.workspace; print([type(f).__module__ for f in sys.meta_path])"
    done = subprocess.run([sys.executable, "-c", hooked], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "homeport" not in done.stdout


def test_the_promised_names_are_sorted_and_are_all_that_is_public() -> None:
    assert homeport.__all__ == sorted(homeport.__all__)
    assert set(homeport._MODULES) == set(homeport.__all__)
    helpers = {"TYPE_CHECKING", "annotations", "import_module"}
    rooms = {path.stem for path in Path(homeport.__file__).parent.iterdir()}
    public = {name for name in dir(homeport) if not name.startswith("_")}
    assert public - helpers - rooms == set(homeport.__all__)
    for name in homeport.__all__:
        assert getattr(homeport, name).__name__ == name


def test_the_names_for_type_checkers_are_the_names_that_load() -> None:
    """`TYPE_CHECKING` imports and the table at run time say the same."""
    text = Path(homeport.__file__).read_text()
    for name, module in homeport._MODULES.items():
        block = text.partition(f"from homeport.{module} import")[2].partition("from homeport.")[0]
        assert name in block, name


def test_the_version_is_the_distributions() -> None:
    assert str(homeport.__version__)[0].isdigit()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute `Wrkspace`"):
        homeport.Wrkspace  # noqa: B018
