"""The members that look at the wording, each on arrays small enough to be worked out by hand."""

import numpy as np
import pytest

from handraise.core.familiar.grams import Vocabulary, Words, word_hash
from handraise.core.familiar.wording import (
    WORDS_SHARE,
    Energy,
    Features,
    Margins,
    Neighbours,
    Squeezed,
    Unseen,
    Wording,
    squeezed,
    units,
)

KNOWN = ("card", "lost", "refund")
HASHES = np.array([word_hash(word) for word in KNOWN], dtype=np.uint32)
WORDS = Words(HASHES, np.ones(3, dtype=np.float32))
VOCABULARY = Vocabulary(HASHES, np.ones(3, dtype=np.float32))
PROJECTION = squeezed(np.eye(3))


def floats(*rows):
    return np.array(rows, dtype=np.float32)


def wording(*members, texts=None):
    return Wording(
        VOCABULARY, PROJECTION, WORDS, members, np.array([0, 0, 1], np.int32), np.array([1, 2, 3]), texts
    )  # fmt: skip


def features(*texts, vectors=None):
    return wording().features(texts, vectors)


def placed(*vectors):
    return Features(("",) * len(vectors), (), {"words": floats(*vectors)})


def test_a_matrix_in_one_byte_a_number_is_within_a_hundredth():
    matrix = np.random.default_rng(0).normal(size=(50, 4)) * [1, 1e-6, 1e6, 0]
    found = squeezed(matrix)
    assert found.bytes.dtype == np.int8
    back = found.bytes * found.scale
    assert (np.abs(back - matrix) <= np.abs(matrix).max(axis=0) / 250).all()


def test_a_sparse_row_times_a_matrix_is_the_plain_product():
    matrix = Squeezed(np.array([[1, 2], [3, 4], [5, 6]], np.int8), floats(0.5, 10.0))
    entries = (np.array([0, 2]), floats(1.0, 2.0))
    assert matrix.times(entries).tolist() == [5.5, 140.0]
    nothing = (np.zeros(0, np.int64), floats())
    assert matrix.times(nothing).tolist() == [0.0, 0.0]


def test_rows_become_of_length_one_and_zeros_stay():
    assert units(floats([3, 4], [0, 0])).tolist() == [pytest.approx([0.6, 0.8]), [0, 0]]


def test_without_an_encoder_there_are_only_words():
    found = features("card lost", "?!")
    assert found.spaces.keys() == {"words"}
    assert np.linalg.norm(found.spaces["words"], axis=1) == pytest.approx([1.0, 0.0])


def test_with_an_encoder_there_are_its_vectors_and_both():
    vectors = floats([1, 0], [0, 1])
    found = features("card", "lost", vectors=vectors).spaces
    assert found["text"] is vectors
    assert found["both"].shape == (2, 5)
    assert found["both"][:, 2:] == pytest.approx(WORDS_SHARE * found["words"])


def test_margins_are_minus_the_largest():
    weights = Squeezed(np.array([[100, 0], [0, 100], [0, 0]], np.int8), floats(0.01, 0.01))
    member = Margins(weights, floats(-0.25, -0.5))
    card = float(features("card").entries[0][1][0])
    assert member.scores(features("card", "?!")).tolist() == pytest.approx([0.25 - card, 0.25])


def test_energy_is_minus_the_log_of_all_evidence_and_never_overflows():
    member = Energy("words", floats([1.0, -1.0]), floats(0.0, 0.5))
    scores = member.scores(placed([2.0], [500.0], [-500.0]))
    assert scores[0] == pytest.approx(-np.log(np.exp(2.0) + np.exp(-1.5)), abs=1e-5)
    assert scores[1:].tolist() == [-500.0, -500.5]


def neighbours(directions=None, count=2):
    seen = units(floats([1, 0], [1, 0.1], [0, 1]))
    return Neighbours("words", directions, seen, count)


def test_neighbours_are_scored_by_the_likeness_of_the_nearest():
    likeness = neighbours().seen @ floats(1, 0)
    expected = -np.sort(likeness)[-2:].mean()
    assert neighbours().scores(placed([5, 0])).tolist() == pytest.approx([expected])
    assert neighbours(count=9).scores(placed([5, 0])).tolist() == pytest.approx([-likeness.mean()])


def test_neighbours_are_looked_for_along_the_directions():
    turned = neighbours(floats([0, 1], [1, 0]))
    assert turned.placed(placed([5, 0])).tolist() == [[0.0, 1.0]]
    assert turned.nearest(placed([5, 0]), 2) == [2, 1]


def test_the_nearest_come_best_first():
    assert neighbours().nearest(placed([1, 0.09]), 3) == [1, 0, 2]
    assert wording(Unseen(WORDS), neighbours()).nearest(placed([0, 1])) == [2, 1]


def test_what_has_nothing_in_common_is_not_near():
    assert neighbours().nearest(placed([0, 0]), 3) == []
    assert neighbours().nearest(placed([-1, 1]), 3) == [2]


def test_unseen_is_the_share_of_each_text():
    assert Unseen(WORDS).scores(features("card", "zebra", "?!")).tolist() == [0.0, 1.0, 1.0]


def test_each_member_has_a_column_of_scores():
    found = wording(Unseen(WORDS), Energy("words", floats([1], [1], [1]), floats(0)))
    scores = found.scores(found.features(("card", "zebra"), None))
    assert scores.dtype == np.float64
    assert scores.tolist() == [pytest.approx([0.0, -1.0], abs=1e-6), pytest.approx([1.0, 0.0])]


def test_one_request_is_as_alike_as_among_many():
    several = placed([5, 0], [1, 2], [0, 0])
    alone = [neighbours().likeness(placed(row))[0] for row in ([5, 0], [1, 2], [0, 0])]
    assert np.stack(alone) == pytest.approx(neighbours().likeness(several), abs=1e-6)
