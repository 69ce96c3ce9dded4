"""One matter as its page shows it: facts, clocks, history in words, relatives, next steps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from db import clock
from db.histories import Change
from db.options import options_for
from db.privacy import CasePhone
from db.process import perform, process_of
from db.records import Clock, open_matters, record_of, span_of
from db.refused import Refused
from db.session import reading, writing
from tests import builders
from tests.counting import counted_statements

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=clock.ZONE)


@pytest.fixture
def office(engine):
    return builders.an_office()


def record(actor, case):
    with reading(actor) as s:
        return record_of(s, case.number)


def at(hours=0.0):
    return clock.pretending(NOON + timedelta(hours=hours))


@pytest.mark.requirement("C1", "X7")
def test_a_complaint_is_told_in_words(office):
    with at(), writing(office.desk) as s:
        case = builders.a_complaint(s, office, customer_id=office.customer.id, gravity="important")
    with at(1), writing(office.steward) as s:
        perform(s, case.id, "accept", {}, note="马上去看")
    with at(40), writing(office.steward) as s:
        perform(s, case.id, "verify", {"facts": "属实", "finding": "justified"}, at=NOON + timedelta(hours=2))
    with at(41):
        told = record(office.supervisor, case)
    assert (told.number, str(told.state.label), told.words) == (case.number, "处理中", "楼上装修噪声")
    assert (told.where, told.customer, told.version) == ("1-1-101", "吴学文", 3)
    assert [(each.what, each.who, each.note, each.late_entry) for each in told.events] == [
        ("核实", "赵强", "", True),
        ("受理", "赵强", "马上去看", False),
        ("登记", "王芳", "", False),
    ]
    assert [(each.from_state, each.to_state) for each in told.events] == [("", ""), ("待受理", "处理中"), ("", "")]
    assert told.events[0].changes == (Change("核实情况", "", "属实"), Change("核实结论", "", "属实"))
    assert told.events[0].recorded_at - told.events[0].at == timedelta(hours=38)
    assert [group.title for group in told.groups] == ["客户与位置", "登记", "办理", "时间"]
    assert [(fact.label, fact.text) for fact in told.groups[1].facts] == [
        ("登记人", "王芳"),
        ("投诉类别", "噪声扰民"),
        ("严重程度", "重要"),
        ("来源", "电话"),
    ]


@pytest.mark.requirement("C5", "S4")
def test_the_clocks_say_how_long(office):
    with at(), writing(office.desk) as s:
        case = builders.a_complaint(s, office)
    with at(22.5):
        assert record(office.desk, case).clocks == (
            Clock("答复", "还剩 1 小时 30 分", "orange", "11-24 12:00"),
            Clock("办理", "还剩 1 小时 30 分", "orange", "11-24 12:00"),
        )
    with at(23), writing(office.steward) as s:
        perform(s, case.id, "accept")
        perform(s, case.id, "understand", {"note": "已了解"})
    with at(26):
        late = record(office.desk, case)
    assert (late.is_late, late.clocks) == (
        True,
        (Clock("答复", "按时完成", "green", "11-24 12:00"), Clock("办理", "超时 2 小时", "red", "11-24 12:00")),
    )
    with at(27), writing(office.steward) as s:
        perform(s, case.id, "handle", {"finding": "justified", "solution": "已劝止", "told_by": "phone"})
        done = record_of(s, case.number)
    assert done.clocks[1] == Clock("办理", "超时 3 小时完成", "orange", "11-24 12:00")


def test_a_paused_clock_says_why(office):
    with at(), writing(office.desk) as s:
        case = builders.a_repair(s, office)
        perform(s, case.id, "dispatch", {"technicians": (office.technician.user_id,), "charge_kind": "free"})
        perform(s, case.id, "pause", {"pause_kind": "parts", "pause_reason": "等阀门到货"})
        assert record_of(s, case.number).clocks[1] == Clock("办理", "已暂停：等阀门到货", "gray", "11-23 16:00")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 分钟"), (59, "59 分钟"), (60, "1 小时"), (200, "3 小时 20 分"), (1440, "1 天"), (1505, "1 天 1 小时"),
        (2879, "1 天 23 小时"),
    ],
)  # fmt: skip
def test_a_span_is_said_as_one_would(minutes, said):
    assert span_of(timedelta(minutes=minutes)) == said


@pytest.mark.requirement("R4")
def test_whom_a_complaint_is_about_does_not_learn_who_complained(office):
    with writing(office.desk) as s:
        case = builders.a_complaint(
            s, office, customer_id=office.customer.id, contact_phone="13800138000",
            about_user_id=office.supervisor.user_id,
        )  # fmt: skip
    told = record(office.supervisor, case)
    assert (told.hidden, told.customer, told.contact, told.where, told.phone) == (True, "", "", "1号楼", CasePhone(""))
    assert "吴学文" not in repr((told.groups, told.events))
    assert (told.offers, told.documents) == ((), ())
    assert record(office.director, case).customer == "吴学文"


@pytest.mark.requirement("C10")
def test_a_gate_says_what_is_missing(office):
    with writing(office.desk) as s:
        case = builders.a_complaint(s, office)
        perform(s, case.id, "accept")
    told = record(office.desk, case)
    assert told.offer("take_over").missing == ("还没有转给部门。",)
    assert told.offer("handle").missing == ()
    assert told.offers[0].main
    assert told.offer("void") is None


def test_relatives_are_named_from_either_end(office):
    with writing(office.desk) as s:
        case = builders.handle(s, builders.a_complaint(s, office))
        visit = builders.the_visit_of(s, case)
        assert [(each.relation, each.number) for each in record_of(s, case.number).related] == [("回访", visit.number)]
        seen = record_of(s, visit.number).related
    assert [(each.relation, each.number) for each in seen] == [("回访的事项", case.number)]


def test_what_is_out_of_reach_does_not_exist(office):
    with writing(office.desk) as s:
        case = builders.a_repair(s, office)
    with pytest.raises(Refused) as refused:
        record(office.technician, case)
    assert refused.value.message == "没有找到这张单，可能单号有误，或不在您的工作范围内。"


def test_a_long_story_takes_no_more_queries(office):
    with writing(office.desk) as s:
        case = builders.a_complaint(s, office, customer_id=office.customer.id)
        perform(s, case.id, "accept", {"assigned_to": office.steward.user_id})
        perform(s, case.id, "urge")
    with counted_statements() as few:
        record(office.supervisor, case)
    with writing(office.desk) as s:
        for n in range(20):
            perform(s, case.id, "track", {"note": f"第 {n} 次"})
            perform(s, case.id, "pass_on", {"department": "works", "assigned_to": office.works.user_id})
    with counted_statements() as many:
        record(office.supervisor, case)
    assert len(many) == len(few)


def test_what_is_still_open_at_a_unit_is_found_before_it_is_taken_in_twice(office):
    with writing(office.desk) as s:
        first, second = builders.a_complaint(s, office), builders.a_repair(s, office)
        builders.a_complaint(s, office, unit_id=None, place="大堂")
    with reading(office.desk) as s:
        assert [each.number for each in open_matters(s, unit_id=office.unit.id)] == [second.number, first.number]
        assert open_matters(s) == ()


@pytest.mark.requirement("M2")
def test_technicians_stand_first_with_what_they_have_in_hand(office):
    with writing(office.desk) as s:
        for _each in range(2):
            busy = builders.a_repair(s, office)
            perform(s, busy.id, "dispatch", {"technicians": (office.technician.user_id,), "charge_kind": "free"})
    repairs = process_of("repairs")
    with reading(office.desk) as s:
        offered = options_for(s, repairs, "dispatch", repairs.form("dispatch"), [office.estate.id])
        choices = options_for(s, repairs, "", repairs.form())
    assert list(offered["technicians"].values())[:3] == [
        "陈师傅(在手 0)",
        "刘师傅(在手 2)",
        "孙工(工程主管，在手 0)",
    ]
    assert set(offered) == {"technicians", "firm_id"}
    assert choices["estate_id"] == {office.estate.id: office.estate.name}
    assert "unit_id" not in choices
