"""How complaints go in the demonstration: told, understood, passed on, found out, handled, visited again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from db.clock import day_of, local, now
from db.demo import visits
from db.demo.chance import told
from db.demo.diary import Course, Pace, acting, at_the_desk, hours, in_the_day, minutes
from db.demo.estates import Ground
from db.demo.residents import Household
from db.demo.scene import Scene, step
from db.people import Actor, Department
from db.process import open_case, perform
from db.processes.complaints import Category, Finding, Gravity, Source, TellingWay, enter_steps

CATEGORIES: dict[str, dict[Category, int]] = {
    "homes": {
        Category.NOISE: 17, Category.PARKING: 16, Category.CLEANING: 13, Category.REPAIR: 12, Category.LIFT: 10,
        Category.SECURITY: 9, Category.HEATING: 7, Category.FEES: 5, Category.RENOVATION: 4, Category.MANNER: 3,
        Category.GREENING: 2, Category.OTHER: 2,
    },
    "park": {
        Category.HEATING: 24, Category.LIFT: 16, Category.PARKING: 14, Category.CLEANING: 11, Category.NOISE: 10,
        Category.POWER: 8, Category.ACCESS: 7, Category.FEES: 5, Category.MANNER: 3, Category.OTHER: 2,
    },
}  # fmt: skip
SOURCES = {
    Source.PHONE: 46, Source.DESK: 24, Source.WECHAT: 15, Source.STEWARD: 8, Source.HOTLINE: 4, Source.STREET: 1,
    Source.EMAIL: 1, Source.COMMITTEE: 1,
}  # fmt: skip
FINDINGS = {Finding.JUSTIFIED: 52, Finding.PARTLY: 18, Finding.UNJUSTIFIED: 12, Finding.NOT_OURS: 18}
GRAVITIES = {Gravity.NORMAL: 83, Gravity.IMPORTANT: 14, Gravity.GRAVE: 3}
ENDS = {"handled": 188, "withdrawn": 5, "void": 3, "merged": 4}
REPEATED = 0.09
ANSWERED, HANDLED = Pace(1.1, 1.6), Pace(5.4, 1.0, slow=0.04, slow_median=50)
"""With the desk's hours: answered in 1.1 h and handled in 9 h by the median, 98 and 84 % within a day."""


@dataclass
class Group:
    """Several complaints about one event."""

    number: str = ""
    """Of the first."""


@dataclass(frozen=True)
class Heard:
    """A complaint that was made; a later one may refer to it."""

    number: str
    plan: Plan


@dataclass(frozen=True)
class Plan:
    """A complaint that will be made."""

    at: datetime
    ground: Ground
    household: Household
    category: Category
    words: str
    facts: str = ""
    solution: str = ""
    gravity: Gravity = Gravity.NORMAL
    source: Source = Source.PHONE
    finding: Finding = Finding.JUSTIFIED
    end: str = "handled"
    takes: timedelta | None = None
    """How long until it is handled; `None` draws it."""
    refers_to: str = ""
    """The complaint that it repeats or is merged into."""
    anonymous: bool = False
    group: Group | None = None
    wish: visits.Wish = field(default_factory=visits.Wish)
    stop: str = ""
    """Where it is left standing: waiting · told · passed · taken_over."""
    typed_late: bool = False
    """That it was handled is typed a day too late."""
    never: bool = False
    """Stays unsolved, put off again and again."""


def plan(scene: Scene, ground: Ground, at: datetime, **more: Any) -> Plan:
    """Plan a complaint of that moment, by the shares of the office."""
    category = more.pop("category", None) or scene.draw(("complaint", ground.name), CATEGORIES[ground.name])
    lift_mended = scene.stories.lift + timedelta(days=22)
    if category is Category.LIFT and 0 <= (day_of(at) - lift_mended).days < 90 and scene.luck(0.6):
        category = Category.CLEANING  # after the new board in April complaints about lifts fall
    finding = scene.draw("finding", FINDINGS)
    if category is Category.MANNER and finding is Finding.NOT_OURS:
        finding = Finding.UNJUSTIFIED
    household = scene.random.choice(scene.households[ground.name])
    values: dict[str, Any] = {
        "words": scene.pen("complaints").write(told("complaints")[category.value][ground.name], day_of(at)),
        "gravity": scene.draw("gravity", GRAVITIES), "source": scene.draw("source", SOURCES),
        "finding": finding, "end": scene.draw("end", ENDS),
        "anonymous": scene.luck(0.015), **more,
    }  # fmt: skip
    return Plan(at=at, ground=ground, household=household, category=category, **values)


