"""Claims of every row: it can fire, it adds something, and under `first` it is heard."""

from __future__ import annotations

from collections.abc import Iterator

import z3

from handraise.core.proof.asking import Asking, Found, Judged, known
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import Code, Result
from handraise.core.proof.terms import either
from handraise.core.table.expression import names_read
from handraise.core.table.types import Row


def row_claims(reading: Reading, asking: Asking, judged: Judged) -> Iterator[Result]:
    """Yield what came of the claims of each row, in the table's order.

    A row that can never fire is told as dead alone.
    """
    rows = reading.table.rows
    dead = [_dead(place, reading, asking) for place in range(len(rows))]
    alive = [place for place, result in enumerate(dead) if result.state != "refuted"]
    first = reading.table.several == "first"
    others = _heard(alive, reading, asking, judged) if first else _adding(alive, reading, asking)
    told = {place: [result] for place, result in enumerate(dead)}
    for place, result in others:
        told[place].append(result)
    for place in range(len(rows)):
        yield from told[place]


def called(row: Row) -> str:
    """Return what a row is called: its id, and the team's name for it."""
    return f'{row.id} "{row.name}"' if row.name else row.id


def _of_row(
    found: Found, code: Code, row: Row, name: str, why: str, *, is_grave: bool = True
) -> Result:
    return found.result(code, name, why=why, subject=row.id, line=row.line, is_grave=is_grave)


def _dead(place: int, reading: Reading, asking: Asking) -> Result:
    """Return whether a row fires on some decision that lacks nothing and has all it reads."""
    row = reading.table.rows[place]
    read = names_read(row.when) if row.when is not None else ()
    usable = [reading.usable[id] for id in read]
    can_fire = asking.is_possible(reading.complete, *usable, reading.fires[place])
    name = f"{called(row)} can fire on a decision that lacks nothing"
    return _of_row(known(can_fire), "dead-row", row, name, "it fires only in doubt")


def _adding(places: list[int], reading: Reading, asking: Asking) -> Iterator[tuple[int, Result]]:
    """Yield for each row whether it asks a route, with its tag, that no other row asks then.

    Of twins the later one is told, and what is told is not held against the others.
    """
    rows = reading.table.rows
    kept = list(places)
    for place in reversed(places):
        row = rows[place]
        same = [n for n in kept if n != place and (rows[n].to, rows[n].tag) == (row.to, row.tag)]
        adds: bool | None = True
        if same:
            others = either([reading.fires[n] for n in same], reading.context)
            adds = asking.is_possible(reading.fires[place], z3.Not(others))
        if adds is False:
            kept.remove(place)
        yield place, _shadowed(row, known(adds), [rows[n] for n in same])


def _shadowed(row: Row, found: Found, others: list[Row]) -> Result:
    listed = ", ".join(called(one) for one in others[:3])
    name = f"{called(row)} adds something of its own"
    why = f"whenever it fires, {listed} asks the same route"
    return _of_row(found, "shadowed-row", row, name, why, is_grave=False)


def _heard(
    places: list[int], reading: Reading, asking: Asking, judged: Judged
) -> Iterator[tuple[int, Result]]:
    """Yield for each row whether it is ever the first that fires; if not, whom it cannot reach."""
    for place in places:
        row = reading.table.rows[place]
        fires = reading.fires[place]
        is_heard = known(asking.is_possible(fires, z3.Not(reading.before(place))))
        earlier = list(reading.table.rows[:place])
        if is_heard.state != "refuted":
            yield place, _shadowed(row, is_heard, earlier)
            yield place, _contradiction(row, is_heard)
            continue
        route = reading.asks(row.to)
        ahead = [fires, z3.Not(route)]
        found = asking.find(ahead, judged.one, (reading.complete,), made_plain=False)
        if found.state == "proved":
            yield place, _shadowed(row, is_heard, earlier)
        else:
            yield place, _contradiction(row, found)


def _contradiction(row: Row, found: Found) -> Result:
    name = f"{called(row)} is heard: some decision asks {row.to} because of it"
    why = "an earlier row always fires with it, and decides for another route"
    return _of_row(found, "contradiction", row, name, why)
