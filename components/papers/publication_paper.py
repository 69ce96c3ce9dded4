"""The publication 收支公示 as four sheets on paper, as frozen, else marked as a draft (F8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from components.papers import printing
from components.papers.printed import Printed
from components.papers.shapes import Row, TableSheets
from components.papers.shapes import Sheet as PaperSheet
from components.papers.shapes import Table as PaperTable
from db.accounts.exporting import Table, file_stem, tables
from db.accounts.sheets import Sheet
from db.accounts.tables import State
from db.accounts.views import View, view
from db.base import Choice
from db.people import Actor
from db.refused import Refused
from db.session import reading
from db.words import Words, _

_TITLES = {
    Sheet.SERVICE: _("物业服务信息公示"), Sheet.FIGURES: _("物业服务收支情况公示"),
    Sheet.COMMON: _("公共收益收支情况公示"), Sheet.FUND: _("专项维修资金使用情况公示"),
}  # fmt: skip


def publication(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print a publication; raises `Refused` outside the actor's estates."""
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        raise Refused(_("没有找到这期收支公示，或不在您负责的项目内。"))
    with reading(actor) as session:
        shown = view(session, int(key))
    return Printed(f"{file_stem(shown)}.pdf", printing.pdf("table_sheet", _paper(shown)))


def _paper(shown: View) -> TableSheets:
    laid = tables(shown.sheets)
    return {"sheets": [_sheet(shown, name, *laid[name]) for name in Sheet]}


def _chinese(cell: object) -> Any:
    """Write lazy words in Chinese whoever prints: it is the office's paper."""
    if isinstance(cell, Choice):
        return cell.label.text
    if isinstance(cell, Words):
        return cell.text.format(**{name: str(value) for name, value in cell.blanks.items()})
    return cell


def _sheet(shown: View, name: Sheet, widths: list[int], rows: Table) -> PaperSheet:
    draft = shown.about.state in {State.PREPARING, State.ASKED}
    subtitle = f"{shown.sheets.estate}　{_chinese(shown.about.title)}"
    if draft:
        subtitle += f"　{_chinese(_('（未批准，不得张贴）'))}"
    split = _split(rows)
    footnotes = [text for _head, _body, notes in split for text in notes]
    if shown.sha256:
        footnotes.append(_chinese(_("校验码 {digest}", digest=shown.sha256[:16])))
    return {
        "title": _chinese(_TITLES[name]), "subtitle": subtitle,
        "tables": [_table(head, body, widths) for head, body, _notes in split],
        "footnotes": list[object](footnotes),
        "signatures": [_chinese(each) for each in (_("编制"), _("审核"), _("批准"), _("日期"))],
        "landscape": True,
    }  # fmt: skip


Part = tuple[list[Any], list[tuple[bool, list[Any]]], list[str]]
"""A table's heads, its rows, and the lines below it."""


def _split(rows: Table) -> list[Part]:
    """Part the rows where new column heads begin; single cells below are notes."""
    parts: list[Part] = []
    for strong, cells in rows:
        if strong and len(cells) > 4 and not any(isinstance(each, Decimal) for each in cells):
            parts.append((cells, [], []))
        elif len(cells) == 1:
            parts[-1][2].append(str(_chinese(cells[0])))
        else:
            parts[-1][1].append((strong, cells))
    return parts


def _table(head: list[Any], body: list[tuple[bool, list[Any]]], widths: list[int]) -> PaperTable:
    columns = len(head)
    numbers = {
        place
        for _strong, cells in body
        for place, cell in enumerate(cells)
        if isinstance(cell, Decimal) or str(cell).endswith("%")
    }
    return {
        "columns": [
            {"title": _chinese(title), "width": float(widths[place]), "align": "right" if place in numbers else "left"}
            for place, title in enumerate(head)
        ],
        "rows": [_row(strong, cells, columns) for strong, cells in body],
    }


def _row(strong: bool, cells: list[Any], columns: int) -> Row:  # noqa: FBT001 - whether it stands out
    shown = [each if isinstance(each, Decimal | date) else _chinese(each) for each in cells]
    row: Row = {"cells": [*shown, *[None] * (columns - len(shown))]}
    if strong:
        row["bold"] = True
    return row
