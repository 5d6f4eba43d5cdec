"""The table as SQL against the compiled gate, row by row, on DuckDB."""

import json
import math

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from handraise.core.gate.sql import judged_by
from handraise.core.gate.sql_inputs import Inputs, fields_of, wanted_by
from handraise.core.gate.sql_text import identifier, literal
from handraise.demo.example import MISSION_TABLE
from tests.support.learned import LEARNED_TABLE, ToldFamiliar, judge_with, learned_table
from tests.support.past import create, fired_by_gate, signals_of
from tests.support.support_table import changed, sure, table_of
from tests.support.tables import ACTIONS, TYPES, calibrations, tables

SLOW = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NUMBERS = st.sampled_from(
    (None, 0.0, -0.0, 1.0, 40.0, 3.0, -6200.0, 5000.0, 5000.5, 1e299, -1e300, math.nan, math.inf)
) | st.floats(allow_nan=True)
FACTS = {
    "revenue": {"type": "number"},
    "count": {"type": "integer"},
    "vip": {"type": "boolean"},
    "reason": {"type": "one of [fraud, other, none]"},
    "word": {"type": "text"},
}
CONFIDENCE = {"below": 0.5, "to": "support"}
NOVELTY = {"unknown": "type", "to": "support"}
ODD_NUMBERS = (None, -0.0, 0.5, -6200.0, -1e300, 1e308, 5e-324, math.nan)


def past(most=12):
    """Decisions of the past as typed columns: anything may be missing, not a number or too large."""
    return st.lists(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from((*TYPES, "new_thing", "it's", None)),
                "action": st.sampled_from((*ACTIONS, "fly", None)),
                "confidence": st.sampled_from((None, 0.0, 0.3, 0.5, 0.72, 1.0, 7.0, -0.1, math.nan))
                | st.floats(),
                "revenue": NUMBERS,
                "count": NUMBERS,
                "vip": st.sampled_from((None, True, False)),
                "reason": st.sampled_from((None, "fraud", "none", "else")),
                "word": st.sampled_from((None, "x", "y'")),
                "refund": NUMBERS,
                "monthly_change": NUMBERS,
            }
        ),
        min_size=1,
        max_size=most,
    )


def when(*whens, facts=None, known=TYPES, actions=True, **more):
    """Return a table with a row for each condition, and some things changed."""
    rows = [one if isinstance(one, dict) else {"when": one, "to": "finance"} for one in whens]
    table = {
        "handraise": 1,
        "agent": "agent",
        "owner": "priya",
        "people": {
            id: {"name": id, "contact": f"mailto:{id}@example.com"}
            for id in ("dana", "ines", "priya")
        },
        "routes": {"support": ["dana"], "finance": ["ines"]},
        "facts": FACTS | (facts or {}),
        "known": list(known),
        "escalate": {"confidence": [CONFIDENCE], "consequence": rows, "novelty": [NOVELTY]}
        | more.pop("escalate", {}),
        **more,
    }
    if actions:
        table["actions"] = {
            "reply": "low",
            "refund": "high",
            "billing": "high",
            "delete": "critical",
        }
    return table_of(json.dumps(table))


def decided(**fields):
    """Return a decision of the past for which nothing fires, but for what is said."""
    usual = {
        "type": "address", "action": "reply", "confidence": 0.9, "revenue": 10.0, "count": 2.0,
        "vip": False, "reason": "none", "word": "x", "refund": 5.0, "monthly_change": 1.0,
    }  # fmt: skip
    return usual | fields


def fired(table, *rows):
    """Return what fires for each decision by SQL; the gate must say the same, and who agrees."""
    expected = [fired_by_gate(table, row) for row in rows]
    with duckdb.connect() as connection:
        create(connection.execute, rows)
        found = signals_of(table, connection.execute)
    assert found == expected
    return [signals for signals, _ in found]


@SLOW
@given(text=tables(), calibration=calibrations(), rows=past())
def test_sql_and_the_compiled_gate_agree_on_every_row(text, calibration, rows):
    fired(replace(table_of(text), calibration=calibration), *rows)


