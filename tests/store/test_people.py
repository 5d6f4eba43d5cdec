"""People: absence, departure, contacts, plans, duties, drills, calendars, and all at one glance."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.model import (
    Absence,
    CalendarRecord,
    ContactPlan,
    ContactRecord,
    ContactStep,
    Departure,
    DrillRecord,
    DutyRecord,
    Standing,
)
from handraise.store import Store
from tests.store.records import (
    AGENT,
    NOW,
    after,
    make_escalation,
    make_event,
    make_message,
    make_record,
    new_id,
)

MAIL = "mailto:dana@example.com"


def make_absence(person: str = "dana", **fields: Any) -> Absence:
    return Absence(
        **{
            "id": new_id(),
            "person": person,
            "starts_at": NOW,
            "ends_at": after(days=7),
            "note": "holiday",
            "by": person,
            "set_at": NOW,
            **fields,
        }
    )


def make_departure(person: str = "dana", **fields: Any) -> Departure:
    return Departure(
        **{"id": new_id(), "person": person, "by": "priya", "at": NOW, "reason": "left", **fields}
    )


def make_duty(person: str = "dana", digest: str = "d1", **fields: Any) -> DutyRecord:
    return DutyRecord(
        **{
            "agent": AGENT,
            "person": person,
            "digest": digest,
            "version": "v1",
            "lines": ("you are asked when it is not sure",),
            "asked_at": NOW,
            **fields,
        }
    )


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


class TestAbsences:
    def test_an_absence_comes_back_as_it_was(self, any_store: Store) -> None:
        absence = make_absence()
        any_store.set_absence(absence)
        assert any_store.absences() == [absence]
        assert any_store.absences("dana") == [absence]
        assert any_store.absences("ines") == []

    def test_the_earliest_comes_first(self, any_store: Store) -> None:
        later = make_absence(starts_at=after(days=2))
        sooner = make_absence("ines", starts_at=after(days=1), ends_at=None)
        any_store.set_absence(later)
        any_store.set_absence(sooner)
        assert any_store.absences() == [sooner, later]

    def test_what_is_over_is_left_out_when_only_the_rest_is_asked_for(
        self, any_store: Store
    ) -> None:
        over = make_absence(starts_at=after(days=-9), ends_at=NOW)
        taken_back = make_absence(ended_at=NOW)
        endless = make_absence(starts_at=after(days=-9), ends_at=None)
        planned = make_absence(starts_at=after(days=3), ends_at=after(days=4))
        for absence in (over, taken_back, endless, planned):
            any_store.set_absence(absence)
        assert any_store.absences(since=NOW) == [endless, planned]

    def test_being_back_ends_what_holds_now_and_not_what_is_planned(self, any_store: Store) -> None:
        now, endless = make_absence(), make_absence(ends_at=None)
        planned = make_absence(starts_at=after(days=30), ends_at=after(days=40))
        others = make_absence("ines")
        for absence in (now, endless, planned, others):
            any_store.set_absence(absence)
        assert any_store.end_absences("dana", after(days=1)) == 2
        assert any_store.end_absences("dana", after(days=1)) == 0
        assert any_store.absences("dana", since=after(days=1)) == [planned]
        assert any_store.absences("ines", since=after(days=1)) == [others]
        assert any_store.end_absences("dana", after(days=2), planned=True) == 1
        assert any_store.absences("dana", since=after(days=2)) == []

    def test_a_new_absence_may_take_the_place_of_others(self, any_store: Store) -> None:
        first, second = make_absence(), make_absence("ines")
        any_store.set_absence(first)
        any_store.set_absence(second)
        corrected = make_absence(ends_at=after(days=3), set_at=after(hours=1))
        any_store.set_absence(corrected, instead_of=[first.id])
        assert any_store.absences(since=NOW) == [second, corrected]
        assert any_store.absences("dana")[0] == replace(first, ended_at=after(hours=1))

    def test_an_absence_that_ends_before_it_begins_is_refused(self, any_store: Store) -> None:
        with pytest.raises(StoreError):
            any_store.set_absence(make_absence(ends_at=NOW))
        assert any_store.absences() == []


class TestDepartures:
    def test_a_person_leaves_once(self, any_store: Store) -> None:
        departure = make_departure()
        assert any_store.deactivate(departure)
        assert not any_store.deactivate(make_departure(reason="again"))
        assert any_store.departures() == [departure]

    def test_a_person_comes_back_and_may_leave_again(self, any_store: Store) -> None:
        first, second = make_departure(), make_departure(at=after(days=9))
        assert not any_store.activate("dana", NOW)
        assert any_store.deactivate(first)
        assert any_store.activate("dana", after(days=3))
        assert not any_store.activate("dana", after(days=3))
        assert any_store.departures(gone_only=True) == []
        assert any_store.deactivate(second)
        assert any_store.departures() == [replace(first, ended_at=after(days=3)), second]
        assert any_store.departures(gone_only=True) == [second]

    def test_of_many_at_once_one_deactivates(self, any_store: Store) -> None:
        done = at_once(8, lambda _: any_store.deactivate(make_departure()))
        assert done.count(True) == 1
        assert len(any_store.departures()) == 1


class TestContacts:
    def test_an_unknown_contact_has_no_record(self, any_store: Store) -> None:
        assert any_store.contact_records() == []
        assert any_store.times_asked("dana", MAIL) == 0

    def test_a_code_verifies_its_contact_once(self, any_store: Store) -> None:
        assert any_store.contact_asked("dana", MAIL, "hash", NOW)
        asked = ContactRecord(person="dana", contact=MAIL, asked_at=NOW, code_hash="hash")
        assert any_store.contact_records("dana") == [asked]
        assert any_store.contact_of_code("hash", since=NOW) == asked
        verified = any_store.verify_contact("hash", after(days=1), since=after(days=-6))
        assert any_store.contact_of_code("hash", since=NOW) is None
        assert verified == replace(asked, code_hash=None, verified_at=after(days=1))
        assert any_store.verify_contact("hash", after(days=1), since=after(days=-6)) is None
        assert any_store.contact_records() == [verified]

    def test_an_expired_or_unknown_code_verifies_nothing(self, any_store: Store) -> None:
        any_store.contact_asked("dana", MAIL, "hash", NOW)
        assert any_store.verify_contact("other", NOW, since=NOW) is None
        assert any_store.verify_contact("hash", after(days=8), since=after(days=1)) is None
        assert any_store.verify_contact("hash", after(days=7), since=NOW) is not None

    def test_a_new_code_makes_the_one_before_void(self, any_store: Store) -> None:
        any_store.contact_asked("dana", MAIL, "first", NOW)
        any_store.contact_asked("dana", MAIL, "second", after(days=3))
        assert any_store.verify_contact("first", after(days=3), since=NOW) is None
        assert any_store.verify_contact("second", after(days=3), since=NOW) is not None

    def test_a_verified_contact_is_not_asked_again(self, any_store: Store) -> None:
        any_store.contact_asked("dana", MAIL, "hash", NOW)
        verified = any_store.verify_contact("hash", NOW, since=NOW)
        message = make_message(kind="verify", to="dana", contacts=(MAIL,))
        assert not any_store.contact_asked("dana", MAIL, "more", after(days=1), message=message)
        assert any_store.contact_records() == [verified]
        assert any_store.messages() == []

    def test_the_message_with_the_code_is_kept_with_it(self, any_store: Store) -> None:
        message = make_message(kind="verify", to="dana", contacts=(MAIL,))
        assert any_store.contact_asked("dana", MAIL, "hash", NOW, message=message)
        assert any_store.messages() == [message]
        assert any_store.times_asked("dana", MAIL) == 1
        assert any_store.times_asked("dana", "mailto:other@example.com") == 0

    def test_of_many_at_once_one_asks(self, any_store: Store) -> None:
        def ask(number: int) -> bool:
            message = make_message(kind="verify", to="dana", contacts=(MAIL,))
            return any_store.contact_asked(
                "dana", MAIL, f"hash-{number}", NOW, message=message, last=after(days=-3)
            )

        assert at_once(8, ask).count(True) == 1
        assert len(any_store.messages()) == 1

    def test_who_was_asked_lately_is_not_asked_again(self, any_store: Store) -> None:
        def ask(at: datetime) -> bool:
            return any_store.contact_asked(
                "dana", MAIL, "hash", at, last=at.replace(day=at.day - 3)
            )

        assert [ask(NOW), ask(after(days=2)), ask(after(days=3)), ask(after(days=4))] == [
            True,
            False,
            True,
            False,
        ]

    def test_a_contact_that_only_failed_so_far_is_asked(self, any_store: Store) -> None:
        any_store.contact_failed("dana", MAIL, "no such mailbox", NOW)
        assert any_store.contact_asked("dana", MAIL, "hash", NOW, last=after(days=-3))

    def test_a_contact_fails_and_works_again(self, any_store: Store) -> None:
        any_store.contact_asked("dana", MAIL, "hash", NOW)
        verified = any_store.verify_contact("hash", NOW, since=NOW)
        assert verified is not None
        any_store.contact_failed("dana", MAIL, "no such mailbox", after(days=1))
        assert any_store.contact_records() == [
            replace(verified, failed_at=after(days=1), error="no such mailbox")
        ]
        any_store.contact_works("dana", MAIL)
        any_store.contact_works("dana", MAIL)
        assert any_store.contact_records() == [verified]

    def test_a_code_that_came_through_shows_that_the_contact_works(self, any_store: Store) -> None:
        any_store.contact_asked("dana", MAIL, "hash", NOW)
        any_store.contact_failed("dana", MAIL, "server busy", NOW)
        verified = any_store.verify_contact("hash", NOW, since=NOW)
        assert verified is not None
        assert (verified.failed_at, verified.error) == (None, None)

    def test_a_plan_is_kept_in_place_of_the_one_before(self, any_store: Store) -> None:
        steps = (ContactStep("tgram://x"), ContactStep(MAIL, 300.0))
        urgent = ContactPlan(person="dana", urgency="urgent", steps=steps, at=NOW)
        normal = replace(urgent, urgency="normal")
        for plan in (urgent, normal, replace(urgent, at=after(days=1))):
            any_store.save_contact_plan(plan)
        assert any_store.contact_plans("dana") == [normal, replace(urgent, at=after(days=1))]
        assert any_store.contact_plans("ines") == []
        assert any_store.drop_contact_plan("dana", "normal")
        assert not any_store.drop_contact_plan("dana", "normal")
        assert any_store.contact_plans() == [replace(urgent, at=after(days=1))]


class TestDuties:
    def test_a_duty_is_asked_once_and_answered(self, any_store: Store) -> None:
        assert any_store.ask_duty(make_duty())
        assert not any_store.ask_duty(make_duty(version="v2"))
        assert any_store.duties() == [make_duty()]
        accepted = any_store.answer_duty(AGENT, "dana", "d1", "accepted", "gladly", after(hours=1))
        assert accepted == make_duty(state="accepted", note="gladly", answered_at=after(hours=1))
        assert not any_store.ask_duty(make_duty())
        assert any_store.duties(AGENT, "dana") == [accepted]

    def test_an_answer_may_be_changed(self, any_store: Store) -> None:
        any_store.ask_duty(make_duty())
        any_store.answer_duty(AGENT, "dana", "d1", "accepted", "", NOW)
        declined = any_store.answer_duty(AGENT, "dana", "d1", "declined", "too much", after(days=1))
        assert declined is not None
        assert (declined.state, declined.note) == ("declined", "too much")

    def test_what_was_never_asked_is_not_answered(self, any_store: Store) -> None:
        assert any_store.answer_duty(AGENT, "dana", "d1", "accepted", "", NOW) is None
        assert any_store.duties() == []

    def test_duties_are_listed_by_agent_and_person(self, any_store: Store) -> None:
        first, second = make_duty(), make_duty(digest="d2", asked_at=after(days=1))
        other = make_duty("ines", agent="billing-agent")
        for duty in (second, first, other):
            any_store.ask_duty(duty)
        assert any_store.duties(person="dana") == [first, second]
        assert any_store.duties("billing-agent") == [other]
        assert any_store.duties(AGENT, "ines") == []

    def test_the_message_goes_only_with_what_is_new(self, any_store: Store) -> None:
        message = make_message(kind="duty", to="dana")
        assert any_store.ask_duties([make_duty(), make_duty(digest="d2")], message) == 2
        again = make_message(kind="duty", to="dana")
        assert any_store.ask_duties([make_duty(), make_duty(digest="d2")], again) == 0
        assert any_store.messages() == [message]

    def test_of_many_at_once_one_tells(self, any_store: Store) -> None:
        def ask(_: int) -> int:
            return any_store.ask_duties([make_duty()], make_message(kind="duty", to="dana"))

        assert sum(at_once(8, ask)) == 1
        assert len(any_store.messages()) == 1


class TestStandings:
    def test_nothing_is_known_of_anybody_at_first(self, any_store: Store) -> None:
        assert any_store.standings(NOW) == {}

    def test_everything_shows_at_one_glance(self, any_store: Store) -> None:
        any_store.set_absence(make_absence())
        any_store.deactivate(make_departure("marc"))
        for contact in (MAIL, "tgram://x"):
            any_store.contact_asked("dana", contact, contact, NOW)
            any_store.verify_contact(contact, NOW, since=NOW)
        any_store.contact_asked("ines", "mailto:ines@example.com", "hash", NOW)
        for digest, state in (("d1", "declined"), ("d2", "accepted"), ("d3", "declined")):
            any_store.ask_duty(make_duty("omar", digest))
            any_store.answer_duty(AGENT, "omar", digest, state, "", NOW)  # type: ignore[arg-type]
        assert any_store.standings(NOW) == {
            "dana": Standing(
                away=True, away_until=after(days=7), verified=frozenset({MAIL, "tgram://x"})
            ),
            "marc": Standing(gone=True),
            "omar": Standing(declined=frozenset({(AGENT, "d1"), (AGENT, "d3")})),
        }

    def test_somebody_is_away_from_the_first_instant_until_just_before_the_last(
        self, any_store: Store
    ) -> None:
        any_store.set_absence(make_absence())
        seen = [
            "dana" in any_store.standings(at)
            for at in (after(microseconds=-1), NOW, after(days=6), after(days=7))
        ]
        assert seen == [False, True, True, False]

    def test_of_several_absences_the_longest_counts(self, any_store: Store) -> None:
        any_store.set_absence(make_absence(ends_at=after(days=9)))
        any_store.set_absence(make_absence())
        assert any_store.standings(NOW)["dana"].away_until == after(days=9)
        any_store.set_absence(make_absence(ends_at=None))
        any_store.set_absence(make_absence(ends_at=after(days=99)))
        assert any_store.standings(NOW)["dana"] == Standing(away=True)

    def test_who_is_back_is_there(self, any_store: Store) -> None:
        any_store.set_absence(make_absence())
        any_store.end_absences("dana", after(days=1))
        any_store.deactivate(make_departure("marc"))
        any_store.activate("marc", after(days=1))
        assert any_store.standings(after(days=1)) == {}


class TestDrills:
    @staticmethod
    def kept(store: Store, **fields: Any) -> DrillRecord:
        """Keep a drill with an escalation of its own, and return it."""
        escalation = make_escalation(rehearsal=True)
        drill = DrillRecord(
            **{
                "id": new_id(),
                "agent": AGENT,
                "version": "v1",
                "route": "finance_lead",
                "person": "ines",
                "escalation_id": escalation.id,
                "by": "priya",
                "started_at": NOW,
                **fields,
            }
        )
        record, events = make_record(escalation), [make_event(escalation)]
        store.add_drill(drill, record, escalation, events, [])
        return drill

    @pytest.fixture
    def drill(self, any_store: Store) -> DrillRecord:
        return self.kept(any_store)

    def test_a_drill_is_measured_until_it_ends(self, any_store: Store, drill: DrillRecord) -> None:
        assert any_store.drills() == [drill]
        assert any_store.change_drill(drill.id, told_at=after(seconds=2))
        assert any_store.drills(open_only=True) == [replace(drill, told_at=after(seconds=2))]
        assert any_store.change_drill(
            drill.id, answered_at=after(minutes=3), answered_by="ines", outcome="answered"
        )
        assert any_store.drills(open_only=True) == []
        assert not any_store.change_drill(drill.id, outcome="failed")
        assert not any_store.change_drill("nothing", outcome="failed")
        assert any_store.drills() == [
            replace(
                drill,
                told_at=after(seconds=2),
                answered_at=after(minutes=3),
                answered_by="ines",
                outcome="answered",
            )
        ]

    def test_drills_are_listed_newest_first_by_route(
        self, any_store: Store, drill: DrillRecord
    ) -> None:
        newer = self.kept(any_store, started_at=after(days=1))
        assert any_store.drills(AGENT, "finance_lead") == [newer, drill]
        assert any_store.drills(AGENT, "finance_lead", limit=1) == [newer]
        assert any_store.drills("other") == []
        assert any_store.drills(AGENT, "support_supervisor") == []

    def test_a_drill_that_cannot_be_kept_leaves_no_escalation_either(
        self, any_store: Store, drill: DrillRecord
    ) -> None:
        before = any_store.escalations()
        with pytest.raises(StoreError):
            self.kept(any_store, id=drill.id)
        assert any_store.escalations() == before
        assert any_store.drills() == [drill]

    def test_a_drill_is_begun_once(self, any_store: Store, drill: DrillRecord) -> None:
        escalation = make_escalation(rehearsal=True)
        record = make_record(escalation)
        again = replace(drill, id=new_id(), escalation_id=escalation.id)
        any_store.create_escalation(record, escalation, [make_event(escalation)], [])
        with pytest.raises(StoreError, match="begun already"):
            any_store.add_drill(again, record, escalation, [], [])


def test_a_calendar_is_kept_as_it_was_last_read(any_store: Store) -> None:
    first = CalendarRecord(agent=AGENT, file="oncall.ics", text="BEGIN", digest="1", read_at=NOW)
    newer = replace(first, text="BEGIN:VCALENDAR", digest="2", read_at=after(hours=1))
    other = replace(first, agent="billing-agent")
    for record in (first, other, newer):
        any_store.save_calendar(record)
    assert any_store.calendar_records(AGENT) == [newer]
    assert any_store.calendar_records() == [other, newer]
