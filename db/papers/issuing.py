"""Issuing papers 开具单据: numbered, frozen with their hash, kept as they were; signed for, or made void."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db import checklists, documents, series
from db.audit import record
from db.base import LINE_LENGTH, NAME_LENGTH
from db.cases import Case, hidden_from
from db.checking import clean_text
from db.checklists import ChecklistItem, ItemKind
from db.clock import day_of, local, now, today
from db.document_categories import Category
from db.papers import contents
from db.papers.contents import Paper
from db.papers.kinds import Find, PaperKind
from db.papers.tables import IssuedPaper
from db.papers.wordings import Refuse
from db.people import SYSTEM_ID, Actor, User
from db.process import Gate
from db.refused import Conflict, Refused
from db.session import actor_of
from db.uploads import Checked, DocumentKind
from db.words import Words, _

TEMPLATE = "form"
"""The one template that all papers of this kind are printed by."""
LABEL, SIGNED_LABEL = documents.PAPERS
"""What the documents are kept as: a paper as issued, a signed one's scan."""

Render = Callable[[str, Mapping[str, Any]], bytes]
"""(template, data) → the PDF: `components.papers.printing.pdf`."""


@dataclass(frozen=True)
class Issued:
    """An issued paper as a screen shows it."""

    id: int
    kind: str
    title: str
    number: str
    at: datetime
    by: str
    returns: bool
    """To come back signed."""
    signed_by: str
    signed_on: date | None
    signed_document_id: str | None
    void_at: datetime | None
    void_reason: str


@dataclass(frozen=True)
class Offer:
    """A paper that may be issued for a matter, and what still stands in its way."""

    kind: PaperKind
    may: bool
    """Whether one of the actor's roles issues it."""
    missing: tuple[str, ...]


def kind_of(key: str) -> PaperKind:
    """Find a paper by its key. Raises `Refused` for one that there is not."""
    from db.papers.registry import KINDS  # noqa: PLC0415 - the papers are declared with the processes, which use this

    if key not in KINDS:
        raise Refused(_("没有这种单据。"))
    return KINDS[key]


# ── issuing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def content(session: Session, kind: PaperKind, subject: Any) -> Paper:
    """Say what a paper is made of today; pure data of the shape `OfficePaper`, without a number."""
    return contents.content(session, kind, subject)


def preview(session: Session, kind_key: str, subject_id: int) -> Paper:
    """Say what would be issued, marked as a draft and without a number; gates are not asked."""
    kind = kind_of(kind_key)
    return contents.content(session, kind, _subject(session, kind, subject_id)) | {"draft": True}


def issue(
    session: Session,
    kind_key: str,
    subject_id: int,
    render: Render,
    *,
    refuse: Refuse | None = None,
    token: str | None = None,
    version: int | None = None,
    former: int | None = None,
) -> IssuedPaper:
    """Issue a paper about a matter or a register's row: freeze, number, print, keep; all or nothing.

    `render` prints (`components.papers.printing.pdf`), `refuse` names a character that no font shows before a number
    is taken, `token` makes a second press return the first paper. `version` is the subject's and `former` the id of
    the paper in force (0: none) as the form saw them. Raises `Refused`, with a gate's own sentence.
    """
    kind, actor = kind_of(kind_key), actor_of(session)
    if token and (done := session.scalar(select(IssuedPaper).where(IssuedPaper.token == token))):
        return done
    if kind.direct:
        raise Refused(_("《{title}》直接打印即可，不用开具。", title=kind.title))
    subject = _subject(session, kind, subject_id)
    _may(actor, kind)
    session.refresh(subject, with_for_update=True)
    if version is not None and version != subject.version:
        raise Conflict(_("这张单刚被别人改过，请看过最新情况后再开具。"))
    if former is not None and (newest := in_force(session, kind_key, subject_id)) and newest.id != former:
        raise Conflict(_("《{title}》刚由别人开具，编号 {number}，不用再开。", title=kind.title, number=newest.number))
    if missing := missing_for(session, kind, subject):
        raise Refused(_("还不能开具《{title}》：{missing}", title=kind.title, missing=" ".join(missing)))
    with session.begin_nested():  # so that a refusal leaves no number behind for whoever goes on
        data = contents.content(session, kind, subject)
        if refuse is not None:
            refuse(data)
        return _issued(session, kind, subject, data, render, token)


