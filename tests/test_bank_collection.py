"""Bank collection: file out, result back, matched line by line; the same file twice changes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.clock import moment_of, pretending
from db.ledger import bank_collection, payments
from db.ledger.bank_files import columns_of
from db.ledger.bank_tables import BankLine, BankMandate, FileKind, LineState
from db.ledger.money_tables import Balance, Payment, Receipt
from db.ledger.tables import Bill
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_unit
from tests.money import a_bill, a_till, cash

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.requirement("F3")]
DAY = date(2026, 11, 6)


class Bank:
    def __init__(self) -> None:
        self.till = a_till()
        with writing(SYSTEM) as s:
            more = [a_unit(s, self.till.building, room=room) for room in ("102", "103")]
            self.units = [self.till.unit, *more]
            self.bills = [a_bill(s, unit, self.till.item, "270.37").id for unit in self.units]
            for n, (unit, holder) in enumerate(zip(self.units, ("吴学文", "张倩", "李敏"), strict=True)):
                s.add(BankMandate(
                    estate_id=self.till.estate.id, unit_id=unit.id, payee_id=self.till.payee.id, holder=holder,
                    account=f"622200000{n}", starts_on=date(2025, 1, 1),
                ))  # fmt: skip

    def act(self, do, actor=None):
        with pretending(moment_of(DAY)), writing(actor or self.till.cashier) as s:
            return do(s)

    def batch(self):
        return self.act(lambda s: bank_collection.make_batch(s, self.till.payee.id))

    def file(self, batch):
        return self.act(lambda s: bank_collection.file_of(s, batch.id))[1]

    def answer(self, batch, data):
        return self.act(lambda s: bank_collection.take_result(s, batch.id, data))


@pytest.fixture
def bank(engine):
    return Bank()


def stand():
    with reading(SYSTEM) as s:
        return (
            s.execute(select(BankLine.state, BankLine.reason).order_by(BankLine.sequence)).all(),
            list(s.scalars(select(Bill.paid).order_by(Bill.id))),
            list(s.scalars(select(Payment.amount).order_by(Payment.id))),
        )


def test_out_and_back_by_csv(bank):
    batch = bank.batch()
    assert batch.number == f"WT{bank.till.estate.mark}-20261106-001"
    assert (batch.lines, batch.amount) == (3, Decimal("811.11"))
    lines = bank.file(batch).decode("gbk").splitlines()
    assert lines[0] == "序号,编号,账号,户名,金额,房号"
    assert lines[1] == f"1,{batch.number}-0001,6222000000,吴学文,270.37,1-1-101"
    back = "\r\n".join([
        "序号,编号,账号,户名,金额,结果,原因",
        f"1,{batch.number}-0001,6222000000,吴学文,270.37,0000,",
        f"2,{batch.number}-0002,6222000001,张倩,270.37,E001,余额不足",
        f"3,{batch.number}-0003,6222000002,李敏,270.38,0000,",
        f"9,{batch.number}-0009,6222000009,无名,1.00,0000,",
    ]).encode("gbk")  # fmt: skip
    done = bank.answer(batch, back)
    assert (done.paid, done.failed, done.known, done.amount) == (1, 1, 0, Decimal("270.37"))
    assert [str(each) for each in done.problems] == [
        "第 3 行：金额与送盘时的 270.37 元不同，没有处理。",
        "第 4 行：本批次没有这一笔，请核对是不是另一批次的回盘文件。",
    ]  # fmt: skip
    after = stand()
    assert after == (
        [(LineState.PAID, ""), (LineState.FAILED, "余额不足"), (LineState.SENT, "")],
        [Decimal("270.37"), Decimal(0), Decimal(0)],
        [Decimal("270.37")],
    )
    again = bank.answer(batch, back)
    assert (again.paid, again.failed, again.known) == (0, 0, 2)
    assert stand() == after
    with reading(SYSTEM) as s:
        snapshot = s.scalars(select(Receipt)).one().snapshot
        assert (snapshot["payer"], snapshot["methods"][0]["method"]) == ("吴学文", "bank_collection")


def test_fixed_width_counts_the_banks_bytes(bank):
    layout = {
        "kind": "fixed", "encoding": "gbk", "columns": "序号:6 账号:12 户名:10 金额分:10",
        "result_columns": "序号:6 账号:12 金额分:10 结果:2 原因:20", "success": "00",
    }  # fmt: skip
    bank.act(lambda s: bank_collection.set_layout(s, bank.till.payee.id, layout), bank.till.finance)
    batch = bank.batch()
    data = bank.file(batch)
    assert data.split(b"\r\n")[0] == "0000016222000000  吴学文    0000027037".encode("gbk")
    back = "".join(f"{n:06}622200000{n - 1}  000002703700\r\n" for n in (1, 2)) + "0000036222000002  000002703709账号错"
    done = bank.answer(batch, back.encode("gbk"))
    assert (done.paid, done.failed, done.problems) == (2, 1, [])
    assert stand()[0][2] == (LineState.FAILED, "账号错")


def test_what_is_with_the_bank_is_not_sent_twice_and_a_failed_line_may_be(bank):
    batch = bank.batch()
    with pytest.raises(Refused, match="没有可以送盘的账单"):
        bank.batch()
    bank.answer(batch, f"1,{batch.number}-0001,6222000000,吴学文,270.37,E001,余额不足\r\n".encode("gbk"))
    assert bank.batch().lines == 1


def test_a_bill_paid_at_the_desk_meanwhile_leaves_the_banks_money_as_balance(bank):
    batch = bank.batch()
    till = bank.till
    bank.act(lambda s: payments.pay(s, till.unit.id, till.payee.id, [cash("270.37")]))
    done = bank.answer(batch, f"1,{batch.number}-0001,6222000000,吴学文,270.37,0000,\r\n".encode("gbk"))
    assert (done.paid, done.problems) == (1, [])
    with reading(SYSTEM) as s:
        assert s.get_one(Balance, (till.unit.id, till.payee.id)).amount == Decimal("270.37")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("序号:6 帐号:3", "看不懂“帐号:3”。"), ("序号:6 序号:6", "同一列写了两次"),
        ("序号:6 金额", "定长文本要写每列的宽度（字节数），“金额”没有写。"),
    ],
)  # fmt: skip
def test_a_layout_that_cannot_be_is_refused_by_its_part(typed, said):
    with pytest.raises(Refused) as refused:
        columns_of(typed, FileKind.FIXED)
    assert refused.value.message.startswith(said)


def test_a_file_of_another_encoding_is_refused_whole(bank):
    batch = bank.batch()
    with pytest.raises(Refused, match="不是 GBK 编码"):
        bank.answer(batch, "1,编号,账号,户名,1.00,0000,原因€\r\n".encode())
    assert stand()[2] == []
