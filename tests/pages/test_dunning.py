"""Dunning as staff see it: the daily list, a household, a contact in one form, a run for all, the rule for posting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from db import approvals
from db.clock import today
from db.ledger import demands, disclosures
from db.ledger.arrears import Asked
from db.ledger.arrears_sheets import workbook
from db.ledger.dunnings import Dunning, State
from db.ledger.tables import Notice
from db.people import SYSTEM, Role
from db.process import open_case, perform
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_complaint, a_unit, an_actor, an_occupancy
from tests.money import a_bill, a_tariff, a_till
from tests.signed_in import page_at

PAGE = "pages/fees/dunning.py"


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def till():
    """Make three households with a bill 100 days overdue; the first is the office's customer."""
    made = a_till()
    month = (today() - timedelta(days=100)).replace(day=1)
    with writing(SYSTEM) as s:
        tariff = a_tariff(s, made.item, late_clause="第十二条").id
        made.others = [a_unit(s, made.building, room=room) for room in ("201", "301")]
        an_occupancy(s, made.unit, made.customer)
        for unit in (made.unit, *made.others):
            a_bill(s, unit, made.item, "100.00", month, customer_id=made.customer.id, tariff_id=tariff)
    return made


def page_of(actor, **params):
    return page_at(actor, PAGE, **params)


def said(app):
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.success, app.title)
    return " ".join(each.value for kind in kinds for each in kind).replace("\\", "")


def rows_of(app, place=0):
    return [tuple(row) for row in app.dataframe[place].value.itertuples(index=False)]


def pressed(app, key):
    return next(each for each in app.button if each.key == key).click().run()


@pytest.mark.requirement("F5")
def test_from_the_list_to_a_household_and_its_first_contact(till):
    app = page_of(till.desk)
    assert [row[0] for row in rows_of(app)] == ["1-1-101", "1-1-201", "1-1-301"]
    app.session_state["arrears.open"] = {"row": 0}
    app.run()
    assert not app.exception
    key = f"{till.unit.id}-{till.customer.id}-{till.payee.id}"
    app = page_of(till.desk, debt=key)
    assert "还没有催缴过，可以发第一次催缴" in said(app)
    app.selectbox(key="dunning.begin_contact.answer").select("promised")
    app.selectbox(key="dunning.begin_contact.reason").select("forgot")
    app.date_input(key="dunning.begin_contact.promised_on").set_value(today() + timedelta(days=3))
    pressed(app, "dunning.begin_contact.save")
    assert not app.exception
    with reading(SYSTEM) as s:
        case = s.scalars(select(Dunning)).one()
    assert (case.state, case.reason, case.promised_on) == (State.NEW, "forgot", today() + timedelta(days=3))


@pytest.mark.requirement("F5")
def test_a_household_shows_its_bills_their_worksheet_and_what_is_missing(till):
    with writing(till.desk) as s:
        number = open_case(s, "dunning", {"unit_id": till.unit.id}).number
        complaint = a_complaint(s, till).number
    app = page_of(till.desk, case=number)
    assert f"有未办结的投诉 {complaint}" in said(app)
    app.session_state["dunning.owed.sheet"] = {"row": 0}
    app.run()
    assert not app.exception
    assert "首尾两日都算" in said(app)
    assert rows_of(app, 1)[0][3:5] == ("100.00", "0.05%")


@pytest.mark.requirement("F5")
def test_a_building_is_dunned_in_one_run_and_printed(till):
    with writing(till.desk) as s:
        a_complaint(s, till, unit_id=till.others[0].id)
    app = page_of(till.desk)
    pressed(app, "dunning.run.open")
    assert "发第一次催缴 3 户" in said(app)
    pressed(app, "dunning.run.go")
    assert "已催缴 2 户，未办 1 户" in said(app)
    assert "1-1-201" in said(app)
    with reading(till.desk) as s:
        batch = s.scalars(select(Notice.batch)).first()
        ((_template, paper),) = demands.papers(s, demands.numbered(s, batch))
        assert [each["unit"] for each in paper["letters"]] == ["1-1-101", "1-1-301"]
        states = list(s.scalars(select(Dunning.state)))
        assert states == [State.FIRST, State.FIRST], "what is refused opens nothing"
    pressed(app, "dunning.run.open")
    assert "发第一次催缴 1 户；2 户还在限期内" in said(app)


def test_nothing_is_offered_to_those_who_only_look(till):
    app = page_of(till.quality)
    assert {"dunning.run.open", "dunning.new"} & {each.key for each in app.button} == set()
    assert rows_of(app)[0][1] == "吴**"


@pytest.mark.requirement("F5")
def test_rooms_are_posted_only_by_the_estates_own_rule_and_the_directors_consent(till):
    with writing(SYSTEM) as s:
        other = an_actor(s, [till.estate], Role.DIRECTOR)
    with reading(till.supervisor) as s, pytest.raises(Refused, match="公示默认不开放"):
        disclosures.rooms(s, till.estate.id)
    with writing(till.desk) as s, pytest.raises(Refused, match="由客服主管或管理处主任录入"):
        disclosures.propose(s, till.estate.id, "管理规约", "第九条")
    with writing(till.supervisor) as s, pytest.raises(Refused, match="没有依据的不能公示"):
        disclosures.propose(s, till.estate.id, "管理规约第九条", " ")
    with writing(till.supervisor) as s:
        disclosures.propose(s, till.estate.id, "管理规约第九条", "经三次催缴仍不缴的，可公示房号与欠费期间。")
    with reading(till.supervisor) as s, pytest.raises(Refused, match="公示默认不开放"):
        disclosures.rooms(s, till.estate.id)
    with writing(other) as s:
        (asked,) = approvals.waiting_for(s)
        approvals.decide(s, asked.id, approvals.Verdict.GRANTED)
    with reading(till.supervisor) as s:
        assert disclosures.rooms(s, till.estate.id) == [], "nobody has had three notices"
    with writing(SYSTEM) as s:
        case = open_case(s, "dunning", {"unit_id": till.unit.id})
        perform(s, case.id, "first", {"channel": "in_person"})
        for step in ("wait_over_1", "second", "wait_over_2", "third", "wait_over_3"):
            perform(s, case.id, step, {"channel": "in_person"})
    with reading(till.supervisor) as s:
        (room,) = disclosures.rooms(s, till.estate.id)
        assert set(vars(room)) == {"unit", "first", "last"}
        assert room.unit == "1-1-101"
    assert "管理规约第九条" in said(page_of(till.supervisor, part="rule"))
    with writing(SYSTEM) as s:
        perform(s, case.id, "dispute", {"dispute": "面积有误"})
    with reading(till.supervisor) as s:
        assert disclosures.rooms(s, till.estate.id) == [], "who disputes is not posted"


@pytest.mark.requirement("R4")
def test_all_rows_go_into_a_workbook_with_names_masked_for_most(till, tmp_path):
    from python_calamine import CalamineWorkbook

    for actor, name in ((till.desk, "吴**"), (till.director, "吴学文")):
        file = tmp_path / "a.xlsx"
        file.write_bytes(workbook(actor, Asked()))
        rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
        assert [row[0] for row in rows[5:]] == ["1-1-101", "1-1-201", "1-1-301", "合计"]
        assert rows[5][2] == name
        assert rows[8][5] == 300.0
    with pytest.raises(Refused):
        workbook(till.guard, Asked())


