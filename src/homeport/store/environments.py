"""The environments of a workspace on this disk: definitions as they were given, labels, and what they resolved to."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, desc, func, insert, select, update

from homeport.domain.clock import Clock, utc_now
from homeport.domain.environment import EnvironmentVersion
from homeport.domain.json import JsonObject
from homeport.errors import EnvironmentNotFoundError, InvalidConfigError
from homeport.store.catalog import Catalog
from homeport.store.model_rows import plain_json, sql_text
from homeport.store.schema import environment_labels, environment_locks, environment_numbers, environments

_LONGEST = 255  # characters of a name, a version or a label: what PostgreSQL's columns hold
_COUNTED = 10**9  # versions up to here move the counter on; beyond are dates and the like


class LocalEnvironments:
    """An `EnvironmentStore` over a catalog."""

    def __init__(self, catalog: Catalog, *, now: Clock = utc_now) -> None:
        self._catalog = catalog
        self._now = now

    def register(self, name: str, definition: JsonObject, version: str | None = None) -> EnvironmentVersion:
        """See `EnvironmentStore`."""
        _check_text("environment name", name)
        definition = plain_json(definition)
        with self._catalog.writing() as connection:
            if version is not None:
                self._write(connection, name, _check_text("version", version), definition)
                return _found(connection, name, version)
            newest = connection.execute(_newest(name)).one_or_none()
            if newest is not None and newest.definition == definition:
                return _with_labels(connection, newest)
            number = str(_next_number(connection, name))
            self._write(connection, name, number, definition)
            return _found(connection, name, number)

    def get(self, name: str, version: str | None = None, label: str | None = None) -> EnvironmentVersion:
        """See `EnvironmentStore`."""
        with self._catalog.reading() as connection:
            return _found(connection, name, version, label)

    def list(self) -> list[EnvironmentVersion]:
        """See `EnvironmentStore`."""
        newest = select(func.max(environments.c.id)).group_by(environments.c.name)
        with self._catalog.reading() as connection:
            rows = connection.execute(
                select(environments).where(environments.c.id.in_(newest)).order_by(environments.c.name)
            )
            return [_with_labels(connection, row) for row in rows.all()]

    def versions(self, name: str) -> builtins.list[EnvironmentVersion]:
        """See `EnvironmentStore`."""
        query = select(environments).where(environments.c.name == sql_text(name)).order_by(desc(environments.c.id))
        with self._catalog.reading() as connection:
            return [_with_labels(connection, row) for row in connection.execute(query).all()]

    def label(self, name: str, version: str, labels: Sequence[str]) -> None:
        """See `EnvironmentStore`."""
        wanted = [_check_text("label", label) for label in dict.fromkeys(labels)]
        with self._catalog.writing() as connection:
            environment_id = _id(connection, name, version)
            worn = environment_labels.c
            connection.execute(delete(environment_labels).where(worn.name == name, worn.label.in_(wanted)))
            for label in wanted:
                row = {"name": name, "label": label, "environment_id": environment_id}
                connection.execute(insert(environment_labels).values(row))

    def keep_lock(self, name: str, version: str, platform: str, lock: JsonObject) -> None:
        """See `EnvironmentStore`."""
        with self._catalog.writing() as connection:
            environment_id = _id(connection, name, version)
            kept = environment_locks.c
            connection.execute(
                delete(environment_locks).where(kept.environment_id == environment_id, kept.platform == platform)
            )
            row = {"environment_id": environment_id, "platform": platform, "created": self._now()}
            connection.execute(insert(environment_locks).values({**row, "lock": plain_json(lock)}))

    def lock(self, name: str, version: str, platform: str) -> JsonObject | None:
        """See `EnvironmentStore`."""
        with self._catalog.reading() as connection:
            environment_id = _id(connection, name, version)
            kept = environment_locks.c
            query = select(kept.lock).where(kept.environment_id == environment_id, kept.platform == sql_text(platform))
            return cast("JsonObject | None", connection.execute(query).scalar())

    def locks(self, name: str, version: str) -> dict[str, JsonObject]:
        """See `EnvironmentStore`."""
        with self._catalog.reading() as connection:
            environment_id = _id(connection, name, version)
            kept = environment_locks.c
            query = select(kept.platform, kept.lock).where(kept.environment_id == environment_id)
            return {row.platform: row.lock for row in connection.execute(query.order_by(kept.platform))}

    def every_lock(self) -> builtins.list[tuple[str, JsonObject]]:
        """See `EnvironmentStore`."""
        query = select(environments.c.name, environments.c.version, environment_locks.c.lock)
        query = query.join(environment_locks, environment_locks.c.environment_id == environments.c.id)
        with self._catalog.reading() as connection:
            rows = connection.execute(query.order_by(environments.c.id, environment_locks.c.platform))
            return [(f"{row.name}:{row.version}", row.lock) for row in rows]

    def delete(self, name: str, version: str) -> None:
        """See `EnvironmentStore`."""
        with self._catalog.writing() as connection:
            environment_id = _id(connection, name, version)
            for table in (environment_locks, environment_labels):
                connection.execute(delete(table).where(table.c.environment_id == environment_id))
            connection.execute(delete(environments).where(environments.c.id == environment_id))

    def _write(self, connection: Connection, name: str, version: str, definition: JsonObject) -> None:
        """Add a version, or write an existing one anew: what it resolved to before says nothing about it then."""
        if version.isascii() and version.isdecimal() and int(version) <= _COUNTED:
            _count_to(connection, name, int(version))
        row = connection.execute(_exactly(name, version)).one_or_none()
        if row is None:
            values = {"name": name, "version": version, "definition": definition, "created": self._now()}
            connection.execute(insert(environments).values(values))
        elif row.definition != definition:
            here = environments.c.id == row.id
            connection.execute(update(environments).where(here).values(definition=definition, created=self._now()))
            connection.execute(delete(environment_locks).where(environment_locks.c.environment_id == row.id))


def _exactly(name: str, version: str) -> Any:
    return select(environments).where(
        environments.c.name == sql_text(name), environments.c.version == sql_text(str(version))
    )


def _newest(name: str) -> Any:
    return select(environments).where(environments.c.name == sql_text(name)).order_by(desc(environments.c.id)).limit(1)


def _found(
    connection: Connection, name: str, version: str | None = None, label: str | None = None
) -> EnvironmentVersion:
    query = _newest(name)
    if version is not None:
        query = _exactly(name, version)
    elif label is not None:
        worn = environment_labels.c
        query = select(environments).join(environment_labels, worn.environment_id == environments.c.id)
        query = query.where(worn.name == sql_text(name), worn.label == sql_text(label))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise _not_found(connection, name, version, label)
    return _with_labels(connection, row)


def _id(connection: Connection, name: str, version: str) -> int:
    row = connection.execute(_exactly(name, version)).one_or_none()
    if row is None:
        raise _not_found(connection, name, version, None)
    return int(row.id)


def _not_found(connection: Connection, name: str, version: str | None, label: str | None) -> EnvironmentNotFoundError:
    numbers = [row.version for row in connection.execute(_all_versions(name))]
    if not numbers:
        near = get_close_matches(name, list(connection.execute(select(environments.c.name).distinct()).scalars()), n=1)
        hint = f"did you mean `{near[0]}`?" if near else "run `homeport environment list` to see them all"
        return EnvironmentNotFoundError(f"environment `{name}` is not registered", hint=hint)
    which = f"version `{version}`" if version is not None else f"version with the label `{label}`"
    return EnvironmentNotFoundError(
        f"environment `{name}` has no {which}", hint=f"its newest versions are {', '.join(numbers[:5])}"
    )


def _all_versions(name: str) -> Any:
    query = select(environments.c.version).where(environments.c.name == sql_text(name))
    return query.order_by(desc(environments.c.id))


def _with_labels(connection: Connection, row: Row[Any]) -> EnvironmentVersion:
    worn = environment_labels.c
    labels = connection.execute(select(worn.label).where(worn.environment_id == row.id).order_by(worn.label)).scalars()
    return EnvironmentVersion(
        name=row.name,
        version=row.version,
        definition=row.definition,
        created=row.created,
        labels=tuple(labels),
    )


def _next_number(connection: Connection, name: str) -> int:
    last = connection.execute(
        select(environment_numbers.c.last_version).where(environment_numbers.c.name == name)
    ).scalar()
    return (last or 0) + 1


def _count_to(connection: Connection, name: str, number: int) -> None:
    """No number up to this one is given again."""
    here = environment_numbers.c.name == name
    last = connection.execute(select(environment_numbers.c.last_version).where(here)).scalar()
    if last is None:
        connection.execute(insert(environment_numbers).values(name=name, last_version=number))
    elif last < number:
        connection.execute(update(environment_numbers).where(here).values(last_version=number))


def _check_text(label: str, text: object) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST or sql_text(text) != text:
        raise InvalidConfigError(
            f"`{text}` is not a usable {label}", hint=f"use at most {_LONGEST} characters of plain text"
        )
    return text
