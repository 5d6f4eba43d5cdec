"""Where people look at decisions that were taken alone: blind first, then at what the agent did.

INVARIANTS: nobody sees what the agent did, nor what anybody else said of it, before they have said
what they would have done, where there is something to say that by; that is said once and stays.
An owner sees what was said once nobody is to look at that decision any more: they might be next.
Whom an audit was put to answers it, and nobody else; the owner may take one over, and settle what
two people see differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import isfinite

from msgspec import Struct
from msgspec.structs import replace

from handraise.clock import Clock
from handraise.core.table.types import Table
from handraise.errors import AccessError, AlreadyAnsweredError, AnswerError, NotFoundError
from handraise.model import Audit, AuditAnswer, DecisionRecord
from handraise.service.auditing.estimating import FIRST, SECOND, SETTLED
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

ASK_A_PERSON = "ask a person"
CANNOT_TELL = "cannot tell"
OTHERWISE = (ASK_A_PERSON, CANNOT_TELL)
"""What one may choose beside an action of the table."""

ANSWERS: tuple[AuditAnswer, ...] = ("right", "wrong", "cannot_tell")
MAX_NOTE = 2_000
MAX_STAKE = 1e12
LONGEST_ACTION = 200


class Question(Struct, frozen=True, kw_only=True):
    """A decision that was drawn, as one person may see it now.

    Attributes:
        audit: as it stands; where the reader may not know what was said, without it.
        decision: what was decided; its action, proposal, facts and confidence are left out while
            the reader has not said what they would have done.
        table: by which it went ahead.
        is_blind: whether the reader is asked first what they would have done.
        is_erased: whether the personal data in it were erased.
        is_mine: whether the reader may answer it now.
        may_take_over: whether they may take it over from whom it was put to.
        others: what others said of the same decision, the owner's last word included; empty for
            who may not know it yet.
        may_settle: whether they may settle what two people said.
        is_disputed: whether two people said different things, and the reader may know it.
    """

    audit: Audit
    decision: DecisionRecord
    table: Table
    is_blind: bool
    is_erased: bool
    is_mine: bool
    may_take_over: bool
    others: tuple[Audit, ...] = ()
    may_settle: bool = False
    is_disputed: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """What the reader may say that they would have done."""
        return (*self.table.actions, *OTHERWISE)


class Audits:
    """Where audits are read and answered. Every verb takes the person and checks their right."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what is needed."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def mine(self, person: str) -> list[Audit]:
        """Return what waits for a person, the soonest due first."""
        return self._store.audits_in_hand(person)

    def about(self, audits: Sequence[Audit]) -> dict[str, DecisionRecord]:
        """Return what audits are about, by decision, without anything that the agent made of it."""
        found: dict[str, DecisionRecord] = {}
        for agent in dict.fromkeys(one.agent for one in audits):
            ids = [one.decision_id for one in audits if one.agent == agent]
            kept = self._store.decisions_by_id(agent, ids)
            found |= {id: _covered(one) for id, one in kept.items()}
        return found

    def question(self, audit_id: str, person: str) -> Question:
        """Return a decision as a person may see it now.

        Raises:
            NotFoundError: there is none, or it is not theirs to see.
        """
        audit = self._store.audit(audit_id)
        decision = None if audit is None else self._store.decision_by_id(audit.decision_id)
        if audit is None or decision is None or not self._may_see(audit, person):
            raise NotFoundError(f"there is no audit {audit_id}", "open it from the list of audits")
        is_erased = self._store.is_erased(audit.decision_id)
        is_mine = audit.state == "asked" and audit.person == person
        is_blind = is_mine and not is_erased and audit.chosen is None and has_evidence(audit)
        others = () if is_blind or is_mine else self._others(audit, person)
        is_owner = self._shelf.is_owner(person, audit.agent)
        may_take_over = is_owner and self._may_take_over(audit, person)
        # An owner who may still be asked is to look blind, too.
        is_free = is_owner and not self._is_open(audit)
        knows = is_mine or audit.answered_by == person or is_free
        is_disputed = is_owner and knows and self._is_disputed(audit)
        return Question(
            audit=audit if knows else _closed(audit),
            decision=_covered(decision) if is_blind or not knows else decision,
            table=self._shelf.table(audit.agent, audit.version),
            is_blind=is_blind,
            is_erased=is_erased,
            is_mine=is_mine,
            may_take_over=may_take_over,
            others=others if knows else (),
            may_settle=is_disputed and not self._is_party(audit, person),
            is_disputed=is_disputed,
        )

    def choose(self, audit_id: str, person: str, action: str) -> Question:
        """Keep what a person would have done, and return the decision with what the agent did.

        Raises:
            NotFoundError: as `question`.
            AccessError: it is not theirs to answer.
            AnswerError: it is nothing that may be chosen.
            AlreadyAnsweredError: they have said so before: it stays.
        """
        question = self._own(audit_id, person)
        chosen = action.strip()
        if chosen not in question.choices and not _is_free(question.table, chosen):
            raise AnswerError(
                f'chosen: "{chosen[:LONGEST_ACTION]}" is nothing that may be chosen',
                f"one of {', '.join(question.choices)}",
            )
        if not question.is_blind or not self._store.choose(
            audit_id, person, chosen, self._clock.now()
        ):
            raise AlreadyAnsweredError(
                "what you would have done is said, and stays", "say now whether it was right"
            )
        return self.question(audit_id, person)

    def answer(
        self,
        audit_id: str,
        person: str,
        answer: str,
        *,
        stake: float | None = None,
        note: str = "",
    ) -> None:
        """Keep what a person says of a decision.

        Args:
            audit_id: which.
            person: whom it was put to.
            answer: `right`, `wrong` or `cannot_tell`.
            stake: what a wrong one cost, at least 0, in the table's money unit.
            note: their words, at most 2,000 characters.

        Raises:
            NotFoundError: as `question`.
            AccessError: it is not theirs to answer.
            AnswerError: a field is wrong, or they have not said yet what they would have done.
            AlreadyAnsweredError: it is answered.
        """
        question = self._own(audit_id, person)
        if question.is_blind:
            raise AnswerError(
                "chosen: say first what you would have done", "then you see what the agent did"
            )
        said, cost, words = _usable(answer, stake, note)
        if not self._store.answer_audit(audit_id, person, said, cost, words, self._clock.now()):
            raise self._too_late(audit_id, person)

    def take_over(self, audit_id: str, person: str) -> None:
        """Put an audit into the owner's own hands.

        Raises:
            NotFoundError: as `question`.
            AccessError: they do not own the agent, or have the other look at the same decision.
            AlreadyAnsweredError: it is answered, or in other hands by now.
        """
        question = self.question(audit_id, person)
        audit = self._store.audit(audit_id)
        if question.is_mine:
            raise AlreadyAnsweredError("it is in your hands already", "answer it")
        if audit is None or not question.may_take_over:
            raise AccessError(
                f"{audit_id} is not yours to take over",
                "the owner takes over what waits for somebody, unless they look at it already",
            )
        now = self._clock.now()
        within_s = question.table.audit.within_s if question.table.audit is not None else 0.0
        due_at = audit.due_at or now + timedelta(seconds=within_s)
        if not self._store.ask_audit(audit_id, person, due_at, now, before=audit.person):
            raise self._too_late(audit_id, person)

    def settle(
        self,
        decision_id: str,
        person: str,
        answer: str,
        *,
        stake: float | None = None,
        note: str = "",
    ) -> None:
        """Keep the owner's last word on a decision that two people see differently.

        Raises:
            NotFoundError: there is no such audit.
            AccessError: they do not own the agent, or gave one of the two answers.
            AnswerError: a field is wrong.
            AlreadyAnsweredError: there is nothing to settle, or it is settled.
        """
        first = self._store.audit(f"{decision_id}.{FIRST}")
        if first is None:
            raise NotFoundError(f"there is no audit of {decision_id}", "`handraise audits` lists")
        if not self._shelf.is_owner(person, first.agent):
            raise AccessError(
                f'"{person}" does not own {first.agent}', "the owner settles what two people said"
            )
        if self._is_party(first, person):
            raise AccessError(
                f'"{person}" gave one of the two answers', "it stays disputed, and counts as wrong"
            )
        said, cost, words = _usable(answer, stake, note)
        if not self._is_disputed(first) or not self._store.settle_audit(
            decision_id, person, said, cost, words, self._clock.now()
        ):
            settled = self._store.audit(f"{decision_id}.{SETTLED}")
            if settled is not None and settled.answered_by == person:
                raise self._too_late(settled.id, person)
            raise AlreadyAnsweredError(
                f"there is nothing to settle of {decision_id}",
                "two people must have answered, and not alike, and nobody settled it",
            )

    def _own(self, audit_id: str, person: str) -> Question:
        question = self.question(audit_id, person)
        if question.is_mine:
            return question
        audit = self._store.audit(audit_id)
        if audit is not None and audit.state == "answered":
            raise self._too_late(audit_id, person)
        raise AccessError(
            f"{audit_id} was not put to you",
            "whom it was put to answers, or the owner takes it over",
        )

    def _too_late(self, audit_id: str, person: str) -> AlreadyAnsweredError:
        audit = self._store.audit(audit_id)
        if audit is not None and audit.answered_by is not None and audit.answered_at is not None:
            at = f"on {audit.answered_at:%Y-%m-%d %H:%M} UTC"
            if audit.answered_by == person:
                return AlreadyAnsweredError(
                    f"you have answered it already, {at}", "your first answer stands"
                )
            return AlreadyAnsweredError(
                f"{audit.answered_by} answered it {at}", "the first answer stands"
            )
        return AlreadyAnsweredError("it is in other hands now", "open it again from the list")

    def _may_see(self, audit: Audit, person: str) -> bool:
        if not self._shelf.is_here(person):
            return False
        if person in (audit.answered_by, audit.person):
            return True
        return self._shelf.is_owner(person, audit.agent)

    def _may_take_over(self, audit: Audit, person: str) -> bool:
        """Whether the owner may look at it instead: not where they know what was said of it."""
        if audit.state not in {"drawn", "asked"} or audit.person == person:
            return False
        if any(
            one.state == "answered" or person in (one.person, one.answered_by)
            for one in self._looks(audit)
        ):
            return False
        chose = self._store.choosers(audit.agent, audit.decision_id, audit.drawn_at)
        return person not in chose

    def _is_open(self, audit: Audit) -> bool:
        """Whether somebody has still to look at the same decision, or may be asked to."""
        return any(one.state in {"drawn", "asked"} for one in (audit, *self._looks(audit)))

    def _waits_for(self, audit: Audit, person: str) -> bool:
        """Whether a person has still to look at the same decision themselves."""
        return any(one.state == "asked" and one.person == person for one in self._looks(audit))

    def _looks(self, audit: Audit) -> list[Audit]:
        """Return the other looks at the same decision."""
        numbers = (FIRST, SECOND, SETTLED)
        found = (self._store.audit(f"{audit.decision_id}.{number}") for number in numbers)
        return [one for one in found if one is not None and one.id != audit.id]

    def _others(self, audit: Audit, person: str) -> tuple[Audit, ...]:
        """Return what others have said of the same decision; nothing while one still looks."""
        if self._waits_for(audit, person):
            return ()
        return tuple(one for one in self._looks(audit) if one.state == "answered")

    def _is_party(self, audit: Audit, person: str) -> bool:
        """Whether one of the answers is a person's own: nobody settles their own dispute."""
        return any(
            one.answered_by == person and not one.id.endswith(f".{SETTLED}")
            for one in (audit, *self._looks(audit))
        )

    def _is_disputed(self, audit: Audit) -> bool:
        looks = {one.id.rpartition(".")[2]: one for one in (audit, *self._looks(audit))}
        answers = {looks[str(n)].answer for n in (FIRST, SECOND) if str(n) in looks}
        return len(answers - {None}) > 1 and str(SETTLED) not in looks


