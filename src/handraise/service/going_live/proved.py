"""The part of the checklist that is about claims: what is so for every possible decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handraise.errors import SettingsError
from handraise.service.going_live.line import Line
from handraise.service.going_live.subject import Subject

if TYPE_CHECKING:
    from handraise.service.going_live.proofs import Results

NAME = "its claims are proved"
SHOWN = "`handraise prove` shows each, with a decision to try"


def claims_line(subject: Subject) -> Line:
    """Return the line about claims: the table's own, and those that every table must keep.

    A claim that nobody could decide in time is red, as one that is not so.
    """
    try:
        results = subject.proofs.of(subject.table, subject.proof_wait_s)
    except SettingsError as error:
        return Line(
            code="claims", name=NAME, state="red", evidence=error.message, remedy=error.hint
        )
    if results is None:
        return Line(
            code="claims",
            name=NAME,
            state="red",
            evidence="they are being proved",
            remedy="look again in a few seconds",
        )
    return _line(results)


def _line(results: Results) -> Line:
    wrong = [one for one in results if one.state == "refuted" and one.is_grave]
    unknown = [one for one in results if one.state == "open" and one.is_grave]
    small = [one for one in results if one.state != "proved" and not one.is_grave]
    if wrong or unknown:
        first = (wrong or unknown)[0]
        said = "is not so" if wrong else "could not be decided"
        others = len(wrong) + len(unknown) - 1
        more = f"; so are {others} others" if others > 1 else "; so is another" if others else ""
        why = f": {first.why}" if first.why else ""
        evidence = f'"{first.name}" {said}{why}'.rstrip(".") + more
        return Line(code="claims", name=NAME, state="red", evidence=evidence, remedy=SHOWN)
    own = sum(one.code == "claim" for one in results)
    evidence = f"the {len(results) - own} that every table must keep"
    evidence += f", and {own} of its own" if own else "; it makes none of its own"
    if small:
        evidence += f"; worth a look: {small[0].name}"
        return Line(code="claims", name=NAME, state="yellow", evidence=evidence, remedy=SHOWN)
    return Line(code="claims", name=NAME, state="green", evidence=evidence)
