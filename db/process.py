"""A process of the office, declared; and the only two ways a matter changes: it is opened, or a step is performed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select

from db import approvals, case_words, counters, series, settings
from db.audit import plain
from db.base import Choice
from db.cases import Case, CaseLink, Event, case_by_id
from db.checking import clean_text, cleaned
from db.clock import day_of, local, now
from db.fields import NOTE, Asks, Field, asked_fields
from db.people import SYSTEM_ID, Actor, Role, User
from db.references import not_found
from db.refused import Conflict, Refused
from db.registry import Building, Facility, Unit
from db.session import actor_of
from db.words import Words, _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.counters import Figures

CLOCK_SLACK = timedelta(minutes=5)
"""Two clocks in one office differ; that much in the future still counts as now."""

Gate = Callable[["Session", Any], "object | None"]
"""(session, case) → a sentence saying what is missing, or nothing."""


@dataclass(frozen=True)
class Action:
    """One button: what it is called, from which states, to which state, who may, what it asks."""

    name: str
    label: Words
    sources: tuple[Choice, ...]
    target: Choice | None
    """The state afterwards; `None` stays where it is."""
    roles: frozenset[Role]
    asks: Asks = ()
    needs: tuple[Gate, ...] = ()
    then: Callable[[Step], None] | None = None
    """What else it does: marks times, performs steps on linked cases."""
    main: bool = False
    """The step this state waits for: the first button, and on the list of those who may do it."""
    confirm: Words | None = None
    """For an act that cannot be taken back: the consequence, asked once."""


@dataclass(frozen=True)
class Process:
    """One process of the office: list, form, buttons, timeline, figures and manual follow from it."""

    key: str
    prefix: str
    """Letters that its numbers begin with."""
    section: str
    title: Words
    icon: str
    model: type[Case]
    start: Choice
    ends: tuple[Choice, ...]
    asks: Asks
    openers: frozenset[Role]
    actions: tuple[Action, ...]
    opened: Callable[[Step], None] | None = None
    """What opening also does: deadlines, category, proposals. The case has no key yet: set what it needs, then
    `step.session.flush()`, then write lines that point at it (a checklist)."""
    figures: Figures | None = None
    """Own measures for home and reports."""

    @property
    def states(self) -> type[Choice]:
        """All its states."""
        return type(self.start)

    def action(self, name: str) -> Action:
        """Find an action; `KeyError` is a programming mistake."""
        return {each.name: each for each in self.actions}[name]

    def form(self, name: str = "") -> tuple[Field, ...]:
        """List the fields of the opening form, or of an action's."""
        return asked_fields(self.model, self.action(name).asks if name else self.asks)

    def actions_from(self, state: str) -> list[Action]:
        """List the actions that leave or stay in a state, main ones first."""
        return sorted((each for each in self.actions if state in each.sources), key=lambda each: not each.main)


@dataclass
class Step:
    """One step under way: what a process's `opened` and `then` functions get to work with."""

    session: Session
    case: Any
    actor: Actor
    at: datetime
    """When it happened (发生时间)."""
    values: dict[str, Any]
    note: str
    cause: Event | None = None
    """The event of another case that this step follows from."""
    _afterwards: list[Callable[[Event], None]] = field(default_factory=list)

    @property
    def day(self) -> date:
        """The estate's calendar day on which it happened."""
        return day_of(self.at)

    def perform(self, case_id: int, action: str, values: Mapping[str, Any] | None = None, note: str = "") -> None:
        """Perform a further action, on another case or on this one, once this step's event is written.

        The right comes from this step, the event names both; without a `note` it carries this step's.
        """

        def consequence(cause: Event) -> None:
            other = self.session.get_one(Case, case_id, with_for_update=True)
            _step(self.session, other, _action_for(other, action), dict(values or {}),
                  Reported(self.at, note or self.note, None, cause))  # fmt: skip

        self._afterwards.append(consequence)

    def open(self, process: str, values: Mapping[str, Any], link: str, note: str = "") -> None:
        """Open another case out of this one, linked as `link`."""
        origin = self.case.id

        def consequence(cause: Event) -> None:
            opened = _open(self.session, process_of(process), dict(values), Reported(self.at, note, None, cause))
            self.session.add(CaseLink(case_id=opened.id, other_id=origin, kind=link))

        self._afterwards.append(consequence)


@dataclass(frozen=True)
class Reported:
    """How a step reached us: when it happened, the remark, the form's token, the event it follows from."""

    at: datetime | None = None
    note: str = ""
    token: str | None = None
    cause: Event | None = None


def process_of(key: str) -> Process:
    """Find a process by its key."""
    from db.processes import PROCESSES  # noqa: PLC0415 - the processes are declared with this module

    return PROCESSES[key]


def may_see(actor: Actor, process: Process) -> bool:
    """Claim: the actor works with this process: sees all matters, opens it, or has a step in it."""
    return (
        actor.sees_all
        or bool(actor.roles & process.openers)
        or any(actor.roles & action.roles for action in process.actions)
    )


