"""Income and expenditure made public: figures with their source, the owners' accounts, publications (F8)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from db import approvals, documents, uploads, work
from db.accounts import exporting, figures, funds, publications, questions, services, sheets, views, workbook
from db.accounts.funds import Move
from db.accounts.heads import EXPENSES, Basis, Book, Head, Item
from db.accounts.tables import AccountEntry, OwnersEntry, PublicationSnapshot, Span, State
from db.accounts.workbook import Verdict
from db.approvals import Approval
from db.audit import Audit
from db.clock import moment_of, pretending
from db.ledger.tables import Basis as Counting
from db.ledger.tables import FeeItem, FeeKind, Payee, Tariff
from db.people import SYSTEM, Role
from db.process import perform
from db.refused import Conflict, Refused
from db.registry import ServicePoint
from db.session import reading, writing
from tests.builders import a_customer, a_unit, an_actor, an_estate, an_office

pytestmark = pytest.mark.usefixtures("engine")

NOVEMBER = moment_of(date(2026, 11, 10)) + timedelta(hours=10)
JULY, AUGUST, SEPTEMBER = (date(2026, month, 1) for month in (7, 8, 9))


@pytest.fixture(autouse=True)
def _in_november():
    with pretending(NOVEMBER):
        yield


@pytest.fixture
def office():
    made = an_office()
    with writing(SYSTEM) as s:
        made.finance = an_actor(s, [made.estate], Role.FINANCE, name="曹会计")
        made.point = ServicePoint(estate_id=made.estate.id, name="云锦家园物业处", phone="03160002001")
        s.add(made.point)
        s.flush()
    return made


def yuan(amount):
    return Decimal(amount)


def entered(actor, office, amounts, title="记-2026-0912", **more):
    """Enter actual figures: {(month, head): yuan}."""
    found = {place: yuan(amount) for place, amount in amounts.items()}
    with writing(actor) as s:
        return figures.enter(s, office.estate.id, Basis.ACTUAL, found, title, **more)


def a_quarters_figures(office):
    entered(office.finance, office, {
        (JULY, Head.MANAGEMENT_FEES): "210000.00", (JULY, Head.UPKEEP): "80000.50", (JULY, Head.STAFF): "90000.00",
        (AUGUST, Head.MANAGEMENT_FEES): "198000.00", (AUGUST, Head.UPKEEP): "75000.25",
        (SEPTEMBER, Head.MANAGEMENT_FEES): "205000.00", (SEPTEMBER, Head.TAXES): "12000.10",
    })  # fmt: skip


def service_lines(office):
    with writing(office.finance) as s:
        services.keep(s, office.estate.id, [services.Line("公共区域保洁", "每日清扫", "赵志强", office.point.id)])


def moved(actor, office, book, item, day, amount, **more):  # noqa: PLR0917 - as it is written down
    told = {"purpose": "电梯轿厢广告", "voucher": "记-2026-0701"} | more
    with writing(actor) as s:
        return funds.post(s, office.estate.id, Move(book, item, day, yuan(amount), **told))


def handed_in(office, actor=None):
    """A quarter ready to be approved; returns the publication's id."""
    a_quarters_figures(office)
    service_lines(office)
    who = actor or office.finance
    with writing(who) as s:
        number = publications.prepare(s, office.estate.id, Span.QUARTER, AUGUST)
        publications.hand_in(s, number)
    return number


def verdicts(office, *given):
    """Let people decide what waits for them: (actor, verdict, note)."""
    for actor, verdict, note in given:
        with writing(actor) as s:
            [asked] = work.to_approve(s)
            approvals.decide(s, asked.id, verdict, note)


def approved(office):
    number = handed_in(office)
    granted = approvals.Verdict.GRANTED
    verdicts(office, (office.supervisor, granted, ""), (office.director, granted, ""))
    return number


