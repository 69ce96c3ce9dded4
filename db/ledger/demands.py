"""Demands for payment: what of a debt is overdue, the letter that says so truly, and whether it arrived (F5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.audit import plain, record
from db.clock import day_of, now
from db.ledger import limitation, payments
from db.ledger.calculations import in_chinese
from db.ledger.capitals import capitals
from db.ledger.dunnings import PAY_DAYS, Dunning
from db.ledger.payments import Owed
from db.ledger.postings import locked_bills
from db.ledger.tables import NOTHING, Channel, Delivery, FeeItem, Notice, Payee, Tariff
from db.people import Right, require
from db.refused import Refused
from db.registry import Contract, ContractKind, Customer, Estate, ServicePoint, Unit
from db.series import next_number
from db.session import actor_of
from db.settings import value_of
from db.words import Words, _

SERIES = "CT"
LETTERS = {"first": "first", "second": "second", "third": "third", "owner": "first", "demand": "demand"}
"""Kind of demand → the letter that the template `dunning` prints."""
KINDS: dict[str, Words] = {
    "first": _("第一次催缴通知"), "second": _("第二次催缴通知"), "third": _("第三次催缴通知"),
    "owner": _("通知业主"), "committee": _("请业委会督促函"), "demand": _("催告函"),
}  # fmt: skip
_PREFIX = "dunning_"


@dataclass(frozen=True)
class Debt:
    """Whose arrears: a debtor's at a unit, for one payee."""

    unit_id: int
    customer_id: int | None
    payee_id: int

    @property
    def key(self) -> str:
        """Write it as one word, for the address and the database."""
        return f"{self.unit_id}-{self.customer_id or 0}-{self.payee_id}"

    @classmethod
    def read(cls, key: str) -> Debt:
        """Read it back; raises `Refused` for what is none."""
        parts = key.split("-")
        if len(parts) != 3 or not all(each.isascii() and each.isdigit() and len(each) < 10 for each in parts):
            raise Refused(_("没有找到这户欠费，请从欠费清单重新打开。"))
        unit, customer, payee = map(int, parts)
        return cls(unit, customer or None, payee)


def debt_of(case: Dunning) -> Debt:
    """Say what a dunning is about."""
    return Debt(case.unit_id or 0, case.customer_id, case.payee_id)


def overdue(session: Session, debt: Debt, on: date) -> list[Owed]:
    """List a debt's bills that should have been paid before `on` and still owe something, oldest first."""
    lines = payments.owed(session, [debt.unit_id], on, debt.payee_id)
    return [each for each in lines if each.bill.customer_id == debt.customer_id and each.bill.due_on < on]


def debts_of(session: Session, unit_id: int, on: date) -> dict[Debt, list[Owed]]:
    """Sort a unit's overdue bills by debtor and payee, who has owed longest first."""
    found: dict[Debt, list[Owed]] = {}
    for each in payments.owed(session, [unit_id], on):
        if each.bill.due_on < on:
            found.setdefault(Debt(unit_id, each.bill.customer_id, each.bill.payee_id), []).append(each)
    return found


def total_of(lines: Collection[Owed]) -> Decimal:
    """Add up principal and late fee."""
    return sum((each.total for each in lines), NOTHING)


def pay_by(session: Session, estate_id: int, day: date) -> date:
    """Say until when a demand of a day asks for payment: a reasonable time, by the office's setting."""
    return day + timedelta(days=value_of(session, PAY_DAYS, estate_id))


# ── the letter ───────────────────────────────────────────────────────────────────────────────────────────────────────


