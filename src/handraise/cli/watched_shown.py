"""What `watch` prints: each agent's operation, drawn for a terminal or told as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from handraise.model import Alarm
from handraise.service.auditing.telling import against_promise, beside, headline
from handraise.service.reading.shelf import Shelf
from handraise.service.telling.wording.watched import HEADINGS, problem_of
from handraise.service.watch.picture import Picture, is_waiting
from handraise.service.watch.rate_figures import Seen
from handraise.service.watch.shown import (
    answering,
    groups,
    interval,
    lately,
    series_name,
    state_words,
    told_apart,
)
from handraise.service.watch.words import lasting

MOST_LINES = 6
MOST_RATES = 30
INDENT, BAR = 2, 24


def told(picture: Picture) -> dict[str, Any]:
    """Return a picture as plain values, for programs."""
    return {
        "agent": picture.agent,
        "at": picture.at,
        "sentence": picture.sentence,
        "live": picture.is_live,
        "watched": picture.is_watched,
        "looked_at": picture.looked_at,
        "alarms": [_told_alarm(one) for one in picture.alarms],
        "alarms_about_others": picture.of_others,
        "over": [_told_alarm(one) for one in picture.over],
        "rates": [{**msgspec.to_builtins(one), "words": state_words(one)} for one in picture.rates],
        "alone": msgspec.to_builtins(picture.alone),
        "people": msgspec.to_builtins(picture.people),
        "presences": msgspec.to_builtins(picture.presences),
        "notes": list(picture.notes),
        "unwatched": list(picture.unwatched),
    }


def gist(picture: Picture) -> object:
    """Return what of a picture is news when it changes."""
    return picture.sentence, [(one.id, one.state, one.snoozed_until) for one in picture.alarms]


def drawn(pictures: Sequence[Picture], shelf: Shelf) -> RenderableType:
    """Return pictures as they are drawn on a terminal."""
    parts: list[RenderableType] = []
    for picture in pictures:
        if parts:
            parts.append(Text())
        parts += _parts(picture, shelf)
    return Group(*parts)


def _parts(picture: Picture, shelf: Shelf) -> Iterator[RenderableType]:
    looked = "never" if picture.looked_at is None else _stamp(picture.looked_at)
    yield Text.assemble(
        (_plain(picture.agent), "bold"), ": ", (picture.sentence, _style(picture)), f"  ({looked})"
    )
    for one in picture.alarms:
        yield Padding(_alarm(one, picture.at, shelf), (0, 0, 0, INDENT))
    if picture.of_others:
        words = f"{picture.of_others} more about a person: they and the owner see it, --as PERSON"
        yield Padding(Text(words), (0, 0, 0, INDENT))
    for one in picture.over:
        ended = one.resolved_at or one.seen_at
        words = f"over {_stamp(ended)}: {_plain(one.sentence)}"
        yield Padding(Text(words, style="dim"), (0, 0, 0, INDENT))
    for part in (_rates(picture), _alone(picture), _people(picture), _signs(picture)):
        if part is not None:
            yield Padding(part, (1, 0, 0, INDENT))
    for words in picture.notes:
        yield Padding(Text(_plain(words), style="dim"), (0, 0, 0, INDENT))
    for words in picture.unwatched:
        yield Padding(Text(f"not watched: {_plain(words)}", style="dim"), (0, 0, 0, INDENT))


def _style(picture: Picture) -> str:
    if not picture.is_watched or picture.open:
        return "bold red"
    return "yellow" if picture.alarms or picture.of_others else "green"


def _alarm(one: Alarm, now: datetime, shelf: Shelf) -> RenderableType:
    heading, _, _ = HEADINGS[problem_of(one)].partition(":")
    style = "bold red" if is_waiting(one, now) else "yellow"
    first = Text.assemble((f"{heading.lower()}  ", style), (_plain(one.sentence), "bold"))
    about = [f"since {_stamp(one.since or one.raised_at)}", _standing(one, now), f"id {one.id}"]
    lines = [Text(" · ".join(filter(None, about)), style="dim"), Text(_plain(one.means))]
    lines += [Text(f"- {_plain(line)}") for line in one.lines[:MOST_LINES]]
    return Group(first, Padding(Group(*lines), (0, 0, 1, INDENT)))


def _standing(one: Alarm, now: datetime) -> str:
    """Return who has an alarm, or until when it is put off; empty where it waits."""
    if one.snoozed_until is not None and now < one.snoozed_until:
        return f"put off by {one.snoozed_by} until {_stamp(one.snoozed_until)}"
    if one.state == "acknowledged":
        return f"{one.acknowledged_by} has it"
    return "nobody has it"


def _rates(picture: Picture) -> RenderableType | None:
    """Return the rates as bars: the promised band shaded, the interval seen as a line."""
    shown = [
        one
        for one in told_apart(picture.rates)
        if not one.series.startswith("type ") or one.state in {"watching", "alarm"}
    ]
    if not shown:
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("how often it stops", "", "seen in the last week", "promised", ""):
        table.add_column(Text(name), no_wrap=name == "")
    for one in shown[:MOST_RATES]:
        seen, over = lately(one)
        longer = "" if seen is one.week else f", {over}"
        promised = "" if one.promised is None else interval(one.promised)
        style = {"alarm": "bold red", "watching": "yellow", "quiet": "green"}.get(one.state, "dim")
        table.add_row(
            Text(_plain(series_name(one.series))),
            Text(bar(seen, one.promised)),
            Text(f"{interval(seen)}{longer}"),
            Text(promised),
            Text(state_words(one), style=style),
        )
    return table


def bar(seen: Seen, promised: Seen | None) -> str:
    """Return a rate as a bar of letters: `░` was promised, `─` is where it lies, `●` was seen."""
    if not seen.decisions:
        return " " * BAR
    most = max(seen.high, 0.0 if promised is None else promised.high, 0.001)

    def place(share: float) -> int:
        return min(int(share / most * BAR), BAR - 1)

    cells = ["·"] * BAR
    if promised is not None:
        for at in range(place(promised.low), place(promised.high) + 1):
            cells[at] = "░"
    for at in range(place(seen.low), place(seen.high) + 1):
        cells[at] = "━" if cells[at] == "░" else "─"
    cells[place(seen.rate or 0.0)] = "●"
    return "".join(cells)


def _alone(picture: Picture) -> RenderableType | None:
    if picture.alone is None or not picture.alone.is_audited:
        return None
    words = (headline(picture.alone), against_promise(picture.alone), *beside(picture.alone))
    return Group(*(Text(_plain(one)) for one in words))


def _people(picture: Picture) -> RenderableType | None:
    if picture.people is None:
        return None
    lines = []
    for name, group in groups(picture.people):
        oldest = "" if group.oldest_at is None else _stamp(group.oldest_at)
        words = "; ".join(f"{label} {said}" for label, said in answering(group, oldest))
        lines.append(Text.assemble((f"{_plain(name)}  ", "bold"), _plain(words)))
    return Group(Text("how people answer, last four weeks", style="dim"), *lines)


def _signs(picture: Picture) -> RenderableType | None:
    if not picture.presences:
        return None
    lines = []
    for one in picture.presences:
        is_silent = one.due_at is not None and one.due_at <= picture.at
        words = "ended" if one.due_at is None else "SILENT" if is_silent else "heard of"
        style = "bold red" if is_silent else ""
        said = f"{one.name}: {words}, last {_stamp(one.beat_at)}, every {lasting(one.every_s)}"
        lines.append(Text(_plain(said), style=style))
    return Group(Text("signs of life", style="dim"), *lines)


def _told_alarm(one: Alarm) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "problem": problem_of(one),
        "subject": one.subject,
        "about": one.about,
        "state": one.state,
        "sentence": one.sentence,
        "means": one.means,
        "lines": one.lines,
        "examples": one.examples,
        "since": one.since,
        "raised_at": one.raised_at,
        "seen_at": one.seen_at,
        "acknowledged_by": one.acknowledged_by,
        "acknowledged_at": one.acknowledged_at,
        "snoozed_until": one.snoozed_until,
        "resolved_at": one.resolved_at,
    }


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


def _plain(text: str) -> str:
    """Return a text in which nothing steers the terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
