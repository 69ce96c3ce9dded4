"""What one cell means: exact values, exact sentences."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.importing import cells, person_cells
from db.registry import ParkingTenure, Relation, Sex

pytestmark = pytest.mark.requirement("R5")


def value_of(checked):
    value, problem = checked
    assert problem is None, str(problem.message)
    return value


def error_of(checked):
    value, problem = checked
    assert value is None
    assert problem.severe
    return str(problem.message)


def warning_of(checked):
    value, problem = checked
    assert not problem.severe
    return value, str(problem.message)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1011.0, "1011"), ("  张\u200b三\t ", "张三"), ("１０１１", "1011"), ("a\nb", "a b"), (94.56, "94.56"),
        (date(2020, 6, 10), "2020-06-10"), (datetime.fromisoformat("2020-06-10T08:30:00"), "2020-06-10 08:30:00"),
        (True, "是"), (time(8, 30), "08:30:00"),
        (float("nan"), ""), (float("inf"), ""), ("无", ""), ("暂无", ""), ("/", ""), ("——", ""), ("", ""),
        ("A\x00\x07B", "AB"), (timedelta(hours=1), "1:00:00"),
    ],
)  # fmt: skip
def test_a_cell_as_text(cell, text):
    assert cells.plain(cell) == text


@pytest.mark.parametrize("cell", [3.0, "3", "03", "3号楼", "3栋", "3幢", "3#", "３＃楼", "三号楼", "第3栋", " 3 号楼 "])
def test_a_building_however_written_is_three(cell):
    assert value_of(cells.building(cell)) == "3"


@pytest.mark.parametrize(
    ("cell", "code"), [("A座", "A"), ("b座", "B"), ("十二栋", "12"), ("二十一号楼", "21"), ("一〇一", "101")]
)
def test_other_buildings(cell, code):
    assert value_of(cells.building(cell)) == code


def test_a_building_that_says_nothing():
    assert error_of(cells.building("#")) == "看不出楼栋号，应写成 3 或 3号楼。"
    assert error_of(cells.building("长" * 41)) == "最多 40 个字，现在是 41 个字，请删减。"
    assert value_of(cells.building("")) is None


@pytest.mark.parametrize(
    ("cell", "code"), [(2.0, "2"), ("2单元", "2"), ("二单元", "2"), ("甲单元", "甲"), ("02", "2"), ("2门", "2")]
)
def test_entrances(cell, code):
    assert value_of(cells.entrance(cell)) == code


@pytest.mark.parametrize(
    ("cell", "room"),
    [
        (1011.0, "1011"),
        ("1011室", "1011"),
        ("１０１１", "1011"),
        ("0101", "0101"),
        ("b-12", "B-12"),
        ("商铺3号", "商铺3"),
        ("-", None),
    ],
)
def test_rooms(cell, room):
    assert value_of(cells.room(cell)) == room


def test_a_room_that_says_nothing():
    assert error_of(cells.room("***")) == "看不出房号，应写成 1011 或 1011室。"


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ("3-2-501", ("3", "2", "501")), ("3栋2单元501室", ("3", "2", "501")), ("3号楼501", ("3", "", "501")),
        ("A座1203", ("A", "", "1203")), ("３＃２－５０１", ("3", "2", "501")), ("三号楼二单元501", ("3", "2", "501")),
    ],
)  # fmt: skip
def test_a_unit_in_one_cell(cell, place):
    assert value_of(cells.address(cell)) == place


def test_a_room_without_its_building():
    assert error_of(cells.address(501.0)) == "没有楼栋列，房号应写全，例如 3-2-501 或 3栋2单元501。"


@pytest.mark.parametrize(
    ("cell", "number"), [(12.0, 12), ("12层", 12), ("12F", 12), ("-1", -1), ("B1", -1), ("负2", -2), ("十", 10)]
)
def test_floors(cell, number):
    assert value_of(cells.floor(cell)) == number


@pytest.mark.parametrize("cell", ["顶层", 201.0, -11.0, 1.5, "1-2层"])
def test_no_floors(cell):
    assert error_of(cells.floor(cell)) == "楼层应是 -10 到 200 的整数。"


@pytest.mark.parametrize(
    ("cell", "area"),
    [
        (94.56, "94.56"), (94.56000000000002, "94.56"), ("94.56㎡", "94.56"), ("1,000.5 平方米", "1000.50"),
        (90.0, "90.00"),
        ("０．５", "0.50"), (100000.0, "100000.00"),
    ],
)  # fmt: skip
def test_areas(cell, area):
    found = value_of(cells.area(cell))
    assert (found, str(found)) == (Decimal(area), area)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (0.0, "面积应大于 0，不超过 100000 m²。"), (100000.01, "面积应大于 0，不超过 100000 m²。"),
        (94.567, "面积最多两位小数，请先四舍五入，例如 94.57。"), ("约90", "面积应是数字，例如 94.56。"),
        (-1.0, "面积应是数字，例如 94.56。"), ("1e3", "面积应是数字，例如 94.56。"),
    ],
)  # fmt: skip
def test_no_areas(cell, message):
    assert error_of(cells.area(cell)) == message


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        (13800138001.0, ("13800138001",)), ("1.3800138001E+10", ("13800138001",)), ("138 0013 8001", ("13800138001",)),
        ("+86 138-0013-8001", ("13800138001",)), ("１３８００１３８００１", ("13800138001",)),
        ("13800138001、13800138002", ("13800138001", "13800138002")),
        ("13800138001/0316-2912915", ("13800138001", "03162912915")),
        ("13800138001 13800138002", ("13800138001", "13800138002")), ("13800138001，13800138001", ("13800138001",)),
        ("0316-2912915", ("03162912915",)), ("(0316)2912915转801", ("03162912915-801",)), ("2912915", ("2912915",)),
        ("400-123-4567", ("4001234567",)), ("+852 6123 4567", ("85261234567",)), (2912915.0, ("2912915",)),
        ("无", None),
    ],
)  # fmt: skip
def test_phones(cell, numbers):
    assert value_of(person_cells.phones(cell)) == numbers


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1380013800", "电话“1380013800”是 10 位，手机应为 11 位，座机请带区号。"),
        ("12345", "电话“12345”是 5 位，手机应为 11 位，座机请带区号。"),
        ("12812345678", "电话“12812345678”不是有效的号码，请核对。"),
        ("张三", "电话“张三”里有不是数字的字符。"),
        ("1.38E+10", "“1.38E+10”被写成了科学计数法，后几位已丢失，请改成完整号码。"),
        ("13800138001、12", "电话“12”是 2 位，手机应为 11 位，座机请带区号。"),
    ],
)
def test_no_phones(cell, message):
    assert error_of(person_cells.phones(cell)) == message


@pytest.mark.parametrize("cell", [18999999999.0, "18999999999", "13000000000", "13900000000"])
def test_a_stand_in_of_a_template_is_kept_with_a_warning(cell):
    number = cells.plain(cell)
    assert warning_of(person_cells.phones(cell)) == ((number,), f"{number} 疑似占位号码，请核实。")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("110105194912310021", None), ("11010519491231002x", "11010519491231002X"),
        ("11010519491231002X", "11010519491231002X"),
        ("111111111111111111", None), (111111111111111111.0, None), ("91110000600037341L", "91110000600037341L"),
        (" 11010519491231002X ", "11010519491231002X"),
    ],
)  # fmt: skip
def test_id_numbers(cell, number):
    if cell == "110105194912310021":
        assert warning_of(person_cells.id_number(cell)) == (cell, "身份证号校验码不对，请核对。")
    else:
        assert value_of(person_cells.id_number(cell)) == number


@pytest.mark.parametrize(
    ("cell", "kept", "message"),
    [
        ("91110000600037341M", "91110000600037341M", "统一社会信用代码校验码不对，请核对。"),
        ("130503670401001", "130503670401001", "15 位旧身份证号，请补为 18 位。"),
        ("E12345678", "E12345678", "不是 18 位身份证号或统一社会信用代码，按其他证件登记，请核对。"),
        ("110105194913310021", "110105194913310021", "身份证号校验码不对，请核对。"),
        (110105194912310021.0, None, "证件号码被保存成了数字，末几位已丢失，未登记；请把该列设为文本后重填。"),
    ],
)
def test_doubtful_id_numbers_are_never_refused(cell, kept, message):
    assert warning_of(person_cells.id_number(cell)) == (kept, message)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("张  三", "张三"),
        ("John  Smith", "John Smith"),
        ("𠮷田", "𠮷田"),
        ("😀李", "😀李"),
        ("空置", None),
        ("阿布·沙", "阿布·沙"),
    ],
)
def test_names(cell, name):
    assert value_of(person_cells.name(cell)) == name


def test_no_names():
    assert error_of(person_cells.name(123.0)) == "“123”不是姓名或单位名称。"
    assert error_of(person_cells.name("长" * 61)) == "最多 60 个字，现在是 61 个字，请删减。"


def test_several_names_in_one_cell():
    assert value_of(person_cells.names("张三、李四")) == ("张三", "李四")
    assert value_of(person_cells.names("张三/李四\n王五")) == ("张三", "李四", "王五")
    assert value_of(person_cells.names("Smith, John")) == ("Smith, John",)


@pytest.mark.parametrize(
    "cell",
    [
        "2020-6-10", "2020/06/10", "2020.6.10", "2020年6月10日", "20200610", 20200610.0, 43992.0, 43992.75, "43992",
        date(2020, 6, 10), datetime.fromisoformat("2020-06-10T09:00:00"), "2020-06-10 00:00:00",
        "２０２０－６－１０", "2020 年 6 月 10 日",
    ],
)  # fmt: skip
def test_the_tenth_of_june_however_written(cell):
    assert value_of(cells.day(cell)) == date(2020, 6, 10)


def test_a_month_without_a_day():
    assert warning_of(cells.day("2020年6月")) == (date(2020, 6, 1), "“2020年6月”只有年月，按当月 1 日登记。")


@pytest.mark.parametrize("cell", ["2020-2-30", "6/10/20", "去年", 99999999.0, "2020-13-01", 12.0])
def test_no_dates(cell):
    assert error_of(cells.day(cell)) == f"“{cells.plain(cell)}”不是日期，应写成 2020-06-10。"


def test_a_date_of_another_century():
    assert error_of(cells.day("1800-01-01")) == "日期“1800-01-01”超出范围，请检查年份。"


@pytest.mark.parametrize(
    ("cell", "answer"),
    [("有", True), ("无", False), ("是", True), ("否", False), ("y", True), ("N", False), (1.0, True), (False, False)],
)
def test_yes_and_no(cell, answer):
    assert value_of(cells.flag(cell)) is answer


def test_neither_yes_nor_no():
    assert error_of(cells.flag("也许")) == "“也许”看不懂，请写“是”或“否”。"


def test_choices_by_words_and_by_the_workbooks_own_codes():
    assert value_of(cells.choice("tenure", "S")) is ParkingTenure.SOLD
    assert value_of(cells.choice("tenure", "已租")) is ParkingTenure.LET
    assert value_of(cells.choice("sex", 0.0, {"0": "男", "1": "女"})) is Sex.MALE
    assert value_of(cells.choice("relation", "配偶")) is Relation.FAMILY
    assert value_of(cells.choice("sex", "未知")) is None
    assert error_of(cells.choice("tenure", "X")) == "“X”看不懂，可以写：空闲、出售、出租。"
    assert warning_of(cells.choice("sex", "保密")) == (None, "“保密”看不懂，留空；可以写：男、女。")
    assert value_of(cells.coded(9901.0, {"9901": "家用小汽车"})) == "家用小汽车"


@pytest.mark.parametrize(
    ("cell", "plates"),
    [
        ("冀R·12345", ("冀R12345",)),
        ("冀rd12345", ("冀RD12345",)),
        ("冀R12345、京A88888", ("冀R12345", "京A88888")),
        ("无", None),
    ],
)
def test_plates(cell, plates):
    assert value_of(cells.plates(cell)) == plates


@pytest.mark.parametrize("cell", ["R12345", "冀R1234", "冀R1234567", "冀112345"])
def test_no_plates(cell):
    assert error_of(cells.plates(cell)) == f"“{cell}”不是车牌号，应像 冀R12345，新能源 8 位。"


ANY_CELL = st.one_of(
    st.text(max_size=60),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.text("0123456789-/.年月日号栋单元eE+ 、，", max_size=30),
)
CHECKERS = [
    cells.building, cells.entrance, cells.room, cells.address, cells.floor, cells.count, cells.area, person_cells.name,
    person_cells.names, person_cells.phones, person_cells.id_number, cells.day, cells.flag, cells.plates, cells.text,
    person_cells.person_refs, cells.coded,
    *(lambda cell, kind=kind: cells.choice(kind, cell) for kind in ("sex", "relation", "tenure", "use", "state")),
]  # fmt: skip


@given(ANY_CELL)
def test_whatever_stands_in_a_cell_there_is_a_value_or_a_sentence(cell):
    for check in CHECKERS:
        value, problem = check(cell)
        assert problem is None or (str(problem.message) and (value is None or not problem.severe))


@given(ANY_CELL)
def test_what_was_read_reads_the_same_again(cell):
    for check in (
        cells.building,
        cells.entrance,
        cells.room,
        person_cells.name,
        cells.floor,
        person_cells.id_number,
        cells.day,
    ):
        value, _problem = check(cell)
        if value is not None:
            assert check(str(value) if not isinstance(value, date) else value)[0] == value


@given(st.decimals("0.01", "100000", places=2))
def test_every_area_survives_the_spreadsheets_floats(area):
    assert value_of(cells.area(float(area))) == area
    assert value_of(cells.area(str(area))) == area


@given(st.integers(13_000_000_000, 19_999_999_999))
def test_every_mobile_survives_the_spreadsheets_floats(number):
    assert person_cells.phones(float(number))[0] == (str(number),)
    assert person_cells.phones(str(number))[0] == (str(number),)


@given(st.dates(date(1920, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_in_every_form(day):
    serial = float((day - date(1899, 12, 30)).days)
    forms = (
        day,
        f"{day:%Y-%m-%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        serial,
    )
    assert {value_of(cells.day(form)) for form in forms} == {day}
