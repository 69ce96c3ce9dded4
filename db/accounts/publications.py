"""Publications 收支公示: prepared, approved by two, frozen, posted, taken down (F8; HB:95, 194)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import approvals
from db.accounts import sheets
from db.accounts.ground import kept_estate, period_of
from db.accounts.private_words import found_in
from db.accounts.sheets import Sheets
from db.accounts.tables import Posting, Publication, PublicationSnapshot, Span, State
from db.approvals import Approval, Said, Subject, Verdict
from db.audit import record
from db.base import LINE_LENGTH, PROSE_LENGTH
from db.checking import clean_text
from db.clock import now, today
from db.people import Actor, Right, Role, require
from db.refused import Conflict, Refused
from db.registry import Estate
from db.reports.periods import Period
from db.session import actor_of
from db.settings import Setting, value_of
from db.words import Words, _

SUBJECT = "publication"
POSTING_DAYS = Setting(
    "accounts.posting_days", _("收支公示：张贴多少天"), 30, _("登记张贴时预填的截止日期"), least=1, most=365
)
MOST_PLACES = 40


def period_label(span: Span, first: date) -> Words:
    """Name what a publication is about: 2026年第3季度."""
    return period_of(span, first).label


def found(session: Session, publication_id: int) -> Publication:
    """Return a publication of the actor's estates; raises `Refused` as if there were none otherwise."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    row = session.get(Publication, publication_id)
    if row is None or row.estate_id not in actor.estates:
        raise Refused(_("没有找到这期收支公示，或不在您负责的项目内。"))
    return row


