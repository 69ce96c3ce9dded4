"""The closings' papers: a cashier's day 交款表 and a payee's month 月结表, as they were frozen."""

from __future__ import annotations

from collections.abc import Mapping

from components.papers import printing
from components.papers.printed import Printed
from db.ledger import closings
from db.people import Actor
from db.refused import Refused
from db.session import reading
from db.words import _


def _number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        raise Refused(_("没有找到这次日结。"))
    return int(key)


def daily_closing(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print a cashier's day; raises `Refused` for another's, unless one sees all."""
    with reading(actor) as session:
        paper = closings.closing_of(session, _number(key)).snapshot["paper"]
    name = f"{paper['day_from']}-{paper['cashier']}-{paper['payee']}.pdf"
    return Printed(name, printing.pdf("daily_closing", paper))


def month_closing(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print a closed month."""
    with reading(actor) as session:
        closing = closings.month_of(session, _number(key))
    sheet = closing.snapshot
    return Printed(f"{sheet['title']}.pdf", printing.pdf("table_sheet", {"sheets": [sheet]}))
