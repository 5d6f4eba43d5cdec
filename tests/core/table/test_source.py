"""Texts that are hardly YAML: told at their place, never raised."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handraise.core.table.mend import mended
from handraise.core.table.read import read
from handraise.core.table.source import MAX_BYTES, read_source
from tests.support.support_table import TABLE, changed, errors_of, judge_of, sure, table_of


def lines_of(text, **windows):
    return [finding.line_text() for finding in errors_of(text, **windows)]


def place(text, word, after=""):
    """Return the line and column of a word in a text, 1-based."""
    start = text.index(word, text.rfind("\n", 0, text.index(after)) + 1)
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


@pytest.mark.parametrize(
    ("text", "line", "column", "code"),
    [
        ("", 1, 1, "empty"), (" \n\n", 1, 1, "empty"), ("# only words\n", 1, 1, "empty"), ("\ufeff", 1, 1, "empty"), ("---\n", 1, 1, "form"),
        ("a", 1, 1, "form"), ("- a", 1, 1, "form"), ("5", 1, 1, "form"),
        ("a: &x 1\nb: *x", 1, 4, "anchor"), ("a: *x", 1, 4, "anchor"), ("a:\n  - &x [1]", 2, 5, "anchor"), ("? &x a\n: 1", 1, 3, "anchor"),
        ("a: !!int 5", 1, 4, "tag"), ("a: !x 5", 1, 4, "tag"), ("a: !!python/object:os.system {}", 1, 4, "tag"), ("b: 1\na: !!set {x}", 2, 4, "tag"),
        ("<<: {a: 1}", 1, 1, "merge"), ("a:\n  <<: 5", 2, 3, "merge"),
        ("%YAML 1.1\n---\na: no", 2, 1, "directive"), ("%TAG ! tag:x,2000:\n---\na: 1", 2, 1, "directive"),
        ("a: 1\n---\nb: 2", 2, 1, "documents"),
        ("\ta: 1", 1, 1, "yaml"), ("a:\n\t- b", 2, 1, "yaml"), ("a: b: c", 1, 5, "yaml"), ("a: [1", 1, 6, "yaml"), ("a: 'x", 1, 4, "yaml"), ("a: @", 1, 4, "yaml"),
        ("a: 1\na: 2", 2, 1, "duplicate-key"), ("a: {x: 1, 'x': 2}", 1, 11, "duplicate-key"),
        ("1: 2", 1, 1, "key"), ("a: {null: 2}", 1, 5, "key"), ("a:\n  true: 2", 2, 3, "key"), ("? [a]\n: b", 1, 3, "key"),
        ("a: 1\nb:\x01", 2, 3, "yaml"), ("\x00", 1, 1, "yaml"), ("a: " + "1" * 5000, 1, 1, "yaml"), ("a: \ud800", 1, 4, "yaml"), ('a: "\\ud800"', 1, 4, "yaml"),
        ("[" * 50, 1, 41, "too-deep"), ("[" * 1_000_000, 1, 41, "too-deep"), ("- " * 500, 1, 81, "too-deep"),
        ("a" * (MAX_BYTES + 1), 1, 1, "too-large"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_at_all_is_told_at_its_place(text, line, column, code):
    begun = time.monotonic()
    found = errors_of(text)
    assert [(one.line, one.column, one.code) for one in found] == [(line, column, code)]
    assert found[0].message
    assert time.monotonic() - begun < 30


def test_no_and_on_are_texts_and_a_date_is_the_text_it_was_written_as():
    data = read_source(
        "no: yes\non: off\na: 2026-01-05\nb: 2026-13-45\nc: 0o10\nd: 010\ne: 1:30\nf: ~\ng: 1e3\nh: |\n  x\n",
        "t",
    )[0].data
    assert data == {
        "no": "yes",
        "on": "off",
        "a": "2026-01-05",
        "b": "2026-13-45",
        "c": 8,
        "d": 10,
        "e": "1:30",
        "f": None,
        "g": 1000.0,
        "h": "x\n",
    }
    table = table_of(changed("card_lost", "no"))
    assert "no" in table.known.types


def test_line_ends_of_other_systems_make_no_difference():
    windows = TABLE.replace("\n", "\r\n")
    assert table_of(windows).version == table_of().version
    bad = [
        finding.line_text() for finding in errors_of(changed("finance: [ines]", "finance: [inse]"))
    ]
    assert lines_of(changed("finance: [ines]", "finance: [inse]").replace("\n", "\r\n")) == bad


def test_an_expression_in_a_block_or_over_two_lines_is_told_at_its_start():
    for written in (
        "|\n        abs(revenu_usd) > 5000 and\n        zzz > 1\n      to: finance",
        ">\n        abs(revenu_usd) > 5000\n      to: finance",
        "vip and reason ==\n        zzz\n      to: finance",
    ):
        text = changed(
            "    - {when: abs(revenue_usd) > 5000, to: finance}\n", f"    - when: {written}\n"
        )
        assert errors_of(text)[0].line == place(text, "- when: ")[0]


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text()
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.text("{}[]:,-?&*!|>'\"%@`# \n\tab0~<=.é")
)
def test_no_text_makes_reading_raise(text):
    reading = read(text)
    assert reading.table is None
    assert reading.errors
    assert all(finding.line_text() for finding in reading.findings)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_table_makes_reading_raise(data):
    start = data.draw(st.integers(0, len(TABLE) - 1))
    end = data.draw(st.integers(start, min(start + 40, len(TABLE))))
    junk = data.draw(
        st.sampled_from(
            (
                "",
                "{",
                "]",
                ": ",
                "- ",
                "5",
                "null",
                "\n",
                "\n  ",
                "'",
                "x: 1, ",
                "[[]]",
                "true",
                "&a ",
                "é",
                "10000000000000000000000",
                "{a: {b: c}}",
            )
        )
    )
    reading = read(TABLE[:start] + junk + TABLE[end:])
    assert (reading.table is None) == bool(reading.errors)
    lines = (TABLE[:start] + junk + TABLE[end:]).count("\n") + 1
    assert all(1 <= finding.line <= lines + 1 for finding in reading.findings)
    if reading.table is not None:
        judge_of(TABLE[:start] + junk + TABLE[end:])(sure())


def test_what_cannot_be_pointed_at_is_not_mended() -> None:
    data = {"people": {"dana": {"name": "Dana"}}, "escalate": {}}
    assert mended(data, [("people", "somebody else")]) is None
