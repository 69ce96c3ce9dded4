"""Three years of matters for the bench's estates, in the shares of an office, as finished columns."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from bench.chains import NEVER, Chain, days, empty, hours, lag, moments
from bench.people import VOCABULARY, Registry
from db.processes import PROCESSES, complaints, inquiries, repairs, return_visits

YEARS = 3
SHARES = {"complaints": 0.02, "repairs": 0.30}
"""Of all matters; return visits follow from these, inquiries are the rest."""
SEASON = (1.0, 0.7, 0.9, 0.95, 1.0, 1.1, 1.35, 1.3, 1.0, 0.9, 1.45, 1.15)
WEEKDAYS = (19, 15, 14, 13, 14, 14, 11)
DAY_HOURS = (1, 0, 0, 0, 0, 0, 1, 3, 9, 13, 12, 8, 3, 4, 8, 9, 9, 9, 6, 4, 2, 2, 1, 1)
EVENING = np.timedelta64(18, "h")
WARNED_BEFORE = hours(2)


class Office:
    """Draws who, where and when, from one seed."""

    def __init__(self, registry: Registry, last: date, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.registry = registry
        self.end = np.datetime64(last, "s") + EVENING - np.timedelta64(8, "h")
        every = np.arange(np.datetime64(last) - np.timedelta64(365 * YEARS, "D"), np.datetime64(last) + 1)
        month = every.astype("datetime64[M]").astype(int) % 12
        weekday = (every.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
        weights = np.array(SEASON)[month] * np.array(WEEKDAYS)[weekday]
        self._every, self._weights = every, weights / weights.sum()
        self._hours = np.array(DAY_HOURS) / sum(DAY_HOURS)

    def times(self, count: int) -> np.ndarray:
        """Draw moments of the three years, by season, weekday and hour."""
        day = self.rng.choice(self._every, count, p=self._weights).astype("datetime64[s]")
        hour = self.rng.choice(24, count, p=self._hours)
        second = self.rng.integers(0, 3600, count)
        at = day + hours(hour - 8) + second.astype("timedelta64[s]")
        return np.sort(np.where(at > self.end, at - hours(24), at))

    def pick(self, values: Any, count: int) -> np.ndarray:
        """Draw evenly."""
        return self.rng.choice(np.asarray(values), count)

    def share(self, weighted: dict[str, float], count: int) -> np.ndarray:
        """Draw stored values by their weights."""
        weights = np.array(list(weighted.values()), float)
        return self.rng.choice(np.array(list(weighted), object), count, p=weights / weights.sum())

    def happens(self, share: float, count: int) -> np.ndarray:
        """Draw whether something happens."""
        return self.rng.random(count) < share

    def place(self, chain: Chain, public: np.ndarray) -> None:
        """Say where: a unit with its holder, or somewhere public."""
        units, count = self.registry.units, chain.count
        at = self.rng.integers(0, len(units["id"]), count)
        grounds = public & self.happens(0.3, count)
        building = units["building_id"][at]
        code = np.array([self.registry.building_codes[each] for each in building], object)
        named = [
            form.format(b=b) for form, b in zip(self.pick(VOCABULARY["places"]["public"], count), code, strict=True)
        ]
        outside = self.pick(VOCABULARY["places"]["grounds"], count)
        told = ~public & self.happens(0.6, count)
        chain.set(
            estate_id=units["estate_id"][at],
            building_id=np.where(grounds, None, building.astype(object)),
            unit_id=np.where(public, None, units["id"][at].astype(object)),
            customer_id=np.where(public, None, units["_holder"][at].astype(object)),
            place=np.where(grounds, outside, np.where(public, np.array(named, object), "")),
            contact_name=np.where(told, units["_holder_name"][at], ""),
            contact_phone=np.where(told, units["_holder_phone"][at], None),
        )

    def words(self, chain: Chain, kind: str) -> np.ndarray:
        """Draw what it is about and in which words; returns the category."""
        known: dict[str, Any] = VOCABULARY[kind]
        category = self.share({name: share for name, (share, _said) in known.items()}, chain.count)
        said = np.empty(chain.count, object)
        for name, (_share, sentences) in known.items():
            here = category == name
            said[here] = self.pick(np.array(sentences, object), int(here.sum()))
        opening = self.pick(np.array(VOCABULARY["said"]["openings"], object), chain.count)
        ending = self.pick(np.array(VOCABULARY["said"]["endings"], object), chain.count)
        chain.set(words=opening + said + ending, category=category, topic=category)
        return category

    def warn(self, chain: Chain, grave: np.ndarray) -> None:
        """Put on the superior's list what is open and grave or nearly late, as the clock would have done by now."""
        due = chain.columns["due_at"]
        pressing = np.isnat(chain.columns["handled_at"]) & np.isnat(chain.columns["closed_at"])
        pressing &= grave | (due - WARNED_BEFORE <= self.end)
        now = np.full(chain.count, self.end)
        warned = chain.step("warn", None, now, np.ones(chain.count, int), pressing)
        chain.set(escalated_at=np.where(warned, now, NEVER), version=chain.version)


