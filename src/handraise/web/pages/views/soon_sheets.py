"""The figures of how soon people come: over time, by route, by condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from handraise.service.figures.counting import Answers
from handraise.service.figures.stops import CONDITION, ROUTE
from handraise.service.figures.times import Times
from handraise.service.plots.figures import Line, bars_chart, height_of_bars, lines_chart
from handraise.service.plots.look import Look
from handraise.service.watch.words import lasting
from handraise.web.pages.views.sheets import Sheet, Written
from handraise.web.pages.views.stop_sheets import called
from handraise.web.pages.views.words import counted, sentence

HIDDEN = "One person alone answered: they and the owner see it."
Of = Callable[[Answers], "Times | None"]


def soon_sheets(written: Written) -> Iterator[Sheet]:
    """Yield the figures, one after the other."""
    yield _over_time(
        written,
        "picked-up",
        "Until somebody had it (MTTA)",
        "picked up",
        lambda one: one.picked_up,
        "From when a route was asked until somebody said that they have it, or answered. The mean"
        " is the MTTA, the mean time to acknowledge; drills and rehearsals do not count.",
    )
    yield _over_time(
        written,
        "answered",
        "Until it was answered (MTTR)",
        "answered",
        lambda one: one.answered,
        "From when a route was asked until its answer. The mean is the MTTR, the mean time to"
        " resolve; what ended without an answer does not count.",
    )
    yield _by(written, "times-by-route", "Answered, by route", ROUTE, written.counted.routes)
    yield _by(
        written,
        "times-by-condition",
        "Answered, by condition",
        CONDITION,
        written.counted.conditions,
    )


def _over_time(written: Written, name: str, title: str, done: str, of: Of, caption: str) -> Sheet:
    found = written.counted
    if found.all.is_hidden:
        return written.nothing(name, title, HIDDEN)
    whole = of(found.all)
    if whole is None:
        return written.nothing(name, title, f"Nothing was {done} in {written.span}.")
    times = [of(one) for one in found.over_time]
    lines = [
        Line("half", tuple(None if one is None else one.median_s for one in times)),
        Line("nine of ten", tuple(None if one is None else one.most_s for one in times)),
        Line("mean", tuple(None if one is None else one.mean_s for one in times)),
    ]
    axis = written.axis()

    def chart(look: Look) -> str:
        return lines_chart(lines, axis, look, unit="seconds", title="Time")

    last = times[-1]
    lately = f"nothing was {done}" if last is None else f"half within {lasting(last.median_s)}"
    return written.over_time(
        name,
        title,
        says=f"Half was {done} within {lasting(whole.median_s)}, nine of ten within"
        f" {lasting(whole.most_s)}; the mean is {lasting(whole.mean_s)}"
        f" ({counted(whole.count, 'question')}, {written.span})."
        f" {written.lately}: {lately}.",
        captions=(caption, "Each counts where it ended."),
        columns=("Questions", "Mean", "Half within", "Nine of ten within"),
        cells=[_cells(one) for one in times],
        head=("questions", "mean_s", "median_s", "p90_s"),
        raw=[_raw(one) for one in times],
        chart=chart,
    )


def _by(written: Written, name: str, title: str, kind: str, groups: Sequence[Answers]) -> Sheet:
    known = [one for one in groups if one.picked_up is not None or one.answered is not None]
    hidden = [one for one in groups if one.is_hidden]
    answered = {called(kind, one.name): one.answered for one in known if one.answered is not None}
    if not known:
        return written.nothing(
            name, title, HIDDEN if hidden else f"Nothing was answered in {written.span}."
        )

    def chart(look: Look) -> str:
        return bars_chart(
            {one: times.median_s for one, times in answered.items()},
            look,
            unit="seconds",
            title="Time until answered",
            ticks={one: times.most_s for one, times in answered.items()},
        )

    kept = [f"{called(kind, one.name)}: {HIDDEN.lower()}" for one in hidden]
    first = called(kind, "").strip() or kind
    return written.by_name(
        name,
        title,
        says=_slowest(answered) if answered else f"Nothing was answered in {written.span}.",
        captions=(
            "The bar: half was answered within. The mark: nine of ten.",
            *map(sentence, kept),
        ),
        columns=(
            "Route" if kind == ROUTE else "Condition" if kind == CONDITION else first,
            "Questions",
            "MTTA",
            "Half had within",
            "Nine of ten",
            "Answers",
            "MTTR",
            "Half answered within",
            "Nine of ten",
        ),
        cells=[
            (called(kind, one.name), *_cells(one.picked_up), *_cells(one.answered)) for one in known
        ],
        head=(
            kind,
            *(f"picked_up_{one}" for one in ("count", "mean_s", "median_s", "p90_s")),
            *(f"answered_{one}" for one in ("count", "mean_s", "median_s", "p90_s")),
        ),
        raw=[(one.name, *_raw(one.picked_up), *_raw(one.answered)) for one in known],
        chart=chart if answered else None,
        height=height_of_bars(len(answered)),
    )


def _slowest(answered: dict[str, Times]) -> str:
    name = max(answered, key=lambda one: answered[one].median_s)
    half, most = answered[name].median_s, answered[name].most_s
    if len(answered) == 1:
        return sentence(f"{name}: half within {lasting(half)}, nine of ten within {lasting(most)}")
    return sentence(
        f"slowest is {name}: half within {lasting(half)}, nine of ten within {lasting(most)}"
    )


def _cells(times: Times | None) -> tuple[str, ...]:
    if times is None:
        return ("0", "", "", "")
    return (
        f"{times.count:,}",
        lasting(times.mean_s),
        lasting(times.median_s),
        lasting(times.most_s),
    )


def _raw(times: Times | None) -> tuple[float | None, ...]:
    if times is None:
        return (0, None, None, None)
    return (times.count, times.mean_s, times.median_s, times.most_s)
