"""What comes next: who must decide by when, and what each answer would bring.

What an approval or a change would bring is not guessed: it is the very move of the lifecycle, made
on paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from handraise.core.table.types import Table
from handraise.model import Ask, Escalation
from handraise.service.telling.wording.figures import figures
from handraise.service.telling.wording.texts import isolated
from handraise.web.pages.views.question import usable_name
from handraise.web.pages.views.standing import is_drill
from handraise.web.pages.views.words import Moment, Reader, route_name, spaced


class Decider(Struct, frozen=True, kw_only=True):
    """Who must decide by when, for which route; `is_reader` where it is the reader.

    `pick_up` is until when the reader must say "I have it"; None where that is not theirs, or done.
    """

    who: str
    route: str
    due: Moment
    is_reader: bool = False
    pick_up: Moment | None = None


class Ahead(Struct, frozen=True, kw_only=True):
    """What comes next for an open escalation.

    Attributes:
        deciders: who must decide by when, whoever is due first at the head.
        next: what happens if the reader approves; or, where they cannot, what it waits for.
        unanswered: what happens if nobody answers.
    """

    deciders: tuple[Decider, ...] = ()
    next: str = ""
    unanswered: str = ""


def ahead_of(
    escalation: Escalation,
    table: Table | None,
    reader: Reader,
    approved: Sequence[str],
) -> Ahead:
    """Return what comes next; nothing for what has ended.

    Args:
        escalation: as it stands.
        table: of the version it began with.
        reader: who reads.
        approved: what an approval of each ask by the reader would bring, in words.
    """
    if escalation.state != "open":
        return Ahead()
    waiting = [ask for ask in escalation.asks if ask.state == "open"]
    deciders = tuple(
        _decider(ask, reader) for ask in sorted(waiting, key=lambda one: one.decide_due_at)
    )
    first = next(filter(None, approved), "")
    waits = f"{escalation.agent} stays stopped until that is decided."
    return Ahead(
        deciders=deciders,
        next=f"If you approve, {first}" if first else waits,
        unanswered=_unanswered(escalation, table),
    )


def picked_up_by(ask: Ask, reader: Reader) -> datetime | None:
    """Return until when the reader must pick an ask up; None where another deadline comes first."""
    at = ask.acknowledge_due_at
    is_theirs = reader.id in {ask.holder, ask.delegate}
    return at if at is not None and is_theirs and at < ask.decide_due_at else None


def _decider(ask: Ask, reader: Reader) -> Decider:
    pick_up_at = picked_up_by(ask, reader)
    return Decider(
        who=reader.name(ask.holder),
        route=route_name(ask.route),
        due=reader.moment(ask.decide_due_at),
        is_reader=reader.id in {ask.holder, ask.delegate},
        pick_up=None if pick_up_at is None else reader.moment(pick_up_at),
    )


def _unanswered(escalation: Escalation, table: Table | None) -> str:
    if table is None:
        return ""
    if table.unanswered == "reject":
        return "If nobody answers, it is rejected in the end."
    return f"If nobody answers, {escalation.agent} stays stopped."


def approval_words(
    before: Escalation, after: Escalation | None, reader: Reader, units: Mapping[str, str]
) -> str:
    """Return what an approval or a change brings, to stand behind `If you approve,`.

    Args:
        before: as it stands.
        after: as it would stand; None where that cannot be.
        reader: who reads.
        units: of the proposal's amounts.
    """
    if after is None:
        return ""
    if before.rehearsal:
        what = "drill" if is_drill(before.reasons) else "rehearsal"
        return f"nothing is done: this is a {what}."
    action = usable_name(after.decision.action)
    what = (
        f"{isolated(spaced(action))}{figures(action, after.proposal, units)}"
        if action
        else "what it asked"
    )
    if after.state != "open":
        return f"{after.agent} may {what}, at once. Nobody else has to agree."
    missing = _missing(after, reader)
    return f"{after.agent} may {what} once {missing} too. Until then it stays stopped."


def _missing(after: Escalation, reader: Reader) -> str:
    """Return who must agree yet: `finance lead (Ines Duarte, until today 17:52) agrees`."""
    waiting = [
        f"{route_name(ask.route)} ({reader.name(ask.holder)}, until"
        f" {reader.moment(ask.decide_due_at).absolute})"
        for ask in after.asks
        if ask.state == "open"
    ]
    verb = "agrees" if len(waiting) == 1 else "agree"
    return f"{' and '.join(waiting)} {verb}"


def ending_words(escalation: Escalation, ask: Ask, *, has_proposal: bool) -> dict[str, str]:
    """Return what each answer brings that ends it, by kind, as a sentence."""
    agent = escalation.agent
    others = [one for one in escalation.asks if one.state == "open" and one.id != ask.id]
    routes = " and ".join(dict.fromkeys(route_name(one.route) for one in others))
    spared = (
        f" {routes} {'is' if len(others) == 1 else 'are'} not asked any more." if routes else ""
    )
    if escalation.rehearsal:
        return dict.fromkeys(
            ("reject", "instruct", "take_over"), "Nothing is done, this is practice."
        )
    again = " The same is not asked again within this case." if has_proposal else ""
    return {
        "reject": f"{agent} does not do it.{again}{spared}",
        "instruct": (
            f"{agent} does not do this; it goes on with your words.{spared}"
            " Whatever it then wants is judged anew."
        ),
        "take_over": f"{agent} leaves this alone from now on, and you do it.{spared}",
    }
