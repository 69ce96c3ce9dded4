"""Looking for contradictions in the data 数据检查: what `manage.py check` prints."""

from __future__ import annotations

import collections
import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db import counters
from db.backup import FILES
from db.cases import Case, Event
from db.counters import Counted, Heading
from db.documents import Document
from db.ledger import books
from db.paths import data_folder
from db.people import SYSTEM
from db.processes import PROCESSES
from db.session import reading
from db.words import Words, _

MOST = 20
"""So many findings of one kind are named one by one."""
AT_ONCE = 2000


def run() -> list[str]:
    """Check the data; returns what is wrong, one sentence each, empty when all is well.

    Reads every matter and every document once: minutes on a large office.
    """
    with reading(SYSTEM) as session:
        return [
            *_some(_database(session)),
            *_some(_counters(session)),
            *_some(_histories(session)),
            *_some(_documents(session)),
            *_some(books.sentences(session)),
        ]


def _some(findings: Iterator[Words]) -> Iterator[str]:
    more = 0
    for n, finding in enumerate(findings):
        if n < MOST:
            yield str(finding)
        else:
            more += 1
    if more:
        yield str(_("……同类问题还有 {n} 处。", n=more))


def _database(session: Session) -> Iterator[Words]:
    """PostgreSQL checks its files and references itself."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for (said,) in session.execute(text("PRAGMA quick_check")):
        if said != "ok":
            yield _("数据库文件损坏：{said}", said=said)
    for table, row, parent, _key in session.execute(text("PRAGMA foreign_key_check")):
        yield _("{table} 第 {row} 行指向的 {parent} 不存在。", table=table, row=row, parent=parent)


def _counters(session: Session) -> Iterator[Words]:
    counted: collections.Counter[Heading] = collections.Counter()
    for process in PROCESSES.values():
        every = select(process.model).execution_options(yield_per=AT_ONCE)
        counted.update(counters.recount(session.scalars(every), lambda key: PROCESSES[key].figures))
    for row in session.scalars(select(Counted).execution_options(yield_per=AT_ONCE)):
        heading = Heading(row.measure, row.process, row.day, row.estate_id, row.building_id, row.detail)
        if row.n != (right := counted.pop(heading, 0)):
            yield _wrong(heading, row.n, right)
    for heading, right in counted.items():
        yield _wrong(heading, 0, right)


def _wrong(heading: Heading, kept: int, right: int) -> Words:
    which = "/".join(str(part) for part in heading if part != "")
    return _("计数 {which} 记为 {kept}，重算是 {right}。", which=which, kept=kept, right=right)


def _histories(session: Session) -> Iterator[Words]:
    """Each matter stands where its last event left it, at that event's version."""
    last = select(Event.case_id, func.max(Event.id).label("event_id")).group_by(Event.case_id).subquery()
    rows = session.execute(
        select(Case.number, Case.state, Case.version, Event.to_state, Event.version)
        .outerjoin(last, last.c.case_id == Case.id)
        .outerjoin(Event, Event.id == last.c.event_id)
        .order_by(Case.id)
        .execution_options(yield_per=AT_ONCE)
    )
    row: Any
    for row in rows:
        number, state, version, to_state, event_version = row
        if to_state is None:
            yield _("{number} 没有经过记录。", number=number)
        elif state != to_state:
            yield _("{number} 的状态是 {state}，最后一步却到了 {to}。", number=number, state=state, to=to_state)
        elif version != event_version:
            yield _("{number} 的版本是 {now}，最后一步却是 {then}。", number=number, now=version, then=event_version)


def _documents(session: Session) -> Iterator[Words]:
    for name, sha256 in session.execute(select(Document.name, Document.sha256).order_by(Document.at, Document.id)):
        path = data_folder() / FILES / sha256[:2] / sha256
        if not path.is_file():
            yield _("文件“{name}”不在数据文件夹里，请从备份恢复。", name=name)
            continue
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                yield _("文件“{name}”的内容已损坏，请从备份恢复。", name=name)
