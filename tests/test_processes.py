"""Laws that hold for every process: a new one is tried here without a line of its own."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import random
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from components import inputs
from db import clock, counters, lists
from db.cases import Case, Event, case_by_id, case_by_number
from db.counters import Counted, Heading
from db.fields import Field, asked_fields
from db.people import SYSTEM, Role
from db.process import Action, Process, may_see, missing_for, open_case, perform, permitted, process_of
from db.processes import PROCESSES
from db.refused import Conflict, Refused
from db.registry import Facility, FacilityKind
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_unit, an_actor, an_estate, an_occupancy, an_office
from tests.money import an_overdue_unit

ROOT = Path(__file__).parent.parent
ROOMS = itertools.count(1001)
ALL = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
OPENED_BY_HAND = pytest.mark.parametrize(
    "process", [each for each in PROCESSES.values() if each.openers], ids=lambda each: each.key
)


def a_value(field: Field, office):
    """Make up something fit for a field."""
    match field.kind:
        case "choice":
            return next(iter(field.choices)).value
        case "date":
            return clock.today() + timedelta(days=40)
        case "moment":
            return clock.now() + timedelta(days=1 if field.name != "appointed_to" else 2)
        case "money" | "area" | "number":
            return "1"
        case "flag":
            return True
        case "people":
            return (office.technician.user_id,)
        case "reference":
            return {"units": office.unit.id, "customers": office.customer.id, "estates": office.estate.id,
                    "buildings": office.building.id, "users": office.desk.user_id}.get(field.target)  # fmt: skip
        case "phone":
            return "13800138000"
        case _:
            return "甲"


def fit_values(fields, office):
    """Fill in what is required, and what makes a case complete."""
    values = {each.name: a_value(each, office) for each in fields if each.required}
    names = {each.name for each in fields}
    extra = {"unit_id": office.unit.id, "charge_kind": "free", "technicians": (office.technician.user_id,)}
    extra |= {"told_by": "phone", "signed_by": "赵强", "promised_on": clock.today() + timedelta(days=40)}
    return values | {name: value for name, value in extra.items() if name in names}


def a_household(s, office):
    """Make another flat with its owner: what is asked of each only once, or only of who lives there."""
    unit = a_unit(s, office.building, room=str(next(ROOMS)))
    owner = a_customer(s, office.estate, "吴学文")
    an_occupancy(s, unit, owner)
    return {"unit_id": unit.id, "customer_id": owner.id}


BEFORE = {"dunning": an_overdue_unit, "goods_passes": a_household, "move_ins": a_household, "move_outs": a_household}
"""Process → what must be there before each of its matters can be opened; returns what its form then says."""


def opening(s, process, office):
    """Fill in an opening form, having made what must be there before."""
    there = BEFORE.get(process.key, lambda _s, _office: {})
    return fit_values(process.form(), office) | there(s, office)


def who_opens(process, office):
    """Name somebody of the office who may open it: the desk where it may."""
    people = (office.desk, office.supervisor, office.works, office.technician)
    return next((each for each in people if each.roles & process.openers), office.desk)


def opened(s, process, office):
    """Open a case of any process: by hand, or as the consequence that opens it."""
    if process.openers:
        return open_case(s, process.key, opening(s, process, office))
    complaint = open_case(s, "complaints", fit_values(PROCESSES["complaints"].form(), office))
    perform(s, complaint.id, "accept")
    perform(s, complaint.id, "handle", {"finding": "justified", "solution": "x", "told_by": "phone"})
    return s.scalar(select(Case).where(Case.process == process.key).order_by(Case.id.desc()))


# ---- declarations -------------------------------------------------------------------------------------------


@ALL
def test_every_state_is_reached_and_leads_to_an_end(process: Process):
    leads = collections.defaultdict(set)
    for action in process.actions:
        for source in action.sources:
            leads[source].add(action.target or source)
    reached, frontier = {process.start}, [process.start]
    while frontier:
        for target in leads[frontier.pop()] - reached:
            reached.add(target)
            frontier.append(target)
    assert reached == set(process.states)
    for state in set(process.states) - set(process.ends):
        seen, frontier = {state}, [state]
        while frontier:
            for target in leads[frontier.pop()] - seen:
                seen.add(target)
                frontier.append(target)
        assert seen & set(process.ends), f"{state} never ends"


@ALL
def test_asked_fields_exist_and_may_stay_empty_until_asked(process: Process):
    at_opening = {each.name for each in process.form()}
    columns = inspect(process.model).column_attrs
    for action in process.actions:
        for field in asked_fields(process.model, action.asks):
            if field.name in at_opening or field.name not in columns:
                continue
            column = columns[field.name].columns[0]
            assert column.nullable or column.default is not None, f"{action.name}: {field.name}"


@ALL
def test_every_field_asked_can_be_typed_into(process: Process):
    every = [*process.form(), *(field for action in process.actions for field in process.form(action.name))]
    assert {each.kind for each in every} <= inputs.KINDS


@ALL
def test_labels_are_unique(process: Process):
    for labels in (
        [str(each.label) for each in process.actions],
        [str(each.label) for each in process.states],
        [str(each.label) for each in process.form()],
    ):
        assert len(labels) == len(set(labels))
    assert len({each.name for each in process.actions}) == len(process.actions)


@ALL
def test_its_page_is_one_short_script_in_its_section(process: Process):
    page = ROOT / "pages" / process.section / f"{process.key}.py"
    assert page.is_file()


def test_keys_prefixes_and_titles_are_unique():
    for names in (
        [each.key for each in PROCESSES.values()],
        [each.prefix for each in PROCESSES.values()],
        [str(each.title) for each in PROCESSES.values()],
    ):
        assert len(names) == len(set(names))


def test_the_kernel_keeps_its_budget():
    assert len(dataclasses.fields(Field)) <= 14
    assert len(dataclasses.fields(Action)) <= 10
    assert len(dataclasses.fields(Process)) <= 14


# ---- rights ---------------------------------------------------------------------------------------------------


@OPENED_BY_HAND
@pytest.mark.usefixtures("engine")
@pytest.mark.requirement("X2")
def test_every_role_tries_to_open(process: Process):
    office = an_office()
    for role in Role:
        with writing(SYSTEM) as s:
            actor = an_actor(s, [office.estate], role)
            values = opening(s, process, office)
        if role in process.openers:
            with writing(actor) as s:
                assert open_case(s, process.key, values).opened_by == actor.user_id
        else:
            with pytest.raises(Refused, match="^您不能登记"), writing(actor) as s:
                open_case(s, process.key, values)


@ALL
@pytest.mark.usefixtures("sqlite_engine")
@pytest.mark.requirement("X2")
def test_every_role_tries_every_action(process: Process):
    office = an_office()
    with writing(SYSTEM) as s:
        actors = {role: an_actor(s, [office.estate], role) for role in Role}
    with writing(who_opens(process, office)) as s:
        case_id = opened(s, process, office).id
    for role, actor in actors.items():
        for action in process.actions:
            before = snapshot(case_id)
            try:
                with writing(actor) as s:
                    case = case_by_id(s, case_id)
                    allowed = action in permitted(actor, case)
                    perform(s, case_id, action.name, fit_values(process.form(action.name), office))
                    done = True
                    raise _TakeBackError
            except _TakeBackError:
                pass
            except Refused:
                done = False
            if done:
                assert role in action.roles
                assert allowed
            assert snapshot(case_id) == before


class _TakeBackError(Exception):
    """Undo what an allowed role did, so that every try starts from the same state."""


def snapshot(case_id):
    with reading(SYSTEM) as s:
        case = case_by_id(s, case_id)
        return case.state, case.version, len(s.scalars(select(Event.id).where(Event.case_id == case_id)).all())


@ALL
@pytest.mark.usefixtures("engine")
@pytest.mark.requirement("X2")
def test_strangers_find_nothing(process: Process):
    office = an_office()
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
        a_unit(s, a_building(s, elsewhere))
        stranger = an_actor(s, [elsewhere], Role.DESK, Role.SUPERVISOR, Role.DIRECTOR, Role.QUALITY)
        technician = an_actor(s, [office.estate], Role.TECHNICIAN)
    with writing(office.desk) as s:
        case = opened(s, process, office)
        number, case_id = case.number, case.id
    for other in (stranger, technician):
        with reading(other) as s:
            for look in (lambda: case_by_number(s, number), lambda: case_by_id(s, case_id)):
                with pytest.raises(Refused, match="^没有找到这张单"):
                    look()
            if may_see(other, process):
                for typed in ("", number, "吴学文", "101"):
                    page = lists.found(s, process.key, lists.Wanted(standing=lists.EVERYTHING, typed=typed))
                    assert (page.rows, page.total) == ([], 0)
                    assert lists.ids_found(s, process.key, lists.Wanted(standing=lists.EVERYTHING, typed=typed)) == []
        with pytest.raises(Refused), writing(other) as s:
            perform(s, case_id, process.actions[0].name)


# ---- two people, one record --------------------------------------------------------------------------------------


@ALL
@pytest.mark.usefixtures("engine")
@pytest.mark.requirement("X7")
def test_two_forms_in_two_sessions_never_overwrite_silently(process: Process):
    office = an_office()
    with writing(who_opens(process, office)) as s:
        case = opened(s, process, office)
        seen, case_id = case.version, case.id
    with writing(office.supervisor) as s:
        case = case_by_id(s, case_id)
        possible = [
            (who, each)
            for who in (office.supervisor, office.desk, office.works, office.technician)
            for each in permitted(who, case)
            if not missing_for(s, case, each) and each.target not in process.ends
        ]
        first, action = min(possible, key=lambda some: len(process.form(some[1].name)))
    with writing(first) as s:
        perform(s, case_id, action.name, fit_values(process.form(action.name), office), version=seen)
    with pytest.raises(Conflict, match=first.name), writing(first) as s:
        perform(s, case_id, action.name, fit_values(process.form(action.name), office), version=seen)


# ---- any history -------------------------------------------------------------------------------------------------


def a_random_history(office, seed, steps):
    """Live through a random history: whatever anybody may do, at moments that move on."""
    chance = random.Random(seed)
    people = [office.desk, office.other_desk, office.steward, office.supervisor, office.works, office.technician]
    moment = clock.now() - timedelta(days=60)
    cases: list[int] = []
    for _step in range(steps):
        moment += timedelta(hours=chance.choice((0, 1, 5, 20)))
        actor = chance.choice(people)
        with clock.pretending(moment):
            try:
                with writing(actor) as s:
                    if not cases or chance.random() < 0.25:
                        process = chance.choice([p for p in PROCESSES.values() if actor.roles & p.openers])
                        values = opening(s, process, office)
                        if chance.random() < 0.3:
                            values |= {"unit_id": None, "place": "大堂"}
                        case = open_case(s, process.key, {k: v for k, v in values.items() if k in
                                                          {f.name for f in process.form()}})  # fmt: skip
                    else:
                        case = case_by_id(s, chance.choice(cases))
                        process = process_of(case.process)
                        options = permitted(actor, case)
                        if not options:
                            continue
                        action = chance.choice(options)
                        values = fit_values(process.form(action.name), office)
                        for field in process.form(action.name):
                            if field.kind == "choice":
                                values[field.name] = chance.choice(list(field.choices)).value
                            if field.name == "charge":
                                values["charge"] = chance.choice((None, "30"))
                        perform(s, case.id, action.name, values)
            except Refused:
                continue
            with reading(SYSTEM) as s:
                cases = list(s.scalars(select(Case.id)))
    return cases


def kept(s):
    rows = s.scalars(select(Counted).where(Counted.n != 0))
    return {
        Heading(row.measure, row.process, row.day, row.estate_id, row.building_id, row.detail): row.n for row in rows
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("engine")
@pytest.mark.requirement("X1")
def test_counters_equal_a_recount_after_any_history(seed):
    office = an_office()
    cases = a_random_history(office, seed, 120)
    assert len(cases) > 15
    with reading(SYSTEM) as s:
        everything = s.scalars(select(Case)).all()
        assert kept(s) == dict(counters.recount(everything, lambda key: process_of(key).figures))
        for case in everything:
            events = s.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.id)).all()
            assert [each.version for each in events] == list(range(1, case.version + 1))
            assert events[-1].to_state == case.state
            ends = {each.value for each in process_of(case.process).ends}
            assert (case.closed_at is not None) == (case.state in ends)


@ALL
@pytest.mark.usefixtures("sqlite_engine")
def test_pages_by_key_show_every_row_once_forward_and_back(process: Process):
    office = an_office()
    start = clock.now() - timedelta(days=5)
    who = who_opens(process, office)
    for n in range(23):
        with clock.pretending(start + timedelta(hours=n // 3)), writing(who) as s:  # some at the same moment
            opened(s, process, office)
    for wanted in (lists.Wanted(), lists.Wanted(sort="due_at", descending=False)):
        with reading(office.desk) as s:
            pages, after = [], None
            while True:
                page = lists.found(s, process.key, wanted, after=after, limit=10)
                pages.append([row["number"] for row in page.rows])
                assert page.total == 23
                if page.next is None:
                    break
                after = page.next
            assert [len(each) for each in pages] == [10, 10, 3]
            assert len({number for each in pages for number in each}) == 23
            back = lists.found(s, process.key, wanted, before=page.previous, limit=10)
            assert [row["number"] for row in back.rows] == pages[1]
            again = lists.found(s, process.key, wanted, before=back.previous, limit=10)
            assert ([row["number"] for row in again.rows], again.previous) == (pages[0], None)


@pytest.mark.usefixtures("engine")
def test_a_public_facility_finds_its_building():
    office = an_office()
    with writing(SYSTEM) as s:
        lift = Facility(estate_id=office.estate.id, building_id=office.building.id, kind=FacilityKind.LIFT, name="梯")
        s.add(lift)
    with writing(office.desk) as s:
        case = open_case(s, "repairs", {"facility_id": lift.id, "words": "异响"})
    assert (case.building_id, case.estate_id) == (office.building.id, office.estate.id)
