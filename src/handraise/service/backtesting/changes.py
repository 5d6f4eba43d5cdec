"""How two tables differ, in plain sentences. Compares what they say, not what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.table.expression import as_source
from handraise.core.table.sheet import claimed, clean, concerned, happening, narrowing
from handraise.core.table.types import Claim, Fact, Person, Route, Row, Table
from handraise.core.table.units import capacity_text, duration_text, hours_of

MOST_NAMES = 12

ROW_PARTS = {
    "below": "threshold", "below_by_type": "thresholds by type", "when": "rule",
    "severity": "severity", "unfamiliar": "rate", "kind": "rule", "for_types": "types",
    "for_actions": "actions", "to": "route", "tag": "tag", "name": "name",
}  # fmt: skip


class Changed(Struct, frozen=True, kw_only=True):
    """One thing that two tables say differently.

    Attributes:
        what: the part of the table, e.g. `row confidence.1`.
        before: what the older one says; empty for what is new.
        after: what the newer one says; empty for what is gone.
        sentence: all of it in one plain sentence.
    """

    what: str
    before: str = ""
    after: str = ""
    sentence: str


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
    return (
        *_rows(older, newer),
        *_plain("several", older.several, newer.several),
        *_plain("unanswered", older.unanswered, newer.unanswered),
        *_plain("confidence", _confidence(older), _confidence(newer)),
        *_routes(older, newer),
        *_people(older, newer),
        *_plain("owner", older.owner, newer.owner),
        *_plain("severities", ", ".join(older.severities), ", ".join(newer.severities)),
        *_actions(older, newer),
        *_plain("confirm", older.confirm or "", newer.confirm or ""),
        *_plain("readers", ", ".join(older.readers), ", ".join(newer.readers)),
        *_facts(older, newer),
        *_known(older, newer),
        *_plain(
            "watch",
            f"silent after {duration_text(older.silent_after_s)}",
            f"silent after {duration_text(newer.silent_after_s)}",
        ),
        *_plain("purpose", clean(older.purpose), clean(newer.purpose)),
        *_claims(older, newer),
        *_tests(older, newer),
    )


def _change(what: str, before: str, after: str) -> Changed:
    return Changed(what=what, before=before, after=after, sentence=f"{what}: {before} -> {after}")


def _gone(what: str, before: str) -> Changed:
    return Changed(what=what, before=before, sentence=f"{what} is gone: {before}")


def _new(what: str, after: str) -> Changed:
    return Changed(what=what, after=after, sentence=f"{what} is new: {after}")


def _told(what: str, after: str) -> Changed:
    """Return a change that has no two sides worth telling."""
    return Changed(what=what, after=after, sentence=f"{what}: {after}")


def _plain(what: str, before: str, after: str) -> Iterator[Changed]:
    if before != after:
        yield _change(what, before or "nothing", after or "nothing")


def _rows(older: Table, newer: Table) -> Iterator[Changed]:
    """Yield what became of the rows; a row is the same where its meaning is, wherever it stands."""
    for condition in ("confidence", "consequence", "novelty"):
        before = [row for row in older.rows if row.condition == condition]
        after = [row for row in newer.rows if row.condition == condition]
        gone, come = _unpaired(before, after), _unpaired(after, before)
        if not gone and not come and [*map(_meaning, before)] != [*map(_meaning, after)]:
            yield _told(condition, "the same rows in another order")
        for old in list(gone):
            new = next((row for row in come if _is_like(old, row)), None)
            if new is not None:
                gone.remove(old)
                come.remove(new)
                yield _change(f"row {old.id}", _row(older, old, new), _row(newer, new, old))
        yield from (_gone(f"row {row.id}", _row(older, row)) for row in gone)
        yield from (_new(f"row {row.id}", _row(newer, row)) for row in come)


def _unpaired(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """Return the rows that the others do not have, each as often as they lack it."""
    left = [_meaning(row) for row in others]
    found = []
    for row in rows:
        if _meaning(row) in left:
            left.remove(_meaning(row))
        else:
            found.append(row)
    return found


def _meaning(row: Row) -> Row:
    return replace(row, id="", line=0)


def _is_like(row: Row, other: Row) -> bool:
    """Return whether one row is the other with something changed: no more than two parts of it."""
    changed = [part for part in ROW_PARTS if getattr(row, part) != getattr(other, part)]
    return row.kind == other.kind and len(changed) <= 2


def _row(table: Table, row: Row, other: Row | None = None) -> str:
    """Return a row in words; beside another one, only what is worth telling them apart."""
    parts = [clean(happening(table, row)), *narrowing(row)]
    told_apart = other is None or row.to != other.to
    where = f", to {row.to}" if told_apart else ""
    marks = [
        f"{what} “{clean(word)}”"
        for what, word, beside in (
            ("marked", row.tag or "", other.tag or "" if other else ""),
            ("called", row.name, other.name if other else ""),
        )
        if word and (other is None or word != beside)
    ]
    return ", ".join([*parts, *marks]) + where


def _confidence(table: Table) -> str:
    found = table.calibration
    if found is None:
        return "as the agent states it"
    return f"calibrated ({found.map.kind}, from {found.labels:,} labels, {found.digest[:12]})"


def _routes(older: Table, newer: Table) -> Iterator[Changed]:
    yield from _named("route", older.routes, newer.routes, _route)


def _route(route: Route) -> str:
    needs = f", {route.needs} of them must agree" if route.needs > 1 else ""
    return (
        f"{', then '.join(route.people)}{needs}, take within "
        f"{duration_text(route.acknowledge_within_s)}, decide within "
        f"{duration_text(route.decide_within_s)}"
    )


def _people(older: Table, newer: Table) -> Iterator[Changed]:
    """Yield what changes for people; of contacts only that they do, for they may hold secrets."""
    yield from _named("person", older.people, newer.people, _person)
    for id, person in older.people.items():
        other = newer.people.get(id)
        if other is not None and other.contacts != person.contacts:
            yield _told(f"person {id}", "other contacts")


def _person(person: Person) -> str:
    hours = hours_of(person)
    zone = "" if hours == "always" else f" ({clean(person.zone)})"
    capacity = capacity_text(person.capacity_day, person.capacity_open)
    limit = f"at most {capacity}" if capacity else "no limit"
    return f"{clean(person.name)}, {clean(hours)}{zone}, {limit}"


def _actions(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = older.actions, newer.actions
    yield from _named("action", before, after, lambda one: f"rated {one.severity}")
    for id, action in before.items():
        if id in after and after[id].form != action.form:
            yield _told(f"action {id}", "another form of its proposal")


def _facts(older: Table, newer: Table) -> Iterator[Changed]:
    yield from _named("fact", older.facts, newer.facts, _fact)


def _fact(fact: Fact) -> str:
    kind = f"one of {_listed(fact.choices)}" if fact.choices else fact.type
    unit = f" in {clean(fact.unit)}" if fact.unit.strip() else ""
    if fact.source is not None:
        return f"{kind}{unit}, from {as_source(fact.source)}"
    if not fact.sources:
        return f"{kind}{unit}, stated by the agent"
    by_action = ", ".join(f"{action}: {as_source(node)}" for action, node in fact.sources.items())
    rest = "" if fact.otherwise is None else f", otherwise {fact.otherwise}"
    return f"{kind}{unit}, from {by_action}{rest}"


def _named(
    what: str, before: dict[str, Any], after: dict[str, Any], worded: Callable[[Any], str]
) -> Iterator[Changed]:
    """Yield what is gone, new and changed among things that have a name."""
    for id, one in before.items():
        if id not in after:
            yield _gone(f"{what} {id}", worded(one))
        elif worded(one) != worded(after[id]):
            yield _change(f"{what} {id}", worded(one), worded(after[id]))
    for id, one in after.items():
        if id not in before:
            yield _new(f"{what} {id}", worded(one))


def _known(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = set(older.known.types), set(newer.known.types)
    what = f"known types ({len(before):,} -> {len(after):,})"
    if before - after:
        yield _told(what, f"without {_listed(sorted(before - after))}")
    if after - before:
        yield _told(what, f"with {_listed(sorted(after - before))}")
    learned = [one.known.learned.digest if one.known.learned else "" for one in (older, newer)]
    if all(learned) and learned[0] != learned[1]:
        what = "what was learned"
        yield Changed(
            what=what,
            before=learned[0][:12],
            after=learned[1][:12],
            sentence=f"{what} is not the same",
        )
    elif any(learned) and not all(learned):
        named = "names what was learned" if learned[1] else "names nothing learned any more"
        yield _told("known", f"it {named}")


def _claims(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = (
        {clean(claim.name): _claim(one, claim) for claim in one.claims} for one in (older, newer)
    )
    yield from _named("claim", before, after, str)


def _claim(table: Table, claim: Claim) -> str:
    return f"{concerned(table, claim)}, {claimed(claim)}"


def _tests(older: Table, newer: Table) -> Iterator[Changed]:
    before, after = ([replace(case, line=0) for case in one.tests] for one in (older, newer))
    gone = [case for case in before if case not in after]
    come = [case for case in after if case not in before]
    if gone or come:
        count = f"{len(come)} new or changed, {len(gone)} gone or as they were before"
        yield _told("tests", count)


def _listed(names: Sequence[str]) -> str:
    """Return names one after the other, those past the first 12 only counted."""
    shown = ", ".join(clean(name) for name in names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
