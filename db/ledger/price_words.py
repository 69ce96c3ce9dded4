"""A price as people say it: 2.80 元/m²·月, 260.00 元/月, 0.98 元/度, by steps from 6.30."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from db.ledger.pricing import PRICE_SCALE, shown_price
from db.ledger.tables import Basis, FeeKind
from db.words import Words, _

_PER_USE: dict[FeeKind, Words] = {
    FeeKind.POWER: _("元/度"), FeeKind.WATER: _("元/吨"), FeeKind.GAS: _("元/m³"),
    FeeKind.AIR_CONDITIONING: _("元/小时"),
}  # fmt: skip
_PER: dict[Basis, Words] = {
    Basis.BY_AREA: _("元/m²·月"), Basis.RENT: _("元/m²·月"), Basis.FIXED: _("元/月"),
}  # fmt: skip


def unit_of_price(basis: Basis, kind: FeeKind) -> Words:
    """Say what a price is per."""
    if basis is Basis.METERED:
        return _PER_USE.get(kind, _("元/单位用量"))
    if basis is Basis.ONCE and kind is FeeKind.AIR_CONDITIONING:
        return _PER_USE[kind]
    return _PER.get(basis, _("元(按次)"))


def price_said(price: Decimal, basis: Basis, kind: FeeKind, steps: Sequence[Sequence[str | None]] = ()) -> str:
    """Say a tariff's price with its unit; of steps, each with where it ends."""
    unit = unit_of_price(basis, kind)
    if not steps:
        return f"{price:f} {unit}"
    return str(_("；")).join(str(_step(up_to, said)) for up_to, said in steps) + f" {unit}"


def _step(up_to: str | None, price: str | None) -> Words:
    said = f"{shown_price(int(Decimal(price or 0) * PRICE_SCALE)):f}"
    return _("以上 {price}", price=said) if up_to is None else _("至 {up_to} 为 {price}", up_to=up_to, price=said)


def percent_a_day(ppm: int) -> str:
    """Say a late fee's rate: 500 is 0.05%."""
    return f"{(Decimal(ppm) / 10_000).normalize():f}%"
