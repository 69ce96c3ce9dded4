"""Finance's figures as a workbook: a template to fill in, a verdict on every row, all taken in or nothing (F8)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import documents
from db.accounts import figures
from db.accounts.figures import Figures
from db.accounts.ground import CENT, kept_estate, require_keeper, yuan_typed
from db.accounts.heads import EXPENSES, INCOMES, SHORT, Basis, Head
from db.accounts.tables import AccountSource, SourceKind
from db.base import Choice
from db.clock import today
from db.importing import reading
from db.people import User
from db.refused import Refused
from db.sheets_out import HEAD, PLAIN_TEXT
from db.uploads import Checked, DocumentKind
from db.words import Words, _

_MONTH = re.compile(r"^\s*(\d{4})\D{0,2}(\d{1,2})\D*$")
_NEARLY = Decimal("0.000001")
"""Of a computed cell: so far from a whole fen is still that fen."""
_FIRST_ROWS = 12
"""The heading stands within these."""


class Verdict(Choice):
    """What becomes of a row."""

    NEW = "new", _("新增"), "green"
    CHANGES = "changes", _("更正"), "orange"
    UNCHANGED = "unchanged", _("不变"), "gray"
    ERROR = "error", _("有错"), "red"


@dataclass(frozen=True)
class RowVerdict:
    """What a row says and what becomes of it."""

    sheet: str
    row: int
    """As spreadsheets count."""
    label: str
    verdict: Verdict
    notes: tuple[Words, ...] = ()
    new: int = 0
    changes: int = 0


@dataclass(frozen=True)
class Plan:
    """A workbook judged, nothing written yet."""

    estate_id: int
    name: str
    sha256: str
    rows: tuple[RowVerdict, ...]
    figures: dict[Basis, Figures] = field(repr=False)
    seen: dict[Basis, Figures] = field(repr=False)
    before: tuple[str, datetime] | None
    """Who took the same file in before, and when."""

    def count(self, verdict: Verdict) -> int:
        """Count rows of one verdict."""
        return sum(1 for row in self.rows if row.verdict is verdict)

    @property
    def changes_anything(self) -> bool:
        """Say whether there is something to take in."""
        return self.before is None and bool(self.count(Verdict.NEW) + self.count(Verdict.CHANGES))


# ── the template ─────────────────────────────────────────────────────────────────────────────────────────────────────


def template(year: int, filled: dict[Basis, Figures] | None = None) -> bytes:
    """Make the workbook to be filled in for a year: a sheet of actual figures and one of the budget, heads by months.

    `filled` are figures that stand already.
    """
    out = BytesIO()
    with xlsxwriter.Workbook(out, PLAIN_TEXT) as book:
        looks = {
            "head": book.add_format(HEAD),
            "name": book.add_format({"text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#E3E7EE"}),
            "money": book.add_format({"num_format": "#,##0.00", "border": 1, "border_color": "#E3E7EE"}),
            "hint": book.add_format({"font_color": "#64748B"}),
        }
        for basis in Basis:
            _sheet(book.add_worksheet(str(basis.label)), looks, year, (filled or {}).get(basis, {}))
    return out.getvalue()


def _sheet(sheet: Any, looks: dict[str, Any], year: int, known: Figures) -> None:
    sheet.write_string(0, 0, str(_("单位：元。没有的数字留空；填 0 表示确实为零。科目和月份不要改。")), looks["hint"])
    sheet.write_string(1, 0, str(_("科目")), looks["head"])
    months = [date(year, month, 1) for month in range(1, 13)]
    for place, month in enumerate(months, start=1):
        sheet.write_string(1, place, f"{month:%Y-%m}", looks["head"])
    for line, head in enumerate((*INCOMES, *EXPENSES), start=2):
        sheet.write_string(line, 0, str(head.label), looks["name"])
        for place, month in enumerate(months, start=1):
            amount = known.get((month, head))
            if amount is None:
                sheet.write_blank(line, place, None, looks["money"])
            else:
                sheet.write_number(line, place, float(amount), looks["money"])
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 12, 13)
    sheet.freeze_panes(2, 1)


# ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan(session: Session, estate_id: int, name: str, data: bytes) -> Plan:
    """Judge a workbook row by row; nothing is written. Raises `Refused` for what is no such workbook."""
    require_keeper(session, estate_id)
    book = reading.read(name, data)
    rows: list[RowVerdict] = []
    found: dict[Basis, Figures] = {}
    seen: dict[Basis, Figures] = {}
    for sheet in book.sheets:
        basis = next((each for each in Basis if sheet.name.strip() in _names_of(each)), None)
        if basis is None or basis in found:
            continue
        at, months = _heading(sheet)
        known = figures.standing(session, estate_id, basis, set(months.values()))
        judged, taken = _judge(sheet, at, months, basis, known)
        rows += judged
        found[basis], seen[basis] = taken, {place: known[place] for place in taken if place in known}
    if not rows:
        raise Refused(_("没有找到“实际”或“预算”工作表里的科目。请下载模板，填好后再上传。"))
    return Plan(estate_id, book.name, book.sha256, tuple(rows), found, seen, _before(session, estate_id, book.sha256))


def _names_of(basis: Basis) -> set[str]:
    return {str(basis.label), basis.label.text, basis.value}


def _before(session: Session, estate_id: int, sha256: str) -> tuple[str, datetime] | None:
    row = session.execute(
        select(User.name, AccountSource.entered_at)
        .join(User, User.id == AccountSource.entered_by)
        .where(AccountSource.estate_id == estate_id, AccountSource.sha256 == sha256)
    ).first()
    return (row[0], row[1]) if row else None


def _month(cell: object) -> date | None:
    if isinstance(cell, date):
        return date(cell.year, cell.month, 1)
    if match := _MONTH.match(str(cell)):
        year, month = int(match[1]), int(match[2])
        return date(year, month, 1) if 1 <= month <= 12 and year else None
    return None


def _heading(sheet: reading.Sheet) -> tuple[int, dict[int, date]]:
    """Find the row that names the months: (its index, column → month)."""
    for at, row in enumerate(sheet.rows[:_FIRST_ROWS]):
        months = {place: month for place, cell in enumerate(row) if place and (month := _month(cell))}
        if months:
            if len(set(months.values())) < len(months):
                raise Refused(_("工作表“{sheet}”有重复的月份，请检查标题行。", sheet=sheet.name))
            return at, months
    raise Refused(_("工作表“{sheet}”没有月份标题（例如 2026-01），请用模板填写。", sheet=sheet.name))


def _head(label: str) -> Head | None:
    wanted = "".join(label.split())
    for head in Head:
        names = {str(head.label), head.label.text, str(SHORT[head]), SHORT[head].text, head.value}
        if wanted in {"".join(name.split()) for name in names}:
            return head
    return None


def _judge(
    sheet: reading.Sheet, at: int, months: dict[int, date], basis: Basis, known: Figures
) -> tuple[list[RowVerdict], Figures]:
    judged: list[RowVerdict] = []
    taken: Figures = {}
    for number, row in enumerate(sheet.rows[at + 1 :], start=at + 2):
        label = str(row[0]).strip() if row else ""
        cells = {month: row[place] for place, month in months.items() if place < len(row) and str(row[place]).strip()}
        if not label and not cells:
            continue
        head = _head(label)
        if head is None:
            wrong = _("不认识科目“{label}”，请照模板填写。", label=label)
            judged.append(RowVerdict(sheet.name, number, label, Verdict.ERROR, (wrong,)))
        elif any(each is head for _month_, each in taken):
            wrong = _("科目“{label}”出现了两次。", label=SHORT[head])
            judged.append(RowVerdict(sheet.name, number, label, Verdict.ERROR, (wrong,)))
        else:
            amounts, notes = _amounts(cells, basis)
            taken |= {(month, head): amount for month, amount in amounts.items()}
            changes = _changes(head, amounts, known)
            new = sum(1 for month in amounts if (month, head) not in known)
            verdict = Verdict.CHANGES if changes else Verdict.NEW if new else Verdict.UNCHANGED
            judged.append(
                RowVerdict(
                    sheet.name, number, str(SHORT[head]), Verdict.ERROR if notes else verdict, (*notes, *changes), new,
                    len(changes),
                )
            )  # fmt: skip
    return judged, taken


def _amounts(cells: dict[date, reading.Cell], basis: Basis) -> tuple[dict[date, Decimal], list[Words]]:
    amounts: dict[date, Decimal] = {}
    notes: list[Words] = []
    for month, cell in cells.items():
        amount, wrong = _amount(cell)
        if wrong is None and basis is Basis.ACTUAL and month > today():
            wrong = _("还没有到，不能录入实际数。")
        if wrong is not None:
            notes.append(_("{year}年{month}月：{wrong}", year=month.year, month=month.month, wrong=wrong))
        elif amount is not None:
            amounts[month] = amount
    return amounts, notes


def _amount(cell: reading.Cell) -> tuple[Decimal | None, Words | None]:
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return None, _("“{typed}”不是金额，请写成 12800.50 这样的数字。", typed=cell)
    if isinstance(cell, float):
        exact = Decimal(repr(cell))
        near = exact.quantize(CENT)
        return yuan_typed(near if abs(exact - near) < _NEARLY else exact)
    return yuan_typed(cell)


def _changes(head: Head, amounts: dict[date, Decimal], known: Figures) -> list[Words]:
    """Say which figures that stand already would be corrected, from what to what."""
    return [
        _("{year}年{month}月：{before} → {after}", year=month.year, month=month.month, before=f"{before:,.2f}",
          after=f"{amount:,.2f}")
        for month, amount in amounts.items()
        if (before := known.get((month, head))) is not None and before != amount
    ]  # fmt: skip


# ── taking in ────────────────────────────────────────────────────────────────────────────────────────────────────────


def take_in(
    session: Session, planned: Plan, file: Checked, *, reason: str = "", token: str | None = None
) -> figures.Entered:
    """Enter all figures of a judged workbook and keep the file with them; all or nothing.

    Raises `Refused` while a row is wrong, when the same file was taken in before, when something would be corrected
    without a `reason`, and `Conflict` when figures have changed since it was judged.
    """
    kept_estate(session, planned.estate_id)
    if token and (done := session.scalar(select(AccountSource).where(AccountSource.token == token))):
        return figures.entered_by(session, done)
    if planned.count(Verdict.ERROR):
        raise Refused(_("有 {n} 行有错，请改正后重新上传；没有写入任何数字。", n=planned.count(Verdict.ERROR)))
    if before := _before(session, planned.estate_id, planned.sha256):
        raise Refused(_("同一个文件 {by} 已经导入过，没有再次写入。", by=before[0]))
    if file.kind is not DocumentKind.EXCEL:
        raise Refused(_("请上传 xlsx 工作簿。"))
    done_source, new, corrected, unchanged = None, 0, 0, 0
    for basis, wanted in planned.figures.items():
        changed = {place: amount for place, amount in wanted.items() if planned.seen[basis].get(place) != amount}
        if not changed:
            unchanged += len(wanted)
            continue
        entered = figures.enter(
            session, planned.estate_id, basis, wanted, planned.name, reason=reason, seen=planned.seen[basis],
            kind=SourceKind.WORKBOOK, source=done_source, sha256=planned.sha256, token=token,
        )  # fmt: skip
        done_source = session.get_one(AccountSource, entered.source_id)
        new, corrected, unchanged = new + entered.new, corrected + entered.corrected, unchanged + entered.unchanged
    if done_source is None:
        raise Refused(_("工作簿里的数字与现有的完全一样，没有需要写入的内容。"))
    documents.add(session, file, documents.Owner(account_source_id=done_source.id))
    return figures.Entered(done_source.id, new, corrected, unchanged)
