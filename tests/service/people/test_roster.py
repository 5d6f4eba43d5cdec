"""The roster: who is away, who has left, who can be reached, who accepted their duty."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.errors import AccessError, InputError, NotFoundError, SignInError, StoreError
from handraise.model import Absence, ContactStep, Message
from handraise.service.people.codes import code_hash, contact_code, with_code
from handraise.service.people.invitations import ASK_AGAIN_AFTER, CODE_LASTS
from handraise.service.people.roster import Roster
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.telling.address import Address
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.databases import raw
from tests.support.operation import SECRET
from tests.support.story import AGENT, TABLE
from tests.support.verified import verify_everybody

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BASE = "https://handraise.example.com"
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
PEOPLE = TABLE.replace(
    'ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}',
    "ines:  {name: Ines Duarte, zone: Europe/Lisbon, "
    'contact: ["mailto:ines@example.com", "json://hooks.example.com/secret-of-ines"]}',
)
ORDERS = PEOPLE.replace("agent: support-agent", "agent: order-agent")


class Collecting:
    """Takes every message."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []

    def send(self, message: Message, contact: str) -> None:
        """Keep it."""
        self.sent.append((contact, message))


class People:
    """An operation whose roster is looked at; nobody is verified, nobody was asked anything."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "handraise.yaml"
        self.path.write_text(PEOPLE, encoding="utf-8")
        self.clock = ManualClock(MONDAY)
        self.sender = Collecting()
        self.operation: Operation = assemble(
            [self.path],
            Settings(secret=SECRET, base_url=BASE),
            clock=self.clock,
            sender=self.sender,
        )
        self.store = self.operation.store
        self.roster = self._roster(self.operation.shelf)
        self.moved: list[str] = []
        self.roster.on_change = self.moved.append

    def another(self) -> Roster:
        """Return a roster as another process of the same store has one."""
        return self._roster(Shelf(self.store, self.clock))

    def _roster(self, shelf: Shelf) -> Roster:
        return Roster(self.store, shelf, self.clock, Signer(SECRET), Address(BASE))

    def rewrite(self, *changes: tuple[str, str]) -> None:
        text = self.path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.path.write_text(text, encoding="utf-8")
        self.operation.open(self.path)

    def also_orders(self) -> None:
        """Put a second agent's table beside the first."""
        path = self.path.with_name("orders.yaml")
        path.write_text(ORDERS, encoding="utf-8")
        self.operation.open(path)

    def post(self) -> list[tuple[str, Message]]:
        """Return what goes out now, with the contact that took it."""
        self.sender.sent.clear()
        self.operation.post.deliver()
        return list(self.sender.sent)

    def code_of(self, contact: str) -> str:
        """Return the code of the newest message through a contact."""
        found = [message.body for to, message in self.post() if to == contact]
        code = CODE.search(found[-1])
        assert code is not None
        return code.group()

    def told(self, kind: str) -> list[str]:
        return [one.to for one in self.store.messages(limit=1_000) if one.kind == kind]

    def events(self, kind: str) -> list[tuple[str, str]]:
        """Return (agent, who) of each event of a kind."""
        with self.store.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT agent, who FROM events WHERE kind = ? ORDER BY seq", (kind,)
            )
            return [tuple(row) for row in rows]

    def state(self, person: str) -> Any:
        return self.operation.shelf.directory(AGENT, rehearsal=False).states[person]


@pytest.fixture
def people(tmp_path: Path, migrated_file: Path) -> Iterator[People]:
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    found = People(tmp_path)
    yield found
    found.operation.close()


@pytest.fixture
def settled(people: People) -> People:
    """Everybody is verified and has accepted."""
    verify_everybody(people.operation)
    return people


def days(count: float) -> datetime:
    return MONDAY + timedelta(days=count)


