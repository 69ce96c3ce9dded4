"""Lists of the registry: searched, filtered, counted and paged in SQL, within the actor's estates; phones masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from db import settings
from db.base import Base
from db.checking import clean_text
from db.clock import today
from db.fields import fields_of
from db.ledger.bank_tables import BankMandate
from db.ledger.tables import FeeItem, Payee
from db.masking import mask
from db.people import SYSTEM_ID, Actor, User
from db.refused import Refused
from db.registering import estate_of
from db.registry import (
    Building,
    Contract,
    Customer,
    Estate,
    Facility,
    Firm,
    Occupancy,
    ParkingSpace,
    ServicePoint,
    StewardArea,
    Unit,
    Vehicle,
)  # fmt: skip
from db.registry_extras import EXTRAS
from db.registry_rules import holds_on
from db.search import people_and_units
from db.session import actor_of
from db.spellings import squeezed
from db.words import Words, _

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; page and total answer the same question."""

    typed: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Filter field → stored value wanted."""
    building_id: int | None = None
    estate_ids: frozenset[int] = frozenset()
    """Of the actor's, those looked at; empty for all."""
    ending: bool = False
    """Contracts, licences: only those that end soon or are over. Areas: only present ones."""


@dataclass(frozen=True)
class Shown:
    """One column of a list."""

    name: str
    label: Words
    kind: str


@dataclass(frozen=True)
class Page:
    """One page: rows of plain values with their `id`; choices stay choices, for their words and colours."""

    rows: list[dict[str, Any]]
    total: int
    previous: int | None
    """Ask for the page before this row …"""
    next: int | None
    """… and after this one."""


_NAMES: dict[str, Any] = {
    "buildings": Building.name, "customers": Customer.name, "units": Unit.short, "firms": Firm.name,
    "users": User.name, "estates": Estate.name, "payees": Payee.name,
}  # fmt: skip
_COLUMNS: dict[Any, tuple[str, ...]] = {
    Unit: ("short", "building_id", "living", "floor", "area", "use", "state"),
    Customer: ("name", "kind", "holds", "phones", "contact_name", "occupants"),
    Building: ("name", "code", "floors", "has_lift", "unit_count", "steward"),
    Contract: ("number", "kind", "customer_id", "unit_id", "firm_id", "starts_on", "ends_on", "standing", "price"),
    Firm: (
        "name", "kind", "contact_name", "phone", "emergency_phone", "licence", "licence_ends_on", "standing", "active",
    ),
    FeeItem: ("name", "estate_id", "kind", "payee_id", "active"),
    Payee: ("name", "estate_id", "mark", "tax_number", "bank", "account", "phone"),
}  # fmt: skip
_OWN_LABELS: dict[str, Words] = {
    "short": _("房屋"), "living": _("客户"), "holds": _("房屋"), "phones": _("电话"), "unit_count": _("房屋数"),
    "steward": _("物业管家"), "standing": _("状态"),
}  # fmt: skip
_ORDER: dict[Any, tuple[Any, ...]] = {
    Estate: (Estate.name,),
    ServicePoint: (ServicePoint.name,),
    Building: (Building.position, Building.code),
    Unit: (Building.position, Building.code, Unit.entrance, func.coalesce(Unit.floor, 0), Unit.short),
    Facility: (func.coalesce(Building.position, 0), Facility.kind, Facility.name),
    Customer: (Customer.name,),
    Vehicle: (Vehicle.plate,),
    ParkingSpace: (ParkingSpace.code,),
    Firm: (Firm.name,),
    Contract: (Contract.ends_on,),
    StewardArea: (Building.position, Building.code, StewardArea.starts_on),
    BankMandate: (BankMandate.holder,),
    Payee: (Payee.name,),
    FeeItem: (FeeItem.estate_id, FeeItem.position, FeeItem.name),
}


def columns_of(model: type[Base]) -> list[Shown]:
    """List a table's columns as its list shows them."""
    known = fields_of(model)
    names = _COLUMNS.get(model) or [each.name for each in known.values() if each.in_list]
    return [
        Shown(name, known[name].label, known[name].kind) if name in known else Shown(name, _OWN_LABELS[name], "text")
        for name in names
    ]


