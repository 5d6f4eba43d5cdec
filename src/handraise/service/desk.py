"""The desk: what people may see and do. Every verb takes the person, and checks the right on the server."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from handraise.clock import Clock
from handraise.core import lifecycle
from handraise.core.gate.compile import compile_table
from handraise.core.gate.digest import plain_decision
from handraise.core.table.form import Form, problems
from handraise.errors import AccessError, AnswerError, NotFoundError
from handraise.model import AnswerKind, Answer, Ask, AskLine, Decision, Escalation, Event, Message, Move, Verdict
from handraise.service.shelf import Shelf
from handraise.service.wording import messages_for
from handraise.store import Store

Scope = Literal["mine", "routes", "all"]


class Desk:
    """Where named humans read and answer."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock, base_url: str) -> None:
        """Keep what the desk needs."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._base_url = base_url

    def inbox(
        self,
        person: str,
        *,
        scope: Scope = "mine",
        state: Literal["open", "ended"] = "open",
        rehearsal: bool | None = None,
        limit: int = 200,
    ) -> list[AskLine]:
        """Return the lines of a person's inbox, what is due first first.

        Args:
            person: who looks.
            scope: what they hold; what their routes have, the owner's included; or all of their agents'.
            state: open asks, or those that are answered or closed.
            rehearsal: only rehearsals, only real ones, or both.
            limit: at most so many.

        Raises:
            AccessError: the person is on no table.
        """
        agents = self._known(person)
        holder = person if scope == "mine" and state == "open" else None
        routes = None
        if scope == "routes" or (scope == "mine" and state == "ended"):
            routes = self._shelf.routes_of(person)
        states = ("open",) if state == "open" else ("answered", "closed")
        lines = [
            line
            for one in states
            for line in self._store.asks(holder=holder, routes=routes, state=one, rehearsal=rehearsal, limit=limit)
            if line.agent in agents
        ]
        if scope == "mine" and state == "ended":
            lines = [line for line in lines if person in line.ask.tried or (line.ask.answer and line.ask.answer.by == person)]
        if state == "ended":
            lines.sort(key=lambda line: line.created_at, reverse=True)
        return lines[:limit]

    def _known(self, person: str) -> set[str]:
        agents = self._shelf.agents_of(person)
        if not agents:
            raise AccessError(f'"{person}" is on no routing table', "ask the owner to put you on a route")
        return agents

    def escalation(self, escalation_id: str, person: str) -> Escalation:
        """Return an escalation of an agent on whose table the person stands.

        Raises:
            NotFoundError: there is none, or it is of another agent.
        """
        found = self._store.escalation(escalation_id)
        if found is None or found.agent not in self._known(person):
            raise NotFoundError(f"there is no escalation {escalation_id}", "open it from the inbox")
        return found

    def events(self, escalation_id: str, person: str) -> list[Event]:
        """Return what happened to an escalation, oldest first.

        Raises:
            NotFoundError: there is none, or it is of another agent.
        """
        self.escalation(escalation_id, person)
        return self._store.events(escalation_id)

    def may_answer(self, escalation: Escalation, person: str) -> list[Ask]:
        """Return the open asks that this person may answer now; those they hold first."""
        table = self._shelf.table(escalation.agent, escalation.version)
        directory = self._shelf.directory(escalation.agent, rehearsal=escalation.rehearsal)
        allowed = [ask for ask in escalation.asks if lifecycle.may_answer(escalation, ask, person, table, directory)]
        return sorted(allowed, key=lambda ask: ask.holder != person)

    def form(self, escalation: Escalation) -> Form | None:
        """Return the form of the proposal, or None when the table gives its action none."""
        table = self._shelf.table(escalation.agent, escalation.version)
        action = escalation.decision.action
        rated = table.actions.get(action) if isinstance(action, str) else None
        return rated.form if rated else None

    def acknowledge(self, ask_id: str, person: str) -> Escalation:
        """Return the escalation with the ask acknowledged: "I have it".

        Raises:
            NotFoundError, AlreadyAnsweredError, AccessError: nothing changed; the message says why.
        """

        def move(escalation: Escalation) -> Move:
            table = self._shelf.table(escalation.agent, escalation.version)
            directory = self._shelf.directory(escalation.agent, rehearsal=escalation.rehearsal)
            return lifecycle.acknowledge(escalation, ask_id, person, table, directory, self._clock.now())

        return self._changed(ask_id, person, move)

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
    ) -> Escalation:
        """Return the escalation with the answer taken. The first answer wins.

        Args:
            ask_id: which ask.
            person: who answers; must be on its route, or the owner.
            kind: approve, change, reject, instruct or take_over.
            digest: `proposal_digest` of the escalation as the person saw it.
            proposal: the changed proposal, plain JSON, for `change` only.
            facts: the changed stated facts, for `change` only; None keeps them.
            reason: why; required for change, reject and take_over.
            instruction: words for the agent; required for instruct.

        Raises:
            AnswerError: a field is wrong; the message begins with its name.
            AlreadyAnsweredError: somebody was faster; the message says who and when.
            ProposalMovedError: the proposal changed while the person was reading.
            AccessError: the person may not answer this ask.
            NotFoundError: there is no such ask.
        """

        def move(escalation: Escalation) -> Move:
            table = self._shelf.table(escalation.agent, escalation.version)
            directory = self._shelf.directory(escalation.agent, rehearsal=escalation.rehearsal)
            given = Answer(
                kind=kind,
                by=person,
                at=self._clock.now(),
                digest=digest,
                proposal=_exact(proposal, "proposal"),
                facts=_exact(facts, "facts"),
                reason=(reason or "").strip() or None,
                instruction=(instruction or "").strip() or None,
            )
            rejudged = self._rejudged(escalation, given) if kind == "change" else None
            return lifecycle.give_answer(escalation, ask_id, given, table, directory, rejudged)

        return self._changed(ask_id, person, move)

    def _rejudged(self, escalation: Escalation, answer: Answer) -> Verdict:
        """Return the gate's verdict on a changed proposal.

        Raises:
            AnswerError: the proposal does not fit the form of its action.
        """
        form = self.form(escalation)
        wrong = problems(form, answer.proposal) if form is not None else []
        if wrong:
            raise AnswerError(wrong[0].replace("proposal.", "", 1) if wrong[0].startswith("proposal.") else wrong[0], "mend it and send it again")
        table = self._shelf.table(escalation.agent, escalation.version)
        facts = answer.facts if answer.facts is not None else escalation.facts
        derived = {id for id, fact in table.facts.items() if fact.is_derived}
        stated = {name: value for name, value in facts.items() if name not in derived}
        changed: Decision = msgspec.structs.replace(escalation.decision, proposal=answer.proposal, facts=stated)
        return compile_table(table, rehearsal=escalation.rehearsal)(changed)

    def _changed(self, ask_id: str, person: str, move: Any) -> Escalation:
        """Apply a move to the escalation of an ask, in one transaction, and return what came of it."""
        escalation_id = ask_id.rpartition(".")[0]
        self.escalation(escalation_id, person)

        def made(escalation: Escalation) -> tuple[Move, list[Message]]:
            result: Move = move(escalation)
            return result, messages_for(result, self._shelf, self._base_url, self._clock.now())

        result = self._store.change(escalation_id, made)
        if result is None:
            raise NotFoundError(f"there is no ask {ask_id}")
        return result.escalation


def _exact(value: Any, name: str) -> Any:
    """Return a plain value that can be kept exactly.

    Raises:
        AnswerError: it cannot.
    """
    if value is None:
        return None
    plain, notes = plain_decision(Decision(proposal=value))
    if notes:
        raise AnswerError(f"{name}: {notes[0].replace('proposal', name, 1)}")
    return plain.proposal