def _issued(  # noqa: PLR0917 - one paper, in one go
    session: Session, kind: PaperKind, subject: Any, data: Paper, render: Render, token: str | None
) -> IssuedPaper:  # fmt: skip
    data["number"] = series.next_number(session, subject.estate_id, kind.prefix, today())
    printed = Checked(render(TEMPLATE, {"papers": [data]}), f"{data['title']} {data['number']}.pdf", DocumentKind.PDF)
    about = _belongs_to(subject)
    paper = IssuedPaper(
        estate_id=subject.estate_id, kind=kind.key, number=data["number"], subject=kind.subject,
        subject_id=subject.id, unit_id=about["unit_id"], customer_id=about["customer_id"], data=data,
        data_sha256=contents.hash_of(data), issued_by=actor_of(session).user_id, issued_at=now(), token=token,
        document_id=documents.file_away(
            session, printed, subject.estate_id, about, label=LABEL, category=Category.SIGNED
        ),
    )  # fmt: skip
    session.add(paper)
    session.flush()
    _log(session, "issued", paper, {"number": paper.number, "name": data["title"]})
    return paper


def _belongs_to(subject: Any) -> dict[str, int | None]:
    return {
        "case_id": subject.id if isinstance(subject, Case) else None,
        "unit_id": getattr(subject, "unit_id", None),
        "customer_id": getattr(subject, "customer_id", None),
    }


def _subject(session: Session, kind: PaperKind, subject_id: int) -> Any:
    """Find what a paper is about, if the actor may see it and it is of the kind that this paper is for."""
    actor, subject = actor_of(session), kind.find(session, subject_id)
    if isinstance(subject, Case):
        if hidden_from(subject, actor.user_id):
            raise Refused(_("本单涉及您本人，请由他人经办。"))
        if subject.process != kind.process:
            raise Refused(_("{number} 不用《{title}》。", number=subject.number, title=kind.title))
    if actor.user_id != SYSTEM_ID and subject.estate_id not in actor.estates:
        raise Refused(_("没有找到，或不在您负责的项目内。"))
    return subject


def _may(actor: Actor, kind: PaperKind) -> None:
    if not actor.roles & kind.issuers and actor.user_id != SYSTEM_ID:
        raise Refused(_("开具《{title}》不在您的权限内。", title=kind.title))


def missing_for(session: Session, kind: PaperKind, subject: Any) -> list[str]:
    """List what still stands in the way of issuing: the sentences of the paper's gates."""
    if isinstance(subject, Case) and not subject.counts:
        return [str(_("本单已作废或撤销，不再开具单据。"))]
    gates = kind.needs if kind.fits is None else (kind.fits, *kind.needs)
    return [str(sentence) for gate in gates if (sentence := gate(session, subject)) is not None]


# ── what was issued ──────────────────────────────────────────────────────────────────────────────────────────────────


def _about(kind: PaperKind, subject_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        IssuedPaper.subject == kind.subject, IssuedPaper.subject_id == subject_id, IssuedPaper.kind == kind.key,
        IssuedPaper.void_at.is_(None),
    )  # fmt: skip


def in_force(session: Session, kind_key: str, subject_id: int) -> IssuedPaper | None:
    """Return the newest paper of a kind that is not void."""
    newest = select(IssuedPaper).where(*_about(kind_of(kind_key), subject_id)).order_by(IssuedPaper.id.desc())
    return session.scalar(newest.limit(1))


def all_in_force(session: Session, kind_key: str, subject_id: int) -> list[IssuedPaper]:
    """List the papers of a kind that are not void, in the order issued: the passes of all workers."""
    return list(
        session.scalars(select(IssuedPaper).where(*_about(kind_of(kind_key), subject_id)).order_by(IssuedPaper.id))
    )