def ends_of(process: str) -> set[str]:
    """List the end states of a process."""
    return {state.value for state in PROCESSES[process].ends}


def of_inquiries(office: Office, count: int) -> Chain:
    """Live through questions: 88 of 100 answered on the spot, 1 in 200 void."""
    at = office.times(count)
    desk = office.pick(office.registry.desk, count)
    chain = Chain("inquiries", inquiries.State.WAITING.value, at, desk, office.end)
    office.place(chain, office.happens(0.2, count))
    office.words(chain, "inquiries")
    void = office.happens(0.005, count)
    answered_at = at + np.where(office.happens(0.88, count), hours(0), lag(office.rng, count, 3))
    leader = np.full(count, office.registry.leader)
    voided = chain.step("void", inquiries.State.VOID.value, at + hours(0.2), leader, void)
    answered = chain.step("answer", inquiries.State.DONE.value, answered_at, desk, ~void)
    chain.handled(answered, answered_at, desk)
    chain.closed(ends_of("inquiries"))
    chain.set(
        assigned_to=desk, answered_at=np.where(answered, answered_at, NEVER), answer_due_at=at + hours(24),
        due_at=at + hours(24), counts=~voided, visited_at=moments(count), grave=np.zeros(count, bool),
        channel=office.share({"phone": 52, "desk": 28, "wechat": 17, "online": 2, "email": 1}, count),
        answer=np.where(answered, VOCABULARY["said"]["answer"], ""), satisfied=answered & office.happens(0.9, count),
    )  # fmt: skip
    office.warn(chain, chain.columns["grave"])
    return chain


def of_complaints(office: Office, count: int) -> tuple[Chain, Chain]:
    """Live through complaints and the return visits that follow them."""
    state = complaints.State
    at = office.times(count)
    desk = office.pick(office.registry.desk, count)
    chain = Chain("complaints", state.WAITING.value, at, desk, office.end)
    office.place(chain, office.happens(0.15, count))
    office.words(chain, "complaints")
    rng, leader = office.rng, np.full(count, office.registry.leader)
    void, withdrawn = office.happens(0.01, count), office.happens(0.01, count)
    real = ~void & ~withdrawn
    anonymous = office.happens(0.04, count)
    accepted_at = at + lag(rng, count, 1.1)
    handled_at = accepted_at + lag(rng, count, 8, 1.1)
    voided = chain.step("void", state.VOID.value, at + hours(0.3), leader, void)
    taken_back = chain.step("withdraw", state.WITHDRAWN.value, at + hours(0.3), desk, withdrawn & ~void)
    accepted = chain.step("accept", state.WORKING.value, accepted_at, desk, real)
    handled = chain.step("handle", state.TO_VISIT.value, handled_at, desk, accepted)
    unvisited = chain.step("close_unvisited", state.DONE.value, handled_at, desk, handled & anonymous)
    chain.handled(handled, handled_at, desk)
    gravity = office.share({"normal": 83, "important": 14, "grave": 3}, count)
    source = office.share({"phone": 46, "desk": 24, "wechat": 15, "steward": 8, "hotline": 4, "street": 1}, count)
    outside = np.isin(source.astype(str), ["hotline", "street"])
    found = office.share({"justified": 52, "partly": 18, "unjustified": 12, "not_ours": 18}, count)
    chain.set(
        assigned_to=np.where(accepted, desk.astype(object), None), gravity=gravity, source=source,
        outside_number=np.where(outside, "W" + np.arange(count).astype(str).astype(object), ""),
        grave=gravity == "grave", anonymous=anonymous, counts=~(voided | taken_back),
        answered_at=np.where(handled, handled_at, NEVER), answer_due_at=at + hours(24), due_at=at + hours(24),
        about_user_id=np.where(office.happens(0.02, count), office.pick(office.registry.technicians, count), None),
        finding=np.where(handled, found, None),
        solution=np.where(handled, VOCABULARY["said"]["solution"], ""),
        told_by=np.where(handled, office.share({"phone": 70, "in_person": 20, "wechat": 10}, count), None),
        unvisited_reason=np.where(unvisited, "anonymous", None),
    )  # fmt: skip
    for name in ("customer_id", "contact_phone"):
        chain.columns[name] = np.where(anonymous, None, chain.columns[name])
    chain.columns["contact_name"] = np.where(anonymous, "", chain.columns["contact_name"])
    visits = _visited(office, chain, handled & ~anonymous, handled_at)
    office.warn(chain, chain.columns["grave"])
    return chain, visits


