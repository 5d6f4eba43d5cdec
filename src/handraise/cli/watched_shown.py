"""What `watch` prints: each agent's operation, drawn for a terminal or told as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from handraise.model import Alarm
from handraise.service.auditing.telling import against_promise, beside, headline
from handraise.service.telling.wording.watched import (
    HEADINGS,
    problem_of,
    since_word,
    unseen_words,
)
from handraise.service.watch.picture import Picture, is_waiting
from handraise.service.watch.rate_figures import Rate, Seen
from handraise.service.watch.shown import (
    answering,
    greatest,
    groups,
    interval,
    lately,
    lately_words,
    series_name,
    state_words,
    told_apart,
)
from handraise.service.watch.words import lasting, percent

MOST_LINES = 6
MOST_RATES = 30
INDENT, BAR = 2, 24
SHORT_ID = 8
ROOM_FOR_BARS = 118
"""So many letters across are needed for figures and bars beside each other."""


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
        "alarms_in_all": len(picture.alarms) + picture.of_others,
        "over": [_told_alarm(one) for one in picture.over],
        "rates": [{**msgspec.to_builtins(one), "words": state_words(one)} for one in picture.rates],
        "alone": msgspec.to_builtins(picture.alone),
        "people": msgspec.to_builtins(picture.people),
        "presences": msgspec.to_builtins(picture.presences),
        "notes": list(picture.notes),
        "unwatched": list(picture.unwatched),
    }


def drawn(pictures: Sequence[Picture]) -> RenderableType:
    """Return pictures as they are drawn on a terminal."""
    parts: list[RenderableType] = []
    for picture in pictures:
        if parts:
            parts.append(Text())
        parts += _parts(picture)
    return Group(*parts)


def _parts(picture: Picture) -> Iterator[RenderableType]:
    yield head(picture)
    for one in picture.alarms:
        yield Padding(_alarm(one, picture.at), (0, 0, 0, INDENT))
    if picture.of_others:
        yield Padding(Text(about_others(picture)), (0, 0, 0, INDENT))
    for one in picture.over:
        yield Padding(Text(_over(one), style="dim"), (0, 0, 0, INDENT))
    for part in figures(picture):
        yield Padding(part, (1, 0, 0, INDENT))
    for line in remarks(picture):
        yield Padding(line, (0, 0, 0, INDENT))


def figures(picture: Picture) -> list[RenderableType]:
    """Return the parts of a picture that hold figures, those that there are."""
    parts = (_rates(picture), _alone(picture), _people(picture), _signs(picture))
    return [part for part in parts if part is not None]


def remarks(picture: Picture) -> Iterator[RenderableType]:
    """Yield what a reader of the figures should know, and what is not watched."""
    for words in (*picture.notes, *(f"not watched: {words}" for words in picture.unwatched)):
        yield Text(_plain(words), style="dim")


def _over(one: Alarm) -> str:
    """Return an alarm that is over: when it ended, when it began and how long it lasted."""
    began, ended = one.since or one.raised_at, one.resolved_at or one.seen_at
    lasted = lasting(max((ended - began).total_seconds(), 0.0))
    if one.unseen:
        return f"{_stamp(ended)}: {_plain(one.sentence)} {_plain(unseen_words(one))}"
    return f"over {_stamp(ended)}, since {_stamp(began)} ({lasted}): {_plain(one.sentence)}"


def head(picture: Picture) -> Text:
    """Return all of an operation in one line."""
    looked = "never" if picture.looked_at is None else _stamp(picture.looked_at)
    return Text.assemble(
        (_plain(picture.agent), "bold"), ": ", (picture.sentence, _style(picture)), f"  ({looked})"
    )


def _style(picture: Picture) -> str:
    if not picture.is_watched or picture.open:
        return "bold red"
    return "yellow" if picture.alarms or picture.of_others else "green"


def about_others(picture: Picture) -> str:
    """Return that there are alarms which are not for the reader."""
    return f"{picture.of_others} more about a person: they and the owner see it, --as PERSON"


def alarm_line(one: Alarm, now: datetime) -> Text:
    """Return an alarm in one line."""
    heading, _, _ = HEADINGS[problem_of(one)].partition(":")
    style = "bold red" if is_waiting(one, now) else "yellow"
    return Text.assemble((f"{heading.lower()}  ", style), (_plain(one.sentence), "bold"))


def _alarm(one: Alarm, now: datetime) -> RenderableType:
    about = [
        f"{since_word(one).lower()} {_stamp(one.since or one.raised_at)}",
        _standing(one, now),
        f"id {short_id(one)}",
    ]
    lines = [Text(" · ".join(filter(None, about)), style="dim"), Text(_plain(one.means))]
    lines += [Text(f"- {_plain(line)}") for line in one.lines[:MOST_LINES]]
    return Group(alarm_line(one, now), Padding(Group(*lines), (0, 0, 1, INDENT)))


def short_id(one: Alarm) -> str:
    """Return the end of an alarm's id, by which `ack` and `snooze` know it."""
    return one.id[-SHORT_ID:]


def _standing(one: Alarm, now: datetime) -> str:
    """Return who has an alarm, or until when it is put off; empty where it waits."""
    if one.snoozed_until is not None and now < one.snoozed_until:
        return f"put off by {one.snoozed_by} until {_stamp(one.snoozed_until)}"
    if one.state == "acknowledged":
        return f"{one.acknowledged_by} has it"
    return "nobody has it"


def _rates(picture: Picture) -> RenderableType | None:
    """Return the rates, beside each other on one scale; None where there are none."""
    shown = [
        one
        for one in told_apart(picture.rates)
        if not one.series.startswith("type ") or one.state in {"watching", "outside", "alarm"}
    ]
    return _Rates(shown[:MOST_RATES]) if shown else None


class _Rates:
    """Rates as a table; as bars too where there is room: the promised band shaded, a line seen."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        """Keep which."""
        self._rates = rates

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them in the width there is."""
        most = greatest(self._rates)
        has_bars = options.max_width >= ROOM_FOR_BARS
        table = Table(box=None, padding=(0, 2, 0, 0) if has_bars else (0, 1, 0, 0), pad_edge=False)
        scale = f"0 %{percent(most):>{BAR - 3}}"
        seen_over = "seen" if has_bars else "seen last week"
        names = ["how often it stops", *([scale] if has_bars else []), seen_over, "promised", ""]
        for name in names:
            table.add_column(Text(name), no_wrap=name == scale)
        for one in self._rates:
            promised = "" if one.promised is None else interval(one.promised)
            seen = lately_words(one)
            if not has_bars:  # of how many was promised stands on the page
                promised = promised.partition(" of ")[0]
                seen = seen.removesuffix(", last week")
            bars = [Text(bar(lately(one)[0], one.promised, most))] if has_bars else []
            style = {
                "alarm": "bold red",
                "watching": "yellow",
                "outside": "yellow",
                "quiet": "green",
            }
            table.add_row(
                Text(_plain(series_name(one.series))),
                *bars,
                Text(seen),
                Text(promised),
                Text(state_words(one), style=style.get(one.state, "dim")),
            )
        yield table


def bar(seen: Seen, promised: Seen | None, most: float) -> str:
    """Return a rate as a bar of letters: `░` was promised, `─` is where it lies, `●` was seen.

    Args:
        seen: what was seen.
        promised: what was promised; None for nothing.
        most: the share at the bar's end, over 0; it begins at none.
    """
    if not seen.decisions:
        return " " * BAR

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
        "unseen": one.unseen,
    }


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


def _plain(text: str) -> str:
    """Return a text in which nothing steers the terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