class TestAway:
    def test_whoever_goes_away_is_asked_nothing_and_loses_what_they_hold_at_once(
        self, settled: People
    ) -> None:
        said = settled.roster.away("dana", None, days(7), " holiday ", "dana")
        assert (said.absence.starts_at, said.absence.note) == (MONDAY, "holiday")
        assert (settled.state("dana").away, settled.state("dana").away_until) == (True, days(7))
        assert settled.moved == ["dana"]
        assert settled.events("away") == [(AGENT, "dana")]
        assert settled.roster.absences() == [said.absence]

    def test_an_absence_that_begins_later_moves_nothing_yet(self, settled: People) -> None:
        settled.roster.away("dana", days(1), days(2), "", "priya")
        assert settled.moved == []
        assert not settled.state("dana").away
        settled.clock.set(days(1))
        assert settled.state("dana").away

    def test_an_owner_who_is_away_is_told_that_they_stay_the_last_resort(
        self, settled: People
    ) -> None:
        assert settled.roster.away("priya", None, None, "", "priya").last_resort_of == (AGENT,)
        assert settled.roster.away("dana", None, None, "", "dana").last_resort_of == ()

    def test_it_is_said_where_nobody_else_is_on_the_route(self, settled: People) -> None:
        assert settled.roster.away("ines", None, None, "", "ines").alone_on == (
            (AGENT, "finance_lead"),
        )
        assert settled.roster.away("dana", None, None, "", "dana").alone_on == ()

    def test_the_same_said_anew_takes_the_place_of_what_was_said(self, settled: People) -> None:
        first = settled.roster.away("dana", None, days(9), "", "dana").absence
        corrected = settled.roster.away("dana", None, days(3), "", "dana")
        assert corrected.replaced == (first,)
        assert settled.state("dana").away_until == days(3)

    def test_an_open_end_leaves_what_was_planned_for_later(self, settled: People) -> None:
        planned = settled.roster.away("dana", days(30), days(40), "", "dana").absence
        ill = settled.roster.away("dana", None, None, "ill", "dana")
        assert ill.replaced == ()
        again = settled.roster.away("dana", None, None, "still ill", "dana")
        assert again.replaced == (ill.absence,)
        assert settled.roster.absences("dana") == [again.absence, planned]

    def test_whoever_is_away_stays_so_when_they_plan_for_later(self, settled: People) -> None:
        settled.roster.away("dana", None, None, "ill", "dana")
        planned = settled.roster.away("dana", days(30), None, "", "dana")
        assert planned.replaced == ()
        assert settled.state("dana").away
        moved = settled.roster.away("dana", days(31), days(40), "", "dana")
        assert moved.replaced == (planned.absence,)

    def test_an_absence_beside_others_leaves_them(self, settled: People) -> None:
        one = settled.roster.away("dana", days(1), days(2), "", "dana").absence
        two = settled.roster.away("dana", days(2), days(3), "", "dana")
        assert two.replaced == ()
        assert settled.roster.absences("dana") == [one, two.absence]

    @pytest.mark.parametrize(
        ("starts_at", "ends_at", "words"),
        [
            (days(2), days(1), "ends before it starts"),
            (days(2), days(2), "ends before it starts"),
            (days(-3), days(-1), "is over already"),
            (None, days(800), "to: more than two years from now"),
            (days(-800), None, "from: more than two years from now"),
            (days(800), None, "from: more than two years from now"),
            (datetime(1, 1, 1, tzinfo=UTC), None, "from: more than two years from now"),
            (None, datetime(9999, 12, 31, 23, tzinfo=UTC), "to: more than two years from now"),
            (days(-500), days(500), "longer than two years"),
        ],
    )
    def test_an_absence_that_cannot_be_is_refused(
        self, settled: People, starts_at: datetime | None, ends_at: datetime | None, words: str
    ) -> None:
        with pytest.raises(InputError, match=words):
            settled.roster.away("dana", starts_at, ends_at, "", "dana")
        assert settled.roster.absences() == []

    def test_two_times_by_the_clock_of_one_zone_are_told_apart_by_what_passes(
        self, settled: People
    ) -> None:
        zone = ZoneInfo("Europe/Berlin")  # 02:30 is 03:30 that night
        at = datetime(2027, 3, 28, 2, 30, tzinfo=zone), datetime(2027, 3, 28, 3, 15, tzinfo=zone)
        with pytest.raises(InputError, match="ends before it starts"):
            settled.roster.away("dana", *at, "", "dana")

    def test_a_note_may_not_be_endless(self, settled: People) -> None:
        with pytest.raises(InputError, match="longer than 2,000"):
            settled.roster.away("dana", None, None, "x" * 2_001, "dana")

    def test_a_stranger_is_named_with_whom_it_may_have_meant(self, settled: People) -> None:
        with pytest.raises(NotFoundError, match=r'no person "dna".*did you mean "dana"'):
            settled.roster.away("dna", None, None, "", "dna")

    def test_others_may_not_say_it(self, settled: People) -> None:
        with pytest.raises(AccessError, match="ask dana or an owner: priya"):
            settled.roster.away("dana", None, None, "", "marc")
        for nobody in ("operator", "operators:root", "Operator:root", ""):
            with pytest.raises(AccessError):
                settled.roster.away("dana", None, None, "", nobody)
        with pytest.raises(AccessError, match=r"ask dana or an owner$"):
            settled.roster.away("dana", None, None, "", "olga")
        settled.roster.away("dana", None, None, "", "operator:root")
        assert settled.events("away") == [(AGENT, "operator:root")]

    def test_the_event_stands_in_the_record_of_each_agent(self, settled: People) -> None:
        settled.also_orders()
        settled.roster.away("dana", None, None, "", "dana")
        assert settled.events("away") == [("order-agent", "dana"), (AGENT, "dana")]

    def test_what_cannot_be_moved_now_is_left_to_the_worker(self, settled: People) -> None:
        def fail(_person: str) -> None:
            raise StoreError("busy")

        settled.roster.on_change = fail
        settled.roster.away("dana", None, None, "", "dana")
        assert settled.state("dana").away

    def test_a_roster_moves_nothing_before_it_is_wired(self, settled: People) -> None:
        settled.another().away("dana", None, None, "", "dana")
        assert settled.state("dana").away


