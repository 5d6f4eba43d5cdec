"""How unusual it is that an agent decides nothing, or much too much, at this hour of the week.

Counts by the hour of the last eight weeks say how many decisions there should have been; what is
kept from look to look says when they last grew in number, and how long they ever rested at each
hour of the week. INVARIANT: only what all three find unusual is silence: the expected number, the
earlier weeks' spread, and three times the longest rest at this time of the week.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

Hours = Mapping[datetime, int]
"""How many decisions each hour had, by when it began; hours without one may be left out."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
HOURS_A_WEEK = 168
MOST_WEEKS = 8
LEAST_WEEKS = 2
LEAST_SILENCE = timedelta(minutes=15)
"""However many decisions an agent makes, a shorter rest says nothing: workers restart, too."""

UNSEEN_REST_S = 7200.0
"""Where rests were not looked at yet, an hour with a decision in it says no more than this."""

TIMES_THE_LONGEST_REST = 3.0
FORGETS_A_WEEK = 0.9
IMPROBABLE = 1e-6
LONG = timedelta(hours=4)
LONGEST_COMPARED = timedelta(days=6)
SPREAD = 0.05
SPREAD_OF_FEW = 0.4
"""The squared variation between weeks that is taken for granted: SPREAD + SPREAD_OF_FEW / weeks."""

FEW = 10
LEAST_OF_A_DAY = 50
"""A day has few decisions with less than a tenth of what such a day has, which is 50 at least."""

LOOKS_BACK_DAYS = 4
"""So far back lies the day before that is compared, too: over a long weekend."""

MANY_TIMES_THE_MOST = 2.0
MANY_TIMES_THE_SAME_HOUR = 4.0
LEAST_FLOOD = 200


class Silence(Struct, frozen=True, kw_only=True):
    """An agent decides nothing although it should.

    Attributes:
        since: since when.
        expected: how many decisions the same stretch had in earlier weeks, on average.
        least: how many it had in the week with the fewest.
        weeks: how many earlier weeks were compared.
    """

    since: datetime
    expected: float
    least: float
    weeks: int


class Pulse(Struct, frozen=True, kw_only=True):
    """What is carried from one look at an agent's counts to the next.

    Attributes:
        hour: the newest hour with a decision in it.
        count: how many it had.
        grown_at: when the counts were last seen to have grown.
        rests_s: for each hour of the week, from Monday 00:00 UTC, the longest rest that lasted into
            it, in seconds, forgotten by a tenth a week; -1 where none was seen to end since.
        week: the week in which the rests were last let fade, counted from 1970.
        silence: how the agent is silent, once that was found, until it decides again.
        is_excused: whether this rest has an excuse, such as a holiday: it is no measure of others.
    """

    hour: datetime
    count: int
    grown_at: datetime
    rests_s: tuple[float, ...] = (-1.0,) * HOURS_A_WEEK
    week: int = 0
    silence: Silence | None = None
    is_excused: bool = False


def looked(pulse: Pulse | None, hours: Hours, now: datetime) -> Pulse | None:
    """Return the pulse after a look at an agent's counts; None where it never decided anything.

    Args:
        pulse: as the last look left it; None at the first.
        hours: the counts, at least of the last hour with a decision.
        now: the present instant.
    """
    newest = max((hour for hour, count in hours.items() if count), default=None)
    if newest is None:
        return pulse
    count = hours[newest]
    if pulse is None:
        # Within the hour nobody knows when: the last instant is the one that alarms the latest.
        return Pulse(hour=newest, count=count, grown_at=min(now, newest + HOUR), week=_week(now))
    if (newest, count) == (pulse.hour, pulse.count):
        # A clock that was put back must not make it look alive for long.
        return replace(pulse, grown_at=min(pulse.grown_at, now))
    # A rest that was silence, or had an excuse, is no measure of what is usual.
    is_odd = pulse.silence is not None or pulse.is_excused
    rested = pulse if is_odd else _with_rest(pulse, now)
    return replace(rested, hour=newest, count=count, grown_at=now, silence=None, is_excused=False)


def _with_rest(pulse: Pulse, now: datetime) -> Pulse:
    """Return the pulse with the rest that ends now, noted for each hour of the week it touched."""
    faded = max(0, _week(now) - pulse.week)
    rests = [one if one < 0 else one * FORGETS_A_WEEK**faded for one in pulse.rests_s]
    hour = max(pulse.grown_at, now - WEEK).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        rest_s = (min(hour + HOUR, now) - pulse.grown_at).total_seconds()
        place = hour_of_week(hour)
        rests[place] = round(max(rests[place], rest_s), 1)
        hour += HOUR
    return replace(pulse, rests_s=tuple(rests), week=max(pulse.week, _week(now)))


