"""What is kept of dunning 催缴: states and choices, the matter, lawful measures taken, the office's settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Choice, Code, Line, Prose, Yuan
from db.cases import Case
from db.fields import ui
from db.ledger.tables import Channel
from db.registry import Estate, EstateKind
from db.settings import Setting, value_of
from db.words import _

PAY_DAYS = Setting(
    "dunning.pay_days", _("催缴通知给客户的缴费天数"), 15, _("通知上的限期；要给客户留出合理时间"), least=3, most=60
)
WAIT_FIRST = Setting("dunning.wait_first", _("第一次催缴后至少等几天"), 15, least=3, most=90)
WAIT_SECOND = Setting("dunning.wait_second", _("第二次催缴后至少等几天"), 15, least=3, most=90)
WAIT_THIRD = Setting("dunning.wait_third", _("第三次催缴后至少等几天再报主任"), 15, least=3, most=90)
WAIT_COMMITTEE = Setting("dunning.wait_committee", _("请业委会督促后至少等几天"), 15, least=3, most=90)
STEP_DAYS = Setting("dunning.step_days", _("限期过后几天内办下一步"), 7, least=1, most=90)
HAS_COMMITTEE = Setting(
    "dunning.committee", _("业主委员会"), "none", _("有业委会的，催告函之前先请业委会督促"),
    choices={"none": _("没有"), "one": _("已成立")},
)  # fmt: skip
LIABLE = Setting(
    "dunning.liable", _("租户拖欠的费用"), "by_kind", _("住宅小区最终由业主缴付；园区按合同以保证金抵扣"),
    choices={
        "by_kind": _("按项目类型"), "owner": _("最终由业主缴付"), "deposit": _("按合同以保证金抵扣"),
        "tenant": _("只由租户缴付"),
    },
)  # fmt: skip


@dataclass(frozen=True)
class Ending:
    """How the ladder may end in an estate beside payment and court."""

    moves_to_owner: bool
    takes_deposit: bool


_ENDINGS = {
    "owner": Ending(moves_to_owner=True, takes_deposit=False),
    "deposit": Ending(moves_to_owner=False, takes_deposit=True),
    "tenant": Ending(moves_to_owner=False, takes_deposit=False),
}
_BY_KIND = {EstateKind.HOMES: "owner", EstateKind.PARK: "deposit"}


def ending_of(session: Session, estate_id: int) -> Ending:
    """Say how the ladder ends in an estate, by its own setting or its kind."""
    said = value_of(session, LIABLE, estate_id)
    return _ENDINGS[_BY_KIND[session.get_one(Estate, estate_id).kind] if said == "by_kind" else said]


class State(Choice):
    """Where a dunning stands: a notice waits for its day to pass, then the next step is due."""

    NEW = "new", _("待第一次催缴"), "orange"
    FIRST = "first", _("第一次催缴"), "blue"
    DUE_SECOND = "due_second", _("待第二次催缴"), "orange"
    SECOND = "second", _("第二次催缴"), "blue"
    DUE_THIRD = "due_third", _("待第三次催缴"), "orange"
    THIRD = "third", _("第三次催缴"), "blue"
    REPORTED = "reported", _("已报主任"), "violet"
    URGED = "urged", _("业委会督促"), "violet"
    DEMANDED = "demanded", _("已发催告函"), "violet"
    LEGAL = "legal", _("法律途径"), "red"
    PAID = "paid", _("已结清"), "green"
    STOPPED = "stopped", _("已停止"), "gray"


class Reason(Choice):
    """Why somebody does not pay, as he says."""

    FORGOT = "forgot", _("忘记/在外地")
    DEFECTS = "defects", _("房屋质量遗留")
    SERVICE = "service", _("对服务不满")
    VACANT = "vacant", _("长期空置")
    DISPUTED = "disputed", _("对费用有争议")
    HARDSHIP = "hardship", _("经济困难")
    OTHER = "other", _("其他")


class Answer(Choice):
    """What came of a contact."""

    PROMISED = "promised", _("答应缴纳"), "green"
    HEARD = "heard", _("已告知，未表态")
    SAYS_PAID = "says_paid", _("称已缴，待核对"), "orange"
    DISPUTES = "disputes", _("有异议"), "orange"
    REFUSED = "refused", _("拒绝缴纳"), "red"
    NOT_REACHED = "not_reached", _("未联系上")


class LegalKind(Choice):
    """Lawful measures (F9)."""

    LAWYERS_LETTER = "lawyers_letter", _("律师函")
    PAYMENT_ORDER = "payment_order", _("支付令")
    SUIT = "suit", _("诉讼")
    ARBITRATION = "arbitration", _("仲裁")
    MEDIATION = "mediation", _("调解")


class Outcome(Choice):
    """What came of a lawful measure."""

    PAID = "paid", _("已履行"), "green"
    SETTLED = "settled", _("达成和解"), "green"
    UPHELD = "upheld", _("支持"), "green"
    PARTLY = "partly", _("部分支持"), "orange"
    DISMISSED = "dismissed", _("驳回"), "red"
    WITHDRAWN = "withdrawn", _("撤回"), "gray"
    NO_ANSWER = "no_answer", _("未回应"), "gray"


class Dunning(Case):
    """A debtor's arrears at a unit, for one payee, pursued to their end."""

    __tablename__ = "dunnings"
    __mapper_args__ = {"polymorphic_identity": "dunning"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), index=True, info=ui(_("收款单位")))
    debt_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    """Unit, debtor and payee while it is open: the database itself keeps to one."""
    amount: Mapped[Yuan | None] = mapped_column(info=ui(_("催缴金额(元)"), in_list=True))
    """Principal and late fee as the last notice, or the opening, said them."""
    wait_until: Mapped[date | None] = mapped_column(Date, info=ui(_("限期至"), in_list=True))
    """Last day of the time given; the next step is possible from the day after."""
    answer: Mapped[Answer | None] = mapped_column(info=ui(_("联系结果"), in_filter=True))
    reason: Mapped[Reason | None] = mapped_column(info=ui(_("欠费原因"), in_list=True, in_filter=True))
    promised_on: Mapped[date | None] = mapped_column(Date, info=ui(_("答应缴费日"), in_list=True))
    contacted_on: Mapped[date | None] = mapped_column(Date, info=ui(_("最近联系")))
    channel: Mapped[Channel | None] = mapped_column(default=Channel.PHONE, info=ui(_("方式")))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    """The last notice."""
    disputed: Mapped[bool] = mapped_column(default=False, info=ui(_("有争议"), in_filter=True))
    dispute: Mapped[Prose] = mapped_column(default="", info=ui(_("争议内容")))
    decision: Mapped[Prose] = mapped_column(default="", info=ui(_("主任意见")))
    legal_kind: Mapped[LegalKind | None] = mapped_column(info=ui(_("法律途径"), in_filter=True))
    forum: Mapped[Line] = mapped_column(default="", info=ui(_("受理机构"), help=_("法院、仲裁委、律所、调解组织")))
    file_number: Mapped[Code] = mapped_column(default="", info=ui(_("案号/文号")))
    outcome: Mapped[Outcome | None] = mapped_column(info=ui(_("结果"), in_filter=True))
    outcome_on: Mapped[date | None] = mapped_column(Date, info=ui(_("结果日期")))
    recovered: Mapped[Yuan | None] = mapped_column(info=ui(_("收回金额(元)")))
    owner_told_on: Mapped[date | None] = mapped_column(Date, info=ui(_("已通知业主")))


class LegalStep(Base):
    """A lawful measure on arrears with what came of it (F9)."""

    __tablename__ = "legal_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("dunnings.id"), index=True)
    kind: Mapped[LegalKind]
    started_on: Mapped[date] = mapped_column(Date)
    forum: Mapped[Line] = mapped_column(default="")
    file_number: Mapped[Code] = mapped_column(default="")
    claimed: Mapped[Yuan]
    outcome: Mapped[Outcome | None]
    outcome_on: Mapped[date | None] = mapped_column(Date)
    recovered: Mapped[Yuan | None]
    note: Mapped[Prose] = mapped_column(default="")


WAITING = (State.FIRST, State.SECOND, State.THIRD)
DUE = (State.NEW, State.DUE_SECOND, State.DUE_THIRD)
PRESSED = (*DUE, *WAITING)
"""Before the director has it."""
OPEN = (*PRESSED, State.REPORTED, State.URGED, State.DEMANDED, State.LEGAL)
