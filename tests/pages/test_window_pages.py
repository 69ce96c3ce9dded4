"""The pages of goods passes, parking permits and the one window, as desk, director and gate press through them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from db.clock import today
from db.dossiers.goods import lines_of
from db.dossiers.goods_tables import GoodsPass, State
from db.dossiers.window_results import PaperHandover
from db.papers.tables import IssuedPaper
from db.parking_tables import ParkingPermit
from db.people import SYSTEM
from db.registry import ParkingTenure, Relation
from db.session import reading, writing
from tests.builders import a_customer, a_phone, an_occupancy, an_office
from tests.money import a_space
from tests.signed_in import app_as, page_at, press, unbroken
from tests.test_goods_passes import BY_LETTER, a_pass, a_suite

pytestmark = pytest.mark.usefixtures("sqlite_engine")
GOODS, PARKING, WINDOW = (f"pages/moves/{name}.py" for name in ("goods_passes", "parking_permits", "one_window"))


def a_home():
    office = an_office()
    with writing(SYSTEM) as s:
        an_occupancy(s, office.unit, office.customer)
        a_phone(s, office.customer)
        office.space = a_space(s, office.estate, ParkingTenure.FREE)
    return office


def texts(app):
    """Gather what a page says, however it is drawn."""
    parts = [app.markdown, app.caption, app.success, app.warning, app.error, app.subheader]
    return "\n".join(each.value for part in parts for each in part).replace("\\", "")


def the_pass():
    with reading(SYSTEM) as s:
        return s.scalars(select(GoodsPass).order_by(GoodsPass.id.desc())).first()


@pytest.mark.requirement("O3")
def test_a_sofa_in_four_entries_and_one_press_and_out_past_the_guard():
    office = a_home()
    app = page_at(office.desk, GOODS, new="1")
    unbroken(app.text_input(key="goods_passes.open.unit_id#typed").set_value("1-1-101").run())
    assert app.session_state["goods_passes.open.customer_id"] == office.customer.id
    app.segmented_control(key="goods_passes.open.taker").set_value("self")
    app.text_area(key="goods_passes.open.goods").set_value("沙发 1 件\n纸箱 5 个")
    press(app, "goods_passes.open.issue")
    case = the_pass()
    assert (case.state, app.query_params["case"]) == (State.ISSUED, case.number)
    with reading(SYSTEM) as s:
        assert s.scalars(select(IssuedPaper.subject_id)).all() == [case.id]
    gate = page_at(office.guard, GOODS)
    assert gate.button(key=f"goods_gate.open.{case.id}").label == "核对"
    press(gate, f"goods_gate.open.{case.id}")
    assert [each.value for each in gate.success] == ["可以放行：核对人和物品"]
    assert "13800138000" not in texts(gate)
    assert "元" not in texts(gate)
    press(gate, "goods_gate.some")
    with reading(SYSTEM) as s:
        sofa, _boxes = lines_of(s, case.id)
    gate.checkbox(key=f"goods_gate.tick.{sofa.id}").check()
    gate.text_input(key="goods_gate.more").set_value("冰箱 1 台")
    report = next(each for each in gate.button if each.label == "报告出入")
    unbroken(report.click().run())
    assert (the_pass().state, the_pass().difference) == (State.DIFFERS, "多：冰箱 1 台；少：纸箱 5 个")
    leader = page_at(office.supervisor, GOODS, case=case.number)
    leader.text_area(key="goods_passes.let_go.note").set_value("冰箱是客户的，纸箱不搬了")
    press(leader, "goods_passes.let_go.save")
    assert the_pass().state == State.DONE
    gate = page_at(office.guard, GOODS, case=case.number)
    assert [each.value for each in gate.error] == ["已经出过门，不能再用"]


@pytest.mark.requirement("O3")
def test_the_gate_finds_by_the_last_digits_and_lets_all_out_in_one_press():
    office = a_home()
    case = a_pass(office)
    gate = page_at(office.guard, GOODS)
    gate.text_input(key="goods_gate.find").set_value(case.number[-3:])
    unbroken(next(each for each in gate.button if each.label == "查找").click().run())
    press(gate, "goods_gate.all")
    assert the_pass().state == State.DONE
    gate = page_at(office.guard, GOODS)
    gate.text_input(key="goods_gate.find").set_value("999")
    unbroken(next(each for each in gate.button if each.label == "查找").click().run())
    assert gate.error[0].value.startswith("没有找到放行条“999”")


@pytest.mark.requirement("O3")
def test_the_director_decides_on_the_pass_itself():
    office = a_suite()
    case = a_pass(office, purpose="removal", **BY_LETTER)
    app = page_at(office.director, GOODS, case=case.number)
    assert [each.value for each in app.warning] == ["未结清：应缴 1,000.00 元"]
    press(app, "goods_passes.decide.denied")
    assert [each.value for each in app.error] == ["请写明不同意的理由。"]
    app.text_area(key="goods_passes.decide.note").set_value("押金足够")
    press(app, "goods_passes.decide.granted")
    assert the_pass().state == State.APPLIED
    desk = page_at(office.desk, GOODS, case=case.number)
    press(desk, "goods_passes.issue.save")
    assert the_pass().state == State.ISSUED


@pytest.mark.requirement("K1")
def test_a_permit_is_issued_renewed_and_ended_at_the_desk():
    office = a_home()
    app = page_at(office.desk, PARKING, new="1")
    unbroken(app.text_input(key="parking_permits.issue.unit_id#typed").set_value("1-1-101").run())
    app.selectbox(key="parking_permits.issue.space_id").set_value(office.space.id)
    app.text_input(key="parking_permits.issue.plates").set_value("12")
    press(app, "parking_permits.issue.save")
    assert "车牌号应为 5 到 10 位字母、数字或汉字，例如 冀R12345。" in texts(app)
    app.text_input(key="parking_permits.issue.plates").set_value("冀R12345")
    press(app, "parking_permits.issue.save")
    with reading(SYSTEM) as s:
        permit = s.scalars(select(ParkingPermit)).one()
    assert app.query_params["record"] == str(permit.id)
    app = page_at(office.desk, PARKING)
    assert app.dataframe[0].value["plates"].tolist() == ["冀R12345"]
    app = page_at(office.desk, PARKING, record=permit.id)
    unbroken(app.segmented_control(key=f"parking_permits.act.{permit.id}").set_value("renew").run())
    press(app, "parking_permits.renew.save")
    unbroken(app.segmented_control(key=f"parking_permits.act.{permit.id}").set_value("end").run())
    app.text_input(key="parking_permits.end.ended_why").set_value("车已卖")
    press(press(app, "parking_permits.end.save"), "parking_permits.end.save")  # asked once
    with reading(SYSTEM) as s:
        permit = s.get_one(ParkingPermit, permit.id)
        assert (permit.ended_why, permit.ends_on, permit.version) == ("车已卖", today(), 3)
        assert permit.term_before == today() + timedelta(days=364 + 365)


def test_who_only_looks_issues_no_permit_and_a_guard_sees_no_window():
    office = a_home()
    app = page_at(office.cashier, PARKING, new="1")
    assert {each.key for each in app.button} & {"parking_permits.new", "parking_permits.issue.save"} == set()
    for page in (PARKING, WINDOW):
        app = app_as(office.guard).run()
        app.switch_page(page).run()
        assert app.error[0].value.startswith("您没有打开")


@pytest.mark.requirement("S11")
def test_a_customer_at_the_window_from_question_to_result():
    office = a_home()
    app = page_at(office.desk, WINDOW, what="goods", unit=office.unit.id)
    told = texts(app)
    for said in ("客户本人身份证明", "没有正在办理的手续。", "不收费", "资料齐全，当场办结"):
        assert said in told, said
    press(app, "one_window.begin")
    assert app.session_state["goods_passes.open.unit_id"] == office.unit.id
    assert app.session_state["goods_passes.open.customer_id"] == office.customer.id
    app.query_params["new"] = "1"
    unbroken(app.switch_page(GOODS).run())  # a press that leads on leaves this app on its page
    app.segmented_control(key="goods_passes.open.taker").set_value("self")
    app.text_area(key="goods_passes.open.goods").set_value("沙发 1 件")
    press(app, "goods_passes.open.issue")
    app = page_at(office.desk, WINDOW, unit=office.unit.id)
    assert "可以办：全部核对出门" in texts(app)
    assert "待领取 1 份" in texts(app)
    press(app, "one_window.hand.save")
    with reading(SYSTEM) as s:
        assert s.scalars(select(PaperHandover.taken_by)).all() == ["吴学文"]
    assert "待领取" not in texts(page_at(office.desk, WINDOW, unit=office.unit.id))


@pytest.mark.requirement("S11")
def test_another_customer_of_the_unit_gets_his_own_kind_of_a_formality():
    office = a_home()
    with writing(SYSTEM) as s:
        tenant = a_customer(s, office.estate, "沈南")
        an_occupancy(s, office.unit, tenant, Relation.TENANT)
    app = page_at(office.desk, WINDOW, what="renovation", unit=office.unit.id)
    assert "业主装修申报" in texts(app)
    unbroken(app.radio(key=f"one_window.customer.{office.unit.id}").set_value(tenant.id).run())
    assert "业主同意装修的书面证明" in texts(app)
    assert app.query_params["kind"] == "renovations.tenant"


@pytest.mark.requirement("S11")
def test_every_formality_opens_at_the_window_for_an_estate_and_for_a_unit():
    office = a_home()
    for what in ("move_in", "renovation", "parking", "cards", "payment", "goods", "move_out", "transfer", "invoice"):
        app = page_at(office.desk, WINDOW, what=what, unit=office.unit.id)
        assert "请客户带来" in texts(app), what
        assert app.button(key=f"one_window.what.{what}").proto.type == "primary"
    assert "请客户带来" in texts(page_at(office.desk, WINDOW, what="move_in"))