class TestBack:
    def test_whoever_is_back_is_asked_again(self, settled: People) -> None:
        planned = settled.roster.away("dana", days(30), days(40), "", "dana").absence
        now = settled.roster.away("dana", None, days(7), "", "dana").absence
        assert settled.roster.back("dana", "dana") == (now,)
        assert not settled.state("dana").away
        assert settled.roster.absences() == [planned]
        assert settled.events("back") == [(AGENT, "dana")]

    def test_owners_of_tables_that_one_does_not_read_are_not_named(self, settled: People) -> None:
        orders = ORDERS.replace("owner: priya", "owner: ines").replace("marc", "otto")
        path = settled.path.with_name("orders.yaml")
        path.write_text(orders, encoding="utf-8")
        settled.operation.open(path)
        for by, named in (("marc", "priya"), ("otto", "ines")):
            with pytest.raises(AccessError, match=f"ask dana or an owner: {named}$"):
                settled.roster.back("dana", by)

    def test_who_is_here_cannot_come_back(self, settled: People) -> None:
        with pytest.raises(InputError, match=r"dana is not away$"):
            settled.roster.back("dana", "dana")
        planned = settled.roster.away("dana", days(30), days(40), "", "dana").absence
        with pytest.raises(InputError, match="begin later are taken back"):
            settled.roster.back("dana", "dana")
        assert settled.roster.back("dana", "dana", planned=True) == (planned,)

    def test_others_may_not_say_it(self, settled: People) -> None:
        settled.roster.away("dana", None, None, "", "dana")
        with pytest.raises(AccessError):
            settled.roster.back("dana", "marc")
        assert settled.state("dana").away


class TestLeaving:
    def test_whoever_has_left_is_asked_nothing_and_is_out(self, settled: People) -> None:
        departure = settled.roster.deactivate("dana", "priya", "has left us")
        assert (departure.by, departure.reason) == ("priya", "has left us")
        assert not settled.state("dana").active
        assert not settled.operation.shelf.is_here("dana")
        assert settled.moved == ["dana"]
        assert settled.events("deactivated") == [(AGENT, "priya")]
        with pytest.raises(NotFoundError):
            settled.operation.door.link("dana")

    def test_a_session_ends_with_leaving(self, settled: People) -> None:
        door = settled.operation.door
        cookie, _, _ = door.enter(door.link("dana").rpartition("/")[2])
        waiting = door.link("dana").rpartition("/")[2]
        assert door.person(cookie) == "dana"
        settled.roster.deactivate("dana", "priya", "")
        assert door.person(cookie) is None
        assert door.peek(waiting) is None
        with pytest.raises(SignInError):
            door.enter(waiting)
        door.request_link("dana")
        assert settled.told("sign_in") == []

    def test_an_owner_cannot_leave_before_another_is_named(self, settled: People) -> None:
        with pytest.raises(InputError, match="priya is the owner of the table of support-agent"):
            settled.roster.deactivate("priya", "priya", "")
        settled.rewrite(("owner: priya", "owner: ines"))
        settled.roster.deactivate("priya", "ines", "")
        assert not settled.state("priya").active

    def test_nobody_leaves_twice(self, settled: People) -> None:
        settled.roster.deactivate("dana", "priya", "")
        with pytest.raises(InputError, match="dana has left already"):
            settled.roster.deactivate("dana", "priya", "")

    @pytest.mark.parametrize("by", ["dana", "marc"])
    def test_only_an_owner_says_that_somebody_has_left(self, settled: People, by: str) -> None:
        with pytest.raises(AccessError, match="ask an owner: priya"):
            settled.roster.deactivate("dana", by, "")

    def test_who_had_left_may_be_here_again(self, settled: People) -> None:
        settled.roster.deactivate("dana", "priya", "")
        settled.roster.activate("dana", "priya")
        assert settled.state("dana").active
        assert settled.events("activated") == [(AGENT, "priya")]
        with pytest.raises(InputError, match="dana has not left"):
            settled.roster.activate("dana", "priya")


