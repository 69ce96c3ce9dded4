"""Signing in and out: who is at the desk, for how long, and what happens after wrong passwords.

These functions open their own short sessions: comparing a password takes a quarter of a second and must not hold up
everybody else's writes.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, String, cast, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from db import passwords
from db.audit import record
from db.checking import clean_text
from db.clock import local, now
from db.people import (
    SYSTEM,
    SYSTEM_ID,
    Actor,
    Role,
    SignInFailure,
    StaffSession,
    User,
    UserEstate,
    UserRole,
    actor_for,
)  # fmt: skip
from db.refused import Refused
from db.registry import Estate
from db.session import reading, writing
from db.settings import Setting, SettingValue
from db.words import Words, _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_FAILURES = {"address": 20, "name": 5}
"""Wrong sign-ins within `LOCK` before it shuts. A whole office shares one address, hence its longer rope."""
LOCK = timedelta(minutes=15)
TICKET = timedelta(seconds=60)
LONGEST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)
KEPT = timedelta(days=30)
"""Ended sessions are forgotten after this; who signed in when stays in the audit."""

IDLE_MINUTES = Setting(
    "house.idle_minutes",
    _("多少分钟无操作后需要重新登录"),
    120,
    _("从下次登录起生效；一次登录最长 12 小时"),
    least=60,
    most=720,
)


@dataclass(frozen=True)
class SignedIn:
    """A session just begun: its number for the tab, and the ticket for which the browser gets its cookie, once."""

    session_id: int
    user_id: int
    ticket: str


@dataclass(frozen=True)
class Standing:
    """A session that holds at this moment."""

    actor: Actor
    session_id: int
    locale: str
    is_stale: bool
    """Last seen over a minute ago: `touch` is due."""


def username_of(typed: str) -> str:
    """Reduce a typed name to how usernames are kept: half-width, small letters."""
    return clean_text(unicodedata.normalize("NFKC", typed)).lower()


def _secret(value: str) -> str:
    return hashlib.sha256(value.encode(errors="replace")).hexdigest()


# ── wrong passwords ──────────────────────────────────────────────────────────────────────────────────────────────────


def _tally(session: Session, kind: str, subject: str) -> SignInFailure:
    """Find or begin the tally of a name or an address, locked until the transaction ends."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    begun = insert(SignInFailure).values(kind=kind, subject=_secret(subject), count=0, first_at=now())
    session.execute(begun.on_conflict_do_nothing(index_elements=[SignInFailure.kind, SignInFailure.subject]))
    claim = (SignInFailure.kind == kind, SignInFailure.subject == _secret(subject))
    return session.scalars(select(SignInFailure).where(*claim).with_for_update()).one()


def _count(tally: SignInFailure) -> None:
    moment = now()
    if tally.locked_until is not None or moment - tally.first_at > LOCK:
        tally.count, tally.first_at, tally.locked_until = 0, moment, None
    tally.count += 1
    if tally.count >= MOST_FAILURES[tally.kind]:
        tally.locked_until = moment + LOCK


def count_attempt(session: Session, username: str, address: str) -> None:
    """Count an attempt as failed until `forgive` takes it back; raises `Refused` while name or address is locked.

    Counting first is what keeps many wrong passwords sent at the same time from all being compared.
    """
    tallies = [_tally(session, "address", address), _tally(session, "name", username)]
    shut = [tally.locked_until for tally in tallies if tally.locked_until and tally.locked_until > now()]
    if shut:
        raise Refused(locked_words(max(shut)))
    for tally in tallies:
        _count(tally)


def locked_words(until: datetime) -> Words:
    """Say that too many wrong passwords were tried, and until when it stays so."""
    return _(
        "密码错误次数过多，已暂停登录，请在 {time} 以后再试，或请系统管理员重设密码。",
        time=local(until).strftime("%H:%M"),
    )


