"""What was learned, loaded from its files and ready to be asked.

Needs NumPy and the encoder that the files name, nothing else. Safe to use from several threads.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.lib.format import read_array
from numpy.typing import NDArray

from handraise.core.familiar.look import Asked, CannotLookError, Unusual
from handraise.core.familiar.model import Encode, HeldOut, Judged, Model, judged
from handraise.core.familiar.telling import Teller
from handraise.core.familiar.wording import Neighbours, Wording
from handraise.errors import Error, InputError
from handraise.service.learning.artifact import (
    AGAIN,
    META,
    Manifest,
    read_files,
)
from handraise.service.learning.encoders import (
    Encoder,
    check_fingerprint,
    open_encoder,
)
from handraise.service.learning.encoders.vectors import read_of
from handraise.service.learning.packing import unpacked

FINGERPRINT = "fingerprint"
MAP = "map"
MAX_CACHED = 256
ARRAY = ".npy"
UNREADABLE = (
    AttributeError,
    IndexError,
    KeyError,
    MemoryError,
    TypeError,
    ValueError,
    msgspec.DecodeError,
)
"""What reading foreign content may raise: it was written by something else, or by hand."""


class LearnedModel:
    """What was learned, by the digest of its files."""

    def __init__(
        self,
        manifest: Manifest,
        model: Model,
        held_out: HeldOut,
        encoder: Encoder | None,
        map_directions: NDArray[np.float32] | None,
    ) -> None:
        """Keep what `load` read."""
        self.manifest = manifest
        self.model = model
        self.held_out = held_out
        self._encode = None if encoder is None else Encoding(encoder)
        self._map = map_directions

    @property
    def digest(self) -> str:
        """The digest of the learned files."""
        return self.manifest.digest

    @property
    def encode(self) -> Encode | None:
        """The encoder of texts, its last vectors kept; None where words are counted."""
        return self._encode

    def judged(self, asked: Sequence[Asked]) -> Judged:
        """Return how unusual some decisions are.

        Raises:
            CannotLookError: it cannot be told, and why.
        """
        return judged(self.model, self.held_out, asked, self._encode)

    def p_value(self, asked: Asked) -> float:
        """Return the share of familiar decisions at least as unusual as this one, in (0, 1].

        Raises:
            CannotLookError: it cannot be told, and why.
        """
        return float(self._judged_alone(asked).p[0])

    def unusual(self, asked: Asked, rate: float) -> tuple[Unusual, ...]:
        """Return what is unusual about a decision, the most unusual first; at least one thing.

        A check is told where its own p-value is within the rate, and the most telling one always.
        Of a text its wording comes first, which names the nearest requests; its letters are told
        beside it only where they say more.

        Raises:
            CannotLookError: it cannot be told, and why.
        """
        found = self._judged_alone(asked)
        order = [int(at) for at in np.argsort(-found.weighed[0], kind="stable")]
        teller = Teller(self.model, asked, found.features)
        told = [at for at in order if at == order[0] or found.checks[0, at] <= rate]
        if "wording" in {self.held_out.names[at] for at in told} and not self._letters_say(asked):
            told = [at for at in told if self.held_out.names[at] != "letters"]
        told.sort(key=lambda at: self.held_out.names[at] in {"letters", "length"})
        return tuple(
            teller.told(self.held_out.names[at], float(found.checks[0, at])) for at in told
        )

    def _judged_alone(self, asked: Asked) -> Judged:
        letters, text = self.model.letters, asked.text or ""
        if letters is not None and letters.is_too_long(text):
            raise CannotLookError(
                f"the text has {len(text):,} characters, too many to be read whole"
            )
        return self.judged([asked])

    def _letters_say(self, asked: Asked) -> bool:
        letters = self.model.letters
        return letters is not None and letters.is_told_beside_words(asked.text or "")

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return where texts are among the learned ones, rows of length 1, shape (m, q).

        Raises:
            CannotLookError: no wording was learned, or a text cannot be encoded.
        """
        wording = self.model.wording
        features = self.model.features([Asked(text, None, {}) for text in texts], self._encode)
        if wording is None or features is None:
            raise CannotLookError("no wording was learned")
        return _look(wording).placed(features)

    def on_map(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return where texts are on the map of what was learned, shape (m, 2).

        Raises:
            CannotLookError: no wording was learned, or a text cannot be encoded.
        """
        placed = self.vectors(texts)
        return placed @ self._map if self._map is not None else placed[:, :2]

    def familiar_on_map(self, most: int = 1_500) -> tuple[NDArray[np.float32], list[str]]:
        """Return where learned requests are on the map, shape (n, 2), and the type of each.

        Args:
            most: of more than so many, evenly chosen ones.

        Raises:
            CannotLookError: no wording was learned.
        """
        wording = self.model.wording
        if wording is None or self._map is None:
            raise CannotLookError("no wording was learned")
        seen = _look(wording).seen
        places = np.unique(np.linspace(0, len(seen) - 1, min(most, len(seen))).round().astype(int))
        types = [self.model.types[int(wording.types[at])] for at in places]
        return seen[places] @ self._map, types


class Encoding:
    """An encoder that remembers the vectors of the last texts: a stop asks for them twice."""

    def __init__(self, encoder: Encoder) -> None:
        """Keep the encoder."""
        self._encoder = encoder
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (m, d).

        Raises:
            CannotLookError: the encoder fails, and why.
        """
        if len(texts) != 1:
            return self._encoded(texts)
        text = read_of(texts[0])
        with self._lock:
            known = self._kept.get(text)
            if known is not None:
                self._kept.move_to_end(text)
                return known
        found = self._encoded([text])
        with self._lock:
            self._kept[text] = found
            if len(self._kept) > MAX_CACHED:
                self._kept.popitem(last=False)
        return found

    def _encoded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        try:
            return self._encoder.encode(texts)
        except Error as error:
            raise CannotLookError(f"the text cannot be encoded: {error.message}") from None


def map_directions(model: Model) -> NDArray[np.float32] | None:
    """Return the two directions in which learned requests differ most, shape (q, 2).

    Source: principal components, Pearson (1901).
    """
    if model.wording is None:
        return None
    look = _look(model.wording)
    centred = look.seen - look.seen.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    found: NDArray[np.float32] = directions[:, ::-1][:, :2].astype(np.float32)
    if found.shape[1] < 2:
        found = np.hstack([found, np.zeros((len(found), 1), dtype=np.float32)])
    return found


def _look(wording: Wording) -> Neighbours:
    return next(member for member in wording.members if isinstance(member, Neighbours))


def load(folder: Path, digest: str | None = None) -> LearnedModel:
    """Return what was learned, from its files.

    INVARIANT: no encoder is opened, which may run code and send a key, before the digest fits.

    Args:
        folder: of the learned files.
        digest: of those that are wanted; None for whichever there are.

    Raises:
        InputError: they are missing, damaged, foreign, half written, or others.
        SettingsError: a package that the encoder needs is not installed.
        EncoderError: the encoder cannot be reached, or is not the one that was learned with.
    """
    manifest, files = read_files(folder, digest)
    try:
        arrays = {
            name.removesuffix(ARRAY): read_array(io.BytesIO(content), allow_pickle=False)
            for name, content in files.items()
            if name.endswith(ARRAY)
        }
        model, held_out = unpacked(msgspec.json.decode(files[META]), arrays)
        kept = None if manifest.encoder.kind == "words" else arrays[FINGERPRINT]
    except UNREADABLE as error:
        raise InputError(
            f"{folder}: cannot be read as learned files ({type(error).__name__})", AGAIN
        ) from None
    encoder = None
    if kept is not None:
        encoder = open_encoder(manifest.encoder)
        check_fingerprint(encoder, kept)
    return LearnedModel(manifest, model, held_out, encoder, arrays.get(MAP))
