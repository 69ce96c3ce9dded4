"""The rows that stayed out, as a workbook to put right and upload by itself."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time

import xlsxwriter

from db.importing.headings import LABELS, Kind, SheetMapping
from db.importing.planning import Plan
from db.importing.reading import Cell, Row, column_letters
from db.importing.rows import Note
from db.importing.verdicts import RowPlan
from db.refused import Refused
from db.words import _

REASON_HEADING = _("错误原因")
MOST_NAME = 31
"""Characters that a spreadsheet takes in a sheet's name."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def reasons(row: RowPlan, mapping: SheetMapping, *, warnings: bool = False) -> str:
    """Say in one line what keeps a row out, each with its column: `业主编号：…；联系电话：…`."""
    said = [_said(note, mapping) for note in row.notes if note.severe or warnings]
    return str(_("；")).join(dict.fromkeys(text.rstrip("。.") for text in said))


def _said(note: Note, mapping: SheetMapping) -> str:
    for column in mapping.columns:
        if column.index == note.column:
            return str(_("{column}：{problem}", column=column.heading, problem=note.message))
    return str(note.message)


def located(row: RowPlan, note: Note, mapping: SheetMapping) -> str:
    """Say where a problem is and what it is: `“房屋信息”第 7 行 G 列 业主编号：…`."""
    if note.column is None:
        return str(_("“{sheet}”第 {row} 行：{problem}", sheet=row.sheet, row=row.row, problem=note.message))
    return str(
        _(
            "“{sheet}”第 {row} 行 {letters} 列 {problem}",
            sheet=row.sheet,
            row=row.row,
            letters=column_letters(note.column),
            problem=_said(note, mapping),
        )
    )


def bad_rows_workbook(plan: Plan) -> bytes:
    """Make a workbook of a plan's bad rows: each sheet's own columns, the wrong cells coloured, the reason last.

    Put right, it can be uploaded by itself: the list of buildings comes along where units need it, and an empty list
    of customers where one is missing. Texts stay texts, whatever they begin with. Raises `Refused` when no row is bad.
    """
    bad: dict[str, list[RowPlan]] = {}
    for row in plan.bad_rows:
        bad.setdefault(row.sheet, []).append(row)
    if not bad:
        raise Refused(_("没有有错误的行。"))
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        writer = _Writer(book)
        kinds = {sheet.mapping.kind for sheet in plan.sheets if sheet.name in bad}
        refer = bool(kinds - {Kind.BUILDINGS, Kind.PEOPLE})
        for sheet in plan.sheets:
            mapping = sheet.mapping
            cells = plan.workbook.by_name[sheet.name].rows
            rows: list[tuple[Row, RowPlan | None]] = [(cells[row.row - 1], row) for row in bad.get(sheet.name, ())]
            if mapping.kind is Kind.BUILDINGS and sheet.left_out is None and refer:
                good = [row for row in plan.rows if row.sheet == sheet.name and not row.errors]
                rows = [(cells[row.row - 1], None) for row in good] + rows
            elif not rows and not (mapping.kind is Kind.PEOPLE and sheet.left_out is None and refer):
                continue
            writer.write(mapping, rows)
    return target.getvalue()


class _Writer:
    """Writes sheets with one set of formats."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.heading = book.add_format({"bold": True, "bottom": 1})
        self.wrong = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006"})
        self.reason = book.add_format({"font_color": "#9C0006"})
        self.dates = {
            wrong: book.add_format({"num_format": "yyyy-mm-dd", **({"bg_color": "#FFC7CE"} if wrong else {})})
            for wrong in (False, True)
        }

    def write(self, mapping: SheetMapping, rows: Iterable[tuple[Row, RowPlan | None]]) -> None:
        """Write one sheet: its columns in their places, the reason after the last."""
        sheet = self.book.add_worksheet(self._name(mapping.sheet))
        columns = [column.index for column in mapping.columns]
        last = max(columns) + 1
        headings = Counter(column.heading for column in mapping.columns)
        for each in mapping.columns:
            # Two columns under one heading (of the owner, of the tenant) would not be told apart again.
            heading = LABELS[each.field].text if each.field and headings[each.heading] > 1 else each.heading
            sheet.write_string(0, each.index, heading, self.heading)
        sheet.write_string(0, last, REASON_HEADING.text, self.heading)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, last - 1, 14)
        sheet.set_column(last, last, 60)
        for at, (cells, row) in enumerate(rows, 1):
            wrong = {note.column for note in row.errors} if row else set()
            for column in columns:
                self._cell(sheet, at, column, cells[column], wrong=column in wrong)
            if row:
                sheet.write_string(at, last, reasons(row, mapping)[:32_000], self.reason)

    def _name(self, name: str) -> str:
        """Make a sheet's name one that spreadsheets take, and no other sheet's."""
        name = _FORBIDDEN.sub("_", name).strip("'")[:MOST_NAME] or "_"
        taken = {each.name.casefold() for each in self.book.worksheets()}
        made, number = name, 1
        while made.casefold() in taken:
            number += 1
            made = f"{name[: MOST_NAME - 4]}_{number}"
        return made

    def _cell(self, sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, *, wrong: bool) -> None:
        look = self.wrong if wrong else None
        match cell:
            case "":
                if wrong:
                    sheet.write_blank(row, column, None, look)
            case bool():
                sheet.write_boolean(row, column, cell, look)
            case int() | float():
                sheet.write_number(row, column, cell, look)
            case datetime() | date() if cell.year >= 1900:
                day = cell if isinstance(cell, datetime) else datetime.combine(cell, time.min)
                sheet.write_datetime(row, column, day, self.dates[wrong])
            case _:
                sheet.write_string(row, column, str(cell)[:32_767], look)
