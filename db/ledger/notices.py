"""Payment notices 缴费通知单: made before the window opens, and who of the households was reached (F11; HB:95, 128)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select
from sqlalchemy.orm import Session, aliased

from db.audit import Audit, record
from db.checking import clean_text
from db.clock import now, today
from db.ledger.late_fees import LATE_CAP_PERCENT, outstanding
from db.ledger.money_tables import Balance
from db.ledger.notice_words import Household, Part, composed, head_of, window_of
from db.ledger.tables import Bill, Channel, Delivery, FeeItem, Meter, Notice, Reading, Tariff
from db.people import SYSTEM_ID, Actor, Right, in_scope, require
from db.refused import Refused
from db.registry import Building, Customer, Unit
from db.series import next_number
from db.session import actor_of
from db.settings import value_of
from db.words import _

PAYMENT = "payment"
"""The kind of `Notice` that this is."""
PREFIX = "JF"
Progress = Callable[[int, int], object]
"""Told how many units are done, and of how many."""


@dataclass(frozen=True)
class Prepared:
    """What one press made."""

    made: int
    batch: str
    """What was made in one go, and is printed in one go."""
    amount: Decimal


# ── making them ──────────────────────────────────────────────────────────────────────────────────────────────────────


def prepare_notices(
    session: Session, estate_id: int, month: date, building_id: int | None = None, *,
    token: str | None = None, progress: Progress | None = None,
) -> Prepared:  # fmt: skip
    """Make a notice for every unit with open bills due by the end of `month`; needs `BILL`. Again adds what is missing.

    A bill stands on one notice of a month: what was billed after the first notice gets a second one of its own. What
    is overdue stands apart on it, with its late fee where the contract has the clause. A unit that owes arrears alone
    gets none: that is for dunning.
    """
    actor = actor_of(session)
    require(actor, Right.BILL)
    _refuse_stranger(actor, estate_id)
    if token and (done := session.scalar(select(Audit.after).where(Audit.token == token))):
        return Prepared(done["made"], done["batch"], Decimal(done["amount"]))
    first, issued_on = month.replace(day=1), today()
    households = households_to_tell(session, estate_id, first, building_id, issued_on)
    if not households:
        return Prepared(0, "", Decimal(0))
    head = head_of(session, estate_id, issued_on, late_fees=any(each.late_fees for each in households))
    numbers = [next_number(session, estate_id, PREFIX, issued_on) for _each in households]
    batch, rows = numbers[0], []
    for place, (household, number) in enumerate(zip(households, numbers, strict=True)):
        rows.append({
            "estate_id": estate_id, "unit_id": household.unit_id, "customer_id": household.customer_id,
            "kind": PAYMENT, "number": number, "month": first, "batch": batch, "amount": household.to_pay,
            "snapshot": composed(household, number, head), "made_by": actor.user_id, "made_at": now(),
        })  # fmt: skip
        if progress is not None:
            progress(place + 1, len(households))
    session.execute(insert(Notice), rows)
    result = Prepared(len(rows), batch, sum((each.to_pay for each in households), Decimal(0)))
    record(session, "created", "notices", None, estate_id=estate_id, token=token, after={
        "month": first, "building_id": building_id, "made": result.made, "batch": batch, "amount": result.amount,
    })  # fmt: skip
    return result


def _refuse_stranger(actor: Actor, estate_id: int) -> None:
    if actor.user_id != SYSTEM_ID and estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))


def households_to_tell(
    session: Session, estate_id: int, month: date, building_id: int | None, on: date
) -> list[Household]:  # fmt: skip
    """Say whom there is to tell what, in the order of the rooms: who owes a bill of the window that no notice names.

    What is overdue is told once a month, with the first notice.
    """
    found = _owed(session, estate_id, month, building_id, on)
    units = {household.unit_id for household in found.values()}
    named, told = _named(session, units, month)
    for key, household in found.items():
        household.current = [part for part in household.current if part.bill.id not in named]
        if key in told:
            household.overdue = []
    wanted = [each for each in found.values() if each.current]
    balances: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for row in session.scalars(select(Balance).where(Balance.unit_id.in_(units), Balance.amount > 0)):
        balances[row.unit_id][row.payee_id] = row.amount
    for household in wanted:  # of two customers of a unit the first has what the unit paid ahead
        household.balances = balances.pop(household.unit_id, {})
    _add_readings(session, wanted)
    return wanted


def _owed(
    session: Session, estate_id: int, month: date, building_id: int | None, on: date
) -> dict[tuple[int, int | None], Household]:  # fmt: skip
    """Fetch what is owed, by unit and customer; arrears stay with who owed them."""
    last = window_of(month)[1]
    owing = or_(Bill.paid + Bill.waived < Bill.amount, and_(Bill.late_base > 0, Bill.due_on < on))
    statement = (
        select(Bill, Unit.short, Unit.area, Customer.name, FeeItem.name, FeeItem.kind, Tariff.late_clause)
        .join(Unit, Unit.id == Bill.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .join(FeeItem, FeeItem.id == Bill.fee_item_id)
        .outerjoin(Customer, Customer.id == Bill.customer_id)
        .outerjoin(Tariff, Tariff.id == Bill.tariff_id)
        .where(Bill.estate_id == estate_id, Bill.voided_at.is_(None), Bill.due_on <= last, owing)
        .order_by(
            Building.position, Building.id, Unit.entrance, func.coalesce(Unit.floor, 0), Unit.id,
            FeeItem.position, FeeItem.id, Bill.source, Bill.month,
        )
    )  # fmt: skip
    if building_id is not None:
        statement = statement.where(Bill.unit_id.in_(select(Unit.id).where(Unit.building_id == building_id)))
    cap = value_of(session, LATE_CAP_PERCENT, estate_id)
    found: dict[tuple[int, int | None], Household] = {}
    for bill, unit, area, customer, item, kind, clause in session.execute(statement):
        key = (bill.unit_id, bill.customer_id)
        household = found.setdefault(key, Household(bill.unit_id, unit, area, bill.customer_id, customer or ""))
        if bill.due_on >= on:
            household.current.append(Part(bill, item, kind, clause or "", Decimal(0)))
            continue
        late = outstanding(bill, on, cap) if clause else Decimal(0)
        if bill.unpaid or late:
            household.overdue.append(Part(bill, item, kind, clause or "", late))
    return found


def _named(
    session: Session, unit_ids: Collection[int], month: date
) -> tuple[set[int], set[tuple[int, int | None]]]:  # fmt: skip
    """Say which bills notices of the month name already, and who has one."""
    bills: set[int] = set()
    told: set[tuple[int, int | None]] = set()
    statement = select(Notice.unit_id, Notice.customer_id, Notice.snapshot).where(
        Notice.kind == PAYMENT, Notice.month == month, Notice.unit_id.in_(unit_ids)
    )
    for unit_id, customer_id, snapshot in session.execute(statement):
        bills.update(snapshot["bills"])
        told.add((unit_id, customer_id))
    return bills, told


def _add_readings(session: Session, households: Collection[Household]) -> None:
    """Put the readings beside the bills that were counted from them."""
    parts = {(part.bill.unit_id, part.bill.fee_item_id, part.bill.month): part
             for household in households for part in household.current if not part.bill.source}  # fmt: skip
    if not parts:
        return
    statement = (
        select(Reading, Meter.number, Meter.multiplier, Meter.unit_id, Meter.fee_item_id)
        .join(Meter, Meter.id == Reading.meter_id)
        .where(
            ~Reading.superseded,
            Meter.unit_id.in_({unit_id for unit_id, _item, _month in parts}),
            Reading.month.in_({month for _unit, _item, month in parts}),
        )
        .order_by(Meter.removed_on.is_(None), Meter.id)
    )
    read: dict[Any, list[tuple[Reading, str, int]]] = defaultdict(list)
    for reading, number, times, unit_id, item_id in session.execute(statement):
        read[unit_id, item_id, reading.month].append((reading, number, times))
    for key, each in read.items():
        if key in parts:
            parts[key].readings = tuple(each)


# ── who was reached ──────────────────────────────────────────────────────────────────────────────────────────────────


def record_deliveries(
    session: Session, notice_ids: Collection[int], channel: Channel, *, reached: bool = True, on: date | None = None,
    proof: str = "", token: str | None = None,
) -> int:  # fmt: skip
    """Note of notices that they arrived, or did not, on a day; returns of how many. Needs `BILL` or `DUN`.

    One that has arrived already is left alone when it is marked as reached again. Raises `Refused` for a day before
    the notice was made or after today.
    """
    actor, day = actor_of(session), on or today()
    if not actor.may(Right.BILL):
        require(actor, Right.DUN)
    if token and (done := session.scalar(select(Audit.after).where(Audit.token == token))):
        return int(done["notices"])
    statement = select(Notice).where(Notice.id.in_(notice_ids)).order_by(Notice.id).with_for_update()
    found = session.scalars(in_scope(statement, actor, Notice)).all()
    if not found or len(found) != len(set(notice_ids)):
        raise Refused(_("请先选择通知单。"))
    _check_day(day, max(each.snapshot["head"]["issued_on"] for each in found))
    arrived = set(session.scalars(
        select(Delivery.notice_id).where(Delivery.reached, Delivery.notice_id.in_(notice_ids))
    ))  # fmt: skip
    wanted = [each for each in found if not (reached and each.id in arrived)]
    if not wanted:
        return 0
    rows = [
        {"notice_id": each.id, "channel": channel.value, "reached": reached, "delivered_on": day,
         "proof": clean_text(proof), "recorded_by": actor.user_id, "recorded_at": now()}
        for each in wanted
    ]  # fmt: skip
    session.execute(insert(Delivery), rows)
    record(session, "delivered", "notices", wanted[0].id if len(wanted) == 1 else None, estate_id=wanted[0].estate_id,
           token=token, after={"notices": len(wanted), "channel": channel, "reached": reached, "on": day})  # fmt: skip
    return len(wanted)


def _check_day(day: date, issued_on: str) -> None:
    if day > today() or day.isoformat() < issued_on:
        problem = _("送达日期应在通知单开出之后、今天或以前。")
        raise Refused(problem, {"on": problem})


def not_reached(
    session: Session, estate_id: int, month: date, building_id: int | None = None
) -> list[int]:  # fmt: skip
    """Name the notices of a month, or of a building, that have not arrived yet: for marking all with one press."""
    statement = in_scope(select(Notice.id), actor_of(session), Notice).where(*of_month(estate_id, month, building_id))
    return list(session.scalars(statement.where(~has_arrived()).order_by(Notice.id)))


def has_arrived() -> ColumnElement[bool]:
    """Claim: a notice reached its household."""
    delivery = aliased(Delivery)
    return exists().where(delivery.notice_id == Notice.id, delivery.reached)


def of_month(estate_id: int, month: date, building_id: int | None) -> list[ColumnElement[bool]]:
    """Claim: a payment notice is of that month, and of that building where one is named."""
    claims = [Notice.kind == PAYMENT, Notice.estate_id == estate_id, Notice.month == month.replace(day=1)]
    if building_id is not None:
        claims.append(in_building(building_id))
    return claims


def in_building(building_id: int) -> ColumnElement[bool]:
    """Claim: a notice is about a unit of the building."""
    return Notice.unit_id.in_(select(Unit.id).where(Unit.building_id == building_id))


def papers_of(session: Session, claims: Collection[ColumnElement[bool]]) -> list[dict[str, Any]]:
    """Collect notices for printing, in the order they were made: what one PDF takes, one for each head.

    Needs `SEE_MONEY`. Raises `Refused` when there are none in the actor's estates.
    """
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    statement = in_scope(select(Notice.snapshot).where(*claims), actor, Notice).order_by(Notice.id)
    made: list[dict[str, Any]] = []
    for snapshot in session.scalars(statement):
        if not made or _head(made[-1]) != snapshot["head"]:
            made.append({**snapshot["head"], "notices": []})
        made[-1]["notices"].append(snapshot["notice"])
    if not made:
        raise Refused(_("没有可打印的通知单，请先生成。"))
    return made


def _head(paper: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in paper.items() if name != "notices"}
