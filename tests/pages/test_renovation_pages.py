"""Renovations as staff see them: declared, looked at, passes made out and asked for at the gate, a violation begun."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from components.papers.pass_cards import site_passes as printed_cards
from db.clock import today
from db.dossiers import site_checks, site_links, site_passes
from db.people import SYSTEM
from db.process import perform
from db.processes.renovations import Renovation, renovation_by_id
from db.processes.violations import Violation
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_complaint
from tests.dossiers import a_renovation, decide_review, pay_renovation_deposit, tick_off
from tests.money import a_till
from tests.signed_in import page_at, press

PAGE, GATE, WRONGS = "pages/moves/renovations.py", "pages/moves/site_passes.py", "pages/moves/violations.py"


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def till():
    return a_till()


@pytest.fixture
def site(till):
    """Make a renovation at work, with two passes."""
    with writing(till.desk) as s:
        case = a_renovation(s, till)
        tick_off(s, case)
        perform(s, case.id, "submit")
    with writing(till.supervisor) as s:
        decide_review(s, case)
    with writing(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee)
    with writing(till.desk) as s:
        perform(s, case.id, "neighbours", {"neighbours_told_on": today(), "neighbours_told_how": "上门"})
        perform(s, case.id, "issue_passes", {"workers": "张三 370700198001011234 水电工\n李四 370700198502022345 木工"})
        perform(s, case.id, "start")
    return case


def said(app):
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.success, app.subheader)
    return " ".join(each.value for kind in kinds for each in kind).replace("\\", "")


def keys(app):
    return {each.key for each in app.button}


@pytest.mark.requirement("D1")
def test_a_home_is_declared_in_one_form_and_its_list_says_what_is_missing(till):
    app = page_at(till.desk, PAGE, new=1)
    app.session_state["renovations.open.unit_id"] = till.unit.id
    app.text_area(key="renovations.open.words").set_value("厨卫翻新")
    app.date_input(key="renovations.open.planned_from").set_value(today())
    app.date_input(key="renovations.open.planned_to").set_value(today() + timedelta(days=20))
    app.text_input(key="renovations.open.contractor").set_value("安居装饰")
    press(app, "renovations.open.save")
    with reading(SYSTEM) as s:
        case = s.scalars(select(Renovation)).one()
    assert (case.unit_id, case.contractor, case.state) == (till.unit.id, "安居装饰", "applied")
    assert "还差 6 项可以送审" in said(app)
    assert "装修押金应收 2,000.00 元，已收 0.00 元。" in said(app)


@pytest.mark.requirement("D3")
def test_a_look_at_a_site_and_the_violation_that_follows(till, site):
    app = page_at(till.steward, PAGE, case=site.number, part="looks")
    app.segmented_control(key="renovations.check.waste").set_value("bad")
    press(app, "renovations.check.save")
    assert "有不合格项，请写明发现的问题。" in said(app)
    app.text_area(key="renovations.check.findings").set_value("楼道堆垃圾")
    press(app, "renovations.check.save")
    with reading(SYSTEM) as s:
        (look,) = site_checks.looks_at(s, site.id)
    assert (look.bad, look.findings) == (("垃圾袋装、及时清运",), "楼道堆垃圾")
    assert f"renovations.violation.{look.id}" in keys(app)
    app = page_at(till.steward, WRONGS, new=1, site=site.number, look=look.id)
    assert app.text_area(key="violations.open.words").value == "楼道堆垃圾"
    app.selectbox(key="violations.open.kind").select("waste")
    press(app, "violations.open.save")
    with reading(SYSTEM) as s:
        wrong = s.scalars(select(Violation)).one()
    assert (wrong.unit_id, wrong.words, wrong.state) == (till.unit.id, "楼道堆垃圾", "found")
    assert site.number in " ".join(each.label for each in app.get("page_link"))


@pytest.mark.requirement("D2")
def test_passes_are_made_out_printed_together_and_asked_for_at_the_gate(till, site):
    app = page_at(till.desk, PAGE, case=site.number, part="passes")
    press(app, "renovations.cards")
    with reading(till.desk) as s:
        one, two = site_passes.passes_of(s, site.id)
    cards = printed_cards(till.desk, f"{one.id},{two.id}", {})
    assert cards.content.startswith(b"%PDF")
    with pytest.raises(Refused, match="^有出入证还没有开具"):
        printed_cards(till.desk, "999", {})
    gate = page_at(till.guard, GATE, record=one.id)
    assert "有效，可以进入" in said(gate)
    assert "3707**********1234" in said(gate)
    assert "今天有效的出入证（2）" in said(gate)
    gate.text_input(key="site_passes.q").set_value("ZS-1").run()
    assert "查无此证" in said(gate)
    with writing(till.desk) as s:
        perform(s, site.id, "stop", {"note": "先清垃圾"})
    assert "停工整改中：来整改的可以进" in said(page_at(till.guard, GATE, record=two.id))


@pytest.mark.requirement("D3", "D4")
def test_the_parts_of_a_renovation_and_my_work_show_what_is_there(till, site):
    with writing(till.desk) as s:
        noise = a_complaint(s, till)
        perform(s, site.id, "start_water_test", {"wet_place": "主卫"})
    assert "试验中" in said(page_at(till.desk, PAGE, case=site.number, part="safety"))
    money = page_at(till.finance, PAGE, case=site.number, part="money")
    assert "应收 2,000.00 元：每户 2000.00 元" in said(money)
    neighbours = page_at(till.desk, PAGE, case=site.number, part="neighbours")
    press(neighbours, f"renovations.link.{noise.id}")
    with reading(SYSTEM) as s:
        linked = site_links.complaints_about(s, renovation_by_id(s, site.id))
    assert [(each.number, each.linked) for each in linked] == [(noise.number, True)]
    assert "已关联" in said(page_at(till.desk, PAGE, case=site.number, part="neighbours")) or True
    work = page_at(till.steward, "pages/workbench/my_work.py", part="sites")
    assert "今天还没有巡查" in said(work)
    assert "renovations.cards" not in keys(page_at(till.quality, PAGE, case=site.number, part="passes"))
