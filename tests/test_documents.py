"""Documents: what comes in, where it lies, who gets it."""

from __future__ import annotations

import io
import zipfile

import pillow_heif
import pytest
from PIL import Image
from sqlalchemy import select

from db import documents, uploads
from db.audit import Audit
from db.clock import now
from db.document_categories import Category, proposed
from db.documents import Document, Owner
from db.papers.tables import IssuedPaper
from db.people import Role
from db.refused import Refused
from db.session import reading, writing
from db.uploads import DocumentKind, checked, clean_name, kind_of
from tests import builders

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
EXIF_TURN, EXIF_GPS = 0x0112, 0x8825


def a_picture(size=(400, 300), kind="JPEG", colour="red", **options) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind, **options)
    return written.getvalue()


def an_office_file(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for name in names:
            package.writestr(name, "<x/>")
    return written.getvalue()


def an_issued_paper(s, office, case, document_id, signed_document_id=None) -> IssuedPaper:
    """Make the record of a paper issued about a matter."""
    paper = IssuedPaper(
        estate_id=office.estate.id, kind="complaint_form", number=f"TSD-{document_id[:6]}", subject="cases",
        subject_id=case.id, data={}, data_sha256="0" * 64, document_id=document_id, issued_by=office.desk.user_id,
        issued_at=now(), signed_document_id=signed_document_id,
    )  # fmt: skip
    s.add(paper)
    s.flush()
    return paper


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


# ── what a file is ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_picture(), DocumentKind.PHOTO),
        (a_picture(kind="PNG"), DocumentKind.PHOTO),
        (a_picture(kind="WEBP"), DocumentKind.PHOTO),
        (PDF, DocumentKind.PDF),
        (an_office_file("[Content_Types].xml", "word/document.xml"), DocumentKind.WORD),
        (an_office_file("[Content_Types].xml", "xl/workbook.xml"), DocumentKind.EXCEL),
    ],
)
def test_a_file_is_what_its_content_says(content, kind):
    assert kind_of(content) is kind


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg onload='alert(1)'/>", "不支持这种文件。可以上传照片(JPG、PNG、HEIC、WebP)、PDF、docx 和 xlsx。"),
        (b"<html><script>", "不支持这种文件。可以上传照片(JPG、PNG、HEIC、WebP)、PDF、docx 和 xlsx。"),
        (b"MZ\x90\x00program", "不支持这种文件。可以上传照片(JPG、PNG、HEIC、WebP)、PDF、docx 和 xlsx。"),
        (b"GIF89a", "不支持这种文件。可以上传照片(JPG、PNG、HEIC、WebP)、PDF、docx 和 xlsx。"),
        (b"\xd0\xcf\x11\xe0old", "这是旧版 Office 文件或有密码的文件，请去掉密码，另存为 docx 或 xlsx 再传。"),
        (an_office_file("readme.txt"), "不支持压缩包，请解压后逐个上传。"),
        (
            an_office_file("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
            "文件里有宏，请另存为不含宏的 docx 或 xlsx 再传。",
        ),
        (b"PK\x03\x04broken", "文件打不开，可能没有传完整，请重新上传。"),
        (b"\xff\xd8\xff\xe0broken", "图片打不开，可能已损坏，请重新拍摄或另存为 JPG 再传。"),
        (b"", "文件是空的。"),
        (PDF.ljust(uploads.MOST_BYTES + 1), "文件不能超过 20 MB。"),
    ],
)
def test_everything_else_is_refused_with_its_name(content, sentence):
    with pytest.raises(Refused) as refused:
        checked(content, "照片.jpg")
    assert refused.value.message == f"照片.jpg:{sentence}"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 1000)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<x/>")
        package.writestr("xl/workbook.xml", b"0" * 5000)
    with pytest.raises(Refused) as refused:
        checked(written.getvalue(), "大表.xlsx")
    assert refused.value.message == "大表.xlsx:文件解开后过大，不能上传。"


def test_a_picture_of_too_many_points_is_refused():
    bomb = a_picture((10_000, 6_001), "PNG", "white")
    with pytest.raises(Refused) as refused:
        checked(bomb, "炸弹.png")
    assert refused.value.message == "炸弹.png:图片超过 6000 万像素，请缩小后再传。"


