"""The four quality objectives (HB:152), counted so that two people get the same figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from db.clock import day_of, now
from db.counters import WHOLE_BY_DAY, Counted
from db.ledger.tables import FeeKind
from db.registry import Building, Estate
from db.reports import fees
from db.reports.periods import Period, month_of, year_of
from db.reports.shares import Share, estates_shown
from db.settings import Setting, SettingValue
from db.words import Words, _

FEW = 10
"""With a smaller denominator one person makes a tenth: such a rate gets no colour."""

SATISFACTION_TARGET = Setting("reports.satisfaction_target", _("客户服务满意率目标（%）"), 90, least=1, most=100)
RETURN_VISIT_TARGET = Setting("reports.return_visit_target", _("投诉处理回访率目标（%）"), 50, least=1, most=100)
COLLECTION_TARGET = Setting("reports.collection_target", _("管理费收缴率目标（%）"), 95, least=1, most=100)
PAID_SERVICE_TARGET = Setting("reports.paid_service_target", _("有偿服务满意率目标（%）"), 98, least=1, most=100)


@dataclass(frozen=True)
class Definition:
    """What an objective counts: two measures of one process by the day on which the matter was handled, or money."""

    key: str
    label: Words
    target: Setting
    formula: Words
    waits_for: Words | None = None
    """The part of the system that will bring its data; until then there is no figure, not 0 %."""
    process: str = ""
    numerator: str = ""
    denominator: str = ""
    footnote: Words | None = None
    """Said of `aside` where it is not nothing."""
    aside: str = ""
    """A measure shown beside the rate: satisfied of those asked, and the like."""
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Filters that list the denominator's cases."""
    rows_of_numerator: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fee: FeeKind | None = None
    """Of money: the bills of this kind, for the year to date, in fen."""


