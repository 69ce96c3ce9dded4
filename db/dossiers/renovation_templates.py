"""What a renovation asks for, by formality: papers brought, papers signed, things the house knows itself (D1, D2)."""

from __future__ import annotations

from db.checklists import ItemKind, Template, Wanted
from db.dossiers.renovation_tables import Formality
from db.registry import EstateKind
from db.words import _

PAPER, SIGNED, KNOWN = ItemKind.PAPER, ItemKind.SIGNED, ItemKind.KNOWN
_COPY = _("复印件，加盖公章")
_HOMES, _PARK = frozenset({EstateKind.HOMES}), frozenset({EstateKind.PARK})

_APPLICATION = Wanted("application", SIGNED, _("装修申请表"), "submit", paper="renovation_application")
_DRAWINGS = Wanted("drawings", PAPER, _("装修方案和图纸"), "submit", _("平面、水电；动隔墙的附隔墙图"))
_BUILDER = (
    Wanted("licence", PAPER, _("施工单位营业执照、资质证书"), "submit", _COPY),
    Wanted(
        "responsible",
        PAPER,
        _("施工负责人身份证、联系电话"),
        "submit",
        _("看原件，留复印件，注明“仅供办理装修手续使用”"),
    ),
    Wanted("workers", PAPER, _("施工人员名单"), "submit", _("姓名、证件号码、工种；电焊工附特种作业证")),
)
_AUTHORITY = Wanted("authority", KNOWN, _("批准文件（动结构、燃气才要）"), "submit")
_FIRE = Wanted("fire_authority", KNOWN, _("消防设计或批准文件（动消防才要）"), "submit")
_SIGNED = (
    Wanted("agreement", SIGNED, _("装饰装修管理服务协议"), "start", paper="renovation_agreement"),
    Wanted("notice", SIGNED, _("装饰装修禁止行为和注意事项告知书"), "start", paper="renovation_notice"),
    Wanted("handbook", SIGNED, _("《装修服务手册》签收"), "start", paper="renovation_handbook"),
)
_DEPOSIT = Wanted("deposit", KNOWN, _("装修押金"), "start")
_TOLD = Wanted("neighbours", KNOWN, _("已告知邻居"), "start")
_END = (
    Wanted("water_test", KNOWN, _("闭水试验（动厨卫地面才要）"), "accept"),
    Wanted("violations", KNOWN, _("违章已整改"), "accept"),
)

TEMPLATES: dict[Formality, Template] = {
    Formality.OWNER: Template(
        "renovations.owner", _("业主装修申报"),
        (
            _APPLICATION, Wanted("identity", PAPER, _("业主身份证明"), "submit", _("看原件")), _DRAWINGS, *_BUILDER,
            _AUTHORITY, _FIRE, *_SIGNED, _DEPOSIT, _TOLD,
            Wanted("waste", PAPER, _("装修垃圾清运约定"), "", _("委托清运或自行清运"), required=False), *_END,
        ),
        _HOMES,
    ),
    Formality.TENANT: Template(
        "renovations.tenant", _("租户装修申报"),
        (
            _APPLICATION, Wanted("identity", PAPER, _("租户身份证明、租赁合同"), "submit", _("看原件，留复印件")),
            Wanted("owner_consent", PAPER, _("业主同意装修的书面证明"), "submit", _("原件，业主签名并留电话")),
            _DRAWINGS, *_BUILDER, _AUTHORITY, _FIRE, *_SIGNED, _DEPOSIT, _TOLD,
            Wanted("waste", PAPER, _("装修垃圾清运约定"), "", _("委托清运或自行清运"), required=False), *_END,
        ),
        _HOMES,
    ),
    Formality.PARK: Template(
        "renovations.park", _("园区装修申请"),
        (
            _APPLICATION, Wanted("company", PAPER, _("客户营业执照"), "submit", _COPY),
            Wanted("owner_consent", PAPER, _("产权单位同意装修的书面证明"), "submit", _("租赁合同有约定的附合同页")),
            Wanted("drawings", PAPER, _("装修方案和图纸"), "submit", _("平面、强弱电、空调、消防喷淋和烟感布置图")),
            *_BUILDER, Wanted("insurance", PAPER, _("建筑安装工程保险或第三者责任险"), "submit", _("保单复印件"),
                              required=False),
            _AUTHORITY, _FIRE, *_SIGNED, _DEPOSIT,
            Wanted("neighbours", KNOWN, _("已告知同层客户"), "start", required=False), *_END,
        ),
        _PARK,
    ),
}  # fmt: skip
