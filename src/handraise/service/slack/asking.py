"""The message for a question: what is asked, why, what would be done, until when, and the buttons.

No more of a decision stands in it than in a mail: the customer's own words and the agent's context
stay on the page. INVARIANT: what is not shown whole cannot be approved or changed from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from handraise.core.table.form import is_number
from handraise.core.table.money import in_money
from handraise.core.table.types import Person, Table
from handraise.model import Ask, Escalation, Message
from handraise.service.slack.blocks import (
    Block,
    actions,
    button,
    confirm,
    header,
    note,
    pairs,
    section,
)
from handraise.service.telling.wording import local, one_line, question
from handraise.service.telling.wording.figures import number_words, units_of
from handraise.service.telling.wording.notices import MAX_PROPOSAL
from handraise.service.telling.wording.questions import is_drill, sentences
from handraise.service.telling.wording.standing import deadlines, others, who_is_after
from handraise.service.telling.wording.texts import name_of

HAVE, APPROVE, OPEN = "acknowledge", "approve", "open"
MOST_FIELDS = 20
MAX_ACTION = 80
FORMS = {
    "change": "Change…",
    "reject": "Reject…",
    "instruct": "Instruct…",
    "take_over": "Take over…",
}
"""The buttons that open a form."""

DONE = {
    "approved": "approved this",
    "changed": "approved this with a change",
    "rejected": "rejected this",
    "instructed": "said what the agent should do instead",
    "taken_over": "took this over",
}
NOT_YOURS = "This is no longer with you. You need not do anything."
AGREED = {"approve": "agreed to this", "change": "agreed to this with a change"}


class Shown(Struct, frozen=True, kw_only=True):
    """A question as one person is shown it.

    Attributes:
        escalation: as it stands.
        ask: theirs.
        person: who reads it.
        table: the version it began with.
        people: everybody, by id.
        owner: the last resort.
        base_url: of the pages.
        now: the present instant.
        value: what a button sends along, by the kind of answer it gives; none for no buttons.
        must_confirm: whether approving takes a passkey, which only the page can ask for.
        can_change: whether a change can be typed into a form of Slack.
        has_left: whether the one who reads it was deactivated: nothing more of it is for them.
    """

    escalation: Escalation
    ask: Ask
    person: Person
    table: Table
    people: Mapping[str, Person]
    owner: Person
    base_url: str
    now: datetime
    value: Mapping[str, str] = {}
    must_confirm: bool = False
    can_change: bool = False
    has_left: bool = False

    @property
    def url(self) -> str:
        """The page of it."""
        return f"{self.base_url}/escalations/{self.escalation.id}"

    @property
    def question(self) -> str:
        """What is asked, in one line; nothing of it to whoever has left."""
        if self.has_left:
            return NOT_YOURS
        return question(self.escalation, self.table)


def opening(message: Message) -> str:
    """Return the sentence of a message that says why it comes to its reader.

    It stands between the greeting and the reasons.
    """
    parts = message.body.split("\n\n")
    return one_line(parts[1]) if len(parts) > 2 else ""


def question_blocks(shown: Shown, heading: str, first: str) -> list[Block]:
    """Return the blocks of a question that waits for its reader.

    Args:
        shown: the question.
        heading: its subject.
        first: why it comes to them.
    """
    reasons = [f"• {one_line(one)}" for one in sentences(shown.escalation, shown.table)]
    proposed, is_whole = proposal_blocks(shown)
    found = [header(heading)]
    found += [section(line) for line in (first, _practice(shown.escalation)) if line]
    found += [section("\n".join(["Why it stopped:", *reasons]))]
    found += proposed
    if not is_whole:
        found.append(section("The proposal is too long to stand here whole: decide on the page."))
    also = others(shown.ask, shown.escalation, shown.person, shown.people, shown.now)
    after = who_is_after(shown.ask, shown.escalation, shown.table, shown.owner)
    until = deadlines(shown.ask, shown.person, shown.table, shown.people, after)
    found += [section(line) for line in (also, until) if line]
    if shown.must_confirm:
        found.append(section("Approving it takes your passkey: do that on the page."))
    found.append(actions(_buttons(shown, is_whole=is_whole)))
    return [*found, note(f"Handraise, for {shown.escalation.agent}")]


def _buttons(shown: Shown, *, is_whole: bool) -> list[Block]:
    value = shown.value
    lets_act = is_whole and not shown.must_confirm
    found = []
    if HAVE in value and shown.ask.acknowledged_at is None:
        found.append(button("I have it", HAVE, value[HAVE], ask=None))
    if APPROVE in value and lets_act:
        what = f"{will_be_done(shown)} This cannot be taken back here."
        asked = confirm("Approve this?", what, "Approve", "Go back")
        found.append(button("Approve", APPROVE, value[APPROVE], style="primary", ask=asked))
    for kind, words in FORMS.items():
        if kind in value and (kind != "change" or (lets_act and shown.can_change)):
            style = "danger" if kind == "reject" else ""
            found.append(button(words, kind, value[kind], style=style, ask=None))
    return [*found, button("Open the page", OPEN, url=shown.url, ask=None)]


def will_be_done(shown: Shown) -> str:
    """Return what happens once this is approved, and who must agree besides."""
    asked = shown.question
    begins = f"May {shown.escalation.agent} "
    if not asked.startswith(begins) or is_drill(shown.escalation):
        return asked
    what = f"{shown.escalation.agent} will {asked.removeprefix(begins).rstrip('?')}."
    left = still_to_agree(shown, without=shown.ask)
    return f"{what} {left}" if left else what


def still_to_agree(shown: Shown, *, without: Ask | None = None) -> str:
    """Return which routes have not agreed yet; empty for none."""
    waiting = [
        f"{one.route} ({name_of(one.holder, shown.people)})"
        for one in shown.escalation.asks
        if one.state == "open" and (without is None or one.id != without.id)
    ]
    return f"Still to agree: {', '.join(waiting)}." if waiting else ""


def settled_blocks(shown: Shown, line: str) -> list[Block]:
    """Return the blocks of a question that is none any more, with what became of it.

    Whoever has left reads neither what it was nor what became of it.
    """
    if shown.has_left:
        return [section(NOT_YOURS)]
    page = button("Open the page", OPEN, url=shown.url, ask=None)
    return [header(shown.question), section(line), actions([page])]


def became(shown: Shown) -> str:
    """Return what became of a question that is no longer one to its reader."""
    escalation, ask = shown.escalation, shown.ask
    if ask.answer is not None and escalation.state == "open":
        who = _who(ask.answer.by, shown)
        done = AGREED.get(ask.answer.kind, "answered this")
        return f"{who} {done} at {local(ask.answer.at, shown.person)}. {still_to_agree(shown)}"
    if escalation.state == "open":
        return f"This is with {name_of(ask.holder, shown.people)} now. You need not do anything."
    at = escalation.resolved_at or shown.now
    when = local(at, shown.person)
    if escalation.outcome == "withdrawn":
        return f"This is no longer needed: it was withdrawn at {when}."
    if escalation.outcome == "expired" or escalation.resolved_by is None:
        return f"This ended unanswered at {when}, and will not be done."
    done = DONE.get(escalation.outcome or "", "ended this")
    return f"{_who(escalation.resolved_by, shown)} {done} at {when}."


def _who(id: str, shown: Shown) -> str:
    return "You" if id == shown.person.id else name_of(id, shown.people)


def _practice(escalation: Escalation) -> str:
    if is_drill(escalation):
        return (
            "This is a drill, an exercise: nothing will be done. Please answer as if it were real."
        )
    if escalation.rehearsal:
        return "This is a rehearsal: nothing will be done, but please answer as if it were real."
    return ""


def proposal_blocks(shown: Shown) -> tuple[list[Block], bool]:
    """Return what would be done, field by field, and whether that is all of it.

    Args:
        shown: the question.
    """
    proposal, action = shown.escalation.proposal, shown.escalation.decision.action
    named = one_line(action) if isinstance(action, str) else ""
    first = section(f"What it would do: {named[:MAX_ACTION] or 'no usable action'}")
    is_named = len(named) <= MAX_ACTION
    if proposal is None:
        return [first], is_named
    units = units_of(shown.table, action) if isinstance(action, str) else {}
    held = proposal if isinstance(proposal, dict) else {"proposal": proposal}
    fields, is_whole = pairs(
        [
            (in_words(str(name)), in_words(value, units.get(str(name))))
            for name, value in held.items()
        ],
        most=MOST_FIELDS,
        room=MAX_PROPOSAL,
    )
    return [first, *fields], is_named and is_whole


def in_words(value: Any, unit: str | None = None) -> str:
    """Return a value of a proposal as a person reads it, nothing left out.

    Example:
        >>> in_words(6200, "USD"), in_words(True), in_words(None), in_words({"a": [1]})
        ('6,200 USD', 'yes', 'nothing', '{"a":[1]}')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.isprintable():
        return value if value.strip() else "empty text"
    if is_number(value):
        number = repr(value) if unit is None else number_words(value)
        return f"{in_money(number, unit)} {unit}" if unit else number
    return msgspec.json.encode(value).decode()
