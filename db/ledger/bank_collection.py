"""Bank collection 委托收款: file out, result file back, matched line by line; a failed line stays owed (F3).

A line that was collected becomes a payment with its receipt, for the bills it was sent for; if somebody paid them at
the desk meanwhile, the money stays as the unit's balance. The same result file twice changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db import series
from db.audit import record
from db.clock import now, today
from db.ledger import bank_files, payments
from db.ledger.bank_tables import BankBatch, BankLayout, BankLine, BankMandate, Encoding, FileKind, LineState
from db.ledger.money_tables import Method
from db.ledger.payments import Wish
from db.ledger.postings import Tender
from db.ledger.tables import NOTHING, Bill, Payee
from db.people import Right, require
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of
from db.words import Words, _

PREFIX = "WT"
SUCCESS = "0000"


def layout_of(session: Session, payee_id: int) -> BankLayout:
    """Return how a payee's bank wants its files; the house's own way until somebody has said so."""
    return session.get(BankLayout, payee_id) or BankLayout(
        payee_id=payee_id, kind=FileKind.CSV, encoding=Encoding.GBK, success=SUCCESS, version=0,
        columns=bank_files.default_columns(back=False), result_columns=bank_files.default_columns(back=True),
    )  # fmt: skip


def set_layout(session: Session, payee_id: int, values: Mapping[str, Any]) -> None:
    """Say how a payee's bank wants its files; needs `EDIT_TARIFFS`. Raises `Refused` for a layout without its key."""
    actor = actor_of(session)
    require(actor, Right.EDIT_TARIFFS)
    payee = _payee(session, payee_id)
    kind = FileKind(values["kind"])
    out = {each.name for each in bank_files.columns_of(values["columns"], kind)}
    back = {each.name for each in bank_files.columns_of(values["result_columns"], kind)}
    if not {"account", "holder"} <= out or not out & {"amount", "fen"} or not out & {"sequence", "reference"}:
        raise Refused(_("送盘文件至少要有 序号或编号、账号、户名、金额。"), {"columns": _("缺少必需的列。")})
    if not back & {"sequence", "reference"} or "result" not in back:
        raise Refused(_("回盘文件至少要有 序号或编号、结果。"), {"result_columns": _("缺少必需的列。")})
    if not str(values["success"]).strip():
        raise Refused(_("请写明银行用什么表示扣款成功，例如 0000。"), {"success": _("请填写。")})
    row = session.get(BankLayout, payee_id) or BankLayout(payee_id=payee_id)
    row.kind, row.encoding = kind, Encoding(values["encoding"])
    row.columns, row.result_columns = values["columns"], values["result_columns"]
    row.success = str(values["success"]).strip()
    session.add(row)
    session.flush()
    record(session, "changed", "bank_layouts", payee_id, estate_id=payee.estate_id, after=dict(values))


def _payee(session: Session, payee_id: int) -> Payee:
    payee = session.get(Payee, payee_id)
    if payee is None or payee.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这个收款单位。"))
    return payee


@dataclass(frozen=True)
class Proposal:
    """One household whose bills can be collected."""

    mandate: BankMandate
    unit: str
    bill_ids: list[int]
    amount: Decimal


def proposals(session: Session, payee_id: int) -> list[Proposal]:
    """List who has an authority in force and owes bills that have been published and are not with the bank already."""
    require(actor_of(session), Right.SEE_MONEY)
    _payee(session, payee_id)
    day = today()
    rows = session.execute(
        select(BankMandate, Unit.short, Bill)
        .join(Unit, Unit.id == BankMandate.unit_id)
        .join(Bill, Bill.unit_id == BankMandate.unit_id)
        .where(
            BankMandate.payee_id == payee_id, BankMandate.starts_on <= day,
            or_(BankMandate.ends_on.is_(None), BankMandate.ends_on >= day), Bill.payee_id == payee_id,
            Bill.voided_at.is_(None), Bill.paid + Bill.waived < Bill.amount, Bill.month <= day,
            BankMandate.unit_id.not_in(_with_the_bank(payee_id)),
        )
        .order_by(Unit.building_id, Unit.short, BankMandate.id, Bill.due_on, Bill.id)
    )  # fmt: skip
    by_unit: dict[int, tuple[BankMandate, str]] = {}
    bills: dict[int, list[Bill]] = defaultdict(list)
    for mandate, unit, bill in rows:
        first = by_unit.setdefault(mandate.unit_id, (mandate, unit))
        if first[0].id == mandate.id:
            bills[mandate.unit_id].append(bill)
    return [
        Proposal(mandate, unit, [each.id for each in bills[unit_id]],
                 sum((each.unpaid for each in bills[unit_id]), NOTHING))
        for unit_id, (mandate, unit) in by_unit.items()
    ]  # fmt: skip


