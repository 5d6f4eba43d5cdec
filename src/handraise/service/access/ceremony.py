"""What a browser and a passkey are asked, and whether what they answer holds (WebAuthn level 3).

The only place that knows the library. Whatever comes from a browser is hostile until its signature
was checked: by the key that was kept, for our challenge, origin and name, by a verified person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from handraise.errors import InputError
from handraise.model import Passkey
from handraise.service.access.party import Party
from handraise.service.logs import Log

Found = TypeVar("Found")

TIMEOUT_MS = 120_000
"""How long a browser gives a person to find their passkey."""

MAX_CREDENTIAL = 64 * 1024
MAX_ID = 1_400
"""Characters of a credential's id: WebAuthn allows 1,023 bytes."""

REMEDY = "try again, with a passkey that asks for your PIN, finger or face"

log = Log(__name__)


class Made(Struct, frozen=True, kw_only=True):
    """A passkey that was just made.

    Attributes:
        id: the credential's id, base64url without padding.
        public_key: its COSE key, base64url without padding.
        uses: its signature counter.
        transports: how a browser reaches it.
    """

    id: str
    public_key: str
    uses: int
    transports: tuple[str, ...]


def creation_options(
    party: Party, person: str, name: str, handle: bytes, challenge: bytes, known: Iterable[Passkey]
) -> dict[str, Any]:
    """Return what a browser needs to make a passkey that can be found without a name.

    Args:
        party: who asks.
        person: the person's id.
        name: their name.
        handle: stands for them in the passkey, and says nothing of them.
        challenge: what is signed.
        known: their passkeys, so that none is made twice.
    """
    options = generate_registration_options(
        rp_id=party.id,
        rp_name="Handraise",
        user_name=person,
        user_display_name=name,
        user_id=handle,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(known),
    )
    return options_to_json_dict(options)


def request_options(
    party: Party, challenge: bytes, allowed: Iterable[Passkey] = ()
) -> dict[str, Any]:
    """Return what a browser needs to let a passkey sign.

    Args:
        party: who asks.
        challenge: what is signed.
        allowed: the passkeys that may; none where anybody's may, which are not named then.
    """
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=_described(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def _described(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(one.id),
            transports=[AuthenticatorTransport(name) for name in one.transports] or None,
        )
        for one in passkeys
    ]


def credential_of(sent: Any) -> dict[str, Any]:
    """Return what a browser sent as plain values.

    Args:
        sent: JSON text, or what was read of it.

    Raises:
        InputError: it is no credential, or larger than one.
    """
    if isinstance(sent, str):
        try:
            sent = msgspec.json.decode(sent) if len(sent) <= MAX_CREDENTIAL else None
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            sent = None
    if not isinstance(sent, dict) or not isinstance(sent.get("response"), dict):
        raise InputError("passkey: this is no answer of a passkey", REMEDY)
    return sent


def id_of(credential: dict[str, Any]) -> str:
    """Return which passkey is said to have signed; empty when it does not say."""
    found = credential.get("id")
    return found if isinstance(found, str) and len(found) <= MAX_ID else ""


def challenge_in(credential: dict[str, Any]) -> bytes:
    """Return the challenge that was signed, as the browser says.

    Raises:
        InputError: it says none, or was shown inside another site's page.
    """

    def read() -> bytes:
        said = msgspec.json.decode(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        if said.get("crossOrigin") or said.get("topOrigin"):
            raise ValueError("it was asked for inside another page")
        return base64url_to_bytes(said["challenge"])

    return _held(read)


def made(credential: dict[str, Any], challenge: bytes, party: Party) -> Made:
    """Return the passkey that a browser made for a challenge.

    Raises:
        InputError: it does not hold.
    """

    def read() -> Made:
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        said = credential["response"].get("transports") or ()
        known = [one.value for one in AuthenticatorTransport]
        return Made(
            id=bytes_to_base64url(found.credential_id),
            public_key=bytes_to_base64url(found.credential_public_key),
            uses=found.sign_count,
            transports=tuple(one for one in known if one in said),
        )

    return _held(read)


def signed_by(passkey: Passkey, credential: dict[str, Any], challenge: bytes, party: Party) -> int:
    """Return the counter of a passkey that has signed a challenge; the caller compares it.

    Raises:
        InputError: the signature does not hold.
    """

    def read() -> int:
        # The library would compare the counter before the signature, and so believe anybody.
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        return found.new_sign_count

    return _held(read)


def _held(read: Callable[[], Found]) -> Found:
    """Return what was read of a browser's answer; whatever goes wrong, it does not hold."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - hostile bytes pass through four parsers
        log.warning("what a passkey answered does not hold", error=type(error).__name__)
        raise InputError("passkey: what it answered does not hold here", REMEDY) from None
