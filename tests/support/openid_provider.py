"""OpenID providers on this machine: an honest one (idpyoidc's own), and one that says what it is told.

Both listen on loopback only. The honest one asks in its own page who somebody is, and goes by the
time of the machine; the other one answers every code with the token that the test has made.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from idpyoidc.server import Server
from idpyoidc.server.oidc.authorization import Authorization
from idpyoidc.server.oidc.provider_config import ProviderConfiguration
from idpyoidc.server.oidc.token import Token
from idpyoidc.server.user_authn.user import NoAuthn
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "handraise"
CLIENT_SECRET = "a secret of the client that is long enough"

Answer = tuple[int, dict[str, str], str]
Route = Callable[[str, dict[str, str], dict[str, str]], Answer]

PEOPLE = {
    "dana": {"sub": "sub-dana", "email": "dana@example.com", "email_verified": True},
    "eve": {"sub": "sub-eve", "email": "marc@example.com", "email_verified": False},
    "nobody": {"sub": "sub-x", "email": "nobody@example.com", "email_verified": True},
}


@contextmanager
def listening(answer: Callable[[str], Route]) -> Iterator[str]:
    """Serve on a free port of this machine; yield the address.

    Args:
        answer: given the address, returns what answers (path, parameters, headers).
    """

    class Handler(BaseHTTPRequestHandler):
        def _serve(self, parameters: str) -> None:
            path = urlsplit(self.path).path
            status, headers, body = route(path, dict(parse_qsl(parameters)), dict(self.headers))
            content = body.encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._serve(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    route = answer(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _configuration(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "key_conf": {"key_defs": [{"type": "RSA", "key": "", "use": ["sig"]}], "uri_path": "jwks"},
        "token_handler_args": {
            "key_conf": {
                "key_defs": [
                    {"type": "OCT", "bytes": 24, "use": ["enc"], "kid": "code"},
                    {"type": "OCT", "bytes": 24, "use": ["enc"], "kid": "token"},
                ]
            },
            "code": {"lifetime": 600},
            "token": {
                "class": "idpyoidc.server.token.jwt_token.JWTToken",
                "kwargs": {"alg": "RS256"},
            },
            "id_token": {
                "class": "idpyoidc.server.token.id_token.IDToken",
                "kwargs": {
                    "base_claims": {
                        "email": {"essential": True},
                        "email_verified": {"essential": True},
                    }
                },
            },
        },
        "endpoint": {
            "provider_config": {
                "path": ".well-known/openid-configuration",
                "class": ProviderConfiguration,
                "kwargs": {},
            },
            "authorization": {
                "path": "authorization",
                "class": Authorization,
                "kwargs": {"response_types_supported": ["code"]},
            },
            "token": {
                "path": "token",
                "class": Token,
                "kwargs": {
                    "client_authn_method": ["client_secret_basic", "client_secret_post"]
                },
            },
        },
        "authentication": {
            "anon": {"acr": "anybody", "class": NoAuthn, "kwargs": {"user": "dana"}}
        },
        "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": PEOPLE}},
        "add_ons": {
            "pkce": {
                "function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
                "kwargs": {"essential": True, "code_challenge_methods": {"S256": {}}},
            }
        },
        "session_params": {"encrypter": {"kwargs": {"keys": {"key_defs": [
            {"type": "OCT", "use": ["enc"], "kid": "password"},
            {"type": "OCT", "use": ["enc"], "kid": "salt"},
        ]}}}},
    }  # fmt: skip


class HonestProvider:
    """idpyoidc's provider, which knows one client, and asks each time who somebody is."""

    def __init__(self, issuer: str, redirect_uri: str) -> None:
        """Register the client, which is sent back to that address only."""
        self.server = Server(_configuration(issuer))
        self.server.context.cdb[CLIENT_ID] = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [(redirect_uri, None)],
            "response_types": ["code"],
            "response_types_supported": ["code"],
            "allowed_scopes": ["openid", "email"],
            "token_endpoint_auth_method": "client_secret_basic",
        }
        self.server.keyjar.add_symmetric(CLIENT_ID, CLIENT_SECRET)
        self.lock = threading.Lock()

    def __call__(self, path: str, given: dict[str, str], headers: dict[str, str]) -> Answer:
        """Answer a request."""
        with self.lock:
            if path == "/.well-known/openid-configuration":
                return self._json(dict(self.server.context.provider_info))
            if path == "/jwks":
                return self._json(json.loads(self.server.keyjar.export_jwks_as_json()))
            if path == "/authorization":
                return self._authorization(given)
            if path == "/token":
                return self._token(given, headers)
        return 404, {}, ""

    def _json(self, found: Any, status: int = 200) -> Answer:
        return status, {"Content-Type": "application/json"}, json.dumps(found)

    def _authorization(self, given: dict[str, str]) -> Answer:
        user = given.pop("user", "")
        if not user:
            fields = "".join(
                f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
                for name, value in given.items()
            )
            buttons = "".join(f'<button name="user" value="{one}">{one}</button>' for one in PEOPLE)
            page = (
                f'<!doctype html><title>Provider</title><form method="get">{fields}{buttons}</form>'
            )
            return 200, {"Content-Type": "text/html; charset=utf-8"}, page
        endpoint = self.server.endpoint["authorization"]
        for method in self.server.context.authn_broker.db.values():
            method["method"].user = user
        parsed = endpoint.parse_request(given)
        found = endpoint.process_request(parsed)
        if "error" in found:
            return self._json(found.to_dict() if hasattr(found, "to_dict") else dict(found), 400)
        made = endpoint.do_response(request=parsed, **found)
        return 303, {"Location": made["response"]}, ""

    def _token(self, given: dict[str, str], headers: dict[str, str]) -> Answer:
        endpoint = self.server.endpoint["token"]
        asked = {"headers": {"authorization": headers.get("Authorization", "")}}
        parsed = endpoint.parse_request(given, http_info=asked)
        found = endpoint.process_request(parsed) if "error" not in parsed else parsed
        if "error" in found:
            return self._json({"error": found["error"]}, 400)
        arguments = found["response_args"]
        return self._json({name: arguments[name] for name in arguments})


