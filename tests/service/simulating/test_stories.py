"""Small stories whose times can be worked out by hand: who begins what, and when it moves."""

from datetime import timedelta

import pytest

from tests.support.simulated import MONDAY, NEVER, at_minutes, operation, played

ROUTE = "{people: [dana], acknowledge_within: 30m, decide_within: 4h}"
TWO = "{people: [dana, marc], acknowledge_within: 30m, decide_within: 4h}"
OFF = 'hours: "Sun 00:00-00:15"'


def two_people(route=TWO, more="", **hours):
    people = {"dana": "", "marc": "", "priya": OFF} | hours
    return operation(people, {"support": route}, more)


def one_person(route=ROUTE, **hours):
    return operation({"dana": "", "priya": OFF} | hours, {"support": route})


def test_one_person_answers_three_asks_one_after_the_other():
    found, workers = played(one_person(), at_minutes([0, 1, 25]), 10)
    assert found["begun"] == [0, 10, 25]
    assert found["answered"] == [10, 20, 35]
    assert workers["dana"].given == workers["dana"].answered == 3
    assert workers["dana"].most_open == 2
    assert workers["dana"].busy == [(0, 600), (600, 1200), (1500, 2100)]


def test_what_nobody_begins_in_time_goes_to_the_next_person_then_to_the_owner():
    found, workers = played(two_people(priya=""), at_minutes([0, 1, 2, 3]), 100)
    # dana and then marc each begin one; the others have had both when the owner has them.
    assert found["begun"] == [0, 31, 62, 162]
    assert found["with_owner"] == [NEVER, NEVER, 62, 63]
    assert workers["marc"].answered == 1
    assert workers["priya"].given == 2


def test_a_person_at_capacity_is_passed_over_without_waiting():
    table = two_people(dana="capacity: 1 open")
    found, workers = played(table, at_minutes([0, 1, 2]), 10)
    assert found["begun"] == [0, 1, 11]
    assert [workers[id].given for id in ("dana", "marc")] == [1, 2]
    assert workers["dana"].full == [(0, 600)]


def test_who_had_their_number_for_today_is_asked_again_after_their_midnight():
    table = two_people(dana="capacity: 2 a day, zone: America/New_York")
    # Midnight in New York is five in the morning, UTC.
    found, workers = played(table, at_minutes([0, 60, 120, 299, 300]), 5)
    assert found["begun"] == [0, 60, 120, 299, 300]
    assert [workers[id].given for id in ("dana", "marc")] == [3, 2]
    assert workers["dana"].full_days == 1
    assert workers["dana"].full == [(3600, 5 * 3600)]


def test_where_nobody_is_there_the_owner_has_it_at_once():
    table = two_people(dana=OFF, marc=OFF, priya='hours: "Mon-Fri 09:00-17:00"')
    found, _ = played(table, at_minutes([0, 600]), 10)
    assert found["with_owner"] == [0, 600]
    assert found["begun"] == [540, 600]


def test_somebody_who_is_off_duty_is_passed_over_and_begins_with_their_hours():
    table = two_people(dana='hours: "Mon-Fri 09:00-17:00"')
    _, workers = played(table, at_minutes([8 * 60, 9 * 60]), 10)
    assert [workers[id].given for id in ("dana", "marc")] == [1, 1]


def test_what_is_not_begun_moves_when_the_hours_of_its_holder_end():
    table = two_people(dana='hours: "Mon-Fri 09:00-17:00"')
    start = MONDAY + timedelta(hours=16, minutes=50)
    found, workers = played(table, at_minutes([0, 1], start=start), 30)
    assert found["begun"] == [0, 10]
    assert found["answered"] == [30, 40]
    assert workers["marc"].given == 1


def test_what_is_begun_is_finished_after_hours_or_rests_until_they_begin_again():
    table = one_person(
        "{people: [dana], acknowledge_within: 30m, decide_within: 4d}",
        dana='hours: "Mon-Fri 09:00-17:00"',
    )
    start = MONDAY + timedelta(hours=16, minutes=50)
    assert played(table, at_minutes([0], start=start), 30)[0]["answered"] == [30]
    rests, _ = played(table, at_minutes([0], start=start), 30, overtime=False)
    assert rests["answered"] == [10 + 16 * 60 + 20]


