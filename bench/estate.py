"""The bench's office: made in bulk, checked by the laws, kept until anything that it comes from changes."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, select

from bench import laws, loading, people
from bench.assembling import tables_of
from bench.histories import EVENING, Office, live_through
from db import migrations, passwords, search, session
from db.clock import moment_of, today
from db.paths import ROOT, data_folder
from db.people import SYSTEM, Actor, Role, User, UserEstate, UserRole, actor_for
from db.registry import Customer, Unit, Vehicle
from db.session import reading, writing

SEED = 20261123
COUNTED_ONE_BY_ONE = 20_000
"""Up to so many cases are also checked as `manage.py check` does it, row by row in Python."""
USERNAME, PASSWORD = "bench", "how fast is it, then?"
COMES_FROM = (
    "bench/vocabulary.toml",
    *(f"bench/{name}.py" for name in ("assembling", "chains", "estate", "histories", "people")),
    *(f"db/{name}.py" for name in ("case_words", "cases", "counters", "registry", "search_keys", "spellings")),
    "db/processes/*.py", "db/migrations/**/*.py",
)  # fmt: skip
"""What the estate's file depends on: a change of any of these makes it anew."""


@dataclass(frozen=True)
class Estate:
    """A finished estate: where it lies, whose eyes look at it, and the moment that counts as now."""

    folder: Path
    url: str
    actor: Actor
    moment: datetime


def _key(units: int, cases: int, last: date) -> str:
    marks = hashlib.sha256(f"{units} {cases} {last} {SEED}".encode())
    for pattern in COMES_FROM:
        for file in sorted(ROOT.glob(pattern)):
            marks.update(file.read_bytes())
    return marks.hexdigest()[:12]


def last_day(day: date) -> date:
    """Return the last Sunday: histories end there, so that one file serves a week."""
    return date.fromordinal(day.toordinal() - day.isoweekday() % 7)


def prepare(units: int, cases: int, say: Callable[[str], None] = print) -> Estate:
    """Bind the process to an estate of this size in SQLite, making it first where it isn't there yet.

    Raises `AssertionError` when what was made breaks a law of the house.
    """
    last = last_day(today())
    folder = data_folder() / "bench" / f"{units}x{cases}-{_key(units, cases, last)}"
    url = f"sqlite:///{(folder / 'guanjia.db').as_posix()}"
    made = folder / "made"
    if not made.exists():
        for former in folder.parent.glob(f"{units}x{cases}-*"):
            shutil.rmtree(former)
        folder.mkdir(parents=True)
        say(f"making {cases:,} matters of {units:,} units in {folder}")
        build(session.bind(url), units, cases, last, say)
        made.touch()
    session.bind(url)
    return opened_at(folder, url, last)


def prepare_elsewhere(estate: Estate, units: int, cases: int, url: str, say: Callable[[str], None] = print) -> Estate:
    """Bind the process to the same estate in another database, made there if that is still empty."""
    last = last_day(today())
    engine = session.bind(url)
    if migrations.revision_of(engine) is None:
        say(f"making the same in {engine.url.render_as_string()}")
        build(engine, units, cases, last, say)
    return opened_at(estate.folder, url, last)


def opened_at(folder: Path, url: str, last: date) -> Estate:
    """Describe the estate in the bound database, whose histories end on `last`."""
    with reading(SYSTEM) as opened:
        actor = actor_for(opened, opened.scalars(select(User).where(User.username == USERNAME)).one())
    return Estate(folder, url, actor, moment_of(last) + EVENING.astype("timedelta64[s]").item())


def build(engine: Engine, units: int, cases: int, last: date, say: Callable[[str], None] = print) -> None:
    """Fill an empty database and check it by the laws."""
    began = time.perf_counter()

    def done(what: str) -> None:
        say(f"  {time.perf_counter() - began:6.1f} s  {what}")

    migrations.upgrade(engine)
    registry = people.make(np.random.default_rng(SEED), units)
    tables = tables_of(live_through(Office(registry, last, SEED), cases), registry)
    done(f"lived through: {cases:,} matters, {len(tables['events']['id']):,} events")
    with loading.in_bulk(engine) as connection:
        loading.load(connection, registry.tables | tables)
    done("loaded, indexed")
    with writing(SYSTEM) as opened:
        for kind, model in (("unit", Unit), ("customer", Customer), ("vehicle", Vehicle)):
            search.refresh(opened, kind, opened.scalars(select(model.id)).all(), fresh=True)
        opened.add(
            User(
                username=USERNAME, name="Bench", password_hash=passwords.hashed(PASSWORD), must_change_password=False,
                roles=[UserRole(role=role) for role in (Role.DESK, Role.SUPERVISOR, Role.ADMINISTRATOR)],
                estates=[UserEstate(estate_id=1), UserEstate(estate_id=2)],
            )
        )  # fmt: skip
    done(f"{units:,} units and their people made findable")
    laws.check(engine, full=cases <= COUNTED_ONE_BY_ONE)
    done("checked by the laws")
