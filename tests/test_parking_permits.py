"""Parking permits: a space let with each, its fee from the tariffs, and nothing that bars a car."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from components.papers import printing
from db import clock, jobs, parking_permits
from db.audit import Audit
from db.clock import now, today
from db.dossiers import tenancies
from db.ledger.tables import Basis, FeeKind
from db.papers import handing_out, issuing
from db.parking_lists import Standing, monthly_fee, monthly_fees, permit_line, permits, permits_of, spaces_on_offer
from db.parking_tables import ParkingPermit, PermitKind
from db.people import SYSTEM, Role
from db.refused import Conflict, Refused
from db.registry import ParkingSpace, ParkingTenure, Relation, Vehicle
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_unit, an_actor, an_estate, an_occupancy, an_office
from tests.money import a_fee_item, a_lease, a_payee, a_space, a_tariff
from tests.papers.made import words

pytestmark = pytest.mark.usefixtures("engine")


def a_home():
    """Make an office whose customer owns his home, and a free space."""
    office = an_office()
    with writing(SYSTEM) as s:
        an_occupancy(s, office.unit, office.customer)
        office.space = a_space(s, office.estate, ParkingTenure.FREE)
    return office


def told(office, **values):
    return {
        "unit_id": office.unit.id, "customer_id": office.customer.id, "space_id": office.space.id,
        "plates": "冀R12345", "starts_on": today(), "ends_on": today() + timedelta(days=364),
    } | values  # fmt: skip


def a_permit(office, *, token=None, **values):
    with writing(office.desk) as s:
        return parking_permits.issue(s, told(office, **values), token=token)


def space_of(office):
    with reading(SYSTEM) as s:
        space = s.get_one(ParkingSpace, office.space.id)
        return space.tenure, space.customer_id, space.ends_on


def everything():
    with reading(SYSTEM) as s:
        rows = s.scalars(select(ParkingPermit).order_by(ParkingPermit.id)).all()
        spaces = s.scalars(select(ParkingSpace).order_by(ParkingSpace.id)).all()
        return (
            [{each.key: getattr(row, each.key) for each in ParkingPermit.__mapper__.column_attrs} for row in rows],
            [(each.tenure, each.customer_id, each.ends_on, each.version) for each in spaces],
            len(s.scalars(select(Audit.id)).all()),
        )


def refuses(act, message, problems=None):
    before = everything()
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.message == message
    if problems is not None:
        assert refused.value.problems == problems
    assert everything() == before


@pytest.mark.requirement("K1")
def test_a_permit_lets_its_space_and_its_end_frees_it():
    office = a_home()
    for _press in range(2):
        permit = a_permit(office, plates="冀R·12345，京a88888", token="form-1")
    assert (permit.kind, permit.number[:3]) == (PermitKind.OWNER, "TCZ")
    assert space_of(office) == (ParkingTenure.LET, office.customer.id, None)
    with reading(office.desk) as s:
        line = permit_line(s, permit.id)
        assert (line.plates, line.standing, line.unit) == (("冀R12345", "京A88888"), Standing.VALID, "1-1-101")
        assert sorted(s.scalars(select(Vehicle.plate).where(Vehicle.customer_id == office.customer.id))) == [
            "京A88888", "冀R12345",
        ]  # fmt: skip
        assert permits(s).total == 1
    with writing(office.desk) as s:
        parking_permits.end(s, permit.id, today() - timedelta(days=1), "车已卖", version=permit.version)
    assert space_of(office) == (ParkingTenure.FREE, None, None)
    with reading(office.desk) as s:
        assert (permit_line(s, permit.id).standing, permits_of(s, office.unit.id)) == (Standing.ENDED, [])


@pytest.mark.requirement("K1")
def test_a_permit_that_ends_later_frees_its_space_by_the_clock():
    office = a_home()
    permit = a_permit(office)
    with writing(office.desk) as s:
        parking_permits.end(s, permit.id, today() + timedelta(days=2), "月底搬走")
    assert space_of(office) == (ParkingTenure.LET, office.customer.id, today() + timedelta(days=2))


@pytest.mark.requirement("K1")
def test_a_permit_to_come_lets_its_space_on_its_day():
    office = a_home()
    a_permit(office, starts_on=today() + timedelta(days=3))
    assert space_of(office) == (ParkingTenure.FREE, None, None)
    with clock.pretending(now() + timedelta(days=4)):
        assert [each for each in jobs.run_due() if "停车证" in each] == ["停车证开始使用 1 张。"]
        assert [each for each in jobs.run_due() if "停车证" in each] == []
    assert space_of(office) == (ParkingTenure.LET, office.customer.id, None)


@pytest.mark.requirement("K1")
def test_a_space_is_permitted_once_at_a_time():
    office = a_home()
    first = a_permit(office)
    with writing(SYSTEM) as s:
        other = a_customer(s, office.estate, "沈南")
        an_occupancy(s, office.unit, other, Relation.TENANT)
    known = f"{first.number}（吴学文，{first.starts_on} 至 {first.ends_on}）"
    sentence = f"车位 {office.space.code} 在这段时间已有停车证 {known}，请换车位或改日期。"
    refuses(lambda: a_permit(office, customer_id=other.id), sentence, {"space_id": sentence})
    refuses(lambda: a_permit(office), sentence)
    after = first.ends_on + timedelta(days=1)
    taken = f"车位 {office.space.code} 已租给吴学文，请换车位，或先办理退租。"
    later = {"starts_on": after, "ends_on": after + timedelta(days=30)}
    refuses(lambda: a_permit(office, customer_id=other.id, **later), taken)
    a_permit(office, **later)


@pytest.mark.requirement("K1")
def test_issuing_from_the_wrong_side():
    office = a_home()
    with writing(SYSTEM) as s:
        stranger = a_customer(s, office.estate, "路人")
        elsewhere = an_estate(s)
        foreign = a_unit(s, a_building(s, elsewhere))
        foreign_space = a_space(s, elsewhere, ParkingTenure.FREE)
        guard = office.guard
    one = "请检查标出的 1 处。"
    day = today()
    for values, message in (
        ({"customer_id": stranger.id}, "路人 没有登记在 1-1-101 名下，请先登记入住，或换一位客户。"),
        ({"unit_id": foreign.id}, "没有找到，或不在您负责的项目内，请重新查找。"),
        ({"space_id": foreign_space.id}, "没有找到这个车位，请重新选择。"),
        ({"plates": "12"}, "车牌号应为 5 到 10 位字母、数字或汉字，例如 冀R12345。"),
        ({"plates": " ".join(f"冀R1234{n}" for n in range(7))}, "一张停车证写 1 到 6 个车牌号。"),
        ({"plates": ""}, one),
        ({"starts_on": day + timedelta(days=2), "ends_on": day}, f"止期不能早于起期 {day + timedelta(days=2)}。"),
        ({"starts_on": day - timedelta(days=9), "ends_on": day - timedelta(days=1)}, "止期已经过去，请重新填写。"),
        ({"temporary": True}, "临时停车证最长 30 天。"),
    ):
        refuses(lambda values=values: a_permit(office, **values), message)
    with pytest.raises(Refused, match="^您没有“维护客户与房产档案”的权限"), writing(guard) as s:
        parking_permits.issue(s, told(office))
    with pytest.raises(Refused, match="^停车证由客户服务中心办理。$"), reading(guard) as s:
        permits(s)


@pytest.mark.requirement("K1")
def test_a_sold_space_needs_its_owners_word_and_stays_his():
    office = a_home()
    with writing(SYSTEM) as s:
        owner = a_customer(s, office.estate, "车位主")
        office.space = a_space(s, office.estate, ParkingTenure.SOLD, owner)
    sentence = f"车位 {office.space.code} 属于车位主，请写明他的书面同意。"
    refuses(lambda: a_permit(office), sentence, {"consent": sentence})
    permit = a_permit(office, consent="2026-11-01 车位主书面同意")
    assert space_of(office) == (ParkingTenure.SOLD, owner.id, None)
    with writing(office.desk) as s:
        parking_permits.end(s, permit.id, today() - timedelta(days=1), "收回")
    assert space_of(office) == (ParkingTenure.SOLD, owner.id, None)


def test_a_tenants_permit_ends_with_his_lease_and_a_temporary_one_lets_nothing():
    office = a_home()
    with writing(SYSTEM) as s:
        tenant = a_customer(s, office.estate, "科技公司")
        an_occupancy(s, office.unit, tenant, Relation.TENANT)
        lease = a_lease(s, tenant, office.unit, year=today().year, ends_on=today() + timedelta(days=60))
    sentence = f"租赁合同 {lease.number} 到 {lease.ends_on} 为止，停车证不能更晚。"
    refuses(lambda: a_permit(office, customer_id=tenant.id), sentence, {"ends_on": sentence})
    permit = a_permit(office, customer_id=tenant.id, ends_on=lease.ends_on)
    assert permit.kind is PermitKind.TENANT
    with writing(SYSTEM) as s:
        office.space = a_space(s, office.estate, ParkingTenure.FREE)
    short = a_permit(office, temporary=True, ends_on=today() + timedelta(days=29))
    assert short.kind is PermitKind.TEMPORARY
    assert space_of(office) == (ParkingTenure.FREE, None, None)


@pytest.mark.requirement("K1")
def test_renewed_under_the_same_number_and_never_over_anothers_term():
    office = a_home()
    permit = a_permit(office, ends_on=today() + timedelta(days=10))
    with reading(office.desk) as s:
        assert permit_line(s, permit.id).standing is Standing.EXPIRING
        assert {each: n for each, n in permits(s).counts.items() if n} == {Standing.EXPIRING: 1}
    refuses(
        lambda: renewed(office, permit, today() + timedelta(days=10)),
        f"新的止期要晚于现在的 {permit.ends_on}。",
    )
    renewed(office, permit, today() + timedelta(days=375), version=permit.version, token="form-2")
    renewed(office, permit, today() + timedelta(days=375), version=permit.version, token="form-2")
    with pytest.raises(Conflict):
        renewed(office, permit, today() + timedelta(days=400), version=permit.version)
    with reading(office.desk) as s:
        line = permit_line(s, permit.id)
        assert (line.number, line.ends_on, line.version) == (permit.number, today() + timedelta(days=375), 2)
    with writing(office.desk) as s:
        parking_permits.end(s, permit.id, today(), "退租")
    refuses(lambda: renewed(office, permit, today() + timedelta(days=500)), f"{permit.number} 已结束，请另办一张。")
    refuses(lambda: ended(office, permit), f"{permit.number} 已结束，不用再办。")


def renewed(office, permit, ends_on, **how):
    with writing(office.desk) as s:
        return parking_permits.renew(s, permit.id, ends_on, **how)


def ended(office, permit, why="退租", on=None):
    with writing(office.desk) as s:
        return parking_permits.end(s, permit.id, on or today(), why)


def test_an_end_has_a_reason_and_lapsed_ones_stay_on_the_list():
    office = a_home()
    permit = a_permit(office, ends_on=today() + timedelta(days=5))
    refuses(lambda: ended(office, permit, " "), "请检查标出的 1 处。", {"ended_why": "请写明结束原因。"})
    with clock.pretending(now() + timedelta(days=7)), reading(office.desk) as s:
        found = permits(s, standings=[Standing.LAPSED])
        assert [(each.number, each.standing) for each in found.rows] == [(permit.number, Standing.LAPSED)]
    assert space_of(office) == (ParkingTenure.LET, office.customer.id, None)  # nothing happens to the car


@pytest.mark.requirement("K1")
def test_moving_out_ends_permits_on_the_last_day_and_staying_gives_them_back():
    office = a_home()
    permit = a_permit(office)
    day = today() + timedelta(days=12)
    with writing(office.desk) as s:
        assert parking_permits.end_for(s, office.customer.id, office.unit.id, day) == [permit.number]
        assert parking_permits.end_for(s, office.customer.id, office.unit.id, day) == []
        assert permit_line(s, permit.id).ends_on == day
        assert parking_permits.keep_for(s, office.customer.id, office.unit.id, day) == [permit.number]
        line = permit_line(s, permit.id)
        assert (line.ends_on, line.standing, line.ended_why) == (permit.ends_on, Standing.VALID, "")


def test_no_permit_lasts_beyond_the_last_day_that_is_confirmed():
    office = a_home()
    permit, day = a_permit(office, ends_on=today() + timedelta(days=5)), today() + timedelta(days=12)
    with writing(office.desk) as s:
        tenancies.end(s, office.unit.id, office.customer.id, day)
        other = a_space(s, office.estate, ParkingTenure.FREE)
    sentence = f"这位客户在这套房屋登记到 {day} 为止，停车证不能更晚。"
    refuses(lambda: a_permit(office, space_id=other.id, plates="京A88888"), sentence, {"ends_on": sentence})
    refuses(lambda: renewed(office, permit, day + timedelta(days=1)), sentence, {"ends_on": sentence})
    assert renewed(office, permit, day).ends_on == day


def test_other_cars_are_written_on_a_permit():
    office = a_home()
    permit = a_permit(office)
    with writing(office.desk) as s:
        parking_permits.change_plates(s, permit.id, "冀R54321 冀R12345", version=1)
        assert permit_line(s, permit.id).plates == ("冀R54321", "冀R12345")
    with pytest.raises(Conflict), writing(office.desk) as s:
        parking_permits.change_plates(s, permit.id, "冀R99999", version=1)


@pytest.mark.requirement("K1")
def test_a_permits_fee_is_the_tariffs():
    office = a_home()
    with writing(SYSTEM) as s:
        item = a_fee_item(s, a_payee(s, office.estate), FeeKind.PARKING, "停车费")
        for price, tenure in (("60", ParkingTenure.SOLD), ("260", ParkingTenure.LET)):
            a_tariff(s, item, price, basis=Basis.FIXED, parking_tenure=tenure)
    with reading(office.desk) as s:
        space = s.get_one(ParkingSpace, office.space.id)
        fee = monthly_fee(s, office.unit.id, space)
        assert (fee.item, fee.amount) == ("停车费", Decimal("260.00"))
        assert [(str(kind), str(tenure), each.amount) for kind, tenure, each in monthly_fees(s, office.unit.id)] == [
            ("ground", "let", Decimal("260.00")), ("ground", "sold", Decimal("60.00")),
            ("garage", "let", Decimal("260.00")), ("garage", "sold", Decimal("60.00")),
        ]  # fmt: skip
        assert list(spaces_on_offer(s, office.unit.id)) == [office.space.id]
    with writing(SYSTEM) as s:
        sold = a_space(s, office.estate, ParkingTenure.SOLD, office.customer)
        assert monthly_fee(s, office.unit.id, sold).amount == Decimal("60.00")


def test_the_list_finds_by_plate_space_number_unit_and_customer():
    office = a_home()
    permit = a_permit(office, plates="冀R12345")
    with reading(office.desk) as s:
        for typed in ("R123", office.space.code, permit.number, "1-1-101", "吴学文", "冀R12345"):
            assert [each.number for each in permits(s, typed=typed).rows] == [permit.number], typed
        assert permits(s, typed="不存在").rows == []
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DESK)
    with reading(stranger) as s:
        assert permits(s).rows == []
        with pytest.raises(Refused, match="^没有找到这张停车证"):
            permit_line(s, permit.id)


@pytest.mark.requirement("K1")
@pytest.mark.requirement("X6")
def test_card_and_agreement_say_that_the_car_is_not_kept():
    office = a_home()
    permit = a_permit(office, plates="冀R12345 京A88888")
    for kind in ("parking_permit", "parking_agreement"):
        with writing(office.desk) as s:
            paper = issuing.issue(s, kind, permit.id, printing.pdf, refuse=printing.refuse_unprintable)
        _name, content = handing_out.opened(office.desk, paper.id)
        text = words(content)
        for said in (permit.number, "冀R12345", "京A88888", office.space.code, "不负责车辆的保管"):
            assert said in text, (kind, said, text)
