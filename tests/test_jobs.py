"""What the clock owes: superiors are warned in time, once; a night that was missed is caught up with."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from db import backup, faults, jobs, session, settings, signing_in
from db.cases import Case, Event
from db.clock import moment_of, pretending
from db.jobs import Job, run_due
from db.people import SYSTEM, SYSTEM_ID, SignInFailure, StaffSession
from db.process import perform
from tests.builders import a_complaint, a_repair, an_office, handle

MONDAY = moment_of(date(2026, 11, 23), time(9, 0))


def hours(number: float) -> datetime:
    """Say when so many hours have passed since Monday at nine."""
    return MONDAY + timedelta(hours=number)


@pytest.fixture
def office(engine):
    """An office on Monday at nine, its nightly duties done."""
    with pretending(MONDAY - timedelta(hours=2)):
        run_due()
        return an_office()


def told_in(office, open_one, moment=MONDAY, **values) -> int:
    with pretending(moment), session.writing(office.desk) as s:
        return open_one(s, office, **values).id


def warnings(case_id: int) -> list[tuple[int, datetime, datetime]]:
    """List the warnings of a matter: by whom, when, typed when."""
    with session.reading(SYSTEM) as s:
        rows = s.execute(
            select(Event.actor_id, Event.occurred_at, Event.recorded_at)
            .where(Event.case_id == case_id, Event.action == "warn")
            .order_by(Event.id)
        )
        return [tuple(row) for row in rows]


def warned(moment: datetime) -> list[str]:
    """Do what is owed then; returns what is said of warnings."""
    return [each for each in run_due(moment) if each.startswith("超时预警")]


def escalated_at(case_id: int) -> datetime | None:
    with session.reading(SYSTEM) as s:
        return s.scalar(select(Case.escalated_at).where(Case.id == case_id))


# --- warnings ---


@pytest.mark.requirement("C4")
@pytest.mark.requirement("C5")
def test_a_superior_is_warned_two_hours_before_a_complaint_is_late_and_once(office) -> None:
    complaint = told_in(office, a_complaint)
    assert warned(hours(21.9)) == []
    assert warnings(complaint) == []
    assert warned(hours(22)) == ["超时预警 1 件。"]
    assert warned(hours(22)) == []
    assert warned(hours(23)) == []
    assert warnings(complaint) == [(SYSTEM_ID, hours(22), hours(22))]
    assert escalated_at(complaint) == hours(22)


@pytest.mark.requirement("C4")
def test_what_is_grave_is_warned_of_at_once(office) -> None:
    repair = told_in(office, a_repair, words="厨房水管爆了，跑水")
    assert warned(hours(0.1)) == ["超时预警 1 件。"]
    assert warnings(repair) == [(SYSTEM_ID, hours(0.1), hours(0.1))]


def test_a_grave_complaint_is_with_the_superior_from_the_start(office) -> None:
    complaint = told_in(office, a_complaint, gravity="grave")
    assert warned(hours(0.1)) == []
    assert (warnings(complaint), escalated_at(complaint)) == ([], MONDAY)


def test_what_was_reported_by_hand_is_not_warned_of_again(office) -> None:
    complaint = told_in(office, a_complaint)
    with pretending(hours(1)), session.writing(office.desk) as s:
        perform(s, complaint, "report_up", {"note": "客户要见主任"})
    assert warned(hours(30)) == []
    assert (warnings(complaint), escalated_at(complaint)) == ([], hours(1))


def test_what_is_handled_or_paused_is_not_late(office) -> None:
    complaint, repair = told_in(office, a_complaint), told_in(office, a_repair, words="水龙头关不严", urgency="normal")
    with pretending(hours(2)), session.writing(office.works) as s:
        perform(s, repair, "dispatch", {"technicians": (office.technician.user_id,), "charge_kind": "free"})
        perform(s, repair, "pause", {"pause_kind": "parts", "pause_reason": "缺阀芯"})
    with pretending(hours(2)), session.writing(office.desk) as s:
        handle(s, s.get(Case, complaint))
    assert warned(hours(26)) == []
    assert (warnings(complaint), warnings(repair)) == ([], [])


def test_a_return_visit_is_warned_of_too(office) -> None:
    complaint = told_in(office, a_complaint)
    with pretending(hours(2)), session.writing(office.desk) as s:
        handle(s, s.get(Case, complaint))
    assert warned(hours(2 + 3 * 24 - 2)) != []
    with session.reading(SYSTEM) as s:
        visit = s.scalar(select(Case.id).where(Case.process == "return_visits"))
    assert len(warnings(visit)) == 1


def test_each_estate_says_how_long_before(office) -> None:
    with pretending(MONDAY), session.writing(office.director) as s:
        settings.change(s, settings.ESCALATE_MINUTES, office.estate.id, 600)
    complaint = told_in(office, a_complaint)
    run_due(hours(13.9))
    assert warnings(complaint) == []
    run_due(hours(14))
    assert len(warnings(complaint)) == 1


def test_one_that_fails_keeps_nobody_else(office, monkeypatch) -> None:
    first, second = told_in(office, a_complaint), told_in(office, a_complaint)
    real = jobs.perform

    def failing(s, case_id, action):
        if case_id == first:
            message = "broken"
            raise RuntimeError(message)
        return real(s, case_id, action)

    monkeypatch.setattr(jobs, "perform", failing)
    assert warned(hours(23)) == ["超时预警 1 件。"]
    assert (len(warnings(first)), len(warnings(second))) == (0, 1)
    fault = json.loads(faults.log_file().read_text("utf-8").splitlines()[-1])
    assert (fault["page"], fault["case"], fault["message"]) == ("jobs.escalate", first, "broken")
    monkeypatch.undo()
    assert warned(hours(23.1)) == ["超时预警 1 件。"]
    assert len(warnings(first)) == 1


def test_many_are_warned_of_in_several_writes(office, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    told = [told_in(office, a_complaint) for _ in range(5)]
    assert warned(hours(23)) == ["超时预警 5 件。"]
    assert [len(warnings(each)) for each in told] == [1] * 5


# --- one runner at a time, nothing twice, nothing forgotten ---


def last_run(name: str) -> datetime | None:
    with session.reading(SYSTEM) as s:
        return s.scalar(select(Job.last_run_at).where(Job.name == name))


def test_a_duty_somebody_is_at_is_left_to_him_until_he_must_have_died(office) -> None:
    complaint = told_in(office, a_complaint)
    with pretending(hours(22)), session.writing(SYSTEM) as s:
        job = s.get(Job, "escalate") or Job(name="escalate")
        job.running_until = hours(22) + jobs.LEASE
        s.add(job)
    assert warned(hours(22.2)) == []
    assert warnings(complaint) == []
    run_due(hours(22) + jobs.LEASE)
    assert len(warnings(complaint)) == 1


def test_a_failed_duty_is_owed_again_and_does_not_keep_the_others(office, monkeypatch) -> None:
    tomorrow = hours(24)
    monkeypatch.setattr(jobs.signing_in, "forget_old", lambda *_: 1 / 0)
    run_due(tomorrow)
    assert last_run("forget") == MONDAY - timedelta(hours=2)
    monkeypatch.undo()
    run_due(tomorrow + timedelta(minutes=1))
    assert last_run("forget") == tomorrow + timedelta(minutes=1)


def test_nightly_duties_are_done_once_a_night_and_caught_up_with(office) -> None:
    assert last_run("forget") == MONDAY - timedelta(hours=2)  # begun with
    two_at_night = moment_of(date(2026, 11, 24), time(2, 0))
    run_due(two_at_night - timedelta(minutes=1))
    assert last_run("forget") == MONDAY - timedelta(hours=2)
    run_due(two_at_night)
    run_due(two_at_night + timedelta(hours=5))
    assert last_run("forget") == two_at_night
    friday = moment_of(date(2026, 11, 27), time(8, 30))  # the PC was off for three nights
    run_due(friday)
    run_due(friday + timedelta(minutes=1))
    assert last_run("forget") == friday


def test_old_sessions_and_failures_are_forgotten(office) -> None:
    with pretending(MONDAY - timedelta(days=40)):
        signing_in.start_session(office.desk.user_id)
        with session.writing(SYSTEM) as s:
            signing_in.count_attempt(s, "nobody", "192.0.2.1")
    with pretending(MONDAY):
        signing_in.start_session(office.steward.user_id)
    run_due(hours(24))
    with session.reading(SYSTEM) as s:
        assert s.scalars(select(StaffSession.user_id)).all() == [office.steward.user_id]
        assert s.scalars(select(SignInFailure.id)).all() == []


@pytest.mark.requirement("X7")
def test_every_night_leaves_a_backup_on_sqlite_and_two_weeks_of_them_stay(sqlite_engine) -> None:
    for day in range(1, 19):
        run_due(moment_of(date(2026, 11, day), time(2, 0)))
        run_due(moment_of(date(2026, 11, day), time(12, 0)))
    kept = sorted(each.name for each in backup.nightly_folder().iterdir())
    assert kept == [f"guanjia-202611{day:02}-020000.tar" for day in range(4, 19)]


def test_on_postgresql_backups_are_the_administrators(postgres_engine) -> None:
    assert run_due(MONDAY) == []
    assert not backup.nightly_folder().exists()
