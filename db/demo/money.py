"""The demonstration's money: the year billed, paid by each household's habit, closed at night; and who owes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.clock import moment_of
from db.demo import debtors
from db.demo.chance import Deck, told
from db.demo.diary import Course, acting, at_the_desk, minutes
from db.demo.estates import Ground
from db.demo.scene import Scene
from db.ledger import bank_collection, billing, closings, deposits, payments
from db.ledger.bank_tables import BankMandate
from db.ledger.bill_rows import one_bill
from db.ledger.counting import Counting, Month
from db.ledger.money_tables import DepositKind, Method
from db.ledger.payments import Wish
from db.ledger.postings import Tender
from db.ledger.pricing import next_month
from db.ledger.tables import NOTHING, Bill, FeeItem, FeeKind, Payee
from db.people import Actor
from db.registry import Contract, ContractKind, Customer, UnitState, UnitUse

METERED = frozenset({FeeKind.POWER, FeeKind.WATER, FeeKind.HEAT, FeeKind.GAS})
ONCE = frozenset({FeeKind.SERVICE, FeeKind.OTHER, FeeKind.AIR_CONDITIONING})
HABITS = {"homes": {12: 46, 6: 14, 3: 18, 1: 22}, "park": {3: 80, 1: 20}}
"""Months paid at one visit → of a hundred payers."""
METHODS = {
    "homes": {Method.WECHAT: 57, Method.ALIPAY: 15, Method.TRANSFER: 13, Method.CARD: 8, Method.CASH: 7},
    "park": {Method.TRANSFER: 95, Method.WECHAT: 4, Method.CASH: 1},
}
BY_BANK = 0.16
"""Of the homes that pay by the month or quarter: so many have the bank collect it."""
DEBTORS = {"none": 722, "month": 158, "quarter": 62, "year": 38, "old": 20}
"""Of a thousand households: who owes nothing, this month's, since the summer, since the spring, from years back."""
HABIT_OF_DEBTORS = {"month": 1, "quarter": 3, "year": 6, "old": 12}
BUSY, QUIET = (2, 4, 6, 8, 10), (15, 20, 25)
"""The window in which most pay, and the rest of the month."""


@dataclass
class _Payer:
    """A household as its money comes in."""

    unit_id: int
    habit: int
    debt: str
    method: Method
    last: int
    """Of this year, the last month it pays for."""


@dataclass
class _Year:
    """One estate's year of money."""

    scene: Scene
    ground: Ground
    payers: dict[int, _Payer] = field(default_factory=dict)
    items: dict[int, FeeKind] = field(default_factory=dict)
    payees: list[int] = field(default_factory=list)

    @property
    def first(self) -> date:
        """Say from when on the office keeps its money here: this January, or where history begins."""
        return max(date(self.scene.today.year, 1, 1), next_month(self.scene.first))

    def cashier(self, day: date) -> Actor:
        """Say who sits at the till: the two take turns by the week."""
        return self.scene.staff.cashiers[day.isocalendar().week % 2]


def money(scene: Scene) -> Iterator[Course]:
    """Let each estate bill, collect, close its days and keep its debtors."""
    for ground in scene.grounds.values():
        year = _Year(scene, ground)
        if year.first > scene.today:
            continue
        _begin(year)
        yield _runs(year)
        yield _till(year)
        if not ground.is_park:
            owing = {debt: [each.unit_id for each in year.payers.values() if each.debt == debt] for debt in DEBTORS}
            yield from debtors.debtors(scene, ground, year.first, owing["old"], [*owing["year"], *owing["quarter"]])
            yield debtors.this_morning(scene, owing["month"])


def _runs(year: _Year) -> Course:
    """Bill the year's fixed fees at its start, and each month what the meters of the month before say."""
    finance = year.scene.staff.finance
    session = yield moment_of(year.first, time(8, 20))
    with acting(session, finance):
        _read(session, year)
        _old_debts(session, year)
        fixed = [item for item, kind in year.items.items() if kind not in METERED | ONCE]
        month = year.first
        while month.year == year.first.year:
            billing.publish(session, year.ground.estate_id, month, fixed)
            month = next_month(month)
    if year.ground.is_park:
        with acting(session, year.cashier(year.first)):
            _lease_deposits(session, year)
    metered = [item for item, kind in year.items.items() if kind in METERED]
    month = year.first
    while metered and month <= year.scene.today:
        session = yield moment_of(next_month(month).replace(day=1), time(8, 40))
        with acting(session, finance):
            billing.publish(session, year.ground.estate_id, month, metered)
        month = next_month(month)


