"""What who leaves owes ends on his last day, counted by hand for every day; the rest is billed once, to who follows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from sqlalchemy import select

from db.clock import moment_of, pretending
from db.ledger import books, corrections, payments, settlement
from db.ledger.ahead import bill_ahead
from db.ledger.billing import publish, reissue
from db.ledger.billing_preview import Reason, preview
from db.ledger.final_bills import Final, final_bills
from db.ledger.money_tables import MonthClosing
from db.ledger.pricing import PartMonth, next_month
from db.ledger.tables import Basis, Bill, FeeKind, Reading
from db.people import SYSTEM, SYSTEM_ID
from db.refused import Refused
from db.registry import Occupancy, ParkingSpace, ParkingTenure, Relation, UnitState
from db.session import reading, writing
from tests.builders import a_customer, a_unit, an_occupancy
from tests.money import Till, a_fee_item, a_lease, a_meter, a_space, a_tariff, cash

FEB, NOV, DEC = date(2026, 2, 1), date(2026, 11, 1), date(2026, 12, 1)
D = Decimal
FEN = D("0.01")


def at(day, hour=12):
    return pretending(moment_of(day) + timedelta(hours=hour))


def last_of(month):
    return next_month(month) - timedelta(days=1)


def leave(unit, tenancy, customer, day, actor, **told) -> Final:
    with writing(SYSTEM) as s:
        s.get_one(Occupancy, tenancy.id).ends_on = day
    with writing(actor) as s:
        return final_bills(s, unit.id, customer.id, day, **told)


def standing(unit, *items) -> list[tuple]:
    """List (customer, first day, last day, amount, source) of the bills that stand."""
    with reading(SYSTEM) as s:
        found = s.scalars(
            select(Bill).where(Bill.unit_id == unit.id, Bill.voided_at.is_(None),
                               *([Bill.fee_item_id.in_([each.id for each in items])] if items else []))
            .order_by(Bill.month, Bill.period_from, Bill.id)
        )  # fmt: skip
        return [(each.customer_id, each.period_from, each.period_to, each.amount, each.source) for each in found]


def clean(s) -> bool:
    return all(not each.findings for each in books.run(s, books.Scope()))


class House(Till):
    """A till whose management fee is the tenants'; each flat has an owner and, until he leaves, a tenant."""

    def __init__(self, s) -> None:
        super().__init__(s)
        self.owner = a_customer(s, self.estate, "房东")
        self.tenant = a_customer(s, self.estate, "租客")
        an_occupancy(s, self.unit, self.owner)
        self.tenancy = an_occupancy(s, self.unit, self.tenant, Relation.TENANT, starts_on=date(2025, 1, 1))
        self.unit.area, self.unit.state = D("96.56"), UnitState.LET
        a_tariff(s, self.item, "2.80", payer=Relation.TENANT, late_clause="第八条")


@pytest.fixture
def house(engine):
    with writing(SYSTEM) as s:
        return House(s)


def run(house, month=NOV, *items):
    with writing(house.finance) as s:
        return publish(s, house.estate.id, month, [each.id for each in items or (house.item,)])


# ── every day of a month, by hand ────────────────────────────────────────────────────────────────────────────────────


def share(rule, days, length) -> Decimal:
    """Say by hand which part of a month some days are."""
    if days >= length or rule is PartMonth.WHOLE:
        return D(1)
    if rule is PartMonth.THIRTIETHS:
        return min(D(1), D(days) / D(30))
    if rule is PartMonth.HALVES:
        return D("0.5") if 2 * days <= length else D(1)
    return D(days) / D(length)


def by_hand(month, day, rule, prices):
    """Count (his, the rest) in yuan for 96.56 m²; `prices` are (price, first day, last day)."""
    length = last_of(month).day
    mine = share(rule, day, length)
    rest = min(share(rule, length - day, length), 1 - mine) if day < length else D(0)

    def amount(part, first, last):
        if not part:
            return D(0)
        total = D(0)
        for price, begins, ends in prices:
            days = max(0, min(last, ends) - max(first, begins) + 1)
            total += D("96.56") * D(price) * part * days / (last - first + 1)
        return (total + D("1e-12")).quantize(FEN, ROUND_HALF_UP)

    return amount(mine, 1, day), amount(rest, day + 1, length) if day < length else D(0)


