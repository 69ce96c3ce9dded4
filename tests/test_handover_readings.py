"""Meters read when a unit changes hands: nobody pays for another's use, nothing is charged twice, nothing gets lost."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.clock import moment_of, pretending
from db.dossiers import handover_readings
from db.dossiers.handover_readings import Direction, HandoverReading, Typed, lines_of, meters_read, take
from db.ledger.meters import Round, standings
from db.ledger.readings import Row, quantities, record_readings
from db.ledger.tables import FeeKind, Meter, Reading
from db.people import SYSTEM
from db.process import perform
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_customer, a_unit, an_actor
from tests.dossiers import a_move_in
from tests.money import a_bill, a_fee_item, a_meter, a_till, readings_of

IN, OUT = Direction.IN, Direction.OUT
D = Decimal


def on(day):
    return pretending(moment_of(day) + timedelta(hours=12))


@pytest.fixture
def office(engine):
    made = a_till()
    with writing(SYSTEM) as s:
        made.water = a_fee_item(s, made.payee, FeeKind.WATER, name="水费")
        made.power = a_fee_item(s, made.payee, FeeKind.POWER, name="电费")
    return made


def refusal(act, *args, **told):
    with pytest.raises(Refused) as refused:
        act(*args, **told)
    return refused.value


def used_in(s, office, month):
    return {key: used for key, (used, _texts) in quantities(s, office.estate.id, month).items()}


@pytest.mark.requirement("I9")
def test_a_meter_never_read_begins_at_the_base(office):
    with on(date(2026, 11, 17)), writing(office.steward) as s:
        water, power = a_meter(s, office.unit, office.water, "W1"), a_meter(s, office.unit, office.power, "P1", "5")
        case = a_move_in(s, office)
        assert str(meters_read(s, case)) == "还没有抄表：水费 W1、电费 P1。"
        take(s, case.id, {water.id: Typed("12.5")}, IN, token="press")
        take(s, case.id, {water.id: Typed("12.5")}, IN, token="press")
        assert str(meters_read(s, case)) == "还没有抄表：电费 P1。"
        take(s, case.id, {power.id: Typed("3")}, IN)
        assert (water.base, power.base, meters_read(s, case)) == (D("12.50"), D("3.00"), None)
        rows = s.scalars(select(HandoverReading).order_by(HandoverReading.id)).all()
        assert [(each.previous, each.value, each.quantity) for each in rows] == [
            (D("0.00"), D("12.50"), D("12.50")), (D("5.00"), D("3.00"), D("0.00")),
        ]  # fmt: skip
        take(s, case.id, {water.id: Typed("13")}, IN)
        assert (water.base, rows[0].value, rows[0].quantity, rows[0].version) == (D("13.00"), D("13.00"), D("13.00"), 2)
    with on(date(2026, 11, 28)), writing(office.steward) as s:
        record_readings(s, date(2026, 11, 1), [Row(water.id, D("15")), Row(power.id, D("40"))])
        assert used_in(s, office, date(2026, 11, 1)) == {
            (office.unit.id, office.water.id): D("2.00"), (office.unit.id, office.power.id): D("37.00"),
        }  # fmt: skip


@pytest.mark.requirement("I9")
def test_what_was_used_before_moving_in_is_not_the_newcomers(office):
    november = date(2026, 11, 1)
    with on(date(2026, 11, 17)), writing(office.steward) as s:
        meter = a_meter(s, office.unit, office.power, "P1", multiplier=2)
        readings_of(s, meter, date(2026, 9, 1), "100", "50")
        case = a_move_in(s, office)
        assert [(each.charged_up_to, each.taken) for each in lines_of(s, case)] == [(D("150.00"), None)]
        (row,) = take(s, case.id, {meter.id: Typed("153")}, IN)
        new = s.get_one(Meter, row.meter_id)
        assert (new.id != meter.id, new.base, new.number, new.multiplier, new.installed_on) == (
            True, D("153.00"), "P1", 2, date(2026, 11, 17),
        )  # fmt: skip
        assert (meter.removed_on, meter.replaced_by) == (date(2026, 11, 17), new.id)
        assert (row.previous, row.quantity, row.month, meters_read(s, case)) == (D("150.00"), D("6.00"), None, None)
        take(s, case.id, {new.id: Typed("154")}, IN)
        assert (new.base, row.value, row.quantity) == (D("154.00"), D("154.00"), D("8.00"))
    with on(date(2026, 11, 28)), writing(office.steward) as s:
        (standing,) = standings(s, Round(november, [office.estate.id]))
        assert (standing.meter_id, standing.previous) == (new.id, D("154.00"))
        record_readings(s, november, [Row(new.id, D("164"))])
        assert used_in(s, office, november) == {(office.unit.id, office.power.id): D("20.00")}
        assert refusal(take, s, case.id, {new.id: Typed("160")}, IN).problems == {
            str(new.id): "本期示数小于上期 164.00。请核对表号和示数；表走满归零的请勾“过零”，换了表的请办“换表”。"
        }


@pytest.mark.requirement("I9")
def test_a_meter_that_stood_still_is_only_written_down(office):
    with on(date(2026, 11, 17)), writing(office.steward) as s:
        meter = a_meter(s, office.unit, office.power, "P1")
        readings_of(s, meter, date(2026, 9, 1), "100", "50")
        case = a_move_in(s, office)
        (row,) = take(s, case.id, {meter.id: Typed("150")}, IN)
        assert (row.meter_id, row.quantity, meter.removed_on, meters_read(s, case)) == (meter.id, D("0.00"), None, None)
        assert refusal(take, s, case.id, {meter.id: Typed("149")}, IN).message == "有 1 行需要核对，都没有保存。"
        (row,) = take(s, case.id, {meter.id: Typed("2", rolled_over=True)}, IN)
        assert (row.quantity, row.meter_id != meter.id) == (D("999852.00"), True)


@pytest.mark.requirement("O2")
def test_a_closing_value_goes_into_the_month_that_is_still_open(office):
    october, november, december = (date(2026, n, 1) for n in (10, 11, 12))
    with on(date(2026, 11, 29)), writing(office.steward) as s:
        water, power = a_meter(s, office.unit, office.water, "W1"), a_meter(s, office.unit, office.power, "P1")
        readings_of(s, water, october, "10", "5")
        readings_of(s, power, october, "100", "50")
        a_bill(s, office.unit, office.power, month=november)
        case = a_move_in(s, office)
        rows = take(s, case.id, {water.id: Typed("16"), power.id: Typed("152")}, OUT)
        assert [(each.meter_id, each.month, each.previous, each.value, each.quantity) for each in rows] == [
            (water.id, november, D("10.00"), D("16.00"), D("6.00")),
            (power.id, december, D("150.00"), D("152.00"), D("2.00")),
        ]
        assert used_in(s, office, november) == {
            (office.unit.id, office.water.id): D("6.00"), (office.unit.id, office.power.id): D("50.00"),
        }  # fmt: skip
        assert used_in(s, office, december) == {(office.unit.id, office.power.id): D("2.00")}
        take(s, case.id, {power.id: Typed("153")}, OUT)
        assert used_in(s, office, december) == {(office.unit.id, office.power.id): D("3.00")}
        assert (rows[1].value, rows[1].quantity, rows[1].version) == (D("153.00"), D("3.00"), 2)
        a_bill(s, office.unit, office.power, month=december)
        assert refusal(take, s, case.id, {power.id: Typed("154")}, OUT).message == (
            "这块表到 2026-12 都已出账，请先作废最近一期的账单，再抄止数。"
        )
        assert meters_read(s, case) is None


@pytest.mark.requirement("O2")
def test_an_unusual_use_is_looked_at_again(office):
    with on(date(2026, 11, 20)), writing(office.steward) as s:
        meter = a_meter(s, office.unit, office.water, "W1")
        readings_of(s, meter, date(2026, 7, 1), "10", "10", "10", "10")
        case = a_move_in(s, office)
        assert refusal(take, s, case.id, {meter.id: Typed("70")}, OUT).problems == {
            str(meter.id): "本期 30.00，超过前 4 期平均 10.00 的两倍。"
        }
        assert handover_readings.taken_in(s, case.id) == []
        (row,) = take(s, case.id, {meter.id: Typed("70", confirmed=True)}, OUT)
        assert (row.quantity, row.month) == (D("30.00"), date(2026, 11, 1))


def test_wrong_people_units_days_and_figures_change_nothing(office):
    with on(date(2026, 11, 20)), writing(office.steward) as s:
        meter = a_meter(s, office.unit, office.water, "W1")
        elsewhere = a_meter(s, a_unit(s, office.building, room="202"), office.water, "W2")
        case = a_move_in(s, office)
        assert refusal(take, s, case.id, {}, IN).message == "请填写表上的示数。"
        assert refusal(take, s, case.id, {elsewhere.id: Typed("1")}, IN).message == (
            "有的表不在这套房屋，或已换表，请刷新后再填。"
        )
        ahead = date(2026, 11, 21)
        assert refusal(take, s, case.id, {meter.id: Typed("1")}, IN, on=ahead).message == "抄表日期不能晚于今天。"
        assert refusal(take, s, case.id, {meter.id: Typed("约 12")}, IN).problems == {
            str(meter.id): "“约 12”不是数字，请填例如 135.00。"
        }
        assert refusal(take, s, case.id, {meter.id: Typed("12345678")}, IN).message == "有 1 行需要核对，都没有保存。"
        perform(s, case.id, "withdraw", {"note": "不来了"}, note="不来了")
        assert refusal(take, s, case.id, {meter.id: Typed("1")}, IN).message == (
            f"{case.number} 已办结，不能再抄交接读数。"
        )
        assert (meter.base, handover_readings.taken_in(s, case.id)) == (D("0.00"), [])
    with on(date(2026, 11, 20)), writing(office.desk) as s:
        assert refusal(take, s, case.id, {meter.id: Typed("1")}, IN).message == (
            "您没有“抄表”的权限，如有需要请联系管理处主任。"
        )


@pytest.mark.requirement("I9", "O2")
@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_days_everybody_pays_his_own_use(office, seed):
    """One leaves, the unit stands empty, another comes; the count beside it adds up the days of a made-up meter."""
    chance = random.Random(seed)
    first, last = date(2026, 6, 1), date(2026, 12, 28)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    shows, value = {}, D(0)
    for day in days:
        value += D(chance.randint(0, 300)) / 100
        shows[day] = value
    leaves = chance.choice(days[70:120])
    comes = chance.choice([leaves + timedelta(days=1), chance.choice(days[125:180])])
    with writing(SYSTEM) as s:
        reader = an_actor(s, [office.estate], *office.steward.roles)
        meter = a_meter(s, office.unit, office.power, "P1", "0")
    sums = []
    for day in days:
        with on(day), writing(reader) as s:
            if day.day == 28:
                read_the_month(s, office, day, shows[day], chance)
            if day == leaves:
                (row,) = take(s, a_move_in_of(s, office, "甲").id, {meter.id: Typed(shows[day], confirmed=True)}, OUT)
                a_bill(s, office.unit, office.power, month=row.month)
                sums.append(everything(s))
            if day == comes:
                here = counting_now(s, office)
                (row,) = take(s, a_move_in_of(s, office, "乙").id, {here.id: Typed(shows[day])}, IN)
                sums.append(everything(s))
                before = row.quantity
    with reading(SYSTEM) as s:
        end = charged_to(s, office)
        sums.append(everything(s))
    gone, moved_in, whole = sums
    assert gone == shows[leaves]
    assert moved_in - gone + before == shows[comes] - shows[leaves]
    assert whole - moved_in == end - shows[comes]


def a_move_in_of(s, office, name):
    """Open a matter at the unit in which meters are read; which way it goes the test says."""
    return a_move_in(s, office, customer_id=a_customer(s, office.estate, name).id)


def read_the_month(s, office, day, value, chance):
    month, meter = day.replace(day=1), counting_now(s, office)
    (standing,) = standings(s, [meter.id], month)
    if standing.billed or standing.current is not None or standing.later is not None:
        return
    record_readings(s, month, [Row(meter.id, value, confirmed=True)])
    if chance.random() < 0.5:
        a_bill(s, office.unit, office.power, month=month)


def counting_now(s, office):
    return s.scalars(select(Meter).where(Meter.unit_id == office.unit.id, Meter.removed_on.is_(None))).one()


def everything(s):
    """Add up all that is or will be billed."""
    return sum(s.scalars(select(Reading.quantity).where(~Reading.superseded)), D(0))


def charged_to(s, office):
    """Say up to which value the meter that counts now has been read."""
    meter = counting_now(s, office)
    own = select(Reading.value).where(Reading.meter_id == meter.id, ~Reading.superseded)
    return s.scalar(own.order_by(Reading.month.desc()).limit(1)) or meter.base
