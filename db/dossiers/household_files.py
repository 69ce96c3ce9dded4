"""The people's file of who moves in 住户档案: whom to call, how many they are, who lives there too (I9; HB:91, 102)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import NAME_LENGTH
from db.cases import case_by_id
from db.checking import clean_text, cleaned, is_empty
from db.fields import Field, fields_of
from db.ledger.ahead import seen_unit
from db.occupancies import take_in
from db.phones import add_phone
from db.process import open_case, perform
from db.refused import Refused
from db.registering import save
from db.registry import Customer, CustomerKind, CustomerPhone, Relation
from db.words import Words, _

FILE = "fill_file"
"""The action that a process with a people's file declares; it stays in its state and asks nothing."""
MOST_MEMBERS = 20

_OF_CUSTOMER = ("contact_name", "occupants", "id_number", "reach", "needs")
PHONE = Field("phone", _("联系电话"), "phone", _("已有的不用再填"), required=False)
_NEW = "new_"
NEW_PHONE = Field(f"{_NEW}phone", _("联系电话"), "phone")
NEW = (
    Field(f"{_NEW}name", _("姓名/单位名称"), "text", length=NAME_LENGTH),
    NEW_PHONE,
    Field(f"{_NEW}kind", _("类型"), "choice", choices=CustomerKind, default=CustomerKind.PERSON),
    Field(f"{_NEW}contact_name", _("联系人"), "text", _("单位客户的联系人"), required=False, length=NAME_LENGTH,
          default=""),
    Field(f"{_NEW}occupants", _("居住/办公人数"), "number", required=False),
)  # fmt: skip
"""What is asked of a customer whom nobody has met yet."""
MEMBERS = Field(
    "members", _("同住人"), "prose", _("一行一人：姓名 电话（电话可不写）"), required=False, length=1200
)  # fmt: skip


def fields() -> tuple[Field, ...]:
    """List what the form of a people's file asks; nothing of it is required but the number of people."""
    known = fields_of(Customer)
    return (PHONE, *(known[name] for name in _OF_CUSTOMER), MEMBERS)


def customer_of(session: Session, case_id: int) -> Customer:
    """Return the customer of a matter that the actor may see."""
    case = case_by_id(session, case_id)
    if case.customer_id is None:
        raise Refused(_("这张单没有登记客户，请先补上客户。"))
    return session.get_one(Customer, case.customer_id)


def fill(
    session: Session,
    case_id: int,
    values: Mapping[str, Any],
    *,
    version: int | None = None,
    token: str | None = None,
) -> None:
    """Write down a customer's phone, number of people and who lives there, with one step of the matter; all or none.

    `values` are those of `fields()`; what is left empty stays as it is. Needs `EDIT_REGISTRY`. Raises `Refused` with
    problems by field.
    """
    customer = customer_of(session, case_id)
    case = case_by_id(session, case_id)
    told = {name: values.get(name) for name in _OF_CUSTOMER if not is_empty(values.get(name))}
    members = _members(str(values.get(MEMBERS.name) or ""))
    before = case.version
    perform(session, case_id, FILE, {}, version=version, note=_told(members), token=token)
    if case.version == before:  # a second press of the same form
        return
    save(session, Customer, told, customer.id)
    if not is_empty(values.get(PHONE.name)):
        add_phone(session, customer.id, str(values[PHONE.name]))
    starts_on = getattr(case, "starts_on", None)
    for name, phone in members:
        person = {"name": name, "kind": CustomerKind.PERSON, "estate_id": case.estate_id}
        take_in(
            session, person, phone=phone, unit_id=case.unit_id, relation=Relation.FAMILY, starts_on=starts_on
        )  # fmt: skip


def open_with_new_customer(
    session: Session,
    process: str,
    values: Mapping[str, Any],
    person: Mapping[str, Any],
    *,
    at: datetime | None = None,
    note: str = "",
    token: str | None = None,
) -> Any:
    """Write down a customer whom nobody has met yet, and open a matter for him; all or none; returns its case.

    `person` are those of `NEW`; `values` what the process asks besides its customer. Raises `Refused` with problems by
    field; one of the same name and phone is to be found, not entered again.
    """
    good, problems = cleaned(NEW, person)
    if values.get("unit_id") is None:
        problems["unit_id"] = _("请选择房屋。")
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    phone = good.pop(NEW_PHONE.name)
    told = {name.removeprefix(_NEW): value for name, value in good.items() if value is not None}
    told["estate_id"] = seen_unit(session, values["unit_id"]).estate_id
    with session.begin_nested():
        customer_id = take_in(session, told, phone=phone, token=f"{token}.who" if token else None)
        return open_case(
            session, process, {**values, "customer_id": customer_id}, at=at, note=note, token=token
        )  # fmt: skip


def _members(typed: str) -> list[tuple[str, str]]:
    """Read who lives there: (name, phone or nothing), one a line."""
    lines = [" ".join(each.split()) for each in clean_text(typed).split("\n")]
    found = []
    for line in filter(None, lines):
        name, _blank, phone = line.rpartition(" ")
        found.append((name, phone) if name and phone[:1].isdigit() else (line, ""))
    if len(found) > MOST_MEMBERS:
        wrong = _("最多登记 {most} 位同住人。", most=MOST_MEMBERS)
        raise Refused(wrong, {MEMBERS.name: wrong})
    return found


def _told(members: list[tuple[str, str]]) -> str:
    names = str(_("、")).join(name for name, _phone in members)
    return str(_("同住人：{names}", names=names)) if names else str(_("已更新住户档案"))


def file_complete(session: Session, case: Any) -> Words | None:
    """Gate: the office knows how to reach who moves in, and how many they are."""
    customer = session.get(Customer, case.customer_id) if case.customer_id is not None else None
    if customer is None:
        return _("还没有登记客户。")
    has_phone = session.scalar(select(CustomerPhone.id).where(CustomerPhone.customer_id == customer.id).limit(1))
    missing = [] if has_phone else [_("联系电话")]
    if customer.occupants is None:
        missing.append(_("居住/办公人数"))
    if customer.kind is CustomerKind.COMPANY and not customer.contact_name:
        missing.append(_("联系人"))
    if not missing:
        return None
    return _("客户档案还缺：{items}。", items=str(_("、")).join(map(str, missing)))


__all__ = [
    "FILE", "MEMBERS", "NEW", "PHONE", "customer_of", "fields", "file_complete", "fill", "open_with_new_customer",
]  # fmt: skip
