"""Worker passes 施工人员出入证: who may come to a site, until when; a guard looks them up (D2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import NAME_LENGTH, PROSE_LENGTH, Base, Choice, Code, Name
from db.cases import Case
from db.checking import clean_text
from db.clock import today
from db.dossiers.renovation_tables import ON_SITE, Renovation, State
from db.dossiers.steps import noted, spanning
from db.fields import Field
from db.masking import mask_id
from db.people import Actor, Role
from db.process import Step
from db.refused import Refused
from db.registry import Building, Unit
from db.session import actor_of
from db.words import Words, _

LOOKERS = frozenset(
    {Role.GUARD, Role.DESK, Role.STEWARD, Role.SUPERVISOR, Role.DIRECTOR, Role.WORKS_SUPERVISOR, Role.ADMINISTRATOR}
)
"""Who may ask whether a pass holds: the gate, and the office."""
MOST_AT_ONCE = 60
_ID = re.compile(r"[0-9A-Z]{6,18}")
_SPLIT = re.compile(r"[,、;\t|]+|\s+")
"""Between name, number and trade, once wide signs are made narrow."""


class SitePass(Base):
    """A worker's pass; what he was is kept, what holds is asked."""

    __tablename__ = "site_passes"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    number: Mapped[Code]
    name: Mapped[Name]
    id_number: Mapped[str] = mapped_column(String(18), default="")
    trade: Mapped[Name] = mapped_column(default="")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    issued_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    issued_at: Mapped[datetime]
    returned_on: Mapped[date | None] = mapped_column(Date)
    lost: Mapped[bool] = mapped_column(default=False)
    """Returned as lost: it must not be let through any more."""


class Standing(Choice):
    """What a guard is told about a pass."""

    VALID = "valid", _("有效"), "green"
    NOT_YET = "not_yet", _("还没到有效期"), "orange"
    EXPIRED = "expired", _("已过期"), "red"
    RETURNED = "returned", _("已收回或挂失"), "red"
    STOPPED = "stopped", _("停工整改中"), "orange"
    NOT_STARTED = "not_started", _("还没开工"), "orange"
    ENDED = "ended", _("装修已结束"), "red"


@dataclass(frozen=True)
class Pass:
    """A pass as it is shown; the identity number is masked."""

    id: int
    number: str
    name: str
    id_number: str
    trade: str
    valid_from: date
    valid_to: date
    returned_on: date | None
    lost: bool
    standing: Standing
    case_number: str
    where: str
    contractor: str


# ── issuing, returning ───────────────────────────────────────────────────────────────────────────────────────────────

WORKERS = Field(
    "workers", _("施工人员"), "prose", _("每行一人：姓名 证件号码 工种，例如 张三 370700198001011234 水电工"),
    length=PROSE_LENGTH,
)  # fmt: skip
VALID_FROM = Field("valid_from", _("有效期起"), "date", _("不填为计划开工日"), required=False)
VALID_TO = Field("valid_to", _("有效期止"), "date", _("不填为计划完工日"), required=False)
NUMBERS = Field("numbers", _("出入证号"), "text", _("可填多个，用逗号分开；全部收回填“全部”"), length=PROSE_LENGTH)
LOST = Field("lost", _("是遗失"), "flag", default=False)
EVERY_PASS = _("全部")


def read_workers(typed: str) -> list[tuple[str, str, str]]:
    """Read a list of workers, one a line: name, identity number, trade; `Refused` names the line that is unclear."""
    lines = [_narrow(each) for each in typed.splitlines()]
    lines = [each for each in lines if each]
    if not lines:
        raise _wrong(_("请至少填写一名施工人员。"))
    if len(lines) > MOST_AT_ONCE:
        raise _wrong(_("一次最多办 {n} 张，请分几次办理。", n=MOST_AT_ONCE))
    found, problems = [], []
    for row, line in enumerate(lines, start=1):
        name, number, trade = ([*_SPLIT.split(line, maxsplit=2), "", ""])[:3]
        number = number.upper()
        if not number:
            problems.append(str(_("第{row}行缺证件号码。", row=row)))
        elif not _ID.fullmatch(number):
            problems.append(str(_("第{row}行的证件号码不对，请核对。", row=row)))
        elif len(name) > NAME_LENGTH or len(trade) > NAME_LENGTH:
            problems.append(str(_("第{row}行太长，请只写姓名、证件号码和工种。", row=row)))
        found.append((name, number, trade))
    if problems:
        raise _wrong("".join(problems))
    numbers = [number for _name, number, _trade in found]
    if twice := sorted({each for each in numbers if numbers.count(each) > 1}):
        raise _wrong(_("证件号码重复：{number}。", number=mask_id(twice[0])))
    return found


