"""What an estate makes of a template 办理资料清单: papers added, changed, left out; what the house holds stays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from db.audit import record
from db.base import LINE_LENGTH
from db.checking import clean_text
from db.checklist_templates import TemplateLine, lines_of, own_lines
from db.checklists import ItemKind, Template, Wanted
from db.dossiers import (
    inspection_tables,
    move_in_templates,
    move_out_templates,
    renovation_templates,
    window_templates,
)
from db.people import Right, require
from db.processes import PROCESSES
from db.refused import Conflict, Refused
from db.registry import Estate, EstateKind
from db.session import actor_of
from db.words import Words, _

TEMPLATES: dict[str, Template] = {
    each.key: each
    for each in (
        *move_in_templates.TEMPLATES.values(),
        *renovation_templates.TEMPLATES.values(),
        *move_out_templates.TEMPLATES.values(),
        *window_templates.TEMPLATES,
        *inspection_tables.TEMPLATES,
    )
}
"""Every template of every process, by its key: the process, a dot, the formality."""
MOST_LINES = 60
_HOMES = frozenset({EstateKind.HOMES})
_WORDS = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Held:
    """A template as it holds in an estate."""

    template: Template
    lines: tuple[Wanted, ...]
    is_own: bool
    """The estate has made it its own."""
    steps: Mapping[str, Words]
    """The steps that a paper may hold up: name of the action → its label."""
    by_place: bool
    """It lists what is looked at, place by place (an inspection); `ask` is the place."""

    @property
    def papers(self) -> list[Wanted]:
        """List the lines that the estate may change."""
        return [each for each in self.lines if each.kind is ItemKind.PAPER]


def offered(session: Session, estate_id: int) -> list[Template]:
    """List the templates that fit an estate; needs `MANAGE_SETTINGS`."""
    kind = _estate(session, estate_id).kind
    return [each for each in TEMPLATES.values() if kind in each.estates]


def held(session: Session, estate_id: int, template_key: str) -> Held:
    """Return what holds; needs `MANAGE_SETTINGS`. Raises `Refused` for a template that does not fit the estate."""
    template = _template(session, estate_id, template_key)
    own = bool(own_lines(session, estate_id, template.key))
    return Held(template, tuple(lines_of(session, estate_id, template)), own, steps_of(template), _by_place(template))


def steps_of(template: Template) -> dict[str, Words]:
    """Name the steps that wait for lines of a template, in the order of the work."""
    process = PROCESSES.get(template.key.partition(".")[0])
    names = dict.fromkeys(each.before for each in template.lines if each.before)
    return {name: process.action(name).label for name in names} if process else {}


def _by_place(template: Template) -> bool:
    return template in inspection_tables.TEMPLATES


def arranged(template: Template, papers: Sequence[Wanted]) -> list[Wanted]:
    """Put an estate's papers where the house has papers of the same step; its own lines stay as they are."""
    waiting: dict[str, list[Wanted]] = {}
    for each in papers:
        waiting.setdefault(each.before, []).append(each)
    led = {each.before for each in template.lines if each.kind is ItemKind.PAPER}
    found: list[Wanted] = []
    for each in template.lines:
        if each.kind is ItemKind.PAPER or each.before not in led:
            found += waiting.pop(each.before, [])
        if each.kind is not ItemKind.PAPER:
            found.append(each)
    return found + [each for rest in waiting.values() for each in rest]


def keep(
    session: Session, estate_id: int, template_key: str, lines: Sequence[Wanted], *,
    seen: Sequence[Wanted] | None = None,
) -> None:  # fmt: skip
    """Keep an estate's own lines; matters already open keep theirs. Needs `MANAGE_SETTINGS`, is in the audit.

    Only papers may be added, changed or left out. `seen` are the lines as they were drawn: if somebody else was
    faster, raises `Conflict`. Raises `Refused` with problems by `line n` (from 1).
    """
    template = _template(session, estate_id, template_key, lock=True)
    before = lines_of(session, estate_id, template)
    if seen is not None and list(map(_plain, seen)) != list(map(_plain, before)):
        raise Conflict(_("这份清单刚被别人改过，请看过最新的内容再保存。"))
    good = _checked(template, lines)
    if list(map(_plain, good)) == list(map(_plain, before)):
        return
    _replace(session, estate_id, template, [] if good == list(template.lines) else good)
    _note(session, estate_id, template, before, good)


def back_to_house(session: Session, estate_id: int, template_key: str) -> None:
    """Let the house's own lines hold again; nothing happens where they do."""
    template = _template(session, estate_id, template_key, lock=True)
    before = lines_of(session, estate_id, template)
    if not own_lines(session, estate_id, template.key):
        return
    _replace(session, estate_id, template, [])
    _note(session, estate_id, template, before, template.lines)


# ── what may be kept ─────────────────────────────────────────────────────────────────────────────────────────────────


