"""What moving in asks for, by who moves in where: papers brought and signed, what the house knows itself (I2, I9)."""

from __future__ import annotations

from dataclasses import replace

from db.base import Choice
from db.checklists import ItemKind, Template, Wanted
from db.registry import EstateKind, Relation
from db.words import _

HAND_OVER, BOOK, COMPLETE = "hand_over", "book", "complete"
"""The steps that a line may hold up."""


class Formality(Choice):
    """Who moves in where: each has a checklist of its own."""

    OWNER = "owner", _("业主入住")
    TENANT = "tenant", _("租户入住")
    PARK = "park", _("园区入驻")


RELATIONS = {Formality.OWNER: Relation.OWNER, Formality.TENANT: Relation.TENANT, Formality.PARK: Relation.TENANT}
"""As what somebody who moves in holds the unit."""

PAPER, SIGNED, KNOWN = ItemKind.PAPER, ItemKind.SIGNED, ItemKind.KNOWN
_INSPECTED = Wanted("inspection", KNOWN, _("单元验收并签字"), HAND_OVER)
_METERS = Wanted("meters", KNOWN, _("水电表底数"), HAND_OVER)
_HANDED = Wanted("handed", KNOWN, _("钥匙、门禁卡发放并签收"), HAND_OVER)
_PEOPLE = Wanted("people", KNOWN, _("客户档案（电话、人数）"), HAND_OVER)

TEMPLATES: dict[Formality, Template] = {
    Formality.OWNER: Template(
        "move_ins.owner", _("业主入住"),
        (
            Wanted("identity", PAPER, _("业主身份证明"), HAND_OVER,
                   _("原件核对、复印件留存，盖“仅供办理入住使用”章")),
            Wanted("title", PAPER, _("购房合同或不动产权证书"), HAND_OVER, _("原件核对、复印件留存")),
            _PEOPLE, _INSPECTED, _METERS, _HANDED,
            Wanted("guarantees", PAPER, _("《住宅质量保证书》《住宅使用说明书》已由开发商交付"), COMPLETE,
                   _("业主签收凭据复印件；二手房不需要"), required=False),
            Wanted("undertaking", SIGNED, _("遵守临时管理规约承诺书"), COMPLETE, paper="owner_undertaking"),
        ), frozenset({EstateKind.HOMES}),
    ),
    Formality.TENANT: Template(
        "move_ins.tenant", _("租户入住"),
        (
            Wanted("lease_told", PAPER, _("业主告知出租"), HAND_OVER, _("租赁合同复印件，或业主的书面告知")),
            Wanted("identity", PAPER, _("租户身份证明"), HAND_OVER,
                   _("原件核对、复印件留存，盖“仅供办理入住使用”章")),
            _PEOPLE,
            replace(_HANDED, required=False, before=COMPLETE),
            Wanted("covenant", PAPER, _("管理规约已交租户阅知"), COMPLETE, _("租户签收凭据"), required=False),
        ), frozenset({EstateKind.HOMES}),
    ),
    Formality.PARK: Template(
        "move_ins.park", _("园区入驻"),
        (
            Wanted("contract", KNOWN, _("租赁合同"), HAND_OVER),
            Wanted("fees", KNOWN, _("入驻费用收齐"), HAND_OVER),
            Wanted("notice", KNOWN, _("发出《入伙通知书》"), HAND_OVER),
            Wanted("licence", PAPER, _("营业执照副本复印件"), HAND_OVER, _("加盖公章")),
            Wanted("authorisation", PAPER, _("委托书原件"), HAND_OVER, _("由公司签署，加盖公章")),
            Wanted("agent_identity", PAPER, _("被委托人身份证明"), HAND_OVER,
                   _("原件核对、复印件留存，盖“仅供办理入驻使用”章")),
            Wanted("handbook", SIGNED, _("《客户服务手册确认书》"), HAND_OVER, paper="handbook_confirmation"),
            Wanted("safety", SIGNED, _("《治安、防火安全责任书》"), HAND_OVER, paper="safety_undertaking"),
            _PEOPLE, _INSPECTED, _METERS, _HANDED,
            Wanted("plates", KNOWN, _("《客户名牌申请表》"), BOOK),
            Wanted("works", KNOWN, _("装修验收合格，或不装修"), BOOK),
            Wanted("fire", KNOWN, _("消防文件"), BOOK),
            Wanted("booked", KNOWN, _("约定搬迁时间（非办公时间）"), COMPLETE),
        ), frozenset({EstateKind.PARK}),
    ),
}  # fmt: skip
"""In the handbook's order; an estate may change its own (`db.checklist_templates`)."""

__all__ = ["BOOK", "COMPLETE", "HAND_OVER", "RELATIONS", "TEMPLATES", "Formality"]
