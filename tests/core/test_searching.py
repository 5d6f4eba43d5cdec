"""What can be searched for: words, folded alike on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from handraise.core.searching import MAX_ASKED, MAX_CHARACTERS, Asked, asked, folded, searched
from handraise.model import Decision
from tests.store.records import NOW, make_escalation, make_reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café CAFE\u0301", ["cafe", "cafe"]),
        ("Straße, Łódź & smørrebrød", ["strasse", "lodz", "smorrebrod"]),
        ("مُرَحَّبًا", ["مرحبا"]),
        ("退款ok", ["退", "款", "ok"]),
        ("snake_case-word", ["snake", "case", "word"]),
        ("fullwidth \uff21\uff22\uff23\uff11\uff12", ["fullwidth", "abc12"]),
        ("'; DROP TABLE -- \" * ( )", ["drop", "table"]),
        ("x" * 100, ["x" * 40]),
        ("", []),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    assert folded(text) == words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", Asked()),
        (" * \" '", Asked()),
        ("refu", Asked(("refu",), is_begun=True)),
        ("refund ", Asked(("refund",))),
        ('"refund"', Asked(("refund",))),
        ("cafe\u0301", Asked(("cafe",), is_begun=True)),
        ("a b a", Asked(("b", "a"), is_begun=True)),
        ("NEAR(a, 3) OR NOT b", Asked(("near", "a", "3", "or", "not", "b"), is_begun=True)),
    ],
)
def test_a_query_is_words_and_never_syntax(query: str, found: Asked) -> None:
    assert asked(query) == found


def test_a_long_query_asks_for_its_first_words_and_the_last() -> None:
    found = asked(" ".join(f"w{place}" for place in range(100)))
    assert len(found.words) == MAX_ASKED
    assert found.words[-1] == "w99"


def words(**fields: Any) -> set[str]:
    decision = Decision(**{"text": "My Money", "type": "refund_request", **fields})
    return set(searched(make_escalation(decision=decision)).split())


def test_words_proposal_case_type_action_and_tags_are_found() -> None:
    proposal = {"refund": 6200.5, "lines": [{"note": "Broken lamp"}], "paid": True, "by": None}
    found = words(action="send_reply", case="ticket-991", proposal=proposal)
    assert {"my", "money", "refund", "request", "send", "reply", "ticket", "991"} <= found
    assert {"6200", "5", "lines", "note", "broken", "lamp", "paid", "by"} <= found
    assert not {"true", "none"} & found
    tagged = make_escalation(reasons=(make_reason(tag="new situation"),))
    assert {"new", "situation"} <= set(searched(tagged).split())


@pytest.mark.parametrize(
    ("amount", "queries"),
    [
        (6200, ("6200", "6,200", "6,200 USD", "6200 usd", "$6,200", "6'200", "6\u202f200.00 EUR")),
        (1234.5, ("1,234.5", "1234.5", "1,234.50", "1,234.50 USD", "1234")),
        (6200.0, ("6,200", "6,200.00", "6200")),
        ("paid 6,200.50 USD", ("6200.5", "6,200.50", "6,200", "200")),
        ("1,234,567", ("1234567", "1,234,567", "567")),
    ],
)
def test_an_amount_is_found_however_it_is_written(amount: Any, queries: tuple[str, ...]) -> None:
    found = words(proposal={"refund": amount})
    for query in queries:
        want = asked(query)
        assert set(want.words) <= found, query


def test_a_number_asks_for_itself_and_other_words_stay() -> None:
    assert asked("6,200") == Asked(("6200",), is_begun=True)
    assert asked("6,200 USD") == Asked(("6200",))
    assert asked("40.00") == Asked(("40",))
    assert asked("6200 VIP") == Asked(("6200", "vip"), is_begun=True)
    assert asked("1.2.30, 6,20 and x6,200") == Asked(
        ("1", "2", "30", "6", "20", "and", "x6", "200"), is_begun=True
    )


def test_what_is_searched_is_bounded() -> None:
    deep: Any = "bottom"
    for _ in range(30):
        deep = [deep]
    assert "bottom" not in words(proposal={"deep": deep})
    assert "late" not in words(text="x " * MAX_CHARACTERS + "late")
    assert "late" not in words(proposal=["x" * MAX_CHARACTERS, "late"], text="late")


def test_nothing_of_what_was_erased_is_found() -> None:
    assert searched(make_escalation(erased_at=NOW)) == ""
