"""Papers and photographs kept with a matter, a unit, a customer or a contract: bytes by their SHA-256, a row each.

The bytes lie in `data/files/<first two digits>/<sha256>`; a name typed by anybody never becomes a path.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, String, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import pictures
from db.accounts.tables import AccountSource, Publication
from db.audit import record
from db.base import Base, Code, Line
from db.cases import Case, case_by_id, hidden_from
from db.clock import now
from db.document_categories import Category, proposed
from db.ledger.tables import Meter
from db.papers.tables import IssuedPaper
from db.paths import data_folder
from db.people import LEADERS, Actor, Right, User, in_scope, require
from db.refused import Refused
from db.registry import Contract, Customer, Firm, Unit
from db.session import actor_of, reading, writing
from db.uploads import TYPES, Checked, DocumentKind
from db.words import _


class Document(Base):
    """One document; two rows may share the same bytes."""

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_estate_id_at", "estate_id", "at", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """128 random bits in hexadecimal: nobody guesses the address of another."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[Line]
    mime: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    kind: Mapped[DocumentKind]
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"), index=True)
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"), index=True)
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publications.id"), index=True)
    account_source_id: Mapped[int | None] = mapped_column(ForeignKey("account_sources.id"), index=True)
    meter_id: Mapped[int | None] = mapped_column(ForeignKey("meters.id"), index=True)
    personal: Mapped[bool] = mapped_column(default=False)
    """Shows a person's data (identity card, contract): each look at it is logged."""
    label: Mapped[Code] = mapped_column(default="")
    """What it is of, where a process wants to know: `slip` for a signed slip."""
    category: Mapped[Category] = mapped_column(default=Category.OTHER, server_default=Category.OTHER.value)
    held_until: Mapped[date | None] = mapped_column(Date)
    """Not to be removed before this day, whatever the category says: a dispute, a court's order."""
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """Taken away: out of sight, the bytes stay for the audit."""
    destroyed_at: Mapped[datetime | None]
    """Its time was over and the director agreed: the row stays, the bytes go (`db.document_retention`)."""


@dataclass(frozen=True)
class Opened:
    """A document that may be handed out."""

    path: Path
    name: str
    media_type: str
    inline: bool
    """Whether the browser may show it itself; only re-encoded pictures and PDFs."""


@dataclass(frozen=True)
class Attached:
    """A document as a record shows it."""

    id: str
    name: str
    kind: DocumentKind
    size: int
    personal: bool
    by: str
    at: datetime
    removable: bool

    @property
    def address(self) -> str:
        """Where it is fetched; the route asks again who is asking."""
        return f"/documents/{self.id}"


@dataclass(frozen=True)
class Owner:
    """What a document is kept with: one of these."""

    case_id: int | None = None
    unit_id: int | None = None
    customer_id: int | None = None
    contract_id: int | None = None
    firm_id: int | None = None
    publication_id: int | None = None
    account_source_id: int | None = None
    meter_id: int | None = None

    def claim(self) -> ColumnElement[bool]:
        """Claim: a document is kept with this."""
        name, key = self.one()
        return getattr(Document, name) == key  # type: ignore[no-any-return]

    def one(self) -> tuple[str, int]:
        """Return the column and the key."""
        return next((name, key) for name, key in vars(self).items() if key is not None)


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def path_of(sha256: str) -> Path:
    """Say where the bytes of a document lie."""
    return data_folder() / "files" / sha256[:2] / sha256


