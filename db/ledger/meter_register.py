"""The register of meters 表计: put in, corrected, replaced; which there are (F2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from db.audit import record
from db.checking import cleaned
from db.clock import today
from db.fields import Field
from db.ledger.meters import Standing, figure, judged, standings
from db.ledger.pricing import next_month
from db.ledger.readings import Row, record_readings
from db.ledger.tables import FeeItem, FeeKind, Meter, Reading, ReadingKind
from db.people import Right, in_scope, require
from db.refused import Refused
from db.registering import locked, note_change, saved_by
from db.registry import Building, Unit
from db.search import people_and_units
from db.session import actor_of
from db.words import Words, _

METERED = (FeeKind.WATER, FeeKind.POWER, FeeKind.HEAT, FeeKind.GAS, FeeKind.AIR_CONDITIONING)
"""What meters are put in for."""
PAGE = 50
MOST_DIGITS, MOST_TIMES = 9, 10_000

UNIT = Field("unit_id", _("房屋"), "reference", target="units")
ITEM = Field("fee_item_id", _("收费项目"), "reference", target="fee_items")
NUMBER = Field("number", _("表号"), "text", _("表面上的编号"), required=False, length=40, default="")
DIGITS = Field("digits", _("整数位数"), "number", _("表盘上整数有几位，走满后归零"), default=6)
TIMES = Field("multiplier", _("倍率"), "number", _("没有互感器的填 1"), default=1)
INSTALLED = Field("installed_on", _("装表日期"), "date", required=False)
BASE = Field("base", _("底数"), "area", _("开始计量时表上的示数"), default=Decimal(0))
FIELDS = (UNIT, ITEM, NUMBER, DIGITS, TIMES, BASE, INSTALLED)
"""What is asked of a new meter."""
COUNTING = (DIGITS, TIMES, BASE, INSTALLED)
"""What may only be corrected before the first reading: amounts hang on it."""
FINAL = Field("final", _("旧表止数"), "area", _("拆下时旧表上的示数"))
ON = Field("on", _("换表日期"), "date")
NEW_BASE = Field("base", _("新表底数"), "area", _("装上时新表上的示数"), default=Decimal(0))
NEW_NUMBER = Field("number", _("新表表号"), "text", required=False, length=40, default="")


def add_meter(session: Session, values: Mapping[str, Any], token: str | None = None) -> int:
    """Put a meter in for a unit and a fee item (`FIELDS`); returns its id. Raises `Refused` with problems by field."""
    require(actor_of(session), Right.READ_METERS)
    if (done := saved_by(session, token)) is not None:
        return done
    good, problems = cleaned(FIELDS, values)
    found: dict[str, object] = {**problems}
    unit = _of_mine(session, Unit, good["unit_id"])
    item = _of_mine(session, FeeItem, good["fee_item_id"])
    if unit is None:
        found.setdefault("unit_id", _("没有找到这套房屋，请重新选择。"))
    if item is None or (unit is not None and item.estate_id != unit.estate_id):
        found.setdefault("fee_item_id", _("请选择这个项目的收费项目。"))
    found |= _wrong(good, found)
    if not found and (wrong := _taken(session, good["number"], item.id)):
        found["number"] = wrong
    if found:
        raise Refused(_("请检查标出的 {n} 处。", n=len(found)), found)
    meter = Meter(estate_id=unit.estate_id, **{each.name: good[each.name] for each in FIELDS})
    session.add(meter)
    session.flush()
    record(session, "created", "meters", meter.id, estate_id=meter.estate_id, after=good, token=token)
    return meter.id


def change_meter(
    session: Session, meter_id: int, values: Mapping[str, Any], version: int | None = None, token: str | None = None
) -> None:
    """Correct a meter's number, or before its first reading what its readings are counted with."""
    require(actor_of(session), Right.READ_METERS)
    if saved_by(session, token) is not None:
        return
    meter: Meter = locked(session, Meter, meter_id, version)
    good, problems = cleaned((NUMBER, *COUNTING), {**_values(meter), **values})
    found: dict[str, object] = {**problems}
    found |= _wrong(good, found)
    changed = {name: value for name, value in good.items() if getattr(meter, name) != value}
    if changed.keys() - {"number"} and _is_read(session, meter_id):
        for name in changed.keys() - {"number"}:
            found[name] = _("这块表已经抄过，不能再改。位数、倍率或底数错了的，请办“换表”从今天起改正。")
    if "number" in changed and (wrong := _taken(session, good["number"], meter.fee_item_id)):
        found["number"] = wrong
    if found:
        raise Refused(_("请检查标出的 {n} 处。", n=len(found)), found)
    if changed:
        before = {name: getattr(meter, name) for name in changed}
        for name, value in changed.items():
            setattr(meter, name, value)
        note_change(session, meter, before, changed)


