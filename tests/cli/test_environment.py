from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Homeport
from tests.environments.wheels import make_wheel

HERE = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def requirements(homeport: Homeport, project: Path) -> Path:
    """A workspace, and a requirements file for `tiny` whose packages are in a folder."""
    assert homeport("init").exit_code == 0
    make_wheel(project / "shelf", "alpha", "1.0")
    make_wheel(project / "shelf", "setuptools", "59.0")
    make_wheel(project / "shelf", "pip", "23.0")
    path = project / "tiny.txt"
    path.write_text(f"--no-index\n--find-links {project / 'shelf'}\nalpha\n")
    return path


def test_from_a_requirements_file_to_an_interpreter(homeport: Homeport, requirements: Path) -> None:
    registered = homeport("environment", "register", requirements, "--python", HERE, "--label", "era")
    assert (registered.exit_code, registered.stdout) == (0, "tiny:1\n"), registered.stderr
    assert homeport("environment", "register", requirements, "--python", HERE).stdout == "tiny:1\n"

    listed = json.loads(homeport("environment", "list", "--json").stdout)
    assert [(each["name"], each["version"], each["labels"], each["python"]) for each in listed] == [
        ("tiny", "1", ["era"], HERE)
    ]
    locked = homeport("environment", "lock", "tiny@era")
    assert "alpha==1.0" in locked.stdout.splitlines(), locked.stderr
    assert "locked" in locked.stderr

    built = homeport("environment", "build", "tiny")
    interpreter = built.stdout.strip()
    done = subprocess.run([interpreter, "-c", "import alpha; print(alpha.version)"], capture_output=True, text=True)
    assert done.stdout == "1.0\n", built.stderr
    assert json.loads(homeport("environment", "build", "tiny:1", "--json").stdout)["interpreter"] == interpreter

    shown = homeport("environment", "show", "tiny")
    assert "alpha==1.0" in shown.stdout
    assert json.loads(homeport("environment", "show", "tiny", "--json").stdout)["lock"]["folder"] in interpreter
    assert "--hash=sha256:" in homeport("environment", "export", "tiny").stdout


def test_a_saved_folder_can_be_edited_and_registered_again(
    homeport: Homeport, requirements: Path, project: Path
) -> None:
    homeport("environment", "register", requirements)
    assert homeport("environment", "save", "tiny", "saved").stdout == "saved\n"
    assert homeport("environment", "save", "tiny", "saved").exit_code == 1
    assert homeport("environment", "save", "tiny", "saved", "--overwrite").exit_code == 0
    conda = project / "saved" / "conda_dependencies.yml"
    conda.write_text(conda.read_text().replace("alpha", "alpha==1.0"))
    assert homeport("environment", "register", "saved").stdout == "tiny:2\n"  # though the folder says version 1
    assert [line.split()[0] for line in homeport("environment", "list", "tiny").stdout.splitlines()] == [
        "ENVIRONMENT", "tiny:2", "tiny:1",
    ]  # fmt: skip


def test_labels_move_between_versions(homeport: Homeport, requirements: Path) -> None:
    homeport("environment", "register", requirements)
    assert homeport("environment", "label", "tiny:1", "era").exit_code == 0
    assert json.loads(homeport("environment", "show", "tiny@era", "--json").stdout)["version"] == "1"


WRONG = [
    ("show tyni", 1, "homeport environment list"),
    ("lock tiny:9", 1, "9"),
    ("build none", 1, "none"),
    ("export tiny", 1, "homeport environment lock tiny:1"),
    ("lock tiny --as-of yesterday", 2, "2020-03-01"),
    ("lock tiny --python 2.7", 2, "too old"),
    ("lock tiny --python 3.x", 2, "not a Python version"),
    ("register", 2, "SOURCE"),
    ("register none.yml", 2, "does not exist"),
    ("register tiny.txt --as-of soon", 2, "not a date"),
    ("register tiny.txt --python abc", 2, "not a Python version"),
    ("register only.json", 2, "only points at"),
    ("build --lock empty.json", 2, "export NAME --format lock"),
    ("register bad.yml", 2, "not YAML"),
    ("register other.yml", 2, "`packages`"),
    ("loc tiny", 2, "did you mean `homeport environment lock`?"),
]


def test_wrong_calls_say_what_to_do_next(homeport: Homeport, requirements: Path, project: Path) -> None:
    homeport("environment", "register", requirements)
    (project / "bad.yml").write_text("name: [x\n")
    (project / "other.yml").write_text("packages: [x]\n")
    (project / "empty.json").write_text("{}")
    (project / "only.json").write_text('{"name": "x", "version": "1"}')
    for words, status, said in WRONG:
        result = homeport("environment", *words.split())
        assert (words, result.exit_code) == (words, status), result.stderr
        assert said in result.stderr, words
        assert "Traceback" not in result.stderr, words


def test_an_export_that_cannot_be_written_is_said(homeport: Homeport, requirements: Path, project: Path) -> None:
    homeport("environment", "register", requirements, "--python", HERE)
    assert homeport("environment", "lock", "tiny").exit_code == 0
    assert homeport("environment", "export", "tiny", "--format", "lock", "-o", "tiny.lock").exit_code == 0
    assert homeport("environment", "export", "tiny.lock").stdout == homeport("environment", "export", "tiny").stdout
    for place in ("none/there.txt", str(project)):
        result = homeport("environment", "export", "tiny", "-o", place)
        assert (result.exit_code, f"`{place}` cannot be written" in result.stderr) == (2, True), result.stderr
    assert not list(project.parent.glob(".*.partial"))
    for ref in ("tiny.lock", "tiny"):
        result = homeport("environment", "export", ref, "--platform", "windows")
        assert (result.exit_code, "windows" in result.stderr) == (1, True), result.stderr


def test_a_conflict_is_shown_in_uvs_words_with_a_hint(homeport: Homeport, requirements: Path) -> None:
    requirements.write_text(requirements.read_text() + "alpha==7\n")
    homeport("environment", "register", requirements, "--python", HERE)
    result = homeport("environment", "build", "tiny")
    assert result.exit_code == 1
    assert "error: cannot resolve `tiny:1`: `alpha" in result.stderr
    assert "\n\nhint: " in result.stderr
