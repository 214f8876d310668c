"""The user's code on its way into a bundle: a whole source folder, or one lone script."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from homeport.domain.bundle import MODELS_FOLDER, Bundle
from homeport.errors import InvalidCallError, MissingPathError

LEFT_OUT = frozenset({"__pycache__", ".git", ".azureml"})
LONE_COPY = "main.py"  # a lone script is in a bundle under its own name and under this one

Identity = tuple[int, int]  # device and inode: the same folder by whatever path


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What goes into `app/`, and under which names."""

    path: Path  # the source folder, or the lone script
    script: str  # below the source folder; or the lone script's own name
    is_folder: bool
    origin: str | None  # where a reload reads it again; absolute

    @property
    def source_directory(self) -> str | None:
        return self.path.name if self.is_folder else None

    @property
    def entry_script(self) -> str:
        """Below `app/`."""
        return f"{self.path.name}/{self.script}" if self.is_folder else self.script

    @property
    def size(self) -> int:
        """Bytes of what there is to copy, at most."""
        files = self.path.rglob("*") if self.is_folder else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())

    def place(self, app: Path, *, apart: tuple[Path, ...] = ()) -> None:
        """Copy it into `app`; folders in `apart` are never copied."""
        if self.is_folder:
            _Copy(_identities(apart)).folder(self.path, app / self.path.name)
            return
        shutil.copy2(self.path, app / self.script)
        if self.script != LONE_COPY:
            shutil.copy2(self.path, app / LONE_COPY)


def find_code(entry_script: str, source_directory: Path | None) -> Code:
    """The code that an inference config names, checked to be there.

    Raises MissingPathError, and InvalidCallError for a script outside its source folder or a folder that cannot keep
    its name inside a bundle.
    """
    if source_directory is None:
        path = Path(entry_script).absolute()
        if not path.is_file():
            raise MissingPathError(f"the entry script `{path}` does not exist", hint="check the path and the spelling")
        return Code(path=path, script=path.name, is_folder=False, origin=str(path))
    folder = Path(os.path.abspath(source_directory))  # noqa: PTH100 - the name must be the user's own, not a link's target
    if not folder.is_dir():
        raise MissingPathError(f"the source directory `{folder}` is not there", hint="check the path and the spelling")
    if folder.name in ("", MODELS_FOLDER):
        raise InvalidCallError(
            f"the source directory `{folder}` cannot keep its name beside the models", hint="give it another name"
        )
    script = _below(folder, entry_script)
    if not (folder / script).is_file():
        raise MissingPathError(
            f"the entry script `{script}` does not exist in `{folder}`", hint="name it relative to the source directory"
        )
    return Code(path=folder, script=script, is_folder=True, origin=str(folder))


def code_of_bundle(folder: Path, bundle: Bundle, origin: str | None) -> Code:
    """The code of a bundle that exists already."""
    app = folder / "app"
    if bundle.source_directory is None:
        return Code(path=app / bundle.entry_script, script=bundle.entry_script, is_folder=False, origin=origin)
    script = bundle.entry_script.removeprefix(f"{bundle.source_directory}/")
    return Code(path=app / bundle.source_directory, script=script, is_folder=True, origin=origin)


def _below(folder: Path, entry_script: str) -> str:
    """`entry_script` relative to `folder`, with `/`; it may be given absolute, and through a link."""
    for base in (folder, folder.resolve()):
        relative = os.path.relpath(base / entry_script, base)
        if not relative.startswith(os.pardir):
            return Path(relative).as_posix()
    raise InvalidCallError(
        f"the entry script `{entry_script}` is outside the source directory `{folder}`",
        hint="move it inside, or leave `source_directory` out to serve the script alone",
    )


def _identities(folders: tuple[Path, ...]) -> frozenset[Identity]:
    return frozenset(_identity(folder.stat()) for folder in folders if folder.exists())


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


class _Copy:
    """One folder, copied with links followed, so that a bundle needs nothing outside itself.

    Left out: `LEFT_OUT`, virtual environments (the bundle names its interpreter), links to nothing (editors leave
    them), sockets, pipes and devices. A link to a folder above itself has no end and is refused.
    """

    def __init__(self, apart: frozenset[Identity]) -> None:
        self._apart = apart

    def folder(self, source: Path, target: Path, above: tuple[Identity, ...] = ()) -> None:
        here = _identity(source.stat())
        if here in above:
            raise InvalidCallError(f"`{source}` is a link to a folder above it", hint="remove the link")
        target.mkdir()
        for entry, found in self._entries(source):
            if stat.S_ISREG(found.st_mode):
                shutil.copy2(entry.path, target / entry.name)
            elif stat.S_ISDIR(found.st_mode) and not self._is_left_out(Path(entry.path), found):
                self.folder(Path(entry.path), target / entry.name, (*above, here))

    def _entries(self, source: Path) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
        with os.scandir(source) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if os.path.exists(entry.path):  # noqa: PTH110 - a link to nothing is passed over
                    yield entry, entry.stat()

    def _is_left_out(self, folder: Path, found: os.stat_result) -> bool:
        return folder.name in LEFT_OUT or _identity(found) in self._apart or (folder / "pyvenv.cfg").is_file()
