"""A customer's telephone numbers: added, taken off, put first."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.checking import clean_text, phone_digits
from db.people import Right, require
from db.refused import Refused
from db.registering import locked, note_change
from db.registry import Customer, CustomerPhone
from db.session import actor_of
from db.spellings import phone_tail
from db.words import _

MOST_PHONES = 10


def add_phone(
    session: Session, customer_id: int, number: str, *, first: bool = False, version: int | None = None
) -> int:
    """Add a number to a customer's phones, at the end or as the `first` to be called; returns its id.

    One that he has already is only moved. Raises `Refused` for what is no phone number.
    """
    customer = _customer(session, customer_id, version)
    digits, problem = phone_digits(clean_text(number)) if clean_text(number) else ("", _("请填写电话。"))
    if problem:
        raise Refused(problem, {"number": problem})
    phones = _phones(session, customer_id)
    before = [each.number for each in phones]
    phone = next((each for each in phones if each.number == digits), None)
    if phone is None:
        if len(phones) >= MOST_PHONES:
            raise Refused(_("一位客户最多 {most} 个电话，请先删去不用的。", most=MOST_PHONES))
        phone = CustomerPhone(customer_id=customer_id, number=digits, tail=phone_tail(digits))
        session.add(phone)
        phones.append(phone)
    if first:
        phones.sort(key=lambda each: each is not phone)
    _keep(session, customer, before, phones)
    return phone.id


def remove_phone(session: Session, customer_id: int, phone_id: int, version: int | None = None) -> None:
    """Take a number off a customer's phones."""
    customer = _customer(session, customer_id, version)
    phones = _phones(session, customer_id)
    before = [each.number for each in phones]
    phone = _one(phones, phone_id)
    phones.remove(phone)
    session.delete(phone)
    _keep(session, customer, before, phones)


def put_phone_first(session: Session, customer_id: int, phone_id: int, version: int | None = None) -> None:
    """Make a number the one to be called first."""
    customer = _customer(session, customer_id, version)
    phones = _phones(session, customer_id)
    before = [each.number for each in phones]
    phone = _one(phones, phone_id)
    phones.sort(key=lambda each: each is not phone)
    _keep(session, customer, before, phones)


def _customer(session: Session, customer_id: int, version: int | None) -> Customer:
    require(actor_of(session), Right.EDIT_REGISTRY)
    found: Customer = locked(session, Customer, customer_id, version)
    return found


def _phones(session: Session, customer_id: int) -> list[CustomerPhone]:
    return list(
        session.scalars(
            select(CustomerPhone)
            .where(CustomerPhone.customer_id == customer_id)
            .order_by(CustomerPhone.position, CustomerPhone.id)
        )
    )


def _one(phones: list[CustomerPhone], phone_id: int) -> CustomerPhone:
    phone = next((each for each in phones if each.id == phone_id), None)
    if phone is None:
        raise Refused(_("这个电话已不在这位客户名下，请刷新后再看。"))
    return phone


def _keep(session: Session, customer: Customer, before: list[str], phones: list[CustomerPhone]) -> None:
    for position, phone in enumerate(phones):
        phone.position = position
    session.flush()
    after = [each.number for each in phones]
    if after != before:
        note_change(session, customer, {"phones": before}, {"phones": after})
