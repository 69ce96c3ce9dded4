"""What a list was asked for, in words: above the list, on the exported sheet, in the operation log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.fields import Field, fields_of
from db.lists import EVERYTHING, OPEN, Wanted, filter_fields, moment_fields
from db.options import Options, options_for
from db.people import User, people_in
from db.process import Process
from db.registry import Building, Estate
from db.session import actor_of
from db.words import Words, _

DATES: tuple[tuple[str, Words], ...] = (
    ("opened", _("登记日期")),
    ("handled", _("处理完毕日期")),
    ("closed", _("办结日期")),
)
"""Spans of days a list is asked for: `Wanted.opened_from`, `opened_to` and so on."""


def offered(session: Session, process: Process, estate_ids: Collection[int] = ()) -> tuple[Options, Options]:
    """List the buildings and the people that a list may be narrowed to; three queries."""
    actor = actor_of(session)
    estates = frozenset(actor.estates & set(estate_ids) if estate_ids else actor.estates)
    field = fields_of(process.model)["building_id"]
    buildings = options_for(session, process, "", [field], estates)[field.name]
    roles = frozenset().union(*(each.roles for each in process.actions))
    return buildings, {user.id: user.name for user in people_in(session, roles, estates)}


def described(session: Session, process: Process, wanted: Wanted) -> list[tuple[str, str, str]]:
    """Say each condition: (which attribute or filter field, what it is called, what it says)."""
    said = [("state", str(_("状态")), _standing(process, wanted))]
    if wanted.typed.strip():
        said.append(("typed", str(_("查找")), wanted.typed.strip()))
    for name, label in DATES:
        span = _span(getattr(wanted, f"{name}_from"), getattr(wanted, f"{name}_to"))
        said += [(name, str(label), span)] if span else []
    known = moment_fields(process)
    said += [(name, str(known[name].label), _span(*days)) for name, days in wanted.moments.items() if name in known]
    said += _places(session, wanted)
    if wanted.assigned_to is not None:
        person = session.scalar(select(User.name).where(User.id == wanted.assigned_to))
        said.append(("assigned_to", str(_("经办人")), person or ""))
    for field in filter_fields(process):
        if values := wanted.choices.get(field.name):
            said.append((field.name, str(field.label), _chosen(field, values)))
    said += [(name, str(label), str(_("是"))) for name, label in _FLAGS if getattr(wanted, name)]
    for name, label in (("handled", _("处理完毕")), ("visited", _("已回访"))):
        wish = getattr(wanted, name)
        said += [(f"is_{name}", str(label), str(_("是") if wish else _("否")))] if wish is not None else []
    return said


_FLAGS = (("late", _("仅超时")), ("counting", _("不含作废、撤销、合并")))


def _standing(process: Process, wanted: Wanted) -> str:
    if wanted.states:
        known = {each.value: each for each in process.states}
        return str(_("、")).join(str(known[value].label) for value in wanted.states if value in known)
    if wanted.standing in {OPEN, EVERYTHING}:
        return str(_("未办结") if wanted.standing == OPEN else _("全部"))
    return str(process.states(wanted.standing).label)


def _span(first: date | None, last: date | None) -> str:
    if first and last:
        return str(first) if first == last else str(_("{first} 至 {last}", first=first, last=last))
    if first:
        return str(_("{first} 起", first=first))
    return str(_("{last} 止", last=last)) if last else ""


def _places(session: Session, wanted: Wanted) -> list[tuple[str, str, str]]:
    said = []
    if wanted.estate_ids:
        names = session.scalars(select(Estate.name).where(Estate.id.in_(wanted.estate_ids)).order_by(Estate.id)).all()
        said.append(("estate_ids", str(_("项目")), str(_("、")).join(names)))
    if wanted.building_id is not None:
        name = session.scalar(select(Building.name).where(Building.id == wanted.building_id))
        said.append(("building_id", str(_("楼栋")), name or str(_("公共区域"))))
    return said


def _chosen(field: Field, values: tuple[str, ...]) -> str:
    if field.choices is None:
        return str(_("是") if values[0] == "1" else _("否"))
    labels = {each.value: str(each.label) for each in field.choices}
    return str(_("、")).join(labels[value] for value in values if value in labels)
