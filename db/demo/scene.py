"""What the demonstration's matters share: the two estates, their staff, chance, and the months when stories happen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from db.clock import day_of
from db.demo.chance import Deck, Pen, Shares, told
from db.demo.diary import Diary, acting, at_the_desk, minutes
from db.demo.estates import Ground
from db.demo.residents import Household
from db.demo.staff import Staff
from db.papers.issuing import Render
from db.people import Actor

R = TypeVar("R")

LATE_SHARE = 0.007
"""So many of the steps are typed a day or more after they happened."""


@dataclass(frozen=True)
class Stories:
    """When the stories of the demonstration happen, seen from its last day."""

    lift: date
    """First day of the April in which the lift of building 5 failed three times."""
    storm: date
    """The July day of the storm over building 3."""
    away: date
    """First day of the February in which a clerk was away."""

    @classmethod
    def before(cls, today: date) -> Stories:
        """Find the last April, July and February that are over."""

        def last(month: int) -> date:
            this_year = date(today.year, month, 1)
            return this_year if this_year + timedelta(days=31) <= today else this_year.replace(year=today.year - 1)

        return cls(last(4), last(7).replace(day=18), last(2))


@dataclass
class Scene:
    """Everything a matter of the demonstration needs to run its course."""

    random: Random
    today: date
    first: date
    until: datetime
    staff: Staff
    grounds: dict[str, Ground]
    households: dict[str, list[Household]]
    stewards: dict[int, Actor]
    """Building → who looks after it."""
    render: Render
    """Prints the papers that are issued."""
    diary: Diary = field(default_factory=Diary)
    shares: Shares = field(default_factory=Shares)
    decks: dict[Any, Deck] = field(default_factory=dict)
    pens: dict[str, Pen] = field(default_factory=dict)
    heard: list[Any] = field(default_factory=list)
    """Complaints so far; repeats refer to them."""

    @property
    def stories(self) -> Stories:
        """Say when the stories happen."""
        return Stories.before(self.today)

    def pen(self, name: str) -> Pen:
        """Hand out the pen that writes with the blanks of one file of texts."""
        if name not in self.pens:
            self.pens[name] = Pen(self.random, told(name).get("blanks", {}))
        return self.pens[name]

    def draw(self, name: Any, shares: dict[Any, int]) -> Any:
        """Draw by shares; one deck under each name."""
        if name not in self.decks:
            self.decks[name] = Deck(self.random, shares)
        return self.decks[name].draw()

    def say(self, chapter: str, key: str) -> str:
        """Pick a remark of the staff or of a customer from `talk.toml`."""
        texts: Sequence[str] = told("talk")[chapter][key]
        return self.pen("talk").write(texts)

    def luck(self, share: float) -> bool:
        """Say yes in `share` of all cases."""
        return self.random.random() < share

    def steward_of(self, ground: Ground, building_id: int | None) -> Actor:
        """Say who looks after a building; for the grounds of the homes anyone of theirs."""
        if building_id is not None and building_id in self.stewards:
            return self.stewards[building_id]
        return self.staff.stewards[4] if ground.is_park else self.random.choice(self.staff.stewards[:4])

    def off_duty(self, moment: datetime) -> frozenset[int]:
        """Name the clerk who is away in the February of the story."""
        away, day = self.stories.away, day_of(moment)
        is_away = (day.year, day.month) == (away.year, away.month)
        return frozenset({self.staff.clerks[3].user_id}) if is_away else frozenset()

    def clerk(self, moment: datetime, but: frozenset[int] = frozenset()) -> Actor:
        """Say who sits at the desk at that moment."""
        return self.staff.clerk(moment, but | self.off_duty(moment))

    def typed(self, occurred: datetime) -> datetime:
        """Say when a step is typed that happened then: soon, in office hours, now and then a day or two late."""
        if self.luck(LATE_SHARE):
            return at_the_desk(self.random, occurred + minutes(self.random, 26 * 60, 50 * 60))
        return at_the_desk(self.random, occurred + minutes(self.random, 1, 25))


def step(
    scene: Scene, who: Actor, occurred: datetime, do: Callable[[Session], R], late: timedelta = timedelta()
) -> Generator[datetime, Session, R]:
    """Wait until a step is typed, `late` at the earliest, and take it as `who`; gives back what `do` gives."""
    session = yield at_the_desk(scene.random, occurred + late) if late else scene.typed(occurred)
    with acting(session, who):
        return do(session)
