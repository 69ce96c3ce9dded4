"""What a closing says on paper 交款表: fee items by method, receipts, voids, deposits, counted, over or short.

Made as plain data of the shapes that `components.papers` prints, in texts, so that a kept one never changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.ledger.money_tables import (
    Allocation,
    Balance,
    Deposit,
    DepositKind,
    Method,
    Payment,
    PaymentKind,
    PaymentLine,
    Receipt,
    Target,
)
from db.ledger.pricing import next_month
from db.ledger.tables import NOTHING, Bill, FeeItem, Payee
from db.people import User
from db.registry import Estate
from db.words import _

Heading = tuple[int, int, str]
"""Where a part stands on the paper: group, place in it, words."""
_LATE, _AHEAD, _DEPOSITS = 1, 2, 3


def _own(payee_id: int, cashier_id: int, day: date) -> list[Any]:
    return [Payment.payee_id == payee_id, Payment.cashier_id == cashier_id, Payment.paid_on == day]


def paper_of_day(
    session: Session,
    payee: Payee,
    cashier_id: int,
    day: date,
    *,
    sums: Mapping[Method, Decimal],
    counted: Mapping[Method, Decimal],
    slip: str = "",
    note: str = "",
) -> dict[str, Any]:
    """Make the paper of a cashier's day, of the shape `DailyClosing`."""
    own = _own(payee.id, cashier_id, day)
    columns: list[str] = [each.value for each in Method if each in sums]
    table = _table(session, own)
    if any(PaymentKind.OFFSET.value in row for row in table.values()):
        columns.append(PaymentKind.OFFSET.value)
    labels = {each.value: str(each.label) for each in (*Method, PaymentKind.OFFSET)}
    rows = [_row(words, [table[key].get(name, NOTHING) for name in columns])
            for key in sorted(table) for words in [key[2]] if any(table[key].values())]  # fmt: skip
    totals = [sum((row.get(name, NOTHING) for row in table.values()), NOTHING) for name in columns]
    return {
        "payee": payee.name,
        "estate": session.get_one(Estate, payee.estate_id).name,
        "day_from": day.isoformat(),
        "day_to": day.isoformat(),
        "cashier": session.get_one(User, cashier_id).name,
        "methods": [labels[name] for name in columns],
        "rows": rows,
        "totals": _row(str(_("合计")), totals),
        "counted": [
            {"method": str(each.label), "booked": _yuan(sums.get(each, NOTHING)), "counted": _yuan(counted[each]),
             "difference": _yuan(counted[each] - sums.get(each, NOTHING))}
            for each in Method if each in counted
        ],
        "receipts": _receipts(session, own),
        "void": _taken_back(session, own, PaymentKind.VOID),
        "reversed": _taken_back(session, own, PaymentKind.REVERSAL),
        "deposits": _deposits(session, own),
        "handed_in": slip or None,
        "note": note or None,
        "signatures": [str(_("收费员")), str(_("财务")), str(_("复核"))],
    }  # fmt: skip


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _row(words: str, amounts: Sequence[Decimal]) -> dict[str, Any]:
    return {"item": words, "amounts": [_yuan(each) for each in amounts], "total": _yuan(sum(amounts, NOTHING))}


# ── fee items by method ──────────────────────────────────────────────────────────────────────────────────────────────


def _table(session: Session, own: list[Any]) -> dict[Heading, dict[str, Decimal]]:
    """Spread each entry's money over where it went: heading → method → yuan."""
    parts: defaultdict[int, list[tuple[Heading, Decimal]]] = defaultdict(list)
    for payment_id, heading, amount in _parts(session, own):
        parts[payment_id].append((heading, amount))
    lines: defaultdict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    rows = session.execute(
        select(PaymentLine.payment_id, PaymentLine.method, PaymentLine.amount)
        .join(Payment, Payment.id == PaymentLine.payment_id).where(*own).order_by(PaymentLine.id)
    )  # fmt: skip
    for payment_id, way, money in rows:
        lines[payment_id].append((way.value, money))
    table: defaultdict[Heading, dict[str, Decimal]] = defaultdict(dict)
    for payment_id, where in parts.items():
        how = lines.get(payment_id)
        cells = spread(where, how) if how else ((heading, PaymentKind.OFFSET.value, each) for heading, each in where)
        for heading, method, amount in cells:
            table[heading][method] = table[heading].get(method, NOTHING) + amount
    return table


