"""The rhythm of an agent: what rest is silence, what haste is a flood, and what is neither."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from handraise.core.monitor.rhythm import (
    HOURS_A_WEEK,
    Pulse,
    between,
    ebb,
    flood,
    hour_of_week,
    is_busy_hour,
    looked,
    silence,
)

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
NOON = MONDAY + 12 * HOUR


def office(until: datetime, *, weeks: int = 9, an_hour: int = 60) -> dict[datetime, int]:
    """Return the counts of an agent that works from 8 to 18 on weekdays, up to an instant."""
    hours = (until - weeks * WEEK + step * HOUR for step in range(weeks * HOURS_A_WEEK))
    return {
        hour: an_hour
        for hour in (one.replace(minute=0) for one in hours)
        if 8 <= hour.hour < 18 and hour.weekday() < 5
    }


def pulse(grown_at: datetime, **fields: object) -> Pulse:
    """Return the pulse of an agent that last decided at an instant, and otherwise rests a minute."""
    rests = tuple(60.0 if 8 <= hour % 24 < 18 and hour < 120 else 7e4 for hour in range(168))
    made = Pulse(hour=grown_at.replace(minute=0), count=1, grown_at=grown_at, rests_s=rests)
    return replace(made, **fields)


def test_a_rest_in_busy_hours_is_silence_once_it_is_improbable() -> None:
    hours = office(NOON)
    assert silence(pulse(NOON), hours, NOON + timedelta(minutes=14)) is None
    found = silence(pulse(NOON), hours, NOON + timedelta(minutes=40))
    assert found is not None
    assert (found.since, found.weeks) == (NOON, 8)
    assert found.expected == pytest.approx(40)
    assert found.least == pytest.approx(40)


def test_a_few_decisions_an_hour_take_longer() -> None:
    ten = NOON - 2 * HOUR
    hours = office(ten, an_hour=8)
    assert silence(pulse(ten), hours, ten + timedelta(minutes=90)) is None
    assert silence(pulse(ten), hours, ten + 6 * HOUR + timedelta(minutes=59)) is not None


@pytest.mark.parametrize("weeks", [0, 1, 2])
def test_before_two_weeks_and_a_day_are_known_nothing_is_silence(weeks: int) -> None:
    hours = office(NOON, weeks=weeks, an_hour=9_000)
    assert silence(pulse(NOON), hours, NOON + 4 * HOUR) is None


def test_two_weeks_are_enough_for_many_decisions() -> None:
    hours = office(NOON, weeks=3, an_hour=9_000)
    assert silence(pulse(NOON), hours, NOON + HOUR) is not None


def test_nights_and_weekends_are_no_silence_and_the_morning_after_is() -> None:
    friday = MONDAY + timedelta(days=4, hours=18)
    hours = office(friday)
    for later in (1, 12, 30, 62):
        assert silence(pulse(friday), hours, friday + later * HOUR) is None
    assert silence(pulse(friday), hours, friday + 65 * HOUR) is not None


def test_clocks_that_change_by_an_hour_are_no_silence() -> None:
    hours = office(MONDAY)
    friday = MONDAY - timedelta(days=2, hours=6)
    opening = pulse(friday, rests_s=(60.0,) * HOURS_A_WEEK)
    assert silence(opening, hours, MONDAY + timedelta(hours=8, minutes=59)) is None
    assert silence(opening, hours, MONDAY + timedelta(hours=10)) is not None


def test_what_rests_for_long_by_itself_must_rest_three_times_as_long() -> None:
    rests = (1500.0,) * HOURS_A_WEEK
    hours = office(NOON, an_hour=5_000)
    resting = pulse(NOON, rests_s=rests)
    assert silence(resting, hours, NOON + timedelta(minutes=74)) is None
    assert silence(resting, hours, NOON + timedelta(minutes=75)) is not None


def test_where_rests_were_not_seen_yet_it_must_rest_for_six_hours() -> None:
    hours = {MONDAY - 9 * WEEK + step * HOUR: 500 for step in range(9 * HOURS_A_WEEK)}
    resting = pulse(MONDAY, rests_s=(-1.0,) * HOURS_A_WEEK)
    assert silence(resting, hours, MONDAY + 5 * HOUR) is None
    assert silence(resting, hours, MONDAY + 6 * HOUR) is not None


def test_one_odd_week_among_eight_blinds_nobody_and_several_do() -> None:
    def without(*back: int) -> dict[datetime, int]:
        gone = [(NOON - one * WEEK).date() for one in back]
        return {hour: n for hour, n in office(NOON).items() if hour.date() not in gone}

    later = NOON + 2 * HOUR
    assert silence(pulse(NOON), without(3), later) is not None
    assert silence(pulse(NOON), without(2, 3, 5), later) is None
    assert silence(pulse(NOON), without(*range(1, 9)), later) is None


def test_a_slow_day_is_expected_to_be_slow() -> None:
    hours = {
        hour: 3 if hour.date() == MONDAY.date() else count for hour, count in office(NOON).items()
    }
    assert silence(pulse(NOON), hours, NOON + timedelta(minutes=40)) is None
    assert silence(pulse(NOON), office(NOON), NOON + timedelta(minutes=40)) is not None


def test_silence_that_was_found_lasts_until_it_decides_again() -> None:
    hours = office(NOON)
    found = silence(pulse(NOON), hours, NOON + HOUR)
    silent = pulse(NOON, silence=found)
    assert silence(silent, hours, NOON + 14 * HOUR) is found
    hours[NOON + 15 * HOUR] = 1
    again = looked(silent, hours, NOON + 15 * HOUR)
    assert again is not None
    assert again.silence is None
    assert again.rests_s == silent.rests_s


def test_a_look_notes_when_counts_grow_and_how_long_they_had_rested() -> None:
    first = looked(None, {MONDAY: 3}, MONDAY + timedelta(minutes=5))
    assert first == Pulse(
        hour=MONDAY,
        count=3,
        grown_at=MONDAY + timedelta(minutes=5),
        week=first.week if first else 0,
    )
    assert looked(first, {MONDAY: 3}, MONDAY + HOUR) == first
    then = looked(first, {MONDAY: 3, MONDAY + HOUR: 1}, MONDAY + HOUR + timedelta(minutes=15))
    assert then is not None
    assert then.grown_at == MONDAY + HOUR + timedelta(minutes=15)
    assert then.rests_s[:3] == (55 * 60, 70 * 60, -1)


def test_a_rest_with_an_excuse_is_no_measure_of_others() -> None:
    excused = pulse(NOON, is_excused=True)
    after = looked(excused, {NOON + 20 * HOUR: 1}, NOON + 20 * HOUR)
    assert after is not None
    assert after.rests_s == excused.rests_s
    assert not after.is_excused


def test_rests_fade_by_a_tenth_a_week() -> None:
    before = pulse(MONDAY, rests_s=(1000.0, *(-1.0,) * 167), week=0)
    after = looked(before, {MONDAY + HOUR: 1}, MONDAY + HOUR)
    assert after is not None
    assert after.rests_s[0] == 3600
    assert after.rests_s[5] == -1
    faded = looked(replace(after, week=after.week - 2), {MONDAY + 2 * HOUR: 1}, MONDAY + 2 * HOUR)
    assert faded is not None
    assert faded.rests_s[0] == pytest.approx(3600 * 0.81)


def test_an_agent_that_never_decided_has_no_pulse_and_a_late_look_takes_the_end_of_the_hour() -> (
    None
):
    assert looked(None, {}, MONDAY) is None
    assert looked(None, {MONDAY: 0}, MONDAY) is None
    late = looked(None, {MONDAY: 1}, MONDAY + 9 * HOUR)
    assert late is not None
    assert late.grown_at == MONDAY + HOUR


def test_a_clock_that_was_put_back_makes_nobody_look_alive() -> None:
    ahead = pulse(NOON, hour=NOON, count=1)
    back = looked(ahead, {NOON: 1}, NOON - 2 * HOUR)
    assert back is not None
    assert back.grown_at == NOON - 2 * HOUR


def test_an_hour_is_busy_where_it_never_rests_for_long() -> None:
    assert is_busy_hour(pulse(NOON), NOON)
    assert not is_busy_hour(pulse(NOON), MONDAY)
    assert not is_busy_hour(pulse(NOON, rests_s=(-1.0,) * HOURS_A_WEEK), NOON)


def test_hours_count_by_the_part_of_them_that_lies_in_a_stretch() -> None:
    hours = {MONDAY: 60, MONDAY + HOUR: 30}
    assert between(hours, MONDAY + timedelta(minutes=45), MONDAY + timedelta(minutes=90)) == 30
    assert between(hours, MONDAY, MONDAY) == 0


def test_a_flood_is_twice_the_most_and_four_times_this_hour() -> None:
    hours = office(NOON)
    now = NOON + timedelta(minutes=20)
    assert flood({**hours, NOON: 239}, now) is None
    found = flood({**hours, NOON: 240}, now)
    assert found is not None
    assert (found.hour, found.count, found.most, found.same_hour) == (NOON, 240, 60, 60)


def test_what_is_a_flood_needs_two_weeks_two_hundred_and_no_day_like_it() -> None:
    now = NOON + timedelta(minutes=20)
    assert flood({**office(NOON, weeks=2), NOON: 9_999}, now) is None
    assert flood({**office(NOON, an_hour=1), NOON: 199}, now) is None
    assert flood({**office(NOON), NOON: 400, NOON - 2 * timedelta(days=1): 300}, now) is None
    # The hour before may belong to the same flood.
    assert flood({**office(NOON), NOON: 400, NOON - HOUR: 390}, now) is not None


def test_the_hour_of_the_week_is_counted_from_monday_in_utc() -> None:
    assert hour_of_week(MONDAY) == 0
    assert hour_of_week(MONDAY - HOUR) == 167


def test_days_with_a_few_percent_of_the_usual_are_an_ebb_and_one_day_is_not() -> None:
    thursday = MONDAY + timedelta(days=3)
    trickling = {
        hour: 2 for hour in office(thursday, weeks=1) if hour >= MONDAY + timedelta(days=1)
    }
    hours = {**office(thursday), **trickling}
    assert ebb(hours, thursday - timedelta(days=1)) is None
    found = ebb(hours, thursday + timedelta(minutes=59))
    assert found is not None
    assert (found.since, found.count) == (thursday - timedelta(days=2), 20)
    assert (found.least, found.weeks) == (600, 8)


def test_a_weekend_on_which_nobody_works_neither_is_nor_ends_an_ebb() -> None:
    tuesday = MONDAY + timedelta(days=1)
    friday = MONDAY - timedelta(days=3)
    trickling = {hour: 2 for hour in office(tuesday, weeks=1) if hour >= friday}
    assert ebb({**office(MONDAY), **trickling}, MONDAY) is None
    hours = {**office(tuesday), **trickling}
    found = ebb(hours, tuesday)
    assert found is not None
    assert found.since == friday
    monday_alone = {hour: count for hour, count in trickling.items() if hour >= MONDAY}
    assert ebb({**office(tuesday), **monday_alone}, tuesday) is None


def test_it_is_no_ebb_where_little_is_usual_or_known() -> None:
    friday = MONDAY + timedelta(days=4)
    few = {hour: 0 for hour in office(friday, weeks=1) if hour >= MONDAY}
    assert ebb({**office(friday, an_hour=4), **few}, friday) is None
    assert ebb({**office(friday, weeks=2), **few}, friday) is None
    assert ebb({**office(friday, weeks=3), **few}, friday) is not None


def test_an_agent_that_works_a_day_in_six_has_no_day_before_to_compare() -> None:
    days = (MONDAY - timedelta(days=7 * back) for back in range(1, 10))
    hours = {day + step * HOUR: 60 for day in days for step in range(8, 18)}
    assert ebb({**hours, MONDAY + 9 * HOUR: 1}, MONDAY + timedelta(days=1)) is None


def test_an_ebb_is_told_for_two_weeks_and_then_is_what_is_usual() -> None:
    for week, is_told in ((0, True), (1, True), (2, False)):
        saturday = MONDAY + timedelta(days=5)
        low = {hour: 1 for hour in office(saturday) if hour >= MONDAY - week * WEEK}
        assert (ebb({**office(saturday), **low}, saturday) is not None) is is_told
