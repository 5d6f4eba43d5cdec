"""How people come in and are reached on the pages: passkeys, identities, devices, walls, posts.

Of a secret there is only its hash; of a passkey only the public key. Instants are aware UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

ChallengePurpose = Literal["register", "sign_in", "confirm"]
"""What a passkey is asked for."""


class Passkey(Struct, frozen=True, kw_only=True):
    """A passkey of a person.

    Attributes:
        id: the credential's id, base64url without padding.
        person: whose it is.
        public_key: its COSE public key, base64url without padding.
        uses: the signature counter as it was last seen; 0 where the authenticator has none.
        label: what its owner calls it.
        transports: how a browser reaches it, as it said itself.
        made_at: since when.
        used_at: when it was last used; None before the first use.
        ended_at: since when it is not accepted any more; None while it is.
    """

    id: str
    person: str
    public_key: str
    uses: int = 0
    label: str = ""
    transports: tuple[str, ...] = ()
    made_at: datetime
    used_at: datetime | None = None
    ended_at: datetime | None = None


class Challenge(Struct, frozen=True, kw_only=True):
    """What a passkey must sign: once, soon, and for exactly one purpose.

    Attributes:
        hash: SHA-256 of the challenge, hex.
        purpose: what it is for.
        person: who must answer it; None where that is only known by the answer.
        about: exactly what a confirmation confirms; empty for the others.
        made_at: since when.
        expires_at: until when, exclusive.
        used_at: when it was answered; None before.
    """

    hash: str
    purpose: ChallengePurpose
    person: str | None = None
    about: str = ""
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Signed(Struct, frozen=True, kw_only=True):
    """What a passkey has signed, the signature checked; it counts once.

    Attributes:
        purpose: what it was asked for.
        person: whose passkey it is.
        about: exactly what it is about.
        challenge: SHA-256 of the challenge, hex.
        passkey: the passkey's id.
        uses: its signature counter now; 0 where it has none.
        at: when it was shown.
    """

    purpose: ChallengePurpose
    person: str
    about: str = ""
    challenge: str
    passkey: str
    uses: int = 0
    at: datetime


class Identity(Struct, frozen=True, kw_only=True):
    """Who somebody at an OpenID provider is here.

    Attributes:
        issuer: the provider's own name for itself, an address.
        subject: the provider's name for them, which never changes.
        person: who it is here.
        made_at: since when that is known.
        used_at: when they last came in by it.
        ended_at: since when it does not count any more; None while it does.
    """

    issuer: str
    subject: str
    person: str
    made_at: datetime
    used_at: datetime | None = None
    ended_at: datetime | None = None


class PushSubscription(Struct, frozen=True, kw_only=True):
    """A browser of a person that takes push messages (RFC 8030, RFC 8291).

    Attributes:
        id: UUIDv7.
        person: whose browser.
        endpoint: where the push service takes messages for it, https.
        p256dh: its public key, base64url without padding.
        auth: its authentication secret, base64url without padding.
        kid: which of the operation's keys it takes messages by.
        label: what it is, in plain words.
        made_at: since when.
        told_at: when the push service last took a message.
        failures: how often in succession it did not.
        failed_at: since when it does not; None when it works.
        rests_until: nothing is sent before; None when it works.
        error: what was wrong last.
        ended_at: since when it takes none any more; None while it does.
    """

    id: str
    person: str
    endpoint: str
    p256dh: str
    auth: str
    kid: str
    label: str = ""
    made_at: datetime
    told_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    rests_until: datetime | None = None
    error: str | None = None
    ended_at: datetime | None = None


class Wall(Struct, frozen=True, kw_only=True):
    """An address of a screen on the wall: whoever knows it sees counts, and nothing else.

    Attributes:
        id: UUIDv7.
        label: where it hangs.
        secret_hash: SHA-256 of the secret in the address, hex.
        agents: of which agents it shows how they stand; empty for all.
        made_by: who made it.
        made_at: when.
        ended_at: since when it shows nothing any more; None while it does.
    """

    id: str
    label: str
    secret_hash: str
    agents: tuple[str, ...] = ()
    made_by: str
    made_at: datetime
    ended_at: datetime | None = None


class SlackPost(Struct, frozen=True, kw_only=True):
    """A question that stands in Slack with its buttons.

    Attributes:
        channel: where it stands.
        ts: Slack's name for it there.
        escalation_id: the escalation.
        ask_id: the ask; None where the message is about all of it.
        person: who it was put to.
        posted_at: when.
        settled_at: since when it has no buttons any more; None while it has.
    """

    channel: str
    ts: str
    escalation_id: str
    ask_id: str | None = None
    person: str
    posted_at: datetime
    settled_at: datetime | None = None
