"""What becomes of alarms at each look, and what of it is told when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from msgspec.structs import replace

from handraise.core.monitor.alarming import Settled, is_due, rest_of, settled
from handraise.core.monitor.signals import PROBLEMS, Signal, Unseen
from handraise.model import Alarm

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KINDS = frozenset({"too_little", "late"})
LITTLE = Signal(
    agent="support-agent",
    kind="too_little",
    subject="all",
    sentence="It stops 3.1 % instead of 11.9 %.",
    means="Its confidence may be inflated.",
)
LATE = Signal(
    agent="support-agent", kind="late", subject="route finance_lead", sentence="Late.", means="-"
)


def test_what_is_found_says_what_kind_of_problem_it_is():
    assert (LITTLE.problem, LATE.problem) == ("oversight", "people")
    assert all(replace(LITTLE, kind=kind).problem == one for kind, one in PROBLEMS.items())


class Watched:
    """An agent's alarms, look after look."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.kept: dict[str, Alarm] = {}
        self.missing: frozenset[str] = frozenset()
        self.told: list[tuple[datetime, Settled]] = []
        self.kinds: list[str] = []
        self._ids = count(1)

    def look(
        self,
        at: datetime,
        *signals: Signal,
        kinds: Iterable[str] = KINDS,
        unseen: Sequence[Unseen] = (),
    ) -> Settled:
        """Take up what a look found."""
        made = settled(
            list(self.kept.values()), signals, set(kinds), self.missing, at, self._fresh_id, unseen
        )
        self.kept |= {one.id: one for one in made.alarms}
        self.missing = made.missing
        self.kinds += [event.kind for event in made.events]
        if made.wrong or made.over:
            self.told.append((at, made))
        return made

    def every_minute(
        self, start: datetime, minutes: int, signals: Callable[[int], Sequence[Signal]]
    ) -> None:
        """Look once a minute."""
        for minute in range(minutes):
            self.look(start + minute * MINUTE, *signals(minute))

    def _fresh_id(self) -> str:
        return f"alarm-{next(self._ids)}"

    @property
    def only(self) -> Alarm:
        """The one alarm there is."""
        (found,) = self.kept.values()
        return found


def test_what_is_wrong_is_raised_once_and_told_once() -> None:
    watched = Watched()
    watched.every_minute(NOW, 60, lambda _: [LITTLE])
    assert watched.kinds == ["alarm_raised"]
    assert [(at, len(made.wrong)) for at, made in watched.told] == [(NOW, 1)]
    assert (watched.only.state, watched.only.raised_at) == ("open", NOW)
    assert watched.only.seen_at == NOW + 59 * MINUTE


def test_an_alarm_says_what_was_seen_last_and_keeps_since_when() -> None:
    watched = Watched()
    watched.look(NOW, replace(LITTLE, since=NOW - HOUR))
    watched.look(NOW + MINUTE, replace(LITTLE, sentence="Worse.", lines=("row novelty.1",)))
    assert watched.only.sentence == "Worse."
    assert watched.only.lines == ("row novelty.1",)
    assert watched.only.since == NOW - HOUR


def test_it_is_over_once_it_was_absent_in_two_looks() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    watched.look(NOW + MINUTE)
    assert watched.only.state == "open"
    watched.look(NOW + 2 * MINUTE)
    assert watched.only.state == "resolved"
    assert watched.only.resolved_at == NOW + 2 * MINUTE
    assert watched.kinds == ["alarm_raised", "alarm_over"]


def test_a_look_that_finds_it_again_begins_the_count_anew() -> None:
    watched = Watched()
    watched.every_minute(NOW, 10, lambda minute: [] if minute % 2 else [LITTLE])
    assert watched.only.state == "open"


def test_a_look_for_other_kinds_resolves_nothing() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    for minute in range(1, 5):
        watched.look(NOW + minute * MINUTE, kinds={"late"})
    assert watched.only.state == "open"


def test_it_is_told_to_be_over_once_it_stayed_over_for_an_hour() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    watched.every_minute(NOW + MINUTE, 300, lambda _: [])
    (_, first), (at, second) = watched.told
    assert (len(first.wrong), len(second.over)) == (1, 1)
    assert at == NOW + 2 * MINUTE + HOUR
    assert watched.only.told == "over"


def test_what_comes_back_within_a_day_is_the_same_alarm() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    watched.look(NOW + MINUTE)
    watched.look(NOW + 2 * MINUTE)
    watched.look(NOW + 23 * HOUR, LITTLE)
    assert (watched.only.state, watched.only.times_back) == ("open", 1)
    assert watched.only.raised_at == NOW
    assert watched.only.resolved_at is None
    assert watched.kinds[-1] == "alarm_back"


