"""Faults planted in tables: each is found, with a decision for which the gate shows it."""

import re
from importlib.resources import files

import msgspec
import pytest

from handraise.core.gate.compile import compile_table
from handraise.core.proof.asking import Asking, Judged
from handraise.core.proof.claims import claimed
from handraise.core.proof.prove import prove
from handraise.core.proof.reading import Reading
from handraise.core.proof.world import World
from handraise.core.table.expression import Scope, parse
from handraise.core.table.read import read
from handraise.core.table.types import Claim
from handraise.demo.example import MISSION_TABLE
from tests.support.learned import LEARNED_TABLE, learned_table, window, with_learned
from tests.support.support_table import TABLE, changed, table_of

SCOPE = Scope(
    facts={"revenue_usd": "number", "reason": "text"},
    severities=("low", "high", "critical"),
    actions=("send_reply", "refund", "change_billing", "delete_account"),
)
OTHER_ROWS = "what was learned may find the larger sum usual, which no proof can tell; of all other rows it is proved"
TEXT_ONLY = with_learned(facts={"reason": "text"})
BIG = "    - {when: abs(revenue_usd) > 5000, to: finance}\n"
BELOW = "    - {below: 0.72, to: supervisor}\n"
FIRST = ("several: every", "several: first")


def results(table, code=None):
    return [one for one in prove(table) if code is None or one.code == code]


def unproved(table):
    """Return what was not proved, by code and subject."""
    return {(one.code, one.subject): one for one in prove(table) if one.state != "proved"}


def claim(kind, *routes, when=None, name="a claim"):
    node = parse(when, SCOPE, "boolean") if when is not None else None
    return Claim(name=name, kind=kind, routes=routes, when=node, line=7)


def claims_of(*claims, table=None):
    table = table or table_of()
    return prove(msgspec.structs.replace(table, claims=claims))[: len(claims)]


def again(witness, table):
    """Run the gate on a witness once more, by what is shown of it."""
    return compile_table(table)(witness.decision)


@pytest.mark.parametrize("text", [TABLE, changed(*FIRST)])
def test_a_sound_table_proves_clean(text):
    assert unproved(table_of(text)) == {}


def test_the_smallest_table_proves_clean():
    table = read(MISSION_TABLE).table
    assert unproved(table) == {}
    subjects = [one.subject for one in results(table, "unusable-stops")]
    assert subjects == ["confidence", "type", "revenue_usd", "undeclared"]


def test_a_fact_that_no_row_reads_needs_no_proof():
    text = changed("  reason: one of", "  unread: text\n  reason: one of")
    found = prove(table_of(text))
    assert {one.state for one in found} == {"proved"}
    assert "unread" not in {one.subject for one in found}


def test_the_claims_come_first_in_their_order_and_then_those_of_every_table():
    claims = (claim("never", when="revenue_usd > 6000"), claim("reaches", "owner", name="another"))
    found = prove(msgspec.structs.replace(table_of(), claims=claims))
    assert [(one.code, one.subject, one.line) for one in found[:2]] == [
        ("claim", "a claim", 7),
        ("claim", "another", 7),
    ]
    assert {one.code for one in found[2:]} == {
        "never-errors", "dead-row", "shadowed-row", "unusable-stops", "reachable-human",
        "monotone-confidence", "monotone-money",
    }  # fmt: skip


TRUE_CLAIMS = [
    claim("reaches", "finance", when="abs(revenue_usd) > 5000"),
    claim("reaches", "finance", when='severity == "critical" or reason == "fraud" and type == "card_lost"'),
    claim("reaches", "supervisor", when="confidence < 0.72"),
    claim("never", when="confidence < 0.5"),
    claim("never", when="not (-5000 <= revenue_usd <= 5000)"),
    claim("always", when='confidence > 0.9 and action == "send_reply" and type != "card_lost"'),
    claim("always", when='action == "refund" and revenue_usd in [1, 2] and confidence == 1 and reason != "fraud"'),
    claim("unreachable", "finance", when='severity == "low" and type not in ["card_lost"]'),
    claim("unreachable", "owner"),
]  # fmt: skip


def test_what_the_table_does_hold_is_proved():
    found = claims_of(*TRUE_CLAIMS)
    assert [one.state for one in found] == ["proved"] * len(TRUE_CLAIMS)
    assert all(one.why == "" and one.witness is None for one in found)


