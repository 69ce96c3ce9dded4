"""Readings as a workbook: a building's list to carry round, and back with the values; the good rows go in (F2)."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Choice
from db.checking import clean_text
from db.importing import reading as workbooks
from db.ledger.meters import Round, standings, value_typed
from db.ledger.readings import Row, Verdict, check_readings, record_readings
from db.ledger.tables import FeeItem, Meter
from db.people import Right, in_scope, require
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of
from db.sheets_out import HEAD, PLAIN_TEXT, to_print
from db.words import Words, _

_ID, _MONTH, _UNIT, _ITEM, _METER = _("编号"), _("账期"), _("房屋"), _("收费项目"), _("表号")
_TIMES, _BEFORE, _LAST, _MEAN = _("倍率"), _("上期示数"), _("上期用量"), _("近六期平均")
_VALUE, _ROLLED, _SURE, _DAY, _NOTE = _("本期示数"), _("过零"), _("核对无误"), _("抄表日期"), _("备注")
_REASON = _("没有导入的原因")
_COLUMNS: tuple[tuple[Words, int], ...] = (
    (_ID, 8), (_MONTH, 10), (_UNIT, 12), (_ITEM, 10), (_METER, 16), (_TIMES, 6), (_BEFORE, 12), (_LAST, 10),
    (_MEAN, 11), (_VALUE, 14), (_ROLLED, 7), (_SURE, 9), (_DAY, 12), (_NOTE, 24),
)  # fmt: skip
"""Headings are Chinese in every language, so that a workbook comes back whoever made it."""
_TYPED = (_VALUE, _ROLLED, _SURE, _DAY, _NOTE)
_ALSO: tuple[tuple[Words, tuple[Words, ...]], ...] = (
    (_VALUE, (_("本期读数"), _("本次示数"), _("本次读数"), _("本期"))),
    (_UNIT, (_("房号"), _("房间号"))),
    (_METER, (_("表计编号"), _("水表号"), _("电表号"))),
)
"""What others call the columns."""
_YES = (_("是"), _("过零"), _("有"))
_HEADING_IN = 10
"""The headings stand in one of the first rows."""


class Standing(Choice):
    """What becomes of a row of a workbook."""

    NEW = "new", _("新抄"), "green"
    UNCHANGED = "unchanged", _("没有变化"), "gray"
    EMPTY = "empty", _("没有填示数"), "gray"
    ODD = "odd", _("需要核对"), "orange"
    BAD = "bad", _("有问题"), "red"


@dataclass(frozen=True)
class SheetRow:
    """A row of a workbook and what becomes of it."""

    line: int
    """As the spreadsheet numbers it."""
    cells: Mapping[str, Any]
    """By our own headings."""
    standing: Standing
    reason: str = ""
    row: Row | None = None

    @property
    def shown(self) -> str:
        """How its meter is called in it."""
        return " ".join(str(self.cells[name.text]) for name in (_UNIT, _ITEM, _METER) if self.cells.get(name.text))


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def template(session: Session, asked: Round) -> bytes:
    """Make the list of a round's meters with what they showed last, to be filled in; needs `READ_METERS`."""
    require(actor_of(session), Right.READ_METERS)
    rows = []
    for each in standings(session, asked):
        now = each.current
        rows.append({
            _ID: each.meter_id, _MONTH: f"{asked.month:%Y-%m}", _UNIT: each.unit, _ITEM: each.item,
            _METER: each.number, _TIMES: each.multiplier, _BEFORE: each.previous, _LAST: each.last, _MEAN: each.mean,
            _VALUE: now.value if now else None, _ROLLED: _YES[0].text if now and now.rolled_over else None,
            _NOTE: now.note if now else None,
        })  # fmt: skip
    if not rows:
        raise Refused(_("这里没有要抄的表，请换一栋楼或先登记表计。"))
    return _written([{name.text: value for name, value in row.items()} for row in rows])


