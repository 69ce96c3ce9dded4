"""The demonstration's debtors: dunned step by step, some to the court, some until they pay; and today at the till."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.approvals import Approval, Verdict, decide
from db.clock import moment_of, today
from db.demo.chance import told
from db.demo.diary import Course, acting, minutes
from db.demo.estates import Ground
from db.demo.scene import Scene
from db.ledger import corrections, dunning_clock, dunnings, payments, reversals
from db.ledger.money_tables import CorrectionKind, Method, Payment, PaymentKind
from db.ledger.postings import Tender
from db.ledger.tables import NOTHING, Bill
from db.people import SYSTEM, Actor, Role
from db.process import open_case, perform
from db.refused import Refused
from db.registry import Customer
from db.settings import change

DAYS = 10
"""The demonstration's office gives ten days, so that a quarter shows the whole ladder."""
LADDER = ("first", "second", "third", "report", "committee", "demand", "measure")
STAGES = (
    ("measure", 66), ("demand", 57), ("committee", 46), ("report", 40), ("third", 26), ("second", 25), ("second", 14),
    ("first", 13), ("first", 4), ("stop", 20), ("pay", 18), ("open", 1), ("measure", 120), ("demand", 60),
    ("report", 45), ("third", 27), ("report", 52), ("third", 24), ("second", 15), ("measure", 95),
)  # fmt: skip
"""How far a debtor has been taken, and how many days ago it began."""
REASONS = {"forgot": 33, "defects": 20, "service": 16, "vacant": 13, "disputed": 8, "hardship": 6, "other": 4}


@dataclass(frozen=True)
class _Debtor:
    """A household that is dunned."""

    scene: Scene
    ground: Ground
    unit_id: int
    building_id: int
    until: str
    begins: date

    @property
    def steward(self) -> Actor:
        """Say who looks after it."""
        return self.scene.steward_of(self.ground, self.building_id)


def debtors(scene: Scene, ground: Ground, first: date, old: list[int], recent: list[int]) -> Iterator[Course]:
    """Dun those who have owed longest, one after the other, as far as `STAGES` says; the clock moves on what waits."""
    yield _rules(scene, ground, first)
    yield _clock(scene, first)
    buildings = {each.id: each.building_id for each in ground.units}
    for n, unit_id in enumerate([*old, *recent][: len(STAGES) + 40]):
        until, ago = STAGES[n] if n < len(STAGES) else (("first", 3 + n % 6) if n % 3 else ("open", 0))
        begins = max(scene.today - timedelta(days=ago), first + timedelta(days=3))
        yield _dunned(_Debtor(scene, ground, unit_id, buildings[unit_id], until, begins))


def _rules(scene: Scene, ground: Ground, first: date) -> Course:
    """Decide what the office has decided on dunning."""
    session = yield moment_of(first, time(8, 10))
    with acting(session, scene.staff.director):
        for setting in (dunnings.PAY_DAYS, dunnings.WAIT_FIRST, dunnings.WAIT_SECOND, dunnings.WAIT_THIRD,
                        dunnings.WAIT_COMMITTEE):  # fmt: skip
            change(session, setting, ground.estate_id, DAYS)
        change(session, dunnings.HAS_COMMITTEE, ground.estate_id, "one")


def _clock(scene: Scene, first: date) -> Course:
    """Put before people what has waited long enough, as the office's computer does each morning."""
    day = first
    while day <= scene.today:
        session = yield moment_of(day, time(8, 1))
        with acting(session, SYSTEM):
            dunning_clock.move_on(session)
        day += timedelta(days=1)


def _dunned(who: _Debtor) -> Course:
    """Take one debtor as far as the story goes; a step that the house refuses ends it there."""
    scene, random = who.scene, who.scene.random
    session = yield moment_of(who.begins, time(9, 5)) + minutes(random, 0, 70)
    try:
        with acting(session, who.steward):
            case = open_case(session, "dunning", {"unit_id": who.unit_id})
    except Refused:
        return
    case_id, day = case.id, who.begins
    steps = {"open": 0, "stop": 1, "pay": 1}.get(who.until, LADDER.index(who.until) + 1 if who.until in LADDER else 0)
    for name in LADDER[:steps]:
        if name != "first":
            day += timedelta(days=2 if name == "committee" else DAYS + 1)
        if day > scene.today:
            return
        session = yield max(moment_of(day, time(9, 10)) + minutes(random, 0, 80), moment_of(who.begins, time(10, 16)))
        try:
            _step(session, who, case_id, name, day)
        except Refused:
            return
    if who.until in {"stop", "pay"}:
        session = yield moment_of(min(day + timedelta(days=6), scene.today), time(10, 5))
        _end(session, who, case_id)


