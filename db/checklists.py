"""A matter's checklist 清单: papers to hand in, papers to sign, things the house itself knows to be done.

What a list asks comes from a template: each process declares its own, an estate may change them
(`db.checklist_templates`). What a line holds up is said by the line, so one process serves a park and homes alike:
what differs is the template's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Choice, Code, Line
from db.cases import Case
from db.clock import now
from db.people import User
from db.process import Gate, perform
from db.refused import Refused
from db.registry import EstateKind
from db.session import actor_of
from db.words import Words, _

TICK = "tick"
"""The action that a process with a checklist declares for ticking its lines off."""


class ItemKind(Choice):
    """What a line of a checklist is."""

    PAPER = "paper", _("资料")
    """Something the customer brings: ticked when received."""
    SIGNED = "signed", _("签署")
    """A paper of ours that he signs: ticked when it came back, or done by the paper itself."""
    KNOWN = "known", _("事项")
    """Something the house itself knows: fees paid, inspection signed; never ticked by hand."""


@dataclass(frozen=True)
class Wanted:
    """One line of a template."""

    key: str
    kind: ItemKind
    label: Words | str
    before: str = ""
    """Name of the action that waits for it; empty: nothing does."""
    ask: Words | str = ""
    """In which form: 复印件，加盖公章."""
    required: bool = True
    paper: str = ""
    """Kind of the paper of ours to be signed (`db.papers`)."""


@dataclass(frozen=True)
class Template:
    """What one kind of a matter asks, in the order of the work."""

    key: str
    title: Words
    lines: tuple[Wanted, ...]
    estates: frozenset[EstateKind] = frozenset(EstateKind)
    """Where it is offered."""


class ChecklistItem(Base):
    """One line of a case's checklist; a copy of its template's line, so later changes of that do not touch it."""

    __tablename__ = "checklist_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    key: Mapped[Code] = mapped_column(default="", server_default="")
    kind: Mapped[ItemKind] = mapped_column(default=ItemKind.PAPER, server_default="paper")
    label: Mapped[Line]
    ask: Mapped[Line] = mapped_column(default="", server_default="")
    before: Mapped[Code] = mapped_column(default="", server_default="")
    required: Mapped[bool] = mapped_column(default=True)
    paper: Mapped[Code] = mapped_column(default="", server_default="")
    remark: Mapped[Line] = mapped_column(default="", server_default="")
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]
    document_id: Mapped[str | None] = mapped_column(String(32))


Knows = Mapping[str, Gate]
"""Key of a KNOWN line → what the house asks itself; nothing said means done."""


@dataclass(frozen=True)
class Seen:
    """A line as a screen shows it."""

    id: int
    key: str
    kind: ItemKind
    label: str
    ask: str
    before: str
    required: bool
    paper: str
    done: bool
    missing: str
    """What stands in the way of a KNOWN line."""
    remark: str
    by: str
    at: datetime | None
    document_id: str | None


def lay_out(session: Session, case: Case, lines: Iterable[Wanted]) -> None:
    """Write a template's lines down for a case just opened."""
    session.add_all(
        ChecklistItem(
            case_id=case.id, key=each.key, kind=each.kind, label=_source(each.label), ask=_source(each.ask),
            before=each.before, required=each.required, paper=each.paper,
        )
        for each in lines
    )  # fmt: skip
    session.flush()


def _source(text: Words | str) -> str:
    """Keep the Chinese, whoever opens the matter; a screen translates it again."""
    return text.text if isinstance(text, Words) else text


def items_of(session: Session, case_id: int) -> list[ChecklistItem]:
    """List the lines of a case, in the order of the work."""
    return list(
        session.scalars(select(ChecklistItem).where(ChecklistItem.case_id == case_id).order_by(ChecklistItem.id))
    )


def seen(session: Session, case: Case, knows: Knows) -> list[Seen]:
    """List the lines of a case as a screen shows them."""
    rows = session.execute(
        select(ChecklistItem, User.name)
        .outerjoin(User, User.id == ChecklistItem.done_by)
        .where(ChecklistItem.case_id == case.id)
        .order_by(ChecklistItem.id)
    )
    found = []
    for item, by in rows:
        missing = _missing(session, case, item, knows)
        known = item.kind is ItemKind.KNOWN
        found.append(
            Seen(
                item.id, item.key, item.kind, str(Words(item.label)), str(Words(item.ask)), item.before,
                item.required, item.paper, not missing, missing if known else "", item.remark, by or "",
                item.done_at, item.document_id,
            )
        )  # fmt: skip
    return found


def _missing(session: Session, case: Case, item: ChecklistItem, knows: Knows) -> str:
    if item.kind is ItemKind.KNOWN:
        return str(knows[item.key](session, case) or "")
    return "" if item.done_at is not None else str(Words(item.label))


def standing_before(action: str, knows: Knows) -> Gate:
    """Make the gate of an action: the required lines that say they come before it are done, or what is not."""

    def gate(session: Session, case: Case) -> Words | None:
        wanted = [each for each in items_of(session, case.id) if each.required and each.before == action]
        papers, others = list[str](), list[str]()
        for item in wanted:
            if missing := _missing(session, case, item, knows):
                (others if item.kind is ItemKind.KNOWN else papers).append(missing)
        said = [str(_("还缺：{items}。", items=str(_("、")).join(papers)))] if papers else []
        return Words("".join([*said, *others])) if said or others else None

    return gate


def tick(
    session: Session,
    case_id: int,
    done: Mapping[int, str],
    *,
    version: int | None = None,
    at: datetime | None = None,
    token: str | None = None,
) -> None:
    """Tick lines off as received: item id → remark (may be empty). One step of the matter, with one event.

    Raises `Refused` for a line that is not this matter's, is known by the house, or when nothing is ticked.
    """
    items = {each.id: each for each in items_of(session, case_id)}
    if not done or set(done) - set(items):
        raise Refused(_("请先勾选收到的资料。"))
    if any(items[each].kind is ItemKind.KNOWN for each in done):
        raise Refused(_("这一项由系统核对，不能手工勾选。"))
    fresh = {key: remark for key, remark in done.items() if items[key].done_at is None}
    if not fresh:  # a second press of the same form
        return
    said = str(_("、")).join(items[each].label for each in items if each in fresh)
    perform(session, case_id, TICK, {}, version=version, at=at, note=str(_("收到：{items}", items=said)), token=token)
    for key, remark in fresh.items():
        item = items[key]
        item.done_at, item.done_by, item.remark = at or now(), actor_of(session).user_id, remark.strip()
    session.flush()


def take_back(session: Session, case_id: int, item_id: int, reason: str, *, version: int | None = None) -> None:
    """Untick a line ticked by mistake, with the reason in the history."""
    item = next((each for each in items_of(session, case_id) if each.id == item_id), None)
    if item is None or item.done_at is None:
        raise Refused(_("这一项没有勾选。"))
    if not reason.strip():
        raise Refused(_("请写明为什么撤回。"), {"reason": _("请写明为什么撤回。")})
    said = str(_("撤回“{item}”：{reason}", item=item.label, reason=reason.strip()))
    perform(session, case_id, TICK, {}, version=version, note=said)
    item.done_at, item.done_by, item.remark = None, None, ""
    session.flush()


def attach(session: Session, item_id: int, document_id: str) -> None:
    """Keep with a line which document is its scan; the document is the case's already."""
    session.get_one(ChecklistItem, item_id).document_id = document_id
    session.flush()
