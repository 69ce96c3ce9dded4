"""How the demonstration's dossiers take their steps: on a day, in office hours, typed as they happen."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from db.checklists import ItemKind, items_of, tick
from db.clock import moment_of
from db.demo.diary import acting, minutes
from db.demo.scene import Scene
from db.people import Actor
from db.process import perform

Steps = Generator[datetime, Session, None]


def on(scene: Scene, day: date, first: float = 9, last: float = 16.5) -> datetime:
    """Pick a moment of a day between two hours."""
    return moment_of(day) + minutes(scene.random, first * 60, last * 60)


def do(who: Actor, at: datetime, case_id: int, action: str, values: Mapping[str, Any] | None = None) -> Steps:
    """Wait until then, and perform an action as `who`."""
    session = yield at
    with acting(session, who):
        perform(session, case_id, action, dict(values or {}))


def tick_all(who: Actor, at: datetime, case_id: int, before: str = "") -> Steps:
    """Wait until then, and tick off all that the customer brought and signed (of what waits `before` a step)."""
    session = yield at
    with acting(session, who):
        waiting = {
            each.id: ""
            for each in items_of(session, case_id)
            if each.kind is not ItemKind.KNOWN and each.done_at is None and (not before or each.before == before)
        }
        if waiting:
            tick(session, case_id, waiting)