def course(scene: Scene, plan: Plan) -> Course:
    """Let a complaint run its course."""
    session = yield at_the_desk(scene.random, plan.at + minutes(scene.random, 1, 6))
    plan = _referring(scene, plan)
    ours = _Matter(scene, plan)
    ours.open(session)
    if plan.stop == "waiting":
        return
    if plan.end in {"void", "merged"}:
        yield from ours.end_early()
        return
    takes = plan.takes or hours(scene.random, HANDLED)
    yield from ours.answer(min(hours(scene.random, ANSWERED), takes * 0.7))
    if plan.group is not None and plan.group.number != ours.number:
        yield from ours.join(plan.group)
    if plan.end == "withdrawn":
        yield from ours.withdraw(takes)
        return
    yield from ours.pass_on(takes)
    if plan.never:
        yield from ours.drag_on()
    if plan.stop or plan.never:
        return
    yield from ours.work(takes)
    finished = plan.at + takes
    while (due := (yield from ours.handle(finished))) is not None:
        if (yield from visits.make(scene, due, plan.wish)):
            break
        finished = due.handled + minutes(scene.random, 60 * 60, 110 * 60)
    yield from ours.improve(finished)


def _referring(scene: Scene, plan: Plan) -> Plan:
    """Let some complaints be the customer's second about the same thing, others another customer's about it."""
    same = plan.end == "merged"
    if plan.group or plan.stop or plan.never or not (same or scene.shares.hit("repeat", REPEATED)):
        return plan
    lately = [
        each for each in scene.heard[-30:]
        if each.plan.ground is plan.ground and timedelta() < plan.at - each.plan.at < timedelta(days=3 if same else 21)
        and each.plan.end == "handled" and not each.plan.group and not each.plan.anonymous
    ]  # fmt: skip
    if not lately:
        return replace(plan, end="handled")
    earlier = scene.random.choice(lately)
    words = told("complaints")["stories"]["same" if same else "again"].format(words=earlier.plan.words)
    household = plan.household if same else earlier.plan.household
    return replace(
        plan, category=earlier.plan.category, words=words, household=household, refers_to=earlier.number,
        anonymous=False,
    )  # fmt: skip


