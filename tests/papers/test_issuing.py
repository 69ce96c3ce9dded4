"""Issuing: numbered and frozen, gates from the wrong side, signed for, void; what was issued never changes."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError

from components.papers import office_papers, printing
from components.papers.printing import pdf, refuse_unprintable
from db import checklists, documents, faults, uploads
from db.audit import Audit
from db.checklists import ChecklistItem, ItemKind, Wanted
from db.clock import now, pretending, today
from db.document_categories import Category
from db.documents import Document
from db.papers import contents, handing_out, issuing, letterheads, registry
from db.papers.kinds import Head, Listed, PaperKind, Said
from db.papers.tables import IssuedPaper
from db.people import SYSTEM, Role
from db.process import open_case, perform
from db.processes.return_visits import Satisfaction
from db.refused import Refused
from db.series import Series
from db.session import reading, writing
from db.uploads import Checked, DocumentKind
from db.words import _
from tests.builders import a_complaint, a_customer, a_repair, an_actor, an_estate, an_office
from tests.papers.made import pages, words

pytestmark = pytest.mark.usefixtures("engine")
PRINTED = b"%PDF-1.7 as printed"
SCAN = Checked(b"%PDF-1.7 signed", "扫描.pdf", DocumentKind.PDF)


def as_told(_session, case):
    return None if "同意" in case.words else _("客户还没有同意。")


LETTER = PaperKind(
    key="letter", title=_("告知书"), process="complaints", prefix="GZ", returns=True, needs=(as_told,),
    facts=(Said("number", _("单号"), lambda _s, case: case.number),
           Said("words", _("内容"), lambda _s, case: case.words),
           Said("opened", _("时间"), lambda _s, case: case.opened_at), Said("none", _("备注"), lambda _s, _case: None)),
    tables=(Listed((Head(_("项目"), 3), Head(_("金额"), align="right")), lambda _s, _case: [["押金", Decimal(2000)]]),),
    total=lambda _s, _case: Decimal(2000), signatures=(_("客户签字"),),
)  # fmt: skip
PASS = PaperKind(key="pass", title=_("出入证"), process="complaints", prefix="CR", many=True, facts=())
AGREEMENT = PaperKind(key="agreement", title=_("协议"), process="renovations", prefix="XY", returns=True, facts=())


@pytest.fixture(autouse=True)
def _kinds(monkeypatch):
    for kind in (LETTER, PASS, AGREEMENT):
        monkeypatch.setitem(registry.KINDS, kind.key, kind)


@pytest.fixture
def office():
    return an_office()


def agreed(s, office, **values):
    return a_complaint(s, office, **{"words": "楼上噪声，客户同意调解"} | values)


def issued(s, case, kind="letter", **told):
    return issuing.issue(s, kind, case.id, lambda _template, _data: PRINTED, **told)


def refused_of(call) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.message


def count_of(s, model):
    return s.scalar(select(func.count()).select_from(model))


def numbers_taken(s, prefix="GZ"):
    return s.scalar(select(func.coalesce(func.sum(Series.last), 0)).where(Series.kind == prefix))


# ── issuing ──


@pytest.mark.requirement("X6")
def test_a_paper_is_numbered_frozen_kept_and_logged(office):
    with writing(office.desk) as s:
        case = agreed(s, office, customer_id=office.customer.id)
        paper = issuing.issue(s, "letter", case.id, pdf, refuse=refuse_unprintable)
    mark, day = office.estate.mark, f"{today():%Y%m%d}"
    assert paper.number == f"GZ{mark}-{day}-001"
    with reading(office.desk) as s:
        kept = s.get_one(IssuedPaper, paper.id)
        assert (kept.subject, kept.subject_id, kept.unit_id, kept.customer_id, kept.estate_id, kept.issued_by) == (
            "cases", case.id, office.unit.id, office.customer.id, office.estate.id, office.desk.user_id)  # fmt: skip
        assert [each["text"] for each in kept.data["facts"]][:2] == [case.number, "楼上噪声，客户同意调解"]
        assert (kept.data["total"], kept.data["capitals"]) == ("2000.00", "贰仟元整")
        assert kept.data["tables"][0]["rows"] == [{"cells": ["押金", "2,000.00"]}]
        assert json.loads(contents.canonical(kept.data)) == kept.data
        assert contents.hash_of(kept.data) == kept.data_sha256
        document = s.get_one(Document, kept.document_id)
        assert (document.label, document.case_id, document.unit_id, document.customer_id, document.name) == (
            "paper", case.id, office.unit.id, office.customer.id, f"告知书 {paper.number}.pdf")  # fmt: skip
        entry = s.scalars(select(Audit).where(Audit.act == "issued")).one()
        assert (entry.table_name, entry.record_id, entry.case_id) == ("issued_papers", paper.id, case.id)
        shown = issuing.papers_of(s, "cases", case.id)
        assert [(each.number, each.title, each.by, each.signed_on) for each in shown] == [
            (paper.number, "告知书", "王芳", None)
        ]
    name, content = handing_out.opened(office.supervisor, paper.id)
    assert (name, content) == (document.name, documents.path_of(document.sha256).read_bytes())
    said = words(content)
    for each in (paper.number, case.number, "楼上噪声，客户同意调解", "贰仟元整", "2,000.00", "客户签字："):
        assert each in said


def test_a_second_press_shows_the_first_paper(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
        first = issued(s, case, token="press")
    with writing(office.desk) as s:
        assert issued(s, case, token="press").id == first.id
    with reading(office.desk) as s:
        assert (count_of(s, IssuedPaper), numbers_taken(s)) == (1, 1)


def test_the_newest_that_is_not_void_is_in_force(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
        first, second = issued(s, case), issued(s, case)
        assert issuing.in_force(s, "letter", case.id).id == second.id
        issuing.void(s, second.id, "写错了")
        assert issuing.in_force(s, "letter", case.id).id == first.id
        passes = [issued(s, case, "pass").id for _n in range(3)]
        issuing.void(s, passes[1], "不来了")
        assert [each.id for each in issuing.all_in_force(s, "pass", case.id)] == [passes[0], passes[2]]
        assert [each.id for each in issuing.papers_of(s, "cases", case.id)][:2] == [passes[2], passes[1]]


# ── from the wrong side ──


def test_nothing_is_issued_from_the_wrong_side(office):
    with writing(SYSTEM) as s:
        elsewhere = an_actor(s, [an_estate(s)], Role.SUPERVISOR)
    with writing(office.desk) as s:
        case, unasked, repair = agreed(s, office), a_complaint(s, office), a_repair(s, office)
        void = agreed(s, office)
    with writing(office.supervisor) as s:
        perform(s, void.id, "void", {"note": "重复"})
    attempts = [
        (office.desk, "letter", unasked.id, {}, "还不能开具《告知书》：客户还没有同意。"),
        (office.cashier, "letter", case.id, {}, "开具《告知书》不在您的权限内。"),
        (office.guard, "letter", case.id, {}, "没有找到这张单，可能单号有误，或不在您的工作范围内。"),
        (elsewhere, "letter", case.id, {}, "没有找到这张单，可能单号有误，或不在您的工作范围内。"),
        (office.desk, "letter", 987654, {}, "没有找到这张单，可能单号有误，或不在您的工作范围内。"),
        (office.desk, "letter", repair.id, {}, f"{repair.number} 不用《告知书》。"),
        (office.desk, "nonsense", case.id, {}, "没有这种单据。"),
        (office.desk, "letter", case.id, {"version": 7}, "这张单刚被别人改过，请看过最新情况后再开具。"),
        (office.desk, "work_order", repair.id, {}, "《维修单》直接打印即可，不用开具。"),
        (office.desk, "letter", void.id, {}, "还不能开具《告知书》：本单已作废或撤销，不再开具单据。"),
    ]
    for actor, kind, subject, told, sentence in attempts:
        with writing(actor) as s:
            assert refused_of(lambda s=s, k=kind, i=subject, t=told: issuing.issue(s, k, i, pdf, **t)) == sentence
    with reading(office.desk) as s:
        assert (count_of(s, IssuedPaper), numbers_taken(s)) == (0, 0)
        assert s.scalar(select(func.count()).where(Audit.act == "issued")) == 0


def test_whom_a_complaint_is_about_neither_issues_nor_sees_its_papers(office):
    with writing(office.supervisor) as s:
        case = agreed(s, office, about_user_id=office.desk.user_id)
        paper = issued(s, case)
    told = "本单涉及您本人，请由他人经办。"
    with writing(office.desk) as s:
        assert refused_of(lambda: issued(s, case)) == told
        assert refused_of(lambda: issuing.preview(s, "letter", case.id)) == told
        assert refused_of(lambda: issuing.void(s, paper.id, "x")) == told
    assert refused_of(lambda: handing_out.opened(office.desk, paper.id)) == told


def test_of_two_people_at_once_the_second_is_told(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
        first = issued(s, case, former=0)
    with writing(office.other_desk) as s:
        told = refused_of(lambda: issued(s, case, former=0))
        assert told == f"《告知书》刚由别人开具，编号 {first.number}，不用再开。"
        assert issued(s, case, former=first.id).number.endswith("-002")


def test_numbers_are_taken_one_by_one_by_many_at_once(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
    found: list[str] = []

    def press() -> None:
        with writing(office.desk) as s:
            found.append(issued(s, case).number)

    threads = [threading.Thread(target=press) for _n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each[-3:] for each in found) == ["001", "002", "003", "004"]


def test_a_character_in_no_font_is_refused_before_a_number_is_taken(office):
    asked: list[object] = []
    with writing(office.desk) as s:
        case = agreed(s, office)
        case.words = "王\ue000，同意"
        s.flush()

        def render(template, data):
            asked.append(data["papers"][0]["number"])
            return pdf(template, data)

        told = refused_of(lambda: issuing.issue(s, "letter", case.id, render, refuse=refuse_unprintable))
        assert told.startswith("“王\ue000，同意”里的“\ue000”（U+E000）没有字体能打印。")
        assert (asked, numbers_taken(s)) == ([], 0)
        assert refused_of(lambda: issuing.issue(s, "letter", case.id, render)) == told
        assert (len(asked), numbers_taken(s), count_of(s, IssuedPaper)) == (1, 0, 0)


def test_a_printer_that_fails_leaves_nothing_behind(office):
    def broken(_template, _data):
        raise ValueError("out of paper")

    with writing(office.desk) as s:
        case = agreed(s, office)
        with pytest.raises(ValueError, match="out of paper"):
            issuing.issue(s, "letter", case.id, broken)
        assert (numbers_taken(s), count_of(s, IssuedPaper), count_of(s, Document)) == (0, 0, 0)


# ── what was issued never changes ──


def test_later_changes_do_not_touch_what_was_issued(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
        paper = issuing.issue(s, "letter", case.id, pdf)
    before = handing_out.opened(office.desk, paper.id)
    with writing(office.director) as s:
        letterheads.change(s, office.estate.id, {"papers.company": "新公司", "papers.phone": "1234567"})
    with writing(office.desk) as s:
        perform(s, case.id, "accept")
        again = issuing.issue(s, "letter", case.id, pdf)
    assert handing_out.opened(office.desk, paper.id) == before
    assert "新公司" not in words(before[1])
    assert "新公司" in words(handing_out.opened(office.desk, again.id)[1])


@pytest.mark.parametrize("column", ["number", "data", "data_sha256", "document_id", "issued_at", "subject_id"])
def test_the_database_refuses_to_change_an_issued_paper(office, column):
    with writing(office.desk) as s:
        issued(s, agreed(s, office))
    other = {"data": {}, "subject_id": 0, "issued_at": now()}.get(column, "x")
    for change in (update(IssuedPaper).values({column: other}), delete(IssuedPaper)):
        with pytest.raises((DatabaseError, Refused)), writing(SYSTEM) as s:
            s.execute(change)


def test_a_changed_file_is_refused_and_reported(office):
    with writing(office.desk) as s:
        paper = issued(s, agreed(s, office))
    assert handing_out.opened(office.desk, paper.id)[1] == PRINTED
    file = documents.path_of(hashlib.sha256(PRINTED).hexdigest())
    for damage in (lambda: file.write_bytes(b"%PDF-1.7 forged"), file.unlink):
        damage()
        told = refused_of(lambda: handing_out.opened(office.desk, paper.id))
        line = json.loads(faults.log_file().read_text("utf-8").splitlines()[-1])
        assert told == (
            f"{paper.number} 的存档与开具时不一致，不能打开。请把编号 {line['reference']} 告诉系统管理员，从备份恢复。"
        )
        assert (line["paper"], line["actor"]) == (paper.number, office.desk.user_id)


# ── signed for, void ──


def test_a_signature_is_recorded_with_its_scan_and_once(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
        paper = issued(s, case)
        assert str(issuing.is_signed("letter")(s, case)) == f"《告知书》（{paper.number}）还没有登记签收。"
    with writing(office.desk) as s:
        issuing.record_signature(s, paper.id, " 吴学文 ", today(), SCAN)
    with writing(office.desk) as s:
        issuing.record_signature(s, paper.id, "吴学文", today(), SCAN)  # a second press
        assert issuing.is_signed("letter")(s, case) is None
        told = refused_of(lambda: issuing.record_signature(s, paper.id, "李四", today()))
        assert told == f"{paper.number} 已由 吴学文 签字，不能再改。"
    with reading(office.desk) as s:
        kept = s.get_one(IssuedPaper, paper.id)
        assert (kept.signed_by, kept.signed_on) == ("吴学文", today())
        scan = s.get_one(Document, kept.signed_document_id)
        assert (scan.personal, scan.label, scan.category, scan.case_id) == (
            True, "signed_paper", Category.SIGNED, case.id)  # fmt: skip
        assert s.scalar(select(func.count()).where(Audit.act == "signed")) == 1


def test_a_signature_lies_between_issue_and_today(office):
    with pretending(now() - timedelta(days=2)), writing(office.desk) as s:
        case = agreed(s, office)
        paper = issued(s, case)
        other = issued(s, case, "pass")
    day = today() - timedelta(days=2)
    attempts = {
        ("吴学文", None): {"signed_on": "请填写签字日期。"},
        ("吴学文", today() + timedelta(days=1)): {"signed_on": "签字日期不能晚于今天。"},
        ("吴学文", day - timedelta(days=1)): {"signed_on": f"签字日期不能早于开具日期 {day}。"},
        (" ", today()): {"signed_by": "请填写签字人。"},
        ("长" * 61, today()): {"signed_by": "最多 60 个字。"},
    }
    with writing(office.desk) as s:
        for (name, on), problems in attempts.items():
            with pytest.raises(Refused) as refused:
                issuing.record_signature(s, paper.id, name, on)
            assert refused.value.problems == problems
        assert refused_of(lambda: issuing.record_signature(s, other.id, "吴", today())) == "《出入证》不用客户签回。"
        issuing.void(s, paper.id, "写错了")
        told = refused_of(lambda: issuing.record_signature(s, paper.id, "吴学文", today()))
        assert told == f"{paper.number} 已作废，不能登记签收。"
    with writing(office.cashier) as s:
        assert refused_of(lambda: issuing.record_signature(s, other.id, "吴", today())) == (
            "开具《出入证》不在您的权限内。"
        )
    with reading(office.desk) as s:
        assert s.get_one(IssuedPaper, paper.id).signed_on is None


def a_renovation(s, office):
    told = {"unit_id": office.unit.id, "words": "改厨房", "planned_from": today(),
            "planned_to": today() + timedelta(days=30), "contractor": "装饰公司"}  # fmt: skip
    case = open_case(s, "renovations", told)
    checklists.lay_out(s, case, [Wanted("agreed", ItemKind.SIGNED, _("协议已签"), "start", paper="agreement")])
    return case


def the_line(s, case):
    return s.scalars(
        select(ChecklistItem).where(ChecklistItem.case_id == case.id, ChecklistItem.paper == "agreement")
    ).one()


@pytest.mark.requirement("D1")
def test_the_signed_paper_ticks_its_line_and_a_void_one_opens_it_again(office):
    with writing(office.desk) as s:
        case = a_renovation(s, office)
        paper = issued(s, case, "agreement")
        assert the_line(s, case).done_at is None
        issuing.record_signature(s, paper.id, "吴学文", today(), SCAN)
        line = the_line(s, case)
        assert (line.done_by, line.remark, line.document_id) == (
            office.desk.user_id, f"{paper.number}，吴学文 签字", paper.signed_document_id)  # fmt: skip
    with writing(office.desk) as s:
        issuing.void(s, paper.id, "业主换人")
        assert (the_line(s, case).done_at, issuing.in_force(s, "agreement", case.id)) == (None, None)
        told = str(issuing.is_signed("agreement")(s, case))
        assert told == "请先开具《协议》，并请客户签字。"


def test_a_paper_is_void_with_a_reason_once_and_shows_its_mark(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
        paper = issuing.issue(s, "letter", case.id, pdf)
        assert refused_of(lambda: issuing.void(s, paper.id, "  ")) == "请写明为什么作废。"
        assert refused_of(lambda: issuing.void(s, paper.id, "长" * 201)) == "最多 200 个字。"
    assert refused_of(lambda: handing_out.annulled(office.desk, paper.id)) == f"{paper.number} 没有作废。"
    with writing(office.cashier) as s:
        assert refused_of(lambda: issuing.void(s, paper.id, "x")) == "开具《告知书》不在您的权限内。"
    as_issued = handing_out.opened(office.desk, paper.id)
    with writing(office.desk) as s:
        issuing.void(s, paper.id, "客户姓名写错")
        assert refused_of(lambda: issuing.void(s, paper.id, "又一次")) == f"{paper.number} 已于 {today()} 作废。"
        assert str(issuing.is_issued("letter")(s, case)) == "请先开具《告知书》。"
    assert handing_out.opened(office.desk, paper.id) == as_issued
    said = words(office_papers.annulled(office.desk, str(paper.id), {}).content)
    assert f"作废{today()}客户姓名写错王芳" in said


# ── drafts, blank forms, heads ──


def test_a_preview_takes_no_number_and_asks_no_gate(office):
    with writing(office.desk) as s:
        case = a_complaint(s, office)
    with reading(office.desk) as s:
        draft = issuing.preview(s, "letter", case.id)
    assert (draft["draft"], draft["number"]) == (True, "")
    assert "预览" in words(printing.pdf("form", {"papers": [draft]}))
    assert office_papers.preview(office.desk, f"letter.{case.id}", {}).content[:8] == b"\x89PNG\r\n\x1a\n"
    assert refused_of(lambda: office_papers.preview(office.desk, "letter", {})) == "没有找到这张单据。"


def test_every_paper_of_the_office_prints_blank(office):
    with writing(SYSTEM) as s:
        other = an_estate(s)
    for kind in registry.sorted_kinds():
        printed = office_papers.blank(office.desk, kind.key, {"estate": str(office.estate.id)})
        said = words(printed.content)
        assert kind.title.text.replace(" ", "") in said
        for fact in kind.facts:
            assert fact.hidden or "".join(fact.label.text.split()) in said, (kind.key, fact.key)
        assert "{" not in said
        assert pages(printed.content)
    assert refused_of(lambda: office_papers.blank(office.desk, "letter", {"estate": str(other.id)})) == (
        "您不负责这个项目。"
    )


def test_the_head_says_whose_paper_it_is_and_where_its_record_stands(office):
    with writing(office.desk) as s:
        case = agreed(s, office)
        assert issuing.content(s, LETTER, case)["qr"] == case.number
    with writing(office.director) as s:
        wrong = refused_of(lambda: letterheads.change(s, office.estate.id, {"house.address": "intranet"}))
        assert wrong == "请检查标出的 1 处。"
    with writing(office.director) as s:
        letterheads.change(s, office.estate.id, {"house.address": "http://10.0.0.8:8501/ ", "papers.phone": "0316-1"})
    with reading(office.desk) as s:
        paper = issuing.content(s, LETTER, case)
    assert (paper["qr"], paper["phone"]) == (f"http://10.0.0.8:8501/complaints?case={case.number}", "0316-1")
    with writing(office.desk) as s:
        assert refused_of(lambda: letterheads.change(s, office.estate.id, {"papers.phone": "1"})) == (
            "您没有“修改系统设置”的权限，如有需要请联系管理处主任。"
        )


def test_values_are_written_as_papers_do(office):
    with writing(SYSTEM) as s:
        customer = a_customer(s, office.estate)
    told = [Decimal("1680.3"), date(2026, 11, 3), None, Satisfaction.VERY, True, customer.name]
    assert [contents.text_of(each) for each in told] == ["1,680.30", "2026年11月3日", "", "非常满意", "是", "吴学文"]
    assert contents.cell_of(date(2026, 11, 3)) == "2026-11-03"


# ── laws ──


def test_papers_are_told_apart_and_their_wording_fits():
    from db.papers.wordings import BLANK, blanks_of, of_the_house
    from db.processes import PROCESSES

    prefixes = [each.prefix for each in registry.KINDS.values()] + [each.prefix for each in PROCESSES.values()]
    assert len(prefixes) == len(set(prefixes))
    for kind in registry.KINDS.values():
        unknown = {name for each in of_the_house(kind.key).texts() for name in BLANK.findall(each)} - set(
            blanks_of(kind)
        )
        assert (kind.key, unknown) == (kind.key, set())
        assert len({each.key for each in kind.facts}) == len(kind.facts)


def test_a_line_to_be_signed_names_a_paper_that_comes_back():
    from db.checklists import Template

    declared = [value for name, module in list(sys.modules.items()) if name.startswith("db.")
                for value in vars(module).values()]  # fmt: skip
    listed = [each for value in declared if isinstance(value, dict) for each in value.values()]
    templates = {each.key: each for each in [*declared, *listed] if isinstance(each, Template)}
    lines = [line for each in templates.values() for line in each.lines if line.kind is ItemKind.SIGNED]
    assert lines
    for line in lines:
        assert (line.key, line.paper in registry.KINDS and registry.KINDS[line.paper].returns) == (line.key, True)


def test_the_sign_of_the_company_stands_on_papers_issued_from_then_on(office):
    drawn = io.BytesIO()
    Image.new("RGB", (300, 120), "navy").save(drawn, "PNG")
    with writing(office.desk) as s:
        case = agreed(s, office)
        bare = issuing.issue(s, "letter", case.id, pdf)
    with writing(office.director) as s:
        letterheads.change_logo(s, office.estate.id, uploads.checked(drawn.getvalue(), "标志.png"))
        assert refused_of(lambda: letterheads.change_logo(s, office.estate.id, SCAN)) == "标志要用图片（PNG 或 JPG）。"
    with writing(office.desk) as s:
        marked = issuing.issue(s, "letter", case.id, pdf)
    files = [io.BytesIO(handing_out.opened(office.desk, each.id)[1]) for each in (bare, marked)]
    seen = [len(PdfReader(each).pages[0].images) for each in files]
    assert seen == [0, 1]
    with writing(office.desk) as s:
        told = "您没有“修改系统设置”的权限，如有需要请联系管理处主任。"
        assert refused_of(lambda: letterheads.change_logo(s, office.estate.id, None)) == told
