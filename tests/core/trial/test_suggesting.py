"""Missing tests are found by the solver, and what they are said to reach they reach on the gate."""

from __future__ import annotations

from msgspec.structs import replace

from handraise.core.gate.compile import compile_table
from handraise.core.table.types import Case, Table
from handraise.core.trial.coverage import coverage_of
from handraise.core.trial.goals import goals_of
from handraise.core.trial.suggesting import Suggestion, suggestions
from handraise.core.trial.trial import run_cases
from handraise.model import Decision
from tests.core.trial.trials import RATED, looked_at, table, when
from tests.support.learned import ToldFamiliar, learned_table
from tests.support.support_table import changed, table_of


def missing(table: Table, *decisions: Decision) -> tuple[Suggestion, ...]:
    tried = [looked_at(table, one) for one in decisions]
    return suggestions(table, coverage_of(table, tried).missing)


def unreached(table: Table, found: tuple[Suggestion, ...]) -> dict[str, str]:
    """Return what no suggestion reaches, with why; all others were run through the gate."""
    judge = compile_table(table)
    tried = []
    for one in found:
        if not one.why:
            decision = Decision(**one.given)
            assert judge(decision).routes == one.routes
            tried.append(looked_at(table, decision))
    left = {goal.name for goal in coverage_of(table, tried).missing}
    said = {one.goal.name: one.why for one in found if one.why}
    assert left == set(said)
    return said


EVERYTHING = """\
    - {when: abs(revenue_usd) > 5000, to: finance}
    - {when: 0 < revenue_usd <= 900 and not reason == "other", to: finance, for: {action: [refund]}}
"""


def test_a_table_with_every_part_is_reached_wholly() -> None:
    text = changed("    - {when: abs(revenue_usd) > 5000, to: finance}\n", EVERYTHING)
    text = changed("{below: 0.72, to", "{below: {card_lost: 0.9, else: 0.72}, to", text)
    made = table_of(text)
    assert unreached(made, missing(made)) == {}


def test_what_no_decision_reaches_is_said() -> None:
    made = when("n > 2.5")
    said = unreached(made, missing(made))
    assert said == {"at: n > 2.5 (consequence.1)": "no decision reaches it"}


def test_a_row_that_can_never_fire_is_said_with_its_sets_of_conditions() -> None:
    made = when("x > 5 and x < 3")
    said = unreached(made, missing(made))
    assert said["consequence.1"] == "no decision reaches it"
    assert said["together: consequence alone"] == "no decision reaches it"


def test_nothing_missing_suggests_nothing() -> None:
    assert suggestions(table(), ()) == ()


def test_an_edge_is_reached_by_a_decision_that_nothing_else_stops() -> None:
    made = table()
    goals = [goal for goal in goals_of(made) if "just" in goal.name and "x > 100" in goal.name]
    under, over = suggestions(made, goals)
    assert under.routes == ()
    assert 99 <= under.given["facts"]["x"] < 100
    assert over.routes == ("finance",)
    assert 100 < over.given["facts"]["x"] <= 101


def test_severities_are_reached_by_actions_of_their_level() -> None:
    made = table("{severity: high, to: finance}", more=RATED)
    assert unreached(made, missing(made)) == {}


def test_a_new_type_has_a_name_that_nobody_uses() -> None:
    made = table()
    (found,) = suggestions(made, [goal for goal in goals_of(made) if goal.name == "novelty.1"])
    assert found.given["type"] not in {*made.known.types, "a"}


def test_a_row_that_looks_at_what_was_learned_cannot_be_met_by_a_suggestion() -> None:
    made = learned_table()
    (found,) = suggestions(made, [goal for goal in goals_of(made) if goal.name == "novelty.2"])
    assert found.given == {}
    assert found.why == "only what was learned can tell; try words unlike all it was trained on"


def test_a_text_of_the_team_stands_in_where_words_are_looked_at() -> None:
    made, texts = learned_table(), {"card_lost": "my card is gone"}
    names = ("just under: abs(revenue_usd) > 5000 (consequence.1)", "novelty.1")
    goals = [goal for goal in goals_of(made) if goal.name in names]
    new, under = suggestions(made, goals, ToldFamiliar(), texts)
    assert (under.given["type"], under.given["text"]) == ("card_lost", "my card is gone")
    assert under.routes == ()
    assert new.given["text"] == "my card is gone"
    assert new.routes == ("supervisor",)


def test_what_the_gate_does_not_show_is_never_suggested() -> None:
    made = learned_table()
    goals = [goal for goal in goals_of(made) if goal.name == "together: no condition"]
    (found,) = suggestions(made, goals, ToldFamiliar(p=0.001), {"card_lost": "my card is gone"})
    assert (found.given, found.why) == ({}, "no decision was found that reaches it")


def test_suggestions_pass_once_they_are_tests_and_one_may_reach_several() -> None:
    made = table()
    found = missing(made)
    assert len(found) < len(goals_of(made))
    cases = tuple(Case(name=one.goal.title, given=one.given, escalate=one.routes) for one in found)
    trial = run_cases(replace(made, tests=cases))
    assert trial.ok
    assert trial.coverage.missing == ()
    assert trial.cases[0].name == "fires: confidence.1"


def test_a_known_and_a_new_type_are_suggested_for_a_row_about_types() -> None:
    made = table()
    goals = [goal for goal in goals_of(made) if goal.kind == "type"]
    known, new = suggestions(made, goals)
    assert known.given["type"] in made.known.types
    assert known.routes == ()
    assert new.routes == ("supervisor",)
