"""The words offices write in their workbooks, read from `vocabulary.toml`, and how texts are compared with them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

WORDS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text("utf-8"))


def pattern(name: str) -> re.Pattern[str]:
    """Compile one of the file's patterns."""
    return re.compile(WORDS["patterns"][name])


def tidy(text: str) -> str:
    """Write a text one way: half width, no control or invisible characters, single blanks, none around it."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split()) if " " in text else text
    text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return " ".join(text.split()) if " " in text else text


_BRACKETS = pattern("heading_bracket")
_SIGNS = pattern("heading_signs")
_REQUIRED = re.compile("|".join(map(re.escape, sorted(WORDS["marks"]["required"], key=len, reverse=True))))


@lru_cache(maxsize=4096)
def heading_base(text: str) -> str:
    """Reduce a heading to what is compared: `* 建筑面积（㎡，必填）：` → `建筑面积`."""
    base = _BRACKETS.sub("", tidy(text).lower())
    return _SIGNS.sub("", _REQUIRED.sub("", base))


_CODE = pattern("heading_code")


@lru_cache(maxsize=4096)
def heading_codes(text: str) -> tuple[tuple[str, str], ...]:
    """Find the code list in a heading: `车类型（9901 家用小汽车 9902 客车）` → (("9901", "家用小汽车"), …)."""
    inside = " ".join(match["inside"] for match in _BRACKETS.finditer(tidy(text)))
    return tuple((match["code"].lower(), match["meaning"].strip()) for match in _CODE.finditer(inside))


_DIGITS = {sign: value for value, sign in enumerate(WORDS["numerals"]["digits"])} | {WORDS["numerals"]["zero"]: 0}
_TEN: str = WORDS["numerals"]["ten"]
_HUNDRED: str = WORDS["numerals"]["hundred"]
_NUMERAL = re.compile(f"[{''.join(_DIGITS)}{_TEN}{_HUNDRED}]+")


def numeral(text: str) -> str:
    """Write a Chinese numeral below 1000 in digits (`十二` → `12`); any other text stays as it is."""
    if not _NUMERAL.fullmatch(text):
        return text
    hundreds, hundred, rest = text.rpartition(_HUNDRED)
    tens, ten, ones = rest.rpartition(_TEN)
    total = 0
    if hundred:
        total += _DIGITS.get(hundreds, 1) * 100
    if ten:
        total += _DIGITS.get(tens, 1) * 10
    if not hundred and not ten:
        return "".join(str(_DIGITS[sign]) for sign in ones)
    return str(total + _DIGITS.get(ones[-1:], 0))
