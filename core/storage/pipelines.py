"""The pipelines of a store in SQLite or PostgreSQL."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from core.errors import StoreError
from core.programs.pipeline.saved import checked_name
from core.programs.pipeline.spec import PipelineSpec
from core.runs.store import StoredPipeline
from core.storage.memory_pipelines import no_pipeline
from core.storage.tables import PIPELINES

_ATTEMPTS = 20
"""At a number that others who save the same name at the same time take as well."""
_NEWEST_FIRST = PIPELINES.c.version.desc()


class PipelineTable:
    """The part of a `SqlStore` that keeps pipelines."""

    def save_pipeline(self, name: str, spec: PipelineSpec, by: str) -> int:
        """Keep it as the newest version, unless it is that already; its number."""
        plain, body = checked_name(name), spec.model_dump_json()
        for _ in range(_ATTEMPTS):
            with self._writing() as connection:
                try:
                    return _saved(connection, plain, body, by)
                except IntegrityError:  # somebody else took the number in the meantime
                    continue
        raise StoreError(f"pipeline {plain!r}: others keep saving it at once. Try again.")

    def pipelines(self) -> list[StoredPipeline]:
        """The newest version of each that can be read, by name."""
        newest = select(PIPELINES.c.name, func.max(PIPELINES.c.version).label("version")).group_by(
            PIPELINES.c.name
        )
        last = newest.subquery()
        same = (PIPELINES.c.name == last.c.name) & (PIPELINES.c.version == last.c.version)
        wanted = select(*PIPELINES.c).join_from(PIPELINES, last, same)
        with self._reading() as connection:
            rows = connection.execute(wanted).mappings().all()
        found = [read for row in rows if (read := _readable(row)) is not None]
        return sorted(found, key=lambda each: each.name)  # databases sort letters in many ways

    def pipeline(self, name: str, version: int | None = None) -> StoredPipeline:
        """That version, or the newest one. Raises PipelineNotFound, or StoreError if unreadable."""
        wanted = (
            select(*PIPELINES.c).where(PIPELINES.c.name == name).order_by(_NEWEST_FIRST).limit(1)
        )
        if version is not None:
            wanted = wanted.where(PIPELINES.c.version == version)
        with self._reading() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
        if row is None:
            raise no_pipeline(name, version)
        read = _readable(row)
        if read is None:
            raise StoreError(
                f"pipeline {name!r}, version {row['version']}, cannot be read; a newer version of "
                "MIPRO Studio may have saved it. Update MIPRO Studio or delete the pipeline."
            )
        return read

    def pipeline_versions(self, name: str) -> list[StoredPipeline]:
        """All versions that can be read, newest first. Raises PipelineNotFound."""
        wanted = select(*PIPELINES.c).where(PIPELINES.c.name == name).order_by(_NEWEST_FIRST)
        with self._reading() as connection:
            rows = connection.execute(wanted).mappings().all()
        if not rows:
            raise no_pipeline(name)
        return [read for row in rows if (read := _readable(row)) is not None]

    def delete_pipeline(self, name: str) -> None:
        """Remove it with all versions. Raises PipelineNotFound."""
        with self._writing() as connection:
            if connection.execute(delete(PIPELINES).where(PIPELINES.c.name == name)).rowcount == 0:
                raise no_pipeline(name)

    def _reading(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError

    def _writing(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError


def _saved(connection: Connection, name: str, body: str, by: str) -> int:
    newest = (
        select(PIPELINES.c.version, PIPELINES.c.body)
        .where(PIPELINES.c.name == name)
        .order_by(_NEWEST_FIRST)
        .limit(1)
    )
    last = connection.execute(newest).one_or_none()
    if last is not None and last.body == body:
        return int(last.version)
    number = 1 if last is None else int(last.version) + 1
    row = {"name": name, "version": number, "saved_at": time.time(), "by": by, "body": body}
    connection.execute(insert(PIPELINES), row)
    return number


def _readable(row: Mapping[str, Any] | Any) -> StoredPipeline | None:
    try:
        spec = PipelineSpec.model_validate_json(row["body"])
    except ValidationError:
        return None
    known = {name: row[name] for name in ("name", "version", "saved_at", "by")}
    return StoredPipeline(spec=spec, **known)
