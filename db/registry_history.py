"""What became of a registry record: who changed what, from what to what (R2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.audit import Audit
from db.base import Base
from db.fields import Field, fields_of
from db.masking import mask, mask_phone
from db.people import Right, User
from db.refused import Refused
from db.registering import estate_of, right_for
from db.registry import Building, Customer, Estate, Facility, Firm, Unit
from db.session import actor_of
from db.words import Words, _

ACTS: dict[str, Words] = {
    "created": _("新建"), "changed": _("修改"), "ended": _("结束"), "deleted": _("删除"), "imported": _("导入"),
    "looked": _("查看电话"), "revealed": _("说明原因后查看"), "exported": _("导出"), "disclosed": _("提供给第三方"),
}  # fmt: skip
_CHANGES = ("created", "changed", "ended", "imported")
_NAMES: dict[str, Any] = {
    "estates": Estate.name, "buildings": Building.name, "units": Unit.short, "customers": Customer.name,
    "facilities": Facility.name, "firms": Firm.name, "users": User.name,
}  # fmt: skip


@dataclass(frozen=True)
class Changed:
    """One field's change: the label, before, after; as people read them, personal data masked."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One entry of a record's history."""

    at: datetime
    who: str
    act: str
    changes: tuple[Changed, ...]


def history_of(session: Session, model: type[Base], record_id: int, limit: int = 100) -> list[Entry]:
    """List a record's changes, newest first; needs the right to change it, or to read the operation log."""
    actor = actor_of(session)
    row: Any = session.get(model, record_id)
    if row is None or estate_of(session, row) not in actor.estates:
        raise Refused(_("没有找到这条档案,可能已被删除,或不在您负责的项目内。"))
    if not (actor.may(right_for(model)) or actor.may(Right.SEE_AUDIT)):
        raise Refused(_("您没有查看修改记录的权限。"))
    rows = session.execute(
        select(Audit, User.name)
        .join(User, User.id == Audit.actor_id)
        .where(Audit.table_name == model.__tablename__, Audit.record_id == record_id, Audit.act.in_(_CHANGES))
        .order_by(Audit.id.desc())
        .limit(limit)
    ).all()
    fields = fields_of(model)
    names = _names(session, fields, [audit for audit, _who in rows])
    return [
        Entry(
            audit.at, who, str(ACTS[audit.act]), tuple(_changes(fields, names, audit.before or {}, audit.after or {}))
        )
        for audit, who in rows
    ]


def _names(session: Session, fields: Mapping[str, Field], audits: list[Audit]) -> dict[tuple[str, int], str]:
    """Look up what the ids in the entries stand for, one query a table."""
    wanted: dict[str, set[int]] = {}
    for audit in audits:
        for said in (audit.before or {}, audit.after or {}):
            for name, value in said.items():
                if name in fields and fields[name].target in _NAMES and isinstance(value, int):
                    wanted.setdefault(fields[name].target, set()).add(value)
    found: dict[tuple[str, int], str] = {}
    for target, ids in wanted.items():
        column = _NAMES[target]
        for key, name in session.execute(select(column.class_.id, column).where(column.class_.id.in_(sorted(ids)))):
            found[target, key] = name
    return found


def _changes(
    fields: Mapping[str, Field],
    names: Mapping[tuple[str, int], str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[Changed]:
    made = []
    for name in dict.fromkeys((*before, *after)):
        if name == "phones":
            said = [
                str(_("、")).join(mask_phone(number) for number in each.get(name) or ()) for each in (before, after)
            ]
            made.append(Changed(str(_("电话")), *said))
        elif (field := fields.get(name)) is not None:
            was, now = (_read(field, names, each.get(name)) for each in (before, after))
            made.append(Changed(str(field.label), was, now))
    return made


def _read(field: Field, names: Mapping[tuple[str, int], str], value: Any) -> str:
    if value is None or value == "":
        return ""
    if field.kind == "flag":
        return str(_("是") if value else _("否"))
    if field.choices is not None:
        return str(field.choices(value).label) if value in {each.value for each in field.choices} else str(value)
    if field.kind == "reference":
        return names.get((field.target, value), str(value))
    return str(mask(field, str(value)))
