"""What a new tenant of the park pays before his unit is handed over: counted, collected in one press (I1; HB:307-311).

Deposits go into the deposits' book, the first months become bills of their own months, so that the month's run does
not bill them again. What a first month that is not whole leaves over is kept as balance for the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.cases import Case, case_by_id
from db.clock import today
from db.ledger import parting, payments, postings
from db.ledger.bill_rows import one_bill
from db.ledger.billing import lock_estate
from db.ledger.calculations import in_chinese, plan
from db.ledger.charges import place_of
from db.ledger.choosing import Tariffs
from db.ledger.counting import Charge, Item, Month, Way, items_of
from db.ledger.deposits import take_deposit
from db.ledger.desk import dealt
from db.ledger.due import Dues
from db.ledger.entry_fees import EntryFee, EntryKind, entry_fees
from db.ledger.money_tables import Allocation, Deposit, DepositKind, Payment, Target
from db.ledger.payments import Taken, check_tenders
from db.ledger.postings import Tender
from db.ledger.pricing import next_month
from db.ledger.receipts import of_payment
from db.ledger.tables import NOTHING, Basis, Bill
from db.people import Right, require
from db.process import perform
from db.refused import Refused
from db.registry import Contract, Unit
from db.session import actor_of
from db.words import Words, _

COLLECT = "collect"
"""The action that a process with entry fees declares; it stays in its state and asks nothing."""

_DEPOSITS = {EntryKind.RENT_DEPOSIT: DepositKind.RENT, EntryKind.FEE_DEPOSIT: DepositKind.FEE}


@dataclass(frozen=True)
class EntryLine:
    """One line of the entry fees, and whether it is in."""

    fee: EntryFee
    paid: Decimal
    """What has come in for it so far, in yuan."""
    done: bool

    @property
    def owed(self) -> Decimal:
        """Return what is still to be collected."""
        return NOTHING if self.done else self.fee.amount


def lines_of(session: Session, case: Any) -> list[EntryLine]:
    """Count what a matter's customer pays on entry, and what of it is in.

    Raises `Refused` where there is no lease's price, fee or area to count by, and without `SEE_MONEY`.
    """
    fees = entry_fees(session, case.unit_id, case.contract_id, case.starts_on)
    held = _deposits_held(session, case)
    return [_deposit_line(each, held) if each.kind in _DEPOSITS else _bill_line(session, case, each) for each in fees]


def _deposits_held(session: Session, case: Any) -> dict[DepositKind, Decimal]:
    """Add up the deposits taken for a matter, or at the counter for its customer since it was opened."""
    at_counter = (
        Deposit.case_id.is_(None) & (Deposit.unit_id == case.unit_id) & (Deposit.customer_id == case.customer_id)
        & (Deposit.taken_on >= case.opened_on)
    )  # fmt: skip
    rows = session.execute(select(Deposit.kind, Deposit.held).where((Deposit.case_id == case.id) | at_counter))
    held: dict[DepositKind, Decimal] = {}
    for kind, amount in rows:
        held[kind] = held.get(kind, NOTHING) + amount
    return held


def _deposit_line(fee: EntryFee, held: dict[DepositKind, Decimal]) -> EntryLine:
    paid = held.get(_DEPOSITS[fee.kind], NOTHING)
    return EntryLine(fee, paid, paid >= fee.amount)


def _bill_line(session: Session, case: Any, fee: EntryFee) -> EntryLine:
    bills = [_bill_of(session, case, fee.fee_item_id, month) for month in _months(session, case, fee.months)]
    paid = sum((each.paid for each in bills if each is not None), NOTHING)
    return EntryLine(fee, paid, all(each is not None and each.unpaid <= 0 for each in bills))


def first_day(session: Session, case: Any) -> date:
    """Say from which day the first rent and fee are owed: the lease's, else the one agreed."""
    contract = session.get(Contract, case.contract_id) if case.contract_id is not None else None
    begins: date = contract.starts_on if contract is not None else case.starts_on or today()
    return begins


def _months(session: Session, case: Any, count: int) -> list[date]:
    month, months = first_day(session, case).replace(day=1), list[date]()
    for _n in range(count):
        months.append(month)
        month = next_month(month)
    return months


def _bill_of(session: Session, case: Any, fee_item_id: int, month: date) -> Bill | None:
    """Find the customer's own bill of a month that stands."""
    return session.scalar(
        select(Bill)
        .where(
            Bill.unit_id == case.unit_id, Bill.fee_item_id == fee_item_id, Bill.month == month,
            Bill.customer_id == case.customer_id, Bill.voided_at.is_(None), _of_the_month(),
        )
        .order_by(Bill.id.desc())
        .limit(1)
    )  # fmt: skip


def _of_the_month() -> Any:
    """Claim: a bill of the month itself, or of a part of it."""
    return (Bill.source == "") | Bill.source.startswith("until:")


# ── collected ────────────────────────────────────────────────────────────────────────────────────────────────────────


