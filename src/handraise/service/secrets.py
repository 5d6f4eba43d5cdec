"""The operation's secrets, and what is derived from them: signatures and tokens.

From each secret of 32 characters or more come an Ed25519 key for statements (JWS), a P-256 key for
push services, a key for tokens and one for lots. The first secret signs; the others, older ones,
only verify. They stand in a file beside the table, readable by its owner only, one a line, or in
`HANDRAISE_SECRET`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
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
STATEMENT_TYPE = "handraise+jws"
"""The `typ` of statements kept in the store; grants have their own: neither passes as the other."""
MIN_LENGTH = 32
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points the curve P-256 has: a private key is a number from 1 to one less."""

LOOK_EVERY_S = 3.0
"""How often a running process looks whether the file of the secrets has changed."""

log = Log(__name__)


def secret_hash(secret: str) -> str:
    """Return the SHA-256 of a random secret, hex: what is kept of credentials."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def fresh_secret() -> str:
    """Return a new random secret of 256 bits, fit for URLs."""
    return secrets.token_urlsafe(32)


def secrets_in(text: str) -> tuple[str, ...]:
    """Return the secrets of a text, one a line, the one that signs first; empty for none.

    On one line, words of at least 32 characters each are a secret each; any other line is one
    secret, spaces included.

    Example:
        >>> [len(one) for one in secrets_in("a" * 32 + " " + "b" * 40)]
        [32, 40]
        >>> secrets_in("a passphrase of several short words")
        ('a passphrase of several short words',)
    """
    found: list[str] = []
    for line in text.splitlines():
        words = line.split()
        found += words if all(len(word) >= MIN_LENGTH for word in words) else [line.strip()]
    return tuple(dict.fromkeys(found))


def read_or_make(path: Path) -> str:
    """Return what stands in a file of secrets; make it, for its owner only, when there is none.

    Of several processes that begin at once, one makes it and the others read the same.

    Raises:
        SettingsError: the file cannot be read or made, or a secret in it is too short.
    """
    if not path.exists():
        try:
            _make(path)
        except OSError as error:
            raise _cannot_be_kept(path, error) from None
    return _read(path)


def _cannot_be_kept(path: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"{path}: the secret cannot be kept here ({error.strerror})",
        "set HANDRAISE_SECRET or HANDRAISE_SECRET_FILE",
    )


def _read(path: Path) -> str:
    try:
        found = path.read_text(encoding="utf-8")
        is_open = path.stat().st_mode & 0o007 != 0
    except OSError as error:
        raise _cannot_be_kept(path, error) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: the secret is no text") from None
    each = secrets_in(found)
    if not each or min(map(len, each)) < MIN_LENGTH:
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
        _write(descriptor, [fresh_secret()])
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(descriptor: int, each: list[str]) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{one}\n" for one in each)
        file.flush()
        os.fsync(file.fileno())


def rotate(path: Path) -> Signer:
    """Put a fresh secret first into a file of secrets, in one step, and return its signer.

    The older ones stay and verify. Owner and rights of the file stay; others get none.

    Raises:
        SettingsError: the file cannot be read or replaced, or somebody else rotates it just now.
    """
    path = path.resolve()
    _read(path)
    beside = path.with_name(f".{path.name}.rotating")
    try:
        # Made by one only: of two that rotate at once, none loses the other's fresh secret.
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsError(
            f"{path}: the secret is being rotated by somebody else",
            f"if nobody is, remove {beside}",
        ) from None
    except OSError as error:
        raise _cannot_be_kept(path, error) from None
    try:
        before = _read(path)
        _write(descriptor, [fresh_secret(), *secrets_in(before)])
        _like(beside, path.stat())
        beside.replace(path)
    except BaseException as error:
        # Only where it was not moved: what is there afterwards is somebody else's.
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise SettingsError(
                f"{path}: the secret cannot be replaced ({error.strerror})",
                "do it as the owner of the file",
            ) from None
        raise
    return Signer(_read(path))


def _like(fresh: Path, old: os.stat_result) -> None:
    """Give a fresh file the owner and the rights of the old one, and no rights to others."""
    if hasattr(os, "chown") and (old.st_uid, old.st_gid) != (
        fresh.stat().st_uid,
        fresh.stat().st_gid,
    ):
        os.chown(fresh, old.st_uid, old.st_gid)
    fresh.chmod(old.st_mode & 0o660 | 0o600)


class Key:
    """What comes of one secret: keys for statements, for push services, for tokens, for lots."""

    def __init__(self, secret: str) -> None:
        """Derive all of them.

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
        self.public = {"kty": "OKP", "crv": "Ed25519", "x": _b64(public), "kid": self.kid}
        self.private = OKPKey.import_key({**self.public, "d": _b64(raw)})
        self.verifying = OKPKey.import_key({**self.public})
        self._token_key = _derived(secret, b"handraise tokens 1")
        self.lots = _derived(secret, b"handraise lots 1")
        self._push = _derived(secret, b"handraise push 1", length=48)

    def push(self) -> ec.EllipticCurvePrivateKey:
        """Return the key by which push services know the operation (VAPID).

        Source: 64 more bits than the order has, reduced: FIPS 186-5, appendix A.2.1.
        """
        number = int.from_bytes(self._push, "big") % (P256_ORDER - 1) + 1
        return ec.derive_private_key(number, ec.SECP256R1())

    def token(self, *parts: str) -> str:
        """Return the token of these parts."""
        return hmac.new(
            self._token_key, "\x00".join(parts).encode("utf-8", "replace"), hashlib.sha256
        ).hexdigest()


