"""Which claims a newer table breaks: its own, and those of the table before it.

A claim of the older table is asked of the newer one as it stands, whatever the newer one is called
to claim. INVARIANT: what held before is said only of what is proved of the older table.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.proof.asking import Asking, Found, Judged
from handraise.core.proof.claims import claimed, of_claim
from handraise.core.proof.doubt import slips
from handraise.core.proof.reading import Reading
from handraise.core.proof.result import Result
from handraise.core.proof.world import World
from handraise.core.table.expression import as_source, names_read
from handraise.core.table.types import Claim, Table

SEVERITY = "severity"


class Kept(Struct, frozen=True, kw_only=True):
    """What becomes of claims when one table replaces another one.

    Attributes:
        broken: the newer table's own claims that are not proved of it.
        lost: the older table's claims that are proved of it, and not of the newer one: what came of
            each there, under its old name.
        dropped: the names of those of `lost` that the newer table does not make any more.
    """

    broken: tuple[Result, ...] = ()
    lost: tuple[Result, ...] = ()
    dropped: frozenset[str] = frozenset()

    @property
    def is_all(self) -> bool:
        """Whether every claim, old and new, holds of the newer table."""
        return not self.broken and not self.lost


def kept(older: Table, newer: Table, *, timeout_s: float = 10.0) -> Kept:
    """Return which claims of two tables do not hold of the newer one.

    Args:
        older: a table without errors.
        newer: another one.
        timeout_s: seconds that one question may take at most; all of a table together may take six
            times that.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> table = read(MISSION_TABLE).table
        >>> kept(table, table).is_all
        True
    """
    made = [_meaning(claim) for claim in newer.claims]
    gone = [claim for claim in older.claims if _meaning(claim) not in made]
    unreadable = ["" for _ in made] + [_unreadable(claim, newer, older) for claim in gone]
    results = _asked(newer, (*newer.claims, *gone), unreadable, timeout_s)
    own, others = results[: len(made)], results[len(made) :]
    found = dict(zip([*made, *map(_meaning, gone)], [*own, *others], strict=True))
    doubtful = [one for one in older.claims if found[_meaning(one)].state != "proved"]
    before = _asked(older, doubtful, ["" for _ in doubtful], timeout_s)
    held = [claim for claim, one in zip(doubtful, before, strict=True) if one.state == "proved"]
    return Kept(
        broken=tuple(one for one in own if one.state != "proved"),
        lost=tuple(replace(found[_meaning(one)], name=one.name) for one in held),
        dropped=frozenset(one.name for one in held if one in gone),
    )


def _meaning(claim: Claim) -> tuple[str, tuple[str, ...], str]:
    """Return what is claimed, whatever it is called."""
    return claim.kind, claim.routes, "" if claim.when is None else as_source(claim.when)


def _asked(
    table: Table, claims: Sequence[Claim], unreadable: Sequence[str], timeout_s: float
) -> tuple[Result, ...]:
    """Return what comes of claims about a table; one that cannot be read there is open."""
    if not claims:
        return ()
    world = World(replace(table, claims=tuple(claims)))
    reading = Reading(world, table)
    asking, judged = Asking(world, timeout_s), Judged(reading)
    found = []
    for claim, missing in zip(claims, unreadable, strict=True):
        if missing:
            why = f"it reads {missing}, which the new table does not have like this"
            found.append(of_claim(claim, Found("open", why=why)))
        else:
            found.append(claimed(claim, reading, asking, judged))
    return tuple(found)


def _unreadable(claim: Claim, table: Table, written_for: Table) -> str:
    """Return what a claim reads that a table has not, or has otherwise; empty for nothing."""
    if claim.when is None:
        return ""
    is_ranked = SEVERITY in names_read(claim.when)
    if is_ranked and table.severities != written_for.severities:
        return SEVERITY
    return next(slips(table, claim.when), "")
