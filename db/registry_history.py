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
from db.histories import Change, Names, ids_in, names_of, said
from db.masking import mask, mask_phone
from db.people import Right, User
from db.refused import Refused
from db.registering import estate_of, right_for
from db.session import actor_of
from db.words import Words, _

ACTS: dict[str, Words] = {
    "created": _("新建"), "changed": _("修改"), "ended": _("结束"), "deleted": _("删除"), "imported": _("导入"),
    "looked": _("查看电话"), "revealed": _("说明原因后查看"), "exported": _("导出"), "disclosed": _("提供给第三方"),
}  # fmt: skip
_CHANGES = ("created", "changed", "ended", "imported")


@dataclass(frozen=True)
class Entry:
    """One entry of a record's history."""

    at: datetime
    who: str
    act: str
    changes: tuple[Change, ...]
    """Personal data masked."""


def history_of(session: Session, model: type[Base], record_id: int, limit: int = 100) -> list[Entry]:
    """List a record's changes, newest first; needs the right to change it, or to read the operation log."""
    actor = actor_of(session)
    row: Any = session.get(model, record_id)
    if row is None or estate_of(session, row) not in actor.estates:
        raise Refused(_("没有找到这条档案，可能已被删除，或不在您负责的项目内。"))
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
    sides = [side or {} for each, _who in rows for side in (each.before, each.after)]
    names = names_of(session, ids_in(fields.values(), sides))
    return [Entry(each.at, who, str(ACTS[each.act]), tuple(_changes(fields, names, each))) for each, who in rows]


def _changes(fields: Mapping[str, Field], names: Names, audit: Audit) -> list[Change]:
    sides = (audit.before or {}, audit.after or {})
    made = []
    for name in dict.fromkeys((*sides[0], *sides[1])):
        if name == "phones":
            was, now = (str(_("、")).join(map(mask_phone, side.get(name) or ())) for side in sides)
            made.append(Change(str(_("电话")), was, now))
        elif (field := fields.get(name)) is not None:
            was, now = (said(field, mask(field, side.get(name)), names) for side in sides)
            made.append(Change(str(field.label), was, now))
    return made
