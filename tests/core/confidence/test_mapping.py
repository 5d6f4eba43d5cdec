"""Calibration maps: straight between knots, monotone to the last bit, and never silently broken."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.confidence.mapping import MOST_KNOTS, CalibrationMap, calibrated, problem_of

OVERCONFIDENT = CalibrationMap("platt", ((0.0, 0.1), (0.5, 0.3), (0.9, 0.6), (1.0, 0.95)))

shares = st.floats(0.0, 1.0, allow_nan=False)


@st.composite
def maps(draw: st.DrawFn) -> CalibrationMap:
    """Draw any sound map, also steep and nearly flat ones."""
    inner = draw(st.lists(shares, max_size=MOST_KNOTS - 2, unique=True))
    x = sorted({0.0, 1.0, *inner})
    y = sorted(draw(st.lists(shares, min_size=len(x), max_size=len(x), unique=True)))
    drawn = CalibrationMap("isotonic", tuple(zip(x, y, strict=True)))
    return drawn if problem_of(drawn) == "" else OVERCONFIDENT


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(0.0, 0.1), (0.25, 0.2), (0.5, 0.3), (0.7, 0.45), (0.9, 0.6), (0.95, 0.775), (1.0, 0.95)],
)
def test_a_map_goes_through_its_knots_and_is_straight_between_them(stated, expected):
    assert calibrated(OVERCONFIDENT, stated) == pytest.approx(expected)


def test_a_map_of_two_knots_is_one_line():
    line = CalibrationMap("temperature", ((0.0, 0.0), (1.0, 1.0)))
    assert [calibrated(line, x) for x in (0.0, 0.25, 1.0)] == [0.0, 0.25, 1.0]


def test_what_is_outside_counts_as_the_end_and_no_number_stays_none():
    assert calibrated(OVERCONFIDENT, -1.0) == 0.1
    assert calibrated(OVERCONFIDENT, 1.5) == 0.95
    assert math.isnan(calibrated(OVERCONFIDENT, math.nan))


@given(maps(), shares, shares)
def test_a_higher_stated_number_never_becomes_a_lower_one(drawn, one, other):
    low, high = sorted((one, other))
    assert 0.0 <= calibrated(drawn, low) <= calibrated(drawn, high) <= 1.0


@given(maps(), shares)
def test_neighbouring_floats_keep_their_order(drawn, stated):
    assert calibrated(drawn, stated) <= calibrated(drawn, math.nextafter(stated, 2.0))
    for x, _ in drawn.knots:
        assert calibrated(drawn, math.nextafter(x, -1.0)) <= calibrated(drawn, x)


@given(maps(), shares)
def test_the_formula_is_the_one_that_is_promised(drawn, stated):
    place = max(n for n, (x, _) in enumerate(drawn.knots[:-1]) if x <= stated)
    (x0, y0), (x1, y1) = drawn.knots[place : place + 2]
    found = min(max(y0 + (stated - x0) * ((y1 - y0) / (x1 - x0)), y0), y1)
    assert calibrated(drawn, stated) == found


@given(maps())
def test_a_map_survives_json(drawn):
    assert msgspec.json.decode(msgspec.json.encode(drawn), type=CalibrationMap) == drawn


def test_a_sound_map_has_no_problem():
    assert problem_of(OVERCONFIDENT) == ""


@pytest.mark.parametrize(
    ("kind", "knots", "problem"),
    [
        ("spline", ((0.0, 0.0), (1.0, 1.0)), '"spline" is no kind of map'),
        ("platt", ((0.0, 0.0),), "it has 1 knots: it must have 2 to 64"),
        ("platt", tuple((n / 64, n / 64) for n in range(65)), "it has 65 knots"),
        ("platt", ((0.0, 0.0), (1.0, math.nan)), "knot 2 is no pair of numbers from 0 to 1"),
        ("platt", ((-0.1, 0.0), (1.0, 1.0)), "knot 1 is no pair of numbers from 0 to 1"),
        ("platt", ((0.0, 0.0), (math.inf, 1.0)), "knot 2 is no pair of numbers from 0 to 1"),
        ("platt", ((0.0, 0.0), (1.0, 1.1)), "knot 2 is no pair of numbers from 0 to 1"),
        ("platt", ((0.1, 0.0), (1.0, 1.0)), "it goes from 0.1 to 1.0: it must go from 0.0 to 1.0"),
        ("platt", ((0.0, 0.0), (0.9, 1.0)), "it goes from 0.0 to 0.9"),
        ("platt", ((0.0, 0.0), (0.5, 0.4), (0.5, 0.6), (1.0, 1.0)), "knot 3 is not above"),
        ("platt", ((0.0, 0.0), (1e-13, 0.5), (1.0, 1.0)), "knot 2 is not above"),
        ("platt", ((0.0, 0.0), (0.5, 0.4), (0.6, 0.4), (1.0, 1.0)), "knot 3 is not above"),
        ("platt", ((0.0, 0.9), (1.0, 0.1)), "knot 2 is not above the one before it: 1.0 -> 0.1"),
    ],
)
def test_what_is_wrong_with_a_map_is_said(kind, knots, problem):
    assert problem in problem_of(CalibrationMap(kind, knots))
