"""Keeping the registry: one way to write a record down, correct it, or take back a slip of the pen (R1, R2, R7, R8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table, UniqueConstraint, exists, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import search_keys
from db.audit import Audit, record
from db.base import Base
from db.checking import cleaned
from db.clock import local, now
from db.fields import Field, fields_of
from db.ledger.bank_tables import BankMandate
from db.ledger.tables import FeeItem, Payee, Tariff
from db.people import SYSTEM_ID, Right, User, UserEstate, require
from db.refused import Conflict, Refused
from db.registry import Building, Contract, Customer, CustomerPhone, Estate, Firm, Unit, Vehicle
from db.registry_rules import RULES, Draft
from db.session import actor_of
from db.words import Words, _

JUST_MADE = timedelta(hours=24)
"""So long after it was written down a record may be taken back as a mistake."""

_RIGHTS: dict[type, Right] = {
    Contract: Right.EDIT_CONTRACTS,
    Firm: Right.EDIT_CONTRACTS,
    Estate: Right.MANAGE_SETTINGS,
    Payee: Right.EDIT_TARIFFS,
    FeeItem: Right.EDIT_TARIFFS,
    Tariff: Right.EDIT_TARIFFS,
    BankMandate: Right.TAKE_PAYMENT,
}
_KINDS: dict[type, str] = {Unit: "unit", Customer: "customer", Vehicle: "vehicle"}
"""Tables whose records search finds."""


def right_for(model: type) -> Right:
    """Say which right it takes to change a table."""
    return _RIGHTS.get(model, Right.EDIT_REGISTRY)


def save(
    session: Session,
    model: type[Base],
    values: Mapping[str, Any],
    record_id: int | None = None,
    version: int | None = None,
    *,
    token: str | None = None,
    also: Mapping[str, Any] | None = None,
) -> int:
    """Write a record down (`record_id` None) or change the fields named in `values`; returns its id.

    `token` makes the second press of one form return the first one's record. `version` is the one the form was drawn
    with: when somebody was faster, `Conflict` says who changed what. Raises `Refused` with problems by field; then
    nothing is changed. Nothing different is no change: no entry, same version. A field that a table does not have is
    a `KeyError`. `also` are columns that no form asks as they are stored (a tariff's steps); the table's rule checks
    them.
    """
    require(actor_of(session), right_for(model))
    if (done := saved_by(session, token)) is not None:
        return done
    found = None if record_id is None else locked(session, model, record_id, version)
    draft = _checked(session, model, found, values, also or {})
    if found is None:
        row = model(**draft.values)
        return _stored(session, row, None, _said(draft.values), token)
    changed = {name: value for name, value in draft.values.items() if getattr(found, name) != value}
    if not changed:
        return record_id or 0
    before = {name: getattr(found, name) for name in changed}
    for name, value in changed.items():
        setattr(found, name, value)
    return _stored(session, found, before, changed, token)


def saved_by(session: Session, token: str | None) -> int | None:
    """Say which record a form's token has already written, if any."""
    return session.scalar(select(Audit.record_id).where(Audit.token == token)) if token else None


def locked(session: Session, model: type[Base], record_id: int, version: int | None = None) -> Any:
    """Fetch a record of the actor's estates to change it, locked until the transaction ends.

    Raises `Refused` when there is none in his estates, `Conflict` when it is no longer at `version`.
    """
    row: Any = session.get(model, record_id, with_for_update=True, populate_existing=True)
    if row is None or not _in_estates(session, estate_of(session, row)):
        raise Refused(_("没有找到这条档案，可能已被删除，或不在您负责的项目内。"))
    if version is not None and row.version != version:
        raise Conflict(_changed_since(session, model, row, version))
    return row


def note_change(
    session: Session, row: Any, before: Mapping[str, Any], after: Mapping[str, Any], *, act: str = "changed"
) -> None:
    """Move a record's version on and put the change into the audit, for what is not a column (phones)."""
    row.version += 1
    session.flush()
    record(session, act, row.__tablename__, row.id, estate_id=estate_of(session, row), before=dict(before),
           after=dict(after))  # fmt: skip


def take_back(session: Session, model: type[Base], record_id: int) -> None:
    """Delete a record that was written down by mistake, while nothing depends on it and no day has passed.

    Anything older or in use stays: end it, or correct it. A customer's phones go with him.
    """
    require(actor_of(session), right_for(model))
    row = locked(session, model, record_id)
    table = model.__tablename__
    made_at = session.scalar(
        select(Audit.at).where(Audit.table_name == table, Audit.record_id == record_id, Audit.act == "created")
    )
    if made_at is None or made_at < now() - JUST_MADE:
        raise Refused(_("只有 24 小时内新建的档案可以删除。请改为结束、停用或更正。"))
    if table_name := _depends(session, model, record_id):
        what = _DEPENDENTS.get(table_name, table_name)
        raise Refused(_("已有{what}用到这条档案，不能删除。请改为结束、停用或更正。", what=what))
    estate_id, before = estate_of(session, row), _said(_columns(row))
    if model is Customer:
        for phone in session.scalars(select(CustomerPhone).where(CustomerPhone.customer_id == record_id)):
            session.delete(phone)
    session.flush()
    session.delete(row)
    if model in _KINDS:
        search_keys.refresh(session, _KINDS[model], [record_id])
    session.flush()
    record(session, "deleted", table, record_id, estate_id=estate_id, before=before)


def estate_of(session: Session, row: Any) -> int:
    """Say to which estate a record belongs."""
    if isinstance(row, Estate):
        return row.id
    if hasattr(row, "estate_id"):
        return int(row.estate_id)
    return session.get_one(Unit, row.unit_id).estate_id


def _in_estates(session: Session, estate_id: int) -> bool:
    actor = actor_of(session)
    return actor.user_id == SYSTEM_ID or estate_id in actor.estates


def _checked(
    session: Session, model: type[Base], found: Any, values: Mapping[str, Any], also: Mapping[str, Any]
) -> Draft:
    known = fields_of(model)
    values = dict(values)
    if found is None and "estate_id" in known and values.get("estate_id") is None:
        values["estate_id"] = _likely_estate(session, known, values)
    fields = tuple(known[name] for name in values) if found is not None else tuple(known.values())
    if unknown := values.keys() - known.keys():
        raise KeyError(*unknown)
    good, problems = cleaned(fields, values)
    good |= also
    draft = Draft(model, found, {**_columns(found), **good} if found is not None else good, dict(problems))
    if "estate_id" not in draft.problems:
        _check_references(session, draft, fields)
    if not draft.problems and (rule := RULES.get(model)):
        rule(session, draft)
    if not draft.problems:
        _check_unique(session, draft, known)
    if draft.problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(draft.problems)), draft.problems)
    return draft


