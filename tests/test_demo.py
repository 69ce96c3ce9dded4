"""The demonstration: the same office on the same day, made by the rules, plainly nobody's real one."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import and_, distinct, func, or_, select
from sqlalchemy.orm import aliased

from components.papers.printing import pdf
from db import approvals, checks, demo, passwords, people, session, signing_in, work
from db.base import Base
from db.cases import Case, CaseLink, Event, is_overdue
from db.clock import pretending
from db.demo import chance
from db.demo.staff import NO_OPERATORS_PREFIX
from db.dossiers.card_tables import Holding
from db.dossiers.inspection_tables import InspectionPoint, PointResult
from db.dossiers.site_checks import SiteCheck
from db.ledger.money_tables import Deposit
from db.parking_tables import ParkingPermit
from db.people import SYSTEM, User, actor_for
from db.processes import (
    PROCESSES,
    complaints,
    inquiries,
    move_outs,
    renovations,
    repairs,
    return_visits,
)
from db.registry import (
    Building,
    Contract,
    ContractKind,
    Customer,
    CustomerKind,
    CustomerPhone,
    Estate,
    EstateKind,
    Facility,
    FacilityKind,
    Firm,
    Occupancy,
    ParkingSpace,
    Relation,
    StewardArea,
    Unit,
    UnitState,
    UnitUse,
    Vehicle,
)
from tests import engines

SMALL = demo.Size(months=3, part=0.6, floors=3)
MARCH = date(2026, 3, 10)
"""Three months before lie a whole January and the February in which a clerk was away."""


@pytest.fixture(scope="module", autouse=True)
def _quick_passwords():
    rounds, passwords.ROUNDS = passwords.ROUNDS, 4
    yield
    passwords.ROUNDS = rounds


def filled(template: Path, file: Path, size: demo.Size, today: date) -> str:
    """Make a demonstration in a file of its own; returns its address."""
    file.write_bytes(template.read_bytes())
    session.bind(engines.sqlite_url(file))
    demo.fill_sized(pdf, size, demo.last_moment(today), lambda *_words: None)
    engines.leave()
    return engines.sqlite_url(file)


@pytest.fixture(scope="module")
def winter(sqlite_template, tmp_path_factory) -> str:
    """Return the address of a small demonstration that ends in March."""
    return filled(sqlite_template, tmp_path_factory.mktemp("demo") / "winter.db", SMALL, MARCH)


@pytest.fixture
def seen(winter):
    """Bind to the small demonstration and look at it on its last day."""
    session.bind(winter)
    with pretending(demo.last_moment(MARCH)):
        yield
    engines.leave()


def looking():
    return session.reading(SYSTEM)


def rows_of(url: str) -> dict[str, str]:
    """Hash every table's rows, but for the salted password, random names, and PDFs, which say when they were made."""
    session.bind(url)
    hashes = {}
    with looking() as s:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name not in {"password_hash", "sha256"}]
            rows = sorted(re.sub(r"'[0-9a-f]{32}'", "''", repr(tuple(row))) for row in s.execute(select(*columns)))
            hashes[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    engines.leave()
    return hashes


def test_the_same_day_gives_the_same_office(winter, sqlite_template, tmp_path) -> None:
    again = filled(sqlite_template, tmp_path / "again.db", SMALL, MARCH)
    assert rows_of(again) == rows_of(winter)


def test_counters_histories_and_references_hold(seen) -> None:
    assert checks.run() == []


def test_it_fills_both_databases_by_the_rules(engine) -> None:
    demo.fill_sized(pdf, demo.Size(months=1, part=0.3, floors=3), demo.last_moment(MARCH), lambda *_words: None)
    assert checks.run() == []


def shares_visited(s) -> dict[tuple[int, int], float]:
    """Compute objective 2 by month of handling, from the matters themselves."""
    handled, visited = Counter(), Counter()
    for day, at in s.execute(
        select(Case.handled_on, Case.visited_at).where(
            Case.process == "complaints", Case.counts, Case.handled_on.is_not(None)
        )
    ):
        handled[day.year, day.month] += 1
        visited[day.year, day.month] += at is not None
    return {month: visited[month] / n for month, n in handled.items()}


def test_fewer_are_visited_in_the_february_when_a_clerk_is_away(seen) -> None:
    with looking() as s:
        shares = shares_visited(s)
        away = s.scalar(select(User.id).where(User.username == "kefu4"))
        typed = s.scalar(
            select(func.count()).where(
                Event.actor_id == away, Event.recorded_at >= demo.last_moment(date(2026, 2, 1)),
                Event.recorded_at < demo.last_moment(date(2026, 2, 28)),
            )
        )  # fmt: skip
    weak = shares.pop((2026, 2))
    assert weak < min(shares[2025, 12], shares[2026, 1])
    assert 0.5 <= weak <= 0.7
    assert typed == 0


def test_late_entries_are_the_exception(seen) -> None:
    with looking() as s:
        late = s.scalar(select(func.count()).where(Event.late_entry))
        every = s.scalar(select(func.count(Event.id)))
        future = s.scalar(select(func.count()).where(Event.recorded_at > demo.last_moment(MARCH)))
        backwards = s.scalar(select(func.count()).where(Event.occurred_at > Event.recorded_at))
    assert 0 < late / every < 0.04
    assert (future, backwards) == (0, 0)


def test_nobody_visits_what_he_handled_or_carries_a_complaint_about_himself(seen) -> None:
    origin = aliased(Case.__table__)
    with looking() as s:
        again = select(Event.case_id).where(Event.action == "reopen")  # may since have been handled by another
        visits = s.execute(
            select(Case.handled_by, origin.c.handled_by)
            .join(CaseLink, and_(CaseLink.case_id == Case.id, CaseLink.kind == "return_visit"))
            .join(origin, origin.c.id == CaseLink.other_id)
            .where(Case.handled_by.is_not(None), origin.c.id.not_in(again))
        ).all()
        own = s.scalar(
            select(func.count()).select_from(Event).join(Case, Case.id == Event.case_id)
            .where(Case.about_user_id == Event.actor_id)
        )  # fmt: skip
        about = s.scalar(select(func.count()).where(Case.about_user_id.is_not(None)))
    assert len(visits) > 30
    assert [pair for pair in visits if pair[0] == pair[1]] == []
    assert own == 0
    assert about > 0


def test_nobody_is_real(seen) -> None:
    with looking() as s:
        staff = s.scalars(select(User.phone).where(User.phone.is_not(None)))
        numbers = [*s.scalars(select(CustomerPhone.number)), *staff]
        contacts = s.scalars(select(Case.contact_phone).where(Case.contact_phone.is_not(None))).all()
        plates = s.scalars(select(Vehicle.plate)).all()
        papers = s.scalar(select(func.count(Customer.id_number)))
    assert {len(number) for number in numbers} == {11}
    assert {number[:3] for number in [*numbers, *contacts]} == {NO_OPERATORS_PREFIX}
    assert {plate[0] for plate in plates} == {chance.told("office")["names"]["plate"][0]}
    assert papers == 0


def test_today_every_desk_has_something_to_do(seen) -> None:
    with looking() as s:
        states = set(s.execute(select(Case.process, Case.state).where(Case.closed_at.is_(None))))
        late = s.scalar(select(func.count(Case.id)).where(is_overdue(demo.last_moment(MARCH))))
        actors = {user.username: actor_for(s, user) for user in s.scalars(select(User).where(User.active))}
    assert {tuple(row) for row in states} == {
        (process.key, state.value) for process in PROCESSES.values() for state in process.states
        if state not in process.ends
    }  # fmt: skip
    assert late > 0
    for name in ("zhuguan", "gongcheng"):
        with session.reading(actors[name]) as s:
            assert approvals.waiting_for(s) != []
    for name in ("kefu1", "guanjia1", "zhuguan", "zhuren", "gongcheng", "weixiu1", "weixiu4"):
        with session.reading(actors[name]) as s:
            assert sum(work.counts(s).values()) > 0, name


def test_everybody_signs_in_with_the_password_that_is_printed(sqlite_engine) -> None:
    demo.fill_sized(pdf, demo.Size(months=0, part=0, floors=2), demo.last_moment(MARCH), lambda *_words: None)
    assert len({username for username, _password, _role in demo.ACCOUNTS}) == len(demo.ACCOUNTS) == 27
    for username, password, role in demo.ACCOUNTS:
        signed_in = signing_in.sign_in(username, password)
        standing = signing_in.by_session(signed_in.session_id)
        assert standing is not None
        assert (people.roles_label(standing.actor.roles), standing.actor.must_change_password) == (role, False)
        assert standing.actor.estates
    assert people.demo_password_stands()


@pytest.fixture(scope="module")
def registry(sqlite_template, tmp_path_factory) -> str:
    """Return the address of the two estates at full size, with next to no history."""
    file = tmp_path_factory.mktemp("demo") / "registry.db"
    return filled(sqlite_template, file, demo.Size(months=0, part=0), MARCH)


@pytest.fixture
def estates(registry):
    """Bind to the full registry and find its two estates."""
    session.bind(registry)
    with looking() as s:
        yield s, {estate.kind: estate for estate in s.scalars(select(Estate))}
    engines.leave()


def test_the_park_is_the_handbooks(estates) -> None:
    s, (park, tower, club) = estates[0], (estates[1][EstateKind.PARK], None, None)
    club, tower = s.scalars(select(Building).where(Building.estate_id == park.id).order_by(Building.floors)).all()
    assert (tower.floors, club.floors) == (16, 2)
    suites = s.execute(
        select(Unit.floor, func.count(), func.sum(Unit.area)).where(Unit.use == UnitUse.OFFICE).group_by(Unit.floor)
    ).all()
    assert [tuple(row) for row in suites] == [(floor, 7, Decimal(1300)) for floor in range(3, 17)]
    assert s.scalar(select(func.sum(Unit.area)).where(Unit.building_id == club.id)) == Decimal(11_000)
    lifts = s.scalars(
        select(Facility.name).where(Facility.building_id == tower.id, Facility.kind == FacilityKind.LIFT)
    ).all()
    assert len(lifts) == 4
    assert s.scalar(select(func.count()).where(ParkingSpace.estate_id == park.id)) == 96
    tenants = select(func.count(distinct(Contract.customer_id))).where(Contract.kind == ContractKind.LEASE)
    assert s.scalar(tenants) == 62
    companies = select(func.count()).where(Customer.estate_id == park.id, Customer.kind == CustomerKind.COMPANY)
    assert s.scalar(companies) == 62 + 10  # and the shops


def test_the_homes_are_as_large_and_lived_in_as_planned(estates) -> None:
    s, homes = estates[0], estates[1][EstateKind.HOMES]
    flats = Unit.use == UnitUse.RESIDENTIAL
    by_building = s.execute(
        select(Building.code, func.count()).join(Unit, Unit.building_id == Building.id)
        .where(Building.estate_id == homes.id, flats).group_by(Building.id).order_by(Building.position)
    ).all()  # fmt: skip
    assert [n for _code, n in by_building] == [144] * 6 + [66] * 4 + [24] * 3
    states = Counter(s.scalars(select(Unit.state).where(Unit.estate_id == homes.id, flats)))
    assert states == {
        UnitState.OWNER_OCCUPIED: 816, UnitState.LET: 228, UnitState.VACANT: 108, UnitState.UNSOLD: 30,
        UnitState.FITTING_OUT: 18,
    }  # fmt: skip
    areas = s.scalars(select(Unit.area).where(flats)).all()
    assert abs(sum(areas) / len(areas) - 95) < Decimal("0.5")
    assert (min(areas) >= 61, max(areas) <= 143) == (True, True)
    owners = select(Occupancy.unit_id).where(
        Occupancy.relation == Relation.OWNER, Occupancy.ends_on.is_(None), Occupancy.co_owner.is_(False)
    )
    unowned = select(func.count(Unit.id)).where(flats, Unit.id.not_in(owners))
    assert s.scalar(unowned) == 30  # the unsold
    twice = select(func.count()).select_from(owners.group_by(Occupancy.unit_id).having(func.count() > 1).subquery())
    assert s.scalar(twice) == 0
    kinds = select(ParkingSpace.kind, ParkingSpace.tenure).where(ParkingSpace.estate_id == homes.id)
    spaces = Counter(tuple(row) for row in s.execute(kinds))
    assert sorted(spaces.values()) == [18, 78, 130, 180, 410]


def test_something_ends_within_the_days_of_warning(estates) -> None:
    s, _estates = estates
    soon = MARCH + timedelta(days=60)
    ending = Counter(s.scalars(select(Contract.kind).where(Contract.ends_on.between(MARCH, soon))))
    assert set(ending) == set(ContractKind)
    assert s.scalar(select(func.count()).where(Firm.licence_ends_on.between(MARCH, soon))) == 3
    today = and_(StewardArea.starts_on <= MARCH, or_(StewardArea.ends_on.is_(None), StewardArea.ends_on >= MARCH))
    assert s.scalar(select(func.count(StewardArea.id)).where(today)) == s.scalar(select(func.count(Building.id)))


def test_the_lift_of_april_and_the_shop_that_stays_loud(sqlite_engine) -> None:
    today = date(2026, 5, 20)
    demo.fill_sized(pdf, demo.Size(months=2, part=0.1, floors=6), demo.last_moment(today), lambda *_words: None)
    with looking() as s:
        leader = s.scalar(select(CaseLink.other_id).where(CaseLink.kind == "group").distinct())
        followers = s.scalars(select(CaseLink.case_id).where(CaseLink.kind == "group")).all()
        group = s.scalars(
            select(complaints.Complaint).where(complaints.Complaint.id.in_([leader, *followers]))
        ).all()
        code = s.scalar(select(Building.code).where(Building.id == group[0].building_id))
        trips = s.scalars(
            select(repairs.Repair).where(
                repairs.Repair.category == repairs.Category.LIFT, repairs.Repair.building_id == group[0].building_id,
                repairs.Repair.opened_on.between(date(2026, 4, 1), date(2026, 4, 30)),
                repairs.Repair.urgency == repairs.Urgency.URGENT,
            )
        ).all()  # fmt: skip
        shop = s.scalars(
            select(complaints.Complaint).where(complaints.Complaint.opened_on == today - timedelta(days=40))
        ).all()
    assert (len(group), code, {each.category for each in group}) == (11, "5", {complaints.Category.LIFT})
    assert {each.building_id for each in group} == {group[0].building_id}
    assert {each.solution for each in group} == {chance.told("complaints")["stories"]["lift_solution"]}
    assert len(trips) == 3
    assert [each.state for each in shop if each.words == chance.told("complaints")["stories"]["shop"]] == ["working"]


# --- the texts ---


@pytest.mark.parametrize("name", ["complaints", "repairs"])
def test_every_blank_is_filled_and_every_answer_found(name: str) -> None:
    written = chance.told(name)
    known = set(written["blanks"]) | {"words"}
    for key, chapter in written.items():
        for section in chapter if isinstance(chapter, list) else [chapter]:
            for texts in section.values():
                for text in texts if isinstance(texts, list) else [texts]:
                    assert set(re.findall(r"\{(\w+)\}", str(text))) <= known, text
            for answers in ("found", "unfounded", "solved", "work", "materials"):
                if answers in section:
                    assert any(">" not in text for text in section[answers]), (key, answers)


def test_every_category_has_words() -> None:
    assert {each.value for each in complaints.Category} <= set(chance.told("complaints"))
    assert {each.value for each in repairs.Category} <= set(chance.told("repairs"))
    assert {each.value for each in inquiries.Topic} <= set(chance.told("inquiries"))
    common = ("noise", "parking", "cleaning", "repair", "lift", "security", "heating")
    assert all(len(chance.told("complaints")[each]["homes"]) >= 30 for each in common)


def test_shares_come_out_even() -> None:
    shares = chance.Shares()
    assert sum(shares.hit("a", 0.93) for _ in range(100)) == 93
    shares.owe("b", 0.5)
    assert [shares.hit("b", 0.5) for _ in range(4)] == [True, True, False, True]


def test_history_ends_no_later_than_now() -> None:
    with pretending(demo.last_moment(MARCH) - timedelta(hours=1)):
        assert demo.last_moment() == demo.last_moment(MARCH) - timedelta(hours=12, minutes=35)
    with pretending(demo.last_moment(MARCH) + timedelta(hours=5)):
        assert demo.last_moment() == demo.last_moment(MARCH)


@pytest.mark.long
def test_the_whole_of_it(sqlite_engine) -> None:
    demo.fill(pdf, today=date(2026, 11, 23))
    assert checks.run() == []
    with looking() as s:
        by_process = dict(s.execute(select(Case.process, func.count()).group_by(Case.process)).all())
        done = (repairs.Repair.charge.is_not(None), repairs.Repair.handled_on.is_not(None))
        paid = s.scalars(select(repairs.Repair.rating).where(*done)).all()
        shares = shares_visited(s)
    assert 1100 <= sum(by_process[each] for each in ("complaints", "inquiries", "repairs")) < 1500
    assert 500 < by_process["return_visits"] < 800
    assert 0.97 <= sum(each in return_visits.SATISFIED for each in paid) / len(paid) < 1
    weak = shares.pop((2026, 2))
    assert weak < min(share for month, share in shares.items() if month != (2026, 11))


# ── dossiers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_dossiers_hold_together(seen) -> None:
    """Deposits lie with their renovation, sites at work are paid for, who left holds nothing, defects are repairs."""
    with looking() as s:
        sites = s.scalars(select(renovations.Renovation)).all()
        held = dict(
            s.execute(
                select(Deposit.case_id, func.sum(Deposit.held)).where(Deposit.case_id.is_not(None)).group_by(
                    Deposit.case_id
                )
            ).all()
        )
        stops = select(Case.number).where(Case.process == "renovations", Case.state == "stopped")
        assert len(s.scalars(stops).all()) == 1
        for site in sites:
            paid = site.state in {"agreed", "working", "stopped", "completed", "accepted"}
            assert (held.get(site.id, Decimal(0)) > 0) == paid, (site.number, site.state)
        looks = s.scalar(select(func.count(SiteCheck.id)))
        left = s.execute(
            select(Holding.id)
            .join(move_outs.MoveOut, move_outs.MoveOut.unit_id == Holding.unit_id)
            .where(
                move_outs.MoveOut.state == "done", Holding.customer_id == move_outs.MoveOut.customer_id,
                Holding.returned_at.is_(None),
            )
        ).all()  # fmt: skip
        defects = s.scalars(select(InspectionPoint).where(InspectionPoint.result == PointResult.DEFECT)).all()
    assert looks > len(sites)
    assert left == []
    assert defects
    assert all(each.repair_id is not None for each in defects)


def test_homes_hold_keys_and_companies_permits(seen) -> None:
    with looking() as s:
        holding = set(s.scalars(select(Holding.unit_id).where(Holding.returned_at.is_(None))))
        lived_in = set(
            s.scalars(
                select(Occupancy.unit_id)
                .join(Unit, Unit.id == Occupancy.unit_id)
                .where(Occupancy.ends_on.is_(None), Unit.state.in_([UnitState.OWNER_OCCUPIED, UnitState.LET]))
            )
        )
        permits = dict(s.execute(select(ParkingPermit.estate_id, func.count()).group_by(ParkingPermit.estate_id)).all())
        parks = dict(s.execute(select(Estate.kind, Estate.id)).all())
    assert len(lived_in & holding) > 0.9 * len(lived_in)
    assert set(permits) == set(parks.values())
