"""Remembers the vectors of texts met lately, by a hash: the texts themselves are not kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from handraise.service.learning.encoders.choice import Encoder, EncoderChoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CACHED = 2_048


class CachedEncoder:
    """Asks another encoder only for texts that were not among the last ones."""

    def __init__(self, encoder: Encoder, most: int = CACHED) -> None:
        """Keep the encoder, and how many vectors may be remembered."""
        self._encoder = encoder
        self._most = most
        self._vectors: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def choice(self) -> EncoderChoice:
        """Which encoder it is, with the version that was opened."""
        return self._encoder.choice

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of each text: shape (n, d), rows of length 1; zeros for a blank text.

        Raises:
            EncoderError: there is no vector of each of them: try again.
        """
        import numpy as np

        keys = [blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts]
        found = self._remembered(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing or not keys:
            # Outside the lock: who waits for an answer keeps nobody from what is known.
            new = self._encoder.encode(list(missing.values()))
            if not keys:
                return new
            # Copies: a row of a matrix would keep all of it.
            found |= {key: row.copy() for key, row in zip(missing, new, strict=True)}
            self._remember({key: found[key] for key in missing})
        return np.stack([found[key] for key in keys])

    def _remembered(self, keys: list[bytes]) -> dict[bytes, NDArray[np.float32]]:
        with self._lock:
            found = {key: self._vectors[key] for key in keys if key in self._vectors}
            for key in found:
                self._vectors.move_to_end(key)
        return found

    def _remember(self, vectors: dict[bytes, NDArray[np.float32]]) -> None:
        with self._lock:
            self._vectors |= vectors
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
