"""Vectors kept while something is learned: each text is encoded once, however often it is read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handraise.core.familiar.model import Encode


class KeptVectors:
    """An encoder that remembers every text it was asked for; for one thread, and for as long."""

    def __init__(self, encode: Encode) -> None:
        """Keep the encoder."""
        self._encode = encode
        self._kept: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (m, d).

        Raises:
            CannotLookError: the encoder fails, and why.
        """
        fresh = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if fresh:
            self._kept.update(zip(fresh, self._encode(fresh), strict=True))
        return np.stack([self._kept[text] for text in texts])
