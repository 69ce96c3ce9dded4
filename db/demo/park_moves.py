"""Who comes into and leaves the demonstration's park: leases, entry fees, papers, hand-over, plates, the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db import search_keys
from db.checklists import items_of, tick
from db.clock import moment_of, today
from db.demo.chance import told
from db.demo.diary import Course, acting
from db.demo.estates import Home
from db.demo.issued import issue
from db.demo.residents import RENT
from db.demo.scene import Scene
from db.demo.staff import NO_OPERATORS_PREFIX
from db.demo.steps import Steps, do, on, tick_all
from db.demo.tariffs import set_rent
from db.dossiers import cards, entry_money, handover_readings, inspections, plates
from db.dossiers.handover_readings import Direction, HandoverReading
from db.dossiers.inspection_tables import InspectionKind, PointResult
from db.dossiers.move_in_templates import BOOK, COMPLETE, HAND_OVER
from db.dossiers.move_out_templates import CONFIRM
from db.ledger import billing
from db.ledger.money_tables import Method
from db.ledger.postings import Tender
from db.ledger.pricing import next_month
from db.ledger.tables import FeeItem, FeeKind
from db.people import Actor
from db.process import open_case
from db.processes.move_ins import MoveIn
from db.registry import Contract, ContractKind, Customer, CustomerKind, CustomerPhone, UnitState, UnitUse
from db.spellings import phone_tail

COMES = (("booked", 11), ("papers", 6), ("fees", 2))
"""Where a company's move-in stands today, and how many days ago it began."""
STAYED, SHORTEST = 290, 30
"""Days since who leaves now came; fewer where the office's money begins later, and none below the shortest."""


@dataclass(frozen=True)
class Tenant:
    """A company that comes, and whom one speaks to there."""

    home: Home
    customer_id: int
    name: str
    contact: str
    lease_id: int
    english: str


def park_moves(scene: Scene) -> Iterator[Course]:
    """Let companies take empty suites, and one of them leave again."""
    empty = [
        each for each in scene.grounds["park"].units
        if each.use is UnitUse.OFFICE and each.state is UnitState.VACANT
    ]  # fmt: skip
    latest = (scene.today - scene.first).days - 1
    for n, ((stop, ago), home) in enumerate(zip(COMES, empty, strict=False)):
        if ago <= latest:
            yield _comes(scene, home, stop, scene.today - timedelta(days=ago), n)
    money = max(date(scene.today.year, 1, 1), next_month(scene.first)) + timedelta(days=4)
    came = max(scene.today - timedelta(days=STAYED), money)
    if len(empty) > len(COMES) and (scene.today - came).days >= SHORTEST:
        yield _stays_and_leaves(scene, empty[-1], came)


# ── a company that comes ─────────────────────────────────────────────────────────────────────────────────────────────


def _let(session: Session, scene: Scene, home: Home, starts_on: date, n: int) -> Tenant:
    """Write down a new company, its lease and the rent agreed."""
    stuff, texts, ground = told("office"), told("dossiers")["park"], scene.grounds["park"]
    contact = scene.random.choice(stuff["names"]["surnames"]) + scene.random.choice(stuff["names"]["female"])
    name = texts["companies"][n]
    customer = session.scalars(
        insert(Customer).returning(Customer),
        [{"estate_id": ground.estate_id, "kind": CustomerKind.COMPANY, "name": name, "contact_name": contact,
          "occupants": 12 + 5 * n}],
    ).one()  # fmt: skip
    number = f"{NO_OPERATORS_PREFIX}{40_000_000 + customer.id:08}"
    session.execute(
        insert(CustomerPhone),
        [{"customer_id": customer.id, "number": number, "tail": phone_tail(number), "position": 0}],
    )
    search_keys.refresh(session, "customer", [customer.id], fresh=True)
    words = stuff["contracts"]
    lease = Contract(
        estate_id=ground.estate_id, number=f"{words['prefix']['lease']}-{home.short}-{starts_on.year}",
        kind=ContractKind.LEASE, customer_id=customer.id, unit_id=home.id, starts_on=starts_on,
        ends_on=starts_on.replace(year=starts_on.year + 2) - timedelta(days=1), price=home.area * RENT,
        price_basis=words["lease_basis"], promises=words["lease_promises"],
    )  # fmt: skip
    session.add(lease)
    session.flush()
    with acting(session, scene.staff.finance):
        set_rent(session, ground, lease, RENT)
    return Tenant(home, customer.id, name, contact, lease.id, texts["english"][n])


