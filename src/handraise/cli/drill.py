"""`drill`: a marked rehearsal through the real channel to the real person."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl, one_table, settings_at
from handraise.cli.output import DONE, FAILED, columns, note, say, say_json
from handraise.errors import InputError
from handraise.model import OWNER

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.model import DrillRecord
    from handraise.service.wiring import Operation

MOST_LINES = 50
LOOK_EVERY_S = 0.5


def drill(
    route: Annotated[
        str | None, typer.Argument(metavar="[ROUTE]", help="The route to try, or `owner`.")
    ] = None,
    table: Annotated[
        Path, typer.Option("--table", metavar="TABLE", help="The routing table.")
    ] = DEFAULT_TABLE,
    person: Annotated[
        str | None,
        typer.Option(
            "--person", metavar="PERSON", help="Who is drilled; otherwise whoever is next now."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="Who starts it; otherwise the owner."),
    ] = None,
    wait: Annotated[
        str,
        typer.Option(
            "--wait", metavar="TIME", help="How long to wait for the answer; 0s: not at all."
        ),
    ] = "15m",
    every: Annotated[
        bool, typer.Option("--all", help="Each route and the owner, all at once.")
    ] = False,
    show: Annotated[bool, typer.Option("--list", help="Only list the drills there were.")] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Send a drill to the person who would be asked now, and measure how long they take.

    It goes through their real contacts, is marked as a drill, does nothing, and counts nowhere.
    Ends with 1 when one was not answered, or not while it waited; with --wait 0s it only starts.
    """
    from handraise.service.wiring import assemble

    path = one_table(table)
    settings = settings_at(store, path)
    if show:
        _list(settings.store_url or "", route, as_json=as_json)
        return
    if every and (route is not None or person is not None):
        raise InputError("--all: tries every route", "leave out ROUTE and --person")
    if route is None and not every:
        raise InputError("ROUTE: name the route to try, or --all", "`handraise table` shows them")
    wait_s = _seconds(wait)
    operation = assemble([path], settings, yields=True, may_leave_delivery=True)
    try:
        gate = operation.face(path)
        operation.start()
        found = gate.table
        routes = [route] if route is not None else [*found.routes, OWNER]
        records = _started(operation, found, routes, by or found.owner, person, as_json=as_json)
        records = _waited(operation, records, wait_s)
    finally:
        operation.close()
    if as_json:
        say_json([_told(one) for one in records] if every else _told(records[0]))
    else:
        names = {id: one.name for id, one in found.people.items()}
        for record in records:
            _say(record, names, is_one=not every)
    is_done = wait_s == 0 or all(one.outcome == "answered" for one in records)
    raise typer.Exit(DONE if is_done and len(records) == len(routes) else FAILED)


def _started(
    operation: Operation,
    table: Table,
    routes: Sequence[str],
    by: str,
    person: str | None,
    *,
    as_json: bool,
) -> list[DrillRecord]:
    """Return a drill of each route; of several, one that nobody can be asked of is told and left.

    Raises:
        NotFoundError: there is no such route.
        InputError: nobody of the only route can be asked.
    """
    records = []
    for route in routes:
        try:
            record = operation.drills.start(table.agent, route, by, person)
        except InputError as error:
            if len(routes) == 1:
                raise
            note(f"no drill: {error.message}")
            continue
        records.append(record)
        if not as_json:
            name = table.people[record.person].name
            note(f"a drill of {route} is on its way to {name}; Ctrl-C leaves it to run")
    return records


def _seconds(wait: str) -> float:
    from handraise.core.table.units import UnitProblem, seconds

    if wait.strip() in {"0", "0s"}:
        return 0.0
    try:
        return seconds(wait)
    except UnitProblem as problem:
        raise InputError(f"--wait: {problem}") from None


def _waited(operation: Operation, records: list[DrillRecord], wait_s: float) -> list[DrillRecord]:
    """Return drills once all have ended, or as they stand when the time is over or Ctrl-C came."""
    until = time.monotonic() + wait_s
    try:
        while True:
            operation.drills.settle()
            records = [operation.drills.drill(one.id) for one in records]
            is_over = all(one.outcome != "open" for one in records)
            if is_over or time.monotonic() >= until:
                return records
            time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        return records


def _list(url: str, route: str | None, *, as_json: bool) -> None:
    from handraise.store import open_store

    opened = open_store(url)
    try:
        found = opened.drills(route=route, limit=MOST_LINES)
    finally:
        opened.close()
    if as_json:
        say_json([_told(one) for one in found])
    elif not found:
        say("there were no drills; `handraise drill ROUTE` sends one")
    else:
        header = ("when", "agent", "route", "person", "outcome", "told", "took it", "answered")
        say(columns(header, [_row(one) for one in found]))


def _row(record: DrillRecord) -> tuple[str, ...]:
    from handraise.service.drills import timing_of

    timing = timing_of(record)
    parts = (timing.told_s, timing.acknowledged_s, timing.answered_s)
    spans = ("-" if one is None else f"after {_span(one)}" for one in parts)
    when = f"{record.started_at:%Y-%m-%d %H:%M}Z"
    return (when, record.agent, record.route, record.person, record.outcome, *spans)


def _span(seconds_: float) -> str:
    from handraise.core.table.units import duration_text

    return duration_text(float(round(seconds_)))


def _say(record: DrillRecord, names: Mapping[str, str], *, is_one: bool) -> None:
    from handraise.service.drills import timing_of

    if not is_one:
        say(f"{record.route}:")
    timing = timing_of(record)
    person = names.get(record.person, record.person)
    if timing.told_s is None:
        say(f"no channel has taken the message to {person} yet")
    else:
        say(f"told {person} after {_span(timing.told_s)}")
    if timing.acknowledged_s is not None:
        say(f"taken after {_span(timing.acknowledged_s)}")
    if timing.answered_s is not None:
        by = names.get(record.answered_by or "", record.answered_by)
        say(f"answered by {by} after {_span(timing.answered_s)}")
    endings = {
        "open": "not answered yet; `handraise drill --list` shows how it goes on",
        "answered": "the path works",
        "moved": f"{person} did not answer, and it moved on to somebody who did",
        "failed": "nobody answered",
    }
    say(endings[record.outcome], bold=record.outcome != "answered")


def _told(record: DrillRecord) -> dict[str, Any]:
    """Return what `--json` says of one drill: the record with how long it took."""
    import msgspec

    from handraise.service.drills import timing_of

    found: dict[str, Any] = msgspec.to_builtins(record)
    return {**found, **msgspec.to_builtins(timing_of(record))}
