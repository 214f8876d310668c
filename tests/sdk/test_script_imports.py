"""What a script needs, without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import InvalidConfigError
from homeport.sdk.script_imports import needs_of


def needs(folder: Path, text: str, **beside: str) -> tuple[set[str], set[str], list[str]]:
    """(distributions, Pythons, files that were read)"""
    for name, source in beside.items():
        (folder / f"{name}.py").write_text(source)
    script = folder / "score.py"
    script.write_text(text)
    found = needs_of(script, (folder,))
    return (
        {each.distribution for each in found.needed},
        {each.specifier for each in found.pythons},
        sorted(file.name for file in found.files),
    )


def test_imports_become_distributions_and_the_standard_library_none(tmp_path: Path) -> None:
    text = "import os, json\nimport numpy as np\nfrom sklearn.svm import SVC\nimport yaml, PIL.Image\n"
    text += "def init():\n  import joblib\n"
    assert needs(tmp_path, text)[0] == {"numpy", "scikit-learn", "pyyaml", "pillow", "joblib"}


def test_modules_beside_the_script_are_read_too(tmp_path: Path) -> None:
    found = needs(
        tmp_path, "from features import clean\n", features="import pandas\nfrom more import x\n", more="x = 1\n"
    )
    assert found[0] == {"pandas"}
    assert found[2] == ["features.py", "more.py", "score.py"]


def test_what_the_script_goes_on_without_is_not_needed(tmp_path: Path) -> None:
    text = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
        "try:\n    import orjson as json\nexcept ImportError:\n    import simplejson as json\n"
        "import azureml.core\n"
    )
    assert needs(tmp_path, text)[0] == {"simplejson"}


def test_the_standard_library_is_that_of_a_version(tmp_path: Path) -> None:
    assert needs(tmp_path, "import imp\n")[1] == {"<3.12"}
    assert needs(tmp_path, "import tomllib\n")[1] == {">=3.11"}


def test_the_grammar_says_how_old_python_may_be(tmp_path: Path) -> None:
    assert needs(tmp_path, "if (n := 3):\n    pass\n")[1] == {">=3.8"}
    assert needs(tmp_path, "def init(): pass\n")[1] == set()


def test_a_script_that_is_no_python_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"line 2"):
        needs(tmp_path, "x = 1\nprint 'hello'\n")
