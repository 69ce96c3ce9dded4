"""Repairs, return visits and inquiries: their stories and the rules that are their own."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from components.papers import office_papers
from db import approvals, clock, orders, privacy, settings
from db.audit import Audit
from db.cases import Case, CaseHand, Event, case_by_id, is_overdue
from db.channels import repair_channels
from db.counters import WHOLE_BY_DAY, Counted
from db.people import SYSTEM
from db.process import open_case, perform, permitted
from db.processes import inquiries, repairs, return_visits
from db.processes.repairs import Category, Repair, State, Urgency, enter_slip, propose, visit_is_due
from db.refused import Refused
from db.registry import Facility, FacilityKind, Firm, FirmKind, ServicePoint
from db.session import reading, writing
from tests.builders import a_complaint, a_repair, an_office, handle, reload, the_visit_of
from tests.papers.made import pages, words
from tests.signed_in import app_as

pytestmark = pytest.mark.usefixtures("engine")
PAID = {"charge_kind": "paid", "quoted": "80", "price_agreed": True}
FREE = {"charge_kind": "free"}


def steps_of(s, case):
    return s.scalars(select(Event.action).where(Event.case_id == case.id).order_by(Event.id)).all()


def total(s, measure, process="repairs"):
    return s.scalar(
        select(func.coalesce(func.sum(Counted.n), 0)).where(
            Counted.measure == measure, Counted.process == process, Counted.building_id == WHOLE_BY_DAY
        )
    )


@pytest.mark.parametrize(
    ("words", "category", "urgency"),
    [
        ("厨房漏水", Category.PLUMBING, Urgency.URGENT),
        ("电梯困人", Category.LIFT, Urgency.URGENT),
        ("卧室墙面渗水发霉", Category.LEAK, Urgency.NORMAL),
        ("三楼楼道灯不亮", Category.PUBLIC_LIGHT, Urgency.NORMAL),
        ("客厅灯不亮", Category.ELECTRIC, Urgency.NORMAL),
        ("单元门关不上", Category.ACCESS, Urgency.NORMAL),
        ("暖气不热", Category.HEATING, Urgency.NORMAL),
        ("请来看看", Category.OTHER, Urgency.NORMAL),
    ],
)
def test_category_and_urgency_are_proposed_from_the_words(words, category, urgency):
    assert propose(words) == (category, urgency)


@pytest.mark.requirement("M1")
@pytest.mark.requirement("M2")
@pytest.mark.requirement("M4")
def test_a_home_repair_pressed_step_by_step():
    office = an_office()
    with writing(office.desk) as s:
        case = a_repair(s, office)
        assert (case.category, case.urgency, case.public) == (Category.PLUMBING, Urgency.URGENT, False)
        assert case.due_at == case.opened_at + timedelta(hours=4)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
        assert case.answered_at is not None
    with writing(office.technician) as s:
        perform(s, case.id, "accept")
        perform(s, case.id, "arrive")
        perform(s, case.id, "finish", {"work": "更换软管", "materials": "软管 1 根", "signed_by": "吴学文"})
        case = reload(s, case)
        assert case.signed_at is not None
        assert case.handled_by == office.technician.user_id
        visit = the_visit_of(s, case)  # a leak is always visited
        assert steps_of(s, case) == ["open", "dispatch", "accept", "arrive", "finish", "sign"]
    with writing(office.desk) as s:
        perform(s, visit.id, "reached", {"solved": "yes", "satisfaction": "very", "manner": "phone"})
        case = reload(s, case)
        assert (case.state, case.rating) == (State.DONE, "very")


@pytest.mark.requirement("M2")
def test_dispatch_to_several_or_to_a_firm_and_paid_work_only_after_the_price_is_agreed():
    office = an_office()
    with writing(SYSTEM) as s:
        firm = Firm(estate_id=office.estate.id, name="安捷电梯", kind=FirmKind.LIFT)
        s.add(firm)
    both = (office.technician.user_id, office.other_technician.user_id)
    with writing(office.desk) as s:
        case = a_repair(s, office, words="换龙头")
        with pytest.raises(Refused, match="请选择维修人员或外委单位。"):
            perform(s, case.id, "dispatch", FREE)
        with pytest.raises(Refused) as refused:
            perform(s, case.id, "dispatch", {"charge_kind": "paid", "technicians": both})
        assert refused.value.problems == {"quoted": "有偿维修要先告知价格并得到客户同意。"}
        with pytest.raises(Refused) as refused:
            perform(s, case.id, "dispatch", PAID | {"price_agreed": False, "technicians": both})
        assert list(refused.value.problems) == ["price_agreed"]
        perform(s, case.id, "dispatch", PAID | {"technicians": both})
        assert case.assigned_to == both[0]
        assert s.scalars(select(CaseHand.user_id).where(CaseHand.case_id == case.id)).all() == [both[1]]
        outside = a_repair(s, office, words="电梯异响")
        with pytest.raises(Refused, match="外委维修请选择外委单位。"):
            perform(s, outside.id, "dispatch", {"charge_kind": "outside", "technicians": both})
        perform(s, outside.id, "dispatch", {"charge_kind": "outside", "firm_id": firm.id})
        assert (outside.state, outside.firm_id) == (State.DISPATCHED, firm.id)


@pytest.mark.requirement("M4")
@pytest.mark.requirement("P2")
def test_a_returned_slip_is_one_form_with_its_own_times_and_counts_as_a_paid_service():
    office = an_office()
    start = clock.now() - timedelta(hours=8)
    with clock.pretending(start), writing(office.desk) as s:
        case = a_repair(s, office, words="下水堵了")
        perform(s, case.id, "dispatch", PAID | {"technicians": (office.technician.user_id,)})
    slip = {
        "arrived_on_site": start + timedelta(hours=1), "finished_at": start + timedelta(hours=2), "work": "疏通",
        "charge": "80.00", "rating": "satisfied", "signed_by": "吴学文",
    }  # fmt: skip
    for _press in range(2):
        with writing(office.desk) as s:
            case = enter_slip(s, case.id, slip, token="slip-1")
    with reading(office.desk) as s:
        case = reload(s, case)
        assert isinstance(case, Repair)
        assert case.charge == Decimal("80.00")
        assert (case.arrived_at, case.handled_at) == (slip["arrived_on_site"], slip["finished_at"])
        assert steps_of(s, case) == ["open", "dispatch", "arrive", "finish", "sign"]
        assert (total(s, "paid_done"), total(s, "paid_rated"), total(s, "paid_satisfied")) == (1, 1, 1)
    with writing(office.other_desk) as s:
        visit = the_visit_of(s, case)
        perform(s, visit.id, "reached", {"solved": "yes", "satisfaction": "neutral", "manner": "phone"})
        assert (total(s, "paid_done"), total(s, "paid_satisfied")) == (1, 0)  # the last rating counts


def test_a_slip_out_of_order_saves_nothing():
    office = an_office()
    with writing(office.desk) as s:
        case = a_repair(s, office)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
    now = clock.now()
    with pytest.raises(Refused, match="完工时间不能早于到场时间。"), writing(office.desk) as s:
        enter_slip(s, case.id, {"arrived_on_site": now, "finished_at": case.opened_at, "work": "x"})
    with pytest.raises(Refused) as refused, writing(office.desk) as s:
        enter_slip(s, case.id, {"work": "x"})
    assert sorted(refused.value.problems) == ["arrived_on_site", "finished_at"]
    with reading(office.desk) as s:
        assert reload(s, case).state == State.DISPATCHED


@pytest.mark.requirement("M3")
def test_a_day_the_customer_wished_for_is_not_late_before_it():
    office = an_office()
    saturday = clock.now() + timedelta(days=4)
    with writing(office.desk) as s:
        case = a_repair(
            s, office, words="换锁", appointed_from=saturday, appointed_to=saturday + timedelta(hours=2)
        )
        assert (case.urgency, case.due_at) == (Urgency.APPOINTED, saturday + timedelta(hours=2))
        with pytest.raises(Refused, match="预约的结束时间要晚于开始时间。"):
            a_repair(s, office, appointed_from=saturday, appointed_to=saturday)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
        later = saturday + timedelta(days=1)
        perform(s, case.id, "no_entry", {"appointed_from": later, "note": "家中无人"})
        assert (case.no_entries, case.state, case.due_at) == (1, State.DISPATCHED, later)


@pytest.mark.requirement("S4")
def test_waiting_for_parts_stops_the_clock_and_shows_why():
    office = an_office()
    start = clock.now() - timedelta(days=3)
    with clock.pretending(start), writing(office.desk) as s:
        case = a_repair(s, office, words="换门锁")
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
        perform(s, case.id, "pause", {"pause_kind": "parts", "pause_reason": "锁芯订货"})
        due = case.due_at
    with writing(office.desk) as s:
        late = select(Case.id).where(is_overdue(clock.now()))
        assert s.scalars(late).all() == []
        perform(s, case.id, "resume")
        case = reload(s, case)
        assert case.paused_at is None
        assert timedelta(days=2, hours=23) < case.due_at - due < timedelta(days=3, hours=1)


@pytest.mark.requirement("M6")
def test_a_public_fault_hangs_on_its_facility_and_the_steward_signs():
    office = an_office()
    with writing(SYSTEM) as s:
        where = {"estate_id": office.estate.id, "building_id": office.building.id}
        lift = Facility(**where, kind=FacilityKind.LIFT, name="1号梯")
        s.add(lift)
    with writing(office.guard) as s:
        case = open_case(s, "repairs", {"facility_id": lift.id, "words": "电梯停在三楼", "channel": "night"})
        assert (case.public, case.building_id) == (True, office.building.id)
    with writing(office.works) as s:
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
    with writing(office.technician) as s:
        perform(s, case.id, "arrive")
        perform(s, case.id, "finish", {"work": "复位"})
        assert reload(s, case).state == State.TO_SIGN
        with pytest.raises(Refused, match="公共设施维修由物业管家验收签字。"):
            perform(s, case.id, "sign", {"signed_by": "刘师傅"})
    with writing(office.steward) as s:
        perform(s, case.id, "sign", {"signed_by": "赵强"})
        case = reload(s, case)
        assert (case.state, case.unvisited_reason) == (State.DONE, "not_due")
        history = s.scalars(select(Case.number).where(Case.facility_id == lift.id)).all()
        assert history == [case.number]


@pytest.mark.requirement("M5")
def test_not_solved_comes_back_under_the_same_number():
    office = an_office()
    with writing(office.desk) as s:
        case = a_repair(s, office)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
    with writing(office.technician) as s:
        perform(s, case.id, "arrive")
        perform(s, case.id, "finish", {"work": "拧紧", "signed_by": "吴学文"})
        visit = the_visit_of(s, case)
    with writing(office.desk) as s:
        perform(s, visit.id, "reached", {"solved": "no", "satisfaction": "dissatisfied", "manner": "phone"})
        again = reload(s, case)
        assert (again.number, again.state, again.reopened, again.handled_at) == (case.number, State.WAITING, 1, None)
        assert total(s, "handled") == 0


@pytest.mark.requirement("M8")
def test_supervised_by_the_leader_and_transferred():
    office = an_office()
    with writing(office.desk) as s:
        case = a_repair(s, office)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
        perform(s, case.id, "urge", {"note": "客户等急了"})
    with writing(office.works) as s:
        perform(s, case.id, "supervise", {"note": "今天必须完成"})
        moved = FREE | {"technicians": (office.other_technician.user_id,), "note": "原维修人员请假"}
        perform(s, case.id, "transfer", moved)
        case = reload(s, case)
        assert (case.urges, case.assigned_to) == (1, office.other_technician.user_id)
        assert case.escalated_at is not None
    with writing(office.technician) as s, pytest.raises(Refused, match="没有找到这张单"):
        perform(s, case.id, "arrive")


def test_only_what_was_agreed_to_cost_may_be_charged():
    office = an_office()
    with writing(office.desk) as s:
        case = a_repair(s, office)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
        perform(s, case.id, "arrive")
        with pytest.raises(Refused) as refused:
            perform(s, case.id, "finish", {"work": "x", "charge": "10"})
        assert refused.value.problems == {"charge": "本单不是有偿维修。"}


def test_the_share_of_visits_is_the_settings_and_the_same_each_time():
    office = an_office()
    with writing(office.desk) as s:
        cases = [a_repair(s, office, words="换灯泡") for _each in range(200)]
        drawn = [visit_is_due(s, case) for case in cases]
        assert drawn == [visit_is_due(s, case) for case in cases]
        assert 40 <= sum(drawn) <= 80  # 30 % of 200
        leak = a_repair(s, office, words="漏水")
        assert visit_is_due(s, leak)
    with writing(office.director) as s:
        settings.change(s, repairs.VISIT_SHARE, office.estate.id, 0)
        assert not any(visit_is_due(s, reload(s, case)) for case in cases)


@pytest.mark.requirement("C7")
def test_a_visit_is_never_made_by_the_handler_and_given_up_only_after_three_tries_on_two_days():
    office = an_office()
    with writing(office.desk) as s:
        case = handle(s, a_complaint(s, office))
        visit = the_visit_of(s, case)
        assert visit.due_at == case.handled_at + timedelta(days=3)
        with pytest.raises(Refused, match="还不能已联系上：这件事是您处理的，请由其他人回访。"):
            perform(s, visit.id, "reached", {"solved": "yes", "satisfaction": "very", "manner": "phone"})
    with writing(office.steward) as s:
        for _try in range(3):
            perform(s, visit.id, "not_reached", {"manner": "phone"})
        with pytest.raises(Refused, match="要在两天内至少联系 3 次，现在 3 次。"):
            perform(s, visit.id, "give_up")
    with clock.pretending(clock.now() + timedelta(days=1)), writing(office.steward) as s:
        perform(s, visit.id, "not_reached", {"manner": "phone"})
        perform(s, visit.id, "give_up")
        closed = reload(s, case)
        assert (closed.state, closed.unvisited_reason, closed.visited_at) == ("done", "not_reached", None)
        assert (total(s, "handled", "complaints"), total(s, "visited", "complaints")) == (1, 0)


@pytest.mark.requirement("C7")
def test_solved_but_dissatisfied_goes_to_the_supervisor_with_the_reason():
    office = an_office()
    with writing(office.desk) as s:
        visit = the_visit_of(s, handle(s, a_complaint(s, office)))
    said = {"solved": "yes", "satisfaction": "dissatisfied", "manner": "phone", "opinion": "拖了太久"}
    with writing(office.steward) as s:
        perform(s, visit.id, "reached", said)
        assert approvals.waiting_for(s) == []
    with reading(office.supervisor) as s:
        [waiting] = approvals.waiting_for(s)
        assert (waiting.subject, waiting.subject_id) == ("return_visit", visit.id)


def test_refused_visits_close_with_the_reason():
    office = an_office()
    with writing(office.desk) as s:
        case = handle(s, a_complaint(s, office))
        visit = the_visit_of(s, case)
    with writing(office.steward) as s:
        perform(s, visit.id, "refused")
        assert (reload(s, visit).state, reload(s, case).unvisited_reason) == (return_visits.State.GIVEN_UP, "refused")


@pytest.mark.requirement("S1")
@pytest.mark.requirement("S2")
def test_an_inquiry_answered_on_the_spot_is_one_press():
    office = an_office()
    values = {"category": "fees", "answer": "每月 1 到 10 日缴费", "satisfied": True, "channel": "phone"}
    for _press in range(2):
        with writing(office.desk) as s:
            case = inquiries.settle(s, values, token="press")
    with reading(office.desk) as s:
        case = case_by_id(s, case.id)
        assert (case.state, case.answer, case.satisfied) == ("done", "每月 1 到 10 日缴费", True)
        assert case.answered_at == case.closed_at
        assert steps_of(s, case) == ["open", "answer"]
    with pytest.raises(Refused) as refused, writing(office.desk) as s:
        inquiries.settle(s, values | {"answer": " "})
    assert refused.value.problems == {"answer": "请填写答复。"}
    with reading(office.desk) as s:
        assert s.scalar(select(func.count()).select_from(Case)) == 1


@pytest.mark.requirement("S5")
def test_a_question_passed_to_a_superior_comes_back_with_the_answer():
    office = an_office()
    with writing(office.desk) as s:
        case = open_case(s, "inquiries", {"category": "renovation", "words": "能否封阳台"})
        perform(s, case.id, "pass_up", {"note": "公约未写明"})
    with writing(office.supervisor) as s:
        perform(s, case.id, "advise", {"note": "不改变外立面即可"})
    with writing(office.desk) as s:
        perform(s, case.id, "answer", {"answer": "不改变外立面可以封"})
        assert reload(s, case).state == "done"


def test_technicians_and_guards_see_their_own_only():
    office = an_office()
    with writing(office.desk) as s:
        case = a_repair(s, office)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
    for stranger in (office.other_technician, office.guard):
        with reading(stranger) as s, pytest.raises(Refused, match="没有找到这张单"):
            case_by_id(s, case.id)
    with reading(office.technician) as s:
        assert [each.name for each in permitted(office.technician, case_by_id(s, case.id))][:1] == ["arrive"]
    with pytest.raises(Refused, match="您不能登记投诉"), writing(office.guard) as s:
        a_complaint(s, office)


@pytest.mark.requirement("M4")
def test_an_office_that_goes_by_slips_has_only_the_desk_type():
    office = an_office()
    with writing(office.director) as s:
        settings.change(s, repairs.WORKING_WAY, office.estate.id, repairs.BY_SLIP)
    with writing(office.desk) as s:
        case = a_repair(s, office)
        perform(s, case.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
    with pytest.raises(Refused, match="本项目凭回单录入，请把填好的回单交给前台。"), writing(office.technician) as s:
        perform(s, case.id, "arrive")
    with writing(office.desk) as s:
        slip = {"arrived_on_site": clock.now(), "finished_at": clock.now(), "work": "拧紧"}
        assert enter_slip(s, case.id, slip).state == State.TO_SIGN


@pytest.mark.requirement("M7")
def test_the_channels_for_repairs_stand_ready_to_be_read_out():
    office = an_office()
    with writing(SYSTEM) as s:
        s.add_all(
            [
                ServicePoint(estate_id=office.estate.id, name="会所物业处", phone="03162912915", hours="8:00-22:00"),
                ServicePoint(estate_id=office.estate.id, name="库房"),
            ]
        )
    with reading(office.desk) as s:
        said = repair_channels(s, office.desk.estates)
        assert said == [f"{office.estate.name} 会所物业处 03162912915、8:00-22:00"]
    app = app_as(office.desk).run().switch_page("pages/service/repairs.py")
    app.query_params["new"] = "1"
    app.run()
    assert app.expander[0].label == "报修渠道(可念给客户)"


@pytest.mark.requirement("R4")
def test_who_is_to_call_sees_the_number_and_the_look_is_logged():
    office = an_office()
    with writing(office.desk) as s:
        visit = the_visit_of(s, handle(s, a_complaint(s, office, contact_phone="13800138000")))
    with writing(office.steward) as s:
        due = case_by_id(s, visit.id)
        assert (privacy.case_phone(s, due).shown, privacy.case_phone(s, due).look_owed) == ("138****8000", True)
        privacy.look_at_case(s, due.id)
        s.flush()
        assert privacy.case_phone(s, due).shown == "13800138000"
    with reading(office.cashier) as s:
        assert privacy.case_phone(s, case_by_id(s, visit.id)).shown == "138****8000"


@pytest.mark.requirement("M2")
def test_the_order_is_printed_with_what_is_known_and_room_for_the_rest():
    office = an_office()
    with writing(office.desk) as s:
        case = a_repair(s, office, words="漏水 <b>急</b>", contact_name="吴学文", contact_phone="13800138000")
        perform(s, case.id, "dispatch", PAID | {"technicians": (office.technician.user_id,)})
    with writing(office.desk) as s:
        order = orders.work_order(s, case.number)
        assert {each["label"]: each["text"] for each in order["facts"]} == {
            "地点": office.unit.short, "客户": "吴学文", "电话": "13800138000", "报修内容": "漏水 <b>急</b>",
            "报修类别": "给排水", "缓急": "急修", "收费性质": "有偿", "报价(元)": "80.00", "预约时间": "",
            "维修人员": "刘师傅", "外委单位": "", "到场时间": "", "完工时间": "", "维修内容": "", "用料": "",
            "收费(元)": "", "客户评价": "□ 非常满意　□ 满意　□ 一般　□ 不满意　□ 非常不满意",
        }  # fmt: skip
        assert (order["number"], order["title"]) == (case.number, "维修单")
        assert s.scalars(select(Audit.act).order_by(Audit.id)).all()[-2:] == ["looked", "printed"]
    with writing(office.other_desk) as s:
        phones = [each["text"] for each in orders.work_order(s, case.number)["facts"] if each["label"] == "电话"]
        assert phones == ["13800138000"]
        assert s.scalars(select(Audit.act).order_by(Audit.id)).all()[-2:] == ["revealed", "printed"]
    printed = office_papers.work_order(office.desk, case.number, {})
    assert printed.name == f"维修单 {case.number}.pdf"
    said = words(printed.content)
    for each in ("维修单", case.number, "漏水<b>急</b>", "刘师傅", "维修人员签字", "客户签字", "第1页共1页"):
        assert each in said
    with writing(office.other_technician) as s, pytest.raises(Refused, match="^没有找到这张单"):
        orders.work_order(s, case.number)


def test_orders_are_printed_together_and_none_before_it_is_dispatched():
    office = an_office()
    with writing(office.desk) as s:
        first, second, waiting = (a_repair(s, office, words=f"漏水{n}") for n in range(3))
        for each in (first, second):
            perform(s, each.id, "dispatch", FREE | {"technicians": (office.technician.user_id,)})
    asked = f"{first.number},{second.number},{first.number}"
    found = pages(office_papers.work_order(office.desk, asked, {}).content)
    assert ["漏水0" in page for page in found] == [True, False]
    with reading(SYSTEM) as s:
        before = s.scalar(select(func.count()).where(Audit.act == "printed"))
    for wrong, told in (
        (f"{first.number},{waiting.number}", "派单后才能打印维修单。"), (" , ", "请先选择要打印的报修单。"),
        (",".join(f"BX-{n}" for n in range(51)), "一次最多打印 50 张。"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            office_papers.work_order(office.desk, wrong, {})
        assert refused.value.message == told
    with reading(SYSTEM) as s:
        assert s.scalar(select(func.count()).where(Audit.act == "printed")) == before == 2
