"""The only places that open a database session: `reading(actor)` and `writing(actor)`."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from db.paths import database_url
from db.refused import Refused
from db.words import _

if TYPE_CHECKING:
    from types import ModuleType

    from db.people import Actor

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


@dataclass
class _Database:
    reads: Engine
    writes: Engine
    writer: Any = field(default_factory=nullcontext)

    def close(self) -> None:
        self.reads.dispose()
        self.writes.dispose()


_current: dict[str, _Database] = {}
_opening = threading.Lock()


def _sqlite_engine(url: str, *, read_only: bool) -> Engine:
    module = sqlite_module()
    wal = sqlite_is_safe()
    # An older library is only safe with one connection that writes and checkpoints, and a rollback journal.
    engine = create_engine(url, module=module, connect_args={"timeout": BUSY_MS / 1000}, pool_size=20, max_overflow=30)

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


def bind(url: str | None = None) -> Engine:
    """Make `url` (default: the office's own) this process's database; closes the one before. Returns its writer."""
    address = make_url(url or database_url())
    text = address.render_as_string(hide_password=False)
    if address.get_backend_name() == "sqlite":
        fresh = _Database(_sqlite_engine(text, read_only=True), _sqlite_engine(text, read_only=False), threading.Lock())
    else:
        engine = create_engine(text, pool_size=20, max_overflow=30, pool_pre_ping=True)
        fresh = _Database(engine.execution_options(postgresql_readonly=True), engine)
    with _opening:
        former = _current.pop("database", None)
        _current["database"] = fresh
    if former:
        former.close()
    return fresh.writes


def _database() -> _Database:
    if "database" not in _current:
        bind()
    return _current["database"]


def engine() -> Engine:
    """Return the bound database's writing engine (migrations, backup, bench)."""
    return _database().writes


def _checked(actor: Actor | None) -> Actor:
    if actor is None:
        raise Refused(_("请先登录。"))
    return actor


@contextmanager
def reading(actor: Actor) -> Iterator[Session]:
    """Open a query-only session for `actor`; the database itself refuses writes in it.

    Raises `Refused` without an actor.
    """
    who = _checked(actor)
    with Session(_database().reads, expire_on_commit=False, info={"actor": who}) as session:
        yield session


@contextmanager
def writing(actor: Actor) -> Iterator[Session]:
    """Open a session that writes in `actor`'s name; commits when the block ends, undoes all when it raises.

    Keep it short and never across a widget call. Raises `Refused` without an actor.
    """
    who = _checked(actor)
    database = _database()
    # SQLite's own busy handler starves late comers; a lock in the process queues them fairly.
    try:
        with (
            database.writer,
            Session(database.writes, expire_on_commit=False, info={"actor": who}) as session,
            session.begin(),
        ):
            yield session
    except IntegrityError as problem:
        raise Refused(_("刚有人录入了同样的内容,请刷新后查看,再决定是否重录。")) from problem
    except OperationalError as problem:
        raise Refused(_("数据库暂时写不进去(可能磁盘已满或正忙),请稍后再试;仍不行请联系系统管理员。")) from problem


def actor_of(session: Session) -> Actor:
    """Say in whose name a session works."""
    actor: Actor = session.info["actor"]
    return actor