def _keep(path: Path, content: bytes) -> None:
    """Write the bytes whole or not at all: two who keep the same write the same."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


_REGISTERED: dict[str, tuple[Any, Right]] = {
    "unit_id": (Unit, Right.EDIT_REGISTRY),
    "customer_id": (Customer, Right.EDIT_REGISTRY),
    "contract_id": (Contract, Right.EDIT_CONTRACTS),
    "firm_id": (Firm, Right.EDIT_CONTRACTS),
    "publication_id": (Publication, Right.KEEP_ACCOUNTS),
    "account_source_id": (AccountSource, Right.KEEP_ACCOUNTS),
    "meter_id": (Meter, Right.READ_METERS),
}


def add(
    session: Session, file: Checked, owner: Owner, *, personal: bool = False, label: str = "",
    category: Category | None = None,
) -> str:  # fmt: skip
    """Keep a checked file (`db.uploads.checked`) with its owner, in the name of the session's actor; returns its id.

    Its category is proposed from name and label where none is given; identity papers are always personal. The same
    file twice with the same owner is kept once. Needs the right to change the owner; raises `Refused`.
    """
    estate_id = _estate_of(session, owner)
    sha256 = hashlib.sha256(file.content).hexdigest()
    known = owner.claim(), Document.sha256 == sha256, Document.removed_at.is_(None), Document.destroyed_at.is_(None)
    if same := session.scalar(select(Document.id).where(*known)):
        return same
    category = category or proposed(file.name, file.kind, label)
    document_id = file_away(
        session, file, estate_id, dict([owner.one()]), label=label, category=category,
        personal=personal or category is Category.IDENTITY,
    )  # fmt: skip
    record(session, "attached", "documents", None, estate_id=estate_id, case_id=owner.case_id,
           after={"id": document_id, "name": file.name, "size": len(file.content), **dict([owner.one()])})  # fmt: skip
    return document_id


def add_all(
    session: Session, files: Iterable[Checked], owner: Owner, *, personal: bool = False, label: str = "",
    category: Category | None = None,
) -> None:  # fmt: skip
    """Keep several checked files with one owner."""
    for file in files:
        add(session, file, owner, personal=personal, label=label, category=category)


PAPERS = ("paper", "signed_paper")
"""Labels of a paper that the house issued, and of its signed copy."""


def file_away(
    session: Session, file: Checked, estate_id: int, kept_with: Mapping[str, int | None], *, label: str,
    category: Category, personal: bool = False,
) -> str:  # fmt: skip
    """Keep what the house itself makes, or takes in for it, with all it belongs to at once; returns its id.

    `kept_with` are columns such as `case_id`, `unit_id`, `customer_id`. Asks no right: who files has asked already.
    """
    sha256 = hashlib.sha256(file.content).hexdigest()
    # Held while it is looked at: the same bytes may just be about to be destroyed.
    session.execute(select(Document.id).where(Document.sha256 == sha256).with_for_update())
    _keep(path_of(sha256), file.content)
    document = Document(
        id=secrets.token_hex(16), sha256=sha256, name=file.name, mime=TYPES[file.kind][0], size=len(file.content),
        kind=file.kind, estate_id=estate_id, personal=personal, label=label, category=category,
        uploaded_by=actor_of(session).user_id, at=now(), **kept_with,
    )  # fmt: skip
    session.add(document)
    session.flush()
    return document.id


def _estate_of(session: Session, owner: Owner) -> int:
    """Find the estate of what a document is to be kept with, if the actor may add to it."""
    actor, (name, key) = actor_of(session), owner.one()
    if name == "case_id":
        case = case_by_id(session, key)
        if hidden_from(case, actor.user_id):
            raise Refused(_("本单涉及您本人，请由他人经办。"))
        return case.estate_id
    model, right = _REGISTERED[name]
    require(actor, right)
    row = session.get(model, key)
    if row is None or row.estate_id not in actor.estates:
        raise Refused(_("没有找到要存放附件的档案，或不在您负责的项目内。"))
    return int(row.estate_id)


def take_away(session: Session, document_id: str) -> None:
    """Take a wrongly attached document out of sight: by who attached it, or a leader; noted in the audit.

    A paper that was issued, or its signed copy, stays: raises `Refused`.
    """
    actor = actor_of(session)
    document = found(session, document_id)
    if session.scalar(select(IssuedPaper.id).where(is_paper(document.id)).limit(1)) is not None:
        raise Refused(_("这是已出具的单据，不能移除；出具有误请作废后重新出具。"))
    if document.uploaded_by != actor.user_id and not actor.roles & LEADERS:
        raise Refused(_("只有上传人或主管可以移除附件。"))
    document.removed_at = now()
    record(session, "removed", "documents", None, estate_id=document.estate_id, case_id=document.case_id,
           before={"id": document.id, "name": document.name})  # fmt: skip


def is_paper(document_id: Any) -> ColumnElement[bool]:
    """Claim: an issued paper is this document, or has it as its signed copy; a key, or an outer select's column."""
    return or_(IssuedPaper.document_id == document_id, IssuedPaper.signed_document_id == document_id)