def listed(
    session: Session,
    model: type[Base],
    wanted: Wanted,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> Page:
    """Return one page of a table and the total of all found, in a fixed number of queries.

    `after` and `before` are ids of rows on the page that was shown. Raises `Refused` for technicians and guards.
    """
    actor = actor_of(session)
    if not actor.sees_all:
        raise Refused(_("档案只对客户服务人员开放。"))
    claims = _claims(session, actor, model, wanted)
    total = session.scalar(_joined(select(func.count()).select_from(model), model).where(*claims)) or 0
    order = (*_ORDER[model], model.id)  # type: ignore[attr-defined]
    backwards = before is not None
    statement = _selected(model).where(*claims)
    if (row_id := before if backwards else after) is not None:
        statement = statement.where(*_beyond(session, model, order, row_id, backwards=backwards))
    statement = statement.order_by(*((each.desc() for each in order) if backwards else order)).limit(limit + 1)
    rows = [dict(row._mapping) for row in session.execute(statement)]  # noqa: SLF001 - public API
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    return Page(
        _shown(session, model, rows),
        total,
        previous=rows[0]["id"] if rows and (more if backwards else after is not None) else None,
        next=rows[-1]["id"] if rows and (more or backwards) else None,
    )


def _joined(statement: Select[Any], model: type[Base]) -> Select[Any]:
    """Join what order and claims speak of."""
    if hasattr(model, "building_id"):
        optional = model is Facility
        return statement.join(Building, Building.id == model.building_id, isouter=optional)
    return statement


def _selected(model: type[Base]) -> Select[Any]:
    """Select a table's columns with the names of what they point at."""
    known = fields_of(model)
    columns: list[Any] = [model.id]  # type: ignore[attr-defined]
    joins: list[tuple[Any, Any]] = []
    for shown in columns_of(model):
        if shown.name not in known:
            columns += [getattr(model, shown.name)] if hasattr(model, shown.name) else []
        elif known[shown.name].target == "buildings":
            columns.append(Building.name.label(shown.name))
        elif (target := known[shown.name].target) in _NAMES:
            other = aliased(_NAMES[target].class_)
            columns.append(getattr(other, _NAMES[target].key).label(shown.name))
            joins.append((other, other.id == getattr(model, shown.name)))
        else:
            columns.append(getattr(model, shown.name))
    statement = _joined(select(*columns).select_from(model), model)
    for other, claim in joins:
        statement = statement.outerjoin(other, claim)
    return statement


def _beyond(
    session: Session, model: Any, order: tuple[Any, ...], row_id: int, *, backwards: bool
) -> list[ColumnElement[bool]]:
    """Claim: a row comes after (or before) the row `row_id` in the list's order; nothing if that one is gone."""
    row = session.execute(_joined(select(*order).select_from(model), model).where(model.id == row_id)).first()
    if row is None:
        return []
    ways: list[ColumnElement[bool]] = []
    for n, (column, value) in enumerate(zip(order, row, strict=True)):
        same = [earlier == was for earlier, was in zip(order[:n], row[:n], strict=True)]
        ways.append(and_(*same, column < value if backwards else column > value))
    return [or_(*ways)]


def _shown(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = fields_of(model)
    for row in rows:
        for name, value in row.items():
            if name in known:
                row[name] = mask(known[name], value)
    ids = [row["id"] for row in rows]
    for add in EXTRAS.get(model, ()):
        for row, extra in zip(rows, add(session, ids, rows), strict=True):
            row.update(extra)
    return rows


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


def _claims(session: Session, actor: Actor, model: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    estate = model.id if model is Estate else model.estate_id
    estates = actor.estates & wanted.estate_ids if wanted.estate_ids else actor.estates
    claims = [] if actor.user_id == SYSTEM_ID else [estate.in_(sorted(estates))]
    known = fields_of(model)
    for name, value in wanted.choices.items():
        choices = known[name].choices if name in known else None
        if choices is not None and value in {each.value for each in choices}:
            claims.append(getattr(model, name) == choices(value))
    if wanted.building_id is not None and hasattr(model, "building_id"):
        claims.append(model.building_id == wanted.building_id)
    if wanted.ending and model in _ENDING:
        claims.append(_ENDING[model](session, sorted(estates)))
    if wanted.typed.strip():
        claims.append(_typed(session, model, wanted.typed))
    return claims


def _typed(session: Session, model: Any, typed: str) -> ColumnElement[bool]:
    """Claim: the row is meant by what was typed."""
    ways: list[ColumnElement[bool]] = [_contains(getattr(model, name), typed) for name in _READ.get(model, ())]
    people, units = _id_columns(model)
    if people is not None or units is not None:
        found_units, found_people = people_and_units(session, typed)
        present = holds_on(Occupancy, today())
        if model is Unit:
            theirs = select(Occupancy.unit_id).where(Occupancy.customer_id.in_(found_people), present)
            ways.append(Unit.id.in_(theirs))
        if model is Customer:
            living = select(Occupancy.customer_id).where(Occupancy.unit_id.in_(found_units), present)
            ways.append(Customer.id.in_(living))
        ways += [
            column.in_(ids) for column, ids in ((people, found_people), (units, found_units)) if column is not None
        ]
    return or_(false(), *ways)


def _id_columns(model: Any) -> tuple[Any, Any]:
    """Say which columns of a table name a customer, and a unit."""
    if model in {Unit, Customer}:
        return (None, Unit.id) if model is Unit else (Customer.id, None)
    return getattr(model, "customer_id", None), getattr(model, "unit_id", None)


_READ: dict[Any, tuple[str, ...]] = {
    Estate: ("name", "address"), ServicePoint: ("name", "address"), Building: ("name", "code"),
    Facility: ("name", "place"), Vehicle: ("plate",), ParkingSpace: ("code",),
    Firm: ("name", "contact_name", "licence"), Contract: ("number",), BankMandate: ("holder", "number"),
    Payee: ("name", "mark"), FeeItem: ("name",),
}  # fmt: skip
"""Small tables, where a look through all rows costs nothing."""


def _contains(column: Any, typed: str) -> ColumnElement[bool]:
    """Claim: a column contains what was typed, as it was or without blanks and signs (冀R 12345)."""
    forms = {clean_text(typed).lower(), squeezed(typed)} - {""}
    return or_(false(), *(func.lower(column).contains(form, autoescape=True) for form in sorted(forms)))


def _ends_soon(column: Any, estate: Any) -> Callable[[Session, list[int]], ColumnElement[bool]]:
    def claim(session: Session, estates: list[int]) -> ColumnElement[bool]:
        return or_(
            false(),
            *(
                and_(estate == each, column <= today() + timedelta(days=warning_days(session, each)))
                for each in estates
            ),
        )

    return claim


def _holds_now(_session: Session, _estates: list[int]) -> ColumnElement[bool]:
    return holds_on(StewardArea, today())


_ENDING: dict[Any, Callable[[Session, list[int]], ColumnElement[bool]]] = {
    Contract: _ends_soon(Contract.ends_on, Contract.estate_id),
    Firm: _ends_soon(Firm.licence_ends_on, Firm.estate_id),
    StewardArea: _holds_now,
}


def warning_days(session: Session, estate_id: int) -> int:
    """Say how many days before its end an estate wants to be warned of a contract."""
    return int(settings.value_of(session, settings.CONTRACT_WARNING_DAYS, estate_id))


def record_values(session: Session, model: type[Base], record_id: int) -> tuple[dict[str, Any], int]:
    """Read a record's fields and version, for the form that changes it; an identity number is never in it.

    Raises `Refused` for what is outside the actor's estates.
    """
    actor = actor_of(session)
    row: Any = session.get(model, record_id)
    if row is None or not actor.sees_all or estate_of(session, row) not in actor.estates:
        raise Refused(_("没有找到这条档案，可能已被删除，或不在您负责的项目内。"))
    return {name: getattr(row, name) for name in fields_of(model) if name != "id_number"}, row.version