@pytest.mark.parametrize(
    ("false", "why", "routes"),
    [
        (claim("reaches", "finance", when="revenue_usd > 4000"), "a decision goes ahead", ()),
        (claim("reaches", "supervisor", when="abs(revenue_usd) > 5000"), "a decision asks finance", ("finance",)),
        (claim("reaches", "supervisor", "finance", when="confidence < 0.7"), "a decision asks supervisor", ("supervisor",)),
        (claim("never", when="confidence < 0.73"), "a decision goes ahead", ()),
        (claim("never"), "a decision goes ahead", ()),
        (claim("always"), "a decision stops: ", None),
        (claim("unreachable", "finance", when="confidence == 1"), "a decision asks finance", ("finance",)),
    ],
)  # fmt: skip
def test_a_false_claim_is_refuted_by_a_decision_that_the_gate_judges_so(false, why, routes):
    (found,) = claims_of(false)
    assert found.state == "refuted"
    assert found.is_grave
    assert found.why.startswith(why)
    assert found.other is None
    verdict = again(found.witness, table_of())
    assert verdict.routes == found.witness.verdict.routes
    assert routes is None or verdict.routes == routes
    assert found.witness.verdict.rehearsal


def test_a_claim_about_every_decision_is_refuted_by_one_that_lacks_something():
    asked = claim("reaches", "finance", when='type == "card_lost"')
    (found,) = claims_of(asked, claim("never", when='reason == "fraud"'))[:1]
    assert found.state == "refuted"
    (missing,) = claims_of(
        claim("reaches", "finance", when="confidence < 2 and abs(revenue_usd) > -1")
    )
    assert missing.state == "refuted"


def test_a_claim_about_no_decision_is_refuted_because_it_claims_nothing():
    when = "revenue_usd > 5000 and revenue_usd < 4000"
    never, always = claims_of(
        claim("never", when=when),
        claim("always", when='severity == "critical" and action == "refund"'),
    )
    assert never.state == always.state == "refuted"
    assert never.why.startswith("it claims nothing")
    assert never.witness is always.witness is None


def test_a_row_that_fires_only_in_doubt_is_dead():
    dead = "    - {when: abs(revenue_usd) < 0, to: finance}\n"
    found = unproved(table_of(changed(BIG, BIG + dead)))
    assert set(found) == {("dead-row", "consequence.2")}
    result = found["dead-row", "consequence.2"]
    assert result.is_grave
    assert result.line > 0
    assert result.why == "it fires only in doubt"


def test_a_row_for_types_that_are_known_is_dead_where_it_waits_for_unknown_ones():
    narrow = "tag: new situation, for: {type: [card_lost]}, name: lost}\n    - {unknown: type, to: finance"
    found = unproved(table_of(changed("tag: new situation", narrow)))
    assert set(found) == {("dead-row", "novelty.1")}
    assert 'novelty.1 "lost"' in found["dead-row", "novelty.1"].name


def test_the_later_of_twins_is_shadowed_and_is_no_grave_matter():
    found = unproved(table_of(changed(BELOW, BELOW * 2)))
    assert set(found) == {("shadowed-row", "confidence.2")}
    result = found["shadowed-row", "confidence.2"]
    assert not result.is_grave
    assert "confidence.1" in result.why


def test_an_earlier_row_is_shadowed_by_a_wider_one_behind_it():
    narrow = "    - {when: revenue_usd > 9000, to: finance}\n"
    assert set(unproved(table_of(changed(BIG, narrow + BIG)))) == {
        ("shadowed-row", "consequence.1")
    }


def test_another_tag_is_something_of_its_own():
    tagged = "    - {below: 0.5, to: supervisor, tag: very unsure}\n"
    assert unproved(table_of(changed(BELOW, BELOW + tagged))) == {}


def test_where_the_first_row_decides_one_that_is_never_first_contradicts():
    later = "    - {below: 0.5, to: finance}\n"
    text = changed(*FIRST, changed(BELOW, BELOW + later))
    found = unproved(table_of(text))
    assert set(found) == {("contradiction", "confidence.2")}
    result = found["contradiction", "confidence.2"]
    assert result.is_grave
    rows = [reason.row for reason in again(result.witness, table_of(text)).reasons]
    assert rows[:2] == ["confidence.1", "confidence.2"]
    assert result.witness.verdict.routes == ("supervisor",)


