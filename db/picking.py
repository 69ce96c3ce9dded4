"""Choosing one unit or one customer by whatever is known of it: what the picker of every form offers."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from db import search_hits
from db.people import Actor
from db.search import find
from db.search_hits import Hit
from db.session import actor_of

UNITS, CUSTOMERS = "units", "customers"
MOST_OFFERED = 6
_UNITS_OPENED = 3
"""Of so many units found, those who live there are offered as customers."""


def offered(session: Session, target: str, typed: str, limit: int = MOST_OFFERED) -> list[Hit]:
    """Offer units (or customers) for what was typed, best first, each once: `hit.unit_id` (`customer_id`) is the key.

    People and plates lead to the units they belong to, units to the customers who live there.
    """
    actor = actor_of(session)
    hits = find(session, typed, kinds=("unit", "customer", "vehicle"), limit=limit * 2)
    if target == CUSTOMERS:
        hits = _people(session, actor, hits)
    made: dict[int, Hit] = {}
    for hit in hits:
        if (key := key_of(target, hit)) is not None:
            made.setdefault(key, hit)
    return list(made.values())[:limit]


def living_in(session: Session, unit_id: int) -> list[Hit]:
    """Offer the customers who hold a unit now, the owner first; none to who does not see people."""
    actor = actor_of(session)
    if not actor.sees_all or not _is_in_sight(session, actor, UNITS, unit_id):
        return []
    living = search_hits.customers(session, actor, search_hits.residents(session, [unit_id]))
    return [hit for hit in living if hit.unit_id == unit_id]


def key_of(target: str, hit: Hit) -> int | None:
    """Say which unit or customer a hit stands for, if it does."""
    return hit.unit_id if target == UNITS else hit.customer_id


def surely_meant(hits: list[Hit]) -> Hit | None:
    """Say which hit needs no choosing: the only one, or the only one that is exactly what was typed."""
    exact = [hit for hit in hits if hit.rank == 0]
    if len(hits) == 1:
        return hits[0]
    return exact[0] if len(exact) == 1 else None


def described(session: Session, target: str, key: int) -> Hit | None:
    """Describe a unit or customer already chosen; None when it is not in the actor's estates."""
    actor = actor_of(session)
    show = search_hits.units if target == UNITS else search_hits.customers
    return next(iter(show(session, actor, [key])), None) if _is_in_sight(session, actor, target, key) else None


def _is_in_sight(session: Session, actor: Actor, target: str, key: int) -> bool:
    from db.references import TARGETS  # noqa: PLC0415 - only here

    row = session.get(TARGETS[target], key)
    return row is not None and row.estate_id in actor.estates and (target == UNITS or actor.sees_all)


def _people(session: Session, actor: Actor, hits: list[Hit]) -> list[Hit]:
    """Open the units found into those who live there, in their place among the hits."""
    units = [hit.id for hit in hits if hit.kind == "unit"][:_UNITS_OPENED]
    if not units or not actor.sees_all:
        return hits
    living = search_hits.customers(session, actor, search_hits.residents(session, units))
    made: list[Hit] = []
    for hit in hits:
        if hit.kind == "unit":
            made += [replace(each, rank=hit.rank) for each in living if each.unit_id == hit.id]
        else:
            made.append(hit)
    return made


def proposed_customer(session: Session, unit_id: int, typed: str) -> int | None:
    """Propose whose matter it is when a unit was found by `typed`: the person named, else who holds the unit first."""
    actor = actor_of(session)
    if not actor.sees_all:
        return None
    living = search_hits.residents(session, [unit_id])
    named = [hit.customer_id for hit in find(session, typed, kinds=("customer", "vehicle"))] if typed.strip() else []
    return next((each for each in named if each in living), living[0] if living else None)
