"""Arrears 欠费: who owes what for how long, with what was said and done about it; counted, totalled and paged in SQL.

A row is a debtor at a unit for one payee. Only what should have been paid before the day is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    select,
    text,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from db.cases import Case
from db.clock import today
from db.ledger import limitation
from db.ledger.demands import Debt
from db.ledger.dunnings import Answer, Dunning, Reason, State
from db.ledger.late_fees import LATE_CAP_PERCENT, outstanding_column
from db.ledger.tables import LATE_FEE_LEFT, Bill, Payee
from db.masking import mask_name
from db.people import Actor, Right, User, require
from db.registry import Building, Customer, StewardArea, Unit, UnitState
from db.registry_rules import holds_on
from db.search import people_and_units
from db.session import actor_of
from db.settings import value_of
from db.words import Words, _

PAGE = 50
BANDS: tuple[tuple[int, Words], ...] = (
    (30, _("30 天内")), (90, _("31–90 天")), (365, _("91–365 天")), (730, _("1–2 年")), (1095, _("2–3 年")),
    (0, _("3 年以上")),
)  # fmt: skip
"""Up to so many days since the due date (the last without an end), in order."""
EMPTY = (UnitState.VACANT, UnitState.UNSOLD)
SORTS = {"amount": _("金额从大到小"), "age": _("欠得最久"), "limitation": _("时效最近"), "unit": _("按房号")}


@dataclass(frozen=True)
class Asked:
    """What the list is asked for; empty for everything."""

    estate_ids: frozenset[int] = frozenset()
    typed: str = ""
    building_id: int | None = None
    steward_id: int | None = None
    least: Decimal | None = None
    """Principal and late fee of at least so much, in yuan."""
    days: int = 0
    """Oldest bill at least so many days past its day."""
    reason: str = ""
    step: str = ""
    """A state of the dunning; `none` for those whom nobody has approached."""
    lived_in: bool | None = None
    complaint: bool | None = None
    """With an open complaint or dispute, or without."""
    ending: bool = False
    """Only what the three years end for soon."""
    sort: str = "amount"


@dataclass(frozen=True)
class Sums:
    """Totals of all rows found, in yuan."""

    households: int
    principal: Decimal
    late_fee: Decimal
    bands: tuple[Decimal, ...]


@dataclass(frozen=True)
class Row:
    """A debtor's arrears at a unit."""

    debt: Debt
    unit: str
    building: str
    customer: str
    payee: str
    months: int
    principal: Decimal
    late_fee: Decimal
    bands: tuple[Decimal, ...]
    oldest: date
    limitation_on: date | None
    """Last day to bring the oldest claim; none where only a late fee is left."""
    state: State | None
    number: str
    """Of the open dunning."""
    contacted_on: date | None
    answer: Answer | None
    reason: Reason | None
    promised_on: date | None
    steward: str
    complaint: bool
    disputed: bool

    @property
    def total(self) -> Decimal:
        """Return principal and late fee together."""
        return self.principal + self.late_fee


def arrears(session: Session, asked: Asked, *, page: int = 1, limit: int = PAGE) -> tuple[list[Row], Sums]:
    """Return one page of the list, counted from 1, and the sums of all found; needs `SEE_MONEY`."""
    statement, debts = _asked(session, asked)
    sums = _sums(session, statement, debts)
    rows = session.execute(_ordered(statement, debts, asked.sort).limit(limit).offset((page - 1) * limit)).all()
    return _shown(session, rows), sums


def every(session: Session, asked: Asked, batch: int = 1000) -> Iterator[list[Row]]:
    """Yield all rows of the list in batches, for a file."""
    statement, debts = _asked(session, asked)
    for some in session.execute(_ordered(statement, debts, asked.sort)).partitions(batch):
        yield _shown(session, some)