def collect(
    session: Session,
    case_id: int,
    tenders: Sequence[Tender],
    *,
    shown: Decimal | None = None,
    paid_on: date | None = None,
    payer_name: str = "",
    version: int | None = None,
    token: str | None = None,
) -> tuple[Taken, ...]:
    """Collect all entry fees that are not in yet: each deposit and each payee with a receipt of its own; all or none.

    The tenders, in positive yuan, are exactly what is owed; `shown` is what the screen says is owed. A second press
    of the same `token` returns the first receipts. Needs `TAKE_PAYMENT`. Raises `Refused`.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    case: Any = case_by_id(session, case_id)
    payments.queue(session, case.estate_id)
    if done := _taken_before(session, case, token):
        return done
    with session.begin_nested():
        waiting = [each for each in lines_of(session, case) if not each.done]
        owed = sum((each.owed for each in waiting), NOTHING)
        _refuse_other_sum(waiting, owed, tenders, shown)
        perform(session, case_id, COLLECT, {}, version=version, note=_told(waiting, owed), token=token)
        return _take(session, case, waiting, tenders, _Desk(paid_on, payer_name, token))


@dataclass(frozen=True)
class _Desk:
    """What all receipts of one press share."""

    paid_on: date | None
    payer_name: str
    token: str | None

    def token_of(self, place: int) -> str | None:
        """Name one of the payments of this press."""
        return _token(self.token, place) if self.token else None


_MOST_PAYMENTS = len(EntryKind)


def _token(token: str, place: int) -> str:
    return f"{token[:48]}:entry{place}"


def _taken_before(session: Session, case: Case, token: str | None) -> tuple[Taken, ...]:
    """Find what the first press of the same form has written."""
    if not token:
        return ()
    tokens = [_token(token, place) for place in range(_MOST_PAYMENTS)]
    done = select(Payment).where(Payment.token.in_(tokens), Payment.estate_id == case.estate_id).order_by(Payment.id)
    return tuple(Taken(each, of_payment(session, each.id)) for each in session.scalars(done))


def _refuse_other_sum(
    waiting: Sequence[EntryLine], owed: Decimal, tenders: Sequence[Tender], shown: Decimal | None
) -> None:
    if not waiting:
        raise Refused(_("入驻费用已经收齐，不用再收。"))
    if shown is not None and shown != owed:
        raise Refused(_("应收金额已变为 {owed} 元，不是 {shown} 元（可能刚有人收款或改过标准），请核对后再收。",
                        owed=f"{owed:,.2f}", shown=f"{shown:,.2f}"))  # fmt: skip
    check_tenders(tenders)
    money = sum((each.amount for each in tenders), NOTHING)
    if money != owed:
        wrong = _("入驻费用应收 {owed} 元，填的是 {money} 元；须一次收齐，请核对。", owed=f"{owed:,.2f}",
                  money=f"{money:,.2f}")  # fmt: skip
        raise Refused(wrong, {"amount": wrong})


def _told(waiting: Sequence[EntryLine], owed: Decimal) -> str:
    each = [str(_("{kind} {amount} 元", kind=line.fee.kind.label, amount=f"{line.owed:,.2f}")) for line in waiting]
    return str(_("{lines}；合计 {sum} 元", lines=str(_("、")).join(each), sum=f"{owed:,.2f}"))


def _take(
    session: Session, case: Any, waiting: Sequence[EntryLine], tenders: Sequence[Tender], desk: _Desk
) -> tuple[Taken, ...]:
    """Write the payments: one for each deposit, one for each payee of the first months."""
    deposits = [each for each in waiting if each.fee.kind in _DEPOSITS]
    by_payee: dict[int, list[EntryLine]] = {}
    for each in waiting:
        if each.fee.kind not in _DEPOSITS:
            by_payee.setdefault(each.fee.payee_id, []).append(each)
    shares = [each.owed for each in deposits]
    shares += [sum((each.owed for each in some), NOTHING) for some in by_payee.values()]
    dealt_out = dealt(tenders, dict(enumerate(shares)))
    taken = [
        take_deposit(
            session, case.unit_id, each.fee.payee_id, _DEPOSITS[each.fee.kind], dealt_out[place],
            customer_id=case.customer_id, payer_name=desk.payer_name, calculation=each.fee.calculation,
            case_id=case.id, paid_on=desk.paid_on, note=case.number, token=desk.token_of(place),
        )
        for place, each in enumerate(deposits)
    ]  # fmt: skip
    for place, (payee_id, some) in enumerate(by_payee.items(), start=len(deposits)):
        bills = [bill for each in some for bill in _billed(session, case, each.fee)]
        taken.append(
            payments.pay(
                session, case.unit_id, payee_id, dealt_out[place], bill_ids=[each.id for each in bills],
                late_fee=False, paid_on=desk.paid_on, payer_name=desk.payer_name, customer_id=case.customer_id,
                note=case.number, token=desk.token_of(place),
            )
        )  # fmt: skip
    return tuple(taken)


# ── the first months' bills ──────────────────────────────────────────────────────────────────────────────────────────


def _billed(session: Session, case: Any, fee: EntryFee) -> list[Bill]:
    """Return the bills of the first months that are still open, made where there is none yet."""
    lock_estate(session, case.estate_id)
    item, begins = items_of(session, case.estate_id, [fee.fee_item_id])[0], first_day(session, case)
    made = []
    for month in _months(session, case, fee.months):
        known = _bill_of(session, case, fee.fee_item_id, month)
        bill = known or _made(session, case, item, Month(case.estate_id, month, (case.unit_id,)), max(month, begins))
        if bill.unpaid > 0:
            made.append(bill)
    return made


def _made(session: Session, case: Any, item: Item, month: Month, begins: date) -> Bill:
    """Bill a month, from the tenant's first day on, by the tariffs that hold then; the unit counts as let."""
    postings.refuse_closed_month(session, item.payee_id, month.first)
    unit = session.get_one(Unit, case.unit_id)
    standing = parting.standing(session, month, item, [unit.id]).get(parting.key_of(unit.id), parting.NOTHING_STANDS)
    if standing.rest_from is not None:
        raise Refused(
            _("{unit} {month} 的“{item}”已给别人出过账，请先在“账单”作废那张账单，再收入驻费用。",
              unit=unit.short, month=f"{month.first:%Y-%m}", item=item.name)
        )  # fmt: skip
    place = place_of(unit)
    segments = Tariffs.load(session, month.estate_id, begins, month.last).segments(place, item.id, begins, month.last)
    kept = parting.cut([each for each in segments if each[0].basis != Basis.ONCE],
                       standing.open_days(begins, month.last))  # fmt: skip
    if not kept:
        raise Refused(
            _("“{item}”在 {month} 没有收费标准，请财务先录入。", item=item.name, month=f"{month.first:%Y-%m}")
        )
    taken = standing.taken()[kept[-1][0].contract_id]
    made = plan(kept, empty=False, most=1 - taken if taken else None)
    fen, calculation = made.charge(place.area or 0)
    handed_in = unit.handed_over_on.month if unit.handed_over_on else 0
    due = Dues(session, month.estate_id, month.first).of(made.rate, made.first, handed_in)
    source = parting.source_until("", made.last, month)
    return one_bill(session, month, Charge(place, item, Way(made, due), case.customer_id, fen, calculation, source))


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def fees_paid(session: Session, case: Any) -> Words | str | None:
    """Gate: what is paid on entry has been collected (HB:307)."""
    try:
        waiting = [each for each in lines_of(session, case) if not each.done]
    except Refused as wrong:
        return wrong.message
    if not waiting:
        return None
    named = str(_("、")).join(str(each.fee.kind.label) for each in waiting)
    owed = sum((each.owed for each in waiting), NOTHING)
    return _("入驻费用还没有收齐：{items}，共 {sum} 元，请收费员收取。", items=named, sum=f"{owed:,.2f}")