class TestContacts:
    def test_nobody_is_reachable_before_a_code_came_back(self, people: People) -> None:
        assert not people.state("dana").reachable
        [invited] = people.roster.invite("dana")
        assert (invited.person, invited.contact) == ("dana", "dana@example.com")
        assert not people.state("dana").reachable
        code = people.code_of("mailto:dana@example.com")
        peeked = people.roster.peek(code)
        assert peeked is not None
        assert peeked.person == "dana"
        verified = people.roster.verify(code)
        assert (verified.person, verified.verified_at) == ("dana", MONDAY)
        assert people.state("dana").reachable
        assert people.events("contact_verified") == [(AGENT, "dana")]

    def test_a_code_is_used_once(self, people: People) -> None:
        people.roster.invite("dana")
        code = people.code_of("mailto:dana@example.com")
        people.roster.verify(code)
        assert people.roster.peek(code) is None
        with pytest.raises(SignInError, match="used already, has expired, or was replaced"):
            people.roster.verify(code)

    @pytest.mark.parametrize(
        "typed",
        [
            str.lower,
            lambda code: code.replace("-", " "),
            lambda code: f" {code.replace('-', '')}\n",
            lambda code: code.replace("0", "O").replace("1", "l"),
        ],
        ids=["small letters", "spaces", "in one", "letters for digits"],
    )
    def test_a_code_may_be_typed_carelessly(
        self, people: People, typed: Callable[[str], str]
    ) -> None:
        people.roster.invite("dana")
        people.roster.verify(typed(people.code_of("mailto:dana@example.com")))

    @pytest.mark.parametrize("code", ["", "AAAA-BBBB-CCCC", "\u2028", "x" * 999], ids=range(4))
    def test_a_code_that_never_was_is_refused(self, people: People, code: str) -> None:
        people.roster.invite()
        with pytest.raises(SignInError):
            people.roster.verify(code)

    def test_a_code_expires_after_a_week(self, people: People) -> None:
        people.roster.invite("dana")
        code = people.code_of("mailto:dana@example.com")
        people.clock.advance(days=7, seconds=1)
        with pytest.raises(SignInError):
            people.roster.verify(code)

    def test_a_new_code_makes_the_one_before_void(self, people: People) -> None:
        people.roster.invite("dana")
        first = people.code_of("mailto:dana@example.com")
        assert people.roster.invite("dana") == []
        assert len(people.roster.invite("dana", again=True)) == 1
        with pytest.raises(SignInError):
            people.roster.verify(first)
        people.roster.verify(people.code_of("mailto:dana@example.com"))

    def test_each_contact_gets_a_code_of_its_own_through_itself(self, people: People) -> None:
        people.roster.invite("ines")
        sent = people.post()
        assert [contact for contact, _ in sent] == list(
            people.operation.shelf.newest(AGENT).people["ines"].contacts
        )
        codes = {CODE.search(message.body).group() for _, message in sent}  # type: ignore[union-attr]
        assert len(codes) == 2
        people.roster.verify(codes.pop())
        assert [view.is_verified for view in people.roster.contacts("ines")].count(True) == 1

    def test_the_code_stands_nowhere_in_the_store(self, people: People) -> None:
        people.roster.invite("dana")
        code = people.code_of("mailto:dana@example.com")
        kept = b"".join(path.read_bytes() for path in people.path.parent.glob("handraise.db*"))
        assert code.encode() not in kept
        assert code.replace("-", "").encode() not in kept

    def test_a_code_outlives_a_change_of_the_secret(self, people: People) -> None:
        people.roster.invite("dana")
        new = f"{'n' * 40} {SECRET.replace(' ', '_')}"
        old = Signer(SECRET.replace(" ", "_"))
        [message] = people.store.messages(to="dana")
        made = contact_code(old, message.id)
        people.store.contact_asked("dana", "mailto:dana@example.com", code_hash(made), MONDAY)

        def is_kept(kept: str) -> bool:
            return people.store.contact_of_code(kept, since=MONDAY) is not None

        assert made in with_code(message, Signer(new), is_kept).body
        assert with_code(message, Signer(new), lambda _: False).body != message.body
        plain = replace(message, body="nothing to fill in")
        assert with_code(plain, Signer(new), is_kept) is plain

    def test_the_message_says_on_which_tables_and_routes_they_stand(self, people: People) -> None:
        people.also_orders()
        people.roster.invite("priya")
        [(_, message)] = people.post()
        code = CODE.search(message.body)
        assert code is not None
        assert message.kind == "verify"
        assert "order-agent and support-agent" in message.body
        assert "support-agent: its owner, the last resort" in message.body
        assert f"{BASE}/verify/{code.group()}" in message.body
        assert f"{BASE}/me" in message.body
        assert "refund" not in message.body, "what is asked is not told to who knows whom"

    def test_secrets_of_a_contact_are_not_shown(self, people: People) -> None:
        invited = people.roster.invite("ines")
        assert [one.contact for one in invited] == ["ines@example.com", "json://..."]
        assert [view.number for view in people.roster.contacts("ines")] == [1, 2]

    def test_everybody_with_a_duty_is_invited_who_has_not_left(self, people: People) -> None:
        people.rewrite(("finance_lead: {people: [ines]", "finance_lead: {people: [marc]"))
        people.roster.deactivate("dana", "priya", "")
        invited = people.roster.invite()
        assert sorted(one.person for one in invited) == ["marc", "priya"]
        assert people.roster.invite("dana") == []
        assert [one.person for one in people.roster.invite("ines")] == ["ines", "ines"]
        assert "support-agent" in people.post()[-1][1].body

    def test_a_verified_contact_is_not_asked(self, settled: People) -> None:
        assert settled.roster.invite() == []
        assert settled.roster.invite(again=True) == []

    def test_a_contact_that_left_the_table_does_not_count(self, settled: People) -> None:
        settled.rewrite(("dana@example.com", "dana.reyes@example.com"))
        assert not settled.state("dana").reachable
        assert [view.is_verified for view in settled.roster.contacts("dana")] == [False]

    def test_for_a_drill_nobody_is_more_reachable_than_they_are(self, people: People) -> None:
        states = people.operation.shelf.directory(AGENT, rehearsal=True).states
        assert not any(state.reachable for state in states.values())


