"""Taking money 收款: what a payer owes by age, where his money goes, advance payment and its use (F3, F4).

Principal goes before late fees, the oldest bill first, and what is left over is kept as balance for the next bills.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger import late_fees, receipts, waivers
from db.ledger.money_tables import (
    Balance,
    Book,
    Correction,
    CorrectionKind,
    CorrectionState,
    Method,
    Payment,
    PaymentKind,
    Receipt,
    Target,
)
from db.ledger.postings import Entry, Part, Tender, balance_row, locked_bills, post, post_many
from db.ledger.tables import NOTHING, Bill, Payee
from db.people import Right, require
from db.refused import Refused
from db.registry import Estate, Unit
from db.session import actor_of
from db.settings import Setting, value_of
from db.words import _

ODD = Setting(
    "ledger.round_off", _("现金抹零"), "off", _("收款时可把零头记作减免"),
    choices={"off": _("不抹零"), "dime": _("抹到角"), "yuan": _("抹到元")},
)  # fmt: skip
_STEPS = {"off": NOTHING, "dime": Decimal("0.1"), "yuan": Decimal(1)}


@dataclass(frozen=True)
class Owed:
    """A bill with what is still owed on it on a day."""

    bill: Bill
    late_fee: Decimal
    """Outstanding late fee in yuan, up to and including the day."""
    on: date

    @property
    def total(self) -> Decimal:
        """Return principal and late fee together."""
        return self.bill.unpaid + self.late_fee

    @property
    def days_overdue(self) -> int:
        """Count the days since it should have been paid; 0 while it is not due."""
        return max(0, (self.on - self.bill.due_on).days)


@dataclass(frozen=True)
class Taken:
    """A payment as it was written, with its receipt."""

    payment: Payment
    receipt: Receipt


def owed(
    session: Session, unit_ids: Collection[int], on: date | None = None, payee_id: int | None = None
) -> list[Owed]:
    """List the bills of units that still owe principal or late fee on a day (default today), oldest first."""
    require(actor_of(session), Right.SEE_MONEY)
    return _owed(session, unit_ids, on or today(), payee_id)


def _owed(session: Session, unit_ids: Collection[int], day: date, payee_id: int | None) -> list[Owed]:
    statement = (
        select(Bill)
        .where(
            Bill.unit_id.in_(unit_ids), Bill.voided_at.is_(None),
            (Bill.paid + Bill.waived < Bill.amount) | (Bill.late_base > 0),
        )
        .order_by(Bill.due_on, Bill.month, Bill.id)
    )  # fmt: skip
    if actor_of(session).estates:
        statement = statement.where(Bill.estate_id.in_(actor_of(session).estates))
    if payee_id is not None:
        statement = statement.where(Bill.payee_id == payee_id)
    return _with_late_fees(session, list(session.scalars(statement)), day)


def _with_late_fees(session: Session, bills: Sequence[Bill], day: date) -> list[Owed]:
    lines = [
        Owed(each, late_fees.outstanding(each, day, value_of(session, late_fees.LATE_CAP_PERCENT, each.estate_id)), day)
        for each in bills
    ]
    return [each for each in lines if each.total > 0]


def balances_of(session: Session, unit_ids: Collection[int]) -> dict[tuple[int, int], Decimal]:
    """Say what units have paid ahead: (unit, payee) → yuan, where there is anything."""
    rows = session.scalars(select(Balance).where(Balance.unit_id.in_(unit_ids), Balance.amount > 0))
    return {(each.unit_id, each.payee_id): each.amount for each in rows}


def pay(
    session: Session,
    unit_id: int,
    payee_id: int,
    tenders: Sequence[Tender],
    *,
    bill_ids: Collection[int] | None = None,
    late_fee: bool = True,
    round_off: bool = False,
    paid_on: date | None = None,
    payer_name: str = "",
    customer_id: int | None = None,
    note: str = "",
    token: str | None = None,
) -> Taken:
    """Take a payment for one payee and issue its receipt; needs `TAKE_PAYMENT`.

    Goes to `bill_ids` (of any unit of the estate), or to all the unit owes; oldest principal first, then late fees
    unless `late_fee` is False; the rest becomes the unit's balance. `round_off` waives the odd dimes or cents of cash
    by the office's rule. `token` makes a second press return the first payment. Raises `Refused`.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    queue(session, session.get_one(Unit, unit_id).estate_id)
    if token and (done := session.scalar(select(Payment).where(Payment.token == token))):
        return Taken(done, receipts.of_payment(session, done.id))
    check_tenders(tenders)
    day = paid_on or today()
    lines = chosen(session, unit_id, bill_ids, day, payee_id)
    money = sum((each.amount for each in tenders), NOTHING)
    waived: list[Correction] = []
    if round_off:
        lines, waived = round_off_by_rule(session, lines, money, tenders, late_fee=late_fee)
    entry = Entry(
        PaymentKind.PAYMENT, unit_id, payee_id, parts_of(lines, money, unit_id, late_fee=late_fee), tenders, day,
        customer_id, payer_name, note=note, token=token,
    )  # fmt: skip
    payment = post(session, entry)
    for each in waived:
        each.done_payment_id = payment.id
    return Taken(payment, receipts.issue(session, payment, Book.FEES, waived))


