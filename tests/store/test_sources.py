from __future__ import annotations

import os
import socket
import string
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from homeport.domain.progress import Silent
from homeport.errors import EmptyModelError, InvalidCallError, InvalidInputError, MissingPathError, WebserviceException
from homeport.store.sources import find_files


def stored(source: Path, child_paths: Sequence[str] | None = None) -> list[str]:
    return [file.stored for file in find_files(source, child_paths, Silent())]


def test_a_file_is_stored_under_its_own_name(weights: Path) -> None:
    assert stored(weights) == ["weights.bin"]


def test_a_folder_keeps_its_name_and_its_hidden_files(folder: Path) -> None:
    assert stored(folder) == ["net/.hidden", "net/config.json", "net/part/a.bin", "net/part/copy of a.bin"]


def test_a_folder_named_by_dots_is_stored_under_its_real_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "part")
    assert stored(Path(".")) == ["part/a.bin", "part/copy of a.bin"]
    assert stored(Path(".."))[0] == "net/.hidden"
    assert stored(Path("a.bin")) == ["a.bin"]


def test_a_linked_source_is_stored_under_the_name_of_the_link(folder: Path, weights: Path, tmp_path: Path) -> None:
    (tmp_path / "newest").symlink_to(folder)
    (tmp_path / "newest.bin").symlink_to(weights)
    assert stored(tmp_path / "newest")[0] == "newest/.hidden"
    assert stored(tmp_path / "newest.bin") == ["newest.bin"]


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        (["config.json"], ["net/config.json"]),
        (["./part/"], ["net/part/a.bin", "net/part/copy of a.bin"]),
        (["part", "part/a.bin", "config.json"], ["net/config.json", "net/part/a.bin", "net/part/copy of a.bin"]),
        (["part/../config.json"], ["net/config.json"]),
        ([], ["net/.hidden", "net/config.json", "net/part/a.bin", "net/part/copy of a.bin"]),
    ],
)
def test_only_the_named_children_are_stored(folder: Path, children: list[str], expected: list[str]) -> None:
    assert stored(folder, children) == expected


def test_a_missing_child_is_missing(folder: Path) -> None:
    with pytest.raises(MissingPathError, match=r"part/b\.bin"):
        stored(folder, ["config.json", "part/b.bin"])


@pytest.mark.parametrize("child", ["../weights.bin", "part/../../weights.bin", "/etc/passwd", ".."])
def test_a_child_outside_of_the_folder_is_refused(folder: Path, weights: Path, child: str) -> None:
    with pytest.raises(InvalidCallError, match="is not inside"):
        stored(folder, [child])


def test_child_paths_that_cannot_be_right_are_refused(folder: Path, weights: Path) -> None:
    with pytest.raises(InvalidCallError, match="must be a list"):
        stored(folder, "part")
    with pytest.raises(InvalidCallError, match="need a folder"):
        stored(weights, ["part"])


def test_linked_files_are_their_content_and_linked_folders_are_left_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "big.bin").write_text("x")
    (folder / "part" / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "part" / "loop").symlink_to(folder)
    (folder / "linked.bin").symlink_to(tmp_path / "elsewhere" / "big.bin")
    said: list[str] = []

    class Told(Silent):
        def step(self, text: str) -> None:
            said.append(text)

    found = [file.stored for file in find_files(folder, None, Told())]
    assert "net/linked.bin" in found
    assert not [path for path in found if "linked/" in path or "loop" in path]
    assert len(said) == 2
    assert all("symbolic link to a folder" in text for text in said)


def test_a_link_to_nothing_is_missing(folder: Path) -> None:
    (folder / "broken").symlink_to("nowhere")
    with pytest.raises(MissingPathError, match="symbolic link"):
        stored(folder)


def test_a_missing_path_is_both_kinds_of_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError) as missing:
        stored(tmp_path / "*.pkl")
    assert isinstance(missing.value, FileNotFoundError)
    assert isinstance(missing.value, WebserviceException)
    assert missing.value.hint is not None
    assert "wildcards" in missing.value.hint


def test_a_folder_without_files_is_a_value_error_too(tmp_path: Path) -> None:
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    with pytest.raises(EmptyModelError) as empty:
        stored(tmp_path / "empty")
    assert isinstance(empty.value, ValueError)
    assert isinstance(empty.value, InvalidInputError)


def test_pipes_sockets_and_devices_are_refused_without_being_opened(folder: Path) -> None:
    with pytest.raises(InvalidCallError, match="not a file"):
        stored(Path("/dev/null"))
    os.mkfifo(folder / "pipe")
    with pytest.raises(InvalidCallError, match="pipe"):
        stored(folder)
    (folder / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        with pytest.raises(InvalidCallError, match="not a file"):
            stored(folder)


def test_a_file_name_that_no_other_system_could_hold_is_refused(folder: Path) -> None:
    (folder / "back\\slash").write_text("x")
    with pytest.raises(InvalidCallError, match="usable path"):
        stored(folder)


def test_the_root_has_no_name_to_store_it_under() -> None:
    with pytest.raises(InvalidCallError, match="no name"):
        stored(Path("/"))


def test_a_folder_deeper_than_python_recurses_is_found(tmp_path: Path) -> None:
    deep = os.open(tmp_path, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 10):
        os.mkdir("d", dir_fd=deep)
        deeper = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = deeper
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=deep))
    os.close(deep)
    try:
        found = stored(tmp_path / "d")
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)  # deeper than pytest's own cleaning goes
    assert [path.count("/d") for path in found] == [sys.getrecursionlimit() + 9]


_names = some.text(string.ascii_letters + " .-_é漢", min_size=1, max_size=8).filter(lambda name: name.strip(".") != "")
_trees = some.sets(some.lists(_names, min_size=1, max_size=4).map(tuple), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(tree=_trees)
def test_every_file_of_any_tree_is_stored_once_below_the_folder(
    tmp_path_factory: pytest.TempPathFactory, tree: set[tuple[str, ...]]
) -> None:
    top = tmp_path_factory.mktemp("trees") / "top"
    made = set()
    for parts in sorted(tree, key=len):
        path = top.joinpath(*parts)
        if any(parent.is_file() for parent in path.parents) or path.is_dir():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("/".join(parts))
        made.add("top/" + "/".join(parts))
    files = find_files(top, None, Silent())
    assert [file.stored for file in files] == sorted(made)
    assert all(f"top/{file.path.read_text()}" == file.stored for file in files)
