"""Signing in at an OpenID provider: the code flow with PKCE, bound to the browser that began it.

What binds it (state, nonce, verifier) stands in a signed cookie for ten minutes and is good for one
answer. INVARIANT: nobody comes in by an answer that another browser asked for, or by one twice.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from msgspec import Struct

from handraise.clock import Clock
from handraise.errors import SettingsError, SignInError
from handraise.service.access.door import safe_path
from handraise.service.access.id_tokens import Wanted, claims_of
from handraise.service.access.identities import EMAIL, Identities
from handraise.service.access.limits import Limits
from handraise.service.access.provider import AT_ONCE, Provider, ProviderError, Said
from handraise.service.secrets import Signer
from handraise.service.telling.address import Address
from handraise.settings import Settings

CALLBACK = "/sign-in/openid/callback"
"""Where the provider sends people back to, below the address of the pages."""

VISIT_LASTS = timedelta(minutes=10)
PURPOSE = "openid visit"
SCOPE = "openid email"
WAYS = ("client_secret_basic", "client_secret_post")
MAX_COOKIE = 4_000
MAX_CODE = 4_000


class Visit(Struct, frozen=True, kw_only=True):
    """A sign-in that has begun, as its browser holds it.

    Attributes:
        state: what the provider must give back.
        nonce: what the ID token must hold.
        verifier: what the code is exchanged with.
        after: where it leads.
        at: when it began, in seconds since 1970.
    """

    state: str
    nonce: str
    verifier: str
    after: str
    at: int


class OpenId:
    """Lets people in who are signed in at the provider of the settings."""

    def __init__(
        self,
        settings: Settings,
        address: Address,
        clock: Clock,
        signer: Signer,
        limits: Limits,
        identities: Identities,
    ) -> None:
        """Keep what it needs; the provider is asked when somebody signs in.

        Raises:
            SettingsError: HANDRAISE_OPENID_CLIENT_ID is missing.
        """
        if not settings.openid_issuer or not settings.openid_client_id:
            raise SettingsError(
                "HANDRAISE_OPENID_ISSUER and HANDRAISE_OPENID_CLIENT_ID belong together",
                "set both, or neither",
            )
        self.name = settings.openid_name
        self.at_once = AT_ONCE
        self.issuer = settings.openid_issuer
        self._client_id = settings.openid_client_id
        self._secret = settings.openid_client_secret
        self._claim = settings.openid_claim or EMAIL
        self._address = address
        self._clock = clock
        self._signer = signer
        self._limits = limits
        self._identities = identities
        self._provider = Provider(self.issuer, clock)
        self._trouble = ""

    def look(self) -> str:
        """Ask the provider what it says of itself; return why nobody can sign in there, if so."""
        try:
            self._provider.said()
        except ProviderError as error:
            self._trouble = error.message
        else:
            self._trouble = ""
        return self._trouble

    def trouble(self) -> str:
        """Return why nobody can sign in there; empty where nothing is known to be wrong.

        Where something was, it is asked again: not more often than every few seconds.
        """
        return self.look() if self._trouble else ""

    def begin(self, after: str) -> tuple[str, str]:
        """Return where to send the browser, and the cookie that binds the answer to it.

        Args:
            after: where it leads; only a path of these pages, otherwise the inbox.

        Raises:
            ProviderError: the provider cannot be reached, or cannot be trusted.
        """
        said = self._provider.said()
        visit = Visit(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            after=safe_path(after),
            at=int(self._clock.now().timestamp()),
        )
        url, _ = self._client(said).create_authorization_url(
            said.authorization,
            state=visit.state,
            nonce=visit.nonce,
            code_verifier=visit.verifier,
        )
        return str(url), self._sealed(visit)

    def finish(self, cookie: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Return who it is, and where their visit leads.

        Args:
            cookie: what `begin` gave the browser; empty for none.
            query: the parameters the provider sent the browser back with.

        Raises:
            SignInError: nobody comes in by this.
            ProviderError: the provider cannot be reached, or cannot be trusted.
        """
        visit = self._opened(cookie)
        given = query.get("state", "").encode()
        if visit is None or not hmac.compare_digest(visit.state.encode(), given):
            raise SignInError(
                "this sign-in did not begin in this browser, or too long ago", "begin it again"
            )
        begun_at = datetime.fromtimestamp(visit.at, UTC)
        if not self._limits.is_first(f"openid {visit.state}", begun_at):
            raise SignInError("this sign-in was finished already", "begin it again")
        if not self._is_ours(query):
            raise SignInError("another place answered than was asked", "begin it again")
        code = query.get("code", "")
        if "error" in query or not code or len(code) > MAX_CODE:
            raise SignInError("you did not sign in there", "try again, or have a link sent")
        claims = self._claims(code, visit, begun_at)
        return self._identities.person_of(self.issuer, claims, self._claim), visit.after

    def _claims(self, code: str, visit: Visit, begun_at: datetime) -> dict[str, Any]:
        """Return what the provider says of whoever a code was given to."""
        answer = self._provider.exchanged(*self._request(code, visit.verifier))
        access = answer.get("access_token")
        wanted = Wanted(
            issuer=self.issuer,
            client_id=self._client_id,
            nonce=visit.nonce,
            begun_at=begun_at,
            access_token=access if isinstance(access, str) else None,
        )
        now = self._clock.now()
        keys = self._provider.keys
        return claims_of(answer.get("id_token"), wanted, lambda fresh: keys(fresh=fresh), now)

    def _is_ours(self, query: Mapping[str, str]) -> bool:
        """Whether the answer says that it is from the provider that was asked (RFC 9207)."""
        if "iss" in query:
            return query["iss"] == self.issuer
        return not self._provider.said().says_issuer

    def _client(self, said: Said) -> OAuth2Client:
        way = next((one for one in WAYS if one in said.ways), WAYS[0]) if self._secret else "none"
        return OAuth2Client(
            None,
            client_id=self._client_id,
            client_secret=self._secret,
            token_endpoint_auth_method=way,
            scope=SCOPE,
            redirect_uri=f"{self._address.url}{CALLBACK}",
            code_challenge_method="S256",
        )

    def _request(self, code: str, verifier: str) -> tuple[dict[str, str], str]:
        """Return the headers and the body by which a code is exchanged."""
        said = self._provider.said()
        client = self._client(said)
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=client.redirect_uri,
            code=code,
            code_verifier=verifier,
        )
        sending = client.client_auth(client.token_endpoint_auth_method)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        _, headers, body = sending.prepare("POST", said.token, headers, body)
        return dict(headers), str(body)

    def _sealed(self, visit: Visit) -> str:
        written = base64.urlsafe_b64encode(msgspec.json.encode(visit)).rstrip(b"=").decode()
        return f"{written}.{self._signer.token(PURPOSE, written)}"

    def _opened(self, cookie: str) -> Visit | None:
        """Return the visit of a cookie that was signed here within the last ten minutes."""
        written, _, seal = cookie.partition(".")
        if len(cookie) > MAX_COOKIE or not self._signer.token_ok(seal, PURPOSE, written):
            return None
        padded = written + "=" * (-len(written) % 4)
        visit = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Visit)
        age = self._clock.now() - datetime.fromtimestamp(visit.at, UTC)
        return visit if timedelta(seconds=-5) <= age < VISIT_LASTS else None
