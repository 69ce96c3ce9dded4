"""Amounts are exact (F1, F2): the one rounding rule against `Decimal`, part months, and the text that says how."""

from __future__ import annotations

import random
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, create_engine, func, insert, select

from db.engines import sqlite_module
from db.ledger.calculations import metered, plan
from db.ledger.choosing import Rate
from db.ledger.pricing import STEPS, PartMonth, Rounding, days_in_month, part_of_month, rounded
from db.ledger.tables import Anchor, Basis, Cycle
from db.registry import Relation

AREAS, PRICES = range(2_000, 20_001), range(50, 1_000)
"""Hundredths of m², fen: 20.00–200.00 and 0.50–9.99."""
_PLACES = {Rounding.CENT: Decimal("0.01"), Rounding.DIME: Decimal("0.1"), Rounding.YUAN: Decimal(1)}


def by_decimal(area: int, price: int, rule: Rounding) -> int:
    """Count as an accountant would, in fen."""
    exact = Decimal(area) / 100 * Decimal(price) / 100
    return int(exact.quantize(_PLACES[rule], ROUND_HALF_UP) * 100)


def by_house(area: int, price: int, rule: Rounding) -> int:
    return rounded(area * price * 100, 10_000, STEPS[rule])


def seeded_pairs() -> list[tuple[int, int]]:
    chance = random.Random(20261123)
    return [(chance.choice(AREAS), chance.choice(PRICES)) for _n in range(200_000)]