def test_what_comes_back_later_is_another_alarm() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    watched.look(NOW + MINUTE)
    watched.look(NOW + 2 * MINUTE)
    watched.look(NOW + 25 * HOUR, LITTLE)
    assert [one.state for one in watched.kept.values()] == ["resolved", "open"]


def test_what_comes_back_must_be_taken_again() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    taken = replace(watched.only, state="acknowledged", acknowledged_by="priya")
    watched.kept[taken.id] = replace(taken, acknowledged_at=NOW)
    watched.look(NOW + MINUTE, LITTLE)
    assert (watched.only.state, watched.only.acknowledged_by) == ("acknowledged", "priya")
    watched.look(NOW + 2 * MINUTE)
    watched.look(NOW + 3 * MINUTE)
    watched.look(NOW + 4 * MINUTE, LITTLE)
    assert (watched.only.state, watched.only.acknowledged_by) == ("open", None)


def test_the_later_of_two_that_were_over_is_reopened() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    older = replace(watched.only, id="older", state="resolved", resolved_at=NOW + MINUTE)
    newer = replace(older, id="newer", resolved_at=NOW + 2 * MINUTE)
    watched.kept = {one.id: one for one in (newer, older)}
    watched.look(NOW + 3 * MINUTE, LITTLE)
    assert {one.id: one.state for one in watched.kept.values()} == {
        "newer": "open",
        "older": "resolved",
    }


def test_a_flicker_within_the_hour_is_told_once() -> None:
    watched = Watched()
    watched.every_minute(NOW, 24 * 60 - 1, lambda minute: [LITTLE] if minute % 20 < 10 else [])
    assert len(watched.told) == 1
    assert len(watched.kinds) == 144


@pytest.mark.parametrize("hours", [2, 3, 5, 8])
def test_what_comes_and_goes_is_told_more_and_more_rarely(hours: int) -> None:
    watched = Watched()
    wrong = hours * 60
    watched.every_minute(NOW, 7 * 24 * 60, lambda at: [LITTLE] if at % (2 * wrong) < wrong else [])
    first = [at for at, _ in watched.told if at < NOW + DAY]
    later = [at for at, _ in watched.told if at >= NOW + 3 * DAY]
    assert 2 <= len(first) <= 8
    assert len(later) <= 4


def test_what_many_alarms_bring_is_a_handful_of_messages() -> None:
    watched = Watched()

    def found(minute: int) -> list[Signal]:
        return [
            replace(LITTLE, subject=f"row r.{row}") for row in range(40) if (minute + 31 * row) % 97
        ]

    watched.every_minute(NOW, 24 * 60, found)
    assert 1 <= len(watched.told) <= 17


def test_everything_new_of_a_look_is_told_together() -> None:
    watched = Watched()
    made = watched.look(NOW, LITTLE, LATE)
    assert {one.kind for one in made.wrong} == {"too_little", "late"}


def test_what_is_new_a_minute_later_waits_for_the_next_message() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    watched.every_minute(NOW + MINUTE, 15, lambda _: [LITTLE, LATE])
    assert [at for at, _ in watched.told] == [NOW, NOW + 10 * MINUTE]


def test_what_is_urgent_waits_for_nothing() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    made = watched.look(NOW + MINUTE, LITTLE, replace(LATE, urgent=True))
    assert [one.kind for one in made.wrong] == ["late"]
    assert made.urgent
    assert not watched.look(NOW + 2 * MINUTE, LITTLE, replace(LATE, urgent=True)).wrong


def test_what_nobody_took_is_told_again_after_a_day_then_three_then_weekly() -> None:
    watched = Watched()
    for hour in range(26 * 24):
        watched.look(NOW + hour * HOUR, LITTLE)
    days = [round((at - NOW) / DAY) for at, _ in watched.told]
    assert days == [0, 1, 4, 11, 18, 25]
    assert [made.wrong[0].times_told for _, made in watched.told] == [1, 2, 3, 4, 5, 6]


def test_what_somebody_took_is_told_again_weekly_while_it_lasts() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    taken = replace(watched.only, state="acknowledged", acknowledged_by="priya")
    watched.kept[taken.id] = replace(taken, acknowledged_at=NOW)
    for hour in range(1, 15 * 24):
        watched.look(NOW + hour * HOUR, LITTLE)
    assert [(at - NOW) / DAY for at, _ in watched.told] == [0, 7, 14]


