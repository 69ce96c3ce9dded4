"""A list as people use it: asked in the address and in boxes, turned page by page, acted on, taken away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from components import filters
from components.charts import _ages, _daily, _heat, _rates
from components.table import show as show_table
from db import lists
from db.clock import pretending
from db.lists import EVERYTHING, Wanted
from db.people import SYSTEM, Role
from db.process import perform, process_of
from db.processes import PROCESSES
from db.session import writing
from tests.builders import a_complaint, a_repair, an_actor, an_estate, an_office
from tests.counting import counted_statements
from tests.signed_in import page_at, press

pytestmark = pytest.mark.usefixtures("sqlite_engine")
EARLIER = datetime(2026, 3, 10, 2, tzinfo=UTC)


@pytest.fixture
def office():
    return an_office()


def opened(office, make=a_complaint, **values):
    with writing(office.desk) as s:
        return make(s, office, **values)


def page(actor, process="complaints", **params):
    return page_at(actor, f"pages/service/{process}.py", **params)


def shown(app):
    """List the numbers in the table, as shown."""
    if not app.dataframe:
        return []
    return [number.split()[-1] for number in app.dataframe[0].value["number"]]


def captions(app):
    """List the small print below and above the table, the export's own left out."""
    return [each.value for each in app.main.caption if "导出" not in each.value and "遮盖" not in each.value]


def address(app):
    return {name: [value] if isinstance(value, str) else value for name, value in dict(app.query_params).items()}


def test_a_list_shows_what_is_open_newest_first_and_how_many(office):
    numbers = [opened(office).number for _n in range(3)]
    gone = opened(office)
    with writing(office.desk) as s:
        perform(s, gone.id, "withdraw", {"note": "误报"})
    app = page(office.desk)
    assert shown(app) == numbers[::-1]
    assert captions(app) == ["共 3 条"]


def test_the_address_asks_and_the_boxes_show_it(office):
    lift = opened(office, category="lift")
    opened(office)
    app = page(office.desk, category="lift", state="waiting", late="nonsense", building="x")
    assert shown(app) == [lift.number]
    assert app.multiselect(key="complaints.list.state").value == ["waiting"]
    unfold(app)
    assert app.multiselect(key="complaints.list.choice.category").value == ["lift"]
    press(app, "complaints.list.lift.category")
    assert len(shown(app)) == 2
    assert address(app) == {"state": ["waiting"]}


def test_a_box_writes_the_address(office):
    opened(office)
    done = opened(office)
    with writing(office.desk) as s:
        perform(s, done.id, "accept")
    app = page(office.desk)
    app.multiselect(key="complaints.list.state").set_value(["working"]).run()
    assert shown(app) == [done.number]
    assert address(app) == {"state": ["working"]}
    app.multiselect(key="complaints.list.state").set_value(["working", EVERYTHING]).run()
    assert len(shown(app)) == 2
    assert address(app) == {"state": ["all"]}
    app.multiselect(key="complaints.list.state").set_value(["all", "working"]).run()
    assert address(app) == {"state": ["working"]}


def unfold(app, *, to=True):
    app.session_state["complaints.list.more"] = to
    return app.run()


def test_boxes_folded_away_keep_what_they_ask(office):
    opened(office)
    building = str(office.building.id)
    app = unfold(page(office.desk, state="all", category="noise"))
    app.selectbox(key="complaints.list.building").set_value(office.building.id).run()
    assert address(app) == {"state": ["all"], "building": [building], "category": ["noise"]}
    press(unfold(app, to=False), "complaints.list.lift.category")
    assert address(app) == {"state": ["all"], "building": [building]}
    unfold(app)
    assert app.selectbox(key="complaints.list.building").value == office.building.id
    assert app.multiselect(key="complaints.list.choice.category").value == []


@pytest.mark.requirement("X3")
def test_words_units_people_and_numbers_are_found_from_the_one_box(office):
    with writing(SYSTEM) as s:
        from db.search import rebuild

        rebuild(s)
    noise = opened(office)
    opened(office, unit_id=None, place="南门广场", words="路灯不亮", category="lift")
    app = page(office.desk)
    for typed in ("噪声", noise.number, "1-1-101"):
        app.text_input(key="complaints.list.typed").set_value(typed).run()
        assert shown(app) == [noise.number], typed


def test_pages_turn_by_key_and_say_where_they_are(office, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 2)
    monkeypatch.setattr(lists.found, "__kwdefaults__", {**lists.found.__kwdefaults__, "limit": 2})
    numbers = [opened(office).number for _n in range(5)][::-1]
    app = page(office.desk)
    seen = [(shown(app), captions(app)[-1])]
    for key in ("next", "next", "previous", "first"):
        press(app, f"complaints.list.{key}")
        seen.append((shown(app), captions(app)[-1]))
    assert seen == [
        (numbers[:2], "共 5 条，第 1–2 条"),
        (numbers[2:4], "共 5 条，第 3–4 条"),
        (numbers[4:], "共 5 条，第 5–5 条"),
        (numbers[2:4], "共 5 条，第 3–4 条"),
        (numbers[:2], "共 5 条，第 1–2 条"),
    ]


