"""The reasons of a stop, in words a person can act on."""

from __future__ import annotations

from typing import Any

import msgspec

from handraise.core.gate.evidence import Evidence, gather, text
from handraise.core.gate.looking import Look
from handraise.core.table.expression import as_sentence, names_read, nearest, number_text
from handraise.core.table.money import in_money
from handraise.core.table.types import Row, Table
from handraise.core.table.units import duration_text, percent_text
from handraise.core.table.values import shown
from handraise.model import OWNER, ConditionName, Decision, Reason, Verdict

MOST_UNUSUAL = 3
"""How many things a row says are unlike what was learned."""


def reasons_for(
    table: Table, rows: list[int], decision: Decision, look: Look | None = None
) -> tuple[Reason, ...]:
    """Return the reasons of each row that fired, in the table's order.

    A row has one; what is unlike what was learned has one for each thing that is unusual.

    Args:
        table: the table.
        rows: places of rows; `~place` for one whose arithmetic left the real line.
        decision: what was judged.
        look: the look at what was learned; None where no row asks for it.
    """
    evidence = gather(table, decision)
    broken = {~place for place in rows if place < 0}
    places = sorted({place if place >= 0 else ~place for place in rows})
    reasons: list[Reason] = []
    for place in places:
        row = table.rows[place]
        if row.unfamiliar is not None and look is not None:
            reasons += _unfamiliar(
                row, row.unfamiliar, look, _cannot(table, row, evidence, decision)
            )
        else:
            reasons.append(_reason(table, row, evidence, decision, broken=place in broken))
    return tuple(reasons)


def uncovered_reasons(
    table: Table, decision: Decision, reasons: tuple[Reason, ...]
) -> tuple[Reason, ...]:
    """Return a reason to the owner for each condition that holds while no row of it looked.

    Rows may all be narrowed to other decisions; what a condition needs is still broken or unknown.
    """
    evidence = gather(table, decision)
    seen = {reason.condition for reason in reasons}
    found: list[Reason] = []
    if "confidence" not in seen and evidence.confidence != evidence.confidence:
        stated = _or_missing(decision.confidence)
        sentence = f"no usable confidence: {stated}; it must be a number from 0 to 1"
        found.append(system_reason("confidence", sentence, stated))
    if "consequence" not in seen and table.actions and evidence.action is None:
        stated = _or_missing(decision.action)
        sentence = f"the action is {stated}, which the table does not rate"
        found.append(system_reason("consequence", sentence, stated))
    if "novelty" not in seen and evidence.type not in table.known.types:
        stated = _or_missing(decision.type)
        sentence = f"the type is {stated}, which is not one the agent was trained on"
        found.append(system_reason("novelty", sentence, stated))
    return tuple(found)


def _reason(
    table: Table, row: Row, evidence: Evidence, decision: Decision, *, broken: bool
) -> Reason:
    cannot = _cannot(table, row, evidence, decision)
    if broken and not cannot:
        seen = _seen(table, row, evidence)
        cannot = f"the arithmetic comes to no usable number ({seen})"
    if cannot:
        return _made(row, cannot, "", f"cannot be judged: {cannot}")
    if row.kind == "below":
        return _confidence(table, row, evidence, decision)
    if row.kind == "unknown":
        return _novelty(table, evidence, row, decision)
    if row.kind == "severity":
        rated = f"{evidence.action} is rated {evidence.severity}"
        sentence = f"{rated}; the table stops at {row.severity} and worse"
        return _made(row, str(evidence.severity), str(row.severity), sentence)
    return _when(table, row, evidence)


def _made(row: Row, observed: str, limit: str, sentence: str) -> Reason:
    return Reason(
        row=row.id,
        condition=row.condition,
        route=row.to,
        observed=observed,
        limit=limit,
        sentence=sentence,
        tag=row.tag,
    )


def _cannot(table: Table, row: Row, evidence: Evidence, decision: Decision) -> str:
    """Return why a row cannot be judged; empty when it can."""
    if row.for_types and evidence.type is None:
        return f"the type is {_or_missing(decision.type)}, and this row is for some types only"
    reads_action = bool(row.for_actions) or (row.condition == "consequence" and table.actions)
    if reads_action and evidence.action is None:
        word = text(decision.action)
        hint = nearest(word, table.actions, "") if word is not None else ""
        tail = f" ({hint})" if hint else ""
        return f"the action is {_or_missing(decision.action)}, which the table does not rate{tail}"
    if row.below_by_type and evidence.type is None:
        return f"the type is {_or_missing(decision.type)}, and the threshold depends on it"
    if row.when is None:
        return ""
    read = names_read(row.when)
    missing = [evidence.why[name] for name in read if name in evidence.why]
    if "confidence" in read and evidence.confidence != evidence.confidence:
        missing.append(f"no usable confidence: {_or_missing(decision.confidence)}")
    if "type" in read and evidence.type is None:
        missing.append(f"the type is {_or_missing(decision.type)}")
    if "action" in read and evidence.action is None:
        missing.append(f"the action is {_or_missing(decision.action)}")
    return "; ".join(missing)


def _or_missing(value: Any) -> str:
    return "missing" if value is None else shown(value)