def _day(day: date) -> date:
    """Leave the 29th of February out, which next year has not."""
    return min(day, day.replace(day=28))


def _opened(scene: Scene, home: Home, day: date, starts_on: date, n: int) -> Any:
    """Take a company in: its lease, its matter, the sheet of what it pays."""
    clerk = scene.staff.clerks[n % 2]
    session = yield on(scene, day, 9, 11)
    tenant = _let(session, scene, home, _day(starts_on), n)
    with acting(session, clerk):
        case_id = open_case(session, "move_ins", {
            "unit_id": home.id, "customer_id": tenant.customer_id, "contract_id": tenant.lease_id,
            "agent_name": tenant.contact,
        }).id  # fmt: skip
    issue(scene, session, clerk, "entry_fee_sheet", case_id)
    return case_id, tenant


def _comes(scene: Scene, home: Home, stop: str, day: date, n: int) -> Course:
    starts_on = day + timedelta(days=2 if stop == "booked" else 12)
    case_id, tenant = yield from _opened(scene, home, day, starts_on, n)
    if stop == "fees":
        return
    yield from _pays(scene, case_id, tenant, day + timedelta(days=1))
    clerk = scene.staff.clerks[n % 2]
    appointed = day + timedelta(days=3) if stop == "booked" else scene.today + timedelta(days=1)
    yield from _invited(scene, clerk, case_id, day + timedelta(days=1), appointed)
    if stop == "papers":
        session = yield on(scene, day + timedelta(days=2), 9, 10)
        _some_papers(scene, session, clerk, case_id, tenant.contact)
        return
    yield from _handed_over(scene, clerk, case_id, tenant, appointed)
    session = yield on(scene, appointed + timedelta(days=1), 9, 9.5)
    issue(scene, session, clerk, "plate_application", case_id, signed_by=tenant.contact)
    move = scene.today + timedelta(days=2)
    yield from _booked(clerk, on(scene, appointed + timedelta(days=1), 10, 11), case_id, move)
    session = yield on(scene, appointed + timedelta(days=1), 11.1, 11.5)
    issue(scene, session, clerk, "moving_arrangement", case_id)


def _pays(scene: Scene, case_id: int, tenant: Tenant, day: date) -> Steps:
    """Pay deposits and first months by transfer (HB:307-311)."""
    session = yield on(scene, day, 9, 10.5)
    with acting(session, scene.staff.cashiers[day.isocalendar().week % 2]):
        case = session.get_one(MoveIn, case_id)
        owed = sum((each.owed for each in entry_money.lines_of(session, case)), Decimal(0))
        tender = Tender(Method.TRANSFER, owed, f"{day:%m%d}{case_id:06}")
        entry_money.collect(session, case_id, [tender], payer_name=tenant.name)


def _invited(scene: Scene, clerk: Actor, case_id: int, day: date, appointed: date) -> Steps:
    """Agree on the day of the hand-over, and send 入伙通知书."""
    values = {"appointed_at": moment_of(appointed) + timedelta(hours=9)}
    yield from do(clerk, on(scene, day, 11, 12), case_id, "appoint", values)
    session = yield on(scene, day, 14, 15)
    issue(scene, session, clerk, "move_in_notice", case_id)


