"""What happened to a matter, in words: who, what, when, when it was typed, and what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db.cases import Case, Event
from db.fields import Field, fields_of
from db.ledger.price_words import percent_a_day
from db.ledger.tables import FeeItem, Payee
from db.masking import mask
from db.people import SYSTEM_ID, User
from db.process import Process, action_label, process_of
from db.registry import Building, Contract, Customer, Estate, Facility, Firm, ParkingSpace, Unit
from db.typed_moments import shown_moment
from db.words import _

WHO_COMPLAINED = frozenset({"customer_id", "unit_id", "contact_name", "contact_phone"})
"""What the person whom a matter is about must not learn."""
_ALWAYS_TOLD = frozenset({"assigned_to", "due_at", "department"})
_DAILY_RATE = "late_ppm"
"""Kept in millionths, which nobody says."""
_LABELS: dict[str, Any] = {
    "users": User.name, "units": Unit.short, "customers": Customer.name, "buildings": Building.name,
    "facilities": Facility.name, "firms": Firm.name, "estates": Estate.name, "payees": Payee.name,
    "fee_items": FeeItem.name, "contracts": Contract.number, "parking_spaces": ParkingSpace.code,
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One field that a step changed, in words; `before` is empty where nothing stood there."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """One step as the history tells it."""

    id: int
    what: str
    who: str
    at: datetime
    """When it happened."""
    recorded_at: datetime
    late_entry: bool
    from_state: str
    to_state: str
    """Both empty where the state stayed."""
    note: str
    changes: tuple[Change, ...]
    cause: str
    """The number of the matter that it follows from; empty for a step of its own."""
    cause_process: Process | None


class Names:
    """What people call the rows that a matter points at."""

    def __init__(self, names: Mapping[str, Mapping[int, str]]) -> None:
        self._names = names

    def of(self, target: str, key: object) -> str:
        """Name one row; empty for none."""
        return self._names.get(target, {}).get(key, "") if isinstance(key, int) else ""


def names_of(session: Session, wanted: Mapping[str, set[int]]) -> Names:
    """Look up what rows are called: table → ids; one query a table."""
    found: dict[str, dict[int, str]] = {}
    for target, ids in wanted.items():
        if ids and target in _LABELS:
            label = _LABELS[target]
            rows = session.execute(select(label.class_.id, label).where(label.class_.id.in_(sorted(ids))))
            found[target] = dict(rows.all())
    return Names(found)


def events_of(session: Session, case: Case) -> list[Any]:
    """Read a matter's steps, newest first: rows of (event, who, number and process of the matter that caused it)."""
    cause, origin = aliased(Event), aliased(Case.__table__)
    statement = (
        select(Event, User.name, origin.c.number, origin.c.process)
        .join(User, User.id == Event.actor_id)
        .outerjoin(cause, cause.id == Event.because_of)
        .outerjoin(origin, origin.c.id == cause.case_id)
        .where(Event.case_id == case.id)
        .order_by(Event.occurred_at.desc(), Event.id.desc())
    )
    return list(session.execute(statement))


def ids_in(fields: Iterable[Field], values: Iterable[Mapping[str, Any]]) -> dict[str, set[int]]:
    """Collect the rows that some values point at: table → ids."""
    wanted: dict[str, set[int]] = {}
    references = [each for each in fields if each.kind == "reference"]
    for each in values:
        for field in references:
            if isinstance(key := each.get(field.name), int):
                wanted.setdefault(field.target, set()).add(key)
    return wanted


def values_in(events: Iterable[Any]) -> list[dict[str, Any]]:
    """List what stood before and after each step, as stored."""
    sides: list[dict[str, Any]] = []
    for event, *_who in events:
        sides += [{name: pair[side] for name, pair in event.changes.items()} for side in (0, 1)]
    return sides


def told(events: Iterable[Any], number: str, process: Process, names: Names, *, hidden: bool) -> list[Told]:
    """Put the steps of matter `number` into words; `hidden` leaves out who complained."""
    fields = fields_of(process.model)
    lines = []
    for event, who, cause, cause_process in events:
        moved = event.from_state is not None and event.from_state != event.to_state
        shown = [fields[name] for name in event.changes if _is_told(fields.get(name), event, process, hidden=hidden)]
        changes = tuple(_change(each, event.changes[each.name], names) for each in shown)
        lines.append(
            Told(
                id=event.id, what=str(action_label(process, event.action)),
                who=str(_("系统")) if event.actor_id == SYSTEM_ID else who, at=event.occurred_at,
                recorded_at=event.recorded_at, late_entry=event.late_entry,
                from_state=str(process.states(event.from_state).label) if moved else "",
                to_state=str(process.states(event.to_state).label) if moved else "",
                note=event.note, changes=tuple(each for each in changes if each.before or each.after),
                cause=cause if cause and cause != number else "",
                cause_process=process_of(cause_process) if cause_process else None,
            )
        )  # fmt: skip
    return lines


def _is_told(field: Field | None, event: Event, process: Process, *, hidden: bool) -> bool:
    """Tell what the form asked and what matters to everybody; not the times that the step itself already says."""
    if field is None or (hidden and field.name in WHO_COMPLAINED):
        return False
    if event.action == "open" or field.name in _ALWAYS_TOLD:
        return True
    return any(each.name == field.name for each in process.form(event.action))


def _change(field: Field, pair: list[Any], names: Names) -> Change:
    before, after = ("" if value is False else said(field, mask(field, value), names) for value in pair)
    return Change(str(field.label), before, after if pair[1] is not False or not before else str(_("否")))


def said(field: Field, value: Any, names: Names) -> str:
    """Say a field's value in words, as stored in a column or kept in an event; empty for nothing."""
    if value is None or value == "":
        return ""
    match field.kind:
        case "choice":
            text: object = field.choices(value).label if field.choices else value
        case "reference":
            text = names.of(field.target, value)
        case "flag":
            text = _("是") if value else _("否")
        case "moment":
            text = said_moment(datetime.fromisoformat(value) if isinstance(value, str) else value)
        case "money":
            text = _said_money(value)
        case _ if field.name == _DAILY_RATE:
            text = percent_a_day(int(value))
        case _:
            text = value
    return str(text)


def said_moment(moment: datetime) -> str:
    """Write a moment by the estate's clock: `11-22 14:20`, with the year where it is not this one."""
    return shown_moment(moment)


def _said_money(value: Any) -> str:
    try:
        return f"{Decimal(value):,.2f}"  # in yuan, as the labels say
    except InvalidOperation:
        return str(value)
