"""Tests written into a file beside a table: what stands there stays."""

from typing import Any

import pytest

from handraise.core.table.types import Table
from handraise.core.trial.trial import PlacedCase
from handraise.errors import InputError, TableError
from handraise.service.trying.writing import with_cases, with_confirmed
from handraise.service.trying.yaml_cases import yaml_cases
from tests.support.support_table import table_of

HEAD = "# our tests\n"
THERE = """\
# our tests
tests:
  # the first one
  - name: a   # to be looked at
    given: {type: card_lost, confidence: 0.90}
    expect: "proceed"
"""


def case(name: str, given: dict[str, Any], *escalate: str, waits: bool = False) -> PlacedCase:
    return PlacedCase(name=name, given=given, escalate=escalate, is_waiting=waits)


@pytest.fixture
def table() -> Table:
    return table_of()


def test_a_new_file_has_its_head_and_its_tests(table: Table) -> None:
    given = {"type": "riddle", "facts": {"reason": "no"}, "proposal": {"refund": -0.5}}
    text = with_cases(HEAD, "t.yaml", [case("b: c", given, "finance", waits=True)], table)
    assert text == (
        "# our tests\ntests:\n  - name: 'b: c'\n"
        "    given: {type: riddle, facts: {reason: no}, proposal: {refund: -0.5}}\n"
        "    expect: {escalate: [finance]}\n    confirmed: false\n"
    )
    assert with_cases("", "t.yaml", [case("a", {})], table).startswith("tests:\n  - name: a\n")
    assert with_cases("tests: []\n", "t.yaml", [case("a", {})], table).startswith("tests:\n")


def test_what_stands_there_stays_with_its_comments(table: Table) -> None:
    more = [case("a", {"type": "other"}, "owner"), case("b", {}, "owner")]
    text = with_cases(THERE, "t.yaml", more, table)
    assert text.startswith(THERE)
    assert text[len(THERE) :] == ("  - name: b\n    given: {}\n    expect: {escalate: [owner]}\n")
    assert with_cases(text, "t.yaml", more, table) == text


@pytest.mark.parametrize(
    "value",
    [
        "no",
        "true",
        "12",
        "1e3",
        "2026-11-28",
        "",
        " a ",
        "a: b",
        "# a",
        "é\u2028",
        "'\"",
        "~",
        "[x]",
    ],
)
def test_texts_that_look_like_something_else_read_back_as_they_are(
    table: Table, value: str
) -> None:
    given = {"type": value, "text": f"{value} " * 60, "facts": {"reason": [value, {value: None}]}}
    text = with_cases("", "t.yaml", [case("a", given)], table)
    (found,), findings = yaml_cases(text, "t.yaml", table)
    assert (found.given, findings) == (given, [])


def test_what_would_not_read_back_is_not_written(table: Table) -> None:
    with pytest.raises(InputError, match="does not read back"):
        with_cases("", "t.yaml", [case("a", {"confidence": float("nan")})], table)
    with pytest.raises(InputError, match="cannot be written as YAML"):
        with_cases("", "t.yaml", [case("a", {"facts": object()})], table)


def test_a_file_with_findings_is_left_alone(table: Table) -> None:
    with pytest.raises(TableError, match="unknown key"):
        with_cases("tsts: []\n", "t.yaml", [case("a", {})], table)


def test_confirming_writes_who_and_nothing_else(table: Table) -> None:
    waiting = [case("b", {"type": "riddle"}, "supervisor", waits=True), case("c", {}, waits=True)]
    before = with_cases(THERE, "t.yaml", waiting, table)
    after = with_confirmed(before, "t.yaml", ["b"], "dana 2026-11-28", table)
    assert after == before.replace("confirmed: false", "confirmed: dana 2026-11-28", 1)
    found, _ = yaml_cases(after, "t.yaml", table)
    assert [(one.is_waiting, one.confirmed) for one in found] == [
        (False, ""),
        (False, "dana 2026-11-28"),
        (True, ""),
    ]
