"""The demonstration, loaded from the screen into a house that has its first administrator and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, select

from db import demo
from db.audit import record
from db.cases import Case
from db.papers.issuing import Render
from db.people import Actor, Right, User, UserEstate, require
from db.refused import Refused
from db.registry import Building, Customer, Estate
from db.session import writing
from db.words import _


def load_demonstration(actor: Actor, render: Render, progress: Callable[..., object]) -> str:
    """Fill the house with the demonstration; returns the username under which `actor` signs in from now on.

    The estate named on the first run makes way while it is empty, and so does the administrator's username where one of
    the demonstration's people bears it. Takes about a minute; `render` prints the papers, `progress` is told what is
    done. Raises `Refused` when there are data already.
    """
    require(actor, Right.MANAGE_USERS)
    with writing(actor) as session:
        user = session.get_one(User, actor.user_id, with_for_update=True)
        if any(session.scalar(select(table.id).limit(1)) is not None for table in (Building, Customer, Case)):
            raise Refused(_("系统里已有资料，不能再装入演示数据。要看演示，请另用一个空的数据文件夹启动。"))
        for estate in session.scalars(select(Estate)).all():
            session.execute(delete(UserEstate).where(UserEstate.estate_id == estate.id))
            record(session, "removed", "estates", estate.id, before={"name": estate.name})
            session.delete(estate)
        taken = {username for username, _password, _role in demo.ACCOUNTS}
        former, n = user.username, 1
        while user.username in taken:
            user.username, n = f"{former}{n}", n + 1
        if user.username != former:
            record(session, "changed", "users", user.id, before={"username": former}, after={"username": user.username})
    demo.fill(render, progress)
    return user.username
