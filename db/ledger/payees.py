"""Payees 收款单位 as screens name them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.ledger.tables import Payee
from db.session import actor_of


def names(session: Session, estate_ids: Collection[int] = ()) -> dict[int, str]:
    """Name the payees of the actor's estates, or of those among them that are wished for, in the order of entry."""
    estates = actor_of(session).estates & set(estate_ids) if estate_ids else actor_of(session).estates
    rows = session.execute(select(Payee.id, Payee.name).where(Payee.estate_id.in_(estates)).order_by(Payee.id))
    return {key: name for key, name in rows}  # noqa: C416 - rows are not pairs to mypy