def pairs_on_the_half(rule: Rounding) -> list[tuple[int, int]]:
    """Construct every pair whose exact product lies half-way between two steps."""
    whole = 100 * STEPS[rule]  # a product of area and price is in hundredths of a fen
    found = []
    for price in PRICES:
        common = gcd(price, whole)
        if (whole // 2) % common:
            continue
        period = whole // common
        least = (whole // 2) // common * pow(price // common, -1, period) % period
        first = least + -(-(AREAS.start - least) // period) * period
        found += [(area, price) for area in range(first, AREAS.stop, period)]
    return found


def test_every_pair_on_the_half_is_found():
    """The construction against a look at all pairs of some prices."""
    for rule in Rounding:
        whole = 100 * STEPS[rule]
        constructed = pairs_on_the_half(rule)
        for price in (50, 64, 125, 280, 375, 999):
            looked = [(area, price) for area in AREAS if area * price % whole == whole // 2]
            assert [pair for pair in constructed if pair[1] == price] == looked
    # as many as a look at all 17 million pairs found
    assert [len(pairs_on_the_half(rule)) for rule in Rounding] == [449_100, 89_190, 11_992]


@pytest.mark.requirement("F2")
@pytest.mark.parametrize("rule", Rounding)
def test_amounts_agree_with_decimal_in_python_and_in_sql(rule, tmp_path):
    pairs = seeded_pairs() + pairs_on_the_half(rule)
    right = [by_decimal(area, price, rule) for area, price in pairs]
    assert [by_house(area, price, rule) for area, price in pairs] == right

    table = Table("pairs", MetaData(), *(Column(name, BigInteger) for name in ("area", "price", "right")),
                  Column("id", Integer, primary_key=True))  # fmt: skip
    engine = create_engine(f"sqlite:///{tmp_path / 'pairs.db'}", module=sqlite_module())
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        rows = ((area, price, fen) for (area, price), fen in zip(pairs, right, strict=True))
        raw.executemany("INSERT INTO pairs (area, price, right) VALUES (?, ?, ?)", rows)
        ours = rounded(table.c.area * table.c.price * 100, 10_000, STEPS[rule])
        wrong = connection.scalar(select(func.count()).where(ours != table.c.right))
        count = connection.scalar(select(func.count()).select_from(table))
    engine.dispose()
    assert (wrong, count) == (0, len(pairs))


@pytest.mark.postgres
def test_the_same_rule_in_postgresql(postgres_engine):
    pairs = pairs_on_the_half(Rounding.DIME)[::20] + seeded_pairs()[:3000]
    table = Table("pairs", MetaData(), *(Column(name, BigInteger) for name in ("area", "price", "right")))
    table.metadata.create_all(postgres_engine)
    with postgres_engine.begin() as connection:
        connection.execute(
            insert(table), [{"area": a, "price": p, "right": by_decimal(a, p, Rounding.DIME)} for a, p in pairs]
        )
        ours = rounded(table.c.area * table.c.price * 100, 10_000, STEPS[Rounding.DIME])
        assert connection.scalar(select(func.count()).where(ours != table.c.right)) == 0


# ── part months ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("first", "last", "shares"),
    [  # by_days, thirtieths, whole, halves
        ("2026-11-01", "2026-11-30", ((1, 1), (1, 1), (1, 1), (1, 1))),
        ("2026-11-16", "2026-11-30", ((15, 30), (15, 30), (1, 1), (1, 2))),
        ("2026-11-15", "2026-11-30", ((16, 30), (16, 30), (1, 1), (1, 1))),
        ("2026-12-02", "2026-12-31", ((30, 31), (1, 1), (1, 1), (1, 1))),
        ("2028-02-01", "2028-02-29", ((1, 1), (1, 1), (1, 1), (1, 1))),
        ("2028-02-29", "2028-02-29", ((1, 29), (1, 30), (1, 1), (1, 2))),
    ],
)
def test_a_part_of_a_month_is_charged_by_the_tariffs_rule(first, last, shares):
    days = date.fromisoformat(first), date.fromisoformat(last)
    rules = (PartMonth.BY_DAYS, PartMonth.THIRTIETHS, PartMonth.WHOLE, PartMonth.HALVES)
    assert tuple(part_of_month(*days, rule) for rule in rules) == shares


# ── the calculation as text ──────────────────────────────────────────────────────────────────────────────────────────


def a_rate(price="2.80", basis=Basis.BY_AREA, rounding=Rounding.CENT, part=PartMonth.BY_DAYS, **told) -> Rate:
    shown: dict = {
        "id": 1, "fee_item_id": 1, "payee_id": 1, "name": "标准", "basis": basis,
        "price": price if isinstance(price, int) else int(Decimal(price) * 10_000),
        "steps": (), "payer": Relation.OWNER, "cycle": Cycle.MONTH, "anchor": Anchor.NATURAL, "part_month": part,
        "step": STEPS[rounding], "vacant_percent": 70, "late_ppm": 0, "valid_from": date(2020, 1, 1), "valid_to": None,
        "rank": 0, "use": None, "building_id": None, "unit_id": None, "contract_id": None, "contract_ends_on": None,
        "parking_kind": None, "parking_tenure": None,
    }  # fmt: skip
    return Rate(**(shown | told))


def days(first, last):
    return date.fromisoformat(f"2026-{first}"), date.fromisoformat(f"2026-{last}")


WHOLE = days("11-01", "11-30")


@pytest.mark.requirement("F2")
@pytest.mark.parametrize(
    ("segments", "empty", "said"),
    [
        ([(a_rate(), *WHOLE)], False, (27037, "96.56 m² × 2.80 元 × 1 月 = 270.37 元")),
        ([(a_rate(), *WHOLE)], True, (18926, "96.56 m² × 2.80 元 × 1 月 × 70% = 189.26 元")),
        ([(a_rate(rounding=Rounding.YUAN), *WHOLE)], False,
         (27000, "96.56 m² × 2.80 元 × 1 月 = 270.00 元，四舍五入到元")),
        ([(a_rate(rounding=Rounding.DIME), *WHOLE)], False,
         (27040, "96.56 m² × 2.80 元 × 1 月 = 270.40 元，四舍五入到角")),
        ([(a_rate("0.5469"), *WHOLE)], False, (5281, "96.56 m² × 0.5469 元 × 1 月 = 52.81 元")),
        ([(a_rate("60", Basis.FIXED), *WHOLE)], False, (6000, "60.00 元 × 1 月 = 60.00 元")),
        ([(a_rate("38", Basis.RENT), *WHOLE)], False, (366928, "96.56 m² × 38.00 元 × 1 月 = 3669.28 元")),
        ([(a_rate(), *days("11-21", "11-30"))], False, (9012, "96.56 m² × 2.80 元 × 10/30 月 = 90.12 元")),
        ([(a_rate(part=PartMonth.HALVES), *days("11-21", "11-30"))], False,
         (13518, "96.56 m² × 2.80 元 × 1/2 月 = 135.18 元")),
        ([(a_rate(part=PartMonth.WHOLE), *days("11-21", "11-30"))], False,
         (27037, "96.56 m² × 2.80 元 × 1 月 = 270.37 元")),
        # 96.56 × 2.80 × 14/30 = 126.1717…, 96.56 × 3.00 × 16/30 = 154.496: 280.6677… in all, rounded once
        ([(a_rate(), *days("11-01", "11-14")), (a_rate("3.00"), *days("11-15", "11-30"))], False,
         (28067, "96.56 m² × 2.80 元 × 14/30 月 + 96.56 m² × 3.00 元 × 16/30 月 = 280.67 元")),
        # thirtieths and halves say how much of the month; its days share that, so a whole month stays whole
        ([(a_rate(part=PartMonth.THIRTIETHS), *days("12-01", "12-14")),
          (a_rate(part=PartMonth.THIRTIETHS), *days("12-15", "12-31"))], False,
         (27037, "96.56 m² × 2.80 元 × 14/31 月 + 96.56 m² × 2.80 元 × 17/31 月 = 270.37 元")),
        ([(a_rate(part=PartMonth.WHOLE), *days("11-01", "11-14")),
          (a_rate("3.00", part=PartMonth.WHOLE), *days("11-15", "11-30"))], False,
         (28067, "96.56 m² × 2.80 元 × 14/30 月 + 96.56 m² × 3.00 元 × 16/30 月 = 280.67 元")),
        ([(a_rate("30", Basis.FIXED), *days("11-01", "11-15")), (a_rate("2.00"), *days("11-16", "11-30"))], False,
         (11156, "30.00 元 × 15/30 月 + 96.56 m² × 2.00 元 × 15/30 月 = 111.56 元")),
        ([(a_rate(part=PartMonth.HALVES), *days("11-21", "11-25")),
          (a_rate("3.00", part=PartMonth.HALVES), *days("11-26", "11-30"))], False,
         (14001, "96.56 m² × 2.80 元 × 1/4 月 + 96.56 m² × 3.00 元 × 1/4 月 = 140.01 元")),
    ],
)  # fmt: skip
def test_the_calculation_says_how_the_amount_came_about(segments, empty, said):
    assert plan(tuple(segments), empty=empty).charge(9656) == said


STEPPED = ((2_500, 35_000), (5_000, 50_000), (None, 80_000))
"""Up to 25.00 at 3.50, up to 50.00 at 5.00, above at 8.00."""


@pytest.mark.parametrize(
    ("rate", "used", "meters", "said"),
    [
        ({"price": 63_000}, "15.00", ["上期 120.00 本期 135.00 用量 15.00"],
         (9450, "上期 120.00 本期 135.00 用量 15.00 × 6.30 元 = 94.50 元")),
        ({"price": 63_000}, "9.00", ["A 上期 1.00 本期 6.00 用量 5.00", "B 上期 2.00 本期 6.00 用量 4.00"],
         (5670, "A 上期 1.00 本期 6.00 用量 5.00；B 上期 2.00 本期 6.00 用量 4.00；9.00 × 6.30 元 = 56.70 元")),
        ({"steps": STEPPED}, "25.00", ["用量 25.00"], (8750, "用量 25.00 × 3.50 元 = 87.50 元")),
        ({"steps": STEPPED}, "25.01", ["用量 25.01"],
         (8755, "用量 25.01；25.00 × 3.50 元 + 0.01 × 5.00 元 = 87.55 元")),
        ({"steps": STEPPED}, "60.00", ["用量 60.00"],
         (29250, "用量 60.00；25.00 × 3.50 元 + 25.00 × 5.00 元 + 10.00 × 8.00 元 = 292.50 元")),
        ({"price": 63_000}, "1.00", ["长" * 400], (630, "1.00 × 6.30 元 = 6.30 元")),
    ],
)  # fmt: skip
def test_what_is_metered_says_the_meters_and_the_steps(rate, used, meters, said):
    way = plan(((a_rate(basis=Basis.METERED, **rate), *WHOLE),), empty=False)
    assert metered(way, Decimal(used), meters) == said


@given(
    area=st.integers(1, 100_000),
    prices=st.lists(st.integers(1, 200_000), min_size=1, max_size=4),
    rule=st.sampled_from(Rounding),
    percent=st.integers(0, 100),
    month=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
)
def test_parts_of_a_month_are_added_exactly_and_rounded_once(area, prices, rule, percent, month):
    """Against fractions added by hand: the months' days are cut into as many stretches as there are prices."""
    length = days_in_month(month)
    cuts = [length * n // len(prices) for n in range(len(prices) + 1)]
    segments = tuple(
        (a_rate(rounding=rule, vacant_percent=percent, id=n, price=p), month.replace(day=a + 1), month.replace(day=b))
        for n, (p, a, b) in enumerate(zip(prices, cuts, cuts[1:], strict=False))
    )
    exact = sum(
        (Fraction(area * price, 10_000) * Fraction(b - a, length) * Fraction(percent, 100)
         for price, a, b in zip(prices, cuts, cuts[1:], strict=False)),
        Fraction(),
    )  # fmt: skip
    step = STEPS[rule]
    assert plan(segments, empty=True).charge(area)[0] == int((exact / step + Fraction(1, 2)) // 1) * step