class TestPlans:
    def test_a_person_chooses_by_urgency_through_what_they_hear(self, settled: People) -> None:
        mail, hook = (view.contact for view in settled.roster.contacts("ines"))
        steps = (ContactStep(hook), ContactStep(mail, 300.0))
        plan = settled.roster.plan("ines", "urgent", steps, "ines")
        assert settled.roster.plans("ines") == [plan]
        assert settled.events("plan_chosen") == [(AGENT, "ines")]
        assert settled.roster.plan("ines", "urgent", (), "ines") is None
        assert settled.roster.plans("ines") == []
        assert settled.events("plan_dropped") == [(AGENT, "ines")]

    @pytest.mark.parametrize(
        ("steps", "words"),
        [
            ([("mailto:dana@example.com", 0)], "step 1: this is no contact of theirs"),
            ([("mailto:ines@example.com", 60)], "step 1: the first contact is told at once"),
            (
                [("mailto:ines@example.com", 0), ("mailto:ines@example.com", 90_000)],
                "step 2: the wait",
            ),
            ([("mailto:ines@example.com", 0), ("mailto:ines@example.com", -1)], "step 2"),
            ([("mailto:ines@example.com", 0)] * 11, "the plan has 11 steps.*at most 10"),
        ],
    )
    def test_a_plan_that_cannot_be_is_refused(
        self, settled: People, steps: list[tuple[str, float]], words: str
    ) -> None:
        with pytest.raises(InputError, match=words):
            settled.roster.plan("ines", "urgent", [ContactStep(*step) for step in steps], "ines")
        assert settled.roster.plans("ines") == []

    def test_others_may_not_choose(self, settled: People) -> None:
        with pytest.raises(AccessError):
            settled.roster.plan("ines", "urgent", (), "dana")
        with pytest.raises(NotFoundError):
            settled.roster.plans("nobody")