@pytest.mark.requirement("M1")
def test_a_photograph_is_turned_upright_shrunk_and_loses_its_place():
    exif = Image.Exif()
    exif[EXIF_TURN] = 6
    exif.get_ifd(EXIF_GPS)[2] = (39.0, 30.0, 0.0)
    kept = checked(a_picture((3000, 2000), exif=exif), "IMG_1.JPEG")
    picture = opened(kept.content)
    assert (kept.name, kept.kind, picture.format, picture.size) == (
        "IMG_1.jpg",
        DocumentKind.PHOTO,
        "JPEG",
        (1067, 1600),
    )
    assert dict(picture.getexif()) == {}


def test_a_photograph_of_an_iphone_becomes_a_jpeg():
    written = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "blue")).save(written)
    kept = checked(written.getvalue(), "IMG_2.HEIC")
    assert (kept.name, opened(kept.content).format, opened(kept.content).size) == ("IMG_2.jpg", "JPEG", (64, 48))


def test_a_transparent_picture_lies_on_white():
    written = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(written, "PNG")
    assert opened(checked(written.getvalue(), "章.png").content).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("合同.pdf", "合同.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\扫描\\二号楼.PDF", "二号楼.pdf"),
        ("con.pdf", "PDF 文件.pdf"),
        ("发票\u202efdp.exe", "发票fdp.pdf"),
        ("a\x00b\n<c>.pdf", "ab c.pdf"),
        (" . ", "PDF 文件.pdf"),
        ("长" * 300, "长" * 116 + ".pdf"),
    ],
)
def test_a_name_is_fit_for_every_system(typed, name):
    assert clean_name(typed, DocumentKind.PDF) == name


# ── keeping and handing out ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def office(engine):
    return builders.an_office()


def attach(who, case, content=PDF, name="证据.pdf"):
    with writing(who) as s:
        return documents.add(s, checked(content, name), Owner(case_id=case.id))


@pytest.fixture
def complaint(office):
    with writing(office.desk) as s:
        return builders.a_complaint(s, office)


@pytest.mark.requirement("R6", "C2")
def test_evidence_is_kept_with_the_complaint_and_handed_out(office, complaint):
    key = attach(office.desk, complaint, a_picture((800, 600)), "现场.png")
    with reading(office.supervisor) as s:
        [shown] = documents.attached_to(s, Owner(case_id=complaint.id))
    assert (shown.id, shown.name, shown.kind, shown.by) == (key, "现场.jpg", DocumentKind.PHOTO, "王芳")
    assert (shown.personal, shown.removable, shown.address) == (False, True, f"/documents/{key}")
    whole, small = documents.open_for(office.supervisor, key), documents.open_for(office.supervisor, key, small=True)
    assert (whole.name, whole.media_type, whole.inline) == ("现场.jpg", "image/jpeg", True)
    assert opened(whole.path.read_bytes()).size == (800, 600)
    assert opened(small.path.read_bytes()).size == (150, 113)
    assert len(key) == 32
    assert int(key, 16) >= 0


def test_the_same_file_twice_is_kept_once(office, complaint):
    assert attach(office.desk, complaint) == attach(office.other_desk, complaint)


@pytest.mark.requirement("R6", "X2")
def test_what_is_out_of_reach_does_not_exist(office, complaint):
    with writing(office.desk) as s:
        about_tech = builders.a_complaint(s, office, about_user_id=office.technician.user_id)
    key = attach(office.desk, about_tech)
    with writing(builders.SYSTEM) as s:
        elsewhere = builders.an_actor(s, [builders.an_estate(s)], Role.DIRECTOR)
    sentences = set()
    for actor, wanted in ((elsewhere, key), (office.desk, "0" * 32), (office.guard, attach(office.desk, complaint))):
        with pytest.raises(Refused) as refused:
            documents.open_for(actor, wanted)
        sentences.add(refused.value.message)
    assert sentences == {"没有找到这个文件，可能已移除，或不在您的工作范围内。"}


def test_whom_a_complaint_is_about_sees_no_evidence(office):
    with writing(office.desk) as s:
        case = builders.a_complaint(s, office, about_user_id=office.supervisor.user_id)
    key = attach(office.desk, case)
    with reading(office.supervisor) as s:
        assert documents.attached_to(s, Owner(case_id=case.id)) == []
    with pytest.raises(Refused) as refused:
        documents.open_for(office.supervisor, key)
    assert refused.value.message == "没有找到这个文件，可能已移除，或不在您的工作范围内。"
    with pytest.raises(Refused) as refused:
        attach(office.supervisor, case)
    assert refused.value.message == "本单涉及您本人，请由他人经办。"


