"""The gate 门岗: which passes hold today, one pass as a guard sees it, goods counted out against it.

A guard sees who takes what until when. Neither amounts nor telephones nor why anything was decided reach this screen:
guards collect no debts (保安服务管理条例 30).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from db.cases import CaseHand
from db.clock import moment_of, now, today
from db.dossiers import goods, goods_rules
from db.dossiers.goods import Goods
from db.dossiers.goods_tables import GoodsPass, State, Taker
from db.papers.tables import IssuedPaper
from db.people import Role
from db.process import perform
from db.processes.goods_passes import AT_THE_GATE, PAPER, count_out
from db.refused import Refused
from db.registry import Customer, Unit
from db.session import actor_of
from db.words import _

AT_WORK = (State.ISSUED, State.CHECKED, State.DIFFERS)
_SHORTEST_ENDING = 2
"""So many last digits of a number find a pass."""


@dataclass(frozen=True)
class GatePass:
    """A pass as the gate sees it."""

    id: int
    number: str
    state: State
    version: int
    unit: str
    customer: str
    taker: Taker
    taker_name: str
    vehicle: str
    summary: str
    starts: datetime
    ends: datetime
    several: bool
    goods: tuple[Goods, ...] = ()
    difference: str = ""

    @property
    def window(self) -> str:
        """Say from when to when it holds."""
        return goods_rules.said_window(self.starts, self.ends)

    @property
    def holds(self) -> bool:
        """Claim: goods may go out on it now."""
        return self.state in {State.ISSUED, State.CHECKED} and self.starts <= now() <= self.ends


def valid_today(session: Session) -> list[GatePass]:
    """List the passes of the actor's estates that hold at some time today or wait for a decision, soonest end first."""
    day = moment_of(today())
    rows = session.execute(
        _passes(session)
        .where(
            GoodsPass.state.in_([each.value for each in AT_WORK]), GoodsPass.valid_from < day + timedelta(days=1),
            GoodsPass.valid_to >= day,
        )
        .order_by(GoodsPass.valid_to, GoodsPass.id)
    )  # fmt: skip
    return [_shown(*row) for row in rows]


def at_the_gate(session: Session, typed: str) -> GatePass:
    """Find a pass by its number, or by the last digits of one that holds today, with its goods.

    Raises `Refused` for whoever does not work at the gate, and for what is not to be found.
    """
    number = typed.strip().upper()
    row = session.execute(_passes(session).where(GoodsPass.number == number)).first() or _by_paper(session, number)
    if row is None and number.isascii() and number.isdigit() and len(number) >= _SHORTEST_ENDING:
        row = _by_ending(session, number)
    if row is None:
        raise Refused(_("没有找到放行条“{typed}”，请核对单号；没有放行条的物品请客户到前台办理。", typed=typed.strip()))
    return _shown(*row, tuple(goods.lines_of(session, row[0].id)))


def _by_paper(session: Session, number: str) -> Row[GoodsPass, str, str] | None:
    """Find a pass by the number on its paper; a paper made void lets nothing out."""
    paper = session.scalar(select(IssuedPaper).where(IssuedPaper.number == number, IssuedPaper.kind == PAPER))
    if paper is None or paper.estate_id not in actor_of(session).estates:
        return None
    if paper.void_at is not None:
        raise Refused(_("{number} 已作废，不能出门，请客户回前台。", number=number))
    return session.execute(_passes(session).where(GoodsPass.id == paper.subject_id)).first()


def _by_ending(session: Session, ending: str) -> Row[GoodsPass, str, str] | None:
    ids = {each.id: each.number for each in valid_today(session)}
    papers = session.execute(
        select(IssuedPaper.subject_id, IssuedPaper.number).where(
            IssuedPaper.kind == PAPER, IssuedPaper.subject_id.in_(ids), IssuedPaper.void_at.is_(None)
        )
    ).all()
    found = {key for key, number in [*ids.items(), *papers] if number.endswith(ending)}
    if len(found) > 1:
        raise Refused(_("有 {n} 张放行条的单号以 {typed} 结尾，请从下面选。", n=len(found), typed=ending))
    return session.execute(_passes(session).where(GoodsPass.id.in_(found))).first()


def _passes(session: Session) -> Select[GoodsPass, str, str]:
    """Select the passes of the actor's estates: all of them, for a guard has none of his own before it comes."""
    actor = actor_of(session)
    if not actor.roles & AT_THE_GATE:
        raise Refused(_("放行条由门岗和前台核对。"))
    return (
        select(GoodsPass, Unit.short, Customer.name)
        .join(Unit, Unit.id == GoodsPass.unit_id)
        .join(Customer, Customer.id == GoodsPass.customer_id)
        .where(GoodsPass.estate_id.in_(sorted(actor.estates)))
    )