class ToldProvider:
    """A provider that says what the test tells it to.

    Attributes:
        metadata: added to what it says of itself, or put in its place.
        answer: given what was asked at the token endpoint, returns what is answered.
        keys: what it publishes.
        failing: the path at which it is not there, whatever else it says; empty for none.
        asked: the paths that were asked for, in order.
    """

    def __init__(self, issuer: str) -> None:
        """Make a key of its own."""
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.metadata: dict[str, Any] = {}
        self.keys: list[dict[str, Any]] = [self.key.as_dict(private=False)]
        self.answer: Callable[[dict[str, str]], Any] = lambda _: {"error": "invalid_grant"}
        self.status = 200
        self.failing = ""
        self.asked: list[str] = []

    def __call__(self, path: str, given: dict[str, str], headers: dict[str, str]) -> Answer:
        """Answer a request."""
        del headers
        self.asked.append(path)
        if path == self.failing:
            return 503, {}, ""
        found: Any = {"keys": self.keys}
        if path == "/.well-known/openid-configuration":
            found = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorization",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                **self.metadata,
            }
        if path == "/token":
            found = self.answer(given)
        body = found if isinstance(found, str) else json.dumps(found)
        return self.status, {"Content-Type": "application/json"}, body

    def token(self, claims: dict[str, Any], **header: Any) -> str:
        """Return claims signed by its key."""
        return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, self.key)


def code_url(callback: str, state: str, **more: str) -> str:
    """Return where a provider sends a browser back to."""
    return f"{callback}?{urlencode({'code': secrets.token_urlsafe(8), 'state': state, **more})}"
