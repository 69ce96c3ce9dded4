"""A building's list of meters as a workbook, and back (F2)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import select

from db.clock import pretending
from db.ledger.meters import Round
from db.ledger.reading_sheets import Standing, bad_rows, judged_sheet, take_sheet, template
from db.ledger.tables import FeeKind, Reading
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_unit
from tests.money import a_fee_item, a_meter, a_till, readings_of

NOVEMBER = date(2026, 11, 1)
pytestmark = pytest.mark.usefixtures("sqlite_engine")


@pytest.fixture(autouse=True)
def _in_november():
    with pretending(datetime(2026, 11, 26, 2, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def office(sqlite_engine):
    till = a_till()
    with writing(SYSTEM) as s:
        till.water = a_fee_item(s, till.payee, FeeKind.WATER, name="水费")
        for n in range(1, 5):
            meter = a_meter(s, a_unit(s, till.building, room=f"{n}02"), till.water, number=f"W{n}", base="100")
            readings_of(s, meter, date(2026, 7, 1), "10", "10", "10", "10")  # up to 140
    return till


def the_list(office):
    with reading(office.cashier) as s:
        return template(s, Round(NOVEMBER, [office.estate.id], office.water.id, office.building.id))


def filled(data, values, heading="本期示数"):
    """Fill the column of values, row by row; returns the file."""
    book = openpyxl.load_workbook(BytesIO(data))
    sheet = book.active
    places = {cell.value: cell.column for cell in sheet[1]}
    for line, value in enumerate(values, start=2):
        sheet.cell(line, places[heading], value)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def november(office):
    with reading(office.cashier) as s:
        statement = select(Reading).where(Reading.month == NOVEMBER, ~Reading.superseded).order_by(Reading.meter_id)
        return [(each.value, each.quantity) for each in s.scalars(statement)]


def take(office, data, month=NOVEMBER):
    with writing(office.cashier) as s:
        return [(each.standing, each.reason) for each in take_sheet(s, "抄表.xlsx", data, month)]


@pytest.mark.requirement("F2")
def test_good_rows_go_in_bad_ones_come_back_and_the_same_file_changes_nothing(office):
    data = filled(the_list(office), [150.1, 90, "", 190])
    low = "本期示数小于上期 140.00。请核对表号和示数；表走满归零的请勾“过零”，换了表的请办“换表”。"
    odd = "本期 50.00，超过前 4 期平均 10.00 的两倍。核对无误的，请在“核对无误”一列填“是”。"
    assert take(office, data) == [
        (Standing.NEW, ""), (Standing.BAD, low), (Standing.EMPTY, ""), (Standing.ODD, odd),
    ]  # fmt: skip
    assert november(office) == [(Decimal("150.10"), Decimal("10.10"))]
    assert [state for state, _reason in take(office, data)] == [
        Standing.UNCHANGED, Standing.BAD, Standing.EMPTY, Standing.ODD,
    ]  # fmt: skip
    assert november(office) == [(Decimal("150.10"), Decimal("10.10"))]


def test_the_bad_rows_put_right_are_taken_in_by_themselves(office):
    with reading(office.cashier) as s:
        found = judged_sheet(s, "抄表.xlsx", filled(the_list(office), [150, 90, "x", 190]), NOVEMBER)
    again = filled(filled(bad_rows(found), [149, 152, 190]), ["", "", "是"], "核对无误")
    assert [state for state, _reason in take(office, again)] == [Standing.NEW] * 3
    assert november(office) == [(149, 9), (152, 12), (190, 50)]


def test_a_value_that_differs_from_what_was_read_is_no_correction(office):
    take(office, filled(the_list(office), [150]))
    assert take(office, filled(the_list(office), [151]))[0] == (
        Standing.BAD, "2026-11 已由收费员抄过，示数 150.00。要更正请刷新后在这一行改。"
    )  # fmt: skip


def test_a_list_of_another_month_or_with_a_meter_twice_stays_out(office):
    data = filled(filled(the_list(office), [150, 150]), ["", "2026-10"], "账期")
    data = filled(data, ["W1", "W2", "W1"], "表号")
    said = take(office, data)
    assert said[1] == (Standing.BAD, "这一行是 2026-10 的，现在选的是 2026-11，请换账期或换文件。")
    book = openpyxl.Workbook()
    for row in (["抄表记录"], ["房号", "水表号", "本次读数"], ["", "W1", "150"], ["", "W1", 151], ["1-4-402", "", 5]):
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    twice = (Standing.BAD, "文件里有同一块表的另一行，请只留一行。")
    assert take(office, out.getvalue()) == [
        twice, twice,
        (Standing.BAD, "没有找到这块表，请核对房屋和表号。"),
    ]  # fmt: skip


def test_a_file_that_is_no_list_is_refused(office):
    book = openpyxl.Workbook()
    book.active.append(["姓名", "电话"])
    out = BytesIO()
    book.save(out)
    with pytest.raises(Refused) as refused, reading(office.cashier) as s:
        judged_sheet(s, "名单.xlsx", out.getvalue(), NOVEMBER)
    assert str(refused.value) == (
        "“名单.xlsx”里没有找到抄表清单：需要“本期示数”，以及“编号”“表号”或“房屋”一列。请先下载清单再填。"
    )
