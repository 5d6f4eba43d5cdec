"""Devices are told beside the messages that count, and never in place of them."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.channels.push import Answered, WebPush
from handraise.errors import FailedError, InputError, NotFoundError, SettingsError
from handraise.model import PushSubscription
from handraise.service.secrets import Signer
from handraise.service.telling.pushing import GIVES_UP_AFTER, MOST_DEVICES, NO_KEY, Pushing
from handraise.service.telling.trials import AT_ONCE
from handraise.service.telling.wording import alarm
from handraise.service.wiring import assemble
from handraise.settings import Settings
from tests.support.push_service import Browser, PushService
from tests.support.story import AGENT, TABLE, UNSURE, Story

PATIENCE_S = 20.0


class Devices:
    """A story whose people have devices at a push service of the story's own time."""

    def __init__(self, folder: Path) -> None:
        self.story = Story(folder)
        self.service = PushService(lambda: self.story.clock.now().timestamp())
        operation = self.story.operation
        channel = WebPush(lambda: "https://handraise.example.com", [self.service.url])
        self.pushing = Pushing(
            operation.store, operation.shelf, operation.clock, operation.signer, channel
        )
        operation.post.beside = self.pushing.tell

    def turn_on(self, person: str, name: str) -> tuple[Browser, PushSubscription]:
        browser = self.service.browser(name, self.pushing.public_key)
        return browser, self._kept(person, browser)

    def _kept(self, person: str, browser: Browser) -> PushSubscription:
        return self.pushing.turn_on(
            person, **browser.subscription(), key=browser.site_key, label="Firefox on Android"
        )

    def push(self, person: str) -> None:
        """Tell a person's devices of something, with no message beside it."""
        operation = self.story.operation
        told = operation.shelf.current(AGENT).people[person]
        self.pushing.tell(alarm(AGENT, told, "Look", ["words"], self.story.clock.now()))

    def settle(self) -> None:
        assert self.pushing.settle(PATIENCE_S)

    def kept(self, person: str = "dana") -> PushSubscription:
        return self.story.operation.store.pushes(person)[-1]

    def close(self) -> None:
        self.service.close()
        self.pushing.close(PATIENCE_S)
        self.story.close()


@pytest.fixture
def devices(tmp_path: Path, migrated_file: Path) -> Iterator[Devices]:
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    devices = Devices(tmp_path)
    yield devices
    devices.close()


def test_each_device_of_a_person_is_told_beside_the_message(devices: Devices) -> None:
    phone, _ = devices.turn_on("dana", "phone")
    desk, kept = devices.turn_on("dana", "desk")
    other, _ = devices.turn_on("ines", "other")
    verdict = devices.story.decide(UNSURE, text="My card is gone!")
    devices.settle()

    devices.story.expect(("dana", "asked"))
    devices.story.quiet()
    assert devices.service.refusals == other.received == []
    for browser in (phone, desk):
        (told,) = browser.received
        assert told.content == {
            "title": "Urgent: support-agent needs you",
            "body": "About 15 minutes to pick it up.",
            "path": f"/escalations/{verdict.escalation_id}",
            "tag": verdict.escalation_id,
        }
        assert (told.headers["ttl"], told.headers["urgency"]) == (str(4 * 3600), "high")
        assert b"support-agent" not in told.body
    assert devices.kept() == replace(kept, told_at=devices.story.clock.now())


def test_what_a_device_shows_is_replaced_by_what_is_newer(devices: Devices) -> None:
    phone, _ = devices.turn_on("marc", "phone")
    verdict = devices.story.decide()
    devices.story.forward(minutes=15)  # dana is silent, so it goes to marc
    devices.story.forward(minutes=8)  # who is reminded
    devices.settle()
    assert {told.content["tag"] for told in phone.received} == {verdict.escalation_id}
    assert len({told.headers["topic"] for told in phone.received}) == 1


def test_a_push_service_that_hangs_delays_no_message(devices: Devices) -> None:
    devices.turn_on("dana", "phone")
    devices.service.holds = threading.Event()
    devices.story.decide()
    devices.story.expect(("dana", "asked"))  # it is out, while the push still waits
    assert not devices.pushing.settle(0.0)
    devices.service.holds.set()
    devices.settle()
    assert devices.kept().told_at is not None


