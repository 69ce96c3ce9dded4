"""What sheets and columns are taken for, and which rows are data."""

from __future__ import annotations

import pytest

from db.importing import headings
from db.importing.headings import Kind, guess
from db.importing.reading import read
from db.importing.sheet_rows import Skipped, data_rows
from db.importing.vocabulary import heading_base, heading_codes, numeral
from db.registry import Relation
from tests.importing.workbooks import FLAT_HEADINGS, a_flat, a_roster, a_workbook

pytestmark = pytest.mark.requirement("R5")


def understood(data, name="名单.xlsx"):
    book = read(name, data)
    return book, guess(book)


def fields(mapping):
    return {name: column.heading for name, column in mapping.fields.items()}


def numbers(book, mapping):
    return [row.number for row in data_rows(book.by_name[mapping.sheet], mapping)]


@pytest.mark.parametrize(
    ("heading", "base"),
    [
        ("* 建筑面积（㎡，必填）：", "建筑面积"), ("房　号", "房号"), ("联系电话\n(手机)", "联系电话"),
        ("【必填】姓名", "姓名"),
        ("单价（元）", "单价"), ("ＴＥＬ", "tel"),
    ],
)  # fmt: skip
def test_a_heading_comes_down_to_its_word(heading, base):
    assert heading_base(heading) == base


def test_code_lists_in_headings():
    assert heading_codes("车类型（9901 家用小汽车 9902 客车）") == (("9901", "家用小汽车"), ("9902", "客车"))
    assert heading_codes("出租还是出售（H出租S出售）") == (("h", "出租"), ("s", "出售"))
    assert heading_codes("性别(0：女，1：男)") == (("0", "女"), ("1", "男"))
    assert heading_codes("建筑面积（㎡）") == ()


@pytest.mark.parametrize(
    ("text", "digits"), [("十", "10"), ("十二", "12"), ("二十", "20"), ("一百零三", "103"), ("三", "3"), ("甲", "甲")]
)
def test_numerals(text, digits):
    assert numeral(text) == digits


def test_a_roster_of_several_sheets():
    book, mapping = understood(a_roster())
    assert [(each.sheet, each.kind, each.left_out and str(each.left_out), each.unused) for each in mapping.sheets] == [
        ("楼栋单元", Kind.BUILDINGS, None, ()),
        ("业主信息", Kind.PEOPLE, None, ("年龄",)),
        (
            "费用设置",
            Kind.FEES,
            "收费标准在收费模块导入，这里不导入。",
            ("费用编号", "费用类型", "收费项目", "费用标识", "付费类型", "缴费周期", "计费单价"),
        ),
        ("房屋信息", Kind.UNITS, None, ("房屋费用", "费用开始时间")),
        ("车位信息", Kind.PARKING, None, ()),
    ]
    assert fields(mapping.of("房屋信息")) == {
        "room": "房屋编号", "building": "楼栋编号", "entrance": "单元编号", "floor": "房屋楼层", "layout": "房屋户型",
        "area": "建筑面积", "person_ref": "业主编号",
    }  # fmt: skip
    assert [numbers(book, mapping.of(name)) for name in ("楼栋单元", "业主信息", "房屋信息", "车位信息")] == [
        [2, 3, 4], [2, 3, 4], [2, 3, 4, 5], [2, 3],
    ]  # fmt: skip


def test_code_lists_in_the_help_text_beside_the_table():
    parking = [
        ["车位编号", "车牌号", "车类型", "", "", "说明"],
        ["A1", "", 1.0, "", "", "车类型", 1.0, "轿车"],
        ["", "", "", "", "", "", 2.0, "客车"],
    ]
    _book, mapping = understood(a_workbook({"车位": parking}))
    assert mapping.sheets[0].fields["vehicle_kind"].codes == (("1", "轿车"), ("2", "客车"))


def test_one_flat_sheet_below_a_title_with_notes_and_totals():
    book, mapping = understood(
        a_flat(
            ["1栋", "1单元", "101", 90.0, "赵一", "13800138001", "", ""],
            FLAT_HEADINGS,
            ["1栋", "1单元", "102", 90.0, "赵二", "13800138002", "", ""],
            above=[["幸福小区住户台账"], ["制表日期：2020-06-10"], []],
            below=[
                ["合计", "", "2户", 180.0],
                ["制表人：王芳"],
                ["说明"],
                ["房号", "房屋的门牌号"],
                ["联系电话", "十一位手机号"],
            ],
            merged=[(0, 0, 0, 7)],
        )
    )
    [sheet] = mapping.sheets
    assert (sheet.kind, sheet.header, sheet.relation) == (Kind.FLAT, 3, Relation.OWNER)
    skipped = Skipped()
    assert [row.number for row in data_rows(book.sheets[0], sheet, skipped)] == [5, 7]
    assert skipped == Skipped(totals=1, help=4, headings=1)


def test_a_note_below_the_headings_does_not_end_the_table():
    book, mapping = understood(
        a_flat(["说明：以下为示例"], ["示例", "1", "101"], ["1栋", "1单元", "101", 90.0, "赵一", "13800138001"])
    )
    assert numbers(book, mapping.sheets[0]) == [4]