DEFINITIONS = (
    Definition(
        "satisfaction", _("客户服务满意率"), SATISFACTION_TARGET,
        _("对客户服务表示满意的业主人数 ÷ 客户满意调查总业主人数"), waits_for=_("满意度调查"),
    ),
    Definition(
        "return_visits", _("投诉处理回访率"), RETURN_VISIT_TARGET,
        _("处理完毕后已回访的投诉 ÷ 处理完毕的投诉"), process="complaints", numerator="visited", denominator="handled",
        rows_of_numerator={"visited": ("1",)},
    ),
    Definition(
        "collection", _("管理费收缴率"), COLLECTION_TARGET,
        _("实收管理费 ÷ 应收管理费（当年累计，按账期；减免不计，预收不计）"), fee=FeeKind.MANAGEMENT,
    ),
    Definition(
        "paid_services", _("有偿服务满意率"), PAID_SERVICE_TARGET,
        _("客户表示满意的有偿服务 ÷ 已完成的有偿服务"), process="repairs",
        numerator="paid_satisfied", denominator="paid_done", aside="paid_rated", footnote=_("未评价 {n} 件，计入总数"),
        rows={"charge_kind": ("paid",)}, rows_of_numerator={"rating": ("very", "satisfied")},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Objective:
    """One objective over one period, as of a moment."""

    definition: Definition
    period: Period
    as_of: datetime
    target: int
    """Per cent."""
    share: Share | None
    """`None` while the data's part of the system is not there."""
    void: int
    """Void, merged and withdrawn matters opened in the period: in neither number."""
    unrated: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Per cent with one decimal; `None` when it waits for data or nothing was handled."""
        return self.share.rate(self.target) if self.share else None

    @property
    def is_met(self) -> bool | None:
        """Claim: the target is reached, compared exactly; `None` when there is no rate."""
        if self.share is None or not self.share.denominator:
            return None
        return self.share.numerator * 100 >= self.target * self.share.denominator

    @property
    def is_telling(self) -> bool:
        """Claim: the denominator is large enough for a colour."""
        return self.share is not None and self.share.denominator >= FEW


def objectives(session: Session, period: Period, estate_ids: Collection[int] = ()) -> list[Objective]:
    """Count the four objectives over `period` for all of the actor's estates, or those named; three queries.

    What is of money is counted from the year's first month to the period's last, but no month ahead.

    Raises `Refused` without `SEE_FIGURES`.
    """
    estates = estates_shown(session, estate_ids)
    counted: Counter[tuple[str, str]] = Counter()
    for process, measure, _place, n in _sums(session, period, estates, [WHOLE_BY_DAY]):
        counted[process, measure] += n
    targets, moment = targets_of(session, estates), now()
    return [
        _of_money(session, each, to_date(period, day_of(moment)), targets, estates) if each.fee is not None
        else _objective(each, period, moment, targets, counted)
        for each in DEFINITIONS
    ]  # fmt: skip


def _objective(
    definition: Definition, period: Period, moment: datetime, targets: Mapping[str, int],
    counted: Counter[tuple[str, str]],
) -> Objective:  # fmt: skip
    target, process = targets[definition.target.key], definition.process
    if definition.waits_for is not None:
        return Objective(definition, period, moment, target, None, 0)
    share = Share(counted[process, definition.numerator], counted[process, definition.denominator])
    unrated = share.denominator - counted[process, definition.aside] if definition.aside else 0
    return Objective(definition, period, moment, target, share, counted[process, "void"], unrated)


def to_date(period: Period, day: date) -> Period:
    """Return the year's months up to the period's last, none of them ahead of `day`."""
    last = min(period.last, month_of(day).last)
    return Period(year_of(last).first, last)


def _of_money(
    session: Session, definition: Definition, period: Period, targets: Mapping[str, int], estates: Collection[int]
) -> Objective:
    (whole,) = fees.billed(session, fees.Wish(period, estates, (definition.fee,) if definition.fee else ()))
    return Objective(definition, period, now(), targets[definition.target.key], whole.share, 0)


def by_building(
    session: Session, key: str, period: Period, estate_ids: Collection[int] = ()
) -> list[tuple[str, Share]]:
    """Break an objective down by building, 公共区域 last in each estate; the parts add up to the whole.

    `period` begins and ends with a month. Buildings without a single matter are left out. Raises `KeyError` for an
    unknown objective.
    """
    definition = {each.key: each for each in DEFINITIONS}[key]
    estates = estates_shown(session, estate_ids)
    if definition.fee is not None:
        lines = fees.billed(session, fees.Wish(period, estates, (definition.fee,)), "building")
        shares = {each.key: each.share for each in lines}
        return [(name, shares[place[1]]) for place, name in buildings(session, estates).items() if place[1] in shares]
    counted: Counter[tuple[tuple[int, int], str]] = Counter()
    named = buildings(session, estates)
    for process, measure, place, n in _sums(session, period, estates, {building for _estate, building in named}):
        if process == definition.process:
            counted[place, measure] += n
    return [
        (name, share)
        for place, name in named.items()
        if (share := Share(counted[place, definition.numerator], counted[place, definition.denominator])).denominator
    ]


def buildings(session: Session, estates: Collection[int]) -> dict[tuple[int, int], str]:
    """Name every (estate, building) that counters know, in the order of lists; 0 is the estate's public areas.

    Where two estates have buildings of one name, the estate's goes before it.
    """
    rows = session.execute(
        select(Estate.id, Estate.name, Building.id, Building.name)
        .outerjoin(Building, Building.estate_id == Estate.id)
        .where(Estate.id.in_(estates))
        .order_by(Estate.id, Building.position, Building.id)
    ).all()
    public = str(_("公共区域"))
    names = {(estate, building): name for estate, _name, building, name in rows if building is not None}
    names |= {(estate, 0): public for estate, *_rest in rows}
    twice = {name for name, n in Counter(names.values()).items() if n > 1}
    estates_named = {estate: name for estate, name, *_rest in rows}
    return {place: f"{estates_named[place[0]]} {name}" if name in twice else name for place, name in names.items()}


def targets_of(session: Session, estates: Collection[int]) -> dict[str, int]:
    """Return each target in per cent; for several estates that differ, the strictest."""
    keys = {each.target.key: each.target.default for each in DEFINITIONS}
    changed = session.execute(
        select(SettingValue.key, SettingValue.estate_id, SettingValue.value).where(
            SettingValue.key.in_(keys), SettingValue.estate_id.in_(estates)
        )
    ).all()
    own = {(key, estate): value for key, estate, value in changed}
    return {
        key: max((own.get((key, estate), default) for estate in estates), default=default)
        for key, default in keys.items()
    }


_countable = [each for each in DEFINITIONS if each.process]
_counted = Counted.__table__.c
_SUMS = (
    select(
        _counted.process, _counted.measure, func.sum(_counted.n), _counted.estate_id, _counted.building_id
    )
    .where(
        _counted.estate_id.in_(bindparam("estates", expanding=True)),
        _counted.building_id.in_(bindparam("places", expanding=True)),
        _counted.measure.in_({
            name for each in _countable for name in (each.numerator, each.denominator, each.aside, "void") if name
        }),
        _counted.process.in_({each.process for each in _countable}),
        _counted.day.between(bindparam("first"), bindparam("last")),
    )
    .group_by(_counted.process, _counted.measure, _counted.estate_id, _counted.building_id)
)  # fmt: skip


def _sums(
    session: Session, period: Period, estates: Collection[int], places: Collection[int]
) -> list[tuple[str, str, tuple[int, int], int]]:
    """Sum what the objectives need, in `places` as counters know them: (process, measure, (estate, place), n)."""
    asked = {"estates": estates, "places": sorted(places), "first": period.first, "last": period.last}
    rows = session.execute(_SUMS, asked)
    return [(process, measure, (estate, building), int(n)) for process, measure, n, estate, building in rows]