def of_repairs(office: Office, count: int) -> tuple[Chain, Chain]:
    """Live through repairs, entered from returned slips, and the return visits that follow a part of them."""
    state, rng = repairs.State, office.rng
    at = office.times(count)
    desk, technician = office.pick(office.registry.desk, count), office.pick(office.registry.technicians, count)
    chain = Chain("repairs", state.WAITING.value, at, desk, office.end)
    public = office.happens(0.35, count)
    office.place(chain, public)
    category = office.words(chain, "repairs")
    leader = np.full(count, office.registry.leader)
    void, withdrawn = office.happens(0.007, count), office.happens(0.008, count)
    dispatched_at = at + lag(rng, count, 0.12)
    arrived_at = dispatched_at + lag(rng, count, 1.5)
    handled_at = arrived_at + lag(rng, count, 3.5, 1.4)
    signed_at = handled_at + np.where(public, hours(3), hours(0))
    voided = chain.step("void", state.VOID.value, at + hours(0.1), leader, void)
    taken_back = chain.step("withdraw", state.WITHDRAWN.value, at + hours(0.1), desk, withdrawn & ~void)
    sent = chain.step("dispatch", state.DISPATCHED.value, dispatched_at, desk, ~void & ~withdrawn)
    arrived = chain.step("arrive", state.WORKING.value, arrived_at, desk, sent)
    handled = chain.step("finish", state.TO_SIGN.value, handled_at, desk, arrived)
    signed = chain.step("sign", state.TO_VISIT.value, signed_at, desk, handled)
    chain.handled(handled, handled_at, technician)
    urgency = office.share({"normal": 78, "urgent": 9, "appointed": 13}, count)
    appointed = urgency == "appointed"
    window = days(at).astype("datetime64[s]") + hours(24 + 2)
    kind = np.where(public, office.share({"free": 85, "outside": 15}, count),
                    office.share({"free": 62, "paid": 22, "warranty": 7, "outside": 9}, count))  # fmt: skip
    paid = (kind == "paid") & sent
    price = rng.integers(3, 20, count) * 1000
    due = np.where(urgency == "urgent", at + hours(4), at + hours(24))
    visit_due = ~public & (paid | (category == "leak") | office.happens(0.3, count))
    unvisited = chain.step("close_unvisited", state.DONE.value, signed_at, desk, signed & ~visit_due)
    chain.set(
        assigned_to=np.where(sent, technician.astype(object), None), urgency=urgency, grave=urgency == "urgent",
        channel=office.share({"phone": 52, "wechat": 21, "desk": 14, "staff": 9, "night": 4}, count), public=public,
        appointed_from=np.where(appointed, window, NEVER), appointed_to=np.where(appointed, window + hours(2), NEVER),
        charge_kind=np.where(sent, kind, None), quoted=np.where(paid, price.astype(object), None), price_agreed=paid,
        dispatched_at=np.where(sent, dispatched_at, NEVER), accepted_at=np.where(arrived, arrived_at, NEVER),
        arrived_at=np.where(arrived, arrived_at, NEVER), answered_at=np.where(sent, dispatched_at, NEVER),
        answer_due_at=at + hours(24), due_at=np.where(appointed, np.maximum(due, window + hours(2)), due),
        work=np.where(handled, VOCABULARY["said"]["work"], ""),
        materials=np.where(handled, VOCABULARY["said"]["materials"], ""),
        charge=np.where(paid & handled, price.astype(object), None), signed_at=np.where(signed, signed_at, NEVER),
        signed_by=np.where(signed, chain.columns["contact_name"], ""), counts=~(voided | taken_back),
        unvisited_reason=np.where(unvisited, "not_due", None),
    )  # fmt: skip
    slip = office.share({"very": 46, "satisfied": 47, "neutral": 5, "dissatisfied": 2}, count)
    chain.set(rating=np.where(handled & office.happens(0.6, count), slip, None))
    visits = _visited(office, chain, signed & visit_due, signed_at)
    office.warn(chain, chain.columns["grave"])
    return chain, visits