def test_where_the_first_row_decides_one_for_the_same_route_is_only_shadowed():
    later = "    - {below: 0.5, to: supervisor}\n"
    found = unproved(table_of(changed(*FIRST, changed(BELOW, BELOW + later))))
    assert set(found) == {("shadowed-row", "confidence.2")}


@pytest.mark.parametrize(
    ("row", "subject"),
    [
        ("{when: revenue_usd < 3000, to: finance}", "revenue_usd"),
        ("{when: 'revenue_usd in [10]', to: finance}", "revenue_usd"),
        ("{when: 100 / revenue_usd > 2, to: finance}", "revenue_usd"),
    ],
)
def test_a_row_that_more_money_silences_is_found_with_both_decisions(row, subject):
    text = changed(BIG, f"{BIG}    - {row}\n")
    result = unproved(table_of(text))["monotone-money", subject]
    assert result.is_grave
    before, after = again(result.witness, table_of(text)), again(result.other, table_of(text))
    assert set(before.routes) - set(after.routes)
    small, large = (one.decision.proposal for one in (result.witness, result.other))
    assert small != large


def test_stated_money_is_held_to_the_same():
    text = changed("  reason: one of", "  fee_eur: integer\n  reason: one of")
    text = changed(BIG, BIG + "    - {when: fee_eur == 3, to: finance}\n", text)
    result = unproved(table_of(text))["monotone-money", "fee_eur"]
    assert result.why == "with more fee_eur a decision goes ahead that stops"
    assert result.witness.decision.facts["fee_eur"] == 3
    assert abs(result.other.decision.facts["fee_eur"]) > 3


def test_a_row_that_less_confidence_silences_is_found_with_both_decisions():
    text = changed(BIG, BIG + "    - {when: confidence > 0.9, to: finance}\n")
    found = unproved(table_of(text))
    assert set(found) == {("monotone-confidence", "confidence")}
    result = found["monotone-confidence", "confidence"]
    assert result.other.decision.confidence < result.witness.decision.confidence
    assert set(result.witness.verdict.routes) - set(result.other.verdict.routes) == {"finance"}


def test_money_that_asks_fewer_without_going_ahead_says_so():
    row = "    - {when: revenue_usd < 3000, to: supervisor}\n"
    text = changed(
        BELOW,
        "    - {below: 1, to: finance}\n    - {below: 0.5, to: finance, for: {type: card_lost}}\n",
    )
    text = changed(BIG, f"{BIG}{row}    - {{when: revenue_usd >= 3000, to: finance}}\n", text)
    result = unproved(table_of(text))["monotone-money", "revenue_usd"]
    assert result.why == "with more revenue_usd a decision asks fewer"


def test_where_the_first_row_decides_money_may_change_the_route_but_not_go_ahead():
    row = "    - {when: revenue_usd >= 3000, to: supervisor}\n"
    assert unproved(table_of(changed(*FIRST, changed(BIG, row + BIG)))) == {}
    loose = "    - {when: 'revenue_usd in [10]', to: finance}\n"
    found = unproved(table_of(changed(*FIRST, changed(BIG, BIG + loose))))
    assert found["monotone-money", "revenue_usd"].name.endswith("never goes ahead")


def test_a_route_whose_people_have_no_contact_reaches_nobody():
    table = table_of()
    people = table.people | {"ines": msgspec.structs.replace(table.people["ines"], contacts=())}
    found = unproved(msgspec.structs.replace(table, people=people))
    assert set(found) == {("reachable-human", "finance")}
    result = found["reachable-human", "finance"]
    assert result.why == "ines has no contact"
    assert "finance" in result.witness.verdict.routes


def test_an_owner_who_is_not_there_reaches_nobody_on_any_route():
    table = table_of()
    people = {id: person for id, person in table.people.items() if id != "priya"}
    found = unproved(msgspec.structs.replace(table, people=people))
    assert {subject for _, subject in found} == {"owner", "finance", "supervisor"}


def test_an_expression_over_what_is_not_there_would_fail():
    facts = {"reason": table_of().facts["reason"]}
    table = msgspec.structs.replace(table_of(), facts=facts, claims=(claim("never"),))
    other, only = prove(table)
    assert (only.code, only.state, only.is_grave) == ("never-errors", "refuted", True)
    assert only.why == "consequence.1 reads revenue_usd, which the table does not have like this"
    assert (other.code, other.state) == ("claim", "open")
    assert other.why == "consequence.1 cannot be read"


