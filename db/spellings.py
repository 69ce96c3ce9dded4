"""How people write units, names, plates and phones, and what these come down to for finding and comparing."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from pypinyin import Style, lazy_pinyin, pinyin

from db.words import Words, _

LONGEST_KEY = 48
"""Longer names are found by what they begin with."""

_SIGNS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "spellings.toml").read_text("utf-8"))


def _any_of(words: list[str]) -> str:
    return "(?:" + "|".join(map(re.escape, words)) + ")"


_ONES: str = _SIGNS["numerals"]
_TEN: str = _SIGNS["ten"]
_NUMERAL = re.compile(f"([{_ONES}{_TEN}]{{1,3}})(?={_any_of(_SIGNS['counted'])})")
_PART_WORD = re.compile(_any_of(_SIGNS["part_words"]))
_PART = re.compile(r"[A-Z]+|\d+|[^\W\dA-Z_]+")
_OPEN_END = re.compile(_any_of(_SIGNS["closers"]) + r"\s*$")
_PROVINCE = re.compile(r"^[^\x00-\x7f](?=[A-Z])")
_PLATE = re.compile(r"^[^\W_]{5,10}$")


def squeezed(text: str) -> str:
    """Reduce a text to its letters, digits and Chinese characters, in one width and one case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _numeral(match: re.Match[str]) -> str:
    tens, ten, ones = match[1].rpartition(_TEN)
    if len(tens) > 1 or len(ones) > 1:
        return match[1]
    return str((_ONES.find(tens) + 1 if tens else 1) * 10 * bool(ten) + (_ONES.index(ones) + 1 if ones else 0))


def unit_parts(text: str) -> tuple[str, ...]:
    """Split a unit as people write it into its parts: `3栋2单元0501`, `３－２－５０１`, `3#2 501` → ("3", "2", "501").

    Letters and digits are separate parts (`A座1203`, `A1203` → ("A", "1203")); leading zeros are dropped.
    """
    plain = _NUMERAL.sub(_numeral, unicodedata.normalize("NFKC", text).upper())
    parts = _PART.findall(_PART_WORD.sub(" ", plain))
    return tuple((part.lstrip("0") or "0") if part.isdigit() else part for part in parts)


def ends_open(text: str) -> bool:
    """Say whether a typed unit stops after a separator, so that the part before it is complete: `3栋`, `3-2-`."""
    return bool(_OPEN_END.search(unicodedata.normalize("NFKC", text).upper()))


def unit_short(building: str, entrance: str, room: str) -> str:
    """Write a unit as the office says it: `3-2-501`, or `A-1203` where a building has no entrances."""
    return "-".join(part for part in (building, entrance, room) if part)


@cache
def _sound(character: str) -> str:
    return lazy_pinyin(character)[0] if not character.isascii() else character


@cache
def _is_ambiguous(character: str) -> bool:
    return not character.isascii() and len(pinyin(character, style=Style.NORMAL, heteronym=True)[0]) > 1


@cache
def _surname_sounds(character: str) -> tuple[str, ...]:
    """List every way to read a first character: 曾 is zeng as a surname, whatever the dictionary puts first."""
    if character.isascii():
        return (character,)
    readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    return tuple(dict.fromkeys([*readings, *(each.replace("v", "u") for each in readings if "v" in each)]))


def _one_by_one(unread: str) -> list[str]:
    return [*unread]


def _syllables(name: str) -> list[str]:
    """Read a squeezed name, one syllable a character; words with a reading of their own (重庆， 银行) are known."""
    if any(map(_is_ambiguous, name)):
        whole: list[str] = lazy_pinyin(name, errors=_one_by_one)  # type: ignore[arg-type]  # a list is allowed too
        if len(whole) == len(name):
            return whole
    return [_sound(character) for character in name]


def readings(name: str) -> list[list[str]]:
    """Read a name aloud in every way its first character allows: 曾明 → [["ceng", "ming"], ["zeng", "ming"]]."""
    plain = squeezed(name)[:LONGEST_KEY]
    if not plain or plain.isdigit():
        return []
    usual = _syllables(plain)
    ways = [usual, *([first, *usual[1:]] for first in _surname_sounds(plain[0]))]
    return [list(way) for way in dict.fromkeys(tuple(way) for way in ways)]


def plate_of(typed: str) -> tuple[str, Words | None]:
    """Write a plate one way: `冀r·12345` → `冀R12345`, or say what is wrong with it."""
    plate = "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalnum())
    if not _PLATE.match(plate):
        return typed, _("车牌号应为 5 到 10 位字母、数字或汉字，例如 冀R12345。")
    return plate, None


def without_province(plate: str) -> str:
    """Drop the province's character from a plate: `冀R12345` → `R12345`."""
    return _PROVINCE.sub("", plate)


def phone_tail(number: str) -> str:
    """Write a stored phone number's digits backwards, so that its last digits are found by an index."""
    return "".join(c for c in number.partition("-")[0] if c.isdigit())[::-1]
