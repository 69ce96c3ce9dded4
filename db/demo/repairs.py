"""How repairs go in the demonstration: taken in, dispatched, gone to, sometimes waited for, finished, signed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import exp
from typing import Any

from sqlalchemy.orm import Session

from db.cases import case_by_id
from db.clock import day_of, local, moment_of, now
from db.demo import visits
from db.demo.chance import told
from db.demo.diary import Course, Pace, acting, at_the_desk, hours, in_the_day, minutes
from db.demo.estates import Ground
from db.demo.residents import Household
from db.demo.scene import Scene, step
from db.people import Actor
from db.process import open_case, perform
from db.processes.repairs import Category, Channel, ChargeKind, PauseKind, Urgency, enter_slip
from db.processes.return_visits import Satisfaction
from db.registry import FirmKind

DONE = Pace(3.5, 0.9, slow=0.008, slow_median=60)
"""With the technicians' hours, appointments and waiting: 5.5 h by the median, 86 % within a day."""
RATINGS = {Satisfaction.VERY: 55, Satisfaction.SATISFIED: 41, Satisfaction.NEUTRAL: 3, Satisfaction.DISSATISFIED: 1}
CHANNELS = {Channel.PHONE: 54, Channel.WECHAT: 22, Channel.DESK: 15, Channel.STAFF: 9}
"""By day; at night the control room takes it."""
NO_ENTRY, TRANSFERRED, REDONE = 0.06, 0.02, 0.04


@dataclass(frozen=True)
class Plan:
    """A repair that will be reported."""

    at: datetime
    ground: Ground
    category: Category
    words: str
    household: Household | None = None
    """Whose; a public fault has none."""
    facility: tuple[int, str] | None = None
    building_id: int | None = None
    urgent: bool = False
    appointed: datetime | None = None
    charge: ChargeKind = ChargeKind.FREE
    quoted: Decimal | None = None
    end: str = "done"
    """done · withdrawn · void"""
    takes: timedelta | None = None
    work: str = ""
    rated: bool = True
    because_of: int | None = None
    """The complaint that it comes from."""
    wish: visits.Wish = field(default_factory=visits.Wish)
    stop: str = ""
    """Where it is left standing: waiting · dispatched · working · paused · to_sign."""
    typed_late: bool = False
    """The slip turned up a day too late."""


def course(scene: Scene, plan: Plan) -> Course:
    """Let a repair run its course."""
    ours = _Order(scene, plan)
    session = yield plan.at + minutes(scene.random, 1, 5)
    ours.open(session)
    if plan.stop == "waiting":
        return
    if plan.end != "done":
        yield from ours.end_early()
        return
    start, takes = plan.at, plan.takes or hours(scene.random, DONE)
    for again in (False, True):
        yield from ours.dispatch(start)
        if plan.stop == "dispatched" or (yield from ours.done(start, takes, again=again)):
            return
        start, takes = now() + minutes(scene.random, 5, 30), hours(scene.random, DONE)