@pytest.mark.requirement("O2")
@pytest.mark.parametrize(
    ("month", "before"),
    [pytest.param(FEB, True, id="Feb-run_before"), pytest.param(NOV, False, id="Nov-run_after"),
     pytest.param(DEC, True, id="Dec-run_before"),
     *(pytest.param(month, not before, id=f"{month:%b}-long", marks=pytest.mark.long)
       for month, before in ((FEB, True), (NOV, False), (DEC, True)))],
)  # fmt: skip
def test_on_each_day_of_a_month_his_part_and_the_rest_are_what_one_counts_by_hand(engine, month, before):
    with writing(SYSTEM) as s:
        house = House(s)
        items = {rule: a_fee_item(s, house.payee, FeeKind.OTHER, rule.value) for rule in PartMonth}
        for rule, item in items.items():
            told = {"payer": Relation.TENANT, "part_month": rule}
            a_tariff(s, item, "2.80", **told)
        changing = a_fee_item(s, house.payee, FeeKind.OTHER, "年中调价")
        told = {"payer": Relation.TENANT}
        a_tariff(s, changing, "2.80", valid_to=month.replace(day=9), **told)
        a_tariff(s, changing, "3.1415", valid_from=month.replace(day=10), **told)
        flats = []
        for day in range(1, last_of(month).day + 1):
            flat = a_unit(s, house.building, room=f"9{day:02}", area=D("96.56"), state=UnitState.LET)
            an_occupancy(s, flat, house.owner)
            flats.append((day, flat, an_occupancy(s, flat, house.tenant, Relation.TENANT)))
    every = (*items.values(), changing)
    with at(last_of(month)):
        if before:
            run(house, month, *every)
        for day, flat, tenancy in flats:
            leave(flat, tenancy, house.tenant, month.replace(day=day), house.finance)
        run(house, month, *every)
    wanted = {**{item.id: (rule, [("2.80", 1, 31)]) for rule, item in items.items()},
              changing.id: (PartMonth.BY_DAYS, [("2.80", 1, 9), ("3.1415", 10, 31)])}  # fmt: skip
    told = {}
    with reading(SYSTEM) as s:
        for bill in s.scalars(select(Bill).where(Bill.voided_at.is_(None), Bill.unit_id != house.unit.id)):
            key = (bill.unit_id, bill.fee_item_id, bill.customer_id == house.tenant.id)
            assert key not in told
            told[key] = bill.amount
        assert clean(s)
    for day, flat, _tenancy in flats:
        for item_id, (rule, prices) in wanted.items():
            mine, rest = by_hand(month, day, rule, prices)
            found = told.get((flat.id, item_id, True), D(0)), told.get((flat.id, item_id, False), D(0))
            assert found == (mine, rest), (day, rule)


# ── what becomes of the money ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("O2")
def test_a_month_paid_whole_pays_the_part_as_timely_as_it_was_and_the_rest_is_his(house):
    with at(NOV):
        run(house)
    with at(date(2026, 11, 13)), writing(house.cashier) as s:  # three days late: no late fee is forgotten …
        bill = s.scalars(select(Bill).where(Bill.unit_id == house.unit.id)).one()
        payments.pay(s, house.unit.id, house.payee.id, [cash("270.37")], bill_ids=[bill.id], late_fee=False)
    with at(date(2026, 11, 28)):
        done = leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance, token="t")
        assert leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance, token="t") == done
        assert leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance) == Final()
    assert standing(house.unit) == [
        (house.tenant.id, NOV, date(2026, 11, 14), D("126.17"), "until:2026-11-14"),
        (house.owner.id, date(2026, 11, 15), date(2026, 11, 30), D("144.20"), ""),
    ]  # fmt: skip
    assert done.freed == {house.payee.id: D("144.20")}
    with reading(SYSTEM) as s:
        mine, owners = (s.get_one(Bill, each) for each in done.made)
        assert (mine.paid, mine.due_on, mine.late_base, mine.replaces_id, mine.calculation) == (
            D("126.17"), date(2026, 11, 10), 12617 * 3, done.voided[0], "96.56 m² × 2.80 元 × 14/30 月 = 126.17 元"
        )  # fmt: skip
        # … and nothing of his pays for the owner.
        assert (owners.paid, owners.due_on) == (D(0), date(2026, 12, 10))
        assert clean(s)