class TestDuties:
    def test_each_sees_what_they_will_be_asked_and_accepts_it(self, people: People) -> None:
        [duty] = people.roster.duties("dana")
        assert (duty.agent, duty.state, duty.routes) == (
            AGENT,
            "not asked",
            ("support_supervisor",),
        )
        assert any("15m" in line for line in duty.lines)
        record = people.roster.accept(AGENT, "dana", duty.digest, "gladly")
        assert (record.state, record.note, record.answered_at) == ("accepted", "gladly", MONDAY)
        [duty] = people.roster.duties("dana")
        assert (duty.state, duty.note, duty.has_changed) == ("accepted", "gladly", False)
        assert people.events("duty_accepted") == [(AGENT, "dana")]

    def test_whoever_declines_is_passed_over_and_the_owner_hears_of_it(
        self, settled: People
    ) -> None:
        [duty] = settled.roster.duties("dana")
        settled.roster.decline(AGENT, "dana", duty.digest, "too much")
        assert settled.state("dana").declined
        assert settled.moved == ["dana"]
        assert settled.events("duty_declined") == [(AGENT, "dana")]
        [alarm] = [one for one in settled.store.messages(to="priya") if one.kind == "alarm"]
        assert alarm.subject == "Dana Reyes has declined their duty"
        assert "too much" in alarm.body
        settled.roster.accept(AGENT, "dana", duty.digest)
        assert not settled.state("dana").declined

    def test_an_owner_who_declines_is_not_told_of_themselves(self, settled: People) -> None:
        [duty] = settled.roster.duties("priya")
        settled.roster.decline(AGENT, "priya", duty.digest)
        assert settled.told("alarm") == []
        assert settled.state("priya").declined

    def test_declining_for_one_agent_leaves_the_other(self, settled: People) -> None:
        settled.also_orders()
        _, duty = settled.roster.duties("dana")
        settled.roster.decline(duty.agent, "dana", duty.digest)
        shelf = settled.operation.shelf
        declined = {
            agent: shelf.directory(agent, rehearsal=False).states["dana"].declined
            for agent in shelf.agents()
        }
        assert declined == {AGENT: True, "order-agent": False}

    def test_a_new_version_asks_again_only_those_whose_duty_changed(self, settled: People) -> None:
        settled.rewrite(("decide_within: 4h", "decide_within: 2h"))
        [changed] = settled.roster.duties("dana")
        assert (changed.state, changed.has_changed) == ("not asked", True)
        assert any("2h" in line for line in changed.added)
        assert any("4h" in line for line in changed.removed)
        assert [one.state for one in settled.roster.duties("ines")] == ["accepted"]

    def test_what_was_declined_before_a_change_is_open_again(self, settled: People) -> None:
        [duty] = settled.roster.duties("dana")
        settled.roster.decline(AGENT, "dana", duty.digest)
        settled.rewrite(("decide_within: 4h", "decide_within: 2h"))
        assert not settled.state("dana").declined

    def test_a_duty_that_changed_meanwhile_is_not_answered(self, settled: People) -> None:
        [duty] = settled.roster.duties("dana")
        settled.rewrite(("decide_within: 4h", "decide_within: 2h"))
        with pytest.raises(InputError, match="your duty has changed"):
            settled.roster.accept(AGENT, "dana", duty.digest)

    def test_who_has_no_duty_has_none_to_answer(self, people: People) -> None:
        people.rewrite(("people: [dana, marc]", "people: [dana]"))
        assert people.roster.duties("marc") == []
        with pytest.raises(NotFoundError, match="marc has no duty by the table of support-agent"):
            people.roster.accept(AGENT, "marc", "digest")
        with pytest.raises(NotFoundError):
            people.roster.duties("nobody")


