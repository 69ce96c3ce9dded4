"""Violations in renovation: found, ordered, corrected, looked at again; refused ones reported, nobody fined (D3)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from db.cases import CaseLink, case_by_id
from db.clock import moment_of, pretending
from db.dossiers import site_links
from db.dossiers.site_checks import POINTS, CheckKind
from db.people import Role
from db.process import missing_for, open_case, perform
from db.processes import PROCESSES
from db.processes.renovations import Renovation
from db.processes.violations import PROCESS, Kind, State, Violation
from db.refused import Conflict, Refused
from db.session import reading, writing
from tests.builders import an_office
from tests.dossiers import a_renovation

pytestmark = pytest.mark.usefixtures("engine")
DAY = date(2026, 9, 1)
ORDER = {
    "correct_by": DAY + timedelta(days=3), "measures": "恢复原墙体并加固", "given": "in_person", "given_to": "张工长",
}  # fmt: skip


@pytest.fixture
def office(engine):
    return an_office()


class Acting:
    """Write as somebody, some days after the first of September 2026, at nine."""

    def __init__(self, who, days=0):
        self.clock = pretending(moment_of(DAY + timedelta(days=days)) + timedelta(hours=9))
        self.session = writing(who)

    def __enter__(self):
        self.clock.__enter__()
        return self.session.__enter__()

    def __exit__(self, *told):
        try:
            return self.session.__exit__(*told)
        finally:
            self.clock.__exit__(*told)


def works_of(office):
    """Make a renovation at work, whatever its papers."""
    with Acting(office.desk) as s:
        case = a_renovation(s, office)
    with Acting(office.desk) as s:
        table = Renovation.__table__.metadata.tables["cases"]
        s.execute(table.update().where(table.c.id == case.id).values(state="working"))
    return case


def a_violation(s, office, **values):
    told = {"unit_id": office.unit.id, "kind": "structure", "words": "客厅北墙开洞约 80 cm"}
    return open_case(s, "violations", told | values)


def look(case, model=Violation):
    with reading(Acting.somebody) as s:
        return s.scalars(select(model).where(model.id == case.id)).one()


@pytest.fixture(autouse=True)
def _somebody(office):
    Acting.somebody = office.supervisor


@pytest.mark.requirement("D3")
def test_a_violation_is_ordered_corrected_and_looked_at_again(office):
    works = works_of(office)
    with Acting(office.steward) as s:
        case = a_violation(s, office)
        assert s.execute(select(CaseLink.case_id, CaseLink.other_id, CaseLink.kind)).all() == [
            (case.id, works.id, "violation")
        ]
        assert (case.state, case.grave, case.customer_id) == ("found", True, office.customer.id)
        perform(s, case.id, "order", ORDER | {"stops_works": True})
    assert look(works, Renovation).state == "stopped"
    with Acting(office.steward, 1) as s:
        assert [str(each) for each in missing_for(s, case_by_id(s, works.id), _action("renovations", "resume"))] == [
            f"违章整改单 {case.number} 还没有办结。"
        ]
        perform(s, case.id, "correct", {"correction": "已砌筑恢复"})
        perform(s, case.id, "fail_recheck", {"correct_by": DAY + timedelta(days=5), "note": "没有加固"})
    assert (look(case).state, look(case).failed, look(case).correct_by) == (State.ORDERED, 1, date(2026, 9, 6))
    with Acting(office.steward, 4) as s:
        perform(s, case.id, "correct", {"correction": "已按设计加固"})
        perform(s, case.id, "pass_recheck", {"note": "合格"})
        perform(s, works.id, "resume", {"note": "整改合格"})
    assert (look(case).state, look(case).closed_on) == (State.DONE, date(2026, 9, 5))
    assert look(works, Renovation).state == "working"


def _action(process, name):
    return PROCESSES[process].action(name)


@pytest.mark.requirement("D3")
def test_what_is_refused_is_reported_to_the_authority(office):
    works = works_of(office)
    with Acting(office.steward) as s:
        case = a_violation(s, office)
        perform(s, case.id, "order", ORDER)
        with pytest.raises(Refused, match="^“报告主管部门”不在您的权限内。$"):
            perform(s, case.id, "report", {})
    report = {"authority": "综合执法局", "reported_on": DAY + timedelta(days=4), "report_document": "物报〔2026〕3 号"}
    with Acting(office.supervisor, 4) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "report", report | {"reported_on": DAY - timedelta(days=1)})
    assert refused.value.problems == {"reported_on": "报告日期要在发现之后，且不晚于今天。"}
    with Acting(office.supervisor, 4) as s:
        perform(s, case.id, "report", report)
        assert [each.id for each in site_links.open_violations(s, works.id)] == [case.id]
        perform(s, case.id, "answer", {"authority_answer": "已立案"})
    with Acting(office.desk, 5) as s, pytest.raises(Refused, match="不在您的权限内"):
        perform(s, case.id, "hand_over", {"authority_answer": "已立案", "note": "移交"})
    with Acting(office.director, 5) as s:
        perform(s, case.id, "hand_over", {"authority_answer": "已立案查处", "note": "由部门处理"})
        assert site_links.open_violations(s, works.id) == []
    said = look(case)
    assert (said.state, said.authority, said.report_document) == (State.DONE, "综合执法局", "物报〔2026〕3 号")


@pytest.mark.requirement("D3", "D4")
def test_works_are_not_accepted_over_an_open_violation(office):
    works = works_of(office)
    good = dict.fromkeys(POINTS[CheckKind.ACCEPTANCE], "good")
    with Acting(office.steward) as s:
        case = a_violation(s, office, kind="waste")
        perform(s, works.id, "start_water_test", {"wet_place": "主卫"})
    with Acting(office.steward, 2) as s:
        perform(s, works.id, "end_water_test", {"water_result": "tight", "neighbour": "楼下看过"})
        perform(s, works.id, "complete")
        with pytest.raises(Refused, match=f"^还不能验收合格：违章整改单 {case.number} 还没有办结。$"):
            perform(s, works.id, "accept", good)
    with Acting(office.supervisor, 2) as s:
        perform(s, case.id, "void", {"note": "查实为别家垃圾"})
        perform(s, works.id, "accept", good)
    assert look(works, Renovation).state == "accepted"


@pytest.mark.requirement("D3")
def test_works_that_nobody_declared_are_a_violation_of_their_own(office):
    with Acting(office.steward) as s, pytest.raises(Refused) as refused:
        a_violation(s, office)
    assert refused.value.problems == {
        "kind": "这套房屋没有在办的装修；没有申报就施工的，请选“未申报施工”。"
    }  # fmt: skip
    with Acting(office.steward) as s:
        case = a_violation(s, office, kind="undeclared")
        assert site_links.renovation_of(s, case.id) is None
        with pytest.raises(Refused) as refused:
            a_violation(s, office, kind="undeclared", renovation_number="ZS-20260901-999")
    assert refused.value.problems == {"renovation_number": "这套房屋没有装修单 ZS-20260901-999，请核对。"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"correct_by": DAY - timedelta(days=1)}, {"correct_by": "整改期限不能早于今天。"}),
        ({"given_to": ""}, {"given_to": "当面送达的请填写签收人；拒签的请选“拒签”。"}),
        ({"measures": ""}, {"measures": "请填写整改要求。"}),
    ],
)
def test_an_order_that_says_too_little_is_refused(office, changed, problem):
    works_of(office)
    with Acting(office.steward) as s:
        case = a_violation(s, office)
    with Acting(office.steward) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "order", ORDER | changed)
    assert refused.value.problems == problem
    assert look(case).state == State.FOUND


@pytest.mark.requirement("X7")
def test_of_two_who_order_the_second_is_told_and_strangers_may_not(office):
    works_of(office)
    with Acting(office.steward) as s:
        case = a_violation(s, office)
    for _press in range(2):
        with Acting(office.steward) as s:
            perform(s, case.id, "order", ORDER | {"given": "refused_to_sign", "given_to": ""}, token="t", version=1)
    with Acting(office.desk) as s, pytest.raises(Conflict, match="赵强"):
        perform(s, case.id, "order", ORDER, version=1)
    with Acting(office.guard) as s, pytest.raises(Refused, match="^您不能登记装修违章整改"):
        a_violation(s, office)


@pytest.mark.requirement("D3")
def test_nothing_fines_or_cuts(office):
    """The office may persuade, order in writing and report; no word of the process offers more."""
    words = [str(each.label) for key in ("renovations", "violations") for each in PROCESSES[key].actions]
    words += [str(each.confirm or "") for key in ("renovations", "violations") for each in PROCESSES[key].actions]
    words += [str(each.label) for each in Kind] + [str(each.label) for each in PROCESS.states]
    assert [each for each in words if any(bad in each for bad in ("罚", "断水", "断电", "停水", "停电", "扣留"))] == []
    assert all(Role.GUARD not in each.roles for each in PROCESS.actions), "guards collect and order nothing"
