from __future__ import annotations

import pytest

from homeport.environments.pylock import EMPTY_PYLOCK, locked_packages, portable

TEXT = """
requires-python = ">=3.7.16"

[[packages]]
name = "wheeled"
version = "1.0"
sdist = { url = "https://a.example/wheeled-1.0.tar.gz", hashes = { sha256 = "aa" } }
wheels = [{ url = "https://ada:hush@a.example/wheeled-1.0-py3-none-any.whl", hashes = { sha256 = "bb" } }]

[[packages]]
name = "source"
version = "2.0"
sdist = { url = "https://a.example/source%2B1-2.0.tar.gz", hashes = { sha256 = "cc" } }

[[packages]]
name = "fromgit"
vcs = { type = "git", url = "https://a.example/x.git", commit-id = "abc123" }
"""


@pytest.mark.parametrize(
    ("name", "files", "source"),
    [
        ("wheeled", [("wheeled-1.0-py3-none-any.whl", "bb")], None),
        ("source", [("source+1-2.0.tar.gz", "cc")], None),
        ("fromgit", [], "git+https://a.example/x.git@abc123"),
    ],
)
def test_the_files_that_will_be_installed_are_read(name: str, files: list[tuple[str, str]], source: str | None) -> None:
    package = next(package for package in locked_packages(TEXT) if package.name == name)
    assert [(file.name, file.sha256) for file in package.files] == files
    assert package.source == source


def test_an_empty_one_has_no_packages() -> None:
    assert locked_packages(EMPTY_PYLOCK) == ()


def test_a_portable_one_fits_every_patch_release_and_holds_no_password() -> None:
    text = portable(TEXT, "3.7")
    assert 'requires-python = ">=3.7"' in text
    assert "hush" not in text