def write(
    session: Session, case: Dunning, kind: str, on: date, *, to: int | None = None, remarks: Sequence[Words] = ()
) -> Notice:
    """Write a numbered demand about a dunning, dated `on`, to its debtor or to customer `to`; its copy never changes.

    Raises `Refused` when nothing is overdue: what is not yet due is never demanded.
    """
    lines = overdue(session, debt_of(case), on)
    if not lines:
        raise Refused(_("没有已经逾期的账单，不能催缴；未到期的请发缴费通知单。"))
    number = next_number(session, case.estate_id, SERIES, on)
    compose = _committee if kind == "committee" else _letter
    snapshot = compose(session, case, kind, lines, Dated(number, on, to or case.customer_id, remarks))
    notice = Notice(
        estate_id=case.estate_id, unit_id=case.unit_id, customer_id=to or case.customer_id, kind=_PREFIX + kind,
        number=number, month=on.replace(day=1), amount=total_of(lines),
        snapshot=snapshot | {"bills": [each.bill.id for each in lines]}, case_id=case.id,
        made_by=actor_of(session).user_id, made_at=now(),
    )  # fmt: skip
    session.add(notice)
    session.flush()
    return notice


@dataclass(frozen=True)
class Dated:
    """What stands at the head of a demand."""

    number: str
    on: date
    to: int | None
    remarks: Sequence[Words] = ()


def _letter(session: Session, case: Dunning, kind: str, lines: list[Owed], head: Dated) -> dict[str, Any]:
    principal = sum((each.bill.unpaid for each in lines), NOTHING)
    late = sum((each.late_fee for each in lines), NOTHING)
    items = _items(session, lines)
    letter: dict[str, Any] = {
        "letter": LETTERS[kind], "number": head.number, "customer": _name(session, head.to),
        "unit": session.get_one(Unit, case.unit_id).short, "rows": [_row(each, items) for each in lines],
        "principal": str(principal), "total": str(principal + late), "capitals": capitals(principal + late),
        "pay_by": pay_by(session, case.estate_id, head.on).isoformat(), "earlier": _earlier(session, case),
        "remarks": [in_chinese(each) for each in head.remarks],
    }  # fmt: skip
    if contract := _contract(session, case):
        letter["contract"] = contract
    if late:
        letter |= {"late_fee": clause_of(session, lines), "late_fee_total": str(late)}
    return {"template": "dunning", "head": _head(session, case, head.on), "letter": letter}


def _row(line: Owed, items: dict[int, str]) -> dict[str, Any]:
    bill = line.bill
    row: dict[str, Any] = {
        "item": items[bill.fee_item_id], "due_on": bill.due_on, "unpaid": bill.unpaid,
        "period_from": bill.period_from, "period_to": bill.period_to, "days": line.days_overdue,
    }  # fmt: skip
    if bill.paid or bill.waived:
        row["amount"] = bill.amount
    if line.late_fee:
        row["late_fee"] = line.late_fee
    return {name: plain(value) for name, value in row.items()}


def _items(session: Session, lines: Collection[Owed]) -> dict[int, str]:
    wanted = {each.bill.fee_item_id for each in lines}
    return dict(session.execute(select(FeeItem.id, FeeItem.name).where(FeeItem.id.in_(wanted))).all())


def _name(session: Session, customer_id: int | None) -> str:
    return session.get_one(Customer, customer_id).name if customer_id is not None else in_chinese(_("业主"))


def clause_of(session: Session, lines: Collection[Owed]) -> dict[str, str]:
    """Name the contract's clause that a late fee is charged by, and its rate."""
    wanted = {each.bill.tariff_id for each in lines if each.bill.late_day is not None}
    rows = session.scalars(select(Tariff.late_clause).where(Tariff.id.in_(wanted), Tariff.late_clause != ""))
    rates = sorted({each.bill.late_ppm for each in lines if each.bill.late_day is not None})
    join = in_chinese(_("、"))
    return {
        "clause": join.join(dict.fromkeys(rows)) or in_chinese(_("合同")),
        "rate": join.join(in_chinese(said_rate(each)) for each in rates),
    }


_NUMERALS = in_chinese(_("一二三四五六七八九"))


