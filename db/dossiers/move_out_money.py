"""A move-out's money: what is owed, held and paid ahead by payee; set off, deducted, given back by consent (O2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.cases import Case, case_by_id
from db.ledger import corrections, deposits, final_bills, settlement
from db.ledger.calculations import in_chinese
from db.ledger.money_tables import Balance, Correction, CorrectionKind, CorrectionState, Deposit, DepositKind
from db.ledger.payments import owed
from db.ledger.settlement import Statement
from db.ledger.tables import NOTHING
from db.people import Right, require
from db.process import perform
from db.refused import Refused
from db.session import actor_of
from db.words import Words, _

MONEY = "money"
"""The action that the process declares for setting off, deducting and giving back; it stays in its state."""
_UNDER_WAY = (CorrectionState.WAITING, CorrectionState.GRANTED)


# ── how it stands ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Held:
    """A deposit of who leaves, in yuan."""

    id: int
    kind: DepositKind
    payee_id: int
    payee: str
    held: Decimal
    asked: Decimal
    """For how much of it a refund is asked and not yet paid out."""
    owed: Decimal
    """What he owes the same payee: what it may be set off against."""

    @property
    def undecided(self) -> Decimal:
        """Return what nothing is decided about."""
        return self.held - self.asked


@dataclass(frozen=True)
class Ahead:
    """What lies in the unit's balance with a payee, in yuan."""

    payee_id: int
    payee: str
    amount: Decimal
    asked: Decimal
    freed: Decimal
    """What the final bills set free of what he had paid; the rest of the balance may be somebody else's."""


@dataclass(frozen=True)
class View:
    """A move-out's settlement as the desk sees it."""

    statement: Statement
    deposits: tuple[Held, ...]
    ahead: tuple[Ahead, ...]

    @property
    def due(self) -> Decimal:
        """Return what he owes."""
        return self.statement.due


def view(session: Session, case: Any) -> View:
    """Say how a move-out stands with each payee as of its cut-off date; needs `SEE_MONEY`."""
    statement = settlement.settle_unit(session, case.unit_id, case.customer_id, case.cut_off)
    due = {part.payee_id: part.due for part in statement.parts}
    names = {part.payee_id: part.payee for part in statement.parts}
    asked = _asked(session, case.unit_id)
    held = [
        Held(each.id, each.kind, each.payee_id, names.get(each.payee_id, ""), each.held,
             asked.get((CorrectionKind.DEPOSIT_REFUND, each.id), NOTHING), due.get(each.payee_id, NOTHING))
        for each in _deposits(session, case)
    ]  # fmt: skip
    freed = {int(key): Decimal(amount) for key, amount in (case.final or {}).get("freed", {}).items()}
    balances = session.execute(
        select(Balance.payee_id, Balance.amount)
        .where(Balance.unit_id == case.unit_id, Balance.amount > 0)
        .order_by(Balance.payee_id)
    )
    ahead = [
        Ahead(payee_id, names.get(payee_id, ""), amount, asked.get((CorrectionKind.REFUND, payee_id), NOTHING),
              freed.get(payee_id, NOTHING))
        for payee_id, amount in balances
    ]  # fmt: skip
    return View(statement, tuple(held), tuple(ahead))


def _deposits(session: Session, case: Any) -> list[Deposit]:
    return list(
        session.scalars(
            select(Deposit)
            .where(
                Deposit.unit_id == case.unit_id, Deposit.held > 0,
                (Deposit.customer_id == case.customer_id) | Deposit.customer_id.is_(None),
            )
            .order_by(Deposit.id)
        )
    )  # fmt: skip


def _asked(session: Session, unit_id: int) -> dict[tuple[CorrectionKind, int], Decimal]:
    """Add up the refunds of a unit that are under way: by deposit, and of the balance by payee."""
    rows = session.execute(
        select(Correction.kind, Correction.deposit_id, Correction.payee_id, func.sum(Correction.amount))
        .where(
            Correction.unit_id == unit_id, Correction.state.in_(_UNDER_WAY),
            Correction.kind.in_((CorrectionKind.REFUND, CorrectionKind.DEPOSIT_REFUND)),
        )
        .group_by(Correction.kind, Correction.deposit_id, Correction.payee_id)
    )  # fmt: skip
    return {(kind, deposit_id if deposit_id is not None else payee_id): amount
            for kind, deposit_id, payee_id, amount in rows}  # fmt: skip


def deposits_decided(session: Session, case: Any) -> Words | None:
    """Gate: each deposit is used up, given back, or a refund of what is left is asked for."""
    asked = _asked(session, case.unit_id)
    left = [
        in_chinese(_("{kind} {amount} 元", kind=in_chinese(each.kind.label), amount=f"{rest:,.2f}"))
        for each in _deposits(session, case)
        if (rest := each.held - asked.get((CorrectionKind.DEPOSIT_REFUND, each.id), NOTHING)) > 0
    ]
    if not left:
        return None
    return _("还没处理的押金：{deposits}。请抵扣欠费、按损坏扣款，或申请退还。", deposits=str(_("、")).join(left))


# ── the final bills ──────────────────────────────────────────────────────────────────────────────────────────────────