def seen(actor, number):
    with reading(actor) as s:
        return views.view(s, number)


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F8")
def test_the_nine_heads_are_the_handbooks_in_its_words_and_order():
    assert [head.label.text for head in EXPENSES] == [
        "公用设施、设备的维修养护费用和公共场所的日常管理费用（包括材料费、公用水电费、设备损耗费、垃圾清运费、绿化养护费等）",
        "管理人员的工资、津贴、福利、劳动保护及办公费",
        "就管理工作而聘请专营公司及其他聘请人员的费用",
        "本物业设施、设备必要的保险费、折旧费",
        "治安与公共秩序维护费用",
        "社区文化活动费用",
        "法定税费",
        "管理人酬金",
        "其它管理方面的开支",
    ]


@pytest.mark.requirement("F8")
def test_figures_keep_their_source_and_are_corrected_by_new_rows_only(office):
    done = entered(office.finance, office, {(JULY, Head.UPKEEP): "80000.50", (JULY, Head.STAFF): "90000.00"})
    assert (done.new, done.corrected) == (2, 0)
    with pytest.raises(Refused, match="2026年7月“设施维养与日常管理”等 1 个数字已经录过，更正要写原因。"):
        entered(office.finance, office, {(JULY, Head.UPKEEP): "80050.00"}, "记-2026-0913")
    done = entered(
        office.supervisor, office, {(JULY, Head.UPKEEP): "80050.00", (JULY, Head.STAFF): "90000.00"}, "记-2026-0913",
        reason="漏记路灯电费",
    )  # fmt: skip
    assert (done.new, done.corrected, done.unchanged) == (0, 1, 1)
    with reading(office.director) as s:
        assert figures.standing(s, office.estate.id, Basis.ACTUAL, [JULY]) == {
            (JULY, Head.UPKEEP): yuan("80050.00"), (JULY, Head.STAFF): yuan("90000.00"),
        }  # fmt: skip
        [corrected] = figures.behind(s, office.estate.id, [JULY], corrections=True)
        assert (corrected.amount, corrected.title, corrected.reason, corrected.by) == (
            yuan("49.50"), "记-2026-0913", "漏记路灯电费", "周颖",
        )  # fmt: skip
        assert [(each.title, each.rows, each.by) for each in figures.sources(s, office.estate.id, [JULY])] == [
            ("记-2026-0912", 2, "曹会计"), ("记-2026-0913", 1, "周颖"),
        ]  # fmt: skip


def test_the_database_refuses_to_change_a_figure_a_movement_or_a_snapshot(office):
    handed_in(office)
    moved(office.finance, office, Book.COMMON, Item.ADVERTISING, JULY, "100")
    for table in ("account_entries", "owners_entries", "publication_snapshots"):
        for act in (f"UPDATE {table} SET id = 9", f"DELETE FROM {table}"):  # noqa: S608 - no input
            with pytest.raises((DBAPIError, Refused)), writing(SYSTEM) as s:
                s.execute(text(act))


@pytest.mark.parametrize(("typed", "sentence"), [
    ({(date(2026, 12, 1), Head.UPKEEP): "1"}, "2026年12月“设施维养与日常管理”还没有到，不能录入实际数。"),
    ({(JULY, Head.UPKEEP): "-1"}, "2026年7月“设施维养与日常管理”是负数，请写明原因。"),
])  # fmt: skip
def test_figures_that_cannot_be_are_refused(office, typed, sentence):
    with pytest.raises(Refused) as refused:
        entered(office.finance, office, typed)
    assert refused.value.message == sentence
    with reading(SYSTEM) as s:
        assert s.scalars(select(AccountEntry)).all() == []


def test_a_grid_drawn_before_somebody_else_saved_overwrites_nothing(office):
    entered(office.finance, office, {(JULY, Head.UPKEEP): "10"})
    with pytest.raises(Conflict):
        entered(office.supervisor, office, {(JULY, Head.UPKEEP): "20"}, reason="更正", seen={})


