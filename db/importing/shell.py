"""The whole way in one call, for `manage.py import`: read, understand, judge, take in."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain, product
from pathlib import Path
from string import ascii_uppercase

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.importing.planning import plan, understand
from db.importing.reading import read, refuse_large
from db.importing.runs import Result, run
from db.people import SYSTEM, Actor, Right, User, actor_for, require
from db.refused import Refused
from db.registering import right_for, save
from db.registry import Estate, EstateKind
from db.session import reading, writing
from db.words import _


def import_file(
    path: str | os.PathLike[str],
    estate_name: str,
    username: str,
    *,
    create: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Result:
    """Take a workbook into an estate in a user's name; good rows go in, bad ones are listed in the result.

    `create` makes the estate when there is none of this name. `progress` is told in words how far it is. Raises
    `Refused` for an unknown or disabled user, an unknown estate, a missing right, a file that cannot be read.
    """
    say = progress or (lambda _line: None)
    file = Path(path)
    try:
        refuse_large(file.name, file.stat().st_size)
        data = file.read_bytes()
    except OSError as problem:
        raise Refused(_("无法读取文件“{file}”，请检查路径。", file=file)) from problem
    with reading(SYSTEM) as session:
        actor = _actor(session, username)
    workbook = read(file.name, data)
    say(str(_("已读取 {file}，共 {sheets} 张表。", file=workbook.name, sheets=len(workbook.sheets))))
    estate_id = _estate(actor, estate_name, create=create)
    with reading(SYSTEM) as session:
        actor = _actor(session, username)  # anew: a new estate is one more of his
    with writing(actor) as session:
        planned = plan(session, workbook, understand(session, workbook), estate_id)
        for sheet in planned.sheets:
            if sheet.left_out:
                say(str(_("“{sheet}”：{why}", sheet=sheet.name, why=sheet.left_out)))
        return run(
            session,
            planned,
            progress=lambda done, total: say(str(_("已写入 {done} / {total}", done=done, total=total))),
        )


def _actor(session: Session, username: str) -> Actor:
    user = session.scalar(select(User).where(User.username == username, User.id != SYSTEM.user_id))
    if user is None or not user.active:
        raise Refused(_("没有用户“{name}”，或已停用。", name=username))
    return actor_for(session, user)


def _estate(actor: Actor, name: str, *, create: bool) -> int:
    require(actor, Right.IMPORT)
    with writing(actor) as session:
        found = session.scalar(select(Estate.id).where(Estate.name == name))
        if found is None and create:
            if not actor.may(right_for(Estate)):
                raise Refused(_("没有项目“{name}”。新建项目请用管理处主任或系统管理员的用户名。", name=name))
            found = save(session, Estate, {"name": name, "kind": EstateKind.HOMES, "mark": _free_mark(session)})
        if found is None:
            names = str(_("、")).join(session.scalars(select(Estate.name).order_by(Estate.name)))
            raise Refused(_("没有项目“{name}”。现有项目：{names}", name=name, names=names or _("无")))
        return found


def _free_mark(session: Session) -> str:
    """Choose what sets the new estate's numbers apart: nothing for the first, then B, C … BA, BB and on."""
    taken = set(session.scalars(select(Estate.mark)))
    letters = ascii_uppercase[1:]
    marks = chain(("",), letters, map("".join, product(letters, ascii_uppercase)))
    return next(mark for mark in marks if mark not in taken)
