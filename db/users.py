"""The office's staff as users: who may sign in, as what, for which estates; passwords given and changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db import passwords
from db.audit import record
from db.checking import cleaned
from db.clock import now
from db.fields import Field, fields_of
from db.people import (
    SYSTEM,
    SYSTEM_ID,
    Actor,
    Department,
    Right,
    Role,
    StaffSession,
    User,
    UserEstate,
    UserRole,
    require,
)  # fmt: skip
from db.refused import Conflict, Refused
from db.registry import Estate, EstateKind
from db.session import actor_of, reading, writing
from db.signing_in import LONGEST, count_attempt, end_all_sessions, failures_of, forgive, username_of
from db.words import LOCALES, Words, _

_OF_USER = fields_of(User)
ASKED = (_OF_USER["username"], _OF_USER["name"], _OF_USER["department"], _OF_USER["phone"])
"""What is asked about a member of staff, besides roles and estates."""
FIRST_ASKED = (
    _OF_USER["name"],
    _OF_USER["username"],
    replace(fields_of(Estate)["name"], name="estate_name"),
    fields_of(Estate)["kind"],
)
"""What the first run asks, besides the password."""
SHORTEST_USERNAME = 2


@dataclass(frozen=True)
class Given:
    """A password to be handed over, shown once: it is kept nowhere."""

    user_id: int
    username: str
    name: str
    password: str


@dataclass(frozen=True)
class Listed:
    """One line of the staff list."""

    id: int
    username: str
    name: str
    phone: str | None
    department: Department
    active: bool
    roles: frozenset[Role]
    estates: frozenset[int]
    sessions: int
    seen_at: datetime | None
    locked_until: datetime | None
    must_change_password: bool
    version: int


# ── the first of all ─────────────────────────────────────────────────────────────────────────────────────────────────


def nobody_yet() -> bool:
    """Say whether no user exists besides the clock: the first run."""
    with reading(SYSTEM) as session:
        return _nobody(session)


def _nobody(session: Session) -> bool:
    return session.scalar(select(User.id).where(User.id != SYSTEM_ID).limit(1)) is None


def make_first_administrator(name: str, username: str, password: str, estate_name: str, kind: EstateKind) -> int:
    """Make the first estate and its administrator, who chose the password himself; returns his number.

    Raises `Refused` once any user exists, with problems by field: name, username, password, estate_name, kind.
    """
    values, problems = cleaned(
        FIRST_ASKED, {"name": name, "username": username_of(username), "estate_name": estate_name, "kind": kind}
    )
    _check_username(values["username"], problems)
    if wrong := passwords.problem_with(password, values["username"]):
        problems["password"] = wrong
    _refuse(problems)
    kept = passwords.hashed(password)
    with writing(SYSTEM) as session:
        session.get_one(User, SYSTEM_ID, with_for_update=True)  # of two first runs, the second waits and is refused
        if not _nobody(session):
            raise Refused(_("系统已经启用，请用已有的账号登录。"))
        estate = Estate(name=values["estate_name"], kind=values["kind"])
        session.add(estate)
        session.flush()
        user = add_user(
            session, username=values["username"], name=values["name"], roles={Role.ADMINISTRATOR},
            estates={estate.id}, department=Department.OFFICE, password_hash=kept, must_change_password=False,
        )  # fmt: skip
        record(session, "created", "estates", estate.id, estate_id=estate.id, after={"name": estate.name})
        record(session, "created", "users", user.id, after=_snapshot(user))
    return user.id


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def staff(session: Session) -> list[Listed]:
    """List the staff, those in use first; needs `MANAGE_USERS`."""
    require(actor_of(session), Right.MANAGE_USERS)
    standing = (
        select(StaffSession.user_id, func.count().label("n"), func.max(StaffSession.seen_at).label("seen"))
        .where(StaffSession.revoked_at.is_(None), StaffSession.started_at > now() - LONGEST)
        .group_by(StaffSession.user_id)
        .subquery()
    )
    rows = session.execute(
        select(User, standing.c.n, standing.c.seen)
        .outerjoin(standing, standing.c.user_id == User.id)
        .where(User.id != SYSTEM_ID)
        .order_by(User.active.desc(), User.department, User.name, User.id)
    ).all()
    locked = failures_of(session, [user.username for user, _n, _seen in rows])
    return [
        Listed(
            id=user.id, username=user.username, name=user.name, phone=user.phone, department=user.department,
            active=user.active, roles=frozenset(row.role for row in user.roles),
            estates=frozenset(row.estate_id for row in user.estates), sessions=n or 0, seen_at=seen,
            locked_until=locked.get(user.username), must_change_password=user.must_change_password,
            version=user.version,
        )
        for user, n, seen in rows
    ]  # fmt: skip


def estates_of(session: Session) -> dict[int, str]:
    """Name the estates the session's actor works for, by number."""
    rows = select(Estate.id, Estate.name).where(Estate.id.in_(actor_of(session).estates)).order_by(Estate.id)
    return {row.id: row.name for row in session.execute(rows)}


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def add_user(
    session: Session,
    *,
    username: str,
    name: str,
    roles: Collection[Role],
    estates: Collection[int],
    password_hash: str,
    department: Department = Department.SERVICE,
    phone: str | None = None,
    must_change_password: bool = True,
    is_demonstration: bool = False,
) -> User:
    """Add a user row with its roles and estates, unchecked: for the functions here and the demonstration."""
    user = User(
        username=username, name=name, department=department, phone=phone, password_hash=password_hash,
        must_change_password=must_change_password, is_demonstration=is_demonstration,
        roles=[UserRole(role=role) for role in sorted(roles)],
        estates=[UserEstate(estate_id=estate_id) for estate_id in sorted(estates)],
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user


def create_user(actor: Actor, values: Mapping[str, Any], roles: Collection[Role], estates: Collection[int]) -> Given:
    """Create a user with a random password, to be handed over and changed at the first sign-in."""
    require(actor, Right.MANAGE_USERS)
    password = passwords.random_password()
    kept = passwords.hashed(password)
    with writing(actor) as session:
        good = _checked(session, values, roles, estates, User.id.is_not(None))
        user = add_user(session, **good, roles=roles, estates=estates, password_hash=kept)
        record(session, "created", "users", user.id, after=_snapshot(user))
        return Given(user.id, user.username, user.name, password)


def change_user(
    actor: Actor,
    user_id: int,
    values: Mapping[str, Any],
    roles: Collection[Role],
    estates: Collection[int],
    *,
    version: int,
) -> None:
    """Change a user; new roles or estates end his sessions, so that no open tab keeps the old rights."""
    require(actor, Right.MANAGE_USERS)
    with writing(actor) as session:
        user = _locked(session, user_id)
        if user.version != version:
            raise Conflict(_("{name}的资料刚被别人改过。您填的内容还在，请核对后再保存一次。", name=user.name))
        good = _checked(session, values, roles, estates, User.id != user_id)
        if user.id == actor.user_id and Role.ADMINISTRATOR not in roles:
            raise Refused(_("不能取消自己的系统管理员角色，请由另一位系统管理员操作。"))
        before = _snapshot(user)
        for name, value in good.items():
            setattr(user, name, value)
        _set_roles(user, roles)
        _set_estates(user, estates)
        after = _snapshot(user)
        if after == before:
            return
        user.version += 1
        record(session, "changed", "users", user.id, before=before, after=after)
        rights = ("roles", "estates", "username")
        if user.id != actor.user_id and any(before[name] != after[name] for name in rights):
            end_all_sessions(session, user.id)


def set_active(actor: Actor, user_id: int, *, active: bool) -> None:
    """Disable a user, which ends his sessions at once, or let him in again."""
    require(actor, Right.MANAGE_USERS)
    if user_id == actor.user_id:
        raise Refused(_("不能停用自己的账号，请由另一位系统管理员操作。"))
    with writing(actor) as session:
        user = _locked(session, user_id)
        if user.active == active:
            return
        user.active = active
        user.version += 1
        if not active:
            end_all_sessions(session, user.id)
        record(session, "enabled" if active else "disabled", "users", user.id,
               before={"active": not active}, after={"active": active})  # fmt: skip


def reset_password(actor: Actor, user_id: int) -> Given:
    """Give a user a random password, to be changed at the next sign-in; ends his sessions and lifts a lock."""
    require(actor, Right.MANAGE_USERS)
    if user_id == actor.user_id:
        raise Refused(_("自己的密码请在“我的账号”里修改。"))
    password = passwords.random_password()
    kept = passwords.hashed(password)
    with writing(actor) as session:
        user = _locked(session, user_id)
        user.password_hash, user.must_change_password, user.is_demonstration = kept, True, False
        user.version += 1
        end_all_sessions(session, user.id)
        forgive(session, user.username)
        record(session, "password_reset", "users", user.id)
        return Given(user.id, user.username, user.name, password)


def end_sessions(actor: Actor, user_id: int) -> int:
    """Sign a user out everywhere; returns how many sessions ended."""
    require(actor, Right.MANAGE_USERS)
    with writing(actor) as session:
        user = _locked(session, user_id)
        ended = end_all_sessions(session, user.id)
        record(session, "sessions_ended", "users", user.id, after={"sessions": ended})
        return ended


# ── one's own account ────────────────────────────────────────────────────────────────────────────────────────────────


def change_password(actor: Actor, session_id: int, current: str, new: str, again: str) -> None:
    """Change one's own password; ends one's other sessions. Wrong current ones count as failed sign-ins.

    Raises `Refused` with problems by field: current, new, again.
    """
    problems: dict[str, Words] = {}
    if wrong := passwords.problem_with(new, actor.username):
        problems["new"] = wrong
    elif passwords.normal(new) == passwords.normal(current):
        problems["new"] = _("新密码不能与当前密码相同。")
    if passwords.normal(new) != passwords.normal(again):
        problems["again"] = _("两次输入的新密码不一致。")
    _refuse(problems)
    with writing(actor) as session:
        count_attempt(session, actor.username, f"account {actor.user_id}")
        kept = session.scalars(select(User.password_hash).where(User.id == actor.user_id, User.active)).one()
    if not passwords.matches(current, kept):
        with writing(actor) as session:
            record(session, "password_refused", "users", actor.user_id)
        _refuse({"current": _("当前密码不正确。")})
    chosen = passwords.hashed(new)
    with writing(actor) as session:
        user = _locked(session, actor.user_id)
        if user.password_hash != kept:
            raise Conflict(_("您的密码刚被修改或重设，请重新登录。"))
        user.password_hash, user.must_change_password, user.is_demonstration = chosen, False, False
        user.version += 1
        forgive(session, user.username, f"account {actor.user_id}")
        end_all_sessions(session, user.id, but=session_id)
        record(session, "password_changed", "users", user.id)


def choose_language(actor: Actor, locale: str) -> None:
    """Keep the language in which somebody reads."""
    if locale not in LOCALES:
        raise Refused(_("请从列表中选择。"))
    with writing(actor) as session:
        user = _locked(session, actor.user_id)
        if user.locale != locale:
            record(session, "changed", "users", user.id, before={"locale": user.locale}, after={"locale": locale})
            user.locale = locale


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _refuse(problems: Mapping[str, Words]) -> None:
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)


