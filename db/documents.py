"""Papers and photographs kept with a matter, a unit, a customer or a contract: bytes by their SHA-256, a row each.

The bytes lie in `data/files/<first two digits>/<sha256>`; a name typed by anybody never becomes a path.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import pictures
from db.audit import record
from db.base import Base, Choice, Code, Line
from db.cases import Case, case_by_id, hidden_from
from db.checking import clean_text
from db.clock import now
from db.paths import data_folder
from db.people import LEADERS, Actor, User
from db.refused import Refused
from db.session import actor_of, reading, writing
from db.words import _

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED, MOST_PARTS = 200 * 1024 * 1024, 5000
"""What a Word or Excel file may hold once unpacked: bytes, and files inside it."""
NAME_LENGTH = 120
EXTENSIONS = ("jpg", "jpeg", "png", "webp", "heic", "heif", "pdf", "docx", "xlsx")
"""What the file chooser offers; what a file really is, its content says."""


class DocumentKind(Choice):
    """What a document is, by its content."""

    PHOTO = "photo", _("照片")
    PDF = "pdf", _("PDF 文件")
    WORD = "word", _("Word 文档")
    EXCEL = "excel", _("Excel 表格")


_TYPES: dict[DocumentKind, tuple[str, str]] = {
    DocumentKind.PHOTO: ("image/jpeg", ".jpg"),
    DocumentKind.PDF: ("application/pdf", ".pdf"),
    DocumentKind.WORD: ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    DocumentKind.EXCEL: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
}


class Document(Base):
    """One document; two rows may share the same bytes."""

    __tablename__ = "documents"

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
    personal: Mapped[bool] = mapped_column(default=False)
    """Shows a person's data (identity card, contract): each look at it is logged."""
    label: Mapped[Code] = mapped_column(default="")
    """What it is of, where a process wants to know: `slip` for a signed slip."""
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """Taken away: out of sight, the bytes stay for the audit."""


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


# ── what a file is ───────────────────────────────────────────────────────────────────────────────────────────────────


def kind_of(content: bytes) -> DocumentKind:
    """Say what a file is by its content; `Refused` for everything the office does not keep."""
    head = content[:16]
    brand = content[8:12]
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and brand == b"WEBP"):
        return DocumentKind.PHOTO
    if head[4:8] == b"ftyp" and brand in {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}:
        return DocumentKind.PHOTO
    if head.startswith(b"%PDF-"):
        return DocumentKind.PDF
    if head.startswith(b"PK\x03\x04"):
        return _office_file(content)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(_("这是旧版 Office 文件或有密码的文件,请去掉密码,另存为 docx 或 xlsx 再传。"))
    raise Refused(_("不支持这种文件。可以上传照片(JPG、PNG、HEIC、WebP)、PDF、docx 和 xlsx。"))


def _office_file(content: bytes) -> DocumentKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as damaged:
        raise Refused(_("文件打不开,可能没有传完整,请重新上传。")) from damaged
    names = {part.filename for part in parts}
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused(_("文件解开后过大,不能上传。"))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused(_("文件里有宏,请另存为不含宏的 docx 或 xlsx 再传。"))
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DocumentKind.WORD
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return DocumentKind.EXCEL
    raise Refused(_("不支持压缩包,请解压后逐个上传。"))


_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
"""Not allowed in file names on some system, or turning the direction of reading (exe.pdf for fdp.exe)."""


def clean_name(typed: str, kind: DocumentKind) -> str:
    """Make a file's name fit to be shown and saved on any system, with the extension that its content has."""
    last = re.split(r"[/\\]", clean_text(typed).replace("\n", " "))[-1]
    shown = _UNSAFE.sub("", unicodedata.normalize("NFC", last)).strip(" .")
    extension = _TYPES[kind][1]
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", shown).strip(" .")[: NAME_LENGTH - len(extension)]
    if not stem or _RESERVED.match(stem):
        stem = str(kind.label)
    return f"{stem}{extension}"


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _path(sha256: str) -> Path:
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


@dataclass(frozen=True)
class Checked:
    """A file that passed: what will be kept of it."""

    content: bytes
    name: str
    kind: DocumentKind


def checked(content: bytes, name: str) -> Checked:
    """Check a file's size and content and shrink photographs; slow, so call it before a write begins.

    Raises `Refused`, naming the file.
    """
    try:
        kind = _kind_of_fitting(content)
        kept = pictures.shrunk(content) if kind is DocumentKind.PHOTO else content
    except Refused as refused:
        raise Refused(_("{name}:{wrong}", name=clean_text(name)[:NAME_LENGTH], wrong=refused.message)) from refused
    return Checked(kept, clean_name(name, kind), kind)


def _kind_of_fitting(content: bytes) -> DocumentKind:
    if not content:
        raise Refused(_("文件是空的。"))
    if len(content) > MOST_BYTES:
        raise Refused(_("文件不能超过 20 MB。"))
    return kind_of(content)