@dataclass(frozen=True)
class Wish:
    """One of many payments that came in together: a bank's answer, a day's statement."""

    unit_id: int
    tender: Tender
    bill_ids: tuple[int, ...] | None = None
    """What it is for; everything the unit owes where it is not said. What others have paid by now is passed over."""
    payer_name: str = ""
    customer_id: int | None = None
    token: str | None = None


def pay_many(session: Session, payee_id: int, wishes: Sequence[Wish], paid_on: date | None = None) -> list[Taken]:
    """Take many payments of one payee's estate at once, principal only, each with its receipt; needs `TAKE_PAYMENT`.

    As `pay` would, one after the other, but in a fixed number of statements. All or none.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    if not wishes:
        return []
    estate_id = session.get_one(Payee, payee_id).estate_id
    queue(session, estate_id)
    check_tenders([each.tender for each in wishes])
    day = paid_on or today()
    units = {each.unit_id for each in wishes}
    by_unit: dict[int, list[Owed]] = defaultdict(list)
    for line in chosen_of(session, units, day, payee_id):
        by_unit[line.bill.unit_id].append(line)
    left = {line.bill.id: line.bill.unpaid for some in by_unit.values() for line in some}
    entries = []
    for each in wishes:
        lines = [line for line in by_unit[each.unit_id] if each.bill_ids is None or line.bill.id in each.bill_ids]
        parts = _spread(lines, left, each)
        entries.append(Entry(
            PaymentKind.PAYMENT, each.unit_id, payee_id, parts, [each.tender], day, each.customer_id, each.payer_name,
            token=each.token,
        ))  # fmt: skip
    payments = post_many(session, entries)
    written = receipts.issue_many(session, payments, Book.FEES)
    return [Taken(payment, receipt) for payment, receipt in zip(payments, written, strict=True)]


def chosen_of(session: Session, unit_ids: Collection[int], day: date, payee_id: int) -> list[Owed]:
    """Fetch the principal that units owe a payee, locked, oldest first; late fees are left out."""
    open_ones = select(Bill.id).where(
        Bill.unit_id.in_(unit_ids), Bill.payee_id == payee_id, Bill.voided_at.is_(None),
        Bill.amount > Bill.paid + Bill.waived,
    )  # fmt: skip
    bills = locked_bills(session, session.scalars(open_ones)).values()
    return [
        Owed(each, NOTHING, day)
        for each in sorted(bills, key=lambda each: (each.due_on, each.month, each.id))
        if each.unpaid > 0
    ]


def _spread(lines: Sequence[Owed], left: dict[int, Decimal], wish: Wish) -> list[Part]:
    """Say where one of many payments goes, and note what it leaves for the next of the same unit."""
    parts: list[Part] = []
    rest = wish.tender.amount
    for line in lines:
        if (part := min(rest, left[line.bill.id])) > 0:
            parts.append(Part(Target.PRINCIPAL, part, wish.unit_id, line.bill.id))
            left[line.bill.id] -= part
            rest -= part
    return [*parts, Part(Target.BALANCE, rest, wish.unit_id)] if rest else parts


def queue(session: Session, estate_id: int) -> None:
    """Let an estate's money be taken by one at a time, until the transaction ends: the later sees what was taken.

    Receipt numbers without gaps queue cashiers anyway; queueing at the door, nobody waits crosswise for another.
    """
    session.execute(select(Estate.id).where(Estate.id == estate_id).with_for_update(key_share=True))


def check_tenders(tenders: Sequence[Tender]) -> None:
    """Refuse money that is none, or less cash on the table than is taken of it."""
    if not tenders or any(each.amount <= 0 for each in tenders):
        raise Refused(_("请填写收到的金额，须大于零。"), {"amount": _("请填写大于零的金额。")})
    for each in tenders:
        if each.tendered is not None and (each.method is not Method.CASH or each.tendered < each.amount):
            raise Refused(_("实收现金少于应收现金，请核对。"), {"tendered": _("实收现金不足。")})


def chosen(
    session: Session, unit_id: int, bill_ids: Collection[int] | None, day: date, payee_id: int | None = None
) -> list[Owed]:
    """Fetch what is to be paid, locked, in the order in which it is paid; all the unit owes where `bill_ids` is None.

    Raises `Refused` for bills of another estate or payee, and for one that somebody has settled meanwhile.
    """
    wanted = (
        [each.bill.id for each in _owed(session, [unit_id], day, payee_id)] if bill_ids is None else list(bill_ids)
    )
    bills = locked_bills(session, wanted)
    estate = session.get_one(Unit, unit_id).estate_id
    if len(bills) != len(set(wanted)) or any(each.estate_id != estate for each in bills.values()):
        raise Refused(_("没有找到所选的账单，请刷新后重新选择。"))
    if payee_id is not None and any(each.payee_id != payee_id for each in bills.values()):
        raise Refused(_("所选账单属于不同的收款单位，请分开收款、分别开收据。"))
    ordered = sorted(bills.values(), key=lambda each: (each.due_on, each.month, each.id))
    lines = _with_late_fees(session, [each for each in ordered if each.voided_at is None], day)
    if bill_ids is not None and len(lines) != len(bills):
        gone = next(each for each in ordered if each.id not in {line.bill.id for line in lines})
        raise Refused(
            _("{month} 的账单刚有人收过或已作废，这次没有收款，请核对后再收。", month=f"{gone.month:%Y-%m}")
        )
    return lines


def still_owed(session: Session, lines: Sequence[Owed]) -> list[Owed]:
    """Say what is owed of bills after something was settled on them in this transaction."""
    return _with_late_fees(session, [each.bill for each in lines], lines[0].on) if lines else []


def parts_of(lines: Sequence[Owed], money: Decimal, unit_id: int, *, late_fee: bool) -> list[Part]:
    """Say where money goes: principal oldest first, then late fees, then the balance of `unit_id`."""
    parts: list[Part] = []
    rest = money
    for line in lines:
        if (part := min(rest, line.bill.unpaid)) > 0:
            parts.append(Part(Target.PRINCIPAL, part, line.bill.unit_id, line.bill.id))
            rest -= part
    for line in lines if late_fee else ():
        if (part := min(rest, line.late_fee)) > 0:
            parts.append(Part(Target.LATE_FEE, part, line.bill.unit_id, line.bill.id))
            rest -= part
    if rest > 0:
        parts.append(Part(Target.BALANCE, rest, unit_id))
    return parts


def step_of(session: Session, estate_id: int) -> Decimal:
    """Say down to what the office rounds cash, in yuan; nothing where it has no such rule."""
    return _STEPS[value_of(session, ODD, estate_id)]


def odd_of(session: Session, estate_id: int, total: Decimal) -> Decimal:
    """Say what the office's rule takes off a cash total, in yuan; nothing where it has no such rule."""
    step = step_of(session, estate_id)
    return total % step if step else NOTHING


