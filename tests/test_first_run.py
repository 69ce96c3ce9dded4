"""The demonstration loaded from the screen."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from components.papers.printing import pdf
from db import demo, passwords, session, signing_in, users
from db.first_run import load_demonstration
from db.people import SYSTEM, Actor, Role
from db.refused import Refused
from db.registry import Estate, EstateKind
from tests.builders import a_building

GOOD = "correct horse"


@pytest.fixture
def administrator(sqlite_engine, monkeypatch) -> Actor:
    monkeypatch.setattr(passwords, "ROUNDS", 4)
    user_id = users.make_first_administrator("王主任", "admin", GOOD, "廊坊科技谷", EstateKind.PARK)
    standing = signing_in.by_session(signing_in.start_session(user_id).session_id)
    assert standing is not None
    return standing.actor


def test_it_is_not_loaded_over_data(administrator):
    with session.writing(administrator) as s:
        a_building(s, s.scalars(select(Estate)).one())
    with pytest.raises(Refused) as refused:
        load_demonstration(administrator, pdf, print)
    assert refused.value.message.startswith("系统里已有资料")
    with session.reading(SYSTEM) as s:
        assert s.scalars(select(Estate.name)).all() == ["廊坊科技谷"]


def test_only_an_administrator_loads_it(administrator):
    director = Actor(administrator.user_id, "主任", frozenset({Role.DIRECTOR}))
    with pytest.raises(Refused):
        load_demonstration(director, pdf, print)


@pytest.mark.long
def test_it_takes_the_place_of_the_empty_estate_and_of_a_name_of_its_own(administrator):
    told: list[str] = []
    assert load_demonstration(administrator, pdf, lambda *words: told.append(str(words))) == "admin1"
    assert signing_in.sign_in("admin1", GOOD, "a").user_id == administrator.user_id
    for username, password, _role in demo.ACCOUNTS[:3]:
        assert signing_in.sign_in(username, password, "a").session_id > 0
    assert told != []
