"""One press at the counter: months ahead billed, one-off charges made, all of it paid, a receipt for each payee (F3).

All or nothing: what is shown before the press is what is taken, or nobody is charged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger import payments, receipts
from db.ledger.ahead import bill_ahead
from db.ledger.money_tables import Book, Correction, Method, Payment, PaymentKind, Target
from db.ledger.once import bill_case, bill_once
from db.ledger.payments import Owed, Taken
from db.ledger.postings import Entry, Part, Tender, post
from db.ledger.tables import NOTHING, Bill, Payee
from db.people import Right, require
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of
from db.words import _


@dataclass(frozen=True)
class OneOff:
    """Something charged once: an amount in yuan, or quantity × price."""

    fee_item_id: int
    amount: Decimal | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    what: str = ""
    """What it is for, as it stands on bill and receipt."""


@dataclass(frozen=True)
class Wish:
    """What a cashier is about to take, as the screen shows it."""

    unit_id: int
    tenders: Sequence[Tender]
    bill_ids: Collection[int] = ()
    """Bills of any unit of the estate."""
    ahead: Mapping[int, Collection[int]] = field(default_factory=dict)
    """Unit → fee items to bill up to the month of `until`."""
    until: date | None = None
    once: Sequence[OneOff] = ()
    case_ids: Collection[int] = ()
    """Matters whose charge is billed with it (a paid repair)."""
    shown: Decimal | None = None
    """What the screen says is to be paid; if it is another sum by now, nothing is taken."""
    payee_id: int | None = None
    """Who keeps what is more than owed; needed only where nothing is owed."""
    late_fee: bool = True
    round_off: bool = False
    paid_on: date | None = None
    payer_name: str = ""
    customer_id: int | None = None
    note: str = ""
    token: str | None = None


def take(session: Session, wish: Wish) -> tuple[Taken, ...]:
    """Take the money and issue the receipts, one for each payee; needs `TAKE_PAYMENT`.

    What is paid ahead is used first. Oldest principal first, then late fees; what is over becomes the unit's balance.
    Returns nothing where the balance paid all. Raises `Refused` and leaves nothing behind: for another sum than
    shown, a bill that somebody has settled meanwhile, a closed day, money that is none.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    unit = session.get(Unit, wish.unit_id)
    if unit is None or unit.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这套房屋，请重新查找。"))
    payments.queue(session, unit.estate_id)
    if done := _taken_before(session, unit.estate_id, wish.token):
        return done
    with session.begin_nested():
        return _take(session, wish)


def _taken_before(session: Session, estate_id: int, token: str | None) -> tuple[Taken, ...]:
    """Find what the first press of the same form has written."""
    if not token:
        return ()
    payees = session.scalars(select(Payee.id).where(Payee.estate_id == estate_id))
    tokens = [token_of(token, payee_id) for payee_id in payees]
    done = session.scalars(select(Payment).where(Payment.token.in_(tokens)).order_by(Payment.payee_id))
    return tuple(Taken(each, receipts.of_payment(session, each.id)) for each in done)


def token_of(token: str, payee_id: int) -> str:
    """Name a payee's payment of a press."""
    return f"{token[:48]}:{payee_id}"


def _take(session: Session, wish: Wish) -> tuple[Taken, ...]:
    day = wish.paid_on or today()
    made = _billed(session, wish)
    ids = {*wish.bill_ids, *(each.id for each in made)}
    lines = payments.chosen(session, wish.unit_id, ids, day)
    units = {each.bill.unit_id for each in lines}
    if payments.use_balances(session, units):
        lines = payments.still_owed(session, lines)
    owed = sum((each.total if wish.late_fee else each.bill.unpaid for each in lines), NOTHING)
    if wish.shown is not None and wish.shown != owed:
        raise Refused(
            _("应收金额已变为 {owed} 元，不是 {shown} 元（可能刚有人收款、减免或出账），请核对后再收。",
              owed=owed, shown=wish.shown)
        )  # fmt: skip
    if owed == 0 and not wish.tenders and ids:
        return ()
    payments.check_tenders(wish.tenders)
    money = sum((each.amount for each in wish.tenders), NOTHING)
    waived: list[Correction] = []
    if wish.round_off:
        lines, waived = payments.round_off_by_rule(session, lines, money, wish.tenders, late_fee=wish.late_fee)
    return _written(session, wish, _by_payee(session, wish, lines, money), day, waived)


