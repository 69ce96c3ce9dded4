"""The demonstration's income and expenditure: a year of figures, the owners' accounts, what was published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import approvals
from db.accounts import figures, funds, publications, questions, services
from db.accounts.funds import Move
from db.accounts.ground import CENT
from db.accounts.heads import Basis, Book, Head, Item
from db.accounts.tables import Span
from db.cases import Case
from db.clock import moment_of, pretending
from db.demo.chance import told
from db.demo.diary import acting
from db.demo.estates import Ground
from db.demo.scene import Scene
from db.people import Actor
from db.process import perform
from db.reports.periods import month_before, months_up_to, quarter_of
from db.words import _

MONTHS = 12
BOOKED_ON = 8
"""Finance hands a month's figures over on this day of the next."""


def publish(session: Session, scene: Scene) -> None:
    """Keep both estates' accounts for a year, publish a quarter and leave one publication waiting for approval."""
    for ground in scene.grounds.values():
        Accounts(session, scene, ground).keep()


class Accounts:
    """One estate's accounts."""

    def __init__(self, session: Session, scene: Scene, ground: Ground) -> None:
        """Take what is written of the estate."""
        self.session, self.scene, self.ground = session, scene, ground
        self.staff, self.estate_id = scene.staff, ground.estate_id
        self.told: dict[str, Any] = told("accounts")[ground.name]
        self.random = Random(ground.name)  # noqa: S311 - a story, not a secret
        self.months = months_up_to(month_before(scene.today).first, MONTHS)
        self.quarter = quarter_of(self._quarter_end())

    def _quarter_end(self) -> date:
        """Find the last quarter whose figures have been in for at least two weeks."""
        last = quarter_of(self.scene.today).first - timedelta(days=1)
        late = self.scene.today - timedelta(days=BOOKED_ON + 14)
        return last if last < late else quarter_of(last).first - timedelta(days=1)

    @contextmanager
    def at(self, day: date, who: Actor, hour: int = 15) -> Iterator[None]:
        """Let somebody do something on a day, at the latest when history ends."""
        moment = min(moment_of(day, time(hour, 5)), self.scene.until)
        with pretending(moment), acting(self.session, who):
            yield

    def keep(self) -> None:
        """Write everything down in the order in which it happened."""
        with self.at(self.months[0], self.staff.supervisor):
            points = list(services.points_of(self.session, self.estate_id))
            lines = [
                services.Line(item, standard, responsible, points[place])
                for item, standard, responsible, place in self.told["services"]
            ]
            services.keep(self.session, self.estate_id, lines)
        self._budget()
        for month in self.months:
            self._actual(month)
        self._owners()
        self._published()

    # ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _usual(self, month: date, base: float, season: str) -> Decimal:
        share: int = told("accounts")["seasons"][season][month.month - 1]
        return (Decimal(base) * share / 100).quantize(CENT)

    def _budget(self) -> None:
        """Plan each year that is touched, to whole hundreds."""
        for year in sorted({month.year for month in self.months} | {self.scene.today.year}):
            planned = {
                (date(year, n, 1), Head(head)): self._usual(date(year, n, 1), base, season).quantize(Decimal(100))
                for head, base, season, _used in self.told["heads"]
                for n in range(1, 13)
            }
            with self.at(self.months[0], self.staff.finance):
                title = str(_("{year}年度财务预算", year=year))
                figures.enter(self.session, self.estate_id, Basis.BUDGET, planned, title)

    def _actual(self, month: date) -> None:
        amounts = {}
        for head, base, season, used in self.told["heads"]:
            chance = self.random.gauss(used / 100, 0.03)
            amounts[month, Head(head)] = (self._usual(month, base, season) * Decimal(chance)).quantize(CENT)
        following = (month + timedelta(days=31)).replace(day=BOOKED_ON)
        with self.at(following, self.staff.finance):
            title = str(_("收支月报 {month}", month=f"{month:%Y-%m}"))
            figures.enter(self.session, self.estate_id, Basis.ACTUAL, amounts, title)

    # ── the owners' accounts ─────────────────────────────────────────────────────────────────────────────────────────

    def _owners(self) -> None:
        """Enter a year of common income and of the fund, day after day."""
        first = self.months[0]
        common, fund = (Decimal(str(each)).quantize(CENT) for each in self.told["opening"])
        carried = str(_("上年结转"))
        moves = [
            Move(Book.COMMON, Item.OPENING, first, common, carried, self._voucher(first)),
            Move(Book.FUND, Item.OPENING, first, fund, carried, self._voucher(first)),
        ]
        for n, month in enumerate(self.months, start=1):
            moves += self._of_month(n, month)
        for move in sorted(moves, key=lambda each: each.day):
            with self.at(move.day, self.staff.finance, 16):
                funds.post(self.session, self.estate_id, move)

    def _of_month(self, n: int, month: date) -> Iterator[Move]:
        day = month.replace(day=25)
        if day >= self.scene.today:
            return
        for item, usual, every, purpose in self.told["common"]:
            if n % every == 0:
                amount = (Decimal(usual) * Decimal(self.random.gauss(1, 0.04))).quantize(CENT)
                yield Move(Book.COMMON, Item(item), day, amount, purpose, self._voucher(day))
        every, cost, purpose = self.told["cost"]
        if n % every == 0:
            yield Move(Book.COMMON, Item.COST, day, Decimal(cost), purpose, self._voucher(day))
        if n % 6 == 0:
            purpose = str(_("补充专项维修资金"))
            amount, decision = Decimal(self.told["to_fund"]), self.told["decision"]
            yield Move(
                Book.COMMON, Item.TO_FUND, day.replace(day=26), amount, purpose, self._voucher(day), decision
            )
        if n % 3 == 0:
            interest = Decimal(str(self.told["interest"])).quantize(CENT)
            purpose = str(_("专户存款利息"))
            yield Move(Book.FUND, Item.INTEREST, day.replace(day=21), interest, purpose, self._voucher(day))
        for when, amount, purpose in self.told["works"]:
            if month.month == when:
                cost = Decimal(str(amount)).quantize(CENT)
                yield Move(
                    Book.FUND, Item.WORKS, day.replace(day=18), cost, purpose, self._voucher(day),
                    self.told["works_decision"],
                )  # fmt: skip

    def _voucher(self, day: date) -> str:
        return str(_("记-{month}-{n}", month=f"{day:%Y%m}", n=f"{self.random.randint(11, 190):03}"))

    # ── what was published ───────────────────────────────────────────────────────────────────────────────────────────

    def _published(self) -> None:
        """Publish a quarter of the homes; leave a month of theirs and a quarter of the park with those who approve."""
        staff, waiting_from = self.staff, self.scene.today - timedelta(days=2)
        if self.ground.is_park:
            self._handed_in(Span.QUARTER, self.quarter.last, waiting_from)
            return
        begun = self.quarter.last + timedelta(days=BOOKED_ON + 3)
        number = self._handed_in(Span.QUARTER, self.quarter.last, begun)
        self._granted(begun + timedelta(days=1), staff.supervisor)
        self._granted(begun + timedelta(days=2), staff.director)
        self._posted(number, begun + timedelta(days=3))
        wrong = self.quarter.last.replace(day=1)
        with self.at(begun + timedelta(days=9), staff.finance):
            known = figures.standing(self.session, self.estate_id, Basis.ACTUAL, [wrong])
            corrected = {(wrong, Head.UPKEEP): known[wrong, Head.UPKEEP] + Decimal("1860.00")}
            reason, title = str(_("漏记一笔电梯配件款")), self._voucher(wrong)
            figures.enter(self.session, self.estate_id, Basis.ACTUAL, corrected, title, reason=reason)
        self._handed_in(Span.MONTH, self.months[-1], waiting_from)
        self._granted(waiting_from + timedelta(days=1), staff.supervisor)

    def _handed_in(self, span: Span, day: date, on: date) -> int:
        with self.at(on, self.staff.finance, 10):
            number = publications.prepare(self.session, self.estate_id, span, day)
            publications.explain(self.session, number, self.told["remark"])
            publications.hand_in(self.session, number)
        return number

    def _granted(self, on: date, who: Actor) -> None:
        with self.at(on, who, 9):
            for each in approvals.waiting_for(self.session):
                if each.subject == publications.SUBJECT and each.estate_id == self.estate_id:
                    approvals.decide(self.session, each.id, approvals.Verdict.GRANTED)

    def _posted(self, number: int, on: date) -> None:
        last = self.scene.today + timedelta(days=12)
        with self.at(on, self.staff.supervisor, 11):
            publications.post(self.session, number, self.told["places"], (on, last))
        asked: datetime = moment_of(on + timedelta(days=4), time(9, 40))
        with pretending(asked), acting(self.session, self.staff.clerk(asked)):
            inquiry = questions.ask(self.session, number, {"words": self.told["question"], "channel": "desk"})
        answered = asked + timedelta(hours=5)
        with pretending(answered), acting(self.session, self.staff.clerk(answered)):
            case = self.session.scalars(select(Case).where(Case.number == inquiry)).one()
            perform(self.session, case.id, "answer", {"answer": self.told["answer"], "satisfied": True})
