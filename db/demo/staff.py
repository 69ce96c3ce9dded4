"""The demonstration's staff: who signs in with which password, and who is at work at a given hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from db import passwords
from db.clock import local
from db.demo.chance import told
from db.people import Actor, Department, Role, actor_for, roles_label
from db.users import add_user

PASSWORD: str = told("office")["staff"]["password"]
NO_OPERATORS_PREFIX = "102"
"""Mobile numbers in China begin with 13 to 19; no operator has any that begin with 102, so nobody can be rung up."""


@dataclass(frozen=True)
class Member:
    """One of the staff as written in `office.toml`."""

    username: str
    name: str
    roles: frozenset[Role]
    department: Department
    estates: tuple[str, ...]


MEMBERS = tuple(
    Member(username, name, frozenset(map(Role, roles)), Department(department), tuple(estates))
    for username, name, roles, department, estates in told("office")["staff"]["people"]
)
ACCOUNTS = tuple((member.username, PASSWORD, roles_label(member.roles)) for member in MEMBERS)
"""(username, password, role) of everybody who can sign in to the demonstration."""


class Staff:
    """The staff as actors, and who of them does what when."""

    def __init__(self, actors: dict[str, Actor], random: Random) -> None:
        """`actors` by username."""
        self._random = random
        self._by_name = actors
        self.director, self.supervisor, self.works = (actors[name] for name in ("zhuren", "zhuguan", "gongcheng"))
        self.administrator, self.finance = actors["admin"], actors["caiwu"]
        self.cashiers = [actors[f"shoufei{n}"] for n in (1, 2)]
        self.clerks = [actors[f"kefu{n}"] for n in (1, 2, 3, 4)]
        self.stewards = [actors[f"guanjia{n}"] for n in (1, 2, 3, 4, 5)]
        self.technicians = [actors[f"weixiu{n}"] for n in (1, 2, 3, 4, 5, 6)]
        self.guards = [actors[f"baoan{n}"] for n in (1, 2, 3)]
        self.park_guard = actors["baoan4"]

    @property
    def everyone(self) -> list[Actor]:
        """All of them, in the order written."""
        return list(self._by_name.values())

    @property
    def of_warranty(self) -> Actor:
        """The technician through whose hands all warranty work goes."""
        return self.technicians[3]

    def clerk(self, moment: datetime, but: frozenset[int] = frozenset()) -> Actor:
        """Say who is at the desk: the first two until 15:00, the others until 22:00; `but` are others' user numbers."""
        early = local(moment).hour < 15
        shift = self.clerks[:2] if early else self.clerks[2:]
        free = [clerk for clerk in shift if clerk.user_id not in but] or [
            each for each in (*self.clerks, self.supervisor) if each.user_id not in but
        ]
        return free[local(moment).toordinal() % len(free)]

    def guard(self, park: bool) -> Actor:  # noqa: FBT001 - one of two estates
        """Say who sits in the control room at night."""
        return self.park_guard if park else self._random.choice(self.guards)

    def technician(self, category: str, *, park: bool) -> Actor:
        """Say whom a trade's order goes to; warranty work is handed out elsewhere."""
        trades = {
            "plumbing": (0, 1), "leak": (0, 1), "sanitary": (0, 1), "sewage": (1, 0), "heating": (1, 4),
            "electric": (2, 5), "public_light": (2, 5), "intercom": (5, 2), "cctv": (5,), "access": (5, 2),
        }  # fmt: skip
        crew = (4, 2, 0) if park else trades.get(category, (0, 2, 5))
        return self.technicians[self._random.choice(crew)]


def hire(session: Session, estates: dict[str, int], random: Random) -> Staff:
    """Add everybody as users with the demonstration's one password; `estates` are ids by the file's names."""
    kept = passwords.hashed(PASSWORD)  # one hash for all: the password is public, and each takes a quarter of a second
    numbers = random.sample(range(10_000_000, 99_999_999), len(MEMBERS))
    actors = {}
    for member, number in zip(MEMBERS, numbers, strict=True):
        user = add_user(
            session, username=member.username, name=member.name, roles=member.roles,
            estates={estates[name] for name in member.estates}, department=member.department,
            phone=f"{NO_OPERATORS_PREFIX}{number}", password_hash=kept, must_change_password=False,
            is_demonstration=True,
        )  # fmt: skip
        actors[member.username] = actor_for(session, user)
    return Staff(actors, random)
