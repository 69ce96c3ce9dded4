"""The bench at a size for every day: its estate keeps the laws, and ours and the floors answer the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bench import billing, home, importing, laws, measuring, pages, report, searching
from bench import estate as estates
from bench.floor import Floor
from bench.ws_client import Client
from db import clock, session
from db.case_words import CaseWords
from db.cases import Case
from db.registry import Unit
from tests.counting import counted_statements

UNITS, CASES, LAST = 240, 4000, date(2026, 11, 22)


def quiet(_words: str) -> None:
    pass


def built(folder: Path, units: int = UNITS, cases: int = CASES) -> estates.Estate:
    """Fill the bound database."""
    engine = session.engine()
    estates.build(engine, units, cases, LAST, quiet)
    return estates.opened_at(folder, engine.url.render_as_string(hide_password=False), LAST)


@pytest.fixture
def estate(sqlite_engine, data_folder):
    return built(data_folder)


@pytest.fixture
def floor(estate, data_folder):
    made = Floor(data_folder / "guanjia.db")
    yield made
    made.connection.close()


@pytest.mark.usefixtures("engine")
def test_the_estate_keeps_the_laws_of_the_house_on_both_engines(data_folder):
    built(data_folder, 120, 1200)  # raises what it breaks
    with session.engine().connect() as connection:
        sizes = [connection.scalar(select(func.count()).select_from(each)) for each in (Unit, Case, CaseWords)]
    assert sizes == [120, 1200, 1200]


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        ("UPDATE cases SET state = 'waiting' WHERE id = 7", "a case stands where its last event left it"),
        ("UPDATE cases SET closed_on = NULL WHERE id = 7", "what is closed stands in an end state"),
        ("UPDATE cases SET handled_by = NULL WHERE id = 7", "what is handled was handled by somebody, on that day"),
        ("DELETE FROM inquiries WHERE id = 7", "a case has a row in its process's own table"),
        ("UPDATE case_links SET other_id = case_id WHERE id = 3", "a return visit follows one case, of the same unit"),
        ("DELETE FROM case_words WHERE case_id = 7", "the words of every case can be searched"),
        ("UPDATE series SET last = last + 1 WHERE kind = 'BX'", "running numbers go on where they ended"),
        ("UPDATE counters SET n = n + 1 WHERE measure = 'topic'", "counters equal a recount"),
        ("DELETE FROM counters WHERE measure = 'on_time'", "counters equal a recount"),
    ],
)  # fmt: skip
def test_a_law_notices_what_breaks_it(estate, wrong, law):
    with session.engine().connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if "id = 7" in wrong and "inquiries" not in wrong:
            case = connection.scalar(text("SELECT max(id) FROM cases WHERE state = 'done' AND process = 'repairs'"))
        else:
            case = connection.scalar(text("SELECT max(id) FROM inquiries"))
        connection.exec_driver_sql(wrong.replace("= 7", f"= {case}"))
        connection.commit()
    said = "a return visit follows one case" if "case_links" in wrong else law
    with pytest.raises(AssertionError, match=said):
        laws.check(session.engine())


def test_ours_and_the_floors_answer_the_same(estate, floor):
    with clock.pretending(estate.moment):
        tasks = [
            *home.tasks(estate, floor), *searching.of_lists(estate, floor), *searching.of_finding(estate, floor),
            *importing.tasks(estate, floor, rows=300),
        ]  # fmt: skip
        measuring.measure(tasks, rounds=1)
    assert [task.group for task in tasks].count("list") == 13
    for task in tasks:
        few, _slash, many = task.queries.partition("/")
        assert few == (many or few), task.name


def test_a_different_answer_is_told(estate, floor):
    floor.connection.execute("UPDATE repairs SET urges = 5 WHERE closed_at IS NULL")
    with clock.pretending(estate.moment), pytest.raises(AssertionError, match="urges"):
        measuring.measure(searching.of_lists(estate, floor)[:1], rounds=1)


@pytest.mark.requirement("X1")
@pytest.mark.parametrize("size", [(60, 300), (UNITS, CASES)])
def test_home_and_lists_ask_a_fixed_number_of_queries(sqlite_engine, data_folder, size):
    estate = built(data_folder, *size)
    with clock.pretending(estate.moment):
        with counted_statements() as sent, session.reading(estate.actor) as opened:
            home.numbers(opened, estate.moment)
        assert len(sent) == 15
        with counted_statements() as sent, session.reading(estate.actor) as opened:
            searching.lists.found(opened, "repairs", searching.Wanted(standing="all", typed="漏水"))
        assert len(sent) == 4


def test_a_page_is_timed_by_somebody_signed_in(estate):
    with pages.served(estate) as address:
        cookie = pages.cookie_for(address)
        looks = []
        for page, pass_shown in ((pages.EMPTY, cookie), ("repairs", cookie), ("repairs", "")):
            with Client(address, page, cookie=pass_shown) as tab:
                looks += [tab.look(), tab.look()]
    assert [look.signed_in for look in looks] == [True, True, True, True, False, False]
    assert [look.faults for look in looks] == [()] * 6
    assert looks[1].size < looks[3].size


def a_task(floor_ms: float, ours_ms: float, mark: measuring.Mark | None) -> measuring.Task:
    task = measuring.Task("list", "某单元", lambda: 0, lambda: 0, mark, queries="3/3")
    task.floor_ms, task.ours_ms = [floor_ms], [ours_ms]
    return task


def test_marks_and_table():
    kept = a_task(1, 11, measuring.Mark(2, plus_ms=10))
    missed = a_task(2, 10.6, measuring.Mark(5))
    free = a_task(1, 100, None)
    assert [task.is_kept for task in (kept, missed, free)] == [True, False, None]
    assert measuring.printed([kept, missed, free]).splitlines() == [
        "task          floor ms  ours ms  ratio  mark              kept  queries",
        "list: 某单元      1.00    11.00   11.0  ≤ 2 × or + 10 ms  yes   3/3",
        "list: 某单元      2.00    10.60    5.3  ≤ 5 ×             NO    3/3",
        "list: 某单元      1.00   100.00  100.0  –                 –     3/3",
    ]
    written = report.document([kept, missed], 10, 100, 5)
    assert "| list: 某单元 | 5.3 | ≤ 5 × | NO | 3/3 |" in written.splitlines()
    assert "10 units, 100 matters over three years" in written
    assert "11.00" not in written


def test_histories_end_on_a_sunday_so_that_one_estate_serves_a_week():
    days = [date(2026, 11, day) for day in (22, 23, 28, 29)]
    assert [estates.last_day(day).isoformat() for day in days] == ["2026-11-22"] * 3 + ["2026-11-29"]


def test_a_months_bills_are_those_of_the_floor(estate, floor):
    with clock.pretending(estate.moment):
        done = measuring.measure(billing.tasks(estate, floor), rounds=1)
    assert [each.name for each in done] == ["publish 228 bills", "the same again, 228 made already"]
