"""What is said to somebody whose form came a second time: what they did before, and that it counts.

A form comes twice from two pages, by a double click, or when a connection was lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handraise.core.lifecycle import done_before
from handraise.core.table.form import Form
from handraise.core.table.types import Table
from handraise.model import Answer, Escalation, Event
from handraise.web.pages.views.forms import Draft, read_change
from handraise.web.pages.views.history import history
from handraise.web.pages.views.standing import ENDED_BY
from handraise.web.pages.views.words import ANSWERED, Moment, Reader, sentence

MOVES = frozenset({"release", "reassign", "delegate", "take_back"})


class Again(Struct, frozen=True):
    """What is said to somebody who sends for a second time.

    Attributes:
        words: a headline, then sentences.
        is_same: whether it is what they sent before, so that nothing they typed is lost.
    """

    words: tuple[str, ...]
    is_same: bool


def answered_before(
    escalation: Escalation, form: Form | None, table: Table | None, draft: Draft, reader: Reader
) -> Again | None:
    """Return what to say to whoever has answered this ask, or ended all of it; None for others.

    Args:
        escalation: as it stands now.
        form: of its action's proposal, if the table has one.
        table: of the version it began with.
        draft: what came now.
        reader: who sent it.
    """
    ask = escalation.ask(draft.ask_id)
    answer = None if ask is None else ask.answer
    if answer is None:
        return _ended_before(escalation, reader)
    if answer.by != reader.id:
        return None
    is_same = draft.kind == "" or _is_same(escalation, answer, form, table, draft)
    if draft.kind in MOVES:
        counts = "Nothing was moved."
    elif is_same:
        counts = "It counts. Nothing was done a second time."
    else:
        counts = "That answer counts. This second one is another, and was not taken."
    said = _when(f"you {ANSWERED[answer.kind]}", reader.moment(answer.at))
    return Again(("You have already answered this", said, counts), is_same)


def _ended_before(escalation: Escalation, reader: Reader) -> Again | None:
    at = escalation.resolved_at
    if at is None or escalation.resolved_by != reader.id:
        return None
    said = _when(f"you {ENDED_BY.get(escalation.outcome or '', 'ended it')}", reader.moment(at))
    return Again(("You have already ended this", said, "This second answer was not needed."), False)


def _when(what: str, at: Moment) -> str:
    return sentence(f"{what} {at.relative} ({at.absolute})")


def _is_same(
    escalation: Escalation, answer: Answer, form: Form | None, table: Table | None, draft: Draft
) -> bool:
    values = draft.values
    words = (values.get("reason", "").strip(), values.get("instruction", "").strip())
    kept = (answer.reason or "", answer.instruction or "")
    if (draft.kind, values.get("digest"), *words) != (answer.kind, answer.digest, *kept):
        return False
    if answer.kind != "change":
        return True
    typed = read_change(escalation, form, table, values)
    stated = escalation.facts if typed.facts is None else typed.facts
    before = escalation.facts if answer.facts is None else answer.facts
    return not typed.errors and (typed.proposal, stated) == (answer.proposal, before)


def moved_before(
    escalation: Escalation, events: Sequence[Event], draft: Draft, reader: Reader
) -> Again | None:
    """Return what to say to whoever has made this move before; None for others.

    Args:
        escalation: as it stands now.
        events: what happened to it, oldest first.
        draft: what came now.
        reader: who sent it.
    """
    if draft.kind not in MOVES:
        return None
    to = draft.values.get("to", "").strip() or None
    before = done_before(events, draft.ask_id, reader.id, draft.kind, to)
    if before is None:
        return None
    (found,) = history([before], reader, escalation.asks)
    said = _when(found.sentence.rstrip("."), found.at)
    words = ("You have already done this", said, "Nothing was moved a second time.")
    return Again(words, draft.values.get("note", "").strip() == found.note)
