"""What a changed table is reviewed by: what it says, what is proved of it, what it asks of people.

INVARIANT: without a proof nothing is said of strictness: it is left out, and why is said.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.duty.renewal import Renewal, renewal
from handraise.core.table.types import Table
from handraise.core.trial.trial import run_cases
from handraise.errors import SettingsError, TableError
from handraise.service.backtesting.changes import changed_parts
from handraise.service.backtesting.sides import UNTOLD, Changed
from handraise.service.extras import need_prove
from handraise.service.reading.learned import familiar_beside
from handraise.service.trying.case_files import cases_beside

if TYPE_CHECKING:
    from handraise.core.proof.kept import Kept
    from handraise.core.proof.strictness import Strictness

NOT_WANTED = "--no-proof"
THE_SAME = "they are one version"


class Reviewed(Struct, frozen=True, kw_only=True):
    """One of the two tables.

    Attributes:
        table: its name, for people.
        version: empty where it was read by its text alone.
    """

    table: str
    version: str


class Tests(Struct, frozen=True, kw_only=True):
    """How the tests of a table went, those in files beside it too.

    Attributes:
        count: how many count.
        failed: the names of those whose verdict is another one.
    """

    count: int
    failed: tuple[str, ...] = ()


class Review(Struct, frozen=True, kw_only=True):
    """How a table that may replace another one differs from it.

    Attributes:
        agent: whose tables they are.
        older: the table that is there.
        newer: the one that may replace it.
        changes: what they say differently.
        proof: whether the newer one is at least as strict; None where it was not proved.
        no_proof: why there is no proof; empty where there is one.
        renewal: what it asks of people.
        names: of everybody on either table, by id.
        owner: who signs for the newer one: the owner of the older one, whoever it names itself.
        kept: which claims of the two do not hold of the newer one; None where there is no proof.
        tests: how many tests the newer one has.
        failed: the names of those that fail; none where they were not tried.
        claims: how many claims the newer one has.
        is_same: whether both are one version.
        notes: what the whole comparison takes for granted, each in one plain sentence.
        knows_drills: whether what must be drilled was looked up where drills are kept.
    """

    agent: str
    older: Reviewed
    newer: Reviewed
    changes: tuple[Changed, ...]
    proof: Strictness | None
    no_proof: str
    renewal: Renewal
    names: dict[str, str]
    owner: str
    tests: int
    claims: int
    kept: Kept | None = None
    failed: tuple[str, ...] = ()
    is_same: bool
    notes: tuple[str, ...] = ()
    knows_drills: bool = False

    @property
    def is_told(self) -> bool:
        """Whether it is said in what the two differ, if they do."""
        return self.is_same or self.changes not in {(), (UNTOLD,)}

    @property
    def is_as_strict(self) -> bool:
        """Whether nothing goes ahead by the newer one that the older one stops: surely."""
        return self.is_same or (self.proof is not None and self.proof.state == "proved")

    @property
    def keeps_word(self) -> bool:
        """Whether no claim and no test is known to be broken by the newer one."""
        return not self.failed and (self.kept is None or self.kept.is_all)


def tried(table: Table, path: Path, beside: Path | None = None) -> Tests:
    """Return how the tests of a table go, as `test` and `ready` count them.

    Args:
        table: the table.
        path: where it stands, with files of tests beside it.
        beside: the folder of the files that it names; None for its own.

    Raises:
        InputError: a file of tests cannot be read.
        TableError: a file of tests has findings.
    """
    files = cases_beside(path, table)
    if files.findings:
        raise TableError(files.findings)
    trial = run_cases(table, familiar_beside(table, beside or path.parent), files.cases)
    return Tests(count=len(trial.cases), failed=tuple(one.name for one in trial.failures))


def review(
    older: Table,
    newer: Table,
    named: tuple[str, str],
    *,
    proves: bool = True,
    timeout_s: float = 10.0,
    notes: tuple[str, ...] = (),
    tests: Tests | None = None,
    to_drill: tuple[str, ...] | None = None,
) -> Review:
    """Return how a table that may replace another one differs from it.

    Args:
        older: the table that is there.
        newer: the one that may replace it; of the same agent.
        named: what the two are called, for people.
        proves: whether a proof is wanted.
        timeout_s: how long one question of it may take, in seconds.
        notes: what is taken for granted, where the tables were read by their text alone.
        tests: how those of the newer one went; None where they were not tried.
        to_drill: the routes that the checklist of the newer one wants a drill of; None where that
            is not known, and only what no drill of before can count for is told.
    """
    versions = ("", "") if notes else (older.version, newer.version)
    proof, no_proof = _proved(older, newer, timeout_s) if proves else (None, NOT_WANTED)
    is_same = older.version == newer.version
    asks = renewal(older, newer)
    if to_drill is not None:
        asks = replace(asks, drill=to_drill)
    people = {**older.people, **newer.people}
    return Review(
        agent=newer.agent,
        older=Reviewed(table=named[0], version=versions[0]),
        newer=Reviewed(table=named[1], version=versions[1]),
        changes=changed_parts(older, newer),
        proof=proof,
        no_proof=no_proof,
        renewal=asks,
        names={id: person.name for id, person in people.items()},
        owner=older.owner,
        tests=len(newer.tests) if tests is None else tests.count,
        claims=len(newer.claims),
        kept=None if proof is None else _kept(older, newer, timeout_s),
        failed=() if tests is None or is_same else tests.failed,
        is_same=is_same,
        notes=notes,
        knows_drills=to_drill is not None,
    )


def _proved(older: Table, newer: Table, timeout_s: float) -> tuple[Strictness | None, str]:
    """Return the proof, and why there is none; one of the two is empty."""
    if older.version == newer.version:
        return None, THE_SAME
    try:
        need_prove()
    except SettingsError as error:
        return None, f"{error.message}: {error.hint}"
    from handraise.core.proof.strictness import strictness

    return strictness(older, newer, timeout_s=timeout_s), ""


def _kept(older: Table, newer: Table, timeout_s: float) -> Kept:
    from handraise.core.proof.kept import kept

    return kept(older, newer, timeout_s=timeout_s)
