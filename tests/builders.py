"""Builders of what tests start from; each is called what it makes and flushes nothing it doesn't need."""

from __future__ import annotations

import itertools

from sqlalchemy import select

from db import search_keys, session
from db.cases import Case
from db.people import SYSTEM, Actor, Role, User, UserEstate, UserRole, actor_for
from db.process import open_case, perform
from db.processes import return_visits
from db.registry import Building, Customer, CustomerPhone, Estate, EstateKind, Occupancy, Relation, Unit
from db.spellings import phone_tail

_counting = itertools.count(1)


def three_letters(n):
    """Write a number so that a long run makes no mark twice."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return digits[n // 1296 % 36] + digits[n // 36 % 36] + digits[n % 36]


def an_estate(s, name=None, kind=EstateKind.HOMES) -> Estate:
    n = next(_counting)
    estate = Estate(name=name or f"项目{n}", kind=kind, mark=f"T{three_letters(n)}")
    s.add(estate)
    s.flush()
    return estate


def a_building(s, estate, code="1", name=None) -> Building:
    building = Building(estate_id=estate.id, code=code, name=name or f"{code}号楼")
    s.add(building)
    s.flush()
    return building


def a_unit(s, building, entrance="1", room="101", **columns) -> Unit:
    short = "-".join(part for part in (building.code, entrance, room) if part)
    unit = Unit(
        estate_id=building.estate_id, building_id=building.id, entrance=entrance, room=room, short=short, **columns
    )
    s.add(unit)
    s.flush()
    search_keys.refresh(s, "unit", [unit.id], fresh=True)
    return unit


def a_customer(s, estate, name="吴学文", **columns) -> Customer:
    customer = Customer(estate_id=estate.id, name=name, **columns)
    s.add(customer)
    s.flush()
    search_keys.refresh(s, "customer", [customer.id], fresh=True)
    return customer


def a_phone(s, customer, number="13800138000", position=0) -> CustomerPhone:
    phone = CustomerPhone(customer_id=customer.id, number=number, tail=phone_tail(number), position=position)
    s.add(phone)
    s.flush()
    return phone


def an_occupancy(s, unit, customer, relation=Relation.OWNER, **columns) -> Occupancy:
    occupancy = Occupancy(unit_id=unit.id, customer_id=customer.id, relation=relation, **columns)
    s.add(occupancy)
    s.flush()
    return occupancy


def an_actor(s, estates, *roles, name=None) -> Actor:
    """Make a user of these roles and hand out the actor."""
    n = next(_counting)
    user = User(
        username=f"u{n}",
        name=name or f"员工{n}",
        must_change_password=False,
        roles=[UserRole(role=role) for role in roles],
        estates=[UserEstate(estate_id=estate.id) for estate in estates],
    )
    s.add(user)
    s.flush()
    return actor_for(s, user)


class Office:
    """One estate with a building, a unit, a customer and one person of each role that the stories need."""

    def __init__(self, s) -> None:
        self.estate = an_estate(s)
        self.building = a_building(s, self.estate)
        self.unit = a_unit(s, self.building)
        self.customer = a_customer(s, self.estate)
        self.desk = an_actor(s, [self.estate], Role.DESK, name="王芳")
        self.other_desk = an_actor(s, [self.estate], Role.DESK, name="李敏")
        self.steward = an_actor(s, [self.estate], Role.STEWARD, name="赵强")
        self.supervisor = an_actor(s, [self.estate], Role.SUPERVISOR, name="周颖")
        self.director = an_actor(s, [self.estate], Role.DIRECTOR, name="郑主任")
        self.works = an_actor(s, [self.estate], Role.WORKS_SUPERVISOR, name="孙工")
        self.technician = an_actor(s, [self.estate], Role.TECHNICIAN, name="刘师傅")
        self.other_technician = an_actor(s, [self.estate], Role.TECHNICIAN, name="陈师傅")
        self.guard = an_actor(s, [self.estate], Role.GUARD, name="保安")
        self.cashier = an_actor(s, [self.estate], Role.CASHIER, name="收费员")
        self.quality = an_actor(s, [self.estate], Role.QUALITY, name="品质")


def an_office() -> Office:
    with session.writing(SYSTEM) as s:
        return Office(s)


def a_complaint(s, office, **values):
    told = {"unit_id": office.unit.id, "words": "楼上装修噪声", "category": "noise"}
    return open_case(s, "complaints", told | values)


def a_repair(s, office, **values):
    return open_case(s, "repairs", {"unit_id": office.unit.id, "words": "厨房水管漏水", "urgency": None} | values)


def handle(s, case, **values):
    """Carry a complaint from waiting to handled."""
    perform(s, case.id, "accept")
    handled = {"finding": "justified", "solution": "已劝止", "told_by": "phone"} | values
    return perform(s, case.id, "handle", handled)


def the_visit_of(s, case) -> Case:
    visit = return_visits.open_visit_of(s, case)
    assert visit is not None
    return visit


def reload(s, case):
    """Read a case afresh in another session."""
    return s.scalar(select(Case).where(Case.id == case.id))