def test_what_no_column_holds_is_missing_and_stops():
    table = table_of(MISSION_TABLE)
    query = judged_by(table, Inputs(type="'refund_request'", confidence="0.9"), "(SELECT 1) one")
    assert duckdb.connect().execute(query.query).fetchone() == (0b010, 0b10, True)
    assert query.signals == ("confidence.1", "consequence.1", "novelty.1")
    assert query.routes == ("support_supervisor", "finance_lead")


@pytest.mark.parametrize(
    ("condition", "does", "does_not"),
    [
        ("revenue + count > 12.5", {"revenue": 11.0}, {"revenue": 10.5}),
        ("revenue - count > 12.5", {"revenue": 15.0}, {"revenue": 14.5}),
        ("revenue * count > 30", {"count": 4.0}, {"count": 3.0}),
        ("revenue / count > 9", {"count": 1.0}, {"count": 2.0}),
        ("-revenue > 3", {"revenue": -4.0}, {"revenue": 4.0}),
        ("abs(revenue) > 20", {"revenue": -21.0}, {"revenue": -20.0}),
        ("min(revenue, count) < 2", {"count": 1.0}, {"count": 2.0}),
        ("max(revenue, count, 11) > 11", {"count": 12.0}, {"count": 11.0}),
        ("1 < revenue + 1 <= count * 6", {"count": 3.0}, {"count": 1.0}),
        ("revenue < 20 < count", {"count": 21.0}, {"count": 20.0}),
        ("revenue == 7", {"revenue": 7.0}, {}),
        ("revenue != 10", {"revenue": 7.0}, {}),
        ("revenue in [7, 8]", {"revenue": 8.0}, {}),
        ("revenue not in [10, 8]", {"revenue": 7.0}, {}),
        ("vip", {"vip": True}, {}),
        ("not vip", {}, {"vip": True}),
        ("vip == true", {"vip": True}, {}),
        ("vip in [false]", {}, {"vip": True}),
        ("(revenue > 3) == vip", {"vip": True}, {}),
        ('reason == "fraud"', {"reason": "fraud"}, {}),
        ('reason not in ["none", "other"]', {"reason": "fraud"}, {}),
        ('word != "x"', {"word": "y'"}, {}),
        ('type == "card_lost"', {"type": "card_lost"}, {}),
        ('type in ["card_lost"] and confidence < 0.95', {"type": "card_lost"}, {}),
        ('action == "refund"', {"action": "refund"}, {}),
        ('severity >= "high"', {"action": "delete"}, {}),
        ('severity in ["high"]', {"action": "refund"}, {"action": "delete"}),
        ('severity != "low"', {"action": "billing"}, {}),
        ("true", {}, None),
        ("false or false", None, {}),
        ("vip and revenue / count > 1", {"vip": True}, {"count": 0.0}),
        ("not vip or revenue / count > 1", {"count": 0.0}, {"vip": True, "count": 10.0}),
        ("vip or revenue > 20 or count > 5", {"count": 6.0}, {}),
    ],
)
def test_each_kind_of_condition_says_what_the_gate_says(condition, does, does_not):
    table = when(condition)
    if does is not None:
        assert fired(table, decided(**does)) == [{"consequence.1"}]
    if does_not is not None:
        assert fired(table, decided(**does_not)) == [set()]
    odd = [decided(revenue=one, count=other) for one in ODD_NUMBERS for other in ODD_NUMBERS]
    odd += [decided(**{key: None}) for key in decided()]
    fired(
        table,
        *odd,
        decided(revenue=math.inf),
        decided(revenue=1e299, count=1e299),
        decided(action="fly"),
        decided(reason="else"),
    )


def test_a_number_that_cannot_be_worked_out_stops():
    table = when("revenue / (count - 2) > 1", "revenue * revenue > 1e9")
    assert fired(table, decided(), decided(count=3.0), decided(revenue=1e200, count=30.0)) == [
        {"consequence.1"},
        {"consequence.1"},
        {"consequence.1", "consequence.2"},
    ]


def test_a_whole_number_has_no_fraction():
    table = when("count > 5")
    expected = [set(), {"consequence.1"}, {"consequence.1"}, set()]
    assert (
        fired(table, *(decided(count=one) for one in (2.0, 2.5, 2.0**60, -(2.0**60)))) == expected
    )


