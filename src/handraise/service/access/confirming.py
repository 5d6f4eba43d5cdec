"""The second confirmation of an answer: what a browser is asked, and whether what it brings counts.

INVARIANT: what is confirmed is worked out here from the answer itself, both times: when a browser
asks what to sign, and when the answer comes with it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from handraise.core.lifecycle.confirming import about, must_confirm, needed_error
from handraise.core.table.types import Table
from handraise.model import Answer, Escalation, Signed
from handraise.service.access.passkeys import Passkeys


class Confirmation(Struct, frozen=True, kw_only=True):
    """What a browser brings with an answer that needs a passkey.

    Attributes:
        credential: what the passkey answered, JSON text or what was read of it.
        session: the id of the session it was asked for in.
    """

    credential: Any
    session: str


class Confirming:
    """Asks for confirmations, and checks them."""

    def __init__(self, passkeys: Passkeys) -> None:
        """Keep the passkeys."""
        self._passkeys = passkeys

    def begin(self, ask_id: str, answer: Answer, session: str) -> dict[str, Any] | None:
        """Return what a browser needs to confirm an answer; None for a person without a passkey.

        Raises:
            InputError: there are no passkeys here.
        """
        return self._passkeys.begin_confirmation(answer.by, about(ask_id, answer, session))

    def signed(
        self, ask_id: str, answer: Answer, confirmation: Confirmation | None
    ) -> Signed | None:
        """Return what was signed for exactly this answer; None where nothing was brought.

        Raises:
            ConfirmationNeededError: it does not hold, or there are no passkeys here.
        """
        if confirmation is None:
            return None
        wanted = about(ask_id, answer, confirmation.session)
        return self._passkeys.confirmation(answer.by, wanted, confirmation.credential)

    def has_to_practise(self, escalation: Escalation, kind: str, person: str, table: Table) -> bool:
        """Whether a rehearsal asks for it too: where the person has a passkey to practise with."""
        is_asked = escalation.rehearsal and must_confirm(escalation, kind, table)
        return is_asked and bool(self._passkeys.of(person))

    def check_practice(self, answer: Answer, table: Table, *, has_to: bool) -> None:
        """Refuse an answer in practice that would have to be confirmed, and is not.

        Raises:
            ConfirmationNeededError: it needs a confirmation.
        """
        if has_to and answer.confirmed_with is None:
            raise needed_error(table)
