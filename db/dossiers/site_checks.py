"""Looking at a site 装修巡查: once a day while it works, point by point; and the acceptance at its end (D3, D4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import PROSE_LENGTH, Base, Choice, Code, Prose
from db.cases import Case
from db.clock import today
from db.dossiers.renovation_tables import ON_SITE, Renovation, State
from db.dossiers.steps import noted
from db.fields import Field
from db.people import OFFICE, Role, User, in_scope
from db.process import Step
from db.refused import Refused
from db.registry import Building, Unit
from db.session import actor_of
from db.words import Words, _

KEEPERS = OFFICE | {Role.WORKS_SUPERVISOR}
"""Who looks after sites: the office, stewards on their walks, the works supervisor."""


class CheckKind(Choice):
    """What a look at the site was for."""

    DAILY = "daily", _("日常巡查")
    ACCEPTANCE = "acceptance", _("完工验收")


class Seen(Choice):
    """What was found at a point."""

    GOOD = "good", _("合格"), "green"
    BAD = "bad", _("不合格"), "red"
    NONE = "none", _("不涉及"), "gray"


POINTS: dict[CheckKind, dict[str, Words]] = {
    CheckKind.DAILY: {
        "hours": _("按规定时间施工"),
        "structure": _("没有敲改承重结构"),
        "water_electric": _("水电改动符合申报"),
        "waste": _("垃圾袋装、及时清运"),
        "extinguisher": _("灭火器到位、动火有证"),
        "passes": _("施工人员佩戴出入证"),
        "common": _("公共部位保护、不占用"),
        "neighbours": _("没有扰邻反映"),
    },
    CheckKind.ACCEPTANCE: {
        "as_declared": _("与申报内容一致"),
        "structure": _("承重结构完好"),
        "waterproof": _("防水、地漏、排水正常"),
        "electric": _("强弱电箱、回路正常"),
        "gas": _("燃气设施未改动或合规"),
        "fire": _("消防设施完好"),
        "facade": _("外立面、空调机位合规"),
        "common": _("公共部位恢复、垃圾清完"),
    },
}
"""What is looked at, in the order of the walk. The key is stored, the words are the office's."""


