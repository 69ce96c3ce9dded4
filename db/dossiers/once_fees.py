"""What a card, a key or a name plate costs: one-off tariffs, charged once by rule of the house (A2, I5; HB:322-323)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from db.clock import today
from db.ledger.charges import place_of
from db.ledger.choosing import Tariffs
from db.ledger.counting import items_of
from db.ledger.pricing import shown_price
from db.ledger.tables import Basis
from db.registry import Unit


@dataclass(frozen=True)
class OnceFee:
    """A fee item that is charged on an occasion, at its price for a unit today."""

    fee_item_id: int
    name: str
    price: Decimal
    """Yuan each."""


def once_fees(session: Session, unit: Unit) -> dict[int, OnceFee]:
    """List what is charged once, with what it costs this unit today, by fee item in their order."""
    day = today()
    tariffs, place = Tariffs.load(session, unit.estate_id, day, day), place_of(unit)
    found = {}
    for item in items_of(session, unit.estate_id):
        rate = tariffs.on(place, item.id, day)
        if rate is not None and rate.basis == Basis.ONCE:
            found[item.id] = OnceFee(item.id, item.name, shown_price(rate.price))
    return found


def likely_fee(fees: dict[int, OnceFee], *words: str) -> OnceFee | None:
    """Propose the fee whose name has one of some words, the first word first."""
    named = (each for word in words for each in fees.values() if word and word in each.name)
    return next(named, None)


__all__ = ["OnceFee", "likely_fee", "once_fees"]
