"""Characters that nobody sees, names that look alike, and texts that read as numbers."""

from __future__ import annotations

import pytest

from handraise.core.looks import hides, in_latin, is_in_place, seems_a_value, skeleton


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("refund", "ref\u034fund"),
        ("refund", "refund\ufe0f"),
        ("refund", "ref\u180bund"),
        ("refund", "refund\U000e0101"),
        ("refund", "re\u200bfund"),
        ("refund", "\uff52efund"),
        ("refund", "refu\u0578d"),
        ("refund", "Refund "),
        ("amount", "am\u0585unt"),
        ("amount", "\u0251mount"),
        ("amount", "am\U0001d7bcunt"),
        ("amount", "am\u043eunt"),
        ("amount", "arnount"),
        ("total", "totaI"),
        ("total", "tota1"),
        ("iban", "\u0131ban"),
        ("iban", "Iban"),
        ("to_pay", "to__pay"),
        ("to_pay", "to\u0332pay"),
        ("limit_1", "limit_l"),
        ("limit_0", "limit_O"),
        ("date", "\u0501ate"),
        ("pay\u00e9", "paye"),
        ("to-pay", "to\u2212pay"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(name: str, other: str) -> None:
    assert skeleton(name) == skeleton(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("refund", "refunds"),
        ("limit_1", "limit_2"),
        ("\u05e9\u05dc", "\u05e9"),
        ("\u0915\u0941", "\u0915\u0942"),
        ("", "a"),
    ],
)
def test_other_names_have_another(name: str, other: str) -> None:
    assert skeleton(name) != skeleton(other)


@pytest.mark.parametrize(
    "text",
    [
        *("6200", "-2.50", "1e5", "00620", " 7 ", "-0", "NaN", "-Infinity", "1e400", ".5"),
        *("true", "no", "null", "nothing", "empty list", "not there", "\u201cx\u201d", "'x'"),
        *("\u22126200", "\u2013620", "\uff0d620", "+6200", "6200-", "(620)", "(USD 620)"),
        *("6 200", "6\u00a0200", "6'200", "6\u2019200", "6\u201a200", "6\u2024200", "6_200"),
        *("6\u066b200", "1\u00b7000", "620%", "620 %", "$620", "-$620", "\u20ac 620", "620 USD"),
        *("6,200 USD", "USD 620", "0x1838", "0b11", "0o17", "1/2", "\u00bd", "\u2080", "\u0660"),
        *("6200\u034f", "62\u034f00", "6200\ufe0f", "620\u20e3", "6\u0301200", "6200" + " " * 90),
        *("O", "l000", "\u041e", "6O0", "tru\u0435", "no\u200b"),
    ],
)
def test_what_reads_as_a_number_a_truth_or_nothing_is_known(text: str) -> None:
    assert seems_a_value(text)


@pytest.mark.parametrize(
    "text",
    [
        *("a word", "6200 cards", "card-4411", "lol", "Ill", "order 620", "a/b", "30 days", ""),
        *("2026-03-09", "12:30", "+", "(", "$", "9" * 60, "x" * 2_000, "10 to 20", "V2"),
    ],
)
def test_other_texts_are_not(text: str) -> None:
    assert not seems_a_value(text)


def test_what_nobody_sees_hides_unless_it_chooses_a_form() -> None:
    for one in "\u034f\u115f\u17b4\u180b\u2800\u3164\ufe00\ufe0f\uffa0\U000e0100\u202e\u200b\0":
        assert hides(one)
    assert not any(map(hides, "a \u0301\u05e9\U0001f600"))
    honest = ("\u2764\ufe0f", "\u203c\ufe0f", "6\ufe0f\u20e3", "\u845b\U000e0100", "\u1820\u180b")
    assert all(is_in_place(text, 1) for text in honest)
    odd = ("6\ufe0f", "a\ufe0f", "a\U000e0100", "a\u180b", "\u2764\ufe00", "a\u034f", "ab")
    assert not any(is_in_place(text, 1) for text in odd)
    assert not is_in_place("\ufe0f", 0)
    assert in_latin("\u0440\u0430\u0443x") == "payx"
