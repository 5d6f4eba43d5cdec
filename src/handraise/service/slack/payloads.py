"""What Slack sends when somebody presses a button or sends a form, and what our buttons carry.

INVARIANT: a button counts only for the person it was shown to, for the ask and the proposal that
they were shown, and for the kind of answer that stood on it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from handraise.errors import AccessError, InputError
from handraise.service.secrets import Signer

MAX_MEANT = 2_000


class Sender(Struct, frozen=True):
    """Who pressed it, of which workspace; or a workspace itself."""

    id: str = ""
    team_id: str = ""


class Pressed(Struct, frozen=True):
    """A button that was pressed."""

    action_id: str = ""
    value: str | None = None


class State(Struct, frozen=True):
    """What was filled in, by block and action."""

    values: dict[str, dict[str, Any]] = {}


class View(Struct, frozen=True):
    """A form that was sent."""

    callback_id: str = ""
    private_metadata: str = ""
    state: State | None = None


class Payload(Struct, frozen=True):
    """What Slack sends.

    Attributes:
        type: `block_actions` for a button, `view_submission` for a form.
        user: who.
        team: in which workspace; None where it is installed for an organization.
        trigger_id: with which a form may be opened, for three seconds.
        response_url: where a reply goes.
        actions: what was pressed.
        view: what was sent.
    """

    type: str = ""
    user: Sender = Sender()
    team: Sender | None = None
    trigger_id: str = ""
    response_url: str | None = None
    actions: tuple[Pressed, ...] = ()
    view: View | None = None

    @property
    def workspace(self) -> str:
        """The workspace it comes from; empty where that is not told."""
        return (self.team.id if self.team is not None else "") or self.user.team_id


class Meant(Struct, frozen=True, array_like=True):
    """What a button stands for.

    Attributes:
        kind: the kind of answer, or `acknowledge`.
        ask_id: the ask.
        digest: of the proposal that was shown.
    """

    kind: str
    ask_id: str
    digest: str

    @property
    def escalation_id(self) -> str:
        """The escalation of the ask."""
        return self.ask_id.rpartition(".")[0]


class Sealed(Struct, frozen=True, array_like=True):
    """What a button carries: what it stands for, and the seal."""

    meant: Meant
    seal: str


def sealed(signer: Signer, person: str, meant: Meant) -> str:
    """Return what a button carries that is shown to one person."""
    seal = signer.token(*_parts(person, meant))
    return msgspec.json.encode(Sealed(meant, seal)).decode()


def unsealed(signer: Signer, person: str, carried: str | None) -> Meant:
    """Return what a button stands for that was shown to this person.

    Raises:
        AccessError: it was not.
    """
    refused = AccessError(
        "this button was not made for you, or is too old", "open the page and answer there"
    )
    if not carried or len(carried) > MAX_MEANT:
        raise refused
    try:
        found = msgspec.json.decode(carried, type=Sealed)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        raise refused from None
    if not signer.token_ok(found.seal, *_parts(person, found.meant)):
        raise refused
    return found.meant


def _parts(person: str, meant: Meant) -> tuple[str, ...]:
    return "slack", person, meant.kind, meant.ask_id, meant.digest


def payload_of(body: bytes) -> Payload:
    """Return what a request of Slack's says.

    Raises:
        InputError: it cannot be read.
    """
    unread = InputError("payload: this is nothing that Slack sends", "see the app's settings")
    try:
        given = parse_qs(body.decode(), max_num_fields=10).get("payload", [])
    except ValueError:
        raise unread from None
    if len(given) != 1:
        raise unread
    try:
        return msgspec.json.decode(given[0], type=Payload)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        raise unread from None
