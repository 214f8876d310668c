"""Workspaces as folders of a home: find, create, open, delete. A catalog's machinery loads when one is opened."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.domain.names import check_workspace_name
from homeport.errors import InvalidConfigError, WorkspaceExistsError, WorkspaceNotFoundError
from homeport.store.files import disk_errors
from homeport.store.locks import BytesLock
from homeport.store.mounts import MOUNTS
from homeport.store.protocol import Store

CATALOG_FILE = "catalog.db"
WORKSPACES_FOLDER = "workspaces"

_CREATING, _DELETING = ".creating-", ".deleting-"
_ABANDONED = 3600.0  # seconds after which a folder that is still being created has no creator any more


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """$HOMEPORT_HOME, else `~/.homeport`; absolute, and not created."""
    return Path(environ.get("HOMEPORT_HOME") or "~/.homeport").expanduser().absolute()


def create_store(
    home: Path, name: str, *, exist_ok: bool = False, details: JsonObject | None = None, mounts: Path = MOUNTS
) -> Store:
    """Make a workspace and open it. One that is there raises WorkspaceExistsError, or is opened as it is."""
    check_workspace_name(name)
    folder = home / WORKSPACES_FOLDER / name
    if not _is_workspace(folder):
        # SQLAlchemy and alembic take a fifth of a second to import: only what touches a catalog pays for them
        from homeport.store.local import prepare

        with disk_errors(home, 1 << 20, f"workspace `{name}`"):
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.parent.mkdir(mode=0o700, exist_ok=True)
            _sweep(folder.parent)
            staged = folder.parent / f"{_CREATING}{secrets.token_hex(8)}"
            staged.mkdir(mode=0o700)
            try:
                prepare(staged, name, details or {}, mounts=mounts)
                if _renamed(staged, folder):
                    return open_store(home, name, mounts=mounts)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
    if not exist_ok:
        raise WorkspaceExistsError(
            f"workspace `{name}` is here already", hint="open it, or choose another name: `homeport workspace list`"
        )
    return open_store(home, name, mounts=mounts)


def open_store(home: Path, name: str, *, mounts: Path = MOUNTS) -> Store:
    """Open a workspace. Raises WorkspaceNotFoundError, NewerStoreError, DamagedStoreError."""
    folder = _existing(home, name)
    # loads SQLAlchemy: see `create_store`
    from homeport.store.local import LocalStore

    return LocalStore(folder, mounts=mounts)


def list_stores(home: Path) -> list[str]:
    """The names of the workspaces of a home, in order."""
    try:
        folders = sorted((home / WORKSPACES_FOLDER).iterdir())
    except FileNotFoundError:
        return []
    return [folder.name for folder in folders if not folder.name.startswith(".") and _is_workspace(folder)]


def delete_store(home: Path, name: str, *, patience: float = 10.0) -> None:
    """Delete a workspace with all its models, after `patience` seconds at most for registrations under way.

    Raises WorkspaceNotFoundError, UnavailableError while it is in use.
    """
    folder = _existing(home, name)
    aside = folder.parent / f"{_DELETING}{secrets.token_hex(8)}"
    with disk_errors(folder.parent, 0, f"the deletion of workspace `{name}`"):
        with BytesLock(folder, patience=patience).alone(lambda: None):
            folder.rename(aside)  # from here on it is gone for everybody, however long its bytes take
        _sweep(folder.parent)


def _existing(home: Path, name: str) -> Path:
    with contextlib.suppress(InvalidConfigError):
        folder = home / WORKSPACES_FOLDER / check_workspace_name(name)
        if _is_workspace(folder):
            return folder
    near = get_close_matches(str(name), list_stores(home), n=1)
    meant = f"did you mean `{near[0]}`? Otherwise " if near else ""
    raise WorkspaceNotFoundError(
        f"there is no workspace `{name}` in `{home}`",
        hint=f"{meant}`homeport init --name {name}` makes it for this folder, `homeport workspace create {name}` alone",
    )


def _is_workspace(folder: Path) -> bool:
    return (folder / CATALOG_FILE).is_file()


def _renamed(staged: Path, folder: Path) -> bool:
    """False when somebody else made the same workspace first."""
    try:
        staged.rename(folder)
    except OSError as wrong:
        if wrong.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def _sweep(workspaces: Path) -> None:
    """Remove what deletions, and creations that were killed, left behind."""
    for folder in workspaces.iterdir():
        if folder.name.startswith(_DELETING) or (folder.name.startswith(_CREATING) and _age(folder) > _ABANDONED):
            shutil.rmtree(folder, ignore_errors=True)


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
