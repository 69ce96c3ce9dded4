"""Builders of dossiers: renovations and what they stand on; each is called what it makes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from db import checklists
from db.approvals import Verdict, decide, steps_of
from db.checklists import ItemKind
from db.clock import today
from db.dossiers import cards, inspections, renovation_reviews
from db.dossiers.inspections import InspectionKind, PointResult
from db.dossiers.renovation_tables import ReviewKind
from db.ledger.tables import Basis, FeeKind
from db.papers import issuing
from db.people import SYSTEM
from db.process import open_case, perform
from db.registry import CustomerKind, EstateKind, Relation, UnitState, UnitUse
from db.session import writing
from tests.builders import a_phone
from tests.money import Till, a_fee_item, a_lease, a_payee, a_tariff


def a_renovation(s, office, **values):
    """Declare works of a home from today on, thirty days, touching the bathroom floor."""
    day = today()
    told = {
        "unit_id": office.unit.id, "customer_id": office.customer.id, "words": "厨卫翻新，更换洁具",
        "planned_from": day,
        "planned_to": day + timedelta(days=30), "contractor": "安居装饰有限公司", "touches_wet_floor": True,
    }  # fmt: skip
    return open_case(s, "renovations", told | values)


def tick_off(s, case, *keys):
    """Tick lines of a matter's checklist by their keys; all that are not known by the house, where none is named."""
    items = [
        each for each in checklists.items_of(s, case.id)
        if each.kind is not ItemKind.KNOWN and each.done_at is None and (not keys or each.key in keys)
    ]  # fmt: skip
    if items:
        checklists.tick(s, case.id, {each.id: "" for each in items})


def decide_review(s, case, verdict=Verdict.GRANTED, kind=ReviewKind.WORKS, note=""):
    """Decide the step that waits of the round under way, as the session's actor."""
    review = renovation_reviews.current(s, case.id, kind)
    step = next(each for each in steps_of(s, renovation_reviews.SUBJECT, review.id) if each.verdict is Verdict.WAITING)
    return decide(s, step.id, verdict, note)


def pay_renovation_deposit(s, case, payee, amount="2000.00"):
    """Take the deposit, as a cashier."""
    return perform(s, case.id, "pay_deposit", {"payee_id": payee.id, "amount": amount, "method": "cash"})


# ── moving in ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Park(Till):
    """An office park whose suite of 148 m² is let for a year: rent 38 and fee 6 yuan a m² and month."""

    def __init__(self, s, starts_on) -> None:
        super().__init__(s)
        self.estate.kind = EstateKind.PARK
        self.unit.area, self.unit.use, self.unit.state = Decimal(148), UnitUse.OFFICE, UnitState.VACANT
        self.customer.name, self.customer.kind = "廊坊云图科技有限公司", CustomerKind.COMPANY
        self.customer.contact_name, self.customer.occupants = "林经理", 35
        a_phone(s, self.customer, "13900139000")
        self.landlord = a_payee(s, self.estate, "科技谷开发公司")
        self.rent = a_fee_item(s, self.landlord, FeeKind.RENT)
        a_tariff(s, self.item, "6.00")
        ends_on = starts_on.replace(year=starts_on.year + 1) - timedelta(days=1)
        self.lease = a_lease(s, self.customer, self.unit, starts_on=starts_on, ends_on=ends_on)
        a_tariff(s, self.rent, "38.00", basis=Basis.RENT, contract_id=self.lease.id, payer=Relation.TENANT)


def a_park(starts_on=date(2026, 12, 1)) -> Park:
    with writing(SYSTEM) as s:
        return Park(s, starts_on)


def a_move_in(s, office, **values):
    return open_case(s, "move_ins", {"unit_id": office.unit.id, "customer_id": office.customer.id} | values)


def print_nothing(_template, _data):
    """Stand in for the printer where a test is not about print."""
    return b"%PDF-1.7 a paper"


def sign_paper(s, case, kind, by="林经理"):
    """Issue a paper and record that it came back signed."""
    paper = issuing.issue(s, kind, case.id, print_nothing)
    return issuing.record_signature(s, paper.id, by, today())


def inspect(s, case, by="林经理", **found):
    """Inspect the unit, all well but for the points of these labels (label → defect), and let it be signed."""
    inspection = inspections.begin(s, case.id, InspectionKind.IN)
    results = {
        each.id: (PointResult.DEFECT, found[each.label]) if each.label in found else (PointResult.OK, "")
        for each in inspections.points_of(s, inspection.id)
    }
    inspections.note(s, inspection.id, results)
    return inspections.sign(s, inspection.id, by, today())


def hand_keys(s, case, by="林经理"):
    """Hand out keys and an access card, signed for."""
    cards.hand_out(s, case.unit_id, "key", count=3, customer_id=case.customer_id, case_id=case.id)
    cards.hand_out(s, case.unit_id, "access_card", f"C{case.id:05}", customer_id=case.customer_id, case_id=case.id)
    return cards.sign_for(s, case.id, by)
