"""The figures of the Watch page in words: rates beside their promise, errors, people, silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from msgspec import Struct

from handraise.core.table.naming import row_words
from handraise.model import Presence
from handraise.service.auditing.estimating import Alone
from handraise.service.auditing.telling import against_promise, headline
from handraise.service.plots.watch import HEIGHT
from handraise.service.watch.over_time import Stretch
from handraise.service.watch.people_figures import Figures
from handraise.service.watch.picture import Picture
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
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.plots import MOST_ROWS, PlotCell, PlotView
from handraise.web.pages.views.words import Moment, Reader, sentence

TONES = {
    "quiet": "approve",
    "watching": "open",
    "outside": "open",
    "alarm": "reject",
    "no promise": "",
}
"""The colour of each state of a rate; empty for none."""

FIRST = ("all", "condition", "row", "route")
"""The series that are always shown; those of types only where something is up."""

WIDTH = 100
FEW_STRETCHES = 8
"""Of fewer hours or days, the table beside the plot says as much and stands open."""

Typed = tuple[tuple[str, bool], ...]
"""A sentence in pieces, each with whether it is to be typed."""


class Bar(Struct, frozen=True, kw_only=True):
    """A rate as a bar, in hundredths of its width.

    Attributes:
        band_x: where the promised band begins; None without a promise.
        band_w: how wide it is.
        seen_x: where the interval of what was seen begins.
        seen_w: how wide it is.
        at: where the rate itself is.
    """

    band_x: float | None
    band_w: float
    seen_x: float
    seen_w: float
    at: float


class RateLine(Struct, frozen=True, kw_only=True):
    """A rate in words.

    Attributes:
        seen: over the last week; else since the version is in force; and which.
        tone: the colour of its state; empty for none.
    """

    name: str
    promised: str
    seen: str
    state: str
    tone: str
    bar: Bar | None


class PeopleLine(Struct, frozen=True, kw_only=True):
    """How a route or row is answered: a name, and figures as labelled words."""

    name: str
    figures: tuple[tuple[str, str], ...]


class SignLine(Struct, frozen=True, kw_only=True):
    """A process that promised signs of life."""

    name: str
    words: str
    at: Moment
    is_silent: bool


class FiguresView(Struct, frozen=True, kw_only=True):
    """The figures of one agent's operation.

    Attributes:
        scale: where the scale of every bar ends; it begins at 0.
        rates: those that are always shown.
        types: those of types.
        notes: what a reader of them should know.
        plot: how often it stopped over time; None where it did nothing yet.
        alone: what goes wrong alone, as sentences; empty where that cannot be told.
        people: how everything and each route is answered.
        by_row: how what each row stopped is answered.
        people_since: since when that counts.
        signs: its processes.
    """

    scale: str
    rates: tuple[RateLine, ...]
    types: tuple[RateLine, ...]
    notes: tuple[str, ...]
    plot: PlotView | None
    alone: tuple[Typed, ...]
    people: tuple[PeopleLine, ...]
    by_row: tuple[PeopleLine, ...]
    people_since: Moment | None
    signs: tuple[SignLine, ...]


def figures_view(picture: Picture, stretches: Sequence[Stretch], reader: Reader) -> FiguresView:
    """Return the figures in words."""
    shown = told_apart(picture.rates)
    most = greatest(shown)
    lines = [(one.series.partition(" ")[0], rate_line(one, most)) for one in shown]
    people = picture.people
    answered = () if people is None else tuple(people_lines(people, reader))
    return FiguresView(
        scale=percent(most),
        rates=tuple(line for kind, line in lines if kind in FIRST),
        types=tuple(line for kind, line in lines if kind not in FIRST),
        notes=picture.notes,
        plot=rate_plot(picture, stretches, reader),
        alone=tuple(map(typed, () if picture.alone is None else alone_lines(picture.alone))),
        people=tuple(one for one in answered if not one.name.startswith("Row ")),
        by_row=tuple(one for one in answered if one.name.startswith("Row ")),
        people_since=reader.moment(people.since) if people is not None else None,
        signs=tuple(_sign(one, picture, reader) for one in picture.presences),
    )


def rate_line(rate: Rate, most: float) -> RateLine:
    """Return a rate in words, and as a bar that ends at `most`."""
    seen, _ = lately(rate)
    return RateLine(
        name=_name(rate.series),
        promised=interval(rate.promised) if rate.promised is not None else "",
        seen=lately_words(rate),
        state=state_words(rate),
        tone=TONES[rate.state],
        bar=_bar(seen, rate.promised, most) if seen.decisions else None,
    )


def _bar(seen: Seen, promised: Seen | None, most: float) -> Bar:
    def place(share: float) -> float:
        return round(WIDTH * share / most, 2)

    return Bar(
        band_x=None if promised is None else place(promised.low),
        band_w=0.0 if promised is None else max(place(promised.high - promised.low), 0.5),
        seen_x=place(seen.low),
        seen_w=max(place(seen.high - seen.low), 0.5),
        at=place(seen.rate or 0.0),
    )


def typed(words: str) -> Typed:
    """Return a sentence of ours in pieces: what stands between backquotes is to be typed.

    Example:
        >>> typed("write `promise: 2%` there")
        (('write ', False), ('promise: 2%', True), (' there', False))
    """
    pieces = visible(words).split("`")
    return tuple((piece, bool(at % 2)) for at, piece in enumerate(pieces) if piece)


def rate_plot(picture: Picture, stretches: Sequence[Stretch], reader: Reader) -> PlotView | None:
    """Return how often it stopped over time, with the table beside it; None for nothing."""
    if not stretches:
        return None
    rate = next((one for one in picture.rates if one.series == "all"), None)
    promised = None if rate is None else rate.promised
    band = ""
    if promised is not None:
        band = f" A backtest promised {percent(promised.low)} to {percent(promised.high)}."
    shown = stretches[::-1][:MOST_ROWS]
    return PlotView(
        name="rates",
        title="How often it stopped",
        query=urlencode({"agent": picture.agent}),
        about=f"The share of decisions that stopped, over time.{band}",
        captions=(
            "Each point is the share of decisions that stopped; the line through it is where the"
            f" true share lies with 95 % certainty.{band}",
        ),
        columns=("From", "Stopped", "Of", "Share", "95 % certain"),
        rows=tuple(
            (
                PlotCell(reader.moment(one.starts_at).absolute),
                PlotCell(f"{one.seen.stopped:,}"),
                PlotCell(f"{one.seen.decisions:,}"),
                PlotCell(percent(one.seen.rate or 0.0)),
                PlotCell(f"{percent(one.seen.low)} to {percent(one.seen.high)}"),
            )
            for one in shown
        ),
        more="" if len(shown) == len(stretches) else "The CSV has all of them.",
        height=HEIGHT,
        is_open=len(stretches) < FEW_STRETCHES,
    )


def alone_lines(alone: Alone) -> tuple[str, ...]:
    """Return what goes wrong alone, a sentence each; what else must be known stands with audits."""
    return (headline(alone), against_promise(alone))


def people_lines(figures: Figures, reader: Reader) -> Iterator[PeopleLine]:
    """Yield how everything, each route and each row with answers is answered."""
    for name, group in groups(figures):
        oldest = "" if group.oldest_at is None else reader.moment(group.oldest_at).relative
        called = sentence(name).rstrip(".")
        yield PeopleLine(name=called, figures=tuple(answering(group, oldest)))


def _sign(one: Presence, picture: Picture, reader: Reader) -> SignLine:
    is_silent = one.due_at is not None and one.due_at <= picture.at
    every = f"promised every {lasting(one.every_s)}"
    words = "said that it ends" if one.due_at is None else "silent" if is_silent else "heard of"
    return SignLine(
        name=picture.agent if one.name == "agent" else one.name,
        words=f"{words}, {every}",
        at=reader.moment(one.beat_at),
        is_silent=is_silent,
    )


def _name(series: str) -> str:
    kind, _, id = series.partition(" ")
    name = row_words(id) if kind == "row" else series_name(series)
    return f"{name[:1].upper()}{name[1:]}"
