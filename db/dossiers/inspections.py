"""Looking at a unit with the customer 验收: taken over item by item, given back against how it was taken (I4, I9, O2).

Every point gets a result; each defect becomes a repair, linked both ways, once, when the customer has signed
(HB:320-321).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import LINE_LENGTH, NAME_LENGTH
from db.cases import Case, Event, case_by_id
from db.checking import clean_text
from db.checklists import Template
from db.clock import day_of, local, now, today
from db.dossiers.inspection_defects import WARRANTY_MONTHS, Worse, deterioration, repair_of, words_of
from db.dossiers.inspection_tables import (
    TEMPLATES,
    Inspection,
    InspectionKind,
    InspectionPoint,
    PointResult,
    entry_inspection,
    inspection_of,
    lay_out,
    points_of,
)
from db.ledger.calculations import in_chinese
from db.people import User
from db.process import perform
from db.refused import Conflict, Refused
from db.session import actor_of
from db.words import Words, _

INSPECT = "inspect"
"""The action that a process with an inspection declares: it stays in its state and asks nothing."""
_NAMED = 4
"""So many points a refusal names."""


Result = PointResult | str | None
"""As a form gives it; None while nobody has looked."""


# ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(
    session: Session,
    case_id: int,
    kind: InspectionKind,
    *,
    at: datetime | None = None,
    template: Template | None = None,
    token: str | None = None,
) -> Inspection:
    """Begin a matter's inspection: its points are laid out; begun already, it is returned. One step of the matter."""
    case = _held(session, case_id)
    if (known := inspection_of(session, case_id, kind)) is not None:
        return known
    if case.unit_id is None:
        raise Refused(_("这张单没有登记房屋，不能验收。请先补上房屋。"), {"unit_id": _("请选择房屋。")})
    perform(session, case_id, INSPECT, {}, at=at, note=in_chinese(_("开始{kind}", kind=kind.label.text)), token=token)
    inspection = Inspection(
        case_id=case_id, kind=kind, estate_id=case.estate_id, unit_id=case.unit_id, customer_id=case.customer_id,
        at=at or now(), by=actor_of(session).user_id,
    )  # fmt: skip
    session.add(inspection)
    session.flush()
    lay_out(session, inspection, template)
    return inspection


def note(
    session: Session,
    inspection_id: int,
    results: Mapping[int, tuple[Result, str]],
    *,
    version: int | None = None,
    at: datetime | None = None,
    token: str | None = None,
) -> Inspection:
    """Write down what was found: point id → (result, words). One step of the matter; nothing new is no step.

    `version` is the inspection's, as it was drawn. Raises `Refused` with problems by point id (as text): a defect says
    what is wrong.
    """
    inspection = _open_one(session, inspection_id, version, token)
    if inspection is None:
        return session.get_one(Inspection, inspection_id)
    points = {each.id: each for each in points_of(session, inspection_id)}
    if set(results) - set(points):
        raise Refused(_("验收项目已变，请刷新后再填。"))
    found = {key: _found(*said) for key, said in results.items()}
    problems = {
        str(key): _("{place} {label}：请写明缺陷，例如 门框划痕。", place=points[key].place, label=points[key].label)
        for key, (result, words) in found.items()
        if result is PointResult.DEFECT and not words
    }
    if problems:
        raise Refused(_("有 {n} 处缺陷没有写明，都没有保存。", n=len(problems)), problems)
    fresh = {key: said for key, said in found.items() if (points[key].result, points[key].note) != said}
    if not fresh:
        return inspection
    told = _told({points[key]: said for key, said in fresh.items()})
    perform(session, inspection.case_id, INSPECT, {}, at=at, note=told, token=token)
    for key, (result, words) in fresh.items():  # only now: a step that is refused leaves nothing behind
        points[key].result, points[key].note = result, words
    inspection.version += 1
    session.flush()
    return inspection


def add_point(
    session: Session, inspection_id: int, place: str, label: str, *, version: int | None = None,
    token: str | None = None,
) -> Inspection:  # fmt: skip
    """Look at one thing more than the list has: a second bedroom, a customer's own wish."""
    place, label = _line(place), _line(label)
    if not place or not label:
        wrong = _("请填写部位和项目。")
        raise Refused(wrong, {name: wrong for name, text in (("place", place), ("label", label)) if not text})
    inspection = _open_one(session, inspection_id, version, token)
    if inspection is None:
        return session.get_one(Inspection, inspection_id)
    points = points_of(session, inspection_id)
    if any((each.place, each.label) == (place, label) for each in points):
        raise Refused(_("“{place} {label}”已在验收单上。", place=place, label=label), {"label": _("已在验收单上。")})
    told = in_chinese(_("增加项目：{place} {label}", place=place, label=label))
    perform(session, inspection.case_id, INSPECT, {}, note=told, token=token)
    last = max((each.position for each in points), default=0)
    session.add(InspectionPoint(inspection_id=inspection.id, position=last + 1, place=place, label=label))
    inspection.version += 1
    session.flush()
    return inspection


