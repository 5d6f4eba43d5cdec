"""The go-live checklist: each line with its evidence and its remedy."""

import pytest

from handraise.core.table.read import read
from handraise.service.going_live.checklist import checklist
from tests.support.operation import TABLE

WITHOUT_TESTS = TABLE[: TABLE.index("tests:")]


def _states(text: str) -> dict[str, str]:
    reading = read(text)
    return {line.name: line.state for line in checklist(reading.table, reading.findings)}


def test_a_sound_and_tested_table_is_all_green() -> None:
    assert set(_states(TABLE).values()) == {"green"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("handraise: 1", "the table is sound"),
        ("nonsense: [", "the table is sound"),
        (WITHOUT_TESTS, "its tests pass"),
        (TABLE.replace("expect: proceed", "expect: {escalate: [finance_lead]}"), "its tests pass"),
    ],
)
def test_what_is_wrong_is_red_with_a_remedy(text: str, name: str) -> None:
    reading = read(text)
    (line,) = [line for line in checklist(reading.table, reading.findings) if line.state == "red"]
    assert line.name == name
    assert line.remedy


def test_a_row_no_test_reaches_is_worth_a_look() -> None:
    untested = TABLE[: TABLE.index("  - name: new")]
    assert _states(untested)["its tests reach every row"] == "yellow"


def test_a_warning_is_worth_a_look() -> None:
    stated = TABLE.replace("from: {refund: proposal.refund}, otherwise: 0", "about: money")
    assert _states(stated)["its warnings are looked at"] == "yellow"
