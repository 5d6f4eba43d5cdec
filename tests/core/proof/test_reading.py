"""What the solver takes the gate to say, example by example: against the gate and the interpreter."""

import msgspec
import pytest

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.gate.compile import compile_table
from handraise.core.proof.reading import Reading
from handraise.core.proof.terms import Terms
from handraise.core.proof.world import World
from handraise.core.table.expression import Node
from handraise.core.table.types import Calibration
from handraise.model import Decision
from tests.support.learned import learned_table, with_learned
from tests.support.pinned import Three, pinned, told
from tests.support.support_table import changed, sure, table_of

WIDE = """\
handraise: 1
agent: agent
owner: priya
people:
  dana: {name: Dana Reyes, contact: "mailto:dana@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {desk: [dana], finance: [dana]}
actions:
  pay: {severity: high, proposal: {amount: number, parts: integer, day: "date?", to: "one of [card, bank]", sure: "boolean?", more: [text]}}
  look: low
  wipe: critical
facts:
  amount_eur: {type: number, from: {pay: proposal.amount, look: 0 * proposal.amount}}
  part: {type: integer, from: proposal.amount / proposal.parts}
  least: {type: number, from: {pay: "max(-proposal.amount, min(proposal.parts, 7))"}, otherwise: 3}
  age: integer
  vip: boolean
  word: text
  kind: one of [a, b]
known: [order, refund, hello]
escalate:
  confidence:
    - {below: {order: 0.5, else: 0.8}, to: desk}
    - {below: {hello: 0.9}, to: finance, for: {type: hello}}
    - {below: 0.3, to: finance, for: {action: [pay, wipe], type: [order, refund]}}
  consequence:
    - {severity: high, to: finance, for: {action: wipe}}
    - {when: amount_eur > 100 or part == 2, to: desk, for: {action: pay}}
    - {when: "age + part in [3, 4] and not vip or (vip == true) != (word == kind)", to: finance}
    - {when: 'severity >= "high" and 0 < age < 10 / (age - 5) <= 4', to: desk, for: {type: order}}
    - {when: 'kind not in ["a"] and word != type and true', to: owner, for: {action: look}}
    - {when: 'action == "wipe" and least * age > 9 and vip != false and age >= -least', to: desk}
  novelty:
    - {unknown: type, to: desk, for: {type: [order]}}
several: SEVERAL
"""
ALONE = """\
handraise: 1
agent: agent
owner: priya
people: {priya: {name: Priya Raman, contact: "mailto:priya@example.com"}}
routes: {desk: [priya]}
known: [order, refund]
escalate:
  confidence: {below: 0.5, to: desk, for: {type: order}}
  consequence: {when: WHEN, to: desk}
  novelty: {unknown: type, to: desk, for: {type: order}}
"""
PAID = {"amount": 40, "parts": 20, "to": "card", "more": []}
FACTS = {"age": 1, "vip": False, "word": "x", "kind": "a"}


def decided(**fields):
    usual = {"type": "order", "action": "pay", "confidence": 0.9, "facts": FACTS, "proposal": PAID}
    return Decision(**(usual | fields))


def paid(**fields):
    return decided(proposal=PAID | fields)


def with_facts(**fields):
    return decided(facts=FACTS | fields)


DECISIONS = [
    *(decided(type=type) for type in ("order", "refund", "hello", "court_order", None)),
    *(decided(action=action) for action in ("look", "wipe", "fly", None, 7)),
    *(decided(type=type, confidence=c) for type in ("order", "hello") for c in (0.2, 0.5, 0.85, 0.9, None)),
    *(decided(facts=facts) for facts in (None, "no facts", {}, FACTS | {"other": 1})),
    *(with_facts(**one) for one in (
        {"age": 2}, {"age": 2.0, "vip": True}, {"age": 5}, {"age": 6}, {"age": 6.5}, {"vip": "yes"}, {"word": 3}, {"kind": "c"},
        {"kind": None}, {"word": "a", "vip": True}, {"amount_eur": 40}, {"amount_eur": 41}, {"amount_eur": "much"}, {"part": 2},
    )),
    *(paid(**one) for one in (
        {"amount": 200}, {"amount": 1e299, "parts": 0.5}, {"parts": 0}, {"parts": 7}, {"parts": None}, {"day": "2026-01-05"},
        {"day": "someday"}, {"day": None}, {"to": "cash"}, {"to": 3}, {"sure": True}, {"sure": 1}, {"more": ["x"]}, {"more": [1]},
        {"more": "x"}, {"note": "x"},
    )),
    decided(proposal=None),
    decided(action="look", proposal=None, facts=FACTS | {"amount_eur": 0}),
    decided(proposal={"amount": 40}),
    *(decided(action="wipe", facts=FACTS | {"age": age, "vip": True}) for age in (3, 4, -9)),
    *(decided(action="look", facts=FACTS | {"kind": kind, "word": word}) for kind in "ab" for word in ("order", "x")),
]  # fmt: skip


@pytest.mark.parametrize("several", ["every", "first"])
def test_every_part_of_a_table_is_read_as_the_gate_judges_it(several):
    three = Three(table_of(WIDE.replace("SEVERAL", several)))
    for decision in DECISIONS:
        three.agree(decision)


