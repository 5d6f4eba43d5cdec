"""Rehearsals: begins an exercise, takes each person's answers, and ends it with its protocol.

INVARIANTS: nothing of an exercise is an escalation, so it holds nobody's capacity, grants nothing
and is in no figure; only the owner in force begins one; nobody who stands on a draft alone is
written to at an address that they have not confirmed; it ends by itself; nobody sees another's
answer before it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from handraise.clock import Clock
from handraise.core.gate.compile import compile_table
from handraise.core.lifecycle import check_answer
from handraise.core.table.form import problems
from handraise.core.table.types import Table
from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    InputError,
    NotFoundError,
)
from handraise.model import (
    OWNER,
    Answer,
    AnswerKind,
    Rehearsal,
    RehearsalAsk,
    RehearsalInvitation,
)
from handraise.service.reading.shelf import Shelf
from handraise.service.rehearsing.cases import (
    ExerciseCase,
    Stop,
    chosen,
    judged,
    left_at_most,
    told_at_most,
)
from handraise.service.rehearsing.ending import Endings
from handraise.service.rehearsing.happening import happening
from handraise.service.rehearsing.messages import invitation
from handraise.service.rehearsing.showing import as_escalation, form_of
from handraise.service.telling.address import Address
from handraise.service.telling.wording import fresh_id
from handraise.store import Store

LEAST = timedelta(minutes=1)
MOST = timedelta(days=7)
MOST_EACH = 50
"""So many questions can be put to one person in one exercise."""

MAX_UNCLEAR = 2_000


class Rehearsals:
    """The exercises of one store."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, endings: Endings, address: Address
    ) -> None:
        """Keep what exercises need."""
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._endings = endings
        self._address = address

    # The owner

    def start(
        self,
        agent: str,
        by: str,
        cases: Sequence[ExerciseCase],
        *,
        source: str,
        lasts: timedelta,
        per_person: int = 5,
    ) -> Rehearsal:
        """Return a new exercise on the agent's newest table; its messages are on their way.

        Args:
            agent: whose team.
            by: who begins it: the owner by the version in force; where none was ever signed for,
                by this one.
            cases: the decisions; those that go ahead by themselves are put to nobody.
            source: where they came from, in words.
            lasts: for how long, from a minute to seven days.
            per_person: at most so many questions for each person, from 1 to 50.

        Raises:
            NotFoundError: there is no such agent.
            AccessError: somebody else than the owner begins it.
            InputError: nothing of it would be put to anybody, or too much to one; it lasts too
                short or too long; an exercise of this agent runs already.
        """
        table = self._shelf.newest(agent)
        self._check_owner(by, agent)
        if not LEAST <= lasts <= MOST:
            raise InputError(f"an exercise cannot last {lasts}", "from 1m to 7d")
        if not 1 <= per_person <= MOST_EACH:
            raise InputError(
                f"{per_person} questions for each person cannot be put", f"from 1 to {MOST_EACH}"
            )
        familiar = self._shelf.learned.of(table, wait_s=None)
        found = judged(cases, compile_table(table, rehearsal=True, familiar=familiar), table)
        here, absent = self._standing(table, found.stops)
        taken = chosen([_only(stop, here) for stop in found.stops], per_person)
        stops = _with_last_resort(taken.stops, table.owner, here)
        if not stops:
            raise InputError(_nothing(cases, found.stops), "give decisions that stop: --cases FILE")
        now = self._clock.now()
        begun = Rehearsal(
            id=fresh_id(),
            agent=agent,
            version=table.version,
            by=by,
            source=source,
            questions=tuple(stop.question for stop in stops),
            went_ahead=told_at_most(found.went_ahead),
            left_out=left_at_most(taken.left_out),
            absent=absent,
            started_at=now,
            ends_at=now + lasts,
        )
        return self._begun(begun, stops, table)

    def _begun(self, rehearsal: Rehearsal, stops: Sequence[Stop], table: Table) -> Rehearsal:
        now = rehearsal.started_at
        asks = [
            RehearsalAsk(
                rehearsal_id=rehearsal.id, number=stop.question.number, person=person, routes=routes
            )
            for stop in stops
            for person, routes in stop.people.items()
        ]
        messages = [
            invitation(
                rehearsal,
                table.people[person],
                sum(ask.person == person for ask in asks),
                self._address.url,
                now,
            )
            for person in dict.fromkeys(ask.person for ask in asks)
        ]
        invited = tuple(
            RehearsalInvitation(person=message.to, message_id=message.id) for message in messages
        )
        rehearsal = msgspec.structs.replace(rehearsal, invited=invited)
        detail = {
            "questions": len(stops),
            "people": [one.person for one in invited],
            "ends_at": rehearsal.ends_at.isoformat(),
        }
        event = happening(rehearsal, "rehearsal_started", rehearsal.by, now, **detail)
        if not self._store.begin_rehearsal(rehearsal, asks, [event], messages):
            raise InputError(
                f"an exercise of {rehearsal.agent} runs already",
                "wait for its end, or end it: `handraise rehearse --end ID`",
            )
        return rehearsal

    def end(self, id: str, by: str) -> Rehearsal:
        """Return an exercise that its owner ends before its time; an ended one as it is.

        Raises:
            NotFoundError: there is none of that id.
            AccessError: somebody else than the owner ends it.
        """
        rehearsal = self.rehearsal(id)
        self._check_owner(by, rehearsal.agent)
        if rehearsal.is_open:
            self._endings.end(rehearsal, "owner", by)
        return self.rehearsal(id)

    def _check_owner(self, by: str, agent: str) -> None:
        owner = self._shelf.current(agent).owner
        if by != owner:
            raise AccessError(
                f'"{by}" is not the owner of the table of {agent}',
                f"only {owner} begins and ends exercises of it: --as {owner}",
            )

    def _standing(
        self, table: Table, stops: Sequence[Stop]
    ) -> tuple[frozenset[str], dict[str, str]]:
        """Return who is put questions, and who is not, with why: nobody is rung while away."""
        states = self._shelf.directory(table.agent, rehearsal=False).states
        known = self._shelf.current(table.agent).people
        asked = dict.fromkeys(person for stop in stops for person in (*stop.people, table.owner))
        absent = {}
        for person in asked:
            state = states.get(person)
            if state is None or not state.active:
                absent[person] = "has left"
            elif state.away:
                absent[person] = "is away"
            elif person not in known and not state.reachable:
                absent[person] = "is new, and has no verified contact"
        return frozenset(asked.keys() - absent.keys()), absent

    # People

    def rehearsal(self, id: str) -> Rehearsal:
        """Return an exercise as it stands.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = self._store.rehearsal(id)
        if found is None:
            raise NotFoundError(
                f"there is no rehearsal {id}", "`handraise rehearse --list` shows them"
            )
        return found

    def of_person(self, id: str, person: str) -> Rehearsal:
        """Return an exercise that a person may look at: they stand on the agent's table.

        Whoever stands on a version that waits alone may look at those that they were asked in.

        Raises:
            NotFoundError: there is none, or it is of another agent's team.
        """
        found = self._store.rehearsal(id)
        is_read = found is not None and found.agent in self._shelf.agents_read_by(person)
        if found is None or not (is_read or self._is_asked(found, person)):
            raise NotFoundError("there is no such exercise", "open it from the message you got")
        return found

    def _is_asked(self, rehearsal: Rehearsal, person: str) -> bool:
        if rehearsal.agent not in self._shelf.agents_of(person):
            return False
        return bool(self._store.rehearsal_asks(rehearsal.id, person=person))

    def asks(self, id: str, person: str | None = None) -> list[RehearsalAsk]:
        """Return what was put to people in an exercise, or to one of them, in order."""
        return self._store.rehearsal_asks(id, person=person)

    def waiting(self, person: str) -> list[RehearsalAsk]:
        """Return what waits for a person in exercises that run."""
        asks = self._store.rehearsal_asks(person=person)
        return [ask for ask in asks if ask.kind is None]

    def ask(self, id: str, number: int, person: str) -> tuple[Rehearsal, RehearsalAsk]:
        """Return a question that was put to a person, which they have seen from now on.

        Raises:
            NotFoundError: it was not put to them.
        """
        rehearsal = self.of_person(id, person)
        if rehearsal.is_open and rehearsal.question(number) is not None:
            self._store.see_rehearsal_ask(id, number, person, self._clock.now())
        for ask in self._store.rehearsal_asks(id, person=person):
            if ask.number == number:
                return rehearsal, ask
        raise NotFoundError(
            "this question of the exercise was not put to you", "open it from the message you got"
        )

    def answer(
        self,
        id: str,
        number: int,
        person: str,
        *,
        kind: AnswerKind,
        digest: str,
        proposal: Any = None,
        facts: dict[str, Any] | None = None,
        reason: str | None = None,
        instruction: str | None = None,
        unclear: str = "",
    ) -> Rehearsal:
        """Return the exercise with a person's answer taken; it stands.

        Args:
            id: which exercise.
            number: which question.
            person: who answers, on their own.
            kind: approve, change, reject, instruct or take_over.
            digest: `proposal_digest` of the question as the person saw it.
            proposal: the changed proposal, plain JSON, for `change` only.
            facts: the changed stated facts, for `change` only; None keeps them.
            reason: why; required for change, reject and take_over.
            instruction: words for the agent, for `instruct` only.
            unclear: what was unclear; may be empty.

        Raises:
            AnswerError: a field is wrong; the message begins with its name.
            AlreadyAnsweredError: they have answered, or the exercise is over.
            NotFoundError: it was not put to them.
        """
        rehearsal, ask = self.ask(id, number, person)
        now = self._clock.now()
        if not rehearsal.is_open or now >= rehearsal.ends_at:
            raise AlreadyAnsweredError("this exercise is over", "nothing was changed by you")
        given = Answer(
            kind=kind,
            by=person,
            at=now,
            digest=digest,
            proposal=proposal,
            facts=facts,
            reason=(reason or "").strip() or None,
            instruction=(instruction or "").strip() or None,
        )
        self._check(rehearsal, ask, given, unclear)
        answered = msgspec.structs.replace(
            ask,
            answered_at=now,
            kind=kind,
            proposal=proposal,
            facts=facts,
            reason=given.reason,
            instruction=given.instruction,
            unclear=unclear.strip(),
        )
        event = happening(rehearsal, "rehearsal_answered", person, now, number=number)
        if not self._store.answer_rehearsal_ask(answered, event):
            raise AlreadyAnsweredError("you have answered this already", "your first answer counts")
        return rehearsal

    def _check(self, rehearsal: Rehearsal, ask: RehearsalAsk, given: Answer, unclear: str) -> None:
        """Refuse what a real question would refuse.

        Raises:
            AnswerError: a field is wrong; the message begins with its name.
        """
        escalation = as_escalation(rehearsal, ask)
        check_answer(given, escalation)
        if len(unclear) > MAX_UNCLEAR:
            raise AnswerError(f"unclear: longer than {MAX_UNCLEAR:,} characters", "shorten it")
        form = form_of(escalation, self._shelf.table(rehearsal.agent, rehearsal.version))
        said = given.proposal if given.kind == "change" else escalation.proposal
        wrong = problems(form, said) if form and given.kind in {"approve", "change"} else []
        if wrong:
            remedy = "change it, reject it, or take it over"
            raise AnswerError(wrong[0].removeprefix("proposal."), remedy)


def _only(stop: Stop, here: frozenset[str]) -> Stop:
    people = {person: routes for person, routes in stop.people.items() if person in here}
    only: Stop = msgspec.structs.replace(stop, people=people)
    return only


def _with_last_resort(stops: Sequence[Stop], owner: str, here: frozenset[str]) -> tuple[Stop, ...]:
    """Return the stops, one of them put to the owner as such, where no other one is.

    As the last resort the owner may come to answer any of them.
    """
    is_asked = any(OWNER in routes for stop in stops for routes in stop.people.values())
    if not stops or is_asked or owner not in here:
        return tuple(stops)
    one = next((stop for stop in stops if owner in stop.people), stops[0])
    people = {**one.people, owner: (*one.people.get(owner, ()), OWNER)}
    also: Stop = msgspec.structs.replace(one, people=people)
    return tuple(also if stop is one else stop for stop in stops)


def _nothing(cases: Sequence[ExerciseCase], stops: Sequence[Stop]) -> str:
    if not cases:
        return "there are no decisions to rehearse"
    if not stops:
        return f"none of the {len(cases)} decisions stops, so nobody would be asked anything"
    return "nobody of the routes that these decisions reach can be asked"