@pytest.mark.parametrize("room", ["房号", "房屋编号", "室号", "房间号", "门牌号 ", "* 房号（必填）"])
@pytest.mark.parametrize("phone", ["电话", "手机号", "手机", "联系电话", "联系方式"])
@pytest.mark.parametrize("name", ["业主名称", "业主姓名", "姓名", "客户名称", "住户"])
def test_headings_vary(room, phone, name):
    _book, mapping = understood(
        a_flat(
            ["1", "1", "101", 90.0, "赵一", "13800138001"], headings=["楼栋号", "单元号", room, "面积(㎡)", name, phone]
        )
    )
    found = mapping.sheets[0]
    assert {field: column.index for field, column in found.fields.items()} == {
        "building": 0, "entrance": 1, "room": 2, "area": 3, "name": 4, "phone": 5,
    }  # fmt: skip
    assert found.kind is Kind.FLAT


def test_two_headings_above_each_other_say_whose_a_column_is():
    rows = [
        ["房屋", "", "业主", "", "租户", ""],
        ["楼栋", "房号", "姓名", "电话", "姓名", "电话"],
        ["1", "101", "赵一", "13800138001", "钱二", "13800138002"],
    ]
    merged = [("表", 0, 0, 0, 1), ("表", 0, 2, 0, 3), ("表", 0, 4, 0, 5)]
    _book, mapping = understood(a_workbook({"表": rows}, merged))
    assert {name: column.index for name, column in mapping.sheets[0].fields.items()} == {
        "building": 0, "room": 1, "name": 2, "phone": 3, "tenant_name": 4, "tenant_phone": 5,
    }  # fmt: skip


def test_headings_merged_over_two_rows_are_one():
    rows = [["楼栋", "房号", "业主"], ["", "", ""], ["1", "101", "赵一"]]
    book, mapping = understood(a_workbook({"表": rows}, [("表", 0, column, 1, column) for column in range(3)]))
    assert numbers(book, mapping.sheets[0]) == [3]


def test_a_second_phone_column_is_the_second_phone_and_other_repeats_are_told():
    _book, mapping = understood(a_flat(headings=["房号", "姓名", "电话", "电话", "姓名"]))
    [sheet] = mapping.sheets
    assert {name: column.index for name, column in sheet.fields.items()} == {
        "room": 0,
        "name": 1,
        "phone": 2,
        "phone_2": 3,
    }
    assert [str(note) for note in sheet.notes] == ["“姓名”与另一列重复，只读取其中一列。"]


@pytest.mark.parametrize(
    ("name", "row", "kind", "relation"),
    [
        ("租户", ["租户名称", "联系电话"], Kind.PEOPLE, Relation.TENANT),
        ("Sheet1", ["租户姓名", "房号", "电话"], Kind.FLAT, Relation.OWNER),
        ("车辆", ["车牌号", "车主", "电话", "房号"], Kind.VEHICLES, Relation.OWNER),
        ("Sheet1", ["车牌", "品牌", "颜色"], Kind.VEHICLES, Relation.OWNER),
        ("车位表", ["编号", "类型", "状态"], Kind.PARKING, Relation.OWNER),
        ("Sheet1", ["楼栋", "单元"], Kind.BUILDINGS, Relation.OWNER),
        ("Sheet1", ["房号", "面积"], Kind.UNITS, Relation.OWNER),
        ("Sheet1", ["序号", "日期", "内容"], Kind.UNKNOWN, Relation.OWNER),
    ],
)
def test_kinds_of_sheet(name, row, kind, relation):
    _book, mapping = understood(a_workbook({name: [row, ["x"] * len(row)]}))
    assert (mapping.sheets[0].kind, mapping.sheets[0].relation) == (kind, relation)


def test_a_hidden_sheet_is_left_out():
    _book, mapping = understood(
        a_workbook({"房屋": [["楼栋", "房号"], ["1", "101"]], "字典": [["房号", "姓名", "电话"]]}, hidden=["字典"])
    )
    assert [each.kind for each in mapping.sheets] == [Kind.UNITS, Kind.UNKNOWN]
    assert [str(note) for note in mapping.of("字典").notes] == ["这是隐藏的工作表，没有导入。"]


def test_a_person_corrects_the_guess():
    _book, mapping = understood(
        a_workbook({"表": [["位置", "甲", "乙", "电话"], ["1-101", "赵一", 90.0, "13800138001"]]})
    )
    assert mapping.of("表").kind is Kind.UNKNOWN
    fixed = mapping.corrected(
        "表", kind=Kind.FLAT, fields={0: "room", 1: "name", 2: "area"}, relation=Relation.TENANT
    ).of("表")
    assert fields(fixed) == {"room": "位置", "name": "甲", "area": "乙", "phone": "电话"}
    assert (fixed.left_out, fixed.relation) == (None, Relation.TENANT)
    moved = mapping.corrected("表", kind=Kind.FLAT).corrected("表", fields={1: "phone"}).of("表")
    assert fields(moved) == {"phone": "甲"}
    assert str(moved.left_out) == "没有找到“房号”列，不导入；请指定是哪一列。"
    with pytest.raises(KeyError):
        mapping.of("没有")


def test_a_mapping_is_remembered_by_the_headings():
    rows = [["位置", "甲"], ["1-101", "赵一"]]
    _book, mapping = understood(a_workbook({"表": rows}))
    chosen = mapping.corrected("表", kind=Kind.FLAT, fields={0: "room", 1: "name"}).of("表")
    memory = {chosen.signature: headings.stored(chosen)}
    again = guess(read("b.xlsx", a_workbook({"另一张": [["标题"], *rows, *rows]})), memory)
    assert again.sheets[0].kind is Kind.UNKNOWN  # its heading row is the title: other headings
    again = guess(read("b.xlsx", a_workbook({"另一张": [["位置", "甲", "错误原因"], *rows[1:]]})), memory)
    assert (again.sheets[0].kind, fields(again.sheets[0])) == (Kind.FLAT, {"room": "位置", "name": "甲"})
