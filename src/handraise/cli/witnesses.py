"""A decision that shows something, as a line that can be pasted, and what the gate said about it.

INVARIANT: what is pasted is read back as the very same decision: it is quoted for a POSIX shell,
and every sign that does not print stands in it as a JSON escape.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handraise.cli.backtested import MOST_SENTENCES, shown_text
from handraise.cli.decision import verdict_json
from handraise.core.table.units import percent_text

if TYPE_CHECKING:
    from handraise.core.proof.result import Witness
    from handraise.core.table.types import Table
    from handraise.model import Decision, Verdict

MOST_REASONS = 8


def try_line(path: Path, decision: Decision) -> str:
    r"""Return the command that tries a decision, on one line for a POSIX shell.

    Args:
        path: the table, as it was named.
        decision: plain JSON throughout.

    Example:
        >>> from handraise.model import Decision
        >>> try_line(Path("t.yaml"), Decision(type="refund", confidence=0.5))
        'handraise try t.yaml --decision \'{"type": "refund", "confidence": 0.5}\''
    """
    return shlex.join(["handraise", "try", str(path), "--decision", _json_line(decision)])


def _json_line(decision: Decision) -> str:
    text = json.dumps(decision_json(decision), ensure_ascii=False)
    return "".join(
        sign if sign.isprintable() else json.dumps(sign, ensure_ascii=True)[1:-1] for sign in text
    )


def decision_json(decision: Decision) -> dict[str, Any]:
    """Return the fields of a decision, without those that say what nobody need say."""
    fields = {name: getattr(decision, name) for name in decision.__struct_fields__}
    unsaid: dict[str, Any] = {name: {} if name == "facts" else None for name in fields}
    return {name: value for name, value in fields.items() if value != unsaid[name]}


def witness_json(path: Path, table: Table, witness: Witness | None) -> dict[str, Any] | None:
    """Return a counterexample for programs; None where there is none."""
    if witness is None:
        return None
    return {
        "decision": decision_json(witness.decision),
        "familiarity": witness.familiarity,
        "assumed": assumed(table, witness),
        "verdict": verdict_json(witness.verdict),
        "command": try_line(path, witness.decision),
    }


def witness_lines(
    path: Path, table: Table, witness: Witness, who: str = "the gate"
) -> Iterator[str]:
    """Yield the command that tries a counterexample, and what the gate says about it."""
    yield try_line(path, witness.decision)
    yield from verdict_lines(witness.verdict, who)
    if taken := assumed(table, witness):
        yield taken


def verdict_lines(verdict: Verdict, who: str = "the gate") -> Iterator[str]:
    """Yield what a gate said: whether the agent stops, who is asked, and why."""
    yield f"{who}: {verdict_words(verdict)}"
    for reason in verdict.reasons[:MOST_REASONS]:
        sentence = shown_text(reason.sentence, MOST_SENTENCES)
        yield f"  because {reason.row} → {reason.route}: {sentence}"
    more = len(verdict.reasons) - MOST_REASONS
    if more > 0:
        yield f"  and {more} more"


def verdict_words(verdict: Verdict) -> str:
    """Return whether the agent stops, and who is asked."""
    if not verdict.escalated:
        return "the agent goes ahead"
    return f"the agent stops and asks {' and '.join(verdict.routes)}"


def assumed(table: Table, witness: Witness) -> str:
    """Return what was taken for granted of the learned files; empty where none are asked."""
    if not table.unfamiliar_rows:
        return ""
    what = "that the learned files cannot tell, or are not asked"
    if witness.familiarity is not None:
        share = percent_text(witness.familiarity)
        what = f"that {share} of familiar decisions are at least as unusual"
    return f"taken for granted: {what}; `try` asks the real files, which may say otherwise"
