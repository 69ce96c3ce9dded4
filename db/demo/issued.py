"""How the demonstration issues its papers: printed by whoever hands in the printer, signed for on the same day."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from db.clock import today
from db.demo.diary import acting
from db.demo.scene import Scene
from db.papers import issuing
from db.people import Actor

RECENTLY = timedelta(days=2)
"""Papers of everyday things are printed from so long before the last moment on."""


def issue(scene: Scene, session: Session, who: Actor, kind: str, subject_id: int, *, signed_by: str = "") -> None:
    """Issue a paper in the name of `who`; back with a signature at once where one is named."""
    with acting(session, who):
        paper = issuing.issue(session, kind, subject_id, scene.render)
        if signed_by:
            issuing.record_signature(session, paper.id, signed_by, today())
