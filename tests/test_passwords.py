"""Passwords: how one is chosen, kept and compared."""

from __future__ import annotations

import pytest
import streamlit_authenticator

from db import passwords

GOOD = "correct horse"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "ROUNDS", 4)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("123456789", "密码应为 10 到 64 个字符，现在是 9 个。"),
        ("x" * 65, "密码应为 10 到 64 个字符，现在是 65 个。"),
        ("汉" * 25, "密码最长 72 字节（一个汉字占 3 字节，约 24 个汉字），现在是 75 字节，请缩短。"),
        ("1234567890", "这个密码太常见，容易被猜中，请换一个。可以用几个不相干的词连起来。"),
        ("Woaini1314", "这个密码太常见，容易被猜中，请换一个。可以用几个不相干的词连起来。"),
        ("poiuytrewq", "这个密码太常见，容易被猜中，请换一个。可以用几个不相干的词连起来。"),
        ("ababababab", "这个密码太常见，容易被猜中，请换一个。可以用几个不相干的词连起来。"),
        ("wangfang01", "密码不能与用户名相同或只差几个字符。"),
        ("WANGFANG.123", None),
        ("correct horse", None),
        ("一二三四五六七八九十", None),
        ("good\x00password", "密码里有无法识别的字符，请重新输入。"),
    ],
)
def test_a_password_is_judged_by_length_and_commonness_alone(password, problem):
    found = passwords.problem_with(password, "wangfang")
    assert (None if found is None else str(found)) == problem


def test_a_kept_password_is_what_the_library_reads_too():
    kept = passwords.hashed(GOOD)
    assert streamlit_authenticator.Hasher.is_hash(kept)
    assert streamlit_authenticator.Hasher.check_pw(GOOD, kept)
    assert passwords.matches(f" {GOOD} ", kept)
    wrong = ("", "x" * 200, "a\x00b", "\ud800", "Correct horse")
    assert [passwords.matches(each, kept) for each in wrong] == [False] * 5
    assert not passwords.matches("", "")


def test_composed_and_decomposed_letters_are_one_password():
    assert passwords.matches("cafe\u0301 du monde", passwords.hashed("caf\u00e9 du monde"))


def test_given_passwords_differ_and_pass_the_rules():
    given = {passwords.random_password() for _each in range(50)}
    assert len(given) == 50
    assert [passwords.problem_with(each) for each in given] == [None] * 50