def permitted(actor: Actor, case: Case) -> list[Action]:
    """List the actions that leave the case's state and that the actor's roles may do; gates not yet asked."""
    if case.about_user_id == actor.user_id:
        return []
    return [each for each in process_of(case.process).actions_from(case.state) if each.roles & actor.roles]


def missing_for(session: Session, case: Case, action: Action) -> list[str]:
    """List what still stands in an action's way: the sentences of its gates."""
    return [str(sentence) for gate in action.needs if (sentence := gate(session, case)) is not None]


def open_case(
    session: Session,
    process: str,
    values: Mapping[str, Any],
    *,
    at: datetime | None = None,
    note: str = "",
    token: str | None = None,
    because_of: Case | None = None,
    link: str = "from",
) -> Any:
    """Open a matter, in the name of the session's actor; returns its case.

    `at` is when it happened, if not now; `token` makes a second press return the first case; `because_of` links it to
    the case it comes from, as `link` says (`db.case_links`). Raises `Refused` with problems by field.
    """
    declared = process_of(process)
    actor = actor_of(session)
    if not actor.roles & declared.openers:
        raise Refused(_("您不能登记{title}，请联系客服管理员。", title=declared.title))
    if token and (done := session.scalar(select(Event).where(Event.token == token))):
        return case_by_id(session, done.case_id)
    with session.begin_nested():
        case = _open(session, declared, dict(values), Reported(at, note, token))
    if because_of is not None:
        session.add(CaseLink(case_id=case.id, other_id=case_by_id(session, because_of.id).id, kind=link))
        session.flush()
    return case


def perform(
    session: Session,
    case_id: int,
    action: str,
    values: Mapping[str, Any] | None = None,
    *,
    version: int | None = None,
    at: datetime | None = None,
    note: str = "",
    token: str | None = None,
) -> Any:
    """Perform an action on a matter, in the name of the session's actor; returns the case.

    `version` is the one the form was drawn with: if somebody else was faster, `Conflict` says who changed what.
    Raises `Refused` for a wrong state, role or value, or an unmet gate; then nothing is changed.
    """
    actor = actor_of(session)
    case = case_by_id(session, case_id)
    if token and session.scalar(select(Event.id).where(Event.token == token, Event.case_id == case_id)):
        return case
    session.refresh(case, with_for_update=True)
    if version is not None and version != case.version:
        raise Conflict(_changed_since(session, case, version))
    declared = _action_for(case, action)
    if not declared.roles & actor.roles and actor.user_id != SYSTEM_ID:
        raise Refused(_("“{label}”不在您的权限内。", label=declared.label))
    if case.about_user_id == actor.user_id:
        raise Refused(_("本单涉及您本人，请由他人经办。"))
    with session.begin_nested():  # so that a refusal half way leaves nothing behind for whoever goes on
        _step(session, case, declared, dict(values or {}), Reported(at, note, token))
    return case


def _action_for(case: Case, name: str) -> Action:
    process = process_of(case.process)
    action = process.action(name)
    if case.state not in action.sources:
        state = process.states(case.state).label
        raise Refused(_("{number} 现在是“{state}”，不能{label}。", number=case.number, state=state, label=action.label))
    return action


def _open(session: Session, process: Process, values: dict[str, Any], reported: Reported) -> Case:
    actor = actor_of(session)
    fields = process.form()
    good = _checked(session, fields, values)
    note = clean_text(good.pop(NOTE.name, None) or reported.note)
    at = _moment(reported.at, None)
    case = process.model(
        process=process.key, state=process.start.value, opened_by=actor.user_id, opened_at=at, opened_on=day_of(at),
        **_columns(process.model, good),
    )  # fmt: skip
    _place(session, case, values)
    case.number = series.next_number(session, case.estate_id, process.prefix, day_of(now()))
    session.add(case)
    step = Step(session, case, actor, at, good, note, reported.cause)
    if process.opened:
        with session.no_autoflush:
            process.opened(step)
    session.flush()
    counters.move(session, Counter(), counters.headings(case, process.figures))
    case_words.index(session, case)
    _written(step, "open", None, reported)
    return case


def _step(session: Session, case: Case, action: Action, values: dict[str, Any], reported: Reported) -> None:
    process = process_of(case.process)
    if missing := missing_for(session, case, action):
        raise Refused(_("还不能{label}：{missing}", label=action.label, missing=" ".join(missing)))
    fields = asked_fields(process.model, action.asks)
    good = _checked(session, fields, values)
    note = clean_text(good.pop(NOTE.name, None) or reported.note)
    before, counted = _snapshot(case), counters.headings(case, process.figures)
    step = Step(session, case, actor_of(session), _moment(reported.at, case), good, note, reported.cause)
    for name, value in _columns(process.model, good).items():
        if name in values:  # what a form does not show it does not empty
            setattr(case, name, value)
    if action.target is not None:
        case.state = action.target.value
    if action.then:
        action.then(step)
    if case.state in process.ends and case.closed_at is None:
        case.closed_at, case.closed_on = step.at, step.day
    elif case.state not in process.ends:
        case.closed_at = case.closed_on = None
    case.version += 1
    session.flush()
    counters.move(session, counted, counters.headings(case, process.figures))
    if case.words != before["words"]:
        case_words.index(session, case)
    # Last, for it also sets off the consequences, which may move this very case on.
    _written(step, action.name, before, reported)