def add(
    session: Session,
    content: bytes | Checked,
    name: str = "",
    *,
    case: Case | None = None,
    estate_id: int | None = None,
    unit_id: int | None = None,
    customer_id: int | None = None,
    contract_id: int | None = None,
    firm_id: int | None = None,
    personal: bool = False,
    label: str = "",
) -> Document:
    """Keep a document with what it belongs to, in the name of the session's actor.

    A case within the actor's scope gives the estate; for anything else `estate_id` names it. Raises `Refused`.
    """
    actor = actor_of(session)
    file = content if isinstance(content, Checked) else checked(content, name)
    if case is not None:
        estate_id = _may_attach(session, case.id).estate_id
    if estate_id is None or estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目,不能上传。"))
    sha256 = hashlib.sha256(file.content).hexdigest()
    if case is not None and (same := _same(session, case, sha256)):
        return same
    _keep(_path(sha256), file.content)
    document = Document(
        id=secrets.token_hex(16), sha256=sha256, name=file.name, mime=_TYPES[file.kind][0], size=len(file.content),
        kind=file.kind, estate_id=estate_id, case_id=case.id if case is not None else None, unit_id=unit_id,
        customer_id=customer_id, contract_id=contract_id, firm_id=firm_id, personal=personal, label=label,
        uploaded_by=actor.user_id, at=now(),
    )  # fmt: skip
    session.add(document)
    session.flush()
    record(session, "attached", "documents", None, estate_id=estate_id, case_id=document.case_id,
           after={"id": document.id, "name": document.name, "size": document.size})  # fmt: skip
    return document


def _same(session: Session, case: Case, sha256: str) -> Document | None:
    """Find the same file at the same matter: a form sent twice adds nothing."""
    return session.scalar(
        select(Document).where(Document.case_id == case.id, Document.sha256 == sha256, Document.removed_at.is_(None))
    )


def add_all(session: Session, files: Iterable[Checked], case: Case, *, label: str = "") -> None:
    """Keep several checked files with a matter."""
    for file in files:
        add(session, file, case=case, label=label)


def _may_attach(session: Session, case_id: int) -> Case:
    case = case_by_id(session, case_id)
    if hidden_from(case, actor_of(session).user_id):
        raise Refused(_("本单涉及您本人,请由他人经办。"))
    return case


def take_away(session: Session, document_id: str) -> None:
    """Take a wrongly attached document out of sight: by who attached it, or a leader; noted in the audit."""
    actor = actor_of(session)
    document = _visible(session, document_id)
    if document.uploaded_by != actor.user_id and not actor.roles & LEADERS:
        raise Refused(_("只有上传人或主管可以移除附件。"))
    document.removed_at = now()
    record(session, "removed", "documents", None, estate_id=document.estate_id, case_id=document.case_id,
           before={"id": document.id, "name": document.name})  # fmt: skip


# ── handing out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _visible(session: Session, document_id: str) -> Document:
    """Find a document that the session's actor may see; to all others it does not exist."""
    actor = actor_of(session)
    missing = Refused(_("没有找到这个文件,可能已移除,或不在您的工作范围内。"))
    document = session.get(Document, document_id)
    if document is None or document.removed_at is not None or document.estate_id not in actor.estates:
        raise missing
    if document.case_id is not None:
        case = case_by_id(session, document.case_id)
        if hidden_from(case, actor.user_id):
            raise missing
    elif not actor.sees_all and document.uploaded_by != actor.user_id:
        raise missing
    return document


def open_for(actor: Actor, document_id: str, *, small: bool = False) -> Opened:
    """Say where a document's bytes lie, if `actor` may see it; a look at a personal one is logged.

    `small` asks for a photograph's thumbnail (150 pixels). Raises `Refused` as if it did not exist otherwise.
    """
    with reading(actor) as session:
        document = _visible(session, document_id)
        path = _path(document.sha256)
        photo = document.kind is DocumentKind.PHOTO
        opened = Opened(path, document.name, document.mime, photo or document.kind is DocumentKind.PDF)
        personal, estate_id, case_id = document.personal, document.estate_id, document.case_id
    if not path.is_file():
        raise Refused(_("文件不在服务器上,请联系系统管理员从备份恢复。"))
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


def attached_to(session: Session, case: Case) -> list[Attached]:
    """List a matter's documents, oldest first; none for the person it is about. The case is already in scope."""
    actor = actor_of(session)
    if hidden_from(case, actor.user_id):
        return []
    rows = session.execute(
        select(Document, User.name)
        .join(User, User.id == Document.uploaded_by)
        .where(Document.case_id == case.id, Document.removed_at.is_(None))
        .order_by(Document.at, Document.id)
    )
    return _shown(rows.all(), actor)


def _shown(rows: Sequence[Any], actor: Actor) -> list[Attached]:
    return [
        Attached(
            id=each.id, name=each.name, kind=each.kind, size=each.size, personal=each.personal, by=by, at=each.at,
            removable=each.uploaded_by == actor.user_id or bool(actor.roles & LEADERS),
        )
        for each, by in rows
    ]  # fmt: skip
