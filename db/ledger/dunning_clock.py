"""What money and the clock do to dunning: paid in full it closes, in part it waits anew, time passed it moves on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from db.clock import today
from db.faults import write_fault
from db.ledger.demands import debt_of, overdue, total_of
from db.ledger.dunnings import WAITING, Dunning, State
from db.ledger.payments import Owed
from db.ledger.tables import Bill
from db.people import SYSTEM
from db.process import perform

_AT_IT = "dunning_at_it"


@contextmanager
def at_it(session: Session, case_id: int) -> Iterator[None]:
    """Keep `money_came` from a matter whose own step moves the money."""
    session.info[_AT_IT] = case_id
    try:
        yield
    finally:
        del session.info[_AT_IT]


@contextmanager
def _as_the_clock(session: Session) -> Iterator[None]:
    """Work in the house's own name for a moment: what follows from money is nobody's decision."""
    actor = session.info["actor"]
    session.info["actor"] = SYSTEM
    try:
        yield
    finally:
        session.info["actor"] = actor


def money_came(session: Session, unit_ids: Collection[int], day: date) -> None:
    """Close what is paid in full, and give new time to what is paid in part; called by every entry of the books."""
    rows = session.scalars(
        select(Dunning).where(Dunning.unit_id.in_(unit_ids), Dunning.debt_key.is_not(None)).order_by(Dunning.id)
    ).all()
    waiting = [each for each in rows if each.id != session.info.get(_AT_IT)]
    with _as_the_clock(session):
        for case in waiting:
            lines = overdue(session, debt_of(case), today())
            if not lines:
                perform(session, case.id, "settle")
            elif case.amount is not None and total_of(lines) < case.amount and _is_paid_on(lines, day):
                perform(session, case.id, "paid_in_part")


def _is_paid_on(lines: list[Owed], day: date) -> bool:
    return any(each.bill.part_paid_on == day for each in lines)


def _is_over() -> ColumnElement[bool]:
    return and_(Dunning.state.in_(WAITING), Dunning.debt_key.is_not(None), Dunning.wait_until < today())


def is_owed(session: Session) -> bool:
    """Claim: some time given has passed, and the next step is due."""
    return session.scalar(select(Dunning.id).where(_is_over()).limit(1)) is not None


def move_on(session: Session, most: int = 200) -> int:
    """Put matters whose time has passed before whoever takes the next step; says how many. The clock's own."""
    rows = session.scalars(select(Dunning).where(_is_over()).order_by(Dunning.id).limit(most)).all()
    return sum(_moved(session, case, f"wait_over_{WAITING.index(State(case.state)) + 1}") for case in rows)


def close_paid(session: Session, most: int = 500) -> int:
    """Close what owes nothing any more by a waiver or a voided bill; says how many. The clock's own, at night."""
    still = select(Bill.id).where(
        Bill.unit_id == Dunning.unit_id, Bill.customer_id.is_not_distinct_from(Dunning.customer_id),
        Bill.payee_id == Dunning.payee_id, Bill.voided_at.is_(None), Bill.paid + Bill.waived < Bill.amount,
        Bill.due_on < today(),
    )  # fmt: skip
    found = select(Dunning).where(Dunning.debt_key.is_not(None), ~still.exists()).order_by(Dunning.id).limit(most)
    free = [each for each in session.scalars(found).all() if not overdue(session, debt_of(each), today())]
    return sum(_moved(session, case, "settle") for case in free)


def _moved(session: Session, case: Dunning, action: str) -> bool:
    """Take a step, or its end where nothing is owed any more; one that fails is written down and keeps no other."""
    try:
        paid = not overdue(session, debt_of(case), today())
        perform(session, case.id, "settle" if paid else action)
    except Exception as error:  # noqa: BLE001 - the others are owed all the same
        write_fault(error, page="jobs.dunning", case=case.id)
        return False
    return True