def _check_username(username: str | None, problems: dict[str, Words]) -> None:
    """A name for signing in: letters of any script, digits, and . _ - within."""
    if username and "username" not in problems:
        plain = username.replace(".", "").replace("_", "").replace("-", "")
        if len(username) < SHORTEST_USERNAME or not plain.isalnum():
            problems["username"] = _("用户名至少 2 个字符，只能用字母、数字、汉字和 . _ -。")


def _checked(
    session: Session,
    values: Mapping[str, Any],
    roles: Collection[Role],
    estates: Collection[int],
    others: ColumnElement[bool],
) -> dict[str, Any]:
    """Check what was typed about a user; `others` claims who must not bear the same username."""
    asked: tuple[Field, ...] = ASKED
    good, problems = cleaned(asked, {**values, "username": username_of(str(values.get("username") or ""))})
    _check_username(good["username"], problems)
    taken = select(User.id).where(User.username == good["username"], others)
    if "username" not in problems and session.scalar(taken) is not None:
        problems["username"] = _("用户名已被使用，请换一个。")
    if not roles:
        problems["roles"] = _("请至少选择一个角色。")
    if not estates and Role.ADMINISTRATOR not in roles:
        problems["estates"] = _("请至少选择一个项目，否则登录后什么也看不到。")
    if not set(estates) <= actor_of(session).estates:
        problems["estates"] = _("您不负责这个项目。")
    _refuse(problems)
    return good


def _locked(session: Session, user_id: int) -> User:
    user = session.get(User, user_id, with_for_update=True) if user_id != SYSTEM_ID else None
    if user is None:
        raise Refused(_("没有找到这位员工，请刷新后再试。"))
    return user


def _set_roles(user: User, roles: Collection[Role]) -> None:
    held = {row.role for row in user.roles}
    user.roles = [row for row in user.roles if row.role in roles] + [
        UserRole(role=role) for role in sorted(set(roles) - held)
    ]


def _set_estates(user: User, estates: Collection[int]) -> None:
    held = {row.estate_id for row in user.estates}
    user.estates = [row for row in user.estates if row.estate_id in estates] + [
        UserEstate(estate_id=estate_id) for estate_id in sorted(set(estates) - held)
    ]


def _snapshot(user: User) -> dict[str, Any]:
    return {
        "username": user.username, "name": user.name, "phone": user.phone, "department": user.department.value,
        "roles": sorted(row.role.value for row in user.roles),
        "estates": sorted(row.estate_id for row in user.estates),
    }  # fmt: skip
