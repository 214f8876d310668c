"""`services/NAME/`: what is declared (`service.json`, `generations/`), and what the host says about itself."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.domain.progress import Progress
from homeport.domain.service import (
    CURRENT_FILE,
    FAILURE_FILE,
    GENERATIONS_FOLDER,
    HOST_LOCK,
    SERVICE_FILE,
    Generation,
    Service,
)
from homeport.errors import InvalidInputError, ServiceError, ServiceNotFoundError
from homeport.runtimes.control import control_path
from homeport.runtimes.files import write_atomically, write_json

PRIVATE = 0o700
SERVICES_FOLDER = "services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a host ended or could not start, as `failure.json` has it."""

    kind: str
    message: str
    hint: str | None = None
    detail: str = ""


class ServiceFolder:
    """One service on disk. Reading takes no lock: every file is renamed into place."""

    def __init__(self, home: Path, name: str) -> None:
        self.name = name
        self.services = home.absolute() / SERVICES_FOLDER
        self.path = self.services / name

    @property
    def host_lock(self) -> Path:
        return self.path / HOST_LOCK

    @property
    def control_socket(self) -> Path:
        return control_path(self.path)

    @property
    def staging(self) -> Path:
        """Where a deployment is put together, beside the service that it may replace."""
        return self.services / f".{self.name}.new"

    def exists(self) -> bool:
        return self.path.is_dir()

    def bundle(self, number: int) -> Path:
        return self.path / GENERATIONS_FOLDER / str(number)

    @contextmanager
    def locked(self, progress: Progress) -> Iterator[None]:
        """One change at a time: whoever comes second waits, and is told so."""
        from filelock import FileLock, Timeout  # 30 ms of imports that `service list` need not pay for

        make_private(self.services.parent)
        make_private(self.services)
        lock = FileLock(self.services / f".{self.name}.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.step(f"waiting for another change to service `{self.name}` to end")
            lock.acquire()
        try:
            self._sweep()
            yield
        finally:
            lock.release()

    def is_changing(self) -> bool:
        """Whether somebody is in the middle of a change."""
        return is_held(self.services / f".{self.name}.lock")

    def is_alive(self) -> bool:
        """Whether a host holds the service; process ids say nothing, they come back."""
        return is_held(self.host_lock)

    def read(self, service_id: str | None = None) -> Service:
        """What `service.json` says, with the port and the source of the generation that serves.

        Raises ServiceNotFoundError; InvalidInputError where it is damaged or newer; and ServiceError where `service_id`
        belongs to a service that has been replaced since.
        """
        path = self.path / SERVICE_FILE
        try:
            document = json.loads(path.read_bytes())
            if not isinstance(document, dict) or document.get("generations") == []:
                raise ValueError("it describes no service")
        except (FileNotFoundError, NotADirectoryError) as missing:
            raise ServiceNotFoundError(self.name, service_names(self.services.parent)) from missing
        except ValueError as wrong:
            raise InvalidInputError(
                f"`{path}` cannot be read: {wrong}",
                hint=f"deploy `{self.name}` again, or run `homeport service delete {self.name}`",
            ) from wrong
        service = Service.from_json(document)
        if service_id not in (None, service.id):
            raise ServiceError(
                f"service `{self.name}` has been replaced by a later deployment",
                hint="this handle is stale: get a new one by name",
            )
        current = self.current(service)
        return replace(service, port=current.port or service.port, source=current.source or service.source)

    def current(self, service: Service) -> Generation:
        """The generation that serves, or that a start would serve: the host's word, else the newest."""
        number = self.current_number()
        listed = {generation.number: generation for generation in service.generations}
        return listed.get(number or 0) or service.generations[-1]

    def current_number(self) -> int | None:
        """What the host wrote at its last switch; None before anything has ever served."""
        with suppress(FileNotFoundError, ValueError):
            return int((self.path / CURRENT_FILE).read_text())
        return None

    def write(self, service: Service, *, folder: Path | None = None) -> None:
        write_json((folder or self.path) / SERVICE_FILE, service.to_json())

    def failure(self) -> Failure | None:
        """Why the host ended; None where no reason is written down."""
        try:
            document = json.loads((self.path / FAILURE_FILE).read_bytes())
            return Failure(
                kind=str(document.get("kind", "failed")),
                message=str(document["message"]),
                hint=document.get("hint"),
                detail=str(document.get("detail") or ""),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, AttributeError):
            return Failure(kind="failed", message=f"`{self.path / FAILURE_FILE}` cannot be read")

    def write_failure(self, failure: Failure) -> None:
        document: JsonObject = {
            "kind": failure.kind,
            "message": failure.message,
            "hint": failure.hint,
            "detail": failure.detail,
        }
        write_json(self.path / FAILURE_FILE, document)

    def forget_failure(self) -> str | None:
        """Take the reason away before a start, and give its text for `recall_failure`."""
        path = self.path / FAILURE_FILE
        text = path.read_text(encoding="utf-8") if path.exists() else None
        path.unlink(missing_ok=True)
        return text

    def recall_failure(self, text: str | None) -> None:
        """Put the reason back as it was before a start that changed nothing."""
        if text is None:
            (self.path / FAILURE_FILE).unlink(missing_ok=True)
        else:
            write_atomically(self.path / FAILURE_FILE, text)

    def next_number(self, service: Service) -> int:
        """One more than any that has served or is on the disk; a generation that came to nothing leaves its number."""
        folders = (self.path / GENERATIONS_FOLDER).glob("[0-9]*")
        used = [int(folder.name) for folder in folders if folder.name.isdigit()]
        return max([self.current_number() or 0, *used, *(each.number for each in service.generations)]) + 1

    def install_staged(self) -> None:
        """The staged deployment takes the name; what had it goes."""
        self.remove()
        self.staging.rename(self.path)

    def remove(self) -> None:
        """Gone under its name at once, then from the disk: a removal that breaks off leaves no half service."""
        if self.path.exists():
            self.path.rename(self._aside)
        shutil.rmtree(self._aside, ignore_errors=True)

    @property
    def _aside(self) -> Path:
        return self.services / f".{self.name}.old"

    def _sweep(self) -> None:
        """Remove what a killed process left half-made; nobody else works here while the lock is ours."""
        for left in (self.staging, self._aside, *(self.path / GENERATIONS_FOLDER).glob(".*")):
            shutil.rmtree(left, ignore_errors=True)


def service_names(home: Path) -> list[str]:
    """Every service's name, readable or not."""
    folder = home / SERVICES_FOLDER
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".") and path.is_dir())


def is_held(lock: Path) -> bool:
    """Whether a process holds this lock; asked with a shared lock, so that two who ask do not deceive each other."""
    try:
        handle = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def make_private(folder: Path) -> None:
    """Make a folder for its user alone; one that exists keeps the mode it has."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True, mode=PRIVATE)