def _billed(session: Session, wish: Wish) -> list[Bill]:
    """Make the bills that are not made yet: months ahead, one-off charges, what matters charge."""
    made: list[Bill] = []
    if wish.until is not None:
        for unit_id, items in sorted(wish.ahead.items()):
            made += bill_ahead(session, unit_id, items, wish.until)
    for place, each in enumerate(wish.once):
        made.append(
            bill_once(
                session, wish.unit_id, each.fee_item_id, amount=each.amount, quantity=each.quantity, price=each.price,
                calculation=each.what, customer_id=wish.customer_id,
                token=f"{wish.token[:28]}:{place}" if wish.token else None,
            )
        )  # fmt: skip
    for case_id in sorted(wish.case_ids):
        bill = bill_case(session, case_id)
        if bill is None:
            raise Refused(_("所选事项没有要收的费用，请刷新后再选。"))
        made.append(bill)
    return made


def _by_payee(session: Session, wish: Wish, lines: Sequence[Owed], money: Decimal) -> dict[int, list[Part]]:
    """Say what of the money goes where, payee by payee in the order of their numbers."""
    payee_of = {each.bill.id: each.bill.payee_id for each in lines}
    found: dict[int, list[Part]] = defaultdict(list)
    for part in payments.parts_of(lines, money, wish.unit_id, late_fee=wish.late_fee):
        if part.target is Target.BALANCE:
            found[_keeper(session, wish, lines)].append(part)
        else:
            found[payee_of[part.bill_id or 0]].append(part)
    return dict(sorted(found.items()))


def _keeper(session: Session, wish: Wish, lines: Sequence[Owed]) -> int:
    """Say which payee keeps what is over."""
    if wish.payee_id is not None:
        payee = session.get(Payee, wish.payee_id)
        if payee is not None and payee.estate_id == session.get_one(Unit, wish.unit_id).estate_id:
            return payee.id
    elif lines:
        return lines[0].bill.payee_id
    raise Refused(_("请选择预存到哪个收款单位。"), {"payee_id": _("请选择收款单位。")})


def _written(
    session: Session, wish: Wish, parts: Mapping[int, list[Part]], day: date, waived: Sequence[Correction]
) -> tuple[Taken, ...]:
    """Write a payment for each payee, then their receipts."""
    shares = {payee_id: sum((each.amount for each in some), NOTHING) for payee_id, some in parts.items()}
    tenders = dealt(wish.tenders, shares)
    written = [
        post(
            session,
            Entry(
                PaymentKind.PAYMENT, wish.unit_id, payee_id, some, tenders[payee_id], day, wish.customer_id,
                wish.payer_name, note=wish.note, token=token_of(wish.token, payee_id) if wish.token else None,
            ),
        )
        for payee_id, some in parts.items()
    ]  # fmt: skip
    taken = []
    for payment in written:
        mine = [each for each in waived if each.payee_id == payment.payee_id]
        for each in mine:
            each.done_payment_id = payment.id
        taken.append(Taken(payment, receipts.issue(session, payment, Book.FEES, mine)))
    return tuple(taken)


def dealt(tenders: Sequence[Tender], shares: Mapping[int, Decimal]) -> dict[int, list[Tender]]:
    """Deal money by method out to payees, in their order; the shares add up to the money.

    Cash laid on the table beyond its sum stands with the last that gets of it.
    """
    waiting: list[tuple[Tender, Decimal]] = [(each, each.amount) for each in tenders]
    found: dict[int, list[Tender]] = {key: [] for key in shares}
    for key, share in shares.items():
        rest = share
        while rest > 0:
            tender, left = waiting[0]
            part = min(rest, left)
            over = tender.tendered - tender.amount if tender.tendered is not None else NOTHING
            whole = left == part
            tendered = None if tender.tendered is None else part + (over if whole else NOTHING)
            found[key].append(Tender(tender.method, part, tender.reference, tendered))
            rest -= part
            if whole:
                waiting.pop(0)
            else:
                waiting[0] = tender, left - part
    return found


def change_of(tenders: Sequence[Tender]) -> Decimal:
    """Say how much change goes back over the counter."""
    return sum(
        (each.tendered - each.amount for each in tenders if each.method is Method.CASH and each.tendered is not None),
        NOTHING,
    )


__all__ = ["OneOff", "Wish", "change_of", "dealt", "take", "token_of"]