def has_evidence(audit: Audit) -> bool:
    """Whether there is anything by which somebody can say what they would have done."""
    return any(one not in (None, "", {}, []) for one in (audit.text, audit.context))


def _is_free(table: Table, chosen: str) -> bool:
    """Whether an action in one's own words may be chosen: where the table names none."""
    return not table.actions and 0 < len(chosen) <= LONGEST_ACTION


def _covered(decision: DecisionRecord) -> DecisionRecord:
    """Return a decision without what the agent made of it."""
    return replace(
        decision, action=None, proposal=None, facts=None, confidence=None, severity=None, rows=()
    )


def _closed(audit: Audit) -> Audit:
    """Return an audit without what was said in it."""
    said = {"chosen": None, "answer": None, "stake": None, "note": ""}
    return replace(audit, **said)


def _usable(answer: str, stake: float | None, note: str) -> tuple[AuditAnswer, float | None, str]:
    """Return an answer that can be kept.

    Raises:
        AnswerError: it cannot; the message begins with the field's name.
    """
    said = next((one for one in ANSWERS if one == answer.strip().replace("-", "_")), None)
    if said is None:
        raise AnswerError(f'answer: "{answer[:40]}" is none', "right, wrong or cannot_tell")
    if stake is not None and not (isfinite(stake) and 0 <= stake <= MAX_STAKE):
        raise AnswerError(f"stake: {stake} is no cost", "a number from 0 on, without a unit")
    words = note.strip()
    if len(words) > MAX_NOTE:
        raise AnswerError(f"note: has {len(words):,} characters", f"at most {MAX_NOTE:,} are kept")
    return said, stake if said == "wrong" else None, words