def test_what_was_put_off_is_told_at_the_end_of_it_if_it_is_still_so() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    until = NOW + 2 * DAY
    watched.kept[watched.only.id] = replace(watched.only, snoozed_until=until)
    for hour in range(1, 72):
        watched.look(NOW + hour * HOUR, LITTLE)
    assert [at for at, _ in watched.told] == [NOW, until]


def test_what_was_put_off_and_is_over_is_told_to_be_over_at_the_end_of_it() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    until = NOW + 2 * DAY
    watched.kept[watched.only.id] = replace(watched.only, snoozed_until=until)
    for hour in range(1, 72):
        watched.look(NOW + hour * HOUR)
    (_, first), (at, second) = watched.told
    assert (len(first.wrong), len(second.over), at) == (1, 1, until)


def test_what_came_and_went_while_no_message_was_due_is_told_once_as_that() -> None:
    watched = Watched()
    watched.look(NOW, LATE)
    watched.look(NOW + MINUTE, LATE, LITTLE)
    for minute in range(2, 30):
        watched.look(NOW + minute * MINUTE, LATE)
    (_, first), (at, second) = watched.told
    assert [one.kind for one in first.wrong] == ["late"]
    assert (at, second.wrong) == (NOW + 10 * MINUTE, ())
    assert [one.kind for one in second.over] == ["too_little"]
    assert second.passed == {second.over[0].id}
    watched.every_minute(NOW + HOUR, 120, lambda _: [])
    (_, last) = watched.told[-1]
    assert ([one.kind for one in last.over], last.passed) == (["late"], frozenset())


def test_what_is_put_off_and_was_never_told_is_not_told_to_be_over() -> None:
    quiet = Alarm(
        id="1",
        agent="support-agent",
        kind="late",
        subject="all",
        state="resolved",
        sentence="-",
        means="-",
        raised_at=NOW,
        seen_at=NOW,
        resolved_at=NOW,
        snoozed_until=NOW + 2 * DAY,
    )
    assert not is_due(quiet, NOW + DAY)
    assert is_due(replace(quiet, snoozed_until=None), NOW)


def test_of_two_signals_about_the_same_the_first_counts() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE, replace(LITTLE, sentence="another"))
    assert watched.only.sentence == LITTLE.sentence


def test_what_is_kept_is_bounded() -> None:
    watched = Watched()
    long = replace(LITTLE, sentence="x" * 9_000, lines=("y" * 9_000,) * 99, examples=("e",) * 99)
    watched.look(NOW, long)
    assert len(watched.only.sentence) == 500
    assert len(watched.only.lines) == 30
    assert len(watched.only.lines[0]) == 500
    assert len(watched.only.examples) == 10


def test_the_record_names_nobody_whose_figures_an_alarm_is_about() -> None:
    watched = Watched()
    about = replace(LITTLE, kind="late", subject="person dana", about="dana")
    made = watched.look(NOW, about, LITTLE)
    mine, all_of_it = made.events
    assert mine.detail == {"alarm": "alarm-1", "kind": "late"}
    assert all_of_it.detail == {"alarm": "alarm-2", "kind": "too_little", "subject": "all"}


def test_the_rest_of_what_comes_back_doubles_up_to_a_day() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    rests = [rest_of(replace(watched.only, times_back=times)) for times in (0, 1, 2, 5, 6, 900)]
    assert rests == [timedelta(), HOUR, 2 * HOUR, 16 * HOUR, DAY, DAY]


# What nobody can look at any more

BLIND = Unseen(kinds=frozenset({"too_little"}), why="no backtest promised anything of version v2")


def test_what_is_no_longer_looked_at_is_not_over() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    for minute in range(1, 70):
        watched.look(NOW + minute * MINUTE, unseen=(BLIND,))
    assert (watched.only.state, watched.only.unseen) == ("resolved", BLIND.why)
    assert watched.kinds == ["alarm_raised", "alarm_unseen"]
    assert [one.unseen for one in watched.told[-1][1].over] == [BLIND.why]
    watched.look(NOW + 80 * MINUTE, LITTLE)
    assert (watched.only.state, watched.only.unseen) == ("open", "")


@pytest.mark.parametrize(
    "unseen",
    [
        Unseen(kinds=frozenset({"late"}), why="-"),
        Unseen(kinds=BLIND.kinds, why="-", apart=frozenset({"all"})),
        Unseen(kinds=BLIND.kinds, why="-", before=NOW),
    ],
)
def test_what_is_looked_at_all_the_same_is_over(unseen: Unseen) -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    watched.look(NOW + MINUTE, unseen=(unseen,))
    watched.look(NOW + 2 * MINUTE, unseen=(unseen,))
    assert (watched.only.state, watched.only.unseen) == ("resolved", "")


