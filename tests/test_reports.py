"""The office's figures, checked by hand against the office's own definitions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from db import settings
from db.clock import pretending
from db.people import SYSTEM, Role
from db.process import open_case, perform
from db.refused import Refused
from db.reports import flow, objectives, periods
from db.reports.shares import Share
from db.session import reading, writing
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

NOVEMBER = datetime(2026, 11, 10, 2, tzinfo=UTC)
MONTH = periods.month_of(date(2026, 11, 10))
VISITED = {"solved": "yes", "satisfaction": "satisfied", "manner": "phone"}


@pytest.fixture
def office(engine):
    with pretending(NOVEMBER):
        yield an_office()


def counted(actor, key, period=MONTH, estates=()):
    with reading(actor) as s:
        return next(each for each in objectives.objectives(s, period, estates) if each.definition.key == key)


def a_handled_complaint(office, **values):
    with writing(office.desk) as s:
        return handle(s, a_complaint(s, office, **values))


def visit(office, complaint, action="reached", values=VISITED):
    with writing(office.steward) as s:
        perform(s, the_visit_of(s, complaint).id, action, values)


def a_paid_repair(office, rating=None, charge=Decimal("60.00")):
    with writing(office.desk) as s:
        repair = a_repair(s, office)
        dispatched = {"technicians": (office.technician.user_id,), "charge_kind": "paid", "quoted": Decimal(60)}
        perform(s, repair.id, "dispatch", dispatched | {"price_agreed": True})
        perform(s, repair.id, "arrive")
        done = {"work": "换龙头", "charge": charge, "signed_by": "吴学文", "rating": rating}
        return perform(s, repair.id, "finish", done)


@pytest.mark.requirement("C7", "Q2", "X1")
def test_ten_handled_eight_reached_is_eight_of_ten(office):
    for _n in range(8):
        visit(office, a_handled_complaint(office))
    visit(office, a_handled_complaint(office), "not_reached", {"manner": "phone"})
    a_handled_complaint(office, anonymous=True)
    doubled = a_complaint_of(office)
    with writing(office.supervisor) as s:
        perform(s, doubled, "void", {"note": "重复录入"})
    with writing(office.desk) as s:
        perform(s, a_complaint(s, office).id, "withdraw", {"note": "客户撤诉"})
    found = counted(office.supervisor, "return_visits")
    assert (found.share, found.void, found.rate, found.target) == (Share(8, 10), 2, Decimal("80.0"), 50)
    assert (found.is_met, found.is_telling) == (True, True)


def a_complaint_of(office):
    with writing(office.desk) as s:
        return a_complaint(s, office).id


def test_several_visits_of_one_complaint_count_once_and_a_reopened_one_is_open_again(office):
    complaint = a_handled_complaint(office)
    visit(office, complaint, values=VISITED | {"solved": "no"})
    assert counted(office.supervisor, "return_visits").share == Share(0, 0)
    with writing(office.desk) as s:
        perform(s, complaint.id, "handle", {"finding": "justified", "solution": "再次劝止", "told_by": "phone"})
    visit(office, complaint)
    assert counted(office.supervisor, "return_visits").share == Share(1, 1)


def test_a_complaint_belongs_to_the_month_in_which_it_was_handled_however_late_it_is_visited(office):
    complaint = a_handled_complaint(office)
    with pretending(NOVEMBER + timedelta(days=25)):
        visit(office, complaint)
    assert counted(office.supervisor, "return_visits").share == Share(1, 1)
    december = periods.month_of(date(2026, 12, 5))
    assert counted(office.supervisor, "return_visits", december).share == Share(0, 0)


@pytest.mark.requirement("P2")
def test_fifty_paid_services_of_which_forty_eight_satisfied_miss_ninety_eight(office):
    for _n in range(48):
        a_paid_repair(office, "satisfied")
    a_paid_repair(office, "neutral")
    a_paid_repair(office)
    a_paid_repair(office, "dissatisfied", charge=None)
    found = counted(office.supervisor, "paid_services")
    assert (found.share, found.rate, found.is_met, found.unrated) == (Share(48, 50), Decimal("96.0"), False, 1)


def test_what_waits_for_its_data_has_no_figure(office):
    found = counted(office.supervisor, "satisfaction")
    assert (found.share, found.rate, found.is_met, str(found.definition.waits_for)) == (None, None, None, "满意度调查")


def test_nothing_handled_is_no_rate_and_under_ten_has_no_colour(office):
    found = counted(office.supervisor, "return_visits")
    assert (found.share, found.rate, found.is_met, found.is_telling) == (Share(0, 0), None, None, False)
    visit(office, a_handled_complaint(office))
    found = counted(office.supervisor, "return_visits")
    assert (found.rate, found.is_met, found.is_telling) == (Decimal("100.0"), True, False)


def test_rounding_never_lifts_a_missed_target_over_its_line():
    assert Share(9796, 10000).rate(98) == Decimal("97.9")
    assert Share(9796, 10000).rate() == Decimal("98.0")
    assert Share(98, 100).rate(98) == Decimal("98.0")
    assert Share(1, 3).rate(50) == Decimal("33.3")


def test_targets_are_the_estates_own_and_the_strictest_counts_for_the_office(office):
    with writing(office.director) as s:
        settings.change(s, objectives.RETURN_VISIT_TARGET, office.estate.id, 60)
    with writing(SYSTEM) as s:
        other = an_estate(s)
        director = an_actor(s, [office.estate, other], Role.DIRECTOR)
    assert counted(director, "return_visits").target == 60
    assert counted(director, "return_visits", estates=[other.id]).target == 50


@pytest.mark.requirement("Q2")
def test_buildings_add_up_to_the_estate_and_public_areas_stand_beside_them(office):
    with writing(SYSTEM) as s:
        second = a_unit(s, a_building(s, office.estate, "2"))
    visit(office, a_handled_complaint(office))
    a_handled_complaint(office)
    visit(office, a_handled_complaint(office, unit_id=second.id))
    a_handled_complaint(office, unit_id=None, place="南门广场")
    with reading(office.supervisor) as s:
        parts = objectives.by_building(s, "return_visits", MONTH)
    assert parts == [("1号楼", Share(1, 2)), ("2号楼", Share(1, 1)), ("公共区域", Share(0, 1))]
    assert counted(office.supervisor, "return_visits").share == Share(2, 4)


def test_another_estates_figures_are_out_of_sight(office):
    a_handled_complaint(office)
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
        stranger = an_actor(s, [elsewhere], Role.SUPERVISOR)
    assert counted(stranger, "return_visits").share == Share(0, 0)
    assert counted(stranger, "return_visits", estates=[office.estate.id]).share == Share(0, 0)
    with reading(stranger) as s:
        assert (flow.open_by_age(s), flow.latest(s)) == ({}, [])
        assert flow.standing(s) == flow.Standing(0, 0, 0, 0)


def test_figures_need_the_right(office):
    for actor in (office.technician, office.guard):
        with reading(actor) as s, pytest.raises(Refused):
            objectives.objectives(s, MONTH)


@pytest.mark.requirement("C5", "S4", "X1")
def test_open_matters_by_age_and_what_is_late(office):
    a_complaint_of(office)
    with pretending(NOVEMBER + timedelta(days=2)):
        with writing(office.desk) as s:
            a_repair(s, office, appointed_from=NOVEMBER + timedelta(days=2, hours=4))
        with reading(office.supervisor) as s:
            assert flow.open_by_age(s) == {"complaints": [0, 1, 0, 0], "repairs": [1, 0, 0, 0]}
            assert flow.standing(s) == flow.Standing(late=1, soon=0, visits_due=0, appointments=1)
            assert [(str(late.title), late.words) for late in flow.latest(s)] == [("投诉", "楼上装修噪声")]
    with pretending(NOVEMBER + timedelta(days=7)), reading(office.supervisor) as s:
        assert flow.open_by_age(s) == {"complaints": [0, 0, 0, 1], "repairs": [0, 0, 1, 0]}


def test_opened_and_closed_by_day_leave_return_visits_out(office):
    complaint = a_handled_complaint(office)
    with pretending(NOVEMBER + timedelta(days=1)):
        visit(office, complaint)
        with reading(office.supervisor) as s:
            found = flow.daily(s)
    assert len(found.days) == 30
    assert found.days[-2:] == [(date(2026, 11, 10), 1, 0), (date(2026, 11, 11), 0, 1)]
    assert sum(opened + closed for _day, opened, closed in found.days) == 2
    assert found.today == {"complaints": (0, 1), "return_visits": (0, 1)}


def test_handled_in_time_by_month(office):
    a_handled_complaint(office)
    late = a_complaint_of(office)
    with pretending(NOVEMBER + timedelta(days=25)):
        with writing(office.desk) as s:
            perform(s, late, "accept")
            perform(s, late, "handle", {"finding": "justified", "solution": "已劝止", "told_by": "phone"})
        with reading(office.supervisor) as s:
            found = flow.months(s, count=3)
    assert found.months == [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
    assert found.on_time == {"complaints": [Share(0, 0), Share(1, 1), Share(0, 1)]}
    assert found.objectives["return_visits"] == [Share(0, 0), Share(0, 1), Share(0, 1)]


@pytest.mark.requirement("C8")
def test_complaints_by_what_they_are_about_and_building(office):
    a_complaint_of(office)
    with writing(office.desk) as s:
        a_complaint(s, office, category="parking", unit_id=None, place="南门广场")
        a_complaint(s, office)
    with reading(office.supervisor) as s:
        found = flow.topics_by_building(s, "complaints", MONTH)
    assert found == [("noise", "1号楼", 2), ("parking", "公共区域", 1)]


def test_figures_take_the_same_few_queries_however_much_there_is(office):
    asked: list[str] = []

    def ask_everything() -> int:
        asked.clear()
        with reading(office.supervisor) as s:
            connection = s.connection()
            event.listen(connection, "before_cursor_execute", lambda *a: asked.append(a[2]))
            objectives.objectives(s, MONTH)
            flow.standing(s)
            flow.latest(s)
            flow.open_by_age(s)
            flow.daily(s)
            flow.months(s)
            flow.topics_by_building(s, "complaints", MONTH)
        return len(asked)

    before = ask_everything()
    for _n in range(3):
        a_handled_complaint(office)
    with writing(office.desk) as s:
        open_case(s, "inquiries", {"category": "parking", "words": "月租多少"})
    assert ask_everything() == before <= 12


@pytest.mark.parametrize(
    ("period", "label"),
    [
        (periods.month_of(date(2026, 2, 9)), "2026年2月"),
        (periods.month_before(date(2026, 1, 9)), "2025年12月"),
        (periods.quarter_of(date(2026, 11, 9)), "2026年第4季度"),
        (periods.year_of(date(2026, 11, 9)), "2026年"),
        (periods.Period(date(2026, 1, 1), date(2026, 11, 9)), "2026-01-01 至 2026-11-09"),
        (periods.same_last_year(periods.month_of(date(2028, 2, 9))), "2027年2月"),
        (periods.same_last_year(periods.month_of(date(2029, 2, 9))), "2028年2月"),
    ],
)
def test_periods_are_named_as_the_office_names_them(period, label):
    assert str(period.label) == label
