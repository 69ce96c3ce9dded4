"""Months as a cashier types them after 交至."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.ledger.typed_months import month_typed, plus_months

HERE = date(2026, 11, 1)


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    ("typed", "begin", "meant"),
    [
        ("2026-12", HERE, date(2026, 12, 1)), ("202612", HERE, date(2026, 12, 1)), ("26-12", HERE, date(2026, 12, 1)),
        ("2026年12月", HERE, date(2026, 12, 1)), ("１２", HERE, date(2026, 12, 1)),
        (" 2027.3 ", HERE, date(2027, 3, 1)),
        ("12", HERE, date(2026, 12, 1)), ("11", HERE, date(2026, 11, 1)), ("10", HERE, date(2027, 10, 1)),
        ("9", date(2026, 7, 1), date(2026, 9, 1)), ("3", date(2026, 12, 1), date(2027, 3, 1)),
        ("+3", HERE, date(2027, 1, 1)), ("+1", date(2026, 5, 1), HERE), ("+12", date(2027, 1, 1), date(2027, 12, 1)),
        ("", HERE, None), ("13", HERE, None), ("2026-13", HERE, None), ("+0", HERE, None), ("后年", HERE, None),
        ("2026-12-01", HERE, None), ("123", HERE, None), ("1999-12", HERE, None),
    ],
)  # fmt: skip
def test_a_month_is_understood_as_it_is_typed(typed, begin, meant):
    assert month_typed(typed, begin, HERE) == meant


@given(st.integers(1, 12), st.integers(0, 40))
def test_a_bare_number_is_the_next_such_month_not_yet_paid(number, after):
    begin = plus_months(HERE, after)
    meant = month_typed(str(number), begin, HERE)
    assert meant.month == number
    assert begin <= meant < plus_months(begin, 12)