def bad_rows(found: Sequence[SheetRow]) -> bytes:
    """Make a workbook of the rows that stayed out, with the reason: put right, it is taken in by itself."""
    left = [each for each in found if each.standing in {Standing.BAD, Standing.ODD}]
    if not left:
        raise Refused(_("没有有错误的行。"))
    return _written([{**each.cells, _REASON.text: each.reason} for each in left])


def _written(rows: Sequence[Mapping[str, Any]]) -> bytes:
    columns = list(_COLUMNS)
    if _REASON.text in rows[0]:
        columns.append((_REASON, 50))
    out = BytesIO()
    with xlsxwriter.Workbook(out, PLAIN_TEXT) as book:
        sheet = book.add_worksheet(_("抄表").text)
        head = book.add_format(HEAD)
        typed = book.add_format({"bg_color": "#FFF8E1", "border": 1, "border_color": "#E0D6B8"})
        figure, plain = book.add_format({"num_format": "0.00"}), book.add_format()
        for place, (name, width) in enumerate(columns):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, name.text, head)
            for line, row in enumerate(rows, start=1):
                look = typed if name in _TYPED else figure if name in {_BEFORE, _LAST, _MEAN} else plain
                _cell(sheet, line, place, row.get(name.text), look)
        sheet.freeze_panes(1, 3)
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        to_print(sheet, 0)
    return out.getvalue()


