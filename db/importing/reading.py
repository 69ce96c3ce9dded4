"""Open the file an office hands over, and give its sheets as rows of cells; refuse what could do harm."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import PurePath

import python_calamine as calamine

from db.refused import Refused
from db.words import Words, _

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What stands in one cell; an empty one is `""`."""
Row = Sequence[Cell]

MOST_BYTES = 50 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 100
SMALL_PART = 1024 * 1024
"""A zip part below this size may be packed as tightly as it likes."""
MOST_AREA = 12_000_000
"""Cells between the first and the last of one sheet, empty ones included: the reader keeps room for them all."""
MOST_TEXT = 512 * 1024 * 1024
"""Characters in all cells together, a text that stands in many cells counted each time."""
MOST_ROWS = 200_000
"""Rows with something in them, of all sheets together."""

BLANK: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: `rows[0]` is the sheet's row 1; a row with nothing in it is `()`, others have one length."""

    name: str
    rows: Sequence[Row]
    width: int
    hidden: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """Merged areas as (first row, first column, last row, last column), counted from 0."""
    notes: tuple[Words, ...] = ()
    """What the clerk should know about how the sheet was read."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """A file that was read: its name, the SHA-256 of its bytes, its sheets in their order."""

    name: str
    sha256: str
    sheets: tuple[Sheet, ...]
    by_name: dict[str, Sheet] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {sheet.name: sheet for sheet in self.sheets})


def read(name: str, data: bytes) -> Workbook:
    """Read a workbook (.xlsx, .xlsm, .xls) or a .csv, whatever its name ends with; macros are never looked at.

    Raises `Refused` with a sentence for everything else: too big, protected by a password, another kind of file,
    damaged, or built to exhaust the machine.
    """
    name = PurePath(name.replace("\\", "/")).name or str(_("未命名文件"))
    if not data:
        raise Refused(_("“{name}”是空文件，请检查后重新上传。", name=name))
    refuse_large(name, len(data))
    sheets = tuple(_sheets_of(name, data))
    rows = sum(1 for sheet in sheets for row in sheet.rows if row)
    if not rows:
        raise Refused(_("“{name}”里没有任何内容，请检查后重新上传。", name=name))
    if rows > MOST_ROWS:
        raise Refused(
            _("“{name}”有 {rows} 行，一次最多导入 {most} 行，请分成几个文件。", name=name, rows=rows, most=MOST_ROWS)
        )
    return Workbook(name, hashlib.sha256(data).hexdigest(), sheets)


def refuse_large(name: str, size: int) -> None:
    """Refuse a file of more than `MOST_BYTES` bytes, before it is read."""
    if size > MOST_BYTES:
        raise Refused(
            _(
                "“{name}”有 {size} MB，超过 {most} MB 的上限。请删掉图片和无关的工作表，或分成几个文件再上传。",
                name=name,
                size=-(-size // 1024**2),
                most=MOST_BYTES // 1024**2,
            )
        )


def column_letters(index: int) -> str:
    """Name a column as spreadsheets do: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_OTHER_KINDS: tuple[tuple[bytes, Words], ...] = (
    (b"%PDF", _("PDF 文件")),
    (b"\xff\xd8\xff", _("图片")),
    (b"\x89PNG", _("图片")),
    (b"GIF8", _("图片")),
    (b"RIFF", _("图片或音视频")),
    (b"Rar!", _("压缩包")),
    (b"7z\xbc\xaf", _("压缩包")),
    (b"\x1f\x8b", _("压缩包")),
    (b"{\\rtf", _("文字文档")),
)


def _sheets_of(name: str, data: bytes) -> Iterable[Sheet]:
    if data.startswith(_ZIP):
        return _from_xlsx(name, data)
    if data.startswith(_OLE):
        return _from_xls(name, data)
    for magic, words in _OTHER_KINDS:
        if data.startswith(magic):
            raise _not_a_workbook(name, words)
    return _from_text(name, data)


def _not_a_workbook(name: str, kind: Words) -> Refused:
    return Refused(
        _("“{name}”的内容是{kind}，不是表格。请上传 Excel 工作簿（.xlsx、.xls）或 .csv 文件。", name=name, kind=kind)
    )


def _protected(name: str) -> Refused:
    return Refused(
        _("“{name}”受密码保护，无法读取。请在 Excel 或 WPS 里打开，另存为无密码的 .xlsx 后再上传。", name=name)
    )


