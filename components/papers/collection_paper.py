"""The collection table as a paper, for the director's desk and the quality file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from components.papers.printed import Printed
from components.papers.printing import pdf
from components.papers.shapes import Column, Row, Sheet
from db.clock import local, now
from db.ledger.tables import FeeKind
from db.people import Actor
from db.refused import Refused
from db.reports import collection
from db.reports.shares import Share
from db.session import reading
from db.words import Words, _


def collection_table(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    """Print the table of a month (`2026-11`), of one kind of fee, as of a day. Raises `Refused` for what is neither."""
    try:
        month = date.fromisoformat(f"{key}-01")
        kind = FeeKind(query.get("kind", FeeKind.MANAGEMENT))
        as_of = date.fromisoformat(query["as_of"]) if "as_of" in query else None
    except ValueError as problem:
        raise Refused(_("没有这张表，请从“收缴统计”页打印。")) from problem
    with reading(actor) as session:
        rows = collection.table(session, month, kinds=(kind,), as_of=as_of)
    if not rows:
        raise Refused(_("这一期还没有账单，没有可打印的表。"))
    title = _("{kind}收缴率表", kind=kind.label)
    sheet = Sheet(
        title=title, subtitle=f"{month:%Y-%m}", landscape=True,
        facts=[
            {"label": _("截至"), "text": as_of or f"{local(now()):%Y-%m-%d %H:%M}"},
            {"label": _("制表人"), "text": actor.name}, {"label": _("金额单位"), "text": _("元")},
        ],
        tables=[{"columns": _columns(), "rows": [_row(each) for each in rows]}],
        footnotes=[_("收缴率＝实收÷应收，按账期计，减免和作废不计；清欠率＝本年收回的往年欠费÷年初往年欠费。")],
        signatures=[_("编写"), _("审核"), _("批准")],
    )  # fmt: skip
    return Printed(f"{title}-{key}.pdf", pdf("table_sheet", {"sheets": [sheet]}))


def _columns() -> list[Column]:
    month, year, old = _("本月"), _("本年累计"), _("往年欠费")
    names: list[tuple[Words, Words]] = [
        (_("应收"), month), (_("实收"), month), (_("收缴率"), month), (_("应收"), year), (_("实收"), year),
        (_("收缴率"), year), (_("去年同期"), year), (_("名次"), year), (_("年初"), old), (_("收回"), old),
        (_("清欠率"), old),
    ]  # fmt: skip
    first: list[Column] = [{"title": _("楼栋"), "align": "left"}, {"title": _("户数"), "align": "right"}]
    return [*first, *(Column(title=title, align="right", group=group) for title, group in names)]


def _row(row: collection.Row) -> Row:
    cells: list[object] = [
        row.name or _("合计"), str(row.units), row.month.receivable, row.month.received, _rate(row.month.share),
        row.year.receivable, row.year.received, _rate(row.year.share), _rate(row.last_year),
        str(row.rank) if row.rank else "", row.old.at_start, row.old.recovered, _rate(row.old.share),
    ]  # fmt: skip
    return {"cells": cells, "bold": not row.rank}


def _rate(share: Share) -> str:
    found: Decimal | None = share.rate()
    return "" if found is None else f"{found}%"
