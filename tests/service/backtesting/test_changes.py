"""What two tables say differently, in words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.types import Calibration
from handraise.service.backtesting.changes import changes
from tests.support.learned import LEARNED
from tests.support.support_table import TABLE, changed, table_of


def said(*pairs: tuple[str, str]) -> tuple[str, ...]:
    text = TABLE
    for old, new in pairs:
        text = changed(old, new, text)
    return changes(table_of(TABLE), table_of(text))


def test_the_same_table_with_another_layout_and_comments_differs_in_nothing() -> None:
    assert said(("agent: support-agent", "# a comment\n\nagent:   support-agent")) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "below: 0.72",
            "below: 0.6",
            ("row confidence.1: its confidence is below 0.72 -> its confidence is below 0.6",),
        ),
        (
            "{below: 0.72, to: supervisor}",
            "{below: 0.72, to: finance}",
            (
                "row confidence.1: its confidence is below 0.72, to supervisor -> "
                "its confidence is below 0.72, to finance",
            ),
        ),
        (
            "    - {severity: critical, to: finance}\n",
            "",
            (
                "row consequence.2 is gone: the action is rated critical (delete_account), "
                "to finance",
            ),
        ),
        (
            "    - {severity: critical, to: finance}\n",
            "    - {severity: critical, to: finance}\n    - {when: confidence < 0.1, to: owner}\n",
            ("row consequence.3 is new: confidence is under 0.1, to owner",),
        ),
        (
            "tag: new situation",
            "tag: odd",
            (
                "row novelty.1: the request is of a type it was not trained on, marked “new "
                "situation” -> the request is of a type it was not trained on, marked “odd”",
            ),
        ),
        ("several: every", "several: first", ("several: every -> first",)),
        ("unanswered: hold", "unanswered: reject", ("unanswered: hold -> reject",)),
        (
            "finance: [ines]",
            "finance: {people: [ines, priya], needs: 2, decide_within: 1h, "
            "acknowledge_within: 5m}",
            (
                "route finance: ines, take within 30m, decide within 8h -> "
                "ines, then priya, 2 of them must agree, take within 5m, decide within 1h",
            ),
        ),
        (
            "capacity: 5 open",
            "capacity: 9 open",
            ("person marc: Marc Oyelaran, always, at most 5 open -> "
             "Marc Oyelaran, always, at most 9 open",),
        ),
        ("mailto:ines@example.com", "mailto:i@example.com", ("person ines: other contacts",)),
        ("owner: priya", "owner: ines", ("owner: priya -> ines",)),
        (
            "delete_account: critical",
            "delete_account: critical\n  wave: low",
            ("action wave is new: rated low",),
        ),
        ("send_reply: low", "send_reply: high", ("action send_reply: rated low -> rated high",)),
        (
            "proposal: {refund: number, note: text?}",
            "proposal: {refund: number}",
            ("action refund: another form of its proposal",),
        ),
        (
            "otherwise: 0",
            "otherwise: 1",
            (
                "fact revenue_usd: number in USD, from refund: proposal.refund, change_billing: "
                "12 * proposal.monthly_change, otherwise 0 -> number in USD, from refund: "
                "proposal.refund, change_billing: 12 * proposal.monthly_change, otherwise 1",
            ),
        ),
        (
            "reason: one of [fraud, other]",
            "reason: one of [fraud, none]\n  vip: boolean",
            (
                "fact reason: one of fraud, other, stated by the agent -> "
                "one of fraud, none, stated by the agent",
                "fact vip is new: boolean, stated by the agent",
            ),
        ),
        (
            "known: [refund_request, card_lost, change_address]",
            "known: [refund_request, card_lost, new_thing]",
            ("known types (3 -> 3): without change_address",
             "known types (3 -> 3): with new_thing"),
        ),
        ("silent_after: 10m", "silent_after: 5m", ("watch: silent after 10m -> silent after 5m",)),
        ("answers customers", "answers all", ("purpose: answers customers -> answers all",)),
        ("name: a small one", "name: another", ("tests: 1 new or changed, 1 gone or as they were "
                                                "before",)),
    ],
)  # fmt: skip
def test_every_change_has_its_sentence(old: str, new: str, words: tuple[str, ...]) -> None:
    assert said((old, new)) == words


def test_rows_in_another_order_are_the_same_rows() -> None:
    first, second = (
        "    - {when: abs(revenue_usd) > 5000, to: finance}\n",
        "    - {severity: critical, to: finance}\n",
    )
    assert said((first + second, second + first)) == (
        "consequence: the same rows in another order",
    )


def test_a_fact_of_one_source_and_many_names_are_told_short() -> None:
    table = table_of(TABLE)
    types = tuple(f"t{n:02d}" for n in range(20))
    more = replace(table, known=replace(table.known, types=types))
    (gone, come) = changes(table, more)
    assert gone.startswith("known types (3 -> 20): without")
    assert come.endswith("t11 and 8 more")
    one = table_of(
        changed("from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}\n"
                "    otherwise: 0", "from: 2 * proposal.refund"))  # fmt: skip
    assert "number in USD, from 2 * proposal.refund" in changes(table, one)[0]
    lone = replace(table, people={id: one for id, one in table.people.items() if id != "marc"})
    assert changes(table, lone) == ("person marc is gone: Marc Oyelaran, always, at most 5 open",)


def test_what_was_learned_and_calibrated_is_told() -> None:
    table = table_of(TABLE)
    learned = replace(table, known=replace(table.known, learned=LEARNED))
    again = replace(table, known=replace(table.known, learned=replace(LEARNED, digest="e" * 64)))
    assert changes(table, learned) == ("known: it names what was learned",)
    assert changes(learned, table) == ("known: it names nothing learned any more",)
    assert changes(learned, again) == ("what was learned is not the same",)
    map = CalibrationMap("platt", ((0.0, 0.0), (1.0, 0.9)))
    read = replace(
        table, calibration=Calibration(file="c.json", digest="c" * 64, labels=1200, map=map)
    )
    assert changes(table, read) == (
        "confidence: as the agent states it -> calibrated (platt, from 1,200 labels, cccccccccccc)",
    )


FIRST = "    - {when: abs(revenue_usd) > 5000, to: finance}\n"
SECOND = "    - {severity: critical, to: finance}\n"


def test_an_order_is_told_beside_any_other_change() -> None:
    found = said(
        (FIRST + SECOND, SECOND + FIRST), ("to: finance, for: {type", "to: supervisor, for: {type")
    )
    assert found[0] == "consequence: the rows that both have in another order"
    assert len(found) == 2
    found = said((FIRST + SECOND, SECOND + FIRST.replace("5000", "4000")))
    assert found[0] == "consequence: the rows that both have in another order"
    confidence = "  confidence:\n    - {below: 0.72, to: supervisor}\n"
    novelty = "  novelty:\n"
    assert said((confidence, ""), (novelty, confidence + novelty)) == (
        "order of the conditions: confidence, consequence, novelty -> "
        "consequence, confidence, novelty",
    )


def test_what_is_looked_at_and_watched_is_told() -> None:
    audit = "audit: {one_in: {low: 100, high: 10, critical: 1}, to: supervisor, promise: 2%}\n"
    many = "audit: {one_in: {low: 100, high: 100000, critical: 1}, to: supervisor, promise: 50%}\n"
    tables = [table_of(changed("tests:\n", f"{one}tests:\n")) for one in ("", audit, many)]
    words = (
        "one in 100 rated low, one in 10 rated high, one in 1 rated critical, to supervisor, "
        "within 3d, 10% by a second person too, at most a tenth of their capacity a day for each, "
        "at most 2% wrong"
    )
    drawn = words.partition(", to")[0]
    assert changes(tables[0], tables[1]) == (f"audit: nothing is looked at -> {words}",)
    assert changes(tables[1], tables[2]) == (
        f"audit: {drawn} -> {drawn.replace('in 10 ', 'in 100,000 ')}",
        "audit: at most 2% wrong -> at most 50% wrong",
    )
    assert changes(tables[1], tables[0]) == (f"audit: {words} -> nothing is looked at",)
    assert said(
        (
            "watch: {silent_after: 10m}",
            "watch: {silent_after: 10m, quiet_after: 2h, false_alarms: 50%}",
        )
    ) == (
        "watch: quiet when that is unusual -> quiet after 2h",
        "watch: at most 5% false alarms -> at most 50% false alarms",
    )
