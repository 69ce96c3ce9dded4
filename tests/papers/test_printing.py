"""Printing: fonts, characters, what is user's text stays text, what does not fit its shape is not printed."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import typst
from pypdf import PdfReader

from components.papers import fonts, printing
from components.papers.fitting import fitted, said_amount
from components.papers.shapes import SHAPES, Receipt
from components.papers.truths import TRUTHS
from db.paths import ROOT
from db.refused import Refused
from tests.papers.made import LONG, ORDINARY, a_line, a_receipt, a_sheet, words

RECEIPTS = ("receipt_a5", "receipt_roll80", "receipt_241")


def test_every_template_has_its_shape_its_truth_and_its_file():
    files = {path.stem for path in printing.TEMPLATES.glob("*.typ")} - {"base", "receipt"}
    assert files == set(SHAPES) == set(TRUTHS) == set(ORDINARY)


@pytest.mark.parametrize("template", ORDINARY)
def test_typst_has_nothing_to_complain_of(template):
    inputs = printing._inputs(template, ORDINARY[template])
    _, warnings = typst.compile_with_warnings(printing.TEMPLATES / f"{template}.typ", format="pdf", **inputs)
    assert [warning.message for warning in warnings] == []


@pytest.mark.parametrize("template", ORDINARY)
def test_all_fonts_are_embedded(template):
    reader = PdfReader(BytesIO(printing.pdf(template, ORDINARY[template])))
    assert len(reader.pages) == 1
    used = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    inner = [font["/DescendantFonts"][0]["/FontDescriptor"] for font in used]
    assert all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in inner)
    families = {str(font["/BaseFont"]).split("+")[1].split("-")[0] for font in used}
    assert families <= {"NotoSansSC", "NotoSansCJKsc", "NotoSerifSC"}


@pytest.mark.parametrize("template", RECEIPTS)
def test_rare_characters_of_names_are_printed(template):
    said = words(printing.pdf(template, a_receipt(payer="𠮷田𣇉", note="䶮、龘、㐂、堃")))
    assert "𠮷田𣇉" in said
    assert "䶮、龘、㐂、堃" in said


@pytest.mark.parametrize(
    ("name", "code"), [("张\ue000明", "U+E000"), ("李\U0010fffd", "U+10FFFD"), ("王\ud800", "U+D800")]
)
def test_a_character_in_no_font_is_refused_by_name(name, code):
    with pytest.raises(Refused) as refused:
        printing.pdf("receipt_a5", a_receipt(payer=name))
    assert refused.value.message == (
        f"“{name}”里的“{name[1]}”（{code}）没有字体能打印。请换一种写法，或请管理员在服务器上装上有它的字体。"
    ).replace("\ud800", "?")


def test_private_characters_are_refused_whatever_a_font_shows_for_them():
    assert list(fonts.unprintable("吴" + "".join(map(chr, range(0xE000, 0xF900))))) == [
        chr(each) for each in range(0xE000, 0xF900) if each not in fonts._packaged()
    ]


def test_what_has_no_look_is_left_out_and_line_ends_stay():
    said = words(printing.pdf("receipt_a5", a_receipt(payer="吴\u202e学\u200b文\x00", note="第一行\r\n第二行\t止")))
    assert "交款人：吴学文" in said
    assert "第一行第二行止" in said


INJECTION = '#panic("x") *b* _i_ $x$ `c` \\u{41} "\' <a> @b #import "base.typ" //c /*d*/ [e] {f} ~ = - + 1. #sys.inputs'


@pytest.mark.parametrize("template", RECEIPTS)
def test_what_people_type_stays_text(template):
    said = words(printing.pdf(template, a_receipt(payer=INJECTION, note=INJECTION, lines=[a_line(item=INJECTION)])))
    assert said.count("".join(INJECTION.split())) == 3


def test_a_word_without_end_is_broken_over_lines():
    word = "W" * 400
    for template in RECEIPTS:
        reader = PdfReader(BytesIO(printing.pdf(template, a_receipt(lines=[a_line(item=word)]))))
        lines = [line.count("W") for page in reader.pages for line in page.extract_text().splitlines()]
        assert (sum(lines), max(lines) < 40) == (400, True)
    sheet = a_sheet(tables=[{"columns": [{"title": "甲"}, {"title": "乙"}], "rows": [{"cells": [word, word]}]}])
    assert words(printing.pdf("table_sheet", {"sheets": [sheet]})).count("W") == 800


def test_many_threads_print_at_once_each_its_own():
    def print_one(number: int) -> str:
        return words(printing.pdf("receipt_roll80", a_receipt(payer=f"客户{number:03d}号")))

    with ThreadPoolExecutor(4) as pool:
        printed = list(pool.map(print_one, range(24)))
    assert [f"客户{number:03d}号" in text for number, text in enumerate(printed)] == [True] * 24


def test_a_frozen_paper_prints_the_same_again():
    data = a_receipt(3, payer=LONG, tendered=Decimal(1000), change=Decimal("188.89"))
    thawed = json.loads(json.dumps(data, default=str))
    assert words(printing.pdf("receipt_a5", data)) == words(printing.pdf("receipt_a5", thawed))


@pytest.mark.parametrize(
    ("amount", "said"),
    [("0", "0.00"), ("-0.00", "0.00"), ("1680.32", "1,680.32"), ("1E+3", "1,000.00"), ("-107000.5", "-107,000.50"),
     ("2.838885", "2.838885"), ("100000000", "100,000,000.00"), ("0.005", "0.005")],
)  # fmt: skip
def test_amounts_are_written_and_never_rounded(amount, said):
    assert said_amount(Decimal(amount)) == said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"payeer": "x"}, "Receipt: unknown ['payeer']"),
        ({"payer": None}, "Receipt: payer is missing"),
        ({"lines": [{"item": "a", "amount": 1.5}]}, "lines[0].amount: 1.5 is no exact amount"),
        ({"lines": [{"item": "a", "amount": "many"}]}, "lines[0].amount: 'many' is no exact amount"),
        ({"lines": {}}, "lines: a list is wanted, not {}"),
        ({"issued_on": "23.11.2026"}, "issued_on: '23.11.2026' is no day"),
        ({"book": "bills"}, "book: 'bills' is none of ('fees', 'deposits')"),
        ({"reprint": True}, "reprint: int is wanted, not True"),
    ],
)
def test_data_of_another_shape_is_told_by_place(change, told):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared whole
        fitted(a_receipt() | change, Receipt)
    assert str(error.value) == told


def test_days_and_lazy_words_become_text():
    from db.words import _

    fit = fitted(a_receipt(issued_on=date(2026, 11, 23), note=_("备注")), Receipt)
    assert (fit["issued_on"], fit["note"], fit["void"]) == ("2026-11-23", "备注", None)


def test_a_font_that_cannot_be_read_shows_nothing(tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"\x00\x01\x00\x00\x00\x09")
    assert fonts._characters([str(broken), str(tmp_path / "missing.ttf")]) == frozenset()


def a_font(*segments: tuple[int, int, int, int], glyphs: tuple[int, ...] = ()) -> bytes:
    """Make a font of nothing but the older kind of character table: (first, last, delta, offset) of each segment."""
    firsts, lasts, deltas, offsets = (struct.pack(f">{len(segments)}H", *each) for each in zip(*segments, strict=True))
    after = struct.pack(">4H", 2 * len(segments), 0, 0, 0) + lasts + b"\0\0" + firsts + deltas + offsets
    after += struct.pack(f">{len(glyphs)}H", *glyphs)
    table = struct.pack(">HHH", 4, 6 + len(after), 0) + after
    cmap = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table
    return b"\0\1\0\0" + struct.pack(">4H", 1, 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, 28, len(cmap)) + cmap


def test_the_older_kind_of_character_table_is_read_too(tmp_path):
    font = tmp_path / "old.ttf"
    # A to C by a delta; a, b, c by glyphs of their own, of which b has none; the end mark.
    font.write_bytes(a_font((65, 67, 100, 0), (97, 99, 0, 4), (0xFFFF, 0xFFFF, 1, 0), glyphs=(7, 0, 9)))
    assert fonts._characters([str(font)]) == {65, 66, 67, 97, 99}


def test_importing_the_printer_does_not_look_for_fonts():
    asked = "from components.papers import fonts, printing; print(fonts._fonts.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "0\n"