def _written(step: Step, name: str, before: dict[str, Any] | None, reported: Reported) -> None:
    """Write the step's event, ask for approval of a late entry, and set off the consequences."""
    session, case, recorded = step.session, step.case, now()
    changes = _changes(before, _snapshot(case)) if before else {}
    hours = settings.value_of(session, settings.LATE_ENTRY_HOURS, case.estate_id)
    event = Event(
        case_id=case.id, action=name, from_state=before["state"] if before else None, to_state=case.state,
        actor_id=step.actor.user_id, occurred_at=step.at, recorded_at=recorded,
        late_entry=recorded - step.at > timedelta(hours=hours), note=step.note, changes=changes, version=case.version,
        because_of=reported.cause.id if reported.cause else None, token=reported.token,
    )  # fmt: skip
    session.add(event)
    session.flush()
    if event.late_entry and step.actor.user_id != SYSTEM_ID:
        approvals.ask(session, "event", event.id, case.estate_id, (leader_of(process_of(case.process)),))
    for consequence in step._afterwards:  # noqa: SLF001 - the kernel's own
        consequence(event)


def _checked(session: Session, fields: tuple[Field, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    good, problems = cleaned(fields, values)
    problems |= not_found(session, fields, good)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    return good


def _columns(model: type[Case], values: dict[str, Any]) -> dict[str, Any]:
    known = inspect(model).column_attrs.keys()
    return {name: value for name, value in values.items() if name in known}


def _place(session: Session, case: Case, values: Mapping[str, Any]) -> None:
    """Find estate and building from the unit or facility; without either the form names the estate."""
    actor = actor_of(session)
    if case.unit_id is not None:
        unit = session.get_one(Unit, case.unit_id)
        case.estate_id, case.building_id = unit.estate_id, unit.building_id
    elif case.facility_id is not None:
        facility = session.get_one(Facility, case.facility_id)
        case.estate_id, case.building_id = facility.estate_id, facility.building_id
    elif case.building_id is not None:
        case.estate_id = session.get_one(Building, case.building_id).estate_id
    else:
        only = next(iter(actor.estates)) if len(actor.estates) == 1 else None
        case.estate_id = int(values.get("estate_id") or only or 0)
    if actor.user_id != SYSTEM_ID and case.estate_id not in actor.estates:
        raise Refused(_("请选择项目。"), {"estate_id": _("请选择项目。")})


def _moment(at: datetime | None, case: Case | None) -> datetime:
    present = now()
    at = at or present
    if at > present + CLOCK_SLACK:
        raise Refused(_("发生时间不能晚于现在，请改正。"), {"at": _("不能晚于现在。")})
    first = case.opened_at if case is not None else at
    if case is not None and at < first.replace(second=0, microsecond=0):  # a time is written to the minute
        opened = local(case.opened_at).strftime("%m-%d %H:%M")
        raise Refused(_("发生时间不能早于本单的登记时间 {opened}。", opened=opened), {"at": _("不能早于登记时间。")})
    return max(min(at, present), first) if case is not None else min(at, present)


def _snapshot(case: Case) -> dict[str, Any]:
    return {each.key: getattr(case, each.key) for each in inspect(type(case)).column_attrs if each.key != "version"}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: [plain(before[name]), plain(value)] for name, value in after.items() if value != before[name]}


def _changed_since(session: Session, case: Case, version: int) -> str:
    process = process_of(case.process)
    rows = session.execute(
        select(Event.action, Event.recorded_at, User.name)
        .join(User, User.id == Event.actor_id)
        .where(Event.case_id == case.id, Event.version > version)
        .order_by(Event.id)
    )
    said = [
        str(_("{who} {when} {what}", who=who, when=local(when).strftime("%H:%M"), what=action_label(process, action)))
        for action, when, who in rows
    ]
    return str(_("这张单刚被别人改过：{what}。您填的内容还在，请看过最新情况后再提交。", what=str(_(";")).join(said)))


def leader_of(process: Process) -> Role:
    """Say which leader looks after a process: works for what technicians carry, else the customer-service one."""
    carried_by_works = any(Role.TECHNICIAN in each.roles and each.main for each in process.actions)
    return Role.WORKS_SUPERVISOR if carried_by_works else Role.SUPERVISOR


def action_label(process: Process, action: str) -> Words:
    """Name an event's action as the button does."""
    return _("登记") if action == "open" else process.action(action).label
