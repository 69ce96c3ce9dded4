"""Tariffs: kept, ended, followed by a new price; what a unit pays on any day; what a new tenant pays on entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import func, select

from db import settings
from db.audit import Audit
from db.clock import moment_of, now, pretending
from db.demo.diary import acting
from db.demo.estates import build_homes, build_park
from db.demo.residents import move_companies_in
from db.demo.staff import hire
from db.demo.tariffs import set_tariffs
from db.ledger.charges import Change, charges_of, monthly_total
from db.ledger.entry_fees import FIRST_FEE_MONTHS, EntryKind, entry_fees
from db.ledger.money_tables import MonthClosing
from db.ledger.tables import Basis, FeeItem, FeeKind, Meter, Payee, Tariff
from db.ledger.tariff_changes import preview_follow
from db.ledger.tariff_lists import Standing, Wanted, listed
from db.ledger.tariffs import end_tariff, follow_tariff, save_tariff, steps_said, steps_typed
from db.people import SYSTEM, Role
from db.refused import Conflict, Refused
from db.registering import save, take_back
from db.registry import EstateKind, ParkingTenure, Relation, UnitState, UnitUse
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_unit, an_actor, an_estate, an_occupancy
from tests.money import a_bill, a_fee_item, a_lease, a_payee, a_space, a_tariff, a_till

pytestmark = pytest.mark.usefixtures("engine")

BEGUN = date(2026, 1, 1)


def told(item, **values):
    """Say what a form would send for a tariff of 2.80 元/m²·month."""
    return {
        "estate_id": item.estate_id, "fee_item_id": item.id, "name": "高层住宅物业费", "basis": "by_area",
        "price": "2.80", "valid_from": BEGUN,
    } | values  # fmt: skip


def problems_of(refused):
    return refused.value.problems


# ── payees and fee items ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F1")
def test_payees_and_items_are_kept_by_finance_with_a_trace():
    till = a_till()
    values = {"estate_id": till.estate.id, "name": "园区发展有限公司", "mark": "ｚ", "bank": "工商银行"}
    with writing(till.finance) as s:
        payee_id = save(s, Payee, values)
        item_id = save(s, FeeItem, {"estate_id": till.estate.id, "name": "房租", "kind": "rent", "payee_id": payee_id,
                                    "active": True})  # fmt: skip
        save(s, FeeItem, {"name": "租金"}, item_id, 1)
    with reading(till.finance) as s:
        assert s.get_one(Payee, payee_id).mark == "Z"
        item = s.get_one(FeeItem, item_id)
        assert (item.name, item.kind, item.payee_id, item.active, item.version) == ("租金", "rent", payee_id, True, 2)
        trail = s.execute(
            select(Audit.act, Audit.before, Audit.after).where(Audit.table_name == "fee_items").order_by(Audit.id)
        ).all()
        assert [act for act, _before, _after in trail] == ["created", "changed"]
        assert trail[1][1:] == ({"name": "房租"}, {"name": "租金"})
    with pytest.raises(Refused, match="您没有“维护收费标准与收款单位”的权限"), writing(till.cashier) as s:
        save(s, Payee, values | {"mark": "Q"})
    with pytest.raises(Refused) as taken, writing(till.finance) as s:
        save(s, Payee, values | {"name": "另一家"})
    assert problems_of(taken) == {"mark": "已有同样的收据字头“Z”，请先查找已有的档案。"}
    with pytest.raises(Refused) as odd, writing(till.finance) as s:
        save(s, Payee, values | {"mark": "甲"})
    assert problems_of(odd) == {"mark": "收据字头只用字母和数字，例如 A。"}


def test_an_item_keeps_its_payee_and_kind_once_billed_and_is_not_stopped_while_a_tariff_holds():
    till = a_till()
    with writing(SYSTEM) as s:
        other = a_payee(s, till.estate)
        free = a_fee_item(s, till.payee)
        a_bill(s, till.unit, till.item)
        a_tariff(s, till.item, name="高层")
    with writing(till.finance) as s:
        save(s, FeeItem, {"payee_id": other.id, "kind": "other"}, free.id)
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        save(s, FeeItem, {"payee_id": other.id, "kind": "other", "active": False}, till.item.id)
    billed = "已按这个项目出过账，不能再改；请停用它，另建一个收费项目。"
    assert problems_of(refused) == {
        "payee_id": billed, "kind": billed, "active": "收费标准“高层”还在执行，请先终止它，再停用项目。",
    }  # fmt: skip


# ── what is checked ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F1")
def test_a_tariff_is_kept_with_price_dates_filing_number_and_trace_and_saved_once():
    till = a_till()
    with writing(till.finance) as s:
        first = save_tariff(s, told(till.item, price="2.8054", filing_number="备〔2026〕3号"), token="t1")
        assert save_tariff(s, told(till.item, price="9"), token="t1") == first
    with writing(till.finance) as s:
        save_tariff(s, told(till.item, name="物业费", price="2.9"), first, 1)
    with pytest.raises(Conflict), writing(till.finance) as s:
        save_tariff(s, told(till.item, name="慢了一步"), first, 1)
    with reading(till.finance) as s:
        kept = s.get_one(Tariff, first)
        assert (kept.name, kept.price, kept.valid_from, kept.valid_to, kept.late_ppm, kept.version) == (
            "物业费", Decimal("2.90"), BEGUN, None, 500, 2,
        )  # fmt: skip
        changed = s.scalars(select(Audit.before).where(Audit.table_name == "tariffs", Audit.act == "changed")).one()
        assert changed == {"name": "高层住宅物业费", "price": "2.8054"}


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"price": "-1"}, {"price": "请填写不小于 0 的单价，例如 2.80 或 0.5469。"}),
        ({"price": "2.80001"}, {"price": "单价最多四位小数。"}),
        ({"price": "二块八"}, {"price": "请填写不小于 0 的单价，例如 2.80 或 0.5469。"}),
        ({"price": None}, {"price": "请填写单价(元)。"}),
        ({"valid_to": date(2025, 12, 31)}, {"valid_to": "结束日期不能早于开始日期 2026-01-01。"}),
        ({"vacant_percent": "101"}, {"vacant_percent": "请填写 0 到 100 之间的整数。"}),
        ({"late_ppm": 300}, {"late_clause": "要收违约金，请写明合同哪一条作了约定；没有约定的不能收。"}),
        ({"late_ppm": 5000, "late_clause": "第八条"}, {"late_ppm": "违约金每日最高 0.3%，请检查。"}),
        ({"basis": "rent"}, {"basis": "“合同租金”只用于房租项目。"}),
        ({"parking_kind": "garage"}, {"parking_kind": "只有停车费用才选车位。"}),
    ],
)
def test_what_is_wrong_with_a_tariff_is_said_by_field(values, problems):
    till = a_till()
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        save_tariff(s, told(till.item, **values))
    assert problems_of(refused) == problems
    with reading(till.finance) as s:
        assert s.scalar(select(func.count()).select_from(Tariff)) == 0


def test_steps_ascend_and_the_last_is_open():
    till = a_till()
    with writing(SYSTEM) as s:
        water = a_fee_item(s, till.payee, FeeKind.WATER)
    metered = told(water, basis="metered", price="6.30", filing_number="廊发改〔2023〕156号")
    good = [["15", "6.30"], ["25.5", "7.80"], [None, "9.3000"]]
    for steps, wrong in (
        ([["15", "6.30"]], "阶梯要有 2 到 10 档；只有一个价格的，填在单价里就行。"),
        ([["15", "6.30"], ["25", "7.80"]], "最后一档不设上限，只写单价。"),
        ([["15", "6.30"], ["15", "7.80"], [None, "9"]], "各档的用量要从小到大，最多两位小数。"),
        ([["15", "6.30"], [None, "7.80"], [None, "9"]], "只有最后一档不设上限。"),
        ([["15", "6.30"], [None, "-9"]], "单价不能小于 0，最多四位小数。"),
        ([["15", "6.30001"], [None, "9"]], "单价不能小于 0，最多四位小数。"),
    ):
        with pytest.raises(Refused) as refused, writing(till.finance) as s:
            save_tariff(s, metered, steps=steps)
        assert problems_of(refused) == {"steps": wrong}
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        save_tariff(s, told(till.item), steps=good)
    assert problems_of(refused) == {"steps": "只有按表计量的才分阶梯。"}
    with writing(till.finance) as s:
        tariff_id = save_tariff(s, metered, steps=good)
    with reading(till.finance) as s:
        assert s.get_one(Tariff, tariff_id).steps == good
        assert steps_said(good) == "15 6.30\n25.5 7.80\n9.30"


def test_steps_are_read_as_people_type_them():
    good = [["15", "6.30"], ["25", "7.80"], [None, "9.30"]]
    assert steps_typed("15 6.30\n25 7.80\n9.30") == good
    assert steps_typed("至15吨：6.30元\n16-25吨：7.80元\n\n25吨以上：9.30元") == good
    assert steps_typed("０－１５ ６.３０\n16－25 7.80\n以上 9.30") == good
    assert steps_typed("  ") is None
    with pytest.raises(Refused) as refused:
        steps_typed("15 6.30\n以上")
    assert problems_of(refused) == {"steps": "第 2 行没有看到单价，请写成“15 6.30”：用量至 15，单价 6.30。"}


@pytest.mark.requirement("F1")
def test_what_is_collected_for_a_utility_needs_its_filed_price():
    till = a_till()
    with writing(SYSTEM) as s:
        power = a_fee_item(s, till.payee, FeeKind.POWER)
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        save_tariff(s, told(power, basis="metered", price="0.98"))
    assert problems_of(refused) == {
        "filing_number": "代收的水、电、气、暖费不得加价，请填写价格文件或供应单位价目的文号。"
    }


def test_a_parking_fee_says_for_which_spaces_and_only_finance_keeps_tariffs():
    till = a_till()
    with writing(SYSTEM) as s:
        parking = a_fee_item(s, till.payee, FeeKind.PARKING)
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        save_tariff(s, told(parking, basis="fixed", price="260"))
    assert problems_of(refused) == {"parking_tenure": "请选择收哪一类车位的费用，否则每套房屋都会收到。"}
    with writing(till.finance) as s:
        save_tariff(s, told(parking, basis="fixed", price="260", parking_tenure="let"))
        save_tariff(s, told(parking, basis="fixed", price="60", parking_tenure="sold"))
    with pytest.raises(Refused, match="您没有“维护收费标准与收款单位”的权限"), writing(till.supervisor) as s:
        save_tariff(s, told(till.item))


def test_no_two_tariffs_of_the_same_item_and_exactness_share_a_day():
    till = a_till()
    with writing(till.finance) as s:
        save_tariff(s, told(till.item, valid_to=date(2026, 6, 30)))
        save_tariff(s, told(till.item, name="住宅", use="residential"))
        save_tariff(s, told(till.item, name="一号楼住宅", use="residential", building_id=till.building.id))
        save_tariff(s, told(till.item, name="这一户", unit_id=till.unit.id))
        save_tariff(s, told(till.item, name="下半年", valid_from=date(2026, 7, 1)))
    for values, wrong in (
        ({"valid_from": date(2026, 6, 30), "valid_to": date(2026, 6, 30)},
         "与“高层住宅物业费”重叠，它从 2026-01-01 执行到 2026-06-30。请改日期，或打开它用“调价”。"),
        ({"unit_id": till.unit.id, "valid_from": date(2027, 1, 1)},
         "与“这一户”重叠，它从 2026-01-01 起一直执行。请先终止它，或打开它用“调价”。"),
        ({"use": "residential", "building_id": till.building.id, "valid_from": date(2025, 1, 1)},
         "与“一号楼住宅”重叠，它从 2026-01-01 起一直执行。请先终止它，或打开它用“调价”。"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused, writing(till.finance) as s:
            save_tariff(s, told(till.item, **values))
        assert problems_of(refused) == {"valid_from": wrong}


def test_contracts_tariffs_are_clipped_to_their_contract_and_belong_to_its_unit():
    till = a_till()
    with writing(SYSTEM) as s:
        rent = a_fee_item(s, till.payee, FeeKind.RENT)
        elsewhere = a_unit(s, till.building, room="102")
        old, new = (a_lease(s, till.customer, till.unit, year=year) for year in (2025, 2026))
        loose = a_lease(s, till.customer)
    lease = {"basis": "rent", "price": "38"}
    with writing(till.finance) as s:
        save_tariff(s, told(rent, contract_id=old.id, valid_from=date(2025, 1, 1), **lease))
        save_tariff(s, told(rent, contract_id=new.id, **lease))
    for values, problems in (
        ({"contract_id": new.id, "valid_from": date(2026, 5, 1)},
         {"valid_from": "与“高层住宅物业费”重叠，它从 2026-01-01 起一直执行。请先终止它，或打开它用“调价”。"}),
        ({"contract_id": new.id, "unit_id": elsewhere.id},
         {"unit_id": f"合同 {new.number} 是 1-1-101 的，与所选房屋不同。"}),
        ({"contract_id": loose.id}, {"unit_id": f"合同 {loose.number} 没有写明房屋，请选择是哪一套。"}),
        ({"contract_id": new.id, "use": "office"}, {"use": "已指定房屋或合同，这里请留空。"}),
        ({"contract_id": new.id, "valid_from": date(2027, 1, 1)},
         {"valid_from": f"合同 {new.number} 在 2026-12-31 已到期。"}),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused, writing(till.finance) as s:
            save_tariff(s, told(rent, **lease | values))
        assert problems_of(refused) == problems


def test_units_buildings_and_items_of_another_estate_are_not_found():
    till = a_till()
    with writing(SYSTEM) as s:
        abroad = an_estate(s)
        building = a_building(s, abroad)
        unit = a_unit(s, building)
        item = a_fee_item(s, a_payee(s, abroad))
    for values, name in (
        ({"unit_id": unit.id}, "unit_id"), ({"building_id": building.id}, "building_id"),
        ({"fee_item_id": item.id}, "fee_item_id"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused, writing(till.finance) as s:
            save_tariff(s, told(till.item, **values))
        assert list(problems_of(refused)) == [name]
    with pytest.raises(Refused, match="没有找到这套房屋"), reading(till.desk) as s:
        charges_of(s, unit.id, BEGUN)


def test_a_closed_month_takes_no_tariff_and_no_earlier_end():
    till = a_till()
    with writing(SYSTEM) as s:
        tariff = a_tariff(s, till.item)
        s.add(MonthClosing(estate_id=till.estate.id, payee_id=till.payee.id, month=date(2026, 5, 1), snapshot={},
                           closed_by=till.finance.user_id, closed_at=now()))  # fmt: skip
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        save_tariff(s, told(till.item, use="office", valid_from=date(2026, 5, 31)))
    assert problems_of(refused) == {"valid_from": "2026-06-01 以前的账已经月结，请从这一天或以后执行。"}
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        end_tariff(s, tariff.id, date(2026, 5, 30))
    assert problems_of(refused) == {"valid_to": "2026-05-31 及以前的账已经月结，请填这一天或以后。"}
    with writing(till.finance) as s:
        end_tariff(s, tariff.id, date(2026, 5, 31))
        save_tariff(s, told(till.item, valid_from=date(2026, 6, 1)))


# ── ended and followed ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F1")
def test_a_tariff_that_has_made_bills_is_ended_or_followed_never_changed():
    till = a_till()
    with writing(SYSTEM) as s:
        tariff = a_tariff(s, till.item, use=UnitUse.RESIDENTIAL, late_clause="合同第八条", valid_from=BEGUN)
        a_bill(s, till.unit, till.item, tariff_id=tariff.id)
    held = "已按这个标准出过账，不能再改；价格变了请用“调价”，不再收了请用“终止”。"
    with pytest.raises(Refused) as refused, writing(till.finance) as s:
        save_tariff(s, {"price": "3.00"}, tariff.id)
    assert problems_of(refused) == {"price": held}
    with pytest.raises(Refused) as unfounded, writing(till.finance) as s:
        follow_tariff(s, tariff.id, date(2027, 1, 1), price="3.00", filing_number=" ")
    assert problems_of(unfounded) == {"filing_number": "请填写调价的依据：备案文号、业主大会决定或合同条款。"}
    with writing(till.finance) as s:
        new = follow_tariff(s, tariff.id, date(2027, 1, 1), 1, price="3.00", filing_number="业主大会决定", token="f")
        assert follow_tariff(s, tariff.id, date(2027, 1, 1), 1, price="9", filing_number="再按", token="f") == new
    with reading(till.finance) as s:
        before, after = s.get_one(Tariff, tariff.id), s.get_one(Tariff, new)
        assert (before.price, before.valid_to, before.version) == (Decimal("2.80"), date(2026, 12, 31), 2)
        assert (after.price, after.valid_from, after.valid_to, after.use, after.late_clause, after.filing_number) == (
            Decimal("3.00"), date(2027, 1, 1), None, UnitUse.RESIDENTIAL, "合同第八条", "业主大会决定",
        )  # fmt: skip
    with writing(till.finance) as s:
        end_tariff(s, new, date(2027, 6, 30))
    with pytest.raises(Refused, match="中间不能空缺"), writing(till.finance) as s:
        follow_tariff(s, new, date(2027, 8, 1), price="3.10", filing_number="决定")
    with writing(till.finance) as s:
        last = follow_tariff(s, new, date(2027, 7, 1), price="3.10", filing_number="决定")
    with reading(till.finance) as s:
        assert (s.get_one(Tariff, new).valid_to, s.get_one(Tariff, last).valid_to) == (date(2027, 6, 30), None)


def test_a_new_price_that_is_refused_leaves_the_old_tariff_as_it_was():
    till = a_till()
    with writing(SYSTEM) as s:
        tariff = a_tariff(s, till.item, valid_from=BEGUN)
    for day, price, problems in (
        (date(2026, 7, 1), "-1", {"price": "请填写不小于 0 的单价，例如 2.80 或 0.5469。"}),
        (BEGUN, "3", {"valid_from": "新价格要从 2026-01-01 以后开始；那天的价格写错了而还没出账的，请直接修改。"}),
    ):
        with pytest.raises(Refused) as refused, writing(till.finance) as s:
            follow_tariff(s, tariff.id, day, price=price, filing_number="决定")
        assert problems_of(refused) == problems
    with reading(till.finance) as s:
        assert [(each.valid_to, each.version) for each in s.scalars(select(Tariff))] == [(None, 1)]


def test_a_slip_of_the_pen_is_taken_back_while_no_bill_stands_on_it():
    till = a_till()
    with writing(till.finance) as s:
        tariff_id = save_tariff(s, told(till.item))
        used_id = save_tariff(s, told(till.item, use="shop"))
    with writing(SYSTEM) as s:
        a_bill(s, till.unit, till.item, tariff_id=used_id)
    with writing(till.finance) as s:
        take_back(s, Tariff, tariff_id)
    with pytest.raises(Refused, match="已有账单用到这条档案"), writing(till.finance) as s:
        take_back(s, Tariff, used_id)


# ── what does this unit pay? ─────────────────────────────────────────────────────────────────────────────────────────


class Park:
    """A park with a landlord and an office, a suite of 148 m² with its lease and the tariffs of OFFICE.md §10."""

    def __init__(self, s) -> None:
        self.estate = an_estate(s, kind=EstateKind.PARK)
        self.tower = a_building(s, self.estate, code="F")
        self.suite = a_unit(s, self.tower, "", "1206", area=Decimal(148), use=UnitUse.OFFICE, state=UnitState.VACANT)
        self.tenant = a_customer(s, self.estate, "云栖软件有限公司")
        self.lease = a_lease(s, self.tenant, self.suite, starts_on=date(2026, 9, 1), ends_on=date(2028, 8, 31))
        self.landlord, self.office = a_payee(s, self.estate, "园区发展公司"), a_payee(s, self.estate, "物业公司")
        self.rent = a_fee_item(s, self.landlord, FeeKind.RENT, "房租")
        self.fee = a_fee_item(s, self.office, FeeKind.MANAGEMENT, "物业管理费")
        self.finance = an_actor(s, [self.estate], Role.FINANCE)
        a_tariff(s, self.fee, "6.00", name="办公物业费", use=UnitUse.OFFICE, payer=Relation.TENANT, vacant_percent=0,
                 filing_number="物业服务合同第五条", late_clause="租赁合同第九条", valid_from=date(2018, 6, 1))
        a_tariff(s, self.rent, "38.00", name="办公套间租金", basis=Basis.RENT, contract_id=self.lease.id,
                 payer=Relation.TENANT, valid_from=date(2026, 9, 1))  # fmt: skip


def a_park() -> Park:
    with writing(SYSTEM) as s:
        return Park(s)


@pytest.mark.requirement("F1")
def test_what_a_suite_pays_is_answered_for_any_day():
    park = a_park()
    with writing(SYSTEM) as s:
        park.suite = s.merge(park.suite)
        park.suite.state = UnitState.LET
        an_occupancy(s, park.suite, park.tenant, Relation.TENANT, starts_on=date(2026, 9, 1))
        power = a_fee_item(s, park.office, FeeKind.POWER, "电费")
        a_tariff(s, power, "0.98", name="代收电费", basis=Basis.METERED, filing_number="电价表", payer=Relation.TENANT)
        card = a_fee_item(s, park.office, FeeKind.OTHER, "出入证工本费")
        a_tariff(s, card, "20", name="出入证", basis=Basis.ONCE)
    with writing(park.finance) as s:
        old = s.scalars(select(Tariff.id).where(Tariff.fee_item_id == park.fee.id)).one()
        follow_tariff(s, old, date(2027, 1, 1), price="6.2", filing_number="补充协议")
    with reading(park.finance) as s:
        on_start, before, next_year, after = (
            charges_of(s, park.suite.id, day)
            for day in (date(2026, 11, 23), date(2026, 8, 31), date(2027, 2, 1), date(2028, 9, 1))
        )
    rent, fee, metered, once = on_start
    assert (rent.item, rent.payee, rent.amount, rent.calculation, rent.until, rent.lease, rent.payer_name) == (
        "房租", "园区发展公司", Decimal("5624.00"), "148.00 m² × 38.00 元 × 1 月 = 5624.00 元", date(2028, 8, 31),
        park.lease.number, "云栖软件有限公司",
    )  # fmt: skip
    assert (fee.price, fee.amount, fee.until, fee.then, fee.late_ppm, fee.filing_number) == (
        Decimal("6.00"), Decimal("888.00"), date(2026, 12, 31), Change(date(2027, 1, 1), Decimal("6.20"), "办公物业费"),
        500, "物业服务合同第五条",
    )  # fmt: skip
    assert (metered.price, metered.amount, metered.is_collected, metered.late_ppm) == (Decimal("0.98"), None, True, 0)
    assert (once.item, once.basis, once.amount, once.then) == ("出入证工本费", Basis.ONCE, None, None)
    assert monthly_total(on_start) == Decimal("6512.00")
    assert [each.item for each in before] == ["物业管理费", "电费", "出入证工本费"]
    assert [(each.item, each.amount) for each in next_year[:2]] == [
        ("房租", Decimal("5624.00")), ("物业管理费", Decimal("917.60")),
    ]  # fmt: skip
    assert [each.item for each in after] == ["物业管理费", "电费", "出入证工本费"]


@pytest.mark.requirement("F1")
def test_the_most_exact_tariff_holds():
    till = a_till()
    with writing(SYSTEM) as s:
        other = a_building(s, till.estate, code="2")
        estate = a_tariff(s, till.item, "1")
        building = a_tariff(s, till.item, "2", building_id=till.building.id)
        use = a_tariff(s, till.item, "3", use=UnitUse.RESIDENTIAL)
        both = a_tariff(s, till.item, "4", use=UnitUse.RESIDENTIAL, building_id=till.building.id)
        own = a_tariff(s, till.item, "5", unit_id=till.unit.id)
        lease = a_lease(s, till.customer, till.unit)
        contract = a_tariff(s, till.item, "6", contract_id=lease.id)
        flat = a_unit(s, till.building, room="102", area=Decimal(100))
        shop = a_unit(s, till.building, room="103", area=Decimal(100), use=UnitUse.SHOP)
        far_flat = a_unit(s, other, room="101", area=Decimal(100))
        far_shop = a_unit(s, other, room="102", area=Decimal(100), use=UnitUse.SHOP)
    with reading(till.desk) as s:
        held = [
            charges_of(s, unit.id, day)[0].tariff_id
            for unit, day in (
                (till.unit, date(2026, 5, 1)), (till.unit, date(2027, 1, 1)), (flat, BEGUN), (far_flat, BEGUN),
                (shop, BEGUN), (far_shop, BEGUN),
            )
        ]  # fmt: skip
        before = charges_of(s, till.unit.id, date(2025, 12, 1))[0]
    assert held == [contract.id, own.id, both.id, use.id, building.id, estate.id]
    assert (before.tariff_id, before.until, before.then) == (
        own.id, date(2025, 12, 31), Change(date(2026, 1, 1), Decimal("6.00"), "标准"),
    )  # fmt: skip


def test_parking_is_paid_with_the_home_of_who_holds_the_space_and_a_vacant_unit_its_share():
    till = a_till()
    with writing(SYSTEM) as s:
        unit = a_unit(s, till.building, room="301", area=Decimal("96.56"), state=UnitState.VACANT)
        second = a_unit(s, till.building, room="302", area=Decimal(50))
        for each in (unit, second):
            an_occupancy(s, each, till.customer)
        a_tariff(s, till.item, "2.80", vacant_percent=70)
        parking = a_fee_item(s, till.payee, FeeKind.PARKING, "车位租金")
        a_tariff(s, parking, "260", basis=Basis.FIXED, parking_tenure=ParkingTenure.LET)
        let = a_space(s, till.estate, ParkingTenure.LET, till.customer)
        a_space(s, till.estate, ParkingTenure.SOLD, till.customer)
    with reading(till.desk) as s:
        home, other = charges_of(s, unit.id, BEGUN), charges_of(s, second.id, BEGUN)
    assert [(each.space, each.amount, each.calculation) for each in home] == [
        ("", Decimal("189.26"), "96.56 m² × 2.80 元 × 1 月 × 70% = 189.26 元"),
        (let.code, Decimal("260.00"), "260.00 元 × 1 月 = 260.00 元"),
    ]
    assert [(each.space, each.amount) for each in other] == [("", Decimal("140.00"))]


@pytest.mark.requirement("I1")
def test_entry_fees_of_a_suite_of_148_square_metres():
    park = a_park()
    with reading(park.finance) as s:
        lines = entry_fees(s, park.suite.id, park.lease.id)
    assert [(each.kind, each.months, each.amount, each.payee) for each in lines] == [
        (EntryKind.RENT_DEPOSIT, 3, Decimal("16872.00"), "园区发展公司"),
        (EntryKind.FEE_DEPOSIT, 3, Decimal("2664.00"), "物业公司"),
        (EntryKind.RENT, 1, Decimal("5624.00"), "园区发展公司"),
        (EntryKind.FEE, 1, Decimal("888.00"), "物业公司"),
    ]
    assert lines[0].calculation == "148.00 m² × 38.00 元 × 1 月 = 5624.00 元；3 个月合计 16872.00 元"
    assert sum(each.amount for each in lines) == Decimal("26048.00")
    with writing(SYSTEM) as s:
        director = an_actor(s, [park.estate], Role.DIRECTOR)
    with writing(director) as s:
        settings.change(s, FIRST_FEE_MONTHS, park.estate.id, 2)
    with reading(director) as s:
        assert [each.amount for each in entry_fees(s, park.suite.id, on=date(2026, 10, 1))][3] == Decimal("1776.00")
        with pytest.raises(Refused, match="没有适用的房租标准"):
            entry_fees(s, park.suite.id, on=date(2026, 8, 1))


# ── what a new price changes; the list ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F1")
def test_a_new_price_is_tried_before_it_holds_and_the_trial_leaves_nothing():
    till = a_till()
    with writing(SYSTEM) as s:
        use = a_tariff(s, till.item, "2.00", use=UnitUse.RESIDENTIAL, vacant_percent=50)
        first = a_unit(s, till.building, room="201", area=Decimal("96.56"))
        a_unit(s, till.building, room="202", area=Decimal("50.01"), state=UnitState.VACANT)
        a_unit(s, till.building, room="203", area=Decimal(200), use=UnitUse.SHOP)
        a_tariff(s, till.item, "1.00", unit_id=till.unit.id)
        a_bill(s, first, till.item, month=date(2026, 12, 1), tariff_id=use.id)
    with writing(till.finance) as s:
        effect = preview_follow(s, use.id, date(2026, 12, 1), price="2.20", filing_number="业主大会决定")
    assert (effect.units, effect.before, effect.after, effect.difference, effect.billed_ahead) == (
        2, Decimal("243.13"), Decimal("267.44"), Decimal("24.31"), 1,
    )  # fmt: skip
    with pytest.raises(Refused, match="请填写调价的依据"), writing(till.finance) as s:
        preview_follow(s, use.id, date(2026, 12, 1), price="2.20", filing_number="")
    with reading(till.finance) as s:
        assert [(each.valid_to, each.version) for each in s.scalars(select(Tariff).order_by(Tariff.id))] == [
            (None, 1), (None, 1),
        ]  # fmt: skip
        assert s.scalar(select(func.count()).select_from(Audit).where(Audit.table_name == "tariffs")) == 0


def test_a_new_price_of_parking_counts_spaces_and_of_water_says_nothing_of_sums():
    till = a_till()
    with writing(SYSTEM) as s:
        parking, water = a_fee_item(s, till.payee, FeeKind.PARKING), a_fee_item(s, till.payee, FeeKind.WATER)
        let = a_tariff(s, parking, "260", basis=Basis.FIXED, parking_tenure=ParkingTenure.LET)
        for tenure in (ParkingTenure.LET, ParkingTenure.LET, ParkingTenure.SOLD, ParkingTenure.FREE):
            a_space(s, till.estate, tenure, till.customer)
        metered = a_tariff(s, water, "6.00", basis=Basis.METERED, filing_number="88号")
        s.add(Meter(estate_id=till.estate.id, unit_id=till.unit.id, fee_item_id=water.id))
    with writing(till.finance) as s:
        spaces = preview_follow(s, let.id, date(2027, 1, 1), price="280", filing_number="决定")
        used = preview_follow(s, metered.id, date(2027, 1, 1), price="6.30", filing_number="156号")
    assert (spaces.units, spaces.before, spaces.after) == (2, Decimal(520), Decimal(560))
    assert (used.units, used.before, used.difference) == (1, None, None)


def test_tariffs_are_listed_by_item_use_standing_and_page():
    till = a_till()
    with writing(SYSTEM) as s, pretending(moment_of(date(2026, 11, 23))):
        rent = a_fee_item(s, till.payee, FeeKind.RENT, "房租")
        lease = a_lease(s, till.customer, till.unit)
        a_tariff(s, rent, "38", name="租金", basis=Basis.RENT, contract_id=lease.id)
        a_tariff(s, till.item, "2", name="旧价", use=UnitUse.RESIDENTIAL, valid_to=date(2026, 6, 30))
        a_tariff(s, till.item, "2.2", name="现价", use=UnitUse.RESIDENTIAL, valid_from=date(2026, 7, 1))
        a_tariff(s, till.item, "3", name="商铺", use=UnitUse.SHOP, building_id=till.building.id,
                 valid_from=date(2027, 1, 1))  # fmt: skip
        a_tariff(s, a_fee_item(s, a_payee(s, an_estate(s))), name="别处")

    def names(**wanted):
        with reading(till.desk) as s, pretending(moment_of(date(2026, 11, 23))):
            return [each.name for each in listed(s, Wanted(**wanted)).rows]

    assert names() == ["旧价", "现价", "商铺", "租金"]
    assert names(fee_item_id=rent.id) == ["租金"]
    assert names(use=UnitUse.RESIDENTIAL) == ["旧价", "现价"]
    assert names(standing=Standing.HOLDING) == ["现价", "租金"]
    assert (names(standing=Standing.OVER), names(standing=Standing.AHEAD)) == (["旧价"], ["商铺"])
    assert names(typed="1-1-101") == ["租金"]
    with reading(till.desk) as s:
        first = listed(s, Wanted(), limit=3)
        second = listed(s, Wanted(), limit=3, after=first.next)
        again = listed(s, Wanted(), limit=3, before=second.previous)
        assert [[each.name for each in page.rows] for page in (first, second, again)] == [
            ["旧价", "现价", "商铺"], ["租金"], ["旧价", "现价", "商铺"],
        ]  # fmt: skip
        assert (first.total, first.previous, second.next, again.previous) == (4, None, None, None)
        assert [each.whom for each in first.rows] == ["住宅", "住宅", "1号楼 · 商铺"]
        assert second.rows[0].whom == "合同 1-1-101 吴学文"
    with pytest.raises(Refused, match="您没有“查看账单与收款”的权限"), reading(till.technician) as s:
        listed(s, Wanted())


def test_the_demonstration_charges_what_a_real_office_would():
    today = date(2026, 11, 23)
    with pretending(moment_of(date(2026, 5, 1))), writing(SYSTEM) as s:
        random = Random(7)
        park, homes = build_park(s, random, today, 3), build_homes(s, random, today, 1)
        staff = hire(s, {"homes": homes.estate_id, "park": park.estate_id}, random)
        move_companies_in(s, park, random, today)
        with acting(s, staff.finance):
            set_tariffs(s, park)
            set_tariffs(s, homes)
    with reading(staff.finance) as s:
        suite = next(each for each in park.units if each.area == 148 and each.state is UnitState.LET)
        flats = [next(each for each in homes.units if each.short.startswith(f"{n}-1-")) for n in (1, 7, 11)]
        shop = next(each for each in homes.units if each.use is UnitUse.SHOP)
        assert sum(each.amount for each in entry_fees(s, suite.id, on=today)) == Decimal("26048.00")
        paid = [charges_of(s, each.id, today)[0].price for each in (*flats, shop)]
        assert paid == [Decimal("2.20"), Decimal("2.00"), Decimal("1.30"), Decimal("3.50")]
        monthly = [(each.item, each.price) for each in charges_of(s, suite.id, today) if not each.space]
        assert monthly == [
            ("物业管理费", Decimal("6.00")), ("房租", Decimal("38.00")), ("电费", Decimal("0.98")),
            ("水费", Decimal("6.30")), ("加时空调费", Decimal("60.00")), ("出入证工本费", Decimal("20.00")),
            ("装修垃圾清运费", Decimal("4.00")),
        ]  # fmt: skip
        payees = s.execute(select(Payee.name, func.count()).join(FeeItem).group_by(Payee.name)).all()
        assert dict(payees) == {
            "廊坊云锦物业服务有限公司": 6, "云锦家园业主委员会（公共收益专户）": 1, "廊坊科技谷物业服务有限公司": 8,
            "廊坊科技谷园区发展有限公司": 1,
        }  # fmt: skip
