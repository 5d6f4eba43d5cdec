"""Whether a new table is at least as strict: proved, or shown by a decision that both gates judge."""

import msgspec
import pytest

from handraise.core.gate.compile import compile_table
from handraise.core.proof.strictness import strictness
from tests.support.learned import LEARNED_TABLE, ToldFamiliar, learned_table, with_learned
from tests.support.support_table import TABLE, changed, table_of

BELOW = "{below: 0.72, to: supervisor}"


def test_a_table_is_as_strict_as_itself_and_the_same():
    found = strictness(table_of(), table_of())
    assert (found.state, found.is_same, found.why) == ("proved", True, "")
    assert found.goes_now is found.before is found.stops_now is None
    assert found.fewer == found.notes == ()


def test_the_same_written_otherwise_is_the_same():
    text = changed("abs(revenue_usd) > 5000", "revenue_usd > 5000 or -revenue_usd > 5000")
    assert strictness(table_of(), table_of(text)).is_same


def test_a_lower_threshold_lets_a_decision_go_that_stopped_before():
    older, newer = table_of(), table_of(changed("below: 0.72", "below: 0.6"))
    found = strictness(older, newer)
    assert found.state == "refuted"
    assert found.why == "a decision that stopped goes ahead now"
    decision = found.goes_now.decision
    assert 0.6 <= decision.confidence < 0.72
    assert compile_table(older)(decision).routes == found.before.routes == ("supervisor",)
    assert not compile_table(newer)(decision).escalated
    assert not found.goes_now.verdict.escalated
    assert found.stops_now is None
    assert not found.is_same


def test_a_higher_threshold_is_stricter_and_says_what_stops_now():
    found = strictness(table_of(), table_of(changed("below: 0.72", "below: 0.8")))
    assert (found.state, found.is_same) == ("proved", False)
    assert found.stops_now.verdict.routes == ("supervisor",)
    assert 0.72 <= found.stops_now.decision.confidence < 0.8


def test_a_route_that_is_asked_no_more_is_told_although_everything_still_stops():
    text = changed(BELOW, "{below: 0.72, to: finance}")
    found = strictness(table_of(), table_of(text))
    assert found.state == "proved"
    (fewer,) = found.fewer
    assert fewer.route == "supervisor"
    assert "supervisor" not in fewer.now.verdict.routes
    assert "supervisor" in fewer.before.routes
    assert fewer.before == compile_table(table_of(), rehearsal=True)(fewer.now.decision)
    assert not found.is_same


def test_a_route_that_is_asked_more_is_no_longer_the_same():
    also = f"{BELOW}\n    - {{below: 0.5, to: finance}}"
    found = strictness(table_of(), table_of(changed(BELOW, also)))
    assert (found.state, found.fewer, found.is_same) == ("proved", (), False)


def test_a_fact_of_one_table_alone_is_sent_to_that_one_and_said():
    text = changed("  reason: one of", "  vip: boolean\n  reason: one of")
    text = changed("\nseveral:", "\nseveral:", text)
    when = "    - {severity: critical, to: finance}\n"
    text = changed(when, f"{when}    - {{when: vip, to: supervisor}}\n", text)
    stricter, looser = (
        strictness(table_of(), table_of(text)),
        strictness(table_of(text), table_of()),
    )
    assert stricter.state == "proved"
    assert stricter.notes == (
        "vip is declared in the newer table alone, and sent to that one only",
    )
    assert looser.state == "refuted"
    assert "vip" not in looser.goes_now.decision.facts
    assert looser.notes == ("vip is declared in the older table alone, and sent to that one only",)


def test_a_fact_that_is_worked_out_in_one_and_stated_in_the_other_is_said():
    begin = TABLE.index("    from: {refund")
    end = TABLE.index("  reason: one of")
    stated = TABLE[:begin] + TABLE[end:]
    found = strictness(table_of(stated), table_of())
    assert found.notes == ("revenue_usd is worked out in one table and stated in the other",)
    assert found.state == "refuted"
    assert "revenue_usd is missing" in found.before.reasons[0].sentence