def round_off_by_rule(
    session: Session, lines: Sequence[Owed], money: Decimal, tenders: Sequence[Tender], *, late_fee: bool
) -> tuple[list[Owed], list[Correction]]:
    """Waive by rule what cash leaves open below the office's step; returns what is then owed, and the waivers.

    Late fees are let go first, then principal of the newest bill: less principal would mean less late fee again.
    Raises `Refused` unless it is cash alone, and settles all that was chosen but the odd.
    """
    if not lines:
        raise Refused(_("抹零只用于现金收清全部所选账单，请先选择账单。"))
    total = sum((each.total if late_fee else each.bill.unpaid for each in lines), NOTHING)
    odd = odd_of(session, lines[0].bill.estate_id, total)
    if odd == 0 or money != total - odd or any(each.method is not Method.CASH for each in tenders):
        raise Refused(
            _("抹零只用于现金收清全部所选账单：应收 {total} 元，抹零后 {rest} 元。", total=total, rest=total - odd)
        )
    waived = []
    for late in (True, False) if late_fee else (False,):
        for line in reversed(lines):  # a bill is never waived below nothing
            part = min(odd, line.late_fee if late else line.bill.unpaid)
            if part > 0:
                waived.append(waivers.by_rule(session, line.bill, part, late=late))
                odd -= part
    return still_owed(session, lines), waived


