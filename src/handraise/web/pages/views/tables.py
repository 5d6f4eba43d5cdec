"""The routing table as published, and who stands behind each of its routes at this moment.

Who would be asked is found by the same function that assigns: the page never says another name
than the next question goes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.duty import Directory, pick
from handraise.core.table.sheet import Sheet, sheet_of
from handraise.core.table.types import Table
from handraise.core.table.units import duration_text
from handraise.model import OWNER, Waiver
from handraise.service.going_live.standing import Hold
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.words import Moment, Reader, route_name, sentence


class Passed(Struct, frozen=True):
    """Somebody of a route who would be passed over now: full name, and why."""

    name: str
    why: str


class RouteNow(Struct, frozen=True, kw_only=True):
    """Who stands behind a route at this moment.

    Attributes:
        name: the route.
        about: its deadlines, and how many must agree.
        asked: who would be asked now, by full name; several where several must agree.
        falls: whether a question goes to the owner, or a part of it, because nobody else is there.
        then: who is next, in this order.
        passed: who would be passed over, and why.
    """

    name: str
    about: str
    asked: tuple[str, ...]
    falls: bool
    then: tuple[str, ...]
    passed: tuple[Passed, ...]


class WaivedView(Struct, frozen=True, kw_only=True):
    """Something that is not proved and was let stand: what, why, by whom, until when."""

    what: str
    why: str
    by: str
    until: Moment


class TablePage(Struct, frozen=True, kw_only=True):
    """The page of one agent's routing table, or of one of its versions.

    Attributes:
        agent: whose.
        agents: those whose tables the reader may see.
        version: which version.
        is_current: whether it is the one by which people are asked.
        is_live: whether it is in force.
        ended: why the record does not hold any more, a sentence; empty while it does.
        by: who signed for it; empty where nobody did.
        at: when.
        ends_at: when it ends by itself; None for never.
        waived: what stands though it is not proved.
        waiting: the version that waits to be signed for; empty where none does.
        routes: who stands behind each route now; empty for a version that is not current.
        sheet: all of it in words.
    """

    agent: str
    agents: tuple[str, ...]
    version: str
    is_current: bool
    is_live: bool = False
    ended: str = ""
    by: str = ""
    at: Moment | None = None
    ends_at: Moment | None = None
    waived: tuple[WaivedView, ...] = ()
    waiting: str = ""
    routes: tuple[RouteNow, ...] = ()
    sheet: Sheet


def table_page(
    table: Table,
    reader: Reader,
    *,
    agents: Sequence[str],
    hold: Hold | None,
    waiting: Table | None,
    directory: Directory,
) -> TablePage:
    """Return the page of an agent's current table.

    Args:
        table: as it is current.
        reader: who reads.
        agents: those whose tables they may see.
        hold: how its go-live record stands; None for none.
        waiting: the version that waits, if any.
        directory: how everybody stands now.
    """
    is_of_it = hold is not None and hold.record.version == table.version
    found = TablePage(
        agent=table.agent,
        agents=tuple(agents),
        version=table.version,
        is_current=True,
        waiting=waiting.version if waiting is not None else "",
        routes=routes_now(table, directory, reader),
        sheet=sheet_of(table),
    )
    if hold is None or not is_of_it:
        return found
    return _with_hold(found, hold, reader)


def _with_hold(found: TablePage, hold: Hold, reader: Reader) -> TablePage:
    names = {str(one.get("code")): str(one.get("name")) for one in hold.record.evidence}
    return replace(
        found,
        is_live=hold.holds,
        ended=sentence(visible(hold.ended)),
        by=reader.full_name(hold.record.by),
        at=reader.moment(hold.record.at),
        ends_at=None if hold.ends_at is None else reader.moment(hold.ends_at),
        waived=tuple(_waived(one, names, reader) for one in hold.record.waivers),
    )


def _waived(waiver: Waiver, names: dict[str, str], reader: Reader) -> WaivedView:
    return WaivedView(
        what=names.get(waiver.line, waiver.line),
        why=waiver.reason,
        by=reader.full_name(waiver.by),
        until=reader.moment(waiver.until),
    )


def routes_now(table: Table, directory: Directory, reader: Reader) -> tuple[RouteNow, ...]:
    """Return who stands behind each route of a table now, the owner last."""
    now = reader.now
    return tuple(_route_now(table, id, directory, now, reader) for id in (*table.routes, OWNER))


def _route_now(
    table: Table, route: str, directory: Directory, now: datetime, reader: Reader
) -> RouteNow:
    def names(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(visible(reader.full_name(id)) for id in ids)

    if route == OWNER:
        return RouteNow(
            name=route_name(OWNER),
            about="the last resort",
            asked=names([directory.owner]),
            falls=False,
            then=(),
            passed=(),
        )
    found = table.routes[route]
    order: list[str] = []
    picked = pick(table, route, directory, order, now)
    while not picked.with_owner:
        order.append(picked.person)
        picked = pick(table, route, directory, order, now)
    asked = order[: found.needs]
    falls = len(asked) < found.needs
    return RouteNow(
        name=route_name(route),
        about=_about(found.acknowledge_within_s, found.decide_within_s, found.needs),
        asked=names([*asked, directory.owner] if falls else asked),
        falls=falls,
        then=names(order[found.needs :]),
        passed=tuple(
            Passed(visible(reader.full_name(one.person)), visible(one.why))
            for one in picked.skipped
        ),
    )


def _about(acknowledge_s: float, decide_s: float, needs: int) -> str:
    said = f"take it within {duration_text(acknowledge_s)}, decide within {duration_text(decide_s)}"
    return f"{said}; {needs} of them must agree" if needs > 1 else said
