"""Workbooks that tests make themselves, in the layouts that offices use, honest and hostile."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date, datetime

import xlsxwriter

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def a_workbook(sheets, merged=(), hidden=()) -> bytes:
    """Make an .xlsx: sheet name → rows of cells; `merged` lists (sheet, top, left, bottom, right)."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date | datetime):
                        sheet.write_datetime(at, column, cell, dates)
                    elif cell not in {"", None}:
                        sheet.write(at, column, cell)
            for where, *area in merged:
                if where == name:
                    sheet.merge_range(*area, rows[area[0]][area[1]])
    return target.getvalue()


BUILDINGS = [
    ["楼栋号", "单元编号", "总层数", "是否有电梯"],
    [1.0, 1.0, 18.0, "有"],
    [1.0, 2.0, 18.0, "有"],
    [2.0, 1.0, 6.0, "无"],
]
PEOPLE = [
    ["业主编号", "业主名称", "性别", "年龄", "手机号", "身份证号"],
    [1.0, "周文彬", "男", 28.0, 18999999999.0, "110105194912310021"],
    [2.0, "钱一", "女", 18.0, 13800138001.0, "110105194912310021"],
    [3.0, "钱二", "男", 18.0, 13800138002.0, "111111111111111111"],
]
UNITS = [
    ["房屋编号", "楼栋编号", "单元编号", "房屋楼层", "房屋户型", "建筑面积", "业主编号", "房屋费用", "费用开始时间"],
    [1011.0, 1.0, 1.0, 1.0, 1010.0, 94.56, 1.0, "1#2", "2020-06-10#2020-07-10"],
    [1012.0, 1.0, 1.0, 1.0, 1010.0, 94.56, 2.0, 1.0, "2020-06-10"],
    [201.0, 2.0, 1.0, 2.0, 1010.0, 88.0, 3.0, 1.0, "2020-06-10"],
    [202.0, 2.0, 1.0, 2.0, 1010.0, 88.0, 9.0, 1.0, "2020-06-10"],
]
PARKING = [
    [
        "停车场编号", "车位编码", "停车场类型", "面积", "业主编号", "车牌号", "车品牌",
        "车类型（9901 家用小汽车 9902 客车 9903 货车）", "颜色", "出租还是出售（H出租S出售）",
    ],
    [1.0, "C0001", "地上停车位", 12.5, "", "", "", "", "", ""],
    [1.0, "C0002", "地下停车位", 12.5, 1.0, "冀R12345", "红旗", 9901.0, "黑", "S"],
]  # fmt: skip
FEES = [
    ["费用编号", "费用类型", "收费项目", "费用标识", "付费类型", "缴费周期", "计费单价"],
    [1.0, "物业费", "测试收费1", "周期性费用", "预付费", 6.0, 1.3],
]


def beside(rows, help_rows, gap=3, first=3):
    """Put a help text to the right of a table, behind `gap` blank columns, from row `first` on."""
    width = max(map(len, rows))
    made = []
    for at in range(max(len(rows), first + len(help_rows))):
        row = [*rows[at], *[""] * (width - len(rows[at]))] if at < len(rows) else [""] * width
        made.append([*row, *[""] * gap, *(help_rows[at - first] if 0 <= at - first < len(help_rows) else [])])
    return made


HELP = [
    ["说明"],
    ["房屋编号", "房屋真实编号"],
    ["业主编号", "业主信息选项中的业主编号"],
    ["建筑面积", "房屋真实房屋面积，物业费等都是根据这个面积计算，请填写正确"],
]


def a_roster(**changed) -> bytes:
    """Make a roster of several sheets with a fee sheet and help texts beside the data, as large systems hand out."""
    sheets = {
        "楼栋单元": BUILDINGS,
        "业主信息": beside(
            PEOPLE, [["说明"], ["业主编号", "必须为唯一值"], ["手机号", "没有时固定写18999999999"]], first=5
        ),
        "费用设置": FEES,
        "房屋信息": beside(UNITS, HELP, gap=2),
        "车位信息": beside(PARKING, [["说明"], ["车类型", 9901.0, "家用小汽车"], ["", 9902.0, "客车"]], first=4),
    }
    return a_workbook({name: rows for name, rows in (sheets | changed).items() if rows})


