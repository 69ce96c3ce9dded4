"""Times as a clerk types or says them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from db import clock
from db.typed_moments import moment_typed, shown_moment

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.ZONE)


def read(typed, *, ahead=False) -> str | None:
    with clock.pretending(MONDAY):
        moment = moment_typed(typed, ahead=ahead)
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("14:20", "2026-11-23 14:20"),
        ("14：20", "2026-11-23 14:20"),
        ("1420", "2026-11-23 14:20"),
        ("14.20", "2026-11-23 14:20"),
        ("930", "2026-11-23 09:30"),
        ("9", "2026-11-23 09:00"),
        ("14点20分", "2026-11-23 14:20"),
        ("2点半", "2026-11-23 02:30"),
        ("下午2点半", "2026-11-23 14:30"),
        ("中午12点", "2026-11-23 12:00"),
        ("中午1点", "2026-11-23 13:00"),
        ("晚上8:05", "2026-11-23 20:05"),
        ("昨天 9:30", "2026-11-22 09:30"),
        ("昨天下午3点一刻", "2026-11-22 15:15"),
        ("11-22 14:20", "2026-11-22 14:20"),
        ("11.22 14.20", "2026-11-22 14:20"),
        ("1122 1420", "2026-11-22 14:20"),
        ("11月22日 14时", "2026-11-22 14:00"),
        ("2025-12-31 23:59", "2025-12-31 23:59"),
        ("20251231 2359", "2025-12-31 23:59"),
        ("2025-12-31T08:00", "2025-12-31 08:00"),
        ("今天 0:05", "2026-11-23 00:05"),
    ],
)
def test_what_a_clerk_types_is_understood(typed, meant):
    assert read(typed) == meant


@pytest.mark.parametrize(
    ("typed", "behind", "ahead"),
    [
        ("周六 9:00", "2026-11-21 09:00", "2026-11-28 09:00"),
        ("周一 9:00", "2026-11-23 09:00", "2026-11-23 09:00"),
        ("下周一 10点", "2026-11-30 10:00", "2026-11-30 10:00"),
        ("上星期五 10点", "2026-11-20 10:00", "2026-11-20 10:00"),
        ("礼拜天 8:00", "2026-11-22 08:00", "2026-11-29 08:00"),
        ("1-3 9:00", "2027-01-03 09:00", "2027-01-03 09:00"),
    ],
)
def test_a_weekday_is_the_last_one_or_for_appointments_the_coming_one(typed, behind, ahead):
    assert (read(typed), read(typed, ahead=True)) == (behind, ahead)


@pytest.mark.parametrize(
    "typed", ["", "abc", "25:00", "9:75", "昨天", "11-22", "2-30 9:00", "2026-13-01 8:00", "-5", "12.5.6", "9:00 左右"]
)
def test_what_names_no_time_is_not_guessed(typed):
    assert read(typed) is None


def test_a_slip_of_december_typed_in_january_is_last_years():
    with clock.pretending(datetime(2027, 1, 3, 9, 0, tzinfo=clock.ZONE)):
        assert shown_moment(moment_typed("12-30 16:00")) == "2026-12-30 16:00"


def test_a_moment_is_shown_as_it_can_be_typed():
    with clock.pretending(MONDAY):
        moment = datetime(2026, 11, 22, 6, 20, tzinfo=UTC)
        assert (shown_moment(moment), moment_typed(shown_moment(moment))) == ("11-22 14:20", moment)
        assert shown_moment(datetime(2025, 11, 22, 6, 20, tzinfo=UTC)) == "2025-11-22 14:20"
