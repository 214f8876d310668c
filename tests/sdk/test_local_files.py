"""Models that were never registered, on their way into a bundle."""

from __future__ import annotations

import hashlib
from pathlib import Path

from homeport.sdk.local_files import place_path


def test_a_file_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(b"model")
    files = place_path(tmp_path / "m.pkl", tmp_path / "bundle")
    assert [(file.path, file.size, file.sha256) for file in files.files] == [
        ("m.pkl", 5, hashlib.sha256(b"model").hexdigest())
    ]
    assert (tmp_path / "bundle" / "m.pkl").read_bytes() == b"model"
    assert (tmp_path / "bundle" / "m.pkl").stat().st_mode & 0o777 == 0o444


def test_a_folder_keeps_its_name_on_top(tmp_path: Path) -> None:
    source = tmp_path / "parts"
    (source / "deep").mkdir(parents=True)
    (source / ".hidden").write_text("h")
    (source / "deep" / "a").write_text("a")
    (source / "link").symlink_to(source / "deep" / "a")
    (source / "linked").symlink_to(tmp_path)
    (source / "nowhere").symlink_to("nothing")
    files = place_path(source, tmp_path / "bundle")
    assert [file.path for file in files.files] == ["parts/.hidden", "parts/deep/a", "parts/link"]
    placed = sorted(str(path.relative_to(tmp_path / "bundle")) for path in (tmp_path / "bundle").rglob("*"))
    assert placed == ["parts", "parts/.hidden", "parts/deep", "parts/deep/a", "parts/link"]
    assert not (tmp_path / "bundle" / "parts" / "link").is_symlink()
