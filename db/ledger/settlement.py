"""Settling a unit: when it is sold 过户, or a contract ends 迁出; what is owed, what is held, what goes back (O2).

Arrears stay with whom they were billed to. What was paid for months without service is given back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import occupancies
from db.audit import record
from db.clock import today
from db.ledger import late_fees
from db.ledger.billing import void_bill
from db.ledger.money_tables import Balance, Deposit
from db.ledger.payments import queue
from db.ledger.postings import locked_bills
from db.ledger.tables import NOTHING, Bill, FeeItem, Payee
from db.people import Right, require
from db.refused import Refused
from db.registering import locked, saved_by
from db.registry import Customer, Estate, Occupancy, Relation, Unit
from db.session import actor_of
from db.settings import value_of
from db.words import _


@dataclass(frozen=True)
class Line:
    """A bill on a settlement."""

    bill_id: int
    item: str
    month: date
    period_from: date
    period_to: date
    amount: Decimal
    paid: Decimal
    unpaid: Decimal
    late_fee: Decimal


@dataclass(frozen=True)
class Part:
    """What stands between a unit and one payee."""

    payee_id: int
    payee: str
    owed: list[Line]
    """Bills up to the day, with late fee to the day."""
    ahead: list[Line]
    """Bills of whole months after the day, for which there will be no service to him."""
    balance: Decimal
    deposits: list[tuple[int, str, Decimal]]
    """(deposit, its kind, yuan held)."""

    @property
    def due(self) -> Decimal:
        """Return what is to be paid: principal and late fees."""
        return sum((each.unpaid + each.late_fee for each in self.owed), NOTHING)

    @property
    def paid_ahead(self) -> Decimal:
        """Return what was paid for months after the day."""
        return sum((each.paid for each in self.ahead), NOTHING)

    @property
    def held(self) -> Decimal:
        """Return the deposits."""
        return sum((held for _id, _kind, held in self.deposits), NOTHING)

    @property
    def net(self) -> Decimal:
        """Return what is to be paid when all is set against each other; negative: to be paid back."""
        return self.due - self.paid_ahead - self.balance - self.held


@dataclass(frozen=True)
class Statement:
    """A unit's settlement with one customer, as of a day."""

    unit_id: int
    unit: str
    estate: str
    customer_id: int | None
    customer: str
    as_of: date
    parts: list[Part]

    @property
    def due(self) -> Decimal:
        """Return what is to be paid to all payees."""
        return sum((each.due for each in self.parts), NOTHING)

    @property
    def is_clear(self) -> bool:
        """Claim: nothing is owed, paid ahead or held."""
        return not any(each.due or each.paid_ahead or each.balance or each.held for each in self.parts)


def first_after(as_of: date) -> date:
    """Return the first day of the first whole month after a day."""
    return (as_of.replace(day=28) + timedelta(days=4)).replace(day=1)


def settle_unit(session: Session, unit_id: int, customer_id: int | None, as_of: date) -> Statement:
    """Say how a unit stands with a customer as of his last day; needs `SEE_MONEY`.

    Bills that name another customer are left out: arrears of an owner before him stay that owner's. `customer_id`
    None means whoever it is.
    """
    require(actor_of(session), Right.SEE_MONEY)
    unit = session.get(Unit, unit_id)
    if unit is None or unit.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这套房屋。"))
    cap = value_of(session, late_fees.LATE_CAP_PERCENT, unit.estate_id)
    owed: defaultdict[int, list[Line]] = defaultdict(list)
    ahead: defaultdict[int, list[Line]] = defaultdict(list)
    for bill, item in session.execute(_bills(unit_id, customer_id)):
        late_fee = late_fees.outstanding(bill, max(as_of, today()), cap)
        paid = bill.paid + bill.late_paid
        line = Line(
            bill.id, item, bill.month, bill.period_from, bill.period_to, bill.amount, paid, bill.unpaid, late_fee
        )
        if bill.period_from > as_of:
            ahead[bill.payee_id].append(line)
        elif line.unpaid or line.late_fee:
            owed[bill.payee_id].append(line)
    balances = dict(
        session.execute(select(Balance.payee_id, Balance.amount).where(Balance.unit_id == unit_id)).all()
    )
    deposits = _deposits(session, unit_id, customer_id)
    payees = session.execute(
        select(Payee.id, Payee.name).where(Payee.estate_id == unit.estate_id).order_by(Payee.id)
    )
    parts = [
        Part(payee_id, name, owed[payee_id], ahead[payee_id], balances.get(payee_id, NOTHING), deposits[payee_id])
        for payee_id, name in payees
    ]
    customer = session.get(Customer, customer_id) if customer_id is not None else None
    return Statement(
        unit.id, unit.short, session.get_one(Estate, unit.estate_id).name, customer_id,
        customer.name if customer else "", as_of,
        [each for each in parts if each.owed or each.ahead or each.balance or each.deposits],
    )  # fmt: skip


