"""Whatever an agent gives or sends as a decision, made a `Decision`, with what is wrong with it.

Total: nothing here raises. What cannot be understood becomes a fault, and the gate stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from handraise.core.gate.digest import plain_decision
from handraise.core.lifecycle import askers_named
from handraise.core.table.types import Person
from handraise.core.table.values import mapping, shown, text
from handraise.model import Decision

MAX_FAULTS = 5
MAX_SENTENCE = 300
MAX_FLAT = 32
SHORT = 200
NAMES = ("key", "case", "asked_by")
BIG = 2**53
_NOT_FLAT: Any = object()


def assembled(decision: Any, fields: dict[str, Any]) -> tuple[Decision, tuple[str, ...]]:
    """Return a decision made of whatever was given, and what about it is a fault.

    Example:
        >>> assembled(None, {"type": "refund_request", "confidense": 0.9})[1]
        ("a decision has no field 'confidense'",)
    """
    try:
        given, faults = _parts(decision)
    except Exception:  # noqa: BLE001 - an object that breaks when looked at is no decision
        given, faults = {}, [f"this is no decision: <{type(decision).__name__}>"]
    given |= fields
    if not given and not faults:
        faults.append("the decision is empty")
    known = {name: given[name] for name in Decision.__struct_fields__ if name in given}
    faults += [f"a decision has no field {shown(name)}" for name in given if name not in known]
    return Decision(**known), tuple(faults[:MAX_FAULTS])


def sent(fields: dict[str, Any]) -> tuple[Decision, tuple[str, ...]]:
    """Return the decision of a request's fields, with the faults its sender and we know of.

    `faults` beside the fields of a decision is what the sender found wrong before it could send.
    """
    rest = {name: value for name, value in fields.items() if name != "faults"}
    decision, found = assembled(None, rest)
    stated = fields.get("faults", [])
    if not isinstance(stated, list) or not all(isinstance(one, str) for one in stated):
        return decision, (*found, f"the faults are {shown(stated)}, not a list of sentences")
    return decision, (*found, *(one[:MAX_SENTENCE] for one in stated[:MAX_FAULTS]))


def _parts(decision: Any) -> tuple[dict[Any, Any], list[str]]:
    """Return the fields of what was given as a decision, and what is wrong with it."""
    if decision is None:
        return {}, []
    if isinstance(decision, Decision):
        return {name: getattr(decision, name) for name in Decision.__struct_fields__}, []
    named = mapping(decision)
    if named is None:
        return {}, [f"this is no decision: {shown(decision)}"]
    return {text(name) or name: value for name, value in named.items()}, []


def usable_names(decision: Decision) -> tuple[Decision, tuple[str, ...]]:
    """Return the decision without names that name nothing, and the faults these are.

    Names are its key, its case and who asked for it.
    """
    wrong = {
        name: value
        for name in NAMES
        if (value := getattr(decision, name)) is not None and not (text(value) or "").strip()
    }
    if not wrong:
        return decision, ()
    without: Decision = msgspec.structs.replace(decision, **dict.fromkeys(wrong))
    faults = (f"the {name} is {shown(value)}, not a text" for name, value in wrong.items())
    return without, tuple(faults)


def with_asker(decision: Decision, people: Mapping[str, Person]) -> Decision:
    """Return the decision with the id of the person who asked for it, however they were named.

    An id, a full name or a mail address means them; where several may be meant, it is all of their
    ids, joined by blanks. Who is on no table asked for it as a customer does, and shuts nobody out.
    """
    named = text(decision.asked_by)
    if named is None or named in people:
        return decision
    ids = askers_named(named, people)
    if not ids:
        return decision
    known: Decision = msgspec.structs.replace(decision, asked_by=" ".join(ids))
    return known


def copied(decision: Decision) -> Decision:
    """Return the decision over copies of its facts and proposal, if plain at a glance."""
    proposal, facts = _flat(decision.proposal), _flat(decision.facts)
    if proposal is _NOT_FLAT or facts is _NOT_FLAT:
        return decision
    made: Decision = msgspec.structs.replace(decision, proposal=proposal, facts=facts)
    return made


def as_kept(decision: Decision) -> tuple[Decision, list[str]]:
    """Return a decision in plain values, and what could not be kept exactly.

    Without a key and a case, text and context are left as they are: they are not kept then.
    """
    if decision.key is None and decision.case is None:
        if _flat(decision.proposal) is not _NOT_FLAT and _flat(decision.facts) is not _NOT_FLAT:
            return decision, []  # already a copy, see `copied`
        bare, notes = plain_decision(Decision(facts=decision.facts, proposal=decision.proposal))
        plain: Decision = msgspec.structs.replace(
            decision, facts=bare.facts, proposal=bare.proposal
        )
    else:
        plain, notes = plain_decision(decision)
    return plain, [f"could not be kept exactly: {note}" for note in notes[:MAX_FAULTS]]


def _flat(value: Any) -> Any:
    """Return a copy of nothing, or of a small dict that is plain at a glance; else `_NOT_FLAT`.

    Most facts and proposals are such: names of letters with small numbers and short texts.
    """
    if value is None:
        return None
    if type(value) is not dict or len(value) > MAX_FLAT:
        return _NOT_FLAT
    taken: dict[Any, Any] = dict(value)
    for name, inner in taken.items():
        kind = type(inner)
        is_plain = (
            (kind is float and -BIG < inner < BIG)
            or (kind is int and -BIG < inner < BIG)
            or kind is bool
            or (kind is str and len(inner) < SHORT and inner.isascii())
        )
        if not (is_plain and type(name) is str and name.isascii() and len(name) < SHORT):
            return _NOT_FLAT
    return taken
