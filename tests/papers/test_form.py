"""The office's own papers as printed: nothing lost, nothing outside the page, however long what stands on them."""

from __future__ import annotations

import re
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader

from components.papers import printing
from db.refused import Refused
from tests.papers.made import LONG, an_office_paper, pages, words

SIXTY = (LONG * 2)[:60]
ADDRESS = "averylongaddress.without.any.space@department.example-company.com.cn"
RARE = "㛃喆𠮷"
_NUMBERS = re.compile(r'="([-0-9.]+)"')


def printed(**but) -> bytes:
    return printing.pdf("form", {"papers": [an_office_paper(**but)]})


def goods(count: int) -> list[dict[str, object]]:
    columns = [
        {"title": "序号", "align": "center"}, {"title": "物品名称", "width": 4}, {"title": "数量", "align": "right"},
        {"title": "备注", "width": 3},
    ]  # fmt: skip
    rows = [
        {"cells": [str(n), f"办公桌{n:03d}号" + SIXTY[: n % 40], str(n % 9 + 1), ADDRESS]} for n in range(1, count + 1)
    ]
    return [{"heading": "物品清单", "columns": columns, "rows": rows}]


def boxes(pdf: bytes) -> list[tuple[float, float, list[tuple[float, ...]]]]:
    """Say where each letter stands: page width, height, and each letter's left, bottom, right and top, in points."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            letters = range(text.count_chars())
            placed = [text.get_charbox(n) for n in letters if text.get_text_range(n, 1).strip()]
            found.append((*page.get_size(), placed))
    return found


@pytest.mark.requirement("X6")
def test_a_paper_says_all_it_is_made_of():
    said = words(printed())
    for each in (
        "廊坊阳光物业服务有限公司", "阳光花园小区", "入伙通知书", "编号：RH-20261123-001", "吴学文", "3-2-501", "说明",
        "您的房屋已具备交付条件。", "1.带身份证原件。", "2.带购房合同。", "特此通知。", "物业服务费", "270.37",
        "人民币（大写）：贰佰柒拾元零叁角柒分", "合计¥270.37", "客户签字：", "经办人：", "日期：",
        "廊坊阳光物业服务有限公司（盖章）", "2026年11月23日", "0316-2222333", "第1页共1页",
    ):  # fmt: skip
        assert each in said
    for each in ("作废", "补打", "预览"):
        assert each not in said


def test_marks_say_what_befell_a_paper():
    assert "补打第2次" in words(printed(reprint=2))
    void = words(printed(void={"day": "2026-11-24", "reason": "姓名写错", "by": "李梅"}))
    assert "作废2026-11-24姓名写错李梅" in void
    assert "预览" in words(printed(draft=True, number=None))


@pytest.mark.parametrize("size", ["a4", "a5", "card"])
def test_the_longest_names_lose_nothing(size):
    facts = [{"label": f"第{n}项名称", "text": text} for n, text in enumerate([SIXTY, RARE, ADDRESS, "W" * 200])]
    pdf = printed(
        size=size, facts=facts, company=SIXTY, estate=SIXTY[::-1], title="装饰装修禁止行为和注意事项告知书" * 2
    )
    said = words(pdf)
    for each in (SIXTY, RARE, ADDRESS, SIXTY[::-1], "装饰装修禁止行为和注意事项告知书" * 2, "第3项名称"):
        assert each in said
    assert said.count("W") == 200


@pytest.mark.parametrize("size", ["a4", "a5", "card"])
def test_nothing_stands_outside_the_page(size):
    facts = [{"label": "名称" * 8, "text": text} for text in (SIXTY, RARE, ADDRESS, "W" * 200, ADDRESS * 2)]
    pdf = printed(size=size, facts=facts, tables=goods(12), opening=ADDRESS * 5, clauses=[ADDRESS * 5, SIXTY * 3],
                  signatures=["客户（委托代理人）签字", "物业管家签字", "客服主管签字", "管理处主任签字"])  # fmt: skip
    seen = boxes(pdf)
    assert len(seen) == len(PdfReader(BytesIO(pdf)).pages)
    for width, height, placed in seen:
        assert placed
        assert [each for each in placed if each[0] < 0 or each[1] < 0 or each[2] > width or each[3] > height] == []


def test_two_hundred_goods_go_on_overleaf_under_their_head():
    pdf = printed(tables=goods(200))
    found = pages(pdf)
    assert [sum(f"办公桌{n:03d}号" in page for page in found) for n in range(1, 201)] == [1] * 200
    carrying = [page for page in found if "办公桌" in page]
    assert ["物品名称" in page for page in carrying] == [True] * len(carrying)
    assert [f"第{n}页共{len(found)}页" in page for n, page in enumerate(found, 1)] == [True] * len(found)
    assert sum(page.count("客户签字：") for page in found) == 1
    assert words(pdf).count(ADDRESS) == 200
    for width, height, placed in boxes(pdf):
        assert [each for each in placed if min(each) < 0 or each[2] > width or each[3] > height] == []


def test_many_in_one_print_count_their_own_pages():
    long = an_office_paper(number="RH-2", tables=goods(60))
    found = pages(
        printing.pdf("form", {"papers": [an_office_paper(number="RH-1"), long, an_office_paper(number="RH-3")]})
    )
    last = len(found) - 2
    assert ("编号：RH-1" in found[0], "第1页共1页" in found[0]) == (True, True)
    assert ("编号：RH-2" in found[1], f"第1页共{last}页" in found[1], f"第{last}页共{last}页" in found[last]) == (
        True,
    ) * 3
    assert ("编号：RH-3" in found[-1], "第1页共1页" in found[-1]) == (True, True)


def test_a_blank_form_has_room_instead_of_facts():
    blank = printed(blank=True, number=None, issued_on=None, qr=None, total=None, capitals=None,
                    facts=[{"label": "客户", "text": "", "room": 1}],
                    tables=[{"columns": [{"title": "项目"}], "rows": [{"cells": [""]}] * 30}])  # fmt: skip
    said = words(blank)
    for each in ("编号：", "客户", "人民币（大写）：", "合计¥", "年月日"):
        assert each in said
    assert "2026" not in said
    assert len(pages(blank)) == 2  # thirty rows high enough to write in


def test_what_is_typed_stays_text():
    typed = '#panic("x") *b* $x$ `c` \\u{41} <a> @b [e] {f} = - + 1.'
    said = words(printed(opening=typed, clauses=[typed], facts=[{"label": typed, "text": typed}], closing=typed))
    assert said.count("".join(typed.split())) == 5


def test_a_character_in_no_font_is_refused_by_name():
    with pytest.raises(Refused, match="U\\+E000"):
        printed(opening="王\ue000")
    with pytest.raises(Refused, match="U\\+E000"):
        printing.refuse_unprintable({"facts": [{"text": "王\ue000"}]})


def test_the_qr_code_is_drawn_and_a_logo_that_is_gone_leaves_its_place_empty(data_folder):
    with_code, without = printed(), printed(qr=None)
    assert len(with_code) > len(without) + 500
    assert "入伙通知书" in words(printed(logo="0" * 64))


def test_the_picture_shows_the_pages_below_each_other():
    one = Image.open(BytesIO(printing.picture("form", {"papers": [an_office_paper()]})))
    two = Image.open(BytesIO(printing.picture("form", {"papers": [an_office_paper(), an_office_paper()]})))
    assert (two.width, two.height) == (one.width, 2 * one.height + printing.GAP)