def replace_meter(
    session: Session, meter_id: int, final: Any, on: date | None, *, number: str = "", base: Any = Decimal(0),
    rolled_over: bool = False, digits: Any = None, multiplier: Any = None, token: str | None = None,
) -> int:  # fmt: skip
    """Take a meter out at `final` and put another in at `base`: the month's use is the old part and the new together.

    Figures may come as typed. `digits` and `multiplier` are the old meter's where nothing else is said.

    The old part goes into the month of `on`, or into the next one that is neither read nor billed. Returns the new
    meter's id.
    """
    require(actor_of(session), Right.READ_METERS)
    if (done := saved_by(session, token)) is not None:
        return done
    old: Meter = locked(session, Meter, meter_id)
    if old.removed_on is not None:
        raise Refused(_("这块表已在 {day} 拆下，请刷新后再看。", day=old.removed_on))
    typed = {
        "final": final, "on": on, "number": number, "base": base,
        "digits": old.digits if digits is None else digits,
        "multiplier": old.multiplier if multiplier is None else multiplier,
    }  # fmt: skip
    good, problems = cleaned((FINAL, ON, NEW_NUMBER, DIGITS, TIMES, NEW_BASE), typed)
    found: dict[str, object] = {**problems}
    found |= _wrong(good, found)
    if "on" not in found and (good["on"] > today() or good["on"] < (old.installed_on or good["on"])):
        found["on"] = _("换表日期应在装表之后、今天或以前。")
    if "number" not in found and (wrong := _taken(session, good["number"], old.fee_item_id)):
        found["number"] = wrong
    if {"on", "final"}.isdisjoint(found):
        month, problem = _last_part(session, old, good, rolled_over=rolled_over)
        found |= {"final": problem} if problem else {}
    if found:
        raise Refused(_("请检查标出的 {n} 处。", n=len(found)), found)
    last = Row(
        old.id, good.pop("final"), rolled_over, confirmed=True, kind=ReadingKind.FINAL, read_on=good["on"],
        note=str(_("换表")),
    )  # fmt: skip
    record_readings(session, month, [last])
    return _put_in_place(session, old, good, token)


def _put_in_place(session: Session, old: Meter, good: dict[str, Any], token: str | None) -> int:
    """Put the new meter where the old one was."""
    on = good.pop("on")
    new = Meter(
        estate_id=old.estate_id, unit_id=old.unit_id, fee_item_id=old.fee_item_id, installed_on=on, **good
    )  # fmt: skip
    session.add(new)
    session.flush()
    old.removed_on, old.replaced_by = on, new.id
    note_change(session, old, {"removed_on": None}, {"removed_on": on, "replaced_by": new.id}, act="ended")
    said = {**good, "installed_on": on, "replaces": old.id}
    record(session, "created", "meters", new.id, estate_id=new.estate_id, after=said, token=token)
    return new.id


def _last_part(
    session: Session, old: Meter, good: Mapping[str, Any], *, rolled_over: bool
) -> tuple[date, Words | None]:  # fmt: skip
    """Say into which month the old meter's last part goes, and what is wrong with its last value."""
    month, standing = _open_month(session, old, good["on"])
    problem = judged(standing, good["final"], rolled_over=rolled_over).problem
    if problem is None and good["final"] < standing.previous and not rolled_over:
        problem = _(
            "止数小于已按估抄计费的 {value}。请先更正那次估抄（账单已出的先作废），再换表。",
            value=figure(standing.previous),
        )
    return month, problem


def _open_month(session: Session, meter: Meter, on: date) -> tuple[date, Standing]:
    """Find the month into which the old meter's last part goes: that of the day, or the next still open."""
    month = on.replace(day=1)
    last = next_month(today())
    while month <= last:
        standing = standings(session, [meter.id], month)[0]
        if standing.current is None and not standing.billed and standing.later is None:
            return month, standing
        month = next_month(month)
    raise Refused(_("这块表到 {month} 都已抄表或出账，请先作废最近一期的账单，再换表。", month=f"{last:%Y-%m}"))


def _of_mine(session: Session, model: type[Any], key: int | None) -> Any:
    """Fetch a record of the actor's estates, if it is one."""
    return None if key is None else session.scalar(
        in_scope(select(model).where(model.id == key), actor_of(session), model)
    )  # fmt: skip


def _values(meter: Meter) -> dict[str, Any]:
    return {each.name: getattr(meter, each.name) for each in (NUMBER, *COUNTING)}


