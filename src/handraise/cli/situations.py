"""`situations`: what is new, in groups; what people say it is; whether the familiar drifts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import Struct

from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl, settings_at
from handraise.cli.output import columns, counted, note, say, say_json
from handraise.errors import Error, InputError, NotFoundError

if TYPE_CHECKING:
    from handraise.clock import Clock
    from handraise.service.learning.drift import DriftReport
    from handraise.service.learning.overview import Grouped, Overviews, Said
    from handraise.service.learning.situations import Group, Naming, Situations
    from handraise.service.reading.shelf import Shelf
    from handraise.store import Store

app = typer.Typer(
    help="See what new situations people answered, say what they are, and whether what was learned "
    "still fits.",
    rich_markup_mode=None,
)

MOST_GROUPS = 20
MOST_LETTERS = 160
MOST_IDS = 10
_GROUP = re.compile(r"[0-9a-f]{10}")

Beside = Annotated[
    Path,
    typer.Option(
        "--table", metavar="TABLE", help="The table; its store and learned files lie beside it."
    ),
]
Agent = Annotated[
    str | None,
    typer.Option("--agent", metavar="AGENT", help="Whose. Otherwise that of the table."),
]
Which = Annotated[
    str,
    typer.Argument(
        metavar="GROUP",
        help="A group's id as `situations` lists it, or those of escalations, with commas between.",
    ),
]
By = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", help="Who says so: somebody who answers for the new."),
]


@app.callback(invoke_without_command=True)
def situations(
    context: typer.Context,
    table: Beside = DEFAULT_TABLE,
    agent: Agent = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the new situations that people answered, in groups, with what sets each apart.

    What was novel stays novel until somebody has said what it is, and `learn --add` took it up.
    """
    if context.invoked_subcommand is not None:
        if (table, agent, store, as_json) != (DEFAULT_TABLE, None, None, False):
            raise InputError(
                "options of `situations` do nothing before a command", "write them after it"
            )
        return
    with _opened(table, store) as place:
        agents = place.agents(agent)
        found = [place.seen(one) for one in agents]
    if as_json:
        say_json([_told(one) for one in found])
        return
    for one in found:
        _say_seen(one)


@app.command()
def name(
    which: Which,
    label: Annotated[str, typer.Argument(metavar="TYPE", help="The type they are of.")],
    by: By = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="It is a new type, though almost called like another.")
    ] = False,
    table: Beside = DEFAULT_TABLE,
    agent: Agent = None,
    store: StoreUrl = None,
) -> None:
    """Say which type new situations are of: `learn --add` learns from them.

    It may be a new type, or one that the table knows already: then it is the wording that is new.
    A later word replaces an earlier one: name their escalations, as `situations` lists them.
    """
    with _opened(table, store) as place:
        whose, ids, who = place.meant(which, agent, by)
        near = "" if yes else place.situations.near(whose, label)
        if near:
            raise InputError(f'"{label}" is not said before; {near}', "--yes if it is a new type")
        found = place.situations.name(whose, ids, label, who)
    say(f"{_count(found)}: {found.label}")
    if found.is_known:
        note("the table knows this type already: the wording is what is new")
    note("`handraise learn … --add` takes it up; until then it stays a new situation")


@app.command()
def none(
    which: Which,
    by: By = None,
    table: Beside = DEFAULT_TABLE,
    agent: Agent = None,
    store: StoreUrl = None,
) -> None:
    """Say that new situations are of no type: nothing is learned from them."""
    with _opened(table, store) as place:
        whose, ids, who = place.meant(which, agent, by)
        found = place.situations.none(whose, ids, who)
    say(f"{_count(found)}: of no type")