def papers_of(session: Session, subject: str, subject_id: int) -> list[Issued]:
    """List all papers issued about a matter (`cases`) or a register's row, newest first, void ones too.

    Whoever calls has found the subject already; papers of other estates are left out.
    """
    rows = session.execute(
        select(IssuedPaper, User.name)
        .join(User, User.id == IssuedPaper.issued_by)
        .where(IssuedPaper.subject == subject, IssuedPaper.subject_id == subject_id)
        .order_by(IssuedPaper.id.desc())
    )
    estates = actor_of(session).estates
    return [_shown(paper, by) for paper, by in rows if paper.estate_id in estates]


def _shown(paper: IssuedPaper, by: str) -> Issued:
    from db.papers.registry import KINDS  # noqa: PLC0415 - see `kind_of`

    kind = KINDS.get(paper.kind)
    return Issued(
        paper.id, paper.kind, str(paper.data["title"]), paper.number, paper.issued_at, by,
        bool(kind and kind.returns), paper.signed_by, paper.signed_on, paper.signed_document_id, paper.void_at,
        paper.void_reason,
    )  # fmt: skip


def offers(session: Session, process: str, subject_id: int) -> list[Offer]:
    """List the papers of a process or register that may be issued about one of its matters or rows."""
    from db.papers.registry import kinds_of  # noqa: PLC0415 - see `kind_of`

    actor, found, subjects = actor_of(session), list[Offer](), dict[Find, Any]()
    for kind in kinds_of(process):
        if kind.find not in subjects:
            subjects[kind.find] = _subject(session, kind, subject_id)
        if kind.fits is not None and kind.fits(session, subjects[kind.find]) is not None:
            continue
        missing = tuple(missing_for(session, kind, subjects[kind.find]))
        found.append(Offer(kind, bool(actor.roles & kind.issuers), missing))
    return found


def paper_by_id(session: Session, paper_id: int) -> tuple[PaperKind, IssuedPaper]:
    """Find an issued paper whose subject the actor may see; to all others it does not exist."""
    paper = session.get(IssuedPaper, paper_id)
    if paper is None or paper.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这张单据。"))
    kind = kind_of(paper.kind)
    _subject(session, kind, paper.subject_id)
    return kind, paper


# ── signed for, made void ────────────────────────────────────────────────────────────────────────────────────────────


def record_signature(
    session: Session, paper_id: int, signed_by: str, signed_on: date | None, file: Checked | None = None
) -> IssuedPaper:
    """Record that a paper came back signed, by whom and when, with its scan; ticks the matter's line of it off.

    A second press with the same name and day changes nothing. Raises `Refused` with problems by field.
    """
    kind, paper = paper_by_id(session, paper_id)
    _may(actor_of(session), kind)
    session.refresh(paper, with_for_update=True)
    name = " ".join(clean_text(signed_by).split())
    if paper.signed_on is not None and (paper.signed_by, paper.signed_on) == (name, signed_on):
        return paper
    _signature_holds(kind, paper, name, signed_on)
    subject = _subject(session, kind, paper.subject_id)
    if file is not None:
        paper.signed_document_id = documents.file_away(
            session, file, paper.estate_id, _belongs_to(subject), label=SIGNED_LABEL, category=Category.SIGNED,
            personal=True,
        )  # fmt: skip
    paper.signed_by, paper.signed_on = name, signed_on
    session.flush()
    _log(session, "signed", paper, {"number": paper.number, "signed_by": name, "signed_on": signed_on})
    if isinstance(subject, Case):
        _tick(session, subject, paper)
    return paper


def _signature_holds(kind: PaperKind, paper: IssuedPaper, name: str, signed_on: date | None) -> None:
    if not kind.returns:
        raise Refused(_("《{title}》不用客户签回。", title=kind.title))
    if paper.void_at is not None:
        raise Refused(_("{number} 已作废，不能登记签收。", number=paper.number))
    if paper.signed_on is not None:
        raise Refused(_("{number} 已由 {name} 签字，不能再改。", number=paper.number, name=paper.signed_by))
    problems: dict[str, Words] = {}
    if not name:
        problems["signed_by"] = _("请填写签字人。")
    elif len(name) > NAME_LENGTH:
        problems["signed_by"] = _("最多 {most} 个字。", most=NAME_LENGTH)
    if signed_on is None:
        problems["signed_on"] = _("请填写签字日期。")
    elif signed_on > today():
        problems["signed_on"] = _("签字日期不能晚于今天。")
    elif signed_on < day_of(paper.issued_at):
        problems["signed_on"] = _("签字日期不能早于开具日期 {day}。", day=day_of(paper.issued_at))
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)