def test_a_second_press_shows_the_first_result(office):
    first = entered(office.finance, office, {(JULY, Head.UPKEEP): "10"}, token="t1")
    again = entered(office.finance, office, {(JULY, Head.UPKEEP): "10"}, token="t1")
    assert (first.source_id, first.new) == (again.source_id, again.new)


def test_figures_are_kept_by_who_may_and_out_of_sight_of_other_estates(office):
    with pytest.raises(Refused, match="编制收支公示"):
        entered(office.cashier, office, {(JULY, Head.UPKEEP): "10"})
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.FINANCE)
    with pytest.raises(Refused, match="您不负责这个项目。"):
        entered(stranger, office, {(JULY, Head.UPKEEP): "10"})
    with pytest.raises(Refused), reading(stranger) as s:
        sheets.sheets_of(s, office.estate.id, Span.QUARTER, JULY)


# ── the workbook ─────────────────────────────────────────────────────────────────────────────────────────────────────


def a_workbook(rows, name="实际", months=("2026-07", "2026-08")):
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["科目", *months])
        for line, row in enumerate(rows, start=1):
            sheet.write_row(line, 0, row)
    return out.getvalue()


def planned(office, data):
    with reading(office.finance) as s:
        return workbook.plan(s, office.estate.id, "三季度.xlsx", data)


def taken_in(office, data, **more):
    plan = planned(office, data)
    with writing(office.finance) as s:
        return workbook.take_in(s, plan, uploads.checked(data, "三季度.xlsx"), **more)


@pytest.mark.requirement("F8")
def test_a_workbook_is_judged_row_by_row_and_the_same_file_twice_changes_nothing(office):
    entered(office.finance, office, {(JULY, Head.STAFF): "90000", (JULY, Head.TAXES): "5"})
    data = a_workbook([
        [Head.UPKEEP.label.text, 80000.5, "75,000.25"], ["人员工资与办公", 91000, ""], ["法定税费", 5, ""],
    ])  # fmt: skip
    plan = planned(office, data)
    assert [(row.row, row.label, row.verdict, [str(each) for each in row.notes]) for row in plan.rows] == [
        (2, "设施维养与日常管理", Verdict.NEW, []),
        (3, "人员工资与办公", Verdict.CHANGES, ["2026年7月：90,000.00 → 91,000.00"]),
        (4, "法定税费", Verdict.UNCHANGED, []),
    ]
    with pytest.raises(Refused, match="更正要写原因"):
        taken_in(office, data)
    done = taken_in(office, data, reason="计划财务部更正")
    assert (done.new, done.corrected, done.unchanged) == (2, 1, 1)
    with reading(office.finance) as s:
        rows = len(s.scalars(select(AccountEntry)).all())
        [kept] = documents.attached_to(s, documents.Owner(account_source_id=done.source_id))
        assert kept.name == "三季度.xlsx"
    with pytest.raises(Refused, match="同一个文件 曹会计 已经导入过，没有再次写入。"):
        taken_in(office, data, reason="再来一次")
    assert planned(office, data).before is not None
    assert not planned(office, data).changes_anything
    with reading(office.finance) as s:
        assert len(s.scalars(select(AccountEntry)).all()) == rows


def test_one_wrong_cell_keeps_the_whole_workbook_out(office):
    data = a_workbook([["法定税费", 5, "五元"], ["招待费", 1, 2], ["管理人酬金", 1.005, 2], ["法定税费", 1, ""]])
    plan = planned(office, data)
    assert [(row.verdict, [str(each) for each in row.notes]) for row in plan.rows] == [
        (Verdict.ERROR, ["2026年8月：“五元”不是金额，请写成 12800.50 这样的数字。"]),
        (Verdict.ERROR, ["不认识科目“招待费”，请照模板填写。"]),
        (Verdict.ERROR, ["2026年7月：“1.005”超过两位小数，请按分填写。"]),
        (Verdict.ERROR, ["科目“法定税费”出现了两次。"]),
    ]
    with pytest.raises(Refused, match="有 4 行有错，请改正后重新上传；没有写入任何数字。"):
        taken_in(office, data)
    with reading(SYSTEM) as s:
        assert s.scalars(select(AccountEntry)).all() == []


