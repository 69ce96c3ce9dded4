"""Home's numbers against sums kept in tables made for each question."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bench.estate import Estate
from bench.floor import Floor, statements
from bench.measuring import Mark, Task, statements_sent
from db import approvals, work
from db.clock import day_of, moment_of
from db.reports import flow, objectives, periods
from db.session import reading
from db.work import Part

MARK = Mark(2, plus_ms=10)
Numbers = dict[str, Any]


def numbers(opened: Session, moment: datetime) -> Numbers:
    """Ask what home asks, in the page's order."""
    period = periods.month_of(day_of(moment))
    return {
        "standing": flow.standing(opened),
        "latest": flow.latest(opened),
        "work": work.counts(opened, (), (Part.ALL, Part.SUPERIOR)),
        "approvals": approvals.waiting_for(opened),
        "objectives": objectives.objectives(opened, period),
        "ages": flow.open_by_age(opened),
        "days": flow.daily(opened),
        "months": flow.months(opened),
        "topics": flow.topics_by_building(opened, "complaints", period),
    }


def values_of(estate: Estate) -> dict[str, Any]:
    """Name the moments and days that the floor's statements ask by, as SQLite keeps them."""
    day = day_of(estate.moment)

    def kept(moment: datetime) -> str:
        return moment.replace(tzinfo=None).isoformat(" ", "microseconds")

    return {
        "now": kept(estate.moment), "soon": kept(estate.moment + flow.SOON), "today": kept(moment_of(day)),
        "tomorrow": kept(moment_of(day + timedelta(days=1))), "day": day.isoformat(),
        "first": (day - timedelta(days=flow.DAYS_SHOWN - 1)).isoformat(), "month": f"{day:%Y-%m}",
        "month_first": f"{periods.months_up_to(day, flow.MONTHS_SHOWN)[0]:%Y-%m}",
        "yesterday": (day - timedelta(days=1)).isoformat(), "three": (day - timedelta(days=3)).isoformat(),
        "week": (day - timedelta(days=7)).isoformat(), "me": estate.actor.user_id,
        "steps": "|" + "|".join("/".join(pair) for pair in work.steps_of(estate.actor)) + "|",
    }  # fmt: skip


def _same(floor: dict[str, list[Any]], ours: Numbers) -> None:
    """Hold home's numbers against the floor's rows."""
    month = {(process, measure): n for process, measure, n in floor["objectives"]}
    for each in ours["objectives"]:
        if each.share is not None:
            of = each.definition
            told = (each.share.numerator, each.share.denominator, each.void)
            assert told == tuple(month.get((of.process, name), 0) for name in (of.numerator, of.denominator, "void"))
    standing = ours["standing"]
    assert floor["pressing"] == [(standing.late, standing.soon, standing.visits_due)]
    assert floor["appointments"] == [(standing.appointments,)]
    assert [row[0] for row in floor["latest"]] == [each.number for each in ours["latest"]]
    ages = {key: [0] * len(flow.AGES) for key in ours["ages"]}
    for process, age, n in floor["ages"]:
        ages[process][age] += n
    assert ages == ours["ages"]
    days = {(day, process, measure): n for day, process, measure, n in floor["days"]}
    brought = {key for _day, key, _measure in days} - set(flow.NOT_BROUGHT)
    assert ours["days"].days == [
        (day, *(sum(days.get((day.isoformat(), key, name), 0) for key in brought) for name in ("opened", "closed")))
        for day, _opened, _closed in ours["days"].days
    ]
    _same_months(floor["months"], ours["months"])
    assert sum(row[-1] for row in floor["topics"]) == sum(n for _topic, _place, n in ours["topics"])
    assert len(floor["topics"]) == len(ours["topics"])
    assert floor["work"] == [(ours["work"][Part.ALL], ours["work"][Part.SUPERIOR])]
    assert floor["approvals"] == [(len(ours["approvals"]),)]


def _same_months(rows: list[Any], ours: flow.Months) -> None:
    counted = {(process, measure, month): n for process, measure, month, n in rows}
    for process, shares in ours.on_time.items():
        told = [(share.numerator, share.denominator) for share in shares]
        assert told == [
            tuple(counted.get((process, name, f"{at:%Y-%m}"), 0) for name in ("on_time", "handled"))
            for at in ours.months
        ]


def tasks(estate: Estate, floor: Floor) -> list[Task]:
    """Compare all of home's numbers, read together as the page does."""
    values = values_of(estate)

    def below() -> dict[str, list[Any]]:
        with floor.reading():
            return {label: floor.ask("home", label, values) for label in statements("home")}

    def ours() -> Numbers:
        with reading(estate.actor) as opened:
            return numbers(opened, estate.moment)

    return [Task("home", "all its numbers", below, ours, MARK, _same, queries=str(statements_sent(ours)))]