def _cell(sheet: Any, line: int, place: int, value: Any, look: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(line, place, None, look)
    elif isinstance(value, Decimal | int | float):
        sheet.write_number(line, place, float(value), look)
    else:
        sheet.write_string(line, place, value.isoformat() if isinstance(value, date) else str(value), look)


# ── back ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def judged_sheet(session: Session, name: str, data: bytes, month: date) -> list[SheetRow]:
    """Say what would become of each row of a workbook; nothing is stored.

    A meter is known by its `编号`, else by its number, else by its room where the room has one meter. Raises `Refused`
    for a file that is no list of readings.
    """
    require(actor_of(session), Right.READ_METERS)
    lines = _lines(name, data)
    known = _known(session)
    found = [_read(line, cells, month, known) for line, cells in lines]
    counted = Counter(each.row.meter_id for each in found if each.row)
    rows = [each.row for each in found if each.row and counted[each.row.meter_id] == 1]
    verdicts = {each.meter_id: each for each in check_readings(session, month, rows)}
    return [_judged(each, verdicts, counted) for each in found]


def take_sheet(session: Session, name: str, data: bytes, month: date, token: str | None = None) -> list[SheetRow]:
    """Enter the good rows of a workbook; returns what became of each. The same file again changes nothing."""
    found = judged_sheet(session, name, data, month)
    good = [each.row for each in found if each.row and each.standing is Standing.NEW]
    if good:
        record_readings(session, month, good, token)
    return found


def _judged(each: SheetRow, verdicts: Mapping[int, Verdict], counted: Counter[int]) -> SheetRow:
    if each.row is None:
        return each
    if counted[each.row.meter_id] > 1:
        return SheetRow(each.line, each.cells, Standing.BAD, str(_("文件里有同一块表的另一行，请只留一行。")))
    verdict = verdicts[each.row.meter_id]
    if verdict.problem:
        return SheetRow(each.line, each.cells, Standing.BAD, verdict.problem)
    if verdict.warning:
        odd = _("{warning}核对无误的，请在“核对无误”一列填“是”。", warning=verdict.warning)
        return SheetRow(each.line, each.cells, Standing.ODD, str(odd))
    standing = Standing.UNCHANGED if verdict.unchanged else Standing.NEW
    return SheetRow(each.line, each.cells, standing, row=each.row)


Cells = dict[str, Any]


def _lines(name: str, data: bytes) -> list[tuple[int, Cells]]:
    """Find the list in the file: the first sheet with a heading for values and one for meters or rooms."""
    for sheet in workbooks.read(name, data).sheets:
        for at, row in enumerate(sheet.rows[:_HEADING_IN]):
            places = _places(row)
            if _VALUE.text in places and places.keys() & {_ID.text, _METER.text, _UNIT.text}:
                return [
                    (line, {heading: cells[place] for heading, place in places.items()})
                    for line, cells in enumerate(sheet.rows[at + 1 :], start=at + 2)
                    if cells
                ]
    raise Refused(
        _("“{name}”里没有找到抄表清单：需要“本期示数”，以及“编号”“表号”或“房屋”一列。请先下载清单再填。", name=name)
    )


def _places(row: Sequence[Any]) -> dict[str, int]:
    names = {other.text: heading.text for heading, others in _ALSO for other in (heading, *others)}
    names |= {heading.text: heading.text for heading, _width in _COLUMNS}
    places: dict[str, int] = {}
    for place, cell in enumerate(row):
        heading = names.get(clean_text(cell))
        if heading is not None:
            places.setdefault(heading, place)
    return places


def _known(session: Session) -> dict[tuple[str, Any], list[int]]:
    """Look up the meters in place: by key, by number, by room with and without the item."""
    statement = (
        select(Meter.id, Meter.number, Unit.short, FeeItem.name)
        .join(Unit, Unit.id == Meter.unit_id)
        .join(FeeItem, FeeItem.id == Meter.fee_item_id)
        .where(Meter.removed_on.is_(None))
    )
    known: dict[tuple[str, Any], list[int]] = {}
    for meter_id, number, unit, item in session.execute(in_scope(statement, actor_of(session), Meter)):
        for key in (("id", str(meter_id)), ("number", number), ("unit", (unit, item)), ("unit", (unit, ""))):
            known.setdefault(key, []).append(meter_id)
    return known


def _read(line: int, cells: Cells, month: date, known: Mapping[tuple[str, Any], list[int]]) -> SheetRow:
    if not _text(cells, _VALUE):
        return SheetRow(line, cells, Standing.EMPTY)
    for_month = _text(cells, _MONTH)
    if for_month and for_month != f"{month:%Y-%m}":
        told = {"other": for_month, "month": f"{month:%Y-%m}"}
        problem = _("这一行是 {other} 的，现在选的是 {month}，请换账期或换文件。", **told)
        return SheetRow(line, cells, Standing.BAD, str(problem))
    meters = _meant(cells, known)
    if len(meters) != 1:
        several, none = _("这里有 {n} 块表，请填写表号。", n=len(meters)), _("没有找到这块表，请核对房屋和表号。")
        problem = several if meters else none
        return SheetRow(line, cells, Standing.BAD, str(problem))
    value = value_typed(cells[_VALUE.text])
    if value is None:
        return SheetRow(line, cells, Standing.BAD, str(_("本期示数要填数字，例如 135.00。")))
    yes = {"yes", "y", "true", "1", *(each.text for each in _YES)}
    row = Row(
        meters[0], value, rolled_over=_text(cells, _ROLLED).casefold() in yes,
        confirmed=_text(cells, _SURE).casefold() in yes,
        read_on=_day(cells.get(_DAY.text)), note=_text(cells, _NOTE)[:200],
    )  # fmt: skip
    return SheetRow(line, cells, Standing.NEW, row=row)


def _meant(cells: Cells, known: Mapping[tuple[str, Any], list[int]]) -> list[int]:
    if number := _text(cells, _ID):
        return known.get(("id", number.removesuffix(".0")), [])
    if number := _text(cells, _METER):
        return known.get(("number", number.removesuffix(".0")), [])
    return known.get(("unit", (_text(cells, _UNIT), _text(cells, _ITEM))), [])


def _text(cells: Cells, name: Words) -> str:
    value = cells.get(name.text)
    if value is None or isinstance(value, datetime | date):
        return "" if value is None else f"{value:%Y-%m}"
    return unicodedata.normalize("NFKC", clean_text(value))


def _day(cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell or "").strip().replace("/", "-"))
    except ValueError:
        return None
