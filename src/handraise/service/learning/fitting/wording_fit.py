"""Fitting the wording of requests: a vocabulary, a space of words, and the members that look."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.familiar.grams import Vocabulary, Words, hashes_of, word_hash, words_of
from handraise.core.familiar.wording import (
    Energy,
    Features,
    Margins,
    Member,
    Neighbours,
    Unseen,
    Wording,
    features_of,
    squeezed,
    units,
)
from handraise.service.learning.fitting.contrast import contrasting

MAX_VOCABULARY = 40_000
DIMENSIONS = 300
MARGIN_C = 0.5
EVIDENCE_C = 20.0
MAX_STEPS = 100
FEW_TYPES = 5
"""With fewer types, what tells them apart says too little of what is unlike all of them."""

NEAREST = 1


class Texts(Struct, frozen=True):
    """Labelled requests to fit on.

    Attributes:
        texts: n requests.
        types: the place of each one's type, shape (n,).
        rows: each one's row in the labelled rows, 1-based, shape (n,).
        vectors: the encoder's, rows of length 1, shape (n, d); None without an encoder.
    """

    texts: tuple[str, ...]
    types: NDArray[np.int32]
    rows: NDArray[np.int64]
    vectors: NDArray[np.float32] | None


def fit_wording(fitted: Texts, *, keep_texts: bool = False) -> Wording:
    """Return what there is to learn of the wording of some requests.

    Args:
        fitted: the requests; at least one.
        keep_texts: whether their texts are kept, to be shown as the nearest ones.
    """
    vocabulary = _vocabulary(fitted.texts)
    entries = tuple(vocabulary.entries(text) for text in fitted.texts)
    sparse = _sparse(entries, len(vocabulary))
    projection = squeezed(_directions_of_words(sparse))
    features = features_of(fitted.texts, entries, projection, fitted.vectors)
    words = _words(fitted.texts)
    return Wording(
        vocabulary=vocabulary,
        projection=projection,
        words=words,
        members=tuple(_members(fitted, sparse, features, words)),
        types=fitted.types,
        rows=fitted.rows,
        texts=fitted.texts if keep_texts else None,
    )


def _vocabulary(texts: Sequence[str]) -> Vocabulary:
    """Return the words and parts that several requests have, the most frequent first."""
    seen: Counter[int] = Counter()
    for text in texts:
        whole, parts = hashes_of(text)
        seen.update({*whole, *parts})
    often = [(count, hash) for hash, count in seen.items() if count > 1]
    chosen = sorted(often or [(1, hash) for hash in seen], key=lambda one: (-one[0], one[1]))
    chosen = chosen[:MAX_VOCABULARY]
    counts = np.array([count for count, _ in chosen], dtype=np.float64)
    hashes = np.array([hash for _, hash in chosen], dtype=np.uint32)
    return Vocabulary(hashes, _rarity(counts, len(texts)))


def _words(texts: Sequence[str]) -> Words:
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update({word_hash(word) for word in words_of(text)})
    hashes = np.array(sorted(seen), dtype=np.uint32)
    counts = np.array([seen[int(hash)] for hash in hashes], dtype=np.float64)
    return Words(hashes, _rarity(counts, len(texts)))


def _rarity(counts: NDArray[np.float64], texts: int) -> NDArray[np.float32]:
    """Return the inverse document frequencies, smoothed, shape as the counts."""
    return (np.log((1.0 + texts) / (1.0 + counts)) + 1.0).astype(np.float32)


def _sparse(entries: Sequence[tuple[Any, Any]], width: int) -> Any:
    from scipy.sparse import csr_matrix

    sizes = [len(places) for places, _ in entries]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    places = np.concatenate([places for places, _ in entries])
    weights = np.concatenate([weights for _, weights in entries])
    return csr_matrix((weights, places, starts), shape=(len(entries), max(width, 1)))


def _directions_of_words(sparse: Any) -> NDArray[np.float32]:
    """Return the directions in which requests differ most, shape (v, r).

    Source: latent semantic analysis, Deerwester et al. (1990); randomised, Halko et al. (2011).
    """
    from sklearn.decomposition import TruncatedSVD

    size = min(DIMENSIONS, sparse.shape[0] - 1, sparse.shape[1] - 1)
    if size < 1:
        return np.ones((sparse.shape[1], 1), dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):  # it divides by a spread nobody reads
        found = TruncatedSVD(size, n_iter=3, random_state=0).fit(sparse)
    directions: NDArray[np.float32] = found.components_.T.astype(np.float32)
    return directions


def _members(fitted: Texts, sparse: Any, features: Features, words: Words) -> list[Member]:
    """Return the members; which ones depends on the number of types and the encoder alone."""
    types = len(np.unique(fitted.types))
    spaces = ["words"] if fitted.vectors is None else ["both", "text"]
    vectors = features.spaces[spaces[0]]
    found: list[Member] = [_neighbours(spaces[0], vectors, fitted.types, types)]
    if types > 1:
        found += [_energy(space, features.spaces[space], fitted.types) for space in spaces]
        found.append(_margins(sparse, fitted.types))
    return [*found, Unseen(words)]


def _neighbours(
    space: str, vectors: NDArray[np.float32], types: NDArray[np.int32], count: int
) -> Neighbours:
    if count < FEW_TYPES or len(types) <= count:
        return Neighbours(space, None, _as_kept(units(vectors)), NEAREST)
    directions = contrasting(vectors, types)
    return Neighbours(space, directions, _as_kept(units(vectors @ directions)), NEAREST)


def _as_kept(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows as they come back from the learned files, where they have half the digits."""
    return rows.astype(np.float16).astype(np.float32)


def _energy(space: str, vectors: NDArray[np.float32], types: NDArray[np.int32]) -> Energy:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        # Some steps are enough: what counts is measured on held-out rows.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = LogisticRegression(C=EVIDENCE_C, max_iter=MAX_STEPS).fit(vectors, types)
    weights, bias = found.coef_.T, found.intercept_
    if weights.shape[1] == 1:  # two types share one line
        weights, bias = np.hstack([-weights, weights]) / 2.0, np.array([-bias[0], bias[0]]) / 2.0
    return Energy(space, weights.astype(np.float32), bias.astype(np.float32))


def _margins(sparse: Any, types: NDArray[np.int32]) -> Margins:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = LinearSVC(C=MARGIN_C, random_state=0).fit(sparse, types)
    weights, bias = found.coef_.T, found.intercept_
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
    return Margins(squeezed(weights), bias.astype(np.float32))
