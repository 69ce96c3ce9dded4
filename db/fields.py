"""What a column is called and asked like: one list of fields serves form, list, detail, filter, export and checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from sqlalchemy import Boolean, Column, Date, Enum, Integer, String, inspect
from sqlalchemy.orm import Mapper

from db.base import PROSE_LENGTH, Choice, Money, PhoneNumber, ProseText, SquareMetres, UtcDateTime
from db.words import Words, _


@dataclass(frozen=True)
class Field:
    """One thing that is asked, shown, filtered or exported."""

    name: str
    label: Words
    kind: str
    """text · prose · choice · date · moment · money · area · price · number · flag · phone · reference · people"""
    help: Words | None = None
    required: bool = True
    length: int = 0
    """Longest text allowed, in characters; 0 where it does not apply."""
    choices: type[Choice] | None = None
    default: Any = None
    in_list: bool = False
    in_filter: bool = False
    personal: bool = False
    """About a person: masked in lists and exports."""
    target: str = ""
    """The table a reference points at: units, customers, users …"""
    ahead: bool = False
    """A moment that lies ahead: a Saturday typed is the coming one, not the last."""


def ui(
    label: Words,
    *,
    help: Words | None = None,  # noqa: A002 - the word Streamlit and Field use
    in_list: bool = False,
    in_filter: bool = False,
    personal: bool = False,
    ahead: bool = False,
) -> dict[str, Any]:
    """Say on a column what people call it and where it shows: `mapped_column(info=ui(_("面积")))`."""
    return {
        "ui": {
            "label": label, "help": help, "in_list": in_list, "in_filter": in_filter, "personal": personal,
            "ahead": ahead,
        }
    }  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A field as one form asks it: perhaps optional, perhaps under another label."""

    name: str
    required: bool = True
    label: Words | None = None


def optional(name: str, label: Words | None = None) -> Asked:
    """Ask for a field that may stay empty."""
    return Asked(name, required=False, label=label)


def asked(name: str, label: Words) -> Asked:
    """Ask for a field under the process's own word for it."""
    return Asked(name, label=label)


Asks = tuple["str | Asked | Field", ...]

NOTE = Field("note", _("备注"), "prose", required=False, length=PROSE_LENGTH)
"""What an event carries besides its values: every form takes it, some require it by asking for `note`."""

# The first that fits: special types stand before those they are made of.
_KINDS: tuple[tuple[type, str], ...] = (
    (Money, "money"),
    (SquareMetres, "area"),
    (PhoneNumber, "phone"),
    (ProseText, "prose"),
    (UtcDateTime, "moment"),
    (Enum, "choice"),
    (Date, "date"),
    (Boolean, "flag"),
    (Integer, "number"),
    (String, "text"),
)


def _field_of(name: str, column: Column[Any]) -> Field:
    said = column.info["ui"]
    target = next((key.column.table.name for key in column.foreign_keys), "")
    # A type may say its own kind, as `db.ledger.pricing.UnitPrice` does.
    kind = getattr(column.type, "kind", "") or next(word for kind, word in _KINDS if isinstance(column.type, kind))
    default = column.default.arg if column.default is not None and column.default.is_scalar else None  # type: ignore[attr-defined]
    return Field(
        name=name,
        label=said["label"],
        kind="reference" if target else kind,
        help=said["help"],
        required=not column.nullable and kind != "flag" and default != "",
        length=getattr(column.type, "length", 0) or getattr(getattr(column.type, "impl", None), "length", 0) or 0,
        choices=cast("type[Choice] | None", column.type.enum_class) if isinstance(column.type, Enum) else None,
        default=default,
        in_list=said["in_list"],
        in_filter=said["in_filter"],
        personal=said["personal"],
        target=target,
        ahead=said["ahead"],
    )


@cache
def fields_of(model: type) -> dict[str, Field]:
    """List a table's speaking columns by attribute name, those of a joined parent first."""
    found: dict[str, Field] = {}
    for attribute in cast("Mapper[Any]", inspect(model)).column_attrs:
        column = attribute.columns[0]
        if isinstance(column, Column) and "ui" in column.info:
            found[attribute.key] = _field_of(attribute.key, column)
    return found


@cache
def asked_fields(model: type, asks: Asks) -> tuple[Field, ...]:
    """Resolve what a form asks against the model's columns; a whole `Field` in `asks` stands for itself.

    Asked means required, unless it says `optional(…)`; a remark may always be added. Raises `KeyError` for a name
    that the model does not have.
    """
    known = {**fields_of(model), NOTE.name: NOTE}
    resolved = []
    for ask in asks:
        if isinstance(ask, Field):
            resolved.append(ask)
            continue
        wish = Asked(ask) if isinstance(ask, str) else ask
        field = known[wish.name]
        required = wish.required and field.kind != "flag"
        resolved.append(replace(field, required=required, label=wish.label or field.label))
    if all(field.name != NOTE.name for field in resolved):
        resolved.append(NOTE)
    return tuple(resolved)
