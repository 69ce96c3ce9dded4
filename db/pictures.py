"""Photographs on their way in: upright, small, and without the place where they were taken."""

from __future__ import annotations

import io

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from db.refused import Refused
from db.words import _

MOST_PIXELS = 60_000_000
LONGEST_SIDE, THUMBNAIL_SIDE = 1600, 150
"""Pixels: enough to read a meter or a signed slip; small enough for a row of pictures."""
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")

pillow_heif.register_heif_opener()


def shrunk(content: bytes, side: int = LONGEST_SIDE) -> bytes:
    """Re-encode a picture as JPEG, at most `side` pixels long, turned upright, with no EXIF (and so no GPS).

    Raises `Refused` for what is no picture, is damaged, or has more than 60 million pixels.
    """
    try:
        flat = _flattened(content, side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_large() from bomb
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, RuntimeError) as damaged:
        raise Refused(_("图片打不开，可能已损坏，请重新拍摄或另存为 JPG 再传。")) from damaged
    written = io.BytesIO()
    flat.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


def _too_large() -> Refused:
    return Refused(_("图片超过 6000 万像素，请缩小后再传。"))


def _flattened(content: bytes, side: int) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise _too_large()
        picture.draft("RGB", (side, side))  # lets a JPEG be read at a fraction of its size
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((side, side), Image.Resampling.LANCZOS)
        return _on_white(upright)


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, "white")
    seen = picture.convert("RGBA")
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper
