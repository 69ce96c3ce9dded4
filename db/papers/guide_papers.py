"""办事指南: what one formality needs, costs and takes, for the customer to take along (S11; HB:303)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from db.checklists import Wanted
from db.clock import today
from db.dossiers.one_window import Guide
from db.dossiers.window_costs import Asked, Cost
from db.ledger.calculations import in_chinese
from db.papers.contents import Paper
from db.papers.letterheads import letterhead
from db.registry import Unit
from db.words import Words, _


def guide_paper(session: Session, guide: Guide, asked: Asked) -> Paper:
    """Make the paper, of the shape `OfficePaper`: always in Chinese, never numbered, true on the day it is printed."""
    head = letterhead(session, asked.estate_id)
    unit = session.get(Unit, asked.unit_id) if asked.unit_id is not None else None
    facts: list[tuple[Words, Words | str]] = [
        (_("手续"), guide.template.title), (_("办理时限"), guide.time), (_("由谁办理"), guide.formality.who),
        (_("办结后领取"), guide.formality.result),
    ]  # fmt: skip
    if unit is not None:
        facts.insert(1, (_("房屋"), unit.short))
    tables = [_papers(_("请带来的资料"), guide.bring)] if guide.bring else []
    if guide.sign:
        tables.append(_named(_("现场签署的文件（由我们提供）"), guide.sign))
    tables.append(_costs(guide))
    if guide.ours:
        tables.append(_named(_("办理中由我们核对的事项"), guide.ours))
    return {
        "kind": "guide", "size": "a4", "title": _said(_("办事指南")), "company": head.company,
        "estate": "" if head.estate == head.company else head.estate, "phone": head.phone, "logo": head.logo,
        "facts": [{"label": _said(label), "text": _said(text), "wide": True} for label, text in facts],
        "opening": "", "clauses": [],
        "closing": _said(_("资料不齐的，我们一次告知；复印件只用于办理本项手续。咨询电话：{phone}", phone=head.phone)),
        "signatures": [], "seal": "", "with_total": False, "tables": tables, "issued_on": today().isoformat(),
    }  # fmt: skip


def _said(words: Words | str) -> str:
    return in_chinese(words) if isinstance(words, Words) else words


def _papers(heading: Words, lines: tuple[Wanted, ...]) -> dict[str, Any]:
    rows = []
    for place, each in enumerate(lines, start=1):
        form = _said(each.ask) or ("" if each.required else _said(_("有则提供")))
        rows.append({"cells": [str(place), _said(each.label), form]})
    columns = [(_("序号"), None, "center"), (_("资料"), 3, "left"), (_("要求"), 3, "left")]
    return _table(heading, columns, rows)


def _named(heading: Words, lines: tuple[Wanted, ...]) -> dict[str, Any]:
    rows = [{"cells": [str(place), _said(each.label)]} for place, each in enumerate(lines, start=1)]
    return _table(heading, [(_("序号"), None, "center"), (_("事项"), 6, "left")], rows)


def _costs(guide: Guide) -> dict[str, Any]:
    columns = [(_("项目"), 3, "left"), (_("金额（元）"), 1.4, "right"), (_("说明"), 4, "left")]
    rows = [{"cells": [_said(each.label), _amount(each), _said(each.said)]} for each in guide.costs]
    return _table(_("费用"), columns, rows)


def _amount(cost: Cost) -> str:
    return "" if cost.amount is None else f"{cost.amount:,.2f}"


Columns = Sequence[tuple[Words, float | None, str]]


def _table(heading: Words, columns: Columns, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    heads = [{"title": _said(title), "width": width, "align": align} for title, width, align in columns]
    return {"heading": _said(heading), "columns": heads, "rows": list(rows)}