# ── handing out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Claim: `actor` may see a document. The one rule of the door, the register and the removal of old ones.

    A matter's: whoever sees the matter, but never whom it is about. Others: who sees all of the estate, or brought it.
    """
    of_case = select(Case.id).where(
        Case.id == Document.case_id, Case.about_user_id.is_distinct_from(actor.user_id)
    )
    seen = in_scope(of_case, actor, Case).correlate(Document).exists()
    own = and_(Document.case_id.is_(None), Document.uploaded_by == actor.user_id)
    kept = or_(seen, Document.case_id.is_(None)) if actor.sees_all else or_(seen, own)
    return and_(Document.estate_id.in_(sorted(actor.estates)), kept)


def found(session: Session, document_id: str) -> Document:
    """Find a document that the session's actor may see; to all others it does not exist."""
    claim = within_reach(actor_of(session)), Document.removed_at.is_(None)
    document = session.scalar(select(Document).where(Document.id == document_id, *claim))
    if document is None:
        raise Refused(_("没有找到这个文件，可能已移除，或不在您的工作范围内。"))
    if document.destroyed_at is not None:
        raise Refused(_("这个文件保存期满，已经批准销毁。"))
    return document


def open_for(actor: Actor, document_id: str, *, small: bool = False) -> Opened:
    """Say where a document's bytes lie, if `actor` may see it; a look at a personal one is logged.

    `small` asks for a photograph's thumbnail (150 pixels). Raises `Refused` as if it did not exist otherwise.
    """
    with reading(actor) as session:
        document = found(session, document_id)
        path = path_of(document.sha256)
        photo = document.kind is DocumentKind.PHOTO
        opened = Opened(path, document.name, document.mime, photo or document.kind is DocumentKind.PDF)
        personal, estate_id, case_id = document.personal, document.estate_id, document.case_id
    if not path.is_file():
        raise Refused(_("文件不在服务器上，请联系系统管理员从备份恢复。"))
    if personal:
        with writing(actor) as session:
            record(session, "downloaded", "documents", None, estate_id=estate_id, case_id=case_id,
                   after={"id": document_id, "name": opened.name})  # fmt: skip
    if small and photo:
        thumbnail = path.with_name(f"{path.name}.small")
        if not thumbnail.is_file():
            _keep(thumbnail, pictures.shrunk(path.read_bytes(), pictures.THUMBNAIL_SIDE))
        return Opened(thumbnail, opened.name, opened.media_type, inline=True)
    return opened


def attached_to(session: Session, owner: Owner) -> list[Attached]:
    """List what is kept with an owner, oldest first; nothing for the person whom a matter is about.

    A matter's own papers are left out, they stand in a list of their own (`db.papers.issuing.papers_of`).

    Raises `Refused` as if a matter did not exist when it is outside the actor's scope.
    """
    actor, (name, key) = actor_of(session), owner.one()
    if name == "case_id":
        if hidden_from(case_by_id(session, key), actor.user_id):
            return []
    elif not actor.sees_all:
        return []
    rows = session.execute(
        select(Document, User.name)
        .join(User, User.id == Document.uploaded_by)
        .where(
            owner.claim(), Document.removed_at.is_(None), Document.destroyed_at.is_(None),
            Document.estate_id.in_(actor.estates), *([Document.label.not_in(PAPERS)] if name == "case_id" else []),
        )
        .order_by(Document.at, Document.id)
    )
    return [
        Attached(
            id=each.id, name=each.name, kind=each.kind, size=each.size, personal=each.personal, by=by, at=each.at,
            removable=each.uploaded_by == actor.user_id or bool(actor.roles & LEADERS),
        )
        for each, by in rows
    ]  # fmt: skip
