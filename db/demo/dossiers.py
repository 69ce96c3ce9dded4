"""The demonstration's dossiers: renovations, goods out at the gate, who comes and who leaves, cards and permits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from db.demo import filed_papers, held_things, moves, park_moves, passes, works
from db.demo.chance import Shares
from db.demo.diary import Course
from db.demo.scene import Scene


def dossiers(scene: Scene, part: float) -> Iterator[Course]:
    """Let customers renovate, carry out, move; with a chance of their own, so that all other matters stay as they are.

    `part` thins out what happens every day; what today's lists need is always there.
    """
    scene = replace(scene, random=Random(5813), shares=Shares(), decks={}, pens={})  # noqa: S311 - a story
    taken: set[int] = set()
    yield held_things.handed_out(scene)
    yield held_things.permits(scene)
    yield filed_papers.filed(scene)
    yield from works.renovations(scene, taken)
    yield from moves.moves(scene, taken)
    yield from park_moves.park_moves(scene)
    yield from passes.usual(scene, part, taken)
    yield from passes.today(scene, taken)
