"""A matter shown and changed, as people see it: forms, next steps, history, attachments, deep links."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import func, select

from components import drafts
from components.signin import SESSION
from db import signing_in
from db.audit import Audit
from db.cases import Event
from db.clock import now
from db.documents import Document, Owner, attached_to
from db.people import SYSTEM, Role
from db.process import perform, process_of
from db.session import reading, writing
from db.typed_moments import shown_moment
from tests import builders
from tests.builders import an_office
from tests.signed_in import page_at, press

pytestmark = pytest.mark.usefixtures("sqlite_engine")
OPEN = "complaints.open"


def page(actor, process, **params):
    return page_at(actor, f"pages/service/{process}.py", **params)


def choose(app, key, value):
    control = next(each for each in app.segmented_control if each.key == key)
    control.set_value(value)
    return app


def step(app, process, name):
    """Open a step of the row."""
    choose(app, f"{process}.step", name).run()
    return app


def said(app):
    return [each.value.replace("\\", "") for each in app.error]


def shown(app):
    return "\n".join(str(each.value).replace("\\", "") for each in [*app.markdown, *app.caption])


def cases_in(actor, process):
    with reading(actor) as s:
        model = process_of(process).model
        return s.scalars(select(model).order_by(model.id)).all()


def a_photo(name="现场.png"):
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(written, "PNG")
    return name, written.getvalue(), "image/png"


@pytest.fixture
def office():
    return an_office()


@pytest.fixture
def complaint(office):
    with writing(office.desk) as s:
        return builders.a_complaint(s, office, customer_id=office.customer.id)


# ── a new one ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("C1", "R6")
def test_a_complaint_is_taken_in_with_its_photograph_and_opens(office):
    app = page(office.desk, "complaints")
    press(app, "complaints.new")
    assert app.query_params["new"] == "1"
    app.session_state[f"{OPEN}.unit_id"] = office.unit.id
    app.text_area(key=f"{OPEN}.words").set_value("楼上装修噪声")
    app.selectbox(key=f"{OPEN}.category").set_value("noise")
    choose(app, f"{OPEN}.gravity", "important")
    app.file_uploader(key=f"{OPEN}.files.1").set_value([a_photo()])
    press(app, f"{OPEN}.save")
    [case] = cases_in(office.desk, "complaints")
    assert app.query_params["case"] == case.number
    assert "new" not in app.query_params
    assert [each.value for each in app.toast] == [f"{case.number} 已登记"]
    assert (case.unit_id, case.words, case.category.value, case.gravity.value, case.opened_by) == (
        office.unit.id, "楼上装修噪声", "noise", "important", office.desk.user_id,
    )  # fmt: skip
    with reading(office.desk) as s:
        [photo] = attached_to(s, Owner(case_id=case.id))
    assert photo.name == "现场.jpg"
    assert f"/documents/{photo.id}?small=1" in shown(app)


@pytest.mark.requirement("X7")
def test_a_refusal_marks_what_is_wrong_and_keeps_what_was_typed(office):
    app = page(office.desk, "complaints", new="1")
    app.text_area(key=f"{OPEN}.words").set_value("*停车*位 $被占")
    app.text_input(key=f"{OPEN}.contact_phone").set_value("138")
    app.text_input(key=f"{OPEN}.at").set_value("前些天")
    press(app, f"{OPEN}.save")
    assert said(app) == ["请检查标出的 1 处。"]
    assert "看不懂这个时间，请写成 14:20 或 11-22 14:20。" in shown(app)
    app.text_input(key=f"{OPEN}.at").set_value("")
    press(app, f"{OPEN}.save")
    assert said(app) == ["请检查标出的 1 处。"]
    assert "请填写投诉类别。" in shown(app)
    app.selectbox(key=f"{OPEN}.category").set_value("parking")
    press(app, f"{OPEN}.save")
    assert said(app) == ["请写明投诉发生在哪里。"]
    assert app.text_area(key=f"{OPEN}.words").value == "*停车*位 $被占"
    app.text_input(key=f"{OPEN}.place").set_value("地库")
    press(app, f"{OPEN}.save")
    assert [(each.words, each.place) for each in cases_in(office.desk, "complaints")] == [("*停车*位 $被占", "地库")]


@pytest.mark.requirement("X7")
def test_a_second_press_of_the_same_form_saves_nothing_twice(office):
    app = page(office.desk, "complaints", new="1")
    app.session_state[f"{OPEN}.unit_id"] = office.unit.id
    app.text_area(key=f"{OPEN}.words").set_value("噪声")
    app.selectbox(key=f"{OPEN}.category").set_value("noise")
    token = app.session_state[f"{OPEN}#token"]
    app.file_uploader(key=f"{OPEN}.files.1").set_value([a_photo()])
    press(app, f"{OPEN}.save")
    # The same form once more, as it was sent: the first run was cut short before the page learnt of it.
    again = page(office.desk, "complaints", new="1")
    again.session_state[f"{OPEN}.unit_id"] = office.unit.id
    again.text_area(key=f"{OPEN}.words").set_value("噪声")
    again.selectbox(key=f"{OPEN}.category").set_value("noise")
    again.session_state[f"{OPEN}#token"] = token
    again.file_uploader(key=f"{OPEN}.files.1").set_value([a_photo()])
    press(again, f"{OPEN}.save")
    [case] = cases_in(office.desk, "complaints")
    assert again.query_params["case"] == case.number
    with reading(office.desk) as s:
        assert s.scalar(select(func.count()).select_from(Document)) == 1
    assert page(office.desk, "complaints", new="1").session_state[f"{OPEN}#token"] != token


def test_who_may_not_open_gets_the_list(office):
    app = page(office.cashier, "complaints", new="1")
    assert [each.key for each in app.button if each.key in {"complaints.new", f"{OPEN}.save"}] == []


@pytest.mark.requirement("X2", "X7")
def test_what_was_typed_outlives_a_session_that_ended(office):
    app = page(office.desk, "complaints", new="1")
    app.session_state[f"{OPEN}.unit_id"] = office.unit.id
    app.text_area(key=f"{OPEN}.words").set_value("楼道堆物")
    app.selectbox(key=f"{OPEN}.category").set_value("cleaning")
    choose(app, f"{OPEN}.anonymous", "yes")
    with writing(SYSTEM) as s:
        signing_in.end_all_sessions(s, office.desk.user_id)
    press(app, f"{OPEN}.save")
    assert cases_in(office.supervisor, "complaints") == []
    app.session_state[SESSION] = signing_in.start_session(office.desk.user_id).session_id
    left = app.session_state[drafts._LEFT].pop(office.desk.user_id)
    app.session_state[drafts._NEXT_RUN] = dict(left.typed)
    app.run()
    assert app.text_area(key=f"{OPEN}.words").value == "楼道堆物"
    press(app, f"{OPEN}.save")
    [case] = cases_in(office.supervisor, "complaints")
    assert (case.words, case.category.value, case.anonymous, case.customer_id) == ("楼道堆物", "cleaning", True, None)


def test_the_customer_of_the_unit_is_proposed_and_what_is_open_there_is_shown(office, complaint):
    app = page(office.desk, "complaints", new="1")
    app.session_state[f"{OPEN}.unit_id"] = office.unit.id
    app.run()
    assert "同一件事请打开原单催办，不必再登记。" in [each.value for each in app.caption]


@pytest.mark.requirement("S2")
def test_an_inquiry_is_answered_on_the_spot_in_one_press(office):
    app = page(office.desk, "inquiries", new="1")
    app.selectbox(key="inquiries.open.category").set_value("fees")
    press(app, "inquiries.open.settle")
    assert said(app) == ["请检查标出的 1 处。"]
    assert cases_in(office.desk, "inquiries") == []
    app.text_area(key="inquiries.open.answer").set_value("每月 10 日前，前台或微信都可以交")
    choose(app, "inquiries.open.satisfied", "yes")
    press(app, "inquiries.open.settle")
    [case] = cases_in(office.desk, "inquiries")
    assert (case.state, case.answer, case.satisfied) == ("done", "每月 10 日前，前台或微信都可以交", True)


@pytest.mark.requirement("S1")
def test_an_inquiry_may_be_answered_later_but_not_lose_its_answer(office):
    app = page(office.desk, "inquiries", new="1")
    app.selectbox(key="inquiries.open.category").set_value("fees")
    app.text_area(key="inquiries.open.answer").set_value("再说")
    press(app, "inquiries.open.later")
    assert said(app) == ["已经写了答复，请按“当场答复”；要以后再答复，请先清空答复。"]
    app.text_area(key="inquiries.open.answer").set_value("")
    press(app, "inquiries.open.later")
    assert [each.state for each in cases_in(office.desk, "inquiries")] == ["waiting"]


# ── one matter ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_in_the_address_opens_the_matter_and_a_stranger_finds_nothing(office, complaint):
    app = page(office.desk, "complaints", case=complaint.number.lower())
    assert f"#### {complaint.number}" in shown(app)
    with writing(SYSTEM) as s:
        elsewhere = builders.an_actor(s, [builders.an_estate(s)], Role.DESK)
    app = page(elsewhere, "complaints", case=complaint.number)
    assert said(app) == ["没有找到这张单，可能单号有误，或不在您的工作范围内。"]


def test_a_matter_of_another_process_is_not_shown_on_the_wrong_page(office, complaint):
    app = page(office.desk, "repairs", case=complaint.number)
    assert said(app) == [f"{complaint.number} 不是报修单，请从投诉打开。"]


def test_back_leads_to_the_list(office, complaint):
    app = press(page(office.desk, "complaints", case=complaint.number), "complaints.back")
    assert "case" not in app.query_params
    assert [each.value for each in app.title] == ["投诉"]


@pytest.mark.requirement("C3")
def test_two_of_the_four_steps_are_entered_at_once_each_with_its_time(office, complaint):
    app = page(office.steward, "complaints", case=complaint.number)
    step(app, "complaints", "steps")
    press(app, "complaints.steps.save")
    assert said(app) == ["请至少填写一步。"]
    app.text_area(key="complaints.steps.understand").set_value("已上门")
    app.text_area(key="complaints.steps.apologise").set_value("已致歉")
    press(app, "complaints.steps.save")
    assert said(app) == []
    with reading(office.desk) as s:
        events = s.scalars(select(Event).where(Event.case_id == complaint.id).order_by(Event.id)).all()
        assert [(each.action, each.note) for each in events] == [
            ("open", ""),
            ("understand", "已上门"),
            ("apologise", "已致歉"),
        ]
    assert "**了解情况** :gray[待受理 →] 处理中" in shown(app)


@pytest.mark.requirement("X7")
def test_the_second_of_two_hasty_people_is_told_who_was_faster_and_loses_nothing(office, complaint):
    app = page(office.steward, "complaints", case=complaint.number)
    step(app, "complaints", "steps")
    with writing(office.other_desk) as s:
        perform(s, complaint.id, "accept", {"assigned_to": office.other_desk.user_id})
    app.text_area(key="complaints.steps.understand").set_value("已上门")
    press(app, "complaints.steps.save")
    [sentence] = said(app)
    assert sentence.startswith("这张单刚被别人改过：李敏 ")
    assert sentence.endswith(" 受理。您填的内容还在，请看过最新情况后再提交。")
    assert app.text_area(key="complaints.steps.understand").value == "已上门"
    assert "**受理**" in shown(app)
    press(app, "complaints.steps.save")
    assert said(app) == []
    with reading(office.desk) as s:
        assert s.scalars(select(Event.note).where(Event.action == "understand")).all() == ["已上门"]


def test_what_was_typed_for_one_matter_never_shows_in_anothers_form(office, complaint):
    with writing(office.desk) as s:
        other = builders.a_complaint(s, office)
    app = page(office.steward, "complaints", case=complaint.number)
    step(app, "complaints", "steps")
    app.text_area(key="complaints.steps.understand").set_value("只说第一张单")
    app.text_input(key="complaints.steps.track_at").set_value("9:00")
    press(app, "complaints.steps.save")
    assert said(app) == ["填了时间的步骤也要写内容。"]
    app.query_params["case"] = other.number
    app.run()
    step(app, "complaints", "steps")
    assert app.text_area(key="complaints.steps.understand").value == ""
    assert said(app) == []


@pytest.mark.requirement("C10")
def test_a_gate_is_shown_in_place_of_the_form(office, complaint):
    with writing(office.steward) as s:
        perform(s, complaint.id, "accept")
    app = page(office.steward, "complaints", case=complaint.number)
    app.menu_button(key="complaints.step.more").click("部门接收").run()
    assert [each.value for each in app.warning] == ["还没有转给部门。"]
    assert app.button(key="complaints.take_over.save.locked").disabled


def test_what_cannot_be_taken_back_asks_once(office, complaint):
    app = page(office.supervisor, "complaints", case=complaint.number)
    app.menu_button(key="complaints.step.more").click("作废").run()
    app.text_area(key="complaints.void.note").set_value("重复录入")
    press(app, "complaints.void.save")
    assert [each.value for each in app.warning] == ["作废后本单不再计入任何统计，且不能恢复。"]
    assert [each.state for each in cases_in(office.desk, "complaints")] == ["waiting"]
    press(app, "complaints.void.save")
    assert [each.state for each in cases_in(office.desk, "complaints")] == ["void"]


@pytest.mark.requirement("M4")
def test_a_returned_slip_is_one_form(office):
    with writing(office.desk) as s:
        repair = builders.a_repair(s, office)
        perform(s, repair.id, "dispatch", {
            "technicians": (office.technician.user_id,), "charge_kind": "paid", "quoted": "80", "price_agreed": True,
        })  # fmt: skip
    app = page(office.desk, "repairs", case=repair.number)
    minute = shown_moment(now())
    app.text_input(key="repairs.slip.arrived_on_site").set_value(minute)
    app.text_area(key="repairs.slip.work").set_value("换角阀")
    app.text_input(key="repairs.slip.charge").set_value("80元")
    app.text_input(key="repairs.slip.signed_by").set_value("吴学文")
    choose(app, "repairs.slip.rating", "satisfied")
    press(app, "repairs.slip.save")
    assert said(app) == ["请填写到场和完工时间。"]
    app.text_input(key="repairs.slip.finished_at").set_value(shown_moment(now()))
    app.file_uploader(key="repairs.slip.files.1").set_value([a_photo("回单.png")])
    press(app, "repairs.slip.save")
    assert said(app) == []
    [done] = cases_in(office.desk, "repairs")
    assert (done.state, done.work, done.charge, done.rating.value) == ("to_visit", "换角阀", 80, "satisfied")
    with reading(office.desk) as s:
        assert s.scalars(select(Event.action).where(Event.case_id == repair.id).order_by(Event.id)).all() == [
            "open", "dispatch", "arrive", "finish", "sign",
        ]  # fmt: skip
        assert [each.name for each in attached_to(s, Owner(case_id=repair.id))] == ["回单.jpg"]


@pytest.mark.requirement("C7")
def test_a_return_visit_shows_its_three_outcomes_and_what_was_done(office, complaint):
    with writing(office.steward) as s:
        builders.handle(s, complaint, solution="已劝止施工")
        visit = builders.the_visit_of(s, complaint)
    app = page(office.desk, "return_visits", case=visit.number)
    row = next(each for each in app.segmented_control if each.key == "return_visits.step")
    assert (row.options, row.value) == (["已联系上", "未联系上", "客户拒访"], "reached")
    assert "已劝止施工" in shown(app)
    choose(app, "return_visits.reached.solved", "yes")
    choose(app, "return_visits.reached.satisfaction", "very")
    press(app, "return_visits.reached.save")
    assert said(app) == []
    assert [each.state for each in cases_in(office.desk, "complaints")] == ["done"]


@pytest.mark.requirement("R4")
def test_a_telephone_shows_by_the_rules_and_each_look_is_logged(office):
    with writing(office.desk) as s:
        case = builders.a_complaint(s, office, contact_phone="13800138000")
    assert "13800138000" in shown(page(office.desk, "complaints", case=case.number))
    app = page(office.steward, "complaints", case=case.number)
    assert "13800138000" not in shown(app)
    assert "138****8000" in shown(app)
    app.menu_button(key="complaints.phone.ground").click("紧急").run()
    assert "13800138000" in shown(app)
    with reading(office.director) as s:
        log = select(Audit.act, Audit.actor_id, Audit.ground).where(Audit.case_id == case.id).order_by(Audit.id)
        assert [tuple(row) for row in s.execute(log)] == [
            ("looked", office.desk.user_id, case.number),
            ("revealed", office.steward.user_id, "emergency"),
        ]


@pytest.mark.requirement("R4")
def test_whom_a_complaint_is_about_sees_no_complainant_and_no_step(office):
    with writing(office.desk) as s:
        case = builders.a_complaint(s, office, customer_id=office.customer.id, about_user_id=office.supervisor.user_id)
    app = page(office.supervisor, "complaints", case=case.number)
    assert "吴学文" not in shown(app)
    assert [each.value for each in app.info] == ["本单涉及您本人，由他人经办。"]


@pytest.mark.requirement("R6")
def test_an_attachment_is_added_and_taken_away(office, complaint):
    app = page(office.desk, "complaints", case=complaint.number)
    press(app, "complaints.attach.save")
    assert "请先选择文件。" in said(app)
    app.file_uploader(key="complaints.attach.files.1").set_value([("脚本.pdf", b"<script>", "application/pdf")])
    press(app, "complaints.attach.save")
    assert said(app) == ["有附件不能上传。"]
    app.file_uploader(key="complaints.attach.files.1").set_value([a_photo()])
    press(app, "complaints.attach.save")
    with reading(office.desk) as s:
        [photo] = attached_to(s, Owner(case_id=complaint.id))
    app.menu_button(key="complaints.detach").click(photo.id).run()
    press(app, "complaints.detach.sure")
    with reading(office.desk) as s:
        assert attached_to(s, Owner(case_id=complaint.id)) == []
