"""Fire and water on a site: hot-work permits 动火证, closed-water tests 闭水试验 (D2, D3)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import series, settings
from db.base import LINE_LENGTH, NAME_LENGTH
from db.clock import local, today
from db.dossiers.renovation_tables import HotWork, Renovation, WaterResult, WaterTest
from db.dossiers.steps import noted
from db.fields import Field
from db.process import Step
from db.refused import Refused
from db.session import actor_of
from db.settings import Setting
from db.typed_moments import moment_typed
from db.words import Words, _

WATER_HOURS = Setting("renovations.water_hours", _("装修：闭水试验至少多少小时"), 24, least=1, most=168)
HOT_PREFIX = "DHZ"

ON = Field("valid_on", _("动火日期"), "date", _("一证一天，过期作废"))
FROM = Field("from_time", _("开始时间"), "text", _("例如 9:00"), length=5)
TO = Field("to_time", _("结束时间"), "text", _("例如 11:30"), length=5)
PLACE = Field("hot_place", _("动火部位"), "text", length=LINE_LENGTH)
WHAT = Field("hot_what", _("动火内容"), "text", _("例如 电焊空调支架"), length=LINE_LENGTH)
WORKER = Field("hot_worker", _("动火人"), "text", length=NAME_LENGTH)
CERTIFICATE = Field("certificate", _("特种作业证号"), "text", length=LINE_LENGTH)
WATCHER = Field("watcher", _("监护人"), "text", _("不能与动火人同一人"), length=NAME_LENGTH)
EXTINGUISHERS = Field("extinguishers", _("灭火器材"), "text", _("例如 4kg 干粉灭火器 2 具"), length=LINE_LENGTH)
HOT_WORK = (ON, FROM, TO, PLACE, WHAT, WORKER, CERTIFICATE, WATCHER, EXTINGUISHERS)
"""What a hot-work permit asks."""


def permitted(step: Step) -> None:
    """Write down a hot-work permit: for one day, not past, within the planned time, with somebody else watching."""
    case, values = step.case, step.values
    on: date = values["valid_on"]
    if on < today():
        raise _refused(ON, _("动火日期不能早于今天。"))
    if on > max(case.planned_to, today()):
        raise _refused(ON, _("动火日期不能晚于计划完工日 {day}。", day=case.planned_to))
    begins, ends = (_clock_of(each, values[each.name], on) for each in (FROM, TO))
    if ends <= begins:
        raise _refused(TO, _("结束时间要晚于开始时间。"))
    if values["watcher"] == values["hot_worker"]:
        raise _refused(WATCHER, _("监护人不能是动火人本人，请另派一人。"))
    number = series.next_number(step.session, case.estate_id, HOT_PREFIX, today())
    step.session.add(
        HotWork(
            case_id=case.id, estate_id=case.estate_id, unit_id=case.unit_id, number=number,
            valid_on=on, from_time=begins, to_time=ends, place=values["hot_place"],
            what=values["hot_what"], worker=values["hot_worker"], certificate=values["certificate"],
            watcher=values["watcher"], extinguishers=values["extinguishers"], issued_by=step.actor.user_id,
            issued_at=step.at,
        )
    )  # fmt: skip
    said = _("{number}：{day} {begins}–{ends}，{place}", number=number, day=on, begins=begins, ends=ends,
             place=values["hot_place"])  # fmt: skip
    noted(step, said)


def _clock_of(field: Field, typed: str, on: date) -> str:
    moment = moment_typed(f"{on:%Y-%m-%d} {typed}")
    if moment is None:
        raise _refused(field, _("请写成 9:00 这样的时间。"))
    return local(moment).strftime("%H:%M")


def _refused(field: Field, wrong: Words) -> Refused:
    return Refused(wrong, {field.name: wrong})


def hot_works_of(session: Session, case_id: int) -> list[HotWork]:
    """List a site's hot-work permits, newest first; the caller has found the matter in the actor's scope."""
    return list(session.scalars(select(HotWork).where(HotWork.case_id == case_id).order_by(HotWork.id.desc())))


def hot_work_by_id(session: Session, permit_id: int) -> HotWork:
    """Find a permit for its paper, in the actor's estates."""
    row = session.get(HotWork, permit_id)
    if row is None or row.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这张动火证。"))
    return row


