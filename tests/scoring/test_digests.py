from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from homeport.domain.model import ModelFile
from homeport.scoring.digests import check_files
from homeport.scoring.faults import StartError


def file(path: str, content: bytes) -> ModelFile:
    return ModelFile(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture
def files(tmp_path: Path) -> list[ModelFile]:
    made = [file(f"m/{number}/w.bin", b"x" * number) for number in range(1, 20)]
    for one in made:
        (tmp_path / one.path).parent.mkdir(parents=True)
        (tmp_path / one.path).write_bytes(b"x" * one.size)
    return made


def test_files_as_they_were_registered_pass(files: list[ModelFile], tmp_path: Path) -> None:
    check_files(files, tmp_path)
    check_files([], tmp_path)


@pytest.mark.parametrize(
    ("content", "words"), [(b"y" * 7, "its sha256 differs"), (b"y", "has 1 bytes, 7 were"), (None, "cannot be read")]
)
def test_a_file_that_is_not_is_named(files: list[ModelFile], tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "m" / "7" / "w.bin"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StartError, match=words) as raised:
        check_files(files, tmp_path)
    assert raised.value.kind == "damaged_model"
    assert str(path) in raised.value.message
