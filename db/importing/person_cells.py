"""What a cell about a person means: names, telephone numbers, identity numbers; see `cells`."""

from __future__ import annotations

import re

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from db.base import CODE_LENGTH, NAME_LENGTH
from db.importing.cells import Checked, Problem, is_day, plain, text, too_long
from db.importing.reading import Cell
from db.importing.vocabulary import WORDS, pattern, tidy
from db.words import _

_SEVERAL = pattern("split")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_INNER_BLANK = re.compile(r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff]) (?=[\u3400-\u9fff\U00020000-\U0003ffff])")
_COMPANY = re.compile("|".join(map(re.escape, WORDS["companies"]["words"])))
_LETTER = re.compile(r"[^\W\d_]")
_NOBODY = frozenset(WORDS["answers"]["nobody"])


def name(cell: Cell) -> Checked:
    """Read one person's or company's name, at most 60 characters; `张  三` → `张三`."""
    value = plain(cell)
    if not value or value in _NOBODY:
        return None, None
    if " " in value:
        value = _INNER_BLANK.sub("", value)
    if len(value) > NAME_LENGTH:
        return None, too_long(value, NAME_LENGTH)
    if not _LETTER.search(value):
        return None, Problem(_("“{value}”不是姓名或单位名称。", value=value))
    return value, None


def names(cell: Cell) -> Checked:
    """Read the names in one cell, `张三、李四`, into a tuple; one foreign name with a comma stays one."""
    if isinstance(cell, str) and _SEVERAL.search(cell):
        parts = [part for part in (tidy(each) for each in _SEVERAL.split(cell)) if part]
        if len(parts) > 1 and all(_CHINESE.search(part) for part in parts):
            found = [name(part) for part in parts]
            problem = next((problem for _value, problem in found if problem), None)
            return (None, problem) if problem else (tuple(value for value, _none in found if value), None)
    value, problem = name(cell)
    return (value,) if value else None, problem


def looks_like_company(value: str) -> bool:
    """Say whether a name is a company's."""
    return _COMPANY.search(value) is not None


_SEVERAL_PHONES = pattern("several_phones")
_SCIENTIFIC = re.compile(r"^(\d)\.?(\d*)[eE]\+?(\d{1,2})$")
_PHONE_SIGNS = str.maketrans("", "", "-()+. —–")
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_LANDLINE = re.compile(r"^(?:0\d{9,11}|[2-8]\d{6,7}|(?:400|800)\d{7})$")
_EXTENSION = pattern("extension")
_PLACEHOLDER = re.compile(r"(\d)\1{7}$")
MOST_FOREIGN = 12


def phones(cell: Cell) -> Checked:
    """Read the phone numbers in one cell into a tuple of digits (`-` before an extension).

    Mobiles have 11 digits, landlines 7 or 8, or 10 to 12 with their area code. A number that a template gives as a
    stand-in (18999999999) is kept with a warning.
    """
    if isinstance(cell, float) and cell.is_integer():
        value = str(int(cell))
        if _MOBILE.match(value):  # the usual case first
            return (value,), _suspicion(value)
    value = plain(cell)
    if not value:
        return None, None
    number, problem = phone(value)
    parts = [part for part in _SEVERAL_PHONES.split(value) if part]
    if number or len(parts) < 2:
        return (number,) if number else None, problem
    checked = [phone(part) for part in parts]
    if problem := next((problem for _number, problem in checked if problem and problem.severe), None):
        return None, problem
    return tuple(dict.fromkeys(number for number, _none in checked)), next((each for _n, each in checked if each), None)


