"""Tiny wheels, so that a test resolves and installs for real without a network."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path


def make_wheel(
    folder: Path, name: str, version: str, *, requires: Sequence[str] = (), modules: int = 1, body: str = ""
) -> Path:
    """A pure-Python wheel with a package `name` of so many modules; `body` is its `__init__.py`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    files = {f"{name}/__init__.py": body or f"version = {version!r}\n"}
    files |= {f"{name}/part{number}.py": f"number = {number}\n" * 20 for number in range(1, modules)}
    files |= {
        f"{info}/METADATA": "\n".join((*metadata, "")),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0)), text)
    return path