def _confidence(table: Table, row: Row, evidence: Evidence, decision: Decision) -> Reason:
    limit = row.below_by_type.get(evidence.type or "", row.below)
    written = "" if limit is None else number_text(limit)
    if evidence.confidence != evidence.confidence:
        seen = _or_missing(decision.confidence)
        sentence = f"no usable confidence: {seen}; it must be a number from 0 to 1"
        return _made(row, seen, written, sentence)
    seen, stated = f"{evidence.confidence:.4g}", _stated(table, evidence)
    if limit is None:
        sentence = f"no threshold stands in the table for the type {shown(evidence.type)}"
        return _made(row, seen, "", sentence)
    if float(seen) >= limit or seen == written:
        seen = number_text(evidence.confidence)
    return _made(row, seen, written, f"confidence {seen}{stated} is below {written}")


def _stated(table: Table, evidence: Evidence) -> str:
    """Return what the agent itself stated, where the table reads something else."""
    if table.calibration is None:
        return ""
    return f" (the agent stated {number_text(evidence.stated)})"


def _novelty(table: Table, evidence: Evidence, row: Row, decision: Decision) -> Reason:
    if evidence.type is None:
        seen = _or_missing(decision.type)
        sentence = f"the type is {seen}, so it cannot be one the agent was trained on"
        return _made(row, seen, "", sentence)
    seen = shown(evidence.type)
    hint = nearest(evidence.type, list(table.known.types), "")
    near = hint.removeprefix("did you mean ").removesuffix("?")
    tail = f"; the nearest it knows is {near}" if near else ""
    sentence = f"the type {seen} is not one the agent was trained on{tail}"
    return _made(row, seen, f"{len(table.known.types)} known types", sentence)


def _unfamiliar(row: Row, rate: float, look: Look, cannot: str) -> list[Reason]:
    """Return a reason for each thing in which a decision is unlike what was learned."""
    cannot = cannot or look.why
    if cannot:
        return [_made(row, cannot, "", f"cannot be judged: {cannot}")]
    limit = f"{percent_text(rate)} of what is familiar"
    found = look.unusual(rate)[:MOST_UNUSUAL]
    if not found:
        seen = "unlike what was learned"
        return [_made(row, seen, limit, f"this situation is {seen}")]
    return [
        _made(row, _line(one.observed), _line(one.familiar) or limit, _line(one.sentence))
        for one in found
    ]


def _line(text: str) -> str:
    """Return a text on one line, without what cannot be kept: it may quote what the agent sent."""
    return "".join(one if one.isprintable() else " " for one in text).strip()


def _when(table: Table, row: Row, evidence: Evidence) -> Reason:
    if row.when is None:
        return _made(row, "", "", "cannot be judged: the row has no expression")
    seen = _seen(table, row, evidence)
    limit = as_sentence(row.when, _units(table))
    sentence = (
        f"{seen}; the table stops where {limit}" if seen else f"the table stops where {limit}"
    )
    return _made(row, seen, limit, sentence)


def _seen(table: Table, row: Row, evidence: Evidence) -> str:
    """Return what the names of a row's expression came to."""
    units = _units(table)
    return ", ".join(
        f"{name} is {_with_unit(_shown_value(_observed(name, evidence)), units.get(name))}"
        if name != "confidence" or table.calibration is None
        else f"confidence is {evidence.confidence:.6g}{_stated(table, evidence)}"
        for name in (names_read(row.when) if row.when is not None else ())
    )


def _units(table: Table) -> dict[str, str]:
    return {id: fact.unit for id, fact in table.facts.items() if fact.unit}


def _observed(name: str, evidence: Evidence) -> Any:
    built_in = {
        "type": evidence.type,
        "action": evidence.action,
        "confidence": evidence.confidence,
        "severity": evidence.severity,
    }
    return evidence.facts[name] if name in evidence.facts else built_in.get(name)


def _shown_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | float):
        return shown(value)
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:,}"


def _with_unit(number: str, unit: str | None) -> str:
    return f"{in_money(number, unit)} {unit}" if unit else number


def system_reason(condition: ConditionName, sentence: str, observed: str = "") -> Reason:
    """Return a reason that the system itself raises; it goes to the owner."""
    return Reason(
        row=condition,
        condition=condition,
        route=OWNER,
        observed=observed,
        limit="",
        sentence=sentence,
    )


def stall_sentence(silent_after_s: float) -> str:
    """Return the sentence of a stall."""
    return f"the agent gave no sign of life for {duration_text(silent_after_s)}"


def routes_of(reasons: tuple[Reason, ...], several: str) -> tuple[str, ...]:
    """Return who must agree: every route or the first row's, and whom the system itself asks."""
    of_rows = [reason for reason in reasons if reason.row != reason.condition]
    of_system = [reason for reason in reasons if reason.row == reason.condition]
    if several == "first":
        of_rows = of_rows[:1]
    return tuple(dict.fromkeys(reason.route for reason in (*of_rows, *of_system)))


def with_reasons(table: Table, verdict: Verdict, *more: Reason) -> Verdict:
    """Return the verdict with reasons added; a proceed becomes a stop."""
    reasons = (*verdict.reasons, *more)
    return msgspec.structs.replace(
        verdict, reasons=reasons, routes=routes_of(reasons, table.several)
    )
