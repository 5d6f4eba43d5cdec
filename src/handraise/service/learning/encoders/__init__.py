"""Encoders: what turns the wording of requests into vectors; the choice of one, and opening it.

Nothing here imports NumPy, a model or an HTTP client before an encoder is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from handraise.errors import SettingsError
from handraise.service.learning.encoders.choice import Encoder, EncoderChoice, parse_encoder
from handraise.service.learning.encoders.vectors import PROBES, check_fingerprint, fingerprint

__all__ = [
    "PROBES",
    "Encoder",
    "EncoderChoice",
    "check_fingerprint",
    "fingerprint",
    "open_encoder",
    "parse_encoder",
]


def open_encoder(choice: EncoderChoice, env: Mapping[str, str] | None = None) -> Encoder:
    """Return the chosen encoder, ready to encode; its choice has the version that was opened.

    Args:
        choice: of any kind but `words`, which needs none.
        env: where the key of an embeddings address is read, once; None is the environment.

    Raises:
        SettingsError: a package is not installed, or what the choice names cannot be loaded.
        ValueError: the choice is `words`.
    """
    if choice.kind == "words":
        msg = "words are counted without an encoder"
        raise ValueError(msg)
    if find_spec("numpy") is None:
        raise SettingsError(
            "numpy is not installed: an encoder needs it", "pip install 'handraise[learn]'"
        )
    if choice.kind == "bundled":
        from handraise.service.learning.encoders.bundled import open_bundled

        return open_bundled(choice)
    if choice.kind == "python":
        from handraise.service.learning.encoders.own import open_function

        return open_function(choice)
    if choice.kind == "sentence-transformers":
        from handraise.service.learning.encoders.own import open_sentence_transformers

        return open_sentence_transformers(choice)
    from handraise.service.learning.encoders.endpoint import open_endpoint

    return open_endpoint(choice, env)