def make_final(session: Session, case: Any, account: str = "") -> dict[str, Any]:
    """Make the final bills of a move-out, and ask for the refund of what was paid beyond them; needs `BILL`.

    Returns what is kept of it with the matter. What waits for consent pays nobody's bills meanwhile.
    """
    done = final_bills.final_bills(session, case.unit_id, case.customer_id, case.cut_off)
    under_way = _asked(session, case.unit_id)
    reason = in_chinese(_("{number} 迁出，费用截至 {day}", number=case.number, day=case.cut_off))
    for payee_id, amount in done.freed.items():
        if (CorrectionKind.REFUND, payee_id) not in under_way:
            corrections.ask_refund(session, case.unit_id, payee_id, amount, reason, account=account)
    freed = {str(key): str(amount) for key, amount in done.freed.items()}
    return {"made": list(done.made), "voided": list(done.voided), "freed": freed}


# ── set off, deducted, given back ────────────────────────────────────────────────────────────────────────────────────


def set_off(
    session: Session, case_id: int, deposit_id: int, consent: str = "", *, version: int | None = None,
    token: str | None = None,
) -> Decimal:  # fmt: skip
    """Let a deposit pay what its customer owes its payee, oldest first; returns how much, in yuan.

    Needs `BILL`; homes need his written `consent`. Raises `Refused` where nothing is owed.
    """
    require(actor_of(session), Right.BILL)
    case, deposit = _his(session, case_id, deposit_id)
    bills = [
        each.bill.id for each in owed(session, [case.unit_id or 0], payee_id=deposit.payee_id)
        if each.bill.customer_id == case.customer_id
    ]  # fmt: skip
    before = deposit.held
    _step(session, case_id, _("押金抵扣欠费：{kind}", kind=deposit.kind.label), version, token)
    deposits.set_off(session, deposit_id, bills, consent=consent, token=_own(token))
    session.refresh(deposit)
    return before - deposit.held


def deduct(
    session: Session, case_id: int, deposit_id: int, amount: Decimal, *, reason: str, consent: str,
    version: int | None = None, token: str | None = None,
) -> None:  # fmt: skip
    """Take from a deposit what damage costs, with the reason and the customer's written consent; needs `BILL`."""
    require(actor_of(session), Right.BILL)
    _case, deposit = _his(session, case_id, deposit_id)
    told = {"kind": deposit.kind.label, "amount": f"{amount:,.2f}", "reason": reason.strip()}
    said = _("{kind}扣款 {amount} 元：{reason}", **told)
    _step(session, case_id, said, version, token)
    deposits.deduct(session, deposit_id, amount, reason, consent=consent, token=_own(token))


def give_back(
    session: Session, case_id: int, deposit_id: int, amount: Decimal, *, paper: str, account: str = "",
    version: int | None = None, token: str | None = None,
) -> Correction:  # fmt: skip
    """Ask for a deposit to be paid back; granted by others, paid out at the cash desk; needs `DUN`.

    `paper` is the receipt handed in, or 遗失声明.
    """
    case, deposit = _his(session, case_id, deposit_id)
    said = _("申请退还{kind} {amount} 元", kind=deposit.kind.label, amount=f"{amount:,.2f}")
    _step(session, case_id, said, version, token)
    reason = in_chinese(_("{number} 迁出", number=case.number))
    return corrections.ask_deposit_refund(
        session, deposit_id, amount, reason, paper=paper, account=account, token=_own(token)
    )


def give_balance_back(
    session: Session, case_id: int, payee_id: int, amount: Decimal, *, account: str = "",
    version: int | None = None, token: str | None = None,
) -> Correction:  # fmt: skip
    """Ask for what was paid ahead to be paid back; needs `DUN`."""
    case = case_by_id(session, case_id)
    _step(session, case_id, _("申请退还预存 {amount} 元", amount=f"{amount:,.2f}"), version, token)
    reason = in_chinese(_("{number} 迁出", number=case.number))
    return corrections.ask_refund(
        session, case.unit_id or 0, payee_id, amount, reason, account=account, token=_own(token)
    )


def _his(session: Session, case_id: int, deposit_id: int) -> tuple[Case, Deposit]:
    """Fetch a matter and a deposit of its customer and unit; refuses any other."""
    case = case_by_id(session, case_id)
    deposit = session.get(Deposit, deposit_id)
    if deposit is None or deposit.unit_id != case.unit_id or deposit.customer_id not in {None, case.customer_id}:
        raise Refused(_("没有找到这笔押金，可能不是本单客户的。"))
    return case, deposit


def _step(session: Session, case_id: int, said: Words, version: int | None, token: str | None) -> None:
    perform(session, case_id, MONEY, {}, version=version, note=in_chinese(said), token=token)


def _own(token: str | None) -> str | None:
    return f"{token}.money" if token else None


def debt_said(session: Session, case: Any) -> str:
    """Say what stays a debt of who has left; empty where nothing does. Needs `SEE_MONEY`."""
    due = settlement.settle_unit(session, case.unit_id, case.customer_id, case.cut_off).due
    return in_chinese(_("尚欠 {amount} 元，仍由客户缴纳", amount=f"{due:,.2f}")) if due else ""


def deposit_rows(session: Session, case: Any, kinds: Collection[DepositKind] = ()) -> list[Deposit]:
    """List all deposits that a customer ever gave for the unit, also those used up, for the paper."""
    statement = select(Deposit).where(
        Deposit.unit_id == case.unit_id, (Deposit.customer_id == case.customer_id) | Deposit.customer_id.is_(None)
    )
    if kinds:
        statement = statement.where(Deposit.kind.in_(kinds))
    return list(session.scalars(statement.order_by(Deposit.id)))


__all__ = [
    "MONEY", "Ahead", "Held", "View", "debt_said", "deduct", "deposit_rows", "deposits_decided", "give_back",
    "give_balance_back", "make_final", "set_off", "view",
]  # fmt: skip
