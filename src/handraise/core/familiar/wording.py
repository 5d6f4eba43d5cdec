"""How unlike the wording of a request is to what was learned: several looks at it, each a member.

Every member gives a score, larger for what is more unlike; the held-out rows say how large is
unusual. A request is read as words and parts of words (`grams`), and as the encoder's vector where
one was chosen. What is computed here for one request is what was computed for the held-out rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.familiar.grams import Entries, Vocabulary, Words

Floats = NDArray[np.float32]

WORDS_SHARE = 0.7
"""How much the words count beside the encoder's vector where both are one; measured, see N."""


class Features(Struct, frozen=True):
    """Requests as the members read them.

    Attributes:
        texts: m requests.
        entries: the words and parts of each.
        spaces: vectors by name: `words`, and with an encoder `text` and `both`; shape (m, d).
    """

    texts: tuple[str, ...]
    entries: tuple[Entries, ...]
    spaces: dict[str, Floats]


class Squeezed(Struct, frozen=True):
    """A matrix in one byte a number.

    Attributes:
        bytes: shape (v, d), int8.
        scale: shape (d,), what one step of each column is worth.
    """

    bytes: NDArray[np.int8]
    scale: Floats

    def times(self, entries: Entries) -> Floats:
        """Return the product with a sparse row, shape (d,)."""
        places, weights = entries
        found: Floats = (weights @ self.bytes[places].astype(np.float32)) * self.scale
        return found


def squeezed(matrix: NDArray[Any]) -> Squeezed:
    """Return a matrix of shape (v, d) in one byte a number: within 1/254 of each column's range."""
    largest = np.abs(matrix).max(axis=0)
    scale = np.where(largest > 0, largest, 1.0) / 127.0
    return Squeezed(np.rint(matrix / scale).astype(np.int8), scale.astype(np.float32))


