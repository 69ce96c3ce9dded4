"""Checking the books 账务核对: named checks, each green or with the rows that contradict each other (F10).

Run by hand on their page, and by `manage.py check`. Each is one or two queries over the whole of the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from db.ledger import book_checks, paper_checks
from db.ledger.book_checks import Finding, Found, Scope
from db.people import SYSTEM_ID, Right, require
from db.session import actor_of
from db.words import Words, _

MOST = 50
"""So many findings of one check are named one by one."""


@dataclass(frozen=True)
class Check:
    """One check, as the office would call it."""

    key: str
    label: Words
    look: Callable[[Session, Scope], Found]


@dataclass(frozen=True)
class Result:
    """What a check found; nothing when all is well."""

    check: Check
    findings: list[Finding]
    more: int = 0
    """Findings beyond those named."""


CHECKS: tuple[Check, ...] = (
    Check("payments", _("每笔收款＝各方式之和＝各去向之和"), book_checks.payments_add_up),
    Check("kinds", _("作废、红冲与原收款金额相抵"), book_checks.payments_are_what_they_say),
    Check("parts", _("收款的去向与账单、押金、日期一致"), book_checks.parts_lead_somewhere),
    Check("settled", _("账单实收、违约金＝收款明细之和"), book_checks.bills_are_settled_by_payments),
    Check("waived", _("账单减免＝已批准减免之和"), book_checks.bills_are_waived_by_corrections),
    Check("once", _("同一房屋、项目、账期只有一张账单"), book_checks.bills_are_made_once),
    Check("totals", _("报表合计＝账单之和"), book_checks.totals_are_the_sum_of_bills),
    Check("balances", _("预存余额＝存取之和，没有负数"), book_checks.balances_are_what_was_paid_ahead),
    Check("deposits", _("押金现存＝收退扣之和，没有负数"), book_checks.deposits_are_what_was_left),
    Check("numbers", _("收据号码连续"), paper_checks.receipts_have_no_gap),
    Check("receipts", _("每笔收款一张收据，金额与状态一致"), paper_checks.receipts_are_their_payments),
    Check("closings", _("日结金额＝当日收款"), paper_checks.closings_are_their_payments),
    Check("closed", _("日结、月结之后没有再记账"), paper_checks.nothing_after_a_closing),
    Check("granted", _("退款、红冲、减免都经他人批准"), paper_checks.corrections_were_granted),
    Check("owners", _("同一天只有一位登记业主"), book_checks.one_owner_of_record),
)


def check_books(
    session: Session, estate_ids: frozenset[int] | None = None, payee_id: int | None = None
) -> list[Result]:
    """Run every check over the actor's estates (of them `estate_ids`, or one payee); needs `CHECK_BOOKS`."""
    actor = actor_of(session)
    require(actor, Right.CHECK_BOOKS)
    return run(session, _scope(session, estate_ids, payee_id))


def _scope(session: Session, estate_ids: frozenset[int] | None, payee_id: int | None) -> Scope:
    actor = actor_of(session)
    if actor.user_id == SYSTEM_ID:
        return Scope(estate_ids, payee_id)
    return Scope(actor.estates & estate_ids if estate_ids else actor.estates, payee_id)


def run(session: Session, scope: Scope) -> list[Result]:
    """Run every check; whose books may be looked at is the caller's matter."""
    results = []
    for check in CHECKS:
        findings = check.look(session, scope)
        named = list(islice(findings, MOST))
        results.append(Result(check, named, sum(1 for _more in findings)))
    return results


def sentences(session: Session) -> Iterator[Words]:
    """Say all that is wrong, for `manage.py check`."""
    for check in CHECKS:
        for finding in check.look(session, Scope()):
            yield _("{check}：{words}", check=check.label, words=finding.words)


__all__ = ["CHECKS", "MOST", "Check", "Finding", "Result", "Scope", "check_books", "run", "sentences"]
