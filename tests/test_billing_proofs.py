"""A year by hand, any order of acts, and the power gone in the middle: bills are whole or absent, and once (F2)."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from db import session
from db.clock import pretending
from db.ledger.ahead import bill_ahead
from db.ledger.billing import publish, reissue, void_bill
from db.ledger.tables import Basis, Bill, BillingRun, FeeKind, FeeTotal, PartMonth, Rounding
from db.paths import ROOT
from db.people import SYSTEM
from db.refused import Refused
from db.registry import (
    UnitState,
)
from db.session import reading, writing
from tests.billed import DEC, MOMENT, NOV, a_hall, bills, run
from tests.builders import a_building, a_unit
from tests.engines import leave, sqlite_url
from tests.money import Till, a_fee_item, a_tariff


@pytest.fixture(autouse=True)
def _november():
    with pretending(MOMENT):
        yield


# ── a year, by hand ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("floors", [pytest.param(3, id="quick"), pytest.param(75, id="3000", marks=pytest.mark.long)])
def test_a_year_of_an_estate_comes_to_what_one_counts_by_hand(sqlite_engine, floors):
    """Ten buildings of 4 flats a floor: 60, 80, 100 and 120 m².

    By hand, a building, floor and month: management 360 m² × 2.50 = 900.00; one flat in four is vacant (the 60 m² one,
    at 70 %): 900.00 − 60 × 2.50 × 0.30 = 855.00. Lift fee 4 × 12.00 = 48.00. Waste 4 × 5.55, to the dime half up
    4 × 5.60 = 22.40. Heating 1.80 from November to March alone: 360 × 1.80 = 648.00, five months a year. From July on
    management is 2.60: 936.00 − 60 × 2.60 × 0.30 = 889.20.
    A floor's year: 6 × 855.00 + 6 × 889.20 + 12 × 48.00 + 12 × 22.40 + 5 × 648.00 = 14,550.00.
    """
    with writing(SYSTEM) as s:
        hall = Till(s)
        s.delete(s.get_one(type(hall.unit), hall.unit.id))
        for number in range(10):
            building = a_building(s, hall.estate, code=f"B{number}")
            s.add_all(
                type(hall.unit)(
                    estate_id=hall.estate.id, building_id=building.id, entrance="", room=f"{floor}{door}",
                    short=f"B{number}-{floor}{door}", area=Decimal(60 + 20 * door),
                    state=UnitState.OWNER_OCCUPIED if door else UnitState.VACANT,
                )
                for floor in range(floors)
                for door in range(4)
            )  # fmt: skip
        lift, waste, heat = (a_fee_item(s, hall.payee, kind) for kind in (FeeKind.OTHER, FeeKind.SERVICE, FeeKind.HEAT))
        a_tariff(s, hall.item, "2.50", vacant_percent=70, valid_to=date(2026, 6, 30))
        a_tariff(s, hall.item, "2.60", vacant_percent=70, valid_from=date(2026, 7, 1))
        a_tariff(s, lift, "12", basis=Basis.FIXED)
        a_tariff(s, waste, "5.55", basis=Basis.FIXED, rounding=Rounding.DIME)
        a_tariff(s, heat, "1.80", valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 31), part_month=PartMonth.WHOLE)
        a_tariff(s, heat, "1.80", valid_from=NOV, part_month=PartMonth.WHOLE)
    every = [hall.item.id, lift.id, waste.id, heat.id]
    made = [run(hall, date(2026, month, 1), *every) for month in range(1, 13)]
    a_floor = {"winter": 855 + 48 + Decimal("22.40") + 648, "spring": 855 + 48 + Decimal("22.40")}
    assert (made[0].amount, made[4].amount) == (a_floor["winter"] * 10 * floors, a_floor["spring"] * 10 * floors)
    assert sum(each.amount for each in made) == 145_500 * floors
    assert sum(each.bills for each in made) == (4 * 36 + 4 * 5) * 10 * floors
    with reading(SYSTEM) as s:
        by_item = dict(
            s.execute(select(FeeTotal.fee_item_id, func.sum(FeeTotal.amount)).group_by(FeeTotal.fee_item_id)).all()
        )
    assert by_item == {
        hall.item.id: Decimal(104_652) * floors, lift.id: Decimal(5_760) * floors, waste.id: Decimal(2_688) * floors,
        heat.id: Decimal(32_400) * floors,
    }  # fmt: skip
    assert run(hall, NOV, *every).bills == 0


# ── any order of runs, months ahead and voids ────────────────────────────────────────────────────────────────────────


@given(
    acts=st.lists(
        st.one_of(
            st.tuples(st.just("run"), st.integers(0, 3), st.integers(0, 2)),
            st.tuples(st.just("ahead"), st.integers(0, 3), st.integers(0, 3)),
            st.tuples(st.just("void"), st.integers(0, 9), st.just(0)),
            st.tuples(st.just("again"), st.integers(0, 9), st.just(0)),
        ),
        max_size=8,
    )
)
@settings(max_examples=15)
def test_whatever_is_done_nothing_is_billed_twice_and_the_totals_hold(sqlite_template, acts, tmp_path_factory):
    file = tmp_path_factory.mktemp("acts") / "guanjia.db"
    file.write_bytes(sqlite_template.read_bytes())
    session.bind(sqlite_url(file))
    months = [NOV, DEC, date(2027, 1, 1), date(2027, 2, 1)]
    with pretending(MOMENT):
        hall = a_hall()
        with writing(SYSTEM) as s:
            units = [hall.unit, *(a_unit(s, hall.building, room=f"10{n}", area=Decimal(100 + n)) for n in (2, 3, 4))]
            lift = a_fee_item(s, hall.payee, FeeKind.OTHER)
            a_tariff(s, lift, "12", basis=Basis.FIXED)
        choices = [[hall.item.id], [lift.id], [hall.item.id, lift.id], [lift.id, hall.item.id]]
        for act, first, second in acts:
            try:
                with writing(hall.cashier) as s:
                    if act == "run":
                        publish(s, hall.estate.id, months[first], choices[second])
                    elif act == "ahead":
                        bill_ahead(s, units[first].id, choices[2], months[second])
                    else:
                        standing = list(s.scalars(select(Bill.id).order_by(Bill.id)))
                        if standing:
                            (void_bill if act == "void" else reissue)(s, standing[first % len(standing)], "试")
            except Refused:  # void already, or nothing to make anew
                continue
        good = bills(voided_at=None)
        keys = [(each.unit_id, each.fee_item_id, each.month) for each in good]
        assert len(keys) == len(set(keys))
        by_month = {month: sum(each.amount for each in good if each.month == month) for month in months}
        with reading(SYSTEM) as s:
            kept = dict(s.execute(select(FeeTotal.month, func.sum(FeeTotal.amount)).group_by(FeeTotal.month)).all())
            assert {month: kept.get(month, 0) for month in months} == by_month
            runs = s.scalar(select(func.coalesce(func.sum(BillingRun.bills), 0)))
            assert runs == len([each for each in bills() if each.run_id])
    leave()


# ── killed in the middle ─────────────────────────────────────────────────────────────────────────────────────────────

_UNITS = 1_100
_KILLED = """
import sys
from datetime import date
from db import session
from db.clock import pretending
from db.ledger.billing import publish
from db.people import Actor, Role
from db.session import writing
from tests.billed import MOMENT, NOV
url, user, estate, *items = sys.argv[1:]
session.bind(url)
say = lambda *_done: print("on", flush=True)
say()
with pretending(MOMENT), writing(Actor(int(user), "", frozenset({Role.CASHIER}), frozenset({int(estate)}))) as s:
    publish(s, int(estate), NOV, [int(each) for each in items], progress=say)
    say()
