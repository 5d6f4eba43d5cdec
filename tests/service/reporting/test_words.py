"""How a report says numbers, times and names."""

from datetime import UTC, datetime

import pytest

from handraise.service.backtesting.result import Share
from handraise.service.reporting import words
from handraise.service.simulating.records import Estimate


def plain(text: str) -> str:
    """Return words with plain spaces."""
    return text.replace(words.SPACE, " ")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0 %"),
        (0.00004, "under 0.1 %"),
        (0.0005, "0.1 %"),
        (0.1723, "17.2 %"),
        (0.5, "50 %"),
        (0.99999, "over 99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_is_said_in_percent(share: float, said: str) -> None:
    assert plain(words.percent(share)) == said


def test_a_share_comes_with_its_interval() -> None:
    share = Share(count=172, of=1000, share=0.172, low=0.149, high=0.197)
    assert plain(words.share_text(share)) == "17.2 % (14.9–19.7 %)"
    assert plain(words.share_cell(share).below) == "14.9–19.7 %"


def test_a_share_of_nothing_is_not_known() -> None:
    nothing = Share(count=0, of=0, share=0.0, low=0.0, high=1.0)
    assert words.share_text(nothing) == "not known"
    assert words.share_cell(nothing).below == "no labels"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "at once"),
        (40, "40 s"),
        (300, "5 min"),
        (750, "12 min"),
        (9_000, "2.5 h"),
        (86_400 * 2.5, "2.5 days"),
    ],
)
def test_a_wait_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert plain(words.span(seconds)) == said


def test_what_never_ends_is_no_number() -> None:
    assert words.wait_cell(Estimate(None, None, None)).words == "never ends"
    assert words.estimate_cell(Estimate(None, None, None)).words == "never ends"


def test_a_spread_that_nobody_would_see_is_left_out() -> None:
    assert words.estimate_cell(Estimate(0.2, 0.2, 0.2001)).below == ""
    assert plain(words.estimate_cell(Estimate(0.2, 0.1, 0.3)).below) == "10–30 %"
    assert words.wait_cell(Estimate(60.0, 60.0, 60.0)).below == ""
    assert plain(words.wait_cell(Estimate(60.0, 20.0, 90.0)).below) == "20 s–1.5 min"


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (4200.4, "USD", "4,200 USD"),
        (18.78, "EUR", "18.78 EUR"),
        (18.0, "", "18 of money"),
        (None, "USD", "not known"),
        (float("inf"), "USD", "not known"),
    ],
)
def test_money_has_the_unit_of_the_table(amount: float | None, unit: str, said: str) -> None:
    assert plain(words.money(amount, unit)) == said


def test_names_are_tamed_and_clipped() -> None:
    assert words.tame("a\u202eb\nc\x00") == "ab c\ufffd"
    assert words.tame("x" * 500, 10) == "x" * 9 + "…"


def test_long_lists_are_counted() -> None:
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert words.listed([]) == ""


def test_instants_are_said_in_utc_and_junk_stays_as_it_is() -> None:
    assert words.instant(datetime(2026, 3, 31, 14, 5, tzinfo=UTC)) == "31 Mar 2026, 14:05 UTC"
    assert words.moment("2026-03-31T14:05:00+00:00") == "31 Mar 2026, 14:05 UTC"
    assert words.moment("soon") == "soon"
    assert words.day("2026-03-31") == "31 Mar 2026"
    assert words.day("soon") == "soon"


def test_facts_of_every_kind_can_be_said() -> None:
    said = [words.value_text(one) for one in (True, False, 3600.17, 12, 1e300, "gold")]
    assert said == ["yes", "no", "3,600.17", "12", "1e+300", "gold"]