def nothing_held(session: Session, case: Any) -> Words | None:
    """Gate for withdrawing: no deposit is held for the matter, and no bill of its first months stands."""
    held = sum(_deposits_held(session, case).values(), NOTHING)
    if held:
        return _("已收押金 {sum} 元，请先办退还押金，再撤销。", sum=f"{held:,.2f}")
    standing = session.execute(
        select(func.count(), func.sum(Bill.paid))
        .select_from(Payment)
        .join(Allocation, Allocation.payment_id == Payment.id)
        .join(Bill, Bill.id == Allocation.bill_id)
        .where(
            Payment.note == case.number, Payment.unit_id == case.unit_id, Allocation.target == Target.PRINCIPAL,
            Bill.voided_at.is_(None),
        )
    ).one()  # fmt: skip
    if not standing[0]:
        return None
    if standing[1]:
        return _("首期费用已收，请先红冲或作废账单，再撤销。")
    return _("首期费用已红冲，账单还在客户名下，请先作废账单，再撤销。")


def sheet(session: Session, case: Any) -> list[tuple[str, str, str, str]]:
    """Write the lines of the entry-fee sheet: what, how counted, amount, payee; in the language of papers."""
    return [
        (each.fee.kind.label.text, each.fee.calculation, f"{each.fee.amount:,.2f}", each.fee.payee)
        for each in lines_of(session, case)
    ]


def total_of(session: Session, case: Any) -> Decimal:
    """Add up what is paid on entry, in yuan."""
    return sum((each.fee.amount for each in lines_of(session, case)), NOTHING)


def period_of(session: Session, case: Any) -> str:
    """Say which months the first rent and fee are for, as a paper says it."""
    months = max((each.fee.months for each in lines_of(session, case) if each.fee.kind not in _DEPOSITS), default=0)
    if not months:
        return ""
    last = next_month(_months(session, case, months)[-1]) - timedelta(days=1)
    return in_chinese(_("{first} 至 {last}", first=first_day(session, case).isoformat(), last=last.isoformat()))


__all__ = [
    "COLLECT", "EntryLine", "collect", "fees_paid", "first_day", "lines_of", "nothing_held", "period_of", "sheet",
    "total_of",
]  # fmt: skip
