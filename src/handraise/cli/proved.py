"""What `prove` prints: the team's own claims first, then those of every table, then the limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handraise.cli.backtested import MOST_SENTENCES, shown_text
from handraise.cli.learned import Line
from handraise.cli.witnesses import witness_json, witness_lines

if TYPE_CHECKING:
    from handraise.core.proof.result import Result
    from handraise.core.table.types import Table

OWN = "claim"
"""The code of the team's own claims."""

TOGETHER = {
    "never-errors": "the gate never fails while it judges",
    "unusable-stops": "{count} kinds of values: none that is missing or unusable goes ahead",
    "dead-row": "{count} rows: each of them can fire",
    "shadowed-row": "{count} rows: each of them adds something of its own",
    "contradiction": "{count} rows: none is always decided otherwise by an earlier one",
    "reachable-human": "every stop asks somebody, and everybody has a contact",
    "monotone-confidence": "less confidence never goes ahead or asks fewer",
    "monotone-money": "{count} sums of money: more never goes ahead or asks fewer",
}
"""What several built-in claims of one kind come to, where all of them hold."""

ALL_OR_EACH = frozenset({"never-errors", "reachable-human", "monotone-confidence"})
"""The kinds whose claims hold together, or are told each by its name."""


def is_sound(results: Sequence[Result]) -> bool:
    """Whether nothing is refuted or open that an agent should not go live with."""
    return not any(one.is_grave and one.state != "proved" for one in results)


def json_of(path: Path, table: Table, results: Sequence[Result]) -> dict[str, Any]:
    """Return what `prove --json` says of one table."""
    return {
        "file": str(path),
        "agent": table.agent,
        "version": table.version,
        "ok": is_sound(results),
        **{
            state: sum(one.state == state for one in results)
            for state in ("proved", "refuted", "open")
        },
        "claims": [_result(path, table, one) for one in results],
    }


def _result(path: Path, table: Table, one: Result) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "state": one.state,
        "is_grave": one.is_grave,
        "why": one.why,
        "subject": one.subject,
        "line": one.line,
        "counterexample": witness_json(path, table, one.witness),
        "other": witness_json(path, table, one.other),
    }


def lines_of(path: Path, table: Table, results: Sequence[Result]) -> Iterator[Line]:
    """Yield what people want to know of a table's proofs, its own claims before all others.

    Args:
        path: the table, as it was named.
        table: what was proved.
        results: what came of each claim.
    """
    own = [one for one in results if one.code == OWN]
    built_in = [one for one in results if one.code != OWN]
    yield Line(f"{path}: {table.agent}, version {table.version}")
    if not own:
        yield Line("  no claim of the team's own; add some under claims:")
    for one in own:
        yield from _each(path, table, one)
    yield Line("of every table:")
    for one in built_in:
        if one.state != "proved":
            yield from _each(path, table, one)
    yield from (Line(f"proved  {text}") for text in _held(built_in))
    yield Line(f"{path}: {_summary(results)}", is_loud=not is_sound(results))


def lines_of_limits(limits: Sequence[str]) -> Iterator[Line]:
    """Yield what no proof covers, a sentence each."""
    yield Line("what is not proved here:")
    yield from (Line(f"  {limit}") for limit in limits)


def _each(path: Path, table: Table, one: Result) -> Iterator[Line]:
    """Yield one claim; where it does not hold, the decision that shows it."""
    mark = "proved" if one.state == "proved" else _mark(one)
    yield Line(f"{mark:6}  {shown_text(one.name, MOST_SENTENCES)}", is_loud=mark == "FAIL")
    if one.state == "proved":
        return
    if one.line:
        yield Line(f"        {path}:{one.line}")
    if one.why:
        yield Line(f"        {shown_text(one.why, MOST_SENTENCES)}")
    for witness in (one.witness, one.other):
        if witness is not None:
            yield from (Line(f"        {text}") for text in witness_lines(path, table, witness))


def _mark(one: Result) -> str:
    if not one.is_grave:
        return "look"
    return "FAIL" if one.state == "refuted" else "open"


def _held(results: Sequence[Result]) -> Iterator[str]:
    """Yield what holds of every table: several claims of one kind on one line."""
    kinds: dict[str, list[Result]] = {}
    for one in results:
        if one.state == "proved":
            kinds.setdefault(one.code, []).append(one)
    broken = {one.code for one in results if one.state != "proved"}
    for code, held in kinds.items():
        if len(held) == 1 or (code in ALL_OR_EACH and code in broken):
            yield from (shown_text(one.name, MOST_SENTENCES) for one in held)
        else:
            yield TOGETHER[code].format(count=len(held))


def _summary(results: Sequence[Result]) -> str:
    """Return how the team's own claims went, and those of every table."""
    own = [one for one in results if one.code == OWN]
    built_in = [one for one in results if one.code != OWN]
    parts = [f"{len(built_in)} that every table must keep: {_tally(built_in)}"] if built_in else []
    if own:
        parts.insert(0, f"{len(own)} of the team's own: {_tally(own)}")
    return "; ".join(parts)


def _tally(results: Sequence[Result]) -> str:
    """Return `proved`, or how many are, are not, or only want a look."""
    marks = [_mark(one) for one in results if one.state != "proved"]
    if not marks:
        return "proved"
    counts = [(len(results) - len(marks), "proved")]
    words = (("FAIL", "refuted"), ("open", "open"), ("look", "to look at"))
    counts += [(marks.count(mark), said) for mark, said in words]
    return ", ".join(f"{count} {said}" for count, said in counts if count)
