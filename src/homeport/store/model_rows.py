"""Models as rows: the SQL of the registry."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, delete, desc, exists, func, insert, select, true, update

from homeport.domain.json import Json, JsonObject
from homeport.domain.model import Model, ModelDescription, ModelFile, ModelFiles, ModelFilter, Resources
from homeport.errors import ModelNotFoundError
from homeport.store.schema import mark_text, model_files, model_findings, model_marks, model_numbers, models

_LARGEST = 2**31 - 1  # of PostgreSQL's INTEGER
_AT_ONCE = 500  # values in one IN (...)
_COMMON = 1000  # models with a mark: it is common, and another may be a better way in

Mark = tuple[str, str, str]  # kind, key, value: the columns of model_marks


def insert_model(
    connection: Connection, description: ModelDescription, files: ModelFiles, created_by: str, at: datetime
) -> Model:
    """Take the next number of the name and write the model down. The transaction must be a writing one."""
    version = _next_version(connection, description.name)
    connection.execute(update(models).where(models.c.name == description.name, latest()).values(latest=False))
    row = {
        "name": description.name,
        "version": version,
        "latest": True,
        "digest": files.digest,
        "size": files.size,
        "created": at,
        "created_by": created_by,
        "updated": at,
        "tags": plain_json(description.tags),
        "properties": plain_json(description.properties),
        "description": description.description,
        "framework": description.framework,
        "framework_version": description.framework_version,
        "sample_input": description.sample_input,
        "sample_output": description.sample_output,
        "resources": _resources_json(description.resources),
        "run_id": description.run_id,
        "experiment_name": description.experiment_name,
        "datasets": [list(dataset) for dataset in description.datasets],
    }
    (model_id,) = cast("tuple[int]", connection.execute(insert(models).values(row)).inserted_primary_key)
    connection.execute(insert(model_files), [{"model_id": model_id, **asdict(file)} for file in files.files])
    if description.findings is not None:
        connection.execute(insert(model_findings).values(model_id=model_id, findings=plain_json(description.findings)))
    model = find_model(connection, description.name, version)
    _write_marks(connection, model_id, model)
    return model


def find_model(connection: Connection, name: str, version: int | None = None) -> Model:
    """One version, or the newest. Raises ModelNotFoundError, with a hint at what there is."""
    query = select(models).where(models.c.name == sql_text(name))
    query = query.where(latest()) if version is None else query.where(models.c.version == version)
    usable = version is None or 0 < version <= _LARGEST
    row = connection.execute(query).one_or_none() if usable else None
    if row is None:
        raise _not_found(connection, name, version)
    return model_of(row)


def find_models(connection: Connection, wanted: ModelFilter, limit: int | None, offset: int) -> list[Model]:
    """A page of what `wanted` asks for, newest registration first."""
    query, order = _matching(connection, wanted)
    rows = connection.execute(query.with_only_columns(*models.c).order_by(desc(order)).limit(limit).offset(offset))
    return [model_of(row) for row in rows]


def count_models(connection: Connection, wanted: ModelFilter) -> int:
    """How many models match."""
    query, order = _matching(connection, wanted)
    return int(connection.execute(query.with_only_columns(func.count(order))).scalar_one())


def all_names(connection: Connection) -> list[str]:
    """Every name that has a version, in order."""
    return list(connection.execute(select(models.c.name).where(latest()).order_by(models.c.name)).scalars())


def files_of(connection: Connection, model: Model) -> ModelFiles:
    """The files of a version. Raises ModelNotFoundError when it was deleted."""
    model_id = _id(connection, model.name, model.version)
    columns = (model_files.c.path, model_files.c.size, model_files.c.sha256)
    rows = connection.execute(select(*columns).where(model_files.c.model_id == model_id))
    return ModelFiles.of(ModelFile(path=row.path, size=row.size, sha256=row.sha256) for row in rows)


def findings_of(connection: Connection, model: Model) -> JsonObject | None:
    """What was found in the files at registration. Raises ModelNotFoundError when the model was deleted."""
    model_id = _id(connection, model.name, model.version)
    query = select(model_findings.c.findings).where(model_findings.c.model_id == model_id)
    return cast("JsonObject | None", connection.execute(query).scalar())


def update_model(connection: Connection, model: Model) -> None:
    """Write down what may change of a model: everything but its name, number and bytes."""
    model_id = _id(connection, model.name, model.version)
    connection.execute(
        update(models)
        .where(models.c.id == model_id)
        .values(
            updated=model.updated,
            tags=plain_json(model.tags),
            properties=plain_json(model.properties),
            description=model.description,
            sample_input=model.sample_input,
            sample_output=model.sample_output,
            resources=_resources_json(model.resources),
        )
    )
    connection.execute(delete(model_marks).where(model_marks.c.model_id == model_id))
    _write_marks(connection, model_id, model)


def delete_model(connection: Connection, name: str, version: int) -> None:
    """Forget a version; the newest of those that stay becomes the latest."""
    connection.execute(delete(models).where(models.c.id == _id(connection, name, version)))
    newest = select(func.max(models.c.version)).where(models.c.name == name).scalar_subquery()
    connection.execute(update(models).where(models.c.name == name, models.c.version == newest).values(latest=True))


def hashes_by_size(connection: Connection, sizes: Iterable[int]) -> dict[int, set[str]]:
    """The hashes of the registered files that have one of these sizes."""
    found: dict[int, set[str]] = defaultdict(set)
    wanted = sorted(sizes)
    for start in range(0, len(wanted), _AT_ONCE):
        columns = select(model_files.c.size, model_files.c.sha256).distinct()
        for row in connection.execute(columns.where(model_files.c.size.in_(wanted[start : start + _AT_ONCE]))):
            found[row.size].add(row.sha256)
    return found


def latest() -> Any:
    """The condition that a model is the newest of its name."""
    return models.c.latest == true()


def plain_json(value: Json | JsonObject) -> Any:
    """The same value in lists and dicts, keys as text. Raises TypeError for what JSON cannot say."""
    return json.loads(json.dumps(value))


def sql_text(text: str) -> str:
    """A text that every driver takes, to look something up by; what is changed by this cannot be in the catalog."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _next_version(connection: Connection, name: str) -> int:
    counter = model_numbers.c
    counted = connection.execute(
        update(model_numbers).where(counter.name == name).values(last_version=counter.last_version + 1)
    )
    if counted.rowcount == 0:
        connection.execute(insert(model_numbers).values(name=name, last_version=1))
    return int(connection.execute(select(counter.last_version).where(counter.name == name)).scalar_one())


