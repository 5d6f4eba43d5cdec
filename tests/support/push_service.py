"""A real push service on loopback: it checks what a push service checks, and reads as a browser does.

It takes a message only with a signature by the key the browser was subscribed with, for this very
origin, not for longer than a day, with a TTL, encrypted for the browser (RFC 8030, 8291, 8292).
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct
from py_vapid import jwt

URGENCIES = {"very-low", "low", "normal", "high"}


class Received(Struct, frozen=True):
    """What a browser got."""

    content: dict[str, Any]
    headers: dict[str, str]
    body: bytes


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    """A browser that is subscribed at the push service with a key of a site's."""

    def __init__(self, service: PushService, name: str, key: str) -> None:
        """Make its own keys, which only it knows."""
        self.site_key = key
        self.endpoint = f"{service.url}/push/{name}"
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = Encoding.X962, PublicFormat.UncompressedPoint
        self.p256dh = _b64(self._private.public_key().public_bytes(*point))
        self.auth = _b64(self._auth)
        self.received: list[Received] = []

    def subscription(self) -> dict[str, str]:
        """Return what a page hands to its site."""
        return {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": self.auth}

    def decrypted(self, body: bytes) -> dict[str, Any]:
        """Return what a message says."""
        plain = http_ece.decrypt(
            body, private_key=self._private, auth_secret=self._auth, version="aes128gcm"
        )
        found: dict[str, Any] = json.loads(plain)
        return found


class PushService:
    """Takes messages for its browsers until it is closed."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Listen on a free port of loopback."""
        self._now = now
        self.browsers: dict[str, Browser] = {}
        self.refusals: list[str] = []
        self.asked = 0
        self.answer: tuple[int, dict[str, str]] | None = None
        """What is answered in place of looking at a message."""
        self.holds: threading.Event | None = None
        """Until it is set, nothing is answered."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if service.holds is not None:
                    service.holds.wait(30)
                status, headers = service.answer or (service._taken(self, body), {})
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def browser(self, name: str, key: str) -> Browser:
        """Return a new browser that is subscribed with a site's key."""
        self.browsers[f"/push/{name}"] = browser = Browser(self, name, key)
        return browser

    def _taken(self, request: BaseHTTPRequestHandler, body: bytes) -> int:
        browser = self.browsers.get(request.path)
        if browser is None:
            return 404
        wrong = self._wrong(request, browser)
        if wrong:
            self.refusals.append(wrong)
            return 403
        headers = {name.lower(): value for name, value in request.headers.items()}
        browser.received.append(Received(browser.decrypted(body), headers, body))
        return 201

    def _wrong(self, request: BaseHTTPRequestHandler, browser: Browser) -> str:
        """Return what is wrong with a request; empty for nothing."""
        said = request.headers
        scheme, _, rest = said.get("Authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme != "vapid" or parts["k"] != browser.site_key:
            return "another key than the browser was subscribed with"
        claims = jwt.decode(parts["t"], parts["k"])  # raises for a bad signature
        if claims["aud"] != self.url:
            return f"meant for {claims['aud']}"
        if not self._now() < claims["exp"] <= self._now() + 86_400:
            return "signed for too long, or no longer"
        if not claims["sub"].startswith(("mailto:", "https:")):
            return "nobody to write to"
        if not said["TTL"].isdigit() or said["Content-Encoding"] != "aes128gcm":
            return "no TTL, or not encrypted"
        if said["Urgency"] not in URGENCIES or len(said["Topic"]) > 32:
            return "no urgency, or no topic"
        return ""

    def close(self) -> None:
        """Stop listening."""
        if self.holds is not None:
            self.holds.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
