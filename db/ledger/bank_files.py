"""Files for the bank and from it: CSV or fixed width, columns as the bank wants them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import StringIO
from unicodedata import normalize

from db.ledger.bank_tables import BankLayout, Encoding, FileKind
from db.refused import Refused
from db.words import Words, _

NAMES: dict[str, Words] = {
    "sequence": _("序号"), "reference": _("编号"), "account": _("账号"), "holder": _("户名"), "amount": _("金额"),
    "fen": _("金额分"), "unit": _("房号"), "result": _("结果"), "reason": _("原因"),
}  # fmt: skip
"""What a column may hold, and the word by which the office names it in a layout."""


@dataclass(frozen=True)
class Column:
    """One column of a bank's file."""

    name: str
    width: int
    """Bytes in a fixed-width file; 0 in CSV."""


def default_columns(*, back: bool) -> str:
    """Say the layout a bank is first offered."""
    names = ("sequence", "reference", "account", "holder", "amount", *(("result", "reason") if back else ("unit",)))
    widths = {"sequence": 6, "reference": 24, "account": 32, "holder": 60, "amount": 14, "result": 10, "reason": 60}
    return " ".join(f"{NAMES[each]}:{widths.get(each, 20)}" for each in names)


def columns_of(typed: str, kind: FileKind) -> tuple[Column, ...]:
    """Read a layout as typed: names with widths, `序号:6 账号:32`. Raises `Refused` naming the part it cannot read."""
    by_word = {str(word): name for name, word in NAMES.items()}
    found: list[Column] = []
    for part in normalize("NFKC", typed).replace(",", " ").split():
        word, _colon, width = part.partition(":")
        if word not in by_word or (width and not width.isdecimal()):
            known = str(_("、")).join(by_word)
            raise Refused(_("看不懂“{part}”。请写成 序号:6 账号:32，可用的列：{known}", part=part, known=known))
        if kind is FileKind.FIXED and not int(width or 0):
            raise Refused(_("定长文本要写每列的宽度（字节数），“{part}”没有写。", part=part))
        found.append(Column(by_word[word], int(width or 0)))
    if len({each.name for each in found}) != len(found):
        raise Refused(_("同一列写了两次，请改正。"))
    return tuple(found)


def written(layout: BankLayout, rows: Sequence[Mapping[str, str]]) -> bytes:
    """Write the file out. Raises `Refused` for what does not fit its column or is not in the bank's encoding."""
    columns = columns_of(layout.columns, layout.kind)
    try:
        if layout.kind is FileKind.CSV:
            out = StringIO()
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(str(NAMES[each.name]) for each in columns)
            writer.writerows([row[each.name] for each in columns] for row in rows)
            return out.getvalue().encode("utf-8-sig" if layout.encoding is Encoding.UTF8 else layout.encoding.value)
        return b"".join(_fixed(layout, columns, row) + b"\r\n" for row in rows)
    except UnicodeEncodeError as problem:
        letters = problem.object[problem.start : problem.end]
        raise Refused(_("“{text}”是银行编码写不出的字，请改用 UTF-8 或修改户名。", text=letters)) from problem


def _fixed(layout: BankLayout, columns: Sequence[Column], row: Mapping[str, str]) -> bytes:
    cells = []
    for each in columns:
        cell = row[each.name].encode(layout.encoding.value)
        if len(cell) > each.width:
            raise Refused(
                _("“{text}”超过“{column}”列的宽度 {width}，请把该列改宽。", text=row[each.name],
                  column=NAMES[each.name], width=each.width)
            )  # fmt: skip
        number = each.name in {"sequence", "amount", "fen"}
        cells.append(cell.rjust(each.width, b"0") if number else cell.ljust(each.width))
    return b"".join(cells)


def read(layout: BankLayout, data: bytes) -> list[dict[str, str]]:
    """Read the bank's answer by its layout, a dictionary a line; a heading line of a CSV is passed over.

    Raises `Refused` when it is not in the layout's encoding or a line is too short.
    """
    columns = columns_of(layout.result_columns, layout.kind)
    try:
        text = data.decode("utf-8-sig" if layout.encoding is Encoding.UTF8 else layout.encoding.value)
    except UnicodeDecodeError as problem:
        raise Refused(
            _("文件不是 {encoding} 编码，请核对银行文件格式设置。", encoding=layout.encoding.label)
        ) from problem
    if layout.kind is FileKind.CSV:
        cells = [row for row in csv.reader(StringIO(text)) if any(cell.strip() for cell in row)]
        headings = [str(NAMES[each.name]) for each in columns]
        rows = cells[1:] if cells and [cell.strip() for cell in cells[0]] == headings else cells
    else:
        rows = [_cut(line.encode(layout.encoding.value), columns, layout) for line in text.splitlines() if line.strip()]
    for n, row in enumerate(rows, start=1):
        if len(row) < len(columns):
            raise Refused(_("第 {n} 行只有 {found} 列，应有 {wanted} 列，请核对回盘文件格式。", n=n, found=len(row),
                            wanted=len(columns)))  # fmt: skip
    return [{each.name: row[k].strip() for k, each in enumerate(columns)} for row in rows]


def _cut(line: bytes, columns: Sequence[Column], layout: BankLayout) -> list[str]:
    found, place = [], 0
    for each in columns:
        if place >= len(line) and each.name != "reason":
            break
        found.append(line[place : place + each.width].decode(layout.encoding.value, "replace"))
        place += each.width
    return found


def amount_of(row: Mapping[str, str]) -> Decimal | None:
    """Read a line's amount in yuan, from yuan or from fen; `None` where it has none that can be read."""
    try:
        if "fen" in row:
            return Decimal(int(row["fen"])).scaleb(-2)
        return Decimal(row["amount"].replace(",", "")) if "amount" in row else None
    except (InvalidOperation, ValueError):
        return None