def forgive(session: Session, username: str, address: str | None = None) -> None:
    """Take the name's failures back, and the one attempt counted against the address."""
    session.execute(
        delete(SignInFailure).where(SignInFailure.kind == "name", SignInFailure.subject == _secret(username))
    )
    if address is not None:
        tally = _tally(session, "address", address)
        tally.count = max(tally.count - 1, 0)
        if tally.count < MOST_FAILURES["address"]:
            tally.locked_until = None
    session.execute(delete(SignInFailure).where(SignInFailure.first_at < now() - KEPT))


def forget_old(session: Session, moment: datetime) -> None:
    """Delete sessions and failures that nobody asks for any more; who signed in when stays in the audit."""
    session.execute(delete(StaffSession).where(StaffSession.started_at < moment - KEPT))
    session.execute(delete(SignInFailure).where(SignInFailure.first_at < moment - KEPT))


def failures_of(session: Session, usernames: list[str]) -> dict[str, datetime]:
    """Say which of these names are locked now, and until when."""
    names = {_secret(name): name for name in usernames}
    rows = session.execute(
        select(SignInFailure.subject, SignInFailure.locked_until).where(
            SignInFailure.kind == "name", SignInFailure.subject.in_(names), SignInFailure.locked_until > now()
        )
    )
    return {names[subject]: until for subject, until in rows if until is not None}


# ── in and out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def sign_in(username: str, password: str, address: str = "") -> SignedIn:
    """Sign somebody in; raises `Refused` with the same words for a wrong password, an unknown and a disabled name."""
    name = username_of(username)
    if not name or not password:
        raise Refused(_("请填写用户名和密码。"))
    with writing(SYSTEM) as session:
        count_attempt(session, name, address)
        found = session.execute(
            select(User.id, User.password_hash).where(User.username == name, User.active, User.id != SYSTEM_ID)
        ).one_or_none()
    kept = found.password_hash if found else ""
    if not passwords.matches(password, kept) or found is None:
        _write_failure(name, address)
        raise Refused(_("用户名或密码不正确。"))
    with writing(SYSTEM) as session:
        user = session.get_one(User, found.id, with_for_update=True)
        if user.active and user.password_hash == kept:  # neither disabled nor reset in that quarter of a second
            forgive(session, name, address)
            return _begin(session, user, address)
    raise Refused(_("用户名或密码不正确。"))


def _write_failure(name: str, address: str) -> None:
    with writing(SYSTEM) as session:
        user_id = session.scalar(select(User.id).where(User.username == name))
        record(session, "sign_in_failed", "users", user_id, after={"address": address[:200]})


def start_session(user_id: int, address: str = "") -> SignedIn:
    """Begin a session without a password: for who has just been created on the first run, and for tests."""
    with writing(SYSTEM) as session:
        return _begin(session, session.get_one(User, user_id), address)


def _begin(session: Session, user: User, address: str) -> SignedIn:
    session.execute(delete(StaffSession).where(StaffSession.user_id == user.id, StaffSession.started_at < now() - KEPT))
    ticket = secrets.token_urlsafe(32)
    begun = StaffSession(
        user_id=user.id, started_at=now(), seen_at=now(), idle_minutes=_idle_minutes(session, user),
        address=address[:200], ticket_hash=_secret(ticket), ticket_until=now() + TICKET,
    )  # fmt: skip
    session.add(begun)
    session.flush()
    _record_as(session, user, "signed_in", begun.id, {"address": address[:200]})
    return SignedIn(begun.id, user.id, ticket)


def _record_as(session: Session, user: User, act: str, session_id: int, after: dict[str, Any] | None = None) -> None:
    """Write an audit entry in the name of the one it is about, though the house's own session writes it."""
    former, session.info["actor"] = session.info["actor"], actor_for(session, user)
    record(session, act, "staff_sessions", session_id, after=after)
    session.info["actor"] = former


def _idle_minutes(session: Session, user: User) -> int:
    """The strictest of the user's estates decides."""
    estates = actor_for(session, user).estates
    claim = (SettingValue.key == IDLE_MINUTES.key, SettingValue.estate_id.in_(estates))
    return int(min(session.scalars(select(SettingValue.value).where(*claim)).all(), default=IDLE_MINUTES.default))


