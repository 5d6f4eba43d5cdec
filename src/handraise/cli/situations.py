"""`situations`: what is new, in groups; what people say it is; whether the familiar drifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.beside import Seen, opened_beside
from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl
from handraise.cli.output import columns, counted, note, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.learning.drift import DriftReport
    from handraise.service.learning.situations import Group, Naming

app = typer.Typer(
    help="See what new situations people answered, say what they are, and whether what was learned "
    "still fits.",
    rich_markup_mode=None,
)

MOST_GROUPS = 20
MOST_LETTERS = 160
MOST_IDS = 10

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
    with opened_beside(table, store) as place:
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
    with opened_beside(table, store) as place:
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
    with opened_beside(table, store) as place:
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
    with opened_beside(table, store) as place:
        whose = place.one(agent)
        report = place.overviews.drift(place.shelf.current(whose))
    if as_json:
        say_json({"agent": whose, **_drift_told(report)})
        return
    say(report.sentence)
    if report.everything.blocks:
        say()
        say(columns(("week", "decisions", "up to 5%", "distance", "by chance"), _weeks(report)))
        say(f"stopped as unfamiliar up to {report.rate:.1%}; the weeks are of all decisions")


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