class Signer:
    """Signs with the first secret, checks with each; safe from any thread.

    With a file, it takes up a change of it within seconds, and at once where something is signed by
    a key it does not know yet. A file that cannot be read leaves the keys as they were.
    """

    def __init__(self, secret: str, file: Path | None = None) -> None:
        """Derive the keys.

        Args:
            secret: one secret, or several, see `secrets_in`; the first signs.
            file: where they stand, to be looked at again; None for secrets that never change.

        Raises:
            SettingsError: a secret is shorter than 32 characters.
        """
        self._held = _keys_of(secret)
        self._file = file
        self._mark: tuple[int, ...] = ()
        self._look_at = 0.0
        self._lock = threading.Lock()

    @property
    def kid(self) -> str:
        """The name of the key that signs now."""
        return self._keys()[0].kid

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, the one that signs first, as a JSON Web Key Set."""
        more = {"use": "sig", "alg": ALGORITHM}
        return {"keys": [{**key.public, **more} for key in self._keys()]}

    def find(self, kid: str) -> OKPKey | None:
        """Return the public key of that name, or None."""
        for is_last_try in (False, True):
            for key in self._keys(now=is_last_try):
                if key.kid == kid:
                    return key.verifying
        return None

    def sign(self, statement: Mapping[str, Any], kind: str = STATEMENT_TYPE) -> str:
        """Return a statement as a compact JWS of that `typ`."""
        key = self._keys()[0]
        return jws.serialize_compact(
            {"alg": ALGORITHM, "kid": key.kid, "typ": kind},
            msgspec.json.encode(statement, order="sorted"),
            key.private,
            algorithms=[ALGORITHM],
        )

    def verified(self, signed: str) -> dict[str, Any] | None:
        """Return the statement of a compact JWS of ours; None for any other, a grant for one."""
        kid = kid_of(signed, STATEMENT_TYPE)
        key = None if kid is None else self.find(kid)
        content = None if key is None else payload_of(signed, key)
        if content is None:
            return None
        try:
            found = msgspec.json.decode(content)
        except (ValueError, msgspec.MsgspecError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def token(self, *parts: str) -> str:
        """Return a token that only this operation can make for these parts."""
        return self._keys()[0].token(*parts)

    def tokens(self, *parts: str) -> tuple[str, ...]:
        """Return the tokens of these parts by every key, the present one first."""
        return tuple(key.token(*parts) for key in self._keys())

    def token_ok(self, given: str, *parts: str) -> bool:
        """Whether a token was made for these parts, by any of the keys."""
        written = given.encode("utf-8", "replace")
        return any(
            hmac.compare_digest(written, key.token(*parts).encode())
            for is_last_try in (False, True)
            for key in self._keys(now=is_last_try)
        )

    def push_key(self, kid: str = "") -> ec.EllipticCurvePrivateKey | None:
        """Return the key by which push services know the operation.

        Args:
            kid: of the secret a browser's messages were turned on by; empty for the present one.

        Returns:
            None where that secret is not kept any more.
        """
        for is_last_try in (False, True):
            for key in self._keys(now=is_last_try):
                if kid in {key.kid, ""}:
                    return key.push()
        return None

    def lots_key(self) -> bytes:
        """Return the key by which decisions are drawn now; never to be logged, kept or shown."""
        return self._keys()[0].lots

    def lots_keys(self) -> tuple[bytes, ...]:
        """Return the keys by which decisions were ever drawn, the present one first."""
        return tuple(key.lots for key in self._keys(now=True))

    def _keys(self, *, now: bool = False) -> tuple[Key, ...]:
        """Return the keys; look at the file first, if it is time or `now` is wanted."""
        if self._file is not None and (now or time.monotonic() >= self._look_at):
            with self._lock:
                self._look_again(self._file)
                self._look_at = time.monotonic() + LOOK_EVERY_S
        return self._held

    def _look_again(self, file: Path) -> None:
        try:
            stat = file.stat()
            mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if mark != self._mark:
                self._held = _keys_of(_read(file))
                self._mark = mark
        except (OSError, SettingsError) as error:
            log.error(
                "the secret cannot be read again; the keys stay as they were",
                file=str(file),
                error=type(error).__name__,
            )


def _keys_of(text: str) -> tuple[Key, ...]:
    return tuple(Key(secret) for secret in secrets_in(text) or ("",))


def kid_of(signed: str, kind: str) -> str | None:
    """Return which key is said to have signed a compact JWS of that `typ`; None for any other.

    The header says that and the one algorithm, and nothing else.
    """
    try:
        header = jws.extract_compact(signed.encode("ascii")).protected
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    kid = header.get("kid")
    is_ours = header == {"alg": ALGORITHM, "typ": kind, "kid": kid} and isinstance(kid, str)
    return kid if is_ours else None


def payload_of(signed: str, key: OKPKey) -> bytes | None:
    """Return what a compact JWS says, if that key has signed it; otherwise None."""
    try:
        return bytes(jws.deserialize_compact(signed, key, algorithms=[ALGORITHM]).payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        return None


def _derived(secret: str, purpose: bytes, length: int = 32) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose).derive(
        secret.encode()
    )


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
