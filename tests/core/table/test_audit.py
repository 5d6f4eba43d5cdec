"""`audit` in the table: read with all that is wrong with it, told in words, no change without it."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.core.table.lint import hints
from handraise.core.table.read import read
from handraise.core.table.render import as_markdown, as_text
from handraise.core.table.types import Auditing
from handraise.demo.example import MISSION_TABLE
from tests.support.support_table import TABLE, table_of, warnings_of


def audit_of(written: str, table: str = TABLE) -> Auditing:
    found = table_of(f"{table}\naudit: {written}\n").audit
    assert found is not None
    return found


def problems(written: str, table: str = TABLE) -> list[tuple[str, str]]:
    found = read(f"{table}\naudit: {written}\n", "t.yaml").errors
    return [(one.path, one.message) for one in found]


def test_one_number_is_for_every_severity():
    found = audit_of("{one_in: 200, to: supervisor}")
    assert found == Auditing(
        one_in={"low": 200, "high": 200, "critical": 200}, to="supervisor", within_s=259_200.0
    )


def test_each_severity_may_have_its_own():
    found = audit_of("{one_in: {critical: 1, else: 500}, to: owner, twice: 0, within: 1d}")
    assert found.one_in == {"low": 500, "high": 500, "critical": 1}
    assert (found.to, found.twice, found.within_s) == ("owner", 0.0, 86_400.0)


def test_a_table_that_rates_no_actions_draws_from_all_alike():
    found = audit_of("{one_in: 50, to: finance_lead}", MISSION_TABLE)
    assert found.one_in == {"": 50}


def test_shares_may_be_written_as_percentages():
    found = audit_of("{one_in: 9, to: supervisor, twice: 25%, promise: 2%, at_most: 4 a day}")
    assert (found.twice, found.promise, found.at_most_day) == (0.25, 0.02, 4)


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ("{one_in: 9, to: nobody}", "audit.to", 'unknown route "nobody"'),
        ("{one_in: {high: 9}, to: owner}", "audit.one_in", "it says nothing of low, critical"),
        ("{one_in: {hihg: 9, else: 1}, to: owner}", "audit.one_in.hihg", 'unknown severity "hihg"'),
        ("{one_in: 9, to: owner, at_most: 3 open}", "audit.at_most", '"3 open" is no number a day'),
        ("{one_in: 9, to: owner, at_most: some}", "audit.at_most", "some"),
        ("{one_in: 0, to: owner}", "audit.one_in", "expected 1 or more, found 0"),
        ("{one_in: 2000000, to: owner}", "audit.one_in", "expected 1,000,000 or less"),
        ("{one_in: 9, to: owner, twice: 60%}", "audit.twice", "is from 0 to 50%, found 0.6"),
        ("{one_in: 9, to: owner, twice: -1}", "audit.twice", "is from 0 to 50%, found -1"),
        ("{one_in: 9, to: owner, promise: 0}", "audit.promise", "over 0 and at most 50%, found 0"),
        ("{one_in: 9, to: owner, promise: 2}", "audit.promise", "write 2%"),
        ("{one_in: 9}", "audit", "to"),
        ("{one_in: 9, to: owner, often: 1}", "audit.often", "often"),
    ],
)
def test_what_is_wrong_with_it_is_told_at_its_place(written: str, path: str, message: str):
    ((where, what),) = problems(written)
    assert (where, message in what) == (path, True), what


def test_a_rate_that_a_table_without_severities_cannot_have_is_told():
    found = problems("{one_in: {high: 9}, to: owner}", MISSION_TABLE)
    assert any("actions without a severity" in what for _, what in found)


# The version.


def test_a_table_without_it_keeps_the_version_it_had_before_there_were_audits():
    # Written down before the key was read: a signature must not end with an update.
    assert table_of(MISSION_TABLE).version == "7f8c050cc1cfddb7"


@pytest.mark.parametrize(
    "other",
    [
        "{one_in: 100, to: supervisor}",
        "{one_in: 200, to: finance}",
        "{one_in: 200, to: supervisor, twice: 0}",
        "{one_in: 200, to: supervisor, within: 1d}",
        "{one_in: 200, to: supervisor, at_most: 2 a day}",
        "{one_in: 200, to: supervisor, promise: 1%}",
        "{one_in: {else: 200, low: 201}, to: supervisor}",
    ],
)
def test_whatever_of_it_changes_makes_another_version(other: str):
    plain = table_of(f"{TABLE}\naudit: {{one_in: 200, to: supervisor}}\n").version
    assert plain != table_of(f"{TABLE}\naudit: {other}\n").version
    assert plain != table_of(TABLE).version


def test_what_is_written_out_or_left_out_is_the_same_version():
    short = table_of(f"{TABLE}\naudit: {{one_in: 200, to: supervisor}}\n").version
    written = "{one_in: {critical: 200, else: 200}, to: supervisor, within: 72h, twice: 10%}"
    assert short == table_of(f"{TABLE}\naudit: {written}\n").version


# What is worth knowing.


def codes(written: str) -> set[str]:
    return set(warnings_of(f"{TABLE}\naudit: {written}\n")) - {"stated-only"}


def test_a_second_look_needs_a_second_person():
    assert codes("{one_in: 9, to: finance, at_most: 2 a day}") == {"no-second"}
    assert codes("{one_in: 9, to: finance, at_most: 2 a day, twice: 0}") == set()
    assert codes("{one_in: 9, to: supervisor}") == set()


def test_where_nobody_says_how_many_a_day_it_is_told_what_is_taken():
    assert codes("{one_in: 9, to: finance, twice: 0}") == {"audit-load"}
    assert codes("{one_in: 9, to: finance, twice: 0, at_most: 5 a day}") == set()


def test_a_table_without_it_is_sound_and_has_a_hint():
    (hint,) = hints(table_of(TABLE))
    assert hint.startswith("decisions taken alone are never looked at")
    assert hints(table_of(f"{TABLE}\naudit: {{one_in: 9, to: finance}}\n")) == ()


# In words.


def shown(written: str) -> str:
    return " ".join(as_text(table_of(f"{TABLE}\naudit: {written}\n")).split())


def test_the_sheet_says_who_looks_at_what():
    text = shown(
        "{one_in: {critical: 1, else: 2000}, to: supervisor, at_most: 3 a day, promise: 1%}"
    )
    for words in (
        "WHAT A PERSON LOOKS AT AFTERWARDS",
        "critical all high one in 2,000 low one in 2,000",
        "put to supervisor (Dana Reyes, then Marc Oyelaran), who should answer within 3d.",
        "10% of them are put to a second person too.",
        "Nobody is asked about more than 3 a day.",
        "At most 1% of it may turn out wrong.",
    ):
        assert words in text


def test_what_is_not_said_is_not_shown():
    text = shown("{one_in: 9, to: owner, twice: 0}")
    assert "second person" not in text
    assert "a day." not in text.split("AFTERWARDS")[1]
    assert "AFTERWARDS" not in as_text(table_of(TABLE))


def test_a_table_without_severities_says_any_action():
    table: Any = table_of(f"{MISSION_TABLE}\naudit: {{one_in: 9, to: finance_lead}}\n")
    assert "| any action | one in 9 |" in as_markdown(table)