def test_the_template_filled_in_comes_back_as_it_went(office):
    known = {Basis.ACTUAL: {(JULY, Head.UPKEEP): yuan("80000.50")}, Basis.BUDGET: {(JULY, Head.STAFF): yuan("7")}}
    done = taken_in(office, workbook.template(2026, known))
    assert (done.new, done.corrected) == (2, 0)
    with reading(office.finance) as s:
        for basis, wanted in known.items():
            assert figures.standing(s, office.estate.id, basis, [JULY]) == wanted


# ── the owners' accounts ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F8")
def test_common_income_has_an_account_of_its_own_and_goes_to_the_fund_by_the_owners_decision(office):
    moved(office.finance, office, Book.COMMON, Item.OPENING, date(2026, 1, 1), "1000.00", purpose="上年结转")
    moved(office.finance, office, Book.FUND, Item.OPENING, date(2026, 1, 1), "500000.00", purpose="上年结转")
    moved(office.finance, office, Book.COMMON, Item.ADVERTISING, JULY, "8000.50")
    with pytest.raises(Refused, match="这项支出要有业主的共同决定"):
        moved(office.finance, office, Book.COMMON, Item.TO_FUND, AUGUST, "5000")
    moved(office.finance, office, Book.COMMON, Item.TO_FUND, AUGUST, "5000", purpose="补充维修资金",
          decision="2026年第1次业主大会决议第3项")  # fmt: skip
    with reading(office.director) as s:
        common = funds.account(s, office.estate.id, Book.COMMON, JULY, date(2026, 9, 30))
        fund = funds.account(s, office.estate.id, Book.FUND, JULY, date(2026, 9, 30))
    assert (common.opening, common.received, common.spent, common.closing) == (
        yuan("1000.00"), yuan("8000.50"), yuan("5000.00"), yuan("4000.50"),
    )  # fmt: skip
    assert [each.balance for each in common.movements] == [yuan("9000.50"), yuan("4000.50")]
    assert [(each.item, each.amount, each.balance) for each in fund.movements] == [
        (Item.FROM_COMMON, yuan("5000.00"), yuan("505000.00"))
    ]


@pytest.mark.requirement("F8")
def test_an_account_never_stands_below_nothing_on_any_day(office):
    moved(office.finance, office, Book.COMMON, Item.ADVERTISING, JULY, "100")
    moved(office.finance, office, Book.COMMON, Item.LETTING, SEPTEMBER, "100")
    with pytest.raises(Refused, match="公共收益余额不足：到 2026-08-01 会差 50.00 元。请核对金额和日期。"):
        moved(office.finance, office, Book.COMMON, Item.COST, AUGUST, "150")
    moved(office.finance, office, Book.COMMON, Item.COST, SEPTEMBER, "150")
    with reading(SYSTEM) as s:
        first = s.scalar(select(OwnersEntry.id).where(OwnersEntry.item == Item.ADVERTISING))
    with pytest.raises(Refused, match="余额不足"), writing(office.finance) as s:
        funds.correct(s, first, yuan("40"), reason="多记", voucher="记-9")