def test_files_that_were_learned_anew_may_say_anything():
    anew = learned_table(learned=with_learned(digest="e" * 64))
    found = strictness(learned_table(), anew)
    assert found.state == "refuted"
    note = "what was learned differs: the two may say anything about the same decision"
    assert found.notes == (note,)
    assert found.goes_now.familiarity > 0.02


@pytest.mark.parametrize(("older", "newer", "state", "which"), [
    (TABLE, LEARNED_TABLE, "proved", "newer"),
    (LEARNED_TABLE, TABLE, "refuted", "older"),
])  # fmt: skip
def test_a_table_that_asks_what_was_learned_is_stricter(older, newer, state, which):
    tables = [table_of(one) if one is TABLE else learned_table(one) for one in (older, newer)]
    found = strictness(*tables)
    assert found.state == state
    assert found.notes == (f"only the {which} table holds decisions against what was learned",)


def test_learned_files_that_are_not_at_hand_cannot_be_asked_by_either():
    table = learned_table()
    blind = msgspec.structs.replace(table, known=msgspec.structs.replace(table.known, learned=None))
    found = strictness(table, blind)
    assert found.state == "proved"
    assert strictness(blind, table).state == "refuted"


def test_what_is_not_decided_in_time_is_open():
    found = strictness(table_of(), table_of(), timeout_s=0)
    assert found.state == "open"
    assert found.why.startswith("not decided in time")
    assert not found.is_same


REASON = "  reason: one of [fraud, other]"
LEARNED_REASON = with_learned(facts={"reason": "text", "age": "number"})
DIFFERENT = "where it comes to something else, the learned files may say something else"


def learned_with(reason=REASON, age="integer"):
    text = changed(REASON, f"{reason}\n  age: {age}", LEARNED_TABLE)
    return learned_table(text, learned=LEARNED_REASON)


@pytest.mark.parametrize(
    ("newer", "fact"),
    [
        (learned_with("  reason: one of [fraud, other, lost]"), "reason"),
        (learned_with("  reason: text"), "reason"),
        (learned_with(age="number"), "age"),
    ],
)
def test_a_learned_fact_that_takes_more_lets_a_decision_go_that_stopped_in_doubt(newer, fact):
    older = learned_with()
    found = strictness(older, newer)
    assert (found.state, found.is_same) == ("refuted", False)
    decision = found.goes_now.decision
    say = ToldFamiliar(found.goes_now.familiarity)
    assert compile_table(older, familiar=say)(decision).escalated
    assert not compile_table(newer, familiar=say)(decision).escalated
    assert found.notes == (f"{fact} was learned, and is declared otherwise: {DIFFERENT}",)
    assert strictness(newer, older).state == "proved"


def test_learned_facts_that_come_to_the_same_are_answered_alike():
    about = learned_with("  reason: {type: 'one of [fraud, other]', about: why}")
    found = strictness(learned_with(), about)
    assert (found.state, found.is_same, found.notes) == ("proved", True, ())


def test_a_learned_fact_may_differ_because_one_table_rates_an_action():
    learned = with_learned(facts={"revenue_usd": "number"})
    fewer = changed("  delete_account: critical\n", "  archive: low\n", LEARNED_TABLE)
    both = [learned_table(text, learned=learned) for text in (LEARNED_TABLE, fewer)]
    found = strictness(*both)
    assert found.state == "refuted"
    assert found.goes_now.decision.action == "archive"


def test_what_is_worked_out_alike_is_rounded_alike():
    def table(source):
        worked_out = f"  tenths: {{type: integer, from: {{refund: {source}}}, otherwise: 0}}\n"
        text = changed("  reason: one of", f"{worked_out}  reason: one of")
        when = "    - {when: tenths > 50, to: finance}\n    - {severity"
        return table_of(changed("    - {severity", when, text))

    older = table("proposal.refund * 10")
    assert strictness(older, table("proposal.refund * 10")).is_same
    otherwise = strictness(older, table("proposal.refund * 5 + proposal.refund * 5"))
    assert (otherwise.state, otherwise.is_same) != ("proved", True)
