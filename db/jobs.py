"""What the clock owes 定时事项: warnings, tidying, the nightly backup; once each, caught up after the PC was off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import backup, clock, document_removals, parking_spaces, settings, signing_in
from db.base import Base, Code, UtcDateTime
from db.cases import Case
from db.clock import day_of, moment_of, now
from db.dossiers import exits, tenancies
from db.faults import write_fault
from db.ledger import dunning_clock
from db.people import SYSTEM
from db.process import perform
from db.processes import PROCESSES
from db.session import reading, writing
from db.words import Words, _

LEASE = timedelta(minutes=30)
"""A runner that has not come back by then has died; another may take over."""
AT_ONCE = 100
"""Matters warned of in one transaction: the whole office waits while it writes."""
NIGHT = time(2, 0)
"""When nobody is in the way."""


class Job(Base):
    """One of the clock's duties: when it was last done, and until when somebody is at it."""

    __tablename__ = "jobs"

    name: Mapped[Code] = mapped_column(primary_key=True)
    last_run_at: Mapped[datetime | None]
    running_until: Mapped[datetime | None]


@dataclass(frozen=True)
class Duty:
    """Something the clock owes."""

    name: str
    is_owed: Callable[[Session, datetime | None], bool]
    """Claim: it is owed now, having last been done then."""
    do: Callable[[], Words | None]
    """Does it; says in words what was done, if anything."""


def run_due(moment: datetime | None = None) -> list[str]:
    """Do what is owed at `moment` (default: now); returns in words what was done.

    Each duty has one runner at a time, over all processes and servers. One that fails is written down as a fault and
    owed again; it does not keep the others.
    """
    if moment is not None:
        with clock.pretending(moment):
            return run_due()
    done = []
    for duty in DUTIES:
        if not _claimed(duty):
            continue
        try:
            said = duty.do()
        except Exception as error:  # noqa: BLE001 - the other duties are owed all the same
            write_fault(error, page=f"jobs.{duty.name}")
            _ended(duty, done=False)
            continue
        _ended(duty, done=True)
        if said is not None:
            done.append(str(said))
    return done


# ── one runner at a time ─────────────────────────────────────────────────────────────────────────────────────────────


def _claimed(duty: Duty) -> bool:
    """Take a duty if it is owed and nobody is at it."""
    with reading(SYSTEM) as looking:  # without a write: this is asked every minute
        if not _is_free_and_owed(looking, looking.get(Job, duty.name), duty):
            return False
    with writing(SYSTEM) as claiming:
        insert = sqlite.insert if claiming.get_bind().dialect.name == "sqlite" else postgresql.insert
        claiming.execute(insert(Job).values(name=duty.name).on_conflict_do_nothing())
        job = claiming.get_one(Job, duty.name, with_for_update=True)
        if not _is_free_and_owed(claiming, job, duty):
            return False
        job.running_until = now() + LEASE
        return True


def _is_free_and_owed(looking: Session, job: Job | None, duty: Duty) -> bool:
    if job is not None and job.running_until is not None and job.running_until > now():
        return False
    return duty.is_owed(looking, job.last_run_at if job is not None else None)


def _ended(duty: Duty, *, done: bool) -> None:
    with writing(SYSTEM) as ending:
        job = ending.get_one(Job, duty.name, with_for_update=True)
        job.running_until = None
        if done:
            job.last_run_at = now()


# ── warnings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _unwarned() -> Select[int, int, datetime | None, bool]:
    """Select what may have to be warned of, up to a moment `soon`; built once, it is asked every minute."""
    may_be = [
        and_(Case.process == process.key, Case.state.in_([state.value for state in each.sources]))
        for process in PROCESSES.values()
        for each in process.actions
        if each.name == "warn"
    ]
    return (
        select(Case.id, Case.estate_id, Case.due_at, Case.grave)
        .where(
            or_(*may_be), Case.closed_at.is_(None), Case.handled_at.is_(None), Case.paused_at.is_(None),
            Case.escalated_at.is_(None), or_(Case.grave, Case.due_at <= bindparam("soon", type_=UtcDateTime())),
        )
        .order_by(Case.id)
    )  # fmt: skip


def to_warn_of(looking: Session) -> list[int]:
    """List matters a superior must hear of: grave or about to be late, not handled, not paused, not yet told of."""
    furthest = now() + timedelta(minutes=settings.ESCALATE_MINUTES.most)
    found = looking.execute(_unwarned(), {"soon": furthest}).all()
    return [
        case_id
        for case_id, estate_id, due_at, grave in found
        if grave or (due_at is not None and due_at <= now() + _ahead(looking, estate_id))
    ]