# ── water ────────────────────────────────────────────────────────────────────────────────────────────────────────────

WET_PLACE = Field("wet_place", _("试水部位"), "text", _("例如 主卫、厨房"), length=LINE_LENGTH)
STARTED = Field("water_started_at", _("开始时间"), "moment", _("不填就是现在"), required=False)
ENDED = Field("water_ended_at", _("结束时间"), "moment", _("不填就是现在"), required=False)
RESULT = Field("water_result", _("试验结果"), "choice", choices=WaterResult)
LOOKED = Field("neighbour", _("楼下查看人和房号"), "text", _("例如 1-1-101 李先生现场查看，无渗漏"), length=LINE_LENGTH)
REMARK = Field("water_remark", _("说明"), "text", required=False, length=LINE_LENGTH)


def open_test(session: Session, case_id: int) -> WaterTest | None:
    """Find the test that is running."""
    return session.scalar(
        select(WaterTest).where(WaterTest.case_id == case_id, WaterTest.ended_at.is_(None)).order_by(WaterTest.id)
    )


def tests_of(session: Session, case_id: int) -> list[WaterTest]:
    """List a site's water tests, newest first."""
    return list(session.scalars(select(WaterTest).where(WaterTest.case_id == case_id).order_by(WaterTest.id.desc())))


def no_test_runs(session: Session, case: Renovation) -> Words | None:
    """Gate: one closed-water test at a time."""
    test = open_test(session, case.id)
    return _("{place}的闭水试验还没有结束。", place=test.place) if test else None


def a_test_runs(session: Session, case: Renovation) -> Words | None:
    """Gate: there is a test to end."""
    return None if open_test(session, case.id) else _("还没有开始闭水试验。")


def test_started(step: Step) -> None:
    """Write down that the water stands."""
    at = step.values.get("water_started_at") or step.at
    if at > step.at:
        raise _refused(STARTED, _("开始时间不能晚于现在。"))
    step.session.add(WaterTest(case_id=step.case.id, place=step.values["wet_place"], started_at=at))
    noted(step, Words(step.values["wet_place"]))


def test_ended(step: Step) -> None:
    """Write down what the ceiling below showed; too short a test proves nothing and is refused."""
    test = open_test(step.session, step.case.id)
    assert test is not None  # noqa: S101 - the gate has looked
    at = step.values.get("water_ended_at") or step.at
    if at > step.at:
        raise _refused(ENDED, _("结束时间不能晚于现在。"))
    hours = settings.value_of(step.session, WATER_HOURS, step.case.estate_id)
    result: WaterResult = step.values["water_result"]
    if at - test.started_at < timedelta(hours=hours) and result is WaterResult.TIGHT:
        raise _refused(ENDED, _("闭水要满 {n} 小时才能判定无渗漏。", n=hours))
    test.ended_at, test.result, test.neighbour = at, result, step.values["neighbour"]
    test.remark = step.values.get("water_remark") or ""
    said = _("{place}：{result}", place=test.place, result=result.label)
    noted(step, said)


def water_is_tight(session: Session, case: Renovation) -> Words | None:
    """Say that a floor whose waterproofing was touched has stood its test; the last one counts."""
    if not case.touches_wet_floor:
        return None
    if open_test(session, case.id):
        return _("闭水试验还没有结束。")
    last = next(iter(tests_of(session, case.id)), None)
    if last is None:
        return _("改动了卫生间或厨房地面，还没有做闭水试验。")
    return None if last.result is WaterResult.TIGHT else _("闭水试验有渗漏，修好后要重做。")