def test_work_that_rests_is_taken_over_when_the_acknowledgement_has_expired():
    table = two_people(dana='hours: "Mon-Fri 09:00-17:00"')
    start = MONDAY + timedelta(hours=16, minutes=50)
    found, workers = played(table, at_minutes([0], start=start), 30, overtime=False)
    assert found["answered"] == [120 + 30]  # half of four hours, then marc has it
    assert workers["marc"].answered == 1
    assert workers["dana"].work is None


def test_an_ask_that_takes_longer_than_its_deadline_moves_and_the_first_answer_counts():
    found, workers = played(two_people(), at_minutes([0]), 5 * 60)
    assert found["answered"] == [5 * 60]
    assert [workers[id].given for id in ("dana", "marc")] == [1, 1]
    assert workers["marc"].busy == [(4 * 3600, 5 * 3600)]
    assert workers["marc"].answered == 0


def test_who_acknowledges_what_they_cannot_begin_keeps_it_for_half_of_the_time_to_decide():
    # dana is at the first; she says after five minutes that she has the second, and again when
    # that has lasted two hours.
    table = two_people()
    found, workers = played(table, at_minutes([0, 1]), 120, acknowledge_delay_s=300.0)
    assert found["begun"] == [0, 120]
    assert workers["marc"].given == 0
    found, workers = played(table, at_minutes([0, 1]), 180, acknowledge_delay_s=300.0)
    assert found["begun"] == [0, 180]
    assert workers["marc"].busy == [(241 * 60, 360 * 60)]  # it was not decided within four hours
    found, workers = played(table, at_minutes([0, 1]), 300, acknowledge_delay_s=300.0)
    assert workers["marc"].given == 2
    assert found["begun"] == [0, 300]


def test_who_acknowledges_and_goes_home_loses_it_when_that_expires():
    table = two_people(dana='hours: "Mon-Fri 09:00-17:00"')
    start = MONDAY + timedelta(hours=16, minutes=50)
    found, _ = played(table, at_minutes([0, 1], start=start), 60, acknowledge_delay_s=60.0)
    assert found["begun"] == [0, 2 + 120]


def test_the_owner_works_within_their_hours_on_what_is_due_first():
    table = operation(
        {"dana": OFF, "priya": 'hours: "Mon-Fri 09:00-17:00"'},
        {
            "slow": "{people: [dana], acknowledge_within: 5h}",
            "fast": "{people: [dana], acknowledge_within: 10m}",
        },
    )
    slow = at_minutes([0, 10], ("slow", "fast"))
    found, _ = played(table, slow, 10)
    # fast 1 (due 0:10), fast 2 (due 0:20), slow 1, slow 2
    assert found["begun"] == [560, 540, 570, 550]


def test_what_nobody_answers_ends_where_the_table_rejects_it():
    table = two_people(dana=OFF, marc=OFF, more="unanswered: reject")
    found, workers = played(table, at_minutes([0]), 10)
    assert found["answered"] == [NEVER]
    assert workers["priya"].open_asks == 0
    held = two_people(dana=OFF, marc=OFF)
    found, workers = played(held, at_minutes([0]), 10)
    assert found["answered"] == [6 * 24 * 60 + 10]  # it is held until Sunday
    assert workers["priya"].open_asks == 0


def test_work_on_what_ends_by_itself_ends_too():
    table = two_people(dana=OFF, marc=OFF, priya="", more="unanswered: reject")
    found, workers = played(table, at_minutes([0, 1]), 5 * 60)
    assert found["answered"] == [NEVER, NEVER]
    assert workers["priya"].busy == [(0, 4 * 3600), (4 * 3600, 4 * 3600 + 60)]


def test_every_route_of_a_decision_is_asked():
    table = operation({"dana": "", "ines": "", "priya": ""}, {"a": "[dana]", "b": "[ines]"})
    found, workers = played(table, at_minutes([0], ("a", "b")), 10)
    assert found["begun"] == [0, 0]
    assert [workers[id].answered for id in ("dana", "ines", "priya")] == [1, 1, 0]


def test_a_decision_that_names_no_route_asks_the_owner():
    for routes in ((), ("owner",)):
        found, workers = played(two_people(priya=""), at_minutes([0], routes), 10)
        assert found["answered"] == [10]
        assert workers["priya"].answered == 1


def test_where_a_route_needs_two_they_are_two_different_people():
    route = "{people: [dana, marc], needs: 2, acknowledge_within: 30m}"
    for pull in ("own", "route"):
        found, workers = played(two_people(route), at_minutes([0, 1]), 10, pull=pull)
        assert found["begun"] == [0, 0, 10, 10], pull
        assert [workers[id].answered for id in ("dana", "marc")] == [2, 2]