def _step(session: Session, who: _Debtor, case_id: int, name: str, day: date) -> None:
    """Take one step of the ladder, with what was said on the telephone before."""
    scene, talk = who.scene, told("money")["dunning"]
    notice = {"channel": "in_person" if name in {"third", "demand"} else "wechat", "delivered_on": day,
              "proof": talk["proof"]}  # fmt: skip
    with acting(session, who.steward if name in {"first", "second", "third"} else scene.staff.director):
        if name in {"first", "second", "third"}:
            perform(session, case_id, name, notice)
            reason = scene.draw("dunning.reason", REASONS)
            said = {"answer": "heard" if name == "first" else "refused", "reason": reason, "channel": "phone"}
            perform(session, case_id, "contact", said)
        elif name == "report":
            perform(session, case_id, "decide", {"decision": talk["decision"]})
        elif name == "committee":
            perform(session, case_id, "ask_committee", {"channel": "in_person", "delivered_on": day, "proof": ""})
        elif name == "demand":
            perform(session, case_id, "demand", {**notice, "channel": "express"})
        else:
            perform(session, case_id, "measure", {"legal_kind": "suit", "forum": talk["court"], "file_number": ""})


def _end(session: Session, who: _Debtor, case_id: int) -> None:
    """Let a debtor pay, or the office let it be."""
    scene = who.scene
    if who.until == "stop":
        with acting(session, scene.staff.supervisor):
            perform(session, case_id, "stop", {"note": told("money")["dunning"]["stopped"]})
        return
    with acting(session, scene.staff.cashiers[today().isocalendar().week % 2]):
        for payee_id, total in _owing(session, who.unit_id).items():
            payments.pay(session, who.unit_id, payee_id, [Tender(Method.TRANSFER, total, "0315884201")])


def _owing(session: Session, unit_id: int) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for line in payments.owed(session, [unit_id]):
        if line.bill.due_on <= today():
            found[line.bill.payee_id] = found.get(line.bill.payee_id, NOTHING) + line.total
    return found


# ── this morning ─────────────────────────────────────────────────────────────────────────────────────────────────────


def this_morning(scene: Scene, late: list[int]) -> Course:
    """Take the morning's payments one by one: with change, by two methods, a void; and ask for what takes consent."""
    cashier = scene.staff.cashiers[scene.today.isocalendar().week % 2]
    start = moment_of(scene.today, time(8, 36))
    for n, unit_id in enumerate(late[:7]):
        session = yield start + timedelta(minutes=11 * n)
        with acting(session, cashier):
            for payee_id, total in list(_owing(session, unit_id).items())[:1]:
                _pay(session, unit_id, payee_id, total, n)
    session = yield start + timedelta(minutes=85)
    with acting(session, cashier):
        _ask(session, late[7:10])
    session = yield start + timedelta(minutes=95)
    with acting(session, scene.staff.finance):
        waiting = session.scalar(
            select(Approval.id)
            .where(Approval.subject == CorrectionKind.LATE_WAIVER.value, Approval.role == Role.FINANCE)
            .limit(1)
        )
        if waiting is not None:
            decide(session, waiting, Verdict.GRANTED)


def _pay(session: Session, unit_id: int, payee_id: int, total: Decimal, n: int) -> None:
    payer = session.scalar(
        select(Customer.name).join(Bill, Bill.customer_id == Customer.id).where(Bill.unit_id == unit_id).limit(1)
    )
    methods = [
        [Tender(Method.CASH, total, tendered=(total // 100 + 1) * 100)], [Tender(Method.WECHAT, total, "4200002231")],
        [Tender(Method.CASH, Decimal(100), tendered=Decimal(100)), Tender(Method.WECHAT, total - 100, "4200002258")],
        [Tender(Method.ALIPAY, total, "2026112322")],
    ]  # fmt: skip
    tenders = methods[n % 4] if total > 100 else methods[n % 2]
    taken = payments.pay(session, unit_id, payee_id, tenders, payer_name=payer or "")
    if n == 5:
        reversals.void_payment(session, taken.payment.id, told("money")["void"])


def _ask(session: Session, units: list[int]) -> None:
    """Ask for a late fee and a part of a bill to be waived, and for a payment of last month to be reversed."""
    texts: dict[str, Any] = told("money")["corrections"]
    for unit_id, key in zip(units, ("waiver", "late_waiver"), strict=False):
        line = next(iter(payments.owed(session, [unit_id])), None)
        if line is not None and key == "waiver":
            corrections.ask_waiver(session, line.bill.id, min(line.bill.unpaid, Decimal(50)), texts[key])
        elif line is not None and line.late_fee > 0:
            corrections.ask_late_waiver(session, line.bill.id, line.late_fee, texts[key])
    earlier = session.scalar(
        select(Payment.id)
        .where(Payment.kind == PaymentKind.PAYMENT, Payment.paid_on < today())
        .order_by(Payment.id.desc())
        .limit(1)
    )
    if earlier is not None:
        corrections.ask_reversal(session, earlier, texts["reversal"])
