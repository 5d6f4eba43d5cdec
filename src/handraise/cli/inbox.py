"""`inbox`: who has what to decide. Only reads; people answer on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import AsJson, StoreUrl, settings_at
from handraise.cli.output import columns, counted, say, say_json

if TYPE_CHECKING:
    from datetime import datetime

    from handraise.model import AskLine

MOST_LINES = 200


def inbox(
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Only what this person has now.")
    ] = None,
    store: StoreUrl = None,
    everything: Annotated[
        bool, typer.Option("--all", help="What was answered or has ended, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what people have to decide.

    The soonest due comes first. Only reads: people answer on the pages.
    """
    from handraise.clock import SystemClock
    from handraise.store import open_store

    opened = open_store(settings_at(store).store_url or "")
    try:
        lines = opened.asks(holder=person, state=None if everything else "open", limit=MOST_LINES)
    finally:
        opened.close()
    if as_json:
        say_json([_told(line) for line in lines])
        return
    _say_lines(lines, SystemClock().now(), everything=everything)


def _told(line: AskLine) -> dict[str, Any]:
    """Return what `inbox --json` says of one ask."""
    ask = line.ask
    return {
        "ask": ask.id,
        "escalation": line.escalation_id,
        "agent": line.agent,
        "route": ask.route,
        "holder": ask.holder,
        "answered_by": ask.answer.by if ask.answer else None,
        "state": ask.state,
        "outcome": line.outcome,
        "rehearsal": line.rehearsal,
        "type": line.type,
        "action": line.action,
        "case": line.case,
        "sentence": line.sentence,
        "tags": line.tags,
        "acknowledged_at": ask.acknowledged_at,
        "acknowledge_due_at": ask.acknowledge_due_at,
        "decide_due_at": ask.decide_due_at,
        "created_at": line.created_at,
    }


def _say_lines(lines: list[AskLine], now: datetime, *, everything: bool) -> None:
    if not lines:
        say("nothing to show" if everything else "nobody has anything to decide")
        return
    header = ("ask", "agent", "who", "route", "state", "why")
    rows = [
        (line.ask.id, line.agent, _who(line), line.ask.route, _state(line, now), _why(line))
        for line in lines
    ]
    say(columns(header, rows))
    if len(lines) == MOST_LINES:
        say(f"the first {MOST_LINES}; there may be more")
    else:
        say(counted(len(lines), "ask"))


def _who(line: AskLine) -> str:
    """Return who has an open ask, who answered it, or else who ended it for all."""
    ask = line.ask
    if ask.answer is not None:
        return ask.answer.by
    return ask.holder if ask.state == "open" else line.resolved_by or "-"


def _state(line: AskLine, now: datetime) -> str:
    """Return how an ask stands, in a word or two."""
    ask = line.ask
    if ask.state != "open":
        return line.outcome or ask.state
    due = ask.decide_due_at if ask.acknowledged_at else ask.acknowledge_due_at or ask.decide_due_at
    minutes = round((due - now).total_seconds() / 60)
    span = f"{abs(minutes)}m" if abs(minutes) < 120 else f"{abs(minutes) // 60}h"
    word = "answer" if ask.acknowledged_at else "take it"
    return f"{word}: {span} late" if minutes < 0 else f"{word} in {span}"


def _why(line: AskLine) -> str:
    practice = "(rehearsal) " if line.rehearsal else ""
    practice = "(drill) " if "drill" in line.conditions else practice
    return practice + " ".join(line.sentence.split())
