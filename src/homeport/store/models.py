"""The models of a workspace on this disk: files land before the row does, so a model is whole or invisible."""

from __future__ import annotations

import builtins
import getpass
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from homeport.domain.clock import Clock, utc_now
from homeport.domain.json import JsonObject
from homeport.domain.model import Model, ModelDescription, ModelFiles, ModelFilter
from homeport.domain.progress import Progress
from homeport.errors import AlreadyExistsError, InvalidCallError, NoSpaceError
from homeport.store import model_rows
from homeport.store.blobs import Blobs
from homeport.store.catalog import Catalog
from homeport.store.delivery import Delivery
from homeport.store.intake import Intake
from homeport.store.locks import BytesLock
from homeport.store.protocol import EVERYTHING, SILENT, ModelChange
from homeport.store.reserve import Reserve
from homeport.store.sources import find_files


class LocalModels:
    """A `ModelStore` over a catalog and blobs."""

    def __init__(
        self, catalog: Catalog, blobs: Blobs, lock: BytesLock, reserve: Reserve, *, now: Clock = utc_now
    ) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._lock = lock
        self._reserve = reserve
        self._now = now

    def register(
        self,
        description: ModelDescription,
        source: Path,
        *,
        child_paths: Sequence[str] | None = None,
        progress: Progress = SILENT,
    ) -> Model:
        """See `ModelStore`."""
        _check_writable(description)
        sources = find_files(source, child_paths, progress)
        self.sweep()
        with self._lock.shared():  # until the row is there: a collection must not take the new blobs for garbage
            files = Intake(self._blobs, self._known, f"model `{description.name}`", progress).take(sources)
            with self._catalog.writing() as connection:
                return model_rows.insert_model(connection, description, files, _user(), self._now())

    def get(self, name: str, version: int | None = None) -> Model:
        """See `ModelStore`."""
        with self._catalog.reading() as connection:
            return model_rows.find_model(connection, name, version)

    def list(self, wanted: ModelFilter = EVERYTHING, *, limit: int | None = None, offset: int = 0) -> list[Model]:
        """See `ModelStore`."""
        with self._catalog.reading() as connection:
            return model_rows.find_models(connection, wanted, limit, offset)

    def count(self, wanted: ModelFilter = EVERYTHING) -> int:
        """See `ModelStore`."""
        with self._catalog.reading() as connection:
            return model_rows.count_models(connection, wanted)

    def names(self) -> builtins.list[str]:
        """See `ModelStore`."""
        with self._catalog.reading() as connection:
            return model_rows.all_names(connection)

    def files(self, model: Model) -> ModelFiles:
        """See `ModelStore`."""
        with self._catalog.reading() as connection:
            return model_rows.files_of(connection, model)

    def findings(self, model: Model) -> JsonObject | None:
        """See `ModelStore`."""
        with self._catalog.reading() as connection:
            return model_rows.findings_of(connection, model)

    def change(self, name: str, version: int, change: ModelChange) -> Model:
        """See `ModelStore`."""
        _check_writable(change)
        with self._catalog.writing() as connection:
            before = model_rows.find_model(connection, name, version)
            model_rows.update_model(connection, replace(_changed(before, change), updated=self._now()))
            return model_rows.find_model(connection, name, version)

    def delete(self, name: str, version: int) -> None:
        """See `ModelStore`."""
        try:
            self._delete(name, version)
        except NoSpaceError:
            if not self._reserve.release():
                raise
            self._delete(name, version)

    def download(
        self, model: Model, target: Path, *, overwrite: bool = False, progress: Progress = SILENT
    ) -> builtins.list[Path]:
        """See `ModelStore`."""
        with self._lock.shared():
            delivery = Delivery(self._blobs, model.ref, self.files(model), progress)
            return delivery.download(target, overwrite=overwrite)

    def place(self, model: Model, folder: Path) -> ModelFiles:
        """See `ModelStore`."""
        with self._lock.shared():
            files = self.files(model)
            Delivery(self._blobs, model.ref, files, SILENT).place(folder)
            return files

    def sweep(self) -> None:
        """Remove what killed registrations left in staging, unless one is under way; costs nothing otherwise."""
        if any(self._blobs.staging.glob("*")):
            with self._lock.alone_now() as alone:
                if alone:
                    self._blobs.clear_staging()

    def _delete(self, name: str, version: int) -> None:
        with self._catalog.writing() as connection:
            model_rows.delete_model(connection, name, version)

    def _known(self, sizes: Iterable[int]) -> dict[int, set[str]]:
        with self._catalog.reading() as connection:
            return model_rows.hashes_by_size(connection, sizes)


def _check_writable(said: ModelDescription | ModelChange) -> None:
    """Refuse what the catalog cannot hold before gigabytes are copied. Raises TypeError for what is not JSON."""
    values = [said.sample_input, said.sample_output]
    values += [said.tags, said.properties] if isinstance(said, ModelDescription) else []
    values += [said.tags, said.add_tags, said.add_properties] if isinstance(said, ModelChange) else []
    for value in values:
        model_rows.plain_json(value)
    texts = {"description": said.description}
    if isinstance(said, ModelDescription):
        texts.update(model_framework=said.framework, model_framework_version=said.framework_version)
        texts.update(run_id=said.run_id, experiment_name=said.experiment_name)
    for label, text in texts.items():
        if text is not None and (not isinstance(text, str) or model_rows.sql_text(text) != text):
            raise InvalidCallError(f"{label} must be plain text, got `{text!r}`", hint="remove what is not text")


def _changed(model: Model, change: ModelChange) -> Model:
    known = [key for key in change.add_properties if key in model.properties]
    if known:
        raise AlreadyExistsError(
            f"model `{model.ref}` has a property `{known[0]}` already", hint="properties never change; use a tag"
        )
    tags = model.tags if change.tags is None else change.tags
    kept = {key: value for key, value in tags.items() if key not in change.remove_tags}
    return replace(
        model,
        tags={**kept, **change.add_tags},
        properties={**model.properties, **change.add_properties},
        description=model.description if change.description is None else change.description,
        sample_input=model.sample_input if change.sample_input is None else change.sample_input,
        sample_output=model.sample_output if change.sample_output is None else change.sample_output,
        resources=model.resources if change.resources is None else change.resources,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return str(os.getuid())
