"""Renovations and violations of the demonstration: declared, agreed, looked at, accepted, the deposit back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import approvals
from db.approvals import Verdict
from db.clock import now
from db.demo.chance import told
from db.demo.diary import Course, acting
from db.demo.estates import Ground
from db.demo.issued import issue
from db.demo.residents import Household
from db.demo.scene import Scene
from db.demo.steps import Steps, do, on, tick_all
from db.dossiers import renovation_money, renovation_reviews, site_checks, site_passes
from db.dossiers.renovation_tables import ReviewKind
from db.dossiers.site_checks import CheckKind, Seen
from db.ledger import corrections
from db.ledger.money_tables import Correction, Deposit, Method
from db.ledger.postings import Tender
from db.ledger.tables import Payee
from db.people import Actor, Role
from db.process import open_case, perform
from db.processes.renovations import Renovation
from db.registry import UnitState, UnitUse

MOST_AT_ONCE, FEWEST = 22, 11
A_MONTH = 4
"""So many more in each of the last half year's months, all over by now or nearly so."""
BAD = 0.14
"""Of the looks at a site."""
STOPS = (
    "applied", "reviewing", "agreed", "stopped", "completed", "waiting", "found", "ordered", "corrected", "reported",
)  # fmt: skip
"""States that today's lists must show: of renovations, and of violations at a site under way."""
_AGO = {"applied": 1, "reviewing": 2, "agreed": 6, "stopped": 24, "completed": 38, "waiting": 50}
_VIOLATIONS = frozenset({"stopped", "found", "ordered", "corrected", "reported"})


@dataclass(frozen=True)
class Plan:
    """A renovation that will be declared."""

    ground: Ground
    household: Household
    declared: date
    days: int
    stop: str = ""
    """Where it is left standing, or its violation is."""
    every: int = 12
    """So many days lie between two looks, but for the last week."""
    cards: bool = False
    """Whether the workers' cards are printed."""


