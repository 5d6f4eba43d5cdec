"""The version: comments and layout do not change it, every change of meaning does."""

import pytest

from handraise.core.table.digest import version_of
from handraise.core.table.read import read
from tests.support.support_table import TABLE, changed, table_of


def version(text):
    return table_of(text).version


def test_comments_and_layout_do_not_change_the_version():
    usual = version(TABLE)
    assert len(usual) == 16
    assert usual == version("# a comment\n\n" + TABLE.replace("\n\n", "\n# another\n\n"))
    for old, new in (
        ("finance: [ines]", "finance: ines"),
        ("finance: [ines]", "finance: {people: [ines]}"),
        ("send_reply: low", "send_reply: {severity: low}"),
        ("15m", "900s"),
        ("decide_within: 4h", "decide_within: 240m"),
        ("abs(revenue_usd) > 5000", "(abs( revenue_usd )>5_000.0)"),
        (
            "known: [refund_request, card_lost, change_address]",
            "known: [card_lost, change_address, refund_request]",
        ),
        ("several: every\n", ""),
        ("refund: number, note: text?", "note: text?, refund: number"),
        ('"Mon-Fri 09:00-17:00"', '"Mon-Wed 9:00-17:00, Thu-Fri 09:00-17:00"'),
    ):
        assert version(changed(old, new)) == usual, new


def test_the_file_that_known_types_come_from_does_not_change_the_version():
    text = changed(
        "known: [refund_request, card_lost, change_address]", "known: {file: FILE, column: c}"
    )
    listed = ["refund_request", "card_lost", "change_address"]
    made = [
        read(text.replace("FILE", name), known=lambda *_: listed).table.version
        for name in ("a.csv", "b.csv")
    ]
    assert made == [version(TABLE)] * 2
    other = read(text, known=lambda *_: [*listed, "another"]).table
    assert other.version != version(TABLE)
    assert version_of(other) == other.version


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("agent: support-agent", "agent: other"), ("answers customers", "answers"), ("owner: priya", "owner: dana"), ("Dana Reyes", "Dana R"),
        ("mailto:dana@", "mailto:dan@"), ("09:00-17:00", "09:00-17:01"), ("America/New_York", "America/Chicago"), ("40 a day", "41 a day"), ("5 open", "6 open"), ("5 open", "5 a day"),
        ("people: [dana, marc]", "people: [marc, dana]"), ("15m", "16m"), ("4h", "5h"), ("[low, high, critical]", "[high, low, critical]"),
        ("send_reply: low", "send_reply: high"), ("note: text?", "note: text"), ("note: text?", "note: number?"), ("unit: USD", "unit: EUR"), ("about: money", "about: it"),
        ("from: {refund: proposal.refund,", "from: {refund: 2 * proposal.refund,"), ("otherwise: 0", "otherwise: 1"), ("one of [fraud, other]", "one of [fraud, others]"),
        ("change_address]", "change_addres]"), ("below: 0.72", "below: 0.73"), ("below: 0.72", "below: {card_lost: 0.72}"), ("> 5000", ">= 5000"), ("> 5000", "> 5000.0000001"),
        ("severity: critical, to: finance", "severity: high, to: finance"), ("severity: critical, to: finance", "severity: critical, to: owner"), ("for: {type: [card_lost]}", "for: {type: [refund_request]}"),
        ("for: {type: [card_lost]}", "for: {action: [refund]}"), ("tag: new situation", "tag: new"), ("tag: new situation", "name: new situation"), ("several: every", "several: first"), ("unanswered: hold", "unanswered: reject"),
        ("silent_after: 10m", "silent_after: 11m"), ("name: a small one", "name: small"), ("confidence: 0.95", "confidence: 0.96"), ("confidence: 0.95", "confidence: .nan"), ("confidence: 0.95", "confidence: '0.95'"),
        ("refund: 40}", "refund: 40, x: 1}"), ("expect: proceed", "expect: {escalate: [finance]}"),
    ],
)  # fmt: skip
def test_every_change_of_meaning_changes_the_version(old, new):
    assert version(changed(old, new)) != version(TABLE)


def test_odd_values_in_a_test_are_told_apart():
    values = (
        ".nan",
        ".inf",
        "-.inf",
        "null",
        "'nan'",
        "1",
        "1.0",
        "true",
        "'1'",
        "[1]",
        "['1']",
        "{number: '1'}",
        "99999999999999999999999999",
        "{a: 1}",
        "{'=a': 1}",
    )
    made = [version(changed("confidence: 0.95", f"confidence: {value}")) for value in values]
    assert len(set(made)) == len(values)


def test_the_order_of_rows_and_of_conditions_is_part_of_the_meaning():
    first, second = (
        "    - {when: abs(revenue_usd) > 5000, to: finance}\n",
        "    - {severity: critical, to: finance}\n",
    )
    assert version(changed(first + second, second + first)) != version(TABLE)
