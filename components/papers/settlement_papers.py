"""The papers of leaving: a unit's settlement 结算单, and what a refund was paid out on 退款单."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from components.papers import printing
from components.papers.printed import Printed
from db.clock import today
from db.ledger import settlement as settling
from db.ledger.capitals import capitals
from db.ledger.correction_lists import correction_of, paid_out
from db.ledger.money_tables import CorrectionState
from db.people import Actor
from db.refused import Refused
from db.session import reading
from db.words import _


def _number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        raise Refused(_("没有找到这张单据。"))
    return int(key)


def settlement(actor: Actor, key: str, query: Mapping[str, str]) -> Printed:
    """Print a unit's settlement with its owner as of `as_of`; raises `Refused` outside the actor's estates."""
    try:
        as_of = date.fromisoformat(query.get("as_of", ""))
    except ValueError:
        as_of = today()
    with reading(actor) as session:
        unit_id = _number(key)
        told = query.get("customer", "")
        customer_id = _number(told) if told else settling.owner_on(session, unit_id, as_of)
        statement = settling.settle_unit(session, unit_id, customer_id, as_of)
    title = str(_("{unit} 费用结算单", unit=statement.unit))
    sheet = settling.sheet_of(statement, title)
    return Printed(f"{title}-{as_of}.pdf", printing.pdf("table_sheet", {"sheets": [sheet]}))


def refund(actor: Actor, key: str, _query: Mapping[str, str]) -> Printed:
    """Print what a refund was paid out on, to be signed by who received it."""
    with reading(actor) as session:
        line, steps = correction_of(session, _number(key))
        if line.state is not CorrectionState.DONE or line.done_payment_id is None:
            raise Refused(_("这项退款还没有办理，不能打印。"))
        out = paid_out(session, line.done_payment_id)
    comma = str(_("、"))
    facts = [
        {"label": str(_("房屋")), "text": line.unit}, {"label": str(_("事由")), "text": str(line.what)},
        {"label": str(_("原因")), "text": line.reason}, {"label": str(_("凭据、账户")), "text": line.evidence},
        {"label": str(_("付款方式")), "text": comma.join(out.ways)},
        {"label": str(_("批准")), "text": comma.join(f"{each.role.label} {each.who}" for each in steps)},
        {"label": str(_("经办")), "text": line.done_by},
    ]  # fmt: skip
    paper = {
        "company": line.payee, "estate": out.estate, "title": str(_("退款单")), "number": f"TK-{line.id:06d}",
        "issued_on": out.paid_on, "facts": [each for each in facts if each["text"]],
        "total_label": str(_("退款金额")), "total": line.amount, "capitals": capitals(line.amount),
        "signatures": [str(_("收款人")), str(_("经办")), str(_("财务"))],
    }  # fmt: skip
    return Printed(f"TK-{line.id:06d}.pdf", printing.pdf("voucher", paper))