def _refuse_stale(row: Publication, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Conflict(_("这期公示刚被其他人改过（现在是“{state}”），请看过再办。", state=row.state.label))


def _kept(session: Session, publication_id: int, version: int | None, *states: State) -> Publication:
    """Return a publication that the actor may carry on, in one of `states`."""
    row = found(session, publication_id)
    kept_estate(session, row.estate_id)
    session.refresh(row)  # as it is now that nobody else writes
    _refuse_stale(row, version)
    if row.state not in states:
        raise Refused(_("这期公示现在是“{state}”，不能这样办。", state=row.state.label))
    return row


def _note(
    session: Session, row: Publication, act: str, ground: str = "", before: dict[str, object] | None = None,
    **after: object,
) -> None:  # fmt: skip
    """Move the version on and write the operation log."""
    row.version += 1
    session.flush()
    record(
        session, act, "publications", row.id, estate_id=row.estate_id, ground=ground[:LINE_LENGTH], before=before,
        after=after,
    )  # fmt: skip


# ── preparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def prepare(session: Session, estate_id: int, span: Span, day: date) -> int:
    """Begin the publication of the span that holds `day`; returns its id, also when it was begun before.

    After one was posted, a new edition of the same span may be begun. Needs `KEEP_ACCOUNTS`; raises `Refused` while
    the span still runs.
    """
    kept_estate(session, estate_id)
    period = period_of(span, day)
    if period.last >= today():
        raise Refused(_("{period}还没有结束，结束后再编制公示。", period=period.label))
    last = session.scalars(
        select(Publication)
        .where(Publication.estate_id == estate_id, Publication.span == span, Publication.first_on == period.first)
        .order_by(Publication.edition.desc())
        .limit(1)
    ).first()
    if last is not None and last.state not in {State.POSTED, State.TAKEN_DOWN}:
        return last.id
    row = Publication(
        estate_id=estate_id, span=span, first_on=period.first, last_on=period.last,
        edition=last.edition + 1 if last else 1, prepared_by=actor_of(session).user_id, prepared_at=now(), version=0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, row, "created", span=span.value, first_on=period.first, edition=row.edition)
    return row.id


def explain(session: Session, publication_id: int, remark: str, version: int | None = None) -> None:
    """Write the words for the customers that stand under the figures; raises `Refused` for names and rooms in them."""
    row = _kept(session, publication_id, version, State.PREPARING)
    text = clean_text(remark)
    if len(text) > PROSE_LENGTH:
        wrong = _("最多 {most} 个字，现在是 {now} 个字，请删减。", most=PROSE_LENGTH, now=len(text))
        raise Refused(wrong, {"remark": wrong})
    if wrong_lines := found_in(session, row.estate_id, _numbered(text)):
        raise Refused(wrong_lines[0], {"remark": wrong_lines[0]})
    if text != row.remark:
        before, row.remark = row.remark, text
        _note(session, row, "changed", before={"remark": before}, remark=text)


def _numbered(text: str) -> list[tuple[object, str]]:
    return [(_("情况说明第{n}行", n=n), line) for n, line in enumerate(text.splitlines(), start=1)]


def live(session: Session, row: Publication) -> Sheets:
    """Read a publication's sheets as its figures stand now."""
    return sheets.sheets_of(
        session, row.estate_id, row.span, row.first_on, remark=row.remark, edition=row.edition
    )


def missing(session: Session, row: Publication, now_: Sheets) -> list[Words]:
    """Say what must be done before a publication can be handed in for approval."""
    period = Period(row.first_on, row.last_on)
    gaps = sheets.months_without_figures(session, row.estate_id, period)
    said = [_("{year}年{month}月还没有录入收支数字。", year=each.year, month=each.month) for each in gaps]
    if not now_.services:
        said.append(_("服务信息还是空的，请先填写服务事项和负责人。"))
    said += found_in(session, row.estate_id, free_lines(now_))
    rooms = [(_("服务信息“{item}”的负责人", item=each.item), each.responsible) for each in now_.services]
    return said + found_in(session, row.estate_id, rooms, names=False)


def free_lines(now_: Sheets) -> list[tuple[object, str]]:
    """List what somebody typed of all that will hang in public, with where it stands."""
    lines = _numbered(now_.remark)
    for n, service in enumerate(now_.services, start=1):
        lines.append((_("服务信息第{n}行", n=n), f"{service.item} {service.standard}"))
    lines += [(_("数据来源"), each.title) for each in now_.sources]
    for label, book in ((_("公共收益"), now_.common), (_("专项维修资金"), now_.fund)):
        for n, row in enumerate(book.rows, start=1):
            where = _("{sheet}第{n}行", sheet=label, n=n)
            lines += [(where, text) for text in (row.purpose, row.decision, row.voucher)]
    return lines


# ── approving ────────────────────────────────────────────────────────────────────────────────────────────────────────


def approvers_for(actor: Actor) -> tuple[Role, Role]:
    """Say who checks and who approves what `actor` prepared (审核, 批准; HB:152): two others, the director last.

    Finance's figures are checked by the supervisor, the supervisor's by finance; a director's own by both of them.
    """
    if Role.FINANCE in actor.roles:
        return Role.SUPERVISOR, Role.DIRECTOR
    if Role.SUPERVISOR in actor.roles:
        return Role.FINANCE, Role.DIRECTOR
    return Role.FINANCE, Role.SUPERVISOR


def hand_in(session: Session, publication_id: int, version: int | None = None) -> int:
    """Freeze the sheets and ask two others to approve them; returns the snapshot's id.

    What they approve is what will hang: later entries change nothing in it. Raises `Refused` with what is missing.
    """
    row = _kept(session, publication_id, version, State.PREPARING)
    stands = live(session, row)
    if lacking := missing(session, row, stands):
        raise Refused(lacking[0], {f"missing{n}": each for n, each in enumerate(lacking)})
    body, actor = sheets.frozen(stands), actor_of(session)
    snapshot = PublicationSnapshot(
        publication_id=row.id, body=body, sha256=sheets.digest(body), made_by=actor.user_id, made_at=now()
    )
    session.add(snapshot)
    session.flush()
    approvals.ask(session, SUBJECT, snapshot.id, row.estate_id, approvers_for(actor))
    row.state = State.ASKED
    _note(session, row, "handed_in", sha256=snapshot.sha256)
    return snapshot.id


def _decided(session: Session, approval: Approval) -> None:
    """Go on after the verdict: to be posted, or back to whoever prepared it."""
    snapshot = session.get_one(PublicationSnapshot, approval.subject_id)
    row = session.get_one(Publication, snapshot.publication_id, with_for_update=True)
    granted = approval.verdict is Verdict.GRANTED
    row.state = State.APPROVED if granted else State.PREPARING
    _note(session, row, "approved" if granted else "denied", approval.note, sha256=snapshot.sha256)


def _described(session: Session, ids: Collection[int]) -> dict[int, Said]:
    """Say in a sentence what approvers are asked to approve."""
    rows = session.execute(
        select(PublicationSnapshot, Publication, Estate.name)
        .join(Publication, Publication.id == PublicationSnapshot.publication_id)
        .join(Estate, Estate.id == Publication.estate_id)
        .where(PublicationSnapshot.id.in_(ids), Publication.estate_id.in_(actor_of(session).estates))
    )
    return {snapshot.id: _one_described(snapshot, row, estate) for snapshot, row, estate in rows}


def _one_described(snapshot: PublicationSnapshot, row: Publication, estate: str) -> Said:
    frozen = sheets.thawed(snapshot.body)
    income, expense = frozen.income.period, frozen.expense.period
    what = _("收入 {income} 元，支出 {expense} 元，结余 {rest} 元", income=f"{income:,.2f}", expense=f"{expense:,.2f}",
             rest=f"{income - expense:,.2f}")  # fmt: skip
    title = _("{estate} {period}", estate=estate, period=period_label(row.span, row.first_on))
    return Said(str(title), str(what), row.remark, "publications", {"publications.id": str(row.id)})


APPROVAL = Subject(_("收支公示"), _described, _decided)
"""What stands in the list of approvals (`db/approval_subjects.py`)."""


# ── posting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def post(
    session: Session, publication_id: int, places: Sequence[str], days: tuple[date, date], version: int | None = None
) -> None:
    """Record where an approved publication hangs and from when to when (`days`, both counted); more places may follow.

    Raises `Refused` without a place, for days in the wrong order or a beginning in the future.
    """
    row = _kept(session, publication_id, version, State.APPROVED, State.POSTED)
    first, last = days
    wished = list(dict.fromkeys(filter(None, (" ".join(clean_text(place).split()) for place in places))))
    there = set(session.scalars(select(Posting.place).where(Posting.publication_id == row.id)))
    problems: dict[str, object] = {}
    if not wished:
        problems["places"] = _("请填写张贴地点，一行一处。")
    elif len(wished) > MOST_PLACES or any(len(place) > LINE_LENGTH for place in wished):
        problems["places"] = _("最多 {most} 处，每处不超过 {length} 个字。", most=MOST_PLACES, length=LINE_LENGTH)
    elif known := [place for place in wished if place in there]:
        problems["places"] = _("“{place}”已经登记过。", place=known[0])
    if first > today():
        problems["from_on"] = _("张贴以后再登记，日期不能晚于今天。")
    if last < first:
        problems["until_on"] = _("截止日期不能早于张贴日期。")
    if problems:
        raise Refused(next(iter(problems.values())), problems)
    who, moment = actor_of(session).user_id, now()
    session.add_all(
        Posting(publication_id=row.id, place=place, from_on=first, until_on=last, posted_by=who, posted_at=moment)
        for place in wished
    )
    row.state = State.POSTED
    _note(session, row, "posted", places=wished, from_on=first, until_on=last)


