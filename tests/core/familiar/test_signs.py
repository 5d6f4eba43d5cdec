"""Symbols, and what nobody sees."""

import pytest

from handraise.core.familiar.signs import sign_of, signs_in


@pytest.mark.parametrize("character", [*"a7é請_ !?…“€$+\n\t", "\u00a0", "\u2003", "\x85"])
def test_what_words_and_sentences_are_made_of_is_no_sign(character):
    assert sign_of(character) == ""


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("🙂", "So 1F6"),
        ("\U0001faff", "So 1FA"),  # assigned or not
        ("\u2813", "So 28"),
        ("\u0301", "Mn 3"),
        ("→", "Sm 21"),
        ("\u2800", "U+2800"),
        ("\u3164", "U+3164"),
        ("\ufe01", "U+FE01"),
        ("\U000e0041", "U+E0041"),
        ("\ue000", "U+E000"),
        ("\u200b", "U+200B"),
        ("\ud800", "U+D800"),
        ("\x00", "U+0000"),
        ("\U000fffff", "U+FFFFF"),
    ],
)
def test_a_sign_has_a_kind(character, kind):
    assert sign_of(character) == kind


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("❤️ 5️⃣", {"❤": 1, "\u20e3": 1}),
        ("👩‍💻", {"👩": 1, "💻": 1}),
        ("❤️‍🔥", {"❤": 1, "🔥": 1}),
        ("❤\ufe0f\ufe0f", {"❤": 1, "\ufe0f": 1}),
        ("a\u200db", {"\u200d": 1}),
        ("🙂\u200d", {"🙂": 1, "\u200d": 1}),
        ("\ufe0f", {"\ufe0f": 1}),
        ("", {}),
    ],
)
def test_what_makes_one_picture_is_no_sign_of_its_own(text, signs):
    assert signs_in(text) == signs


def test_signs_at_the_end_of_a_long_text_are_found():
    assert signs_in("a " * 50_000 + "\u200b") == {"\u200b": 1}