def test_what_was_learned_may_say_anything():
    unfamiliar = learned_table(learned=TEXT_ONLY)
    assert unproved(unfamiliar) == {}
    asks = msgspec.structs.replace(
        unfamiliar, claims=(claim("unreachable", "finance"), claim("never"))
    )
    unreachable, never = prove(asks)[:2]
    assert unreachable.state == never.state == "refuted"
    assert never.witness.familiarity > 0.02
    assert never.witness.verdict.familiarity == never.witness.familiarity


def test_the_table_of_the_demo_proves_clean():
    text = (files("handraise.demo") / "handraise.yaml").read_text("utf-8")
    kinds = re.findall(r"\{type: (\w+), action", text)
    reading = read(text, learned=window(types=tuple(dict.fromkeys(kinds))))
    (only,) = unproved(reading.table).values()
    assert (only.code, only.is_grave, only.why) == ("monotone-money", False, OTHER_ROWS)
    doubts = {one.subject for one in results(reading.table, "unusable-stops")}
    assert "familiarity" in doubts


def test_a_claim_is_open_where_it_is_not_known_that_some_decision_is_like_this():
    table = table_of()
    world = World(table)
    reading = Reading(world, table)

    class Slow(Asking):
        """Has no time left once a question was answered."""

        def find(self, *question):
            found = super().find(*question)
            self.left_s = 0
            return found

    asked = claim("never", when="confidence < 0.5")
    found = claimed(asked, reading, Slow(world, 10.0), Judged(reading))
    assert (found.state, found.witness) == ("open", None)
    assert found.why.startswith("not decided in time")


LOOKING_UP = """\
handraise: 1
agent: agent
owner: priya
people: {priya: {name: Priya Raman, contact: "mailto:priya@example.com"}}
routes: {desk: [priya], finance: [priya]}
severities: [low, high]
actions:
  refund: {severity: high, proposal: {amount: number, note: text?, parts: "integer?"}}
  lookup: {severity: low, proposal: {note: text}}
  walk: low
facts:
  amount_usd: {type: number, from: FROM}
known: [order]
escalate:
  confidence: {below: 0.5, to: desk}
  consequence: {when: amount_usd > 100, to: finance}
  novelty: {unknown: type, to: desk}
claims:
  - {name: what is harmless goes, when: confidence > 0.9 and severity == "low", always: proceed}
  - {name: finance sees no lookup, when: confidence > 0.9 and action == "lookup", unreachable: finance}
"""
OF_AMOUNT = ["{refund: proposal.amount}", "proposal.amount", "proposal.amount + 0 * proposal.parts"]


@pytest.mark.parametrize("source", OF_AMOUNT)
def test_a_claim_is_refuted_by_an_action_that_can_have_no_such_fact(source):
    table = table_of(LOOKING_UP.replace("FROM", source))
    harmless, lookup = prove(table)[:2]
    assert (harmless.state, lookup.state) == ("refuted", "refuted")
    assert harmless.why.startswith("a decision stops: ")
    assert lookup.witness.decision.action == "lookup"
    assert again(lookup.witness, table).routes == ("finance",)


def test_what_fires_only_because_an_action_can_have_no_such_fact_is_dead():
    when = "{when: amount_usd > 100, to: finance}"
    more = f"[{when}, {{when: amount_usd > 5, to: desk, for: {{action: lookup}}}}, {{when: abs(amount_usd) < 0, to: desk}}]"
    text = LOOKING_UP.replace("FROM", OF_AMOUNT[0]).replace(when, more)
    dead = [subject for code, subject in unproved(table_of(text)) if code == "dead-row"]
    assert dead == ["consequence.2", "consequence.3"]


def test_more_money_is_open_where_what_was_learned_is_asked_about_it():
    result = unproved(learned_table())["monotone-money", "revenue_usd"]
    assert (result.state, result.is_grave, result.why) == ("open", False, OTHER_ROWS)
    assert result.witness is result.other is None
    assert unproved(learned_table(learned=TEXT_ONLY)) == {}


def test_more_money_is_proved_where_everything_stops_for_that_route_anyway():
    text = changed(BELOW, "    - {below: 1, to: finance}\n", LEARNED_TABLE)
    always = "    - {when: confidence == 1, to: finance}\n"
    text = changed(BIG, f"{BIG}{always}", text)
    assert ("monotone-money", "revenue_usd") not in unproved(learned_table(text))