def _bills(unit_id: int, customer_id: int | None) -> Any:
    statement = (
        select(Bill, FeeItem.name).join(FeeItem, FeeItem.id == Bill.fee_item_id)
        .where(Bill.unit_id == unit_id, Bill.voided_at.is_(None)).order_by(Bill.period_from, FeeItem.position, Bill.id)
    )  # fmt: skip
    if customer_id is not None:
        statement = statement.where((Bill.customer_id == customer_id) | Bill.customer_id.is_(None))
    return statement


def _deposits(
    session: Session, unit_id: int, customer_id: int | None
) -> defaultdict[int, list[tuple[int, str, Decimal]]]:
    statement = select(Deposit).where(Deposit.unit_id == unit_id, Deposit.held > 0).order_by(Deposit.id)
    if customer_id is not None:
        statement = statement.where((Deposit.customer_id == customer_id) | Deposit.customer_id.is_(None))
    found: defaultdict[int, list[tuple[int, str, Decimal]]] = defaultdict(list)
    for each in session.scalars(statement):
        found[each.payee_id].append((each.id, str(each.kind.label), each.held))
    return found


# ── months without service ───────────────────────────────────────────────────────────────────────────────────────────


def refund_ahead(session: Session, unit_id: int, from_month: date, reason: str) -> dict[int, Decimal]:
    """Void a unit's bills of whole months from `from_month` on; needs `BILL`. Returns what was freed, by payee.

    What was paid on them goes to the unit's balance, whence it is refunded by consent (`corrections.ask_refund`):
    fees paid for months without service are given back (最高法 2020 物业纠纷解释 3). Bills not yet paid just go.
    """
    require(actor_of(session), Right.BILL)
    unit = session.get(Unit, unit_id)
    if unit is None or unit.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这套房屋。"))
    queue(session, unit.estate_id)
    later = session.scalars(
        select(Bill.id).where(
            Bill.unit_id == unit_id, Bill.voided_at.is_(None), Bill.period_from >= from_month.replace(day=1)
        )
    )
    bills = locked_bills(session, later)
    freed: defaultdict[int, Decimal] = defaultdict(lambda: NOTHING)
    for bill in bills.values():
        freed[bill.payee_id] += bill.paid + bill.late_paid
        void_bill(session, bill.id, reason)
    return dict(freed)


# ── change of owner ──────────────────────────────────────────────────────────────────────────────────────────────────


def change_owner(
    session: Session,
    unit_id: int,
    customer_ids: Sequence[int],
    on: date,
    *,
    hand_over: bool = False,
    agreement: str = "",
    token: str | None = None,
) -> list[int]:
    """Hand a unit over to new owners from a day on 过户, its money settled; needs `EDIT_REGISTRY`.

    Arrears stay with the old owner. Bills of months that begin on or after the day are the new owner's. What was paid
    ahead, as balance or for such months, is refunded first, or by both parties' written `agreement` handed over.
    Returns the new occupancies' ids; a second press of the same `token` nothing.
    """
    require(actor_of(session), Right.EDIT_REGISTRY)
    if saved_by(session, token) is not None:
        return []
    unit: Unit = locked(session, Unit, unit_id)
    queue(session, unit.estate_id)
    old = _owner(session, unit_id, on - timedelta(days=1))
    later = locked_bills(session, session.scalars(_from(unit_id, on)))
    ahead = sum((each.paid for each in later.values()), NOTHING)
    balance = session.scalar(select(func.sum(Balance.amount)).where(Balance.unit_id == unit_id)) or NOTHING
    if hand_over and not agreement.strip():
        wrong = _("请写明双方书面同意的凭据，例如 过户结算单双方签字。")
        raise Refused(wrong, {"agreement": wrong})
    if (ahead or balance) and not hand_over:
        raise Refused(
            _(
                "还有预存 {balance} 元、过户日以后已缴的 {ahead} 元没有处理："
                "请先退还原业主，或由双方书面同意转给新业主。",
                balance=balance, ahead=ahead,
            ),
            {"agreement": _("退还原业主，或填写双方同意转让的凭据。")},
        )  # fmt: skip
    made = occupancies.change_owner(session, unit_id, customer_ids, on)
    for bill in later.values():
        bill.customer_id = customer_ids[0]
    session.flush()
    record(
        session, "changed_owner", "units", unit_id, estate_id=unit.estate_id, ground=agreement.strip()[:200],
        before={"customer_id": old}, token=token,
        after={"customer_id": customer_ids[0], "on": on, "bills": sorted(later), "balance": balance, "ahead": ahead},
    )  # fmt: skip
    return made


