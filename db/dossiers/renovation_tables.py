"""The tables of renovations 装修: the matter, what was asked leave for, hot works, closed-water tests (D1-D4)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice, Code, Line, Name, Phone, Prose, Yuan
from db.cases import Case
from db.fields import ui
from db.words import _


class State(Choice):
    """Where a renovation stands."""

    APPLIED = "applied", _("待送审"), "orange"
    REVIEWING = "reviewing", _("审核中"), "violet"
    AGREED = "agreed", _("待开工"), "blue"
    WORKING = "working", _("施工中"), "blue"
    STOPPED = "stopped", _("停工整改"), "red"
    COMPLETED = "completed", _("待验收"), "orange"
    ACCEPTED = "accepted", _("待退押金"), "violet"
    DONE = "done", _("已办结"), "green"
    REFUSED = "refused", _("未通过"), "gray"
    WITHDRAWN = "withdrawn", _("已撤回"), "gray"
    VOID = "void", _("已作废"), "gray"


UNFINISHED = (
    State.APPLIED, State.REVIEWING, State.AGREED, State.WORKING, State.STOPPED, State.COMPLETED,
)  # fmt: skip
"""Works asked for, under way or not yet accepted."""
ON_SITE = (State.WORKING, State.STOPPED)
"""Somebody may be at work there: looked at once a day."""


class Formality(Choice):
    """Who renovates where: each has a list of papers, a deposit and a waiting time of its own."""

    OWNER = "owner", _("业主装修申报")
    TENANT = "tenant", _("租户装修申报")
    PARK = "park", _("园区装修申请")


class RefusalGround(Choice):
    """On what ground works are not agreed: those that law or a signed agreement gives, no others."""

    STRUCTURE = "structure", _("变动承重结构，未取得批准")
    GAS = "gas", _("改动燃气设施，未经燃气企业同意")
    FIRE = "fire", _("影响消防设施或疏散，未取得批准")
    OWNER_AGAINST = "owner_against", _("没有业主或出租方书面同意")
    PAPERS = "papers", _("资料不全，限期内未补齐")


class ReviewKind(Choice):
    """What leave was asked for."""

    WORKS = "works", _("装修审核")
    EXTENSION = "extension", _("装修延期")


class WaterResult(Choice):
    """What a closed-water test showed."""

    TIGHT = "tight", _("无渗漏"), "green"
    LEAKS = "leaks", _("有渗漏"), "red"


class Renovation(Case):
    """A renovation: who builds what, until when, and how far it is."""

    __tablename__ = "renovations"
    __mapper_args__ = {"polymorphic_identity": "renovations"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    template: Mapped[Formality] = mapped_column(info=ui(_("手续"), in_filter=True))
    planned_from: Mapped[date] = mapped_column(Date, info=ui(_("计划开工")))
    planned_to: Mapped[date] = mapped_column(Date, index=True, info=ui(_("计划完工"), in_list=True))
    contractor: Mapped[Name] = mapped_column(
        default="", info=ui(_("施工单位"), help=_("自行组织施工的写“自行施工”"), in_list=True)
    )
    licence: Mapped[Line] = mapped_column(default="", info=ui(_("营业执照/资质证号")))
    responsible: Mapped[Name] = mapped_column(default="", info=ui(_("施工负责人"), personal=True))
    responsible_phone: Mapped[Phone | None] = mapped_column(info=ui(_("负责人电话"), personal=True))
    cost: Mapped[Yuan | None] = mapped_column(info=ui(_("预计造价(元)")))
    touches_structure: Mapped[bool] = mapped_column(default=False, info=ui(_("涉及墙体、结构")))
    touches_wet_floor: Mapped[bool] = mapped_column(default=False, info=ui(_("改动卫生间、厨房地面防水")))
    touches_water: Mapped[bool] = mapped_column(default=False, info=ui(_("涉及给排水")))
    touches_electric: Mapped[bool] = mapped_column(default=False, info=ui(_("涉及电路")))
    touches_gas: Mapped[bool] = mapped_column(default=False, info=ui(_("涉及燃气")))
    touches_fire: Mapped[bool] = mapped_column(default=False, info=ui(_("涉及消防设施")))
    touches_facade: Mapped[bool] = mapped_column(default=False, info=ui(_("涉及外立面、空调机位")))
    authority: Mapped[Name] = mapped_column(default="", info=ui(_("批准部门"), help=_("例如 住房和城乡建设局")))
    authority_document: Mapped[Line] = mapped_column(
        default="", info=ui(_("批准文号"), help=_("或设计单位的设计方案号"))
    )
    neighbours_told_on: Mapped[date | None] = mapped_column(Date, info=ui(_("告知邻居日期")))
    neighbours_told_how: Mapped[Line] = mapped_column(
        default="", info=ui(_("告知方式"), help=_("例如 电梯口张贴、上门告知上下左右邻居"))
    )
    started_on: Mapped[date | None] = mapped_column(Date, info=ui(_("开工日期"), in_list=True))
    finished_on: Mapped[date | None] = mapped_column(Date, info=ui(_("报完工日期")))
    accepted_on: Mapped[date | None] = mapped_column(Date, info=ui(_("验收合格日期")))
    reinspect_on: Mapped[date | None] = mapped_column(Date, info=ui(_("复验日期")))
    refusal_ground: Mapped[RefusalGround | None] = mapped_column(info=ui(_("不予办理的依据")))
    unit_state_before: Mapped[Code] = mapped_column(default="")
    """How the unit stood before works began; it stands so again once they are accepted."""


class RenovationReview(Base):
    """A round of asking leave, for the works or for more time; its steps are approvals under its own number."""

    __tablename__ = "renovation_reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[ReviewKind]
    until: Mapped[date | None] = mapped_column(Date)
    """The new end that an extension asks for."""
    reason: Mapped[Prose] = mapped_column(default="")
    asked_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When its verdict was followed, or it was taken back."""


class HotWork(Base):
    """A hot-work permit 动火证: one day, one place, with a watcher and extinguishers."""

    __tablename__ = "hot_works"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    number: Mapped[Code] = mapped_column(unique=True)
    valid_on: Mapped[date] = mapped_column(Date, index=True)
    from_time: Mapped[Code]
    to_time: Mapped[Code]
    place: Mapped[Line]
    what: Mapped[Line]
    worker: Mapped[Name]
    certificate: Mapped[Line] = mapped_column(default="")
    watcher: Mapped[Name]
    extinguishers: Mapped[Line]
    issued_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    issued_at: Mapped[datetime]


class WaterTest(Base):
    """A closed-water test 闭水试验: at least a day of standing water, then a look at the ceiling below."""

    __tablename__ = "water_tests"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    place: Mapped[Line]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[WaterResult | None]
    neighbour: Mapped[Line] = mapped_column(default="")
    """Who looked below, and where."""
    remark: Mapped[Line] = mapped_column(default="")