def sign(
    session: Session,
    inspection_id: int,
    signed_by: str,
    signed_on: date | None,
    *,
    at: datetime | None = None,
    version: int | None = None,
    token: str | None = None,
) -> Inspection:
    """Close an inspection with the customer's signature; each defect becomes a repair, once.

    Refused while a point has no result, for a day that has not come or lies before the inspection. A second press of
    the same `token` changes nothing; signed already is refused.
    """
    inspection = _open_one(session, inspection_id, version, token)
    if inspection is None:
        return session.get_one(Inspection, inspection_id)
    name, points = " ".join(clean_text(signed_by).split()), points_of(session, inspection_id)
    _refuse_unsigned(inspection, points, name, signed_on)
    defects = [each for each in points if each.result is PointResult.DEFECT]
    well, what = sum(each.result is PointResult.OK for each in points), inspection.kind.label.text
    said = {"kind": what, "name": name, "day": signed_on, "ok": well, "n": len(defects)}
    told = in_chinese(_("{kind}已签字：{name}，{day}；合格 {ok} 项，有缺陷 {n} 项", **said))
    with session.begin_nested():
        case = perform(session, inspection.case_id, INSPECT, {}, at=at, note=told, token=token)
        inspection.signed_by, inspection.signed_on = name, signed_on
        inspection.version += 1
        session.flush()
        for point in defects:
            repair_of(session, case, inspection, point, at)
        session.flush()
    return inspection


def _refuse_unsigned(
    inspection: Inspection, points: Collection[InspectionPoint], name: str, signed_on: date | None
) -> None:
    problems: dict[str, object] = {}
    if not name:
        problems["signed_by"] = _("请填写签字人。")
    elif len(name) > NAME_LENGTH:
        problems["signed_by"] = _("最多 {most} 个字，现在是 {now} 个字，请删减。", most=NAME_LENGTH, now=len(name))
    if signed_on is None:
        problems["signed_on"] = _("请填写签字日期。")
    elif signed_on > today():
        problems["signed_on"] = _("签字日期不能晚于今天。")
    elif signed_on < day_of(inspection.at):
        problems["signed_on"] = _("签字日期不能早于验收日期 {day}。", day=day_of(inspection.at))
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    if open_points := [each for each in points if each.result is None]:
        raise Refused(_unfinished(open_points))


def _unfinished(points: Collection[InspectionPoint]) -> Words:
    named = str(_("、")).join(f"{each.place} {each.label}" for each in list(points)[:_NAMED])
    if len(points) > _NAMED:
        return _("验收单还有 {n} 项没有结果：{points} 等，请逐项验完再签字。", n=len(points), points=named)
    return _("验收单还有 {n} 项没有结果：{points}，请逐项验完再签字。", n=len(points), points=named)


def _held(session: Session, case_id: int) -> Case:
    """Find a matter that the actor may see, locked until the transaction ends."""
    case = case_by_id(session, case_id)
    session.refresh(case, with_for_update=True)
    return case


def _open_one(session: Session, inspection_id: int, version: int | None, token: str | None) -> Inspection | None:
    """Find an inspection to write into, its matter locked; None when this very press was written before."""
    inspection = session.get(Inspection, inspection_id)
    if inspection is None:
        raise Refused(_("没有找到这张验收单，请刷新后再看。"))
    _held(session, inspection.case_id)
    session.refresh(inspection)
    if token and session.scalar(select(Event.id).where(Event.token == token, Event.case_id == inspection.case_id)):
        return None
    if inspection.signed_on is not None:
        raise Refused(_("验收单已由{name}在 {day} 签字，不能再改；新发现的问题请另行报修。",
                        name=inspection.signed_by, day=inspection.signed_on))  # fmt: skip
    if version is not None and version != inspection.version:
        raise Conflict(_changed(session, inspection))
    return inspection


def _changed(session: Session, inspection: Inspection) -> Words:
    last = session.execute(
        select(User.name, Event.recorded_at)
        .join(User, User.id == Event.actor_id)
        .where(Event.case_id == inspection.case_id, Event.action == INSPECT)
        .order_by(Event.id.desc())
        .limit(1)
    ).one()
    who, when = last
    return _("这张验收单刚被{who}在 {when} 改过。您填的内容还在，请看过最新结果后再保存。",
             who=who, when=f"{local(when):%H:%M}")  # fmt: skip


def _found(result: Result, words: str) -> tuple[PointResult | None, str]:
    return (PointResult(result) if result else None, _line(words))


def _line(words: str) -> str:
    return " ".join(clean_text(words or "").split())[:LINE_LENGTH]


def _told(found: Mapping[InspectionPoint, tuple[PointResult | None, str]]) -> str:
    """Say in a line what was found: what is well by number, defects by name."""
    counted = Counter(result for result, _words in found.values())
    places = {point.place for point in found}
    parts = [next(iter(places))] if len(places) == 1 else []
    if counted[PointResult.OK]:
        parts.append(in_chinese(_("合格 {n} 项", n=counted[PointResult.OK])))
    parts += [
        words_of(point.place, point.label, words)
        for point, (result, words) in found.items()
        if result is PointResult.DEFECT
    ]
    if counted[PointResult.ABSENT]:
        parts.append(in_chinese(_("无此项 {n} 项", n=counted[PointResult.ABSENT])))
    if counted[None]:
        parts.append(in_chinese(_("撤回结果 {n} 项", n=counted[None])))
    return in_chinese(_("；")).join(parts)


def inspection_signed(session: Session, case: Case) -> Words | None:
    """Gate: the unit was inspected item by item and the customer has signed (HB:320-321)."""
    inspection = inspection_of(session, case.id)
    if inspection is None:
        return _("还没有验房，请和客户逐项验收并签字。")
    if inspection.signed_on is not None:
        return None
    open_points = [each for each in points_of(session, inspection.id) if each.result is None]
    return _unfinished(open_points) if open_points else _("验收单还没有客户签字。")


__all__ = [
    "INSPECT",
    "TEMPLATES",
    "WARRANTY_MONTHS",
    "Inspection",
    "InspectionKind",
    "InspectionPoint",
    "PointResult",
    "Worse",
    "add_point",
    "begin",
    "deterioration",
    "entry_inspection",
    "inspection_of",
    "inspection_signed",
    "note",
    "points_of",
    "sign",
]  # fmt: skip
