"""What `backtest` prints: the rate first, then what slipped, what it cost, and the people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from handraise.cli.learned import Line
from handraise.cli.output import columns, counted

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.service.backtesting.result import Backtest, Example, Share
    from handraise.service.simulating.records import Estimate

MOST_TYPES = 12
MOST_FINDINGS = 12
MOST_SIGNS, MOST_SENTENCES = 80, 400
"""So many signs of a name or a value, and of what is said of a decision, are shown."""


def lines_of(result: Backtest, table: Table) -> Iterator[Line]:
    """Yield what people want to know of a backtest, the most important first."""
    yield from _head(result)
    yield from _slipped(result)
    yield from _stopped(result)
    yield Line("")
    yield Line(_rows(result))
    yield Line("")
    yield Line(_conditions(result))
    yield from _types(result)
    yield from _routes(result)
    yield from _people(result)
    yield from _limits(result, table)


def _head(result: Backtest) -> Iterator[Line]:
    when = f", {result.first[:10]} to {result.last[:10]}" if result.first else ""
    yield Line(
        f"{counted(result.decisions, 'decision')} of {result.agent}{when}".replace("  ", " ")
    )
    yield Line(f"would have stopped: {share_text(result.rate)}", is_loud=True)


def _slipped(result: Backtest) -> Iterator[Line]:
    alone = result.alone
    if not alone.errors.of:
        yield Line(
            f"would have gone ahead: {alone.decisions:,}; how many of them were wrong nobody "
            "knows: none has a usable label (--correct names their column)"
        )
        return
    money = "" if alone.stake is None else f", {alone.stake:,.0f} of money hung on them"
    yield Line(
        f"would have gone ahead: {alone.decisions:,}, and of those with a label "
        f"{share_text(alone.errors)} were wrong{money}",
        is_loud=True,
    )
    yield from (Line(f"  {_example(one)}") for one in alone.examples)


def _stopped(result: Backtest) -> Iterator[Line]:
    stopped = result.stopped
    if not stopped.caught.of:
        return
    money = "" if stopped.stake is None else f" ({stopped.stake:,.0f} of money)"
    yield Line(
        f"errors caught: {stopped.caught.count:,}{money}; stopped for nothing: "
        f"{share_text(stopped.for_nothing)} of what stopped"
    )
    yield from (Line(f"  {_example(one)}") for one in stopped.examples)


def _example(one: Example) -> str:
    name = shown_text(one.id or one.at or "one")
    sure = "no usable confidence" if one.confidence is None else f"{one.confidence:.3g} sure"
    facts = facts_text(one.facts)
    money = "" if one.stake is None else f", money {one.stake:,.0f}"
    why = f": {shown_text('; '.join(one.sentences), MOST_SENTENCES)}" if one.sentences else ""
    kind = shown_text(one.type or "no type")
    parts = ", ".join(part for part in (kind, shown_text(one.action), sure, facts) if part)
    return f"{name}: {parts}{money}{why}"


def shown_text(text: str, most: int = MOST_SIGNS) -> str:
    """Return a text of the past on one line: what does not print is replaced, a long one cut.

    Args:
        text: as it was recorded.
        most: so many signs are shown.

    Example:
        >>> shown_text("a" + chr(10) + "b")
        'a�b'
    """
    short = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in short)


def facts_text(facts: Mapping[str, object]) -> str:
    """Return facts with what they hold."""
    return ", ".join(f"{shown_text(id)} {value_text(value)}" for id, value in facts.items())


def value_text(value: object) -> str:
    """Return what a fact holds, numbers with their thousands apart."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.10g}"
    return shown_text(str(value))


def _rows(result: Backtest) -> str:
    labelled = any(line.labelled for line in result.rows)
    header = ["row", "to", "stops", "share", "only it"]
    header += ["caught", "for nothing"] if labelled else []
    lines = []
    for line in result.rows:
        cells = [line.row, line.route, f"{line.fired.count:,}", percent_text(line.fired.share)]
        cells.append(f"{line.only:,}")
        if labelled:
            cells += [f"{line.wrong:,}", f"{line.labelled - line.wrong:,}"]
        lines.append([*cells, shown_text(line.rule, MOST_SENTENCES)])
    return columns([*header, "if"], lines)


def _conditions(result: Backtest) -> str:
    parts = [
        f"{line.condition} {percent_text(line.fired.share)} "
        f"({percent_text(line.only / result.decisions)} alone)"
        for line in result.conditions
    ]
    return "by condition: " + ", ".join(parts)


