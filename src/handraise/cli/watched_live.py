"""What `watch` draws anew in a terminal: every part of each operation, in the lines there are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from handraise.cli.watched_shown import (
    INDENT,
    about_others,
    alarm_line,
    figures,
    head,
    remarks,
    short_id,
)
from handraise.service.watch.picture import Picture

FEWEST_LINES = 12
"""An operation has so many lines at least, however low the terminal is."""

ALARMS_SHARE = 3
"""Alarms take one part of so many of the lines at most."""

Line = list[Segment]


class Fitted:
    """Pictures, each part of them cut to a fair share of the terminal's lines."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        """Keep whose."""
        self._pictures = pictures

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them in the lines there are."""
        each = (console.height - 1) // max(len(self._pictures), 1)
        for picture in self._pictures:
            for line in _lines(picture, console, options, max(each, FEWEST_LINES)):
                yield from line
                yield Segment.line()


def shares(wanted: Sequence[int], room: int) -> list[int]:
    """Return how many lines each part gets: none more than it wants, the short ones all of theirs.

    Args:
        wanted: how many lines each would fill.
        room: how many there are, at least one for each.

    Example:
        >>> shares([2, 30, 9, 30], 31)
        [2, 10, 9, 10]
    """
    found = [0] * len(wanted)
    for left, place in enumerate(sorted(range(len(wanted)), key=lambda one: wanted[one])):
        found[place] = max(min(wanted[place], (room - sum(found)) // (len(wanted) - left)), 1)
    return found


def _lines(picture: Picture, console: Console, options: ConsoleOptions, height: int) -> list[Line]:
    """Return an operation in at most so many lines."""

    def drawn(part: RenderableType) -> list[Line]:
        padded = Padding(part, (0, 0, 0, INDENT))
        return console.render_lines(padded, options.update(height=None), pad=False)

    found = console.render_lines(head(picture), options.update(height=None), pad=False)
    found += _cut(
        [line for part in _alarms(picture) for line in drawn(part)], height // ALARMS_SHARE
    )
    parts = [drawn(part) for part in (*figures(picture), Group(*remarks(picture)))]
    parts = [part for part in parts if part]
    room = max(height - len(found) - 1, len(parts))
    for part, share in zip(parts, shares([len(one) for one in parts], room), strict=True):
        found += _cut(part, share)
    return found


def _alarms(picture: Picture) -> list[RenderableType]:
    """Return the alarms, a line each, with the ids by which they are taken."""
    found: list[RenderableType] = []
    for one in picture.alarms:
        words = Text.assemble((f"{short_id(one)}  ", "dim"), alarm_line(one, picture.at))
        words.no_wrap, words.overflow = True, "ellipsis"
        found.append(words)
    if picture.of_others:
        found.append(Text(about_others(picture), no_wrap=True, overflow="ellipsis"))
    return found


def _cut(lines: list[Line], share: int) -> list[Line]:
    """Return at most so many lines; the last of them says how many more there are."""
    if len(lines) <= share:
        return lines
    kept = max(share, 1) - 1
    more = f"{' ' * INDENT}and {len(lines) - kept} more: handraise watch --once"
    return [*lines[:kept], [Segment(more)]]
