"""What an amount is and how it came about, as it stands on the bill: `96.56 m² × 2.80 元 × 1 月 = 270.37 元` (F1, F2).

The text is data, and so Chinese whoever is at the keyboard. What many units have in common, a `Plan`, is worked out
once; a unit is then one multiplication and one rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from db.ledger.choosing import ALL, Rate, Segment
from db.ledger.pricing import STEPS, Rounding, part_of_month, rounded, shown_price
from db.ledger.tables import Basis
from db.words import Words, _

MOST = 400
"""Characters that a bill keeps of its calculation."""
_HOLE = "\0"
"""Where a unit's area goes."""
_BY_AREA = frozenset({Basis.BY_AREA, Basis.RENT})
_CENTS = tuple(f".{n:02d}" for n in range(100))
_TO_FEN = 10_000
"""Hundredths of m² × ten-thousandths of a yuan are ten-thousandths of a fen."""


def in_chinese(words: Words) -> str:
    """Render in the language of papers, whatever the reader's."""
    return words.text.format(**words.blanks)


_SUM = " = "
_YUAN = in_chinese(_(" 元"))
_BETWEEN = in_chinese(_("；"))
_TAILS = {
    STEPS[Rounding.CENT]: "",
    STEPS[Rounding.DIME]: in_chinese(_("，四舍五入到角")),
    STEPS[Rounding.YUAN]: in_chinese(_("，四舍五入到元")),
}


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How a month is charged for all units that pay by the same tariffs: fen = (area × slope + level) / denominator."""

    segments: tuple[Segment, ...]
    rate: Rate
    """The tariff on the last day: its rounding, its day due, its late fee, its payer hold for the whole bill."""
    first: date
    last: date
    percent: int
    """Of the tariff on the last day, for the state of the unit."""
    whole: bool
    """Whether the full month is charged."""
    slope: int
    level: int
    denominator: int
    pieces: tuple[str, ...]
    """The text around the area, and after it the equals sign."""
    step: int
    ending: str
    is_metered: bool
    """Counted by what was used: `metered` instead of `charge`."""
    needs_area: bool
    """Nothing can be charged without an area."""
    part: Fraction = Fraction(1)
    """Of the month, as the tariff's own rule counts it."""

    def charge(self, area: int) -> tuple[int, str]:
        """Count one unit's amount in fen and write its calculation; `area` in hundredths of m²."""
        fen = rounded(area * self.slope + self.level, self.denominator, self.step)
        text = f"{area // 100}{_CENTS[area % 100]}".join(self.pieces)
        return fen, f"{text}{fen // 100}{_CENTS[fen % 100]}{self.ending}"


def plan(segments: tuple[Segment, ...], *, empty: bool, most: Fraction | None = None) -> Plan:
    """Work out how a month is charged by the tariffs that hold in it; `empty` for a vacant or unsold unit.

    The part of the month is said by the last tariff's rule, and is never above `most`, what is left of the month when
    somebody before has paid a part of it; days of several tariffs share it, and the sum of all is rounded once.
    """
    rate, first, last = segments[-1][0], segments[0][1], segments[-1][2]
    percent = rate.vacant_percent if empty else ALL
    if rate.basis == Basis.METERED:  # what was used is charged by the tariff that holds when the meter is read
        return Plan(
            segments, rate, first, last, percent, whole=True, slope=0, level=0, denominator=1, pieces=(),
            step=rate.step, ending="", is_metered=True, needs_area=False,
        )  # fmt: skip
    counted = [each for each in segments if each[0].basis != Basis.METERED]
    days = [(end - start).days + 1 for _rate, start, end in counted]
    n, of = part_of_month(first, first + timedelta(days=sum(days) - 1), rate.part_month)
    if most is not None and Fraction(n, of) > most:
        n, of = most.numerator, most.denominator
    slope, level, parts = Fraction(), Fraction(), []
    for (each, _start, _end), some in zip(counted, days, strict=True):
        share, words = _share(n, of, some, sum(days))
        own = each.vacant_percent if empty else ALL
        if each.basis in _BY_AREA:
            slope += Fraction(each.price * own, _TO_FEN * ALL) * share
        elif each.basis == Basis.FIXED:
            level += Fraction(each.price * own, 100 * ALL) * share
        parts.append(_part(each, words, own))
    common = slope.denominator * level.denominator
    return Plan(
        segments, rate, first, last, percent, whole=(n, of) == (1, 1), slope=int(slope * common),
        level=int(level * common), denominator=common, pieces=tuple((" + ".join(parts) + _SUM).split(_HOLE)),
        step=rate.step, ending=_YUAN + _TAILS[rate.step], is_metered=False, needs_area=slope > 0, part=Fraction(n, of),
    )  # fmt: skip


