"""How far the payment notices of a month are: by building, the list, the workbook (F11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, and_, case, cast, exists, func, select
from sqlalchemy.orm import Session

from db import sheets_out
from db.audit import record
from db.clock import today
from db.ledger.due import WINDOW_TO
from db.ledger.notice_words import message, window_of
from db.ledger.notices import PAYMENT, has_arrived, of_month
from db.ledger.pricing import next_month
from db.ledger.tables import Bill, Channel, Delivery, Notice
from db.people import Right, in_scope, require
from db.refused import Refused
from db.registry import Building, Customer, Estate, Unit
from db.session import actor_of
from db.settings import value_of
from db.sheets_out import Heads, Sheet, made_by
from db.words import _

PAGE = 50


@dataclass(frozen=True)
class Standing:
    """How far one building is."""

    building_id: int
    building: str
    owing: int = 0
    """Units with an open bill that falls due in the month."""
    untold: int = 0
    """Of them, those that no notice of the month was made for."""
    late: int = 0
    """Units that owe, but only what is overdue: for dunning."""
    made: int = 0
    arrived: int = 0
    tried: int = 0
    """Noted as not reached, and not reached since."""
    amount: Decimal = Decimal(0)
    """On the notices."""

    @property
    def waiting(self) -> int:
        """Notices that have not arrived."""
        return self.made - self.arrived


def month_at_hand(session: Session, estate_id: int) -> date:
    """Say which month's notices are likely meant: after this month's window the next one's, once it is billed."""
    this = today().replace(day=1)
    if today().day <= value_of(session, WINDOW_TO, estate_id):
        return this
    coming = next_month(this)
    billed = select(Bill.id).where(
        Bill.estate_id == estate_id, Bill.voided_at.is_(None), Bill.due_on.between(*window_of(coming))
    )
    return coming if session.scalar(in_scope(billed, actor_of(session), Bill).limit(1)) else this


def standings(session: Session, estate_id: int, month: date) -> list[Standing]:
    """Say how far each building with bills or notices is, in the order of the buildings; two queries."""
    require(actor_of(session), Right.SEE_MONEY)
    bills = {row.building_id: row for row in session.execute(_owing(session, estate_id, month.replace(day=1)))}
    made = {row.building_id: row for row in session.execute(_made(session, estate_id, month))}
    buildings = session.execute(
        in_scope(select(Building.id, Building.name), actor_of(session), Building)
        .where(Building.estate_id == estate_id)
        .order_by(Building.position, Building.id)
    ).all()
    found = []
    for building_id, name in buildings:
        standing = Standing(building_id, name)
        if (owing := bills.get(building_id)) is not None:
            told = {"owing": owing.owing, "untold": owing.untold, "late": owing.units - owing.owing}
            standing = replace(standing, **told)
        if (notices := made.get(building_id)) is not None:
            standing = replace(standing, made=notices.made, arrived=int(notices.arrived or 0),
                               tried=int(notices.tried or 0), amount=notices.amount)  # fmt: skip
        if standing.owing or standing.late or standing.made:
            found.append(standing)
    return found


def _owing(session: Session, estate_id: int, month: date) -> Any:
    """Count the units that owe, by building: what falls due in the month, what of that is on no notice yet."""
    last = window_of(month)[1]
    coming = Bill.due_on >= today()
    has_notice = exists().where(Notice.unit_id == Bill.unit_id, Notice.month == month, Notice.kind == PAYMENT)
    statement = (
        select(
            Bill.building_id,
            func.count(Bill.unit_id.distinct()).label("units"),
            func.count(case((coming, Bill.unit_id)).distinct()).label("owing"),
            func.count(case((and_(coming, ~has_notice), Bill.unit_id)).distinct()).label("untold"),
        )
        .where(
            Bill.estate_id == estate_id, Bill.voided_at.is_(None), Bill.paid + Bill.waived < Bill.amount,
            Bill.due_on <= last,
        )
        .group_by(Bill.building_id)
    )  # fmt: skip
    return in_scope(statement, actor_of(session), Bill)


def _made(session: Session, estate_id: int, month: date) -> Any:
    tried = and_(~has_arrived(), exists().where(Delivery.notice_id == Notice.id))
    statement = (
        select(
            Unit.building_id,
            func.count(Notice.id).label("made"),
            func.sum(cast(has_arrived(), Integer)).label("arrived"),
            func.sum(cast(tried, Integer)).label("tried"),
            func.sum(Notice.amount).label("amount"),
        )
        .join(Unit, Unit.id == Notice.unit_id)
        .where(*of_month(estate_id, month, None))
        .group_by(Unit.building_id)
    )
    return in_scope(statement, actor_of(session), Notice)


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Sought:
    """Which notices are asked for."""

    estate_id: int
    month: date
    building_id: int | None = None
    arrived: bool | None = None
    typed: str = ""
    """Of a room or a notice's number."""


@dataclass(frozen=True)
class Listed:
    """One notice as the list shows it."""

    id: int
    number: str
    batch: str
    unit: str
    customer: str
    amount: Decimal
    made_at: datetime
    arrived: bool
    channel: Channel | None
    """Of the last delivery that was noted."""
    on: date | None