def test_a_transfer_is_corrected_in_both_accounts(office):
    moved(office.finance, office, Book.COMMON, Item.ADVERTISING, JULY, "900")
    transfer = moved(office.finance, office, Book.COMMON, Item.TO_FUND, AUGUST, "500", decision="决议1")
    with writing(office.finance) as s:
        funds.correct(s, transfer, yuan("450"), reason="多转 50 元", voucher="记-2")
    with reading(office.finance) as s:
        assert funds.balance(s, office.estate.id, Book.COMMON) == yuan("450")
        assert funds.balance(s, office.estate.id, Book.FUND) == yuan("450")
        common = funds.account(s, office.estate.id, Book.COMMON, AUGUST, SEPTEMBER)
    assert (common.received, common.spent) == (yuan("0"), yuan("450"))
    assert [(each.amount, each.reason) for each in common.movements] == [
        (yuan("-500"), ""), (yuan("50"), "多转 50 元"),
    ]  # fmt: skip


# ── publishing ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F8")
def test_a_quarter_is_prepared_approved_by_two_frozen_posted_asked_about_and_taken_down(office):
    number = handed_in(office)
    with reading(office.supervisor) as s:
        [asked] = work.to_approve(s)
    assert (str(asked.kind), asked.number, asked.what, asked.page, asked.query) == (
        "收支公示", f"{office.estate.name} 2026年第3季度", "收入 613,000.00 元，支出 257,000.85 元，结余 355,999.15 元",
        "publications", {"publications.id": str(number)},
    )  # fmt: skip
    with pytest.raises(Refused, match="不能这样办"), writing(office.finance) as s:
        publications.post(s, number, ["大门"], (date(2026, 11, 9), date(2026, 12, 9)))
    granted = approvals.Verdict.GRANTED
    verdicts(office, (office.supervisor, granted, ""), (office.director, granted, "可以公示"))
    assert seen(office.desk, number).about.state is State.APPROVED
    with writing(office.desk) as s, pytest.raises(Refused, match="还没有张贴公示"):
        questions.ask(s, number, {"words": "税费为什么增加"})
    with writing(office.supervisor) as s:
        publications.post(s, number, ["东门公告栏", "1号楼大堂"], (date(2026, 11, 9), date(2026, 12, 9)))
        documents.add(s, uploads.checked(a_photo(), "公告栏.png"), documents.Owner(publication_id=number))
    with writing(office.desk) as s:
        asked = questions.ask(s, number, {"words": "税费为什么增加", "unit_id": office.unit.id}, token="q1")
        assert questions.ask(s, number, {"words": "税费为什么增加", "unit_id": office.unit.id}, token="q1") == asked
    with reading(office.supervisor) as s:
        [question] = questions.questions_about(s, number)
    assert (question.number, question.words, str(question.state.label)) == (asked, "税费为什么增加", "待答复")
    with pytest.raises(Refused, match="公示期到 2026-12-09 才满，提前撤下要写原因。"), writing(office.supervisor) as s:
        publications.take_down(s, number, date(2026, 11, 10))
    with pretending(moment_of(date(2026, 12, 10))), writing(office.supervisor) as s:
        publications.take_down(s, number, date(2026, 12, 10))
    shown = seen(office.desk, number)
    assert shown.about.state is State.TAKEN_DOWN
    assert [(each.place, each.from_on, each.until_on, each.taken_down_on) for each in shown.postings] == [
        (place, date(2026, 11, 9), date(2026, 12, 9), date(2026, 12, 10)) for place in ("东门公告栏", "1号楼大堂")
    ]
    assert [(str(step.label), step.done, step.by) for step in shown.steps] == [
        ("编制", True, "曹会计"), ("审核", True, "周颖"), ("批准", True, "郑主任"), ("公示", True, "周颖"),
        ("撤下", True, ""),
    ]  # fmt: skip
    with reading(SYSTEM) as s:
        acts = s.scalars(select(Audit.act).where(Audit.table_name == "publications").order_by(Audit.id)).all()
    assert acts == ["created", "handed_in", "approved", "posted", "taken_down"]


def a_photo():
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PNG")
    return out.getvalue()