def renovations(scene: Scene, taken: set[int]) -> Iterator[Course]:
    """Let some twenty sites be under way today, and those of the last half year be over."""
    households = _willing(scene)
    running = max(FEWEST, min(MOST_AT_ONCE, len(scene.households["homes"]) // 48))
    latest = (scene.today - scene.first).days - 2
    for n in range(running):
        stop = STOPS[n] if n < len(STOPS) else ""
        ago = min(_AGO.get(stop, 16 + n * 7 % 29), latest)
        days = 20 if stop in {"completed", "waiting"} else 60
        ground, household = next(households)
        taken.add(household.home.id)
        yield _Site(scene, Plan(ground, household, _day(scene, ago), days, stop, every=4, cards=n % 6 == 3)).course()
    for n in range(A_MONTH * min(6, latest // 30)):
        ago = latest - 1 - n * 5
        if ago > 45:
            ground, household = next(households)
            taken.add(household.home.id)
            yield _Site(scene, Plan(ground, household, _day(scene, ago), 18 + n * 7 % 15)).course()


def _day(scene: Scene, ago: int) -> date:
    return scene.today - timedelta(days=max(ago, 1))


def _willing(scene: Scene) -> Iterator[tuple[Ground, Household]]:
    """Go through those who may renovate: homes that stand as fitted out first, now and then a company."""
    homes = [each for each in scene.households["homes"] if each.home.use is UnitUse.RESIDENTIAL]
    fitting = [each for each in homes if each.home.state is UnitState.FITTING_OUT]
    others = [each for each in homes if each.home.state is UnitState.OWNER_OCCUPIED]
    scene.random.shuffle(others)
    offices = [each for each in scene.households["park"] if each.home.use is UnitUse.OFFICE]
    park, own = scene.grounds["park"], scene.grounds["homes"]
    for n, household in enumerate([*fitting, *others]):
        yield own, household
        if n % 6 == 5 and offices:
            yield park, offices.pop(len(offices) // 2)


# ── one renovation ───────────────────────────────────────────────────────────────────────────────────────────────────


class _Site:
    """One renovation under way."""

    def __init__(self, scene: Scene, plan: Plan) -> None:
        self.scene, self.plan = scene, plan
        self.texts = told("dossiers")
        self.steward = scene.steward_of(plan.ground, plan.household.home.building_id)
        self.case_id = 0
        self.day = plan.declared

    def _later(self, days: int) -> date:
        self.day += timedelta(days=days)
        return self.day

    def _do(self, who: Actor, action: str, values: dict[str, Any] | None = None, first: float = 9,
            last: float = 16.5) -> Steps:  # fmt: skip
        yield from do(who, on(self.scene, self.day, first, last), self.case_id, action, values)

    @property
    def clerk(self) -> Actor:
        """Say who sits at the desk in the morning."""
        return self.scene.clerk(on(self.scene, self.day, 9, 10))

    @property
    def cashier(self) -> Actor:
        """Say who sits at the till: the two take turns by the week."""
        return self.scene.staff.cashiers[self.day.isocalendar().week % 2]

    def course(self) -> Course:
        """Let it run from the declaration to the deposit back."""
        stop = self.plan.stop
        session = yield on(self.scene, self.day, 9, 11)
        self._declare(session)
        if stop == "applied":
            return
        self._later(1)
        yield from tick_all(self.clerk, on(self.scene, self.day, 9, 10), self.case_id)
        yield from self._do(self.clerk, "submit", first=10.1, last=10.3)
        if stop == "reviewing":
            return
        yield from self._agree()
        if stop == "agreed":
            return
        yield from self._work()

    def _declare(self, session: Session) -> None:
        plan, texts, random = self.plan, self.texts["works"], self.scene.random
        park = plan.ground.is_park
        starts = self.day + timedelta(days=4)
        values = {
            "unit_id": plan.household.home.id, "customer_id": plan.household.customer_id,
            "words": random.choice(texts["park" if park else "home"]), "planned_from": starts,
            "planned_to": starts + timedelta(days=plan.days), "contractor": random.choice(texts["contractors"]),
            "responsible": random.choice(texts["responsible"]), "touches_structure": False,
            "touches_wet_floor": not park, "touches_water": True, "touches_electric": True, "touches_gas": False,
            "touches_fire": False, "touches_facade": False, "cost": random.randrange(8, 90) * 1000,
        }  # fmt: skip
        with acting(session, self.clerk):
            self.case_id = open_case(session, "renovations", values).id

    def _agree(self) -> Steps:
        """Have it reviewed, its deposit paid."""
        self._later(1)
        session = yield on(self.scene, self.day, 8.2, 10)
        review = renovation_reviews.current(session, self.case_id, ReviewKind.WORKS)
        if review is not None:
            self._grant(session, renovation_reviews.SUBJECT, review.id)
        self._later(1)
        session = yield on(self.scene, self.day, 9, 16)
        case = session.get_one(Renovation, self.case_id)
        amount = renovation_money.due(session, case).amount
        payee = session.scalar(
            select(Payee.id).where(Payee.estate_id == self.plan.ground.estate_id).order_by(Payee.id).limit(1)
        )
        if amount and payee is not None:
            paid = {"payee_id": payee, "amount": f"{amount}", "method": Method.WECHAT, "reference": f"{self.case_id}"}
            yield from do(self.cashier, now(), self.case_id, "pay_deposit", paid)

    def _grant(self, session: Session, subject: str, subject_id: int) -> None:
        staff = self.scene.staff
        deciders = {Role.SUPERVISOR: staff.supervisor, Role.WORKS_SUPERVISOR: staff.works, Role.FINANCE: staff.finance}
        for each in approvals.steps_of(session, subject, subject_id):
            if each.verdict is Verdict.WAITING:
                with acting(session, deciders.get(each.role, staff.director)):
                    approvals.decide(session, each.id, Verdict.GRANTED)

    # ── at work ──

    def _work(self) -> Steps:
        texts, plan, random = self.texts["works"], self.plan, self.scene.random
        self._later(1)
        told_so = {"neighbours_told_on": self.day, "neighbours_told_how": random.choice(texts["told_how"])}
        yield from self._do(self.clerk, "neighbours", told_so, 8.5, 8.8)
        self._later(1)
        yield from self._do(self.clerk, "start", first=8.4, last=9)
        ends = self.day + timedelta(days=plan.days)
        if ends > self.scene.today:
            yield from self._let_in()
        half = self.day + timedelta(days=max(plan.days // 3, 2))
        violates = half if plan.stop in _VIOLATIONS else None
        if plan.stop in _VIOLATIONS:
            violates = min(half, self.scene.today - timedelta(days=6))
        tested = plan.ground.is_park
        while self.day < ends:
            yield from self._look()
            if violates is not None and self.day >= violates:
                violates = None
                yield from self._violate()
                if plan.stop == "stopped":
                    return
            if not tested and self.day >= half:
                tested = True
                yield from self._test_water()
            last_week = (self.scene.today - self.day).days <= 7 and ends > self.scene.today
            self._later(1 if last_week else plan.every)
        yield from self._finish()

    def _let_in(self) -> Steps:
        """Print 开工证, and enter the workers; the cards of a few sites are printed too."""
        texts, random, clerk = told("dossiers")["workers"], self.scene.random, self.clerk
        names = random.sample(texts["names"], 2)
        workers = "\n".join(
            f"{name} 99999919{random.randrange(70, 99)}0{random.randrange(1, 9)}{random.randrange(10, 28)}"
            f"{random.randrange(1000, 9999)} {random.choice(texts['trades'])}"
            for name in names
        )
        session = yield on(self.scene, self.day, 9.05, 9.2)
        issue(self.scene, session, clerk, "renovation_permit", self.case_id)
        with acting(session, clerk):
            perform(session, self.case_id, "issue_passes", {"workers": workers})
        if self.plan.cards:
            for each in site_passes.passes_of(session, self.case_id):
                issue(self.scene, session, clerk, "site_pass", each.id)

    def _look(self) -> Steps:
        """Look at the site on the walk; one in seven looks finds something."""
        points: dict[str, Any] = dict.fromkeys(site_checks.POINTS[CheckKind.DAILY], Seen.GOOD.value)
        if self.scene.luck(BAD):
            point = self.scene.random.choice(list(self.texts["checks"]))
            points |= {point: Seen.BAD.value, "findings": self.scene.random.choice(self.texts["checks"][point])}
        yield from self._do(self.steward, "check", points, 9.4, 10.2)

    def _test_water(self) -> Steps:
        texts, random = self.texts["works"], self.scene.random
        place = random.choice(texts["wet_places"])
        yield from self._do(self.steward, "start_water_test", {"wet_place": place}, 10.3, 11)
        self._later(2)
        told_so = {"water_result": "tight", "neighbour": random.choice(texts["neighbour"])}
        yield from self._do(self.steward, "end_water_test", told_so, 11.2, 12)

    def _finish(self) -> Steps:
        yield from self._do(self.clerk, "complete", first=14, last=16)
        if self.plan.stop == "completed":
            return
        self._later(1)
        good = dict.fromkeys(site_checks.POINTS[CheckKind.ACCEPTANCE], Seen.GOOD.value)
        yield from self._do(self.steward, "accept", good, 9.5, 11)
        if self.plan.stop == "waiting":
            return
        session = yield on(self.scene, self.day, 11.1, 11.4)
        case = session.get_one(Renovation, self.case_id)
        back = renovation_money.refundable_on(session, case) or self.day
        self.day = max(back, self.day) + timedelta(days=1)
        yield from self._pay_back()

    def _pay_back(self) -> Steps:
        """Give the deposit back: asked for, granted by finance, paid at the till; then the matter is over."""
        session = yield on(self.scene, self.day, 9, 10)
        if renovation_money.nothing_is_held(session, session.get_one(Renovation, self.case_id)) is None:
            return
        yield from do(self.clerk, now(), self.case_id, "ask_refund", {"paper": self.texts["works"]["left"]})
        self._later(1)
        session = yield on(self.scene, self.day, 14, 15)
        asked = list(
            session.scalars(
                select(Correction)
                .join(Deposit, Deposit.id == Correction.deposit_id)
                .where(Deposit.case_id == self.case_id)
                .order_by(Correction.id)
            )
        )
        for each in asked:
            self._grant(session, each.kind.value, each.id)
        self._later(1)
        session = yield on(self.scene, self.day, 10, 15)
        with acting(session, self.cashier):
            for each in asked:
                corrections.carry_out(session, each.id, [Tender(Method.WECHAT, each.amount, f"T{each.id}")])
        yield from self._do(self.clerk, "close", first=15.2, last=16)

    # ── violations ──

    def _violate(self) -> Steps:
        """Find something against the rules, order it in writing, look again; or leave it where the plan says."""
        texts, random, stop = self.texts["violations"], self.scene.random, self.plan.stop
        kind = {"stopped": "structure", "reported": "facade"}.get(stop) or random.choice(("hours", "waste", "common"))
        facts, measures, correction = texts[kind]
        session = yield on(self.scene, self.day, 10.4, 11)
        with acting(session, self.steward):
            case_id = open_case(session, "violations", {
                "unit_id": self.plan.household.home.id, "kind": kind, "words": facts,
                "correct_by": self.day + timedelta(days=3), "measures": measures,
            }).id  # fmt: skip
        if stop == "found":
            return
        stops = stop == "stopped"
        ordered = {
            "correct_by": self.scene.today + timedelta(days=2) if stop in {"ordered", "stopped"} else
            self.day + timedelta(days=3), "measures": measures, "given": "in_person",
            "given_to": self.texts["works"]["responsible"][0], "stops_works": stops,
        }  # fmt: skip
        yield from do(self.steward, on(self.scene, self.day, 11.1, 11.8), case_id, "order", ordered)
        session = yield on(self.scene, self.day, 11.82, 11.95)
        signed_by = self.texts["works"]["responsible"][0]
        issue(self.scene, session, self.steward, "violation_notice", case_id, signed_by=signed_by)
        if stop in {"ordered", "stopped"}:
            return
        self._later(2)
        if stop == "reported":
            report = {"authority": texts["authority"], "reported_on": self.day, "report_document": texts["document"]}
            supervisor = self.scene.staff.supervisor
            yield from do(supervisor, on(self.scene, self.day, 14, 15), case_id, "report", report)
            return
        yield from do(self.steward, on(self.scene, self.day, 14, 15), case_id, "correct", {"correction": correction})
