"""The page of audits in words: what waits for the reader, and what audits say of each agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from handraise.core.monitor.audits import Estimate
from handraise.model import Audit, DecisionRecord
from handraise.service.auditing.estimating import Alone
from handraise.service.auditing.telling import (
    against_promise,
    beside,
    headline,
    name_of_window,
    rate_words,
)
from handraise.service.watch.words import counted, percent
from handraise.web.pages.views.question import clipped, usable_name
from handraise.web.pages.views.words import Moment, Reader, sentence, spaced

NOTHING_OF_IT = "–"
MOST_WRONG = 10


class WaitingLine(Struct, frozen=True, kw_only=True):
    """A decision that waits for somebody's look: nothing of what the agent made of it.

    Attributes, where the name alone does not say it:
        title: the kind of request, as the page of it names it.
        case: its case; empty for none.
    """

    href: str
    title: str
    case: str
    agent: str
    urgency: str
    drawn: Moment
    due: Moment | None
    left: str
    who: str


class Row(Struct, frozen=True, kw_only=True):
    """A line of figures: what it is of, then each figure."""

    name: str
    figures: tuple[str, ...]


class DisagreementLine(Struct, frozen=True, kw_only=True):
    """A decision that two people see differently."""

    href: str
    words: str
    at: Moment


class AgentAudits(Struct, frozen=True, kw_only=True):
    """What audits say of one agent.

    Attributes:
        agent: whose.
        headline: all of it in one sentence.
        promise: how that stands to what was promised.
        tone: `good`, `stopped`, or empty where nobody can say.
        beside: what else must be known.
        windows: the figures by stretch of time.
        severities: the same by severity, since the version is in force; empty for one alone.
        disagreements: for the owner.
        wrong: addresses of what was found wrong, the newest first, for the owner.
        others: what waits for others, for the owner.
    """

    agent: str
    headline: str
    promise: str
    tone: str
    beside: tuple[str, ...]
    windows: tuple[Row, ...]
    severities: tuple[Row, ...]
    disagreements: tuple[DisagreementLine, ...]
    wrong: tuple[str, ...]
    others: tuple[WaitingLine, ...]


class AuditsPage(Struct, frozen=True, kw_only=True):
    """The page of audits."""

    heading: str
    mine: tuple[WaitingLine, ...]
    agents: tuple[AgentAudits, ...]


COLUMNS = ("went ahead", "looked at", "wrong", "share", "at most")


def audits_page(
    mine: Sequence[Audit],
    alone: Sequence[Alone],
    others: Mapping[str, Sequence[Audit]],
    about: Mapping[str, DecisionRecord],
    owned: frozenset[str],
    reader: Reader,
) -> AuditsPage:
    """Return the page in words.

    Args:
        mine: what waits for the reader.
        alone: what is known of each agent that they may read of.
        others: what waits for others, by agent; only of agents that the reader owns.
        about: what each of these is about, by decision.
        owned: the agents that they own.
        reader: who reads.
    """
    count = len(mine)
    if not count:
        heading = "Nothing waits for your look"
    else:
        heading = f"{counted(count, 'decision')} {'waits' if count == 1 else 'wait'} for your look"
    return AuditsPage(
        heading=heading,
        mine=tuple(_line(one, about, reader) for one in mine),
        agents=tuple(
            _agent(one, others.get(one.agent, ()), about, reader, is_owner=one.agent in owned)
            for one in alone
        ),
    )


def _line(audit: Audit, about: Mapping[str, DecisionRecord], reader: Reader) -> WaitingLine:
    decision = about.get(audit.decision_id)
    kind = "" if decision is None else spaced(usable_name(decision.type))
    due = None if audit.due_at is None else reader.moment(audit.due_at)
    is_late = due is not None and due.is_past
    return WaitingLine(
        href=f"/audits/{audit.id}",
        title=kind[:1].upper() + kind[1:] or "No kind of request was named",
        case="" if decision is None else clipped(decision.case or ""),
        agent=audit.agent,
        urgency="overdue" if is_late else "later",
        drawn=reader.moment(audit.drawn_at),
        due=due,
        left="not put to anybody yet" if due is None else f"due {due.relative}",
        who="" if audit.person is None else reader.name(audit.person),
    )


def _agent(
    alone: Alone,
    others: Sequence[Audit],
    about: Mapping[str, DecisionRecord],
    reader: Reader,
    *,
    is_owner: bool,
) -> AgentAudits:
    found = alone.estimate
    severities = list(dict.fromkeys(part.severity for part in found.strata))
    return AgentAudits(
        agent=alone.agent,
        headline=headline(alone),
        promise=against_promise(alone),
        tone=_tone(alone),
        beside=tuple(beside(alone)),
        windows=tuple(_windows(alone)),
        severities=tuple(_severity(found, one) for one in severities)
        if len(severities) > 1
        else (),
        disagreements=tuple(
            DisagreementLine(
                href=f"/audits/{one.decision_id}.1",
                words=", the other ".join(spaced(answer) for answer in one.answers),
                at=reader.moment(one.at),
            )
            for one in alone.disagreements
        )
        if is_owner
        else (),
        wrong=tuple(f"/audits/{id}.1" for id in alone.wrong[:MOST_WRONG]) if is_owner else (),
        others=tuple(_line(one, about, reader) for one in others),
    )


def _windows(alone: Alone) -> Iterator[Row]:
    """Yield the figures by stretch of time; what says the same as the one before stands once."""
    before: tuple[str, ...] = ()
    for one in alone.windows:
        figures = _figures(one.estimate)
        if figures != before:
            yield Row(name=sentence(name_of_window(one)).rstrip("."), figures=figures)
        before = figures


def _tone(alone: Alone) -> str:
    found, promise = alone.estimate, alone.promise
    if promise is None or found.rate is None:
        return ""
    if found.floor > promise.rate:
        return "stopped"
    return "good" if found.bound <= promise.rate else ""


def _figures(found: Estimate) -> tuple[str, ...]:
    answered = found.right + found.wrong + found.unclear
    return (
        f"{found.decisions:,}",
        f"{answered:,} of {answered + found.pending:,}",
        f"{found.wrong:,}",
        rate_words(found),
        percent(found.bound),
    )


def _severity(found: Estimate, severity: str) -> Row:
    parts = [one for one in found.strata if one.severity == severity]
    answered = sum(one.answered for one in parts)
    wrong, told = sum(one.wrong for one in parts), sum(one.told for one in parts)
    waiting = sum(one.pending for one in parts)
    return Row(
        name=spaced(severity) or "no severity",
        figures=(
            f"{sum(one.decisions for one in parts):,.0f}",
            f"{answered:,} of {answered + waiting:,}",
            f"{wrong:,}",
            percent(wrong / told) if told else NOTHING_OF_IT,
        ),
    )
