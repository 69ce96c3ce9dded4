"""Amounts in capitals 人民币大写, as receipts and vouchers carry them against later changes."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Final

_WORDS: Final = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_DIGITS: Final[str] = _WORDS["digits"]
_ZERO: Final = _DIGITS[0]
_TENS: Final[list[str]] = _WORDS["tens"]
WAN, YI = 10**4, 10**8
MOST = Decimal(10) ** 15
"""No office's amount is as large; beyond it the words' reading is no longer agreed on."""


def capitals(amount: Decimal) -> str:
    """Write an amount of yuan in capitals, without the word for the currency: 1680.32 → 壹仟陆佰捌拾元零叁角贰分.

    A negative amount begins with 负. Of the forms the rules leave free: 整 stands after 元 and after 角, and a zero
    in the place of 元 is read before 角. Raises `ValueError` for more than two decimals, no number, or 10^15 and more.
    """
    if not amount.is_finite() or abs(amount) >= MOST or amount * 100 != int(amount * 100):
        raise ValueError(f"no amount of money: {amount}")
    yuan, fen = divmod(abs(int(amount * 100)), 100)
    sign = _WORDS["minus"] if amount < 0 else ""
    small = _below_yuan(fen, after_yuan=yuan > 0, yuan_ends_in_zero=yuan % 10 == 0)
    if not yuan and small:
        return sign + small
    return f"{sign}{_read(yuan) or _ZERO}{_WORDS['yuan']}{small or _WORDS['whole']}"


def _below_yuan(amount: int, *, after_yuan: bool, yuan_ends_in_zero: bool) -> str:
    """Read jiao and fen; a zero is read where one stands before them, except at the very beginning."""
    jiao, fen = divmod(amount, 10)
    read = f"{_DIGITS[jiao]}{_WORDS['jiao']}" if jiao else ""
    if fen:
        read = f"{read}{_DIGITS[fen]}{_WORDS['fen']}"
    elif jiao:
        read += _WORDS["whole"]
    zero_before = after_yuan and (not jiao or yuan_ends_in_zero)
    return _ZERO + read if read and zero_before else read


def _read(number: int) -> str:
    """Read a whole number; nothing for 0."""
    for size, word in ((YI, _WORDS["yi"]), (WAN, _WORDS["wan"])):
        if number >= size:
            high, low = divmod(number, size)
            zero_between = low and (low < size // 10 or high % WAN == 0)
            return f"{_read(high)}{word}{_ZERO if zero_between else ''}{_read(low)}"
    return _below_wan(number)


def _below_wan(number: int) -> str:
    """Read up to four digits, zeros between them once, zeros at the end not at all."""
    read, owes_zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            read += (_ZERO if owes_zero and read else "") + _DIGITS[digit] + _TENS[place]
            owes_zero = False
        else:
            owes_zero = True
    return read
