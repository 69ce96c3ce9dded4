"""The register of documents 档案资料: found by name, category, day, unit, customer, matter, who brought it (R6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from db.audit import record
from db.base import Choice
from db.cases import Case
from db.checking import clean_text
from db.clock import moment_of
from db.document_categories import Category
from db.document_retention import Standing, standings, time_is_over
from db.documents import Document, found, within_reach
from db.ledger.tables import Meter
from db.people import Right, User
from db.refused import Refused
from db.registry import Contract, Customer, Firm, Unit
from db.search import people_and_units
from db.session import actor_of
from db.uploads import DocumentKind
from db.words import _

PAGE = 50


class Sought(Choice):
    """Which documents are wanted besides what the other conditions say."""

    PERSONAL = "personal", _("含个人信息")
    OVER = "over", _("保存期满")


@dataclass(frozen=True)
class Wanted:
    """What the register is asked for; page and total answer the same question."""

    typed: str = ""
    """Part of the name, a matter's number, a unit, a customer."""
    category: Category | None = None
    first: date | None = None
    last: date | None = None
    """Of the days of filing, both counted."""
    unit_id: int | None = None
    customer_id: int | None = None
    contract_id: int | None = None
    uploaded_by: int | None = None
    sought: Sought | None = None
    estate_ids: frozenset[int] = frozenset()
    """Of the actor's, those looked at; empty for all."""