def _likely_estate(session: Session, known: Mapping[str, Field], values: Mapping[str, Any]) -> int | None:
    for name, field in known.items():
        model = _model_of(field.target) if field.kind == "reference" else None
        if model is not None and hasattr(model, "estate_id") and isinstance(values.get(name), int):
            row: Any = session.get(model, values[name])
            if row is not None:
                return int(row.estate_id)
    estates = actor_of(session).estates
    return next(iter(estates)) if len(estates) == 1 else None


def _check_references(session: Session, draft: Draft, fields: tuple[Field, ...]) -> None:
    """Refuse what does not exist, is another estate's, or moves the record to another estate."""
    here: int | None = draft.values.get("estate_id")
    if draft.model is not Estate and here is None and draft.values.get("unit_id") is not None:
        unit = session.get(Unit, draft.values["unit_id"])
        here = unit.estate_id if unit else None
    if draft.found is not None and here is not None and here != estate_of(session, draft.found):
        draft.problems["estate_id"] = _("档案不能移到别的项目，请在那个项目里新建。")
        return
    for field in fields:
        value = draft.values.get(field.name)
        if field.kind != "reference" or value is None or field.name in draft.problems:
            continue
        row: Any = session.get(_model_of(field.target), value)
        if row is None or not _fits(session, row, here):
            draft.problems[field.name] = _("没有找到所选的{label}，请重新查找。", label=field.label)


def _fits(session: Session, row: Any, here: int | None) -> bool:
    if isinstance(row, User):
        return row.active and row.id != SYSTEM_ID
    estate_id = estate_of(session, row)
    return _in_estates(session, estate_id) and (here is None or estate_id == here)


@cache
def _model_of(table: str) -> Any:
    return next(each.class_ for each in Base.registry.mappers if each.local_table.name == table)  # type: ignore[attr-defined]


