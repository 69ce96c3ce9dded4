"""Opening what an office hands over: honest files are read, hostile ones get a sentence."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.importing import reading
from db.refused import Refused
from tests.importing.workbooks import (
    a_roster,
    a_text,
    a_workbook,
    a_zip,
    an_old_workbook,
    an_ole,
    rezipped,
    sheet_of,
    with_sheet,
)

pytestmark = pytest.mark.requirement("R5")
TABLE = [["房号", "电话"], [1011.0, 13800138000.0], ["", ""], ["1012室", "0316-2912915"]]


def rows_of(data, name="名单.xlsx"):
    [sheet] = reading.read(name, data).sheets
    return [list(row) for row in sheet.rows]


def sentence(name, data):
    with pytest.raises(Refused) as refused:
        reading.read(name, data)
    return refused.value.message


def test_a_workbook_is_read_row_by_row():
    book = reading.read("a.xlsx", a_workbook({"房屋": TABLE, "空": []}))
    assert [sheet.name for sheet in book.sheets] == ["房屋", "空"]
    assert book.sheets[0].rows == [["房号", "电话"], [1011.0, 13800138000.0], (), ["1012室", "0316-2912915"]]
    assert book.sheets[1].rows == ()


def test_the_extension_does_not_matter_only_the_content():
    assert rows_of(a_workbook({"房屋": TABLE}), "名单.csv")[0] == ["房号", "电话"]
    assert rows_of(a_text(["房号", "电话"], ["1011", ""]), "名单.xlsx") == [["房号", "电话"], ["1011", ""]]


def test_a_macro_workbook_is_data_only():
    data = rezipped(a_workbook({"房屋": TABLE}), **{"xl__vbaProject.bin": b"\xd0\xcf\x11\xe0 not run"})
    assert rows_of(data, "名单.xlsm")[1] == [1011.0, 13800138000.0]


def test_rows_and_columns_keep_their_numbers_when_the_first_are_empty():
    data = with_sheet(sheet_of({"C3": "房号", "C5": "1011"}))
    assert rows_of(data) == [[], [], ["", "", "房号"], [], ["", "", "1011"]]


def test_dates_come_as_dates():
    assert rows_of(a_workbook({"房屋": [["日期"], [date(2020, 6, 10)]]}))[1] == [date(2020, 6, 10)]


def test_a_vertically_merged_cell_fills_down_but_makes_no_rows():
    rows = [["房号", "姓名"], ["101", "甲"], ["", "乙"], ["", ""], ["102", "丙"]]
    assert rows_of(a_workbook({"表": rows}, [("表", 1, 0, 3, 0)])) == [
        ["房号", "姓名"], ["101", "甲"], ["101", "乙"], [], ["102", "丙"],
    ]  # fmt: skip


def test_a_hidden_sheet_is_marked():
    book = reading.read("a.xlsx", a_workbook({"房屋": TABLE, "字典": [["值"]]}, hidden=["字典"]))
    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("房屋", False), ("字典", True)]


def test_error_cells_are_blank_and_told():
    xml = sheet_of({"A1": "房号"}).replace(
        b"</sheetData>", b'<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2"><v>1</v></c></row></sheetData>'
    )
    [sheet] = reading.read("a.xlsx", with_sheet(xml)).sheets
    assert [list(row) for row in sheet.rows] == [["房号", ""], ["", 1.0]]
    assert [str(note) for note in sheet.notes] == ["表里有算错的公式（例如 #N/A），这些单元格按空白处理。"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_text_files_in_the_encodings_of_the_field(encoding):
    assert rows_of(a_text(["房号", "姓名"], ["101", "吴学文"], encoding=encoding), "名单.csv") == [
        ["房号", "姓名"],
        ["101", "吴学文"],
    ]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_files_by_their_separator(separator):
    text = f'房号{separator}备注\n101{separator}"一{separator}二"\n102\n'
    assert rows_of(text.encode(), "名单.csv") == [["房号", "备注"], ["101", f"一{separator}二"], ["102", ""]]


def test_an_old_workbook_is_read():
    assert rows_of(an_old_workbook({(0, 0): "房号", (1, 0): 1011.0}), "名单.xls") == [["房号"], [1011.0]]


OTHER = "“{}”的内容是{}，不是表格。请上传 Excel 工作簿（.xlsx、.xls）或 .csv 文件。"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%", "PDF 文件"),
        (b"\xff\xd8\xff\xe0JFIF", "图片"),
        (b"\x89PNG\r\n\x1a\n", "图片"),
        (a_zip(**{"word/document_xml": "<w/>"}), "Word 文档"),
        (a_zip(**{"ppt/presentation_xml": "<p/>"}), "演示文稿"),
        (a_zip(readme="x"), "压缩包"),
        (b"Rar!\x1a\x07", "压缩包"),
        (an_ole({"WordDocument": b"x"}), "Word 文档"),
        (an_ole({"Anything": b"x"}), "其他 Office 文件"),
        (b"MZ\x00\x01\x02", "其他文件"),
        (b"\x81\xff\xff\xfe", "其他文件"),
    ],
)
def test_other_kinds_of_file_are_named(data, kind):
    assert sentence("名单.xlsx", data) == OTHER.format("名单.xlsx", kind)


PROTECTED = "“名单.xlsx”受密码保护，无法读取。请在 Excel 或 WPS 里打开，另存为无密码的 .xlsx 后再上传。"


def test_a_protected_workbook_is_told_how_to_be_saved():
    assert sentence("名单.xlsx", an_ole({"EncryptionInfo": b"x", "EncryptedPackage": b"x"})) == PROTECTED
    assert sentence("名单.xlsx", an_old_workbook({(0, 0): "房号"}, protected=True)) == PROTECTED


DAMAGED = "“名单.xlsx”已损坏或不完整，无法读取。请在 Excel 或 WPS 里打开，另存为 .xlsx 后再上传。"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 no directory",
        a_roster()[:2000],
        a_zip(**{"xl/workbook_xml": "<workbook/>"}),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le"),
        rezipped(a_workbook({"房屋": TABLE}), **{"xl__worksheets__sheet1.xml": b"<worksheet><sheetData><row>"}),
    ],
    ids=["no-directory", "cut-off", "empty-workbook", "broken-ole", "broken-xml"],
)
def test_a_damaged_file_is_told_what_to_do(data):
    assert sentence("名单.xlsx", data) == DAMAGED


def test_an_empty_file_or_workbook_is_told():
    assert sentence("名单.csv", b"") == "“名单.csv”是空文件，请检查后重新上传。"
    assert sentence("名单.xlsx", a_workbook({"表": []})) == "“名单.xlsx”里没有任何内容，请检查后重新上传。"
    assert sentence("名单.csv", b"\n\n,,\n") == "“名单.csv”里没有任何内容，请检查后重新上传。"


def test_a_web_page_called_xls_is_told():
    assert (
        sentence("名单.xls", "<html><table><tr><td>房号".encode("gbk"))
        == "“名单.xls”其实是网页格式的表格。请在 Excel 或 WPS 里打开，另存为 .xlsx 后再上传。"
    )


def test_another_spreadsheet_format_is_told():
    data = a_zip(mimetype="application/vnd.oasis.opendocument.spreadsheet", content_xml="<x/>")
    told = "“名单.ods”是另一种表格格式（.xlsb 或 .ods）。请在 Excel 或 WPS 里另存为 .xlsx 后再上传。"
    assert sentence("名单.ods", data) == told


def test_a_file_too_large_is_not_opened():
    told = "“大.xlsx”有 51 MB，超过 50 MB 的上限。请删掉图片和无关的工作表，或分成几个文件再上传。"
    assert sentence("大.xlsx", b"PK\x03\x04" + bytes(50 * 1024 * 1024)) == told


TOO_BIG_INSIDE = (
    "“名单.xlsx”解开后的内容大得不正常，为安全起见没有读取。请把资料复制到一个新工作簿，另存为 .xlsx 后再上传。"
)


def test_a_bomb_is_refused_by_the_directory():
    assert sentence("名单.xlsx", with_sheet(b" " * 30_000_000)) == TOO_BIG_INSIDE


def test_a_bomb_that_lies_about_its_size_is_refused():
    data = bytearray(with_sheet(sheet_of({"A1": "房号"}) + b" " * 30_000_000))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        real = package.getinfo("xl/worksheets/sheet1.xml")
    at = data.rfind(struct.pack("<I", real.file_size))
    while at >= 0:
        data[at : at + 4] = struct.pack("<I", 1000)
        at = data.rfind(struct.pack("<I", real.file_size))
    assert sentence("名单.xlsx", bytes(data)) == DAMAGED


def test_one_long_text_in_very_many_cells_is_refused():
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 30_000)
    )
    xml = sheet_of({}).replace(b"</sheetData>", cells.encode() + b"</sheetData>")
    text = "长" * 7000
    shared = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    data = rezipped(with_sheet(xml), **{"xl__sharedStrings.xml": shared.encode()})
    assert sentence("名单.xlsx", data) == TOO_BIG_INSIDE


@pytest.mark.parametrize("place", ["XFD1048576", "xfd1048576", "BA900000"])
def test_two_cells_in_opposite_corners_do_not_end_the_server(place):
    told = (
        f"“名单.xlsx”在很远的单元格（{place.upper()}）还有内容，表格范围大得不正常。"
        "请删掉资料以外的行和列，或把资料复制到一个新工作簿后再上传。"
    )
    assert sentence("名单.xlsx", with_sheet(sheet_of({"A1": "房号", place: "x"}))) == told


def test_corners_hidden_behind_odd_xml_are_seen():
    plain = sheet_of({"A1": "房号", "XFD1048576": "x"})
    for odd in (
        plain.replace(b'<c r="XFD1048576"', b"<c r='XFD1048576'"),
        plain.replace(b'<c r="XFD1048576"', b'<c r = "XFD1048576"'),
        plain.replace(b'<c r="XFD1048576"', b'<c t="inlineStr" r="XFD1048576"').replace(b't="inlineStr" t', b"t"),
        plain.replace(b"<row r", b"<x:row r").replace(b"<c r", b"<x:c r"),
    ):
        with pytest.raises(Refused):
            reading.read("名单.xlsx", with_sheet(odd))
    without_places = plain.replace(b'<c r="XFD1048576"', b"<c" + b"/><c" * 200)
    with pytest.raises(Refused):
        reading.read("名单.xlsx", with_sheet(without_places))


def test_a_far_corner_of_an_old_workbook_is_refused():
    assert sentence("名单.xls", an_old_workbook({(0, 0): "房号", (65535, 2000): "x"})).startswith(
        "“名单.xls”在很远的单元格（BXY65536）还有内容"
    )


def test_a_claim_of_a_million_rows_is_only_a_claim():
    assert rows_of(with_sheet(sheet_of({"A1": "房号", "A2": "1011"}, "A1:XFD1048576"))) == [["房号"], ["1011"]]


def test_a_stray_cell_in_the_last_row_is_only_a_long_way_down():
    rows = rows_of(with_sheet(sheet_of({"A1": "房号", "A1048576": "1011"})))
    assert (len(rows), rows[0], rows[1], rows[-1]) == (1_048_576, ["房号"], [], ["1011"])


def test_more_rows_than_one_import_takes_are_told(monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    assert sentence("名单.csv", b"a\nb\nc\nd\n") == "“名单.csv”有 4 行，一次最多导入 3 行，请分成几个文件。"


def test_a_date_beyond_all_calendars_is_a_damaged_file():
    xml = sheet_of({"A1": "日期"}).replace(
        b"</sheetData>", b'<row r="2"><c r="A2" s="1"><v>1e300</v></c></row></sheetData>'
    )
    data = a_workbook({"房屋": [["日期"], [date(2020, 6, 10)]]})
    styled = rezipped(data, **{"xl__worksheets__sheet1.xml": xml})
    assert len(rows_of(styled)) == 2


def test_columns_are_named_as_spreadsheets_do():
    assert [reading.column_letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(st.binary(max_size=400))
def test_whatever_bytes_come_there_is_a_table_or_a_sentence(data):
    with contextlib.suppress(Refused):
        assert reading.read("x.xlsx", data).sheets


@given(st.data())
def test_a_workbook_with_broken_bytes_is_a_table_or_a_sentence(data):
    whole = bytearray(_SMALL)
    for _each in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refused):
        assert reading.read("x.xlsx", bytes(whole)).sheets


_SMALL = a_workbook({"房屋": TABLE})


def test_the_inflated_size_is_held_to_the_directory():
    packed = zlib.compressobj(wbits=-15)
    content = packed.compress(b"x" * 5000) + packed.flush()
    info = zipfile.ZipInfo("x")
    info.header_offset, info.compress_type, info.compress_size, info.file_size = (
        0,
        zipfile.ZIP_DEFLATED,
        len(content),
        10,
    )
    header = b"PK\x03\x04" + bytes(22) + struct.pack("<HH", 0, 0)
    with pytest.raises(Refused):
        reading._unpacked("x", header + content, info)
