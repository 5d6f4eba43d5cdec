"""Every error Handraise raises on purpose, in one tree, with its HTTP status and exit code.

    Error
     ├── SettingsError               a setting is missing or unusable
     ├── InputError                  a request, file or argument is not of the expected form
     ├── TableError                  the routing table has findings
     ├── NotReadyError               the go-live record cannot be written yet
     ├── EscalationError             something about one escalation
     │    ├── NotFoundError          there is none of that name
     │    ├── KeyConflictError       the key was used for another decision
     │    ├── AlreadyAnsweredError   somebody was faster, it has ended, or you did it before
     │    ├── ProposalMovedError     the proposal changed while the person was reading
     │    ├── AnswerError            the answer does not fit its form
     │    ├── ConfirmationNeededError  the answer needs a passkey
     │    ├── GrantError             there is no grant for this, or it was used
     │    └── StillOpenError         nobody has answered within the time given
     ├── AccessError                 this credential may not do that
     │    ├── SignInError            no valid credential was shown
     │    └── TooManyError           tried too often; wait, then try again
     ├── StoreError                  the database refused
     │    ├── StoreUnavailableError  try again
     │    └── SchemaError            the database needs a migration
     ├── EncoderError                texts could not be turned into vectors; try again
     └── DeliveryError               a message did not go out
          ├── RefusedError           give up: the address or the channel is wrong
          └── FailedError            try again

A stop of the agent is not an error: it is a `Verdict`. The one raising form, `HumanNeeded`, derives
from `BaseException` so that an agent's `except Exception` cannot swallow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handraise.model import Finding, Verdict


class Error(Exception):
    """The root of the tree: a code for programs, a message and a hint for people."""

    code = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the message (place first, lower case) and the remedy."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the message with its remedy."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


class SettingsError(Error):
    """A setting is missing or unusable: mend the environment variable or option it names."""

    code = "settings"


class InputError(Error):
    """A request, file or argument is not of the expected form: mend the place it names."""

    code = "input"


class TableError(Error):
    """The routing table has findings: mend each at its `file:line:column`."""

    code = "table"

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep all findings; the message is one line for each."""
        super().__init__("\n".join(finding.line_text() for finding in findings))
        self.findings = tuple(findings)


class NotReadyError(Error):
    """The go-live record cannot be written yet: mend the red lines of the checklist."""

    code = "not_ready"


class EscalationError(Error):
    """Something about one escalation."""

    code = "escalation"


class NotFoundError(EscalationError):
    """There is no such thing, or this credential may not see it."""

    code = "not_found"


class KeyConflictError(EscalationError):
    """The key was already used for another decision: use a new key for a new decision."""

    code = "key_conflict"


class AlreadyAnsweredError(EscalationError):
    """Somebody was faster, it has ended, or you have done so before: the message says when."""

    code = "already_answered"


class ProposalMovedError(EscalationError):
    """The proposal changed while the person was reading: look at it again, then answer."""

    code = "proposal_moved"


class AnswerError(EscalationError):
    """The answer does not fit its form: mend the field it names."""

    code = "answer"


class ConfirmationNeededError(EscalationError):
    """The answer needs a confirmation by a passkey that holds for exactly it: confirm, or reject.

    `challenge` is what a browser must sign, where the answer came through the API by somebody who
    has a passkey; None elsewhere.
    """

    code = "confirmation_needed"
    challenge: dict[str, Any] | None = None


class GrantError(EscalationError):
    """There is no grant for this, or it was used or has expired: do not act; decide anew."""

    code = "grant"


class StillOpenError(EscalationError):
    """Nobody has answered within the time given: wait again, or come back later by id or key."""

    code = "still_open"


class AccessError(Error):
    """This credential may not do that."""

    code = "access"


class SignInError(AccessError):
    """No valid credential was shown: sign in, or send the agent's key."""

    code = "sign_in"


class TooManyError(AccessError):
    """It was tried too often in a short while: wait `retry_after_s` seconds, then try again."""

    code = "too_many"

    def __init__(self, message: str, hint: str = "", *, retry_after_s: int = 60) -> None:
        """Keep the message, the remedy and how long to wait, in whole seconds from 1."""
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class StoreError(Error):
    """The database refused."""

    code = "store"


class StoreUnavailableError(StoreError):
    """The database cannot be reached, is locked or full: try again."""

    code = "store_unavailable"


class SchemaError(StoreError):
    """The database has another schema than this release: run `handraise store migrate`."""

    code = "schema"


class EncoderError(Error):
    """Texts could not be turned into vectors: try again; until then the condition holds."""

    code = "encoder"


class DeliveryError(Error):
    """A message did not go out."""

    code = "delivery"


class RefusedError(DeliveryError):
    """The address or the channel is wrong: trying again cannot help."""

    code = "refused"


class FailedError(DeliveryError):
    """The channel did not take the message this time: try again."""

    code = "failed"


class HumanNeeded(BaseException):
    """The raising form of a stop, for code that cannot return a verdict.

    Derives from `BaseException`, so that `except Exception` in an agent does not swallow it.
    """

    def __init__(self, verdict: Verdict) -> None:
        """Keep the verdict that stopped the agent."""
        super().__init__("; ".join(reason.sentence for reason in verdict.reasons))
        self.verdict = verdict


HTTP_STATUS: dict[type[Error], int] = {
    Error: 500,
    SettingsError: 500,
    InputError: 422,
    TableError: 422,
    NotReadyError: 409,
    EscalationError: 409,
    NotFoundError: 404,
    KeyConflictError: 409,
    AlreadyAnsweredError: 409,
    ProposalMovedError: 409,
    AnswerError: 422,
    ConfirmationNeededError: 403,
    GrantError: 409,
    StillOpenError: 408,
    AccessError: 403,
    SignInError: 401,
    TooManyError: 429,
    StoreError: 500,
    StoreUnavailableError: 503,
    SchemaError: 503,
    EncoderError: 503,
    DeliveryError: 502,
    RefusedError: 502,
    FailedError: 502,
}
"""The HTTP status of each error of the tree."""

EXIT_CODE: dict[type[Error], int] = {
    Error: 1,
    SettingsError: 2,
    InputError: 2,
    TableError: 4,
    NotReadyError: 1,
    EscalationError: 1,
    NotFoundError: 1,
    KeyConflictError: 1,
    AlreadyAnsweredError: 1,
    ProposalMovedError: 1,
    AnswerError: 2,
    ConfirmationNeededError: 1,
    GrantError: 1,
    StillOpenError: 1,
    AccessError: 1,
    SignInError: 1,
    TooManyError: 1,
    StoreError: 1,
    StoreUnavailableError: 1,
    SchemaError: 1,
    EncoderError: 1,
    DeliveryError: 1,
    RefusedError: 1,
    FailedError: 1,
}
"""The exit code of each error of the tree: 1 failed, 2 wrong usage, 4 the table has findings."""