def _begin(year: _Year) -> None:
    """Decide who pays how."""
    random, name = year.scene.random, year.ground.name
    habits, methods = Deck(random, HABITS[name]), Deck(random, METHODS[name])
    debts = Deck(random, DEBTORS if name == "homes" else {"none": 60, "month": 1, "quarter": 1})
    low = {year.ground.buildings[code] for code in ("11", "12", "13") if code in year.ground.buildings}
    for home in year.ground.units:
        debt = debts.draw()
        if debt == "none" and home.building_id in low and random.random() < 0.08:
            debt = "year"  # the six-floor buildings pay worst
        if home.state is UnitState.UNSOLD:
            debt = "none"
        habit = 1 if home.use is UnitUse.SHOP else HABIT_OF_DEBTORS.get(debt) or habits.draw()
        year.payers[home.id] = _Payer(home.id, habit, debt, methods.draw(), _last_paid(year, debt))


def _read(session: Session, year: _Year) -> None:
    """Read what is charged by whom; some homes sign an authority with the bank."""
    estate = year.ground.estate_id
    rows = session.execute(select(FeeItem.id, FeeItem.kind).where(FeeItem.estate_id == estate, FeeItem.active))
    year.items = {item: kind for item, kind in rows}  # noqa: C416 - rows are not pairs to mypy
    year.payees = list(session.scalars(select(Payee.id).where(Payee.estate_id == estate).order_by(Payee.id)))
    if not year.ground.is_park:
        _authorise(session, year)


def _last_paid(year: _Year, debt: str) -> int:
    now = year.scene.today.month
    behind = {"none": 0, "month": 1, "quarter": 3, "year": year.scene.random.randint(5, 10), "old": 12}[debt]
    return 12 if debt == "none" else max(now - behind, 0)


def _authorise(session: Session, year: _Year) -> None:
    """Let some homes sign an authority with the bank."""
    names = {each.home.id: each.name for each in year.scene.households[year.ground.name]}
    for n, payer in enumerate(year.payers.values()):
        if payer.habit < 6 and payer.debt == "none" and payer.unit_id in names and year.scene.luck(BY_BANK):
            payer.method, payer.habit = Method.BANK_COLLECTION, 1
            session.add(BankMandate(
                estate_id=year.ground.estate_id, unit_id=payer.unit_id, payee_id=year.payees[0],
                holder=names[payer.unit_id], bank=told("money")["bank"], account=f"6217000010{n:09}",
                number=f"WT-{n:04}", starts_on=year.first - timedelta(days=200),
            ))  # fmt: skip
    session.flush()


# ── what is owed from years back ─────────────────────────────────────────────────────────────────────────────────────


def _old_debts(session: Session, year: _Year) -> None:
    """Bill what a few households have owed since before this year: most for one year, some for more than three."""
    old = [each.unit_id for each in year.payers.values() if each.debt == "old"]
    months = {unit: (10, 12, 14, 15, 18, 25, 38)[n % 7] for n, unit in enumerate(old)}
    fees = [item for item, kind in year.items.items() if kind is FeeKind.MANAGEMENT]
    items = billing.wanted_items(session, year.ground.estate_id, fees)
    month = year.first
    for back in range(1, max(months.values(), default=0) + 1):
        month = (month - timedelta(days=1)).replace(day=1)
        units = tuple(unit for unit, most in months.items() if back <= most)
        when = Month(year.ground.estate_id, month, units)
        counting = Counting(session, when)
        for item in items:
            for charge in list(counting.charges(item)):
                one_bill(session, when, charge)


def _lease_deposits(session: Session, year: _Year) -> None:
    """Take the deposits that each lease asks for (HB:308-309); renovations take their own."""
    for item, kind in year.items.items():
        if kind in {FeeKind.RENT, FeeKind.MANAGEMENT}:
            rows = session.execute(
                select(Bill.unit_id, Bill.payee_id, func.max(Bill.customer_id), func.max(Bill.amount))
                .join(Contract, (Contract.unit_id == Bill.unit_id) & (Contract.kind == ContractKind.LEASE))
                .where(Bill.fee_item_id == item, Bill.month == next_month(year.first))
                .group_by(Bill.unit_id, Bill.payee_id)
            )
            for unit_id, payee_id, customer_id, monthly in rows.all():
                what = DepositKind.RENT if kind is FeeKind.RENT else DepositKind.FEE
                deposits.take_deposit(
                    session, unit_id, payee_id, what, [Tender(Method.TRANSFER, monthly * 3)],
                    customer_id=customer_id, calculation=f"{monthly:.2f} × 3",
                )  # fmt: skip