@cache
def _unique_sets(table: Table) -> tuple[tuple[str, ...], ...]:
    rules = [rule for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    return tuple(tuple(each.key for each in rule.columns) for rule in rules)


def _check_unique(session: Session, draft: Draft, known: Mapping[str, Field]) -> None:
    for names in _unique_sets(draft.model.__table__):
        if any(draft.values.get(name) is None for name in names):
            continue
        same = select(draft.model.id).where(*(getattr(draft.model, name) == draft.values[name] for name in names))
        if draft.found is not None:
            same = same.where(draft.model.id != draft.found.id)
        if session.scalar(same.limit(1)) is not None:
            field = known[next(name for name in reversed(names) if name in known)]
            draft.problems[field.name] = _taken(field.label, draft.values[field.name])


def _taken(label: Words, value: object) -> Words:
    return _("已有同样的{label}“{value}”，请先查找已有的档案。", label=label, value=value)


def _columns(row: Any) -> dict[str, Any]:
    model: type[Base] = type(row)
    return {name: getattr(row, name) for name in fields_of(model)}


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _stored(session: Session, row: Any, before: dict[str, Any] | None, after: dict[str, Any], token: str | None) -> int:
    try:
        with session.begin_nested():
            if before is None:
                session.add(row)
            else:
                row.version += 1
            session.flush()
    except IntegrityError as error:  # somebody else wrote the same between our look and our write
        raise Refused(_("刚刚有人录入了同样的档案，请刷新后再看。")) from error
    estate_id = estate_of(session, row)
    act = "created" if before is None else "changed"
    record(session, act, row.__tablename__, row.id, estate_id=estate_id, before=before, after=after, token=token)
    if isinstance(row, Estate) and before is None:
        session.add(UserEstate(user_id=actor_of(session).user_id, estate_id=row.id))
    _keep_found(session, row, after)
    return int(row.id)


def _keep_found(session: Session, row: Any, changed: Mapping[str, Any]) -> None:
    """Keep search, and the short names of a renumbered building's units, in step with the write."""
    if (kind := _KINDS.get(type(row))) is not None:
        search_keys.refresh(session, kind, [row.id])
    elif isinstance(row, Building) and {"code", "name"} & changed.keys():
        units = session.scalars(select(Unit).where(Unit.building_id == row.id)).all()
        for unit in units:
            unit.short = Draft(Unit, unit, {}, {}).short(row)
        search_keys.refresh(session, "unit", [unit.id for unit in units])
    session.flush()


_DEPENDENTS: dict[str, Words] = {
    "buildings": _("楼栋"), "units": _("房屋"), "facilities": _("公共设施"), "customers": _("客户"),
    "occupancies": _("入住登记"), "parking_spaces": _("车位"), "vehicles": _("车辆"), "firms": _("专营公司"),
    "contracts": _("合同"), "steward_areas": _("责任区"), "service_points": _("物业处"), "cases": _("事项"),
    "fee_items": _("收费项目"), "tariffs": _("收费标准"), "meters": _("表计"), "bills": _("账单"),
}  # fmt: skip


def _depends(session: Session, model: type[Base], record_id: int) -> str | None:
    """Name a table with a row that points at this record; a customer's own phones and search's keys do not count."""
    own = {"customer_phones", "search_keys", "user_estates"}
    target = inspect(model).local_table
    for table in Base.metadata.sorted_tables:
        pointing = [
            column for column in table.columns if any(key.column.table is target for key in column.foreign_keys)
        ]
        for column in pointing if table.name not in own else ():
            if session.scalar(select(exists().where(column == record_id))):
                return table.name
    return None


def _changed_since(session: Session, model: type[Base], row: Any, version: int) -> Words:
    """Say who changed what since `version`; every step of the version is one entry of the audit."""
    changes = session.execute(
        select(User.name, Audit.at, Audit.after)
        .join(User, User.id == Audit.actor_id)
        .where(Audit.table_name == model.__tablename__, Audit.record_id == row.id, Audit.act.in_(("changed", "ended")))
        .order_by(Audit.id.desc())
        .limit(max(row.version - version, 1))
    ).all()
    labels = {name: str(field.label) for name, field in fields_of(model).items()}
    labels["phones"] = str(_("电话"))
    comma = str(_("、"))
    said = [
        str(_("{who} {when} 改了{what}", who=who, when=f"{local(at):%H:%M}",
              what=comma.join(labels.get(name, name) for name in after or {})))
        for who, at, after in reversed(changes)
    ]  # fmt: skip
    return _("这条档案刚被别人改过：{said}。您填的内容还在，请看过最新情况后再保存。", said=str(_("；")).join(said))
