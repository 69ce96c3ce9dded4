"""What each paper is made of: plain dictionaries, fit to be frozen as JSON and printed again unchanged.

A snapshot holds texts, numbers and lists only, so a copy never changes. The printing fits it to its shape first
(`fitting.fitted`), which says by name what is missing or unknown.

- `Amount`: yuan, a `Decimal` or its text `"1680.32"`; printed `1,680.32`, red letters' figures with their minus.
- `Day`: a `date` or its text `"2026-11-23"`.
- Everything else is text as it is to stand on the paper (lazy words become texts); user text goes in unescaped.
- A key under `NotRequired` may be left out; `None` says the same.

The papers' fixed words stand in the templates and are Chinese whoever prints: they are the office's forms.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, NotRequired, TypedDict

Amount = Annotated[Decimal | str, "amount"]
Day = Annotated[date | str, "day"]
Text = Annotated[object, "text"]
Cell = Annotated[object, "cell"]  # a `Decimal` is printed as an amount, a `date` as a day, `None` as nothing


# ── receipts 收据 (templates receipt_a5, receipt_roll80, receipt_241) ────────────────────────────────────────────────


class ReceiptLine(TypedDict):
    """A line of a receipt; `amount` with its sign (a waiver and all of a reversal are negative)."""

    item: Text
    amount: Amount
    period_from: NotRequired[Day | None]
    period_to: NotRequired[Day | None]
    calculation: NotRequired[Text]
    unit: NotRequired[Text]  # only when one receipt is for several units


class Method(TypedDict):
    """How it was paid; the methods add up to the total, so cash is what stays in the drawer."""

    method: Text
    amount: Amount
    reference: NotRequired[Text]


class Annulled(TypedDict):
    """What became of the receipt, or of the one it corrects."""

    day: Day
    reason: NotRequired[Text]
    by: NotRequired[Text]
    number: NotRequired[Text]


class Receipt(TypedDict):
    """A receipt. `lines + late_fees + waivers = total = methods`, to the cent, or it is not printed."""

    book: Literal["fees", "deposits"]  # 收款收据 or 押金收据
    payee: Text  # 收款单位
    estate: Text
    number: Text
    issued_on: Day
    payer: Text  # 抬头
    unit: Text
    lines: list[ReceiptLine]
    total: Amount
    capitals: Text  # db.ledger.capitals.capitals(total)
    methods: list[Method]
    cashier: Text
    late_fees: NotRequired[list[ReceiptLine]]
    waivers: NotRequired[list[ReceiptLine]]  # 减免、抹零: negative amounts
    tendered: NotRequired[Amount | None]  # cash handed over
    change: NotRequired[Amount | None]
    balance: NotRequired[Amount | None]  # 预存余额 after this payment
    note: NotRequired[Text]
    reversal_of: NotRequired[Annulled | None]  # this is a 红字 receipt; `number` = the corrected receipt's
    reversed_by: NotRequired[Annulled | None]  # this one was corrected later; `number` = the red receipt's
    void: NotRequired[Annulled | None]  # 作废: stamped across
    reprint: NotRequired[int]  # 补打 第n次; 0 or left out = the original
    parts: NotRequired[list[Text]]  # one copy for each name, e.g. ["第一联 存根", "第二联 客户"]; A5 only


class Reading(TypedDict):
    """What a metered item was counted from."""

    previous: Text
    current: Text
    usage: Text  # with its measure: "12 吨"
    meter: NotRequired[Text]
    multiplier: NotRequired[Text]


class NoticeLine(TypedDict):
    """A bill on a notice."""

    item: Text
    amount: Amount
    period_from: NotRequired[Day | None]
    period_to: NotRequired[Day | None]
    calculation: NotRequired[Text]
    reading: NotRequired[Reading | None]


class OverdueLine(TypedDict):
    """A bill past its due date; `unpaid` is principal only. A bill not yet due is refused."""

    item: Text
    due_on: Day
    unpaid: Amount
    period_from: NotRequired[Day | None]
    period_to: NotRequired[Day | None]
    amount: NotRequired[Amount | None]  # as billed, when part of it is paid
    days: NotRequired[int]
    late_fee: NotRequired[Amount | None]


class LateFeeClause(TypedDict):
    """The clause that makes a late fee due; without it no late fee is ever mentioned."""

    clause: Text  # "《物业服务合同》第十二条"
    rate: Text  # "每日万分之五"
    counted_from: NotRequired[Day | None]  # first day that costs


class PaymentNotice(TypedDict):
    """One unit's notice. `total` = bills of this period; `to_pay` = total + overdue + late fees − balance."""

    number: Text
    customer: Text
    unit: Text
    period: Text  # "2026年12月", "2027年第一季度"
    due_on: Day
    lines: list[NoticeLine]
    total: Amount
    to_pay: Amount
    area: NotRequired[Text]
    overdue: NotRequired[list[OverdueLine]]
    late_fee: NotRequired[LateFeeClause | None]
    late_fee_total: NotRequired[Amount | None]
    balance: NotRequired[Amount | None]  # 预存余额 that pays part by itself, positive