def _visited(office: Office, origin: Chain, where: np.ndarray, at: np.ndarray) -> Chain:
    """Make the return visits of `origin` due where and when said, and let them close their origins."""
    state, of = return_visits.State, np.flatnonzero(where)
    count, desk = len(of), office.pick(office.registry.desk, len(of))
    opened_at = np.maximum(at, origin.last_at)[of]
    visits = Chain("return_visits", state.DUE.value, opened_at, origin.opened_by[of], office.end)
    same = ("estate_id", "building_id", "unit_id", "customer_id", "place", "contact_name", "contact_phone", "words",
            "topic")  # fmt: skip
    visits.set(**{name: origin.columns[name][of] for name in same})
    asked_at = opened_at + lag(office.rng, count, 28, 0.7)
    refuses = office.happens(0.06, count)
    reached = visits.step("reached", state.DONE.value, asked_at, desk, ~refuses)
    refused = visits.step("refused", state.GIVEN_UP.value, asked_at, desk, refuses)
    visits.handled(reached, asked_at, desk)
    visits.closed(ends_of("return_visits"))
    words = office.share({"very": 46, "satisfied": 46, "neutral": 5, "dissatisfied": 2, "very_dissatisfied": 1}, count)
    visits.set(
        _origin=of, origin_process=np.full(count, origin.process, object), due_at=opened_at + hours(72),
        manner=office.share({"phone": 80, "on_site": 8, "wechat": 12}, count), counts=np.ones(count, bool),
        solved=np.where(reached, office.share({"yes": 95, "partly": 5}, count), None),
        satisfaction=np.where(reached, words, None), visited_at=moments(count), grave=np.zeros(count, bool),
        about_user_id=origin.columns["about_user_id"][of] if "about_user_id" in origin.columns else empty(count),
    )  # fmt: skip
    office.warn(visits, visits.columns["grave"])
    visits.set(_asked_at=asked_at, _by=desk, _reached=reached, _refused=refused)
    _close_origins(origin, visits)
    return visits


def _close_origins(origin: Chain, visits: Chain) -> None:
    def spread(name: str, filler: Any) -> np.ndarray:
        values = visits.columns[name]
        wide = np.full(origin.count, filler, values.dtype)
        wide[visits.columns["_origin"]] = values
        return wide

    when, who = spread("_asked_at", origin.end), spread("_by", 0)
    seen = origin.step("visited", "done", when, who, spread("_reached", False))
    missed = origin.step("close_unvisited", "done", when, who, spread("_refused", False))
    origin.closed(ends_of(origin.process))
    reason = np.where(missed, "refused", origin.columns["unvisited_reason"])
    origin.set(visited_at=np.where(seen, when, NEVER), unvisited_reason=reason)
    if "rating" in origin.columns:  # the last rating counts
        said = spread("satisfaction", None)
        origin.set(rating=np.where(seen, said, origin.columns["rating"]))


def live_through(office: Office, cases: int) -> list[Chain]:
    """Make `cases` matters in all: complaints, repairs, the visits after them, and inquiries for the rest."""
    complaint, after_complaints = of_complaints(office, max(int(cases * SHARES["complaints"]), 1))
    repair, after_repairs = of_repairs(office, max(int(cases * SHARES["repairs"]), 1))
    rest = cases - sum(each.count for each in (complaint, after_complaints, repair, after_repairs))
    return [complaint, repair, after_complaints, after_repairs, of_inquiries(office, rest)]