class _Matter:
    """One complaint under way."""

    def __init__(self, scene: Scene, plan: Plan) -> None:
        self.scene, self.plan = scene, plan
        self.case_id, self.number = 0, ""
        self.about: Actor | None = None
        self.worker: Actor = scene.staff.supervisor
        self.department = Department(told("complaints")[plan.category.value]["department"])

    # ── taken in ──

    def open(self, session: Session) -> None:
        """Take it in, at the desk or by the steward."""
        plan, scene = self.plan, self.scene
        if plan.category is Category.MANNER:
            known = [*scene.staff.technicians, *scene.staff.clerks, *scene.staff.guards]
            here = plan.ground.estate_id  # a guard of the other estate is nobody to those who take it in
            self.about = scene.random.choice([each for each in known if here in each.estates])
        but = frozenset({self.about.user_id}) if self.about else frozenset()
        household = plan.household
        steward = scene.steward_of(plan.ground, household.home.building_id)
        self.worker = scene.staff.supervisor if self.about or plan.gravity is Gravity.GRAVE else steward
        by_steward = plan.source is Source.STEWARD and 8 <= local(plan.at).hour < 18
        with acting(session, steward if by_steward else scene.clerk(now(), but)):
            case = open_case(session, "complaints", self._values(), at=plan.at)
        self.case_id, self.number = case.id, case.number
        scene.heard.append(Heard(case.number, plan))
        if plan.group is not None and not plan.group.number:
            plan.group.number = case.number

    def _values(self) -> dict[str, Any]:
        plan, scene = self.plan, self.scene
        values: dict[str, Any] = {
            "words": plan.words, "category": plan.category, "gravity": plan.gravity, "source": plan.source,
            "anonymous": plan.anonymous, "unit_id": plan.household.home.id,
            "customer_id": None if plan.anonymous else plan.household.customer_id,
        }  # fmt: skip
        if plan.refers_to and plan.end != "merged":
            values["repeat_of"] = plan.refers_to
        if self.about:
            values["about_user_id"] = self.about.user_id
        if plan.source in {Source.HOTLINE, Source.STREET, Source.COMMITTEE}:
            values["outside_number"] = f"{day_of(plan.at):%Y%m%d}{scene.random.randrange(10_000, 99_999)}"
            values["outside_due_at"] = plan.at + timedelta(days=5)
        if not plan.anonymous and scene.luck(0.25):
            values["contact_name"] = plan.household.name
            values["contact_phone"] = f"102{scene.random.randrange(10_000_000, 99_999_999)}"
        return values

    # ── on its way ──

    def _do(
        self, who: Actor, at: datetime, action: str, note: str = "", **values: Any
    ) -> Generator[datetime, Session, Any]:
        told_so = values | {"note": note}
        return step(self.scene, who, at, lambda s: perform(s, self.case_id, action, told_so, at=at, note=note))

    def _said(self, key: str) -> str:
        return self.scene.say("complaint", key)

    def end_early(self) -> Generator[datetime, Session, None]:
        """Void it as a wrong entry, or merge it into what somebody told before."""
        at = in_the_day(self.scene.random, self.plan.at + minutes(self.scene.random, 20, 200))
        if self.plan.end == "void":
            yield from self._do(self.scene.staff.supervisor, at, "void", self._said("voided"))
        else:
            yield from self._do(self.worker, at, "merge", self._said("merged"), into=self.plan.refers_to)

    def answer(self, after: timedelta) -> Generator[datetime, Session, None]:
        """Speak with the customer: understood and apologised for, often both in one call and one form."""
        at = at_the_desk(self.scene.random, self.plan.at + after)
        if self.scene.luck(0.35):
            who = self.scene.clerk(at, frozenset({self.about.user_id}) if self.about else frozenset())
            yield from self._do(who, at, "accept", assigned_to=self.worker.user_id)
        entries = [("understand", at, self._said("understand"))]
        if self.scene.luck(0.75):
            entries.append(("apologise", at + timedelta(minutes=3), self._said("apologise")))
        if self.scene.luck(0.15):
            entries.append(("find_solution", at + timedelta(minutes=5), self._said("find_solution")))
        said = at + timedelta(minutes=6)
        yield from step(self.scene, self.worker, said, lambda s: enter_steps(s, self.case_id, entries))

    def join(self, group: Group) -> Generator[datetime, Session, None]:
        """Link it with the others about the same event."""
        at = in_the_day(self.scene.random, self.plan.at + minutes(self.scene.random, 60, 240))
        yield from self._do(self.scene.staff.supervisor, at, "group", into=group.number)

    def withdraw(self, takes: timedelta) -> Generator[datetime, Session, None]:
        """Let the customer take it back."""
        at = at_the_desk(self.scene.random, self.plan.at + takes)
        yield from self._do(self.worker, at, "withdraw", note=self._said("withdrawn"))

    def pass_on(self, takes: timedelta) -> Generator[datetime, Session, None]:
        """Pass it to the department that has to act; see that it takes over and what it answers."""
        plan, scene = self.plan, self.scene
        if plan.stop == "told" or (not plan.stop and (self.department is Department.SERVICE or scene.luck(0.35))):
            return
        at = in_the_day(scene.random, plan.at + takes * 0.3)
        yield from self._do(self.worker, at, "pass_on", department=self.department)
        if plan.stop == "passed":
            return
        chief = scene.staff.works if self.department is Department.WORKS else scene.staff.supervisor
        at += minutes(scene.random, 10, 90)
        yield from self._do(chief, at, "take_over")
        if plan.stop != "taken_over":
            at = max(at + timedelta(minutes=15), plan.at + takes * 0.6)
            yield from self._do(chief, at_the_desk(scene.random, at), "department_answers",
                                department_answer=self._said("answers"))  # fmt: skip

    def work(self, takes: timedelta) -> Generator[datetime, Session, None]:
        """Tell how it goes; what takes longer than a day is put off with a word to the customer, urged, reported."""
        scene, plan = self.scene, self.plan
        if scene.luck(0.4):
            at = in_the_day(scene.random, plan.at + takes * 0.65)
            yield from self._do(self.worker, at, "track", note=self._said("track"))
        if takes < timedelta(hours=24):
            return
        late = plan.at + timedelta(hours=20)
        if scene.luck(0.25):
            yield from self._do(scene.clerk(late), at_the_desk(scene.random, late), "urge", note=self._said("urged"))
        if scene.luck(0.6) and plan.source not in {Source.HOTLINE, Source.STREET, Source.COMMITTEE}:
            day = day_of(plan.at + takes) + timedelta(days=1)
            yield from self._do(self.worker, at_the_desk(scene.random, late + timedelta(hours=1)), "extend",
                                new_due_on=day, told_by=TellingWay.PHONE, note=self._said("extended"))  # fmt: skip
        if scene.luck(0.12):
            yield from self._do(self.worker, at_the_desk(scene.random, late + timedelta(hours=2)), "report_up",
                                note=self._said("reported"))  # fmt: skip

    def drag_on(self) -> Generator[datetime, Session, None]:
        """Tell the customer again and again that it takes longer, until the present day."""
        notes = told("complaints")["stories"]["shop_notes"]
        at = self.plan.at
        for n in range(40):
            at = in_the_day(self.scene.random, at + timedelta(days=1 if n == 0 else 7))
            due = day_of(at) + timedelta(days=7)
            note = notes[n % len(notes)]
            yield from self._do(self.worker, at, "extend", new_due_on=due, told_by=TellingWay.PHONE, note=note)
            if n in {2, 4}:
                at = in_the_day(self.scene.random, at + timedelta(days=2))
                yield from self._do(self.scene.clerk(at), at, "urge", note=self._said("urged"))
                yield from self._do(self.worker, at, "report_up", note=self._said("reported"))

    # ── to its end ──

    def handle(self, finished: datetime) -> Generator[datetime, Session, visits.Due | None]:
        """Finish it and tell the customer; gives back the visit that follows, if any does."""
        plan, scene = self.plan, self.scene
        at = at_the_desk(scene.random, finished)
        values = {"finding": plan.finding, **self._result(), "told_by": scene.draw("told_by", TOLD_BY)}

        def do(session: Session) -> visits.Due | None:
            case = perform(session, self.case_id, "handle", values, at=at)
            return visits.due_after(session, case, at)

        late = minutes(scene.random, 25 * 60, 30 * 60) if plan.typed_late else timedelta()
        due = yield from step(scene, self.worker, at, do, late)
        if due is None:  # anonymous: it counts as handled and not visited
            scene.shares.owe(*visits.share_reached(scene, "complaints", at))
        return due

    def _result(self) -> dict[str, str]:
        plan, scene = self.plan, self.scene
        texts, pen = told("complaints")[plan.category.value], scene.pen("complaints")
        if plan.solution:
            return {"facts": plan.facts, "solution": plan.solution}
        match plan.finding:
            case Finding.UNJUSTIFIED:
                facts, solution = pen.fitting(texts["unfounded"], plan.words), self._said("unjustified_solved")
            case Finding.NOT_OURS:
                facts = pen.fitting(told("talk")["complaint"]["not_ours"], plan.words)
                solution = pen.fitting(told("talk")["complaint"]["not_ours_solved"], facts)
            case _:
                facts, solution = pen.fitting(texts["found"], plan.words), pen.fitting(texts["solved"], plan.words)
        return {"facts": facts, "solution": solution}

    def improve(self, finished: datetime) -> Generator[datetime, Session, None]:
        """Let the supervisor draw a lesson from some of the justified ones."""
        if self.plan.finding is Finding.JUSTIFIED and self.scene.luck(0.12):
            at = in_the_day(self.scene.random, finished + minutes(self.scene.random, 48 * 60, 120 * 60))
            yield from self._do(
                self.scene.staff.supervisor, at, "improve", improvement=self._said("improvement"),
                improvement_owner=self.worker.name, improvement_due_on=day_of(at) + timedelta(days=14),
            )  # fmt: skip


TOLD_BY = {TellingWay.PHONE: 62, TellingWay.WECHAT: 20, TellingWay.IN_PERSON: 17, TellingWay.LETTER: 1}
