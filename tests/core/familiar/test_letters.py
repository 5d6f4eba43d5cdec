"""Another language, another script, and lengths nobody writes in."""

import numpy as np
import pytest

from handraise.core.familiar.grams import MAX_CHARACTERS, MAX_KEPT_WORD
from handraise.core.familiar.letters import BUCKETS, groups_of, script_of, scripts_of
from handraise.service.learning.fitting.fit import fit_letters
from tests.support.familiar import requests

ENGLISH = [str(one.text) for one in requests(200)]


@pytest.fixture(scope="module")
def letters():
    return fit_letters(ENGLISH)


def test_groups_are_three_characters_with_the_ends_marked():
    assert len(groups_of("card")) == 4
    assert len(groups_of("a")) == 1
    assert all(0 <= group < BUCKETS for group in groups_of("\ud800card"))
    long = "x" * (MAX_KEPT_WORD + 1)
    assert set(groups_of(long)) == set(groups_of("xxxx"))


@pytest.mark.parametrize(
    ("character", "script"),
    [("a", "Latin"), ("ж", "Cyrillic"), ("ש", "Hebrew"), ("請", "Chinese"), ("7", ""), ("\ud800", "")],
)  # fmt: skip
def test_a_letter_has_a_script(character, script):
    assert script_of(character) == script


def test_wide_letters_are_the_letters_they_show():
    assert scripts_of("\uff52\uff45\uff46 \U0001d426\U0001d41e, 12!") == {"Latin": 5}


def test_scripts_are_counted_at_the_beginning_only():
    assert scripts_of("a" * 3_000_000) == {"Latin": MAX_CHARACTERS}


def test_another_language_is_odder_and_has_more_unseen_groups(letters):
    german = "Bitte überweisen Sie mir umgehend den Kaufpreis zurück"
    assert letters.oddness(german) > max(letters.oddness(text) for text in ENGLISH)
    assert letters.unseen_share(german) > 0.5
    assert letters.unseen_share(ENGLISH[0]) == 0.0
    assert letters.strange_script(german) == ""


def test_another_script_is_named(letters):
    assert letters.strange_script("верните деньги") == "Cyrillic"
    assert letters.strange_script("\u202eהחזרת הכסף") == "Hebrew"
    assert letters.strange_script("refund, пожалуйста me now please") == ""


@pytest.mark.parametrize("text", ["?!", "🙂", "\ud800"])
def test_a_text_without_letters_is_as_odd_as_can_be(letters, text):
    assert letters.oddness(text) == pytest.approx(float(letters.surprise.max()))
    assert letters.unseen_share(text) == 1.0
    assert letters.strange_script(text) == ""


def test_very_short_and_very_long_texts_are_far_out(letters):
    usual = letters.length_oddness(sorted(ENGLISH, key=len)[100])
    assert usual < letters.length_oddness("hi")
    assert usual < letters.length_oddness("a" * 1_000) < letters.length_oddness("a" * 10_000_000)


def test_what_was_learned_of_letters_sums_up():
    found = fit_letters(["refund возврат", "?!"])
    assert found.scripts == pytest.approx({"Latin": 6 / 13, "Cyrillic": 7 / 13})
    assert found.lengths.tolist() == [2.0, 14.0]
    assert np.exp(-found.surprise.astype(float)).sum() == pytest.approx(1.0, abs=1e-3)
    assert found.seen.sum() == len({*groups_of("refund"), *groups_of("возврат")})


def test_texts_without_letters_can_be_learned():
    found = fit_letters(["?!", "12"])
    assert found.scripts == {}
    assert np.isfinite(found.oddness("refund"))
