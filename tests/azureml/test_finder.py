"""The import hook: in front of an installed package, lazy, and plain about what it does not have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FAKE = {
    "azureml/__init__.py": "",
    "azureml/core/__init__.py": "Workspace = 'the real one'",
    "azureml/train/__init__.py": "",
    "azureml_inference_server_http/__init__.py": "",
    "azureml_inference_server_http/api/__init__.py": "",
    "azureml_inference_server_http/api/aml_request.py": "rawhttp = 'the real one'",
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder in which packages of the real names are installed."""
    for name, text in FAKE.items():
        path = tmp_path / "installed" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "installed"


def run(code: str, path: Path | None = None) -> str:
    env = {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_it_stands_in_front_of_an_installed_package(installed: Path) -> None:
    assert run("from azureml.core import Workspace; print(Workspace)", installed) == "the real one\n"
    ours = "import homeport.azureml; from azureml.core import Workspace; print(Workspace.__module__)"
    assert run(ours, installed) == "homeport.sdk.workspace\n"


def test_the_servers_own_package_comes_first_where_it_is_installed(installed: Path) -> None:
    code = "import homeport.azureml; from azureml_inference_server_http.api.aml_request import rawhttp; print(rawhttp)"
    assert run(code, installed) == "the real one\n"
    assert "homeport.azureml.services" in run(code.replace("print(rawhttp)", "print(rawhttp.__module__)"))


def test_a_package_that_was_imported_before_is_replaced_with_a_warning(installed: Path) -> None:
    code = "import azureml.core, homeport.azureml; from azureml.core import Workspace; print(Workspace.__module__)"
    said = run(code, installed)
    assert said.startswith("homeport.sdk.workspace\n")
    assert "azureml was imported before homeport.azureml" in said


def test_a_module_that_is_not_answered_says_so_even_where_it_is_installed(installed: Path) -> None:
    code = """
import homeport.azureml
try:
    import azureml.train
except ModuleNotFoundError as missing:
    print(missing.name, missing)
"""
    assert run(code, installed).startswith("azureml.train Homeport has no `azureml.train`")


def test_names_load_when_they_are_asked_for() -> None:
    code = """
import sys, homeport.azureml, azureml.core, azureml.core.webservice
print("homeport.sdk.workspace" in sys.modules)
azureml.core.webservice.local.LocalWebservice
print("homeport.sdk.local_webservice" in sys.modules, "Workspace" in dir(azureml.core))
"""
    assert run(code) == "False\nTrue True\n"


def test_an_unknown_name_is_an_import_error_as_usual() -> None:
    code = """
import homeport.azureml
try:
    from azureml.core import Wrkspace
except ImportError as missing:
    print(missing)
"""
    assert "cannot import name 'Wrkspace' from 'azureml.core'" in run(code)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("from azureml.core import Wrkspace", "Homeport has no such name, there is `Workspace`"),
        ("from azureml.core import InferenceConfig", "Homeport has no such name, it is in `azureml.core.model`"),
        ("from azureml.core.model import Pipeline", "Homeport has no such name, it answers what registering"),
        (
            "import azureml.core.webservices",
            "Homeport has no `azureml.core.webservices`: there is `azureml.core.webservice`",
        ),
        ("from azureml.train.automl import AutoMLConfig", "Homeport has no `azureml.train`: it answers what"),
    ],
)
def test_a_name_that_is_not_answered_says_what_there_is(line: str, words: str) -> None:
    code = f"""
import homeport.azureml, azureml.core
try:
    {line}
except ImportError as missing:
    print(missing)
print(hasattr(azureml.core, "Wrkspace"), getattr(azureml.core, "wrkspace", None))
"""
    said = run(code)
    assert words in said
    assert said.endswith("False None\n")


def test_everything_at_once_by_a_star() -> None:
    code = "import homeport.azureml; from azureml.core import *; print(Workspace.__name__, Experiment.__name__)"
    assert run(code) == "Workspace Experiment\n"


def test_asking_twice_changes_nothing() -> None:
    code = "import sys, homeport.azureml as ours; n = len(sys.meta_path); ours.install(); print(len(sys.meta_path) - n)"
    assert run(code) == "0\n"


def test_the_original_and_its_alias_are_one_object() -> None:
    code = """
import homeport.azureml
from azureml.core import Model
from azureml.core.model import Model as Same, InferenceConfig
from azureml.exceptions import WebserviceException
import homeport, homeport.errors
print(Model is Same is homeport.Model, WebserviceException is homeport.errors.WebserviceException)
"""
    assert run(code) == "True True\n"