def test_more_money_that_loosens_by_another_row_is_refuted_whatever_was_learned():
    text = changed(BIG, BIG + "    - {when: 'revenue_usd in [10]', to: finance}\n", LEARNED_TABLE)
    result = unproved(learned_table(text))["monotone-money", "revenue_usd"]
    assert (result.state, result.is_grave) == ("refuted", True)


BESIDE = (
    "  share:\n    type: number\n    from: {refund: proposal.refund / 1000}\n    otherwise: 0\n"
)


def test_what_can_only_grow_with_the_money_grows_with_it():
    small = "    - {when: 'share in [1]', to: finance}\n"
    text = changed("  reason: one of", f"{BESIDE}  reason: one of")
    result = unproved(table_of(changed(BIG, BIG + small, text)))["monotone-money", "revenue_usd"]
    assert (result.state, result.is_grave) == ("refuted", True)
    first, second = (one.decision.proposal["refund"] for one in (result.witness, result.other))
    assert (first, abs(second) > 1000) == (1000, True)
    wide = with_learned(facts={"share": "number"})
    learned = learned_table(
        changed("  reason: one of", f"{BESIDE}  reason: one of", LEARNED_TABLE), learned=wide
    )
    assert unproved(learned)["monotone-money", "revenue_usd"].why == OTHER_ROWS


def test_what_need_not_grow_with_the_money_stays_as_it_is():
    text = changed("monthly_change: number", "monthly_change: number, months: number")
    text = changed(
        "12 * proposal.monthly_change", "proposal.months * 12 + proposal.monthly_change", text
    )
    beside = "  months: {type: number, from: {change_billing: proposal.months}, otherwise: 0}\n"
    text = changed("  reason: one of", f"{beside}  reason: one of", text)
    text = changed(BIG, f"{BIG}    - {{when: 'months in [1]', to: finance}}\n", text)
    assert ("monotone-money", "revenue_usd") not in unproved(table_of(text))


WORKED_OUT = """\
handraise: 1
agent: agent
owner: priya
people: {priya: {name: Priya Raman, contact: "mailto:priya@example.com"}}
routes: {desk: [priya], finance: [priya]}
actions: {refund: {severity: low, proposal: {amount: number}}}
facts:
  amount: {type: number, from: proposal.amount}
  dimes_usd: {type: integer, from: FROM}
known: [order]
escalate:
  confidence: {below: 0.5, to: desk}
  consequence: {when: dimes_usd > 1000, to: finance}
  novelty: {unknown: type, to: desk}
claims:
  - {name: no part of a dime, when: WHEN, never: proceed}
"""


def dimes(source, when):
    table = table_of(WORKED_OUT.replace("FROM", source).replace("WHEN", when))
    return table, prove(table)[0]


@pytest.mark.parametrize(
    "source", ["proposal.amount * 10", "proposal.amount / 0.1", "2.5 * proposal.amount * 4"]
)
def test_a_claim_that_rounding_breaks_is_refuted_by_a_decision_that_the_gate_rounds(source):
    table, found = dimes(source, "amount == 1.1")
    assert found.state == "refuted"
    assert found.witness.decision.proposal == {"amount": 1.1}
    assert not again(found.witness, table).escalated


def test_a_claim_that_rounding_may_break_is_open_where_no_such_decision_is_found():
    assert dimes("proposal.amount * 10", "amount > 1.01 and amount < 1.09")[1].state == "open"


def test_whole_numbers_that_are_not_divided_stay_whole():
    when = "amount == 3 and confidence == 1 and dimes_usd == 30"
    text = WORKED_OUT.replace("never: proceed", "always: proceed").replace("WHEN", when)
    table = table_of(text.replace("FROM", "proposal.amount * 10"))
    assert prove(table)[0].state == "proved"


@pytest.mark.parametrize(
    "source", ["proposal.amount", "proposal.amount * 10", "proposal.amount / 4"]
)
def test_more_money_that_is_worked_out_whole_never_loosens(source):
    text = WORKED_OUT.replace("FROM", source).replace("WHEN", "confidence < 0.5")
    one_fact = text.replace("  amount: {type: number, from: proposal.amount}\n", "")
    assert unproved(table_of(one_fact)) == {}
    loose = one_fact.replace("dimes_usd > 1000", "'dimes_usd in [10]'")
    result = unproved(table_of(loose))["monotone-money", "dimes_usd"]
    assert (result.state, result.witness.verdict.routes) == ("refuted", ("finance",))
