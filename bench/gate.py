"""What one decision costs: the compiled gate against an if-chain and against zen-engine.

Everybody starts from plain values and ends with what the agent would act on: `Decision` and
`Verdict` are built each time, and so is what zen-engine is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import handraise
from bench import chain, zen_modes
from bench.measure import Contestant, Samples, fastest, take_turns
from bench.report import Line, Part, compared
from bench.rules import many_rows, narrowed_rows, three_rows, values, zen_expression
from bench.scratch import Settled, opened, scratch_folder
from handraise.core.gate.compile import Judge, compile_table
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.demo.table import by_type_alone, packaged
from handraise.model import Decision, Verdict
from handraise.service.reading.tables import labelled_types

CHAIN_LIMIT = 2.0
ZEN_LIMIT = 0.05
ZEN_MANY_LIMIT = 0.1
NARROWED_LIMIT = 4.0

GATE = "the gate, 3 rows"
GATE_MANY = "the gate, 50 rows"
GATE_NARROWED = "the gate, 1,000 rows, 997 of them each for one type"
CHAIN = "an if-chain, 3 rows"
RECORDS = "`Decision` and `Verdict` built, nothing checked"
EXPRESSION = "zen-engine, 3 rows as one compiled expression: whether to stop, not why"

ABOUT = """\
One decision that goes ahead: its `Decision` built from plain values, judged, its `Verdict`
returned. Each contestant makes the same checks: the confidence is a number from 0 to 1, the fact is
there and a number, no other fact is stated, the type is known. zen-engine is given a `dict`, or the
JSON that msgspec makes of it, and returns the rows that fired; the limit is held against its
fastest mode, which comes first. Processor time of the process."""

NOTES = """\
Building the two records is the part of the gate's time that no check can undercut: its ratio to
zen-engine says what the smallest possible one is. A decision for one of the 997 types runs the
three rows and one more; which one, a look-up says."""


def run() -> Iterator[Part]:
    """Yield the parts: the gate alone, its stops, and the gate at work."""
    yield alone()
    yield stops()
    yield at_work()


def alone() -> Part:
    """Return the comparison of the gate with the if-chain and with zen-engine."""
    few, many = zen_modes.modes(3), zen_modes.modes(50)
    expression = zen_expression()
    contestants = {
        GATE: _proceeds(compile_table(three_rows())),
        CHAIN: _proceeds(chain.judge),
        RECORDS: _proceeds(_unchecked),
        **few,
        EXPRESSION: Contestant(run=lambda: expression.evaluate(zen_modes.to_json(values()))),
        GATE_MANY: _proceeds(compile_table(many_rows(50))),
        **many,
        GATE_NARROWED: _proceeds_narrowed(compile_table(narrowed_rows(1_000))),
    }
    samples = take_turns(contestants)
    lines = [
        compared(samples, GATE, CHAIN, CHAIN_LIMIT),
        compared(samples, GATE, RECORDS),
        compared(samples, RECORDS, fastest(samples, list(few))),
        *_against_all(samples, GATE, list(few), ZEN_LIMIT),
        compared(samples, GATE, EXPRESSION),
        *_against_all(samples, GATE_MANY, list(many), ZEN_MANY_LIMIT),
        compared(samples, GATE_NARROWED, GATE, NARROWED_LIMIT),
    ]
    return Part(title="Gate", about=ABOUT, lines=tuple(lines), notes=NOTES)


def _against_all(samples: Samples, what: str, modes: list[str], limit: float) -> list[Line]:
    """Return a line for each mode; the limit stands on that of the fastest, which comes first."""
    best = fastest(samples, modes)
    rest = [mode for mode in modes if mode != best]
    return [compared(samples, what, best, limit), *(compared(samples, what, one) for one in rest)]


def _proceeds(judge: Judge) -> Contestant:
    """Return who builds and judges a decision that goes ahead."""
    return _checked(
        lambda: judge(
            Decision(
                type="refund_request",
                action="refund",
                confidence=0.91,
                facts={"revenue_usd": 40},
            )
        )
    )


def _proceeds_narrowed(judge: Judge) -> Contestant:
    """Return the same for a decision that one of the narrowed rows looks at."""
    return _checked(
        lambda: judge(
            Decision(
                type="type_500",
                action="refund",
                confidence=0.91,
                facts={"revenue_usd": 40},
            )
        )
    )


def _checked(run: Callable[[], Verdict]) -> Contestant:
    assert not run().escalated
    return Contestant(run=run)


def _unchecked(decision: Decision) -> Verdict:
    return Verdict(decision, (), (), chain.VERSION, False)


def stops() -> Part:
    """Return what stops cost, with every reason in words, and what a fuller table costs."""
    judge = compile_table(three_rows())
    full = compile_table(_support_table())
    refund = {"facts": {}, "proposal": {"refund": 40}}
    cases = {
        "a stop, 1 reason": _judged(judge, 1, confidence=0.6),
        "a stop, 3 reasons": _judged(
            judge, 3, confidence=0.6, type="court_order", facts={"revenue_usd": -6200}
        ),
        "a stop for an undeclared fact": _judged(
            judge, 1, facts={"revenue_usd": 40, "revenue_eur": 40}
        ),
        "the support table: goes ahead": _judged(full, 0, **refund),
        "the support table: a stop, 2 reasons": _judged(
            full, 2, confidence=0.6, facts={}, proposal={"refund": 6200}
        ),
        "the support table: a stop for a field that its form does not have": _judged(
            full, 1, facts={}, proposal={"refund": 40, "fee": 2}
        ),
    }
    samples = take_turns(cases)
    about = """\
