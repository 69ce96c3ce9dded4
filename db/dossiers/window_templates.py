"""What the shorter formalities of the one window ask for: those whose process has no checklist of its own (S11).

Kept and changed like every other list of papers (`db.checklist_templates`).
"""

from __future__ import annotations

from db.checklists import ItemKind, Template, Wanted
from db.words import _

PAPER, SIGNED = ItemKind.PAPER, ItemKind.SIGNED
_SEEN = _("看原件，不留复印件")
_COPY = _("看原件，留复印件")
_IDENTITY = Wanted("identity", PAPER, _("客户身份证明（单位：营业执照、经办人证件）"), ask=_SEEN)

PARKING = Template(
    "one_window.parking", _("停车证"),
    (
        _IDENTITY,
        Wanted("vehicle", PAPER, _("机动车行驶证"), ask=_COPY),
        Wanted("right", PAPER, _("车位权属证明，或业主同意使用车位的书面证明"), ask=_("用别人的车位才要"),
               required=False),
        Wanted("agreement", SIGNED, _("《车位租用协议》"), paper="parking_agreement"),
    ),
)  # fmt: skip
CARDS = Template(
    "one_window.cards", _("门禁卡与钥匙"),
    (
        _IDENTITY,
        Wanted("holder", PAPER, _("持卡人与客户的关系（家属、员工、家政人员）"), ask=_("本人领取的不要"),
               required=False),
        Wanted("lost", PAPER, _("挂失说明"), ask=_("补办才要，口头说明由前台记录"), required=False),
    ),
)  # fmt: skip
PAYMENT = Template(
    "one_window.payment", _("缴费"),
    (Wanted("unit", PAPER, _("房号或户名"), ask=_("口头告知即可")),
     Wanted("transfer", PAPER, _("转账凭证"), ask=_("银行转账才要"), required=False)),
)  # fmt: skip
GOODS = Template(
    "one_window.goods", _("物品放行"),
    (
        Wanted("identity", PAPER, _("客户本人身份证明"), ask=_SEEN),
        Wanted("authority", PAPER, _("委托书或盖章的放行申请、代办人身份证明"),
               ask=_("本人来不了、单位客户才要；原件留存"), required=False),
        Wanted("goods", PAPER, _("物品清单"), ask=_("名称、数量；口头说明由前台录入")),
        Wanted("landlord", PAPER, _("业主（房东）联系方式"), ask=_("租户搬家才要，由前台告知业主"), required=False),
    ),
)  # fmt: skip
TRANSFER = Template(
    "one_window.transfer", _("过户"),
    (
        Wanted("identity", PAPER, _("原业主、新业主身份证明"), ask=_COPY),
        Wanted("title", PAPER, _("不动产权证书，或备案的买卖合同"), ask=_COPY),
        Wanted("statement", PAPER, _("过户结算单"), ask=_("双方签字")),
    ),
)  # fmt: skip
INVOICE = Template(
    "one_window.invoice", _("开发票"),
    (
        Wanted("receipt", PAPER, _("收据或付款凭证"), ask=_("系统能查到的不要"), required=False),
        Wanted("heading", PAPER, _("开票抬头；单位另要税号、地址电话、开户行"), ask=_("加盖公章或电子版")),
    ),
)  # fmt: skip

TEMPLATES: tuple[Template, ...] = (PARKING, CARDS, PAYMENT, GOODS, TRANSFER, INVOICE)
