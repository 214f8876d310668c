"""A model as no-code serving takes it: a file or folder on this disk, or a registered version."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.domain.json import Json
from homeport.domain.model import ModelFiles
from homeport.errors import MissingPathError

if TYPE_CHECKING:
    from homeport.sdk.model_record import ModelRecord

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAtHand:
    """One model, and where its bytes are; equal bytes have an equal `key`, whatever they are called."""

    name: str  # as people know it: a path, or `name:version`
    top: str  # the file or folder, below AZUREML_MODEL_DIR
    key: str
    size: int
    folder: Callable[[], AbstractContextManager[Path]]  # the folder that holds `top`, while the context is open
    sample: Json = None  # a request's body that is known to be good
    expected: Json = None  # what it is answered with, where that was recorded


def at_path(path: Path, sample: Json = None) -> ModelAtHand:
    """A file or folder as it lies there. Raises MissingPathError."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps its own name
    if not path.exists():
        raise MissingPathError(f"there is no model at `{path}`", hint="check the path")
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    hashed = [(file.relative_to(path).as_posix(), _sha256(file)) for file in files]
    return ModelAtHand(
        name=path.name,
        top=path.name,
        key=_key(hashed),
        size=sum(file.stat().st_size for file in files),
        folder=partial(_as_it_lies, path.parent),
        sample=request_of(sample),
    )


def of_record(model: ModelRecord, home: Path) -> ModelAtHand:
    """A registered version, with the samples that were registered; its files are placed only where they are needed."""
    store, record = model._workspace._store.models, model._record
    files = store.files(record)
    return ModelAtHand(
        name=record.ref,
        top=files.files[0].path.partition("/")[0],
        key=_key([(_below(file.path), file.sha256) for file in files.files]),
        size=record.size,
        folder=partial(_placed, partial(store.place, record), home),
        sample=request_of(record.sample_input),
        expected=record.sample_output,
    )


def _as_it_lies(folder: Path) -> AbstractContextManager[Path]:
    return contextlib.nullcontext(folder)


@contextlib.contextmanager
def _placed(place: Callable[[Path], ModelFiles], home: Path) -> Iterator[Path]:
    """On the disk of the store, so that the files are links; gone at the end."""
    room = home / "trials"
    room.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".model-", dir=room) as name:
        place(Path(name))
        yield Path(name)


def request_of(sample: Json) -> Json:
    """A sample as a request's body: with `data` as it is, else it is the data; None for what is neither."""
    if isinstance(sample, str):
        with contextlib.suppress(ValueError):
            return request_of(json.loads(sample))
        return None
    if isinstance(sample, dict) and "data" in sample:
        known: dict[str, Any] = {key: value for key, value in sample.items() if key in ("data", "method", "model")}
        return known
    return {"data": sample} if isinstance(sample, dict | list) and sample else None


def _below(path: str) -> str:
    return path.partition("/")[2] or "."


def _key(hashed: list[tuple[str, str]]) -> str:
    """Of a single file its sha256."""
    if len(hashed) == 1 and hashed[0][0] == ".":
        return hashed[0][1]
    return hashlib.sha256(json.dumps(sorted(hashed)).encode()).hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
