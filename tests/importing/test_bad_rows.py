"""The rows that stayed out: a workbook to put right and upload by itself."""

from __future__ import annotations

import io

import openpyxl
import pytest

from db import importing
from db.refused import Refused
from tests.importing.conftest import errors, verdicts
from tests.importing.workbooks import PEOPLE, UNITS, a_flat, a_roster, a_workbook

pytestmark = pytest.mark.requirement("R5")


@pytest.fixture
def engine(sqlite_engine):
    return sqlite_engine


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def saved(book):
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def rows_of(sheet):
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def test_only_bad_rows_with_the_reason_last_and_the_cell_coloured(site):
    bad = importing.bad_rows_workbook(site.plan(a_roster()))
    book = opened(bad)
    assert book.sheetnames == ["楼栋单元", "业主信息", "房屋信息"]
    sheet = book["房屋信息"]
    assert rows_of(sheet) == [
        (*UNITS[0], "错误原因"),
        (202, 2, 1, 2, 1010, 88, 9, 1, "2020-06-10", "业主编号：客户表和系统里都没有编号为 9 的客户"),
    ]
    assert [cell.fill.fgColor.rgb == "FFFFC7CE" for cell in sheet[2]] == [False] * 6 + [True] + [False] * 3
    assert rows_of(book["业主信息"]) == [(*PEOPLE[0], "错误原因")]
    assert len(rows_of(book["楼栋单元"])) == 4


def test_unmended_it_says_the_same_again(site):
    planned = site.plan(a_roster())
    again = site.plan(importing.bad_rows_workbook(planned), "错误行.xlsx")
    assert errors(again) == ["“房屋信息”第 2 行 G 列 业主编号：客户表和系统里都没有编号为 9 的客户。"]
    assert [row[3] for row in verdicts(again)].count("error") == 1


def test_mended_it_is_taken_in_by_itself(site):
    planned = site.plan(a_roster())
    site.take_in(a_roster())
    book = opened(importing.bad_rows_workbook(planned))
    book["业主信息"].append([9, "郑九", "男", 40, 13800138009])
    result = site.take_in(saved(book), "错误行.xlsx")
    assert (result.rows["业主信息"], result.rows["房屋信息"]) == ({"new": 1}, {"new": 1})
    assert ("2-1-202", "郑九") in [row[:2] for row in site.holders()]
    assert {row[3] for row in verdicts(site.plan(saved(book)))} == {"unchanged"}


def test_codes_explained_beside_the_table_are_still_understood(site):
    parking = [
        ["车位编号", "车牌号", "车类型", "业主编号", "", "说明"],
            ["A1", "冀R11111", 1.0, "", "", "车类型", 1.0, "轿车"],
        ["A2", "冀R2", 1.0, "", "", "", 2.0, "客车"],
    ]  # fmt: skip
    data = a_workbook({"车位": parking})
    site.take_in(data)
    book = opened(importing.bad_rows_workbook(site.plan(data)))
    book["车位"]["B2"] = "冀R22222"
    planned = site.plan(saved(book))
    assert [importing.in_words(planned.rows[0].after[name]) for name in ("space", "plate", "vehicle_kind")] == [
        "A2",
        "冀R22222",
        "轿车",
    ]


def test_two_columns_under_one_heading_get_names_of_their_own(site):
    rows = [
        ["业主", "", "", "租户", ""],
        ["房号", "姓名", "电话", "姓名", "电话"],
        ["1-101", "赵一", "138", "钱二", "13800138002"],
    ]
    data = a_workbook({"表": rows}, [("表", 0, 0, 0, 2), ("表", 0, 3, 0, 4)])
    bad = importing.bad_rows_workbook(site.plan(data))
    assert rows_of(opened(bad)["表"])[0] == ("房号", "姓名/单位名称", "电话", "租户姓名", "租户电话", "错误原因")
    assert errors(site.plan(bad)) == ["“表”第 2 行 C 列 电话：电话“138”是 3 位，手机应为 11 位，座机请带区号。"]


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "http://evil.example/", "{=A1}"])
def test_texts_stay_texts(site, text):
    headings = ["房号", "业主姓名", "电话", "备注"]
    bad = importing.bad_rows_workbook(site.plan(a_flat(["1-101", "赵一", "138", text], headings=headings)))
    cell = opened(bad)["住户台账"]["D2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


@pytest.mark.parametrize(
    ("file", "sheet"), [("名单[1].csv", "名单_1_"), ("a:b?*'.csv", "a_b__"), ("长" * 60 + ".csv", "长" * 31)]
)
def test_a_sheet_gets_a_name_that_spreadsheets_take(site, file, sheet):
    planned = site.plan("房号,业主姓名,电话\n1-101,赵一,138\n".encode(), file)
    assert opened(importing.bad_rows_workbook(planned)).sheetnames == [sheet]


def test_without_bad_rows_there_is_none(site):
    with pytest.raises(Refused) as refused:
        importing.bad_rows_workbook(site.plan(a_flat(["1", "1", "101", 90.0, "赵一", "13800138001", "", ""])))
    assert refused.value.message == "没有有错误的行。"
