from __future__ import annotations

from pathlib import Path

import pytest

from homeport import Environment
from homeport.errors import InvalidConfigError, MissingPathError
from homeport.sdk.environment_requirements import requirement_lines


def test_included_files_are_read_in_beside_the_file_that_names_them(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "all.txt").write_text("# mine\nnumpy\n-r sub/more.txt\njoblib  # kept\n")
    (project / "sub" / "more.txt").write_text("scipy\n--requirement=last.txt\n")
    (project / "sub" / "last.txt").write_text("pandas\n")
    assert requirement_lines(project / "all.txt") == ["# mine", "numpy", "scipy", "pandas", "joblib  # kept"]


def test_a_line_that_goes_on_after_a_backslash_is_one_line(project: Path) -> None:
    (project / "pinned.txt").write_text("numpy==1.18.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nscipy\n")
    assert requirement_lines("pinned.txt") == ["numpy==1.18.1 --hash=sha256:aa --hash=sha256:bb", "scipy"]


def test_paths_become_absolute_where_there_is_something(project: Path) -> None:
    (project / "wheels").mkdir()
    (project / "wheels" / "own-1-py3-none-any.whl").write_bytes(b"")
    (project / "a.txt").write_text("./wheels/own-1-py3-none-any.whl\n--find-links wheels\nother.whl\n")
    here = project.resolve() / "wheels"
    assert requirement_lines("a.txt") == [f"{here}/own-1-py3-none-any.whl", f"--find-links {here}", "other.whl"]


@pytest.mark.parametrize(("text", "reason"), [("-c limits.txt\n", "constraints"), ("-r me.txt\n", "includes itself")])
def test_what_a_definition_cannot_keep_is_refused_at_once(text: str, reason: str, project: Path) -> None:
    (project / "me.txt").write_text(text)
    with pytest.raises(InvalidConfigError, match=reason):
        Environment.from_pip_requirements("x", "me.txt")


def test_an_included_file_that_is_not_there_is_named(project: Path) -> None:
    (project / "me.txt").write_text("-r none.txt\n")
    with pytest.raises(MissingPathError, match=r"none\.txt"):
        requirement_lines("me.txt")


def test_a_conda_file_may_include_requirements_too(project: Path) -> None:
    (project / "req.txt").write_text("scipy\n")
    (project / "env.yml").write_text("# kept\ndependencies:\n- python=3.8\n- pip:\n  - numpy\n  - -r req.txt\n")
    conda = Environment.from_conda_specification("x", "env.yml").python.conda_dependencies
    assert conda is not None
    assert list(conda.pip_packages) == ["numpy", "scipy"]
    assert "# kept" in conda.serialize_to_string()