def test_the_second_of_two_askers_goes_to_the_owner_when_only_one_is_there():
    route = "{people: [dana, marc], needs: 2, acknowledge_within: 30m}"
    for pull in ("own", "route"):
        table = two_people(route, marc=OFF, priya="")
        found, workers = played(table, at_minutes([0]), 10, pull=pull)
        assert found["with_owner"] == [NEVER, 0]
        assert [workers[id].answered for id in ("dana", "priya")] == [1, 1]


def test_anybody_of_the_route_takes_what_has_waited_longest():
    found, workers = played(two_people(), at_minutes([0, 1, 2, 3]), 10, pull="route")
    assert found["begun"] == [0, 1, 10, 11]
    assert [workers[id].answered for id in ("dana", "marc")] == [2, 2]


def test_who_takes_what_another_holds_counts_it_as_theirs():
    table = two_people(dana="capacity: 2 a day", marc="capacity: 1 a day")
    _, workers = played(table, at_minutes([0, 1, 2]), 10, pull="route")
    assert [workers[id].given for id in ("dana", "marc", "priya")] == [2, 1, 1]


def test_who_is_full_takes_nothing_from_others_but_works_on_what_they_hold():
    table = operation(
        {"dana": "", "marc": "capacity: 1 a day", "priya": OFF},
        {
            "support": "{people: [dana, marc], acknowledge_within: 2h, decide_within: 9h}",
            "other": "{people: [marc], acknowledge_within: 3h, decide_within: 9h}",
        },
    )
    arrivals = at_minutes([0], ("other",))
    found, workers = played(table, arrivals, 10, pull="route")
    assert found["begun"] == [0]
    busy = at_minutes([0, 1, 2, 3])
    found, workers = played(table, busy, 30, pull="route")
    assert found["begun"] == [0, 1, 30, 60]
    assert workers["marc"].answered == 1


def test_holidays_and_clock_changes_keep_people_away_as_their_hours_say():
    route = "{people: [dana], acknowledge_within: 30m}"
    table = one_person(
        route, dana='hours: "Mon-Sun 09:00-17:00", zone: America/New_York, holidays: US', priya=""
    )
    start = MONDAY.replace(month=3, day=7)  # the clocks go forward in the night to the 8th
    days = [at * 24 * 60 + 13 * 60 + 30 for at in range(3)]
    found, _ = played(table, at_minutes(days, start=start), 10)
    shift = [one - days[0] for one in days]
    assert found["with_owner"] == [shift[0], NEVER, NEVER]
    fourth = MONDAY.replace(month=7, day=4)
    found, _ = played(table, at_minutes([15 * 60], start=fourth), 10)
    assert found["with_owner"] == [0]


@pytest.mark.parametrize("pull", ["own", "route"])
def test_everybody_away_leaves_the_owner(pull):
    found, _ = played(two_people(dana=OFF, marc=OFF, priya=""), at_minutes([0, 5]), 10, pull=pull)
    assert found["with_owner"] == [0, 5]
    assert found["begun"] == [0, 10]


def test_an_owner_who_is_at_it_already_has_it_as_the_last_resort():
    table = operation({"priya": ""}, {"support": "{people: [priya], decide_within: 2h}"})
    found, workers = played(table, at_minutes([0]), 150)
    assert (found["with_owner"], found["answered"]) == ([120], [150])
    assert workers["priya"].busy == [(0, 150 * 60)]
    rejecting = operation(
        {"priya": ""}, {"support": "{people: [priya], decide_within: 2h}"}, "unanswered: reject"
    )
    assert played(rejecting, at_minutes([0]), 150)[0]["answered"] == [150]
    assert played(rejecting, at_minutes([0]), 300)[0]["answered"] == [NEVER]


def test_work_for_which_no_hours_are_left_is_never_done():
    table = one_person(
        "{people: [dana], acknowledge_within: 30m, decide_within: 1d}",
        dana='hours: "Mon-Fri 00:00-00:10"',
    )
    found, workers = played(table, at_minutes([0]), 60 * 24 * 7, overtime=False)
    assert found["answered"] == [NEVER]
    assert workers["dana"].work is not None


def test_what_was_begun_before_its_holder_could_say_so_is_not_acknowledged_again():
    found, workers = played(two_people(), at_minutes([0, 1]), 3, acknowledge_delay_s=600.0)
    assert found["begun"] == [0, 3]
    assert workers["marc"].given == 0