class TestTick:
    def test_everybody_is_asked_once(self, people: People) -> None:
        assert people.roster.tick() == 5
        assert sorted(people.told("verify")) == ["dana", "ines", "ines", "marc", "priya"]
        assert people.told("duty") == []
        assert people.roster.tick() == 0
        people.clock.advance(hours=1)
        assert people.roster.tick() == 0
        assert people.another().tick() == 0
        assert {one.state for one in people.store.duties()} == {"asked"}

    def test_nobody_who_is_settled_is_sent_anything(self, settled: People) -> None:
        for _ in range(30):
            assert settled.roster.tick() == 0
            settled.clock.advance(hours=12)
        assert settled.told("verify") == settled.told("duty") == settled.told("alarm") == []

    def test_a_changed_duty_is_asked_by_one_message_with_what_is_new(self, settled: People) -> None:
        settled.roster.tick()
        settled.rewrite(("decide_within: 4h", "decide_within: 2h"))
        assert settled.roster.tick() == 2
        assert sorted(settled.told("duty")) == ["dana", "marc"]
        assert settled.another().tick() == 0
        [message] = settled.store.messages(to="dana")
        assert message.subject == "Your duty has changed"
        new = [line for line in message.body.splitlines() if line.startswith("  + ")]
        assert len(new) == 1
        assert "2h" in new[0]
        gone = [line for line in message.body.splitlines() if line.startswith("  - ")]
        assert len(gone) == 1
        assert "4h" in gone[0]
        assert message.body.count("A plus sign marks what is new, a minus sign what is gone.") == 1
        assert f"{BASE}/me" in message.body

    def test_a_duty_for_another_agent_is_a_new_one(self, settled: People) -> None:
        settled.roster.tick()
        settled.also_orders()
        assert settled.roster.tick() == 4
        [message] = settled.store.messages(to="dana")
        assert message.subject == "Your duty: please accept or decline"
        assert "\n    You are " in message.body
        assert "  - " not in message.body
        assert "  + " not in message.body
        assert "plus sign" not in message.body

    def test_a_duty_that_is_new_by_the_time_of_the_code_is_asked_after_it(
        self, people: People
    ) -> None:
        people.roster.tick()
        code = people.code_of("mailto:dana@example.com")
        people.rewrite(("decide_within: 4h", "decide_within: 2h"))
        assert people.roster.tick() == 0, "an unknown reader is not told what is asked"
        people.roster.verify(code)
        assert people.roster.tick() == 1
        assert people.told("duty") == ["dana"]

    def test_who_is_asked_to_confirm_is_told_how_often(self, people: People) -> None:
        people.roster.tick()
        said = "is asked at most 3 times, 3 days apart, unless somebody has it sent again."
        later = "Questions come here only once it is confirmed."
        (dana,) = people.store.messages(to="dana")
        assert said in dana.body
        assert later in dana.body
        (priya, *_) = people.store.messages(to="priya")
        assert said in priya.body
        assert later not in priya.body, "the last resort is told in any case"

    def test_who_stays_silent_is_asked_three_times(self, people: People) -> None:
        asked = []
        for _ in range(20):
            people.roster.tick()
            people.clock.advance(days=1)
            asked.append(people.told("verify").count("dana"))
        assert asked[0] == 1
        assert asked[3] == 2
        assert asked[6:] == [3] * 14

    def test_the_owner_hears_once_a_day_who_is_not_settled(self, people: People) -> None:
        people.roster.tick()
        people.clock.advance(hours=23)
        people.roster.tick()
        assert people.told("alarm") == []
        people.clock.advance(hours=2)
        people.roster.tick()
        people.another().tick()
        people.clock.advance(hours=12)
        people.roster.tick()
        assert people.told("alarm") == ["priya"]
        [alarm] = [one for one in people.store.messages(to="priya") if one.kind == "alarm"]
        assert "have no confirmed contact, and are passed over:\n  Dana Reyes (dana)" in alarm.body
        assert "have not said whether they accept" in alarm.body
        people.clock.advance(hours=13)
        people.roster.tick()
        assert people.told("alarm") == ["priya", "priya"]

    def test_what_was_declined_stays_told(self, settled: People) -> None:
        [duty] = settled.roster.duties("dana")
        settled.roster.decline(AGENT, "dana", duty.digest)
        settled.roster.tick()
        subjects = [one.subject for one in settled.store.messages(to="priya")]
        assert len(subjects) == 2
        body = settled.store.messages(to="priya")[0].body
        assert "have declined their duty, and are passed over:\n  Dana Reyes (dana)" in body

    def test_who_is_told_is_told_the_next_time_when_it_could_not_be_kept(
        self, people: People
    ) -> None:
        people.roster.tick()
        people.clock.advance(days=2)
        raw(
            people.store,
            "CREATE TRIGGER full BEFORE INSERT ON outbox WHEN NEW.kind = 'alarm'"
            " BEGIN SELECT RAISE(ABORT, 'full'); END",
        )
        with pytest.raises(StoreError):
            people.roster.tick()
        raw(people.store, "DROP TRIGGER full")
        assert people.roster.tick() == 1
        assert people.told("alarm") == ["priya"]

    def test_who_has_left_is_asked_nothing(self, people: People) -> None:
        people.roster.deactivate("dana", "priya", "")
        people.roster.tick()
        assert "dana" not in people.told("verify")

    def test_who_has_no_duty_is_asked_nothing(self, people: People) -> None:
        people.rewrite(("people: [dana, marc]", "people: [dana]"))
        people.roster.tick()
        assert "marc" not in people.told("verify")

    def test_it_looks_at_the_store_once_a_minute_while_nothing_is_new(self, people: People) -> None:
        people.roster.tick()
        place = people.path.with_name("handraise.db")
        place.rename(place.with_name("elsewhere.db"))
        try:
            assert people.roster.tick() == 0
            people.clock.advance(minutes=1)
            with pytest.raises(StoreError):
                people.roster.tick()
        finally:
            place.with_name("elsewhere.db").rename(place)

    def test_a_contact_is_asked_again_after_days_not_weeks(self) -> None:
        assert timedelta(days=1) < ASK_AGAIN_AFTER < CODE_LASTS


