"""The money of an estate as a child would keep it: dictionaries of whole fen, counted day by day; nothing of `db`."""

from __future__ import annotations

from dataclasses import dataclass, field

PPM = 500
"""Five ten-thousandths a day."""


class WouldRefuseError(Exception):
    """The office would refuse this."""


@dataclass
class PaperBill:
    id: int
    unit: int
    payee: int
    due: int
    """Day (ordinal) by which it is to be paid; the next one costs."""
    month: int
    amount: int
    waived: int = 0
    late_paid: int = 0
    late_waived: int = 0
    void: bool = False
    live: list = field(default_factory=list)
    """What has been paid of the principal: [days late, fen, which payment or "balance" or "deposit"]."""

    @property
    def paid(self):
        return sum(fen for _days, fen, _by in self.live)

    @property
    def unpaid(self):
        return self.amount - self.waived - self.paid

    def days_late(self, on):
        return max(0, on - self.due)

    def late_fee(self, on):
        """Count day by day what was open, then round half up once."""
        principal, fen_days = self.amount - self.waived, 0
        longest = max([self.days_late(on), *(days for days, _fen, _by in self.live)])
        for nth in range(1, longest + 1):
            open_then = sum(fen for days, fen, _by in self.live if days >= nth)
            if nth <= self.days_late(on):
                open_then += principal - self.paid
            fen_days += open_then
        return (2 * fen_days * PPM + 1_000_000) // 2_000_000

    def late_open(self, on):
        return max(0, self.late_fee(on) - self.late_paid - self.late_waived)


@dataclass
class PaperPayment:
    id: int
    unit: int
    payee: int
    cashier: int
    day: int
    methods: dict
    parts: list
    """(what, bill or deposit or unit, fen, days late)"""
    rounded: list = field(default_factory=list)
    """What was rounded off for it: (late, bill, fen)."""
    gone: bool = False


