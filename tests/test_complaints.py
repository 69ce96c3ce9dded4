"""Complaints: the story from taken in to closed, and the rules that are their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from db import approvals, clock, settings
from db.cases import Case, CaseLink, Event, case_by_id, case_by_number, hidden_from
from db.process import open_case, perform
from db.processes import complaints
from db.processes.complaints import Complaint, State, UnvisitedReason, enter_steps
from db.refused import Conflict, Refused
from db.session import reading, writing
from tests.builders import a_complaint, an_office, handle, reload, the_visit_of

pytestmark = pytest.mark.usefixtures("engine")


def events_of(s, case):
    return s.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.id)).all()


@pytest.mark.requirement("C1")
@pytest.mark.requirement("C3")
@pytest.mark.requirement("C6")
@pytest.mark.requirement("C7")
def test_a_complaint_from_the_first_word_to_closed():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office, gravity="important", source="desk", customer_id=office.customer.id)
    with writing(office.desk) as s:
        enter_steps(s, case.id, [("understand", None, "夜里十点还在装修"), ("apologise", None, "致歉并说明规定")])
        enter_steps(s, case.id, [("find_solution", None, "约定八点后停工"), ("track", None, "已告知业主")])
        perform(s, case.id, "handle", {"finding": "justified", "solution": "施工方书面承诺", "told_by": "phone"})
        visit = the_visit_of(s, case)
    with writing(office.steward) as s:
        perform(s, visit.id, "reached", {"solved": "yes", "satisfaction": "satisfied", "manner": "phone"})
    with reading(office.supervisor) as s:
        closed = case_by_number(s, case.number)
        assert isinstance(closed, Complaint)
        assert closed.state == State.DONE
        assert (closed.building_id, closed.estate_id) == (office.building.id, office.estate.id)
        assert closed.topic == "noise"
        assert closed.visited_at is not None
        assert closed.closed_on == closed.handled_on == clock.today()
        assert [(each.action, each.to_state, each.note) for each in events_of(s, closed)] == [
            ("open", "waiting", ""),
            ("understand", "working", "夜里十点还在装修"),
            ("apologise", "working", "致歉并说明规定"),
            ("find_solution", "working", "约定八点后停工"),
            ("track", "working", "已告知业主"),
            ("handle", "to_visit", ""),
            ("visited", "done", ""),
        ]
        visited = events_of(s, closed)[-1]
        reached = events_of(s, case_by_id(s, visit.id))[-1]
        assert visited.because_of == reached.id
        assert visited.actor_id == office.steward.user_id


@pytest.mark.requirement("C1")
def test_what_and_where_are_all_that_intake_demands():
    office = an_office()
    with writing(office.desk) as s, pytest.raises(Refused) as refused:
        open_case(s, "complaints", {})
    assert refused.value.problems == {
        "words": "请填写内容。",
        "category": "请填写投诉类别。",
    }
    with writing(office.desk) as s, pytest.raises(Refused) as refused:
        open_case(s, "complaints", {"words": "吵", "category": "noise"})
    assert sorted(refused.value.problems) == ["place", "unit_id"]
    with writing(office.desk) as s:
        case = open_case(s, "complaints", {"words": "吵", "category": "noise", "place": "中心花园"})
    assert (case.estate_id, case.building_id, case.state) == (office.estate.id, None, "waiting")


@pytest.mark.requirement("C1")
def test_one_from_the_hotline_keeps_its_number_and_its_deadline():
    office = an_office()
    due = clock.now() + timedelta(hours=5)
    with writing(office.desk) as s, pytest.raises(Refused) as refused:
        a_complaint(s, office, source="hotline")
    assert refused.value.problems == {"outside_number": "请填写。"}
    with writing(office.desk) as s:
        case = a_complaint(s, office, source="hotline", outside_number="12345-778", outside_due_at=due)
    assert case.due_at == due


@pytest.mark.requirement("S4")
@pytest.mark.requirement("C5")
def test_two_clocks_run_from_when_it_happened():
    office = an_office()
    happened = clock.now() - timedelta(hours=3)
    with writing(office.desk) as s:
        settings_day = settings.value_of(s, complaints.DONE_HOURS, office.estate.id)
        case = open_case(s, "complaints", {"unit_id": office.unit.id, "words": "吵", "category": "noise"}, at=happened)
    assert settings_day == 24
    assert case.opened_at == happened
    assert case.answer_due_at == case.due_at == happened + timedelta(hours=24)


@pytest.mark.requirement("C4")
def test_a_grave_one_is_on_the_superiors_list_at_once_and_any_other_by_hand():
    office = an_office()
    with writing(office.desk) as s:
        grave = a_complaint(s, office, gravity="grave")
        other = a_complaint(s, office)
        assert (grave.escalated_at, other.escalated_at) == (grave.opened_at, None)
        with pytest.raises(Refused) as refused:
            perform(s, other.id, "report_up")
        assert refused.value.problems == {"note": "请填写备注。"}
        perform(s, other.id, "report_up", {"note": "客户要见主任"})
        assert other.escalated_at is not None
        assert other.state == State.WAITING


@pytest.mark.requirement("C10")
def test_passed_to_a_department_taken_over_and_answered():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        perform(s, case.id, "accept")
        with pytest.raises(Refused, match="还没有转给部门。"):
            perform(s, case.id, "take_over")
        perform(s, case.id, "pass_on", {"department": "works", "assigned_to": office.works.user_id})
        assert (case.state, case.department, case.taken_over_at) == (State.WORKING, "works", None)
    with writing(office.works) as s:
        perform(s, case.id, "take_over")
        perform(s, case.id, "department_answers", {"department_answer": "已换电梯主板"})
    with reading(office.desk) as s:
        case = reload(s, case)
        assert case.taken_over_at is not None
        assert case.department_answer == "已换电梯主板"


@pytest.mark.requirement("C2")
def test_verified_with_facts_and_a_finding():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        perform(s, case.id, "accept")
        perform(s, case.id, "verify", {"facts": "监控显示施工至 22:10", "finding": "partly"})
        assert (case.facts, case.finding) == ("监控显示施工至 22:10", "partly")
        assert events_of(s, case)[-1].changes == {
            "facts": ["", "监控显示施工至 22:10"],
            "finding": [None, "partly"],
        }


@pytest.mark.requirement("C6")
def test_handling_needs_the_customer_told_unless_nobody_gave_a_name():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        nameless = a_complaint(s, office, anonymous=True, contact_phone="13800138000")
        assert nameless.contact_phone is None
        with pytest.raises(Refused) as refused:
            handle(s, case, told_by=None)
        assert refused.value.problems == {"told_by": "请选择告知方式。"}
        handle(s, nameless, told_by=None)
        assert nameless.state == State.DONE
        assert nameless.unvisited_reason is UnvisitedReason.ANONYMOUS
        assert nameless.visited_at is None


@pytest.mark.requirement("C5")
def test_extended_with_a_reason_a_later_day_and_the_customer_told():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        perform(s, case.id, "accept")
        day = clock.today() + timedelta(days=4)
        asked = {"new_due_on": day, "told_by": "phone", "note": "等厂家配件"}
        with pytest.raises(Refused) as refused:
            perform(s, case.id, "extend", asked | {"new_due_on": clock.today() - timedelta(days=1)})
        assert refused.value.problems == {"new_due_on": "要晚于原时限。"}
        perform(s, case.id, "extend", asked)
        assert clock.day_of(case.due_at) == day


@pytest.mark.requirement("M8")
def test_urging_is_kept_and_counted():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        perform(s, case.id, "urge", {"note": "客户再次来电"})
        perform(s, case.id, "urge")
        assert case.urges == 2
        assert [each.note for each in events_of(s, case)] == ["", "客户再次来电", ""]


def test_repeats_groups_and_merged_ones_are_linked():
    office = an_office()
    with writing(office.desk) as s:
        first = a_complaint(s, office)
        again = a_complaint(s, office, repeat_of=first.number.lower())
        perform(s, again.id, "group", {"into": first.number})
        with pytest.raises(Refused, match="没有找到投诉单 TS-1。"):
            perform(s, again.id, "merge", {"into": "TS-1"})
        perform(s, again.id, "merge", {"into": first.number})
        assert (again.state, again.counts) == (State.MERGED, False)
        kinds = s.execute(select(CaseLink.case_id, CaseLink.other_id, CaseLink.kind).order_by(CaseLink.id)).all()
        assert kinds == [
            (again.id, first.id, "repeat"),
            (again.id, first.id, "group"),
            (again.id, first.id, "merged"),
        ]


def test_withdrawn_and_void_ones_leave_the_figures_and_only_leaders_void():
    office = an_office()
    with writing(office.desk) as s:
        case, wrong = a_complaint(s, office), a_complaint(s, office)
        perform(s, case.id, "withdraw", {"note": "客户撤回"})
        assert (case.state, case.counts, case.closed_on) == (State.WITHDRAWN, False, clock.today())
        with pytest.raises(Refused, match="“作废”不在您的权限内。"):
            perform(s, wrong.id, "void", {"note": "重复登记"})
    with writing(office.supervisor) as s:
        perform(s, wrong.id, "void", {"note": "重复登记"})
        assert reload(s, wrong).counts is False


@pytest.mark.requirement("C8")
def test_an_improvement_action_has_an_owner_and_a_date():
    office = an_office()
    day = clock.today() + timedelta(days=30)
    with writing(office.desk) as s:
        case = handle(s, a_complaint(s, office))
    with writing(office.supervisor) as s:
        asked = {"improvement": "装修时段巡查加密", "improvement_owner": "赵强", "improvement_due_on": day}
        perform(s, case.id, "improve", asked)
        case = reload(s, case)
        assert (case.improvement, case.improvement_owner, case.improvement_due_on) == tuple(asked.values())


def test_nobody_carries_a_complaint_about_himself_nor_learns_who_complained():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office, about_user_id=office.steward.user_id, customer_id=office.customer.id)
    with pytest.raises(Refused) as refused, writing(office.desk) as s:
        perform(s, case.id, "accept", {"assigned_to": office.steward.user_id})
    assert refused.value.problems == {"assigned_to": "请选其他人。"}
    for action, values in (("accept", {}), ("understand", {"note": "x"}), ("urge", {}), ("report_up", {"note": "x"})):
        with pytest.raises(Refused, match="本单涉及您本人，请由他人经办。"), writing(office.steward) as s:
            perform(s, case.id, action, values)
    with writing(office.desk) as s:
        visit = the_visit_of(s, handle(s, case))
    with pytest.raises(Refused, match="本单涉及您本人，请由他人经办。"), writing(office.steward) as s:
        perform(s, visit.id, "reached", {"solved": "yes", "satisfaction": "very", "manner": "phone"})
    with reading(office.steward) as s:
        assert hidden_from(case_by_id(s, case.id), office.steward.user_id)


@pytest.mark.requirement("X7")
def test_the_second_of_two_hasty_people_is_told_who_changed_what():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        seen = case.version
    with writing(office.other_desk) as s:
        perform(s, case.id, "accept", version=seen)
    with pytest.raises(Conflict) as conflict, writing(office.desk) as s:
        perform(s, case.id, "accept", version=seen)
    when = clock.local(clock.now()).strftime("%H:%M")
    assert conflict.value.message == (
        f"这张单刚被别人改过：李敏 {when} 受理。您填的内容还在，请看过最新情况后再提交。"
    )


@pytest.mark.requirement("X7")
def test_a_second_press_saves_nothing_twice():
    office = an_office()
    values = {"unit_id": office.unit.id, "words": "吵", "category": "noise"}
    for _press in range(3):
        with writing(office.desk) as s:
            case = open_case(s, "complaints", values, token="form-1")
            perform(s, case.id, "urge", token="form-2")
    with reading(office.desk) as s:
        assert s.scalars(select(Case.id)).all() == [case.id]
        assert reload(s, case).urges == 1


@pytest.mark.requirement("X7")
def test_an_entry_typed_a_day_later_is_marked_and_waits_for_the_supervisor():
    office = an_office()
    with clock.pretending(clock.now() - timedelta(days=3)), writing(office.desk) as s:
        case = a_complaint(s, office)
    with writing(office.desk) as s:
        perform(s, case.id, "accept", at=clock.now() - timedelta(hours=23))
        perform(s, case.id, "urge", at=clock.now() - timedelta(hours=25))
        assert [each.late_entry for each in events_of(s, case)] == [False, False, True]
        late = events_of(s, case)[-1].id
    with writing(office.supervisor) as s:
        [waiting] = approvals.waiting_for(s)
        assert (waiting.subject, waiting.subject_id) == ("event", late)
        approvals.decide(s, waiting.id, approvals.Verdict.GRANTED)
        assert approvals.waiting_for(s) == []
    with writing(office.desk) as s, pytest.raises(Refused, match="发生时间不能晚于现在，请改正。"):
        perform(s, case.id, "urge", at=clock.now() + timedelta(hours=1))


def test_reopened_ones_run_again_under_the_same_number():
    office = an_office()
    with writing(office.desk) as s:
        case = handle(s, a_complaint(s, office))
        visit = the_visit_of(s, case)
    with writing(office.steward) as s:
        perform(s, visit.id, "reached", {"solved": "no", "satisfaction": "dissatisfied", "manner": "phone",
                                         "opinion": "昨晚又施工"})  # fmt: skip
        case = reload(s, case)
        assert (case.state, case.handled_on, case.visited_at) == (State.WORKING, None, None)
        assert events_of(s, case)[-1].note == "昨晚又施工"
        perform(s, case.id, "handle", {"finding": "justified", "solution": "停工", "told_by": "phone"})
        assert the_visit_of(s, case).number != visit.number
