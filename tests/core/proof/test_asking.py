"""Questions to the solver: examples as somebody wants them, tries, time, and the gate's last word."""

import msgspec
import pytest
import z3

from handraise.core.gate.compile import compile_table
from handraise.core.proof.asking import Asking, Judged, example_where
from handraise.core.proof.claims import claimed
from handraise.core.proof.prove import LIMITS, prove, results
from handraise.core.proof.reading import Reading
from handraise.core.proof.world import World
from handraise.core.table.types import Claim
from handraise.model import Verdict
from tests.support.learned import learned_table
from tests.support.support_table import changed, table_of

FORMS = """
  refund:
    severity: high
    proposal:
      refund: number
      day: date
      kind: one of [card, cash]
      sure: boolean
      note: text?
      lines: [{sum: integer}]
      more: {count: integer, on: date, way: "one of [a, b]", is_new: boolean, part: number, word: text, left: text?, all: [text]}
"""
FORMED = changed(
    "  refund: {severity: high, proposal: {refund: number, note: text?}}\n", FORMS.lstrip("\n")
)


def asked_of(table):
    world = World(table)
    reading = Reading(world, table)
    return reading, Asking(world, 10.0)


def is_refund(world):
    return world.action.text == world.code("refund")


def test_an_example_is_sound_and_round_where_it_can_be():
    found = example_where(table_of(), lambda world, reading: reading.fires[1])
    assert found.verdict.routes == ("finance",)
    assert found.decision.confidence == 0.95
    assert all(isinstance(one, int) for one in found.decision.proposal.values())


def test_an_example_may_lack_something_where_that_is_wanted():
    found = example_where(table_of(), lambda world, reading: z3.Not(reading.usable["revenue_usd"]))
    assert any("cannot be judged: revenue_usd" in one.sentence for one in found.verdict.reasons)


def test_there_is_no_example_of_what_cannot_be():
    assert (
        example_where(table_of(), lambda world, reading: z3.And(reading.sound, reading.fault))
        is None
    )


def test_numbers_that_cannot_be_round_are_the_nearest_floats():
    def goal(world, reading):
        refund = world.fields["refund"].number
        return z3.And(reading.sound, is_refund(world), refund * 3 == 1)

    assert example_where(table_of(), goal).decision.proposal["refund"] == 1 / 3


def test_roots_are_the_nearest_floats():
    def goal(world, reading):
        refund = world.fields["refund"].number
        return z3.And(reading.sound, is_refund(world), refund * refund == 2, refund > 0)

    assert example_where(table_of(), goal).decision.proposal["refund"] == pytest.approx(2**0.5)