def one(session: Session, debt: Debt) -> Row | None:
    """Find a debtor's row; nothing where he owes nothing overdue."""
    require(actor_of(session), Right.SEE_MONEY)
    unit = session.get(Unit, debt.unit_id)
    if unit is None or unit.estate_id not in actor_of(session).estates:
        return None
    debts = _debts(session, [unit.estate_id], today(), unit.id)
    statement = _selected(debts).where(
        debts.c.payee_id == debt.payee_id, debts.c.customer_id.is_not_distinct_from(debt.customer_id)
    )
    return next(iter(_shown(session, session.execute(statement).all())), None)


def by_unit(session: Session, estate_ids: Collection[int], on: date | None = None) -> dict[int, tuple[int, int]]:
    """Say what every unit owes on a day, in fen: unit → (principal, late fee); all units at once."""
    require(actor_of(session), Right.SEE_MONEY)
    found: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for estates, cap in _by_cap(session, sorted(actor_of(session).estates & set(estate_ids))):
        for claim, unpaid in _halves():
            late = func.sum(outstanding_column(on or today(), cap))
            rows = select(Bill.unit_id, func.sum(unpaid), late).where(Bill.estate_id.in_(estates), claim)
            for unit_id, principal, fee in session.execute(rows.group_by(Bill.estate_id, Bill.unit_id)):
                before = found[unit_id]
                found[unit_id] = (before[0] + int(principal), before[1] + int(fee))
    return {unit_id: sums for unit_id, sums in found.items() if any(sums)}


# ── what is owed ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _fen(column: Any) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)


def _halves() -> tuple[tuple[ColumnElement[bool], ColumnElement[int]], ...]:
    """Part the bills as the two covering indexes do: principal open; or only a late fee left of them."""
    unpaid = _fen(Bill.amount) - _fen(Bill.waived) - _fen(Bill.paid)
    still = and_(Bill.voided_at.is_(None), Bill.amount > Bill.paid + Bill.waived)
    return (still, unpaid), (text(LATE_FEE_LEFT), literal(0, BigInteger()))  # type: ignore[return-value]  # a claim too


def _by_cap(session: Session, estate_ids: Collection[int]) -> list[tuple[list[int], int]]:
    """Gather estates by their cap on late fees: most offices have one rule."""
    groups: dict[int, list[int]] = {}
    for estate_id in estate_ids:
        groups.setdefault(value_of(session, LATE_CAP_PERCENT, estate_id), []).append(estate_id)
    return [(estates, cap) for cap, estates in groups.items()]


def _debts(session: Session, estate_ids: Collection[int], on: date, unit_id: int | None = None) -> Subquery:
    """Add up what is overdue by unit, payee and debtor, in fen, with ages and the day its three years began."""
    parts = [
        _summed(estates, cap, half, on, unit_id)
        for estates, cap in _by_cap(session, estate_ids) or [([], 0)]
        for half in _halves()
    ]
    each = union_all(*parts).subquery("owed")
    sums = ("principal", "late", *(f"band_{n}" for n in range(len(BANDS))))
    return (
        select(
            each.c.unit_id, each.c.payee_id, each.c.customer_id, *(func.sum(each.c[name]).label(name) for name in sums),
            func.min(each.c.oldest).label("oldest"), func.min(each.c.began).label("began"),
        )
        .group_by(each.c.unit_id, each.c.payee_id, each.c.customer_id)
        .having(func.sum(each.c.principal) + func.sum(each.c.late) > 0)
        .subquery("debts")
    )  # fmt: skip