def _ahead(looking: Session, estate_id: int) -> timedelta:
    return timedelta(minutes=settings.value_of(looking, settings.ESCALATE_MINUTES, estate_id))


def escalate(acting: Session, case_ids: Iterable[int] | None = None) -> int:
    """Warn of these matters (default: all that need it) in the system's session; says of how many.

    Each is a savepoint of its own: one that cannot be warned of is written down and keeps nobody else.
    """
    warned = 0
    for case_id in to_warn_of(acting) if case_ids is None else case_ids:
        try:
            with acting.begin_nested():
                perform(acting, case_id, "warn")
                warned += 1
        except Exception as error:  # noqa: BLE001 - the others are owed all the same
            write_fault(error, page="jobs.escalate", case=case_id)
    return warned


def _escalate() -> Words | None:
    warned, tried = 0, set[int]()
    while True:
        with writing(SYSTEM) as acting:
            some = [each for each in to_warn_of(acting) if each not in tried][:AT_ONCE]
            warned += escalate(acting, some)
        tried.update(some)
        if len(some) < AT_ONCE:
            return _("超时预警 {n} 件。", n=warned) if warned else None


# ── every night ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _nightly(looking: Session, last: datetime | None) -> bool:  # noqa: ARG001 - asked like the others
    """Claim: the last night has not been served; a PC that was off then catches up."""
    tonight = moment_of(day_of(now()), NIGHT)
    night = tonight if tonight <= now() else moment_of(day_of(now()) - timedelta(days=1), NIGHT)
    return last is None or last < night


def _nightly_on_sqlite(looking: Session, last: datetime | None) -> bool:
    return looking.get_bind().dialect.name == "sqlite" and _nightly(looking, last)


def _forget() -> Words | None:
    with writing(SYSTEM) as forgetting:
        signing_in.forget_old(forgetting, now())
    return None


def _back_up() -> Words | None:
    folder = backup.nightly_folder()
    made = backup.make(folder)
    backup.keep_lately(folder, now())
    return _("已做每日备份 {file}。", file=made.name)


def _move_dunning_on() -> Words | None:
    moved = 0
    while True:
        with writing(SYSTEM) as acting:
            some = dunning_clock.move_on(acting, AT_ONCE)
        moved += some
        if some < AT_ONCE:
            return _("催缴限期已过 {n} 件。", n=moved) if moved else None


def _close_paid_dunning() -> Words | None:
    with writing(SYSTEM) as acting:
        closed = dunning_clock.close_paid(acting)
    return _("催缴已结清 {n} 件。", n=closed) if closed else None


def _sweep_documents() -> Words | None:
    swept = document_removals.sweep()
    return _("已销毁保存期满的文件 {n} 份。", n=swept) if swept else None


def _expire_goods_passes() -> Words | None:
    ended = 0
    while True:
        with writing(SYSTEM) as acting:
            some = exits.expire(acting, AT_ONCE)
        ended += some
        if some < AT_ONCE:
            return _("到期的放行条 {n} 张。", n=ended) if ended else None


def _keep_tenancies() -> Words | None:
    with reading(SYSTEM) as looking:
        last = looking.scalar(select(Job.last_run_at).where(Job.name == "tenancies"))
    day = day_of(now())
    with writing(SYSTEM) as acting:
        units, spaces = tenancies.follow(acting, day_of(last) if last else day - timedelta(days=1), day)
    return _("房屋使用状态变动 {n} 户，释放车位 {m} 个。", n=units, m=spaces) if units or spaces else None


def _begin_parking() -> Words | None:
    with writing(SYSTEM) as acting:
        begun = parking_spaces.begin_due(acting)
    return _("停车证开始使用 {n} 张。", n=begun) if begun else None


DUTIES = (
    Duty("escalate", lambda looking, _last: bool(to_warn_of(looking)), _escalate),
    Duty("dunning", lambda looking, _last: dunning_clock.is_owed(looking), _move_dunning_on),
    Duty("goods_passes", lambda looking, _last: exits.is_expiry_owed(looking), _expire_goods_passes),
    Duty("parking_permits", lambda looking, _last: parking_spaces.is_begin_owed(looking), _begin_parking),
    Duty("dunning_paid", _nightly, _close_paid_dunning),
    Duty("tenancies", _nightly, _keep_tenancies),
    Duty("forget", _nightly, _forget),
    Duty("documents", _nightly, _sweep_documents),
    Duty("backup", _nightly_on_sqlite, _back_up),
)
