"""Meters and readings: every rule by its own figures, on both databases (F2)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.audit import Audit
from db.clock import pretending
from db.ledger.meter_overviews import history, progress
from db.ledger.meter_register import Sought, add_meter, change_meter, meters, replace_meter
from db.ledger.meters import Round, standings
from db.ledger.readings import Recorded, Row, check_readings, correct_reading, estimate, quantities, record_readings
from db.ledger.tables import FeeKind, Meter, Reading, ReadingKind
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_unit
from tests.counting import counted_statements
from tests.money import a_bill, a_fee_item, a_meter, a_till, readings_of

TODAY = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
NOVEMBER, OCTOBER, DECEMBER = date(2026, 11, 1), date(2026, 10, 1), date(2026, 12, 1)
pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def _in_november():
    with pretending(TODAY):
        yield


@pytest.fixture
def office(engine):
    till = a_till()
    with writing(SYSTEM) as s:
        till.water = a_fee_item(s, till.payee, FeeKind.WATER, name="水费")
        till.meter = a_meter(s, till.unit, till.water, number="W1", base="100")
    return till


def enter(office, value, month=NOVEMBER, meter=None, **how):
    with writing(office.cashier) as s:
        row = Row((meter or office.meter).id, Decimal(value), **how)
        return record_readings(s, month, [row])


def the_readings(office, month=None):
    with reading(office.cashier) as s:
        statement = select(Reading).where(~Reading.superseded).order_by(Reading.month, Reading.id)
        if month is not None:
            statement = statement.where(Reading.month == month)
        return [(each.previous, each.value, each.quantity) for each in s.scalars(statement)]


def refusal_of(office, value, month=NOVEMBER, **how):
    with pytest.raises(Refused) as refused:
        enter(office, value, month, **how)
    return refused.value.problems[str(office.meter.id)]


def a_year(office, *uses, **how):
    """The meter was read in the months before November."""
    first = date(2026, 11 - len(uses), 1)
    with writing(SYSTEM) as s:
        readings_of(s, s.get_one(Meter, office.meter.id), first, *uses, **how)


def the_reading(office, month):
    with reading(office.cashier) as s:
        return s.scalars(select(Reading.id).where(Reading.month == month, ~Reading.superseded)).one()


@pytest.mark.requirement("F2")
def test_the_first_reading_counts_from_the_base_and_the_next_from_the_one_before(office):
    enter(office, "120", OCTOBER)
    enter(office, "135", NOVEMBER)
    assert the_readings(office) == [(100, 120, 20), (120, 135, 15)]
    with reading(office.cashier) as s:
        found = quantities(s, office.estate.id, NOVEMBER)
    assert found == {(office.unit.id, office.water.id): (Decimal(15), ["上期 120.00 本期 135.00 用量 15.00"])}


def test_the_multiplier_multiplies_and_is_said(office):
    with writing(office.cashier) as s:
        change_meter(s, office.meter.id, {"multiplier": 40})
    enter(office, "100.25")
    with reading(office.cashier) as s:
        found = quantities(s, office.estate.id, NOVEMBER)
    assert found == {(office.unit.id, office.water.id): (Decimal(10), ["上期 100.00 本期 100.25 倍率 40 用量 10.00"])}


def test_a_meter_that_rolled_over_is_stated_and_counted_past_its_end(office):
    with writing(office.cashier) as s:
        change_meter(s, office.meter.id, {"digits": 4})
    enter(office, "9990", OCTOBER)
    assert refusal_of(office, "12") == (
        "本期示数小于上期 9990.00。请核对表号和示数；表走满归零的请勾“过零”，换了表的请办“换表”。"
    )
    enter(office, "12", rolled_over=True)
    assert the_readings(office, NOVEMBER) == [(9990, 12, 22)]


def test_a_value_that_cannot_be_is_refused(office):
    assert refusal_of(office, "1000000") == "示数应在 0 到 999999 之间（表盘整数 6 位）。"
    assert refusal_of(office, "-1") == "示数应在 0 到 999999 之间（表盘整数 6 位）。"
    assert refusal_of(office, "120.255") == "示数最多两位小数。"
    assert refusal_of(office, "120", rolled_over=True) == "本期示数不小于上期 100.00，没有过零，请去掉“过零”。"
    assert refusal_of(office, "120", date(2027, 1, 1)) == "2027-01 还没有到，最早可以提前一个月抄表。"
    assert refusal_of(office, "120", read_on=date(2026, 11, 27)) == "抄表日期不能晚于今天。"
    assert the_readings(office) == []


def test_what_is_out_of_line_must_be_confirmed_and_is_never_refused(office):
    a_year(office, "10", "10", "10", "10", "10", "10", "10")
    assert refusal_of(office, "191") == "本期 21.00，超过前 6 期平均 10.00 的两倍。"
    assert refusal_of(office, "174.99") == "本期 4.99，不到前 6 期平均 10.00 的一半。"
    assert refusal_of(office, "170") == "本期没有用量，前 6 期平均 10.00。"
    assert enter(office, "190") == Recorded(recorded=1)
    with reading(office.cashier) as s:
        assert check_readings(s, DECEMBER, [Row(office.meter.id, Decimal(195))])[0].warning == (
            "本期 5.00，不到前 6 期平均 11.67 的一半。"
        )
    assert enter(office, "191", DECEMBER, confirmed=True) == Recorded(recorded=1)


def test_two_months_are_too_few_to_call_a_third_odd(office):
    a_year(office, "10", "10")
    assert enter(office, "900") == Recorded(recorded=1)


def test_all_or_none_with_the_problem_of_each_row(office):
    with writing(SYSTEM) as s:
        other = a_meter(s, a_unit(s, office.building, room="102"), office.water, number="W2", base="50")
    rows = [Row(office.meter.id, Decimal(120)), Row(other.id, Decimal(40))]
    with pytest.raises(Refused) as refused, writing(office.cashier) as s:
        record_readings(s, NOVEMBER, rows)
    assert (str(refused.value), list(refused.value.problems)) == ("有 1 行需要核对，都没有保存。", [str(other.id)])
    assert the_readings(office) == []
    with writing(office.cashier) as s:
        done = record_readings(s, NOVEMBER, rows, keep_good=True)
    assert (done, [each.meter_id for each in done.held_back]) == (Recorded(recorded=1), [other.id])
    assert the_readings(office) == [(100, 120, 20)]


def test_a_second_press_and_the_same_value_change_nothing(office):
    rows = [Row(office.meter.id, Decimal(120))]
    for expected in (Recorded(recorded=1), Recorded(recorded=1)):
        with writing(office.cashier) as s:
            assert record_readings(s, NOVEMBER, rows, "press-1") == expected
    assert enter(office, "120") == Recorded(unchanged=1)
    with reading(office.cashier) as s:
        assert s.scalar(select(func.count()).select_from(Reading)) == 1


def test_an_estimate_is_the_mean_of_six_and_the_next_real_reading_settles_it(office):
    a_year(office, "4", "8", "10", "10", "12", "10", "11")  # the last six: 61 / 6 = 10.17
    with writing(office.cashier) as s:
        assert estimate(s, NOVEMBER, [office.meter.id], "家中无人") == Recorded(recorded=1)
    assert the_readings(office, NOVEMBER) == [(165, Decimal("175.17"), Decimal("10.17"))]
    with reading(office.cashier) as s:
        texts = quantities(s, office.estate.id, NOVEMBER)[office.unit.id, office.water.id][1]
    assert texts == ["上期 165.00 本期 175.17（估抄） 用量 10.17"]
    enter(office, "190", DECEMBER, confirmed=True)
    assert the_readings(office, DECEMBER) == [(Decimal("175.17"), 190, Decimal("14.83"))]


def test_an_estimate_too_high_is_set_off_against_the_months_after_it(office):
    a_year(office, "10", "10", "10", "10", last=ReadingKind.ESTIMATED)  # up to 140 in October
    enter(office, "135", NOVEMBER, confirmed=True)  # really, since September's 130
    enter(office, "151", DECEMBER, confirmed=True)
    assert the_readings(office)[-2:] == [(140, 135, 0), (140, 151, 11)]
    with reading(office.cashier) as s:
        texts = quantities(s, office.estate.id, NOVEMBER)[office.unit.id, office.water.id][1]
    assert texts == ["上期 140.00 本期 135.00（前期估抄多计 5.00，以后抵扣） 用量 0.00"]
    assert refusal_of(office, "129", NOVEMBER, confirmed=True).startswith("2026-11 已由收费员抄过，示数 135.00。")


def test_below_the_last_value_really_read_nothing_is_true(office):
    a_year(office, "10", "10", "10", "10", last=ReadingKind.ESTIMATED)
    assert refusal_of(office, "129").startswith("本期示数小于上期 130.00。")


def test_too_little_to_estimate_from(office):
    a_year(office, "10", "10")
    with pytest.raises(Refused) as refused, writing(office.cashier) as s:
        estimate(s, NOVEMBER, [office.meter.id], "家中无人")
    assert refused.value.problems == {str(office.meter.id): "1-1-101 W1 抄过不到 3 个月，不能估抄，请实抄。"}


def test_a_correction_keeps_the_old_row_and_counts_the_next_month_anew(office):
    a_year(office, "10", "20")  # September 110, October 130
    with writing(office.cashier) as s:
        correct_reading(s, the_reading(office, date(2026, 9, 1)), Decimal(115), "看错一位")
    assert the_readings(office) == [(100, 115, 15), (115, 130, 15)]
    with reading(office.cashier) as s:
        old = s.scalars(select(Reading).where(Reading.superseded).order_by(Reading.month)).all()
        said = s.execute(
            select(Audit.ground, Audit.before, Audit.after).where(Audit.act == "corrected").order_by(Audit.id)
        ).first()
    assert [(each.value, each.quantity) for each in old] == [(110, 10), (130, 20)]
    assert (said.ground, said.before["value"], said.after["value"]) == ("看错一位", "110.00", "115")


def test_a_correction_that_the_next_month_contradicts_is_refused(office):
    a_year(office, "10", "20")
    wrong = the_reading(office, date(2026, 9, 1))
    with pytest.raises(Refused) as refused, writing(office.cashier) as s:
        correct_reading(s, wrong, Decimal(131), "看错")
    assert str(refused.value) == "1-1-101 W1 更正后，2026-10 的示数 130.00 就不对了。请先更正 2026-10 的读数。"
    assert the_readings(office) == [(100, 110, 10), (110, 130, 20)]


def test_nothing_is_read_or_corrected_under_a_bill_that_stands(office):
    a_year(office, "10", "20")
    with writing(SYSTEM) as s:
        a_bill(s, office.unit, office.water, "60.00", OCTOBER)
    october, september = (the_reading(office, month) for month in (OCTOBER, date(2026, 9, 1)))
    with pytest.raises(Refused) as refused, writing(office.cashier) as s:
        correct_reading(s, october, Decimal(131), "看错")
    said = "2026-10 的水费账单已出，读数不能再改。请先作废这一户的账单，再更正读数、重新出账。"
    assert str(refused.value) == said
    with pytest.raises(Refused) as refused, writing(office.cashier) as s:
        correct_reading(s, september, Decimal(111), "看错")
    assert str(refused.value) == "1-1-101 W1 2026-10 的账单已按原读数出账。请先作废 2026-10 的账单，再更正这个读数。"


def test_earlier_months_are_not_filled_in_behind_a_later_one(office):
    enter(office, "120", NOVEMBER)
    assert refusal_of(office, "110", OCTOBER) == "2026-11 已抄表，不能补抄更早的月份；那段用量已算在 2026-11 里。"


def test_the_grid_corrects_what_its_reader_saw_and_nothing_else(office):
    enter(office, "120")
    assert refusal_of(office, "121") == "2026-11 已由收费员抄过，示数 120.00。要更正请刷新后在这一行改。"
    with reading(office.cashier) as s:
        seen = standings(s, [office.meter.id], NOVEMBER)[0].current.id
    assert enter(office, "121", corrects=seen) == Recorded(corrected=1)
    assert refusal_of(office, "122", corrects=seen) == "2026-11 已由收费员抄过，示数 121.00。要更正请刷新后在这一行改。"


@pytest.mark.requirement("F2")
def test_a_replaced_meter_adds_its_part_to_the_month(office):
    a_year(office, "10", "10", "10")
    with writing(office.cashier) as s:
        new = replace_meter(s, office.meter.id, Decimal(136), date(2026, 11, 12), number="W9", base=Decimal(3))
    with reading(office.cashier) as s:
        found = standings(s, [new], NOVEMBER)[0]
    assert (found.previous, found.part, found.mean) == (3, 6, 10)
    enter(office, "7", meter=found_meter(office, new))
    with reading(office.cashier) as s:
        assert quantities(s, office.estate.id, NOVEMBER)[office.unit.id, office.water.id] == (
            Decimal(10), ["W1 上期 130.00 本期 136.00 用量 6.00", "W9 上期 3.00 本期 7.00 用量 4.00"],
        )  # fmt: skip
        assert [(each.number, each.quantity) for each in history(s, new)][:2] == [("W9", 4), ("W1", 6)]
        shown, total = meters(s, Sought([office.estate.id]))
    assert ([each.number for each in shown], total) == (["W9"], 1)


def found_meter(office, meter_id):
    with reading(office.cashier) as s:
        return s.get_one(Meter, meter_id)


def test_a_meter_replaced_after_it_was_read_ends_in_the_next_month(office):
    enter(office, "120", NOVEMBER)
    with writing(office.cashier) as s:
        replace_meter(s, office.meter.id, Decimal(121), date(2026, 11, 26), number="W9")
    assert the_readings(office, DECEMBER) == [(120, 121, 1)]


def test_a_meter_is_put_in_once_and_its_figures_hold_from_the_first_reading_on(office):
    values = {"unit_id": office.unit.id, "fee_item_id": office.water.id, "number": "W1", "base": "10.5", "digits": "5"}
    with pytest.raises(Refused) as refused, writing(office.cashier) as s:
        add_meter(s, values)
    assert refused.value.problems == {"number": "表号 W1 已登记在 1-1-101，请核对。"}
    with writing(office.cashier) as s:
        made = add_meter(s, values | {"number": "W2"}, "t1")
        assert add_meter(s, values | {"number": "W2"}, "t1") == made
    enter(office, "20", meter=found_meter(office, made))
    with pytest.raises(Refused) as refused, writing(office.cashier) as s:
        change_meter(s, made, {"base": "9"})
    assert refused.value.problems == {
        "base": "这块表已经抄过，不能再改。位数、倍率或底数错了的，请办“换表”从今天起改正。"
    }


def test_only_those_who_read_meters_and_only_in_their_estates(office):
    with pytest.raises(Refused) as refused, writing(office.desk) as s:
        record_readings(s, NOVEMBER, [Row(office.meter.id, Decimal(120))])
    assert str(refused.value) == "您没有“抄表”的权限，如有需要请联系管理处主任。"
    stranger = a_till()
    with pytest.raises(Refused) as refused, writing(stranger.cashier) as s:
        record_readings(s, NOVEMBER, [Row(office.meter.id, Decimal(120))])
    assert refused.value.problems == {str(office.meter.id): "没有找到这块表，可能不在您负责的项目内。"}


def test_what_is_missing_is_counted_by_building_and_item_in_a_fixed_number_of_queries(office):
    with writing(SYSTEM) as s:
        for n in range(2, 12):
            a_meter(s, a_unit(s, office.building, room=f"{n}01"), office.water, number=f"W{n}")
    enter(office, "120")
    asked = Round(NOVEMBER, [office.estate.id], office.water.id, office.building.id)
    with reading(office.cashier) as s:
        found = progress(s, asked)
        assert [(each.building, each.item, each.meters, each.read, each.missing) for each in found] == [
            ("1号楼", "水费", 11, 1, 10)
        ]
        with counted_statements() as queries:
            assert len(standings(s, asked)) == 11
    assert len(queries) == 4
