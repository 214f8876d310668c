"""Which format a file has: by its content, never by its name, and in the way that loaders tell."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from homeport.domain.findings import Findings
from homeport.errors import UnreadableModelError
from homeport.inspection import (
    boosted_catboost,
    boosted_lightgbm,
    boosted_xgboost,
    hdf5,
    keras,
    looks,
    numpy_arrays,
    onnx_model,
    safetensors,
    saved_model,
    skops_files,
    torch_files,
)
from homeport.inspection.archive import EMPTY, MAGIC, Archive
from homeport.inspection.embedded import archive_risks, inspect_stream, unread, with_inner
from homeport.inspection.pickle_wrapped import compression_of
from homeport.inspection.source import Source
from homeport.inspection.windows import Window

Reader = Callable[[], Findings]

_NEWEST_PROTOCOL = 5
_LISTED = 50  # members of an archive that are told


def inspect_source(source: Source, allowed: Collection[str] = ()) -> Findings:
    """What one file is. One that is damaged has the reason in `facts["damaged"]`; nothing is raised for it."""
    head = source.head(looks.HEAD)
    name, read = _reader(source, head, allowed)
    try:
        found = read()
    except UnreadableModelError as wrong:
        found = Findings(format=name, facts={"damaged": wrong.message})
        if name in _RUNNING:
            found = with_inner(found, [unread("the file", wrong.message)])
    if found.format in ("safetensors", "xgboost-binary") and _begins_as_pickle(head):
        found = with_inner(found, [_pickle_too(source, allowed)])
    return replace(found, size=source.size)


# those that hold pickles or other code: where one cannot be read, nobody knows what it would run
_RUNNING = {"pickle", "torch", "torch-legacy", "torch-tar", "npy", "npz", "skops", "keras", "zip"}


def _reader(source: Source, head: bytes, allowed: Collection[str]) -> tuple[str, Reader]:
    """The format's name and what reads it, by the first bytes; those that no other format can have go first."""
    if head.startswith((MAGIC, EMPTY)):
        return "zip", lambda: _read_archive(source, allowed)
    if head.startswith(numpy_arrays.MAGIC):
        return "npy", lambda: numpy_arrays.read_npy(source, allowed)
    if head.startswith(boosted_catboost.MAGIC):
        return "catboost", lambda: boosted_catboost.read_catboost(source)
    if head.startswith(torch_files.LEGACY):
        return "torch-legacy", lambda: torch_files.read_legacy(source, allowed)
    start = hdf5.start_of(source)
    if start is not None:
        return "hdf5", lambda: keras.read_hdf5(source, start, allowed)
    return _text_reader(source, head) or _weak_reader(source, head, allowed)


def _text_reader(source: Source, head: bytes) -> tuple[str, Reader] | None:
    if boosted_lightgbm.is_lightgbm(head):
        return "lightgbm", lambda: boosted_lightgbm.read_lightgbm(source)
    if boosted_xgboost.is_json(head):
        return "xgboost-json", lambda: boosted_xgboost.read_json(source)
    if boosted_xgboost.is_ubjson(head):
        return "xgboost-ubj", lambda: boosted_xgboost.read_ubjson(source)
    if boosted_catboost.is_json(source):
        return "catboost-json", lambda: boosted_catboost.read_json(source)
    if head.startswith(b"bs64"):
        return "xgboost-binary", lambda: boosted_xgboost.read_base64(source)
    return None


def _weak_reader(source: Source, head: bytes, allowed: Collection[str]) -> tuple[str, Reader]:
    """Formats without a mark of their own: told by their structure."""
    if safetensors.is_safetensors(head, source.size):
        return "safetensors", lambda: safetensors.read_safetensors(source)
    if _begins_as_pickle(head):
        return "pickle", lambda: inspect_stream(Window(source, 0, source.size), source.size, allowed)
    if head[257:262] == b"ustar":
        return "torch-tar", lambda: torch_files.read_tar(source, allowed)
    if boosted_xgboost.is_binary(source):
        return "xgboost-binary", lambda: boosted_xgboost.read_binary(source)
    if saved_model.is_saved_model(source):
        return "saved-model", lambda: saved_model.read_saved_model(source, allowed)
    if onnx_model.is_onnx(source):
        return "onnx", lambda: onnx_model.read_onnx(source, allowed)
    return "unknown", lambda: _perhaps_pickle(source, head, allowed)


def _begins_as_pickle(head: bytes) -> bool:
    """The mark of protocols 2 to 5; those before have none."""
    return len(head) > 1 and head[0] == 0x80 and head[1] <= _NEWEST_PROTOCOL


def _perhaps_pickle(source: Source, head: bytes, allowed: Collection[str]) -> Findings:
    """Protocols 0 and 1, and compressed files, show only when they are read."""
    try:
        found = inspect_stream(Window(source, 0, source.size), source.size, allowed)
    except UnreadableModelError as wrong:
        compression = compression_of(head)
        if compression is None:
            return looks.looks_like(source)
        told = f"data compressed with {compression} that is no readable pickle: {wrong.message}"
        return with_inner(Findings(format="unknown", facts={"looks_like": told}), [unread("the file", wrong.message)])
    if "damaged" in found.facts and not found.runs_code and compression_of(head) is None:
        return looks.looks_like(source)  # text may begin as a pickle would, and names nothing then that could be
    return found


def _pickle_too(source: Source, allowed: Collection[str]) -> Findings:
    """A file that is two things at once is made so on purpose: what `pickle.load` would run is told as well."""
    try:
        return inspect_stream(Window(source, 0, source.size), source.size, allowed)
    except UnreadableModelError:
        return Findings(format="pickle")


def _read_archive(source: Source, allowed: Collection[str]) -> Findings:
    archive = Archive(source)
    if skops_files.is_skops(archive):
        return skops_files.read_skops(archive, allowed)
    if torch_files.is_torch(archive):
        return torch_files.read_zip(archive, allowed)
    names = {member.name for member in archive.members}
    if "config.json" in names and names & {"metadata.json", "model.weights.h5", "model.weights.npz"}:
        return keras.read_keras(archive, allowed)
    if names and all(name.endswith(".npy") for name in names):
        return numpy_arrays.read_npz(archive, allowed)
    risks, facts = archive_risks(archive, allowed)
    facts |= _listing(archive)
    return Findings(format="unknown", risks=risks, facts=facts)


def _listing(archive: Archive) -> dict[str, Any]:
    names = [member.name[:200] for member in archive.members]
    inside = (
        "an archive of MLflow's, or of another folder: unpack it" if any("MLmodel" in name for name in names) else ""
    )
    return {
        "looks_like": inside or f"a zip archive of {len(names)} files that is no model",
        "members": names[:_LISTED],
    }