def _damaged(name: str) -> Refused:
    return Refused(_("“{name}”已损坏或不完整，无法读取。请在 Excel 或 WPS 里打开，另存为 .xlsx 后再上传。", name=name))


def _too_big_inside(name: str) -> Refused:
    return Refused(
        _(
            "“{name}”解开后的内容大得不正常，为安全起见没有读取。请把资料复制到一个新工作簿，另存为 .xlsx 后再上传。",
            name=name,
        )
    )


# ── .xlsx ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_xlsx(name: str, data: bytes) -> Iterator[Sheet]:
    errors = _look_into_zip(name, data)
    return _from_calamine(name, data, errors=errors)


def _look_into_zip(name: str, data: bytes) -> bool:
    """Refuse a package that is no workbook, or one that the reader would choke on; say whether it has error cells.

    The reader makes room for every cell between the first and the last, so two cells in opposite corners are enough
    to end the whole server: the cells' places are looked at here first.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as problem:
        raise _damaged(name) from problem
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise _protected(name)
    if "xl/workbook.xml" not in names:
        raise _wrong_package(name, names)
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    tight = any(part.file_size > max(SMALL_PART, part.compress_size * MOST_RATIO) for part in parts)
    if unpacked > MOST_UNPACKED or tight or unpacked > max(SMALL_PART, packed * MOST_RATIO):
        raise _too_big_inside(name)
    cells, lengths, errors = 0, [0], False
    for part in parts:
        if part.is_dir() or not part.filename.endswith(".xml"):
            continue
        content = _unpacked(name, data, part)
        if b"sheetData" in content:
            cells += _refuse_wide_spread(name, content)
            errors = errors or b't="e"' in content
        elif b"</si>" in content or b":si>" in content:
            lengths = [len(text) for text in re.split(rb"</(?:[a-z]+:)?si>", content)]
    if cells * max(lengths) > MOST_TEXT:
        _refuse_repeated_texts(name, data, parts, lengths)
    return errors


def _wrong_package(name: str, names: set[str]) -> Refused:
    if any(each.startswith("word/") for each in names):
        return _not_a_workbook(name, _("Word 文档"))
    if any(each.startswith("ppt/") for each in names):
        return _not_a_workbook(name, _("演示文稿"))
    if "xl/workbook.bin" in names or "content.xml" in names:
        return Refused(
            _("“{name}”是另一种表格格式（.xlsb 或 .ods）。请在 Excel 或 WPS 里另存为 .xlsx 后再上传。", name=name)
        )
    return _not_a_workbook(name, _("压缩包"))


def _unpacked(name: str, data: bytes, part: zipfile.ZipInfo) -> bytes:
    """Unpack one part to the size the directory gives and not a byte more, whatever the directory says."""
    try:
        own, extra = struct.unpack_from("<HH", data, part.header_offset + 26)
        start = part.header_offset + 30 + own + extra
        packed = memoryview(data)[start : start + part.compress_size]
        if part.compress_type == zipfile.ZIP_STORED:
            content = bytes(packed)
        elif part.compress_type == zipfile.ZIP_DEFLATED:
            content = zlib.decompressobj(-15).decompress(packed, part.file_size + 1)
        else:
            raise _damaged(name)
    except (struct.error, zlib.error, ValueError) as problem:
        raise _damaged(name) from problem
    if len(content) != part.file_size:
        raise _damaged(name)
    return content


_FAR = re.compile(rb"r=[\"'](?:[A-Za-z]{0,9}[0-9]{6}|[A-Za-z]{3,9}[0-9]|[B-Zb-z][A-Za-z][0-9])")
"""A cell in row 100000 or beyond, or right of column AZ; without one no sheet is too wide."""
_SPACED = re.compile(rb"r[ \t\r\n]+=|r=[ \t\r\n]")
_ROW_OR_CELL = re.compile(rb"<(?:[A-Za-z]+:)?(row|c)(?=[\s/>])([^>]*)>")
_OWN_PLACE = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Za-z]{0,9})([0-9]{0,20})")


def _refuse_wide_spread(name: str, content: bytes) -> int:
    """Refuse a sheet that reaches too far; returns how many cells it holds."""
    cells = sum(map(content.count, (b"<c ", b"<c>", b":c ", b":c>")))
    if _FAR.search(content) or _SPACED.search(content) or content.count(b"r=") < cells:
        rows, columns, place = _extent(content)
        if rows * columns > MOST_AREA:
            raise _spread(name, place)
    return cells


def _extent(content: bytes) -> tuple[int, int, str]:
    """Walk a sheet's cells as the reader does: how many rows and columns it spans, and which cell stretches it most."""
    row = column = rows = columns = 0
    place = ""
    for match in _ROW_OR_CELL.finditer(content):
        own = _OWN_PLACE.search(match[2])
        if match[1] == b"row":
            row, column = int(own[2] or 0) if own else row + 1, 0
            continue
        letters, digits = own.groups() if own else (b"", b"")
        column = _column_number(letters) if letters else column + 1
        at = int(digits) if letters and digits else row
        if max(rows, at) * max(columns, column) > rows * columns:
            rows, columns = max(rows, at), max(columns, column)
            place = f"{column_letters(column - 1)}{at}"
    return rows, columns, place