@pytest.mark.requirement("F8")
def test_what_is_entered_later_stands_beside_the_frozen_figures_as_a_difference(office):
    number = approved(office)
    with reading(SYSTEM) as s:
        [snapshot] = s.scalars(select(PublicationSnapshot)).all()
    entered(office.finance, office, {(JULY, Head.UPKEEP): "80100.50"}, "记-2026-1101", reason="漏记电梯配件")
    moved(office.finance, office, Book.COMMON, Item.ADVERTISING, AUGUST, "600.00")
    shown = seen(office.director, number)
    lines = {line.head: line for line in shown.sheets.figures}
    assert lines[Head.UPKEEP].period == yuan("155000.75")
    assert shown.sha256 == snapshot.sha256 == sheets.digest(snapshot.body)
    assert sheets.frozen(shown.sheets) == snapshot.body
    assert json.loads(snapshot.body)["figures"][6] == {
        "head": "upkeep", "period": "155000.75", "period_budget": "0.00", "year": "155000.75", "year_budget": "0.00",
    }  # fmt: skip
    assert [(each.sheet.value, str(each.label), each.frozen, each.now) for each in shown.differences] == [
        ("figures", "设施维养与日常管理 本期", yuan("155000.75"), yuan("155100.75")),
        ("figures", "设施维养与日常管理 本年累计", yuan("155000.75"), yuan("155100.75")),
        ("common", "本期收入", yuan("0"), yuan("600.00")),
        ("common", "期末", yuan("0"), yuan("600.00")),
    ]


@pytest.mark.requirement("F8")
def test_denied_it_goes_back_with_the_reason_and_is_handed_in_anew(office):
    number = handed_in(office)
    verdicts(office, (office.supervisor, approvals.Verdict.DENIED, "八月保洁费没有录"))
    shown = seen(office.finance, number)
    assert (shown.about.state, shown.denial.by, shown.denial.note) == (State.PREPARING, "周颖", "八月保洁费没有录")
    with writing(office.finance) as s:
        publications.hand_in(s, number, shown.version)
    with reading(office.director) as s:
        assert len(work.to_approve(s)) == 1
    granted = approvals.Verdict.GRANTED
    verdicts(office, (office.supervisor, granted, ""), (office.director, granted, ""))
    assert seen(office.finance, number).about.state is State.APPROVED


def test_who_hands_in_never_approves_and_one_person_is_not_two(office):
    number = handed_in(office, office.supervisor)
    with reading(SYSTEM) as s:
        first, second = s.scalars(select(Approval).order_by(Approval.step)).all()
        assert (first.role, second.role) == (Role.FINANCE, Role.DIRECTOR)
    with pytest.raises(Refused, match="这项审批由财务决定"), writing(office.supervisor) as s:
        approvals.decide(s, first.id, approvals.Verdict.GRANTED)
    with writing(office.director) as s:
        approvals.decide(s, first.id, approvals.Verdict.GRANTED)
    with pytest.raises(Refused, match="各步审批也须由不同的人办理"), writing(office.director) as s:
        approvals.decide(s, second.id, approvals.Verdict.GRANTED)
    assert seen(office.supervisor, number).about.state is State.ASKED


@pytest.mark.parametrize(("role", "wanted"), [
    (Role.FINANCE, (Role.SUPERVISOR, Role.DIRECTOR)),
    (Role.SUPERVISOR, (Role.FINANCE, Role.DIRECTOR)),
    (Role.DIRECTOR, (Role.FINANCE, Role.SUPERVISOR)),
])  # fmt: skip
def test_two_others_approve_whoever_prepared_it(office, role, wanted):
    with writing(SYSTEM) as s:
        who = an_actor(s, [office.estate], role)
    assert publications.approvers_for(who) == wanted


