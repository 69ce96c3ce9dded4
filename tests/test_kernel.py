"""The ground everything stands on: sessions, numbers, history, words, migrations, settings, approvals."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from db import approvals, case_words, clock, deadlines, lists, migrations, session, settings
from db.approval_subjects import SUBJECTS
from db.approvals import Subject, Verdict
from db.audit import Audit
from db.base import Hundredths
from db.cases import Case, Event
from db.checking import cleaned
from db.checklists import ItemKind, Wanted, items_of, lay_out, standing_before
from db.fields import Field, fields_of
from db.masking import mask_id, mask_phone
from db.people import SYSTEM, Role
from db.process import open_case, perform
from db.processes import complaints
from db.processes.complaints import Category, Complaint
from db.refused import Refused
from db.registry import Unit
from db.session import reading, writing
from db.words import CHINESE, ENGLISH, Words, _, choose_locale
from tests.builders import a_complaint, a_repair, an_actor, an_estate, an_office, handle

pytestmark = pytest.mark.usefixtures("engine")


# ---- sessions ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X2")
def test_without_an_actor_nothing_opens():
    for opening in (session.reading, session.writing):
        with pytest.raises(Refused, match="请先登录。"), opening(None):
            pass


def test_a_reading_session_cannot_write():
    office = an_office()
    with pytest.raises(DBAPIError), reading(office.desk) as s:
        s.execute(update(Unit).values(room="x"))
    with reading(office.desk) as s:
        assert s.scalars(select(Unit.room)).all() == ["101"]


def test_a_write_inside_a_write_is_a_mistake_not_a_wait():
    office = an_office()
    with pytest.raises(RuntimeError, match="would wait for itself"), writing(office.desk), writing(office.desk):
        pass
    with writing(office.desk) as s:
        assert a_complaint(s, office).state == "waiting"


@pytest.mark.requirement("X7")
def test_the_database_refuses_to_change_history():
    office = an_office()
    with writing(office.desk) as s:
        a_complaint(s, office)
        s.add(Audit(at=clock.now(), actor_id=1, act="changed", table_name="x", record_id=1))
    for change in (update(Event).values(note="x"), delete(Event), update(Audit).values(act="x"), delete(Audit)):
        with pytest.raises((Refused, DBAPIError)), writing(SYSTEM) as s:
            s.execute(change)
    with reading(SYSTEM) as s:
        assert s.scalars(select(Event.note)).all() == [""]


@pytest.mark.requirement("X7")
def test_numbers_are_unique_under_concurrent_entry():
    office = an_office()
    problems: list[Exception] = []

    def enter():
        try:
            for _case in range(6):
                with writing(office.desk) as s:
                    a_complaint(s, office)
        except Exception as problem:  # noqa: BLE001 - told below
            problems.append(problem)

    threads = [threading.Thread(target=enter) for _each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert problems == []
    with reading(office.desk) as s:
        numbers = s.scalars(select(Case.number).order_by(Case.number)).all()
    mark = office.estate.mark
    day = f"{clock.today():%Y%m%d}"
    assert numbers == [f"TS{mark}-{day}-{n:03d}" for n in range(1, 49)]


@pytest.mark.requirement("X7")
def test_the_same_form_pressed_in_parallel_saves_once():
    office = an_office()
    outcomes = []

    def press():
        try:
            with writing(office.desk) as s:
                case = open_case(s, "complaints", {"unit_id": office.unit.id, "words": "吵", "category": "noise"},
                                 token="one-form")  # fmt: skip
                outcomes.append(case.number)
        except Refused as refused:
            outcomes.append(refused.message)

    threads = [threading.Thread(target=press) for _each in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with reading(office.desk) as s:
        assert s.scalar(select(func.count()).select_from(Case)) == 1
    assert len(outcomes) == 6


# ---- migrations ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X7")
def test_the_migrations_make_exactly_the_tables_of_the_models():
    metadata = migrations.all_tables()
    with session.engine().connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _parents: not (
                    kind == "table" and str(name).startswith("case_words_fts")
                )
                and name != "ix_case_words_vector",
            },
        )
        assert compare_metadata(context, metadata) == []


def test_upgrading_again_does_nothing():
    assert migrations.upgrade() is False
    assert migrations.revision_of(session.engine()) == migrations.newest()


# ---- values ----------------------------------------------------------------------------------------------------------


@given(st.decimals(min_value=0, max_value=10**8, places=2))
def test_money_is_exact(amount):
    stored = Hundredths().process_bind_param(amount, None)
    assert Hundredths().process_result_value(stored, None) == amount


def test_more_than_two_places_are_refused():
    with pytest.raises(ValueError, match=r"1\.005 has more than two decimal places"):
        Hundredths().process_bind_param(Decimal("1.005"), None)


HOSTILE = st.one_of(
    st.text(max_size=50),
    st.sampled_from(["\x00", "𠮷", "\u202e倒", "=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>",
                     "'; DROP TABLE cases", "a" * 5000, "1e999", "NaN", "-1", "９９", "\ud800"]),
    st.none(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(timezones=st.just(UTC)),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.sampled_from(sorted(fields_of(Complaint))), HOSTILE))
def test_no_typed_value_is_more_than_a_sentence(values):
    good, problems = cleaned(fields_of(Complaint).values(), values)
    assert set(good) == set(fields_of(Complaint))
    for problem in problems.values():
        assert str(problem)
    for field in fields_of(Complaint).values():
        if field.name not in problems and isinstance(good[field.name], str) and field.kind in {"text", "prose"}:
            assert len(good[field.name]) <= field.length
            assert "\x00" not in good[field.name]


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("phone", "138-0013 8000", "13800138000"),
        ("phone", "＋86 13800138000".replace("＋", "+"), "13800138000"),
        ("phone", "0316-2912915转8", "03162912915-8"),
        ("phone", "１３８００１３８０００", "13800138000"),
        ("money", "1,280.50元", Decimal("1280.50")),
        ("number", "12", 12),
        ("text", "  3号楼\t大堂 ", "3号楼 大堂"),
        ("prose", "a\r\nb\x07", "a\nb"),
        ("date", date(2026, 11, 23), date(2026, 11, 23)),
    ],
)
def test_typed_values_become_storable(kind, typed, stored):
    field = Field("x", _("金额"), kind, length=60)
    assert cleaned([field], {"x": typed}) == ({"x": stored}, {})


@pytest.mark.parametrize(
    ("kind", "typed", "sentence"),
    [
        ("phone", "abc", "电话只能是数字，例如 13800000000 或 0316-2912915。"),
        ("phone", "1380013800012", "电话是 13 位，手机应为 11 位，座机请带区号。"),
        ("money", "十元", "请填写数字，例如 128.50。"),
        ("money", "1.005", "最多两位小数。"),
        ("number", "1.5", "请填写整数。"),
        ("text", "长" * 61, "最多 60 个字，现在是 61 个字，请删减。"),
        ("date", datetime(1, 1, 1, tzinfo=UTC), "请填写日期，例如 2026-11-23。"),
        ("choice", "nothing", "请从列表中选择。"),
    ],
)
def test_wrong_values_get_a_sentence(kind, typed, sentence):
    field = Field("x", _("金额"), kind, length=60, choices=Category)
    problems = cleaned([field], {"x": typed})[1]
    assert {name: str(text) for name, text in problems.items()} == {"x": sentence}


@pytest.mark.requirement("R4")
def test_masks_hide_the_middle():
    assert mask_phone("13800138000") == "138****8000"
    assert mask_phone("12345") == "***45"
    assert mask_id("632126199109162011") == "6321**********2011"
    assert mask_id("123") == "***"


# ---- words ---------------------------------------------------------------------------------------------------------


WORDS = ["漏水", "水管漏水，厨房", "楼上噪声 23:00", "电梯A3故障", "漏 水", "地下室灯"]


@pytest.mark.requirement("X3")
def test_words_of_a_matter_are_found_by_any_run_of_characters():
    office = an_office()
    with writing(office.desk) as s:
        for words in WORDS:
            open_case(s, "complaints", {"place": "大堂", "words": words, "category": "other"})
    with reading(office.desk) as s:

        def found(typed):
            ids = case_words.ids_of(s, typed)
            return set() if ids is None else set(s.scalars(select(Case.words).where(Case.id.in_(ids))))

        assert found("漏") == {"漏水", "水管漏水，厨房", "漏 水"}
        assert found("漏水") == {"漏水", "水管漏水，厨房", "漏 水"}
        assert found("噪声") == {"楼上噪声 23:00"}
        assert found("a3") == {"电梯A3故障"}
        assert found("不存在") == found("!!") == set()
        assert found('"漏') == found("漏")


# ---- settings, approvals, deadlines ------------------------------------------------------------------------------


def test_settings_are_changed_by_those_who_may_within_bounds_and_with_a_trace():
    office = an_office()
    with pytest.raises(Refused, match="修改系统设置"), writing(office.desk) as s:
        settings.change(s, complaints.DONE_HOURS, office.estate.id, 48)
    with pytest.raises(Refused, match="请填写 1 到 10000 之间的整数。"), writing(office.director) as s:
        settings.change(s, complaints.DONE_HOURS, office.estate.id, 0)
    with writing(office.director) as s:
        settings.change(s, complaints.DONE_HOURS, office.estate.id, 48)
        case = a_complaint(s, office)
        assert case.due_at - case.opened_at == timedelta(hours=48)
        trail = s.scalars(select(Audit).where(Audit.table_name == "settings")).one()
        assert (trail.before, trail.after) == ({"complaints.done_hours": 24}, {"complaints.done_hours": 48})


def test_a_verdict_is_followed_once_by_the_last_step_granted_or_the_first_denied(monkeypatch):
    office, followed = an_office(), []

    def follow(_session, approval):
        followed.append((approval.step, approval.verdict))

    subject = Subject(_("试验"), lambda _session, _ids: {}, follow)
    monkeypatch.setitem(SUBJECTS, "anything", subject)
    for about in (1, 2):
        with writing(office.desk) as s:
            approvals.ask(s, "anything", about, office.estate.id, (Role.SUPERVISOR, Role.DIRECTOR))
    with reading(SYSTEM) as s:
        (first, second), (third, fourth) = ([each.id for each in approvals.steps_of(s, "anything", n)] for n in (1, 2))

    def waiting(actor):
        with reading(actor) as s:
            return [each.id for each in approvals.waiting_for(s)]

    assert (waiting(office.supervisor), waiting(office.director)) == ([first, third], [first, third])
    with writing(office.supervisor) as s:
        approvals.decide(s, first, Verdict.GRANTED)
        approvals.decide(s, third, Verdict.DENIED, "金额不对")
    assert followed == [(1, Verdict.DENIED)]
    assert (waiting(office.supervisor), waiting(office.director)) == ([], [second])
    with pytest.raises(Refused, match="前一步审批还没有同意"), writing(office.director) as s:
        approvals.decide(s, fourth, Verdict.GRANTED)
    with writing(office.director) as s:
        approvals.decide(s, second, Verdict.GRANTED)
    assert followed == [(1, Verdict.DENIED), (2, Verdict.GRANTED)]


def test_approvals_go_step_by_step_by_different_people_never_the_asker():
    office = an_office()
    with writing(SYSTEM) as s:
        other_director = an_actor(s, [office.estate], Role.DIRECTOR)
        stranger = an_actor(s, [an_estate(s)], Role.DIRECTOR)
    with writing(office.supervisor) as s:
        approvals.ask(s, "anything", 7, office.estate.id, (Role.SUPERVISOR, Role.DIRECTOR))
        s.flush()
        first, second = s.scalars(select(approvals.Approval.id).order_by(approvals.Approval.step)).all()
    for actor, approval, verdict, note, sentence in (
        (office.director, second, Verdict.GRANTED, "", "前一步审批还没有同意"),
        (office.supervisor, first, Verdict.GRANTED, "", "提交人不能审批自己的事项"),
        (office.desk, first, Verdict.GRANTED, "", "这项审批由客服主管决定。"),
        (office.director, first, Verdict.DENIED, " ", "请写明不同意的理由。"),
        (stranger, first, Verdict.GRANTED, "", "没有找到这项审批。"),
    ):
        with pytest.raises(Refused, match=sentence), writing(actor) as s:
            approvals.decide(s, approval, verdict, note)
    with writing(office.director) as s:
        approvals.decide(s, first, Verdict.GRANTED)
    with pytest.raises(Refused, match="各步审批也须由不同的人办理"), writing(office.director) as s:
        approvals.decide(s, second, Verdict.GRANTED)
    with writing(other_director) as s:
        assert approvals.decide(s, second, Verdict.GRANTED).verdict is Verdict.GRANTED
    with pytest.raises(Refused, match="这项审批已有结论：同意。"), writing(office.director) as s:
        approvals.decide(s, second, Verdict.DENIED, "x")


@pytest.mark.requirement("C5")
def test_office_hours_skip_nights_weekends_and_holidays():
    def at(day, hour):
        return clock.moment_of(day) + timedelta(hours=hour)

    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert deadlines.office_time_after(at(friday, 16), 4) == at(monday, 10)
    assert deadlines.office_time_after(at(friday, 7), 1) == at(friday, 9)
    assert deadlines.office_time_after(at(date(2026, 9, 30), 17), 2) == at(date(2026, 10, 8), 9)  # National Day
    assert deadlines.office_time_after(at(date(2027, 3, 5), 17), 2) == at(date(2027, 3, 8), 9)  # past the calendar


def test_a_checklist_says_what_is_still_missing_before_an_action():
    office = an_office()
    paid = []
    lines = (
        Wanted("fees", ItemKind.KNOWN, "费用", before="hand_over"),
        Wanted("licence", ItemKind.PAPER, "营业执照副本", before="hand_over"),
        Wanted("letter", ItemKind.PAPER, "委托书原件", before="hand_over"),
        Wanted("photo", ItemKind.PAPER, "照片", before="hand_over", required=False),
        Wanted("plate", ItemKind.PAPER, "名牌申请", before="move"),
    )
    gate = standing_before("hand_over", {"fees": lambda _s, _case: None if paid else "费用未缴。"})
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        lay_out(s, case, lines)
        assert str(gate(s, case)) == "还缺：营业执照副本、委托书原件。费用未缴。"
        paid.append(True)
        assert str(gate(s, case)) == "还缺：营业执照副本、委托书原件。"
        for line in items_of(s, case.id):
            line.done_at = clock.now() if line.before == "hand_over" else None
        s.flush()
        assert gate(s, case) is None


# ---- lists -------------------------------------------------------------------------------------------------------


def numbers(page):
    return [row["number"] for row in page.rows]


@pytest.mark.requirement("X2")
def test_lists_filter_count_and_withhold():
    office = an_office()
    with writing(office.desk) as s:
        noise = a_complaint(s, office, customer_id=office.customer.id)
        lift = a_complaint(s, office, category="lift", gravity="grave", unit_id=None, place="大堂")
        about = a_complaint(s, office, about_user_id=office.steward.user_id, customer_id=office.customer.id)
        closed = handle(s, a_complaint(s, office, anonymous=True), told_by=None)
        repair = a_repair(s, office)
    with reading(office.supervisor) as s:
        for wanted, expected in (
            (lists.Wanted(), [about, lift, noise]),
            (lists.Wanted(standing="all"), [closed, about, lift, noise]),
            (lists.Wanted(standing="done"), [closed]),
            (lists.Wanted(choices={"category": ("lift",)}), [lift]),
            (lists.Wanted(choices={"gravity": ("grave", "nonsense"), "words": ("x",)}), [lift]),
            (lists.Wanted(building_id=office.building.id), [about, noise]),
            (lists.Wanted(building_id=0), [lift]),
            (lists.Wanted(typed=noise.number.lower()), [noise]),
            (lists.Wanted(typed="噪声"), [about, lift, noise]),
            (lists.Wanted(standing="all", handled=True, visited=False), [closed]),
            (lists.Wanted(opened_to=clock.today() - timedelta(days=1)), []),
            (lists.Wanted(assigned_to=office.desk.user_id, standing="all"), [closed]),
        ):
            page = lists.found(s, "complaints", wanted)
            assert (numbers(page), page.total) == ([each.number for each in expected], len(expected)), wanted
            assert sorted(lists.ids_found(s, "complaints", wanted)) == sorted(each.id for each in expected)
        assert numbers(lists.found(s, "repairs", lists.Wanted())) == [repair.number]
        assert [len(batch) for batch in lists.every(s, "complaints", lists.Wanted(), batch=2)] == [2, 1]
    with clock.pretending(clock.now() + timedelta(hours=30)), reading(office.supervisor) as s:
        assert lists.found(s, "complaints", lists.Wanted(late=True)).total == 3
    with reading(office.steward) as s:
        rows = {row["number"]: row for row in lists.found(s, "complaints", lists.Wanted()).rows}
        assert rows[noise.number]["customer_name"] == "吴学文"
        assert rows[about.number]["customer_name"] is None
        assert rows[about.number]["where"] == ""
    with reading(office.guard) as s, pytest.raises(Refused, match="您没有查看投诉的权限。"):
        lists.found(s, "complaints", lists.Wanted())


def test_a_list_takes_a_fixed_number_of_queries():
    office = an_office()
    with writing(office.desk) as s:
        for _each in range(3):
            a_complaint(s, office)
    few = queries_of(office)
    with writing(office.desk) as s:
        for _each in range(40):
            a_complaint(s, office, customer_id=office.customer.id)
    assert queries_of(office) == few == 3


def queries_of(office):
    from sqlalchemy import event

    counted = []
    with reading(office.desk) as s:
        engine = s.get_bind()

        def count(_connection, _cursor, statement, *_rest):
            if statement.startswith("SELECT"):
                counted.append(1)

        target = engine.engine if hasattr(engine, "engine") else engine
        event.listen(target, "before_cursor_execute", count)
        try:
            lists.found(s, "complaints", lists.Wanted())
        finally:
            event.remove(target, "before_cursor_execute", count)
    return len(counted)


# ---- language --------------------------------------------------------------------------------------------------------


def test_texts_wait_for_their_reader():
    assert str(_("请填写{label}。", label=_("投诉"))) == "请填写投诉。"
    assert _("投诉") == Words("投诉")
    choose_locale(ENGLISH)
    try:
        assert str(_("投诉")) == "Complaints"
    finally:
        choose_locale(CHINESE)


def test_a_step_refused_half_way_leaves_nothing_for_whoever_goes_on():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
        with pytest.raises(Refused):
            perform(s, case.id, "merge", {"into": "TS-0"})
        assert (case.state, case.version) == ("waiting", 1)
    with reading(office.desk) as s:
        assert s.execute(text("SELECT state, version FROM cases")).all() == [("waiting", 1)]
