"""Passwords: how one is chosen, kept and compared."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from pathlib import Path

import bcrypt

from db.words import Words, _

ROUNDS = 12
"""Cost of a hash, as a power of two (about a quarter of a second); tests set it low."""
LEAST, MOST = 10, 64
MOST_BYTES = 72
"""bcrypt looks no further; a longer password would be cut without a word."""
FEWEST_DIFFERENT = 4

_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb")
_GIVEN_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read aloud wrongly: no 0/o, 1/l/i


def normal(password: str) -> str:
    """Return a password as it is compared: composed characters, no blanks around it (they come with copying)."""
    return unicodedata.normalize("NFC", password).strip()


def hashed(password: str) -> str:
    """Return what is kept of a password, in the form streamlit-authenticator's `Hasher` reads too."""
    return bcrypt.hashpw(normal(password).encode(), bcrypt.gensalt(ROUNDS)).decode()


@cache
def _nobodys(rounds: int) -> str:
    return bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(rounds)).decode()


def matches(password: str, kept: str) -> bool:
    """Say whether `password` is the one kept; takes as long when nothing is kept, so that a name is not betrayed."""
    try:
        same = bcrypt.checkpw(normal(password).encode(), (kept or _nobodys(ROUNDS)).encode())
    except ValueError:  # over 72 bytes, or half a character: no such password was ever accepted
        bcrypt.checkpw(b"", (kept or _nobodys(ROUNDS)).encode())
        return False
    return same and bool(kept)


@cache
def _common() -> frozenset[str]:
    path = Path(__file__).with_name("common_passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


def _is_common(password: str) -> bool:
    lowered = password.lower()
    runs = any(lowered in row or lowered[::-1] in row for row in _ROWS)
    return lowered in _common() or runs or len(set(lowered)) < FEWEST_DIFFERENT


def problem_with(password: str, username: str = "") -> Words | None:
    """Say what is wrong with a password somebody wants, or nothing. No rules of composition: length is what counts."""
    chosen = normal(password)
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Cn", "Co"} for letter in chosen):
        return _("密码里有无法识别的字符，请重新输入。")
    if not LEAST <= len(chosen) <= MOST:
        return _("密码应为 {least} 到 {most} 个字符，现在是 {now} 个。", least=LEAST, most=MOST, now=len(chosen))
    if (size := len(chosen.encode())) > MOST_BYTES:
        return _(
            "密码最长 {most} 字节（一个汉字占 3 字节，约 24 个汉字），现在是 {now} 字节，请缩短。",
            most=MOST_BYTES, now=size,
        )  # fmt: skip
    if username and len(chosen.lower().replace(username.lower(), "")) < FEWEST_DIFFERENT:
        return _("密码不能与用户名相同或只差几个字符。")
    if _is_common(chosen):
        return _("这个密码太常见，容易被猜中，请换一个。可以用几个不相干的词连起来。")
    return None


def random_password() -> str:
    """Make a password to be handed over once: three groups of four, easy to read aloud (about 59 bits)."""
    return "-".join("".join(secrets.choice(_GIVEN_LETTERS) for _letter in range(4)) for _group in range(3))