def _summed(
    estates: Collection[int], cap: int, half: tuple[ColumnElement[bool], ColumnElement[int]], on: date,
    unit_id: int | None,
) -> Any:  # fmt: skip
    """Add up one half of the bills in the order of its index; what only a late fee is left of has no limitation."""
    claim, unpaid = half
    bands, later = [], on
    for n, (days, _label) in enumerate(BANDS):
        since = on - timedelta(days=days) if days else None
        here = and_(Bill.due_on < later, Bill.due_on >= since) if since else Bill.due_on < later
        bands.append(func.sum(case((here, unpaid), else_=0)).label(f"band_{n}"))
        later = since or later
    began = limitation.begins()
    summed = select(
        Bill.unit_id, Bill.payee_id, Bill.customer_id, func.sum(unpaid).label("principal"),
        func.sum(outstanding_column(on, cap)).label("late"), func.min(Bill.due_on).label("oldest"),
        func.min(case((unpaid > 0, began))).label("began"), *bands,
    ).where(Bill.estate_id.in_(estates), claim, Bill.due_on < on)  # fmt: skip
    summed = summed if unit_id is None else summed.where(Bill.unit_id == unit_id)
    return summed.group_by(Bill.estate_id, Bill.unit_id, Bill.payee_id, Bill.customer_id)


def _steward(on: date) -> Any:
    return (
        select(StewardArea.user_id)
        .where(StewardArea.building_id == Building.id, holds_on(StewardArea, on))
        .order_by(StewardArea.id.desc())
        .limit(1)
        .correlate(Building)
        .scalar_subquery()
    )


def _complains() -> ColumnElement[bool]:
    complaints = Case.__table__.alias("complaint")
    claim = and_(
        complaints.c.unit_id == Unit.id, complaints.c.process == "complaints", complaints.c.closed_at.is_(None)
    )
    return select(complaints.c.id).where(claim).correlate(Unit.__table__).exists()


