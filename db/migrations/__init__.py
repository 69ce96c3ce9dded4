"""Bringing a database up to the present tables, from nothing or from any earlier version, with its rows."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, text

import db
from db import session
from db.base import Base
from db.migrations.walls import make_walls

if TYPE_CHECKING:
    from sqlalchemy import MetaData

FOLDER = Path(__file__).resolve().parent


def all_tables() -> MetaData:
    """Load every module that declares tables, and return them all."""
    for found in pkgutil.walk_packages(db.__path__, "db."):
        if not found.name.startswith(("db.migrations", "db.demo")):
            importlib.import_module(found.name)
    return Base.metadata


def config(connection: Connection | None = None) -> Config:
    """Make Alembic's configuration: no file of its own, the connection handed in."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def newest() -> str:
    """Return the revision this program needs."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def revision_of(engine: Engine) -> str | None:
    """Return the revision a database is at; `None` for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine | None = None, revision: str = "head") -> bool:
    """Upgrade a database in one transaction; returns whether there was anything to do.

    On SQLite foreign keys are off meanwhile (rebuilding a table would otherwise follow its cascades), checked
    afterwards, and the triggers that a rebuilt table silently lost are made anew. Two servers starting at once on
    PostgreSQL queue at an advisory lock.
    """
    engine = engine or session.engine()
    if revision == "head" and revision_of(engine) == newest():
        return False
    all_tables()
    if engine.dialect.name == "sqlite":
        with _foreign_keys_off(engine), engine.begin() as connection:
            command.upgrade(config(connection), revision)
            if broken := connection.execute(text("PRAGMA foreign_key_check")).all():
                message = f"foreign keys broken by the upgrade: {broken[:3]}"
                raise RuntimeError(message)
            make_walls(connection)
    else:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(4711)"))
            command.upgrade(config(connection), revision)
            make_walls(connection)
    return True


class _foreign_keys_off:  # noqa: N801 - reads as a clause
    """Switch foreign keys off for the connections made meanwhile; the pragma is ignored inside a transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def _off(self, connection: object, _record: object) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[attr-defined]

    def __enter__(self) -> None:
        self.engine.dispose()
        event.listen(self.engine, "connect", self._off)

    def __exit__(self, *_problem: object) -> None:
        event.remove(self.engine, "connect", self._off)
        self.engine.dispose()
