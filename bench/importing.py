"""Judging 50,000 rows of a workbook against reading it and checking each row in plain Python."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from bench.estate import Estate
from bench.floor import Floor
from bench.measuring import Mark, Task, statements_sent
from bench.people import VOCABULARY
from db import importing
from db.importing import Verdict
from db.session import reading

ROWS, BAD_EVERY = 50_000, 25
MARK = Mark(3)
INTO = 2
"""The estate that the workbook is judged for: the park, which has none of its units."""
_PHONE = re.compile(r"1\d{10}|0\d{9,11}")
_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)")


def a_workbook(folder: Path, rows: int = ROWS) -> bytes:
    """Make a flat list of residents, one row in `BAD_EVERY` with something wrong; kept beside the estate."""
    file = folder / f"residents-{rows}.xlsx"
    if not file.exists():
        words = VOCABULARY["workbook"]
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet(words["sheet"])
            sheet.write_row(0, 0, words["headings"])
            for n in range(rows):
                sheet.write_row(n + 1, 0, _row(n))
    return file.read_bytes()


def _row(n: int) -> list[Any]:
    """Make one row: two people in each unit, of buildings with 200 units."""
    unit, second = divmod(n, 2)
    block, within = divmod(unit, 200)
    entrance, place = divmod(within, 100)
    given = VOCABULARY["people"]["given"]
    surnames = list(VOCABULARY["people"]["surnames"])
    name = surnames[n % len(surnames)] + given[n // 7 % len(given)] + given[n // 11 % len(given)]
    phone = f"133{(n * 7919 + 13) % 100_000_000:08d}"
    moved_in = (date(2020, 1, 1) + timedelta(days=n % 2000)).isoformat()
    area: Any = 60 + n // 2 % 80 + 0.5
    if n % BAD_EVERY == 0:
        match n // BAD_EVERY % 3:
            case 0:
                phone = phone[:6]
            case 1:
                area = given[:2]
            case _:
                moved_in = "2021-13-41"
    relation = VOCABULARY["workbook"]["relations"][second]
    return [
        str(block + 1),
        str(entrance + 1),
        f"{place // 4 + 1}{place % 4 + 1:02d}",
        area,
        name,
        relation,
        phone,
        moved_in,
    ]


def plain_checks(data: bytes) -> list[int]:
    """Read and check as a script of a page would: says which rows are wrong."""
    rows = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    kept, bad = [], []
    for n, (building, entrance, room, area, name, relation, phone, day) in enumerate(rows[1:], start=2):
        digits = str(phone).strip().replace("-", "").replace(" ", "")
        found = _DAY.fullmatch(str(day).strip())
        try:
            moved_in = date(*map(int, found.groups())) if found else None
            square_metres = round(float(area), 2)
        except ValueError:
            moved_in = None
        named = str(building).strip() and str(room).strip() and str(name).strip()
        if not named or moved_in is None or _PHONE.fullmatch(digits) is None:
            bad.append(n)
        else:
            unit = (str(building).strip(), str(entrance).strip(), str(room).strip())
            kept.append((unit, square_metres, str(name).strip(), str(relation).strip(), digits, moved_in))
    return bad


def tasks(estate: Estate, _floor: Floor, rows: int = ROWS) -> list[Task]:
    """Compare reading, understanding and judging the whole workbook, nothing written."""
    data = a_workbook(estate.folder, rows)

    def ours() -> importing.Plan:
        with reading(estate.actor) as opened:
            workbook = importing.read("residents.xlsx", data)
            return importing.plan(opened, workbook, importing.understand(opened, workbook), INTO)

    def same(bad: list[int], plan: importing.Plan) -> None:
        assert len(plan.rows) == rows, len(plan.rows)
        told = sorted(row.row for row in plan.rows if row.verdict is Verdict.ERROR)
        assert told == bad, (len(told), len(bad), told[:5], bad[:5])

    name = f"plan of {rows:,} rows"
    return [Task("import", name, lambda: plain_checks(data), ours, MARK, same, queries=str(statements_sent(ours)))]
