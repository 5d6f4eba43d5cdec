"""How two tables differ, in plain sentences. Compares what they say, not what they do.

INVARIANT: of two versions that differ something is told, at least that nobody can say what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from typing import Any

from msgspec.structs import replace

from handraise.core.looks import skeleton
from handraise.core.table.expression import as_sentence, as_source
from handraise.core.table.sheet import claimed
from handraise.core.table.types import (
    Action,
    Auditing,
    Calibration,
    Claim,
    Fact,
    Person,
    Route,
    Table,
)
from handraise.core.table.units import capacity_text, duration_text, hours_of, percent_text
from handraise.model import Learned
from handraise.service.backtesting.changed_rows import changed_rows
from handraise.service.backtesting.sides import (
    UNTOLD,
    Changed,
    change,
    exactly,
    in_words,
    letters_told,
    named,
    plain,
    told,
)

MOST_NAMES = 12


def changes(older: Table, newer: Table) -> tuple[str, ...]:
    """Return how two tables differ, a sentence each; nothing where they mean the same.

    Args:
        older: the table that is there.
        newer: the one that may replace it.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> older = read(MISSION_TABLE).table
        >>> newer = read(MISSION_TABLE.replace("0.72", "0.6")).table
        >>> changes(older, newer)
        ('row confidence.1: its confidence is below 0.72 -> its confidence is below 0.6',)
    """
    return tuple(one.sentence for one in changed_parts(older, newer))


def changed_parts(older: Table, newer: Table) -> tuple[Changed, ...]:
    """Return how two tables differ, part by part: what each of them says.

    Args:
        older: the table that is there.
        newer: the one that may replace it.
    """
    found = tuple(_parts(older, newer))
    if not found and older.version != newer.version:
        return (UNTOLD,)
    return found


def _parts(older: Table, newer: Table) -> Iterator[Changed]:
    yield from plain("agent", older.agent, newer.agent)
    yield from changed_rows(older, newer)
    yield from plain("several", older.several, newer.several)
    yield from plain("unanswered", older.unanswered, newer.unanswered)
    yield from _calibration(older.calibration, newer.calibration)
    yield from named("route", older.routes, newer.routes, _route)
    yield from _people(older, newer)
    yield from plain("owner", older.owner, newer.owner)
    yield from plain("severities", older.severities, newer.severities, ", ".join)
    yield from _actions(older, newer)
    yield from plain("confirm", older.confirm, newer.confirm)
    yield from plain("readers", older.readers, newer.readers, ", ".join)
    yield from named("fact", older.facts, newer.facts, _fact)
    yield from _known(older, newer)
    yield from _watch(older, newer)
    yield from _audit(older.audit, newer.audit)
    yield from plain("purpose", older.purpose, newer.purpose)
    yield from _claims(older, newer)
    yield from _tests(older, newer)


def _calibration(older: Calibration | None, newer: Calibration | None) -> Iterator[Changed]:
    digests = [one.digest if one else "" for one in (older, newer)]
    if digests[0] == digests[1]:
        return
    before, after = _confidence(older), _confidence(newer)
    if before == after:
        before, after = digests
    yield change("confidence", before, after)


def _confidence(found: Calibration | None) -> str:
    if found is None:
        return "as the agent states it"
    return f"calibrated ({found.map.kind}, from {found.labels:,} labels, {found.digest[:12]})"


def _route(route: Route) -> str:
    needs = f", {route.needs} of them must agree" if route.needs > 1 else ""
    return (
        f"{', then '.join(route.people)}{needs}, take within "
        f"{duration_text(route.acknowledge_within_s)}, decide within "
        f"{duration_text(route.decide_within_s)}"
    )


def _people(older: Table, newer: Table) -> Iterator[Changed]:
    """Yield what changes for people; of contacts only that they do, for they may hold secrets."""
    yield from named("person", older.people, newer.people, _person, apart=("contacts",))
    for id, person in older.people.items():
        other = newer.people.get(id)
        if other is not None and other.contacts != person.contacts:
            yield told(f"person {id}", "other contacts")


def _person(person: Person) -> str:
    hours = hours_of(person)
    zone = "" if hours == "always" else f" ({in_words(person.zone)})"
    capacity = capacity_text(person.capacity_day, person.capacity_open)
    limit = f"at most {capacity}" if capacity else "no limit"
    return f"{in_words(person.name)}, {in_words(hours)}{zone}, {limit}"


def _actions(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = older.actions, newer.actions
    yield from named("action", before, after, _action, apart=("form",))
    for id, action in before.items():
        if id in after and exactly(after[id].form) != exactly(action.form):
            yield told(f"action {id}", "another form of its proposal")


def _action(action: Action) -> str:
    return f"rated {action.severity}"


def _watch(older: Table, newer: Table) -> Iterator[Changed]:
    yield from plain("watch", older.silent_after_s, newer.silent_after_s, _silent)
    yield from plain("watch", older.quiet_after_s, newer.quiet_after_s, _quiet)
    yield from plain("watch", older.false_alarms, newer.false_alarms, _false_alarms)


def _silent(after_s: float) -> str:
    return f"silent after {duration_text(after_s)}"


def _quiet(after_s: float | None) -> str:
    return (
        "quiet when that is unusual" if after_s is None else f"quiet after {duration_text(after_s)}"
    )


def _false_alarms(share: float) -> str:
    return f"at most {percent_text(share)} false alarms"


def _audit(older: Auditing | None, newer: Auditing | None) -> Iterator[Changed]:
    if older is None or newer is None:
        if older is not newer:
            yield change("audit", _looked_at(older), _looked_at(newer))
        return
    for field, worded in _AUDITING.items():
        yield from plain("audit", getattr(older, field), getattr(newer, field), worded)


def _looked_at(found: Auditing | None) -> str:
    """Return which decisions are looked at afterwards, and by whom."""
    if found is None:
        return "nothing is looked at"
    return ", ".join(worded(getattr(found, field)) for field, worded in _AUDITING.items())


def _drawn(one_in: dict[str, int]) -> str:
    return ", ".join(
        f"one in {count:,}" + (f" rated {severity}" if severity else "")
        for severity, count in one_in.items()
    )


def _a_day(most: int | None) -> str:
    return f"at most {'a tenth of their capacity' if most is None else most} a day for each"


def _promised(share: float | None) -> str:
    return "as calibrated" if share is None else f"at most {percent_text(share)} wrong"


_AUDITING: dict[str, Callable[[Any], str]] = {
    "one_in": _drawn,
    "to": lambda route: f"to {route}",
    "within_s": lambda within_s: f"within {duration_text(within_s)}",
    "twice": lambda share: f"{percent_text(share)} by a second person too",
    "at_most_day": _a_day,
    "promise": _promised,
}
"""How each part of an audit is said."""


def _fact(fact: Fact) -> str:
    kind = f"one of {_listed(fact.choices)}" if fact.choices else fact.type
    unit = f" in {in_words(fact.unit)}" if fact.unit.strip() else ""
    if fact.source is not None:
        return f"{kind}{unit}, from {as_source(fact.source)}"
    if not fact.sources:
        return f"{kind}{unit}, stated by the agent"
    by_action = ", ".join(f"{action}: {as_source(node)}" for action, node in fact.sources.items())
    rest = "" if fact.otherwise is None else f", otherwise {fact.otherwise}"
    return f"{kind}{unit}, from {by_action}{rest}"


def _known(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = set(older.known.types), set(newer.known.types)
    what = f"known types ({len(before):,} -> {len(after):,})"
    if before - after:
        yield told(what, f"without {_listed(sorted(before - after), after)}")
    if after - before:
        yield told(what, f"with {_listed(sorted(after - before), before)}")
    yield from _learned(older.known.learned, newer.known.learned)


def _learned(older: Learned | None, newer: Learned | None) -> Iterator[Changed]:
    if older is None or newer is None:
        if older is not newer:
            does = "names nothing learned any more" if newer is None else "names what was learned"
            yield told("known", f"it {does}")
        return
    before, after = (exactly(replace(one, folder="", least_rate=0.0)) for one in (older, newer))
    if before != after:
        short = (older.digest[:12], newer.digest[:12])
        sides = (before, after) if short[0] == short[1] else short
        what = "what was learned"
        yield Changed(
            what=what, before=sides[0], after=sides[1], sentence=f"{what} is not the same"
        )


def _claims(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = (
        {claim.name: replace(claim, line=0) for claim in one.claims} for one in (older, newer)
    )
    units = {fact.id: in_words(fact.unit) for fact in newer.facts.values() if fact.unit.strip()}

    def worded(claim: Claim) -> str:
        if claim.when is None:
            return f"every decision, {claimed(claim)}"
        return f"where {in_words(as_sentence(claim.when, units))}, {claimed(claim)}"

    yield from named("claim", before, after, worded)
    if list(before) != list(after) and set(before) == set(after):
        yield told("claims", "the same in another order")


def _tests(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = (
        [exactly(replace(case, line=0)) for case in one.tests] for one in (older, newer)
    )
    gone = [case for case in before if case not in after]
    come = [case for case in after if case not in before]
    if gone or come:
        count = f"{len(come)} new or changed, {len(gone)} gone or as they were before"
        yield told("tests", count)
    elif len(before) != len(after):
        yield told("tests", f"{len(before):,} -> {len(after):,}, some of them twice")
    elif before != after:
        yield told("tests", "the same in another order")


def _listed(names: Sequence[str], beside: Set[str] = frozenset()) -> str:
    """Return names one after the other, those past the first 12 only counted.

    Args:
        names: what is listed.
        beside: names that one of them must not be taken for.
    """
    looks = {skeleton(name) for name in beside}
    shown = ", ".join(
        letters_told(in_words(name)) if skeleton(name) in looks else in_words(name)
        for name in names[:MOST_NAMES]
    )
    more = len(names) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
