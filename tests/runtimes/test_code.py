from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeport.errors import InvalidCallError, MissingPathError, WebserviceException
from homeport.runtimes.code import find_code


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "my_source"
    (folder / "package").mkdir(parents=True)
    (folder / "score.py").write_text("import package\n")
    (folder / "package" / "__init__.py").write_text("")
    (folder / ".hidden").write_text("kept")
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


def test_a_lone_script_is_there_under_its_name_and_as_main(project: Path, app: Path) -> None:
    (project / "score.py").write_text("x = 1\n")
    (project / "sibling.py").write_text("never copied\n")
    code = find_code("./score.py", None)
    code.place(app)
    assert tree(app) == ["main.py", "score.py"]
    assert (app / "main.py").read_text() == "x = 1\n"
    assert (code.entry_script, code.source_directory, code.origin) == ("score.py", None, str(project / "score.py"))


def test_a_lone_script_called_main_is_there_once(project: Path, app: Path) -> None:
    (project / "main.py").write_text("x = 1\n")
    find_code("main.py", None).place(app)
    assert tree(app) == ["main.py"]


def test_a_source_folder_keeps_its_name_and_all_it_holds(source: Path, app: Path) -> None:
    code = find_code("./score.py", source)
    code.place(app)
    assert tree(app) == ["my_source/.hidden", "my_source/package/__init__.py", "my_source/score.py"]
    assert (code.entry_script, code.source_directory) == ("my_source/score.py", "my_source")
    assert code.origin == str(source)


def test_caches_and_histories_and_virtual_environments_stay_behind(source: Path, app: Path) -> None:
    for left_out in ("__pycache__", ".git", ".azureml", "package/__pycache__", "venv"):
        (source / left_out).mkdir()
        (source / left_out / "file").write_text("")
    (source / "venv" / "pyvenv.cfg").write_text("")
    find_code("score.py", source).place(app)
    assert tree(app) == ["my_source/.hidden", "my_source/package/__init__.py", "my_source/score.py"]


@pytest.mark.parametrize("spelling", ["sub/score.py", "./sub/score.py", "sub/../sub/score.py", "{folder}/sub/score.py"])
def test_an_entry_script_may_be_spelled_in_many_ways(source: Path, spelling: str) -> None:
    (source / "sub").mkdir()
    (source / "sub" / "score.py").write_text("")
    assert find_code(spelling.format(folder=source), source).entry_script == "my_source/sub/score.py"


def test_an_absolute_entry_script_through_a_link_is_found(source: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    assert find_code(str(source / "score.py"), tmp_path / "link").entry_script == "link/score.py"


def test_a_source_folder_given_relative_is_remembered_absolute(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(source)
    code = find_code("score.py", Path())
    assert (code.origin, code.source_directory) == (str(source), "my_source")


def test_links_are_copied_as_what_they_lead_to(source: Path, app: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "table.csv").write_text("1,2\n")
    (source / "data").symlink_to(tmp_path / "elsewhere")
    (source / "also.py").symlink_to("score.py")
    find_code("score.py", source).place(app)
    copied = app / "my_source"
    assert (copied / "data" / "table.csv").read_text() == "1,2\n"
    assert (copied / "also.py").read_text() == "import package\n"
    assert not any(path.is_symlink() for path in app.rglob("*"))


def test_links_to_nothing_and_pipes_stay_behind(source: Path, app: Path) -> None:
    (source / ".#score.py").symlink_to("me@my-machine:123")
    os.mkfifo(source / "pipe")
    find_code("score.py", source).place(app)
    assert tree(app) == ["my_source/.hidden", "my_source/package/__init__.py", "my_source/score.py"]


def test_a_link_without_an_end_is_refused(source: Path, app: Path) -> None:
    (source / "package" / "up").symlink_to(source)
    with pytest.raises(InvalidCallError, match="is a link to a folder above it"):
        find_code("score.py", source).place(app)


def test_a_home_inside_the_source_folder_is_not_copied(source: Path, app: Path) -> None:
    (source / ".homeport" / "blobs").mkdir(parents=True)
    (source / ".homeport" / "blobs" / "large").write_text("")
    find_code("score.py", source).place(app, apart=(source / ".homeport", source / "not there"))
    assert tree(app) == ["my_source/.hidden", "my_source/package/__init__.py", "my_source/score.py"]


@pytest.mark.parametrize(
    ("script", "folder", "wrong", "message"),
    [
        ("nowhere.py", None, MissingPathError, "the entry script `.*nowhere.py` does not exist"),
        ("score.py", "nowhere", MissingPathError, "the source directory `.*nowhere` is not there"),
        ("nowhere.py", "my_source", MissingPathError, "`nowhere.py` does not exist in `.*my_source`"),
        ("../lone.py", "my_source", InvalidCallError, "is outside the source directory"),
        ("/etc/passwd", "my_source", InvalidCallError, "is outside the source directory"),
        ("score.py", "azureml-models", InvalidCallError, "cannot keep its name"),
    ],
)
def test_what_cannot_be_served_is_refused(
    source: Path, monkeypatch: pytest.MonkeyPatch, script: str, folder: str | None, wrong: type, message: str
) -> None:
    monkeypatch.chdir(source.parent)
    Path("lone.py").write_text("")
    Path("azureml-models").mkdir()
    Path("azureml-models/score.py").write_text("")
    with pytest.raises(wrong, match=message) as raised:
        find_code(script, None if folder is None else Path(folder))
    assert isinstance(raised.value, WebserviceException)
    assert raised.value.hint
