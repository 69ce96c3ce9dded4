"""The law of money: whatever is done in whatever order, not a cent is made or lost, and the books agree (F10)."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from db import approvals
from db.approvals import Verdict
from db.clock import moment_of, pretending
from db.ledger import books, closings, corrections, deposits, payments, reversals
from db.ledger.billing import void_bill
from db.ledger.money_tables import Allocation, Balance, Deposit, DepositKind, Method, Payment
from db.ledger.postings import Tender
from db.ledger.tables import Bill, FeeKind
from db.people import SYSTEM, Role
from db.refused import Refused
from db.registry import EstateKind
from db.session import reading, writing
from db.settings import SettingValue
from tests.builders import a_unit
from tests.money import Till, a_bill, a_fee_item, a_payee
from tests.money_model import Paper, PaperBill, PaperPayment, WouldRefuseError

PHASES = (Phase.generate,)
FIRST = date(2026, 3, 1)
fens = st.integers(1, 40_000)
picks = st.integers(0, 63)
ACTS = {
    "a_bill_is_made": 6, "somebody_pays": 5, "somebody_pays_chosen_bills": 3, "somebody_pays_all_in_round_cash": 2,
    "a_payment_is_voided": 2, "a_payment_is_reversed": 3, "a_balance_is_refunded": 2, "something_is_waived": 3,
    "a_deposit_is_taken": 3, "a_deposit_is_deducted": 1, "a_deposit_is_set_off": 2, "a_deposit_is_refunded": 2,
    "balances_are_used": 3, "a_bill_is_voided": 1, "a_day_is_closed": 2, "days_pass": 3,
}  # fmt: skip
"""What may happen, and how often compared to the rest."""
acts = st.sampled_from([act for act, times in ACTS.items() for _n in range(times)])


def yuan(fen):
    return Decimal(fen).scaleb(-2)


def fen(amount):
    return int(amount * 100)


class World(Till):
    """A till with two units and two payees, one of which is the landlord; 抹零 to the dime."""

    def __init__(self, s) -> None:
        super().__init__(s)
        self.units = [self.unit, a_unit(s, self.building, room="102")]
        landlord = a_payee(s, self.estate)
        self.payees = [self.payee, landlord]
        self.items = {self.payee.id: [self.item, a_fee_item(s, self.payee, FeeKind.OTHER)],
                      landlord.id: [a_fee_item(s, landlord, FeeKind.RENT)]}  # fmt: skip
        self.cashiers = [self.cashier, self.other_cashier]
        self.estate.kind = EstateKind.PARK
        s.add(SettingValue(estate_id=self.estate.id, key=payments.ODD.key, value="dime"))


class Money(RuleBasedStateMachine):
    """A cashier's desk on which anything may happen; beside it the paper on which a child counts along."""

    @initialize()
    def begin(self):
        self.day = FIRST
        self.paper = Paper()
        with writing(SYSTEM) as s:
            self.world = World(s)

    # ── what may happen ──────────────────────────────────────────────────────────────────────────────────────────────

    @rule(act=acts, one=picks, two=picks, three=picks, amount=fens)
    def something_happens(self, act, one, two, three, amount):
        getattr(self, act)(one, two, three, amount)

    def a_bill_is_made(self, unit, payee, item, amount):
        unit, payee = self.of(self.world.units, unit), self.of(self.world.payees, payee)
        item = self.of(self.world.items[payee.id], item)
        month = date(2026, min(12, self.day.month + amount % 4 - 2), 1)
        with self.acting(SYSTEM) as s:
            standing = select(Bill.id).where(
                Bill.unit_id == unit.id, Bill.fee_item_id == item.id, Bill.month == month, Bill.voided_at.is_(None)
            )
            if s.scalar(standing) is not None:
                return
            bill = a_bill(s, unit, item, str(yuan(amount)), month)
        self.paper.bills[bill.id] = PaperBill(
            bill.id, unit.id, payee.id, bill.due_on.toordinal(), month.toordinal(), amount
        )

    def somebody_pays(self, unit, payee, cashier, amount):
        unit, payee = self.of(self.world.units, unit), self.of(self.world.payees, payee)
        self.pay(unit.id, payee.id, cashier, self.methods(amount), None, late=amount % 4 > 0)

    def somebody_pays_chosen_bills(self, first, second, cashier, amount):
        bills = list(self.paper.bills.values())
        if not bills:
            return
        one = self.of(bills, first)
        only = {one.id, self.of([each for each in bills if each.payee == one.payee], second).id}
        total = sum(self.paper.bills[each].unpaid for each in only)
        self.pay(one.unit, one.payee, cashier, self.methods(max(1, total // (1 + amount % 3))), only)

    def somebody_pays_all_in_round_cash(self, unit, _other, cashier, _amount):
        keys = [(each.id, other.id) for each in self.world.units for other in self.world.payees]
        unit, payee = self.of(keys, unit, lambda key: self.paper.owing(*key, self.today))
        who = self.of(self.world.cashiers, cashier)
        owing = self.paper.owing(unit, payee, self.today)
        total = sum(each.unpaid + each.late_open(self.today) for each in owing)
        money = total - total % 10

        def on_paper():
            self.paper.into_till(payee, who.user_id, self.today, {})
            paid, gone = self.paper.round_off(unit, payee, self.today, 10)
            payment = self.paper.pay(
                unit, payee, cashier=who.user_id, on=self.today, methods={Method.CASH: paid}
            )
            payment.rounded = gone
            return payment

        def in_the_books():
            with self.acting(who) as s:
                tenders = [Tender(Method.CASH, yuan(money))]
                return payments.pay(s, unit, payee, tenders, round_off=True).payment.id

        self.paid(self.both(on_paper, in_the_books))

    def a_payment_is_voided(self, which, cashier, _other, _amount):
        who = self.of(self.world.cashiers, cashier)
        every = list(self.paper.payments.values())
        payment = self.of(every, which, lambda each: each.day == self.today and not each.gone)
        if payment is None:
            return

        def on_paper():
            if payment.cashier != who.user_id or payment.day != self.today:
                raise WouldRefuseError
            self.paper.take_back(payment, who.user_id, self.today)

        def in_the_books():
            with self.acting(who) as s:
                reversals.void_payment(s, payment.id, "录错")

        self.both(on_paper, in_the_books)

    def a_payment_is_reversed(self, which, cashier, _other, _amount):
        payment, who = self.of(list(self.paper.payments.values()), which), self.of(self.world.cashiers, cashier)
        if payment is None or payment.gone:
            return
        asked = self.granted(lambda s: corrections.ask_reversal(s, payment.id, "串户"), self.world.finance)
        if asked is not None:
            done = self.both(
                lambda: self.paper.take_back(payment, who.user_id, self.today) or True,
                lambda: self.carried_out(asked, who, ()),
            )
            if done is None:
                self.withdrawn(asked, self.world.finance)

    def a_balance_is_refunded(self, unit, _other, cashier, amount):
        keys = [(each.id, other.id) for each in self.world.units for other in self.world.payees]
        unit, payee = self.of(keys, unit, self.paper.balance.get)
        held = self.paper.balance.get((unit, payee), 0)
        amount = 1 + amount % (held + 1)
        asked = self.granted(
            lambda s: corrections.ask_refund(s, unit, payee, yuan(amount), "退房"), refused=amount > held
        )
        who = self.of(self.world.cashiers, cashier)

        def on_paper():
            self.paper.into_till(payee, who.user_id, self.today, {Method.CASH: amount}, -1)
            self.paper.balance[unit, payee] -= amount
            return True

        if asked is not None:
            tenders = [Tender(Method.CASH, yuan(amount))]
            if self.both(on_paper, lambda: self.carried_out(asked, who, tenders)) is None:
                self.withdrawn(asked, self.world.steward)

    def something_is_waived(self, which, late, _other, amount):
        late = late % 2 == 1

        def most_of(bill):
            return 0 if bill.void else bill.late_open(self.today) if late else bill.unpaid

        bill = self.of(list(self.paper.bills.values()), which, most_of)
        if bill is None:
            return
        amount = max(1, amount % (most_of(bill) + 2))
        refused = amount > most_of(bill)
        asked = self.granted(
            lambda s: corrections.ask_waiver(s, bill.id, yuan(amount), "漏水未修好", late=late), refused=refused
        )
        if asked is not None:
            bill.late_waived += amount if late else 0
            bill.waived += 0 if late else amount

    def a_deposit_is_taken(self, unit, payee, cashier, amount):
        unit, payee = self.of(self.world.units, unit).id, self.of(self.world.payees, payee).id
        who = self.of(self.world.cashiers, cashier)
        methods = {Method.WECHAT: amount}

        def in_the_books():
            with self.acting(who) as s:
                tenders = [Tender(Method.WECHAT, yuan(amount))]
                taken = deposits.take_deposit(s, unit, payee, DepositKind.RENOVATION, tenders)
                its = select(Allocation.deposit_id).where(Allocation.payment_id == taken.payment.id)
                return taken.payment.id, s.scalars(its).one()

        made = self.both(lambda: self.paper.into_till(payee, who.user_id, self.today, methods) or True, in_the_books)
        if made is not None:
            payment, deposit = made[1]
            self.paper.deposits[deposit] = {"unit": unit, "payee": payee, "held": amount}
            parts = [("deposit", deposit, amount, 0)]
            self.paper.payments[payment] = PaperPayment(payment, unit, payee, who.user_id, self.today, methods, parts)

    def a_deposit_is_deducted(self, which, _one, _other, amount):
        chosen = self.of(list(self.paper.deposits), which)
        if chosen is None:
            return
        amount = 1 + amount % (self.paper.deposits[chosen]["held"] + 1)

        def on_paper():
            if amount > self.paper.deposits[chosen]["held"]:
                raise WouldRefuseError
            self.paper.deposits[chosen]["held"] -= amount
            self.paper.deducted += amount

        def in_the_books():
            with self.acting(self.world.finance) as s:
                deposits.deduct(s, chosen, yuan(amount), "墙面损坏", consent="扣款确认单 3 号")

        self.both(on_paper, in_the_books)

    def a_deposit_is_set_off(self, which, _one, _other, _amount):
        chosen = self.of(list(self.paper.deposits), which)
        if chosen is None:
            return
        held = self.paper.deposits[chosen]

        def on_paper():
            owing = self.paper.owing(held["unit"], held["payee"], self.today)
            parts, left = self.paper.shares(owing, held["held"], self.today)
            if not parts:
                raise WouldRefuseError
            self.paper.put(parts, "deposit")
            held["held"] = left

        def in_the_books():
            with self.acting(self.world.finance) as s:
                deposits.set_off(s, chosen)

        self.both(on_paper, in_the_books)

    def a_deposit_is_refunded(self, which, cashier, _other, amount):
        chosen, who = self.of(list(self.paper.deposits), which), self.of(self.world.cashiers, cashier)
        if chosen is None:
            return
        held = self.paper.deposits[chosen]
        amount = min(amount, held["held"] + 1)
        asked = self.granted(
            lambda s: corrections.ask_deposit_refund(s, chosen, yuan(amount), "完工验收", paper="遗失声明"),
            refused=amount > held["held"] or not amount,
        )

        def on_paper():
            self.paper.into_till(held["payee"], who.user_id, self.today, {Method.TRANSFER: amount}, -1)
            held["held"] -= amount
            return True

        if asked is not None:
            tenders = [Tender(Method.TRANSFER, yuan(amount), "6222")]
            if self.both(on_paper, lambda: self.carried_out(asked, who, tenders)) is None:
                self.withdrawn(asked, self.world.steward)

    def balances_are_used(self, _one, _two, _three, _amount):
        for unit in sorted(each.id for each in self.world.units):
            for payee in sorted(each.id for each in self.world.payees):
                self.paper.use_balance(unit, payee, self.today)
        with self.acting(SYSTEM) as s:
            payments.use_balances(s, [each.id for each in self.world.units])

    def a_bill_is_voided(self, which, _one, _other, _amount):
        bill = self.of(list(self.paper.bills.values()), which)
        if bill is None:
            return

        def in_the_books():
            with self.acting(self.world.finance) as s:
                void_bill(s, bill.id, "面积登记错")

        self.both(lambda: self.paper.void_bill(bill), in_the_books)

    def a_day_is_closed(self, payee, cashier, over, _amount):
        payee, who = self.of(self.world.payees, payee).id, self.of(self.world.cashiers, cashier)
        over = over % 3 * 5
        open_ones = [day for p, c, day in self.paper.tills if (p, c) == (payee, who.user_id)
                     and (p, c, day) not in self.paper.closed]  # fmt: skip
        day = min(open_ones, default=self.today)
        if (payee, who.user_id, day) in self.paper.closed:
            return
        till = dict(self.paper.tills.get((payee, who.user_id, day), {}))

        def in_the_books():
            with self.acting(who) as s:
                counted = {method: yuan(amount) for method, amount in till.items()}
                if over and till:
                    counted[next(iter(till))] += yuan(over)
                row = closings.close_day(
                    s, payee, who.user_id, date.fromordinal(day), counted, note="长款" if over else ""
                )
                return row.over_short

        made = self.both(lambda: self.paper.close(payee, who.user_id, day) and True, in_the_books)
        assert made is None or fen(made[1]) == over

    def days_pass(self, days, _one, _other, _amount):
        self.day = min(self.day + timedelta(days=[1, 1, 9, 40][days % 4]), date(2026, 12, 20))

    # ── what always holds ────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_paper_and_the_books_agree(self):
        if not hasattr(self, "world"):
            return
        paper, estate = self.paper, self.world.estate.id
        assert paper.money() == paper.whereabouts()
        with self.at_noon(), reading(SYSTEM) as s:
            bills = s.execute(
                select(Bill.id, Bill.paid, Bill.waived, Bill.late_paid, Bill.late_waived, Bill.voided_at.is_not(None))
                .where(Bill.estate_id == estate).order_by(Bill.id)
            ).all()  # fmt: skip
            assert [(n, *map(fen, sums), void) for n, *sums, void in bills] == [
                (each.id, each.paid, each.waived, each.late_paid, each.late_waived, each.void)
                for each in paper.bills.values()
            ]
            held = s.execute(select(Balance.unit_id, Balance.payee_id, Balance.amount).where(
                Balance.estate_id == estate, Balance.amount > 0)).all()  # fmt: skip
            assert {(unit, payee): fen(amount) for unit, payee, amount in held} == {
                key: amount for key, amount in paper.balance.items() if amount
            }
            kept = s.execute(select(Deposit.id, Deposit.held).where(Deposit.estate_id == estate)).all()
            assert {n: fen(amount) for n, amount in kept} == {n: each["held"] for n, each in paper.deposits.items()}
            late = {each.bill.id: fen(each.late_fee) for each in payments.owed(s, [u.id for u in self.world.units])}
            assert late == {
                each.id: each.late_open(self.today) for each in paper.bills.values()
                if not each.void and each.unpaid + each.late_open(self.today) > 0
            }  # fmt: skip
            total = s.scalar(select(func.sum(Payment.amount)).where(Payment.estate_id == estate)) or 0
            assert fen(total) == paper.money()
            found = [str(each.words) for result in books.run(s, books.Scope(frozenset({estate})))
                     for each in result.findings]  # fmt: skip
            assert found == []

    # ── how it is done ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def today(self):
        return self.day.toordinal()

    @staticmethod
    def of(some, pick, likely=None):
        """Pick one; mostly of those with which something can be done."""
        if likely is not None and pick % 5:
            some = [each for each in some if likely(each)] or some
        return some[pick % len(some)] if some else None

    @staticmethod
    def methods(amount):
        """Split an amount over cash and Alipay, or leave it in one."""
        other = amount // 3 if amount % 2 else 0
        return {Method.CASH: amount - other, **({Method.ALIPAY: other} if other else {})}

    def at_noon(self):
        return pretending(moment_of(self.day) + timedelta(hours=12))

    @contextmanager
    def acting(self, who):
        with self.at_noon(), writing(who) as s:
            yield s

    def both(self, on_paper, in_the_books):
        """Do it on paper and in the books; returns both results, or nothing when both refuse."""
        import copy

        before = copy.deepcopy(self.paper.__dict__)
        try:
            said = on_paper()
        except WouldRefuseError:
            self.paper.__dict__.update(before)
            with pytest.raises(Refused):
                in_the_books()
            return None
        return said, in_the_books()

    def pay(self, unit, payee, cashier, methods, only, *, late=True):
        who = self.of(self.world.cashiers, cashier)

        def in_the_books():
            with self.acting(who) as s:
                tenders = [Tender(method, yuan(amount)) for method, amount in methods.items()]
                return payments.pay(s, unit, payee, tenders, bill_ids=only, late_fee=late).payment.id

        def on_paper():
            told = {"cashier": who.user_id, "on": self.today, "methods": methods, "only": only, "late": late}
            return self.paper.pay(unit, payee, **told)

        self.paid(self.both(on_paper, in_the_books))

    def paid(self, made):
        if made is not None:
            payment, payment.id = made[0], made[1]
            self.paper.payments[payment.id] = payment
            self.paper.put(payment.parts, payment.id)

    def granted(self, ask, asker=None, *, refused=False):
        """Ask for something and have it granted, step by step; returns its number, nothing when it was refused."""
        try:
            with self.acting(asker or self.world.steward) as s:
                row = ask(s)
        except Refused:
            assert refused
            return None
        assert not refused
        other = self.world.director if asker is self.world.finance else self.world.finance
        judges = {Role.FINANCE: other, Role.DIRECTOR: self.world.director}
        with self.at_noon(), reading(SYSTEM) as s:
            steps = [(each.id, each.role) for each in approvals.steps_of(s, row.kind.value, row.id)]
        for step, role in steps:
            with self.acting(judges[role]) as s:
                approvals.decide(s, step, Verdict.GRANTED)
        return row.id

    def carried_out(self, correction, who, tenders):
        with self.acting(who) as s:
            return corrections.carry_out(s, correction, tenders).id

    def withdrawn(self, correction, who):
        with self.acting(who) as s:
            corrections.withdraw(s, correction)


def go_through(examples, steps):
    run_state_machine_as_test(
        Money,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None,
                          suppress_health_check=list(HealthCheck), derandomize=examples < 100, phases=PHASES),
    )  # fmt: skip


@pytest.mark.requirement("F10")
@pytest.mark.requirement("F3")
def test_whatever_is_done_in_whatever_order_no_cent_is_made_or_lost(sqlite_engine):
    go_through(25, 30)


@pytest.mark.requirement("F10")
def test_the_same_holds_on_the_server(postgres_engine):
    go_through(4, 30)


@pytest.mark.long
def test_no_cent_is_lost_in_thousands_of_histories(engine):
    go_through(1500, 50)
