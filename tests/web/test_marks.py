"""Nothing hides in a text: what nobody sees is marked, what seems to be another letter is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.web.pages.views.marks import MOST_MARKS, runs


@pytest.mark.parametrize(
    ("text", "shown", "note"),
    [
        ("a\u202eb", "[U+202E]", "right-to-left override, which nobody sees"),
        ("a" + "\u200b" * 300 + "b", "[U+200B × 300]", "zero width space, which nobody sees"),
        ("ad\u200dmin", "[U+200D]", "zero width joiner, which nobody sees"),
        ("nul\0", "[U+0000]", "a control character, which nobody sees"),
        ("6200\u034f", "[U+034F]", "combining grapheme joiner, which nobody sees"),
        ("6200\ufe0f", "[U+FE0F]", "variation selector-16, which nobody sees"),
        ("ref\u180bund", "[U+180B]", "mongolian free variation selector one, which nobody sees"),
        ("a\U000e0101", "[U+E0101]", "variation selector-18, which nobody sees"),
        ("am\u0585unt", "am\u0585unt", "mixes Latin and Armenian letters"),
        ("am\U0001d7bbunt", "am\U0001d7bbunt", "unusual forms of the letters am\u03c2unt"),
        ("\u0251mount", "\u0251mount", "letters of phonetics among common ones"),
        ("\u3164x", "[U+3164]", "hangul filler, which nobody sees"),
        ("pa\u0443pal", "pa\u0443pal", "mixes Latin and Cyrillic letters"),
        ("\u0440\u0430\u0443", "\u0440\u0430\u0443", "Cyrillic letters that look like pay"),
        ("\uff50\uff41\uff59", "\uff50\uff41\uff59", "unusual forms of the letters pay"),
        ("Z" + "\u0301" * 40, "[36 more accents]", "accents on one letter, left out here"),
    ],
)
def test_what_is_not_what_it_seems_is_marked(text: str, shown: str, note: str) -> None:
    assert [(run.text, run.note) for run in runs(text) if run.note] == [(shown, note)]


@pytest.mark.parametrize(
    "text", ["pa\u0443pal", "\u202ex", "x\u202e", "\u202e\u200b", "a pa\u0443pal"]
)
def test_no_run_is_empty(text: str) -> None:
    assert all(run.text for run in runs(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "naïve café",
        "Привет, мир",
        "\u0645\u0631\u062d\u0628\u0627",
        "日本語 葛\U000e0100城",
        "\u2764\ufe0f 1\ufe0f\u20e3 \U0001f468\u200d\U0001f469",
        "a b\n\tc",
    ],
)
def test_honest_texts_have_no_marks(text: str) -> None:
    assert "".join(run.text for run in runs(text)) == text
    assert not any(run.note for run in runs(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" x", "[a blank]"),
        ("x   ", "[3 blanks]"),
        ("x\n", "[the blank U+000A]"),
        ("a\u00a0b", "[U+00A0]"),
    ],
)
def test_blanks_of_a_value_that_is_acted_upon_are_marked(text: str, shown: str) -> None:
    assert shown in [run.text for run in runs(text, exact=True)]
    assert shown not in [run.text for run in runs(text)]


def test_of_very_many_marks_the_first_explain_themselves() -> None:
    found = runs("a\u200bb\u202e" * 1_000)
    assert sum(bool(run.note) for run in found) == MOST_MARKS
    assert len(found) < 3 * MOST_MARKS
    assert "".join(run.text for run in found).count("[U+202E]") == 1_000


@given(st.text(max_size=40))
@settings(max_examples=100)
def test_no_run_holds_a_character_that_turns_the_text_round(text: str) -> None:
    shown = "".join(run.text for run in runs(text))
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\0")
