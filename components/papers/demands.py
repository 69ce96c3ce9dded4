"""Dunning's papers: letters by number or by run, a late fee's worksheet, the rooms that an estate's rule allows."""

from __future__ import annotations

from collections.abc import Mapping

from components.papers.printed import Printed
from components.papers.printing import pdf
from db.clock import today
from db.ledger import demands, disclosures, late_sheets
from db.ledger.calculations import in_chinese
from db.people import Actor
from db.refused import Refused
from db.registry import Estate
from db.session import reading
from db.words import _


def dunning(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print the demand of a number, or all of a run."""
    with reading(actor) as session:
        (template, data), *_others = demands.papers(session, demands.numbered(session, key))
    return Printed(f"{key}.pdf", pdf(template, data))


def late_fee(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print a bill's late fee line by line, up to today."""
    with reading(actor) as session:
        data = late_sheets.paper_of(session, _number(key))
    return Printed(f"{data['unit']}-{data['as_of']}.pdf", pdf("late_fee_worksheet", data))


def disclosure(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print the rooms that an estate's rule allows to post: room and period, nothing else."""
    with reading(actor) as session:
        rule = disclosures.standing(session, _number(key))
        rooms = disclosures.rooms(session, _number(key))
        estate = session.get_one(Estate, _number(key)).name
    columns = [in_chinese(_("房号")), in_chinese(_("欠费期间"))]
    sheet = {
        "company": estate, "title": in_chinese(_("逾期未缴费用房号")),
        "facts": [{"label": in_chinese(_("日期")), "text": today()}],
        "tables": [
            {
                "columns": [{"title": each} for each in columns],
                "rows": [
                    {"cells": [each.unit, in_chinese(_("{first} 至 {last}", first=each.first, last=each.last))]}
                    for each in rooms
                ],
                "footnotes": [in_chinese(_("依据：{citation}", citation=rule.citation if rule else ""))],
            }
        ],
    }  # fmt: skip
    return Printed(f"{estate}.pdf", pdf("table_sheet", {"sheets": [sheet]}))


def _number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        raise Refused(_("没有找到这张账单。"))
    return int(key)