@pytest.mark.requirement("O2")
def test_months_paid_ahead_come_back_and_what_he_still_owes_is_taken_from_them(house):
    with at(date(2026, 11, 2)), writing(house.cashier) as s:
        bill_ahead(s, house.unit.id, [house.item.id], date(2027, 1, 31))
        ahead = s.scalars(select(Bill.id).where(Bill.month > NOV)).all()
        payments.pay(s, house.unit.id, house.payee.id, [cash("540.74")], bill_ids=ahead)
    with at(date(2026, 11, 14)):
        done = leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance)
    assert len(done.voided) == 3
    assert done.freed == {house.payee.id: D("414.57")}  # 540.74 − 126.17 of November
    # November is not run yet, and later months never were: the run will ask who holds it then.
    assert standing(house.unit) == [(house.tenant.id, NOV, date(2026, 11, 14), D("126.17"), "until:2026-11-14")]
    with at(date(2026, 12, 1)):
        run(house, NOV)
        run(house, DEC)
    assert standing(house.unit)[1:] == [
        (house.owner.id, date(2026, 11, 15), date(2026, 11, 30), D("144.20"), ""),
        (house.owner.id, DEC, date(2026, 12, 31), D("270.37"), ""),
    ]  # fmt: skip
    with reading(SYSTEM) as s:
        assert clean(s)


@pytest.mark.requirement("O2")
def test_a_refund_under_way_pays_nobodys_bills(house):
    with at(date(2026, 11, 2)), writing(house.cashier) as s:
        payments.pay(s, house.unit.id, house.payee.id, [cash("300.00")], bill_ids=[])
        corrections.ask_refund(s, house.unit.id, house.payee.id, D("250.00"), "迁出")
    with at(date(2026, 11, 3)):
        run(house)
    with reading(SYSTEM) as s:
        assert s.scalars(select(Bill.paid)).all() == [D("50.00")]


# ── who begins, who leaves, one after the other ──────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("O2")
def test_who_leaves_on_the_14th_and_who_begins_on_the_15th_pay_their_days_without_anybodys_doing(house):
    with writing(SYSTEM) as s:
        s.get_one(Occupancy, house.tenancy.id).ends_on = date(2026, 11, 14)
        newcomer = a_customer(s, house.estate, "新租客")
        an_occupancy(s, house.unit, newcomer, Relation.TENANT, starts_on=date(2026, 11, 15))
    with at(NOV):
        with reading(house.finance) as s:
            shown = preview(s, house.estate.id, NOV, [house.item.id])
        assert run(house).bills == shown.bills == 2
        assert run(house).bills == 0
    assert standing(house.unit) == [
        (house.tenant.id, NOV, date(2026, 11, 14), D("126.17"), "until:2026-11-14"),
        (newcomer.id, date(2026, 11, 15), date(2026, 11, 30), D("144.20"), ""),
    ]  # fmt: skip
    with at(date(2026, 11, 20)):
        assert leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance) == Final()
    with at(DEC), reading(house.finance) as s:
        assert preview(s, house.estate.id, DEC, [house.item.id]).changes() == [(Reason.PART_MONTH, 1)]


@pytest.mark.requirement("O2")
def test_a_month_may_see_two_leave_and_stand_empty_in_between(house):
    """Two leases at their own price; between them, and after, the flat is vacant at half the fee."""
    with writing(SYSTEM) as s:
        second = a_customer(s, house.estate, "短租客")
        tenancies = {house.tenant: house.tenancy, second: an_occupancy(
            s, house.unit, second, Relation.TENANT, starts_on=date(2026, 11, 11))}  # fmt: skip
        s.delete(s.scalars(select(Occupancy).where(Occupancy.customer_id == house.owner.id)).one())
        tariff = a_fee_item(s, house.payee, FeeKind.OTHER)
        a_tariff(s, tariff, "300", basis=Basis.FIXED, payer=Relation.TENANT, vacant_percent=50)
    with at(date(2026, 11, 25)):
        for customer, day in ((house.tenant, 5), (second, 20)):
            leave(house.unit, tenancies[customer], customer, date(2026, 11, day), house.finance)
        run(house, NOV, tariff)
    assert standing(house.unit, tariff) == [
        (house.tenant.id, NOV, date(2026, 11, 5), D("50.00"), "until:2026-11-05"),
        (None, date(2026, 11, 6), date(2026, 11, 10), D("25.00"), "until:2026-11-10"),
        (second.id, date(2026, 11, 11), date(2026, 11, 20), D("100.00"), "until:2026-11-20"),
        (None, date(2026, 11, 21), date(2026, 11, 30), D("50.00"), ""),
    ]  # fmt: skip


