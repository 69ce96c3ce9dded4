"""One action on many matters: each by the rules, each for itself, all in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.cases import Case
from db.people import Actor, in_scope
from db.process import Action, Process, perform
from db.refused import Refused
from db.session import actor_of
from db.words import _

MOST = 200
"""So many matters at a time: the whole office waits while one transaction writes."""


def actions_for_all(actor: Actor, process: Process, states: Collection[str]) -> list[Action]:
    """List the actions that the actor's roles may do from every one of `states`, main ones first."""
    if not states:
        return []
    first = process.actions_from(next(iter(states)))
    return [each for each in first if each.roles & actor.roles and set(states) <= set(each.sources)]


def perform_all(
    session: Session,
    ids: Iterable[int],
    action: str,
    values: Mapping[str, Any],
    *,
    versions: Mapping[int, int] | None = None,
    at: datetime | None = None,
    note: str = "",
    token: str | None = None,
) -> list[tuple[str, str | None]]:
    """Perform one action on each of `ids`; returns (number, why refused or `None`) for each, in the order given.

    Each is a savepoint of its own: one refusal changes nothing for the others, and the caller's block commits once.
    `versions` are those the list showed (by id); `at` is when it happened, if not now; `token` makes a second press
    of the same form a no-op. Raises `Refused` for more than `MOST`.
    """
    chosen = list(dict.fromkeys(ids))
    if len(chosen) > MOST:
        raise Refused(_("一次最多办理 {most} 张单，现在选了 {n} 张，请分几次办理。", most=MOST, n=len(chosen)))
    numbers = _numbers(session, chosen)
    told: dict[int, str | None] = {}
    for case_id in sorted(chosen):  # in the order of keys, so that two people's bulk actions never lock each other out
        seen, own = (versions or {}).get(case_id), f"{token}.{case_id}" if token else None
        try:
            with session.begin_nested():
                perform(session, case_id, action, values, version=seen, at=at, note=note, token=own)
            told[case_id] = None
        except Refused as refused:
            others = [text for text in dict.fromkeys(refused.problems.values()) if text != refused.message]
            told[case_id] = " ".join([refused.message, *others])
    return [(numbers.get(case_id, f"#{case_id}"), told[case_id]) for case_id in chosen]


def _numbers(session: Session, ids: list[int]) -> dict[int, str]:
    rows = session.execute(in_scope(select(Case.id, Case.number).where(Case.id.in_(ids)), actor_of(session), Case))
    return {row.id: row.number for row in rows}