FLAT_HEADINGS = ["楼号", "单元", "房号", "建筑面积（㎡）", "业主姓名", "联系电话", "身份证号", "入住日期"]


def a_flat(*rows, headings=FLAT_HEADINGS, above=(), below=(), name="住户台账", merged=()) -> bytes:
    """Make one flat sheet: a unit and its owner in each row."""
    return a_workbook({name: [*above, headings, *rows, *below]}, [(name, *area) for area in merged])


def a_text(*rows, encoding="utf-8") -> bytes:
    """Make a .csv of rows of plain words."""
    return "".join(",".join(row) + "\n" for row in rows).encode(encoding)


# ── hostile files ────────────────────────────────────────────────────────────────────────────────────────────────────


def rezipped(data, **parts) -> bytes:
    """Replace or add parts of an .xlsx, by file name with `/` written `__`."""
    target = io.BytesIO()
    replaced = {name.replace("__", "/"): content for name, content in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, replaced.pop(name, None) or old.read(name))
        for name, content in replaced.items():
            new.writestr(name, content)
    return target.getvalue()


def sheet_of(cells, dimension="A1:B2") -> bytes:
    """Write a sheet's XML from `{place: text}`, each text inline."""
    rows = "".join(
        f'<row r="{"".join(filter(str.isdigit, place))}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for place, text in cells.items()
    )
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    ).encode()


def with_sheet(xml) -> bytes:
    """Make an .xlsx whose only sheet is this XML."""
    return rezipped(a_workbook({"房屋": [["房号"]]}), **{"xl__worksheets__sheet1.xml": xml})


def a_zip(**parts) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return target.getvalue()


def an_ole(streams) -> bytes:
    """Make an OLE file (the container of .xls and of protected workbooks) with these streams."""
    sector, padded = 512, {name: content.ljust(4096, b"\0") for name, content in streams.items()}
    body, table, entries = b"", [], []

    def chained(content):
        nonlocal body
        first, count = len(table), -(-len(content) // sector)
        table.extend(range(first + 1, first + count))
        table.append(0xFFFFFFFE)
        body += content.ljust(count * sector, b"\0")
        return first

    def entry(name, kind, start, size, child=0xFFFFFFFF):
        written = name.encode("utf-16-le")
        return (
            written.ljust(64, b"\0") + struct.pack("<HBB", len(written) + 2, kind, 1)
            + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + bytes(36)
            + struct.pack("<II", start, size) + bytes(4)
        )  # fmt: skip

    for name, content in padded.items():
        entries.append(entry(name, 2, chained(content), len(content)))
    directory = chained(entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1) + b"".join(entries))
    fat_sectors = -(-(len(table) + 4) // 128)
    fat_at = len(table)
    table += [0xFFFFFFFD] * fat_sectors
    fat = struct.pack(f"<{len(table)}I", *table).ljust(fat_sectors * sector, b"\xff")
    places = [*range(fat_at, fat_at + fat_sectors), *[0xFFFFFFFF] * (109 - fat_sectors)]
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
        + struct.pack("<IIIIIIIII", 0, fat_sectors, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
        + struct.pack("<109I", *places)
    )  # fmt: skip
    return header + body + fat


def _record(kind, content=b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def an_old_workbook(cells, *, protected=False) -> bytes:
    """Make an .xls (BIFF8) with one sheet of texts and numbers: {(row, column): value}."""
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    start += _record(0x002F, bytes(6)) if protected else b""
    name = "房屋".encode("utf-16-le")

    def sheets_at(position):
        return _record(0x0085, struct.pack("<IBBBB", position, 0, 0, len(name) // 2, 1) + name) + _record(0x000A)

    globals_ = start + sheets_at(len(start) + len(sheets_at(0)))
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for (row, column), value in sorted(cells.items()):
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            text = value.encode("utf-16-le")
            sheet += _record(0x0204, place + struct.pack("<HB", len(value), 1) + text)
        else:
            sheet += _record(0x0203, place + struct.pack("<d", value))
    return an_ole({"Workbook": globals_ + sheet + _record(0x000A)})
