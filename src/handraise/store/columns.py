"""How values of the records are written into columns: instants, words, documents.

Every type here encodes the same way on both databases, and never fails for what a customer wrote:
characters a database cannot keep become U+FFFD. The plain `encode` functions are also called
directly by `handraise.store.inserts`, which writes rows without SQLAlchemy's per-row work.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
from sqlalchemy import Dialect, Text
from sqlalchemy.types import Float, TypeDecorator, TypeEngine

LONGEST_NAME = 200
"""Characters of an indexed text that are kept as they are: PostgreSQL indexes 2704 bytes."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return `text` as a database can keep it: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def short(text: str) -> str:
    """Return `text` cleaned; one too long for an index as its beginning and its SHA-256."""
    text = clean(text)
    if len(text) <= LONGEST_NAME:
        return text
    return f"{text[:100]}…{hashlib.sha256(text.encode()).hexdigest()}"


def instant_text(instant: datetime) -> str:
    """Return an aware instant as `2026-11-22T19:50:10.123456Z`: sorts as text, reads as a time."""
    if instant.tzinfo is not UTC:
        if instant.tzinfo is None:
            msg = "an instant that is kept must be aware"
            raise ValueError(msg)
        instant = instant.astimezone(UTC)
    text = msgspec.json.encode(instant)[1:-1].decode()  # a fifth of what isoformat takes
    return text if instant.microsecond else f"{text[:19]}.000000Z"


def document_text(value: Any) -> str:
    """Return `value` as JSON; what JSON cannot say becomes text, and NaN becomes null."""
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, TypeError):
        return msgspec.json.encode(plain(value)).decode()


def plain(value: Any) -> Any:
    """Return `value` made of what JSON can say, its texts cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, msgspec.Struct):
        return plain(msgspec.structs.asdict(value))
    if value is None or isinstance(value, bool | int | float | datetime):
        return value
    return clean(str(value))


def number(value: float) -> float | None:
    """Return a finite number as it is, and None for NaN and the infinities."""
    return value if math.isfinite(value) else None


class Coded(TypeDecorator[Any]):
    """A column whose values go through `encode` in, and `decode` out where it has one.

    None stays NULL.
    """

    impl: type[TypeEngine[Any]] = Text
    cache_ok = True
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any] | None = None

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text that sorts by its bytes on both databases, as instants and ids must."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return what the database keeps."""
        return None if value is None else self.encode(value)


class Words(Coded):
    """Text of any length, cleaned."""

    cache_ok = True
    encode = staticmethod(clean)


class Name(Coded):
    """Text from outside that is indexed: cleaned, and shortened when too long for an index."""

    cache_ok = True
    encode = staticmethod(short)


class Instant(Coded):
    """An aware UTC datetime as text of fixed width."""

    cache_ok = True
    encode = staticmethod(instant_text)
    decode = staticmethod(datetime.fromisoformat)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the datetime."""
        return None if value is None else datetime.fromisoformat(value)


class Document(Coded):
    """A JSON document; read back as the given type, which may be a record."""

    cache_ok = True
    encode = staticmethod(document_text)
    _decoders: ClassVar[dict[Any, msgspec.json.Decoder[Any]]] = {}

    def __init__(self, kind: Any = Any) -> None:
        """Read back as `kind`."""
        super().__init__()
        self.kind = kind
        self.decode = self._decoders.setdefault(kind, msgspec.json.Decoder(kind)).decode

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the record or plain JSON values."""
        return None if value is None or self.decode is None else self.decode(value)


class Number(Coded):
    """A finite number; NaN and the infinities are kept as NULL."""

    impl = Float
    cache_ok = True
    encode = staticmethod(number)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return double precision."""
        return dialect.type_descriptor(Float(53))
