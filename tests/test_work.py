"""What waits for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from db import approvals, settings, work
from db.approvals import Verdict
from db.clock import pretending
from db.people import SYSTEM, Role
from db.process import perform
from db.registry import Contract, ContractKind, Firm, FirmKind, StewardArea
from db.session import reading, writing
from db.work import Part
from tests.builders import (
    a_building,
    a_complaint,
    a_repair,
    a_unit,
    an_actor,
    an_estate,
    an_office,
    handle,
    the_visit_of,
)
from tests.counting import counted_statements

NOVEMBER = datetime(2026, 11, 10, 2, tzinfo=UTC)


@pytest.fixture
def office(engine):
    with pretending(NOVEMBER):
        yield an_office()


def numbers(actor, part=Part.ALL, **more):
    with reading(actor) as s:
        return [each.number for each in work.waiting(s, part, **more).rows]


def opened(actor, make, office, **values):
    with writing(actor) as s:
        return make(s, office, **values)


def dispatched(office, *technicians, **values):
    repair = opened(office.desk, a_repair, office, **values)
    hands = {"technicians": tuple(each.user_id for each in technicians), "charge_kind": "free"}
    with writing(office.desk) as s:
        perform(s, repair.id, "dispatch", hands)
    return repair


@pytest.mark.requirement("X5")
def test_what_is_nobodys_waits_for_every_role_that_may_take_its_next_step(office):
    complaint = opened(office.desk, a_complaint, office)
    for actor in (office.desk, office.other_desk, office.steward, office.supervisor, office.works):
        assert numbers(actor) == [complaint.number]
    for actor in (office.technician, office.guard, office.cashier, office.quality):
        assert numbers(actor) == []


@pytest.mark.requirement("X5")
def test_what_somebody_took_waits_for_him_alone(office):
    complaint = opened(office.desk, a_complaint, office)
    with writing(office.desk) as s:
        perform(s, complaint.id, "accept")
    assert numbers(office.desk, Part.MINE) == [complaint.number]
    assert numbers(office.other_desk) == []


@pytest.mark.requirement("X5", "M2")
def test_a_technician_sees_his_orders_and_those_he_helps_with(office):
    repair = dispatched(office, office.technician, office.other_technician)
    assert (numbers(office.technician, Part.MINE), numbers(office.technician, Part.HELPING)) == ([repair.number], [])
    assert (numbers(office.other_technician, Part.MINE), numbers(office.other_technician)) == ([], [repair.number])
    with reading(office.technician) as s:
        row = work.waiting(s, Part.MINE).rows[0]
    assert (row.next_step, row.where, row.words, row.late) == ("到场", "1-1-101", "厨房水管漏水", False)


@pytest.mark.requirement("C7", "M5")
def test_a_return_visit_waits_for_anybody_but_the_handler(office):
    complaint = opened(office.desk, a_complaint, office)
    with writing(office.desk) as s:
        visit = the_visit_of(s, handle(s, complaint))
    assert numbers(office.desk) == []
    assert numbers(office.other_desk) == [visit.number]
    with writing(office.other_desk) as s:
        perform(s, visit.id, "reached", {"solved": "yes", "satisfaction": "very", "manner": "phone"})
    assert numbers(office.other_desk) == []


def test_late_comes_first_and_a_stewards_own_buildings_before_others(office):
    with writing(SYSTEM) as s:
        second = a_building(s, office.estate, "2")
        unit = a_unit(s, second)
        own = StewardArea(estate_id=office.estate.id, building_id=second.id, user_id=office.steward.user_id,
                          starts_on=date(2026, 1, 1))  # fmt: skip
        s.add(own)
    late = opened(office.desk, a_complaint, office)
    with pretending(NOVEMBER + timedelta(hours=26)):
        elsewhere = opened(office.desk, a_complaint, office)
        mine = opened(office.desk, a_complaint, office, unit_id=unit.id)
        assert numbers(office.steward) == [late.number, mine.number, elsewhere.number]
        assert numbers(office.desk) == [late.number, elsewhere.number, mine.number]
        with reading(office.steward) as s:
            rows = work.waiting(s, Part.ALL).rows
        assert [(row.late, row.my_area) for row in rows] == [(True, False), (False, True), (False, False)]


def test_pages_add_up_and_counts_agree(office):
    made = [opened(office.desk, a_complaint, office).number for _n in range(5)]
    first, second = numbers(office.desk, limit=3), numbers(office.desk, limit=3, page=2)
    assert first + second == made
    with reading(office.desk) as s:
        assert work.counts(s) == {Part.ALL: 5, Part.MINE: 0, Part.ROLE: 5, Part.HELPING: 0}
        assert work.waiting(s, Part.ALL, limit=3).total == 5
    with reading(office.supervisor) as s:
        assert work.counts(s)[Part.SUPERIOR] == 0


@pytest.mark.requirement("C4", "M8")
def test_the_superior_sees_what_is_reported_up_and_what_is_nearly_late(office):
    reported = opened(office.desk, a_complaint, office)
    with writing(office.desk) as s:
        perform(s, reported.id, "report_up", {"note": "客户情绪激动"})
        perform(s, reported.id, "urge", {})
    quiet = opened(office.desk, a_complaint, office)
    assert numbers(office.supervisor, Part.SUPERIOR) == [reported.number]
    with reading(office.supervisor) as s:
        row = work.waiting(s, Part.SUPERIOR).rows[0]
    assert (row.escalated, row.urges) == (True, 1)
    with pretending(NOVEMBER + timedelta(hours=23)):
        assert numbers(office.supervisor, Part.SUPERIOR) == [reported.number, quiet.number]
        assert numbers(office.desk, Part.SUPERIOR) == []
        with writing(office.director) as s:
            settings.change(s, settings.ESCALATE_MINUTES, office.estate.id, 30)
        assert numbers(office.supervisor, Part.SUPERIOR) == [reported.number]


def test_a_stopped_clock_is_not_late_and_says_why(office):
    repair = dispatched(office, office.technician)
    with writing(office.technician) as s:
        perform(s, repair.id, "pause", {"pause_kind": "parts", "pause_reason": "等阀芯"})
    with pretending(NOVEMBER + timedelta(days=3)), reading(office.technician) as s:
        row = work.waiting(s, Part.MINE).rows[0]
    assert (row.late, row.paused) == (False, "等阀芯")


def test_the_person_complained_about_does_not_find_it_here(office):
    opened(office.desk, a_complaint, office, about_user_id=office.steward.user_id)
    assert numbers(office.steward) == []


def test_another_estates_work_is_out_of_sight(office):
    opened(office.desk, a_complaint, office)
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DESK)
    assert numbers(stranger) == []
    assert numbers(stranger, estate_ids=[office.estate.id]) == []


def test_a_late_entry_waits_for_the_supervisor_in_words(office):
    with writing(office.desk) as s:
        complaint = a_complaint(s, office)
    with pretending(NOVEMBER + timedelta(days=2)), writing(office.desk) as s:
        perform(s, complaint.id, "accept", at=NOVEMBER + timedelta(hours=1))
    with reading(office.supervisor) as s:
        (asked,) = work.to_approve(s)
    assert (str(asked.kind), asked.number, asked.asked_by) == ("补录审核", complaint.number, "王芳")
    assert asked.what == "“受理”发生于 11-10 11:00，11-12 10:00 录入"
    with writing(office.supervisor) as s:
        approvals.decide(s, asked.id, Verdict.GRANTED)
    with reading(office.supervisor) as s:
        assert work.to_approve(s) == []
    with reading(office.desk) as s:
        assert work.to_approve(s) == []


def test_a_dissatisfied_customer_goes_to_the_supervisor(office):
    complaint = opened(office.desk, a_complaint, office)
    with writing(office.desk) as s:
        visit = the_visit_of(s, handle(s, complaint))
    said = {"solved": "yes", "satisfaction": "dissatisfied", "manner": "phone", "opinion": "拖得太久"}
    with writing(office.steward) as s:
        perform(s, visit.id, "reached", said)
    with reading(office.supervisor) as s:
        (asked,) = work.to_approve(s)
    assert (asked.number, asked.what, asked.note) == (visit.number, "客户回访：不满意", "拖得太久")


@pytest.mark.requirement("R7", "R8")
def test_contracts_and_licences_about_to_end_are_told_to_who_may_renew_them(office):
    today = date(2026, 11, 10)

    def a_contract(number, days, firm=None):
        return Contract(
            estate_id=office.estate.id, number=number, kind=ContractKind.FIRM, firm_id=firm,
            starts_on=date(2025, 1, 1), ends_on=today + timedelta(days=days),
        )  # fmt: skip

    with writing(SYSTEM) as s:
        lift = Firm(estate_id=office.estate.id, name="电梯公司", kind=FirmKind.LIFT, licence="TS-1",
                    licence_ends_on=today + timedelta(days=5))  # fmt: skip
        renewed = Firm(estate_id=office.estate.id, name="保洁公司", kind=FirmKind.CLEANING)
        s.add_all([lift, renewed])
        s.flush()
        s.add_all(
            [a_contract("HT-1", 60, lift.id), a_contract("HT-2", 61), a_contract("HT-3", -3, office_firm(s, office))]
        )
        s.add_all([a_contract("HT-4", 20, renewed.id), a_contract("HT-5", 400, renewed.id)])
    with reading(office.supervisor) as s:
        found = [(str(each.kind), each.name, each.who, each.days) for each in work.ending(s)]
    assert found == [
        ("专营服务合同", "HT-3", "消防公司", -3),
        ("专营公司资质", "TS-1", "电梯公司", 5),
        ("专营服务合同", "HT-1", "电梯公司", 60),
    ]
    with reading(office.desk) as s:
        assert work.ending(s) == []


def office_firm(s, office):
    firm = Firm(estate_id=office.estate.id, name="消防公司", kind=FirmKind.FIRE)
    s.add(firm)
    s.flush()
    return firm.id


def test_the_list_takes_the_same_few_queries_however_long_it_is(office):
    def ask() -> int:
        with counted_statements() as sent, reading(office.supervisor) as s:
            work.counts(s)
            work.waiting(s, Part.ALL)
            work.to_approve(s)
            work.ending(s)
        return len(sent)

    opened(office.desk, a_complaint, office)
    before = ask()
    for _n in range(4):
        opened(office.desk, a_complaint, office)
        dispatched(office, office.technician)
    assert ask() == before <= 10