def _lines_for(session: Session, case: Case, kind: str) -> list[ChecklistItem]:
    return [
        each for each in checklists.items_of(session, case.id) if each.kind is ItemKind.SIGNED and each.paper == kind
    ]


def _tick(session: Session, case: Case, paper: IssuedPaper) -> None:
    """Tick off the line that waits for this paper; a matter already closed is left as it is."""
    lines = [each for each in _lines_for(session, case, paper.kind) if each.done_at is None]
    if case.closed_at is not None or not lines:
        return
    told = str(_("{number}，{name} 签字", number=paper.number, name=paper.signed_by))
    checklists.tick(session, case.id, {each.id: told for each in lines})
    if paper.signed_document_id:
        for each in lines:
            checklists.attach(session, each.id, paper.signed_document_id)


def void(session: Session, paper_id: int, reason: str) -> IssuedPaper:
    """Make a paper void, with the reason; a line of the matter that it had ticked off stands open again."""
    kind, paper = paper_by_id(session, paper_id)
    _may(actor_of(session), kind)
    session.refresh(paper, with_for_update=True)
    reason = " ".join(clean_text(reason).split())
    if paper.void_at is not None:
        raise Refused(_("{number} 已于 {day} 作废。", number=paper.number, day=local(paper.void_at).date()))
    if not reason:
        raise Refused(_("请写明为什么作废。"), {"reason": _("请写明为什么作废。")})
    if len(reason) > LINE_LENGTH:
        raise Refused(_("最多 {most} 个字。", most=LINE_LENGTH), {"reason": _("最多 {most} 个字。", most=LINE_LENGTH)})
    paper.void_at, paper.void_reason, paper.void_by = now(), reason, actor_of(session).user_id
    session.flush()
    _log(session, "voided", paper, {"number": paper.number, "reason": reason})
    subject = _subject(session, kind, paper.subject_id)
    if isinstance(subject, Case) and paper.signed_on is not None and subject.closed_at is None:
        _take_back(session, subject, paper)
    return paper


def _take_back(session: Session, case: Case, paper: IssuedPaper) -> None:
    others = select(func.count()).where(*_about(kind_of(paper.kind), case.id), IssuedPaper.signed_on.is_not(None))
    if session.scalar(others):
        return
    why = str(_("{number} 已作废：{reason}", number=paper.number, reason=paper.void_reason))
    for each in _lines_for(session, case, paper.kind):
        if each.done_at is not None:
            checklists.take_back(session, case.id, each.id, why)


def _log(session: Session, act: str, paper: IssuedPaper, after: dict[str, Any]) -> None:
    case_id = paper.subject_id if paper.subject == "cases" else None
    record(session, act, "issued_papers", paper.id, estate_id=paper.estate_id, case_id=case_id, after=after)


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_issued(kind_key: str) -> Gate:
    """Make the gate: this paper is issued and in force."""

    def gate(session: Session, subject: Any) -> Words | None:
        if in_force(session, kind_key, subject.id) is None:
            return _("请先开具《{title}》。", title=kind_of(kind_key).title)
        return None

    return gate


def is_signed(kind_key: str) -> Gate:
    """Make the gate: this paper is issued, in force and came back signed."""

    def gate(session: Session, subject: Any) -> Words | None:
        newest = in_force(session, kind_key, subject.id)
        if newest is None:
            return _("请先开具《{title}》，并请客户签字。", title=kind_of(kind_key).title)
        if newest.signed_on is None:
            return _("《{title}》（{number}）还没有登记签收。", title=kind_of(kind_key).title, number=newest.number)
        return None

    return gate
