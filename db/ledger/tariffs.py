"""Keeping tariffs 收费标准: written down, ended, followed by a new price; never changed under a bill (F1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from db.checking import clean_text
from db.ledger.pricing import PRICE_SCALE, shown_price
from db.ledger.tables import Tariff
from db.ledger.tariff_rules import has_bills
from db.people import Right, require
from db.refused import Refused
from db.registering import locked, save, saved_by
from db.session import actor_of
from db.words import _

Steps = list[list[str | None]]
"""`[[up_to, price], …]` as stored: quantities of one month and prices as text, the last without an end."""

_COPIED = (
    "estate_id", "fee_item_id", "name", "use", "parking_kind", "parking_tenure", "building_id", "unit_id",
    "contract_id", "basis", "payer", "cycle", "anchor", "part_month", "rounding", "vacant_percent", "late_clause",
    "late_ppm",
)  # fmt: skip


def save_tariff(
    session: Session,
    values: Mapping[str, Any],
    tariff_id: int | None = None,
    version: int | None = None,
    *,
    steps: Steps | None = None,
    token: str | None = None,
) -> int:
    """Write a tariff down (`tariff_id` None), or correct one that has made no bill yet; returns its id.

    `steps` left out stay as they are; an empty list takes them away.
    Raises `Refused` with problems by field: overlaps with another just as exact, a price without a filing number on
    what is collected for a utility, a beginning in a closed month, any change of what bills stand on.
    """
    also = {} if steps is None else {"steps": steps or None}
    return save(session, Tariff, values, tariff_id, version, token=token, also=also)


def end_tariff(
    session: Session, tariff_id: int, last_day: date, version: int | None = None, *, token: str | None = None
) -> None:
    """Enter the last day of a tariff. Bills made for later days from it stay as they are."""
    save(session, Tariff, {"valid_to": last_day}, tariff_id, version, token=token)


def follow_tariff(
    session: Session,
    tariff_id: int,
    valid_from: date,
    version: int | None = None,
    *,
    price: Any,
    filing_number: str,
    steps: Steps | None = None,
    token: str | None = None,
) -> int:
    """Let a new price follow from a day on: the old tariff ends the day before, a copy begins. Returns the copy's id.

    Both or neither. `filing_number` says by what right the price changes (filing, owners' decision, clause): a price
    raised alone is money to be given back (最高法 2020 物业纠纷解释 2). Bills already made stay.
    """
    require(actor_of(session), Right.EDIT_TARIFFS)
    if (done := saved_by(session, token)) is not None:
        return done
    old: Tariff = locked(session, Tariff, tariff_id, version)
    if not clean_text(filing_number or ""):
        missing = _("请填写调价的依据：备案文号、业主大会决定或合同条款。")
        raise Refused(missing, {"filing_number": missing})
    if valid_from <= old.valid_from:
        early = _("新价格要从 {day} 以后开始；那天的价格写错了而还没出账的，请直接修改。", day=old.valid_from)
        raise Refused(early, {"valid_from": early})
    if old.valid_to is not None and valid_from > old.valid_to + timedelta(days=1):
        late = _("原标准到 {day} 为止，新价格最迟从次日开始，中间不能空缺。", day=old.valid_to)
        raise Refused(late, {"valid_from": late})
    until = old.valid_to if old.valid_to is not None and old.valid_to >= valid_from else None
    if old.valid_to is None or old.valid_to >= valid_from:
        end_tariff(session, tariff_id, valid_from - timedelta(days=1))
    values = {name: getattr(old, name) for name in _COPIED}
    values |= {"price": price, "valid_from": valid_from, "valid_to": until, "filing_number": filing_number}
    return save(session, Tariff, values, token=token, also={"steps": steps or None})


def may_be_changed(session: Session, tariff_id: int) -> bool:
    """Say whether a tariff may still be corrected as a whole: no bill stands on it."""
    return not has_bills(session, tariff_id)


# ── steps, as people write them ──────────────────────────────────────────────────────────────────────────────────────

_FIGURES = re.compile(r"\d+(?:\.\d+)?")


def steps_typed(text: str | None) -> Steps | None:
    """Read steps as typed, a line each: `15 6.30`, `16-25 7.80`, the last without an end: `9.30` or `25… 9.30`.

    None for nothing typed. Raises `Refused` for a line that says no price.
    """
    lines = [line for line in clean_text(unicodedata.normalize("NFKC", text or "")).split("\n") if line.strip()]
    steps: Steps = []
    for number, line in enumerate(lines, start=1):
        figures = _FIGURES.findall(line.replace(",", ""))
        if not figures:
            wrong = _("第 {row} 行没有看到单价，请写成“15 6.30”：用量至 15，单价 6.30。", row=number)
            raise Refused(wrong, {"steps": wrong})
        up_to = figures[-2] if len(figures) > 1 else None
        if number == len(lines) and up_to is not None and _is_beyond(steps, up_to):
            up_to = None
        steps.append([up_to, figures[-1]])
    return steps or None


def _is_beyond(steps: Steps, up_to: str) -> bool:
    """Say whether the last line names where it begins (`25 and more`), not where it ends."""
    before = steps[-1][0] if steps else None
    return before is not None and Decimal(up_to) <= Decimal(before) + 1


def steps_said(steps: Steps | None) -> str:
    """Write steps as they may be typed again."""
    return "\n".join(" ".join(filter(None, (up_to, _said_price(price)))) for up_to, price in steps or ())


def _said_price(price: str | None) -> str:
    return f"{shown_price(int(Decimal(price or 0) * PRICE_SCALE)):f}"


def ppm_typed(text: str | None) -> int:
    """Read a late fee's rate as typed in per cent a day: `0.05` is 500 millionths; nothing typed is no rate.

    Raises `Refused` for what is no number or has more than four decimals.
    """
    typed = unicodedata.normalize("NFKC", clean_text(text or "")).removesuffix("%").strip()
    if not typed:
        return 0
    wrong = _("请按百分数填写，最多四位小数，例如 0.05（即每日万分之五）。")
    if not _FIGURES.fullmatch(typed) or (ppm := Decimal(typed) * 10_000) != ppm.to_integral_value():
        raise Refused(wrong, {"late_ppm": wrong})
    return int(ppm)