@pytest.mark.requirement("O2")
def test_two_leases_charge_their_own_part_months_and_one_tariff_never_more_than_a_month(house):
    with writing(SYSTEM) as s:
        rent = a_fee_item(s, house.payee, FeeKind.RENT)
        newcomer = a_customer(s, house.estate, "新租客")
        an_occupancy(s, house.unit, newcomer, Relation.TENANT, starts_on=date(2026, 12, 11))
        told = {"basis": Basis.RENT, "payer": Relation.TENANT, "part_month": PartMonth.THIRTIETHS}
        first = a_lease(s, house.tenant, house.unit, ends_on=date(2026, 12, 10))
        second = a_lease(s, newcomer, house.unit, starts_on=date(2026, 12, 11), ends_on=date(2027, 12, 10))
        for lease, price in ((first, "30"), (second, "40")):
            a_tariff(s, rent, price, contract_id=lease.id, **told)
        fee = a_fee_item(s, house.payee, FeeKind.OTHER)
        a_tariff(s, fee, "60", basis=Basis.FIXED, payer=Relation.TENANT, part_month=PartMonth.THIRTIETHS)
    with at(date(2026, 12, 10)):
        leave(house.unit, house.tenancy, house.tenant, date(2026, 12, 10), house.finance)
        run(house, DEC, rent, fee)
    assert [(each[0], each[3]) for each in standing(house.unit, rent)] == [
        (house.tenant.id, D("965.60")), (newcomer.id, D("2703.68")),  # 10/30 × 30, 21/30 × 40
    ]  # fmt: skip
    assert [(each[0], each[3]) for each in standing(house.unit, fee)] == [
        (house.tenant.id, D("20.00")), (newcomer.id, D("40.00")),  # 10/30, and not 21 but 20/30
    ]  # fmt: skip


@pytest.mark.requirement("O2")
def test_a_final_bill_taken_back_is_made_again_for_the_same_days(house):
    with at(date(2026, 11, 14)):
        run(house)
        done = leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance)
        before = standing(house.unit)
        with writing(house.finance) as s:
            again = reissue(s, done.made[0], "试")
            assert (again.source, again.replaces_id) == ("until:2026-11-14", done.made[0])
    assert standing(house.unit) == before


# ── parking and meters ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("O2")
def test_his_parking_ends_on_the_day_and_the_space_is_billed_to_the_next_from_his_first(house):
    with writing(SYSTEM) as s:
        parking = a_fee_item(s, house.payee, FeeKind.PARKING)
        a_tariff(s, parking, "300", basis=Basis.FIXED)
        space = a_space(s, house.estate, ParkingTenure.LET, house.tenant)
    with at(NOV):
        run(house, NOV, parking)
    with at(date(2026, 11, 14)):
        leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance)
    with writing(SYSTEM) as s:
        newcomer = a_customer(s, house.estate, "新租客")
        an_occupancy(s, house.unit, newcomer, Relation.TENANT, starts_on=date(2026, 11, 21))
        s.get_one(ParkingSpace, space.id).customer_id = newcomer.id
    with at(date(2026, 11, 22)):
        run(house, NOV, parking)
        run(house, NOV, parking)
    source = f"parking:{space.id}"
    assert standing(house.unit, parking) == [
        (house.tenant.id, NOV, date(2026, 11, 14), D("140.00"), f"{source}/until:2026-11-14"),
        (newcomer.id, date(2026, 11, 21), date(2026, 11, 30), D("100.00"), source),
    ]  # fmt: skip


def a_reading(s, meter, month, previous, value, *, read_on):
    s.add(Reading(meter_id=meter.id, month=month, read_on=read_on, previous=D(previous), value=D(value),
                  quantity=D(value) - D(previous), read_by=SYSTEM_ID, recorded_at=moment_of(month)))  # fmt: skip
    s.flush()


