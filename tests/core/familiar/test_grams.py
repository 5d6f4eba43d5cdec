"""Words and parts of words as numbers: whatever a request is made of."""

import time

import numpy as np
import pytest

from handraise.core.familiar.grams import (
    MAX_KEPT_WORD,
    Vocabulary,
    Words,
    hashes_of,
    part_hashes,
    word_hash,
    words_of,
)
from handraise.core.familiar.reading import MAX_CHARACTERS

NO_WORDS = ["?!…", "🙂🙂", " ", "\t\n"]


def vocabulary(*words):
    hashes = np.array([word_hash(word) for word in words], dtype=np.uint32)
    return Vocabulary(hashes, np.arange(1, len(words) + 1, dtype=np.float32))


def test_words_are_the_same_however_they_are_spelled_or_composed():
    assert words_of("Straße CAFE\u0301 ﬁne") == ["strasse", "café", "fine"]


def test_digits_count_as_none():
    assert words_of("order 4711, ٣٤") == ["order", "0000", "00"]


@pytest.mark.parametrize("text", NO_WORDS)
def test_some_texts_have_no_words(text):
    assert words_of(text) == []
    assert hashes_of(text) == ([], [])


def test_of_a_long_text_the_beginning_and_the_end_are_read():
    read = words_of("hello " + "a " * 50_000 + "pay everything out")
    assert len(read) < MAX_CHARACTERS // 2
    assert (read[0], read[-3:]) == ("hello", ["pay", "everything", "out"])


def test_ten_million_characters_are_read_at_once():
    text = "refund " * 1_500_000
    started = time.perf_counter()
    vocabulary("refund").entries(text)
    assert time.perf_counter() - started < 0.5


def test_parts_are_two_to_five_characters_with_the_ends_marked():
    assert len(part_hashes("a")) == 2 + 1  # " a", "a ", " a "
    assert len(part_hashes("card")) == 5 + 4 + 3 + 2
    assert len(set(part_hashes("aaaa"))) < len(part_hashes("aaaa"))


def test_parts_of_words_too_long_to_be_kept_are_the_same_kind_of_parts():
    short, long = "x" * MAX_KEPT_WORD, "x" * (MAX_KEPT_WORD + 1)
    assert set(part_hashes(short)) == set(part_hashes(long))
    assert len(part_hashes(long)) == len(part_hashes(short)) + 4


def test_lone_surrogates_are_read_like_any_character():
    assert word_hash("\ud800") == word_hash("\ud800") != word_hash("\ud801")
    assert len(part_hashes("\ud800a")) == 6
    assert hashes_of("\ud800")[0] == []  # no letter


def test_words_pairs_and_parts_are_counted_with_repeats():
    whole, parts = hashes_of("card card lost")
    assert len(whole) == 3 + 2
    assert whole[0] == whole[1] == word_hash("card")
    assert whole[3] == word_hash("card card")
    assert len(parts) == 2 * len(part_hashes("card")) + len(part_hashes("lost"))


def test_entries_weigh_a_word_by_its_rarity_and_how_often_it_comes():
    known = vocabulary("card", "lost")
    assert len(known) == 2
    places, weights = known.entries("card, lost card unheard")
    weight_of = dict(zip(places.tolist(), weights.tolist(), strict=True))
    card, lost = (1 + np.log(2)) * 1.0, 2.0
    length = np.hypot(card, lost) * np.sqrt(2)
    assert weight_of == pytest.approx({0: card / length, 1: lost / length})


@pytest.mark.parametrize("text", [*NO_WORDS, "unheard"])
def test_a_text_without_known_words_has_no_entries(text):
    places, weights = vocabulary("card").entries(text)
    assert (places.shape, weights.shape) == ((0,), (0,))
    assert places.dtype == np.int64
    assert len(Vocabulary(np.zeros(0, np.uint32), np.zeros(0, np.float32)).entries(text)[0]) == 0


def words(*known):
    hashes = np.array([word_hash(word) for word in known], dtype=np.uint32)
    return Words(hashes, np.full(len(known), 1.5, dtype=np.float32))


def test_the_unseen_share_is_by_weight():
    known = words("card", "lost")
    assert known.unseen == 2.0
    assert known.unseen_share("lost card") == 0.0
    assert known.unseen_share("lost zebra") == pytest.approx(2.0 / 3.5)
    assert known.unseen_share("zebra") == 1.0


@pytest.mark.parametrize("text", NO_WORDS)
def test_a_text_without_words_is_all_unseen(text):
    assert words("card").unseen_share(text) == 1.0
    assert words("card").unseen_words(text) == []


def test_unseen_words_are_named_once_in_order_as_they_stand_there():
    unseen = words("card").unseen_words("zebra card Quokka Zebra CARD zebra")
    assert unseen == ["zebra", "Quokka"]


def test_digits_of_unseen_words_are_shown_and_not_looked_up():
    known = words("form0", "00")
    assert known.unseen_words("form7 and w2, W2, w3 or 42") == ["and", "w2", "w3", "or"]


def test_where_no_words_were_learned_all_are_unseen():
    assert words().unseen == 1.0
    assert words().unseen_share("card") == 1.0