def phone(part: str) -> Checked:
    """Read one phone number, see `phones`."""
    if science := _SCIENTIFIC.match(part):
        digits, power = science[1] + science[2], int(science[3])
        if len(digits) <= power:
            return None, Problem(_("“{value}”被写成了科学计数法，后几位已丢失，请改成完整号码。", value=part))
        part = digits[: power + 1]
    extension = ""
    if match := _EXTENSION.search(part):
        extension, part = match["extension"] or match["tail"], part[: match.start()]
    digits = part.translate(_PHONE_SIGNS)
    if not digits.isascii() or not digits.isdecimal():
        return None, Problem(_("电话“{value}”里有不是数字的字符。", value=part))
    if part.startswith(("+", "00")) and not digits.startswith(("86", "0086")):
        digits = digits.removeprefix("00")
        good = 8 <= len(digits) <= MOST_FOREIGN
    else:
        if len(digits) > 11:
            digits = digits.removeprefix("00").removeprefix("86")
        good = bool(_MOBILE.match(digits) or _LANDLINE.match(digits))
    if not good:
        return None, Problem(
            _("电话“{value}”是 {n} 位，手机应为 11 位，座机请带区号。", value=part, n=len(digits))
            if len(digits) != 11
            else _("电话“{value}”不是有效的号码，请核对。", value=part)
        )
    return (f"{digits}-{extension}" if extension else digits), _suspicion(digits)


def _suspicion(digits: str) -> Problem | None:
    if is_placeholder(digits):
        return Problem(_("{value} 疑似占位号码，请核实。", value=digits), severe=False)
    return None


def is_placeholder(digits: str) -> bool:
    """Say whether a number ends in eight equal digits, as the stand-ins of templates do."""
    return digits[-1:] == digits[-8:-7] and bool(_PLACEHOLDER.search(digits))


_ID_SIGNS = str.maketrans("", "", " -'`")
_ALL_SAME = re.compile(r"^(.)\1+$")
_IDENTITY = re.compile(r"^\d{17}[\dX]$")
_OLD_IDENTITY = re.compile(r"^\d{15}$")


def id_number(cell: Cell) -> Checked:  # noqa: PLR0911 - one answer a sort of paper
    """Read an identity or credit number; never refused for its check digit, only warned about.

    `111111111111111111` stands for nothing. The region code is not looked up: counties are renamed, papers stay valid.
    """
    value = plain(cell)
    if not value:
        return None, None
    value = tidy(value.translate(_ID_SIGNS)).upper()
    if not value or _ALL_SAME.match(value) or value.startswith("11111111111111"):
        return None, None
    if isinstance(cell, int | float) and len(value) >= 16:
        return None, Problem(_("证件号码被保存成了数字，末几位已丢失，未登记；请把该列设为文本后重填。"), severe=False)
    if len(value) > CODE_LENGTH:
        return None, too_long(value, CODE_LENGTH)
    if _IDENTITY.match(value):
        if mod_11_2.is_valid(value) and is_day(value[6:14]):
            return value, None
        if uscc.is_valid(value):
            return value, None
        return value, Problem(_("身份证号校验码不对，请核对。"), severe=False)
    if len(value) == 18:
        return value, None if uscc.is_valid(value) else Problem(_("统一社会信用代码校验码不对，请核对。"), severe=False)
    if _OLD_IDENTITY.match(value):
        return value, Problem(_("15 位旧身份证号，请补为 18 位。"), severe=False)
    return value, Problem(_("不是 18 位身份证号或统一社会信用代码，按其他证件登记，请核对。"), severe=False)


_SEVERAL_REFS = re.compile(_SEVERAL.pattern + "|#")


def person_ref(cell: Cell) -> Checked:
    """Read the number a workbook gives a person: `1.0` → `1`."""
    return text(cell)


def person_refs(cell: Cell) -> Checked:
    """Read the people's numbers in one cell, `1、2`, into a tuple."""
    value = plain(cell)
    parts = tuple(dict.fromkeys(part for part in (tidy(each) for each in _SEVERAL_REFS.split(value)) if part))
    if any(len(part) > CODE_LENGTH for part in parts):
        return None, too_long(value, CODE_LENGTH)
    return parts or None, None