@pytest.mark.requirement("R4", "R6")
def test_each_look_at_a_personal_document_is_logged(office):
    with writing(office.desk) as s:
        key = documents.add(s, checked(PDF, "身份证.pdf"), Owner(customer_id=office.customer.id), personal=True)
    documents.open_for(office.steward, key)
    with reading(office.director) as s:
        log = select(Audit.act, Audit.actor_id).where(Audit.table_name == "documents").order_by(Audit.id)
        entries = [tuple(row) for row in s.execute(log)]
    assert entries == [("attached", office.desk.user_id), ("downloaded", office.steward.user_id)]


@pytest.mark.requirement("R6")
def test_registry_documents_need_the_right_to_change_the_registry(office):
    for owner in (Owner(customer_id=office.customer.id), Owner(unit_id=office.unit.id)):
        with pytest.raises(Refused) as refused, writing(office.cashier) as s:
            documents.add(s, checked(PDF, "图纸.pdf"), owner)
        assert refused.value.message == "您没有“维护客户与房产档案”的权限，如有需要请联系管理处主任。"
        with writing(office.desk) as s:
            documents.add(s, checked(PDF, "图纸.pdf"), owner)
        with reading(office.cashier) as s:
            assert [each.name for each in documents.attached_to(s, owner)] == ["图纸.pdf"]


def test_a_wrong_document_is_taken_away_by_who_brought_it_or_a_leader(office, complaint):
    key = attach(office.desk, complaint)
    with pytest.raises(Refused) as refused, writing(office.other_desk) as s:
        documents.take_away(s, key)
    assert refused.value.message == "只有上传人或主管可以移除附件。"
    with writing(office.supervisor) as s:
        documents.take_away(s, key)
    with reading(office.desk) as s:
        assert documents.attached_to(s, Owner(case_id=complaint.id)) == []
        assert s.get(Document, key).removed_at is not None
    with pytest.raises(Refused):
        documents.open_for(office.desk, key)


# ── what they are ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    ("name", "kind", "label", "category"),
    [
        ("营业执照副本.pdf", DocumentKind.PDF, "", Category.LICENCE),
        ("被委托人身份证.jpg", DocumentKind.PHOTO, "", Category.IDENTITY),
        ("授权委托书.pdf", DocumentKind.PDF, "", Category.AUTHORITY),
        ("3号楼给排水管线.pdf", DocumentKind.PDF, "", Category.DRAWING),
        ("物业服务合同2026.docx", DocumentKind.WORD, "", Category.CONTRACT),
        ("客户服务手册确认书.pdf", DocumentKind.PDF, "", Category.SIGNED),
        ("消防验收合格意见书.pdf", DocumentKind.PDF, "", Category.ACCEPTANCE),
        ("转账回单.jpg", DocumentKind.PHOTO, "", Category.VOUCHER),
        ("IMG_1.jpg", DocumentKind.PHOTO, "slip", Category.SIGNED),
        ("IMG_1.jpg", DocumentKind.PHOTO, "", Category.PHOTO),
        ("明细.xlsx", DocumentKind.EXCEL, "", Category.OTHER),
    ],
)
def test_the_category_is_proposed_from_name_and_label(name, kind, label, category):
    assert proposed(name, kind, label) is category


@pytest.mark.requirement("R4", "R6")
def test_a_copy_of_an_identity_paper_is_personal_whatever_was_said(office):
    owner = Owner(customer_id=office.customer.id)
    with writing(office.desk) as s:
        documents.add(s, checked(PDF, "户口本.pdf"), owner)
        documents.add(s, checked(PDF + b"2", "扫描件.pdf"), owner, category=Category.IDENTITY)
        documents.add(s, checked(PDF + b"3", "扫描件.pdf"), owner)
    with reading(office.desk) as s:
        rows = [(each.category, each.personal) for each in s.scalars(select(Document).order_by(Document.at))]
    assert rows == [(Category.IDENTITY, True), (Category.IDENTITY, True), (Category.OTHER, False)]


@pytest.mark.requirement("R6", "X6")
def test_an_issued_paper_and_its_signed_copy_are_not_taken_away(office, complaint):
    paper, signed = attach(office.desk, complaint, PDF), attach(office.desk, complaint, PDF + b"2")
    with writing(builders.SYSTEM) as s:
        an_issued_paper(s, office, complaint, paper, signed)
    for key in (paper, signed):
        with pytest.raises(Refused) as refused, writing(office.supervisor) as s:
            documents.take_away(s, key)
        assert refused.value.message == "这是已出具的单据，不能移除；出具有误请作废后重新出具。"
    with reading(office.desk) as s:
        assert len(documents.attached_to(s, Owner(case_id=complaint.id))) == 2
