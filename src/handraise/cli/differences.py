"""What `diff` prints of two tables: what goes ahead now comes first, for that is what can hurt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from handraise.cli.backtested import (
    MOST_SENTENCES,
    facts_text,
    percent_text,
    share_text,
    shown_text,
)
from handraise.cli.learned import Line
from handraise.cli.output import columns
from handraise.service.backtesting.sides import NOT_TOLD

if TYPE_CHECKING:
    from handraise.service.backtesting.difference import (
        Change,
        Difference,
        Exchanged,
        Load,
        Loads,
    )
    from handraise.service.backtesting.result import Share
    from handraise.service.backtesting.review import Review, Reviewed

MOST_HANDOVERS = 8
GOES_AHEAD = "goes ahead"


def words_of(found: Review) -> Iterator[Line]:
    """Yield how two tables differ in what they say."""
    older, newer = found.older, found.newer
    yield Line(f"{named_with_version(older)} -> {named_with_version(newer)}", is_loud=True)
    if not found.changes:
        yield Line("  they mean the same" if found.is_same else f"  {NOT_TOLD}")
    yield from (Line(f"  {shown_text(one.sentence, MOST_SENTENCES)}") for one in found.changes)


def named_with_version(one: Reviewed) -> str:
    """Return what a table is called, with its version where it has one."""
    return f"{one.table} (version {one.version})" if one.version else f"{one.table} (its text)"


def past_of(found: Difference) -> Iterator[Line]:
    """Yield what two tables make of the same past, the most important first."""
    when = f", {found.first[:10]} to {found.last[:10]}" if found.first else ""
    decisions = f"{found.decisions:,} decision{'' if found.decisions == 1 else 's'}"
    yield Line(f"{decisions} of {found.agent}{when}")
    yield from changes_of(found)
    yield from _limits(found)


def changes_of(found: Difference) -> Iterator[Line]:
    """Yield what changes for the decisions of the past."""
    yield Line(f"the same by both: {_share(found.unchanged)}")
    yield from _goes(found)
    yield from _stops(found)
    yield from _moved(found)
    yield from _totals(found)
    yield from _types(found)
    yield from _loads(found)


def _goes(found: Difference) -> Iterator[Line]:
    change = found.goes_now
    yield Line(
        f"stopped before, {GOES_AHEAD} now: {share_text(change.decisions)}",
        is_loud=change.decisions.count > 0,
    )
    if not change.decisions.count:
        return
    if change.wrong.of:
        yield Line(
            f"  slip through: {share_text(change.wrong)} of those with a label were wrong"
            f"{_money(change.stake)}",
            is_loud=change.wrong.count > 0,
        )
    else:
        yield Line("  how many of them were wrong nobody knows: none has a label (--correct)")
    yield from _change(change)


def _stops(found: Difference) -> Iterator[Line]:
    change = found.stops_now
    yield Line(f"went ahead before, stops now: {share_text(change.decisions)}")
    if not change.decisions.count:
        return
    if change.wrong.of:
        yield Line(
            f"  caught: {share_text(change.wrong)} of those with a label were wrong"
            f"{_money(change.stake)}; stopped for nothing: {change.right.count:,}"
        )
    yield from _change(change)


def _change(change: Change) -> Iterator[Line]:
    for row in change.rows:
        alone = f", {row.only:,} by it alone" if row.only != row.fired else ""
        wrong = f", {row.wrong:,} of them wrong" if change.wrong.of else ""
        rule = shown_text(row.rule, MOST_SENTENCES)
        yield Line(f"  {row.row} to {row.route} ({rule}): {row.fired:,}{alone}{wrong}")
    yield from (Line(f"    {_example(one)}") for one in change.examples)


def _moved(found: Difference) -> Iterator[Line]:
    moved = found.moved
    yield Line(f"stop by both, but others decide: {share_text(moved.decisions)}")
    for one in moved.handovers[:MOST_HANDOVERS]:
        yield Line(f"  {_routes(one.before)} -> {_routes(one.after)}: {one.decisions:,}")
    yield from (Line(f"    {_example(one)}") for one in moved.examples)


def _example(one: Exchanged) -> str:
    sure = "no usable confidence" if one.confidence is None else f"{one.confidence:.3g} sure"
    facts = facts_text(one.facts)
    money = "" if one.stake is None else f"money {one.stake:,.0f}"
    right = {True: "was right", False: "was wrong", None: ""}[one.was_right]
    kind, action = shown_text(one.type or "no type"), shown_text(one.action)
    parts = (kind, action, sure, facts, money, right)
    before = _verdict(one.older_routes, one.older_sentences)
    after = _verdict(one.newer_routes, one.newer_sentences)
    name = shown_text(one.id or one.at or "one")
    return f"{name}: {', '.join(part for part in parts if part)}: {before} -> {after}"


def _verdict(routes: Sequence[str], sentences: Sequence[str]) -> str:
    return (
        f"{_routes(routes)} ({shown_text('; '.join(sentences), MOST_SENTENCES)})"
        if routes
        else GOES_AHEAD
    )


def _routes(routes: Sequence[str]) -> str:
    return " and ".join(routes)


def _totals(found: Difference) -> Iterator[Line]:
    older, newer = found.older, found.newer
    yield Line("")
    lines = [["stop", _share(older.rate), _share(newer.rate)]]
    if older.errors.of or newer.errors.of:
        lines.append(["wrong among what goes ahead", _share(older.errors), _share(newer.errors)])
    if older.stake is not None and newer.stake is not None:
        lines.append(["money that hangs on those", f"{older.stake:,.0f}", f"{newer.stake:,.0f}"])
    yield Line(columns(["", "before", "now"], lines))


def _types(found: Difference) -> Iterator[Line]:
    if not found.types:
        return
    labelled = any(line.labelled for line in found.types)
    header = ["type", "decisions", "goes ahead now", "stops now", "others decide"]
    lines = [
        [
            shown_text(line.type or "(none)"),
            f"{line.decisions:,}",
            f"{line.goes_now:,}",
            f"{line.stops_now:,}",
            f"{line.moved:,}",
            *([f"{line.slipped:,}"] if labelled else []),
        ]
        for line in found.types
    ]
    yield Line("")
    yield Line(columns([*header, *(["slip through"] if labelled else [])], lines))


def _loads(found: Difference) -> Iterator[Line]:
    routes = [_load(line) for line in found.routes]
    yield Line("")
    yield Line(columns(["asks to", "before", "now"], routes))
    if found.people:
        yield Line("")
        yield Line(columns(["on their routes", "before", "now"], map(_load, found.people)))


def _load(line: Loads) -> list[str]:
    return [line.name, _asks(line.before), _asks(line.after)]


def _asks(load: Load | None) -> str:
    if load is None:
        return "-"
    if load.a_day is None:
        return f"{load.asks:,}"
    most = f", {load.busiest_asks:,} on {load.busiest}" if load.asks else ""
    return f"{load.a_day:,.1f} a day{most}"


def _limits(found: Difference) -> Iterator[Line]:
    lines: list[str] = []
    for one in found.unusable:
        parts = [f"{one.missing:,} missing"] if one.missing else []
        parts += [f"{one.unreadable:,} not usable"] if one.unreadable else []
        lines.append(f"column {shown_text(one.column)}: {', '.join(parts)}")
    lines += [f"not looked at: {shown_text(one, MOST_SENTENCES)}" for one in found.left_out]
    lines.append(found.engine)
    yield Line("")
    yield from map(Line, lines)


def _share(share: Share) -> str:
    return f"{share.count:,} ({percent_text(share.share)})" if share.of else "none"


def _money(stake: float | None) -> str:
    return "" if stake is None else f", {stake:,.0f} of money hung on them"