def _selected(debts: Subquery) -> Select[Any]:
    """Select debts with where, who and what was done; the open dunning is the only one with a key."""
    return (
        select(
            debts, Unit.short.label("unit"), Building.name.label("building"), Customer.name.label("customer"),
            Payee.name.label("payee"), Dunning.state, Dunning.number, Dunning.contacted_on, Dunning.answer,
            Dunning.reason, Dunning.promised_on, User.name.label("steward"), Dunning.disputed,
            _complains().label("complains"),
        )
        .select_from(debts)
        .join(Unit, Unit.id == debts.c.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .join(Payee, Payee.id == debts.c.payee_id)
        .outerjoin(Customer, Customer.id == debts.c.customer_id)
        .outerjoin(
            Dunning,
            and_(
                Dunning.unit_id == debts.c.unit_id, Dunning.process == "dunning", Dunning.debt_key.is_not(None),
                Dunning.payee_id == debts.c.payee_id, Dunning.customer_id.is_not_distinct_from(debts.c.customer_id),
            ),
        )
        .outerjoin(User, User.id == _steward(today()))
    )  # fmt: skip


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(session: Session, asked: Asked) -> tuple[Select[Any], Subquery]:
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    estates = sorted(actor.estates & asked.estate_ids if asked.estate_ids else actor.estates)
    debts = _debts(session, estates, today())
    return _selected(debts).where(*_claims(session, asked, debts, estates)), debts


def _claims(session: Session, asked: Asked, debts: Subquery, estates: Collection[int]) -> list[ColumnElement[bool]]:
    """Say which debts are asked for: where and whose, how much and how old, and how they stand."""
    claims = _of_place(session, asked, debts)
    if asked.least is not None:
        claims.append(debts.c.principal + debts.c.late >= int(asked.least * 100))
    if asked.days:
        claims.append(debts.c.oldest <= today() - timedelta(days=asked.days))
    if asked.reason:
        claims.append(Dunning.reason == Reason(asked.reason))
    if asked.step:
        claims.append(Dunning.id.is_(None) if asked.step == "none" else Dunning.state == asked.step)
    if asked.complaint is not None:
        claims.append((_complains() | func.coalesce(Dunning.disputed, False)) == asked.complaint)
    if asked.ending:
        days = max((value_of(session, limitation.WARNING_DAYS, each) for each in estates), default=0)
        claims.append(debts.c.began <= literal(limitation.began_before(today(), days), Date()))
    return claims


def _of_place(session: Session, asked: Asked, debts: Subquery) -> list[ColumnElement[bool]]:
    claims: list[ColumnElement[bool]] = []
    if asked.typed.strip():
        units, people = people_and_units(session, asked.typed)
        claims.append(debts.c.unit_id.in_(units) | debts.c.customer_id.in_(people))
    if asked.building_id is not None:
        claims.append(Building.id == asked.building_id)
    if asked.steward_id is not None:
        claims.append(User.id == asked.steward_id)
    if asked.lived_in is not None:
        claims.append(Unit.state.not_in(EMPTY) if asked.lived_in else Unit.state.in_(EMPTY))
    return claims


def _ordered(statement: Select[Any], debts: Subquery, sort: str) -> Select[Any]:
    by_unit = (Building.position, Building.code, Unit.short)
    order: dict[str, tuple[Any, ...]] = {
        "amount": ((debts.c.principal + debts.c.late).desc(),), "age": (debts.c.oldest,),
        "limitation": (debts.c.began.is_(None), debts.c.began), "unit": by_unit,
    }  # fmt: skip
    return statement.order_by(*order.get(sort, order["amount"]), debts.c.unit_id, debts.c.payee_id, debts.c.customer_id)


def _sums(session: Session, statement: Select[Any], debts: Subquery) -> Sums:
    """Add up all that is found; names and standing, which a page shows, are left out of the question."""
    names = ("unit_id", "principal", "late", *(f"band_{n}" for n in range(len(BANDS))))
    found = statement.with_only_columns(*(debts.c[name] for name in names)).subquery()
    summed = [func.coalesce(func.sum(found.c[name]), 0) for name in names[1:]]
    households, *fen = session.execute(select(func.count(found.c.unit_id.distinct()), *summed)).one()
    principal, late, *bands = [_yuan(each) for each in fen]
    return Sums(households, principal, late, tuple(bands))


def _yuan(fen: Any) -> Decimal:
    return Decimal(int(fen or 0)) / 100


def _shown(session: Session, rows: Collection[Any]) -> list[Row]:
    months = _months(session, {row.unit_id for row in rows})
    actor = actor_of(session)
    return [
        Row(
            debt=(debt := Debt(row.unit_id, row.customer_id, row.payee_id)), unit=row.unit, building=row.building,
            customer=shown_name(actor, row.customer) if row.customer else "", payee=row.payee,
            months=months.get(debt, 0), principal=_yuan(row.principal), late_fee=_yuan(row.late),
            bands=tuple(_yuan(getattr(row, f"band_{n}")) for n in range(len(BANDS))), oldest=_day(row.oldest),
            limitation_on=limitation.ends_on(_day(row.began)) if row.began else None,
            state=State(row.state) if row.state else None, number=row.number or "", contacted_on=row.contacted_on,
            answer=row.answer, reason=row.reason, promised_on=row.promised_on, steward=row.steward or "",
            complaint=bool(row.complains), disputed=bool(row.disputed),
        )
        for row in rows
    ]  # fmt: skip


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def shown_name(actor: Actor, name: str) -> str:
    """Say a debtor's name to those who deal with debtors, its first character to others."""
    return name if actor.may(Right.DUN) else mask_name(name)


def _months(session: Session, unit_ids: Collection[int]) -> dict[Debt, int]:
    """Count the calendar months that are owed, by debt."""
    rows = session.execute(
        select(Bill.unit_id, Bill.customer_id, Bill.payee_id, func.count(Bill.month.distinct()))
        .where(
            Bill.unit_id.in_(unit_ids), Bill.voided_at.is_(None), Bill.paid + Bill.waived < Bill.amount,
            Bill.due_on < today(),
        )
        .group_by(Bill.unit_id, Bill.customer_id, Bill.payee_id)
    )  # fmt: skip
    return {Debt(unit, customer, payee): n for unit, customer, payee, n in rows}