def test_what_was_found_before_the_tests_began_is_not_over() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    anew = Unseen(kinds=BLIND.kinds, why="the tests began anew", before=NOW + MINUTE)
    watched.look(NOW + 2 * MINUTE, unseen=(anew,))
    watched.look(NOW + 3 * MINUTE, unseen=(anew,))
    assert watched.only.unseen == "the tests began anew"


# A clock that was put back

DEAD = replace(LITTLE, sentence="It is dead.", urgent=True)


def test_what_a_clock_that_was_ahead_told_was_never_told() -> None:
    watched = Watched()
    watched.every_minute(NOW + 365 * DAY, 3, lambda _: [DEAD])
    made = watched.look(NOW, DEAD)
    assert [(one.told_at, one.times_told) for one in made.wrong] == [(NOW, 1)]
    assert made.urgent
    assert (watched.only.raised_at, watched.only.wrong_since) == (NOW, NOW)


def test_what_was_over_by_a_clock_that_was_ahead_is_wrong_and_told() -> None:
    watched = Watched()
    ahead = NOW + 365 * DAY
    watched.look(NOW, DEAD)
    watched.every_minute(ahead, 200, lambda _: [])
    watched.every_minute(ahead + 200 * MINUTE, 3, lambda _: [DEAD])
    watched.every_minute(ahead + 203 * MINUTE, 3, lambda _: [])
    told = len(watched.told)
    watched.every_minute(NOW + MINUTE, 60, lambda _: [DEAD])
    assert [one.wrong[0].state for _, one in watched.told[told:]] == ["open"]


def test_what_a_clock_that_was_ahead_put_off_is_not_put_off() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    put_off = replace(watched.only, snoozed_until=NOW + 365 * DAY, snoozed_by="priya")
    watched.kept[put_off.id] = put_off
    watched.look(NOW + DAY, LITTLE)
    assert (watched.only.snoozed_until, watched.only.snoozed_by) == (None, None)
    assert [at for at, _ in watched.told] == [NOW, NOW + DAY]


def test_what_a_clock_that_was_ahead_resolved_is_told_to_be_over_later() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    watched.kept[watched.only.id] = replace(
        watched.only, state="resolved", resolved_at=NOW + 9 * DAY, told_at=NOW + 9 * DAY
    )
    watched.every_minute(NOW + MINUTE, 62, lambda _: [])
    assert [len(one.over) for _, one in watched.told] == [0, 1]


# What flaps and then stays


def test_what_flapped_and_then_stays_is_told_at_once() -> None:
    watched = Watched()
    two_days = 2 * 24 * 60
    watched.every_minute(NOW, two_days, lambda minute: [DEAD] if minute % 14 < 4 else [])
    died = NOW + two_days * MINUTE
    watched.every_minute(died, 12 * 60, lambda _: [DEAD])
    (at, told), *again = [one for one in watched.told if one[0] >= died]
    assert timedelta(minutes=30) < at - died < timedelta(minutes=33)
    assert told.urgent
    assert again == []


def test_stretches_that_are_no_longer_than_before_go_on_resting() -> None:
    watched = Watched()
    watched.every_minute(NOW, 24 * 60, lambda at: [DEAD] if at % 50 < 40 else [])
    assert len(watched.told) == 1


def test_an_alarm_of_an_earlier_release_rests_as_it_did() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    old = replace(watched.only, wrong_since=None)
    assert not is_due(old, NOW + HOUR, is_urgent=True)
    watched.kept[old.id] = old
    watched.look(NOW + HOUR, LITTLE)
    assert watched.only.wrong_since == NOW + HOUR
    watched.kept[old.id] = old
    watched.look(NOW + 2 * HOUR)
    watched.look(NOW + 3 * HOUR)
    assert (watched.only.state, watched.only.longest_s) == ("resolved", 0.0)


# What comes back after a day


def test_what_comes_back_after_a_day_is_another_that_is_not_put_off() -> None:
    watched = Watched()
    watched.look(NOW, LITTLE)
    put_off = replace(watched.only, snoozed_until=NOW + 30 * DAY, snoozed_by="priya")
    watched.kept[put_off.id] = put_off
    watched.every_minute(NOW + MINUTE, 2, lambda _: [])
    made = watched.look(NOW + 2 * DAY, LITTLE)
    assert [(one.id, one.snoozed_until) for one in made.wrong] == [("alarm-2", None)]
    # The end of what was put off is no news while it is wrong again.
    watched.every_minute(NOW + 30 * DAY, 3, lambda _: [LITTLE])
    assert not any(one.over for _, one in watched.told)