def _narrow(typed: str) -> str:
    return unicodedata.normalize("NFKC", clean_text(typed)).strip()


def _wrong(problem: Words | str) -> Refused:
    return Refused(problem, {WORKERS.name: problem})


def issued(step: Step) -> None:
    """Write down the passes that a step issues: within the planned time, one a person."""
    session, case, values = step.session, step.case, step.values
    first, last = values.get("valid_from") or case.planned_from, values.get("valid_to") or case.planned_to
    spanning(first, last, VALID_TO.name, what=_("出入证有效期"))
    if last > case.planned_to:
        wrong = _("有效期不能超过计划完工日 {day}；要延长请先办理延期。", day=case.planned_to)
        raise Refused(wrong, {VALID_TO.name: wrong})
    if last < today():
        wrong = _("有效期止日 {day} 已经过去。", day=last)
        raise Refused(wrong, {VALID_TO.name: wrong})
    there = _of_case(session, case.id)
    held = {each.id_number for each in there if each.returned_on is None and each.valid_to >= first}
    workers = read_workers(values["workers"])
    if known := [name for name, number, _trade in workers if number in held]:
        raise _wrong(_("{names} 已有没收回的出入证，请先收回再补办。", names=str(_("、")).join(known)))
    made = [
        SitePass(
            case_id=case.id, estate_id=case.estate_id, unit_id=case.unit_id, number=f"{case.number}-{place:02d}",
            name=name, id_number=number, trade=trade, valid_from=first, valid_to=last, issued_by=step.actor.user_id,
            issued_at=step.at,
        )
        for place, (name, number, trade) in enumerate(workers, start=len(there) + 1)
    ]  # fmt: skip
    session.add_all(made)
    noted(step, _("发出 {n} 张：{numbers}", n=len(made), numbers=_joined(made)))


def taken_back(step: Step) -> None:
    """Take passes back, or write them off as lost."""
    typed = _narrow(step.values["numbers"]).upper()
    held = [each for each in _of_case(step.session, step.case.id) if each.returned_on is None]
    if typed in {EVERY_PASS.text, str(EVERY_PASS).upper()}:
        meant = held
    else:
        wished = {each for each in _SPLIT.split(typed) if each}
        meant = [each for each in held if each.number in wished or each.number.rpartition("-")[2] in wished]
        known = {each.number for each in meant} | {each.number.rpartition("-")[2] for each in meant}
        if unknown := sorted(wished - known):
            wrong = _("没有这些在用的出入证：{numbers}。", numbers=str(_("、")).join(unknown))
            raise Refused(wrong, {NUMBERS.name: wrong})
    if not meant:
        raise Refused(_("没有要收回的出入证。"))
    for each in meant:
        each.returned_on, each.lost = step.day, bool(step.values.get("lost"))
    said = _("挂失 {n} 张：{numbers}") if step.values.get("lost") else _("收回 {n} 张：{numbers}")
    noted(step, Words(said.text, {"n": len(meant), "numbers": _joined(meant)}))


def _joined(passes: Collection[SitePass]) -> str:
    return str(_("、")).join(each.number.rpartition("-")[2] for each in passes)


def run_until(session: Session, case_id: int, before: date, until: date) -> None:
    """Let the passes that ran to the former end of the works run to the new one."""
    for each in _of_case(session, case_id):
        if each.returned_on is None and each.valid_to == before:
            each.valid_to = until