class SiteCheck(Base):
    """One look at a site; several a day may be written down, a day with one is a day looked at."""

    __tablename__ = "site_checks"
    __table_args__ = (Index("ix_site_checks_case_id_day", "case_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[CheckKind] = mapped_column(default=CheckKind.DAILY)
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    findings: Mapped[Prose] = mapped_column(default="")


class SitePoint(Base):
    """One point of a look."""

    __tablename__ = "site_points"

    id: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("site_checks.id"), index=True)
    key: Mapped[Code]
    seen: Mapped[Seen]


@dataclass(frozen=True)
class Look:
    """A look at a site as it is shown."""

    id: int
    kind: CheckKind
    day: date
    at: datetime
    by: str
    findings: str
    points: tuple[tuple[str, Seen], ...]
    """(words, what was found), in the order of the walk."""

    @property
    def bad(self) -> tuple[str, ...]:
        """The points found wanting."""
        return tuple(words for words, seen in self.points if seen is Seen.BAD)


# ── writing one down ─────────────────────────────────────────────────────────────────────────────────────────────────

FINDINGS = Field("findings", _("发现的问题"), "prose", _("不合格的写清楚在哪里、是什么"), required=False,
                 length=PROSE_LENGTH)  # fmt: skip


def asked(kind: CheckKind) -> tuple[Field, ...]:
    """List what a look asks: each point, found good unless told otherwise, and the findings in words."""
    points = (
        Field(key, words, "choice", choices=Seen, default=Seen.GOOD) for key, words in POINTS[kind].items()
    )  # fmt: skip
    return (*points, FINDINGS)


def written(step: Step, kind: CheckKind) -> SiteCheck:
    """Write a look down with the step that tells of it; what is found bad has to be put in words."""
    values = step.values
    bad = bad_points(kind, values)
    findings = (values.get("findings") or "").strip()
    if bad and not findings:
        wrong = _("有不合格项，请写明发现的问题。")
        raise Refused(wrong, {FINDINGS.name: wrong})
    check = SiteCheck(
        case_id=step.case.id, kind=kind, day=step.day, at=step.at, by=step.actor.user_id, findings=findings
    )
    step.session.add(check)
    step.session.flush()
    step.session.add_all(SitePoint(check_id=check.id, key=key, seen=Seen(values[key])) for key in POINTS[kind])
    said = str(_("、")).join(bad)
    words = _("不合格：{points}。{findings}", points=said, findings=findings) if bad else _("各项合格。")
    noted(step, words)
    return check


def bad_points(kind: CheckKind, values: Mapping[str, Any]) -> list[str]:
    """Name the points that a form tells of as bad."""
    return [str(words) for key, words in POINTS[kind].items() if values.get(key) == Seen.BAD]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def looks_at(session: Session, case_id: int, kind: CheckKind | None = None, limit: int = 200) -> list[Look]:
    """List the looks at a site, newest first, in two queries; the caller has found the matter in the actor's scope."""
    statement = select(SiteCheck, User.name).join(User, User.id == SiteCheck.by).where(SiteCheck.case_id == case_id)
    if kind is not None:
        statement = statement.where(SiteCheck.kind == kind)
    rows = session.execute(statement.order_by(SiteCheck.id.desc()).limit(limit)).all()
    points: dict[int, dict[str, Seen]] = {}
    ids = [check.id for check, _by in rows]
    for point in session.scalars(select(SitePoint).where(SitePoint.check_id.in_(ids))):
        points.setdefault(point.check_id, {})[point.key] = point.seen
    return [
        Look(
            check.id, check.kind, check.day, check.at, by, check.findings,
            tuple(
                (str(words), points.get(check.id, {})[key])
                for key, words in POINTS[check.kind].items()
                if key in points.get(check.id, {})
            ),
        )
        for check, by in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A site that calls for attention: not yet looked at today, or past the end that was planned."""

    case_id: int
    number: str
    where: str
    contractor: str
    state: State
    last_check: date | None
    days_unseen: int
    """Days since the last look, or since works began; 0 when looked at today."""
    overdue: int
    """Days past the planned end; 0 while there is time."""


def sites(session: Session, estates: Collection[int] = (), day: date | None = None) -> list[Site]:
    """List every site at work in the actor's estates, the longest unseen first; one query."""
    actor, on = actor_of(session), day or today()
    looked = (
        select(SiteCheck.case_id, func.max(SiteCheck.day).label("last"))
        .where(SiteCheck.day <= on).group_by(SiteCheck.case_id).subquery()
    )  # fmt: skip
    own = Renovation.__table__
    statement = (
        select(
            Case.id, Case.number, Case.state, Unit.short, Building.name, own.c.contractor, own.c.started_on,
            own.c.planned_to, looked.c.last,
        )
        .join(own, own.c.id == Case.id)
        .outerjoin(looked, looked.c.case_id == Case.id)
        .outerjoin(Unit, Unit.id == Case.unit_id)
        .outerjoin(Building, Building.id == Case.building_id)
        .where(Case.state.in_([each.value for each in ON_SITE]), Case.closed_at.is_(None))
    )  # fmt: skip
    if estates:
        statement = statement.where(Case.estate_id.in_(sorted(estates)))
    found = []
    for case_id, number, state, unit, building, contractor, started, until, last in session.execute(
        in_scope(statement, actor, Case)
    ):
        since = last or started or on
        late = max((on - until).days, 0)
        unseen = 0 if last == on else max((on - since).days, 1)
        found.append(Site(case_id, number, unit or building or "", contractor, State(state), last, unseen, late))
    return sorted(found, key=lambda each: (-each.days_unseen, -each.overdue, each.where))


def due_today(session: Session, estates: Collection[int] = (), day: date | None = None) -> list[Site]:
    """List the sites not yet looked at today (HB:155: the steward watches over works every day)."""
    return [each for each in sites(session, estates, day) if each.days_unseen]


def unchecked_sites(session: Session, estates: Collection[int] = (), day: date | None = None) -> list[Site]:
    """List the sites that went a whole day or more without a look."""
    return [each for each in due_today(session, estates, day) if each.days_unseen > 1]


def overdue_sites(session: Session, estates: Collection[int] = (), day: date | None = None) -> list[Site]:
    """List the sites past their planned end."""
    return [each for each in sites(session, estates, day) if each.overdue]


def to_look_at(session: Session, estates: Collection[int] = ()) -> list[Site]:
    """List what My work shows to those who look after sites: unseen today, or overdue."""
    if not actor_of(session).roles & KEEPERS:
        return []
    return [each for each in sites(session, estates) if each.days_unseen or each.overdue]