def _id(connection: Connection, name: str, version: int) -> int:
    found = None
    if 0 < version <= _LARGEST:
        query = select(models.c.id).where(models.c.name == sql_text(name), models.c.version == version)
        found = connection.execute(query).scalar()
    if found is None:
        raise _not_found(connection, name, version)
    return int(found)


def _not_found(connection: Connection, name: str, version: int | None) -> ModelNotFoundError:
    if version is None:
        return ModelNotFoundError(name, all_names(connection))
    query = select(models.c.version).where(models.c.name == sql_text(name)).order_by(desc(models.c.version)).limit(5)
    newest = ", ".join(str(number) for number in connection.execute(query).scalars())
    hint = f"versions of `{name}`, newest first: {newest}" if newest else None
    return ModelNotFoundError(f"{name}:{version}", all_names(connection), hint=hint)


def _matching(connection: Connection, wanted: ModelFilter) -> tuple[Select[Any], Any]:
    """A query of the models that match, and the column to order or count by.

    The rarest mark asked for drives the query where there is one: its index gives the models in order.
    """
    marks = list(_wanted_marks(wanted))
    if len(marks) > 1:
        marks.sort(key=lambda mark: _commonness(connection, mark))
    if marks:
        driver = model_marks.alias("driver")
        query = select(models).select_from(driver.join(models, models.c.id == driver.c.model_id))
        query, order = query.where(*_has(driver.c, marks[0])), driver.c.model_id
    else:
        query, order = select(models), models.c.id
    for number, mark in enumerate(marks[1:]):
        other = model_marks.alias(f"mark_{number}")
        query = query.where(exists().where(other.c.model_id == models.c.id, *_has(other.c, mark)))
    if wanted.name is not None:
        query = query.where(models.c.name == sql_text(wanted.name))
    if wanted.version is not None:
        query = query.where(models.c.version == min(max(wanted.version, -1), _LARGEST))
    if wanted.latest:
        query = query.where(latest())
    return query, order


def _commonness(connection: Connection, mark: tuple[str, str, str | None]) -> int:
    """How many models have a mark, counted no further than it costs nothing."""
    some = select(model_marks.c.model_id).where(*_has(model_marks.c, mark)).limit(_COMMON).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def _wanted_marks(wanted: ModelFilter) -> Iterator[tuple[str, str, str | None]]:
    for kind, pairs, keys in (
        ("tag", wanted.tags, wanted.tag_keys),
        ("property", wanted.properties, wanted.property_keys),
    ):
        yield from ((kind, mark_text(key), mark_text(value)) for key, value in pairs)
        yield from ((kind, mark_text(key), None) for key in keys)
    if wanted.run_id is not None:
        yield "run", mark_text(wanted.run_id), None
    if wanted.dataset_id is not None:
        yield "dataset", mark_text(wanted.dataset_id), None
    if wanted.framework is not None:
        yield "framework", mark_text(wanted.framework), None


def _has(columns: Any, mark: tuple[str, str, str | None]) -> list[Any]:
    kind, key, value = mark
    return [columns.kind == kind, columns.key == key, *([] if value is None else [columns.value == value])]


def _write_marks(connection: Connection, model_id: int, model: Model) -> None:
    """What `model_marks` should say about a model; a model always has its framework's mark."""
    rows = [{"model_id": model_id, "kind": kind, "key": key, "value": value} for kind, key, value in marks_of(model)]
    connection.execute(insert(model_marks), rows)


def marks_of(model: Model) -> set[Mark]:
    """Everything that the model can be found by; of two keys with the same text one is kept."""
    marks: dict[tuple[str, str], str] = {("framework", mark_text(model.framework)): ""}
    if model.run_id is not None:
        marks["run", mark_text(model.run_id)] = ""
    for kind, values in (("tag", model.tags), ("property", model.properties)):
        for key, value in values.items():
            marks[kind, mark_text(key)] = mark_text(value)
    for purpose, dataset in model.datasets:
        marks["dataset", mark_text(dataset)] = mark_text(purpose)
    return {(kind, key, value) for (kind, key), value in marks.items()}


def _resources_json(resources: Resources | None) -> Any:
    return None if resources is None else asdict(resources)


def model_of(row: Row[Any]) -> Model:
    """The model that a row of `models` says."""
    fields = dict(row._mapping)
    for column in ("id", "latest"):
        del fields[column]
    if fields["resources"] is not None:
        fields["resources"] = Resources(**fields["resources"])
    fields["datasets"] = tuple((purpose, dataset) for purpose, dataset in fields["datasets"])
    return Model(**fields)
