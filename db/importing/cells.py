"""What one cell means: made uniform and checked, a value or a sentence that says what is wrong with it.

Every checker takes a cell as the workbook reader gives it and returns `(value, problem)`. The value is `None` when
nothing is filled in or nothing usable; a problem that is not `severe` is a warning and leaves the value standing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Any, NamedTuple

from db.base import CODE_LENGTH, LINE_LENGTH, Choice
from db.checking import FURTHEST_YEARS
from db.importing.reading import Cell
from db.importing.vocabulary import WORDS, numeral, pattern, tidy
from db.registry import CustomerKind, ParkingKind, ParkingTenure, Relation, Sex, UnitState, UnitUse
from db.words import Words, _


class Problem(NamedTuple):
    """What is wrong with a cell; `severe` keeps the row out, otherwise it is only said."""

    message: Words
    severe: bool = True


Checked = tuple[Any, Problem | None]
Checker = Callable[[Cell], Checked]

MOST_EXACT = 10**15
"""Whole numbers beyond this lose digits in a spreadsheet."""
_NOTHING = frozenset(WORDS["answers"]["nothing"])


def plain(cell: Cell) -> str:
    """Write a cell as one line of text: `1011.0` → `1011`, full width → half width, dates as 2020-06-10.

    Words that stand for nothing (无, 暂无, /, -) become `""`.
    """
    kind = type(cell)
    if kind is str:
        text = tidy(cell)  # type: ignore[arg-type]  # a str, as just seen
        return "" if text.lower() in _NOTHING else text
    return _written(cell)


def _written(cell: Cell) -> str:
    match cell:
        case str():
            written = tidy(cell)
        case bool():
            written = WORDS["answers"]["yes" if cell else "no"][0]
        case float():
            written = str(int(cell)) if cell.is_integer() else repr(cell) if isfinite(cell) else ""
        case datetime():
            written = cell.date().isoformat() if cell.time() == time.min else cell.isoformat(" ", "seconds")
        case date() | time():
            written = cell.isoformat()
        case _:
            written = str(cell)
    return written


def too_long(text: str, most: int) -> Problem:
    """Say that a text has more than `most` characters."""
    return Problem(_("最多 {most} 个字，现在是 {now} 个字，请删减。", most=most, now=len(text)))


def text(cell: Cell, most: int = CODE_LENGTH) -> Checked:
    """Take a short free text of at most `most` characters."""
    value = plain(cell)
    if not value:
        return None, None
    return (None, too_long(value, most)) if len(value) > most else (value, None)


line = partial(text, most=LINE_LENGTH)

# ── where ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_BUILDING, _ENTRANCE, _ROOM, _ADDRESS = (pattern(each) for each in ("building", "entrance", "room", "address"))
_SPOKEN = re.compile(r"[^\W_]")


def _code(cell: Cell, form: re.Pattern[str], problem: Words) -> Checked:
    value = plain(cell)
    if not value:
        return None, None
    value = tidy(value.replace(" ", "")).upper()
    code = numeral(_bare(value, form))
    if code.isdecimal():
        code = code.lstrip("0") or "0"
    if not _SPOKEN.search(code):
        return None, Problem(problem)
    return (None, too_long(code, CODE_LENGTH)) if len(code) > CODE_LENGTH else (code, None)


def _bare(value: str, form: re.Pattern[str]) -> str:
    """Take off all that says what a code is, so that what is stored reads as itself: `3栋号` → `3`."""
    while (match := form.match(value)) and match["code"] != value:
        value = match["code"]
    return value


def building(cell: Cell) -> Checked:
    """Read a building: `3`, `3号楼`, `3栋`, `3#`, `三号楼`, `03` → `3`; `A座` → `A`."""
    return _code(cell, _BUILDING, _("看不出楼栋号，应写成 3 或 3号楼。"))


def entrance(cell: Cell) -> Checked:
    """Read an entrance 单元: `2`, `2单元`, `二单元` → `2`."""
    return _code(cell, _ENTRANCE, _("看不出单元号，应写成 2 或 2单元。"))


def room(cell: Cell) -> Checked:
    """Read a room number: `1011.0`, `1011室`, `１０１１` → `1011`; leading zeros stay."""
    value = plain(cell)
    if not value:
        return None, None
    if not value.isdecimal():
        value = _bare(tidy(value.replace(" ", "")).upper(), _ROOM)
        if not _SPOKEN.search(value) or value.startswith("-"):
            return None, Problem(_("看不出房号，应写成 1011 或 1011室。"))
    return (None, too_long(value, CODE_LENGTH)) if len(value) > CODE_LENGTH else (value, None)


def address(cell: Cell) -> Checked:
    """Read a whole unit written in one cell, `3-2-501`, `3栋2单元501室`, into (building, entrance, room)."""
    value = plain(cell).replace(" ", "").upper().replace("_", "-").replace("—", "-")
    if not value:
        return None, None
    match = _ADDRESS.match(value)
    if not match:
        return None, Problem(_("没有楼栋列，房号应写全，例如 3-2-501 或 3栋2单元501。"))
    parts = building(match["building"])[0], entrance(match["entrance"] or "")[0] or "", room(match["room"])[0]
    if not parts[0] or not parts[2]:
        return None, Problem(_("没有楼栋列，房号应写全，例如 3-2-501 或 3栋2单元501。"))
    if any(len(part) > CODE_LENGTH for part in parts):
        return None, too_long(value, CODE_LENGTH)
    return parts, None


_FLOOR, _COUNT, _AREA = (pattern(each) for each in ("floor", "count", "area"))
LOWEST_FLOOR, HIGHEST_FLOOR = -10, 200
MOST_AREA = Decimal(100_000)


def floor(cell: Cell) -> Checked:
    """Read a floor: `12`, `12层`, `-1`, `B1`, `负1` → -10 to 200."""
    value = plain(cell).replace(" ", "")
    if not value:
        return None, None
    match = _FLOOR.match(numeral(value))
    if match:
        found = match["code"]
        number = int(found) if found.lstrip("-").isdecimal() else -int(found[1:])
        if LOWEST_FLOOR <= number <= HIGHEST_FLOOR:
            return number, None
    return None, Problem(_("楼层应是 {low} 到 {high} 的整数。", low=LOWEST_FLOOR, high=HIGHEST_FLOOR))


def count(cell: Cell, most: int = HIGHEST_FLOOR) -> Checked:
    """Read a whole number from 0 to `most` (storeys, people)."""
    value = plain(cell).replace(" ", "")
    if not value:
        return None, None
    match = _COUNT.match(value)
    if match and len(match["number"]) <= 9 and int(match["number"]) <= most:
        return int(match["number"]), None
    return None, Problem(_("应是 0 到 {most} 的整数。", most=most))


people = partial(count, most=10_000)
_CENT = Decimal("0.01")


def area(cell: Cell) -> Checked:
    """Read an area in m²: more than 0, at most 100,000, at most two decimals; `94.56㎡` → Decimal("94.56")."""
    if type(cell) is float:
        rounded = round(cell, 2)
        # A spreadsheet keeps 94.56 as 94.56000000000001 after a sum; more than that is a third decimal.
        if abs(rounded - cell) < 1e-7 and 0 < rounded <= MOST_AREA:
            return Decimal(f"{rounded:.2f}"), None
    value = plain(cell).replace(" ", "").lower()
    if not value:
        return None, None
    match = _AREA.match(value)
    if not match:
        return None, Problem(_("面积应是数字，例如 94.56。"))
    number = Decimal(match["number"].replace(",", ""))
    if not 0 < number <= MOST_AREA:
        return None, Problem(_("面积应大于 0，不超过 {most} m²。", most=MOST_AREA))
    if number != (rounded_number := number.quantize(_CENT)):
        return None, Problem(_("面积最多两位小数，请先四舍五入，例如 {example}。", example=rounded_number))
    return rounded_number, None


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_CHINESE_DATE = pattern("date_chinese")
_SIGNED_DATE = re.compile(r"^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?$")
_SERIAL_EPOCH = date(1899, 12, 30)
_SERIALS = range(7_306, 73_051)
"""Days counted from the end of 1899: the years 1920 to 2099."""


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_day(digits: str) -> bool:
    """Say whether eight digits are a date: 20200610."""
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    return FURTHEST_YEARS[0] <= year <= FURTHEST_YEARS[1] and _made(year, month, day) is not None


def day(cell: Cell) -> Checked:  # noqa: C901 - one branch a way of writing
    """Read a date: a date cell, a serial number, or 2020-6-10, 2020/6/10, 2020.6.10, 20200610, 2020年6月10日.

    A month without a day is its first, with a warning.
    """
    found: date | None = None
    warning = None
    value = plain(cell)
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif not value:
        return None, None
    elif value.isdecimal():
        if len(value) == 8:
            found = _made(int(value[:4]), int(value[4:6]), int(value[6:]))
        elif len(value) <= 5 and int(value) in _SERIALS:
            found = _SERIAL_EPOCH + timedelta(days=int(value))
    elif isinstance(cell, float) and int(cell) in _SERIALS:
        found = _SERIAL_EPOCH + timedelta(days=int(cell))
    elif match := _SIGNED_DATE.match(value) or _CHINESE_DATE.match(value.replace(" ", "")):
        year, month, day_of_month = match.groups()
        found = _made(int(year), int(month), int(day_of_month or 1))
        if not day_of_month:
            warning = Problem(_("“{value}”只有年月，按当月 1 日登记。", value=value), severe=False)
    if found is None:
        return None, Problem(_("“{value}”不是日期，应写成 2020-06-10。", value=value))
    if not FURTHEST_YEARS[0] <= found.year <= FURTHEST_YEARS[1]:
        return None, Problem(_("日期“{value}”超出范围，请检查年份。", value=value))
    return found, warning


# ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_YES, _NO = frozenset(WORDS["answers"]["yes"]), frozenset(WORDS["answers"]["no"])


def flag(cell: Cell) -> Checked:
    """Read yes or no: 有/无, 是/否, Y/N, 1/0."""
    value = _written(cell).lower()
    if not value:
        return None, None
    if value in _YES:
        return True, None
    if value in _NO:
        return False, None
    return None, Problem(_("“{value}”看不懂，请写“是”或“否”。", value=value))


def _table(kind: str, choices: type[Choice]) -> dict[str, Choice]:
    members = {member.value: member for member in choices}
    words = {word: members[stored] for stored, listed in WORDS["choices"][kind].items() for word in listed}
    return {member.label.text.lower(): member for member in choices} | words


_CHOICES: dict[str, tuple[type[Choice], dict[str, Choice], bool]] = {
    kind: (choices, _table(kind, choices), severe)
    for kind, choices, severe in (
        ("sex", Sex, False),
        ("relation", Relation, False),
        ("customer_kind", CustomerKind, False),
        ("use", UnitUse, False),
        ("state", UnitState, False),
        ("parking_kind", ParkingKind, False),
        ("tenure", ParkingTenure, True),
    )
}


def choice(kind: str, cell: Cell, codes: Mapping[str, str] | None = None) -> Checked:
    """Read one of a short list, by the workbook's own `codes` (code → word, from its heading or help text) first."""
    written = _written(cell)
    value = written.lower()
    if not value or (value in _NOTHING and value not in (codes or ())):
        return None, None
    choices, table, severe = _CHOICES[kind]
    found = table.get(tidy(codes[value]).lower()) if codes and value in codes else table.get(value)
    if found is not None:
        return found, None
    listed = str(_("、")).join(str(member.label) for member in choices)
    if severe:
        return None, Problem(_("“{value}”看不懂，可以写：{listed}。", value=written, listed=listed))
    return None, Problem(_("“{value}”看不懂，留空；可以写：{listed}。", value=written, listed=listed), severe=False)


