"""The papers of handing over: each point with its result, what was handed out, what the plates say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from components.papers.printing import pdf
from db.clock import moment_of, pretending
from db.dossiers import cards, handover_readings, inspections, plates
from db.dossiers.handover_readings import Direction, Typed
from db.dossiers.inspections import InspectionKind, PointResult
from db.ledger.tables import FeeKind
from db.papers import contents, issuing
from db.papers.registry import KINDS
from db.people import SYSTEM
from db.processes.repairs import Repair
from db.refused import Refused
from db.session import reading, writing
from tests.dossiers import a_move_in, a_park
from tests.money import a_fee_item, a_meter, a_till
from tests.papers.made import words

pytestmark = pytest.mark.usefixtures("sqlite_engine")
DAY = date(2026, 11, 20)
NOON = moment_of(DAY) + timedelta(hours=12)


@pytest.fixture(autouse=True)
def _the_day():
    with pretending(NOON):
        yield


def rows(paper, table=0):
    return [each["cells"] for each in paper["tables"][table]["rows"]]


def walked(s, case, **defects):
    inspection = inspections.begin(s, case.id, InspectionKind.IN)
    left = dict(defects)
    results = {}
    for each in inspections.points_of(s, inspection.id):
        note = left.pop(each.label, "")
        results[each.id] = (PointResult.DEFECT, note) if note else (PointResult.OK, "")
    inspections.note(s, inspection.id, results)
    return inspection


@pytest.mark.requirement("I4")
def test_the_sheet_names_every_point_its_defects_repairs_and_meters():
    park = a_park()
    with writing(SYSTEM) as s:
        meter = a_meter(s, park.unit, a_fee_item(s, park.payee, FeeKind.POWER, name="电费"), "D-1")
    with writing(park.steward) as s:
        case = a_move_in(s, park, contract_id=park.lease.id)
        with pytest.raises(Refused) as refused:
            issuing.issue(s, "inspection_sheet", case.id, lambda *_told: b"")
        assert "还没有验房" in refused.value.message
        inspection = walked(s, case, 玻璃幕墙="左下角划痕")
        handover_readings.take(s, case.id, {meter.id: Typed("12.5")}, Direction.IN)
        inspections.sign(s, inspection.id, "林经理", DAY)
        repair = s.scalars(select(Repair)).one()
        paper = issuing.preview(s, "inspection_sheet", case.id)
        assert (len(rows(paper)), rows(paper)[0]) == (31, ["1", "出入口", "入户门与地弹簧", "合格", ""])
        assert rows(paper)[3] == ["4", "外围", "玻璃幕墙", "有缺陷", f"左下角划痕；报修单 {repair.number}"]
        assert rows(paper, 1) == [["电费", "D-1", "12.50", "2026-11-20"]]
        assert [each.kind.key for each in issuing.offers(s, "move_ins", case.id) if "inspection" in each.kind.key] == [
            "inspection_sheet"
        ]
        issued = issuing.issue(s, "inspection_sheet", case.id, pdf)
        text = words(pdf("form", {"papers": [issued.data]}))
        assert text.count("合格") >= 30
        assert "左下角划痕" in text
        assert "共31项，结果如下，缺陷1处" in text


@pytest.mark.requirement("O2")
def test_giving_back_stands_beside_taking_over_and_names_what_got_worse():
    till = a_till()
    with writing(till.desk) as s:
        case = a_move_in(s, till)
        inspections.sign(s, walked(s, case, 猫眼门铃="门铃不响").id, "吴学文", DAY)
        out = inspections.begin(s, case.id, InspectionKind.OUT)
        results = {
            each.id: (PointResult.DEFECT, "锁坏") if each.label in {"门锁钥匙", "猫眼门铃"} else (PointResult.OK, "")
            for each in inspections.points_of(s, out.id)
        }
        inspections.note(s, out.id, results)
        paper = contents.content(s, KINDS["exit_inspection_sheet"], case)
        assert rows(paper)[:3] == [
            ["1", "入户门", "门扇门框", "合格", "合格", ""],
            ["2", "入户门", "门锁钥匙", "合格", "有缺陷", "锁坏"],
            ["3", "入户门", "猫眼门铃", "有缺陷：门铃不响", "有缺陷", "锁坏"],
        ]
        assert rows(paper, 1) == [["1", "入户门 门锁钥匙", "合格", "锁坏", ""]]


@pytest.mark.requirement("A2", "I5")
def test_receipts_and_the_plate_application_say_what_was_handed_out_and_ordered():
    park = a_park()
    with writing(park.desk) as s:
        case = a_move_in(s, park, contract_id=park.lease.id)
        cards.hand_out(s, park.unit.id, "key", count=3, customer_id=park.customer.id, case_id=case.id)
        card = cards.hand_out(s, park.unit.id, "access_card", "8801", holder="林经理", case_id=case.id)
        paper = issuing.preview(s, "key_receipt", case.id)
        assert rows(paper) == [
            ["1", "钥匙", "", "3", "廊坊云图科技有限公司", "2026-11-20 12:00"],
            ["2", "门禁卡", "8801", "1", "林经理", "2026-11-20 12:00"],
        ]
        single = issuing.issue(s, "card_receipt", card.id, pdf)
        assert (rows(single.data), single.unit_id) == (
            [["1", "门禁卡", "8801", "1", "林经理", "2026-11-20 12:00"]], park.unit.id,
        )  # fmt: skip
        made = plates.apply(s, case.id, plates.PlateKind, "云图科技", "YUNTU")
        plates.order(s, [each.id for each in made], "180", park.item.id)
        paper = issuing.preview(s, "plate_application", case.id)
        assert rows(paper) == [
            ["1", "大堂名牌", "云图科技", "YUNTU", "180.00"], ["2", "楼层水牌", "云图科技", "YUNTU", "180.00"]
        ]  # fmt: skip
        assert (paper["total"], paper["capitals"]) == ("360.00", "叁佰陆拾元整")


def test_a_blank_sheet_has_the_points_on_it_already():
    park = a_park()
    with reading(park.desk) as s:
        paper = contents.blank(s, KINDS["inspection_sheet"], park.estate.id)
        assert (len(rows(paper)), rows(paper)[3]) == (31, ["4", "外围", "玻璃幕墙", "", ""])
        assert rows(contents.blank(s, KINDS["plate_application"], park.estate.id)) == [
            ["1", "大堂名牌", "", "", ""], ["2", "楼层水牌", "", "", ""]
        ]  # fmt: skip
