"""Signing in: who is let in, for how long, and what becomes of wrong passwords."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, select

from db import passwords, people, session, settings, signing_in, users
from db.audit import Audit
from db.people import SYSTEM, Actor, Department, Right, Role, SignInFailure, StaffSession, User, actor_for
from db.refused import Conflict, Refused
from db.registry import EstateKind
from tests.builders import an_estate

WRONG = "用户名或密码不正确。"
GOOD = "correct horse"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("engine", "cheap_hashes")


@pytest.fixture
def cheap_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "ROUNDS", 4)


def a_user(username="lixia", roles=(Role.DESK,), estates=(), password=GOOD, **columns) -> int:
    kept = passwords.hashed(password)
    with session.writing(SYSTEM) as s:
        user = users.add_user(
            s, username=username, name=f"姓名{username}", roles=roles, estates=estates, password_hash=kept
        )
        for name, value in ({"must_change_password": False} | columns).items():
            setattr(user, name, value)
        return user.id


def an_administrator(username="admin") -> Actor:
    user_id = a_user(username, [Role.ADMINISTRATOR])
    with session.reading(SYSTEM) as s:
        return actor_for(s, s.get_one(User, user_id))


def a_token(user_id: int) -> tuple[str, int]:
    begun = signing_in.start_session(user_id)
    token = signing_in.exchange_ticket(begun.ticket)
    assert token is not None
    return token, begun.session_id


def said_by(call, *args, **kwargs) -> str:
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.message


def acts() -> list[tuple[int, str]]:
    with session.reading(SYSTEM) as s:
        return [tuple(row) for row in s.execute(select(Audit.actor_id, Audit.act).order_by(Audit.id))]


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
def test_signing_in_gives_a_session_whose_cookie_is_fetched_once():
    with session.writing(SYSTEM) as s:
        estate = an_estate(s)
    user_id = a_user(roles=[Role.DESK, Role.STEWARD], estates=[estate.id])
    begun = signing_in.sign_in(" LiXia ", GOOD, "10.0.0.7")
    expected = Actor(
        user_id, "姓名lixia", frozenset({Role.DESK, Role.STEWARD}), frozenset({estate.id}), "lixia",
        must_change_password=False,
    )  # fmt: skip
    standing = signing_in.Standing(expected, begun.session_id, "zh_CN", is_stale=False)
    assert signing_in.by_session(begun.session_id) == standing
    token = signing_in.exchange_ticket(begun.ticket)
    assert token is not None
    assert signing_in.actor_by_token(token) == expected
    assert signing_in.exchange_ticket(begun.ticket) is None
    assert signing_in.actor_by_token("") is None
    assert signing_in.actor_by_token(token + "x") is None
    with session.reading(SYSTEM) as s:
        row = s.get_one(StaffSession, begun.session_id)
        assert (row.address, row.ticket_hash, token in str(vars(row))) == ("10.0.0.7", None, False)
        assert actor_for(s, s.get_one(User, user_id)) == expected
    assert acts() == [(user_id, "signed_in")]


def test_the_actor_is_the_same_as_the_rows_make():
    with session.writing(SYSTEM) as s:
        estates = [an_estate(s).id, an_estate(s).id]
    for roles, given in (([Role.ADMINISTRATOR], []), ([Role.GUARD], [estates[1]]), ([], []), (list(Role), estates)):
        user_id = a_user(f"u{len(roles)}{len(given)}", roles, given)
        standing = signing_in.by_session(signing_in.start_session(user_id).session_id)
        with session.reading(SYSTEM) as s:
            assert standing is not None
            assert standing.actor == actor_for(s, s.get_one(User, user_id))


@pytest.mark.requirement("X2")
def test_who_is_there_is_asked_with_one_statement():
    begun = signing_in.start_session(a_user())
    asked = []
    engine = session._database().reads
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert signing_in.by_session(begun.session_id) is not None
    assert [statement.split()[0] for statement in asked if not statement.startswith("BEGIN")] == ["SELECT"]


def test_a_ticket_lapses_after_a_minute():
    with time_machine.travel(NOON, tick=False) as clock:
        begun = signing_in.start_session(a_user())
        clock.shift(60)
        assert signing_in.exchange_ticket(begun.ticket) is None


@pytest.mark.requirement("X2")
def test_wrong_unknown_and_disabled_are_told_the_same():
    a_user("known")
    gone = a_user("gone", active=False)
    for name in ("known", "unknown", "gone", "system"):
        assert said_by(signing_in.sign_in, name, "wrong password", "a") == WRONG
    assert said_by(signing_in.sign_in, "gone", GOOD, "a") == WRONG
    assert said_by(signing_in.sign_in, "system", "", "a") == "请填写用户名和密码。"
    assert said_by(signing_in.sign_in, "  ", GOOD, "a") == "请填写用户名和密码。"
    assert acts() == [(1, "sign_in_failed")] * 5
    with session.reading(SYSTEM) as s:
        assert s.scalars(select(Audit.record_id).order_by(Audit.id)).all().count(gone) == 2


@pytest.mark.parametrize("typed", ["\x00", "a" * 5000, "😀'; DROP TABLE users--", "\ud800", "<b>x</b>", "１２３"])
def test_nothing_typed_into_the_form_breaks_it(typed):
    assert said_by(signing_in.sign_in, f"u{typed}", typed, "a") == WRONG


def test_an_unknown_name_takes_as_long_as_a_known_one(monkeypatch):
    monkeypatch.setattr(passwords, "ROUNDS", 9)
    passwords.matches("", "")  # the stand-in hash is made once
    a_user("known")

    def seconds(name: str) -> float:
        begun = time.perf_counter()
        said_by(signing_in.sign_in, name, "wrong password", "a")
        return time.perf_counter() - begun

    known, unknown = min(seconds("known") for _each in range(3)), min(seconds("unknown") for _each in range(3))
    assert 0.4 < known / unknown < 2.5


# ── wrong passwords ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
@pytest.mark.parametrize("name", ["known", "unknown"])
def test_five_wrong_ones_lock_a_name_for_a_quarter_of_an_hour(name):
    a_user("known")
    locked = "密码错误次数过多，已暂停登录，请在 12:15 以后再试，或请系统管理员重设密码。"
    with time_machine.travel(NOON, tick=False) as clock:
        assert [said_by(signing_in.sign_in, name, "wrong", f"a{n}") for n in range(5)] == [WRONG] * 5
        assert said_by(signing_in.sign_in, name, GOOD, "elsewhere") == locked
        clock.shift(timedelta(minutes=14, seconds=59))
        assert said_by(signing_in.sign_in, name, GOOD, "elsewhere") == locked
        clock.shift(2)
        if name == "known":
            assert signing_in.sign_in(name, GOOD, "elsewhere").session_id > 0
        else:
            assert said_by(signing_in.sign_in, name, GOOD, "elsewhere") == WRONG


def test_twenty_wrong_ones_lock_an_address_whatever_the_names():
    a_user("known")
    with time_machine.travel(NOON, tick=False):
        for n in range(10):
            assert said_by(signing_in.sign_in, f"name{n}", "wrong", "10.0.0.9") == WRONG
        signing_in.sign_in("known", GOOD, "10.0.0.9")  # a right one does not wash the others away
        for n in range(10, 20):
            assert said_by(signing_in.sign_in, f"name{n}", "wrong", "10.0.0.9") == WRONG
        assert said_by(signing_in.sign_in, "known", GOOD, "10.0.0.9").startswith("密码错误次数过多")
        assert signing_in.sign_in("known", GOOD, "10.0.0.10").session_id > 0


def test_a_right_password_forgives_the_wrong_ones_before_it():
    a_user("known")
    for _round in range(3):
        for _each in range(4):
            assert said_by(signing_in.sign_in, "known", "wrong", "a") == WRONG
        signing_in.sign_in("known", GOOD, "a")
    with session.reading(SYSTEM) as s:
        assert [(row.kind, row.count) for row in s.scalars(select(SignInFailure))] == [("address", 12)]


def test_wrong_ones_spread_over_the_day_lock_nobody():
    with time_machine.travel(NOON, tick=False) as clock:
        for _each in range(12):
            assert said_by(signing_in.sign_in, "known", "wrong", "a") == WRONG
            clock.shift(timedelta(minutes=5))


@pytest.mark.requirement("X2")
def test_many_wrong_ones_at_the_same_time_are_not_all_compared(monkeypatch):
    a_user("known")
    compared, told = [], []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *args: compared.append(args) or real(*args))
    start = threading.Barrier(12)

    def attempt(n: int) -> None:
        start.wait()
        told.append(said_by(signing_in.sign_in, "known", f"wrong {n}", f"a{n}"))

    threads = [threading.Thread(target=attempt, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(compared), told.count(WRONG), len(told)) == (5, 5, 12)


def test_what_is_typed_into_the_name_is_not_readable_in_the_tally_or_the_audit():
    said_by(signing_in.sign_in, "my-secret-password", "x", "10.0.0.1")
    with session.reading(SYSTEM) as s:
        rows = [str(vars(row)) for row in [*s.scalars(select(SignInFailure)), *s.scalars(select(Audit))]]
    assert len(rows) == 3
    assert ["my-secret-password" in row for row in rows] == [False] * 3


# ── for how long ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
def test_a_session_ends_after_two_hours_of_rest_and_after_twelve_of_work():
    user_id = a_user()
    with time_machine.travel(NOON, tick=False) as clock:
        token, number = a_token(user_id)
        clock.shift(timedelta(minutes=120))
        assert signing_in.by_token(token) is not None
        clock.shift(1)
        assert signing_in.by_token(token) is None

        token, number = a_token(user_id)
        for _each in range(12):
            assert signing_in.by_session(number) is not None
            clock.shift(timedelta(minutes=60))
            signing_in.touch(number)
        assert signing_in.by_token(token) is not None
        clock.shift(1)
        assert signing_in.by_token(token) is None


def test_being_seen_is_noted_once_a_minute():
    with time_machine.travel(NOON, tick=False) as clock:
        token, number = a_token(a_user())
        clock.shift(59)
        assert signing_in.by_token(token).is_stale is False
        clock.shift(2)
        assert signing_in.by_token(token).is_stale is True
        signing_in.touch(number)
        assert signing_in.by_token(token).is_stale is False


def test_an_office_may_allow_a_longer_rest_from_the_next_sign_in():
    with session.writing(SYSTEM) as s:
        estate = an_estate(s)
    user_id = a_user(estates=[estate.id])
    with session.writing(an_administrator()) as s:
        settings.change(s, signing_in.IDLE_MINUTES, estate.id, 240)
    with time_machine.travel(NOON, tick=False) as clock:
        token, _number = a_token(user_id)
        clock.shift(timedelta(minutes=239))
        assert signing_in.by_token(token) is not None
    with session.writing(an_administrator("other")) as s, pytest.raises(Refused):
        settings.change(s, signing_in.IDLE_MINUTES, estate.id, 59)


@pytest.mark.requirement("X2")
def test_signing_out_ends_the_session_for_every_tab():
    user_id = a_user()
    token, number = a_token(user_id)
    other, _number = a_token(user_id)
    signing_in.sign_out(number)
    signing_in.sign_out(number)
    assert signing_in.by_token(token) is None
    assert signing_in.by_session(number) is None
    assert signing_in.by_token(other) is not None
    assert acts() == [(user_id, "signed_in"), (user_id, "signed_in"), (user_id, "signed_out")]


@pytest.mark.requirement("X2")
def test_disabling_resetting_and_changing_rights_end_sessions_at_once():
    admin = an_administrator()
    with session.writing(SYSTEM) as s:
        estate = an_estate(s)
    admin = Actor(admin.user_id, admin.name, admin.roles, frozenset({estate.id}), admin.username)
    user_id = a_user(estates=[estate.id])
    values = {"username": "lixia", "name": "李霞", "department": "service", "phone": None}

    token, _number = a_token(user_id)
    users.change_user(admin, user_id, values, [Role.DESK], [estate.id], version=1)
    assert signing_in.by_token(token) is not None  # a new name takes no rights away
    users.change_user(admin, user_id, values, [Role.GUARD], [estate.id], version=2)
    assert signing_in.by_token(token) is None

    token, _number = a_token(user_id)
    users.set_active(admin, user_id, active=False)
    assert signing_in.by_token(token) is None
    assert said_by(signing_in.sign_in, "lixia", GOOD, "a") == WRONG

    users.set_active(admin, user_id, active=True)
    token, _number = a_token(user_id)
    given = users.reset_password(admin, user_id)
    assert signing_in.by_token(token) is None
    assert said_by(signing_in.sign_in, "lixia", GOOD, "a") == WRONG
    again = signing_in.sign_in("lixia", given.password, "a")
    assert signing_in.by_session(again.session_id).actor.must_change_password is True
    assert users.end_sessions(admin, user_id) == 1
    assert signing_in.by_session(again.session_id) is None
    done = [act for actor, act in acts() if actor == admin.user_id]
    assert done == ["changed", "changed", "disabled", "enabled", "password_reset", "sessions_ended"]


# ── one's own password ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
def test_a_given_password_is_changed_and_other_sessions_end():
    user_id = a_user(must_change_password=True, is_demonstration=True)
    assert people.demo_password_stands() is True
    begun = signing_in.sign_in("lixia", GOOD, "a")
    elsewhere, _number = a_token(user_id)
    actor = signing_in.by_session(begun.session_id).actor
    users.change_password(actor, begun.session_id, GOOD, "another horse", "another horse")
    assert signing_in.by_session(begun.session_id).actor.must_change_password is False
    assert signing_in.by_token(elsewhere) is None
    assert said_by(signing_in.sign_in, "lixia", GOOD, "a") == WRONG
    assert signing_in.sign_in("lixia", "another horse", "a").user_id == user_id
    assert people.demo_password_stands() is False


@pytest.mark.parametrize(
    ("current", "new", "again", "problems"),
    [
        ("wrong", "another horse", "another horse", {"current": "当前密码不正确。"}),
        (GOOD, "short", "short", {"new": "密码应为 10 到 64 个字符，现在是 5 个。"}),
        (GOOD, "another horse", "another house", {"again": "两次输入的新密码不一致。"}),
        (GOOD, GOOD, GOOD, {"new": "新密码不能与当前密码相同。"}),
    ],
)
def test_a_password_is_not_changed(current, new, again, problems):
    begun = signing_in.start_session(a_user())
    actor = signing_in.by_session(begun.session_id).actor
    with pytest.raises(Refused) as refused:
        users.change_password(actor, begun.session_id, current, new, again)
    assert refused.value.problems == problems
    assert signing_in.sign_in("lixia", GOOD, "a").user_id == actor.user_id


def test_guessing_the_current_password_at_an_open_desk_locks_too():
    begun = signing_in.start_session(a_user())
    actor = signing_in.by_session(begun.session_id).actor
    for _each in range(5):
        said_by(users.change_password, actor, begun.session_id, "wrong", "another horse", "another horse")
    told = said_by(users.change_password, actor, begun.session_id, GOOD, "another horse", "another horse")
    assert told.startswith("密码错误次数过多")
    admin = an_administrator()
    given = users.reset_password(admin, actor.user_id)
    assert signing_in.sign_in("lixia", given.password, "a").user_id == actor.user_id


def test_a_language_is_kept():
    begun = signing_in.start_session(a_user())
    actor = signing_in.by_session(begun.session_id).actor
    users.choose_language(actor, "en")
    assert signing_in.by_session(begun.session_id).locale == "en"
    with pytest.raises(Refused):
        users.choose_language(actor, "xx")


# ── the first of all, and the others ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
def test_the_first_administrator_makes_himself_and_nobody_after_him():
    assert users.nobody_yet() is True
    user_id = users.make_first_administrator("王主任", "WangZR", GOOD, "廊坊科技谷", EstateKind.PARK)
    assert users.nobody_yet() is False
    begun = signing_in.sign_in("wangzr", GOOD, "a")
    actor = signing_in.by_session(begun.session_id).actor
    assert (actor.user_id, actor.name, actor.roles, len(actor.estates)) == (user_id, "王主任", {Role.ADMINISTRATOR}, 1)
    again = said_by(users.make_first_administrator, "李四", "lisi", GOOD, "另一个", EstateKind.HOMES)
    assert again == "系统已经启用，请用已有的账号登录。"


def test_of_two_first_administrators_at_once_one_is_made():
    start, told = threading.Barrier(2), []

    def make(n: int) -> None:
        start.wait()
        try:
            users.make_first_administrator("王主任", f"wang{n}", GOOD, f"项目{n}", EstateKind.PARK)
        except Refused as refused:
            told.append(refused.message)

    threads = [threading.Thread(target=make, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["系统已经启用，请用已有的账号登录。"]
    with session.reading(SYSTEM) as s:
        assert len(s.scalars(select(User.id)).all()) == 2


def test_the_first_run_says_what_is_missing():
    with pytest.raises(Refused) as refused:
        users.make_first_administrator("", "w", "short", "", EstateKind.PARK)
    assert refused.value.problems == {
        "name": "请填写姓名。",
        "username": "用户名至少 2 个字符，只能用字母、数字、汉字和 . _ -。",
        "estate_name": "请填写项目名称。",
        "password": "密码应为 10 到 64 个字符，现在是 5 个。",
    }
    assert users.nobody_yet() is True


@pytest.mark.requirement("X2")
def test_only_an_administrator_manages_users():
    with session.writing(SYSTEM) as s:
        estate = an_estate(s)
    other = a_user("other", estates=[estate.id])
    values = {"username": "new", "name": "新人", "department": "works"}
    for role in set(Role) - {Role.ADMINISTRATOR}:
        actor = Actor(other, "某人", frozenset({role}), frozenset({estate.id}), "other")
        refusal = said_by(people.require, actor, Right.MANAGE_USERS)
        for call in (
            lambda actor=actor: users.create_user(actor, values, [Role.DESK], [estate.id]),
            lambda actor=actor: users.change_user(actor, other, values, [Role.DESK], [estate.id], version=1),
            lambda actor=actor: users.set_active(actor, other, active=False),
            lambda actor=actor: users.reset_password(actor, other),
            lambda actor=actor: users.end_sessions(actor, other),
        ):
            assert said_by(call) == refusal
        with session.reading(actor) as s, pytest.raises(Refused):
            users.staff(s)


def test_a_created_user_gets_a_password_once_and_what_was_typed_is_checked():
    with session.writing(SYSTEM) as s:
        estate = an_estate(s)
    admin = an_administrator()
    admin = Actor(admin.user_id, admin.name, admin.roles, frozenset({estate.id}), admin.username)
    values = {"username": " ZhaoQ ", "name": "赵强", "department": "works", "phone": "13800000000"}
    given = users.create_user(admin, values, [Role.TECHNICIAN], [estate.id])
    assert signing_in.sign_in("zhaoq", given.password, "a").user_id == given.user_id
    with session.reading(admin) as s:
        listed = {person.username: person for person in users.staff(s)}
    person = listed["zhaoq"]
    assert (person.name, person.phone, person.department, person.roles, person.estates, person.sessions) == (
        "赵强", "13800000000", Department.WORKS, {Role.TECHNICIAN}, {estate.id}, 1,
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        users.create_user(admin, {**values, "name": "", "phone": "abc"}, [], [])
    assert set(refused.value.problems) == {"name", "phone", "username", "roles", "estates"}
    with pytest.raises(Refused) as refused:
        users.create_user(admin, {**values, "username": "b o b"}, [Role.DESK], [estate.id + 99])
    assert set(refused.value.problems) == {"username", "estates"}


def test_the_second_of_two_hasty_administrators_is_told():
    admin = an_administrator()
    user_id = a_user(roles=[Role.ADMINISTRATOR])
    values = {"username": "lixia", "name": "李霞", "department": "service"}
    users.change_user(admin, user_id, values, [Role.ADMINISTRATOR], [], version=1)
    with pytest.raises(Conflict):
        users.change_user(admin, user_id, values | {"name": "李夏"}, [Role.ADMINISTRATOR], [], version=1)


def test_an_administrator_cannot_lock_himself_out():
    admin = an_administrator()
    values = {"username": "admin", "name": "管理员", "department": "office"}
    for call in (
        lambda: users.set_active(admin, admin.user_id, active=False),
        lambda: users.change_user(admin, admin.user_id, values, [Role.DESK], [], version=1),
        lambda: users.reset_password(admin, admin.user_id),
        lambda: users.set_active(admin, people.SYSTEM_ID, active=True),
    ):
        assert said_by(call) != ""
