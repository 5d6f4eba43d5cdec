"""The figures of how often an agent stops: over time, by condition, route, row and type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from handraise.service.figures.stops import CONDITION, ROUTE, ROW, TYPE, Stopped
from handraise.service.plots.figures import Band, Line, bars_chart, height_of_bars, lines_chart
from handraise.service.plots.look import Look
from handraise.service.watch.words import percent
from handraise.web.pages.views.sheets import Sheet, Written
from handraise.web.pages.views.words import CONDITIONS, counted, route_name, sentence, spaced

MOST_BARS = 20
OF_SYSTEM = (
    " {} stopped because something failed, fell silent or was not live yet; they are counted"
    " nowhere here."
)
KINDS = (
    (CONDITION, "conditions", "By condition", "One decision may meet several conditions."),
    (ROUTE, "routes", "By route", "One decision may be put to several routes."),
    (ROW, "rows", "By row", "Rows are those of the version in force; only its decisions count."),
    (TYPE, "types", "By type", "Of the decisions of each type, what share stopped."),
)


def stop_sheets(written: Written) -> Iterator[Sheet]:
    """Yield the figures, one after the other."""
    yield over_time(written)
    for kind, name, title, caption in KINDS:
        yield _by(written, kind, name, title, caption)


def over_time(written: Written) -> Sheet:
    """Return how often the agent stopped over time, beside what was promised."""
    found = written.counted.stops
    title = "Share of decisions that stopped"
    system = ""
    if found.of_system:
        system = OF_SYSTEM.format(counted(found.of_system, "more decision").capitalize())
    if not found.decisions:
        return written.nothing("stopped", title, f"No decisions in {written.span}.{system}")
    shares = tuple(_share(one) for one in found.over_time)
    promised = written.counted.promised
    band = None
    beside = ""
    if promised is not None:
        band = Band(promised.low, promised.high, "promised")
        beside = f" A backtest promised {percent(promised.low)} to {percent(promised.high)}."
    axis = written.axis()

    def chart(look: Look) -> str:
        lines = [Line("stopped", shares)]
        return lines_chart(lines, axis, look, unit="share", title="Share that stopped", band=band)

    last, of = found.over_time[-1]
    lately = f"{_words(last, of)}" if of else "no decisions"
    return written.over_time(
        "stopped",
        title,
        says=f"{_words(found.stopped, found.decisions)} in {written.span}."
        f" {written.lately}: {lately}.{beside}",
        captions=(
            "The deferral rate: of all decisions, those that a row stopped.",
            *([system.strip()] if system else []),
        ),
        columns=("Stopped", "Decisions", "Share"),
        cells=[
            (f"{stopped:,}", f"{decisions:,}", "" if share is None else percent(share))
            for (stopped, decisions), share in zip(found.over_time, shares, strict=True)
        ],
        head=("stopped", "decisions", "share"),
        raw=[(*one, share) for one, share in zip(found.over_time, shares, strict=True)],
        chart=chart,
    )


def _by(written: Written, kind: str, name: str, title: str, caption: str) -> Sheet:
    found = written.counted.stops.by[kind]
    drawn = {called(kind, one): _share(counts) for one, counts in list(found.items())[:MOST_BARS]}
    if not any(stopped for stopped, _ in found.values()):
        return written.nothing(name, title, f"Nothing stopped in {written.span}.")

    def chart(look: Look) -> str:
        return bars_chart(drawn, look, unit="share", title="Share of decisions")

    return written.by_name(
        name,
        title,
        says=_most(kind, found),
        captions=(caption,),
        columns=(title.removeprefix("By ").capitalize(), "Stopped", "Decisions", "Share"),
        cells=[
            (called(kind, one), f"{stopped:,}", f"{of:,}", percent(stopped / of) if of else "")
            for one, (stopped, of) in found.items()
        ],
        head=(kind, "stopped", "decisions", "share"),
        raw=[(one, *counts, _share(counts)) for one, counts in found.items()],
        chart=chart,
        height=height_of_bars(len(drawn)),
    )


def _most(kind: str, found: Mapping[str, Stopped]) -> str:
    name, (stopped, of) = next(iter(found.items()))
    return sentence(f"{called(kind, name)} stopped most: {_words(stopped, of)}")


def called(kind: str, name: str) -> str:
    """Return what a condition, route, row or type is called on the page."""
    if kind == CONDITION:
        return CONDITIONS.get(name, spaced(name))
    if kind == ROUTE:
        return route_name(name)
    if kind == TYPE:
        return spaced(name) if name else "no usable type"
    return name


def _share(counts: Stopped) -> float | None:
    stopped, of = counts
    return stopped / of if of else None


def _words(stopped: int, of: int) -> str:
    return f"{stopped:,} of {counted(of, 'decision')} ({percent(stopped / of)})"