def said_rate(ppm: int) -> Words:
    """Say a rate of millionths a day as contracts do: 500 is 每日万分之五."""
    if ppm % 100 == 0 and 0 < ppm < 1000:
        return _("每日万分之{n}", n=_NUMERALS[ppm // 100 - 1])
    return _("每日 {percent}%", percent=f"{(Decimal(ppm) / 10_000).normalize():f}")


def _contract(session: Session, case: Dunning) -> str:
    """Name the contract that the fees are owed by: the unit's or debtor's own, else the estate's service contract."""
    own = select(Contract.number).where(
        Contract.estate_id == case.estate_id, Contract.kind != ContractKind.FIRM,
        (Contract.unit_id == case.unit_id) | ((Contract.customer_id == case.customer_id) & Contract.unit_id.is_(None)),
    )  # fmt: skip
    number = session.scalar(own.order_by(Contract.ends_on.desc()).limit(1))
    return in_chinese(_("合同（编号 {number}）", number=number)) if number else in_chinese(_("《物业服务合同》"))


def _earlier(session: Session, case: Dunning) -> list[dict[str, str]]:
    rows = session.execute(
        select(Notice.kind, Notice.made_at, Notice.snapshot, Delivery)
        .outerjoin(Delivery, Delivery.notice_id == Notice.id)
        .where(Notice.case_id == case.id, Notice.kind != _PREFIX + "committee")
        .order_by(Notice.id, Delivery.id)
    )
    told: dict[tuple[str, str], dict[str, str]] = {}
    for kind, made_at, snapshot, delivery in rows:
        day = str(snapshot["head"]["issued_on"]) if "head" in snapshot else day_of(made_at).isoformat()
        line = {"step": in_chinese(said_kind(kind)), "day": day, "channel": in_chinese(_("—"))}
        if delivery is not None:
            line |= {"channel": in_chinese(delivery.channel.label), "result": said_delivery(delivery)}
        told[kind, day] = line
    return list(told.values())


def said_kind(kind: str) -> Words:
    """Name a demand by a notice's kind."""
    return KINDS[kind.removeprefix(_PREFIX)]


def said_delivery(delivery: Delivery) -> str:
    """Say whether a notice arrived."""
    day = delivery.delivered_on.isoformat()
    return in_chinese(_("{day} 送达", day=day) if delivery.reached else _("{day} 未送达", day=day))


def _head(session: Session, case: Dunning, on: date) -> dict[str, Any]:
    """Say who demands, when, and how it can be paid."""
    payee = session.get_one(Payee, case.payee_id)
    head: dict[str, Any] = {
        "company": payee.name, "estate": session.get_one(Estate, case.estate_id).name, "issued_on": on.isoformat(),
    }  # fmt: skip
    ways = [in_chinese(_("到物业服务中心缴纳，可用现金、微信、支付宝或刷卡"))]
    if payee.account:
        told = {"name": payee.name, "bank": payee.bank, "account": payee.account}
        ways.append(in_chinese(_("转账：户名 {name}，开户行 {bank}，账号 {account}，请注明房号", **told)))
    head["ways"] = ways
    point = session.scalar(
        select(ServicePoint).where(ServicePoint.estate_id == case.estate_id).order_by(ServicePoint.id).limit(1)
    )
    phone = payee.phone or (point.phone if point else "")
    address = payee.address or (point.address if point else "")
    return head | ({"phone": phone} if phone else {}) | ({"address": address} if address else {})


def _committee(session: Session, case: Dunning, kind: str, lines: list[Owed], head: Dated) -> dict[str, Any]:
    """Write the letter that asks the owners' committee to urge: the room, the periods, the sum, no name."""
    items, unit = _items(session, lines), session.get_one(Unit, case.unit_id)
    first, last = min(each.bill.period_from for each in lines), max(each.bill.period_to for each in lines)
    total, dated = total_of(lines), _head(session, case, head.on)
    paper = {
        "company": dated["company"], "estate": dated["estate"], "title": in_chinese(KINDS[kind]), "number": head.number,
        "issued_on": dated["issued_on"],
        "facts": [
            {"label": in_chinese(_("房号")), "text": unit.short},
            {"label": in_chinese(_("欠费期间")), "text": in_chinese(_("{first} 至 {last}", first=first, last=last))},
            {"label": in_chinese(_("费用项目")), "text": in_chinese(_("、")).join(sorted(set(items.values())))},
        ],
        "total_label": in_chinese(_("逾期未缴合计")), "total": str(total), "capitals": capitals(total),
        "clauses": [
            in_chinese(_("该户经三次催缴，至今未缴清上述费用。")),
            in_chinese(_("依照《物业管理条例》第六十四条，请贵会督促其限期缴纳。本函只供贵会督促使用，请勿公开张贴或转发。")),
        ],
        "signatures": [in_chinese(_("业主委员会签收")), in_chinese(_("日期"))], "seal": dated["company"],
    }  # fmt: skip
    return {"template": "voucher", "head": dated, "paper": paper}


# ── did it arrive ────────────────────────────────────────────────────────────────────────────────────────────────────


def delivered(
    session: Session, notice: Notice, channel: str, on: date, *, reached: bool = True, proof: str = ""
) -> Delivery:
    """Write down how a demand arrived, or did not; one that provably did begins the three years anew (民法典 195)."""
    if on < day_of(notice.made_at) and on < date.fromisoformat(notice.snapshot["head"]["issued_on"]):
        raise Refused(_("送达日期不能早于通知日期。"), {"delivered_on": _("不能早于通知日期。")})
    if on > day_of(now()):
        raise Refused(_("送达日期不能晚于今天。"), {"delivered_on": _("不能晚于今天。")})
    delivery = Delivery(
        notice_id=notice.id, channel=Channel(channel), reached=reached, delivered_on=on, proof=proof,
        recorded_by=actor_of(session).user_id, recorded_at=now(),
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    if reached and proof.strip():
        limitation.demanded(session, notice.snapshot["bills"], on)
    return delivery


# ── papers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def numbered(session: Session, key: str) -> list[int]:
    """Find the demands of a number, or of a run's batch; none outside of the actor's estates."""
    mine = Notice.estate_id.in_(actor_of(session).estates)
    rows = select(Notice.id).where(mine, (Notice.number == key) | ((Notice.batch == key) & (Notice.batch != "")))
    return list(session.scalars(rows.order_by(Notice.id)))


def papers(session: Session, notice_ids: Collection[int]) -> list[tuple[str, dict[str, Any]]]:
    """Return what is printed of demands: (template, data); letters with the same head go into one paper; needs `DUN`.

    Raises `Refused` when none of them is in the actor's estates.
    """
    require(actor_of(session), Right.DUN)
    rows = session.scalars(
        select(Notice)
        .where(
            Notice.id.in_(set(notice_ids)), Notice.estate_id.in_(actor_of(session).estates),
            Notice.kind.like(f"{_PREFIX}%"),
        )
        .order_by(Notice.id)
    ).all()  # fmt: skip
    if not rows:
        raise Refused(_("没有找到这张催缴单据。"))
    found: list[tuple[str, dict[str, Any]]] = []
    together: dict[str, dict[str, Any]] = {}
    for each in rows:
        said = each.snapshot
        if said["template"] == "voucher":
            found.append(("voucher", said["paper"]))
            continue
        head = repr(sorted(said["head"].items()))
        if head not in together:
            together[head] = dict(said["head"]) | {"letters": []}
            found.append(("dunning", together[head]))
        together[head]["letters"].append(said["letter"])
    return found


def notices_of(session: Session, case_id: int) -> Sequence[tuple[Notice, Delivery | None]]:
    """List a dunning's papers with their last delivery, newest first."""
    last = select(func.max(Delivery.id)).where(Delivery.notice_id == Notice.id).correlate(Notice).scalar_subquery()
    return (
        session.execute(
            select(Notice, Delivery)
            .outerjoin(Delivery, Delivery.id == last)
            .where(Notice.case_id == case_id)
            .order_by(Notice.id.desc())
        )
        .all()
    )




def move(session: Session, debt: Debt, owner_id: int, case_id: int, on: date) -> int:
    """Let the owner owe what is overdue of a debt; each bill's entry in the audit names who owed it; says how many."""
    lines = overdue(session, debt, on)
    for bill in locked_bills(session, (each.bill.id for each in lines)).values():
        before, bill.customer_id = bill.customer_id, owner_id
        record(
            session, "changed", "bills", bill.id, estate_id=bill.estate_id, case_id=case_id,
            before={"customer_id": before}, after={"customer_id": owner_id},
        )  # fmt: skip
    session.flush()
    return len(lines)
