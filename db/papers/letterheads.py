"""What stands at the head of every paper 单据抬头: the company, its telephone and sign, where its system is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from db import documents, settings
from db.checking import clean_text
from db.document_categories import Category
from db.documents import Document
from db.ledger.tables import FeeItem, FeeKind, Payee
from db.people import Right, require
from db.refused import Refused
from db.registry import Estate
from db.session import actor_of
from db.settings import Setting
from db.uploads import Checked, DocumentKind
from db.words import Words, _

COMPANY = Setting("papers.company", _("单据抬头：公司名称"), "")
PHONE = Setting("papers.phone", _("单据抬头：联系电话"), "")
LOGO = Setting("papers.logo", _("单据抬头：标志"), "")
"""Id of the document that is the sign."""
ADDRESS = Setting("house.address", _("系统网址"), "")
"""Where this system is reached in the office, `http://192.168.1.10:8501`: for the QR codes."""
MOST = {COMPANY.key: 60, PHONE.key: 40, ADDRESS.key: 120}
"""Characters."""


@dataclass(frozen=True)
class Letterhead:
    """The head of an estate's papers."""

    company: str
    estate: str
    phone: str
    logo: str
    """SHA-256 of the picture, empty without one."""
    address: str

    def link(self, path: str, otherwise: str) -> str:
        """Say what a QR code leads to: the record's address, or its number where the house has no address."""
        return f"{self.address}/{path}" if self.address else otherwise


def letterhead(session: Session, estate_id: int) -> Letterhead:
    """Read the head of an estate's papers: its own name, else that of who takes the management fee, else the estate's.

    A landlord for whom rent is collected is a payee too; our papers never go out in his name.
    """
    estate = session.get_one(Estate, estate_id).name
    own = {each.key: str(settings.value_of(session, each, estate_id)) for each in (COMPANY, PHONE, LOGO, ADDRESS)}
    payee = session.execute(
        select(Payee.name, Payee.phone)
        .where(Payee.estate_id == estate_id)
        .order_by(exists().where(FeeItem.payee_id == Payee.id, FeeItem.kind == FeeKind.MANAGEMENT).desc(), Payee.id)
        .limit(1)
    ).first()
    logo = session.get(Document, own[LOGO.key]) if own[LOGO.key] else None
    return Letterhead(
        company=own[COMPANY.key] or (payee.name if payee else estate),
        estate=estate,
        phone=own[PHONE.key] or (payee.phone if payee else ""),
        logo=logo.sha256 if logo is not None else "",
        address=own[ADDRESS.key],
    )


def change(session: Session, estate_id: int, values: Mapping[str, str]) -> None:
    """Change company, telephone or address (key of the setting → text). Raises `Refused` with problems by key."""
    problems: dict[str, Words] = {}
    for setting in (COMPANY, PHONE, ADDRESS):
        if setting.key not in values:
            continue
        text = " ".join(clean_text(values[setting.key]).split())
        if setting is ADDRESS:
            text = text.rstrip("/")
            if text and not _is_address(text):
                problems[setting.key] = _("请写完整的网址，例如 http://192.168.1.10:8501。")
        if len(text) > MOST[setting.key]:
            problems[setting.key] = _("最多 {most} 个字。", most=MOST[setting.key])
        if setting.key not in problems and text != settings.value_of(session, setting, estate_id):
            settings.change(session, setting, estate_id, text)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment


def change_logo(session: Session, estate_id: int, file: Checked | None) -> None:
    """Put another picture (PNG, JPEG …, checked by `db.uploads`) at the head of papers, or none."""
    require(actor_of(session), Right.MANAGE_SETTINGS)
    if file is None:
        settings.change(session, LOGO, estate_id, "")
        return
    if file.kind is not DocumentKind.PHOTO:
        raise Refused(_("标志要用图片（PNG 或 JPG）。"), {"files": _("请选择图片。")})
    if estate_id not in actor_of(session).estates:
        raise Refused(_("您不负责这个项目。"))
    kept = documents.file_away(session, file, estate_id, {}, label="logo", category=Category.OTHER)
    settings.change(session, LOGO, estate_id, kept)