@app.command()
def drift(
    table: Beside = DEFAULT_TABLE,
    agent: Agent = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say whether what was learned still fits what comes, week by week."""
    with _opened(table, store) as place:
        whose = place.one(agent)
        report = place.overviews.drift(place.shelf.newest(whose))
    if as_json:
        say_json({"agent": whose, **_drift_told(report)})
        return
    say(report.sentence)
    if report.everything.blocks:
        say()
        say(columns(("week", "decisions", "up to 5%", "distance", "by chance"), _weeks(report)))
        say(f"stopped as unfamiliar up to {report.rate:.1%}; the weeks are of all decisions")


class Seen(Struct, frozen=True):
    """What there is to see of one agent's new situations."""

    agent: str
    grouped: Grouped
    said: tuple[Said, ...]


class Place(Struct, frozen=True):
    """A store with its tables, and what reads and keeps new situations in it.

    Attributes:
        whose: the agent of the table that the store lies beside; None where there is no table.
    """

    whose: str | None
    store: Store
    shelf: Shelf
    overviews: Overviews
    situations: Situations

    def seen(self, agent: str) -> Seen:
        """Return what there is to see of an agent."""
        table = self.shelf.newest(agent)
        model, _ = self.overviews.learned(table)
        manifest = model.manifest if model is not None else None
        return Seen(
            agent, self.overviews.grouped(table, model), self.overviews.said(table, manifest)
        )

    def agents(self, agent: str | None) -> list[str]:
        """Return whose situations are meant: the agent's, or the table's, or those of all."""
        meant = self.whose if agent is None else agent
        return self.shelf.agents() if meant is None else [meant]

    def one(self, agent: str | None) -> str:
        """Return the agent that is meant, where there is but one."""
        agents = self.agents(agent)
        if len(agents) != 1:
            listed = ", ".join(agents) or "none"
            raise InputError(f"--agent: the store knows {len(agents)} of them", f"it has {listed}")
        return agents[0]

    def meant(self, which: str, agent: str | None, by: str | None) -> tuple[str, list[str], str]:
        """Return whose situations are meant, their escalations, and who says so."""
        if by is None:
            raise InputError("--as: nobody says so", "--as PERSON, who answers for the new")
        if not _GROUP.fullmatch(which):
            ids = [one.strip() for one in which.split(",")]
            return self._agent_of(ids), ids, by
        for one in self.agents(agent):
            for group in self.seen(one).grouped.groups:
                if group.id == which:
                    return one, list(group.escalation_ids), by
        raise NotFoundError(
            f'there is no group "{which}"',
            "`handraise situations` lists them as they are now: new ones may have joined it, and"
            " what was named is meant by its escalations",
        )

    def _agent_of(self, ids: Sequence[str]) -> str:
        """Return whose escalations these are."""
        agents = set()
        for one in ids:
            escalation = self.store.escalation(one)
            if escalation is None:
                raise NotFoundError(
                    f'there is no escalation "{one}"', "`handraise situations` lists the groups"
                )
            agents.add(escalation.agent)
        if len(agents) > 1:
            raise InputError(f"these are of {len(agents)} agents", "name those of one at a time")
        return agents.pop()


@contextmanager
def _opened(table: Path, store: str | None) -> Iterator[Place]:
    """Yield the store beside a table, or the one that is named."""
    from handraise.clock import SystemClock
    from handraise.service.learning.overview import Overviews
    from handraise.service.learning.situations import Situations
    from handraise.service.reading.shelf import Shelf
    from handraise.store import open_store

    opened = open_store(settings_at(store, table).store_url or "")
    try:
        clock: Clock = SystemClock()
        shelf = Shelf(opened, clock)
        whose = _agent_beside(table)
        if whose is not None:
            shelf.learned.register(whose, table.parent)
        overviews = Overviews(opened, shelf, clock)
        yield Place(whose, opened, shelf, overviews, Situations(opened, shelf, clock))
    finally:
        opened.close()


def _agent_beside(table: Path) -> str | None:
    """Return whose table it is; None where it cannot be read.

    Learned files are found beside it; without them, letters tell what is alike.
    """
    from handraise.service.learning.gathering import agent_of

    try:
        return agent_of(table)
    except Error:
        return None


def _told(seen: Seen) -> dict[str, Any]:
    return {
        "agent": seen.agent,
        "why": seen.grouped.why,
        "remedy": seen.grouped.remedy,
        "groups": seen.grouped.groups,
        "said": seen.said,
        "waiting": _waiting(seen),
    }


def _waiting(seen: Seen) -> int:
    """Return how many situations wait for `learn --add`."""
    return sum(len(one.escalation_ids) for one in seen.said if one.label is not None)


def _say_seen(seen: Seen) -> None:
    groups = [one for one in seen.grouped.groups if not one.is_alone]
    alone = [one for one in seen.grouped.groups if one.is_alone]
    say(f"{seen.agent}: {counted(len(groups), 'group')}, {len(alone)} alike to no other", bold=True)
    if seen.grouped.why:
        note(": ".join(part for part in (seen.grouped.why, seen.grouped.remedy) if part))
    for one in [*groups, *alone][:MOST_GROUPS]:
        _say_group(one)
    more = len(groups) + len(alone) - MOST_GROUPS
    if more > 0:
        say(f"and {more} more; --json lists all")
    for said in seen.said:
        what = "of no type" if said.label is None else said.label
        known = " (known already)" if said.is_known else ""
        say(f"named: {len(said.escalation_ids)} {what}{known}, by {', '.join(said.by)}")
        _say_ids(said.escalation_ids)
    waiting = _waiting(seen)
    if waiting:
        say(f"{counted(waiting, 'situation')} waiting for `handraise learn … --add`")
    if seen.said:
        note("`handraise situations name ESCALATION,… TYPE --as PERSON` says another")
    if groups or alone:
        note("`handraise situations name GROUP TYPE --as PERSON` says what they are")


def _say_ids(ids: Sequence[str]) -> None:
    more = len(ids) - MOST_IDS
    say(
        f"    {','.join(ids[:MOST_IDS])}{f' and {more} more; --json lists all' if more > 0 else ''}"
    )


def _say_group(group: Group) -> None:
    words = f": {', '.join(group.words)}" if group.words else ""
    say()
    say(f"{group.id}  {counted(group.count, 'situation')}{words}")
    for text in group.examples:
        say(f"    “{_cut(text)}”")
    if not group.examples:
        say(f"    without a text: {group.escalation_ids[0]}")
    say(f"    taken for {_tally(group.types, 'no type')}; {_tally(group.outcomes, '')}")


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MOST_LETTERS else f"{plain[: MOST_LETTERS - 1]}…"


def _tally(counts: Mapping[str, int], empty: str) -> str:
    return ", ".join(f"{name or empty} {count}" for name, count in counts.items())


def _count(found: Naming) -> str:
    repeated = found.count - found.news
    told = f" ({repeated} said so already)" if repeated else ""
    return counted(found.count, "situation") + told


def _weeks(report: DriftReport) -> list[tuple[str, ...]]:
    return [
        (
            f"{one.starts_at:%Y-%m-%d}",
            f"{one.count:,}",
            f"{one.small:.1%}",
            f"{one.distance:.3f}",
            f"{one.p:.2g}",
        )
        for one in report.everything.blocks
    ]


def _drift_told(report: DriftReport) -> dict[str, Any]:
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(report)
    return found
