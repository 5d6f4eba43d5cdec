"""The desk: what people may see and do. Every verb takes the person and checks their right.

INVARIANT: an answer is judged and kept in one transaction that holds the escalation, so that of any
number who answer at once exactly one is first, and the others learn who.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from handraise.clock import Clock
from handraise.core import lifecycle
from handraise.core.duty import Directory, unavailable
from handraise.core.table.form import Form
from handraise.core.table.types import Table
from handraise.errors import AccessError, AlreadyAnsweredError, AnswerError, NotFoundError
from handraise.model import (
    Answer,
    AnswerKind,
    Ask,
    Escalation,
    Event,
    Message,
    Move,
    Signed,
)
from handraise.service.access.confirming import Confirmation, Confirming
from handraise.service.access.passkeys import Passkeys
from handraise.service.judging import check_form, exact, form_of, rejudged
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.address import Address
from handraise.service.telling.wording import messages_for
from handraise.service.tracing import step
from handraise.store import Store

MAX_NOTE = 2_000

MADE_ALREADY = {
    "release": "gave this back",
    "reassign": "gave this to {to}",
    "delegate": "let {to} do the work of this",
    "take_back": "took the work of this back",
}
"""What is said to somebody who moves an ask for a second time, as they moved it before."""

MEND = "change it, reject it, or take it over"


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """To whom an ask may be given now.

    Attributes:
        reassign: who may become responsible for it.
        delegate: who may do the work of it.
    """

    reassign: tuple[str, ...] = ()
    delegate: tuple[str, ...] = ()


class Desk:
    """Where named humans read and answer."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, address: Address, passkeys: Passkeys
    ) -> None:
        """Keep what the desk needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._address = address
        self.confirming = Confirming(passkeys)

    def _known(self, person: str) -> set[str]:
        agents = self._shelf.agents_of(person)
        if not agents:
            raise AccessError(
                f'"{person}" is on no routing table', "ask the owner to put you on a route"
            )
        return agents

    def escalation(self, escalation_id: str, person: str) -> Escalation:
        """Return an escalation of an agent on whose table the person stands.

        Whoever stands on a version that waits alone has those only that they were asked in.

        Raises:
            AccessError: the person is on no table.
            NotFoundError: there is none, or it is of another agent.
        """
        agents = self._known(person)
        read = self._shelf.agents_read_by(person)
        found = self._store.escalation(escalation_id)
        if (
            found is None
            or found.agent not in agents
            or (found.agent not in read and not _was_asked(found, person))
        ):
            raise NotFoundError(f"there is no escalation {escalation_id}", "open it from the inbox")
        return found

    def events(self, escalation_id: str, person: str) -> list[Event]:
        """Return what happened to an escalation, oldest first.

        Raises:
            AccessError: the person is on no table.
            NotFoundError: there is none, or it is of another agent.
        """
        self.escalation(escalation_id, person)
        return self._store.events(escalation_id)

    def may_answer(self, escalation: Escalation, person: str) -> list[Ask]:
        """Return the open asks that this person may answer now; those they hold first."""
        table, directory = self._standing(escalation)
        allowed = [
            ask
            for ask in escalation.asks
            if lifecycle.may_answer(escalation, ask, person, table, directory)
        ]
        return sorted(allowed, key=lambda ask: ask.holder != person)

    def _standing(self, escalation: Escalation) -> tuple[Table, Directory]:
        """Return the table an escalation began with, and how everybody stands now."""
        table = self._shelf.table(escalation.agent, escalation.version)
        directory = self._shelf.directory(escalation.agent, rehearsal=escalation.rehearsal)
        return table, directory

    def form(self, escalation: Escalation) -> Form | None:
        """Return the form of the proposal, or None when the table gives its action none."""
        return form_of(self._shelf, escalation)

    def acknowledge(self, ask_id: str, person: str) -> Escalation:
        """Return the escalation with the ask acknowledged: "I have it".

        Raises:
            NotFoundError, AlreadyAnsweredError, AccessError: nothing changed; the message says why.
        """

        def move(escalation: Escalation, table: Table, directory: Directory) -> Move:
            now = self._clock.now()
            return lifecycle.acknowledge(escalation, ask_id, person, table, directory, now)

        return self._changed(ask_id, person, move)

    def release(self, ask_id: str, person: str, note: str = "") -> Escalation:
        """Return the escalation with the ask given back: it goes to the next person at once.

        Raises:
            NotFoundError, AlreadyAnsweredError, AccessError: nothing changed; the message says why.
            AnswerError: the note is too long.
        """
        said = _said(note)

        def move(escalation: Escalation, table: Table, directory: Directory) -> Move:
            now = self._clock.now()
            return lifecycle.release(escalation, ask_id, person, table, directory, now, said)

        return self._moved(ask_id, person, move, "release")

    def reassign(self, ask_id: str, person: str, to: str, note: str = "") -> Escalation:
        """Return the escalation with the ask in another person's hands, who is responsible now.

        Raises:
            NotFoundError, AlreadyAnsweredError, AccessError: nothing changed; the message says why.
            AnswerError: `to` cannot be asked now, or the note is too long.
        """
        said = _said(note)

        def move(escalation: Escalation, table: Table, directory: Directory) -> Move:
            now = self._clock.now()
            return lifecycle.reassign(escalation, ask_id, person, to, table, directory, now, said)

        return self._moved(ask_id, person, move, "reassign", to)

    def delegate(self, ask_id: str, person: str, to: str | None, note: str = "") -> Escalation:
        """Return the escalation with somebody else doing the work of an ask its holder keeps.

        None takes the work back.

        Raises:
            NotFoundError, AlreadyAnsweredError, AccessError: nothing changed; the message says why.
            AnswerError: `to` cannot be asked now, or the note is too long.
        """
        said = _said(note)

        def move(escalation: Escalation, table: Table, directory: Directory) -> Move:
            now = self._clock.now()
            return lifecycle.delegate(escalation, ask_id, person, to, table, directory, now, said)

        return self._moved(ask_id, person, move, "take_back" if to is None else "delegate", to)

    def targets(self, escalation: Escalation, ask: Ask, person: str) -> Targets:
        """Return to whom a person may give an ask now, or the work of it; both may be empty."""
        table, directory = self._standing(escalation)
        if not lifecycle.may_answer(escalation, ask, person, table, directory):
            return Targets()
        out = lifecycle.shut_out(escalation, ask, table, directory) | {ask.holder}
        now = self._clock.now()
        people = {**table.people, **directory.people}
        free = [
            id
            for id, one in people.items()
            if id not in out
            and (id == directory.owner or unavailable(one, directory.states.get(id), now) is None)
        ]
        route = table.routes.get(ask.route)
        on_route = {*(route.people if route else ()), *ask.also, directory.owner}
        is_owner = person == directory.owner
        return Targets(
            reassign=tuple(id for id in free if is_owner or id in on_route)
            if is_owner or person == ask.holder
            else (),
            delegate=tuple(
                id
                for id in free
                if id != ask.delegate
                and unavailable(people.get(id), directory.states.get(id), now) is None
            )
            if person == ask.holder
            else (),
        )

    def answer(
        self,
        ask_id: str,
        person: str,
        *,
        kind: AnswerKind,
        digest: str,
        proposal: Any = None,
        facts: dict[str, Any] | None = None,
        reason: str | None = None,
        instruction: str | None = None,
        confirmation: Confirmation | None = None,
    ) -> Escalation:
        """Return the escalation with the answer taken. The first answer wins.

        Args:
            ask_id: which ask.
            person: who answers; must be on its route, or the owner.
            kind: approve, change, reject, instruct or take_over.
            digest: `proposal_digest` of the escalation as the person saw it.
            proposal: the changed proposal, plain JSON, for `change` only.
            facts: all stated facts as the person gives them, changed or not, for `change` only.
                None where they were not shown: they are kept, but the numbers among them are
                not judged by once the proposal has changed.
            reason: why; required for change, reject and take_over.
            instruction: words for the agent, for `instruct` only.
            confirmation: of exactly this, by a passkey; None where there is none.

        Raises:
            ConfirmationNeededError: the table wants it confirmed, and it is not.
            AnswerError: a field is wrong; the message begins with its name.
            AlreadyAnsweredError: somebody was faster; the message says who and when.
            ProposalMovedError: the proposal changed while the person was reading.
            AccessError: the person may not answer this ask.
            NotFoundError: there is no such ask.
        """
        escalation = self.escalation(ask_id.rpartition(".")[0], person)
        table, _ = self._standing(escalation)
        has_to = self.confirming.has_to_practise(escalation, kind, person, table)
        signed = None
        if confirmation is not None:
            given = self._given(person, kind, digest, proposal, facts, reason, instruction)
            signed = self.confirming.signed(ask_id, given, confirmation)
        move = self._answering(
            ask_id,
            person,
            kind=kind,
            digest=digest,
            proposal=proposal,
            facts=facts,
            reason=reason,
            instruction=instruction,
            confirmed_with=None if signed is None else signed.passkey,
            has_to_practise=has_to,
        )
        with step("answer") as span:
            found = self._changed(ask_id, person, move, signed)
            span.tell_agent(found.agent)
            route = next((ask.route for ask in found.asks if ask.id == ask_id), None)
            span.tell(escalation_id=found.id, answer=kind, route=route, outcome=found.outcome)
        return found

    def would(
        self,
        ask_id: str,
        person: str,
        *,
        kind: AnswerKind,
        digest: str,
        proposal: Any = None,
        facts: dict[str, Any] | None = None,
        reason: str | None = None,
        instruction: str | None = None,
    ) -> Escalation:
        """Return the escalation as it would stand after an answer; nothing is kept.

        It is the very move that `answer` makes, so that what is said before is what comes. For the
        arguments and the errors see `answer`.
        """
        escalation = self.escalation(ask_id.rpartition(".")[0], person)
        table, directory = self._standing(escalation)
        move = self._answering(
            ask_id,
            person,
            kind=kind,
            digest=digest,
            proposal=proposal,
            facts=facts,
            reason=reason,
            instruction=instruction,
            confirmed_with="",  # as it will be
        )
        return move(escalation, table, directory).escalation

    def begin_confirmation(
        self,
        ask_id: str,
        person: str,
        session: str,
        *,
        kind: AnswerKind,
        digest: str,
        proposal: Any = None,
        facts: dict[str, Any] | None = None,
        reason: str | None = None,
        instruction: str | None = None,
    ) -> dict[str, Any] | None:
        """Return what a browser needs to confirm an answer; None for whoever has no passkey.

        It is asked for in the session of that id. For the other arguments see `answer`.

        Raises:
            InputError: there are no passkeys here.
            AnswerError: the changed values cannot be kept exactly.
        """
        given = self._given(person, kind, digest, proposal, facts, reason, instruction)
        return self.confirming.begin(ask_id, given, session)

    def _given(
        self,
        person: str,
        kind: AnswerKind,
        digest: str,
        proposal: Any,
        facts: dict[str, Any] | None,
        reason: str | None,
        instruction: str | None,
    ) -> Answer:
        """Return an answer as it is given now, not checked yet."""
        return Answer(
            kind=kind,
            by=person,
            at=self._clock.now(),
            digest=digest,
            proposal=exact(proposal, "proposal"),
            facts=exact(facts, "facts"),
            reason=(reason or "").strip() or None,
            instruction=(instruction or "").strip() or None,
        )

    def _answering(
        self,
        ask_id: str,
        person: str,
        *,
        kind: AnswerKind,
        digest: str,
        proposal: Any,
        facts: dict[str, Any] | None,
        reason: str | None,
        instruction: str | None,
        confirmed_with: str | None,
        has_to_practise: bool = False,
    ) -> Callable[[Escalation, Table, Directory], Move]:
        """Return the move that an answer is; see `answer` for the arguments and the errors."""

        def move(escalation: Escalation, table: Table, directory: Directory) -> Move:
            now = self._clock.now()
            lifecycle.open_ask(escalation, ask_id, person, table, directory, now)
            given = self._given(person, kind, digest, proposal, facts, reason, instruction)
            given = msgspec.structs.replace(given, at=now, confirmed_with=confirmed_with)
            lifecycle.check_answer(given, escalation)
            self.confirming.check_practice(given, table, has_to=has_to_practise)
            if kind == "approve":
                check_form(self._shelf, escalation, escalation.proposal, MEND)
            again = rejudged(self._shelf, escalation, given) if kind == "change" else None
            return lifecycle.give_answer(escalation, ask_id, given, table, directory, again)

        return move

    def _moved(
        self,
        ask_id: str,
        person: str,
        move: Callable[[Escalation, Table, Directory], Move],
        name: str,
        to: str | None = None,
    ) -> Escalation:
        """Return the escalation moved; whoever has made the same move already is told when.

        Raises:
            AlreadyAnsweredError: they have, or it has ended; else as `_changed`.
        """
        try:
            return self._changed(ask_id, person, move)
        except (AccessError, AnswerError) as error:
            found = self.escalation(ask_id.rpartition(".")[0], person)
            events, ask = self._store.events(found.id), found.ask(ask_id)
            before = lifecycle.done_before(events, ask_id, person, name, to)
            if before is None or ask is None:
                raise
            what = MADE_ALREADY[name].format(to=to)
            raise AlreadyAnsweredError(
                f"you {what} already, at {lifecycle.moment_words(before.at)}",
                f"{ask.holder} has it now",
            ) from error

    def _changed(
        self,
        ask_id: str,
        person: str,
        move: Callable[[Escalation, Table, Directory], Move],
        confirmed: Signed | None = None,
    ) -> Escalation:
        """Apply a move to the escalation of an ask in one transaction; return what came of it."""
        escalation_id = ask_id.rpartition(".")[0]
        # How people stand is read before the transaction, which must not wait for a second
        # connection while it holds the escalation.
        table, directory = self._standing(self.escalation(escalation_id, person))

        def made(escalation: Escalation) -> tuple[Move, list[Message]]:
            result = move(escalation, table, directory)
            now = self._clock.now()
            return result, messages_for(result, self._shelf, self._address.url, now)

        kept = self._store.change(escalation_id, made, confirmed=confirmed)
        if kept is None:
            raise NotFoundError(f"there is no ask {ask_id}")
        return kept.escalation


def _said(note: str) -> str:
    """Return a note to the next person, without what surrounds it.

    Raises:
        AnswerError: it is too long.
    """
    said = note.strip()
    if len(said) > MAX_NOTE:
        raise AnswerError(f"note: longer than {MAX_NOTE:,} characters", "shorten it")
    return said


def _was_asked(escalation: Escalation, person: str) -> bool:
    """Whether a person has, had or does the work of an ask of an escalation."""
    return any(
        person in (ask.holder, ask.delegate) or person in ask.tried for ask in escalation.asks
    )
