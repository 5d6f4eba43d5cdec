"""Who somebody at an OpenID provider is here.

The first time by a verified mail address that exactly one person has; from then on by the
provider's own name for them, which never changes. INVARIANT: an address that changes hands opens
nothing, and nobody learns from a refusal who exists.
"""

from __future__ import annotations

from typing import Any

from handraise.channels.contacts import mail_address
from handraise.clock import Clock
from handraise.errors import SignInError
from handraise.model import Identity
from handraise.service.logs import Log
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

EMAIL = "email"

log = Log(__name__)


class Identities:
    """Recognises people by what an OpenID provider says of them."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what recognising needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def person_of(self, issuer: str, claims: dict[str, Any], claim: str = EMAIL) -> str:
        """Return who it is.

        Args:
            issuer: the provider, whose ID token was checked.
            claims: what the token says; `sub` is there.
            claim: by which claim somebody is recognised the first time: `email`, which must be
                verified, or another one that holds their name in the routing table.

        Raises:
            SignInError: it is nobody here for certain; the words are the same for all reasons.
        """
        subject, now = str(claims["sub"]), self._clock.now()
        known = self._store.identity(issuer, subject)
        if known is not None:
            if not self._shelf.is_here(known.person):
                raise _nobody("the person has left")
            self._store.identity_used(issuer, subject, now)
            return known.person
        found = self._by_mail(claims) if claim == EMAIL else self._by_name(claims.get(claim))
        if len(found) != 1:
            raise _nobody(f"{len(found)} people have what it says")
        fresh = Identity(issuer=issuer, subject=subject, person=found[0], made_at=now, used_at=now)
        if not self._store.pin_identity(fresh):
            raise _nobody("the person is known by another subject")
        return found[0]

    def _by_mail(self, claims: dict[str, Any]) -> list[str]:
        said = claims.get("email")
        if claims.get("email_verified") is not True or not isinstance(said, str):
            return []
        # Only plain letters are folded: others may turn into an address of somebody else.
        wanted = said.lower() if said.isascii() else said
        return [
            id
            for id, person in self._shelf.people().items()
            if wanted in map(mail_address, person.contacts) and self._shelf.is_here(id)
        ]

    def _by_name(self, said: Any) -> list[str]:
        return [said] if isinstance(said, str) and self._shelf.is_here(said) else []

    def sweep(self) -> int:
        """Let identities of people who stand on no table any more count no more."""
        gone = {
            one.person for one in self._store.identities() if not self._shelf.is_here(one.person)
        }
        return sum(self._store.end_identities(person, self._clock.now()) for person in gone)


def _nobody(why: str) -> SignInError:
    log.warning("somebody who signed in at the OpenID provider is nobody here", why=why)
    return SignInError(
        "you could not be recognised here by your account",
        "its mail address must be verified and be that of exactly one person of a routing table; "
        "ask the owner, or have a link sent",
    )
