from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.environments import read_conda_prefix


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    folder = tmp_path / "miniconda3" / "envs" / "science"
    site = folder / "lib" / "python3.8" / "site-packages"
    (folder / "conda-meta").mkdir(parents=True)
    for name, version, channel in (
        ("python", "3.8.13", "https://conda.example/conda-forge/linux-64"),
        ("numpy", "1.22.0", "https://conda.example/conda-forge/linux-64"),
        ("tzdata", "2022a", "https://repo.example/pkgs/main/noarch"),
    ):
        record = {"name": name, "version": version, "channel": channel, "subdir": channel.rsplit("/", 1)[1]}
        (folder / "conda-meta" / f"{name}-{version}-0.json").write_text(json.dumps(record))
    for name, installer in (("numpy", "conda"), ("joblib", "pip")):
        info = site / f"{name}-1.1.dist-info"
        info.mkdir(parents=True)
        (info / "INSTALLER").write_text(f"{installer}\n")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.1\n\nText: no header\n")
    return folder


def test_an_environment_is_read_by_name_or_path_without_conda(prefix: Path, tmp_path: Path) -> None:
    spec = {
        "name": "science",
        "channels": ["conda-forge", "main"],
        "dependencies": ["numpy=1.22.0", "python=3.8.13", "tzdata=2022a", {"pip": ["joblib==1.1"]}],
    }
    assert read_conda_prefix("science", environ={}, home=tmp_path) == spec
    assert read_conda_prefix(str(prefix), environ={}, home=Path("/nowhere")) == spec


def test_an_unknown_one_is_none(prefix: Path, tmp_path: Path) -> None:
    assert read_conda_prefix("art", environ={}, home=tmp_path) is None
