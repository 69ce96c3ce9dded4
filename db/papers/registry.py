"""Every paper of the office, by its key."""

from __future__ import annotations

from db.papers import (
    desk_papers,
    handover_papers,
    move_in_papers,
    move_out_papers,
    parking_papers,
    release_papers,
    renovation_papers,
)
from db.papers.kinds import PaperKind
from db.words import _

_ALL: tuple[PaperKind, ...] = (
    *move_in_papers.KINDS,
    *move_out_papers.KINDS,
    *handover_papers.KINDS,
    *desk_papers.KINDS,
    *renovation_papers.KINDS,
    *release_papers.KINDS,
    *parking_papers.KINDS,
)
KINDS = {each.key: each for each in _ALL}
"""A part adds the papers that its module declares: `*move_in_papers.KINDS`."""

REGISTERS = {
    "site_passes": _("施工出入证"), "hot_works": _("动火证"),
    "parking_permits": _("停车证"), "cards": _("门禁卡与钥匙"),
}  # fmt: skip
"""Where a paper is about a register's row: what the register is called."""


def sorted_kinds() -> list[PaperKind]:
    """List every paper, those of one process or register beside each other."""
    order = {key: place for place, key in enumerate(dict.fromkeys(each.process for each in KINDS.values()))}
    return sorted(KINDS.values(), key=lambda each: order[each.process])


def said_process(process: str) -> str:
    """Name what a paper belongs to: the process, else the register by its first paper."""
    from db.processes import PROCESSES  # noqa: PLC0415 - the processes ask for papers in their gates

    return str(PROCESSES[process].title if process in PROCESSES else REGISTERS.get(process, kinds_of(process)[0].title))


def kinds_of(process: str) -> list[PaperKind]:
    """List the papers of a process or register."""
    return [each for each in KINDS.values() if each.process == process]