class TestStanding:
    def test_everything_about_everybody_shows(self, settled: People) -> None:
        absence = settled.roster.away("marc", None, days(7), "holiday", "marc").absence
        planned = settled.roster.away("dana", days(30), days(40), "", "dana").absence
        [duty] = settled.roster.duties("ines")
        settled.roster.decline(AGENT, "ines", duty.digest)
        settled.store.contact_failed("ines", "mailto:ines@example.com", "no such mailbox", MONDAY)
        dana, ines, marc, priya = settled.roster.standing()
        assert (dana.id, dana.away, dana.planned) == ("dana", None, (planned,))
        assert (dana.contacts, dana.verified, dana.failing, dana.is_owner) == (1, 1, 0, False)
        assert (dana.hours, dana.zone, dana.open_asks) == ("always", "UTC", 0)
        assert [(one.agent, one.routes, one.duty, one.unavailable) for one in dana.tables] == [
            (AGENT, ("support_supervisor",), "accepted", None)
        ]
        assert marc.away == absence
        assert (marc.tables[0].unavailable or "").startswith("is away until Mon 30 Nov")
        assert (ines.contacts, ines.verified, ines.failing) == (2, 2, 1)
        assert (ines.tables[0].duty, ines.tables[0].unavailable) == (
            "declined",
            "has declined this duty",
        )
        assert priya.is_owner

    def test_who_has_left_and_who_was_not_asked_show(self, people: People) -> None:
        people.roster.deactivate("dana", "priya", "")
        dana, ines, *_ = people.roster.standing(AGENT)
        assert (dana.has_left, ines.has_left) == (True, False)
        assert ines.tables[0].duty == "not asked"
        assert ines.tables[0].unavailable == "has no verified contact"

    def test_who_stands_on_two_tables_shows_once(self, settled: People) -> None:
        settled.also_orders()
        lines = settled.roster.standing()
        assert [line.id for line in lines] == ["dana", "ines", "marc", "priya"]
        assert [one.agent for one in lines[0].tables] == ["order-agent", AGENT]
        assert [one.agent for one in settled.roster.standing(AGENT)[0].tables] == [AGENT]

    def test_who_has_no_duty_shows_without_one(self, settled: People) -> None:
        settled.rewrite(("people: [dana, marc]", "people: [dana]"))
        marc = settled.roster.standing()[2]
        assert (marc.tables[0].duty, marc.tables[0].routes) == (None, ())

    def test_the_absence_that_ends_last_is_the_one_that_shows(self, settled: People) -> None:
        for number, ends_at in enumerate((days(3), None, days(9))):
            settled.store.set_absence(
                Absence(
                    id=f"a{number}",
                    person="dana",
                    starts_at=MONDAY,
                    ends_at=ends_at,
                    by="dana",
                    set_at=MONDAY,
                )
            )
        away = settled.roster.standing()[0].away
        assert away is not None
        assert away.ends_at is None

    def test_an_instant_is_told_in_the_persons_zone(self, settled: People) -> None:
        assert settled.roster.local("ines", days(7)) == "Mon 30 Nov, 10:00 (Europe/Lisbon)"
        with pytest.raises(NotFoundError):
            settled.roster.local("nobody", MONDAY)
