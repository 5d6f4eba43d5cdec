"""No field of a table changes without a word: each one is changed, alone and beside another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.digest import version_of
from handraise.core.table.expression import Node
from handraise.core.table.form import Form
from handraise.core.table.types import (
    Action,
    CalendarUse,
    Calibration,
    Case,
    Claim,
    Fact,
    Known,
    Person,
    Route,
    Row,
    Span,
    Table,
)
from handraise.model import Learned
from handraise.service.backtesting.changes import changed_parts, changes
from handraise.service.backtesting.sides import NOT_TOLD, UNTOLD
from tests.support.learned import LEARNED
from tests.support.support_table import TABLE, changed, table_of

MORE = """
several: first
claims:
  - {name: big ones, when: revenue_usd > 900, reaches: finance}
  - {name: all, when: revenue_usd > 9000, never: proceed}
audit: {one_in: {low: 100, high: 10, critical: 1}, to: supervisor, within: 3d, promise: 2%}
"""
MAP = CalibrationMap("platt", ((0.0, 0.0), (1.0, 0.9)))


def the_table() -> Table:
    table = table_of(changed("\nseveral: every\n", MORE, TABLE))
    return signed(
        replace(
            table,
            calibration=Calibration(file="c.json", digest="c" * 64, labels=1200, map=MAP),
            known=replace(table.known, learned=LEARNED),
        )
    )


def signed(table: Table) -> Table:
    return replace(table, version=version_of(table))


BASE = the_table()
OTHER_RULE = BASE.claims[1].when
FORM = Form(kind="object", fields={"refund": Form(kind="text")})

Put = Callable[[Any], Table]


def person(one: Person) -> Table:
    return replace(BASE, people={**BASE.people, one.id: one})


def row(at: int) -> Put:
    return lambda one: replace(BASE, rows=(*BASE.rows[:at], one, *BASE.rows[at + 1 :]))


def fact(one: Fact) -> Table:
    return replace(BASE, facts={**BASE.facts, one.id: one})


REFUND = BASE.actions["refund"]
ZONE = ("zone", "Pacific/Auckland")

WAYS: dict[str, tuple[Struct, Put, dict[str, Any], tuple[str, Any]]] = {
    "table": (BASE, lambda one: one, {
        "agent": "another", "purpose": "answers customers\u200b", "owner": "ines",
        "severities": ("low", "critical", "high"), "several": "every", "unanswered": "reject",
        "silent_after_s": 600.0001, "quiet_after_s": 7200.0, "false_alarms": 0.5,
        "confirm": "high", "readers": ("ines",), "audit": None, "calibration": None,
        "people": {**BASE.people, "new": replace(BASE.people["dana"], id="new")},
        "routes": {"supervisor": BASE.routes["supervisor"]}, "actions": {}, "facts": {},
        "known": Known(types=("one",)), "rows": BASE.rows[::-1], "tests": (*BASE.tests,) * 2,
        "claims": BASE.claims[::-1],
    }, ("purpose", "other")),
    "person": (BASE.people["dana"], person, {
        "name": "D\u0430na Reyes", "contacts": ("mailto:d@example.com",), "hours": (),
        "calendars": (CalendarUse("oncall.ics"),), "holidays": "US", "zone": "America/Chicago",
        "capacity_day": 41, "capacity_open": 5,
    }, ("name", "Other")),
    "person of all hours": (BASE.people["marc"], person, {
        "name": "Marc Oyelaran\u200b", "zone": "Pacific/Auckland", "hours": (Span(0, 0, 60),),
        "calendars": (CalendarUse("oncall.ics"),), "holidays": "US", "capacity_day": 41,
        "capacity_open": None, "contacts": (),
    }, ("name", "Other")),
    "calendar": (CalendarUse("a/x.ics"), lambda one: person(
        replace(BASE.people["dana"], calendars=(one,))
    ), {"file": "b/x.ics", "every_event": True}, ("file", "y.ics")),
    "span": (Span(0, 540, 1020), lambda one: person(
        replace(BASE.people["dana"], hours=(one,))
    ), {"weekday": 1, "start": 541, "end": 1021}, ("weekday", 2)),
    "route": (BASE.routes["supervisor"], lambda one: replace(
        BASE, routes={**BASE.routes, "supervisor": one}
    ), {
        "people": ("marc", "dana"), "acknowledge_within_s": 900.5, "decide_within_s": 14400.5,
        "needs": 2,
    }, ("people", ("ines",))),
    "action": (REFUND, lambda one: replace(BASE, actions={**BASE.actions, "refund": one}), {
        "severity": "critical", "form": FORM,
    }, ("severity", "low")),
    "form": (FORM, lambda one: replace(
        BASE, actions={**BASE.actions, "refund": replace(REFUND, form=one)}
    ), {
        "kind": "list", "optional": True, "choices": ("a",), "item": Form(kind="text"),
        "fields": {},
    }, ("kind", "text")),
    "fact": (BASE.facts["revenue_usd"], fact, {
        "type": "integer", "choices": ("a",), "unit": "USD\u200b", "about": "cents",
        "source": OTHER_RULE, "sources": {"refund": OTHER_RULE}, "otherwise": False,
    }, ("type", "text")),
    "row below": (BASE.rows[0], row(0), {
        "kind": "unknown", "to": "finance", "tag": "a", "name": "b", "below": 0.7200001,
        "below_by_type": {"card_lost": 0.5}, "for_types": ("card_lost",),
        "for_actions": ("refund",), "condition": "novelty",
    }, ("to", "owner")),
    "row of a severity": (BASE.rows[2], row(2), {
        "severity": "high", "unfamiliar": 0.1, "when": OTHER_RULE,
    }, ("to", "owner")),
    "row when": (BASE.rows[3], row(3), {
        "when": OTHER_RULE, "for_types": ("card_lost\u200b",), "tag": "a\u200b",
    }, ("to", "owner")),
    "case": (BASE.tests[0], lambda one: replace(BASE, tests=(one,)), {
        "name": "a", "given": {"confidence": 1}, "escalate": ("finance",),
    }, ("name", "b")),
    "claim": (BASE.claims[0], lambda one: replace(BASE, claims=(one, BASE.claims[1])), {
        "name": "big ones\u200b", "when": OTHER_RULE, "kind": "unreachable",
        "routes": ("supervisor",),
    }, ("routes", ("owner",))),
    "known": (BASE.known, lambda one: replace(BASE, known=one), {
        "types": (*BASE.known.types[:-1], "c\u0430rd"), "learned": None,
    }, ("types", ("a",))),
    "learned": (LEARNED, lambda one: replace(BASE, known=replace(BASE.known, learned=one)), {
        "digest": "d" * 63 + "e", "facts": {}, "reads_text": False,
    }, ("digest", "e" * 64)),
    "calibration": (BASE.calibration, lambda one: replace(BASE, calibration=one), {
        "digest": "c" * 63 + "d",
    }, ("labels", 3)),
    "audit": (BASE.audit, lambda one: replace(BASE, audit=one), {
        "one_in": {"low": 100, "high": 100_000, "critical": 1}, "to": "finance",
        "within_s": 259_200.5, "twice": 0.1000001, "at_most_day": 7, "promise": None,
    }, ("to", "owner")),
}  # fmt: skip
"""For each record of a table: one, where it stands, other values of its fields, and a loud one."""

NOT_OF_THE_VERSION = {
    (Table, "version"): "it is what tells that something changed",
    (Row, "line"): "where it stands in the file", (Case, "line"): "the same",
    (Claim, "line"): "the same",
    (Known, "file"): "only where the types were read from", (Known, "column"): "the same",
    (Learned, "folder"): "where the files lie", (Learned, "least_rate"): "the digest covers it",
    (Calibration, "file"): "where it lies", (Calibration, "labels"): "the digest covers it",
    (Calibration, "map"): "the digest covers it",
    (Person, "id"): "its name in the table: another id is another person",
    (Route, "id"): "the same", (Action, "id"): "the same", (Fact, "id"): "the same",
    (Row, "id"): "its number: another number is another order",
}  # fmt: skip
"""Fields that need not be told, and why."""

AS_ONE = {"form", "case", "learned"}
"""Of these it is told that they changed, not in what."""

FIELDS = [(way, field) for way, (_, _, others, _) in WAYS.items() for field in others]


def test_every_field_of_every_record_of_a_table_is_changed_here() -> None:
    walked = {(type(one), field) for one, _, others, _ in WAYS.values() for field in others}
    there = {(one, field) for one in records_of(Table) for field in one.__struct_fields__}
    assert there - walked - set(NOT_OF_THE_VERSION) == set()
    assert walked & set(NOT_OF_THE_VERSION) == set()


def records_of(start: type) -> set[type]:
    """Return every type of record in a table, but for what an expression is made of."""
    found: set[type] = set()

    def walk(info: Any) -> None:
        if isinstance(info, msgspec.inspect.StructType):
            if issubclass(info.cls, Node | CalibrationMap) or info.cls in found:
                return
            found.add(info.cls)
        for part in getattr(info, "__struct_fields__", ()):
            inner = getattr(info, part)
            for one in inner if isinstance(inner, tuple) else (inner,):
                walk(one.type if isinstance(one, msgspec.inspect.Field) else one)

    walk(msgspec.inspect.type_info(start))
    return found


@pytest.mark.parametrize(("way", "field"), FIELDS, ids=str)
def test_each_single_field_is_told_alone_and_beside_another_change(way: str, field: str) -> None:
    record, put, others, (loud, louder) = WAYS[way]
    older, newer = (signed(put(one)) for one in (record, replace(record, **{field: others[field]})))
    assert older.version != newer.version
    found = changes(older, newer)
    assert found not in {(), (UNTOLD.sentence,)}
    for one in changed_parts(older, newer):
        assert one.before != one.after
        assert one.sentence.isprintable()
    if field != loud and way not in AS_ONE:
        beside = signed(put(replace(record, **{loud: louder})))
        both = signed(put(replace(record, **{loud: louder, field: others[field]})))
        assert changes(older, both) != changes(older, beside)


def test_the_same_table_has_no_change_whatever_the_order_of_its_names() -> None:
    other = replace(
        BASE,
        people=dict(reversed(BASE.people.items())),
        facts={
            id: replace(one, sources=dict(reversed(one.sources.items())))
            for id, one in reversed(BASE.facts.items())
        },
        audit=replace(BASE.audit, one_in=dict(reversed(BASE.audit.one_in.items()))),
    )
    assert version_of(other) == BASE.version
    assert changes(BASE, other) == ()


def test_versions_that_differ_in_nothing_that_is_told_never_mean_the_same() -> None:
    assert changes(BASE, replace(BASE, version="another")) == (NOT_TOLD,)


def test_what_hides_or_looks_alike_is_spelled_out() -> None:
    def said(old: str, new: str) -> tuple[str, ...]:
        return changes(table_of(TABLE), table_of(changed(old, new, TABLE)))

    assert said("purpose: answers customers", 'purpose: "answers customers\\u200b"') == (
        "purpose: answers customers -> answers customers[U+200B]",
    )
    assert said("purpose: answers customers", 'purpose: "answers  customers"') == (
        "purpose: “answers customers” -> “answers [U+0020]customers”",
    )
    assert said("name: Marc Oyelaran", 'name: "Marc \\u041eyelaran"') == (
        "person marc: Marc Oyelaran, always, at most 5 open -> "
        "Marc [U+041E]yelaran, always, at most 5 open",
        "person marc, name: “Marc Oyelaran” -> “Marc [U+041E]yelaran”",
    )
    assert said("card_lost, change_address]", 'card_lost, "ch\\u0430nge_address"]') == (
        "known types (3 -> 3): without change_address",
        "known types (3 -> 3): with ch[U+0430]nge_address",
    )
    assert said("name: Ines Duarte", 'name: "Inés Duarte"')[0].endswith(
        "Inés Duarte, always, no limit"
    )


def test_numbers_are_told_in_full() -> None:
    found = changes(table_of(TABLE), table_of(changed("below: 0.72", "below: 0.7200001", TABLE)))
    assert found == (
        "row confidence.1: its confidence is below 0.72 -> its confidence is below 0.7200001",
    )


def test_a_long_text_is_cut_around_what_differs() -> None:
    long = replace(BASE, purpose="word " * 200 + "end")
    (sentence,) = changes(long, replace(long, purpose="word " * 200 + "fin"))
    assert sentence.endswith("word end -> …" + ("word " * 9)[-30:] + "fin")
    (sentence,) = changes(long, replace(long, purpose="other " + long.purpose))
    assert sentence.startswith("purpose: word word")
    assert "… -> other word" in sentence