# ── the till ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _till(year: _Year) -> Course:
    """Take what each day brings, and close the day; the bank is sent its file on the 5th and answers on the 6th."""
    session = yield moment_of(year.first, time(12, 0))
    plan = _plan(year)
    for day in sorted(plan):
        session = yield moment_of(day, time(17, 10))
        cashier = year.cashier(day)
        with acting(session, cashier):
            for payee_id in year.payees:
                _take(session, year, payee_id, day, plan[day])
        if day.day == 6 and not year.ground.is_park:
            _by_bank(session, year, cashier)
        session = yield at_the_desk(year.scene.random, moment_of(day, time(18, 0)) + minutes(year.scene.random, 0, 30))
        with acting(session, cashier):
            _close(session, cashier, day)


def _plan(year: _Year) -> dict[date, dict[int, date]]:
    """Say who comes on which day, and up to which month he pays: day → unit → month."""
    random = year.scene.random
    plan: dict[date, dict[int, date]] = defaultdict(dict)
    for payer in year.payers.values():
        if payer.method is Method.BANK_COLLECTION:
            continue
        for month in range(year.first.month, min(payer.last, year.scene.today.month) + 1):
            if (month - 1) % payer.habit and month != year.first.month:
                continue
            until = min(month - (month - 1) % payer.habit + payer.habit - 1, payer.last)
            late = random.random() < 0.012
            day = date(year.first.year, month, random.choice(QUIET if late else BUSY))
            plan[day][payer.unit_id] = date(year.first.year, until, 1)
    for month in range(year.first.month, year.scene.today.month + 1):
        plan[date(year.first.year, month, 6)].setdefault(0, year.first)  # the bank's day comes whoever else does
    return {day: plan[day] for day in plan if day < year.scene.today}


def _take(session: Session, year: _Year, payee_id: int, day: date, due: Mapping[int, date]) -> None:
    """Take a day's payments of one payee: everything owed up to the month that each pays for."""
    owing = _owing(session, payee_id, due)
    names = _names(session, {customer for _bills, _sum, customer in owing.values() if customer})
    wishes = []
    for unit_id, (bills, amount, customer_id) in owing.items():
        method = year.payers[unit_id].method
        reference = f"{day:%m%d}{unit_id:06}" if method is not Method.CASH else ""
        tender = Tender(method, amount, reference, (amount // 100 + 1) * 100 if method is Method.CASH else None)
        wishes.append(Wish(unit_id, tender, tuple(bills), names.get(customer_id or 0, ""), customer_id))
    payments.pay_many(session, payee_id, wishes)


def _owing(
    session: Session, payee_id: int, due: Mapping[int, date]
) -> dict[int, tuple[list[int], Decimal, int | None]]:
    rows = session.execute(
        select(Bill.unit_id, Bill.id, Bill.month, Bill.amount, Bill.waived, Bill.paid, Bill.customer_id)
        .where(
            Bill.unit_id.in_(due), Bill.payee_id == payee_id, Bill.voided_at.is_(None),
            Bill.paid + Bill.waived < Bill.amount,
        )
        .order_by(Bill.unit_id, Bill.id)
    )  # fmt: skip
    found: dict[int, tuple[list[int], Decimal, int | None]] = {}
    for unit_id, bill_id, month, amount, waived, paid, customer_id in rows:
        if month <= due[unit_id]:
            bills, so_far, _customer = found.get(unit_id, ([], NOTHING, None))
            found[unit_id] = ([*bills, bill_id], so_far + amount - waived - paid, customer_id)
    return found


def _names(session: Session, customers: Collection[int]) -> dict[int, str]:
    rows = session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(customers)))
    return {key: name for key, name in rows}  # noqa: C416 - rows are not pairs to mypy


def _by_bank(session: Session, year: _Year, cashier: Actor) -> None:
    """Send the bank its file and take its answer in: one in twenty is not collected."""
    with acting(session, cashier):
        batch = bank_collection.make_batch(session, year.payees[0])
        lines = bank_collection.lines_of(session, batch.id)
        bank_collection.take_result(session, batch.id, _answer(year, batch.number, lines))


def _answer(year: _Year, number: str, lines: Iterable[tuple[Any, str]]) -> bytes:
    said = []
    for line, _unit in lines:
        failed = year.scene.luck(0.05)
        why = year.scene.random.choice(told("money")["refused"]) if failed else ""
        cells = (
            line.sequence, f"{number}-{line.sequence:04d}", line.account, line.holder, f"{line.amount:.2f}",
            "E001" if failed else bank_collection.SUCCESS, why,
        )  # fmt: skip
        said.append(",".join(map(str, cells)))
    return "\r\n".join(said).encode("gbk")


def _close(session: Session, cashier: Actor, day: date) -> None:
    """Count and close the day, payee by payee."""
    for each in closings.open_days(session):
        if each.cashier_id == cashier.user_id and each.day <= day:
            sums = closings.expected(session, each.payee_id, cashier.user_id, each.day)
            closings.close_day(session, each.payee_id, cashier.user_id, each.day, sums)