A stop says why, in words. The support table is the demo's: 77 known types, four actions with closed
forms, a fact worked out from the proposal, four rows. Processor time of the process."""
    lines = tuple(compared(samples, name) for name in cases)
    return Part(title="Stops, and a fuller table", about=about, lines=lines)


def _support_table() -> Table:
    place = Path(handraise.__file__).parent / "demo" / "requests" / "familiar.csv"
    table = read(
        by_type_alone(packaged("handraise.yaml")),
        known=lambda _file, column: labelled_types(place, column),
    ).table
    assert table is not None
    return table


def _judged(judge: Judge, reasons: int, **other: Any) -> Contestant:
    """Return who builds and judges a decision that meets so many reasons."""
    fields = values(**other)
    found = judge(Decision(**fields)).reasons
    assert len(found) == reasons, found
    return Contestant(run=lambda: judge(Decision(**fields)))


def at_work() -> Part:
    """Return what the embedded gate takes to let a decision go ahead, its record included."""
    with scratch_folder() as folder, opened(folder) as gate:
        settled = Settled(gate)
        numbers = count()
        fields = values(proposal={"refund": 40})

        def decide(**other: Any) -> None:
            assert not gate.decide(Decision(**fields, **other)).escalated

        def decide_many() -> None:
            for _ in range(500):
                decide()
            settled()

        calls = {
            "without a key": Contestant(run=decide, calls=500, after=settled),
            "with a case": Contestant(run=lambda: decide(case="c"), calls=100, after=settled),
            "with a key": Contestant(
                run=lambda: decide(key=f"key-{next(numbers)}"), calls=100, after=settled
            ),
        }
        samples = take_turns(calls, watch=time.thread_time)
        until_durable = {
            "500 without a key until all are durable, each": Contestant(
                run=decide_many, calls=1, jobs=500
            )
        }
        samples |= take_turns(until_durable, watch=time.perf_counter)
    about = """\
`gate.decide` of an embedded gate, in rehearsal, on a decision that goes ahead: judged and handed to
the recorder, whose thread writes in groups meanwhile. A key or a case is looked up in the store
before anything goes ahead. Processor time of the calling thread; elapsed time for the last line."""
    lines = tuple(compared(samples, name) for name in samples)
    return Part(title="Gate at work", about=about, lines=lines)