def silence(pulse: Pulse, hours: Hours, now: datetime) -> Silence | None:
    """Return how an agent is silent; None where its rest is usual, or too little is known.

    Args:
        pulse: as this look left it; a silence that was found lasts until it decides again.
        hours: the counts of the eight weeks before its rest began, and of an hour more.
        now: the present instant.

    Source:
        P(0) of a negative binomial with mean m and squared variation 1/r between weeks:
        (1 + m/r)^-r (Greenwood and Yule 1920).
    """
    if pulse.silence is not None:
        return pulse.silence
    since = pulse.grown_at
    is_long = now - since >= max(LEAST_SILENCE, timedelta(seconds=_longest_usual_s(pulse, now)))
    if not is_long:
        return None
    weeks = _weeks_known(hours, since)
    if weeks < LEAST_WEEKS:
        return None
    until = min(now, since + LONGEST_COMPARED)
    counts = sorted(_counts(hours, since, until, weeks))
    if weeks >= MOST_WEEKS // 2:
        counts = counts[1:]  # a holiday, or an earlier silence, makes nobody blind for weeks
    expected = sum(counts) / len(counts) * _level(hours, since, weeks)
    if _log_none(expected, counts) > math.log(IMPROBABLE):
        return None
    return Silence(since=since, expected=expected, least=counts[0], weeks=weeks)


def is_busy_hour(pulse: Pulse, now: datetime) -> bool:
    """Whether the agent never rested for as much as two hours at this time of the week.

    After a holiday the night is over only then.
    """
    return _longest_usual_s(pulse, now) < TIMES_THE_LONGEST_REST * UNSEEN_REST_S


def _longest_usual_s(pulse: Pulse, now: datetime) -> float:
    """Return three times the longest rest at this time of the week, an hour either way included."""
    place = hour_of_week(now)
    near = [pulse.rests_s[(place + step) % HOURS_A_WEEK] for step in (-1, 0, 1)]
    return TIMES_THE_LONGEST_REST * max(UNSEEN_REST_S if one < 0 else one for one in near)


def _weeks_known(hours: Hours, at: datetime) -> int:
    """Return how many whole weeks before an instant are known, and a day more, at most eight."""
    first = min(hours, default=at)
    return min(MOST_WEEKS, int((at - timedelta(days=1) - first) / WEEK))


def _counts(hours: Hours, since: datetime, until: datetime, weeks: int) -> list[float]:
    """Return how many decisions the same stretch had in each earlier week.

    The fewest of it, of the stretches an hour earlier and later, and of a long one without its
    first and last hour: clocks change twice a year, and people open late.
    """
    stretches = [(since + shift, until + shift) for shift in (-HOUR, timedelta(0), HOUR)]
    if until - since > LONG:
        stretches.append((since + HOUR, until - HOUR))
    return [
        min(between(hours, begin - back * WEEK, end - back * WEEK) for begin, end in stretches)
        for back in range(1, weeks + 1)
    ]


def _level(hours: Hours, since: datetime, weeks: int) -> float:
    """Return how busy it was before the rest began against the earlier weeks, at most 1.

    The least of the last week, day, hours and hour: on a holiday everything is slower, and what is
    slower rests for longer.
    """
    levels = []
    for lately in (WEEK, timedelta(days=1), 4 * HOUR, HOUR):
        # The week before the first known hour is not known.
        ends = [since - back * WEEK for back in range(1, weeks + (lately < WEEK))]
        before = sum(between(hours, end - lately, end) for end in ends) / len(ends)
        levels.append((between(hours, since - lately, since) + 1) / (before + 1))
    return min(1.0, *levels)


def _log_none(expected: float, counts: Sequence[float]) -> float:
    """Return the logarithm of the probability that there is no decision where so many should be."""
    if expected <= 0:
        return 0.0
    mean = sum(counts) / len(counts)
    varied = sum((one - mean) ** 2 for one in counts) / max(1, len(counts) - 1) / mean**2
    spread = max(SPREAD, varied - 1 / mean) + SPREAD_OF_FEW / len(counts)
    return -math.log1p(expected * spread) / spread


