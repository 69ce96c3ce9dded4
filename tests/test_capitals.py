"""Amounts in capitals: the rules' own examples, and any amount against another way of writing it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.ledger.capitals import capitals

EXAMPLES = {
    "0": "零元整",
    "-0.00": "零元整",
    "0.05": "伍分",
    "0.5": "伍角整",
    "0.30": "叁角整",
    "0.53": "伍角叁分",
    "1": "壹元整",
    "10": "壹拾元整",
    "20.08": "贰拾元零捌分",
    "105": "壹佰零伍元整",
    "110.50": "壹佰壹拾元零伍角整",
    "325.04": "叁佰贰拾伍元零肆分",
    "1409.50": "壹仟肆佰零玖元伍角整",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分",
    "6007.14": "陆仟零柒元壹角肆分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "26048.00": "贰万陆仟零肆拾捌元整",
    "107000.53": "壹拾万柒仟元零伍角叁分",
    "100000000.00": "壹亿元整",
    "100000001": "壹亿零壹元整",
    "100003000": "壹亿零叁仟元整",
    "100100000": "壹亿零壹拾万元整",
    "1000050000000": "壹万亿零伍仟万元整",
    "-26048.10": "负贰万陆仟零肆拾捌元壹角整",
    "-0.01": "负壹分",
}


@pytest.mark.parametrize(("amount", "words"), EXAMPLES.items())
def test_as_the_rules_write_it(amount: str, words: str) -> None:
    assert capitals(Decimal(amount)) == words


@pytest.mark.parametrize("amount", ["0.001", "1e15", "-1e15", "NaN", "Infinity"])
def test_what_is_no_amount_of_money_is_an_error(amount: str) -> None:
    with pytest.raises(ValueError, match="no amount of money"):
        capitals(Decimal(amount))


def spelled(fen: int) -> str:
    """Write only the digits that are not zero, each with its place, and ask of each gap whether it is said."""
    digits = {place: digit for place, digit in enumerate(map(int, reversed(str(fen)))) if digit}
    written = ""
    above = None
    for place, digit in sorted(digits.items(), reverse=True):
        if above is not None:
            group, group_above = (place - 2) // 4, (above - 2) // 4
            gap = above - place > 1
            ends_its_group = place >= 2 and group_above == group + 1 and (place - 2) % 4 == 3
            written += "零" if gap and not ends_its_group else ""
        if place < 2:
            written += "零壹贰叁肆伍陆柒捌玖"[digit] + "分角"[place]
        else:
            written += "零壹贰叁肆伍陆柒捌玖"[digit] + ["", "拾", "佰", "仟"][(place - 2) % 4]
            if not any((lower - 2) // 4 == (place - 2) // 4 for lower in digits if lower < place):
                written += ["元", "万", "亿"][(place - 2) // 4]
            if not any(2 <= lower < place for lower in digits):
                written = written.removesuffix("元") + "元"
        above = place
    return (written or "零元") + ("" if digits.get(0) else "整")


@given(st.integers(0, 10**14 - 1) | st.integers(0, 10**6) | st.integers(0, 10**12 - 1).map(lambda n: n * 100))
@example(10**11)
@example(100003000_00)
@example(1)
def test_every_amount_reads_as_another_way_spells_it(fen: int) -> None:
    assert capitals(Decimal(fen) / 100) == spelled(fen)


def worth(words: str) -> int:
    """Read capitals back into fen."""
    total = section = digit = fen = 0
    for sign in words.removeprefix("负"):
        if sign in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(sign)
        elif sign in "拾佰仟":
            section, digit = section + digit * 10 ** ("拾佰仟".index(sign) + 1), 0
        elif sign == "万":
            section, digit = (section + digit) * 10**4, 0
            total, section = total + section, 0
        elif sign == "亿":
            total, section, digit = (total + section + digit) * 10**8, 0, 0
        elif sign == "元":
            fen, total, section, digit = (total + section + digit) * 100, 0, 0, 0
        elif sign in "角分":
            fen, digit = fen + digit * (10 if sign == "角" else 1), 0
    return -fen if words.startswith("负") else fen


@given(st.integers(-(10**17) + 1, 10**17 - 1))
def test_it_reads_back_as_the_same_amount_and_no_zero_is_said_twice(fen: int) -> None:
    words = capitals(Decimal(fen) / 100)
    assert worth(words) == fen
    assert "零零" not in words
