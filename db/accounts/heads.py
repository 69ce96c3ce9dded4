"""What money came in for and went out for: the handbook's nine heads of expense, and the heads of income."""

from __future__ import annotations

from db.base import Choice
from db.words import Words, _


class Head(Choice):
    """A line of income and expenditure 收支科目; the expenses are the handbook's, in its words (HB:118-126)."""

    UPKEEP = (
        "upkeep",
        _(
            "公用设施、设备的维修养护费用和公共场所的日常管理费用"
            "（包括材料费、公用水电费、设备损耗费、垃圾清运费、绿化养护费等）"
        ),
    )
    STAFF = "staff", _("管理人员的工资、津贴、福利、劳动保护及办公费")
    FIRMS = "firms", _("就管理工作而聘请专营公司及其他聘请人员的费用")
    INSURANCE = "insurance", _("本物业设施、设备必要的保险费、折旧费")
    SECURITY = "security", _("治安与公共秩序维护费用")
    CULTURE = "culture", _("社区文化活动费用")
    TAXES = "taxes", _("法定税费")
    REMUNERATION = "remuneration", _("管理人酬金")
    OTHER = "other", _("其它管理方面的开支")
    MANAGEMENT_FEES = "management_fees", _("物业管理费收入")
    PARKING_FEES = "parking_fees", _("停车服务费收入")
    PAID_SERVICES = "paid_services", _("有偿服务收入")
    LATE_FEES = "late_fees", _("违约金(滞纳金)收入")
    FROM_COMMON = "from_common", _("公共收益补贴（按业主共同决定）")
    OTHER_INCOME = "other_income", _("其他收入")

    @property
    def is_expense(self) -> bool:
        """Say whether it is one of the nine heads of expense."""
        return self in EXPENSES


EXPENSES: tuple[Head, ...] = (
    Head.UPKEEP, Head.STAFF, Head.FIRMS, Head.INSURANCE, Head.SECURITY, Head.CULTURE, Head.TAXES, Head.REMUNERATION,
    Head.OTHER,
)  # fmt: skip
"""In the handbook's order."""
INCOMES: tuple[Head, ...] = tuple(head for head in Head if head not in EXPENSES)

SHORT: dict[Head, Words] = {
    Head.UPKEEP: _("设施维养与日常管理"),
    Head.STAFF: _("人员工资与办公"),
    Head.FIRMS: _("专营公司与聘请人员"),
    Head.INSURANCE: _("保险与折旧"),
    Head.SECURITY: _("治安与公共秩序"),
    Head.CULTURE: _("社区文化活动"),
    Head.TAXES: _("法定税费"),
    Head.REMUNERATION: _("管理人酬金"),
    Head.OTHER: _("其它开支"),
    Head.MANAGEMENT_FEES: _("物业管理费收入"),
    Head.PARKING_FEES: _("停车服务费收入"),
    Head.PAID_SERVICES: _("有偿服务收入"),
    Head.LATE_FEES: _("违约金收入"),
    Head.FROM_COMMON: _("公共收益补贴"),
    Head.OTHER_INCOME: _("其他收入"),
}
"""As narrow columns and charts say them; papers print the whole name."""
UPKEEP_ITSELF = _("公用设施、设备的维修养护费用和公共场所的日常管理费用")
UPKEEP_INCLUDES = _("包括材料费、公用水电费、设备损耗费、垃圾清运费、绿化养护费等")
"""The first head's name in two parts, where a line on the screen has no room for all of it."""


class Basis(Choice):
    """Whether a figure has happened or is planned."""

    ACTUAL = "actual", _("实际"), "blue"
    BUDGET = "budget", _("预算"), "gray"


class Book(Choice):
    """The two accounts that are the owners' own, kept apart from the office's income (民法典 281, 282)."""

    COMMON = "common", _("公共收益")
    FUND = "fund", _("专项维修资金")


class Item(Choice):
    """What moved an account of the owners; which item belongs to which account stands in `ITEMS`."""

    OPENING = "opening", _("期初余额")
    ADVERTISING = "advertising", _("广告收入")
    PARKING = "parking", _("占用共有场地停车收入")
    LETTING = "letting", _("共有场地出租收入")
    ENTRANCE = "entrance", _("设备进场与占用收入")
    INTEREST = "interest", _("利息")
    OTHER_INCOME = "other_income", _("其他收入")
    CONTRIBUTION = "contribution", _("业主交存")
    FROM_COMMON = "from_common", _("公共收益转入")
    COST = "cost", _("经营合理成本")
    TO_FUND = "to_fund", _("转入专项维修资金")
    BY_DECISION = "by_decision", _("按业主共同决定使用")
    WORKS = "works", _("维修、更新和改造支出")


INCOMING = frozenset({
    Item.OPENING, Item.ADVERTISING, Item.PARKING, Item.LETTING, Item.ENTRANCE, Item.INTEREST, Item.OTHER_INCOME,
    Item.CONTRIBUTION, Item.FROM_COMMON,
})  # fmt: skip
NEED_DECISION = frozenset({Item.TO_FUND, Item.BY_DECISION, Item.WORKS})
"""Spent only as the owners have decided: the decision is cited (民法典 278)."""
ITEMS: dict[Book, tuple[Item, ...]] = {
    Book.COMMON: (
        Item.OPENING, Item.ADVERTISING, Item.PARKING, Item.LETTING, Item.ENTRANCE, Item.INTEREST, Item.OTHER_INCOME,
        Item.COST, Item.TO_FUND, Item.BY_DECISION,
    ),
    Book.FUND: (Item.OPENING, Item.CONTRIBUTION, Item.FROM_COMMON, Item.INTEREST, Item.WORKS),
}  # fmt: skip