def test_a_stated_share_that_is_none_is_no_confidence():
    table = when("confidence < 0.2")
    both = {"confidence.1", "consequence.1"}
    odd = (None, math.nan, math.inf, 1.01, -0.01)
    assert fired(table, *(decided(confidence=one) for one in odd)) == [both] * 5
    assert fired(table, decided(confidence=1.0), decided(confidence=0.3)) == [
        set(),
        {"confidence.1"},
    ]


def test_a_threshold_may_differ_by_type():
    limits = {"below": {"card_lost": 0.7, "else": 0.2}, "to": "support"}
    bare = {"below": {"card_lost": 0.7}, "to": "support"}
    rows = [
        decided(type=type, confidence=confidence)
        for type in ("card_lost", "address", None)
        for confidence in (0.1, 0.5, 0.7, None)
    ]
    with_else, without = (when("vip", escalate={"confidence": [one]}) for one in (limits, bare))
    assert [bool(one) for one in fired(with_else, *rows)][:8] == [True] * 2 + [False] + [True] * 2 + [
        False, False, True,
    ]  # fmt: skip
    fired(without, *rows)


def test_a_fact_is_worked_out_by_action_and_otherwise():
    by_action = {"refund": "proposal.refund", "billing": "12 * proposal.monthly_change"}
    revenue = {"type": "number", "from": by_action}
    rows = [
        decided(action=action, refund=refund, monthly_change=change)
        for action in ("refund", "billing", "reply", "fly", None)
        for refund, change in ((1.0, 5.0), (60.0, 1.0), (None, 1.0), (1e299, None), (math.nan, 2.0))
    ]
    for otherwise in ({}, {"otherwise": 70}, {"otherwise": 0}):
        table = when("revenue > 50", facts={"revenue": revenue | otherwise})
        assert fields_of(table.facts["revenue"]) == ("refund", "monthly_change")
        found = fired(table, *rows)
        assert found[:2] == [set(), {"consequence.1"}]
        assert (found[10] == set()) == (otherwise == {"otherwise": 0})


def test_a_whole_fact_may_be_worked_out():
    facts = {
        "count": {"type": "integer", "from": "proposal.refund / 2"},
        "revenue": {"type": "number", "from": "-proposal.refund"},
    }
    table = when("count > 5", "revenue > 0", facts=facts)
    found = fired(table, *(decided(refund=one) for one in (10.0, 12.0, 5.0, None, -2.0)))
    both = {"consequence.1", "consequence.2"}
    assert found == [set(), {"consequence.1"}, {"consequence.1"}, both, {"consequence.2"}]


def test_a_fact_of_numbers_alone_needs_no_field():
    table = when("revenue > 5", facts={"revenue": {"type": "number", "from": "3 + 3"}})
    assert fired(table, decided()) == [{"consequence.1"}]


def test_a_worked_out_fact_may_stand_in_a_column_of_its_own():
    table = when("revenue > 50", facts={"revenue": {"type": "number", "from": "proposal.refund"}})
    for value, stops in (("60.0", True), ("40.0", False), ("CAST('nan' AS DOUBLE)", True)):
        inputs = Inputs(
            type="'address'", action="'reply'", confidence="0.9", facts={"revenue": value}
        )
        query = judged_by(table, inputs, "(SELECT 1) one").query
        assert duckdb.connect().execute(query).fetchone()[-1] is stops


def test_facts_of_each_kind_are_missing_where_no_column_holds_them():
    table = when("vip", 'word == "x"', 'reason == "other"', "revenue > 1", "count > 1")
    inputs = Inputs(type="'address'", action="'reply'", confidence="0.9")
    judged = judged_by(table, inputs, "(SELECT 1) one")
    assert duckdb.connect().execute(judged.query).fetchone()[0] == 0b0111110


def test_rows_look_only_at_what_they_are_for():
    rows = [
        {"when": "vip", "to": "support", "for": {"type": ["card_lost"]}},
        {"when": "revenue > 5", "to": "finance", "for": {"action": ["refund"]}},
        {"severity": "high", "to": "owner", "for": {"type": ["address"], "action": ["delete"]}},
    ]
    decisions = [
        decided(type=type, action=action, vip=vip)
        for type in ("card_lost", "address", "new", None)
        for action in ("reply", "refund", "delete", "fly", None)
        for vip in (True, False, None)
    ]
    found = fired(when(*rows), *decisions)
    assert {id for one in found for id in one} >= {f"consequence.{n}" for n in (1, 2, 3)}