class PaymentNotices(TypedDict):
    """The notices of one run, a page (or more) each."""

    company: Text
    estate: Text
    issued_on: Day
    ways: list[Text]  # ways to pay, a sentence each
    notices: list[PaymentNotice]
    phone: NotRequired[Text]
    remarks: NotRequired[list[Text]]


# ── dunning letters 催缴通知 / 催告函 (template dunning: many in one PDF) ────────────────────────────────────────────


class EarlierStep(TypedDict):
    """A demand that went before."""

    step: Text
    day: Day
    channel: Text
    result: NotRequired[Text]


class DunningLetter(TypedDict):
    """One letter. `principal` = sum of `rows`' unpaid; `total` = principal + late_fee_total. Only overdue bills."""

    letter: Literal["first", "second", "third", "demand"]
    number: Text
    customer: Text
    unit: Text
    rows: list[OverdueLine]
    principal: Amount
    total: Amount
    capitals: Text
    pay_by: Day  # a reasonable day after `issued_on`
    contract: NotRequired[Text]  # what the fee is owed by: "《物业服务合同》"
    late_fee: NotRequired[LateFeeClause | None]
    late_fee_total: NotRequired[Amount | None]  # only with `late_fee`
    earlier: NotRequired[list[EarlierStep]]
    remarks: NotRequired[list[Text]]  # own words; anything about cutting supplies, gates and the like is refused


class DunningLetters(TypedDict):
    """The letters of one run."""

    company: Text
    estate: Text
    issued_on: Day
    ways: list[Text]
    letters: list[DunningLetter]
    contact: NotRequired[Text]
    phone: NotRequired[Text]
    address: NotRequired[Text]


class LateFeeRow(TypedDict):
    """Days on which the unpaid principal was the same; `day_to` counts."""

    day_from: Day
    day_to: Day
    days: int
    unpaid: Amount
    rate: Text
    amount: Amount  # of this row, more than two decimals allowed
    remark: NotRequired[Text]


class LateFeeBill(TypedDict):
    """A bill's late fee, line by line."""

    item: Text
    due_on: Day
    principal: Amount
    rows: list[LateFeeRow]
    total: Amount  # rounded once
    period_from: NotRequired[Day | None]
    period_to: NotRequired[Day | None]
    cap: NotRequired[Amount | None]
    waived: NotRequired[Amount | None]
    paid: NotRequired[Amount | None]
    due: NotRequired[Amount | None]  # total − waived − paid


class LateFeeWorksheet(TypedDict):
    """All late fees of a unit (or of one bill) on a day; `total` = sum of the bills' `due`, else `total`."""

    company: Text
    estate: Text
    unit: Text
    customer: Text
    as_of: Day
    clause: Text
    rules: list[Text]  # how days are counted, grace, cap, rounding: a sentence each
    bills: list[LateFeeBill]
    total: Amount
    number: NotRequired[Text]
    maker: NotRequired[Text]


class ClosingRow(TypedDict):
    """A fee item by method; `amounts` in the order of `methods`."""

    item: Text
    amounts: list[Amount]
    total: Amount


class ReceiptRange(TypedDict):
    """Receipts of one book written that day."""

    book: Text
    first: Text
    last: Text
    count: int


class CorrectedReceipt(TypedDict):
    """A void or reversed receipt."""

    number: Text
    amount: Amount
    reason: Text
    by: NotRequired[Text]


class DepositFlow(TypedDict):
    """Deposits taken in and given back."""

    kind: Text
    taken: Amount
    returned: Amount


class Counted(TypedDict):
    """Counted against the book, by method; `difference` = counted − booked (长款 +, 短款 −)."""

    method: Text
    booked: Amount
    counted: Amount
    difference: Amount
    remark: NotRequired[Text]


class DailyClosing(TypedDict):
    """The cashier's closing of a day (or of a stretch of days). Columns and rows add up or it is not printed."""

    payee: Text
    estate: Text
    day_from: Day
    day_to: Day
    cashier: Text
    methods: list[Text]
    rows: list[ClosingRow]
    totals: ClosingRow
    counted: list[Counted]
    number: NotRequired[Text]
    receipts: NotRequired[list[ReceiptRange]]
    void: NotRequired[list[CorrectedReceipt]]
    reversed: NotRequired[list[CorrectedReceipt]]
    deposits: NotRequired[list[DepositFlow]]
    handed_in: NotRequired[Text]  # slip number, bank, time
    note: NotRequired[Text]
    signatures: NotRequired[list[Text]]


