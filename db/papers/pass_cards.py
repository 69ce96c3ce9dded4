"""Worker passes as cards: which have been made out, and the cards of several in one file, as they were issued."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.audit import record
from db.papers.contents import Paper
from db.papers.renovation_papers import PASSES
from db.papers.tables import IssuedPaper
from db.refused import Refused
from db.session import actor_of
from db.words import _

KIND = "site_pass"
MOST = 60


def cards_of(session: Session, pass_ids: Collection[int]) -> dict[int, int]:
    """Say which passes have a card in force: id of the pass → id of its issued paper; one query."""
    rows = session.execute(
        select(IssuedPaper.subject_id, IssuedPaper.id)
        .where(
            IssuedPaper.kind == KIND, IssuedPaper.subject == PASSES, IssuedPaper.subject_id.in_(pass_ids),
            IssuedPaper.void_at.is_(None), IssuedPaper.estate_id.in_(actor_of(session).estates),
        )
        .order_by(IssuedPaper.id)
    )  # fmt: skip
    return {subject: paper for subject, paper in rows}  # noqa: C416 - rows are not pairs to mypy


def printed(session: Session, pass_ids: Collection[int]) -> list[Paper]:
    """Return the frozen data of the cards of several passes, in that order; the printing is logged.

    Raises `Refused` where one has no card, or there are too many.
    """
    cards = cards_of(session, pass_ids)
    if not pass_ids or len(pass_ids) > MOST:
        raise Refused(_("一次最多打印 {n} 张出入证。", n=MOST))
    if set(pass_ids) - set(cards):
        raise Refused(_("有出入证还没有开具，请先开具再打印。"))
    papers = {each.id: each for each in session.scalars(select(IssuedPaper).where(IssuedPaper.id.in_(cards.values())))}
    found = [papers[cards[each]] for each in pass_ids]
    record(session, "printed", "issued_papers", None, estate_id=found[0].estate_id,
           after={"numbers": [each.number for each in found]})  # fmt: skip
    return [each.data for each in found]
