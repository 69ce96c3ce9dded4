"""The one window: what each formality needs and costs, where it stands, and what is handed over."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from components.papers import guides, printing
from db import checklist_changes, parking_permits, settings
from db.audit import Audit
from db.checklists import ItemKind, Wanted
from db.clock import today
from db.dossiers import one_window, renovation_money, window_templates
from db.dossiers.one_window import Asked, guide, may_take_in, templates_of, under_way, visitor
from db.dossiers.window_results import PaperHandover, hand_over, results_of
from db.ledger.tables import Basis, FeeKind
from db.papers import issuing
from db.people import SYSTEM
from db.process import open_case, perform
from db.processes.goods_passes import open_and_issue, open_pass
from db.refused import Refused
from db.registry import EstateKind, ParkingTenure, Relation
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_unit, an_actor, an_estate, an_occupancy, an_office
from tests.money import a_bill, a_fee_item, a_payee, a_space, a_tariff
from tests.papers.made import words

pytestmark = pytest.mark.usefixtures("engine")


def a_home():
    """Make an office whose customer owns his home of 100 m², let to a tenant; a fee of 2.20 and parking of 260."""
    office = an_office()
    with writing(SYSTEM) as s:
        office.unit = a_unit(s, office.building, room="201", area=Decimal(100))
        an_occupancy(s, office.unit, office.customer)
        office.tenant = a_customer(s, office.estate, "沈南")
        an_occupancy(s, office.unit, office.tenant, Relation.TENANT)
        office.payee = a_payee(s, office.estate, "物业公司")
        office.fee = a_fee_item(s, office.payee)
        a_tariff(s, office.fee, "2.20")
        a_tariff(s, a_fee_item(s, office.payee, FeeKind.PARKING, "停车费"), "260", basis=Basis.FIXED)
    return office


def a_suite():
    """Make a park with a suite of 148 m², rent 38.00 and fee 6.00."""
    office = an_office()
    with writing(SYSTEM) as s:
        office.estate = an_estate(s, kind=EstateKind.PARK)
        office.unit = a_unit(s, a_building(s, office.estate, "A"), entrance="", room="1201", area=Decimal(148))
        payee = a_payee(s, office.estate)
        a_tariff(s, a_fee_item(s, payee, FeeKind.RENT), "38.00")
        a_tariff(s, a_fee_item(s, payee), "6.00")
        office.desk = an_actor(s, [office.estate], *office.desk.roles)
    return office


def asked_of(office, customer=None):
    return Asked(office.estate.id, office.unit.id, (customer or office.customer).id)


def costs_of(found):
    return [(str(each.label), each.amount) for each in found.costs]


@pytest.mark.requirement("S11")
def test_every_formality_says_what_it_needs_costs_and_takes():
    office = a_home()
    with reading(office.desk) as s:
        for each in one_window.FORMALITIES:
            for asked in (Asked(office.estate.id), asked_of(office)):
                found = guide(s, each.key, asked)
                assert found.bring, each.key
                assert found.costs, each.key
                assert str(found.time)
        assert str(guide(s, "invoice", asked_of(office)).time) == "资料齐全后 3 天内"
        assert str(guide(s, "parking", asked_of(office)).time) == "资料齐全，当场办结"


@pytest.mark.requirement("S11")
def test_what_a_park_tenant_pays_on_entry_is_what_the_ledger_counts():
    office = a_suite()
    with reading(office.desk) as s:
        found = guide(s, "move_in", Asked(office.estate.id, office.unit.id))
        assert costs_of(found) == [
            ("房租押金", Decimal("16872.00")), ("物业管理费保证金", Decimal("2664.00")),
            ("首期房租", Decimal("5624.00")), ("首期物业管理费", Decimal("888.00")),
        ]  # fmt: skip
        assert sum(each.amount for each in found.costs) == Decimal("26048.00")
        assert [each.back for each in found.costs] == [True, True, False, False]
        rules = guide(s, "move_in", Asked(office.estate.id)).costs
        assert [str(each.said) for each in rules] == [
            "相当于 3 个月房租", "相当于 3 个月物业管理费", "1 个月，按合同", "1 个月，按合同",
        ]  # fmt: skip
        assert costs_of(guide(s, "renovation", Asked(office.estate.id, office.unit.id))) == [
            ("装修押金", Decimal("2960.00"))
        ]
        (rule,) = guide(s, "renovation", Asked(office.estate.id)).costs
        assert str(rule.said) == "每平方米 20 元，验收合格后退还"


@pytest.mark.requirement("S11")
def test_a_homes_sums_are_exact_and_fees_never_hold_the_keys():
    office = a_home()
    with writing(SYSTEM) as s:
        a_bill(s, office.unit, office.fee, "220.00", today().replace(day=1), clause=False)
    with reading(office.desk) as s:
        free, monthly = guide(s, "move_in", asked_of(office)).costs
        assert (free.amount, str(free.said)) == (Decimal(0), "不收费；交钥匙不以预交物业费为条件")
        assert (str(monthly.label), monthly.amount) == ("物业管理费（每月，可自愿预存）", Decimal("220.00"))
        assert costs_of(guide(s, "renovation", asked_of(office))) == [("装修押金", Decimal("2000.00"))]
        assert ("地下停车位（出租）", Decimal("260.00")) in costs_of(guide(s, "parking", asked_of(office)))
        assert costs_of(guide(s, "payment", asked_of(office))) == [("应缴 物业公司", Decimal("220.00"))]
        assert costs_of(guide(s, "move_out", asked_of(office))) == [("应补缴 物业公司", Decimal("220.00"))]
        assert [str(each.said) for each in guide(s, "goods", asked_of(office)).costs] == ["不收费"]
    with writing(office.director) as s:
        settings.change(s, renovation_money.DEPOSIT_HOME, office.estate.id, 0)
        settings.change(s, renovation_money.PASS_DEPOSIT, office.estate.id, 50)
        changed = costs_of(guide(s, "renovation", asked_of(office)))
        assert changed == [("装修押金", Decimal(0)), ("出入证押金", Decimal(50))]


@pytest.mark.requirement("S11")
def test_the_kind_that_fits_the_customer_comes_first_and_papers_are_the_templates():
    office = a_home()
    with reading(office.desk) as s:
        for customer, first in ((office.customer, "move_ins.owner"), (office.tenant, "move_ins.tenant")):
            assert templates_of(s, "move_in", asked_of(office, customer))[0].key == first
        found = guide(s, "move_in", asked_of(office), "move_ins.tenant")
        assert found.template.key == "move_ins.tenant"
        assert [each.key for each in guide(s, "renovation", asked_of(office)).sign] == [
            "application", "agreement", "notice", "handbook",
        ]  # fmt: skip
    template = window_templates.GOODS
    own = [Wanted("list", ItemKind.PAPER, "盖章的物品清单", ask="两份")]
    with writing(office.director) as s:
        checklist_changes.keep(s, office.estate.id, template.key, own)
        bring = guide(s, "goods", asked_of(office)).bring
        assert [(str(each.label), str(each.ask)) for each in bring] == [("盖章的物品清单", "两份")]


@pytest.mark.requirement("S11")
def test_where_a_formality_stands_and_what_it_still_lacks():
    office = a_home()
    with writing(office.desk) as s:
        assert under_way(s, office.unit.id) == []
        goods = {"unit_id": office.unit.id, "customer_id": office.tenant.id, "taker": "self", "goods": "沙发 1 件"}
        case = open_pass(s, goods | {"purpose": "removal"})
        (one,) = under_way(s, office.unit.id)
        assert (one.number, one.title, one.state, one.customer) == (case.number, "物品放行", "待业主答复", "沈南")
        assert (one.wanted, one.missing, one.next_step, one.mine) == (0, (), "登记业主答复", True)
        perform(s, case.id, "tell_owner", {"owner_answer": "refuses", "owner_channel": "phone"})
        (one,) = under_way(s, office.unit.id)
        assert (one.state, one.next_step, one.mine) == ("待主管决定", "同意放行", False)
    with reading(office.supervisor) as s:
        assert under_way(s, office.unit.id)[0].mine is True


@pytest.mark.requirement("S11")
def test_a_dossiers_checklist_says_what_is_missing():
    office = a_home()
    with writing(office.desk) as s:
        vacant = a_unit(s, office.building, room="301", area=Decimal(90))
        told = {"unit_id": vacant.id, "customer_id": office.customer.id, "starts_on": today(), "template": "owner"}
        case = open_case(s, "move_ins", told)
        (one,) = under_way(s, vacant.id)
        assert (one.number, one.done < one.wanted) == (case.number, True)
        assert "业主身份证明" in one.missing


def a_paper(office):
    """Issue the owner's goods pass and its paper."""
    with writing(office.desk) as s:
        goods = {"unit_id": office.unit.id, "customer_id": office.customer.id, "taker": "self", "goods": "沙发 1 件"}
        case = open_and_issue(s, goods)
        return issuing.issue(s, "goods_release", case.id, printing.pdf)