def mandates(session: Session, payee_id: int) -> int:
    """Count the authorities in force; needs `SEE_MONEY`."""
    require(actor_of(session), Right.SEE_MONEY)
    _payee(session, payee_id)
    in_force = (BankMandate.starts_on <= today()) & (BankMandate.ends_on.is_(None) | (BankMandate.ends_on >= today()))
    return session.scalar(select(func.count()).where(BankMandate.payee_id == payee_id, in_force)) or 0


def _with_the_bank(payee_id: int) -> Any:
    return (
        select(BankLine.unit_id)
        .join(BankBatch, BankBatch.id == BankLine.batch_id)
        .where(BankBatch.payee_id == payee_id, BankLine.state == LineState.SENT)
    )


def make_batch(session: Session, payee_id: int, *, token: str | None = None) -> BankBatch:
    """Put all households that can be collected into one batch; needs `TAKE_PAYMENT`."""
    require(actor_of(session), Right.TAKE_PAYMENT)
    if token and (done := session.scalar(select(BankBatch).where(BankBatch.token == token))):
        return done
    payee = _payee(session, payee_id)
    session.get_one(Payee, payee_id, with_for_update=True)  # two clerks do not send the same bills
    found = proposals(session, payee_id)
    if not found:
        raise Refused(_("没有可以送盘的账单：没有欠费，或都已送银行还没有回盘。"))
    batch = BankBatch(
        estate_id=payee.estate_id, payee_id=payee_id, lines=len(found), made_by=actor_of(session).user_id,
        amount=sum((each.amount for each in found), NOTHING), made_at=now(), token=token,
        number=series.next_number(session, payee.estate_id, PREFIX, today()),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    session.add_all(
        BankLine(
            batch_id=batch.id, sequence=n, mandate_id=each.mandate.id, unit_id=each.mandate.unit_id,
            holder=each.mandate.holder, account=each.mandate.account, amount=each.amount, bill_ids=each.bill_ids,
        )
        for n, each in enumerate(found, start=1)
    )  # fmt: skip
    session.flush()
    record(session, "created", "bank_batches", batch.id, estate_id=batch.estate_id,
           after={"number": batch.number, "lines": batch.lines, "amount": batch.amount})  # fmt: skip
    return batch


def file_of(session: Session, batch_id: int) -> tuple[str, bytes]:
    """Write a batch as the bank's file, with its name; logged, since it carries accounts. Needs `TAKE_PAYMENT`."""
    require(actor_of(session), Right.TAKE_PAYMENT)
    batch = _batch(session, batch_id)
    layout = layout_of(session, batch.payee_id)
    rows = [
        {
            "sequence": str(line.sequence), "reference": _reference(batch, line), "account": line.account,
            "holder": line.holder, "amount": f"{line.amount:.2f}", "fen": str(int(line.amount * 100)), "unit": unit,
            "result": "", "reason": "",
        }
        for line, unit in _lines(session, batch_id)
    ]  # fmt: skip
    data = bank_files.written(layout, rows)
    record(session, "exported", "bank_batches", batch.id, estate_id=batch.estate_id, ground=batch.number)
    return name_of(session, batch_id), data


def name_of(session: Session, batch_id: int) -> str:
    """Say what a batch's file is called."""
    batch = _batch(session, batch_id)
    return f"{batch.number}.{'csv' if layout_of(session, batch.payee_id).kind is FileKind.CSV else 'txt'}"


def _reference(batch: BankBatch, line: BankLine) -> str:
    return f"{batch.number}-{line.sequence:04d}"


def _batch(session: Session, batch_id: int) -> BankBatch:
    batch = session.get(BankBatch, batch_id)
    if batch is None or batch.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这个批次。"))
    return batch


def _lines(session: Session, batch_id: int) -> list[tuple[BankLine, str]]:
    rows = session.execute(
        select(BankLine, Unit.short)
        .join(Unit, Unit.id == BankLine.unit_id)
        .where(BankLine.batch_id == batch_id)
        .order_by(BankLine.sequence)
    )
    return [(line, unit) for line, unit in rows]


def lines_of(session: Session, batch_id: int) -> list[tuple[BankLine, str]]:
    """List a batch's lines with their units; needs `SEE_MONEY`."""
    require(actor_of(session), Right.SEE_MONEY)
    return _lines(session, _batch(session, batch_id).id)


def batches(session: Session, estate_ids: frozenset[int]) -> list[tuple[BankBatch, dict[LineState, int]]]:
    """List the batches of estates, newest first, with how many lines stand how; two queries."""
    require(actor_of(session), Right.SEE_MONEY)
    wanted = estate_ids & actor_of(session).estates
    found = list(
        session.scalars(
            select(BankBatch).where(BankBatch.estate_id.in_(wanted)).order_by(BankBatch.id.desc()).limit(100)
        )
    )
    states: dict[int, dict[LineState, int]] = defaultdict(dict)
    for batch_id, state, n in session.execute(
        select(BankLine.batch_id, BankLine.state, func.count())
        .where(BankLine.batch_id.in_([each.id for each in found]))
        .group_by(BankLine.batch_id, BankLine.state)
    ):
        states[batch_id][state] = n
    return [(each, states[each.id]) for each in found]


@dataclass
class Result:
    """What a result file did."""

    paid: int = 0
    amount: Decimal = NOTHING
    failed: int = 0
    known: int = 0
    """Lines that an earlier file had answered already."""
    problems: list[Words] = field(default_factory=list)
    """Lines that fit none of the batch's: nothing was done for them."""


def take_result(session: Session, batch_id: int, data: bytes) -> Result:
    """Take the bank's answer in: collected lines become payments, failed ones keep the bank's reason.

    Needs `TAKE_PAYMENT`. A line that does not match (unknown, another account or amount) is listed and left alone.
    The same file again, or one that overlaps, changes nothing more.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    batch = _batch(session, batch_id)
    layout = layout_of(session, batch.payee_id)
    rows = bank_files.read(layout, data)
    lines = {
        each.sequence: each
        for each in session.scalars(
            select(BankLine).where(BankLine.batch_id == batch_id).order_by(BankLine.id).with_for_update()
        )
    }
    done = Result()
    collected: dict[int, BankLine] = {}
    for n, row in enumerate(rows, start=1):
        line = _line_of(batch, lines, row)
        if (wrong := _mismatch(line, row)) is not None or line is None:
            done.problems.append(_("第 {n} 行：{wrong}", n=n, wrong=wrong))
        elif line.state is not LineState.SENT:
            done.known += 1
        elif row["result"] == layout.success:
            collected.setdefault(line.sequence, line)
        else:
            line.state, line.reason = LineState.FAILED, (row.get("reason") or row["result"])[:200]
            line.returned_at = now()
            done.failed += 1
    _collected(session, batch, list(collected.values()), done)
    session.flush()
    record(session, "returned", "bank_batches", batch.id, estate_id=batch.estate_id,
           after={"paid": done.paid, "failed": done.failed, "amount": done.amount})  # fmt: skip
    return done


def _line_of(batch: BankBatch, lines: dict[int, BankLine], row: Mapping[str, str]) -> BankLine | None:
    if reference := row.get("reference"):
        number, _dash, sequence = reference.rpartition("-")
        return lines.get(int(sequence)) if number == batch.number and sequence.isdecimal() else None
    sequence = row.get("sequence", "")
    return lines.get(int(sequence)) if sequence.isdecimal() else None


def _mismatch(line: BankLine | None, row: Mapping[str, str]) -> Words | None:
    if line is None:
        return _("本批次没有这一笔，请核对是不是另一批次的回盘文件。")
    if row.get("account") and row["account"] != line.account:
        return _("账号与送盘时不同，没有处理。")
    amount = bank_files.amount_of(row)
    if ("amount" in row or "fen" in row) and amount != line.amount:
        return _("金额与送盘时的 {amount} 元不同，没有处理。", amount=line.amount)
    return None


def _collected(session: Session, batch: BankBatch, lines: Sequence[BankLine], done: Result) -> None:
    """Make payments of the lines that the bank has collected."""
    debtors = dict[int, int | None]()
    for unit_id, customer_id in session.execute(
        select(Bill.unit_id, func.max(Bill.customer_id))
        .where(Bill.id.in_([bill for line in lines for bill in line.bill_ids]))
        .group_by(Bill.unit_id)
    ):
        debtors[unit_id] = customer_id
    wishes = [
        Wish(
            line.unit_id, Tender(Method.BANK_COLLECTION, line.amount, _reference(batch, line)), tuple(line.bill_ids),
            line.holder, debtors.get(line.unit_id), f"bank:{_reference(batch, line)}",
        )
        for line in lines
    ]  # fmt: skip
    for line, taken in zip(lines, payments.pay_many(session, batch.payee_id, wishes), strict=True):
        line.state, line.payment_id, line.returned_at = LineState.PAID, taken.payment.id, now()
        done.paid += 1
        done.amount += line.amount
