"""Notices for many in one run 成批催缴: each household's own next step, by the rules, with progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.clock import local, now
from db.ledger import arrears
from db.ledger.arrears import Asked, Row
from db.ledger.demands import Debt
from db.ledger.dunnings import Dunning, State
from db.ledger.tables import Notice
from db.people import Actor, Right, require
from db.process import open_case, perform, process_of
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of, reading, writing
from db.words import Words, _

AT_ONCE = 25
"""So many in one transaction: the office waits while it writes."""
MOST = 2000
NEXT: dict[State | None, str] = {
    None: "first", State.NEW: "first", State.DUE_SECOND: "second", State.DUE_THIRD: "third",
}  # fmt: skip
"""The notice that is due, by where a household stands."""


@dataclass(frozen=True)
class Plan:
    """What a run would do: whom it is for, by notice, and who is left out because nothing is due for them now."""

    debts: tuple[Debt, ...]
    steps: dict[str, int]
    left_out: int
    nobody: int = 0
    """Left out because nobody is known to owe."""


@dataclass
class Done:
    """What a run did."""

    batches: list[str] = field(default_factory=list)
    """Each is printed in one go: one for every payee."""
    sent: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(unit, why not)"""


def plan(session: Session, asked: Asked) -> Plan:
    """Say what a run over all rows of a list would do; needs `DUN`."""
    require(actor_of(session), Right.DUN)
    due: list[Row] = []
    left_out = nobody = 0
    for some in arrears.every(session, asked):
        for row in some:
            if row.debt.customer_id is None:
                nobody += 1
            elif row.state in NEXT:
                due.append(row)
            else:
                left_out += 1
    steps = Counter(NEXT[row.state] for row in due)
    return Plan(tuple(row.debt for row in due), dict(steps), left_out, nobody)


def label_of(step: str) -> Words:
    """Name a notice as its button does."""
    return process_of("dunning").action(step).label


def run(
    actor: Actor, debts: Sequence[Debt], channel: str, *, say: Callable[[int, int], None] = lambda _n, _of: None
) -> Done:
    """Take each household's next notice; opens the matter where nobody has yet. `say(done, of)` tells the progress.

    Each is a savepoint of its own: one refusal keeps no other. A household that somebody has approached meanwhile is
    refused by name. Raises `Refused` for more than `MOST`.
    """
    require(actor, Right.DUN)
    if len(debts) > MOST:
        raise Refused(_("一次最多催缴 {most} 户，现在有 {n} 户，请按楼栋分几次办理。", most=MOST, n=len(debts)))
    done = Done()
    mark = f"{local(now()):%Y%m%d%H%M%S}-{actor.user_id}"
    for start in range(0, len(debts), AT_ONCE):
        with writing(actor) as session:
            for debt in debts[start : start + AT_ONCE]:
                _one(session, debt, channel, mark, done)
        say(min(start + AT_ONCE, len(debts)), len(debts))
    return done


def _one(session: Session, debt: Debt, channel: str, mark: str, done: Done) -> None:
    try:
        with session.begin_nested():
            batch = f"{mark}-{debt.payee_id}"
            _take_step(session, debt, channel, batch)
    except Refused as refused:
        unit = session.get(Unit, debt.unit_id)
        done.refused.append((unit.short if unit else str(debt.unit_id), refused.message))
        return
    done.sent += 1
    if batch not in done.batches:
        done.batches.append(batch)


def _take_step(session: Session, debt: Debt, channel: str, batch: str) -> None:
    case = session.scalar(select(Dunning).where(Dunning.debt_key == debt.key))
    if case is None:
        values = {"unit_id": debt.unit_id, "customer_id": debt.customer_id, "payee_id": debt.payee_id}
        case = open_case(session, "dunning", values)
    step = NEXT.get(State(case.state))
    if step is None:
        raise Refused(_("{number} 现在是“{state}”，还不到下一次催缴。", number=case.number,
                        state=State(case.state).label))  # fmt: skip
    perform(session, case.id, step, {"channel": channel})
    session.get_one(Notice, case.notice_id).batch = batch
    session.flush()


def batches(actor: Actor, limit: int = 10) -> list[tuple[str, int]]:
    """List the latest runs' batches with how many notices each has, newest first."""
    require(actor, Right.DUN)
    with reading(actor) as session:
        rows = session.execute(
            select(Notice.batch, func.count())
            .where(Notice.batch != "", Notice.kind.like("dunning%"), Notice.estate_id.in_(actor.estates))
            .group_by(Notice.batch)
            .order_by(func.max(Notice.id).desc())
            .limit(limit)
        )
        return [(batch, n) for batch, n in rows]
