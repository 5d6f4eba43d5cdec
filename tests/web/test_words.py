"""The words of the pages: instants, durations, numbers, texts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handraise.core.table.types import Person
from handraise.service.telling.wording.figures import number_words
from handraise.web.pages.views.cells import Words, cell, words
from handraise.web.pages.views.words import Reader, absolute, relative, span, zone_of

NOW = datetime(2026, 11, 22, 22, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"), (-59, "just now"), (-61, "1 minute ago"), (30, "in less than a minute"),
        (720, "in 12 minutes"), (7199, "in 119 minutes"), (7200, "in 2 hours"), (-7200, "2 hours ago"),
        (86400, "in 1 day"), (-200000, "2 days ago"),
    ],
)  # fmt: skip
def test_instants_are_told_from_now(seconds: float, said: str) -> None:
    assert relative(seconds) == said


def test_an_hour_that_comes_twice_says_which_of_the_two_it_is() -> None:
    first = datetime(2026, 10, 25, 0, 35, tzinfo=UTC)
    reader = Reader(id="lena", zone=ZoneInfo("Europe/Berlin"), now=first, people={})
    early, late = (reader.moment(first + timedelta(hours=n)) for n in (0, 1))
    assert (early.absolute, late.absolute) == ("today 02:35 UTC+2", "today 02:35 UTC+1")
    assert early.exact == "Sunday 25 October 2026, 02:35:00 UTC+2 Europe/Berlin"


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(minutes=12), "today 17:52"), (timedelta(days=1), "tomorrow 17:40"),
        (timedelta(days=-1), "yesterday 17:40"), (timedelta(days=3), "Wed 25 Nov, 17:40"),
        (timedelta(days=60), "21 Jan 2027, 17:40"), (timedelta(hours=7), "tomorrow 00:40"),
    ],
)  # fmt: skip
def test_instants_are_told_in_the_readers_zone(ahead: timedelta, said: str) -> None:
    zone = ZoneInfo("America/New_York")
    assert absolute((NOW + ahead).astimezone(zone), NOW.astimezone(zone)) == said


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    "instant", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 30, tzinfo=UTC)]
)
def test_the_ends_of_time_have_words(instant: datetime, zone: str) -> None:
    reader = Reader(id="dana", zone=ZoneInfo(zone), now=NOW, people={})
    moment = reader.moment(instant)
    assert str(instant.year) in moment.absolute + moment.exact


def test_a_zone_that_is_none_is_utc() -> None:
    person = Person(id="x", name="X", contacts=(), zone="Mars/Olympus")
    assert (zone_of(person), zone_of(None)) == (UTC, UTC)


def test_people_are_called_by_name_and_the_reader_you() -> None:
    dana = Person(id="dana", name="Dana Reyes", contacts=())
    reader = Reader(id="dana", zone=UTC, now=NOW, people={"dana": dana})
    assert (reader.name("dana"), reader.full_name("dana")) == ("you", "Dana Reyes")
    assert (reader.name("gone"), reader.name(None)) == ("gone", "nobody")
    assert reader.moment(NOW).exact == "Sunday 22 November 2026, 22:40:00 UTC"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (-0.5, "-0.5"),
        (1234567.125, "1,234,567.125"),
        (-1000, "-1,000"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_lose_no_digit(value: float, said: str) -> None:
    assert number_words(value) == said


@pytest.mark.parametrize(
    ("given", "gone", "said"),
    [
        (timedelta(hours=4), timedelta(seconds=8), "4 hours"),
        (timedelta(hours=4), timedelta(minutes=5), "4 hours"),
        (timedelta(hours=4), timedelta(minutes=6), "3 hours"),
        (timedelta(days=1), timedelta(seconds=8), "1 day"),
        (timedelta(days=2), timedelta(minutes=1), "2 days"),
        (timedelta(days=2), timedelta(hours=1), "1 day"),
        (timedelta(hours=2), timedelta(seconds=1), "119 minutes"),
    ],
)
def test_a_length_that_just_began_to_pass_is_told_whole_and_never_minutes_too_long(
    given: timedelta, gone: timedelta, said: str
) -> None:
    left = (given - gone).total_seconds()
    assert (span(left), relative(-left)) == (said, f"{said} ago")


def test_spans_are_counted() -> None:
    assert [span(seconds) for seconds in (60, 3600, 90000)] == ["1 minute", "60 minutes", "1 day"]


@pytest.mark.parametrize("text", ["x" * 5000, "word " * 900, "\n".join("abc" * 200), "é\n" * 30])
def test_a_folded_text_is_whole(text: str) -> None:
    folded = words(text)
    assert folded.start + folded.rest == text
    assert folded.rest


def test_ids_keep_their_shape_and_amounts_do_not() -> None:
    assert cell(88123).words == Words(start="88123")
    assert cell(88123, grouped=True).words == Words(start="88,123")


@pytest.mark.parametrize("value", [None, "", " ", [], {}])
def test_what_is_empty_is_said_to_be(value: object) -> None:
    assert cell(value).kind == "quiet"


def test_a_message_of_ours_calls_the_person_it_begins_with_by_name() -> None:
    people = {"dana": Person(id="dana", name="Dana Reyes", contacts=())}
    reader = Reader(id="marc", zone=UTC, now=NOW, people=people)
    assert reader.told("dana has it now") == "Dana Reyes has it now."
    assert reader.told("nobody has it, not even dana") == "Nobody has it, not even dana."
    assert reader.told("") == ""
