"""What stands on a paper: its facts, tables and prose as plain data, fit to be frozen and printed again unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from db.base import Choice
from db.cases import Case
from db.clock import local, today
from db.ledger.calculations import in_chinese
from db.ledger.capitals import capitals
from db.papers.kinds import Head, Listed, PaperKind, Said
from db.papers.letterheads import Letterhead, letterhead
from db.papers.wordings import Wording, filled, wording_of
from db.words import Words, _

Paper = dict[str, Any]
"""Of the shape `OfficePaper` in `components/papers/shapes.py`: texts, numbers, lists only."""
BOX = "□"


def text_of(value: object) -> str:
    """Write a value as papers do, in Chinese whoever prints."""
    match value:
        case None:
            text = ""
        case Choice():
            text = in_chinese(value.label)
        case Words():
            text = in_chinese(value)
        case bool():
            text = in_chinese(_("是") if value else _("否"))
        case Decimal():
            text = f"{value + 0:,.{max(2, -int(value.as_tuple().exponent))}f}"
        case datetime():
            text = f"{_day(local(value).date())} {local(value):%H:%M}"
        case date():
            text = _day(value)
        case _:
            text = str(value)
    return text


def _day(day: date) -> str:
    return in_chinese(_("{year}年{month}月{day}日", year=day.year, month=day.month, day=day.day))


def cell_of(value: object) -> str:
    """Write a value as it stands in a table: days and moments short."""
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else text_of(value)


def content(
    session: Session, kind: PaperKind, subject: Any, *, wording: Wording | None = None, number: str = ""
) -> Paper:
    """Say what a paper is made of today; its number is given when it is issued. `wording` tries another one."""
    head = letterhead(session, subject.estate_id)
    told = {each.key: text_of(each.of(session, subject)) for each in kind.facts}
    prose = wording or wording_of(session, subject.estate_id, kind)
    amount = kind.total(session, subject) if kind.total else None
    paper = _frame(kind, head, prose, told | _everywhere(head, today()))
    paper |= {
        "number": number,
        "issued_on": today().isoformat(),
        "facts": [_fact(each, told[each.key]) for each in kind.facts if not each.hidden],
        "tables": [_table(each, [[cell_of(cell) for cell in row] for row in each.rows(session, subject)])
                   for each in kind.tables],
        "qr": head.link(*_address(kind, subject)),
    }  # fmt: skip
    if amount is not None:
        paper |= {"total": f"{amount:.2f}", "capitals": capitals(amount)}
    return paper


def blank(session: Session, kind: PaperKind, estate_id: int, *, wording: Wording | None = None) -> Paper:
    """Make the form to be filled in by hand: names without facts, empty rows, boxes to tick."""
    head = letterhead(session, estate_id)
    everywhere = _everywhere(head, None)
    paper = _frame(kind, head, wording or wording_of(session, estate_id, kind), everywhere)
    paper |= {
        "blank": True,
        "facts": [_fact(each, "") for each in kind.facts if not each.hidden],
        "tables": [_table(each, _empty_rows(each)) for each in kind.tables],
    }
    return paper


def _everywhere(head: Letterhead, day: date | None) -> dict[str, str]:
    return {"company": head.company, "estate": head.estate, "phone": head.phone, "day": _day(day) if day else ""}


def _frame(kind: PaperKind, head: Letterhead, prose: Wording, told: Mapping[str, str]) -> Paper:
    """Make what issued and blank papers share."""
    return {
        "kind": kind.key,
        "size": kind.size,
        "title": prose.title or in_chinese(kind.title),
        "company": head.company,
        "estate": "" if head.estate == head.company else head.estate,
        "phone": head.phone,
        "logo": head.logo,
        "opening": filled(prose.opening, told),
        "clauses": [filled(each, told) for each in prose.clauses],
        "closing": filled(prose.closing, told),
        "signatures": [in_chinese(each) for each in kind.signatures],
        "seal": head.company if kind.seal else "",
        "with_total": kind.total is not None,
    }


def _fact(fact: Said, text: str) -> dict[str, Any]:
    if not text and fact.boxes is not None:
        text = "　".join(f"{BOX} {in_chinese(each.label)}" for each in fact.boxes)
    return {"label": in_chinese(fact.label), "text": text, "wide": fact.wide, "room": fact.room}


def _table(listed: Listed, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {
        "heading": in_chinese(listed.heading) if listed.heading is not None else None,
        "columns": [_head(each) for each in listed.columns],
        "rows": [{"cells": list(row)} for row in rows],
    }


def _head(head: Head) -> dict[str, Any]:
    return {"title": in_chinese(head.title), "width": head.width, "align": head.align}


def _empty_rows(listed: Listed) -> list[list[str]]:
    if listed.printed is not None:
        return [[cell_of(cell) for cell in row] for row in listed.printed()]
    return [[""] * len(listed.columns) for _row in range(listed.blank)]


def _address(kind: PaperKind, subject: Any) -> tuple[str, str]:
    """Say where the record is shown, and what names it where no address leads there."""
    if isinstance(subject, Case):
        return f"{kind.process}?case={subject.number}", subject.number
    named = str(getattr(subject, "number", "") or f"{kind.subject}-{subject.id}")
    return f"{kind.process}?record={subject.id}", named


def canonical(paper: Paper) -> str:
    """Write a paper's data in the one way that its hash is taken of."""
    return json.dumps(paper, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of(paper: Paper) -> str:
    """Return the SHA-256 of a paper's data."""
    return hashlib.sha256(canonical(paper).encode()).hexdigest()