def _wrong(good: Mapping[str, Any], found: Mapping[str, object]) -> dict[str, object]:
    """Say what does not go together in a meter's figures."""
    wrong: dict[str, object] = {}
    if "digits" not in found and not 1 <= good["digits"] <= MOST_DIGITS:
        wrong["digits"] = _("请填写 {least} 到 {most} 之间的整数。", least=1, most=MOST_DIGITS)
    if "multiplier" not in found and not 1 <= good["multiplier"] <= MOST_TIMES:
        wrong["multiplier"] = _("请填写 {least} 到 {most} 之间的整数。", least=1, most=MOST_TIMES)
    if not {"base", "digits"} & {*found, *wrong} and good["base"] >= 10 ** good["digits"]:
        wrong["base"] = _("底数超出了 {digits} 位表盘，请核对。", digits=good["digits"])
    if good.get("installed_on") is not None and "installed_on" not in found and good["installed_on"] > today():
        wrong["installed_on"] = _("装表日期不能晚于今天。")
    return wrong


def _taken(session: Session, number: str, fee_item_id: int) -> Words | None:
    """Say where a meter of the same number stands."""
    if not number:
        return None
    place = session.scalar(
        select(Unit.short)
        .join(Meter, Meter.unit_id == Unit.id)
        .where(Meter.number == number, Meter.fee_item_id == fee_item_id, Meter.removed_on.is_(None))
    )
    return None if place is None else _("表号 {number} 已登记在 {unit}，请核对。", number=number, unit=place)


def _is_read(session: Session, meter_id: int) -> bool:
    return session.scalar(select(Reading.id).where(Reading.meter_id == meter_id).limit(1)) is not None


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Listed:
    """A meter as the register shows it."""

    id: int
    unit: str
    building: str
    item: str
    number: str
    digits: int
    multiplier: int
    base: Decimal
    installed_on: date | None
    removed_on: date | None
    version: int


@dataclass(frozen=True)
class Sought:
    """What the register is asked for."""

    estate_ids: Collection[int]
    fee_item_id: int | None = None
    building_id: int | None = None
    typed: str = ""
    """Of a room or a meter's number."""
    removed: bool = False
    """Whether those taken out are shown as well."""


def meters(session: Session, sought: Sought, after: int | None = None) -> tuple[list[Listed], int]:
    """List a page of meters in the order of the rooms, after the one shown last, and count all that are found."""
    place = (Building.position, Building.id, func.coalesce(Unit.floor, 0), Unit.id, Meter.id)
    found = _sought(session, sought, select(Meter.id))
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    statement = _sought(session, sought, _columns())
    if after is not None:
        here = _joined(select(*place)).where(Meter.id == after).subquery()
        statement = statement.where(tuple_(*place) > select(*here.c).scalar_subquery())
    rows = session.execute(statement.order_by(*place).limit(PAGE))
    return [Listed(*tuple(row)) for row in rows], total


def meter(session: Session, meter_id: int) -> Listed:
    """Describe a meter of the actor's estates; raises `Refused` when there is none."""
    statement = _joined(_columns()).where(Meter.id == meter_id)
    row = session.execute(in_scope(statement, actor_of(session), Meter)).one_or_none()
    if row is None:
        raise Refused(_("没有找到这块表，可能不在您负责的项目内。"))
    return Listed(*tuple(row))


def metered_items(session: Session, estate_ids: Collection[int]) -> dict[int, str]:
    """Offer the fee items that are counted by meters, or have some already: id → name."""
    has_meters = select(Meter.fee_item_id).where(Meter.estate_id.in_(estate_ids))
    statement = (
        select(FeeItem.id, FeeItem.name)
        .where(
            FeeItem.estate_id.in_(estate_ids),
            FeeItem.active,
            or_(FeeItem.kind.in_(METERED), FeeItem.id.in_(has_meters)),
        )
        .order_by(FeeItem.estate_id, FeeItem.position, FeeItem.id)
    )
    rows = session.execute(in_scope(statement, actor_of(session), FeeItem))
    return {key: name for key, name in rows}  # noqa: C416 - rows are not pairs to mypy


def _columns() -> Select[*tuple[Any, ...]]:
    return select(
        Meter.id, Unit.short, Building.name, FeeItem.name, Meter.number, Meter.digits, Meter.multiplier, Meter.base,
        Meter.installed_on, Meter.removed_on, Meter.version,
    )  # fmt: skip


def _joined(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Meter)
        .join(Unit, Unit.id == Meter.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .join(FeeItem, FeeItem.id == Meter.fee_item_id)
    )


def _sought(session: Session, sought: Sought, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    statement = _joined(statement).where(Meter.estate_id.in_(sorted(sought.estate_ids)))
    if sought.fee_item_id is not None:
        statement = statement.where(Meter.fee_item_id == sought.fee_item_id)
    if sought.building_id is not None:
        statement = statement.where(Unit.building_id == sought.building_id)
    if not sought.removed:
        statement = statement.where(Meter.removed_on.is_(None))
    if typed := sought.typed.strip():
        units = people_and_units(session, typed)[0]
        statement = statement.where(or_(Unit.id.in_(units), Meter.number.contains(typed, autoescape=True)))
    return in_scope(statement, actor_of(session), Meter)