def _spread(name: str, place: str) -> Refused:
    return Refused(
        _(
            "“{name}”在很远的单元格（{place}）还有内容，表格范围大得不正常。"
            "请删掉资料以外的行和列，或把资料复制到一个新工作簿后再上传。",
            name=name,
            place=place,
        )
    )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


_SHARED = re.compile(rb't="s"[^>]*>\s*<v>([0-9]+)</v>')


def _refuse_repeated_texts(name: str, data: bytes, parts: Sequence[zipfile.ZipInfo], lengths: Sequence[int]) -> None:
    """Count the characters that the reader would copy: one long shared text may stand in a million cells."""
    total = 0
    for part in parts:
        if part.filename.endswith(".xml"):
            for index in _SHARED.findall(_unpacked(name, data, part)):
                total += lengths[min(int(index), len(lengths) - 1)]
    if total > MOST_TEXT:
        raise _too_big_inside(name)


# ── .xls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_CELL_RECORDS = {0x0201, 0x0203, 0x0204, 0x0205, 0x0006, 0x0406, 0x0206, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x027E}
"""Records of the old binary format that begin with a cell's row and column."""
_FILE_PASS = 0x002F


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _from_xls(name: str, data: bytes) -> Iterator[Sheet]:
    if _utf16("EncryptedPackage") in data:
        raise _protected(name)
    stream = b""
    if _utf16("Workbook") in data or _utf16("Book") in data:
        stream = _book_stream(name, data)
    if not stream:
        word = _utf16("WordDocument") in data
        raise _not_a_workbook(name, _("Word 文档") if word else _("其他 Office 文件"))
    rows = columns = at = 0
    while at + 4 <= len(stream):
        record, length = struct.unpack_from("<HH", stream, at)
        if record == _FILE_PASS:
            raise _protected(name)
        if record in _CELL_RECORDS and length >= 6 and at + 8 <= len(stream):
            row, column = struct.unpack_from("<HH", stream, at + 4)
            if record in {0x00BD, 0x00BE} and at + 4 + length <= len(stream):
                column = max(column, *struct.unpack_from("<H", stream, at + 2 + length))
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        at += 4 + length
    if rows * columns > MOST_AREA:
        raise _spread(name, f"{column_letters(columns - 1)}{rows}")
    return _from_calamine(name, data)


def _book_stream(name: str, data: bytes) -> bytes:
    """Take the workbook's own stream out of an OLE file; `b""` when there is none."""
    try:
        sector = 1 << struct.unpack_from("<H", data, 30)[0]
        if sector not in {512, 4096}:
            raise _damaged(name)
        first_directory, cutoff, first_mini = (struct.unpack_from("<I", data, at)[0] for at in (48, 56, 60))
        table = _allocation(data, sector)
        directory = _chain(data, sector, table, first_directory)
        entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
        for entry in entries:
            if entry[: entry[64] - 2 if entry[64] > 2 else 0] in {_utf16("Workbook"), _utf16("Book")}:
                start, size = struct.unpack_from("<II", entry, 116)
                if size >= cutoff:
                    return _chain(data, sector, table, start)[:size]
                root = struct.unpack_from("<I", entries[0], 116)[0]
                mini = _chain(data, sector, table, root)
                mini_table = _words_of(_chain(data, sector, table, first_mini))
                return _chain(mini, 64, mini_table, start, header=0)[:size]
    except (struct.error, IndexError) as problem:
        raise _damaged(name) from problem
    return b""


def _words_of(content: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])