def use_balances(session: Session, unit_ids: Collection[int] | None = None, estate_id: int | None = None) -> int:
    """Let what was paid ahead pay the bills that stand open, oldest first; returns how many units it helped.

    Called after bills were made; writes one offset entry a unit and payee.
    """
    statement = select(Balance.unit_id, Balance.payee_id, Balance.estate_id).where(Balance.amount > 0)
    if unit_ids is not None:
        statement = statement.where(Balance.unit_id.in_(unit_ids))
    if estate_id is not None:
        statement = statement.where(Balance.estate_id == estate_id)
    return sum(
        _use_balance(session, *row)
        for row in session.execute(statement.order_by(Balance.unit_id, Balance.payee_id)).all()
    )


def _asked_back(session: Session, unit_id: int, payee_id: int) -> Decimal:
    """Say how much of a balance somebody is to get back: it pays nobody's bills meanwhile."""
    asked = select(func.sum(Correction.amount)).where(
        Correction.unit_id == unit_id, Correction.payee_id == payee_id, Correction.kind == CorrectionKind.REFUND,
        Correction.state.in_((CorrectionState.WAITING, CorrectionState.GRANTED)),
    )  # fmt: skip
    return session.scalar(asked) or NOTHING


def _use_balance(session: Session, unit_id: int, payee_id: int, estate_id: int) -> bool:
    """Let one balance pay what it can; bills are locked before the balance, as everywhere."""
    lines = _owed(session, [unit_id], today(), payee_id)
    if not lines:
        return False
    locked_bills(session, [each.bill.id for each in lines])
    held = balance_row(session, unit_id, payee_id, estate_id).amount - _asked_back(session, unit_id, payee_id)
    parts = [
        each for each in parts_of(lines, held, unit_id, late_fee=False) if each.target is Target.PRINCIPAL
    ]  # fmt: skip
    used = sum((each.amount for each in parts), NOTHING)
    if used:
        parts.append(Part(Target.BALANCE, -used, unit_id))
        post(session, Entry(PaymentKind.OFFSET, unit_id, payee_id, parts))
    return used > 0
