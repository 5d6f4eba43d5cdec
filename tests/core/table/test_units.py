import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.table.types import Span
from handraise.core.table.units import (
    MAX_DURATION_S,
    UnitProblem,
    capacity,
    capacity_text,
    duration_text,
    hours,
    hours_text,
    seconds,
)


@pytest.mark.parametrize(("text", "value"), [("15m", 900), ("1h30m", 5400), ("2d", 172_800), ("1.5h", 5400), (" 4 h ", 14_400), ("1w", 604_800), ("1d 2h 3m 4s", 93_784), (90, 90.0), (0.5, 0.5), ("366d", MAX_DURATION_S)])  # fmt: skip
def test_a_duration_is_read(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "m", "15", "15x", "-5m", "0s", "367d", "9" * 400 + "s", "1m" * 100, "٣m", 0, -1, math.nan, math.inf, 10**400, True, None, [1], "15m\n;"])  # fmt: skip
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UnitProblem, match="duration"):
        seconds(text)


@given(st.integers(1, MAX_DURATION_S * 1_000_000))
def test_a_duration_reads_back_as_it_was_written(microseconds):
    value = microseconds / 1_000_000
    assert seconds(duration_text(value)) == pytest.approx(value, abs=1e-6)


def test_a_duration_has_the_shortest_spelling():
    assert [duration_text(n) for n in (5400, 86_400, 0, 59.5, 100_000, 0.000001)] == [
        "1h30m",
        "1d",
        "0s",
        "59.5s",
        "1d3h46m40s",
        "0.000001s",
    ]


@pytest.mark.parametrize(
    ("text", "spans", "again"),
    [
        ("always", (), "always"),
        (" Always ", (), "always"),
        ("Mon-Fri 09:00-17:00", [(n, 540, 1020) for n in range(5)], "Mon-Fri 09:00-17:00"),
        ("sat 00:00-24:00", [(5, 0, 1440)], "Sat 00:00-24:00"),
        ("Sun 22:00-06:00", [(0, 0, 360), (6, 1320, 1440)], "Mon 00:00-06:00, Sun 22:00-24:00"),
        ("Mon 22:00-00:00", [(0, 1320, 1440)], "Mon 22:00-24:00"),
        ("Fri-Mon 9:00-10:00", [(0, 540, 600), (4, 540, 600), (5, 540, 600), (6, 540, 600)], "Mon 09:00-10:00, Fri-Sun 09:00-10:00"),
        ("Mon 09:00-12:00, Mon 11:00-13:00; Mon 13:00-14:00", [(0, 540, 840)], "Mon 09:00-14:00"),
        (["Mon 09:00-10:00", "Mon 11:00-12:00"], [(0, 540, 600), (0, 660, 720)], "Mon 09:00-10:00, Mon 11:00-12:00"),
    ],
)  # fmt: skip
def test_hours_are_read_and_written(text, spans, again):
    assert hours(text) == tuple(Span(*span) for span in spans)
    assert hours_text(hours(text)) == again


SPANS = st.builds(
    lambda first, last, start, end: (
        f"{first}-{last} {start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
    ),
    st.sampled_from(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
    st.sampled_from(("Mon", "Wed", "Sat", "Sun")),
    st.integers(0, 700),
    st.integers(701, 1440),
)


@given(st.lists(SPANS, min_size=1, max_size=4))
def test_hours_read_back_as_they_were_written(written):
    assert hours(hours_text(hours(written))) == hours(written)


@pytest.mark.parametrize("text", ["", [], "Mon", "Mon-Fri", "Mon 9-17", "Mom 09:00-17:00", "Mon 25:00-26:00", "Mon 09:60-10:00", "Mon 24:30-25:00", "Mon 09:00-09:00", "Mon 24:00-06:00", ["always", "Mon 09:00-10:00"]])  # fmt: skip
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(UnitProblem):
        hours(text)


@pytest.mark.parametrize(("text", "both"), [("40 a day", (40, None)), ("5 open", (None, 5)), ("40 a day and 5 open", (40, 5)), ("5 open, 40 a day", (40, 5))])  # fmt: skip
def test_a_capacity_is_read_and_written(text, both):
    assert capacity(text) == both
    assert capacity(capacity_text(*both)) == both


def test_no_capacity_is_no_text():
    assert capacity_text(None, None) == ""


@pytest.mark.parametrize("text", ["", "40", "0 a day", "-1 open", "40 a week", "40 a day and", "40 a day and 50 a day", "1 open, 2 open", "9999999 open"])  # fmt: skip
def test_what_is_no_capacity_is_refused(text):
    with pytest.raises(UnitProblem, match=r"capacity|twice"):
        capacity(text)