# ── any tabular paper (template table_sheet) and any voucher (template voucher) ──────────────────────────────────────


class Column(TypedDict):
    """A column; `width` is a share of the page (2 = twice as wide as 1), left out = as wide as its words."""

    title: Text
    width: NotRequired[float]
    align: NotRequired[Literal["left", "center", "right"]]  # amounts: "right"
    group: NotRequired[Text]  # neighbours with the same group stand under one heading


class Row(TypedDict):
    """A row; fewer cells than columns leave the rest blank. A `section` is one cell over all columns."""

    cells: list[Cell]
    bold: NotRequired[bool]
    section: NotRequired[bool]
    indent: NotRequired[int]  # steps the first cell is moved in


class Table(TypedDict):
    """A table with its own heading and notes; its head is repeated on every page."""

    columns: list[Column]
    rows: list[Row]
    heading: NotRequired[Text]
    footnotes: NotRequired[list[Text]]


class Fact(TypedDict):
    """Something known, with its name."""

    label: Text
    text: Cell


class Sheet(TypedDict):
    """A paper of tables; begins on a page of its own."""

    title: Text
    tables: list[Table]
    company: NotRequired[Text]
    subtitle: NotRequired[Text]
    facts: NotRequired[list[Fact]]  # a line of small facts above: period, maker, unit of measure
    paragraphs: NotRequired[list[Text]]  # words before the tables
    footnotes: NotRequired[list[Text]]
    signatures: NotRequired[list[Text]]  # labels: 编写, 审核, 批准
    seal: NotRequired[Text]  # whose seal belongs under it; draws the box
    landscape: NotRequired[bool]


class TableSheets(TypedDict):
    """One PDF of sheets; pages count through each sheet."""

    sheets: list[Sheet]


class Voucher(TypedDict):
    """One A4 paper about one act: 退款单, 过户结清单, 迁出结算单, 减免单 … signed and sealed."""

    company: Text
    title: Text
    number: Text
    issued_on: Day
    facts: list[Fact]
    estate: NotRequired[Text]
    tables: NotRequired[list[Table]]
    total_label: NotRequired[Text]  # "应退合计"
    total: NotRequired[Amount | None]
    capitals: NotRequired[Text]
    clauses: NotRequired[list[Text]]
    signatures: NotRequired[list[Text]]
    seal: NotRequired[Text]
    void: NotRequired[Annulled | None]
    reprint: NotRequired[int]


# ── the office's own papers (template form): dossiers, permits, passes, orders; wording editable by the office ────────


class PaperFact(TypedDict):
    """Something known, in a grid of two columns; without a text there is room to write it by hand."""

    label: Text
    text: Text
    wide: NotRequired[bool]  # over both columns
    room: NotRequired[int]  # lines high where it is empty


class OfficePaper(TypedDict):
    """One paper about one record, as `db.papers.contents` makes it. Texts may have several lines."""

    kind: Text
    size: Literal["a4", "a5", "card"]
    company: Text
    title: Text
    facts: list[PaperFact]
    opening: Text
    clauses: list[Text]  # numbered by the template
    closing: Text
    signatures: list[Text]
    estate: NotRequired[Text]
    phone: NotRequired[Text]
    logo: NotRequired[Text]  # SHA-256 of the picture
    number: NotRequired[Text]  # left out on blank forms and drafts
    issued_on: NotRequired[Day | None]
    qr: NotRequired[Text]  # the record's address, or its number
    tables: NotRequired[list[Table]]
    with_total: NotRequired[bool]  # whether the paper has an amount at all
    total: NotRequired[Amount | None]
    capitals: NotRequired[Text]
    seal: NotRequired[Text]  # whose seal belongs under it
    blank: NotRequired[bool]  # to be filled in by hand
    draft: NotRequired[bool]  # 预览, not issued
    void: NotRequired[Annulled | None]
    reprint: NotRequired[int]


class OfficePapers(TypedDict):
    """Papers of one size in one PDF; each counts its own pages."""

    papers: list[OfficePaper]


SHAPES: dict[str, type] = {
    "receipt_a5": Receipt,
    "receipt_roll80": Receipt,
    "receipt_241": Receipt,
    "payment_notice": PaymentNotices,
    "dunning": DunningLetters,
    "late_fee_worksheet": LateFeeWorksheet,
    "daily_closing": DailyClosing,
    "table_sheet": TableSheets,
    "voucher": Voucher,
    "form": OfficePapers,
}
"""Template → what it is made of."""