@dataclass(frozen=True)
class Place:
    """Where a document belongs, and the page that shows it."""

    words: str
    page: str = ""
    """Key of the page, as the menu knows it; empty where there is none."""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One document as the register shows it."""

    id: str
    name: str
    kind: DocumentKind
    category: Category
    size: int
    personal: bool
    by: str
    at: datetime
    places: tuple[Place, ...]
    """The matter, unit, customer, contract or firm it is kept with, the nearest first."""
    standing: Standing
    """Until when it is kept."""
    may_be_moved: bool
    """Whether the actor may put it into another category."""

    @property
    def address(self) -> str:
        """Where it is fetched; the route asks again who is asking, and logs a look at a personal one."""
        return f"/documents/{self.id}"


@dataclass(frozen=True)
class Page:
    """One page, newest first."""

    rows: list[Row]
    total: int
    newer: str | None
    older: str | None
    """Ask for the page of newer or older ones by these ids."""


def listed(
    session: Session, wanted: Wanted, *, older: str | None = None, newer: str | None = None, limit: int = PAGE
) -> Page:
    """Return one page of the documents that the actor may open, and how many there are; a fixed number of queries."""
    claims = _claims(session, wanted)
    total = session.scalar(select(func.count()).select_from(Document).where(*claims)) or 0
    statement = selected().where(*claims)
    backwards = newer is not None
    if (begin := newer or older) is not None:
        statement = statement.where(_beyond(begin, backwards=backwards))
    order = (Document.at, Document.id) if backwards else (Document.at.desc(), Document.id.desc())
    rows = list(session.execute(statement.order_by(*order).limit(limit + 1)).all())
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    shown = rows_of(session, rows)
    return Page(
        shown, total,
        newer=shown[0].id if shown and (more if backwards else older is not None) else None,
        older=shown[-1].id if shown and (more or backwards) else None,
    )  # fmt: skip


def about(session: Session, document_ids: Collection[str], *, also_removed: bool = False) -> list[Row]:
    """Read these documents as the register shows them, in the order asked; those out of sight are left out.

    `also_removed` brings back those taken away or destroyed, for who decides over them.
    """
    claims = [within_reach(actor_of(session)), Document.id.in_(document_ids)]
    if not also_removed:
        claims += [Document.removed_at.is_(None), Document.destroyed_at.is_(None)]
    rows = {each.id: each for each in rows_of(session, session.execute(selected().where(*claims)).all())}
    return [rows[each] for each in document_ids if each in rows]


def uploaders(session: Session, estate_ids: Collection[int]) -> dict[int, str]:
    """List who has filed something that the actor may see: user → name."""
    claims = _claims(session, Wanted(estate_ids=frozenset(estate_ids)))
    brought = select(Document.id).where(Document.uploaded_by == User.id, *claims)
    rows = session.execute(select(User.id, User.name).where(brought.exists()).order_by(User.name, User.id))
    return dict(rows.all())


def file_under(session: Session, document_id: str, category: Category) -> None:
    """Put a document into another category: by who brought it or keeps the registry; identity papers turn personal.

    Raises `Refused` for others, and for what the actor may not see.
    """
    document = found(session, document_id)
    if not _may_move(session, document):
        raise Refused(_("只有上传人或档案维护人员可以更改类别。"))
    if document.category is category:
        return
    before, document.category = document.category, category
    document.personal = document.personal or category is Category.IDENTITY
    session.flush()
    record(session, "changed", "documents", None, estate_id=document.estate_id, case_id=document.case_id,
           before={"category": str(before.label)},
           after={"id": document.id, "name": document.name, "category": str(category.label)})  # fmt: skip


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


def _claims(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    actor = actor_of(session)
    estates = actor.estates & wanted.estate_ids if wanted.estate_ids else actor.estates
    claims = [
        within_reach(actor), Document.removed_at.is_(None), Document.destroyed_at.is_(None),
        Document.estate_id.in_(sorted(estates)),
    ]  # fmt: skip
    claims += [
        column == value
        for column, value in (
            (Document.category, wanted.category), (Document.contract_id, wanted.contract_id),
            (Document.uploaded_by, wanted.uploaded_by),
        )
        if value is not None
    ]  # fmt: skip
    if wanted.first is not None:
        claims.append(Document.at >= moment_of(wanted.first))
    if wanted.last is not None:
        claims.append(Document.at < moment_of(wanted.last + timedelta(days=1)))
    claims += [
        _kept_with(column, [key])
        for column, key in (("unit_id", wanted.unit_id), ("customer_id", wanted.customer_id))
        if key is not None
    ]
    if wanted.sought is Sought.PERSONAL:
        claims.append(Document.personal.is_(True))
    if wanted.sought is Sought.OVER:
        claims.append(time_is_over(session, estates))
    if text := clean_text(wanted.typed):
        claims.append(_typed(session, text))
    return claims


def _kept_with(column: str, ids: Collection[int]) -> ColumnElement[bool]:
    """Claim: a document belongs to one of these units (or customers): itself, through its matter or its contract."""
    cases = select(Case.id).where(getattr(Case, column).in_(ids))
    contracts = select(Contract.id).where(getattr(Contract, column).in_(ids))
    return or_(
        getattr(Document, column).in_(ids), Document.case_id.in_(cases), Document.contract_id.in_(contracts)
    )


def _typed(session: Session, text: str) -> ColumnElement[bool]:
    """Take what was typed for a name, a number, a unit or a customer, whichever it fits."""
    ways: list[ColumnElement[bool]] = [
        Document.name.contains(text, autoescape=True),
        Document.case_id.in_(select(Case.id).where(Case.number == text.upper())),
        Document.contract_id.in_(select(Contract.id).where(Contract.number == text)),
    ]
    units, people = people_and_units(session, text)
    if units:
        ways.append(_kept_with("unit_id", units))
    if people:
        ways.append(_kept_with("customer_id", people))
    return or_(*ways)


def _beyond(document_id: str, *, backwards: bool) -> ColumnElement[bool]:
    """Claim: a document comes after (or before) this one in the order of the list."""
    at = select(Document.at).where(Document.id == document_id).scalar_subquery()
    if backwards:
        return or_(Document.at > at, and_(Document.at == at, Document.id > document_id))
    return or_(Document.at < at, and_(Document.at == at, Document.id < document_id))


# ── the rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def selected() -> Select[Any]:
    """Select documents with the names of what they belong to, as `rows_of` reads them."""
    case = Case.__table__.c
    return (
        select(
            Document, User.name, case.number, case.process, Unit.id, Unit.short, Customer.id, Customer.name,
            Contract.id, Contract.number, Firm.id, Firm.name, Meter.number,
        )
        .join(User, User.id == Document.uploaded_by)
        .outerjoin(Case.__table__, case.id == Document.case_id)
        .outerjoin(Contract, Contract.id == Document.contract_id)
        .outerjoin(Meter, Meter.id == Document.meter_id)
        .outerjoin(Unit, Unit.id == func.coalesce(Document.unit_id, case.unit_id, Contract.unit_id, Meter.unit_id))
        .outerjoin(Customer, Customer.id == func.coalesce(Document.customer_id, case.customer_id, Contract.customer_id))
        .outerjoin(Firm, Firm.id == func.coalesce(Document.firm_id, Contract.firm_id))
    )  # fmt: skip


def rows_of(session: Session, found: Collection[Any]) -> list[Row]:
    """Make rows of `selected` what a screen shows."""
    documents = [each[0] for each in found]
    kept = standings(session, documents)
    return [
        Row(
            each.id, each.name, each.kind, each.category, each.size, each.personal, by, each.at,
            _places(each, rest), kept[each.id], _may_move(session, each),
        )
        for each, by, *rest in found
    ]  # fmt: skip


def _places(document: Document, names: list[Any]) -> tuple[Place, ...]:
    number, process, unit_id, short, customer_id, customer, contract_id, contract, firm_id, firm, meter = names
    places = []
    if number is not None:
        places.append(Place(number, process, {"case": number}))
    if contract is not None:
        places.append(Place(contract, "contracts", {"contracts.id": str(contract_id)}))
    if meter is not None:
        places.append(Place(str(_("表 {number}", number=meter)), "readings"))
    if firm is not None and contract is None:
        places.append(Place(firm, "contracts", {"what": "firms", "firms.id": str(firm_id)}))
    if document.publication_id is not None or document.account_source_id is not None:
        places.append(Place(str(_("收支公示")), "publications"))
    if short is not None:
        places.append(Place(short, "customers", {"unit": str(unit_id)}))
    if customer is not None:
        places.append(Place(customer, "customers", {"customer": str(customer_id)}))
    return tuple(places)


def _may_move(session: Session, document: Document) -> bool:
    actor = actor_of(session)
    return document.uploaded_by == actor.user_id or actor.may(Right.EDIT_REGISTRY)

