"""What every encoder has in common: texts made fit to read, and rows that can be relied on.

INVARIANTS: rows are finite and of one width for as long as an encoder is open; no text and no word
of what an encoder says gets into an error. NumPy is imported when it is used, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from handraise.core.familiar.reading import ends_of
from handraise.errors import EncoderError
from handraise.service.learning.encoders.choice import Encoder, EncoderChoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CHARACTERS = 2_000
"""Of a longer text the middle is not read: the time to encode grows with the length."""
END = 500
"""So many of them are its last ones, so that an end cannot hide behind a long beginning."""
MAX_BATCH = 256
"""Texts given to an encoder at once, at most: memory stays bounded."""
SAME_COSINE = 0.999
"""Two vectors of one sentence that are less alike are of two encoders."""
PROBES = (
    "Good morning, I would like to know when my order will arrive.",
    "Ich habe eine Frage zu meiner letzten Rechnung.",
    "¿Cómo puedo cambiar la dirección de entrega?",
    "Merci de supprimer mon compte avant la fin du mois.",
    "パスワードを忘れてしまいました。",
)
"""Sentences of ours; their vectors tell one encoder from another."""

LEARN_AGAIN = "learn again with this encoder, or bring back the one it was learned with"


class CheckedEncoder:
    """An encoder made of a function; what the function gives is checked before it is used."""

    def __init__(
        self,
        choice: EncoderChoice,
        rows_of: Callable[[list[str]], Any],
        place: str,
        batch: int = MAX_BATCH,
    ) -> None:
        """Keep the function.

        Args:
            choice: which encoder it is.
            rows_of: gives a row of numbers for each text; called with 1 to `batch` texts, none
                of them blank, from any thread.
            place: what errors begin with.
            batch: texts given to it at once, at most.
        """
        self._choice = choice
        self._rows_of = rows_of
        self._place = place
        self._batch = batch
        self._width: int | None = None

    @property
    def choice(self) -> EncoderChoice:
        """Which encoder it is, with the version that was opened."""
        return self._choice

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of each text: shape (n, d), rows of length 1; zeros for a blank text.

        Of each text 2,000 characters are read, of a longer one its beginning and its end.

        Raises:
            EncoderError: there is no vector of each of them: try again.
        """
        import numpy as np

        readable = [_readable(text) for text in texts]
        places = [place for place, text in enumerate(readable) if text]
        filled = [readable[place] for place in places]
        parts = [self._checked(some) for some in _evenly(filled, self._batch)]
        if len(places) == len(texts) and len(parts) == 1:
            return parts[0]
        vectors = np.zeros((len(texts), self._known_width()), np.float32)
        if parts:
            vectors[places] = np.concatenate(parts)
        return vectors

    def _known_width(self) -> int:
        if self._width is None:
            self._checked([PROBES[0]])
        assert self._width is not None  # noqa: S101 - told to the type checker
        return self._width

    def _checked(self, texts: list[str]) -> NDArray[np.float32]:
        import numpy as np

        try:
            rows = np.asarray(self._rows_of(texts), dtype=np.float64)
        except EncoderError:
            raise
        except Exception as error:  # noqa: BLE001 - an encoder may raise anything, with the texts in it
            raise EncoderError(f"{self._place}: it failed ({type(error).__name__})") from None
        if rows.ndim != 2 or len(rows) != len(texts) or not rows.shape[1]:
            raise EncoderError(
                f"{self._place}: expected {len(texts)} rows of numbers, got {_form_of(rows.shape)}"
            )
        if not np.isfinite(rows).all():
            raise EncoderError(f"{self._place}: there are numbers in it that are none")
        if self._width is None:
            self._width = rows.shape[1]
        if rows.shape[1] != self._width:
            raise EncoderError(
                f"{self._place}: its rows had {self._width} numbers, now {rows.shape[1]}"
            )
        return _of_length_one(rows)


def fingerprint(encoder: Encoder) -> NDArray[np.float32]:
    """Return the vectors of `PROBES`, shape (5, d): the learned files keep them.

    Raises:
        EncoderError: there are none, or the encoder cannot tell the sentences apart.
    """
    vectors = encoder.encode(PROBES)
    # Two may be alike, or nothing: an encoder of one language does not read the others.
    if (vectors @ vectors[0] > SAME_COSINE).all() or not vectors.any():
        raise EncoderError("the encoder cannot tell five different sentences apart")
    return vectors


def check_fingerprint(encoder: Encoder, kept: NDArray[np.float32]) -> None:
    """Return when the encoder is the one whose fingerprint was kept.

    Raises:
        EncoderError: it is another one now, or there is no vector to compare: what was learned
            with one encoder says nothing to another.
    """
    now = encoder.encode(PROBES)
    if now.shape != kept.shape:
        raise EncoderError(
            f"the encoder is not the one it was learned with: vectors of {now.shape[1]} numbers",
            LEARN_AGAIN,
        )
    same = (now * kept).sum(axis=1) >= SAME_COSINE
    nothing = ~now.any(axis=1) & ~kept.any(axis=1)
    if not (same | nothing).all():
        raise EncoderError(
            "the encoder is not the one it was learned with: it reads the same sentence otherwise",
            LEARN_AGAIN,
        )


def read_of(text: str) -> str:
    """Return what an encoder reads of a text: all, or its beginning and its end."""
    return ends_of(text, MAX_CHARACTERS, END)


def _evenly(texts: list[str], most: int) -> Iterator[list[str]]:
    """Return the texts in parts of nearly one length: of many, none is sent as if alone."""
    count = -(-len(texts) // most)
    for part in range(count):
        yield texts[part * len(texts) // count : (part + 1) * len(texts) // count]


def _readable(text: str) -> str:
    """Return what an encoder gets of a text, encodable; empty for a blank one."""
    ends = read_of(text)
    return ends.encode("utf-8", "replace").decode("utf-8") if ends.strip() else ""


def _of_length_one(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return rows of length 1; rows of zeros stay."""
    import numpy as np

    # First by the largest number: the squares of very large ones would be infinite.
    largest = np.abs(rows).max(axis=1, keepdims=True)
    scaled = rows / np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    return (scaled / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def _form_of(shape: tuple[int, ...]) -> str:
    return " x ".join(str(one) for one in shape) or "one number"