def test_evidence_that_no_row_looks_at_still_stops_by_the_owner():
    only = {"for": {"type": ["card_lost"]}}
    escalate = {
        "confidence": [CONFIDENCE | only],
        "consequence": [{"when": "vip", "to": "finance"} | only],
        "novelty": [NOVELTY | only],
    }
    table = when(escalate=escalate)
    expected = [set(), {"confidence"}, {"consequence"}, {"novelty"}, {"confidence", "consequence"}]
    odd = ({}, {"confidence": None}, {"action": "fly"}, {"type": "new"})
    rows = [decided(**one) for one in (*odd, {"confidence": 7.0, "action": None})]
    assert fired(table, *rows) == expected
    assert fired(table, decided(type=None, confidence=None, action=None))
    with_rows = {"novelty": [NOVELTY]}
    assert fired(when(escalate=escalate | with_rows), decided(type="new")) == [{"novelty.1"}]


def test_without_actions_none_is_asked_for():
    table = when("vip", 'word == "x"', actions=False)
    wanted = wanted_by(table)
    assert (wanted.action, wanted.facts, wanted.familiarity) == (False, ("vip", "word"), False)
    rows = [decided(action=action, vip=None) for action in ("reply", "fly", None)]
    assert fired(table, *rows) == [{"consequence.1", "consequence.2"}] * 3
    assert wanted_by(when('action == "reply"', actions=False)).action
    assert wanted_by(when("vip")).action
    only = {"for": {"action": ["reply"]}}
    narrowed = when(*({"when": "true", "to": "finance"} | only,))
    assert wanted_by(replace(narrowed, actions={})).action
    fired(when('action == "reply"', actions=False), *rows)


def test_only_the_first_row_that_fires_asks_where_the_table_says_so():
    rows = [{"when": "vip", "to": "finance"}, {"when": "revenue > 5", "to": "owner"}]
    every, first = (when(*rows, several=several) for several in ("every", "first"))
    decisions = [
        decided(confidence=confidence, vip=vip, revenue=revenue, type=type)
        for confidence in (0.9, 0.1)
        for vip in (True, False)
        for revenue in (1.0, 6.0)
        for type in ("address", "new")
    ]
    assert fired(every, *decisions) == fired(first, *decisions)  # and who agrees, as the gate says
    narrowed = {"confidence": [CONFIDENCE | {"for": {"type": ["card_lost"]}}]}
    fired(when(*rows, several="first", escalate=narrowed), *decisions, decided(confidence=None))


@pytest.mark.parametrize("count", [1, 57, 58, 59, 118, 119])
def test_more_rows_than_one_mask_holds(count):
    table = when(*(f"revenue > {place}" for place in range(count)))
    judged = judged_by(table, Inputs(facts={"revenue": "10.0"}), "past")
    assert len(judged.signals) == count + 2
    assert len(judged.masks) == math.ceil((count + 2) / 60)
    source = "(SELECT unnest([0.0, 0.5, 17.0, 57.5, 58.5, 117.5, 200.0, NULL]) revenue)"
    inputs = Inputs(
        type="'address'", action="'reply'", confidence="0.9", facts={"revenue": "revenue"}
    )
    judged = judged_by(table, inputs, source, {"revenue": "revenue"})
    for revenue, *masks, way, stops in duckdb.connect().execute(judged.query).fetchall():
        bits = sum(mask << 60 * word for word, mask in enumerate(masks))
        named = {id for place, id in enumerate(judged.signals) if bits >> place & 1}
        over = count if revenue is None else min(count, math.ceil(revenue))
        assert named == {f"consequence.{place + 1}" for place in range(over)}
        assert (way, stops) == (2 * bool(over), bool(over))


