"""What looks the same on a page is the same; what is too much for a page is said, never dropped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handraise.web.pages.views.cells import MOST_CHARACTERS, MOST_PARTS, Cell, cell, visible, words
from handraise.web.pages.views.words import Reader

LISBON = Reader(
    id="ines", zone=ZoneInfo("Europe/Lisbon"), now=datetime(2026, 3, 9, tzinfo=UTC), people={}
)


def _kinds(*values: Any) -> list[str]:
    return [cell(value).kind for value in values]


def test_a_text_that_could_be_taken_for_something_else_is_quoted() -> None:
    lookalikes = ("1", "-2.50", "true", "no", "null", "nothing", "empty list", "“x”", " 7 ", "1e5")
    assert set(_kinds(*lookalikes)) == {"quoted"}
    assert _kinds(1, True, "a word", None) == ["number", "words", "words", "quiet"]
    assert cell(True).raw == "true"
    sent = ("\u22126200", "6 200", "6'200", "6200\u034f", "620%", "$620", "6,200 USD", "0x1838")
    assert set(_kinds(*sent)) == {"quoted"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-03", "Tuesday 3 March 2026"),
        ("2026-07-03T14:05:00Z", "Friday 3 July 2026, 15:05:00 Europe/Lisbon"),
        ("2026-03-03T14:05:00", "Tuesday 3 March 2026, 14:05:00, no zone given"),
    ],
)
def test_instants_are_told_in_the_readers_zone_beside_what_was_sent(text: str, told: str) -> None:
    found = cell(text, reader=LISBON)
    assert (found.kind, found.words.start, found.raw) == ("time", told, text)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-03-03T99:05:00Z", "on 2026-03-03"])
def test_what_is_no_instant_stays_a_text(text: str) -> None:
    assert cell(text, reader=LISBON).kind == "words"


def test_numbers_are_exact_and_only_amounts_are_grouped() -> None:
    shown = [cell(one, grouped=True).words.start for one in (2.5, 12345678901234567, 1e22, -6200)]
    assert shown == ["2.5", "12,345,678,901,234,567", "1e+22", "-6,200"]
    assert cell(88123).words.start == "88123"


def test_a_list_of_records_is_one_table_where_nothing_is_confused_with_nothing() -> None:
    found = cell([{"id": 1, "paid": None}, {"id": 2}, {"id": 3, "paid": True}])
    assert found.kind == "records"
    assert [[one.words.start for one in line] for line in found.lines] == [
        ["1", "nothing"],
        ["2", "not there"],
        ["3", "yes"],
    ]


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1}],
        [{"a": 1}, 2],
        [{"a": 1}, {"b": [1]}],
        [{str(n): n} for n in range(9)],
        [{"a": 1}, {}],
    ],
)
def test_other_lists_stay_lists(value: list[Any]) -> None:
    assert cell(value).kind == "list"


def test_fields_that_look_alike_say_so() -> None:
    found = cell({"refund": 1, "r\u0435fund": 2, "note": 3, "": 4})
    assert [label.note for label, _ in found.rows] == ["looks like another field"] * 2 + ["", ""]
    assert found.rows[3][0].runs[0].text == "[no name]"


def _count(found: Cell) -> int:
    inner = [one for _, one in found.rows] + list(found.items)
    return 1 + sum(map(_count, inner))


@pytest.mark.parametrize(
    "value",
    [
        {str(number): number for number in range(20_000)},
        list(range(20_000)),
        [{"a": number, "b": number} for number in range(20_000)],
        [[number] * 40 for number in range(500)],
    ],
)
def test_a_page_holds_a_bounded_part_and_says_how_much_more_there_is(value: Any) -> None:
    found = cell(value)
    assert _count(found) <= MOST_PARTS + 100
    shown = len(found.lines) if found.kind == "records" else len(found.rows or found.items)
    assert found.beyond.startswith(f"{len(value) - shown:,} more ")


def test_what_nests_too_deeply_stands_as_json() -> None:
    value: Any = "the bottom"
    for _ in range(30):
        value = [value]
    found = cell(value)
    while found.kind == "list":
        (found,) = found.items
    assert found.kind == "raw"
    assert "the bottom" in found.words.start + found.words.rest


def test_a_text_of_a_megabyte_is_cut_and_says_so() -> None:
    found = words("x" * 1_048_576)
    assert len(found.start + found.rest) == MOST_CHARACTERS
    assert found.beyond.startswith("1,008,576 more characters")


@pytest.mark.parametrize("other", ["am\u034fount", "am\u0585unt", "\u0251mount", "arnount"])
def test_two_fields_that_look_the_same_are_told_apart(other: str) -> None:
    (first, _), (second, _) = cell({"amount": 620, other: 6200}).rows
    assert first.note == second.note == "looks like another field"


def test_a_selector_is_shown_but_where_it_chooses_a_form() -> None:
    assert visible("6200\u034f \u2764\ufe0f x\ufe0f") == "6200[U+034F] \u2764\ufe0f x[U+FE0F]"
