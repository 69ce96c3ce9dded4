"""What screens read of publications: the list of an estate, and one with its sheets, approvals and postings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db import approvals
from db.accounts import publications, sheets
from db.accounts.publications import SUBJECT
from db.accounts.sheets import Difference, Sheets
from db.accounts.tables import Posting, Publication, PublicationSnapshot, Span, State
from db.approvals import Approval, Verdict
from db.people import Right, Role, User, in_scope, require
from db.registry import Estate
from db.reports.periods import Period
from db.session import actor_of
from db.words import Words, _


@dataclass(frozen=True)
class Listed:
    """A publication in a list."""

    id: int
    estate: str
    estate_id: int
    span: Span
    period: Period
    edition: int
    state: State

    @property
    def title(self) -> Words:
        """Name it by its period, and the edition where there are several."""
        if self.edition == 1:
            return self.period.label
        return _("{period}（第{n}版）", period=self.period.label, n=self.edition)


@dataclass(frozen=True)
class Step:
    """One step of its way: what, who, when, with which words."""

    label: Words
    done: bool
    by: str = ""
    at: datetime | None = None
    note: str = ""
    denied: bool = False
    role: Role | None = None
    """Whose turn it is, while it waits."""


@dataclass(frozen=True)
class Hung:
    """One place where it hangs or hung."""

    place: str
    from_on: date
    until_on: date
    taken_down_on: date | None
    by: str
    at: datetime
    """When it was entered."""


@dataclass(frozen=True)
class View:
    """One publication as its page shows it."""

    about: Listed
    version: int
    remark: str
    sheets: Sheets
    """Frozen ones where it has been handed in, else as they stand."""
    sha256: str
    """Empty while nothing is frozen."""
    frozen_at: datetime | None
    steps: tuple[Step, ...]
    denial: Step | None
    """Why it came back, while it is being prepared again."""
    to_decide: int | None
    """The approval that waits for the session's actor."""
    missing: tuple[Words, ...]
    differences: tuple[Difference, ...]
    postings: tuple[Hung, ...]


def listed(session: Session, estate_ids: Collection[int] = (), limit: int = 60) -> list[Listed]:
    """List publications, latest period first."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    statement = (
        select(Publication, Estate.name)
        .join(Estate, Estate.id == Publication.estate_id)
        .order_by(Publication.last_on.desc(), Publication.first_on, Publication.edition.desc(), Publication.id)
        .limit(limit)
    )
    if estate_ids:
        statement = statement.where(Publication.estate_id.in_(estate_ids))
    return [_listed(row, estate) for row, estate in session.execute(in_scope(statement, actor, Publication))]


def _listed(row: Publication, estate: str) -> Listed:
    return Listed(
        row.id, estate, row.estate_id, row.span, Period(row.first_on, row.last_on), row.edition, row.state
    )


def view(session: Session, publication_id: int) -> View:
    """Read one publication; raises `Refused` outside the actor's estates."""
    row = publications.found(session, publication_id)
    snapshot = publications.snapshot_of(session, publication_id)
    preparing = row.state is State.PREPARING
    stands = publications.live(session, row)
    shown = stands if preparing or snapshot is None else sheets.thawed(snapshot.body)
    steps = approvals.steps_of(session, SUBJECT, snapshot.id) if snapshot is not None else []
    names = _names(session, row, snapshot, steps)
    postings = _postings(session, publication_id)
    estate = session.get_one(Estate, row.estate_id).name
    return View(
        about=_listed(row, estate), version=row.version, remark=row.remark, sheets=shown,
        sha256="" if preparing or snapshot is None else snapshot.sha256,
        frozen_at=None if preparing or snapshot is None else snapshot.made_at,
        steps=_steps(row, snapshot, steps, names, postings),
        denial=next((_denied(each, names) for each in steps if each.verdict is Verdict.DENIED), None)
        if preparing else None,
        to_decide=_waiting(session, steps),
        missing=tuple(publications.missing(session, row, stands)) if preparing else (),
        differences=() if preparing else tuple(sheets.differences(shown, stands)),
        postings=postings,
    )  # fmt: skip


def _names(
    session: Session, row: Publication, snapshot: PublicationSnapshot | None, steps: Collection[Approval]
) -> dict[int, str]:
    ids = {row.prepared_by, *(each.decided_by for each in steps if each.decided_by)}
    ids |= {snapshot.made_by} if snapshot is not None else set()
    return {key: name for key, name in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}  # noqa: C416


def _waiting(session: Session, steps: Collection[Approval]) -> int | None:
    mine = {each.id for each in approvals.waiting_for(session)} if steps else set()
    return next((each.id for each in steps if each.id in mine), None)


def _denied(step: Approval, names: dict[int, str]) -> Step:
    return Step(
        _("退回"), done=True, by=names.get(step.decided_by or 0, ""), at=step.decided_at, note=step.note, denied=True
    )


_MARKS = (_("审核"), _("批准"))
"""What the first and the second of the two do (HB:152)."""


def _steps(
    row: Publication, snapshot: PublicationSnapshot | None, asked: Collection[Approval], names: dict[int, str],
    postings: Collection[Hung],
) -> tuple[Step, ...]:  # fmt: skip
    """Tell its way from preparing to posting; what was denied begins anew."""
    begun = row.state is not State.PREPARING and snapshot is not None
    maker = snapshot.made_by if begun and snapshot is not None else row.prepared_by
    at = snapshot.made_at if begun and snapshot is not None else row.prepared_at
    steps = [Step(_("编制"), done=begun, by=names.get(maker, ""), at=at)]
    for n, label in enumerate(_MARKS):
        step = list(asked)[n] if begun and n < len(asked) else None
        steps.append(
            Step(
                label, done=step is not None and step.verdict is Verdict.GRANTED,
                by=names.get(step.decided_by or 0, "") if step else "", at=step.decided_at if step else None,
                note=step.note if step else "", role=step.role if step else None,
            )
        )  # fmt: skip
    posted = row.state in {State.POSTED, State.TAKEN_DOWN}
    first = next(iter(postings), None)
    steps.append(
        Step(_("公示"), done=posted, by=first.by if first else "", at=first.at if first else None)
    )
    steps.append(Step(_("撤下"), done=row.state is State.TAKEN_DOWN))
    return tuple(steps)


def _postings(session: Session, publication_id: int) -> tuple[Hung, ...]:
    who = aliased(User)
    rows = session.execute(
        select(Posting, who.name)
        .join(who, who.id == Posting.posted_by)
        .where(Posting.publication_id == publication_id)
        .order_by(Posting.id)
    )
    return tuple(
        Hung(each.place, each.from_on, each.until_on, each.taken_down_on, name, each.posted_at) for each, name in rows
    )