def between(hours: Hours, since: datetime, until: datetime) -> float:
    """Return how many decisions there were in a stretch; hours that lie in it in part count so.

    Example:
        >>> ten = datetime(2026, 11, 23, 10, tzinfo=UTC)
        >>> between({ten: 60}, ten + timedelta(minutes=30), ten + timedelta(hours=3))
        30.0
    """
    total = 0.0
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour < until:
        count = hours.get(hour, 0)
        if count:
            total += count * ((min(hour + HOUR, until) - max(hour, since)) / HOUR)
        hour += HOUR
    return total


class Ebb(Struct, frozen=True, kw_only=True):
    """An agent decides far less, for days, than it ever did on such days.

    Attributes:
        since: when the first of the two days that show it began.
        count: how many decisions the last day had.
        least: how many such a day had at least in earlier weeks, the odd week out left aside.
        weeks: how many earlier weeks were compared.
    """

    since: datetime
    count: int
    least: int
    weeks: int


def ebb(hours: Hours, now: datetime) -> Ebb | None:
    """Return how little an agent decides for days; None where that is usual.

    That is on the last day, and on the last one before it of which as much is usual: less than a
    tenth of the least of the same days of the last eight weeks. What is usual is 50 at least, so no
    weekend is such a day where nobody works; one holiday alone is not yet an ebb. A day ends with
    the last full hour.

    Args:
        hours: the counts of the last eight weeks and two days, of which two weeks must be known.
        now: the present instant.
    """
    until = now.replace(minute=0, second=0, microsecond=0)
    days = [until - step * DAY for step in range(1, 2 + LOOKS_BACK_DAYS)]
    weeks = _weeks_known(hours, days[-1])
    if weeks < LEAST_WEEKS:
        return None
    least = _least_of_day(hours, days[0], weeks)
    count = _of_day(hours, days[0])
    if not _is_few(count, least):
        return None
    for day in days[1:]:
        usual = _least_of_day(hours, day, weeks)
        if usual >= LEAST_OF_A_DAY:
            is_few = _is_few(_of_day(hours, day), usual)
            return Ebb(since=day, count=count, least=least, weeks=weeks) if is_few else None
    return None


def _is_few(count: int, usual: int) -> bool:
    return usual >= LEAST_OF_A_DAY and count * FEW < usual


def _least_of_day(hours: Hours, day: datetime, weeks: int) -> int:
    counts = sorted(_of_day(hours, day - back * WEEK) for back in range(1, weeks + 1))
    # A holiday, or the week in which it began, makes nobody blind for weeks.
    return counts[1] if weeks >= MOST_WEEKS // 2 else counts[0]


def _of_day(hours: Hours, day: datetime) -> int:
    return sum(hours.get(day + step * HOUR, 0) for step in range(24))


class Flood(Struct, frozen=True, kw_only=True):
    """An agent decides far more than ever.

    Attributes:
        hour: when the hour began in which it did.
        count: how many decisions it has had so far.
        most: the most that any hour had in the weeks before.
        same_hour: the most that this hour of the week had, or one beside it.
    """

    hour: datetime
    count: int
    most: int
    same_hour: int


def flood(hours: Hours, now: datetime) -> Flood | None:
    """Return how an agent decides far more than ever in this hour; None where it does not.

    That is twice the most of any hour of the last eight weeks, four times the most of this hour of
    the week, and 200 at least.

    Args:
        hours: the counts of the last eight weeks, of which two must be known.
        now: the present instant.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    count = hours.get(hour, 0)
    weeks = _weeks_known(hours, now)
    if weeks < LEAST_WEEKS or count < LEAST_FLOOD:
        return None
    # The hour before may belong to the same flood.
    before = [n for at, n in hours.items() if hour - weeks * WEEK - HOUR <= at < hour - HOUR]
    most = max(before, default=0)
    same = max(
        hours.get(hour - back * WEEK + step * HOUR, 0)
        for back in range(1, weeks + 1)
        for step in (-1, 0, 1)
    )
    if count < MANY_TIMES_THE_MOST * most or count < MANY_TIMES_THE_SAME_HOUR * same:
        return None
    return Flood(hour=hour, count=count, most=most, same_hour=same)


def hour_of_week(at: datetime) -> int:
    """Return an instant's hour of the week, from 0 at Monday 00:00 UTC to 167."""
    moment = at.astimezone(UTC)
    return moment.weekday() * 24 + moment.hour


def _week(at: datetime) -> int:
    return int(at.timestamp() // WEEK.total_seconds())
