"""Which encoder turns requests into vectors: how it is written, and how the learned files name it.

INVARIANT: a choice holds no secret; an address with a password in it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from handraise.core.table.form import shown
from handraise.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["words", "bundled", "python", "sentence-transformers", "http"]
"""What turns requests into vectors; `words` needs no encoder: words and letters are counted."""

EXAMPLES = (
    "write words, text, python:package.module:function, sentence-transformers:NAME "
    "or https://models.example.com/v1/embeddings#MODEL"
)


class EncoderChoice(Struct, frozen=True, kw_only=True):
    """Which encoder it is; stands in the learned files as JSON.

    Attributes:
        kind: what encodes.
        name: `package.module:function`, a model's name or folder, or a web address; else empty.
        model: the model's name at a web address; empty leaves the choice to the address.
        version: of the package that encodes; empty where there is none, or before it was opened.
    """

    kind: Kind
    name: str = ""
    model: str = ""
    version: str = ""


class Encoder(Protocol):
    """Turns texts into vectors; safe to use from several threads."""

    @property
    def choice(self) -> EncoderChoice:
        """Which encoder it is, with the version that was opened."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of each text: shape (n, d), rows of length 1; zeros for a blank text.

        Raises:
            EncoderError: there is no vector of each of them: try again.
        """
        ...


def parse_encoder(written: str) -> EncoderChoice:
    """Return the encoder that a person wrote.

    Args:
        written: `words`; `text`, the bundled one; `python:package.module:function`;
            `sentence-transformers:NAME`; `https://…#model`, of an embeddings address.

    Raises:
        InputError: it is none of these.

    Example:
        >>> parse_encoder("https://models.example.com/v1/embeddings#small").model
        'small'
    """
    text = written.strip()
    kind, _, name = text.partition(":")
    if text in {"words", "text"}:
        return EncoderChoice(kind="words" if text == "words" else "bundled")
    if kind == "python" and _is_function(name):
        return EncoderChoice(kind="python", name=name)
    if kind == "sentence-transformers" and name and name.isprintable():
        return EncoderChoice(kind="sentence-transformers", name=name)
    if kind in {"http", "https"}:
        return _at_an_address(text)
    raise InputError(f"{shown(written)} is no encoder", EXAMPLES)


def _is_function(name: str) -> bool:
    module, colon, function = name.partition(":")
    return bool(colon) and all(one.isidentifier() for one in (*module.split("."), function))


def _at_an_address(text: str) -> EncoderChoice:
    url, _, model = text.partition("#")
    try:
        parts = urlsplit(url)
        is_plain = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        is_plain = False
    if not (is_plain and text.isprintable() and " " not in url):
        raise InputError("the encoder's address is no web address", EXAMPLES)
    if "@" in parts.netloc:
        raise InputError(
            "the encoder's address has a password in it", "set HANDRAISE_EMBEDDINGS_KEY instead"
        )
    return EncoderChoice(kind="http", name=url, model=model)