def _parts(session: Session, own: list[Any]) -> Iterator[tuple[int, Heading, Decimal]]:
    """List where the day's entries went; what only moved within a deposit's book is no money of the day."""
    rows = session.execute(
        select(Allocation, FeeItem.id, FeeItem.position, FeeItem.name, Deposit.kind)
        .join(Payment, Payment.id == Allocation.payment_id)
        .outerjoin(Bill, Bill.id == Allocation.bill_id)
        .outerjoin(FeeItem, FeeItem.id == Bill.fee_item_id)
        .outerjoin(Deposit, Deposit.id == Allocation.deposit_id)
        .where(*own, Payment.kind != PaymentKind.DEDUCTION)
        .order_by(Allocation.id)
    )
    for part, item_id, position, item, deposit in rows:
        if part.target is Target.PRINCIPAL:
            heading = (0, position * 100_000 + item_id, item)
        elif part.target is Target.DEPOSIT:
            heading = (_DEPOSITS, list(DepositKind).index(deposit), str(deposit.label))
        else:
            late = part.target is Target.LATE_FEE
            heading = (_LATE, 0, str(_("违约金"))) if late else (_AHEAD, 0, str(_("预存")))
        yield part.payment_id, heading, part.amount


def spread(
    where: Sequence[tuple[Heading, Decimal]], how: Sequence[tuple[str, Decimal]]
) -> Iterator[tuple[Heading, str, Decimal]]:
    """Lay one entry's methods over its parts, in order, to the cent; both make the same sum, of one sign."""
    methods = list(how)
    for heading, amount in where:
        left = amount
        while left and methods:
            name, there = methods.pop(0)
            part = left if abs(left) < abs(there) else there
            yield heading, name, part
            left -= part
            if there != part:
                methods.insert(0, (name, there - part))


# ── beside the table ─────────────────────────────────────────────────────────────────────────────────────────────────


def _receipts(session: Session, own: list[Any]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Receipt.book, func.min(Receipt.number), func.max(Receipt.number), func.count())
        .join(Payment, Payment.id == Receipt.payment_id).where(*own)
        .group_by(Receipt.book, Receipt.year).order_by(Receipt.book.desc())
    )  # fmt: skip
    return [
        {"book": str(book.label), "first": first, "last": last, "count": count} for book, first, last, count in rows
    ]


def _taken_back(session: Session, own: list[Any], kind: PaymentKind) -> list[dict[str, Any]]:
    original = aliased(Payment)
    rows = session.execute(
        select(Receipt.number, original.amount, Payment.note, User.name)
        .select_from(Payment)
        .join(original, original.id == Payment.reverses_id)
        .join(User, User.id == original.cashier_id)
        .outerjoin(Receipt, Receipt.payment_id == original.id)
        .where(*own, Payment.kind == kind).order_by(Payment.id)
    )  # fmt: skip
    return [
        {"number": number or "", "amount": _yuan(amount), "reason": note, "by": who}
        for number, amount, note, who in rows
    ]


def _deposits(session: Session, own: list[Any]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Deposit.kind, Payment.kind, func.sum(Allocation.amount))
        .select_from(Allocation)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(Deposit, Deposit.id == Allocation.deposit_id)
        .where(*own, Allocation.target == Target.DEPOSIT,
               Payment.kind.in_((PaymentKind.PAYMENT, PaymentKind.VOID, PaymentKind.REVERSAL, PaymentKind.REFUND)))
        .group_by(Deposit.kind, Payment.kind)
    )  # fmt: skip
    taken: defaultdict[DepositKind, Decimal] = defaultdict(lambda: NOTHING)
    returned: defaultdict[DepositKind, Decimal] = defaultdict(lambda: NOTHING)
    for kind, by, amount in rows:
        if by is PaymentKind.REFUND:
            returned[kind] -= amount
        else:
            taken[kind] += amount
    return [
        {"kind": str(kind.label), "taken": _yuan(taken[kind]), "returned": _yuan(returned[kind])}
        for kind in DepositKind if kind in taken or kind in returned
    ]  # fmt: skip