def _allocation(data: bytes, sector: int) -> Sequence[int]:
    places = [*struct.unpack_from("<109I", data, 76)]
    following, count = struct.unpack_from("<II", data, 68)
    for _each in range(min(count, len(data) // sector)):
        more = struct.unpack_from(f"<{sector // 4}I", data, (following + 1) * sector)
        places += more[:-1]
        following = more[-1]
    return [
        word
        for place in places
        if (place + 2) * sector <= len(data) + sector - 1 and place < 0xFFFFFFF0
        for word in _words_of(data[(place + 1) * sector : (place + 2) * sector])
    ]


def _chain(data: bytes, sector: int, table: Sequence[int], start: int, *, header: int = 1) -> bytes:
    found: list[bytes] = []
    while start < len(table) and len(found) <= len(data) // sector:
        found.append(data[(start + header) * sector : (start + header + 1) * sector])
        start = table[start]
    return b"".join(found)


# ── both, through the reader ─────────────────────────────────────────────────────────────────────────────────────────


def _from_calamine(name: str, data: bytes, *, errors: bool = False) -> Iterator[Sheet]:
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for index, about in enumerate(book.sheets_metadata):
                if about.typ is calamine.SheetTypeEnum.WorkSheet:
                    hidden = about.visible is not calamine.SheetVisibleEnum.Visible
                    yield _sheet(about.name, book.get_sheet_by_index(index), hidden=hidden, errors=errors)
    except calamine.PasswordError as problem:
        raise _protected(name) from problem
    except (calamine.CalamineError, ValueError, OverflowError, OSError) as problem:
        raise _damaged(name) from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # the Rust reader's bug on a strange file
            raise
        raise _damaged(name) from problem


def _sheet(name: str, found: calamine.CalamineSheet, *, hidden: bool, errors: bool) -> Sheet:
    if found.start is None or found.end is None:
        return Sheet(name, (), 0, hidden)
    left = found.start[1]  # the reader pads rows above the first cell, but not columns before it
    width = found.end[1] + 1
    lead: list[Cell] = [""] * left
    rows: list[Row] = []
    size = width - left
    for cells in found.iter_rows():
        if cells.count("") == size:
            rows.append(BLANK)
        else:
            rows.append(lead + cells if left else cells)
    merged = tuple((r0, c0, r1, c1) for (r0, c0), (r1, c1) in found.merged_cell_ranges or ())
    rows = _filled_down(rows, merged)
    notes = (_("表里有算错的公式（例如 #N/A），这些单元格按空白处理。"),) if errors else ()
    return Sheet(name, _trimmed(rows), width, hidden, merged, notes)


def _filled_down(rows: list[Row], merged: Iterable[tuple[int, int, int, int]]) -> list[Row]:
    """Give every row under a vertically merged cell its value; rows with nothing else stay blank."""
    own: set[int] = set()
    for first, column, last, _last_column in merged:
        if last == first or first >= len(rows) or not rows[first] or column >= len(rows[first]):
            continue
        value = rows[first][column]
        for index in range(first + 1, min(last, len(rows) - 1) + 1):
            row = rows[index]
            if row:
                if index not in own:
                    row = rows[index] = list(row)
                    own.add(index)
                if isinstance(row, list):
                    row[column] = value
    return rows


def _trimmed(rows: list[Row]) -> list[Row]:
    while rows and not rows[-1]:
        rows.pop()
    return rows


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_WEB_PAGE = re.compile(r"\s*(?:<!doctype html|<html|<table|<\?xml|<\?mso|<style|<meta)", re.IGNORECASE)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _from_text(name: str, data: bytes) -> Iterator[Sheet]:
    text = _decoded(name, data)
    if _WEB_PAGE.match(text):
        raise Refused(_("“{name}”其实是网页格式的表格。请在 Excel 或 WPS 里打开，另存为 .xlsx 后再上传。", name=name))
    first = text[:10_000]
    separator = max(",\t;", key=first.count) if any(sign in first for sign in ",\t;") else ","
    rows: list[Row] = []
    width = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            rows.append(cells if any(cells) else BLANK)
            width = max(width, len(cells))
    except csv.Error as problem:
        raise _damaged(name) from problem
    if len(rows) * width > MOST_AREA:
        raise _too_big_inside(name)
    for index, row in enumerate(rows):
        if row and len(row) < width:
            rows[index] = [*row, *[""] * (width - len(row))]
    yield Sheet(PurePath(name).stem[:31], _trimmed(rows), width)


def _decoded(name: str, data: bytes) -> str:
    """Decode UTF-8 with or without its mark, UTF-16 with it, else GB18030 (which holds GBK and GB2312)."""
    wide = data.startswith(_UTF16_MARKS)
    if b"\0" in data and not wide:
        raise _not_a_workbook(name, _("其他文件"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _not_a_workbook(name, _("其他文件"))