def _some_papers(scene: Scene, session: Session, clerk: Actor, case_id: int, contact: str) -> None:
    """Let a company bring its licence first, and sign one paper of two."""
    with acting(session, clerk):
        brought = {each.id: "" for each in items_of(session, case_id) if each.key in {"licence", "agent_identity"}}
        tick(session, case_id, brought)
    issue(scene, session, clerk, "handbook_confirmation", case_id, signed_by=contact)
    issue(scene, session, clerk, "safety_undertaking", case_id)


def _handed_over(scene: Scene, clerk: Actor, case_id: int, tenant: Tenant, day: date) -> Steps:
    """Papers signed, unit inspected, meters read, keys out, plates applied for (HB:313-323)."""
    session = yield on(scene, day, 9.2, 9.5)
    for kind in ("handbook_confirmation", "safety_undertaking"):
        issue(scene, session, clerk, kind, case_id, signed_by=tenant.contact)
    yield from tick_all(clerk, on(scene, day, 9.6, 9.8), case_id)
    session = yield on(scene, day, 9.9, 10.2)
    with acting(session, clerk):
        inspect(session, case_id, InspectionKind.IN, tenant.contact, {})
    issue(scene, session, clerk, "inspection_sheet", case_id, signed_by=tenant.contact)
    _read(session, scene.stewards[tenant.home.building_id], case_id, day)
    session = yield on(scene, day, 10.3, 10.6)
    with acting(session, clerk):
        _keys(session, case_id, tenant)
    yield from do(clerk, on(scene, day, 11, 11.5), case_id, HAND_OVER)
    session = yield on(scene, day, 14, 15)
    with acting(session, clerk):
        plates.apply(session, case_id, list(plates.PlateKind), tenant.name, tenant.english)


def inspect(session: Session, case_id: int, kind: InspectionKind, signed_by: str, bad: Mapping[str, str]) -> None:
    """Walk through a unit: all well but the first point of each label in `bad` (label → what is wrong)."""
    inspection = inspections.begin(session, case_id, kind)
    left, results = dict(bad), {}
    for point in inspections.points_of(session, inspection.id):
        wrong = left.pop(point.label, "")
        results[point.id] = (PointResult.DEFECT, wrong) if wrong else (PointResult.OK, "")
    inspections.note(session, inspection.id, results)
    inspections.sign(session, inspection.id, signed_by, today())


def _read(session: Session, by: Actor, case_id: int, day: date) -> None:
    """Note what the meters show: what the month's round read. All months are in the book already, so it is not used."""
    case = session.get_one(MoveIn, case_id)
    session.add_all(
        HandoverReading(
            case_id=case_id, meter_id=each.meter_id, direction=Direction.IN, read_on=day, value=each.charged_up_to,
            previous=each.charged_up_to, read_by=by.user_id, recorded_at=case.opened_at,
        )
        for each in handover_readings.lines_of(session, case)
    )  # fmt: skip
    session.flush()


def _keys(session: Session, case_id: int, tenant: Tenant) -> None:
    unit_id, customer_id = tenant.home.id, tenant.customer_id
    theirs: dict[str, Any] = {"customer_id": customer_id, "holder": tenant.contact, "case_id": case_id}
    cards.hand_out(session, unit_id, "key", count=3, **theirs)
    for n in range(1, 5):
        number = f"P9{case_id:05}{n}"
        cards.hand_out(session, unit_id, "access_card", number, **theirs)
    cards.sign_for(session, case_id, tenant.contact)


def _booked(clerk: Actor, at: Any, case_id: int, move: date) -> Steps:
    """Enter the fire document, and agree on an evening for the move (HB:330-331)."""
    filed = date(move.year - 1, 3, 17)
    number = told("dossiers")["park"]["fire"].format(year=filed.year)
    fire = {"fire_kind": "filing", "fire_number": number, "fire_on": filed}
    yield from do(clerk, at, case_id, "file_fire", fire)
    times = {"move_from": moment_of(move) + timedelta(hours=19), "move_to": moment_of(move) + timedelta(hours=21)}
    yield from do(clerk, at + timedelta(minutes=4), case_id, BOOK, times)