def _owner(session: Session, unit_id: int, day: date) -> int | None:
    return session.scalar(
        select(Occupancy.customer_id)
        .where(
            Occupancy.unit_id == unit_id, Occupancy.relation == Relation.OWNER, ~Occupancy.co_owner,
            func.coalesce(Occupancy.starts_on, day) <= day, func.coalesce(Occupancy.ends_on, day) >= day,
        )
        .order_by(Occupancy.id).limit(1)
    )  # fmt: skip


def holders_on(session: Session, unit_id: int, day: date) -> dict[int, str]:
    """Name who holds a unit on a day, the owner of record first, with what he is to it."""
    rows = session.execute(
        select(Customer.id, Customer.name, Occupancy.relation)
        .join(Customer, Customer.id == Occupancy.customer_id)
        .where(
            Occupancy.unit_id == unit_id, Customer.estate_id.in_(actor_of(session).estates),
            func.coalesce(Occupancy.starts_on, day) <= day, func.coalesce(Occupancy.ends_on, day) >= day,
        )
        .order_by(Occupancy.relation != Relation.OWNER, Occupancy.co_owner, Occupancy.id)
    )  # fmt: skip
    return {key: str(_("{name}（{relation}）", name=name, relation=relation.label)) for key, name, relation in rows}


def owner_on(session: Session, unit_id: int, day: date) -> int | None:
    """Say who is a unit's owner of record on a day."""
    return _owner(session, unit_id, day)


def _from(unit_id: int, on: date) -> Any:
    return select(Bill.id).where(Bill.unit_id == unit_id, Bill.voided_at.is_(None), Bill.period_from >= on)


# ── on paper ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet_of(statement: Statement, title: str) -> dict[str, Any]:
    """Make a settlement's paper, of the shape `Sheet`: per payee what is owed, paid ahead, held, and what remains."""
    right = {"align": "right"}
    columns: list[dict[str, Any]] = [{"title": str(_("项目")), "width": 2}, {"title": str(_("期间")), "width": 2}]
    columns += [{"title": str(each)} | right for each in (_("应缴"), _("违约金"), _("应退"))]
    tables = []
    for part in statement.parts:
        rows: list[dict[str, Any]] = [
            {"cells": [each.item, _span(each), _yuan(each.unpaid), _yuan(each.late_fee), ""]} for each in part.owed
        ]
        rows += [{"cells": [each.item, _span(each), "", "", _yuan(each.paid)]} for each in part.ahead if each.paid]
        if part.balance:
            rows.append({"cells": [str(_("预存")), "", "", "", _yuan(part.balance)]})
        rows += [{"cells": [kind, "", "", "", _yuan(held)]} for _id, kind, held in part.deposits]
        net = part.net
        words = _("应补缴") if net >= 0 else _("应退还")
        rows.append({"cells": [str(words), "", "", "", _yuan(abs(net))], "bold": True})
        tables.append({"heading": part.payee, "columns": columns, "rows": rows})
    return {
        "title": title,
        "company": statement.estate,
        "facts": [
            {"label": str(_("房屋")), "text": statement.unit},
            {"label": str(_("客户")), "text": statement.customer},
            {"label": str(_("结算至")), "text": statement.as_of.isoformat()},
        ],
        "tables": tables,
        "footnotes": [
            str(_("结算日以前的欠费由原客户缴清；结算日以后的费用由接收方缴纳。")),
            str(_("违约金算到办理当天，以实际缴款日为准。")),
        ],
        "signatures": [str(_("原客户")), str(_("接收方")), str(_("经办"))],
    }


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _span(line: Line) -> str:
    return str(_("{first} 至 {last}", first=line.period_from.isoformat(), last=line.period_to.isoformat()))


__all__ = [
    "Line", "Part", "Statement", "change_owner", "first_after", "holders_on", "owner_on", "refund_ahead", "settle_unit",
    "sheet_of",
]  # fmt: skip