def listed(session: Session, sought: Sought, *, after: int = 0, limit: int = PAGE) -> tuple[list[Listed], int]:
    """List a page of notices, in the order they were made, after the one with that id; and count all that are found."""
    require(actor_of(session), Right.SEE_MONEY)
    claims = _claims(sought)
    counting = select(func.count(Notice.id)).join(Unit, Unit.id == Notice.unit_id).where(*claims)
    total = session.scalar(in_scope(counting, actor_of(session), Notice)) or 0
    last = select(func.max(Delivery.id)).where(Delivery.notice_id == Notice.id).correlate(Notice).scalar_subquery()
    statement = (
        select(
            Notice.id, Notice.number, Notice.batch, Unit.short, func.coalesce(Customer.name, "").label("customer"),
            Notice.amount,
            Notice.made_at, has_arrived().label("arrived"), Delivery.channel, Delivery.delivered_on,
        )
        .join(Unit, Unit.id == Notice.unit_id)
        .outerjoin(Customer, Customer.id == Notice.customer_id)
        .outerjoin(Delivery, Delivery.id == last)
        .where(*claims, Notice.id > after)
        .order_by(Notice.id)
        .limit(limit)
    )  # fmt: skip
    rows = session.execute(in_scope(statement, actor_of(session), Notice))
    return [_listed(row) for row in rows], total


def _listed(row: Any) -> Listed:
    return Listed(
        row.id, row.number, row.batch, row.short, row.customer, row.amount, row.made_at, bool(row.arrived),
        row.channel, row.delivered_on,
    )  # fmt: skip


def _claims(sought: Sought) -> list[Any]:
    claims: list[Any] = of_month(sought.estate_id, sought.month, sought.building_id)
    if sought.arrived is not None:
        claims.append(has_arrived() if sought.arrived else ~has_arrived())
    if typed := sought.typed.strip():
        claims.append(
            Unit.short.contains(typed, autoescape=True) | Notice.number.contains(typed.upper(), autoescape=True)
        )
    return claims


@dataclass(frozen=True)
class Batch:
    """What was made, and is printed, in one go."""

    key: str
    building: str
    """Empty where it is of several."""
    notices: int
    made_at: datetime


def batches(session: Session, sought: Sought) -> list[Batch]:
    """Say what of the notices sought was made in one go, in the order of the buildings."""
    statement = (
        select(
            Notice.batch, func.min(Building.name), func.count(Building.id.distinct()), func.count(Notice.id),
            func.min(Notice.made_at),
        )
        .join(Unit, Unit.id == Notice.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .where(*_claims(sought))
        .group_by(Notice.batch)
        .order_by(func.min(Building.position), func.min(Notice.id))
    )  # fmt: skip
    rows = session.execute(in_scope(statement, actor_of(session), Notice))
    return [Batch(key, building if buildings == 1 else "", n, at) for key, building, buildings, n, at in rows]


def message_of(session: Session, notice_id: int) -> str:
    """Write one notice as a message for WeChat or SMS."""
    require(actor_of(session), Right.SEE_MONEY)
    statement = select(Notice.snapshot).where(Notice.id == notice_id)
    snapshot = session.scalar(in_scope(statement, actor_of(session), Notice))
    if snapshot is None:
        raise Refused(_("没有找到这份通知单，可能不在您负责的项目内。"))
    return message(snapshot)


# ── as a workbook ────────────────────────────────────────────────────────────────────────────────────────────────────

_COLUMNS: Heads = (
    (_("通知单号"), 18), (_("房屋"), 12), (_("客户"), 20), (_("账期"), 18), (_("本期应缴(元)"), 13),
    (_("逾期未缴(元)"), 13), (_("违约金(元)"), 12), (_("预存抵扣(元)"), 13), (_("共应缴(元)"), 13),
    (_("最迟缴纳日"), 12), (_("送达"), 8), (_("送达方式"), 10), (_("送达日期"), 12),
)  # fmt: skip
_SUMMED = range(4, 9)


def workbook(session: Session, sought: Sought) -> bytes:
    """Make the list of a month's notices as a workbook, with totals; needs `EXPORT`, is in the operation log."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    require(actor, Right.EXPORT)
    rows = _rows(session, sought)
    title = str(_("缴费通知单清单 {month}", month=f"{sought.month:%Y-%m}"))
    about = [session.get_one(Estate, sought.estate_id).name, made_by(actor.name, len(rows))]
    sums = [sum((row[place] for row in rows), Decimal(0)) for place in _SUMMED]
    data, _n = sheets_out.workbook(
        Sheet(title, about, _COLUMNS, rows, [str(_("合计")), *[None] * (_SUMMED.start - 1), *sums], held=2)
    )
    record(session, "exported", "notices", None, estate_id=sought.estate_id, ground=f"{sought.month:%Y-%m}",
           after={"rows": len(rows)})  # fmt: skip
    return data


def _rows(session: Session, sought: Sought) -> Collection[list[Any]]:
    rows, total = listed(session, sought, limit=100_000)
    ids = [each.id for each in rows]
    statement = select(Notice.id, Notice.snapshot).where(*_claims(sought)).join(Unit, Unit.id == Notice.unit_id)
    papers = {key: each["notice"] for key, each in session.execute(in_scope(statement, actor_of(session), Notice))}
    if total != len(ids):
        raise Refused(_("行数太多，请按楼栋分几次导出。"))
    return [_row(each, papers[each.id]) for each in rows]


def _row(each: Listed, paper: dict[str, Any]) -> list[Any]:
    unpaid = sum((Decimal(line["unpaid"]) for line in paper.get("overdue", ())), Decimal(0))
    amounts = [Decimal(paper["total"]), unpaid, Decimal(paper.get("late_fee_total", 0)),
               Decimal(paper.get("balance", 0)), Decimal(paper["to_pay"])]  # fmt: skip
    state = _("已送达") if each.arrived else _("未送达")
    return [each.number, each.unit, paper["customer"], paper["period"], *amounts,
            date.fromisoformat(paper["due_on"]), str(state), str(each.channel.label) if each.channel else "",
            each.on]  # fmt: skip