class Paper:
    """The whole of it."""

    def __init__(self):
        self.bills, self.payments, self.deposits = {}, {}, {}
        self.balance, self.tills, self.closed = {}, {}, set()
        self.deducted = 0

    # ── paying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def owing(self, unit, payee, on, only=None):
        found = [
            each for each in self.bills.values()
            if not each.void and each.payee == payee and (each.unit == unit if only is None else each.id in only)
            and each.unpaid + each.late_open(on) > 0
        ]  # fmt: skip
        if only is not None and len(found) != len(only):
            raise WouldRefuseError
        return sorted(found, key=lambda each: (each.due, each.month, each.id))

    def shares(self, bills, fen, on, *, late=True):
        """Say where money goes: principal oldest first, then late fees; returns what is left too."""
        parts = []
        for each in bills:
            if part := min(fen, each.unpaid):
                parts.append(("principal", each.id, part, each.days_late(on)))
                fen -= part
        for each in bills if late else ():
            if part := min(fen, each.late_open(on)):
                parts.append(("late", each.id, part, 0))
                fen -= part
        return parts, fen

    def put(self, parts, by, sign=1):
        for what, key, fen, days in parts:
            if what == "principal":
                self.bills[key].live.append([days, sign * fen, by])
            elif what == "late":
                self.bills[key].late_paid += sign * fen
            elif what == "balance":
                self.balance[key] = self.balance.get(key, 0) + sign * fen
            else:
                self.deposits[key]["held"] += sign * fen

    def into_till(self, payee, cashier, day, methods, sign=1):
        if (payee, cashier, day) in self.closed:
            raise WouldRefuseError
        till = self.tills.setdefault((payee, cashier, day), {})
        for method, fen in methods.items():
            till[method] = till.get(method, 0) + sign * fen

    def pay(self, unit, payee, *, cashier, on, methods, only=None, late=True):
        bills = self.owing(unit, payee, on, only)
        parts, left = self.shares(bills, sum(methods.values()), on, late=late)
        if left:
            parts.append(("balance", (unit, payee), left, 0))
        self.into_till(payee, cashier, on, methods)
        return PaperPayment(0, unit, payee, cashier, on, methods, parts)

    def round_off(self, unit, payee, on, step):
        """Let go what is below the step of all that is owed: late fees of the newest first, then principal."""
        bills = self.owing(unit, payee, on)
        odd = sum(each.unpaid + each.late_open(on) for each in bills) % step
        if not odd:
            raise WouldRefuseError
        total = sum(each.unpaid + each.late_open(on) for each in bills) - odd
        if not total:
            raise WouldRefuseError
        gone = []
        late = {each.id: each.late_open(on) for each in bills}
        for each in reversed(bills):
            if part := min(odd, late[each.id]):
                each.late_waived += part
                gone.append((True, each.id, part))
                odd -= part
        for each in reversed(bills):
            if part := min(odd, each.unpaid):
                each.waived += part
                gone.append((False, each.id, part))
                odd -= part
        return total, gone

    def use_balance(self, unit, payee, on):
        held = self.balance.get((unit, payee), 0)
        parts, left = self.shares(self.owing(unit, payee, on), held, on, late=False)
        self.put(parts, "balance")
        if held:
            self.balance[unit, payee] = left

    # ── back ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def take_back(self, payment, cashier, on):
        if payment.gone:
            raise WouldRefuseError
        from_balance = {}
        for what, key, fen, _days in payment.parts:
            if what == "balance" or (what in {"principal", "late"} and self.bills[key].void):
                unit = key[0] if what == "balance" else self.bills[key].unit
                from_balance[unit] = from_balance.get(unit, 0) + fen
            if what == "deposit" and self.deposits[key]["held"] < fen:
                raise WouldRefuseError
        freed = [self.free(unit, payment.payee, fen) for unit, fen in sorted(from_balance.items())]
        self.into_till(payment.payee, cashier, on, payment.methods, -1)
        for unit, takes in zip(sorted(from_balance), freed, strict=True):
            for bill, days, fen in takes:
                bill.live.append([days, -fen, "balance"])
                self.balance[unit, payment.payee] = self.balance.get((unit, payment.payee), 0) + fen
            self.balance[unit, payment.payee] = self.balance.get((unit, payment.payee), 0) - from_balance[unit]
        still = [
            part for part in payment.parts
            if part[0] == "deposit" or (part[0] in {"principal", "late"} and not self.bills[part[1]].void)
        ]  # fmt: skip
        self.put(still, payment.id, -1)
        for late, bill, fen in payment.rounded:
            if not self.bills[bill].void:
                self.bills[bill].late_waived -= fen if late else 0
                self.bills[bill].waived -= 0 if late else fen
        payment.gone = True

    def free(self, unit, payee, wanted):
        """Say what the balance takes back from bills it has paid meanwhile, the newest bill first."""
        missing = wanted - self.balance.get((unit, payee), 0)
        takes = []
        for bill in sorted(self.bills.values(), key=lambda each: -each.id):
            if bill.void or (bill.unit, bill.payee) != (unit, payee):
                continue
            by_days = {}
            for days, fen, by in bill.live:
                if by == "balance":
                    by_days[days] = by_days.get(days, 0) + fen
            for days in sorted(by_days):
                if missing > 0 and (part := min(missing, by_days[days])) > 0:
                    takes.append((bill, days, part))
                    missing -= part
        if missing > 0:
            raise WouldRefuseError
        return takes

    def void_bill(self, bill):
        if bill.void:
            raise WouldRefuseError
        key = (bill.unit, bill.payee)
        self.balance[key] = self.balance.get(key, 0) + bill.paid + bill.late_paid
        bill.live, bill.late_paid, bill.void = [], 0, True

    # ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def close(self, payee, cashier, day):
        key = (payee, cashier, day)
        open_before = any(
            (p, c) == (payee, cashier) and d < day and (p, c, d) not in self.closed for p, c, d in self.tills
        )
        if key in self.closed or key not in self.tills or open_before:
            raise WouldRefuseError
        self.closed.add(key)
        return self.tills[key]

    # ── conservation ─────────────────────────────────────────────────────────────────────────────────────────────────

    def money(self):
        """All money in the tills, ever."""
        return sum(sum(till.values()) for till in self.tills.values())

    def whereabouts(self):
        """Where it is now."""
        return (
            sum(each.paid + each.late_paid for each in self.bills.values())
            + sum(self.balance.values()) + sum(each["held"] for each in self.deposits.values()) + self.deducted
        )  # fmt: skip
