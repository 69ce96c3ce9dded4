"""A renovation's steps that carry photographs or start from what is known: looks at the site, the deposit."""

from __future__ import annotations

from sqlalchemy.orm import Session

from components import actions, form
from components.actions import Panel
from components.form import Button, Filled, Form
from components.form_layout import AT
from components.words import _
from db import documents
from db.documents import Owner
from db.dossiers import renovation_money, site_checks
from db.fields import NOTE
from db.ledger.money_tables import Method
from db.options import options_for
from db.people import Actor
from db.process import Process, open_case, perform
from db.processes.renovations import PROCESS, renovation_by_id
from db.records import Record
from db.session import reading
from db.words import Words
from db.words import _ as lazy

PHOTO = "site_check"
"""The label of photographs of a site."""


def _looking(name: str, label: Words) -> Panel:
    """Make the form of a look at the site: every point in sight, photographs beside it."""

    def draw(record: Record, actor: Actor) -> form.Sent | None:
        offer = record.offer(name)
        fields = tuple(each for each in PROCESS.form(name) if each.name != NOTE.name)

        def save(session: Session, filled: Filled) -> str:
            case = perform(session, record.id, name, filled.values, version=filled.version, at=filled.at,
                           note=filled.note, token=filled.token)  # fmt: skip
            documents.add_all(session, filled.files, Owner(case_id=case.id), label=PHOTO)
            return actions.number_of(case)

        return form.show(
            Form(
                key=f"{PROCESS.key}.{name}", fields=fields, buttons=(Button("save", str(label), save),),
                about=record.number, version=record.version, files=True, missing=offer.missing if offer else (),
                headings={fields[0].name: _("逐项查看"), site_checks.FINDINGS.name: _("不合格的写在这里")},
                columns=(1, 1, 1), also=(AT,),
            ),
            actor,
        )  # fmt: skip

    return Panel(f"{name}_panel", label, draw, lambda record, _actor: record.offer(name) is not None,
                 frozenset({name}))  # fmt: skip


def declare(process: Process, actor: Actor) -> form.Sent | None:
    """Draw the declaration as it stands on paper: nothing of it is folded away."""
    fields = process.form()
    with reading(actor) as session:
        options = options_for(session, process, "", fields)

    def save(session: Session, filled: Filled) -> str:
        case = open_case(session, process.key, filled.values, at=filled.at, note=filled.note, token=filled.token)
        documents.add_all(session, filled.files, Owner(case_id=case.id))
        return actions.number_of(case)

    headings = {
        "words": _("装修内容和工期"), "contractor": _("施工单位"),
        "touches_structure": _("涉及哪些部位"), "cost": _("其他"),
    }  # fmt: skip
    return form.show(
        Form(
            key=f"{process.key}.open", fields=fields, buttons=(Button("save", _("登记"), save),), options=options,
            headings=headings, columns=(1, 1, 1), files=True, cancel=True, focus=True,
        ),
        actor,
    )  # fmt: skip


def _draw_deposit(record: Record, actor: Actor) -> form.Sent | None:
    """Draw the cashier's form of the deposit, with what is still due in it."""
    fields = PROCESS.form("pay_deposit")
    with reading(actor) as session:
        options = options_for(session, PROCESS, "pay_deposit", fields, [record.estate_id])
        sheet = renovation_money.worksheet(session, renovation_by_id(session, record.id))
    initial: dict[str, object] = {"method": Method.CASH}
    if sheet.due is not None and sheet.due > sheet.taken:
        initial["amount"] = sheet.due - sheet.taken
    if len(options["payee_id"]) == 1:
        initial["payee_id"] = next(iter(options["payee_id"]))

    def save(session: Session, filled: Filled) -> str:
        return actions.number_of(
            perform(session, record.id, "pay_deposit", filled.values, version=filled.version, note=filled.note,
                    token=filled.token)
        )  # fmt: skip

    return form.show(
        Form(
            key=f"{PROCESS.key}.pay_deposit", fields=fields, options=options, about=record.number,
            buttons=(Button("save", _("收款并开收据"), save, ":material/payments:"),), version=record.version,
            initial=initial, also=(), focus=actions.was_chosen(record, "deposit_panel"),
        ),
        actor,
    )  # fmt: skip


DEPOSIT = Panel(
    "deposit_panel", lazy("收装修押金"), _draw_deposit,
    lambda record, _actor: record.offer("pay_deposit") is not None, frozenset({"pay_deposit"}),
)  # fmt: skip
CHECK = _looking("check", PROCESS.action("check").label)
ACCEPT = _looking("accept", PROCESS.action("accept").label)
FAIL = _looking("fail_acceptance", PROCESS.action("fail_acceptance").label)
FIRST = ("submit", "start", CHECK, ACCEPT, FAIL, DEPOSIT, "ask_refund", "close")
"""What stands in the row of a renovation, as the work goes."""

__all__ = ["ACCEPT", "CHECK", "DEPOSIT", "FAIL", "FIRST", "PHOTO", "declare"]