def exchange_ticket(ticket: str) -> str | None:
    """Give the session's secret for its cookie, in exchange for the ticket: once, within a minute, else nothing."""
    token = secrets.token_urlsafe(32)
    with writing(SYSTEM) as session:
        changed = session.execute(
            update(StaffSession)
            .where(
                StaffSession.ticket_hash == _secret(ticket),
                StaffSession.ticket_until > now(),
                StaffSession.revoked_at.is_(None),
            )
            .values(token_hash=_secret(token), ticket_hash=None, ticket_until=None)
            .returning(StaffSession.id)
        ).all()
    return token if changed else None


def sign_out(session_id: int) -> None:
    """End one session; its cookie and every tab with it are worthless from now on."""
    with writing(SYSTEM) as session:
        row = session.get(StaffSession, session_id)
        if row is not None and row.revoked_at is None:
            row.revoked_at = now()
            _record_as(session, session.get_one(User, row.user_id), "signed_out", row.id)


def end_all_sessions(session: Session, user_id: int, but: int | None = None) -> int:
    """End every session of a user, perhaps but one; returns how many. The caller says why in the audit."""
    ended = session.execute(
        update(StaffSession)
        .where(StaffSession.user_id == user_id, StaffSession.revoked_at.is_(None), StaffSession.id != (but or 0))
        .values(revoked_at=now(), ticket_hash=None)
        .returning(StaffSession.id)
    ).all()
    return len(ended)


# ── who is it? ───────────────────────────────────────────────────────────────────────────────────────────────────────

_ROLE_OF = {role.value: role for role in Role}
_ROLES = select(func.aggregate_strings(cast(UserRole.role, String), ",")).where(UserRole.user_id == User.id)
_ESTATES = select(func.aggregate_strings(cast(UserEstate.estate_id, String), ",")).where(UserEstate.user_id == User.id)
_ALL_ESTATES = select(func.aggregate_strings(cast(Estate.id, String), ","))
_WHO = (
    select(
        StaffSession.id.label("session_id"), StaffSession.started_at, StaffSession.seen_at, StaffSession.idle_minutes,
        User.id, User.name, User.username, User.must_change_password, User.locale,
        _ROLES.scalar_subquery().label("roles"), _ESTATES.scalar_subquery().label("estates"),
        _ALL_ESTATES.scalar_subquery().label("all_estates"),
    )
    .join(User, User.id == StaffSession.user_id)
    .where(StaffSession.revoked_at.is_(None), User.active)
)  # fmt: skip


def _standing(claim: ColumnElement[bool]) -> Standing | None:
    """Look a session up, with one statement: every run of every page asks this first."""
    with reading(SYSTEM) as session:
        row = session.execute(_WHO.where(claim)).one_or_none()
    if row is None:
        return None
    moment = now()
    rested = moment - row.seen_at
    if moment - row.started_at > LONGEST or rested > timedelta(minutes=row.idle_minutes):
        return None
    roles = frozenset(_ROLE_OF[value] for value in (row.roles or "").split(",") if value)
    listed = row.all_estates if Role.ADMINISTRATOR in roles else row.estates
    estates = frozenset(int(value) for value in (listed or "").split(",") if value)
    actor = Actor(row.id, row.name, roles, estates, row.username, row.must_change_password)
    return Standing(actor, row.session_id, row.locale, rested > TOUCH)


def by_token(token: str) -> Standing | None:
    """Say whose session a cookie stands for; nothing when it was ended, rested too long or is twelve hours old."""
    return _standing(StaffSession.token_hash == _secret(token)) if token else None


def by_session(session_id: int) -> Standing | None:
    """Say whose session this is, for the tab in which it began."""
    return _standing(StaffSession.id == session_id)


def actor_by_token(token: str) -> Actor | None:
    """Say who a cookie stands for, if anybody: for routes."""
    standing = by_token(token)
    return standing.actor if standing else None


def touch(session_id: int) -> None:
    """Note that somebody is still at work in a session."""
    with writing(SYSTEM) as session:
        due = StaffSession.seen_at < now() - TOUCH
        session.execute(update(StaffSession).where(StaffSession.id == session_id, due).values(seen_at=now()))
