"""A share of something, and which estates figures are for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from sqlalchemy.orm import Session

from db.people import Right, require
from db.session import actor_of


@dataclass(frozen=True)
class Share:
    """A numerator and a denominator, never a rate alone."""

    numerator: int
    denominator: int

    def rate(self, target: int | None = None) -> Decimal | None:
        """Return per cent with one decimal; `None` where there is nothing to divide by.

        Rounded half up, but down where rounding would lift a missed `target` over its line.
        """
        if not self.denominator:
            return None
        exact = Decimal(self.numerator) * 100 / self.denominator
        rate = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
        if target is not None and exact < target <= rate:
            return exact.quantize(Decimal("0.1"), ROUND_DOWN)
        return rate


def estates_shown(session: Session, wished: Collection[int] = ()) -> list[int]:
    """Return which estates figures are for: those of `wished` that are the actor's, else all of his.

    Raises `Refused` without `SEE_FIGURES`.
    """
    actor = actor_of(session)
    require(actor, Right.SEE_FIGURES)
    return sorted(actor.estates & set(wished) if wished else actor.estates)
