"""How a customer stands when he wants to leave with his goods: what is owed and open, shown before it is decided.

It is shown, not enforced: goods are let go on who may take them. Only a lease that says so puts it before the director.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.cases import Case, is_open
from db.clock import today
from db.dossiers import cards
from db.ledger.money_tables import Deposit
from db.ledger.payments import owed
from db.ledger.tables import NOTHING, Payee
from db.people import Right, in_scope, require
from db.process import process_of
from db.registry import Contract, ContractKind
from db.session import actor_of
from db.words import _

_OF_THE_LEAVING_ITSELF = frozenset({"goods_passes", "move_outs", "return_visits"})
"""Open by nature while somebody leaves, or afterwards: nothing that he has left unsettled."""


@dataclass(frozen=True)
class OwedTo:
    """What is owed to one payee, in yuan."""

    payee: str
    principal: Decimal
    late_fee: Decimal
    overdue: Decimal
    """Of both, what should have been paid before today."""

    @property
    def total(self) -> Decimal:
        """Return principal and late fee."""
        return self.principal + self.late_fee


@dataclass(frozen=True)
class OpenMatter:
    """A matter not yet closed."""

    number: str
    process: str
    title: str
    state: str
    colour: str
    words: str


@dataclass(frozen=True)
class Standing:
    """What is still owed and open."""

    owed: tuple[OwedTo, ...]
    matters: tuple[OpenMatter, ...]
    cards: tuple[str, ...]
    """Access cards and keys not given back, in words."""
    deposits: tuple[tuple[str, Decimal], ...]
    """(kind, yuan held): his money, not yet set off or returned."""

    @property
    def due(self) -> Decimal:
        """Return what is owed to all payees."""
        return sum((each.total for each in self.owed), NOTHING)

    @property
    def overdue(self) -> Decimal:
        """Return what should have been paid before today."""
        return sum((each.overdue for each in self.owed), NOTHING)

    @property
    def is_clear(self) -> bool:
        """Claim: nothing is owed, open, out or held."""
        return not (self.owed or self.matters or self.cards or self.deposits)

    def words(self) -> str:
        """Say in one line what is uncleared."""
        said = []
        if self.owed:
            said.append(str(_("应缴 {amount} 元", amount=f"{self.due:,.2f}")))
        if self.matters:
            said.append(str(_("未办结事项 {n} 件", n=len(self.matters))))
        if self.cards:
            said.append(str(_("未交回{cards}", cards=str(_("、")).join(self.cards))))
        if self.deposits:
            held = sum((held for _kind, held in self.deposits), NOTHING)
            said.append(str(_("押金 {amount} 元未结", amount=f"{held:,.2f}")))
        return str(_("；")).join(said)


def owed_and_open(session: Session, unit_id: int, customer_id: int | None) -> Standing:
    """Say what a customer of a unit still owes by payee, which matters are open, which cards and deposits are out.

    Bills that name another customer are left out. Needs `SEE_MONEY`: guards never see amounts.
    """
    require(actor_of(session), Right.SEE_MONEY)
    return Standing(
        tuple(_owed(session, unit_id, customer_id)),
        tuple(_open(session, unit_id, customer_id)),
        tuple(_cards(session, unit_id, customer_id)),
        tuple(_deposits(session, unit_id, customer_id)),
    )


def _owed(session: Session, unit_id: int, customer_id: int | None) -> list[OwedTo]:
    lines = [
        each for each in owed(session, [unit_id]) if customer_id is None or each.bill.customer_id in {None, customer_id}
    ]
    payees = {each.bill.payee_id for each in lines}
    rows = session.execute(select(Payee.id, Payee.name).where(Payee.id.in_(payees)).order_by(Payee.id))
    found = []
    for key, name in rows:
        his = [each for each in lines if each.bill.payee_id == key]
        found.append(
            OwedTo(
                name, sum((each.bill.unpaid for each in his), NOTHING), sum((each.late_fee for each in his), NOTHING),
                sum((each.total for each in his if each.days_overdue or each.late_fee), NOTHING),
            )
        )  # fmt: skip
    return found


def _open(session: Session, unit_id: int, customer_id: int | None) -> list[OpenMatter]:
    actor = actor_of(session)
    statement = select(Case.number, Case.process, Case.state, Case.words).where(
        Case.unit_id == unit_id, is_open(), Case.process.not_in(_OF_THE_LEAVING_ITSELF),
        Case.about_user_id.is_distinct_from(actor.user_id),
    )  # fmt: skip
    if customer_id is not None:
        statement = statement.where((Case.customer_id == customer_id) | Case.customer_id.is_(None))
    rows = session.execute(in_scope(statement, actor, Case).order_by(Case.opened_at, Case.id))
    found = []
    for number, key, state, words in rows:
        process = process_of(key)
        shown = process.states(state)
        found.append(OpenMatter(number, key, str(process.title), str(shown.label), shown.colour, words))
    return found


def _cards(session: Session, unit_id: int, customer_id: int | None) -> list[str]:
    held = cards.held(session, unit_id, customer_id)
    return [" ".join(filter(None, (str(each.kind.label), each.number))) for each in held]


def _deposits(session: Session, unit_id: int, customer_id: int | None) -> list[tuple[str, Decimal]]:
    statement = select(Deposit).where(Deposit.unit_id == unit_id, Deposit.held > 0).order_by(Deposit.id)
    if customer_id is not None:
        statement = statement.where((Deposit.customer_id == customer_id) | Deposit.customer_id.is_(None))
    return [(str(each.kind.label), each.held) for each in session.scalars(statement)]


def lease_of(session: Session, unit_id: int, customer_id: int | None, day: date | None = None) -> Contract | None:
    """Find the lease that a customer holds a unit by; the last one, should it have ended."""
    return session.scalar(
        select(Contract)
        .where(
            Contract.kind == ContractKind.LEASE, Contract.unit_id == unit_id, Contract.customer_id == customer_id,
            Contract.starts_on <= (day or today()),
        )
        .order_by(Contract.ends_on.desc(), Contract.id.desc()).limit(1)
    )  # fmt: skip
