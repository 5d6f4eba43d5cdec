"""The figures of what people decide: how often they differ, deadlines missed, how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from handraise.service.figures.counting import Answers
from handraise.service.figures.stops import ROUTE
from handraise.service.plots.figures import (
    Line,
    bars_chart,
    columns_chart,
    height_of_bars,
    lines_chart,
)
from handraise.service.plots.look import Look
from handraise.service.watch.words import lasting, percent
from handraise.web.pages.views.sheets import Sheet, Written
from handraise.web.pages.views.soon_sheets import HIDDEN
from handraise.web.pages.views.stop_sheets import called
from handraise.web.pages.views.words import OUTCOMES, counted, sentence


def decided_sheets(written: Written) -> Iterator[Sheet]:
    """Yield the figures, one after the other."""
    yield _overridden(written)
    yield _by_route(written)
    yield _missed(written)
    yield _outcomes(written)
    yield _people(written)


def _overridden(written: Written) -> Sheet:
    title = "Share that people changed or rejected"
    found = written.counted
    if found.all.is_hidden:
        return written.nothing("overridden", title, HIDDEN)
    if not found.all.count:
        return written.nothing("overridden", title, f"No answers in {written.span}.")
    shares = tuple(_share(one) for one in found.over_time)
    axis = written.axis()

    def chart(look: Look) -> str:
        line = Line("changed or rejected", shares)
        return lines_chart([line], axis, look, unit="share", title="Share of answers")

    last = found.over_time[-1]
    return written.over_time(
        "overridden",
        title,
        says=f"{sentence(_words(found.all))[:-1]} in {written.span}."
        f" {written.lately}: {_words(last) if last.count else 'no answers'}.",
        captions=(
            "The override rate: of all answers, those that changed or rejected the proposal. Near"
            " nothing for long may mean that the agent stops too often.",
        ),
        columns=("Changed or rejected", "Answers", "Share"),
        cells=[
            (f"{one.overridden or 0:,}", f"{one.count:,}", "" if share is None else percent(share))
            for one, share in zip(found.over_time, shares, strict=True)
        ],
        head=("overridden", "answers", "share"),
        raw=[
            (one.overridden or 0, one.count, share)
            for one, share in zip(found.over_time, shares, strict=True)
        ],
        chart=chart,
    )


def _by_route(written: Written) -> Sheet:
    title = "Changed or rejected, and late, by route"
    groups = written.counted.routes
    known = [one for one in groups if not one.is_hidden and (one.count or one.missed)]
    hidden = [
        sentence(f"{called(ROUTE, one.name)}: {HIDDEN.lower()}") for one in groups if one.is_hidden
    ]
    if not known:
        says = HIDDEN if hidden else f"No answers in {written.span}."
        return written.nothing("overridden-by-route", title, says)
    shares = {called(ROUTE, one.name): _share(one) for one in known if one.count}

    def chart(look: Look) -> str:
        return bars_chart(shares, look, unit="share", title="Share of answers")

    most = max(known, key=lambda one: _share(one) or 0.0)
    says = f"{called(ROUTE, most.name)}: {_words(most)}" if most.count else "no answers yet"
    return written.by_name(
        "overridden-by-route",
        title,
        says=sentence(f"most on {says}" if most.count and len(known) > 1 else says),
        captions=tuple(hidden),
        columns=("Route", "Changed or rejected", "Answers", "Share", "Deadlines missed"),
        cells=[
            (
                called(ROUTE, one.name),
                f"{one.overridden or 0:,}",
                f"{one.count:,}",
                "" if (share := _share(one)) is None else percent(share),
                f"{one.missed or 0:,}",
            )
            for one in known
        ],
        head=("route", "overridden", "answers", "share", "deadlines_missed"),
        raw=[(one.name, one.overridden, one.count, _share(one), one.missed) for one in known],
        chart=chart if shares else None,
        height=height_of_bars(len(shares)),
    )


def _missed(written: Written) -> Sheet:
    title = "Deadlines missed"
    found = written.counted.missed
    if not found:
        return written.nothing("missed", title, HIDDEN)
    if not any(found):
        return written.nothing("missed", title, f"No deadline was missed in {written.span}.")
    axis = written.axis()

    def chart(look: Look) -> str:
        return columns_chart(found, axis, look, title="Deadlines missed")

    return written.over_time(
        "missed",
        title,
        says=f"{counted(sum(found), 'deadline')} passed without the person who had it, in"
        f" {written.span}. {written.lately}: {found[-1]:,}.",
        captions=("Each time a question went on to somebody else because time was up.",),
        columns=("Deadlines missed",),
        cells=[(f"{one:,}",) for one in found],
        head=("deadlines_missed",),
        raw=[(one,) for one in found],
        chart=chart,
    )


def _outcomes(written: Written) -> Sheet:
    title = "How escalations ended"
    total: Counter[str] = Counter()
    for one in written.counted.outcomes:
        total.update(one)
    if not total.total():
        return written.nothing("outcomes", title, f"None ended in {written.span}.")
    order = [name for name in OUTCOMES if total[name]]
    drawn = {OUTCOMES[name]: float(total[name]) for name in order}

    def chart(look: Look) -> str:
        return bars_chart(drawn, look, unit="count", title="Escalations")

    most = max(order, key=lambda name: total[name])
    return written.by_name(
        "outcomes",
        title,
        says=f"{counted(total.total(), 'escalation')} ended in {written.span};"
        f" most often: {OUTCOMES[most].lower()} ({percent(total[most] / total.total())}).",
        columns=("Ended as", "Escalations", "Share"),
        cells=[
            (OUTCOMES[name], f"{total[name]:,}", percent(total[name] / total.total()))
            for name in order
        ],
        head=("outcome", "escalations", "share"),
        raw=[(name, total[name], total[name] / total.total()) for name in order],
        chart=chart,
        height=height_of_bars(len(order)),
    )


def _people(written: Written) -> Sheet:
    title = "By person"
    found = written.counted.people
    if not found:
        return written.nothing("people", title, f"You answered nothing in {written.span}.")
    name = written.reader.full_name

    return written.by_name(
        "people",
        title,
        says=sentence(counted(len(found), "person")),
        captions=(
            "A person's figures are shown to them and to the owner alone. They are in no order of"
            " merit: who gets what differs.",
        ),
        columns=(
            "Person",
            "Answers",
            "Changed or rejected",
            "Half had within",
            "Half answered within",
        ),
        cells=[
            (
                name(one.name),
                f"{one.count:,}",
                f"{one.overridden or 0:,}",
                "" if one.picked_up is None else lasting(one.picked_up.median_s),
                "" if one.answered is None else lasting(one.answered.median_s),
            )
            for one in found
        ],
        head=("person", "answers", "overridden", "picked_up_median_s", "answered_median_s"),
        raw=[
            (
                one.name,
                one.count,
                one.overridden,
                None if one.picked_up is None else one.picked_up.median_s,
                None if one.answered is None else one.answered.median_s,
            )
            for one in found
        ],
        chart=None,
        height=0,
    )


def _share(one: Answers) -> float | None:
    return None if not one.count or one.overridden is None else one.overridden / one.count


def _words(one: Answers) -> str:
    share = _share(one) or 0.0
    return f"{one.overridden or 0:,} of {counted(one.count, 'answer')} ({percent(share)})"
