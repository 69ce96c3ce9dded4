"""The register of documents: who finds what, until when it is kept, how it is destroyed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, select

from db import approvals, clock, document_removals, documents, settings
from db.approvals import Verdict
from db.audit import Audit
from db.document_categories import KEEP_YEARS, Category
from db.document_lists import Place, Sought, Wanted, file_under, listed, uploaders
from db.document_removals import ask, due_for_removal, hold, sweep
from db.document_retention import later, standings, time_is_over
from db.documents import Document, Owner
from db.jobs import run_due
from db.people import SYSTEM, Role
from db.process import perform
from db.refused import Refused
from db.registry import Contract, ContractKind, Firm, FirmKind
from db.session import reading, writing
from db.uploads import checked
from tests import builders
from tests.test_documents import PDF, an_issued_paper

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 10, tzinfo=clock.ZONE)


@pytest.fixture
def office(engine):
    with clock.pretending(NOW):
        yield builders.an_office()


def a_contract(s, office, **columns):
    told = {"number": "HT-2024-001", "kind": ContractKind.LEASE, "customer_id": office.customer.id,
            "unit_id": office.unit.id, "starts_on": date(2024, 1, 1), "ends_on": date(2026, 12, 31)}  # fmt: skip
    contract = Contract(estate_id=office.estate.id, **(told | columns))
    s.add(contract)
    s.flush()
    return contract


def file(who, owner, name="图纸.pdf", content=b"", at=None, **told):
    """File a document at a moment; returns its id."""
    with clock.pretending(at or clock.now()), writing(who) as s:
        return documents.add(s, checked(PDF + name.encode() + content, name), owner, **told)


def names(who, **wanted):
    with reading(who) as s:
        return [row.name for row in listed(s, Wanted(**wanted)).rows]


def years_ago(years, day=NOW):
    return day.replace(year=day.year - years)


# ── found ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def filed(office):
    """File one document with each: the matter, the unit, the customer, the contract, a firm."""
    with writing(office.desk) as s:
        office.case = builders.a_complaint(s, office, customer_id=office.customer.id)
    with writing(SYSTEM) as s:
        office.contract = a_contract(s, office)
        office.firm = Firm(estate_id=office.estate.id, name="迅达电梯", kind=FirmKind.LIFT)
        office.other_unit = builders.a_unit(s, office.building, room="102")
        s.add(office.firm)
        s.flush()
    owners = {
        "现场.pdf": (office.desk, Owner(case_id=office.case.id)),
        "户型平面图.pdf": (office.steward, Owner(unit_id=office.unit.id)),
        "身份证.pdf": (office.desk, Owner(customer_id=office.customer.id)),
        "租赁合同.pdf": (office.supervisor, Owner(contract_id=office.contract.id)),
        "维保资质.pdf": (office.supervisor, Owner(firm_id=office.firm.id)),
        "水电图纸.pdf": (office.desk, Owner(unit_id=office.other_unit.id)),
    }
    for n, (name, (who, owner)) in enumerate(owners.items()):
        file(who, owner, name, at=NOW - timedelta(days=9 - n))
    return office


@pytest.mark.requirement("R6", "R5")
def test_what_is_kept_with_a_matter_is_found_under_its_unit_and_customer(filed):
    assert names(filed.desk, unit_id=filed.unit.id) == ["租赁合同.pdf", "户型平面图.pdf", "现场.pdf"]
    assert names(filed.desk, customer_id=filed.customer.id) == ["租赁合同.pdf", "身份证.pdf", "现场.pdf"]
    assert names(filed.desk, unit_id=filed.other_unit.id) == ["水电图纸.pdf"]


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("图", ["水电图纸.pdf", "户型平面图.pdf"]),
        ("1-1-102", ["水电图纸.pdf"]),
        ("吴学文", ["租赁合同.pdf", "身份证.pdf", "现场.pdf"]),
        ("HT-2024-001", ["租赁合同.pdf"]),
        ("查无此物", []),
        ("100%", []),
    ],
)
def test_a_document_is_found_by_name_unit_customer_or_number(filed, typed, found):
    assert names(filed.desk, typed=typed) == found


@pytest.mark.requirement("R6")
def test_it_is_found_by_category_day_number_and_who_brought_it(filed):
    assert names(filed.desk, typed=filed.case.number.lower()) == ["现场.pdf"]
    assert names(filed.desk, category=Category.DRAWING) == ["水电图纸.pdf", "户型平面图.pdf"]
    assert names(filed.desk, first=TODAY - timedelta(days=8), last=TODAY - timedelta(days=7)) == [
        "身份证.pdf", "户型平面图.pdf",
    ]  # fmt: skip
    assert names(filed.desk, uploaded_by=filed.steward.user_id) == ["户型平面图.pdf"]
    assert names(filed.desk, contract_id=filed.contract.id) == ["租赁合同.pdf"]
    assert names(filed.desk, sought=Sought.PERSONAL) == ["身份证.pdf"]
    with reading(filed.desk) as s:
        assert uploaders(s, filed.desk.estates) == {
            filed.supervisor.user_id: "周颖", filed.desk.user_id: "王芳", filed.steward.user_id: "赵强",
        }  # fmt: skip


@pytest.mark.requirement("R6")
def test_each_row_says_where_it_belongs_and_leads_there(filed):
    with reading(filed.desk) as s:
        places = {row.name: row.places for row in listed(s, Wanted()).rows}
    unit = Place("1-1-101", "customers", {"unit": str(filed.unit.id)})
    customer = Place("吴学文", "customers", {"customer": str(filed.customer.id)})
    assert places == {
        "现场.pdf": (Place(filed.case.number, "complaints", {"case": filed.case.number}), unit, customer),
        "户型平面图.pdf": (unit,),
        "身份证.pdf": (customer,),
        "租赁合同.pdf": (Place("HT-2024-001", "contracts", {"contracts.id": str(filed.contract.id)}), unit, customer),
        "维保资质.pdf": (Place("迅达电梯", "contracts", {"what": "firms", "firms.id": str(filed.firm.id)}),),
        "水电图纸.pdf": (Place("1-1-102", "customers", {"unit": str(filed.other_unit.id)}),),
    }


@pytest.mark.requirement("R6", "X3")
def test_pages_follow_each_other_without_gap_and_the_total_is_counted(filed):
    with reading(filed.desk) as s:
        whole = [row.id for row in listed(s, Wanted()).rows]
        first = listed(s, Wanted(), limit=2)
        second = listed(s, Wanted(), older=first.older, limit=2)
        third = listed(s, Wanted(), older=second.older, limit=2)
        back = listed(s, Wanted(), newer=third.newer, limit=2)
    pages = (first, second, third)
    assert [row.id for page in pages for row in page.rows] == whole
    assert [page.total for page in pages] == [6, 6, 6]
    assert (first.newer, third.older) == (None, None)
    assert [row.id for row in back.rows] == whole[2:4]


@pytest.mark.requirement("X3")
def test_a_longer_list_asks_no_more_questions(filed):
    counts = []
    for limit in (1, 6):
        asked = []
        with reading(filed.desk) as s:
            event.listen(s.get_bind(), "before_cursor_execute", lambda *told, to=asked: to.append(told[2]))
            listed(s, Wanted(), limit=limit)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.requirement("R6", "X2")
def test_the_register_shows_exactly_what_the_door_opens(filed):
    with writing(filed.desk) as s:
        about = builders.a_complaint(s, filed, about_user_id=filed.supervisor.user_id)
        given = builders.a_repair(s, filed)
        perform(s, given.id, "dispatch", {"technicians": (filed.technician.user_id,), "charge_kind": "free"})
    with writing(SYSTEM) as s:
        elsewhere = builders.an_estate(s)
        stranger = builders.an_actor(s, [elsewhere], Role.DIRECTOR)
    file(filed.desk, Owner(case_id=about.id), "关于主管.pdf")
    file(filed.desk, Owner(case_id=given.id), "维修现场.pdf")
    gone = file(filed.desk, Owner(unit_id=filed.unit.id), "传错了.pdf")
    with writing(filed.desk) as s:
        documents.take_away(s, gone)
        every = list(s.scalars(select(Document.id)))
    seen = {}
    for who in (filed.desk, filed.supervisor, filed.technician, filed.other_technician, filed.guard, stranger):
        with reading(who) as s:
            shown = {row.id for row in listed(s, Wanted()).rows}
        opened = set()
        for key in every:
            try:
                documents.open_for(who, key)
            except Refused:
                continue
            opened.add(key)
        assert shown == opened
        seen[who.name] = len(shown)
    assert list(seen.values()) == [8, 7, 1, 0, 0, 0]


@pytest.mark.requirement("R4", "R6")
def test_a_personal_one_opened_from_the_register_is_logged(filed):
    with reading(filed.supervisor) as s:
        [row] = listed(s, Wanted(sought=Sought.PERSONAL)).rows
    assert row.personal
    documents.open_for(filed.supervisor, row.address.removeprefix("/documents/"))
    with reading(filed.director) as s:
        log = select(Audit.act, Audit.actor_id).where(Audit.act == "downloaded")
        assert [tuple(each) for each in s.execute(log)] == [("downloaded", filed.supervisor.user_id)]


@pytest.mark.requirement("R6")
def test_a_document_is_put_into_another_category(filed):
    key = file(filed.desk, Owner(unit_id=filed.unit.id), "扫描件.pdf")
    for who in (filed.cashier, filed.works):
        with pytest.raises(Refused) as refused, writing(who) as s:
            file_under(s, key, Category.IDENTITY)
        assert refused.value.message == "只有上传人或档案维护人员可以更改类别。"
    with pytest.raises(Refused) as refused, writing(filed.guard) as s:
        file_under(s, key, Category.IDENTITY)
    assert refused.value.message == "没有找到这个文件，可能已移除，或不在您的工作范围内。"
    with writing(filed.steward) as s:
        file_under(s, key, Category.IDENTITY)
        file_under(s, key, Category.IDENTITY)
    with reading(filed.director) as s:
        row = s.get_one(Document, key)
        assert (row.category, row.personal) == (Category.IDENTITY, True)
        changes = s.scalars(select(Audit.before).where(Audit.act == "changed", Audit.table_name == "documents")).all()
    assert changes == [{"category": "其他"}]


# ── how long ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "years", "until"),
    [
        (date(2020, 2, 29), 1, date(2021, 2, 28)),
        (date(2020, 2, 29), 4, date(2024, 2, 29)),
        (date(2021, 3, 1), 3, date(2024, 3, 1)),
    ],
)
def test_years_are_counted_by_the_calendar(day, years, until):
    assert later(day, years) == until


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("today", [date(2026, 11, 24), date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1)])
def test_the_day_shown_and_the_day_asked_in_the_database_are_the_same(office, today):
    around = [clock.moment_of(today) + timedelta(days=n) for n in (-1, 0, 1)]
    for years in (1, 2, 4):
        for n, day in enumerate(around):
            with clock.pretending(day):
                start = clock.moment_of(later(clock.today(), -years))
            file(office.desk, Owner(unit_id=office.unit.id), f"照片{years}-{n}.pdf", at=start, category=Category.PHOTO)
    for years in (1, 2, 4):
        with clock.pretending(clock.moment_of(today)):
            with writing(office.director) as s:
                settings.change(s, KEEP_YEARS[Category.PHOTO], office.estate.id, years)
            with reading(office.director) as s:
                rows = s.scalars(select(Document)).all()
                shown = {key for key, standing in standings(s, rows).items() if standing.is_over}
                asked = set(s.scalars(select(Document.id).where(time_is_over(s, [office.estate.id]))))
            assert shown == asked
            assert asked


@pytest.mark.requirement("R6")
def test_what_still_runs_is_kept_however_old(filed):
    """Matters open, contracts running, customers still here, firms at work, drawings, papers issued: none is due."""
    old = years_ago(40)
    with clock.pretending(old), writing(filed.desk) as s:
        running = builders.a_complaint(s, filed, customer_id=filed.customer.id)
    with writing(SYSTEM) as s:
        builders.an_occupancy(s, filed.unit, filed.customer, starts_on=date(1980, 1, 1))
    keep = {
        "投诉照片.pdf": Owner(case_id=running.id), "施工图.pdf": Owner(unit_id=filed.unit.id),
        "承诺书.pdf": Owner(customer_id=filed.customer.id), "合同.pdf": Owner(contract_id=filed.contract.id),
        "资质.pdf": Owner(firm_id=filed.firm.id), "出具的单据.pdf": Owner(unit_id=filed.unit.id),
    }  # fmt: skip
    keys = {name: file(filed.supervisor, owner, name, at=old) for name, owner in keep.items()}
    with writing(SYSTEM) as s:
        an_issued_paper(s, filed, running, keys["出具的单据.pdf"])
    with reading(filed.supervisor) as s:
        rows = s.scalars(select(Document).where(Document.id.in_(keys.values())))
        kept = standings(s, list(rows))
        said = {name: (kept[key].until, str(kept[key].why)) for name, key in keys.items()}
        assert due_for_removal(s, filed.estate.id) == ([], 0)
    assert said == {
        "投诉照片.pdf": (None, "在用"), "施工图.pdf": (None, "长期保存"), "承诺书.pdf": (None, "在用"),
        "合同.pdf": (date(2036, 12, 31), "None"), "资质.pdf": (None, "在用"),
        "出具的单据.pdf": (None, "长期保存"),
    }  # fmt: skip


@pytest.mark.requirement("R6")
def test_time_begins_when_what_it_belongs_to_has_ended(filed):
    old = years_ago(40)
    with clock.pretending(old), writing(filed.desk) as s:
        case = builders.a_complaint(s, filed, customer_id=filed.customer.id)
    key = file(filed.desk, Owner(case_id=case.id), "现场照片.pdf", at=old, category=Category.PHOTO)
    signed = file(filed.desk, Owner(case_id=case.id), "确认书.pdf", at=old)
    with clock.pretending(years_ago(4)), writing(filed.supervisor) as s:
        perform(s, case.id, "void", {"note": "重复"})
    with writing(SYSTEM) as s:
        stay = builders.an_occupancy(s, filed.unit, filed.customer, starts_on=date(1980, 1, 1))
    with reading(filed.supervisor) as s:
        assert [each.id for each in due_for_removal(s, filed.estate.id)[0]] == [key]
        rows = s.scalars(select(Document).where(Document.id.in_([key, signed]))).all()
        kept = standings(s, rows)
    assert (kept[key].until, str(kept[signed].why)) == (date(2025, 11, 24), "在用")
    with writing(SYSTEM) as s:
        s.get_one(type(stay), stay.id).ends_on = date(2016, 11, 23)
    with reading(filed.supervisor) as s:
        kept = standings(s, s.scalars(select(Document).where(Document.id == signed)).all())
        assert kept[signed].until == date(2032, 11, 24)


# ── destroyed ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def old(office):
    """File two old photographs of a unit."""
    return [
        file(office.desk, Owner(unit_id=office.unit.id), f"{n}.pdf", at=years_ago(4) + timedelta(hours=n),
             category=Category.PHOTO)
        for n in (1, 2)
    ]  # fmt: skip


def decide(who, verdict=Verdict.GRANTED, note=""):
    with writing(who) as s:
        [waiting] = approvals.waiting_for(s)
        approvals.decide(s, waiting.id, verdict, note)


def lies(key):
    with reading(SYSTEM) as s:
        return documents.path_of(s.get_one(Document, key).sha256).exists()


@pytest.mark.requirement("R6")
def test_documents_past_their_time_are_destroyed_when_the_director_agrees(office, old):
    with writing(office.supervisor) as s:
        assert ([each.id for each in due_for_removal(s, office.estate.id)[0]]) == old
        ask(s, office.estate.id, old, "照片保存满三年")
        assert due_for_removal(s, office.estate.id) == ([], 0)
    with reading(office.director) as s:
        [waiting] = approvals.waiting_for(s)
        [said] = document_removals.APPROVAL.describe(s, [waiting.subject_id]).values()
    assert (said.title, said.what, said.note, said.page) == (
        "档案销毁 2 份", "保存期满，提请销毁 2 份文件，销毁后不能恢复。", "照片保存满三年", "documents",
    )  # fmt: skip
    decide(office.director)
    assert [lies(key) for key in old] == [True, True]
    assert "已销毁保存期满的文件 2 份。" in run_due(NOW)
    assert [lies(key) for key in old] == [False, False]
    with pytest.raises(Refused) as refused:
        documents.open_for(office.desk, old[0])
    assert refused.value.message == "这个文件保存期满，已经批准销毁。"
    with reading(office.director) as s:
        assert listed(s, Wanted()).total == 0
        log = s.scalars(select(Audit).where(Audit.act == "destroyed").order_by(Audit.id)).all()
        assert [(each.actor_id, each.before["name"], each.ground) for each in log] == [
            (office.director.user_id, "1.pdf", "照片保存满三年"), (office.director.user_id, "2.pdf", "照片保存满三年"),
        ]  # fmt: skip
    assert sweep() == 0


@pytest.mark.requirement("R6")
def test_bytes_that_another_document_has_too_stay(office, old):
    with writing(office.desk) as s:
        again = documents.add(s, checked(PDF + b"1.pdf", "另存.pdf"), Owner(customer_id=office.customer.id))
    with writing(office.supervisor) as s:
        ask(s, office.estate.id, old, "满三年")
    decide(office.director)
    assert sweep() == 1
    assert documents.open_for(office.desk, again).path.is_file()
    assert [lies(key) for key in old] == [True, False]


@pytest.mark.requirement("R6")
def test_bytes_filed_anew_after_the_verdict_stay(office, old):
    with writing(office.supervisor) as s:
        ask(s, office.estate.id, old, "满三年")
    decide(office.director)
    again = file(office.desk, Owner(unit_id=office.unit.id), "1.pdf", category=Category.PHOTO)
    assert again not in old
    assert sweep() == 1
    assert documents.open_for(office.desk, again).path.is_file()


@pytest.mark.requirement("R6", "H4")
def test_nobody_destroys_alone_too_early_or_twice(office, old):
    young = file(office.desk, Owner(unit_id=office.unit.id), "3.pdf", category=Category.PHOTO)
    wrong = {
        (office.desk, (old[0],), "满三年"): "您没有“提请销毁保存期满的档案”的权限，如有需要请联系管理处主任。",
        (office.supervisor, (), "满三年"): "请先勾选要销毁的文件。",
        (office.supervisor, (old[0],), "  "): "请写明销毁的依据。",
        (office.supervisor, (old[0], young), "满三年"): "其中 1 份还不能销毁或已经提请，请刷新后重新勾选。",
    }
    for (who, keys, reason), sentence in wrong.items():
        with pytest.raises(Refused) as refused, writing(who) as s:
            ask(s, office.estate.id, keys, reason)
        assert refused.value.message == sentence
    with writing(office.supervisor) as s:
        ask(s, office.estate.id, old, "满三年")
    with pytest.raises(Refused) as refused, writing(office.supervisor) as s:
        ask(s, office.estate.id, old[:1], "满三年")
    assert refused.value.message == "其中 1 份还不能销毁或已经提请，请刷新后重新勾选。"
    with pytest.raises(Refused) as refused, writing(office.supervisor) as s:
        approvals.decide(s, approvals.steps_of(s, document_removals.SUBJECT, 1)[0].id, Verdict.GRANTED)
    assert refused.value.message == "这项审批由管理处主任决定。"
    decide(office.director, Verdict.DENIED, "先留着")
    with reading(office.supervisor) as s:
        assert [each.id for each in due_for_removal(s, office.estate.id)[0]] == old
    assert sweep() == 0


@pytest.mark.requirement("R6")
def test_what_is_needed_again_by_then_is_not_destroyed(office, old):
    with writing(office.supervisor) as s:
        ask(s, office.estate.id, old, "满三年")
        hold(s, old[1], date(2027, 6, 30), "诉讼中")
    with pytest.raises(Refused) as refused:
        decide(office.director)
    assert refused.value.message == (
        "其中 1 份现在不能销毁（所属事项重新办理，或已延长保存），请不同意后重新提请。"
    )
    with reading(office.director) as s:
        rows = s.scalars(select(Document)).all()
        assert [each.destroyed_at for each in rows] == [None, None]
        assert standings(s, rows)[old[1]].until == date(2027, 6, 30)


@pytest.mark.requirement("R6")
def test_a_document_is_held_by_a_leader_with_a_reason_and_a_day_ahead(office, old):
    wrong = {
        (office.desk, date(2027, 1, 1), "诉讼"): "您没有“提请销毁保存期满的档案”的权限，如有需要请联系管理处主任。",
        (office.supervisor, TODAY, "诉讼"): "延长保存的日期要晚于今天。",
        (office.supervisor, date(2027, 1, 1), ""): "请写明原因。",
    }
    for (who, until, reason), sentence in wrong.items():
        with pytest.raises(Refused) as refused, writing(who) as s:
            hold(s, old[0], until, reason)
        assert refused.value.message == sentence