# ── a company that stayed less than a year ───────────────────────────────────────────────────────────────────────────


def _stays_and_leaves(scene: Scene, home: Home, day: date) -> Course:
    """Come this year, be billed month by month, and give the suite up before the lease is over."""
    n = len(COMES)
    clerk = scene.staff.clerks[n % 2]
    case_id, tenant = yield from _opened(scene, home, day, day + timedelta(days=2), n)
    yield from _pays(scene, case_id, tenant, day + timedelta(days=1))
    appointed = day + timedelta(days=2)
    yield from _invited(scene, clerk, case_id, day + timedelta(days=1), appointed)
    yield from _handed_over(scene, clerk, case_id, tenant, appointed)
    moved = appointed + timedelta(days=3)
    yield from _booked(clerk, on(scene, appointed, 15.5, 16), case_id, moved)
    session = yield on(scene, appointed + timedelta(days=1), 8.3, 8.8)
    _bill_the_year(scene, session, appointed)
    session = yield on(scene, moved, 9, 10)
    with acting(session, clerk):
        made = plates.plates_of(session, session.get_one(MoveIn, case_id))
        plates.order(session, [each.id for each in made], "0", None)
        for each in made:
            plates.put_up(session, each.id, moved)
    yield from do(clerk, on(scene, moved + timedelta(days=1), 9, 10), case_id, COMPLETE)
    yield from _leaves(scene, tenant)


def _bill_the_year(scene: Scene, session: Session, since: date) -> None:
    """Bill what the run at the year's start could not know."""
    estate_id, month = scene.grounds["park"].estate_id, since.replace(day=1)
    fixed = session.scalars(
        select(FeeItem.id).where(
            FeeItem.estate_id == estate_id, FeeItem.active, FeeItem.kind.in_([FeeKind.RENT, FeeKind.MANAGEMENT])
        )
    ).all()
    with acting(session, scene.staff.finance):
        while month.year == since.year:
            billing.publish(session, estate_id, month, fixed)
            month = next_month(month)


def _leaves(scene: Scene, tenant: Tenant) -> Steps:
    """Apply to leave, agree on the day and the way out, be sent 迁出确认书, walk through against the entry sheet."""
    texts, clerk = told("dossiers"), scene.staff.clerks[0]
    day, last = scene.today - timedelta(days=5), scene.today + timedelta(days=6)
    session = yield on(scene, day, 9, 10)
    with acting(session, clerk):
        case_id = open_case(session, "move_outs", {
            "unit_id": tenant.home.id, "customer_id": tenant.customer_id, "reason": "early", "wished_on": last,
            "agent_name": tenant.contact, "forwarding_address": texts["moves"]["address"],
            "goods": texts["park"]["goods"],
        }).id  # fmt: skip
    issue(scene, session, clerk, "move_out_application", case_id, signed_by=tenant.contact)
    yield from tick_all(clerk, on(scene, day, 10.5, 11), case_id, CONFIRM)
    times = {"move_from": moment_of(last) + timedelta(hours=19), "move_to": moment_of(last) + timedelta(hours=21)}
    yield from do(clerk, on(scene, day, 11.2, 11.8), case_id, "book", times | {"route": texts["park"]["route"]})
    yield from do(clerk, on(scene, day + timedelta(days=1), 9, 10), case_id, CONFIRM, {"cut_off": last})
    session = yield on(scene, day + timedelta(days=1), 10.2, 10.6)
    issue(scene, session, clerk, "move_out_confirmation", case_id, signed_by=tenant.contact)
    session = yield on(scene, scene.today - timedelta(days=1), 14, 15)
    with acting(session, clerk):
        inspect(session, case_id, InspectionKind.OUT, tenant.contact, texts["park"]["worse"])
    issue(scene, session, clerk, "exit_inspection_sheet", case_id, signed_by=tenant.contact)
