"""The import studio: an office's own workbook, read, understood, judged row by row, taken in and undone (R5)."""

from db.importing.bad_rows import bad_rows_workbook, located, reasons
from db.importing.headings import FIELDS, LABELS, REQUIRED, Column, Kind, SheetMapping, WorkbookMapping
from db.importing.planning import Plan, SheetPlan, plan, understand
from db.importing.reading import Sheet, Workbook, read
from db.importing.rows import Note
from db.importing.runs import TABLE_LABELS, Result, run
from db.importing.shell import import_file
from db.importing.tables import Import, ImportRow
from db.importing.undoing import undo
from db.importing.verdicts import RowPlan, Verdict, in_words

__all__ = [
    "FIELDS", "LABELS", "REQUIRED", "TABLE_LABELS", "Column", "Import", "ImportRow", "Kind", "Note", "Plan", "Result",
    "RowPlan", "Sheet", "SheetMapping", "SheetPlan", "Verdict", "Workbook", "WorkbookMapping", "bad_rows_workbook",
    "import_file", "in_words", "located", "plan", "read", "reasons", "run", "understand", "undo",
]  # fmt: skip
