"""What `diff` says of a changed table: what is proved, who must accept again, what is left to do.

The same sentences stand on a terminal and in Markdown; here nothing is escaped yet.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from handraise.cli.backtested import MOST_SENTENCES, shown_text
from handraise.cli.broken import broken_by, broken_json, broken_sentences
from handraise.cli.decision import verdict_json
from handraise.cli.learned import Line
from handraise.cli.output import counted
from handraise.cli.witnesses import verdict_lines, witness_json, witness_lines
from handraise.core.table.sheet import clean
from handraise.model import OWNER

if TYPE_CHECKING:
    from handraise.core.proof.result import Witness
    from handraise.core.proof.strictness import Strictness
    from handraise.core.table.types import Table
    from handraise.service.backtesting.review import Review


WENT_AHEAD = "before: the agent goes ahead"


def headline(found: Review) -> str:
    """Return in one sentence what a reviewer must know before all else."""
    proof = found.proof
    if found.is_same:
        return "both mean the same"
    if proof is None:
        return f"whether it is at least as strict was not proved: {found.no_proof}"
    if proof.state == "refuted":
        return "a decision goes ahead now that stopped before"
    if proof.state == "open":
        return f"whether it is at least as strict could not be proved: {proof.why}"
    if proof.is_same:
        return "it stops the same decisions and asks the same routes: proved"
    return "it is at least as strict, nothing goes ahead that stopped before: proved"


def is_loud(found: Review) -> bool:
    """Whether nobody should overlook the headline."""
    return found.proof is not None and found.proof.state != "proved"


def shown_by(path: Path, table: Table, proof: Strictness) -> Iterator[tuple[str, list[str]]]:
    """Yield what the proof came upon: a sentence, and the lines of the decision that shows it.

    Args:
        path: the newer table, as it can be tried.
        table: the newer one.
        proof: what came of it.
    """
    if proof.goes_now is not None:
        lines = _lines(path, table, proof.goes_now)
        if proof.before is not None:
            lines += verdict_lines(proof.before, "before")
        yield "a decision that goes ahead now and stopped before", lines
    if proof.stops_now is not None:
        sentence = "a decision that stops now and went ahead before"
        yield sentence, [*_lines(path, table, proof.stops_now), WENT_AHEAD]
    for one in proof.fewer:
        sentence = f"a decision about which {clean(one.route)} was asked before, and is no more"
        lines = _lines(path, table, one.now)
        yield sentence, [*lines, *verdict_lines(one.before, "before")]


def _lines(path: Path, table: Table, witness: Witness) -> list[str]:
    return list(witness_lines(path, table, witness, "now"))


def notes_of(found: Review) -> tuple[str, ...]:
    """Return what is taken for granted, each in one plain sentence."""
    return (*found.notes, *(found.proof.notes if found.proof is not None else ()))


def people_sentences(found: Review) -> Iterator[tuple[str, str]]:
    """Yield who must accept their duty: what is asked, and of whom."""
    of = found.renewal
    kinds = (
        ("must accept again", of.again),
        ("must accept for the first time", of.come),
        ("has no duty any more", of.gone),
        ("need not: what they accepted still holds", of.stays),
    )
    for what, ids in kinds:
        if ids:
            yield what, _listed(found, ids)


class Step(NamedTuple):
    """What must be done until a table is live.

    Attributes:
        words: what, in words that may hold a team's own names.
        command: the command that does it; empty for none. The two are never read apart again:
            names may hold any sign that would divide them.
    """

    words: str
    command: str = ""

    def __str__(self) -> str:
        """Return it as a line of text."""
        return f"{self.words}: `{self.command}`" if self.command else self.words


def steps(found: Review) -> Iterator[Step]:
    """Yield what must be done until the newer table is live; nothing where it is the same."""
    if found.is_same:
        return
    newer, of = shlex.quote(found.newer.table), found.renewal
    if found.tests:
        must = f"its {counted(found.tests, 'test')} must pass"
        yield Step(must, f"handraise test {newer}")
    if found.claims:
        must = f"its {counted(found.claims, 'claim')} must be proved"
        yield Step(must, f"handraise prove {newer}")
    if of.verify:
        yield Step(f"a new contact must be verified: {_listed(found, of.verify)}")
    if accepting := (*of.again, *of.come):
        yield Step(f"a duty must be accepted: {_listed(found, accepting)}")
    for route in of.drill:
        command = f"handraise drill {clean(route)} --table {newer}"
        yield Step(f"{clean(route)} must pass a drill, for {_why_drilled(found, route)}", command)
    signs = f"handraise ready {newer} --as {found.owner}"
    yield Step(f"{_named(found, found.owner)} must sign", signs)


def _why_drilled(found: Review, route: str) -> str:
    if found.knows_drills:
        return "nobody who is on it now has answered one within 30 days"
    return "the owner is another one" if route == OWNER else "it is new, or all its people are"


def _listed(found: Review, ids: Sequence[str]) -> str:
    return ", ".join(_named(found, id) for id in ids)


def _named(found: Review, id: str) -> str:
    name = clean(found.names[id])
    return name if name == id else f"{name} ({id})"


def lines_of_review(path: Path, table: Table, found: Review) -> Iterator[Line]:
    """Yield what stands below the words of a difference, the most important first.

    Args:
        path: the newer table, as it can be tried.
        table: the newer one.
        found: how it differs.
    """
    for sentence in broken_sentences(found):
        yield Line(sentence, is_loud=True)
    for sentence, lines in broken_by(path, table, found):
        yield Line(f"  {shown_text(sentence, MOST_SENTENCES)}")
        yield from (Line(f"    {line}") for line in lines)
    yield Line(shown_text(headline(found), MOST_SENTENCES), is_loud=is_loud(found))
    if found.proof is not None:
        for sentence, lines in shown_by(path, table, found.proof):
            yield Line(f"  {sentence}:")
            yield from (Line(f"    {line}") for line in lines)
    yield from (Line(f"  {note}") for note in notes_of(found))
    if found.is_same:
        return
    yield from (Line(f"{what}: {who}") for what, who in people_sentences(found))
    yield Line("until it is live:")
    yield from (Line(f"  {step}") for step in steps(found))


def json_of_review(path: Path, table: Table, found: Review) -> dict[str, Any]:
    """Return what `diff --json` says beside the words and the past."""
    return {
        "is_as_strict": found.is_as_strict if found.proof or found.is_same else None,
        "proof": _proof(path, table, found.proof),
        "no_proof": found.no_proof,
        "broken": broken_json(path, table, found),
        "notes": notes_of(found),
        "changes": msgspec.to_builtins(found.changes),
        "renewal": msgspec.to_builtins(found.renewal),
        "steps": [str(step) for step in steps(found)],
    }


def _proof(path: Path, table: Table, proof: Strictness | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    return {
        "state": proof.state,
        "why": proof.why,
        "is_same": proof.is_same,
        "goes_now": witness_json(path, table, proof.goes_now),
        "before": None if proof.before is None else verdict_json(proof.before),
        "stops_now": witness_json(path, table, proof.stops_now),
        "fewer": [
            {
                "route": one.route,
                **(witness_json(path, table, one.now) or {}),
                "before": verdict_json(one.before),
            }
            for one in proof.fewer
        ],
    }