class _Order:
    """One repair under way."""

    def __init__(self, scene: Scene, plan: Plan) -> None:
        self.scene, self.plan = scene, plan
        self.case_id = 0
        self.technician: Actor | None = None
        self.dispatched = plan.at
        self.arrived = plan.at

    @property
    def is_night(self) -> bool:
        """Say whether the desk was empty when it was reported."""
        return not 8 <= local(self.plan.at).hour < 22

    def _do(
        self, who: Actor, at: datetime, action: str, note: str = "", **values: Any
    ) -> Generator[datetime, Session, Any]:
        told_so = values | {"note": note}
        return step(self.scene, who, at, lambda s: perform(s, self.case_id, action, told_so, at=at, note=note))

    def _said(self, key: str) -> str:
        return self.scene.say("repair", key)

    # ── taken in ──

    def open(self, session: Session) -> None:
        """Take it in: at the desk, by the steward on his walk, at night in the control room."""
        plan, scene = self.plan, self.scene
        channel = Channel.NIGHT if self.is_night else scene.draw("channel", CHANNELS)
        values: dict[str, Any] = {
            "words": plan.words, "category": plan.category, "channel": channel, "public": plan.household is None,
            "urgency": Urgency.URGENT if plan.urgent else Urgency.APPOINTED if plan.appointed else Urgency.NORMAL,
            "estate_id": plan.ground.estate_id,
        }  # fmt: skip
        if plan.household is not None:
            values |= {"unit_id": plan.household.home.id, "customer_id": plan.household.customer_id}
        if plan.facility is not None:
            values |= {"facility_id": plan.facility[0], "place": plan.facility[1]}
        if plan.appointed is not None:
            values |= {"appointed_from": plan.appointed, "appointed_to": plan.appointed + timedelta(hours=2)}
        if self.is_night:
            who = scene.staff.guard(plan.ground.is_park)
        elif channel is Channel.STAFF:
            who = scene.steward_of(plan.ground, plan.building_id)
        else:
            who = scene.clerk(plan.at)
        with acting(session, who):
            origin = case_by_id(session, plan.because_of) if plan.because_of is not None else None
            case = open_case(session, "repairs", values, at=plan.at, because_of=origin)
        self.case_id = case.id

    def end_early(self) -> Generator[datetime, Session, None]:
        """Let the customer take it back, or void a double entry."""
        at = at_the_desk(self.scene.random, self.plan.at + minutes(self.scene.random, 15, 120))
        if self.plan.end == "void":
            yield from self._do(self.scene.staff.works, at, "void", self.scene.say("complaint", "voided"))
        else:
            yield from self._do(self.scene.clerk(at), at, "withdraw", self._said("withdrawn"))

    # ── sent out ──

    def dispatch(self, start: datetime) -> Generator[datetime, Session, None]:
        """Send somebody: within minutes, at night only for what cannot wait."""
        scene, plan = self.scene, self.plan
        median, most = (4, 9) if plan.urgent else (7, 90)
        at = start + timedelta(minutes=min(median * exp(0.9 * scene.random.gauss(0, 1)), most))
        night = not 8 <= local(at).hour < 22
        if night and not plan.urgent:
            at = at_the_desk(scene.random, at)
            night = False
        who = scene.staff.works if night else scene.clerk(at)
        crew = self._crew()
        self.technician = crew
        values: dict[str, Any] = {
            "technicians": (crew.user_id,) if crew else (), "charge_kind": plan.charge, "firm_id": self._firm(),
        }  # fmt: skip
        if plan.charge is ChargeKind.PAID:
            values |= {"quoted": plan.quoted, "price_agreed": True}
        if plan.appointed is not None:
            values |= {"appointed_from": plan.appointed, "appointed_to": plan.appointed + timedelta(hours=2)}
        moment = at + timedelta(minutes=1)
        session = yield moment
        with acting(session, who):
            perform(session, self.case_id, "dispatch", values, at=at)
        self.dispatched = at
        if crew is not None and not plan.stop and scene.luck(TRANSFERRED):
            other = scene.staff.technicians[5 if crew is not scene.staff.technicians[5] else 0]
            self.technician = other
            values["technicians"] = (other.user_id,)
            yield from self._do(who, at + timedelta(minutes=20), "transfer", self._said("transfer"), **values)
            self.dispatched = at + timedelta(minutes=20)

    def _crew(self) -> Actor | None:
        plan, staff = self.plan, self.scene.staff
        if plan.charge is ChargeKind.WARRANTY:
            return staff.of_warranty
        if plan.charge is ChargeKind.OUTSIDE and not plan.urgent and self.scene.luck(0.5):
            return None  # the firm comes by itself
        return staff.technician(plan.category.value, park=plan.ground.is_park)

    def _firm(self) -> int | None:
        plan = self.plan
        if plan.charge is ChargeKind.WARRANTY:
            return plan.ground.firms[FirmKind.DEVELOPER]
        if plan.charge is not ChargeKind.OUTSIDE:
            return None
        kind = {Category.LIFT: FirmKind.LIFT, Category.FIRE: FirmKind.FIRE}.get(plan.category, FirmKind.REPAIR)
        return plan.ground.firms[kind]

    # ── at work ──

    def done(self, start: datetime, takes: timedelta, *, again: bool) -> Generator[datetime, Session, bool]:
        """Do the work, have it signed and visited; says whether it is over, or has to be done once more."""
        plan, scene = self.plan, self.scene
        finished = yield from self.work(start, takes)
        if plan.stop in {"working", "paused"}:
            return True
        due = yield from self.finish(finished)
        if due is not None:
            wish = replace(plan.wish, solved=True) if again else plan.wish
            return (yield from visits.make(scene, due, wish))
        if again or plan.stop or not scene.shares.hit("redone", REDONE):
            return True
        yield from self.reopen(finished)
        return False

    def work(self, start: datetime, takes: timedelta) -> Generator[datetime, Session, datetime]:
        """Go there, perhaps in vain, perhaps to wait for parts or a firm; says when the work is done."""
        scene, plan, random = self.scene, self.plan, self.scene.random
        if plan.urgent:
            on_site = start + timedelta(minutes=18 * exp(0.31 * min(random.gauss(0, 1), 2.5)))
            self.arrived = max(on_site, self.dispatched + timedelta(minutes=4))
            finished = self.arrived + minutes(random, 25, 150)
        elif plan.appointed is not None and plan.appointed > self.dispatched:
            self.arrived = plan.appointed + minutes(random, 5, 110 if scene.luck(0.91) else 200)
            finished = self.arrived + minutes(random, 20, 120)
        else:
            finished = in_the_day(random, max(start + takes, self.dispatched + timedelta(minutes=40)))
            self.arrived = max(self.dispatched + timedelta(minutes=12), finished - minutes(random, 20, 140))
        if scene.luck(NO_ENTRY) and plan.household is not None and not plan.urgent and not plan.stop:
            finished = yield from self._in_vain(finished)
        waits = plan.charge is ChargeKind.WARRANTY or takes > timedelta(hours=30)
        if plan.stop in {"working", "paused"} or (waits and not plan.urgent and plan.appointed is None):
            finished = yield from self._wait(finished)
        elif takes > timedelta(hours=20) and not plan.urgent and scene.luck(0.35):
            late = at_the_desk(random, start + takes * 0.8)
            if late < self.arrived:
                yield from self._do(scene.clerk(late), late, "urge", self._said("urged"))
                if scene.luck(0.4):
                    yield from self._do(
                        scene.staff.works, late + timedelta(minutes=30), "supervise", self._said("supervised")
                    )
        return finished

    def _in_vain(self, finished: datetime) -> Generator[datetime, Session, datetime]:
        """Find nobody at home and agree on another time."""
        random = self.scene.random
        tried = max(self.dispatched + timedelta(minutes=15), self.arrived - timedelta(minutes=30))
        again = moment_of(day_of(tried) + timedelta(days=1), time(random.choice((9, 10, 14, 15)), 0))
        who = self.technician or self.scene.clerk(tried)
        yield from self._do(who, tried, "no_entry", self._said("no_entry"), appointed_from=again,
                            appointed_to=again + timedelta(hours=2))  # fmt: skip
        self.arrived = max(again + minutes(random, 5, 60), finished)
        self.dispatched = self.arrived - timedelta(minutes=20)
        return self.arrived + minutes(random, 20, 100)

    def _wait(self, finished: datetime) -> Generator[datetime, Session, datetime]:
        """Arrive, see that a part or the firm is missing, stop the clock; go on when it is there."""
        plan, scene, random = self.plan, self.scene, self.scene.random
        came = in_the_day(random, self.dispatched + minutes(random, 20, 120))
        who = self.technician or scene.clerk(came)
        yield from self._do(who, came, "arrive")
        self.arrived = came
        if plan.stop == "working":
            return finished
        kind, words = self._what_is_missing()
        paused = came + timedelta(minutes=15)
        yield from self._do(who, paused, "pause", pause_kind=kind, pause_reason=words)
        if plan.stop == "paused":
            return finished
        if plan.charge is ChargeKind.WARRANTY:  # the developer's men take their time
            finished = in_the_day(random, came + minutes(random, 1 * 1440, 8 * 1440))
        back = in_the_day(random, max(finished - minutes(random, 40, 200), paused + timedelta(hours=1)))
        yield from self._do(who, back, "resume")
        return max(finished, back + timedelta(minutes=30))

    def _what_is_missing(self) -> tuple[PauseKind, str]:
        match self.plan.charge:
            case ChargeKind.WARRANTY:
                return PauseKind.FIRM, self._said("pause_warranty")
            case ChargeKind.OUTSIDE:
                return PauseKind.FIRM, self._said("pause_firm")
            case _ if self.plan.household is not None and self.scene.luck(0.15):
                return PauseKind.CUSTOMER, self._said("pause_customer")
            case _:
                return PauseKind.PARTS, self._said("pause_parts")

    # ── done ──

    def finish(self, finished: datetime) -> Generator[datetime, Session, visits.Due | None]:
        """Finish it, on the technician's phone or from the slip at the desk; gives back the visit that follows."""
        plan, scene = self.plan, self.scene
        values = self._slip()
        by_phone = self.technician is not None and not plan.typed_late and scene.luck(0.3)
        case_id = self.case_id

        def on_the_phone(session: Session) -> visits.Due | None:
            case = case_by_id(session, case_id)
            if case.state == "dispatched":
                perform(session, case_id, "arrive", {}, at=self.arrived)
            case = perform(session, case_id, "finish", values, at=finished)
            return visits.due_after(session, case, finished)

        def from_the_slip(session: Session) -> visits.Due | None:
            if case_by_id(session, case_id).state == "working":
                case = perform(session, case_id, "finish", values, at=finished)
            else:
                times = {"arrived_on_site": self.arrived, "finished_at": finished}
                case = enter_slip(session, case_id, values | times)
            return visits.due_after(session, case, finished)

        if by_phone and self.technician is not None:
            due = yield from step(scene, self.technician, finished, on_the_phone)
        else:
            moment = self._slip_is_typed(finished)
            session = yield moment
            with acting(session, scene.clerk(moment)):
                due = from_the_slip(session)
        if plan.household is None and plan.stop != "to_sign":
            signed = in_the_day(scene.random, finished + minutes(scene.random, 60, 20 * 60))
            steward = scene.steward_of(plan.ground, plan.building_id)
            yield from self._do(steward, signed, "sign", signed_by=steward.name)
        return due

    def _slip_is_typed(self, finished: datetime) -> datetime:
        """Say when the desk types the slip: the same evening, or the next morning."""
        random = self.scene.random
        if self.plan.typed_late:
            return at_the_desk(random, self.arrived + minutes(random, 25 * 60, 34 * 60))
        if self.scene.luck(0.02):
            return at_the_desk(random, finished + minutes(random, 26 * 60, 60 * 60))
        return at_the_desk(random, finished + minutes(random, 15, 200))

    def _slip(self) -> dict[str, Any]:
        plan, scene = self.plan, self.scene
        pen, texts = scene.pen("repairs"), told("repairs")[plan.category.value]
        by = {ChargeKind.WARRANTY: "warranty_work", ChargeKind.OUTSIDE: "firm_work"}.get(plan.charge)
        values: dict[str, Any] = {
            "work": plan.work or (self._said(by) if by else pen.fitting(texts["work"], plan.words)),
            "materials": pen.fitting(texts["materials"], plan.words) if scene.luck(0.75) else "",
            "note": self._said("late") if plan.typed_late else "",
        }  # fmt: skip
        if plan.household is not None:
            values["signed_by"] = plan.household.name
            if plan.rated and (scene.luck(0.65) or plan.charge is ChargeKind.PAID):
                values["rating"] = scene.draw("ratings", RATINGS)
            if plan.charge is ChargeKind.PAID:
                values["charge"] = plan.quoted
                if plan.rated:
                    happy = Satisfaction.VERY if scene.luck(0.5) else Satisfaction.SATISFIED
                    values["rating"] = Satisfaction.NEUTRAL if plan.wish.satisfied is False else happy
        return values

    def reopen(self, finished: datetime) -> Generator[datetime, Session, None]:
        """Come back: it broke again."""
        at = at_the_desk(self.scene.random, finished + minutes(self.scene.random, 26 * 60, 90 * 60))
        yield from self._do(self.scene.clerk(at), at, "reopen", self._said("reopened"))
