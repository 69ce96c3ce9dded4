"""Until when documents are kept 保存期限: years by category, from when what they belong to came to its end (R6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from db.cases import Case
from db.clock import day_of, moment_of, today
from db.document_categories import FOREVER, KEPT_WHILE_HERE, Category, years_of
from db.documents import Document, is_paper
from db.papers.tables import IssuedPaper
from db.registry import Contract, Firm, Occupancy
from db.words import Words, _


@dataclass(frozen=True)
class Standing:
    """Until when a document is kept."""

    until: date | None
    """Last day; None: always, or as long as what it belongs to runs."""
    why: Words | None = None
    """Where there is no day: why not."""

    @property
    def is_over(self) -> bool:
        """Claim: its time is over."""
        return self.until is not None and self.until < today()


def later(day: date, years: int) -> date:
    """Return the same day some years on; the last of February where there is no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _earliest_kept(years: int) -> date:
    """Return the first day from which what began then is still kept today."""
    try:
        return today().replace(year=today().year - years)
    except ValueError:  # 29 February: `later` brings the 28th of an ordinary year only to the 28th
        return date(today().year - years, 3, 1)


# ── whose time is over ───────────────────────────────────────────────────────────────────────────────────────────────


def time_is_over(session: Session, estate_ids: Iterable[int]) -> ColumnElement[bool]:
    """Claim: a document's time is over by its estate's rules, and nothing that it belongs to still runs."""
    ways: list[ColumnElement[bool]] = [false()]
    for estate_id in sorted(estate_ids):
        for category in Category:
            years = years_of(session, category, estate_id)
            if years != FOREVER:
                of = Document.estate_id == estate_id, Document.category == category
                ways.append(and_(*of, _began_before(_earliest_kept(years), category)))
    held = or_(Document.held_until.is_(None), Document.held_until < today())
    return and_(held, Document.destroyed_at.is_(None), ~_never(), or_(*ways))


def _began_before(day: date, category: Category) -> ColumnElement[bool]:
    """Claim: a document's time began before a day: filed, its matter closed, its contract ended, its customer gone."""
    matter = select(Case.id).where(Case.id == Document.case_id, or_(Case.closed_on.is_(None), Case.closed_on >= day))
    contract = select(Contract.id).where(Contract.id == Document.contract_id, Contract.ends_on >= day)
    lasting = [Occupancy.customer_id == Document.customer_id]
    if category in KEPT_WHILE_HERE:
        whose = select(Case.customer_id).where(Case.id == Document.case_id).correlate(Document)
        lasting.append(Occupancy.customer_id == whose.scalar_subquery())
    here = select(Occupancy.id).where(or_(*lasting), or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= day))
    firm = select(Firm.id).where(Firm.id == Document.firm_id, Firm.active)
    return and_(Document.at < moment_of(day), ~or_(*map(_any, (matter, contract, here, firm))))


def _any(rows: Select[int]) -> ColumnElement[bool]:
    """Claim: there is such a row for the document, whatever else the statement joins."""
    return rows.correlate(Document).exists()


def _never() -> ColumnElement[bool]:
    """Claim: a document is never destroyed: a paper issued or its signed copy, what the published accounts rest on."""
    issued = select(IssuedPaper.id).where(is_paper(Document.id))
    return or_(_any(issued), Document.publication_id.is_not(None), Document.account_source_id.is_not(None))


def standings(session: Session, documents: Collection[Document]) -> dict[str, Standing]:
    """Say of some documents until when each is kept; a fixed number of queries."""
    ids = [each.id for each in documents]
    never = set(session.scalars(select(Document.id).where(Document.id.in_(ids), _never())))
    cases = {
        case_id: (closed_on, customer_id)
        for case_id, closed_on, customer_id in session.execute(
            select(Case.id, Case.closed_on, Case.customer_id).where(
                Case.id.in_({each.case_id for each in documents if each.case_id is not None})
            )
        )
    }
    contracts = dict(
        session.execute(
            select(Contract.id, Contract.ends_on).where(
                Contract.id.in_({each.contract_id for each in documents if each.contract_id is not None})
            )
        ).all()
    )
    firms = set(
        session.scalars(
            select(Firm.id).where(Firm.active, Firm.id.in_({each.firm_id for each in documents if each.firm_id}))
        )
    )
    whose = {each.id: _customer_of(each, cases) for each in documents}
    left = _left(session, {each for each in whose.values() if each is not None})
    found = {}
    for each in documents:
        if each.id in never:
            found[each.id] = Standing(None, _("长期保存"))
            continue
        ends = [cases[each.case_id][0]] if each.case_id is not None else []
        ends += [contracts[each.contract_id]] if each.contract_id is not None else []
        ends += [left[whose[each.id]]] if whose[each.id] in left else []
        ends += [None] if each.firm_id in firms else []
        found[each.id] = _standing(session, each, ends)
    return found


def _customer_of(document: Document, cases: dict[int, tuple[date | None, int | None]]) -> int | None:
    """Say whose presence keeps a document."""
    if document.customer_id is not None:
        return document.customer_id
    if document.case_id is not None and document.category in KEPT_WHILE_HERE:
        return cases[document.case_id][1]
    return None


def _left(session: Session, customers: Collection[int]) -> dict[int | None, date | None]:
    """Say when customers gave up their last unit; None while they hold one. Who never held any is not in it."""
    rows = session.execute(
        select(Occupancy.customer_id, func.count().filter(Occupancy.ends_on.is_(None)), func.max(Occupancy.ends_on))
        .where(Occupancy.customer_id.in_(customers))
        .group_by(Occupancy.customer_id)
    )
    return {customer_id: None if lasting else last for customer_id, lasting, last in rows}


def _standing(session: Session, document: Document, ends: list[date | None]) -> Standing:
    years = years_of(session, document.category, document.estate_id)
    if years == FOREVER:
        return Standing(None, _("长期保存"))
    known = [each for each in ends if each is not None]
    if len(known) < len(ends):
        return Standing(None, _("在用"))
    until = later(max([day_of(document.at), *known]), years)
    return Standing(max(until, document.held_until or until))