def end_with_the_works(session: Session, case_id: int, on: date) -> None:
    """Let no pass outlast the works."""
    for each in _of_case(session, case_id):
        each.valid_to = min(each.valid_to, max(on, each.valid_from))


def _of_case(session: Session, case_id: int) -> list[SitePass]:
    return list(session.scalars(select(SitePass).where(SitePass.case_id == case_id).order_by(SitePass.id)))


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _standing(row: SitePass, state: str, day: date) -> Standing:
    if row.returned_on is not None:
        return Standing.RETURNED
    if state == State.STOPPED:
        return Standing.STOPPED
    if state == State.AGREED:
        return Standing.NOT_STARTED
    if state not in {*ON_SITE, State.COMPLETED}:
        return Standing.ENDED
    if day < row.valid_from:
        return Standing.NOT_YET
    return Standing.EXPIRED if day > row.valid_to else Standing.VALID


def _select() -> Any:
    return (
        select(SitePass, Renovation.__table__.c.contractor, Case.number, Case.state, Unit.short, Building.name)
        .join(Case.__table__, Case.id == SitePass.case_id)
        .join(Renovation.__table__, Renovation.__table__.c.id == SitePass.case_id)
        .outerjoin(Unit, Unit.id == Case.unit_id)
        .outerjoin(Building, Building.id == Case.building_id)
        .order_by(Unit.short, SitePass.id)
    )


def _shown(row: Any, day: date) -> Pass:
    made, contractor, number, state, unit, building = row
    return Pass(
        made.id, made.number, made.name, mask_id(made.id_number), made.trade, made.valid_from, made.valid_to,
        made.returned_on, made.lost, _standing(made, state, day), number, unit or building or "", contractor,
    )  # fmt: skip


def passes_of(session: Session, case_id: int) -> list[Pass]:
    """List a renovation's passes, in the order issued; the caller has found the matter in the actor's scope."""
    return [_shown(row, today()) for row in session.execute(_select().where(SitePass.case_id == case_id))]


def valid_on(session: Session, day: date, estates: Collection[int] = ()) -> list[Pass]:
    """List the passes that hold on a day in the actor's estates, by unit: the guard's list. Raises `Refused`."""
    actor = _looker(session)
    wished = sorted(actor.estates & set(estates) if estates else actor.estates)
    rows = session.execute(
        _select().where(
            SitePass.estate_id.in_(wished), SitePass.valid_from <= day, SitePass.valid_to >= day,
            SitePass.returned_on.is_(None), Case.state.in_([State.WORKING, State.COMPLETED]),
        )
    )  # fmt: skip
    return [_shown(row, day) for row in rows]


def look_up(session: Session, typed: str, day: date | None = None) -> list[Pass]:
    """Find passes by what a guard scans or types: the number, the address in the code, or the worker's whole name.

    Found in the actor's estates only; nothing found means nobody let in by it. Raises `Refused` for who may not ask.
    """
    actor = _looker(session)
    said = clean_text(typed).strip()
    number = said.rpartition("=")[2].strip().upper()  # a scanned code is an address that ends in the number
    if not said:
        return []
    rows = session.execute(
        _select()
        .where(SitePass.estate_id.in_(sorted(actor.estates)), or_(SitePass.number == number, SitePass.name == said))
        .limit(20)
    )
    return [_shown(row, day or today()) for row in rows]


def _looker(session: Session) -> Actor:
    actor = actor_of(session)
    if not actor.roles & LOOKERS:
        raise Refused(_("您没有查验出入证的权限。"))
    return actor


def pass_by_id(session: Session, pass_id: int) -> SitePass:
    """Find a pass for its paper, in the actor's estates."""
    row = session.get(SitePass, pass_id)
    if row is None or row.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这张出入证。"))
    return row


__all__ = [
    "LOOKERS", "LOST", "NUMBERS", "VALID_FROM", "VALID_TO", "WORKERS", "Pass", "SitePass", "Standing",
    "end_with_the_works", "issued", "look_up", "pass_by_id", "passes_of", "read_workers",
    "run_until", "taken_back", "valid_on",
]  # fmt: skip