WANTED = {
    "the facts are no names": (lambda w, r: z3.Not(w.has_facts), lambda d: d.facts == "unusable"),
    "an undeclared fact": (lambda w, r: z3.And(w.has_facts, w.has_undeclared), lambda d: d.facts["undeclared"] == 1),
    "no proposal": (lambda w, r: z3.Not(w.has_proposal), lambda d: d.proposal is None),
    "an unknown field": (lambda w, r: z3.And(w.has_proposal, w.has_unknown), lambda d: d.proposal["undeclared"] == 1),
    "a text that is no choice": (
        lambda w, r: z3.And(w.facts["reason"].is_text, z3.Not(r.usable["reason"]), w.has_facts),
        lambda d: d.facts["reason"] not in ("fraud", "other"),
    ),
    "a fact of another kind": (
        lambda w, r: z3.And(w.has_facts, w.facts["reason"].given, z3.Not(z3.Or(w.facts["reason"].kinds))),
        lambda d: d.facts["reason"] == 0,
    ),
    "a number of another kind": (
        lambda w, r: z3.And(w.has_facts, w.facts["revenue_usd"].given, z3.Not(z3.Or(w.facts["revenue_usd"].kinds))),
        lambda d: d.facts["revenue_usd"] == "unusable",
    ),
    "a fact that is null": (
        lambda w, r: z3.And(w.has_facts, w.facts["reason"].is_null), lambda d: d.facts["reason"] is None
    ),
    "a date": (
        lambda w, r: z3.And(r.sound, w.action.text == w.code("refund")), lambda d: d.proposal["day"] == "2026-01-05"
    ),
    "no date": (
        lambda w, r: z3.And(w.has_proposal, w.action.is_text, w.action.text == w.code("refund"),
                            w.fields["day"].is_text, z3.Not(w.fields["day"].is_date),
                            w.fields["day"].text >= len(w.codes)),
        lambda d: d.proposal["day"] == "some text",
    ),
    "forms within": (
        lambda w, r: z3.And(r.sound, w.action.text == w.code("refund")),
        lambda d: d.proposal["lines"] == [] and d.proposal["more"] == {
            "count": 1, "on": "2026-01-05", "way": "a", "is_new": True, "part": 1, "word": "some text", "all": []
        },
    ),
    "no such form within": (
        lambda w, r: z3.And(w.has_proposal, w.fields["more"].given, z3.Not(z3.Or(*w.fields["more"].kinds, *(one for _, one in w.fields["more"].nested)))),
        lambda d: d.proposal["more"] == [[]],
    ),
    "a truth": (
        lambda w, r: z3.And(w.has_proposal, w.fields["sure"].is_truth, z3.Not(w.fields["sure"].truth)),
        lambda d: d.proposal["sure"] is False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", list(WANTED))
def test_a_decision_is_spelt_as_an_agent_would_send_it(what):
    goal, is_so = WANTED[what]
    found = example_where(table_of(FORMED), goal)
    assert is_so(found.decision), found.decision
    assert compile_table(table_of(FORMED))(found.decision).routes == found.verdict.routes


def test_the_same_nested_form_of_two_actions_is_one_question():
    text = changed(
        "{monthly_change: number}", "{monthly_change: number, lines: [{sum: integer}]}", FORMED
    )
    assert len(World(table_of(text)).fields["lines"].nested) == 1
    text = changed(
        "{monthly_change: number}", "{monthly_change: number, lines: [{sum: text}]}", FORMED
    )
    assert len(World(table_of(text)).fields["lines"].nested) == 2


def test_files_that_cannot_tell_are_spelt_as_no_answer():
    found = example_where(learned_table(), lambda world, reading: z3.Not(reading.can_tell))
    assert found.familiarity is None
    assert found.verdict.routes == ("finance",)


def test_files_that_find_a_decision_unusual_are_spelt_with_their_answer():
    def goal(world, reading):
        return z3.And(reading.complete, reading.can_tell, reading.familiarity < 0.02)

    found = example_where(learned_table(), goal)
    assert found.familiarity == found.verdict.familiarity == 0.01
    assert found.verdict.tags == ("unlike",)


def test_learned_files_that_no_row_asks_are_not_spelt():
    table = learned_table()
    rows = tuple(row for row in table.rows if row.kind != "unfamiliar")
    found = example_where(msgspec.structs.replace(table, rows=rows), lambda w, r: r.stops)
    assert found.familiarity is None
    assert found.decision.text is None


def test_a_gate_that_does_not_show_a_fault_leaves_the_question_open():
    table = table_of()
    reading, asking = asked_of(table)

    def silent(decision):
        return Verdict(decision)

    claim = Claim(name="unsure ones wait", kind="unreachable", routes=("supervisor",))
    found = claimed(claim, reading, asking, Judged(reading, silent))
    assert found.state == "open"
    assert "none of floats" in found.why
    assert found.witness is None


def test_a_gate_that_lets_doubt_go_ahead_is_seen_in_every_kind_of_doubt():
    """The reading says what such a gate would do; each claim then shows a decision it lets go."""
    table = table_of()
    reading, asking = asked_of(table)
    never = z3.BoolVal(False, reading.context)
    reading.stops, reading.fires = never, tuple(never for _ in reading.fires)
    reading.asks = lambda route: never

    def reckless(decision):
        return Verdict(decision)

    found = results(reading, asking, Judged(reading, reckless))
    doubts = {one.subject: one for one in found if one.code == "unusable-stops"}
    assert set(doubts) == {
        "confidence", "type", "action", "revenue_usd", "revenue_usd stated", "reason", "undeclared", "proposal",
    }  # fmt: skip
    assert {one.state for one in doubts.values()} == {"refuted"}
    assert doubts["type"].why == "a decision goes ahead"
    judge = compile_table(table)
    assert all(judge(one.witness.decision).escalated for one in doubts.values())


def test_a_stop_that_asks_nobody_would_be_seen():
    reading, asking = asked_of(table_of())
    reading.asks = lambda route: z3.BoolVal(False, reading.context)

    def silent(decision):
        verdict = compile_table(table_of())(decision)
        return msgspec.structs.replace(verdict, routes=())

    found = [
        one
        for one in results(reading, asking, Judged(reading, silent))
        if one.code == "reachable-human"
    ]
    assert found[0].why == "a decision stops and asks nobody"
    assert found[0].witness.verdict.reasons


def test_what_is_not_decided_in_time_is_open_and_says_so():
    claims = (Claim(name="a claim", kind="never"),)
    table = msgspec.structs.replace(table_of(), claims=claims)
    found = prove(table, timeout_s=0)
    asked = [one for one in found if one.code != "never-errors"]
    settled = {"shadowed-row", "reachable-human"}
    assert {one.state for one in asked if one.code not in settled} == {"open"}
    assert all(one.why.startswith("not decided in time") for one in asked if one.state == "open")


def test_a_question_that_is_too_hard_stops_at_its_time():
    world = World(table_of())
    x, y, z = (z3.Int(name, world.context) for name in "xyz")
    too_hard = x * x * x + y * y * y + z * z * z == 33
    asking = Asking(world, 0.05)
    assert asking.is_possible(too_hard) is None
    assert 0 < asking.left_s < 0.3


def test_the_limits_are_said_in_sentences():
    assert all(limit.endswith(".") for limit in LIMITS)