def test_a_changed_filter_begins_at_the_first_page(office, monkeypatch):
    monkeypatch.setattr(lists.found, "__kwdefaults__", {**lists.found.__kwdefaults__, "limit": 2})
    for _n in range(3):
        opened(office)
    app = press(page(office.desk), "complaints.list.next")
    assert "after" in app.query_params
    app.multiselect(key="complaints.list.state").set_value(["waiting"]).run()
    assert address(app) == {"state": ["waiting"]}
    assert len(shown(app)) == 2


def test_an_empty_list_says_what_to_do(office):
    app = page(office.desk)
    assert "**没有未办结的投诉**" in [each.value for each in app.markdown]
    case = opened(office)
    with writing(office.desk) as s:
        perform(s, case.id, "withdraw", {"note": "误报"})
    press(app, "complaints.list.all")
    assert shown(app) == [case.number]
    app.text_input(key="complaints.list.typed").set_value("没有这样的话").run()
    assert "**没有符合条件的投诉**" in [each.value for each in app.markdown]
    press(app, "complaints.list.clear")
    assert address(app) == {}


def chosen(app, *places):
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": list(places), "columns": [], "cells": []}}
    return app.run()


def test_rows_chosen_are_done_together_and_refusals_told(office):
    first, second = opened(office, a_repair), opened(office, a_repair)
    app = chosen(page(office.desk, "repairs"), 0, 1)
    control = next(each for each in app.segmented_control if each.key == "repairs.all.action")
    assert control.options[0] == "派单"
    control.set_value("urge").run()
    with writing(office.other_desk) as s:  # somebody is faster with one of them
        perform(s, second.id, "withdraw", {"note": "自己修好"})
    press(app, "repairs.all.urge.save")
    told = [each.value.replace("\\", "") for each in app.markdown]
    assert any("“催单”办成 1 张，未办 1 张" in each for each in told)
    assert any(each.startswith(f"- {second.number} — ") for each in told)
    assert shown(app) == [first.number]
    press(app, "repairs.all.seen")
    assert not any("办成" in each.value for each in app.markdown)


def test_states_without_a_common_step_say_so(office):
    with writing(office.desk) as s:
        done = a_complaint(s, office, anonymous=True)
        perform(s, done.id, "accept")
        perform(s, done.id, "handle", {"finding": "justified", "solution": "已处理"})
    opened(office)
    app = chosen(page(office.desk, state=["all"]), 0, 1)
    assert "所选各单状态不同，没有您可以一起办理的步骤。请按状态筛选后再选。" in captions(app)


@pytest.mark.requirement("R4", "X2")
def test_only_who_may_export_is_offered_it(office):
    opened(office)
    assert any("导出查到的全部" in each.value for each in page(office.desk).markdown)
    assert not any("导出查到的全部" in each.value for each in page(office.technician, "repairs").markdown)


def test_a_list_takes_the_same_few_queries_however_long_it_is(office):
    opened(office)
    app = page(office.desk)

    def asked() -> int:
        with counted_statements() as sent:
            app.run()
        return len(sent)

    app.run()
    before = asked()
    for _n in range(12):
        opened(office)
    assert asked() == before <= 12


@pytest.mark.parametrize("key", PROCESSES)
def test_every_question_survives_the_address(office, key):
    process = process_of(key)
    choices = {
        each.name: tuple(choice.value for choice in each.choices) if each.choices else ("1",)
        for each in lists.filter_fields(process)
    }
    wanted = Wanted(
        states=tuple(each.value for each in process.states)[:2], choices=choices, building_id=0, late=True,
        opened_from=date(2026, 1, 2), opened_to=date(2026, 3, 4), handled_from=date(2026, 1, 2),
        handled_to=date(2026, 3, 4), closed_from=date(2026, 1, 2), closed_to=date(2026, 3, 4), handled=False,
        visited=True, assigned_to=7, typed="水 & 电=?", counting=True, sort="due_at", descending=False,
        moments={"due_at": (date(2026, 1, 2), None)},
    )  # fmt: skip
    for each in (wanted, Wanted(), Wanted(standing=EVERYTHING), Wanted(building_id=3, handled=True)):
        assert filters.wanted_of(process, filters.params_of(each)) == each


def test_another_estates_rows_are_not_shown_and_the_menu_narrows(office):
    opened(office)
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
        both = an_actor(s, [office.estate, elsewhere], Role.DESK)
        stranger = an_actor(s, [elsewhere], Role.DESK)
    assert shown(page(stranger, state="all")) == []
    app = page(both)
    assert len(shown(app)) == 1
    app.selectbox(key="shell.estate").set_value(elsewhere.id).run()
    assert shown(app) == []


def test_late_rows_are_marked_in_words(office):
    with pretending(EARLIER):
        late = opened(office)
    with pretending(EARLIER + timedelta(hours=1)), writing(office.desk) as s:
        perform(s, late.id, "urge", {})
    opened(office)
    app = page(office.desk, late="1")
    assert shown(app) == [late.number]
    table = app.dataframe[0].value
    assert [[list(each) for each in table[name]] for name in ("marks", "state")] == [[["超时", "催1"]], [["待受理"]]]


def test_charts_are_made_once_for_each_language():
    for make in (_ages, _daily, _heat, _rates):
        assert make("zh_CN") is make("zh_CN")
    assert show_table.__module__ == "components.table"
