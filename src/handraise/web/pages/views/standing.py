"""Where an escalation stands and what happens next: said after each answer, on every visit."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handraise.model import OWNER, Ask, AskLine, Escalation, Reason
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import (
    ANSWERED,
    OUTCOMES,
    Moment,
    Reader,
    route_name,
    sentence,
)

NEXT = {
    "approved": "The agent may now do exactly what stands below, and nothing else.",
    "changed": "The agent may now do the changed proposal, exactly as it stands below.",
    "rejected": "The agent will not do it. Should it ask the same again in this matter, "
    "it gets the same answer.",
    "instructed": "The agent does not do what it proposed. It goes on with the words it was given.",
    "taken_over": "The agent leaves this alone from now on.",
    "withdrawn": "The agent took its question back. Nothing is left to do.",
    "expired": "Nobody answered in time. The agent must not act.",
}

_ALLOWED = "It was allowed. What it was has been erased since, so it may no longer be done."
NEXT_ERASED = {
    "approved": _ALLOWED,
    "changed": _ALLOWED,
    "instructed": "The agent does not do what it proposed. The words it was given were erased.",
}
"""What is said instead where it was erased what it was about."""


ENDED_BY = {
    "approved": "approved it",
    "changed": "changed it",
    "rejected": "rejected it",
    "instructed": "gave instructions",
    "taken_over": "took it over",
}


class Standing(Struct, frozen=True, kw_only=True):
    """Where it stands.

    Attributes:
        tone: good, stopped, waiting or none.
        headline: in a few words; empty while the reader has nothing to be told.
        by: who ended it, or what the reader answered.
        at: when.
        reason: the person's own words.
        instruction: the words for the agent.
        next: what happens now.
    """

    tone: str
    headline: str = ""
    by: str = ""
    at: Moment | None = None
    reason: str = ""
    instruction: str = ""
    next: str = ""


def standing(escalation: Escalation, reader: Reader) -> Standing:
    """Return where it stands, for this reader."""
    if escalation.outcome is not None and escalation.resolved_at is not None:
        return _ended(escalation, reader)
    mine = [ask for ask in escalation.asks if ask.answer and ask.answer.by == reader.id]
    return _answered(mine[-1], escalation, reader) if mine else Standing(tone="none")


def _ended(escalation: Escalation, reader: Reader) -> Standing:
    assert escalation.outcome is not None  # noqa: S101 - only ended ones come here
    assert escalation.resolved_at is not None  # noqa: S101
    what = NEXT[escalation.outcome]
    if escalation.erased_at is not None:
        what = NEXT_ERASED.get(escalation.outcome, what)
    if escalation.rehearsal:
        practice = "a drill" if is_drill(escalation.reasons) else "a rehearsal"
        what = f"This was {practice}: nothing is done, and it counts nowhere."
    return Standing(
        tone="good" if escalation.outcome in {"approved", "changed"} else "stopped",
        headline=OUTCOMES[escalation.outcome],
        by=f"by {reader.name(escalation.resolved_by)}" if escalation.resolved_by else "",
        at=reader.moment(escalation.resolved_at),
        reason=visible(escalation.reason or ""),
        instruction=visible(escalation.instruction or ""),
        next=what,
    )


def _answered(ask: Ask, escalation: Escalation, reader: Reader) -> Standing:
    assert ask.answer is not None  # noqa: S101 - only answered ones come here
    waiting = [
        f"{route_name(other.route)} ({reader.name(other.holder)}, until "
        f"{reader.moment(other.decide_due_at).absolute})"
        for other in escalation.asks
        if other.state == "open"
    ]
    return Standing(
        tone="waiting",
        headline=sentence(f"you {ANSWERED[ask.answer.kind]}").rstrip("."),
        at=reader.moment(ask.answer.at),
        reason=visible(ask.answer.reason or ""),
        next=f"The agent stays stopped until this is agreed to by {' and '.join(waiting)}.",
    )


def is_drill(reasons: Sequence[Reason]) -> bool:
    """Whether an escalation is a drill, by its reasons."""
    return any(reason.condition == "drill" for reason in reasons)


def with_whom(ask: Ask, reader: Reader) -> str:
    """Return who has an open ask: `with you, as the last resort`.

    What the owner was asked for first has come to them in its own right.
    """
    is_last = ask.with_owner and ask.route != OWNER
    return f"with {reader.name(ask.holder)}{', as the last resort' if is_last else ''}"


def picked_up(ask: Ask) -> str:
    """Return whether whoever has an open ask has said so, to stand behind `with_whom`."""
    return ", not picked up yet" if ask.acknowledged_at is None else ", picked up"


def working(ask: Ask, reader: Reader) -> str:
    """Return who does the work of an ask for its holder, as a sentence; empty for nobody."""
    if ask.delegate is None:
        return ""
    who, holder = reader.name(ask.delegate), reader.name(ask.holder)
    return sentence(f"{who} {'do' if who == 'you' else 'does'} the work of it for {holder}")


def ended_by(escalation: Escalation | AskLine, reader: Reader) -> str:
    """Return who ended an escalation, and how: `Dana Reyes rejected it`."""
    verb = ENDED_BY.get(escalation.outcome or "", "ended it")
    if not escalation.resolved_by:
        return "the agent withdrew it" if escalation.outcome == "withdrawn" else "nobody answered"
    return f"{reader.name(escalation.resolved_by)} {verb}"


def faster(escalation: Escalation, ask_id: str, reader: Reader) -> str:
    """Return who answered an ask before the reader, and when; empty when nobody did."""
    ask = escalation.ask(ask_id)
    if ask is not None and ask.answer is not None:
        who, what, at = reader.name(ask.answer.by), ANSWERED[ask.answer.kind], ask.answer.at
    elif escalation.outcome is not None and escalation.resolved_at is not None:
        who, at = reader.name(escalation.resolved_by or ""), escalation.resolved_at
        what = f"ended it: {OUTCOMES[escalation.outcome].lower()}"
        who = "it" if who == "nobody" else who
        what = (
            what if escalation.resolved_by else f"has ended: {OUTCOMES[escalation.outcome].lower()}"
        )
    else:
        return ""
    moment = reader.moment(at)
    return sentence(f"{who} {what} {moment.relative} ({moment.absolute})")
