"""The operation's one secret, and what is derived from it: signatures and tokens.

From 32 random bytes or more come an Ed25519 key for statements (JWS) and a key for form tokens. The
secret is a file beside the table, readable by its owner only, or `HANDRAISE_SECRET`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from handraise.errors import SettingsError
from handraise.service.logs import Log

ALGORITHM = "Ed25519"
MIN_LENGTH = 32

log = Log(__name__)


def secret_hash(secret: str) -> str:
    """Return the SHA-256 of a random secret, hex: what is kept of credentials."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def fresh_secret() -> str:
    """Return a new random secret of 256 bits, fit for URLs."""
    return secrets.token_urlsafe(32)


def read_or_make(path: Path) -> str:
    """Return the secret in a file; make the file, readable by its owner only, when there is none.

    Of several processes that begin at once, one makes it and the others read the same.

    Raises:
        SettingsError: the file cannot be read or made, or is too short.
    """
    try:
        if not path.exists():
            _make(path)
        found = path.read_text(encoding="utf-8").strip()
        is_open = path.stat().st_mode & 0o007 != 0
    except OSError as error:
        raise SettingsError(
            f"{path}: the secret cannot be kept here ({error.strerror})",
            "set HANDRAISE_SECRET or HANDRAISE_SECRET_FILE",
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: the secret is no text") from None
    if len(found) < MIN_LENGTH:
        raise SettingsError(
            f"{path}: the secret is shorter than {MIN_LENGTH} characters",
            "put a long random text into it; go-live records then have to be signed again",
        )
    if is_open:
        log.warning("everybody on this machine can read the secret", file=str(path))
    return found


def _make(path: Path) -> None:
    """Make the file in one step, so that nobody ever reads half a secret; one there stays."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(fresh_secret() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


class Signer:
    """Signs and checks statements, and makes form tokens, all from one secret."""

    def __init__(self, secret: str) -> None:
        """Derive the keys.

        Raises:
            SettingsError: the secret is shorter than 32 characters.
        """
        if len(secret) < MIN_LENGTH:
            raise SettingsError(
                f"the operation's secret is shorter than {MIN_LENGTH} characters",
                "use a long random text, e.g. from `openssl rand -base64 32`",
            )
        private = Ed25519PrivateKey.from_private_bytes(_derived(secret, b"handraise statements 1"))
        raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.kid = hashlib.sha256(public).hexdigest()[:16]
        self._key = OKPKey.import_key(
            {"kty": "OKP", "crv": "Ed25519", "d": _b64(raw), "x": _b64(public), "kid": self.kid}
        )
        self._token_key = _derived(secret, b"handraise tokens 1")

    def sign(self, statement: dict[str, Any]) -> str:
        """Return a statement as a compact JWS."""
        header = {"alg": ALGORITHM, "kid": self.kid, "typ": "handraise+jws"}
        return jws.serialize_compact(
            header,
            msgspec.json.encode(statement, order="sorted"),
            self._key,
            algorithms=[ALGORITHM],
        )

    def verified(self, signed: str) -> dict[str, Any] | None:
        """Return the statement of a compact JWS of ours; None for any other."""
        try:
            content = jws.deserialize_compact(signed, self._key, algorithms=[ALGORITHM]).payload
            found = msgspec.json.decode(content)
        except (JoseError, ValueError, TypeError, msgspec.MsgspecError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def token(self, *parts: str) -> str:
        """Return a token that only this operation can make for these parts."""
        return hmac.new(
            self._token_key, "\x00".join(parts).encode("utf-8", "replace"), hashlib.sha256
        ).hexdigest()

    def token_ok(self, given: str, *parts: str) -> bool:
        """Whether a token was made for these parts."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token(*parts).encode())


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(
        secret.encode()
    )


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