say()
"""


@pytest.fixture
def killed(sqlite_engine):
    """Return an office of many units, and what bills it in another process that is killed after so many signs."""
    hall = a_hall()
    with writing(SYSTEM) as s:
        lift = a_fee_item(s, hall.payee, FeeKind.OTHER)
        a_tariff(s, lift, "12", basis=Basis.FIXED)
        s.add_all(
            type(hall.unit)(
                estate_id=hall.estate.id, building_id=hall.building.id, entrance="9", room=str(n), short=str(n),
                area=Decimal(100),
            )
            for n in range(_UNITS)
        )  # fmt: skip
    items = [hall.item.id, lift.id]
    url = sqlite_engine.url.render_as_string(hide_password=False)

    def kill_after(signs: int, seconds: float = 0) -> None:
        told = [url, hall.cashier.user_id, hall.estate.id, *items]
        child = subprocess.Popen(
            [sys.executable, "-c", _KILLED, *map(str, told)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        for _n in range(signs):
            assert child.stdout.readline() == "on\n"
        time.sleep(seconds)
        child.kill()
        child.communicate()

    return hall, items, kill_after


def whole_or_absent(hall, items) -> int:
    """Check that bills, runs and totals tell one story; returns how many bills there are."""
    with reading(SYSTEM) as s:
        count, amount = s.execute(select(func.count(), func.coalesce(func.sum(Bill.amount), 0))).one()
        runs = s.execute(select(func.coalesce(func.sum(BillingRun.bills), 0), func.count())).one()
        kept = s.execute(select(func.coalesce(func.sum(FeeTotal.bills), 0), func.sum(FeeTotal.amount))).one()
    assert (tuple(runs), kept[0], kept[1] or 0) == ((count, 1 if count else 0), count, amount)
    return count


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("signs", [1, 3, 8])
def test_a_run_that_is_killed_is_whole_or_absent_and_a_rerun_completes_it(killed, signs):
    hall, items, kill_after = killed
    kill_after(signs)
    everything = 2 * (_UNITS + 1)
    assert whole_or_absent(hall, items) in {0, everything}
    run(hall, NOV, *items)
    assert whole_or_absent(hall, items) == everything


@pytest.mark.long
def test_killed_hundreds_of_times_it_is_never_half(killed):
    hall, items, kill_after = killed
    chance = random.Random(20261123)
    for _n in range(200):
        kill_after(chance.randint(1, 8), chance.random() * 0.1)
        if whole_or_absent(hall, items):
            with writing(SYSTEM) as s:  # begin again: the walls hold against everybody, so they stand aside
                for table in ("bills", "fee_totals", "billing_runs"):
                    for trigger in ("update", "delete"):
                        s.execute(text(f"DROP TRIGGER IF EXISTS {table}_refuse_{trigger}"))
                    s.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
    run(hall, NOV, *items)
    assert whole_or_absent(hall, items) == 2 * (_UNITS + 1)