def units(rows: NDArray[Any]) -> Floats:
    """Return rows of length 1, shape (m, d); a row of zeros stays one."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Floats = (rows / np.where(length > 0, length, 1.0)).astype(np.float32)
    return found


class Member(Protocol):
    """One look at the wording."""

    def scores(self, features: Features) -> Floats:
        """Return how unlike each request is, shape (m,)."""
        ...


class Margins(Struct, frozen=True):
    """How far the request is from the likeliest type's side of a linear classifier of its words.

    Attributes:
        weights: shape (v, types).
        bias: shape (types,).
    """

    weights: Squeezed
    bias: Floats

    def scores(self, features: Features) -> Floats:
        """Return minus the largest margin of each request, shape (m,)."""
        margins = [(self.weights.times(one) + self.bias).max() for one in features.entries]
        return -np.asarray(margins, dtype=np.float32)


class Energy(Struct, frozen=True):
    """How little evidence there is for any type at all, in one space.

    Attributes:
        space: which vectors it reads.
        weights: shape (d, types).
        bias: shape (types,).

    Source: Liu et al. (2020), Energy-based Out-of-distribution Detection, equation 4.
    """

    space: str
    weights: Floats
    bias: Floats

    def evidence(self, features: Features) -> Floats:
        """Return the evidence for each type, shape (m, types)."""
        found: Floats = features.spaces[self.space] @ self.weights + self.bias
        return found

    def scores(self, features: Features) -> Floats:
        """Return minus the logarithm of the summed evidence, shape (m,)."""
        logits = self.evidence(features)
        largest = logits.max(axis=1, keepdims=True)
        total: Floats = np.log(np.exp(logits - largest).sum(axis=1)) + largest[:, 0]
        return -total


class Neighbours(Struct, frozen=True):
    """How far the nearest learned requests are, in one space.

    Attributes:
        space: which vectors it reads.
        directions: shape (d, q), in which requests of one type are near; None for as it is.
        seen: the learned requests there, rows of length 1, shape (n, q).
        count: how many of the nearest are looked at.

    Source: Sun et al. (2022), Out-of-Distribution Detection with Deep Nearest Neighbors, 3.
    """

    space: str
    directions: Floats | None
    seen: Floats
    count: int

    def placed(self, features: Features) -> Floats:
        """Return where the requests are among the learned ones, rows of length 1, shape (m, q)."""
        there = features.spaces[self.space]
        return units(there if self.directions is None else there @ self.directions)

    def likeness(self, features: Features) -> Floats:
        """Return how alike each request and each learned one are, shape (m, n).

        One request is counted out by NumPy itself: the linear algebra it comes with would share it
        among threads, which on a busy machine wait for each other for twenty times as long.
        """
        placed = self.placed(features)
        if len(placed) > 1:
            return placed @ self.seen.T
        alike: Floats = np.einsum("iq,nq->in", placed, self.seen)
        return alike

    def scores(self, features: Features) -> Floats:
        """Return minus the mean likeness to the nearest ones, shape (m,)."""
        likeness = self.likeness(features)
        count = min(self.count, likeness.shape[1])
        nearest: Floats = np.partition(likeness, -count, axis=1)[:, -count:].mean(axis=1)
        return -nearest

    def nearest(self, features: Features, count: int) -> list[int]:
        """Return the places of the learned requests nearest to the first request, best first.

        Those that have nothing in common with it are none of them: there may be none at all.
        """
        likeness = self.likeness(features)[0]
        order = np.argsort(-likeness, kind="stable")[:count]
        return [int(place) for place in order if likeness[place] > 0]


class Unseen(Struct, frozen=True):
    """How much of the request is in words that were never seen."""

    words: Words

    def scores(self, features: Features) -> Floats:
        """Return the share of each request in unseen words, shape (m,)."""
        return np.asarray(
            [self.words.unseen_share(text) for text in features.texts], dtype=np.float32
        )


class Wording(Struct, frozen=True):
    """What was learned of the wording of requests.

    Attributes:
        vocabulary: the words and parts of words.
        projection: from them to the space `words`, shape (v, r).
        words: how rare each word is.
        members: the looks at a request.
        types: of each learned request that is kept, its type's place, shape (n,).
        rows: of each, its row in the labelled rows, 1-based, shape (n,).
        texts: of each, its text where the team asked to keep them; otherwise None.
    """

    vocabulary: Vocabulary
    projection: Squeezed
    words: Words
    members: tuple[Member, ...]
    types: NDArray[np.int32]
    rows: NDArray[np.int64]
    texts: tuple[str, ...] | None = None

    def features(self, texts: Sequence[str], vectors: Floats | None) -> Features:
        """Return requests as the members read them.

        Args:
            texts: m requests.
            vectors: the encoder's, rows of length 1, shape (m, d); None without an encoder.
        """
        entries = tuple(self.vocabulary.entries(text) for text in texts)
        return features_of(tuple(texts), entries, self.projection, vectors)

    def scores(self, features: Features) -> NDArray[np.float64]:
        """Return each member's score of each request, shape (m, members)."""
        columns = [member.scores(features) for member in self.members]
        return np.stack(columns, axis=1).astype(np.float64)

    @property
    def tells_types(self) -> bool:
        """Whether there is evidence for each type: more than one was learned."""
        return any(isinstance(member, Energy) for member in self.members)

    def evidence(self, features: Features) -> Floats:
        """Return the evidence for each type, shape (m, types)."""
        looks = [member for member in self.members if isinstance(member, Energy)]
        return looks[0].evidence(features)

    def nearest(self, features: Features, count: int = 3) -> list[int]:
        """Return the places of the learned requests nearest to the first request, best first."""
        looks = [member for member in self.members if isinstance(member, Neighbours)]
        return looks[0].nearest(features, count)


def features_of(
    texts: tuple[str, ...],
    entries: tuple[Entries, ...],
    projection: Squeezed,
    vectors: Floats | None,
) -> Features:
    """Return requests as the members read them, from their words and the encoder's vectors."""
    words = units(np.stack([projection.times(one) for one in entries]))
    spaces = {"words": words}
    if vectors is not None:
        spaces["text"] = vectors
        spaces["both"] = np.hstack([vectors, np.float32(WORDS_SHARE) * words])
    return Features(texts, entries, spaces)
