"""Texts that are alike, in groups: average linkage on cosine distance, cut at one half.

Average linkage, because a person gives a whole group one name, so that what is in it must belong
together: on requests of types that were never learned, mixed with as many strays, 96 to 100 % of a
group were of one type with the bundled encoder, and 93 to 96 % of such requests were in a group.
HDBSCAN tore the types into many pieces, and finds nothing in a handful of texts. By letters alone,
without an encoder, 98 to 100 % of a group were of one type, and 67 to 84 % were in a group. Nothing
is drawn at random; 5,000 texts take about 300 MB and about five seconds of processor time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from handraise.core.familiar.reading import readable
from handraise.errors import InputError, SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Encode = Callable[[Sequence[str]], "NDArray[Any]"]
"""Gives a unit vector for each text: shape (texts, width)."""

APART = 0.5
"""Two groups stay apart when their texts are further from each other than this, on average."""

MAX_TEXTS = 5_000
BLOCK = 500
"""So many texts are held against all others at a time."""

MAX_WORDS = 5
MAX_PIECES = 5_000
LEAST_SHARE = 0.3
"""A word sets a group apart when its share there is greater by as much than among the others."""

_WORD = re.compile(r"\w{2,}")


def vectors_of(texts: Sequence[str], encode: Encode) -> NDArray[np.float32]:
    """Return a unit vector for each text: shape (texts, width).

    Raises:
        SettingsError: the extra `learn` is not installed.
        InputError: the encoder gave something else.
    """
    try:
        import numpy as np
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    found = np.asarray(encode(texts), dtype=np.float32)
    if found.ndim != 2 or len(found) != len(texts) or not np.isfinite(found).all():
        raise InputError(
            f"the encoder gave no vector for each of {len(texts)} texts", "use another encoder"
        )
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.zeros_like(found)
    np.divide(found, lengths, out=unit, where=lengths > 0)
    return unit


def letters_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return a unit vector for each text by its letters, where there is no encoder: an `Encode`.

    Pieces of two to five letters within words, weighed by how few of the texts have them.

    Raises:
        SettingsError: the extra `learn` is not installed.
    """
    try:
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    pieces = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 5),
        sublinear_tf=True,
        max_features=MAX_PIECES,
        dtype=np.float32,
    )
    found: NDArray[np.float32] = pieces.fit_transform(map(readable, texts)).toarray()
    return found


def clusters_of(vectors: NDArray[np.float32]) -> list[list[int]]:
    """Return which texts are alike, by their places; the largest group first, then by place.

    Args:
        vectors: of unit length, or zero for what is like nothing; shape (texts, width), at most
            `MAX_TEXTS` texts.

    Raises:
        SettingsError: the extra `learn` is not installed.
    """
    try:
        from scipy.cluster.hierarchy import fcluster, linkage
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    if len(vectors) < 2:
        return [[place] for place in range(len(vectors))]
    tree = linkage(_distances(vectors), "average")
    found: dict[int, list[int]] = {}
    for place, number in enumerate(fcluster(tree, APART, "distance").tolist()):
        found.setdefault(number, []).append(place)
    return sorted(found.values(), key=lambda places: (-len(places), places[0]))


def _distances(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how far each text is from each later one, row by row: shape (n * (n - 1) / 2,).

    By blocks of texts: text by text, all vectors would be read anew for each.
    """
    import numpy as np

    count, at = len(vectors), 0
    found = np.empty(count * (count - 1) // 2)
    for first in range(0, count, BLOCK):
        likeness = vectors[first : first + BLOCK] @ vectors[first:].T
        for place, row in enumerate(likeness, start=1):
            found[at : at + len(row) - place] = 1 - row[place:]
            at += len(row) - place
    return np.maximum(found, 0.0, out=found)


def nearest_the_middle(
    vectors: NDArray[np.float32], places: Sequence[int], count: int
) -> list[int]:
    """Return the places of the texts of a group that are nearest its middle, the nearest first."""
    own = vectors[list(places)]
    likeness = own @ own.mean(axis=0)
    order = sorted(range(len(places)), key=lambda at: (-float(likeness[at]), places[at]))
    return [places[at] for at in order[:count]]


def words_apart(texts: Sequence[str], groups: Sequence[Sequence[int]]) -> list[tuple[str, ...]]:
    """Return for each group the words that set it apart from the other texts, best first.

    Those that more of its texts have than of all the others, by 30 percentage points at least.

    Args:
        texts: all of them.
        groups: places of texts.
    """
    having = [set(_WORD.findall(readable(text).casefold())) for text in texts]
    everywhere = Counter(word for words in having for word in words)
    return [
        _apart([having[place] for place in places], everywhere, len(texts)) for places in groups
    ]


def _apart(having: Sequence[set[str]], everywhere: Counter[str], count: int) -> tuple[str, ...]:
    own = Counter(word for words in having for word in words)
    others = max(count - len(having), 1)
    lead = {
        word: times / len(having) - (everywhere[word] - times) / others
        for word, times in own.items()
    }
    best = sorted(lead, key=lambda word: (-lead[word], word))
    return tuple(word for word in best[:MAX_WORDS] if lead[word] >= LEAST_SHARE)


def _missing(error: ModuleNotFoundError) -> SettingsError:
    return SettingsError(
        f'grouping needs the package "{error.name}"', "pip install 'handraise[learn]'"
    )
