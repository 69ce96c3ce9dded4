"""Engines: how this program talks to SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

try:
    import pysqlite3 as newer_sqlite
except ImportError:  # no wheel for this machine
    newer_sqlite = None

SAFE_SQLITE = (3, 51, 3)  # before it, WAL could lose commits (the WAL-reset bug)
BUSY_MS = 30_000


def sqlite_module() -> ModuleType:
    """Return the SQLite driver to use: the bundled newer one where it has a wheel."""
    return newer_sqlite or sqlite3


def sqlite_is_safe() -> bool:
    """Say whether the SQLite library is new enough for WAL with several connections."""
    return bool(tuple(sqlite_module().sqlite_version_info) >= SAFE_SQLITE)


def engines_for(address: URL) -> tuple[Engine, Engine]:
    """Make a database's two engines: one that only reads, one that writes."""
    url = address.render_as_string(hide_password=False)
    if address.get_backend_name() == "sqlite":
        return _sqlite_engine(url, read_only=True), _sqlite_engine(url, read_only=False)
    engine = create_engine(url, pool_size=20, max_overflow=30, pool_pre_ping=True, hide_parameters=True)
    return engine.execution_options(postgresql_readonly=True), engine


def _sqlite_engine(url: str, *, read_only: bool) -> Engine:
    module = sqlite_module()
    wal = sqlite_is_safe()
    # An older library is only safe with one connection that writes and checkpoints, and a rollback journal.
    engine = create_engine(
        url,
        module=module,
        connect_args={"timeout": BUSY_MS / 1000},
        pool_size=20,
        max_overflow=30,
        hide_parameters=True,  # what customers said belongs in no log
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the BEGIN below is ours
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA temp_store=MEMORY")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # Reading first and writing later in a deferred transaction is "database is locked", whatever the timeout.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
