"""Handing over the result 领取: papers issued for a customer that he has not taken yet, and who took them (S11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.audit import record
from db.base import NAME_LENGTH, Base, Name
from db.clock import now
from db.dossiers.one_window import is_at_the_window
from db.papers.tables import IssuedPaper
from db.refused import Refused
from db.session import actor_of
from db.words import _

LOOKS_BACK = timedelta(days=90)
"""Papers older than that are not waited for any more."""


class PaperHandover(Base):
    """A paper that a customer took along: who, when, from whom."""

    __tablename__ = "paper_handovers"
    __table_args__ = (UniqueConstraint("paper_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("issued_papers.id"))
    taken_by: Mapped[Name]
    taken_at: Mapped[datetime]
    handed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))


@dataclass(frozen=True)
class Result:
    """A paper that is ready, or waits for a signature first."""

    paper_id: int
    title: str
    number: str
    at: datetime
    to_sign: bool
    """To be signed by the customer before he takes his copy."""


def results_of(session: Session, unit_id: int) -> list[Result]:
    """List the papers of a unit that lie ready, the oldest first; those not signed yet say so."""
    from db.papers.registry import KINDS  # noqa: PLC0415 - the papers are declared with the processes

    taken = select(PaperHandover.paper_id)
    rows = session.scalars(
        select(IssuedPaper)
        .where(
            IssuedPaper.unit_id == unit_id, IssuedPaper.void_at.is_(None), IssuedPaper.issued_at >= now() - LOOKS_BACK,
            IssuedPaper.estate_id.in_(actor_of(session).estates), IssuedPaper.id.not_in(taken),
        )
        .order_by(IssuedPaper.id)
    )  # fmt: skip
    newest: dict[tuple[str, str, int, int], IssuedPaper] = {}
    for each in rows:  # a new one replaces the last of its kind, unless several are in force at once
        kind = KINDS.get(each.kind)
        many = each.id if kind is not None and kind.many else 0
        newest[each.kind, each.subject, each.subject_id, many] = each
    return [
        Result(
            each.id, str(each.data["title"]), each.number, each.issued_at,
            bool(each.kind in KINDS and KINDS[each.kind].returns and each.signed_on is None),
        )
        for each in newest.values()
    ]  # fmt: skip


def hand_over(session: Session, paper_ids: Collection[int], taken_by: str) -> int:
    """Write down that a customer took papers along; says how many, those taken already are passed over.

    Raises `Refused` for whoever does not receive customers, for a paper that is void, unsigned or not of his estates.
    """
    actor = actor_of(session)
    name = " ".join(taken_by.split())
    if not is_at_the_window(actor):
        raise Refused(_("一站式服务由客户服务中心办理。"))
    if not paper_ids:
        raise Refused(_("请先勾选领取的单据。"), {"papers": _("请先勾选领取的单据。")})
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Refused(_("请填写领取人。"), {"taken_by": _("请填写领取人。")})
    handed = 0
    for paper_id in sorted(paper_ids):
        paper = session.get(IssuedPaper, paper_id, with_for_update=True)
        if paper is None or paper.estate_id not in actor.estates or paper.unit_id is None:
            raise Refused(_("没有找到这张单据。"))
        if paper.void_at is not None:
            raise Refused(_("{number} 已作废，不能交给客户。", number=paper.number))
        if any(each.paper_id == paper_id and each.to_sign for each in results_of(session, paper.unit_id)):
            raise Refused(_("{number} 还没有登记签收，请客户先签字。", number=paper.number))
        if session.scalar(select(PaperHandover.id).where(PaperHandover.paper_id == paper_id)) is not None:
            continue
        session.add(PaperHandover(paper_id=paper_id, taken_by=name, taken_at=now(), handed_by=actor.user_id))
        record(session, "handed_over", "issued_papers", paper_id, estate_id=paper.estate_id,
               after={"number": paper.number, "taken_by": name})  # fmt: skip
        handed += 1
    session.flush()
    return handed


__all__ = ["LOOKS_BACK", "PaperHandover", "Result", "hand_over", "results_of"]