def take_down(session: Session, publication_id: int, day: date, reason: str = "", version: int | None = None) -> None:
    """Record that it hangs nowhere any more since `day`; before the last day promised that needs a reason."""
    row = _kept(session, publication_id, version, State.POSTED)
    postings = session.scalars(
        select(Posting).where(Posting.publication_id == row.id, Posting.taken_down_on.is_(None))
    ).all()
    promised = max((each.until_on for each in postings), default=day)
    reason = clean_text(reason)
    if day > today() or any(day < each.from_on for each in postings):
        wrong = _("撤下日期应在张贴之后、今天或以前。")
        raise Refused(wrong, {"day": wrong})
    if day < promised and not reason:
        wrong = _("公示期到 {day} 才满，提前撤下要写原因。", day=promised.isoformat())
        raise Refused(wrong, {"reason": wrong})
    for each in postings:
        each.taken_down_on, each.taken_down_by = day, actor_of(session).user_id
    row.state = State.TAKEN_DOWN
    _note(session, row, "taken_down", reason, down_on=day)


def proposed_until(session: Session, estate_id: int, first: date) -> date:
    """Return the last day on which it is to hang when it hangs from `first`, by the office's setting."""
    return first + timedelta(days=int(value_of(session, POSTING_DAYS, estate_id)) - 1)


def snapshot_of(session: Session, publication_id: int) -> PublicationSnapshot | None:
    """Return the newest snapshot: what lies with the approvers, was approved, or denied."""
    newest = select(func.max(PublicationSnapshot.id)).where(PublicationSnapshot.publication_id == publication_id)
    return session.scalar(select(PublicationSnapshot).where(PublicationSnapshot.id == newest.scalar_subquery()))


__all__ = [
    "APPROVAL", "POSTING_DAYS", "SUBJECT", "approvers_for", "explain", "found", "free_lines", "hand_in", "live",
    "missing", "period_label", "post", "prepare", "proposed_until", "snapshot_of", "take_down",
]  # fmt: skip