def _share(n: int, of: int, days: int, all_days: int) -> tuple[Fraction, str]:
    """Say which part of the month some of its days are, as a number and as it is written."""
    share = Fraction(n * days, of * all_days)
    if days == all_days:
        return share, str(n) if of == 1 else f"{n}/{of}"
    if n == all_days:
        return share, f"{days}/{of}"
    if n == of:
        return share, f"{days}/{all_days}"
    return share, f"{share.numerator}/{share.denominator}"


def _part(rate: Rate, months: str, percent: int) -> str:
    price = shown_price(rate.price)
    if rate.basis in _BY_AREA:
        words = _("{area} m² × {price} 元 × {months} 月", area=_HOLE, price=price, months=months)
    else:
        words = _("{price} 元 × {months} 月", price=price, months=months)
    return in_chinese(words) + ("" if percent == ALL else f" × {percent}%")


def metered(way: Plan, used: Decimal, meters: Sequence[str]) -> tuple[int, str]:
    """Count what was used, in fen, with the meters' values in the text: `(120.00 → 135.00) 15.00 × 6.30 元 = 94.50 元`.

    `used` is in the meter's unit, `meters` what `readings.quantities` says of each meter. Steps are of one month.
    """
    rate, quantity = way.rate, int(used * 100)
    blocks = blocks_of(quantity, rate)
    numerator = sum(some * price for some, price in blocks) * way.percent
    fen = rounded(numerator, _TO_FEN * ALL, rate.step)
    priced = " + ".join(_block(some, price) for some, price in blocks)
    if len(blocks) == 1 and len(meters) == 1:  # the meter's text ends with what was used
        said = meters[0] + priced.removeprefix(f"{used:.2f}")
    else:
        said = f"{_BETWEEN.join(meters)}{_BETWEEN}{priced}"
    share = "" if way.percent == ALL else f" × {way.percent}%"
    ending = f"{share}{_SUM}{fen // 100}.{fen % 100:02d}{_YUAN}{_TAILS[rate.step]}"
    if len(said) + len(ending) > MOST:
        said = priced
    return fen, said + ending


def blocks_of(quantity: int, rate: Rate) -> list[tuple[int, int]]:
    """Split a month's use by the tariff's steps: [(hundredths of the meter's unit, price in ten-thousandths)]."""
    blocks, below = [], 0
    for up_to, price in rate.steps or ((None, rate.price),):
        above = quantity if up_to is None else min(quantity, up_to)
        if above > below:
            blocks.append((above - below, price))
            below = above
    return blocks


def _block(quantity: int, price: int) -> str:
    used = f"{quantity // 100}.{quantity % 100:02d}"
    return in_chinese(_("{used} × {price} 元", used=used, price=shown_price(price)))


def of_price(quantity: Decimal, price: Decimal, step: int = 1) -> tuple[Decimal, str]:
    """Count a one-off charge, in yuan with its calculation: `2.00 × 30.00 元 = 60.00 元`."""
    fen = rounded(int(quantity * 100) * int(price * 10_000), _TO_FEN, step)
    priced = _block(int(quantity * 100), int(price * 10_000))
    return Decimal(fen) / 100, f"{priced}{_SUM}{fen // 100}.{fen % 100:02d}{_YUAN}{_TAILS[step]}"


__all__ = ["MOST", "Plan", "blocks_of", "in_chinese", "metered", "of_price", "plan"]
