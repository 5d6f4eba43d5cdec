"""A passkey in software: makes and signs as a browser with an authenticator would, or wrongly."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Authenticator:
    """One passkey; `uses` is its counter, and `flags` what it says of whoever held it."""

    def __init__(self, origin: str = "http://localhost", rp_id: str = "localhost") -> None:
        """Make a key."""
        self.origin = origin
        self.rp_id = rp_id
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.raw_id = secrets.token_bytes(16)
        self.uses = 0
        self.flags = PRESENT | VERIFIED

    @property
    def id(self) -> str:
        return b64(self.raw_id)

    def create(self, options: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return what `navigator.credentials.create` gives for options."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.raw_id).to_bytes(2) + self.raw_id + cbor2.dumps(cose)
        made = {"fmt": "none", "attStmt": {}, "authData": self._said(ATTESTED) + attested}
        return self._credential(
            {
                "clientDataJSON": b64(self._client("webauthn.create", options, more)),
                "attestationObject": b64(cbor2.dumps(made)),
                "transports": ["internal", "carrier-pigeon"],
            }
        )

    def get(self, options: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return what `navigator.credentials.get` gives for options; the counter goes up."""
        self.uses += 1
        client = self._client("webauthn.get", options, more)
        said = self._said(0)
        signed = said + hashlib.sha256(client).digest()
        return self._credential(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(said),
                "signature": b64(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            }
        )

    def _said(self, more: int) -> bytes:
        rp = hashlib.sha256(self.rp_id.encode()).digest()
        return rp + bytes([self.flags | more]) + self.uses.to_bytes(4)

    def _client(self, kind: str, options: dict[str, Any], more: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, **more}
        return json.dumps(said).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {"id": self.id, "rawId": self.id, "type": "public-key", "response": response}