# ── the month ────────────────────────────────────────────────────────────────────────────────────────────────────────


def paper_of_month(session: Session, payee: Payee, month: date) -> dict[str, Any]:
    """Make what a closed month is kept as, of the shape `Sheet`: its bills, its money, what is held."""
    amount = {"align": "right"}
    bills = {
        "heading": str(_("本月账单（截至月结时）")),
        "columns": [{"title": str(_("收费项目")), "width": 2}]
        + [{"title": str(each)} | amount for each in (_("张数"), _("应收"), _("减免"), _("实收"), _("未收"))],
        "rows": _month_bills(session, payee, month),
    }
    money = {
        "heading": str(_("本月收付款")),
        "columns": [{"title": str(_("方式")), "width": 2}]
        + [{"title": str(each)} | amount for each in (_("收入"), _("支出"), _("净额"))],
        "rows": _month_money(session, payee, month),
    }
    held = {
        "heading": str(_("月结时代存")),
        "columns": [{"title": str(_("种类")), "width": 2}, {"title": str(_("金额"))} | amount],
        "rows": _held(session, payee),
    }
    return {
        "title": str(_("{payee} {month} 月结表", payee=payee.name, month=f"{month:%Y-%m}")),
        "company": payee.name,
        "tables": [bills, money, held],
        "signatures": [str(_("制表")), str(_("复核")), str(_("负责人"))],
    }


def _rows_with_total(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Put a row of totals under rows of a name and figures."""
    lines = [{"cells": [row[0], *map(_cell, row[1:])]} for row in rows]
    sums = [sum((each for each in column), type(column[0])(0)) for column in list(zip(*rows, strict=True))[1:]]
    return [*lines, {"cells": [str(_("合计")), *map(_cell, sums)], "bold": True}]


def _cell(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, Decimal) else str(value)


def _month_bills(session: Session, payee: Payee, month: date) -> list[dict[str, Any]]:
    rows = session.execute(
        select(FeeItem.name, func.count(), func.sum(Bill.amount), func.sum(Bill.waived), func.sum(Bill.paid))
        .join(FeeItem, FeeItem.id == Bill.fee_item_id)
        .where(Bill.payee_id == payee.id, Bill.month == month, Bill.voided_at.is_(None))
        .group_by(FeeItem.id, FeeItem.name, FeeItem.position).order_by(FeeItem.position, FeeItem.id)
    )  # fmt: skip
    return _rows_with_total([
        (name, n, amount, waived, paid, amount - waived - paid) for name, n, amount, waived, paid in rows
    ])  # fmt: skip


def _month_money(session: Session, payee: Payee, month: date) -> list[dict[str, Any]]:
    rows = session.execute(
        select(
            PaymentLine.method,
            func.sum(PaymentLine.amount).filter(PaymentLine.amount > 0),
            func.sum(PaymentLine.amount).filter(PaymentLine.amount < 0),
        )
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(Payment.payee_id == payee.id, Payment.paid_on >= month, Payment.paid_on < next_month(month))
        .group_by(PaymentLine.method)
    )  # fmt: skip
    by = {Method(method): (into or NOTHING, out or NOTHING) for method, into, out in rows}
    return _rows_with_total([(str(each.label), by[each][0], -by[each][1], sum(by[each], NOTHING))
                             for each in Method if each in by])  # fmt: skip


def _held(session: Session, payee: Payee) -> list[dict[str, Any]]:
    ahead = session.scalar(select(func.sum(Balance.amount)).where(Balance.payee_id == payee.id)) or NOTHING
    rows = session.execute(
        select(Deposit.kind, func.sum(Deposit.held)).where(Deposit.payee_id == payee.id, Deposit.held > 0)
        .group_by(Deposit.kind)
    )  # fmt: skip
    by = dict(rows.all())
    return _rows_with_total([
        (str(_("预存")), ahead), *((str(each.label), by[each]) for each in DepositKind if each in by)
    ])  # fmt: skip
