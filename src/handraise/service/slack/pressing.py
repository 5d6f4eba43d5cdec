"""What somebody pressed in Slack: taken once, for whoever they are here, by the desk's verbs.

INVARIANTS: only what Slack signed within five minutes counts, and once; an answer binds to the ask
and the proposal that stood above the button; a refusal changes nothing and says so in words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from handraise.channels.slack import SlackChannel, escaped, is_signed
from handraise.clock import Clock
from handraise.core.lifecycle.confirming import needed_error
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    DeliveryError,
    Error,
    NotFoundError,
    ProposalMovedError,
    SignInError,
)
from handraise.model import AnswerKind, Escalation
from handraise.service.desk import Desk
from handraise.service.logs import Log
from handraise.service.secrets import Signer
from handraise.service.slack.asking import APPROVE, FORMS, HAVE, OPEN, in_words
from handraise.service.slack.blocks import section
from handraise.service.slack.forms import (
    ANSWER,
    Typed,
    answer_form,
    errors_by_block,
    told_form,
    typed_in,
)
from handraise.service.slack.payloads import Meant, Payload, payload_of, sealed, unsealed
from handraise.service.slack.people import SlackPeople
from handraise.service.slack.settling import Settling
from handraise.service.slack.showing import Showing
from handraise.service.telling.wording import one_line, visible
from handraise.service.telling.wording.texts import with_names
from handraise.store import Store

NOTHING = "Nothing was changed."
ON_PAGE = "Change it on the page: its fields do not fit into a form here."

log = Log(__name__)


class Said(Struct, frozen=True, kw_only=True):
    """What is said to a form that was sent.

    Attributes:
        response: what Slack is answered; empty closes the form.
        escalation_id: whose messages may have to lose their buttons; None for none.
        words: the same in words, for when it comes too late for the form.
    """

    response: dict[str, Any] = {}
    escalation_id: str | None = None
    words: str = ""


class Pressing:
    """Takes what people press and send."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        signer: Signer,
        desk: Desk,
        slack: SlackChannel,
        people: SlackPeople,
        showing: Showing,
        settling: Settling,
        signing_secret: str,
    ) -> None:
        """Keep what taking needs; `signing_secret` is the app's, by which Slack signs."""
        self._store = store
        self._clock = clock
        self._signer = signer
        self._desk = desk
        self._slack = slack
        self._people = people
        self._showing = showing
        self._settling = settling
        self._signing_secret = signing_secret

    def taken(self, body: bytes, headers: Mapping[str, str]) -> Payload:
        """Return what a request says, which counts from now on.

        Args:
            body: exactly as it came.
            headers: of the request.

        Raises:
            SignInError: Slack did not sign it within five minutes, or it was taken already.
            InputError: it cannot be read.
            StoreError: it cannot be kept that it was taken.
        """
        at = is_signed(body, headers, self._signing_secret, self._clock.now())
        if at is None:
            raise SignInError("this was not signed by Slack just now", "send it from Slack")
        payload = payload_of(body)
        bucket = self._signer.token("slack request", hashlib.sha256(body).hexdigest())
        if not self._store.count_attempt(bucket, at, 1):
            raise SignInError("this was taken already", "press the button again")
        return payload

    def pressed(self, payload: Payload) -> None:
        """Do what a button says, and say what came of it."""
        action = payload.actions[0] if payload.actions else None
        if action is None or action.action_id == OPEN:
            return
        meant: Meant | None = None
        try:
            person = self._person(payload)
            meant = unsealed(self._signer, person, action.value)
            if meant.kind != action.action_id:
                raise AccessError("this is no button of ours", "open the page and answer there")
            self._done(meant, person, payload)
        except Error as error:
            # One place for them all: whatever was refused, the one who pressed is told.
            log.warning("what was pressed in Slack was refused", code=error.code)
            self._refuse(error, meant, payload)

    def _done(self, meant: Meant, person: str, payload: Payload) -> None:
        if meant.kind == HAVE:
            self._desk.acknowledge(meant.ask_id, person)
            for post in self._store.slack_posts(
                meant.escalation_id, ask_id=meant.ask_id, person=person
            ):
                self._settling.refresh(post)
        elif meant.kind == APPROVE:
            self._answered(meant, person, Typed())
            self._settling.settle_of(meant.escalation_id)
        elif meant.kind in FORMS:
            self._open(meant, person, payload)

    def _open(self, meant: Meant, person: str, payload: Payload) -> None:
        """Show the form for an answer, if the question still is the one that was shown.

        Raises:
            Error: it is not, or Slack does not show the form.
        """
        self._showing.check_open(meant.escalation_id, meant.ask_id, person)
        shown = self._showing.shown(meant.escalation_id, meant.ask_id, person)
        if shown is None:
            raise NotFoundError(f"there is no ask {meant.ask_id}", "open the page")
        if shown.escalation.proposal_digest != meant.digest:
            raise ProposalMovedError(
                "the proposal changed since you were shown it", "look at it again, then answer"
            )
        if meant.kind == "change" and shown.must_confirm:
            raise needed_error(shown.table)
        if meant.kind == "change" and not shown.can_change:
            raise AccessError(ON_PAGE)
        kind = cast("AnswerKind", meant.kind)
        carried = sealed(self._signer, person, meant)
        form = answer_form(shown, kind, self._desk.form(shown.escalation), carried)
        self._slack.open_view(payload.trigger_id, form)

    def sent(self, payload: Payload) -> Said:
        """Return what is said to a form that was sent; the answer is given, or nothing changed."""
        view = payload.view
        if view is None or view.callback_id != ANSWER:
            return Said()
        values = view.state.values if view.state is not None else {}
        meant: Meant | None = None
        typed = typed_in(values, "reject", None)  # the words, which are given back in any case
        try:
            person = self._person(payload)
            meant = unsealed(self._signer, person, view.private_metadata)
            if meant.kind not in FORMS:
                raise AccessError("this is no form of ours", "open the page and answer there")
            typed = self._typed(meant, person, values)
            if typed.errors:
                return Said(response=_mend(typed.errors), words="Some fields need another look.")
            found = self._answered(meant, person, typed)
        except Error as error:
            log.warning("a form sent in Slack was refused", code=error.code)
            wrong = errors_by_block(error, values)
            words = self._words(error, meant)
            if wrong:
                return Said(response=_mend(wrong), words=words)
            told = self._told("Not taken", words, meant, typed)
            return Said(
                response={"response_action": "update", "view": told},
                escalation_id=None if meant is None else meant.escalation_id,
                words=words,
            )
        return Said(
            response={"response_action": "clear"},
            escalation_id=found.id,
            words="Your answer was taken.",
        )

    def settle(self, said: Said) -> None:
        """Let the messages about what was answered say so."""
        if said.escalation_id is not None:
            try:
                self._settling.settle_of(said.escalation_id)
            except Error as error:
                log.error("messages in Slack were not settled", error=error.message)

    def tell_late(self, payload: Payload, said: Said) -> None:
        """Tell somebody what came of a form that took too long to be told in it."""
        try:
            channel = self._slack.direct(payload.user.id)
            self._slack.post(channel, escaped(said.words), [section(said.words)])
        except DeliveryError as error:
            log.error("what came of a form was not told", error=error.message)

    def still_at_it(self) -> dict[str, Any]:
        """Return what is said to a form while its answer takes longer than Slack waits."""
        words = "This takes a little longer. A message says in a moment what came of it."
        told = told_form("One moment", words, f"{self._showing.base_url}/")
        return {"response_action": "update", "view": told}

    def _person(self, payload: Payload) -> str:
        """Return who pressed it.

        Raises:
            AccessError: they are nobody here.
            DeliveryError: Slack does not say in which workspace the app is.
        """
        # One app may be in several workspaces, and their user ids are not told apart by themselves.
        if payload.workspace != self._slack.team():
            raise AccessError("this comes from another workspace", "use the one of the app")
        return self._people.person(payload.user.id)

    def _typed(self, meant: Meant, person: str, values: Mapping[str, Any]) -> Typed:
        kind = cast("AnswerKind", meant.kind)
        escalation = self._desk.escalation(meant.escalation_id, person)
        return typed_in(values, kind, self._desk.form(escalation), escalation.proposal)

    def _answered(self, meant: Meant, person: str, typed: Typed) -> Escalation:
        """Return the escalation with the answer given; sent again, the same answer is no other.

        Raises:
            Error: it was not taken.
        """
        try:
            return self._desk.answer(
                meant.ask_id,
                person,
                kind=cast("AnswerKind", meant.kind),
                digest=meant.digest,
                proposal=typed.proposal,
                reason=typed.reason,
                instruction=typed.instruction,
            )
        except AlreadyAnsweredError:
            found = self._store.escalation(meant.escalation_id)
            ask = None if found is None else found.ask(meant.ask_id)
            answer = None if ask is None else ask.answer
            is_same = answer is not None and (
                answer.by,
                answer.kind,
                answer.digest,
                answer.proposal,
                answer.reason,
                answer.instruction,
            ) == (
                person,
                meant.kind,
                meant.digest,
                typed.proposal,
                typed.reason,
                typed.instruction,
            )
            if found is None or not is_same:
                raise
            return found

    def _refuse(self, error: Error, meant: Meant | None, payload: Payload) -> None:
        """Say in words why what was pressed came to nothing."""
        try:
            if meant is not None:
                self._settling.settle_of(meant.escalation_id)
            if payload.response_url:
                words = self._words(error, meant)
                self._slack.reply(payload.response_url, escaped(f"{words} {self._url(meant)}"))
        except Error as trouble:
            log.error("why it was refused was not told in Slack", error=trouble.message)

    def _words(self, error: Error, meant: Meant | None) -> str:
        """Return an error as sentences, with everybody called by their name."""
        people = self._people.names()
        told = [with_names(one_line(part), people) for part in (error.message, error.hint) if part]
        if isinstance(error, DeliveryError):
            told = ["Slack did not show it. Please press the button again, or use the page"]
        sentences = [f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in told]
        is_said = any(NOTHING[:-1].lower() in part.lower() for part in told)
        return visible(" ".join([*sentences, *([] if is_said else [NOTHING])]))

    def _url(self, meant: Meant | None) -> str:
        page = f"escalations/{meant.escalation_id}" if meant is not None else ""
        return f"{self._showing.base_url}/{page}"

    def _told(self, title: str, words: str, meant: Meant | None, typed: Typed) -> dict[str, Any]:
        fields = typed.proposal.items() if isinstance(typed.proposal, dict) else ()
        changed = "\n".join(f"{name}: {in_words(value)}" for name, value in fields)
        written = "\n\n".join(filter(None, (changed, typed.reason, typed.instruction)))
        return told_form(title, words, self._url(meant), written)


def _mend(errors: Mapping[str, str]) -> dict[str, Any]:
    return {"response_action": "errors", "errors": dict(errors)}