@pytest.mark.parametrize("when", ['action != "fly"', "confidence in [0.6]", "false"])
def test_a_table_that_rates_no_actions_is_read_so_too(when):
    three = Three(table_of(ALONE.replace("WHEN", f"'{when}'")))
    for action in ("fly", "walk", None):
        for type in ("order", "refund", "new", None):
            for confidence in (0.4, 0.6, None):
                three.agree(Decision(type=type, action=action, confidence=confidence))


def test_what_nobody_reads_may_be_missing_in_a_sound_decision():
    three = Three(table_of(ALONE.replace("WHEN", "confidence < 0.4")))
    assert three.told("sound", Decision(type="order", confidence=0.9))
    reads = Three(table_of(ALONE.replace("WHEN", "'action == \"fly\"'")))
    assert not reads.told("sound", Decision(type="order", confidence=0.9))
    assert reads.told("sound", Decision(type="order", action="walk", confidence=0.9))


def test_sound_is_complete_with_a_known_type_and_nothing_unusual():
    three = Three(table_of())
    good = sure(facts={"reason": "other"})
    assert three.told("sound", good)
    new = sure(facts={"reason": "other"}, type="court_order")
    assert three.told("complete", new)
    assert not three.told("sound", new)
    assert not three.told("complete", sure())
    learned = Three(learned_table())
    assert learned.told("sound", sure(facts={"reason": "other"}), 1.0)
    assert not learned.told("sound", sure(facts={"reason": "other"}), 0.5)


def test_files_that_learned_no_facts_can_tell_whatever_the_facts_are():
    for facts in ({"reason": "text"}, {}):
        three = Three(learned_table(learned=with_learned(facts=facts)))
        three.agree(sure(facts="no facts", text="please pay it back"), 0.5)


@pytest.mark.parametrize("stated", [0.0, 0.25, 0.5, 0.75, 0.875, 1.0, None])
def test_a_calibrated_confidence_is_the_one_that_rows_read(stated):
    knots = ((0.0, 0.0), (0.5, 0.25), (0.75, 0.75), (1.0, 1.0))
    calibration = Calibration(
        file="", digest="d" * 64, labels=9, map=CalibrationMap("platt", knots)
    )
    table = msgspec.structs.replace(table_of(), calibration=calibration)
    Three(table).agree(sure(confidence=stated))


def test_a_row_without_an_expression_fires_as_it_does_in_the_gate():
    table = table_of()
    rows = tuple(
        msgspec.structs.replace(row, when=None, severity=None) if row.id == "consequence.1" else row
        for row in table.rows
    )
    three = Three(msgspec.structs.replace(table, rows=rows))
    assert three.told("stops", sure(facts={"reason": "other"}))
    assert compile_table(three.table)(sure(facts={"reason": "other"})).routes == ("finance",)


def test_the_rows_that_a_fact_is_read_by_and_those_of_a_kind_are_found():
    reading = Reading(World(table_of()), table_of())
    assert len(reading.where_read("revenue_usd")) == len(reading.where("severity")) == 1
    assert reading.where("unfamiliar") == reading.where_read("nothing") == []


def test_a_fact_that_several_tables_type_otherwise_may_be_either():
    other = table_of(changed("  reason: one of [fraud, other]", "  reason: text"))
    world = World(table_of(), other)
    plain, wide = Reading(world, table_of()), Reading(world, other)
    assert told(plain.usable["reason"] == wide.usable["reason"], _pins(world, "fraud"))
    assert not told(plain.usable["reason"] == wide.usable["reason"], _pins(world, "lost"))


def _pins(world, reason):
    return pinned(world, sure(facts={"reason": reason}))


def test_a_node_that_is_none_is_refused():
    world = World(table_of())
    with pytest.raises(TypeError, match="unknown node Node"):
        Terms(world.context, world.code, {}, {}).of(Node())


@pytest.mark.parametrize("confidence", [0.71, 0.72, 0.73])
def test_a_threshold_is_read_as_strict(confidence):
    Three(table_of()).agree(sure(confidence=confidence))


@pytest.mark.parametrize("p", [0.01, 0.02, 0.03, None])
def test_a_limit_of_what_was_learned_is_reached_at_its_rate(p):
    three = Three(learned_table(learned=with_learned(facts={"reason": "text"})))
    for facts in ({}, {"reason": None}, {"reason": "other"}, {"reason": 3}):
        three.agree(sure(facts=facts, text="please pay it back"), p)


def test_what_is_stated_is_no_match_for_what_cannot_be_worked_out():
    three = Three(table_of())
    for stated in (0, 40, 41):
        for proposal in (None, {"refund": 40}, {"refund": None}):
            three.agree(sure(facts={"revenue_usd": stated}, proposal=proposal))


def test_a_field_of_another_action_is_unknown_to_this_one():
    Three(table_of()).agree(sure(proposal={"refund": 40, "monthly_change": 1}))


@pytest.mark.parametrize(
    "when",
    ["confidence > 0.6 and 1 / (confidence - 0.5) > 1", "confidence < 0.6 or 1 / (confidence - 0.75) > 9",
     "0.6 < confidence < 1 / (confidence - 0.5)"],
)  # fmt: skip
def test_what_python_would_not_look_at_cannot_fail(when):
    three = Three(table_of(ALONE.replace("WHEN", when)))
    for confidence in (0.5, 0.625, 0.75, 1.0):
        three.agree(Decision(type="order", confidence=confidence))
