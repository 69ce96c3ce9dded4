"""The only places that open a database session: `reading(actor)` and `writing(actor)`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from db.engines import engines_for
from db.paths import database_url
from db.refused import Refused
from db.words import _

if TYPE_CHECKING:
    from db.people import Actor


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
_within = threading.local()


def bind(url: str | None = None) -> Engine:
    """Make `url` (default: the office's own) this process's database; closes the one before. Returns its writer."""
    address = make_url(url or database_url())
    fresh = _Database(*engines_for(address))
    if address.get_backend_name() == "sqlite":  # its own busy handler starves late comers; a lock queues them fairly
        fresh.writer = threading.Lock()
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
    if getattr(_within, "writing", False):
        raise RuntimeError("a write inside a write would wait for itself")
    try:
        with (
            database.writer,
            _noted(),
            Session(database.writes, expire_on_commit=False, info={"actor": who}) as session,
            session.begin(),
        ):
            yield session
    except IntegrityError as problem:
        raise Refused(_("刚有人录入了同样的内容，请刷新后查看，再决定是否重录。")) from problem
    except OperationalError as problem:
        raise Refused(_("数据库暂时写不进去（可能磁盘已满或正忙），请稍后再试；仍不行请联系系统管理员。")) from problem


@contextmanager
def _noted() -> Iterator[None]:
    _within.writing = True
    try:
        yield
    finally:
        _within.writing = False


def actor_of(session: Session) -> Actor:
    """Say in whose name a session works."""
    actor: Actor = session.info["actor"]
    return actor