@pytest.mark.requirement("F8")
@pytest.mark.parametrize(("line", "word"), [
    ("3-2-501漏水维修已完成", "3-2-501"),
    ("３－２－５０１漏水", "3-2-501"),
    ("1号楼2单元301门前灯", "1号楼2单元301"),
    ("更换A-1203门禁", "A-1203"),
    ("感谢吴学文的建议", "吴学文"),
])  # fmt: skip
def test_no_customer_and_no_room_stands_on_it(office, line, word):
    with writing(SYSTEM) as s:
        tower = a_unit(s, office.building, entrance="", room="x")
        tower.short = "A-1203"
        a_customer(s, office.estate, "吴学文")
    a_quarters_figures(office)
    service_lines(office)
    with writing(office.finance) as s:
        number = publications.prepare(s, office.estate.id, Span.QUARTER, JULY)
    with pytest.raises(Refused) as refused, writing(office.finance) as s:
        publications.explain(s, number, f"本期电费增加。\n{line}")
    assert refused.value.message.startswith(f"情况说明第2行“{line}”里的“{word}”")
    with pytest.raises(Refused), writing(office.finance) as s:
        services.keep(s, office.estate.id, [services.Line(line, "", "赵志强", office.point.id)])
    with pytest.raises(Refused):
        moved(office.finance, office, Book.COMMON, Item.OTHER_INCOME, JULY, "5", purpose=line)
    with pytest.raises(Refused):
        entered(office.finance, office, {(JULY, Head.OTHER): "5"}, line)


def test_vouchers_dates_and_phones_do_not_look_like_rooms(office):
    harmless = "凭证 记-2026-09-012、2026-09-30 止，电话 0316-0002001，3号楼更换灯具 120 盏，1200户受益"
    with writing(office.finance) as s:
        number = publications.prepare(s, office.estate.id, Span.MONTH, JULY)
        publications.explain(s, number, harmless)
    assert seen(office.finance, number).remark == harmless


def test_a_name_that_came_later_is_found_when_it_is_handed_in(office):
    a_quarters_figures(office)
    service_lines(office)
    with writing(office.finance) as s:
        number = publications.prepare(s, office.estate.id, Span.QUARTER, JULY)
        publications.explain(s, number, "感谢欧阳景行先生")
    with writing(SYSTEM) as s:
        a_customer(s, office.estate, "欧阳景行")
    [lacking] = seen(office.finance, number).missing
    assert str(lacking) == "情况说明第1行“感谢欧阳景行先生”里的“欧阳景行”与客户姓名相同。公示不能出现客户姓名，请改写。"
    with pytest.raises(Refused, match="欧阳景行"), writing(office.finance) as s:
        publications.hand_in(s, number)


def test_what_is_missing_is_said_before_it_can_be_handed_in(office):
    entered(office.finance, office, {(JULY, Head.UPKEEP): "1"})
    with writing(office.finance) as s:
        number = publications.prepare(s, office.estate.id, Span.QUARTER, JULY)
    assert [str(each) for each in seen(office.finance, number).missing] == [
        "2026年8月还没有录入收支数字。", "2026年9月还没有录入收支数字。",
        "服务信息还是空的，请先填写服务事项和负责人。",
    ]  # fmt: skip
    with pytest.raises(Refused, match="2026年第4季度还没有结束"), writing(office.finance) as s:
        publications.prepare(s, office.estate.id, Span.QUARTER, date(2026, 11, 1))


def test_two_hasty_people_do_not_hand_it_in_twice(office):
    a_quarters_figures(office)
    service_lines(office)
    with writing(office.finance) as s:
        number = publications.prepare(s, office.estate.id, Span.QUARTER, JULY)
    version = seen(office.supervisor, number).version
    with writing(office.finance) as s:
        publications.explain(s, number, "电费增加")
    with pytest.raises(Conflict), writing(office.supervisor) as s:
        publications.hand_in(s, number, version)