def _checked(template: Template, lines: Sequence[Wanted]) -> list[Wanted]:
    """Make lines storable, or say what is wrong with which."""
    if len(lines) > MOST_LINES:
        raise Refused(_("一份清单最多 {n} 项，请合并或删减。", n=MOST_LINES))
    if [_plain(each) for each in lines if each.kind is not ItemKind.PAPER] != [
        _plain(each) for each in template.lines if each.kind is not ItemKind.PAPER
    ]:
        raise Refused(_("需签署的单据和由系统核对的事项不能增减或更改，只能改客户提交的资料。"))
    good, problems, labels = list[Wanted](), dict[str, object](), set[str]()
    keys = {each.key for each in lines if each.key}
    for n, each in enumerate(lines, start=1):
        made = each
        if each.kind is ItemKind.PAPER:
            made = replace(each, label=clean_text(_chinese(each.label)), ask=clean_text(_chinese(each.ask)), paper="")
            if wrong := _wrong(template, made, labels):
                problems[f"line {n}"] = _("“{label}”：{wrong}", label=made.label or n, wrong=wrong)
            made = replace(made, key=made.key or _new_key(keys))
            made = _as_house(template, made)
        labels.add(_name(template, made))
        good.append(made)
    if problems:
        raise Refused(_("有 {n} 项没有填对，都没有保存。", n=len(problems)), problems)
    if not good:
        raise Refused(_("清单不能是空的。"))
    return good


def _name(template: Template, line: Wanted) -> str:
    """Say by what a line is told from others; in two places there may be two of one name."""
    return f"{_chinese(line.ask) if _by_place(template) else ''}{_chinese(line.label)}"


def _wrong(template: Template, line: Wanted, labels: set[str]) -> Words | None:
    """Say what is wrong with a paper's line."""
    label = str(line.label)
    if not label:
        return _("请填写资料名称。")
    if len(label) > LINE_LENGTH or len(str(line.ask)) > LINE_LENGTH:
        return _("名称和要求各不超过 {n} 字。", n=LINE_LENGTH)
    if _name(template, line) in labels:
        return _("清单里已有同名的一项。")
    if line.before and line.before not in steps_of(template):
        return _("没有这一步，请从列表中选择。")
    if line.before and line.required and template.estates == _HOMES and any(word in label for word in _money()):
        return _("住宅的手续不能以缴费为条件，请改为可选，或去掉这一项。")
    return None


@cache
def _money() -> tuple[str, ...]:
    return tuple(tomllib.loads(_WORDS.read_text(encoding="utf-8"))["money"])


def _new_key(keys: set[str]) -> str:
    """Make a key that no line of the list has."""
    n = next(n for n in range(1, 2 * MOST_LINES) if f"own{n}" not in keys)
    keys.add(f"own{n}")
    return f"own{n}"


def _as_house(template: Template, line: Wanted) -> Wanted:
    """Return the house's own line where it says the same: its words are translated."""
    return next((each for each in template.lines if _plain(each) == _plain(line)), line)


def _plain(line: Wanted) -> tuple[object, ...]:
    return (
        line.key, line.kind, _chinese(line.label), line.before, _chinese(line.ask), line.required, line.paper,
    )  # fmt: skip


def _chinese(text: Words | str) -> str:
    """Return the Chinese, whoever looks at it."""
    return text.text if isinstance(text, Words) else text


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _estate(session: Session, estate_id: int, *, lock: bool = False) -> Estate:
    actor = actor_of(session)
    require(actor, Right.MANAGE_SETTINGS)
    if estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))
    return session.get_one(Estate, estate_id, with_for_update=lock)


def _template(session: Session, estate_id: int, template_key: str, *, lock: bool = False) -> Template:
    kind = _estate(session, estate_id, lock=lock).kind
    template = TEMPLATES.get(template_key)
    if template is None or kind not in template.estates:
        raise Refused(_("没有找到这份清单，或不用于这个项目。"))
    return template


def _replace(session: Session, estate_id: int, template: Template, lines: Sequence[Wanted]) -> None:
    session.execute(
        delete(TemplateLine).where(TemplateLine.estate_id == estate_id, TemplateLine.template == template.key)
    )
    session.add_all(
        TemplateLine(
            estate_id=estate_id, template=template.key, position=n, key=each.key, kind=each.kind,
            label=_chinese(each.label), ask=_chinese(each.ask), before=each.before, required=each.required,
            paper=each.paper,
        )
        for n, each in enumerate(lines, start=1)
    )  # fmt: skip
    session.flush()


def _note(
    session: Session, estate_id: int, template: Template, before: Sequence[Wanted], after: Sequence[Wanted]
) -> None:
    """Write down which papers came, went and changed."""
    old, new = ([_said(each) for each in some if each.kind is ItemKind.PAPER] for some in (before, after))
    record(
        session, "changed", "template_lines", None, estate_id=estate_id, ground=template.key,
        before={"lines": [each for each in old if each not in new]},
        after={"lines": [each for each in new if each not in old]},
    )  # fmt: skip


def _said(line: Wanted) -> str:
    parts = (_chinese(line.label), _chinese(line.ask), line.before, "" if line.required else "-")
    return " / ".join(part for part in parts if part)


__all__ = [
    "MOST_LINES", "TEMPLATES", "Held", "arranged", "back_to_house", "held", "keep", "offered", "steps_of",
]  # fmt: skip
