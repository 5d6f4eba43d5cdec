"""The ID token of an OpenID provider, checked in full before a word of it is believed.

After OpenID Connect Core 1.0, section 3.1.3.7: signature by a key of the provider and an
asymmetric algorithm, issuer, audience, nonce, times, and the hash of the access token.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry
from joserfc.jws import extract_compact
from msgspec import Struct

from handraise.errors import SignInError
from handraise.service.logs import Log

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA", "Ed25519"),
}
"""What a key of each kind may sign with. None of them works with a secret that both sides know."""

LEEWAY_S = 60
MAX_SUBJECT = 255
MAX_TOKEN = 100_000

log = Log(__name__)


class Wanted(Struct, frozen=True, kw_only=True):
    """What a token must say.

    Attributes:
        issuer: the provider.
        client_id: who it is for, and nobody else.
        nonce: of the visit.
        begun_at: when the visit began: a token that is older belongs to another.
        access_token: what came with it; None for nothing.
    """

    issuer: str
    client_id: str
    nonce: str
    begun_at: datetime
    access_token: str | None = None


def claims_of(
    token: Any, wanted: Wanted, keys: Callable[[bool], list[dict[str, Any]]], now: datetime
) -> dict[str, Any]:
    """Return the claims of a token that is genuine, fresh and meant for this visit.

    Args:
        token: the compact JWS, as it came.
        wanted: what it must say.
        keys: returns the provider's keys; given True, fetched anew.
        now: the present instant.

    Raises:
        SignInError: it is not; the log says why.
        ProviderError: the keys cannot be fetched.
    """
    try:
        return _checked(token, wanted, keys, now)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("an ID token was refused", why=f"{type(error).__name__}: {_why(error)}")
        raise SignInError("your sign-in could not be finished", "begin it again") from None


def _why(error: Exception) -> str:
    """Return the kind of a refusal; a claim's name at most, never what a token holds."""
    return str(getattr(error, "claim", "") or getattr(error, "error", ""))


def _checked(
    token: Any, wanted: Wanted, keys: Callable[[bool], list[dict[str, Any]]], now: datetime
) -> dict[str, Any]:
    if not isinstance(token, str) or not token.isascii() or len(token) > MAX_TOKEN:
        raise ValueError("no token")
    header = extract_compact(token.encode("ascii")).protected
    found = _verified(token, header, keys(False)) or _verified(token, header, keys(True))
    if found is None:
        raise ValueError("no key of the provider has signed it")
    claims = CodeIDToken(
        found,
        header,
        options={
            "iss": {"essential": True, "value": wanted.issuer},
            "sub": {"essential": True},
            "aud": {"essential": True, "value": wanted.client_id},
        },
        params={
            "nonce": wanted.nonce,
            "client_id": wanted.client_id,
            "access_token": wanted.access_token,
        },
    )
    claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
    _check_more(found, wanted)
    return found


def _check_more(claims: dict[str, Any], wanted: Wanted) -> None:
    """Check what is stricter here: one audience, plain times, a token of this very visit."""
    if claims["aud"] not in (wanted.client_id, [wanted.client_id]):
        raise ValueError("it is meant for others too")
    for name in ("exp", "iat"):
        if isinstance(claims[name], bool) or not isinstance(claims[name], int | float):
            raise TypeError(f"{name} is no instant")
    if claims["iat"] < wanted.begun_at.timestamp() - LEEWAY_S:
        raise ValueError("it is older than the visit")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise ValueError("it names nobody")


def _verified(
    token: str, header: dict[str, Any], keys: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """Return the claims, if a key that may have signed them has."""
    for key in keys:
        allowed = ALGORITHMS.get(str(key.get("kty")), ())
        is_named = "kid" not in header or header["kid"] == key.get("kid")
        is_for_it = (
            key.get("use", "sig") == "sig" and key.get("alg", header["alg"]) == header["alg"]
        )
        if header["alg"] not in allowed or not is_named or not is_for_it:
            continue
        try:
            found = jwt.decode(token, JWKRegistry.import_key(key), algorithms=[header["alg"]])
        except (JoseError, ValueError, TypeError):
            continue
        return dict(found.claims)
    return None
