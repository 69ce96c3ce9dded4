"""All rows of a list as a file: an Excel workbook or CSV, by rights and with an entry in the operation log (R4)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import lists, sheets_out
from db.audit import record
from db.base import Choice
from db.clock import local, now
from db.fields import Field, fields_of
from db.list_words import described
from db.lists import Wanted
from db.people import Actor, Right, User, require
from db.process import Process, may_see, process_of
from db.refused import Refused
from db.registry import Estate, Firm
from db.session import actor_of, reading, writing
from db.sheets_out import Sheet, made_by
from db.words import Words, _

EXCEL, CSV = "xlsx", "csv"
MOST: dict[str, int] = {EXCEL: 100_000, CSV: 300_000}
"""So many rows at most: more takes minutes and no desk PC opens it."""
_LABELS = {"number": _("单号"), "state": _("状态")}
_WIDTHS = {"prose": 40, "moment": 17, "date": 12, "money": 12, "number": 10, "flag": 8, "phone": 15}
_USUAL_WIDTH = 14
_HARMFUL = ("=", "+", "-", "@", "\t", "\r")
"""A cell of a CSV that begins so is a formula to Excel."""


@dataclass(frozen=True)
class Exported:
    """A finished file."""

    data: bytes
    rows: int
    name: str


def export(actor: Actor, process_key: str, wanted: Wanted, kind: str) -> Exported:
    """Make the file of all rows found, and log who took it, with which filter and how many rows.

    `kind` is `EXCEL` or `CSV`. Personal data are masked without `EXPORT_PERSONAL`. Raises `Refused` without `EXPORT`,
    and for more than `MOST` rows. Nothing is handed out that could not be logged.
    """
    require(actor, Right.EXPORT)
    process = process_of(process_key)
    with reading(actor) as session:
        about = _about(session, process, wanted)
        if about.total > MOST[kind]:
            raise Refused(too_many(about.total, kind))
        columns = columns_of(actor, process)
        rows = _rows(session, process, wanted, columns)
        data, written = (_workbook if kind == EXCEL else _csv)(about, columns, rows)
    with writing(actor) as session:
        _log(session, process, wanted, about, rows=written, kind=kind)
    return Exported(data, written, f"{about.title}-{local(about.at):%Y%m%d-%H%M}.{kind}")


def too_many(total: int, kind: str) -> Words:
    """Say that there are more rows than a file takes."""
    return _("共 {n} 行，一次最多导出 {most} 行，请缩小日期范围后分几次导出。", n=total, most=MOST[kind])


@dataclass(frozen=True)
class _About:
    """What stands above the rows."""

    title: str
    filters: str
    maker: str
    at: datetime
    total: int
    masked: bool


def _about(session: Session, process: Process, wanted: Wanted) -> _About:
    actor = actor_of(session)
    total = lists.found(session, process.key, wanted, limit=1).total
    conditions = [
        str(_("{label}：{said}", label=label, said=said)) for _name, label, said in described(session, process, wanted)
    ]
    return _About(
        str(_("{title}清单", title=process.title)), str(_("；")).join(conditions), actor.name, now(), total,
        masked=not actor.may(Right.EXPORT_PERSONAL),
    )  # fmt: skip


def columns_of(actor: Actor, process: Process) -> list[Field]:
    """List what is exported beside number and state: all that the process's forms ask and its record shows.

    Whom a complaint is about goes out only with the right to personal data. Raises `Refused` for a stranger.
    """
    if not may_see(actor, process):
        raise Refused(_("您没有查看{title}的权限。", title=process.title))
    left_out = {"number"} if actor.may(Right.EXPORT_PERSONAL) else {"number", "about_user_id"}
    return [each for each in fields_of(process.model).values() if each.name not in left_out]


_FOUND_BY_LIST = {
    "unit_id": "unit_name", "customer_id": "customer_name", "assigned_to": "assigned_name",
    "building_id": "building_name", "facility_id": "facility_name",
}  # fmt: skip


def _rows(session: Session, process: Process, wanted: Wanted, columns: Sequence[Field]) -> Iterator[list[Any]]:
    """Yield what stands in the cells: text, dates, wall-clock moments, numbers."""
    names = _names(session)
    masked = not actor_of(session).may(Right.EXPORT_PERSONAL)
    for batch in lists.every(session, process.key, wanted, fields=columns, masked=masked):
        for row in batch:
            yield [row["number"], str(row["state"].label), *(_cell(each, row, names) for each in columns)]


def _names(session: Session) -> dict[str, dict[int, str]]:
    return {
        "users": {row.id: row.name for row in session.execute(select(User.id, User.name))},
        "estates": {row.id: row.name for row in session.execute(select(Estate.id, Estate.name))},
        "firms": {row.id: row.name for row in session.execute(select(Firm.id, Firm.name))},
    }


def _cell(field: Field, row: dict[str, Any], names: dict[str, dict[int, str]]) -> Any:
    value = row.get(_FOUND_BY_LIST.get(field.name, field.name))
    if value is None or value == "":
        return None
    if isinstance(value, Choice):
        return str(value.label)
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, datetime):
        return local(value).replace(tzinfo=None)
    if field.kind == "reference" and isinstance(value, int):
        return names.get(field.target, {}).get(value)
    return value


# ── Excel ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _workbook(about: _About, columns: Sequence[Field], rows: Iterator[list[Any]]) -> tuple[bytes, int]:
    """Write a workbook row by row: title, what it holds, who made it when; then the rows, dates and sums as such."""
    widths = [17, 10, *(_WIDTHS.get(each.kind, _USUAL_WIDTH) for each in columns)]
    made, masked = made_by(about.maker, about.total, about.at), _("（个人信息已遮盖）") if about.masked else ""
    scope = _("范围：{filters}", filters=about.filters)
    heads = list(zip(_labels(columns), widths, strict=True))
    return sheets_out.workbook(Sheet(about.title, [scope, f"{made}{masked}"], heads, rows))


def _labels(columns: Sequence[Field]) -> list[Words]:
    return [*_LABELS.values(), *(each.label for each in columns)]


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _csv(_about: _About, columns: Sequence[Field], rows: Iterator[list[Any]]) -> tuple[bytes, int]:
    """Write heads and rows in UTF-8 with the mark that makes Excel read Chinese."""
    out = StringIO(newline="")
    out.write("\ufeff")
    sheet = csv.writer(out)
    sheet.writerow([str(label) for label in _labels(columns)])
    written = 0
    for row in rows:
        sheet.writerow([_harmless(value) for value in row])
        written += 1
    return out.getvalue().encode(), written


def _harmless(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_HARMFUL) else text


def _log(session: Session, process: Process, wanted: Wanted, about: _About, *, rows: int, kind: str) -> None:
    estate = wanted.estate_ids[0] if len(wanted.estate_ids) == 1 else None
    record(
        session, "exported", process.key, None, estate_id=estate, ground=about.filters[:200],
        after={"rows": rows, "format": kind, "masked": about.masked},
    )  # fmt: skip


__all__ = ["CSV", "EXCEL", "MOST", "Exported", "columns_of", "export", "too_many"]
