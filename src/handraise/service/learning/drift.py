"""Whether what is familiar drifts away from what was learned: by all decisions, and by the usual.

Three figures are shown side by side. Over all decisions, many small p-values mean new situations,
or familiar ones worded in another way. Over what lies above the rate at which the table stops them,
they mean that the usual itself has moved: then what was learned grows old. And more decisions up to
that rate than the promise allows mean that new kinds of requests come in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from handraise.core.familiar.drift import Drift, drift_of, slack_of
from handraise.core.familiar.excess import Excess, excess_of
from handraise.core.familiar.rates import held_out_for
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

AGE = "learn again from newer rows"
NEW = "`handraise situations` shows what is new"

Finding = Literal["nothing", "none", "new", "moved"]


class DriftReport(Struct, frozen=True, kw_only=True):
    """What the p-values of an agent's decisions say since they were held against what was learned.

    Attributes:
        everything: of all decisions that were looked at.
        usual: of those that no row stopped as unfamiliar, taken as a whole of their own; the same
            as `everything` where no row looks.
        excess: of all decisions, those as unusual as the rate asks for; None where no row looks.
        rate: the greatest share of familiar decisions that a row may stop; 0 where no row looks.
        finding: `nothing` to look at; `none`: no drift; `new`: more is unfamiliar than was stated;
            `moved`: the usual has moved, too.
        sentence: the same in plain words, with what to do.
    """

    everything: Drift
    usual: Drift
    excess: Excess | None
    rate: float
    finding: Finding
    sentence: str


class Drifts:
    """Tells whether what an agent learned still fits."""

    def __init__(self, store: Store, shelf: Shelf) -> None:
        """Keep what is needed."""
        self._store = store
        self._shelf = shelf

    def report(self, agent: str, *, since: datetime | None = None) -> DriftReport:
        """Return how usual the agent's decisions have been, against what its table learned.

        Decisions held against earlier learned files do not count, nor do rehearsals. The newest
        100,000 are one watch: within it, however often it is looked at, each of the three figures
        cries wolf with at most 0.5 %. Past them the watch moves on, and the chance begins anew.

        Args:
            agent: whose.
            since: only decisions at this instant or later.

        Raises:
            NotFoundError: there is no such agent.
            InputError: its table names no learned files.
        """
        table = self._shelf.current(agent)
        learned = table.known.learned
        if learned is None:
            raise InputError(
                f"the table of {agent} names no learned files",
                "`handraise learn` makes them; `known:` in the table names their folder",
            )
        points = self._store.familiarity_over_time(agent, since=since, learned=learned.digest)
        held_out = held_out_for(learned.least_rate)
        rate = stated_rate(table)
        everything = drift_of(points, held_out=held_out)
        usual = drift_of(points, held_out=held_out, above=rate) if rate else everything
        excess = excess_of(points, rate, held_out) if rate else None
        finding = _finding(everything, usual, excess)
        return DriftReport(
            everything=everything,
            usual=usual,
            excess=excess,
            rate=rate,
            finding=finding,
            sentence=_sentence(finding, everything, usual, excess, slack_of(held_out, is_cut=True)),
        )


def stated_rate(table: Table) -> float:
    """Return the greatest share of familiar decisions that a row may stop; 0 where no row looks."""
    rates = [row.unfamiliar for row in table.unfamiliar_rows if row.unfamiliar is not None]
    return max(rates, default=0.0)


def _finding(everything: Drift, usual: Drift, excess: Excess | None) -> Finding:
    if not everything.count:
        return "nothing"
    if usual.started_at is not None:
        return "moved"
    is_more = excess is not None and excess.started_at is not None
    return "new" if is_more or everything.started_at is not None else "none"


def _sentence(
    finding: Finding, everything: Drift, usual: Drift, excess: Excess | None, slack: float
) -> str:
    if finding == "nothing":
        return "no decision has been held against what was learned yet"
    share = "" if excess is None else f"; {_share(excess)}"
    if finding == "none":
        allowed = "" if excess is None else f", where {excess.allowed:.1%} may be by chance"
        return (
            f"no drift can be seen in {everything.count:,} decisions{share}{allowed}; with these"
            f" held-out rows no shift of less than {slack:.0%} shows"
        )
    if finding == "moved":
        return (
            f"since about {_day(usual)} the usual is worded or made up in another way{share}; {AGE}"
        )
    if excess is None or excess.started_at is None:
        return (
            f"since about {_day(everything)} more is unfamiliar than was stated, and the rest is as"
            f" usual: new situations{share}; {NEW}"
        )
    return (
        f"{_share(excess)}: new kinds of requests are coming in, since about {_day(excess)}; {NEW}"
    )


def _share(excess: Excess) -> str:
    were = "was" if excess.unusual == 1 else "were"
    return (
        f"{excess.unusual:,} of {excess.count:,} decisions ({excess.share:.1%}) {were} as unusual"
        f" as {100 * excess.rate:g} in 100 familiar ones are"
    )


def _day(found: Drift | Excess) -> str:
    return f"{found.started_at:%Y-%m-%d}"