def coded(cell: Cell, codes: Mapping[str, str] | None = None) -> Checked:
    """Read a short text that the workbook may write as a code: `9901` → `家用小汽车`."""
    value, problem = text(cell)
    if value and codes:
        value = codes.get(value.lower(), value)[:CODE_LENGTH]
    return value, problem


# ── vehicles ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_SEVERAL = pattern("split")
_PLATE_SIGNS = re.compile(r"[\s·.•・\-—]+")
_PLATE = re.compile(
    f"^[{WORDS['vehicles']['provinces']}{WORDS['vehicles']['special']}]"
    f"[A-Z][A-Z0-9]{{4,6}}[{WORDS['vehicles']['special']}]?$"
)
PLATE_LENGTHS = (7, 8)


def plates(cell: Cell) -> Checked:
    """Read the number plates in one cell into a tuple: `冀R·12345` → `冀R12345`; 7 characters, new energy 8."""
    value = plain(cell)
    if not value:
        return None, None
    found: list[str] = []
    for part in _SEVERAL.split(value):
        plate = _PLATE_SIGNS.sub("", part).upper()
        if not plate:
            continue
        if len(plate) not in PLATE_LENGTHS or not _PLATE.match(plate):
            return None, Problem(_("“{value}”不是车牌号，应像 冀R12345，新能源 8 位。", value=part.strip()))
        if plate not in found:
            found.append(plate)
    return tuple(found) or None, None
