"""Which decisions of an exercise are put to whom."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from time import process_time

from handraise.model import Decision, Reason, RehearsalQuestion
from handraise.service.rehearsing.cases import Stop, chosen

NOBODY_ELSE = ", and nobody else of its routes can be asked"


def stop(number: int, rows: Sequence[str], people: dict[str, tuple[str, ...]]) -> Stop:
    routes = tuple(dict.fromkeys(route for each in people.values() for route in each)) or ("owner",)
    reasons = tuple(
        Reason(row=row, condition="confidence", route=routes[0], observed="", limit="", sentence="")
        for row in rows
    )
    question = RehearsalQuestion(
        number=number, name=f"case {number}", decision=Decision(), reasons=reasons, routes=routes
    )
    return Stop(question=question, people=people)


def on(*people: str, route: str = "support") -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(people, (route,))


def drawn(count: int, seed: int) -> Iterator[Stop]:
    """Yield stops at random rows, routes and people."""
    at = random.Random(seed)
    for number in range(1, count + 1):
        routes = at.sample("abcde", at.choice((1, 1, 2)))
        people = {
            person: tuple(route for route in routes if (int(person[1:]) + ord(route)) % 3 == 0)
            for person in (f"p{n}" for n in range(8))
            if at.random() < 0.8
        }
        kept = {person: theirs for person, theirs in people.items() if theirs}
        yield stop(number, at.sample(["r1", "r2", "r3", "r4", "r5", "r6"], 2), kept)


def put(stops: Sequence[Stop]) -> list[tuple[str, list[str]]]:
    return [(one.question.name, sorted(one.people)) for one in stops]


def test_who_has_room_is_asked_though_another_of_the_route_has_enough():
    stops = [
        stop(1, ["r1"], on("amara", "ben")),
        stop(2, ["r1"], on("amara", "chloe")),
        stop(3, ["r1"], on("chloe", "amara")),
        stop(4, ["r1"], on("chloe", "ben", "amara")),
        stop(5, ["r1"], {}),
    ]

    found = chosen(stops, 1)

    assert put(found.stops) == [("case 1", ["amara", "ben"]), ("case 2", ["chloe"])]
    assert found.left_out == {
        "case 3": f"chloe and amara have 1 already{NOBODY_ELSE}",
        "case 4": f"chloe, ben and amara have 1 already{NOBODY_ELSE}",
        "case 5": "nobody of its routes can be asked",
    }


def test_of_questions_that_reach_as_much_those_go_first_that_everybody_can_be_asked():
    stops = [
        stop(1, ["r1"], on("amara")),
        stop(2, ["r1"], on("amara", "ben")),
        stop(3, ["r1"], on("ben", "chloe")),
    ]

    found = chosen(stops, 1)

    assert put(found.stops) == [("case 1", ["amara"]), ("case 3", ["ben", "chloe"])]
    assert found.left_out == {"case 2": f"amara and ben have 1 already{NOBODY_ELSE}"}


def test_a_route_all_of_whose_people_have_enough_is_not_reached_again_for_others():
    stops = [
        stop(1, ["r1", "r2", "r3"], on("amara")),
        stop(2, ["r1"], {"amara": ("fraud", "risk"), "ben": ("support",)}),
        stop(3, ["r1"], on("ben", "chloe", route="legal")),
    ]

    found = chosen(stops, 1)

    assert put(found.stops) == [("case 1", ["amara"]), ("case 3", ["ben", "chloe"])]
    assert found.left_out == {"case 2": f"amara and ben have 1 already{NOBODY_ELSE}"}


def test_what_is_put_to_whom_is_what_looking_at_all_again_each_time_finds():
    for seed in range(30):
        stops = list(drawn(40, seed))
        per_person = 1 + seed % 6

        assert put(chosen(stops, per_person).stops) == plainly(stops, per_person)


def plainly(stops: Sequence[Stop], per_person: int) -> list[tuple[str, list[str]]]:
    """Return what is put to whom, found the slow way."""
    given: Counter[str] = Counter()
    reached: set[str] = set()
    left, taken = list(stops), []
    while True:
        best = None
        for one in left:
            room = {who: on for who, on in one.people.items() if given[who] < per_person}
            reach = {reason.row for reason in one.question.reasons}
            reach |= {route for routes in room.values() for route in routes}
            rank = (len(reach - reached), len(room) == len(one.people))
            if room and (best is None or rank > best[0]):
                best = (rank, one, room, reach)
        if best is None:
            taken.sort()
            return [(name, people) for _, name, people in taken]
        _, one, room, reach = best
        left.remove(one)
        given.update(room.keys())
        reached |= reach
        taken.append((one.question.number, one.question.name, sorted(room)))


def test_twenty_thousand_decisions_are_looked_through_in_seconds():
    stops = list(drawn(20_000, seed=1))
    began = process_time()

    found = chosen(stops, 50)

    assert process_time() - began < 10
    assert len(found.left_out) == len(stops) - len(found.stops)