def _types(result: Backtest) -> Iterator[Line]:
    labelled = any(line.errors.of for line in result.types)
    header = ["type", "decisions", "stop", *(["wrong alone", "caught"] if labelled else [])]
    lines = []
    for line in result.types[:MOST_TYPES]:
        name = shown_text(line.type or "(none)") + ("" if line.is_known else " (not known)")
        cells = [name, f"{line.decisions:,}", percent_text(line.stopped.share)]
        if labelled:
            errors = f"{line.errors.count:,} ({percent_text(line.errors.share)})"
            cells += [errors, f"{line.caught:,}"]
        lines.append(cells)
    yield Line("")
    yield Line(columns(header, lines))
    more = len(result.types) - MOST_TYPES
    if more > 0:
        yield Line(f"and {counted(more, 'type more', 'types more')}")


def _routes(result: Backtest) -> Iterator[Line]:
    yield Line("")
    for line in result.routes:
        if line.a_day is None:
            yield Line(
                f"{line.route}: {counted(line.asks, 'ask')} "
                f"for {counted(line.people, 'person', 'people')}"
            )
            continue
        busiest = f"at most {line.busiest_asks:,} (on {line.busiest})" if line.asks else "never any"
        room = (
            "no limit a day"
            if line.capacity_day is None
            else f"its people take {line.capacity_day:,} a day: over that on "
            f"{counted(line.days_over, 'day')}"
        )
        yield Line(
            f"{line.route}: {line.a_day:,.1f} asks a day, {busiest}; {room}",
            is_loud=line.days_over > 0,
        )


def _people(result: Backtest) -> Iterator[Line]:
    played = result.simulated
    if played is None:
        if result.first:
            yield Line("--assume 6m plays these stops against the people's hours and deadlines")
        return
    yield Line("")
    held = "every deadline is held" if played.deadlines_held else "not every deadline is held"
    times = "once" if played.repetitions == 1 else f"{played.repetitions} times"
    yield Line(
        f"played {times} against the people's hours: {held} for {played.target:.0%} of the asks",
        is_loud=not played.deadlines_held,
    )
    for route in played.routes:
        late, undecided = route.late_to_acknowledge, route.late_to_decide
        yield Line(
            f"  {route.route}: {_estimate(late)} are not taken in time, "
            f"{_estimate(undecided)} not decided in time"
        )
    yield from (Line(f"  {finding}") for finding in played.findings[:MOST_FINDINGS])
    more = len(played.findings) - MOST_FINDINGS
    if more > 0:
        yield Line(f"  and {counted(more, 'finding more', 'findings more')} (--json)")
    yield Line(f"  assumed: {'; '.join(played.assumptions)}")
    if result.needed is not None:
        yield from (Line(f"  {one.sentence}", is_loud=True) for one in result.needed.routes)


def _estimate(found: Estimate) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "nobody knows how many"
    range = f" ({found.low:.1%} to {found.high:.1%})" if found.high > found.low else ""
    return f"{found.value:.1%}{range}"


def _limits(result: Backtest, table: Table) -> Iterator[Line]:
    lines: list[str] = []
    for one in result.unusable:
        parts = [f"{one.missing:,} missing"] if one.missing else []
        parts += [f"{one.unreadable:,} not usable"] if one.unreadable else []
        stops = "; what reads it stops there" if one.stops else ""
        lines.append(f"column {shown_text(one.column)}: {', '.join(parts)}{stops}")
    lines += [f"not looked at: {shown_text(one, MOST_SENTENCES)}" for one in result.left_out]
    if result.decisions < 1_000:
        lines.append(f"few decisions: with {result.decisions:,} the intervals are wide")
    if lines:
        yield Line("")
        yield from map(Line, lines)
    yield Line(f"{result.engine}; version {result.version} of {table.agent}'s table")


def share_text(share: Share) -> str:
    """Return so many with their share and its interval: `3 (30.0%, 6.7% to 65.2%)`."""
    between = f"{percent_text(share.low)} to {percent_text(share.high)}"
    return f"{share.count:,} ({percent_text(share.share)}, {between})"


def percent_text(share: float) -> str:
    """Return a share of 1 as per cent, small ones with more digits."""
    if 0 < share < 0.001:
        return f"{share:.2%}"
    return f"{share:.1%}"