@pytest.mark.requirement("S11")
def test_papers_lie_ready_until_the_customer_takes_them():
    office = a_home()
    paper, void = a_paper(office), a_paper(office)
    with writing(office.desk) as s:
        issuing.void(s, void.id, "写错")
        assert [(each.number, each.title, each.to_sign) for each in results_of(s, office.unit.id)] == [
            (paper.number, "物品放行条", False)
        ]
        assert hand_over(s, [paper.id], " 吴学文 ") == 1
        assert hand_over(s, [paper.id], "吴学文") == 0
        assert results_of(s, office.unit.id) == []
    with reading(SYSTEM) as s:
        assert s.scalars(select(PaperHandover.taken_by)).all() == ["吴学文"]
        assert s.scalars(select(Audit.after).where(Audit.act == "handed_over")).all() == [
            {"number": paper.number, "taken_by": "吴学文"}
        ]


def test_the_window_from_the_wrong_side():
    office = a_home()
    paper, void = a_paper(office), a_paper(office)
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], *office.desk.roles)
    with writing(office.desk) as s:
        issuing.void(s, void.id, "写错")
    for who, ids, name, sentence in (
        (office.desk, [], "吴学文", "请先勾选领取的单据。"),
        (office.desk, [paper.id], " ", "请填写领取人。"),
        (office.desk, [void.id], "吴学文", f"{void.number} 已作废，不能交给客户。"),
        (stranger, [paper.id], "吴学文", "没有找到这张单据。"),
        (office.guard, [paper.id], "吴学文", "一站式服务由客户服务中心办理。"),
    ):
        with pytest.raises(Refused) as refused, writing(who) as s:
            hand_over(s, ids, name)
        assert refused.value.message == sentence
    with reading(SYSTEM) as s:
        assert s.scalars(select(PaperHandover.id)).all() == []
    for who, what, sentence in (
        (office.guard, "goods", "一站式服务由客户服务中心办理。"),
        (stranger, "goods", "没有找到这套房屋，或不在您负责的项目内。"),
        (office.desk, "nothing", "没有这项手续。"),
    ):
        with pytest.raises(Refused) as refused, reading(who) as s:
            guide(s, what, asked_of(office))
        assert refused.value.message == sentence
    for who in (stranger, office.guard):
        with pytest.raises(Refused), reading(who) as s:
            visitor(s, office.unit.id)
    assert may_take_in(office.desk, one_window.BY_KEY["goods"]) is True
    assert may_take_in(office.guard, one_window.BY_KEY["goods"]) is False