@pytest.mark.requirement("O2")
@pytest.mark.parametrize("billed", [True, False], ids=["month_billed", "month_open"])
def test_what_is_metered_is_his_up_to_the_closing_reading(house, billed):
    """November is read on the 5th. If it is billed by then, the closing value stands with December's readings."""
    with writing(SYSTEM) as s:
        water = a_fee_item(s, house.payee, FeeKind.WATER)
        a_tariff(s, water, "6.30", basis=Basis.METERED, payer=Relation.TENANT)
        meter = a_meter(s, house.unit, water, base="100")
        a_reading(s, meter, NOV, "100", "110", read_on=date(2026, 11, 5 if billed else 14))
    if billed:
        with at(date(2026, 11, 6)):
            run(house, NOV, water)
    with writing(SYSTEM) as s:
        if billed:
            a_reading(s, meter, DEC, "110", "117", read_on=date(2026, 11, 14))
    with at(date(2026, 11, 14)):
        leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance)
        leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance)
    his = [(house.tenant.id, NOV, date(2026, 11, 14), D("63.00"), "")]
    his += [(house.tenant.id, NOV, date(2026, 11, 14), D("44.10"), "")] if billed else []
    assert standing(house.unit, water) == his
    after = date(2027, 1, 1) if billed else DEC
    with writing(SYSTEM) as s:
        a_reading(s, meter, after, "117" if billed else "110", "120", read_on=after.replace(day=5))
    with at(after.replace(day=6)):
        run(house, DEC, water)
        run(house, after, water)
    owners = D("18.90") if billed else D("63.00")
    assert standing(house.unit, water)[len(his):] == [(house.owner.id, after, last_of(after), owners, "")]
    with reading(SYSTEM) as s:
        assert clean(s)


# ── from the wrong side ──────────────────────────────────────────────────────────────────────────────────────────────


def refused(house, day=date(2026, 11, 14), actor=None, ended=None) -> str:
    with writing(SYSTEM) as s:
        s.get_one(Occupancy, house.tenancy.id).ends_on = day if ended is None else ended or None
    before = standing(house.unit)
    with pytest.raises(Refused) as caught, writing(actor or house.finance) as s:
        final_bills(s, house.unit.id, house.tenant.id, day)
    assert standing(house.unit) == before
    return str(caught.value.message)


@pytest.mark.requirement("O2")
def test_a_closed_month_the_wrong_person_and_the_wrong_day_are_refused_and_nothing_changes(house):
    with at(NOV):
        run(house)
    with at(date(2026, 11, 20)):
        assert refused(house, ended=False) == "租客 在 1-1-101 的使用还没有到 2026-11-14 结束，请先登记结束日期。"
        assert refused(house, ended=date(2026, 11, 10)) == "2026-11-14 这天 租客 并不使用 1-1-101，请核对费用截止日。"
        assert refused(house, actor=house.desk) == (
            "您没有“出账、作废账单与发缴费通知”的权限，如有需要请联系管理处主任。"
        )
        with writing(SYSTEM) as s:
            stranger = Till(s)
        assert refused(house, actor=stranger.finance) == "您不负责这个项目。"
        with writing(SYSTEM) as s:
            s.add(MonthClosing(estate_id=house.estate.id, payee_id=house.payee.id, month=NOV, snapshot={},
                               closed_by=SYSTEM_ID, closed_at=moment_of(NOV)))  # fmt: skip
        assert refused(house) == (
            "2026-11 已经月结，不能再改这个月的账单。请把费用截止日改到 2026-12 及以后，"
            "多收的天数由财务另行办理减免或退款。"
        )


@pytest.mark.requirement("O2")
def test_the_statement_after_it_says_what_is_his_alone(house):
    with at(NOV):
        run(house)
    with at(date(2026, 11, 14)):
        leave(house.unit, house.tenancy, house.tenant, date(2026, 11, 14), house.finance)
        with reading(house.finance) as s:
            (part,) = settlement.settle_unit(s, house.unit.id, house.tenant.id, date(2026, 11, 14)).parts
    assert ([each.unpaid for each in part.owed], part.ahead) == ([D("126.17")], [])
