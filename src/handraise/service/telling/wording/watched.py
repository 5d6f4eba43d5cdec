"""What people are told of the watch: what is wrong, what is over, in one message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlencode

from msgspec.structs import replace

from handraise.core.monitor.alarming import Settled
from handraise.core.monitor.signals import PROBLEMS, Problem
from handraise.core.table.types import Person, Table
from handraise.model import Alarm, Message
from handraise.service.telling.wording.alarms import alarm
from handraise.service.telling.wording.texts import local, one_line

HEADINGS: dict[Problem, str] = {
    "oversight": "Oversight: mistakes may pass unseen",
    "capability": "Capability: the agent meets what it cannot do",
    "people": "People: those who are asked may need help",
    "operation": "Operation: something is silent or broken",
}
"""The problems, the worst first."""

SUMMARY = "summary"
"""The kind of the weekly summary's message."""

MOST_LINES = 4
MOST_LISTED = 20


def problem_of(found: Alarm) -> Problem:
    """Return what kind of problem an alarm is; `operation` where its kind is not known."""
    return next((name for kind, name in PROBLEMS.items() if kind == found.kind), "operation")


def worst_first(found: Sequence[Alarm]) -> list[Alarm]:
    """Return alarms, the worst kind of problem first, within it the oldest first."""
    order = list(HEADINGS)
    return sorted(found, key=lambda one: (order.index(problem_of(one)), one.raised_at, one.id))


def alarm_messages(table: Table, told: Settled, url: str, now: datetime) -> list[Message]:
    """Return what is told of an agent's alarms: in one message to each who is told.

    The owner is told everything, and a person what is about them when it is raised and over.

    Args:
        table: the agent's current table.
        told: what a look made of the alarms.
        url: where the pages are.
        now: the present instant.
    """
    if not told.wrong and not told.over:
        return []
    owner = table.people[table.owner]
    messages = [_to(table, owner, told, url, now)]
    for id in _concerned(table, told):
        mine = [one for one in told.wrong if one.about == id and one.times_told == 1]
        past = [one for one in told.over if one.about == id]
        if mine or past:
            theirs = replace(told, wrong=tuple(mine), over=tuple(past))
            messages.append(_to(table, table.people[id], theirs, url, now))
    if told.urgent:
        messages[0] = replace(messages[0], urgency="urgent")
    return messages


def _concerned(table: Table, told: Settled) -> list[str]:
    """Return the people whose figures are told of, the owner apart."""
    about = dict.fromkeys(one.about for one in (*told.wrong, *told.over))
    return [id for id in about if id is not None and id in table.people and id != table.owner]


def _to(table: Table, person: Person, told: Settled, url: str, now: datetime) -> Message:
    wrong, over = told.wrong, told.over
    more = "There you take an alarm or put it off:"
    if person.id != table.owner:
        more = "You and the owner see this, nobody else. There is more:"
    lines = [
        *_wrong(worst_first(wrong), person),
        *_unseen([one for one in over if one.unseen], person),
        *_over(told, person),
        more,
        f"  {url}/watch?{urlencode({'agent': table.agent})}",
    ]
    return alarm(table.agent, person, _subject(table.agent, told), lines, now)


def _subject(agent: str, told: Settled) -> str:
    wrong, over = told.wrong, told.over
    if not wrong:
        blind = [one for one in over if one.unseen]
        ended, what = (blind, "no longer looked at") if blind else (over, "over")
        if not blind and all(one.id in told.passed for one in over):
            what = "came and went"
        return f"{agent}: {counted(len(ended), 'alarm')} {what}: {ended[0].sentence}"
    return f"{agent}: {counted(len(wrong), 'alarm')}: {worst_first(wrong)[0].sentence}"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 alarm`, `2 alarms`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _wrong(found: Sequence[Alarm], person: Person) -> Iterator[str]:
    heading = None
    for one in found[:MOST_LISTED]:
        problem = problem_of(one)
        if problem != heading:
            yield from (HEADINGS[problem], "")
            heading = problem
        again = " (told before)" if one.times_told > 1 else ""
        yield f"  - {one_line(one.sentence)}{again}"
        since = f"{since_word(one)} {local(one.since or one.raised_at, person)}"
        yield f"    {since}. {one_line(one.means)}"
        yield from (f"      {one_line(line)}" for line in one.lines[:MOST_LINES])
        yield ""
    if len(found) > MOST_LISTED:
        yield from (f"  and {len(found) - MOST_LISTED:,} more on the page", "")


def since_word(found: Alarm) -> str:
    """Return `Since`, or `Since about` where it can only be estimated when it began."""
    return "Since about" if found.kind in ("too_much", "too_little") else "Since"


def _unseen(found: Sequence[Alarm], person: Person) -> Iterator[str]:
    if not found:
        return
    yield from ("No longer looked at; nobody knows whether it is over:", "")
    for one in found[:MOST_LISTED]:
        yield f"  - {one_line(one.sentence)}"
        yield f"    Last seen on {local(one.seen_at, person)}. {one_line(unseen_words(one))}"
    yield ""


def unseen_words(found: Alarm) -> str:
    """Return why an alarm is no longer looked at, as a sentence."""
    return f"It is no longer looked at, because {found.unseen}."


def _over(told: Settled, person: Person) -> Iterator[str]:
    seen = [one for one in told.over if not one.unseen]
    passed = [one for one in seen if one.id in told.passed]
    if passed:
        yield from ("Came and went before you were told:", "")
        for one in passed[:MOST_LISTED]:
            ended = local(one.resolved_at or one.seen_at, person)
            yield f"  - {one_line(one.sentence)}"
            yield f"    It was raised on {local(one.raised_at, person)} and over on {ended}."
        yield ""
    found = [one for one in seen if one.id not in told.passed]
    if not found:
        return
    yield from ("Over:", "")
    for one in found[:MOST_LISTED]:
        ended = local(one.resolved_at or one.seen_at, person)
        yield f"  - {one_line(one.sentence)}"
        yield f"    It was over on {ended}."
    yield ""


def summary_message(table: Table, lines: Sequence[str], url: str, now: datetime) -> Message:
    """Return the weekly summary to the owner of an agent.

    Args:
        table: the agent's current table.
        lines: what happened, line by line.
        url: where the pages are.
        now: the present instant.
    """
    owner = table.people[table.owner]
    body = [
        f"the last seven days of {table.agent}:",
        "",
        *(f"  {one_line(line)}" for line in lines),
        "",
        "All of it, with figures:",
        f"  {url}/watch?{urlencode({'agent': table.agent})}",
    ]
    made = alarm(table.agent, owner, f"{table.agent}: the last seven days", body, now)
    return replace(made, kind=SUMMARY, bundle=None)