def test_more_routes_than_one_column_holds():
    routes = {f"r{place}": ["dana"] for place in range(130)}
    rows = [{"when": f"revenue > {place}", "to": f"r{place}"} for place in range(130)]
    escalate = {"confidence": [CONFIDENCE | {"to": "r0"}], "novelty": [NOVELTY | {"to": "r0"}]}
    table = when(*rows, routes=routes, escalate=escalate)
    inputs = Inputs(type="'address'", action="'reply'", confidence="0.9", facts={"revenue": "61.5"})
    judged = judged_by(table, inputs, "(SELECT 1) one")
    assert (judged.masks, judged.ways) == (("mask0", "mask1", "mask2"), ("way0", "way1", "way2"))
    *_, way0, way1, way2, stops = duckdb.connect().execute(judged.query).fetchone()
    assert (way0, way1, way2, stops) == (2**60 - 1, 0b11, 0, True)
    assert judged.routes == tuple(routes)


@pytest.mark.parametrize(
    "name", ["it's", 'a "b"', "back\\slash", "';--", "ä €", "a%b_c", "NULL", "c"]
)
def test_names_of_people_never_become_sql(name):
    quoted = json.dumps(name, ensure_ascii=False)
    rows = [f"word == {quoted}", {"when": "vip", "to": "support", "for": {"type": [name]}}]
    table = when(*rows, known=["address", name])
    found = fired(table, decided(word=name), decided(type=name, vip=True), decided(type=name))
    assert found == [{"consequence.1"}, {"consequence.2"}, set()]
    (value,) = duckdb.connect().execute(f"SELECT {literal(name)} {identifier(name)}").fetchall()[0]
    assert value == name
    assert duckdb.connect().execute(f"SELECT 1 {identifier(name)}").description[0][0] == name


def test_a_share_on_record_decides_what_is_unfamiliar():
    table = learned_table()
    assert wanted_by(table).familiarity
    sql = {"NULL": None, "0.0": None, "1.5": None, "CAST('nan' AS DOUBLE)": None}
    sql |= {"0.02": 0.02, "0.0200001": 0.0200001, "0.01": 0.01, "1.0": 1.0}
    for written, p in sql.items():
        inputs = Inputs(
            type="'card_lost'", action="'send_reply'", confidence="0.95",
            facts={"reason": "'other'"}, familiarity=f"CAST({written} AS DOUBLE)",
        )  # fmt: skip
        judged = judged_by(table, inputs, "(SELECT 1) one")
        mask, *_ = duckdb.connect().execute(judged.query).fetchone()
        found = {id for place, id in enumerate(judged.signals) if mask >> place & 1}
        familiar = None if p is None else ToldFamiliar(p)
        brought = {"action": "send_reply", "facts": {"reason": "other"}, "text": "hello"}
        decision = sure(type="card_lost", proposal={}, **brought)
        by_gate = judge_with(familiar)(decision).reasons
        assert found == {one.row for one in by_gate if one.condition != "fault"}
        assert ("novelty.2" in found) == (p is None or p <= 0.02)


def test_a_narrowed_row_of_unfamiliar_leaves_the_unknown_to_the_owner():
    text = changed("    - {unknown: type, to: supervisor, tag: new situation}\n", "", LEARNED_TABLE)
    table = learned_table(text)
    inputs = Inputs(
        type="type", action="'send_reply'", confidence="0.95", facts={"reason": "'other'"}, familiarity="0.5"
    )  # fmt: skip
    judged = judged_by(table, inputs, "(SELECT unnest(['card_lost', 'new', NULL]) type)")
    place = judged.signals.index("novelty")
    masks = [mask >> place & 1 for mask, *_ in duckdb.connect().execute(judged.query).fetchall()]
    assert masks == [0, 1, 1]


def test_an_expression_of_another_kind_is_never_guessed():
    table = when("revenue > 1")
    row = table.rows[1]
    assert row.when is not None
    for odd in (
        replace(row, when=object()),
        replace(row, when=replace(row.when, operands=(None, None))),
    ):
        rows = (table.rows[0], odd, table.rows[2])
        with pytest.raises(TypeError, match=r"no (truth|number): "):
            judged_by(replace(table, rows=rows), Inputs(), "past")


def test_a_row_that_says_no_condition_always_fires():
    table = when("vip")
    bare = replace(table, rows=(table.rows[0], replace(table.rows[1], when=None), table.rows[2]))
    inputs = Inputs(type="'address'", action="'reply'", confidence="0.9")
    assert (
        duckdb.connect().execute(judged_by(bare, inputs, "(SELECT 1) one").query).fetchone()[0]
        == 0b010
    )