def test_a_browser_that_is_gone_is_ended_and_shown(devices: Devices) -> None:
    devices.turn_on("dana", "phone")
    devices.service.browsers.clear()
    devices.story.decide()
    devices.settle()
    devices.story.expect(("dana", "asked"))
    (shown,) = devices.pushing.devices("dana")
    assert shown.ended_at == devices.story.clock.now()
    assert shown.error == "the browser takes no messages any more"
    devices.story.clock.advance(days=8)
    assert devices.pushing.devices("dana") == []


def test_a_push_service_that_fails_rests_longer_each_time_and_is_given_up(
    devices: Devices,
) -> None:
    devices.turn_on("ines", "phone")
    devices.service.answer = (500, {})
    rests = []
    for number in range(GIVES_UP_AFTER):
        for _ in range(3):  # at once: what waits behind the first is not sent either
            devices.push("ines")
        devices.settle()
        kept = devices.kept("ines")
        assert kept.failures == devices.service.asked == number + 1
        assert kept.rests_until is not None
        rests.append(kept.rests_until - devices.story.clock.now())
        devices.story.clock.set(kept.rests_until)
    assert rests[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert rests == sorted(rests)
    assert devices.kept("ines").error == "it failed too often: the push service answered 500"


def test_a_push_service_is_left_in_peace_for_as_long_as_it_says(devices: Devices) -> None:
    devices.turn_on("dana", "phone")
    devices.service.answer = (429, {"Retry-After": "3600"})
    devices.story.decide()
    devices.settle()
    until = devices.story.clock.now() + timedelta(hours=1)
    assert devices.kept().rests_until == until
    with pytest.raises(InputError, match="in peace"):
        devices.pushing.test("dana", devices.kept().id)


def test_a_device_can_be_tried(devices: Devices) -> None:
    phone, kept = devices.turn_on("dana", "phone")
    with pytest.raises(NotFoundError):
        devices.pushing.test("ines", kept.id)
    devices.pushing.test("dana", kept.id).result(PATIENCE_S)
    assert phone.received[0].content["title"] == "This device is told"
    with pytest.raises(InputError, match="a moment ago"):
        devices.pushing.test("dana", kept.id)
    devices.story.clock.advance(minutes=1)
    devices.service.answer = (503, {})
    with pytest.raises(FailedError, match="answered 503"):
        devices.pushing.test("dana", kept.id).result(PATIENCE_S)
    with pytest.raises(InputError, match="a moment ago"):
        devices.pushing.test("dana", kept.id)


def test_a_trial_that_hangs_holds_nobody_and_is_the_only_one(devices: Devices) -> None:
    _, phone = devices.turn_on("dana", "phone")
    _, desk = devices.turn_on("dana", "desk")
    devices.service.holds = threading.Event()
    told = devices.pushing.test("dana", phone.id)
    assert not told.done(), "whoever asked for it is free meanwhile"
    devices.story.clock.advance(minutes=5)
    for device in (phone, desk):
        with pytest.raises(InputError, match="is being tried"):
            devices.pushing.test("dana", device.id)
    devices.service.holds.set()
    told.result(PATIENCE_S)
    devices.pushing.test("dana", desk.id).result(PATIENCE_S)
    assert devices.service.asked == 2


def test_trials_that_fail_end_no_device_but_one_that_is_gone(devices: Devices) -> None:
    _, phone = devices.turn_on("dana", "phone")
    devices.service.answer = (500, {})
    for _ in range(GIVES_UP_AFTER):
        with pytest.raises(FailedError):
            devices.pushing.test("dana", phone.id).result(PATIENCE_S)
        devices.story.clock.advance(seconds=10)
    assert devices.kept() == phone
    devices.service.answer = (410, {})
    with pytest.raises(FailedError):
        devices.pushing.test("dana", phone.id).result(PATIENCE_S)
    assert devices.kept().ended_at is not None


def test_a_trial_given_up_before_its_turn_is_none(devices: Devices) -> None:
    kept = [devices.turn_on(person, person)[1] for person in ("dana", "ines", "marc")]
    assert len(kept) == AT_ONCE + 1
    devices.service.holds = threading.Event()
    *going_on, waiting = (devices.pushing.test(one.person, one.id) for one in kept)
    assert waiting.cancel()
    devices.service.holds.set()
    for trial in going_on:
        trial.result(PATIENCE_S)
    devices.settle()
    assert devices.service.asked == AT_ONCE


def test_who_stopped_it_or_has_left_is_told_nothing(devices: Devices) -> None:
    _, phone = devices.turn_on("dana", "phone")
    devices.turn_on("ines", "other")
    assert not devices.pushing.turn_off("ines", phone.id)
    assert devices.pushing.turn_off("dana", phone.id)
    devices.story.operation.roster.deactivate("ines", "priya")
    assert devices.pushing.tidy() == 1
    devices.story.decide()
    devices.settle()
    assert devices.service.asked == 0
    assert devices.pushing.devices("dana") == devices.pushing.devices("ines") == []


def test_who_has_left_is_told_nothing_before_their_devices_are_ended(devices: Devices) -> None:
    devices.turn_on("dana", "phone")
    devices.push("dana")
    devices.settle()
    devices.story.operation.roster.deactivate("dana", "priya")
    devices.push("dana")
    devices.settle()
    assert devices.service.asked == 1


def test_what_a_browser_hands_over_is_checked(devices: Devices) -> None:
    browser = devices.service.browser("phone", devices.pushing.public_key)
    good = {**browser.subscription(), "key": browser.site_key, "label": ""}
    off_the_curve = "BA" + "A" * 85
    for wrong in (
        {"endpoint": "https://push.example.com/x"},  # only the one that is allowed
        {"p256dh": "AAAA"},
        {"p256dh": off_the_curve},
        {"p256dh": "!"},
        {"auth": "AAAA"},
        {"auth": "ä"},
        {"key": "of another operation"},
    ):
        with pytest.raises(InputError):
            devices.pushing.turn_on("dana", **{**good, **wrong})
    assert devices.pushing.turn_on("dana", **good).label == "A browser"


def test_a_person_has_ten_devices_at_most(devices: Devices) -> None:
    for number in range(MOST_DEVICES):
        devices.turn_on("dana", f"device-{number}")
    with pytest.raises(InputError, match="10 of your devices"):
        devices.turn_on("dana", "one-more")


def test_a_device_is_told_after_the_secret_was_rotated_and_not_without_its_own(
    devices: Devices,
) -> None:
    phone, _ = devices.turn_on("dana", "phone")
    operation = devices.story.operation
    old, fresh = devices.story.secret, "f" * 40
    for secrets, took in ((f"{fresh} {old}", True), (fresh, False)):
        again = Pushing(
            operation.store,
            operation.shelf,
            operation.clock,
            Signer(secrets),
            WebPush(lambda: "mailto:ops@example.com", [devices.service.url]),
        )
        assert again.public_key != devices.pushing.public_key
        operation.post.beside = again.tell
        devices.story.decide(case=secrets, key=secrets)
        assert again.settle(PATIENCE_S)
        assert len(phone.received) == 1
        assert (devices.kept().ended_at is None) is took
        again.close(PATIENCE_S)
    assert devices.service.refusals == []
    assert devices.kept().error == NO_KEY


def test_what_devices_need_is_named_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pywebpush", None)
    (tmp_path / "handraise.yaml").write_text(TABLE, encoding="utf-8")
    settings = Settings(console=True, push_contact="mailto:ops@example.com")
    with pytest.raises(SettingsError, match=r"handraise\[push\]"):
        assemble([tmp_path / "handraise.yaml"], settings)
    assert not Settings.from_environment({}).push_hosts


def test_a_fault_in_telling_devices_stays_with_it(devices: Devices) -> None:
    class Broken:
        def check(self, endpoint: str) -> None:
            """Take anything."""

        def send(self, *_given: object) -> Answered:
            raise RuntimeError("a fault")

    devices.turn_on("dana", "phone")
    operation = devices.story.operation
    pushing = Pushing(operation.store, operation.shelf, operation.clock, operation.signer, Broken())
    operation.post.beside = pushing.tell
    devices.story.decide()
    assert pushing.settle(PATIENCE_S)
    devices.story.expect(("dana", "asked"))

    def faulty(_message: object) -> None:
        raise RuntimeError("a fault")

    pushing._tell = faulty  # type: ignore[method-assign]
    devices.story.decide(case="another", key="another")
    devices.story.expect(("dana", "asked"))
    pushing.close(PATIENCE_S)