def test_a_paper_to_be_signed_is_not_handed_over_before():
    office = a_home()
    with writing(office.desk) as s:
        space = a_space(s, office.estate, ParkingTenure.FREE)
        told = {"unit_id": office.unit.id, "customer_id": office.customer.id, "space_id": space.id}
        told |= {"plates": "冀R12345", "starts_on": today(), "ends_on": today()}
        permit = parking_permits.issue(s, told)
        paper = issuing.issue(s, "parking_agreement", permit.id, printing.pdf)
        assert [(each.title, each.to_sign) for each in results_of(s, office.unit.id)] == [("车位租用协议", True)]
        with pytest.raises(Refused) as refused:
            hand_over(s, [paper.id], "吴学文")
        assert refused.value.message == f"{paper.number} 还没有登记签收，请客户先签字。"
        issuing.record_signature(s, paper.id, "吴学文", today())
        assert hand_over(s, [paper.id], "吴学文") == 1


@pytest.mark.requirement("S11")
@pytest.mark.requirement("X6")
def test_the_guide_is_printed_for_the_customer_at_the_window():
    office = a_home()
    query = {"estate": str(office.estate.id), "unit": str(office.unit.id), "customer": str(office.tenant.id)}
    printed = guides.formality_guide(office.desk, "renovation", query)
    assert printed.name == "办事指南 租户装修申报.pdf"
    text = words(printed.content)
    for said in ("业主同意装修的书面证明", "装饰装修管理服务协议", "2,000.00", "资料齐全后3天内", office.unit.short):
        assert said in text, said
    for each in one_window.FORMALITIES:
        assert guides.formality_guide(office.desk, each.key, {"estate": str(office.estate.id)}).content[:4] == b"%PDF"
    with pytest.raises(Refused, match="^一站式服务由客户服务中心办理。$"):
        guides.formality_guide(office.guard, "goods", query)