def test_after_it_was_posted_a_new_edition_may_correct_it(office):
    number = approved(office)
    with writing(office.finance) as s:
        assert publications.prepare(s, office.estate.id, Span.QUARTER, JULY) == number
        publications.post(s, number, ["大门"], (date(2026, 11, 1), date(2026, 12, 1)))
        second = publications.prepare(s, office.estate.id, Span.QUARTER, JULY)
    with reading(office.finance) as s:
        assert [(each.id, str(each.title), each.state) for each in views.listed(s)] == [
            (second, "2026年第3季度（第2版）", State.PREPARING), (number, "2026年第3季度", State.POSTED),
        ]  # fmt: skip


def test_the_tariffs_in_force_at_its_end_stand_on_the_first_sheet_but_nobodys_own(office):
    with writing(SYSTEM) as s:
        payee = Payee(estate_id=office.estate.id, name="某某物业公司", mark="A")
        s.add(payee)
        s.flush()
        item = FeeItem(estate_id=office.estate.id, name="物业管理费", kind=FeeKind.MANAGEMENT, payee_id=payee.id)
        s.add(item)
        s.flush()
        own = office.unit.id
        for name, until, unit in (("高层", None, None), ("旧价", date(2026, 6, 30), None), ("协议", None, own)):
            s.add(Tariff(
                estate_id=office.estate.id, fee_item_id=item.id, name=name, basis=Counting.BY_AREA, price=yuan("2.20"),
                valid_from=date(2024, 1, 1), valid_to=until, unit_id=unit, filing_number="廊价备〔2024〕17号",
            ))  # fmt: skip
    with reading(office.finance) as s:
        shown = sheets.sheets_of(s, office.estate.id, Span.QUARTER, JULY)
    assert [(each.item, each.name, each.price, each.filing) for each in shown.prices] == [
        ("物业管理费", "高层", "2.20 元/m²·月", "廊价备〔2024〕17号")
    ]


@pytest.mark.requirement("F8")
def test_year_to_date_and_budget_stand_beside_the_period(office):
    months = {date(2025, 12, 1): "80", date(2026, 1, 1): "10", JULY: "20", date(2026, 10, 1): "40"}
    entered(office.finance, office, {(month, Head.UPKEEP): amount for month, amount in months.items()})
    budget = {(date(2026, month, 1), Head.UPKEEP): yuan("25") for month in range(1, 13)}
    with writing(office.finance) as s:
        figures.enter(s, office.estate.id, Basis.BUDGET, budget, "2026年预算")
    with reading(office.finance) as s:
        shown = sheets.sheets_of(s, office.estate.id, Span.QUARTER, JULY)
    assert shown.expense == sheets.FigureLine(Head.UPKEEP, yuan(20), yuan(75), yuan(30), yuan(300))


def test_the_workbook_has_four_sheets_and_is_logged(office):
    number = approved(office)
    made = exporting.export(office.director, number)
    book = CalamineWorkbook.from_filelike(BytesIO(made.data))
    assert book.sheet_names == ["服务信息", "收支情况", "公共收益", "专项维修资金"]
    rows = book.get_sheet_by_name("收支情况").to_python()
    assert next(row[1:5] for row in rows if row[0] == "支出合计") == [257000.85, 0.0, 257000.85, 0.0]
    with reading(SYSTEM) as s:
        assert s.scalar(select(Audit.actor_id).where(Audit.act == "exported")) == office.director.user_id


def test_questions_follow_the_inquiry_to_its_answer(office):
    number = approved(office)
    with writing(office.finance) as s:
        publications.post(s, number, ["大门"], (date(2026, 11, 1), date(2026, 12, 1)))
    with writing(office.desk) as s:
        questions.ask(s, number, {"words": "绿化费用在哪里"})
    with writing(office.desk) as s:
        from db.cases import Case

        case = s.scalars(select(Case)).one()
        perform(s, case.id, "answer", {"answer": "在第一项里", "satisfied": True})
    with reading(office.director) as s:
        [question] = questions.questions_about(s, number)
    assert str(question.state.label) == "已答复"
