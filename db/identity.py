"""Identity numbers looked at twice: what is odd about one is said, never refused (they come wrong, and come double)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.cn import ric, uscc

from db.registry import Customer, CustomerKind
from db.words import Words, _

PERSON_LENGTH, COMPANY_LENGTH = 18, 18


def doubts(session: Session, customer_id: int) -> list[Words]:
    """Say what is odd about a customer's identity number: its check digit, or that somebody else has the same."""
    customer = session.get_one(Customer, customer_id)
    number = customer.id_number or ""
    found: list[Words] = []
    if customer.kind is CustomerKind.COMPANY and len(number) == COMPANY_LENGTH and not uscc.is_valid(number):
        found.append(_("统一社会信用代码的校验位不对，请核对。"))
    if customer.kind is CustomerKind.PERSON and len(number) == PERSON_LENGTH and not ric.is_valid(number):
        found.append(_("身份证号码的校验位不对，请核对。"))
    if number:
        same = select(Customer.name).where(
            Customer.id_number == number, Customer.id != customer_id, Customer.estate_id == customer.estate_id
        )
        if names := session.scalars(same.order_by(Customer.id).limit(3)).all():
            found.append(_("证件号码与{names}相同，请核对是否同一人。", names=str(_("、")).join(names)))
    return found
