"""What comes in as a file: judged by its content, named safely, photographs shrunk."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from db import pictures
from db.base import Choice
from db.checking import clean_text
from db.refused import Refused
from db.words import _

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED, MOST_PARTS = 200 * 1024 * 1024, 5000
"""What a Word or Excel file may hold once unpacked: bytes, and files inside it."""
NAME_LENGTH = 120
EXTENSIONS = ("jpg", "jpeg", "png", "webp", "heic", "heif", "pdf", "docx", "xlsx")
"""What the file chooser offers; what a file really is, its content says."""


class DocumentKind(Choice):
    """What a document is, by its content."""

    PHOTO = "photo", _("照片")
    PDF = "pdf", _("PDF 文件")
    WORD = "word", _("Word 文档")
    EXCEL = "excel", _("Excel 表格")


TYPES: dict[DocumentKind, tuple[str, str]] = {
    DocumentKind.PHOTO: ("image/jpeg", ".jpg"),
    DocumentKind.PDF: ("application/pdf", ".pdf"),
    DocumentKind.WORD: ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    DocumentKind.EXCEL: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
}
"""Media type and extension."""


@dataclass(frozen=True)
class Checked:
    """A file that passed: what will be kept of it."""

    content: bytes
    name: str
    kind: DocumentKind


def kind_of(content: bytes) -> DocumentKind:
    """Say what a file is by its content; `Refused` for everything the office does not keep."""
    head = content[:16]
    brand = content[8:12]
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and brand == b"WEBP"):
        return DocumentKind.PHOTO
    if head[4:8] == b"ftyp" and brand in {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}:
        return DocumentKind.PHOTO
    if head.startswith(b"%PDF-"):
        return DocumentKind.PDF
    if head.startswith(b"PK\x03\x04"):
        return _office_file(content)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(_("这是旧版 Office 文件或有密码的文件，请去掉密码，另存为 docx 或 xlsx 再传。"))
    raise Refused(_("不支持这种文件。可以上传照片(JPG、PNG、HEIC、WebP)、PDF、docx 和 xlsx。"))


def _office_file(content: bytes) -> DocumentKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as damaged:
        raise Refused(_("文件打不开，可能没有传完整，请重新上传。")) from damaged
    names = {part.filename for part in parts}
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused(_("文件解开后过大，不能上传。"))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused(_("文件里有宏，请另存为不含宏的 docx 或 xlsx 再传。"))
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DocumentKind.WORD
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return DocumentKind.EXCEL
    raise Refused(_("不支持压缩包，请解压后逐个上传。"))


_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
"""Not allowed in file names on some system, or turning the direction of reading (exe.pdf for fdp.exe)."""


def clean_name(typed: str, kind: DocumentKind) -> str:
    """Make a file's name fit to be shown and saved on any system, with the extension that its content has."""
    last = re.split(r"[/\\]", clean_text(typed).replace("\n", " "))[-1]
    shown = _UNSAFE.sub("", unicodedata.normalize("NFC", last)).strip(" .")
    extension = TYPES[kind][1]
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", shown).strip(" .")[: NAME_LENGTH - len(extension)]
    if not stem or _RESERVED.match(stem):
        stem = str(kind.label)
    return f"{stem}{extension}"


def checked(content: bytes, name: str) -> Checked:
    """Check a file's size and content and shrink photographs; slow, so call it before a write begins.

    Raises `Refused`, naming the file.
    """
    try:
        kind = _kind_of_fitting(content)
        kept = pictures.shrunk(content) if kind is DocumentKind.PHOTO else content
    except Refused as refused:
        raise Refused(_("{name}:{wrong}", name=clean_text(name)[:NAME_LENGTH], wrong=refused.message)) from refused
    return Checked(kept, clean_name(name, kind), kind)


def _kind_of_fitting(content: bytes) -> DocumentKind:
    if not content:
        raise Refused(_("文件是空的。"))
    if len(content) > MOST_BYTES:
        raise Refused(_("文件不能超过 20 MB。"))
    return kind_of(content)