def _shown(case: GoodsPass, unit: str, customer: str, things: tuple[Goods, ...] = ()) -> GatePass:
    assert case.valid_from is not None  # noqa: S101 - opening sets both
    assert case.valid_to is not None  # noqa: S101
    return GatePass(
        case.id, case.number, State(case.state), case.version, unit, customer, case.taker, case.taker_name,
        case.vehicle, case.words, case.valid_from, case.valid_to, case.several, things, case.difference,
    )  # fmt: skip


# ── counted out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def check_out(
    session: Session, case_id: int, counted: Mapping[int, int], *, more: str = "", version: int | None = None,
    at: datetime | None = None, token: str | None = None,
) -> GoodsPass:  # fmt: skip
    """Count goods out: line → how many go now; `more` names what is there beside the pass.

    All as the pass says: it is done. Fewer, on a pass for several exits: the rest may follow. Anything else is a
    difference, which a supervisor decides; nothing is then counted out yet. Raises `Refused` for a pass not of the
    actor's estates, outside its time, in another state, or for more of a line than is left.
    """
    _take_in_hand(session, case_id)
    case = session.get_one(GoodsPass, case_id)
    lines = goods.lines_of(session, case_id)
    if token and case.state not in {State.ISSUED, State.CHECKED}:
        perform(session, case_id, "check", {}, version=version, at=at, token=token)  # a second press, or refused
        return case
    more = " ".join(more.split())
    _refuse_too_many(lines, counted)
    short = [each for each in lines if counted.get(each.id, 0) < each.left]
    if more or (short and not case.several):
        told = {"difference": _difference(short, counted, more)}
        perform(session, case_id, "differ", told, version=version, at=at, token=token)
        case.counted = {str(key): n for key, n in counted.items() if n}
        session.flush()
    elif short:
        if not any(counted.values()):
            raise Refused(_("请先勾选这次出门的物品。"))
        out = str(_("、")).join(
            f"{each.name} {each.amount(counted[each.id])}" for each in lines if counted.get(each.id)
        )
        perform(session, case_id, "partly", {"note": out}, version=version, at=at, token=token)
        count_out(session, case, counted)
    else:
        perform(session, case_id, "check", {}, version=version, at=at, token=token)
    return case


def _take_in_hand(session: Session, case_id: int) -> None:
    """Let the guard who has the goods before him work on the pass, which is nobody's until then."""
    actor = actor_of(session)
    case = session.get(GoodsPass, case_id)
    if case is None or case.estate_id not in actor.estates or not actor.roles & AT_THE_GATE:
        raise Refused(_("没有找到这张放行条，可能单号有误，或不在您负责的项目内。"))
    if Role.GUARD in actor.roles and session.get(CaseHand, (case_id, actor.user_id)) is None:
        session.add(CaseHand(case_id=case_id, user_id=actor.user_id))
        session.flush()


def _refuse_too_many(lines: list[Goods], counted: Mapping[int, int]) -> None:
    known = {each.id: each for each in lines}
    for key, n in counted.items():
        if key not in known or n < 0:
            raise Refused(_("清点的物品不在这张放行条上，请刷新后重新清点。"))
        if n > known[key].left:
            raise Refused(
                _("“{name}”放行条上还剩 {left}，多出的请写在“放行条上没有的”里。", name=known[key].name,
                  left=known[key].amount(known[key].left))
            )  # fmt: skip


def _difference(short: list[Goods], counted: Mapping[int, int], more: str) -> str:
    said = []
    if more:
        said.append(str(_("多：{more}", more=more)))
    if short:
        less = str(_("、")).join(f"{each.name} {each.amount(each.left - counted.get(each.id, 0))}" for each in short)
        said.append(str(_("少：{less}", less=less)))
    return str(_("；")).join(said)


# ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────────


def expire(session: Session, most: int = 100) -> int:
    """Let the clock end passes whose time is over: unused ones expire, used ones are done. Says how many."""
    over = session.scalars(
        select(GoodsPass)
        .where(GoodsPass.state.in_((State.ISSUED.value, State.CHECKED.value)), GoodsPass.valid_to < now())
        .order_by(GoodsPass.id).limit(most)
    ).all()  # fmt: skip
    for case in over:
        perform(session, case.id, "expire" if case.state == State.ISSUED else "finish", {})
    return len(over)


def is_expiry_owed(session: Session) -> bool:
    """Claim: some pass's time is over."""
    over = select(GoodsPass.id).where(
        GoodsPass.state.in_((State.ISSUED.value, State.CHECKED.value)), GoodsPass.valid_to < now()
    )
    return session.scalar(over.limit(1)) is not None
