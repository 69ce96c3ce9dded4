"""Workbooks that go out: title, what they hold, who made them when, heads, rows typed as what they are, sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from db.clock import local, now
from db.words import Words, _

Heads = Sequence[tuple[object, int]]
"""What stands above each column, and how wide it is."""
HEAD = {"bold": True, "bg_color": "#E8EEF7", "border": 1, "border_color": "#C9D3E3"}
"""How the heads of every workbook look."""
PLAIN_TEXT = {"strings_to_formulas": False, "strings_to_urls": False}
"""What somebody typed is never a formula or a link."""
_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14}, "head": HEAD, "number": {"num_format": "0"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm"}, "date": {"num_format": "yyyy-mm-dd"},
    "money": {"num_format": "#,##0.00"}, "sum": {"num_format": "#,##0.00", "bold": True, "top": 1},
}  # fmt: skip
_TAB = 31
"""The longest name of a sheet that Excel takes."""
_A4 = 9


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook."""

    title: str
    about: Sequence[object]
    """The lines under the title."""
    heads: Heads
    rows: Iterable[Sequence[Any]]
    """Texts, whole numbers, yuan as `Decimal`, days, wall-clock moments; `None` and "" stay blank."""
    sums: Sequence[Any] = ()
    """The last row."""
    held: int = 1
    """So many columns stay in sight."""


def made_by(maker: str, rows: int, at: datetime | None = None) -> Words:
    """Say who made a workbook, when, of how many rows."""
    made = f"{local(at or now()):%Y-%m-%d %H:%M}"
    return _("制表人：{maker}  制表时间：{made}  共 {n} 行", maker=maker, made=made, n=rows)


def workbook(*sheets: Sheet) -> tuple[bytes, int]:
    """Write sheets, row by row; returns the file and how many rows it holds, sums not counted."""
    out, rows = BytesIO(), 0
    with xlsxwriter.Workbook(out, {"constant_memory": True, **PLAIN_TEXT}) as book:
        looks = {name: book.add_format(look) for name, look in _LOOKS.items()}
        for each in sheets:
            rows += _write(book.add_worksheet(each.title[:_TAB]), looks, each)
    return out.getvalue(), rows


def _write(sheet: Any, looks: dict[str, Any], told: Sheet) -> int:
    top = len(told.about) + 2
    for place, (_label, width) in enumerate(told.heads):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, told.title, looks["title"])
    for line, words in enumerate(told.about, start=1):
        sheet.write_string(line, 0, str(words))
    for place, (label, _width) in enumerate(told.heads):
        sheet.write_string(top, place, str(label), looks["head"])
    line = top
    for line, row in enumerate(told.rows, start=top + 1):
        for place, value in enumerate(row):
            _cell(sheet, looks, (line, place), value)
    for place, value in enumerate(told.sums):
        _cell(sheet, looks | dict.fromkeys(("money", "number", "text"), looks["sum"]), (line + 1, place), value)
    sheet.freeze_panes(top + 1, told.held)
    sheet.autofilter(top, 0, max(line, top + 1), len(told.heads) - 1)
    to_print(sheet, top)
    return line - top


def _cell(sheet: Any, looks: dict[str, Any], place: tuple[int, int], value: Any) -> None:
    match value:
        case None | "":
            return
        case datetime():
            sheet.write_datetime(*place, value, looks["moment"])
        case date():
            sheet.write_datetime(*place, value, looks["date"])
        case Decimal():
            sheet.write_number(*place, float(value), looks["money"])  # two places: exact enough to show
        case int():
            sheet.write_number(*place, value, looks["number"])
        case _:
            sheet.write_string(*place, str(value), looks.get("text"))


def to_print(sheet: Any, top: int) -> None:
    """Lay a sheet out for A4 across, all columns on a page, the heads in row `top` on each."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


__all__ = ["HEAD", "PLAIN_TEXT", "Heads", "Sheet", "made_by", "to_print", "workbook"]
