"""Tells people's devices, beside the messages that count.

INVARIANT: a push never counts as delivered, and never delays or fails a message: it goes out in
threads of its own, is tried once, and what fails rests. A browser that takes none any more is
ended, and so are those of a person who has left.
"""

from __future__ import annotations

import base64
import binascii
import queue
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from importlib.util import find_spec

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from handraise.channels.push import Answered, Push, PushChannel
from handraise.clock import Clock
from handraise.core.messages import BUNDLE, root_of
from handraise.errors import Error, FailedError, InputError, NotFoundError
from handraise.model import Ask, Message, PushSubscription
from handraise.service.extras import PUSH
from handraise.service.logs import Log, crash_text
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.telling.trials import TRIAL_EVERY, Trials
from handraise.service.telling.wording import fresh_id, one_line
from handraise.service.telling.wording.pushed import push_of, trial
from handraise.store import Store

MOST_DEVICES = 10
MAX_LABEL = 100
LANES = 4
"""So many go out at once; one browser's always in their order, by the same lane."""

MOST_WAITING = 500
"""What comes beyond is not pushed: the messages themselves go out as ever."""

FIRST_REST = timedelta(minutes=1)
MOST_REST = timedelta(hours=6)
GIVES_UP_AFTER = 12
MANY = 100_000
NO_KEY = "it was turned on by a secret that is not kept any more: turn it on again"

log = Log(__name__)


class _Job(Struct, frozen=True):
    push: Push
    browser: str


class Pushing:
    """Tells people's devices."""

    def __init__(
        self, store: Store, shelf: Shelf, clock: Clock, signer: Signer, channel: PushChannel
    ) -> None:
        """Keep what telling needs; threads begin with the first thing to tell.

        Args:
            store: which browsers there are.
            shelf: who is there.
            clock: the time.
            signer: whose keys push services know.
            channel: takes a push to one browser.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._channel = channel
        self._lanes: list[queue.Queue[_Job | None]] = []
        self._beginning = threading.Lock()
        self._left = threading.Condition()
        self._on_the_way = 0
        self._closed = False
        self._trials = Trials(self._tried, clock)
        self.is_offered = all(find_spec(module) for module in PUSH)

    @property
    def public_key(self) -> str:
        """The key that browsers are given, base64url without padding."""
        return public_key(self._key(""))

    def _key(self, kid: str) -> ec.EllipticCurvePrivateKey:
        key = self._signer.push_key(kid)
        if key is None:
            raise NotFoundError(NO_KEY)
        return key

    # What people do with their devices

    def turn_on(
        self, person: str, endpoint: str, p256dh: str, auth: str, *, key: str, label: str
    ) -> PushSubscription:
        """Keep that a browser takes messages for a person, in place of whoever had it before.

        Args:
            person: whose it is.
            endpoint: where its push service takes messages for it.
            p256dh: its public key, base64url.
            auth: its authentication secret, base64url.
            key: the public key of ours that it was given.
            label: what it is, in plain words; may be empty.

        Raises:
            InputError: what the browser gave cannot be used, or there are ten already.
        """
        self._channel.check(endpoint)
        if len(_bytes(auth, "auth")) != 16:
            raise InputError("auth: expected 16 bytes", "turn it on again")
        _check_point(_bytes(p256dh, "p256dh"))
        kid = self._signer.kid
        if key != self.public_key:
            raise InputError("key: this page is too old", "load it again, then turn it on")
        browser = PushSubscription(
            id=fresh_id(),
            person=person,
            endpoint=endpoint,
            p256dh=p256dh.rstrip("="),
            auth=auth.rstrip("="),
            kid=kid,
            label=one_line(label)[:MAX_LABEL] or "A browser",
            made_at=self._clock.now(),
        )
        if not self._store.add_push(browser, most=MOST_DEVICES):
            raise InputError(
                f"device: {MOST_DEVICES} of your devices are told already", "stop one first"
            )
        return browser

    def turn_off(self, person: str, id: str) -> bool:
        """End a person's device; False when it is ended already, or none of theirs."""
        return self._store.end_push(id, self._clock.now(), person=person)

    def devices(self, person: str) -> list[PushSubscription]:
        """Return a person's devices, those too that were ended without them in the last week."""
        since = self._clock.now() - timedelta(days=7)
        found = self._store.pushes(person)
        return [
            one for one in found if one.ended_at is None or (one.error and one.ended_at > since)
        ]

    def test(self, person: str, id: str) -> Future[None]:
        """Begin to tell one device, now, that it is told; returns at once.

        It has a thread of its own, beside those of what counts. A trial that fails is no failure of
        the device's, unless its browser is gone.

        Returns:
            What is done when its push service took it, and raises FailedError when it did not.

        Raises:
            NotFoundError: it is none of theirs, or it takes none any more.
            InputError: it was told or tried a moment ago, or one of theirs is being tried.
        """
        browser = next((one for one in self._store.pushes(person, live=True) if one.id == id), None)
        if browser is None:
            raise NotFoundError("this device is not told any more", "turn it on again")
        now = self._clock.now()
        if browser.told_at is not None and now - browser.told_at < TRIAL_EVERY:
            raise InputError("device: it was told a moment ago", "wait a few seconds")
        if not _is_awake(browser, now):
            raise InputError("device: its push service wants to be left in peace", "try later")
        return self._trials.begin(person, id)

    def _tried(self, id: str) -> None:
        """Tell one device that it is told.

        Raises:
            FailedError: its push service did not take it.
        """
        browser = self._store.one_push(id)
        if browser is None or browser.ended_at is not None:
            raise FailedError("this device is not told any more", "turn it on again")
        answered = self._told(trial(), browser, is_trial=True)
        if answered.kind != "taken":
            raise FailedError(f"this device was not told: {answered.error}", "try again later")

    # What is told

    def tell(self, message: Message) -> None:
        """Tell a person's devices what a message to them is about; raises nothing.

        Returns at once: what is sent waits for its turn in a thread.
        """
        try:
            if self.is_offered and not self._closed:
                self._tell(message)
        except Exception as error:  # noqa: BLE001 - the message that counts must go on
            log.error("devices were not told", id=message.id, places=crash_text(error))

    def _tell(self, message: Message) -> None:
        now = self._clock.now()
        awake = [one for one in self._store.pushes(message.to, live=True) if _is_awake(one, now)]
        if not awake:
            return
        push = push_of(message, self._ask(message), self._count(message), now)
        for browser in awake:
            if push is not None:
                self._put(_Job(push, browser.id))

    def _ask(self, message: Message) -> Ask | None:
        if message.ask_id is None or message.escalation_id is None:
            return None
        found = self._store.escalation(message.escalation_id)
        return None if found is None else found.ask(message.ask_id)

    def _count(self, message: Message) -> int:
        if message.kind != BUNDLE:
            return 1
        return len(self._store.messages(told_in=root_of(message.id), to=message.to, limit=MANY))

    def _put(self, job: _Job) -> None:
        self._begin()
        lane = self._lanes[zlib.crc32(job.browser.encode()) % LANES]
        with self._left:
            self._on_the_way += 1
        try:
            lane.put_nowait(job)
        except queue.Full:
            self._done()
            log.error("too much waits to be pushed", device=job.browser)

    def _begin(self) -> None:
        with self._beginning:
            while len(self._lanes) < LANES:
                lane: queue.Queue[_Job | None] = queue.Queue(MOST_WAITING)
                threading.Thread(
                    target=self._work, args=(lane,), name="handraise-push", daemon=True
                ).start()
                self._lanes.append(lane)

    def _work(self, lane: queue.Queue[_Job | None]) -> None:
        while (job := lane.get()) is not None:
            if self._closed:
                return
            try:
                # As it stands now: what waited before this one may have failed.
                browser = self._store.one_push(job.browser)
                if (
                    browser is not None
                    and _is_awake(browser, self._clock.now())
                    and self._shelf.is_here(browser.person)
                ):
                    self._told(job.push, browser)
            except Error as error:
                log.error("what became of a push is not kept", error=error.message)
            except Exception as error:  # noqa: BLE001 - a fault in one must not hold up the others
                log.critical("a push has a fault", places=crash_text(error))
            finally:
                self._done()

    def _done(self) -> None:
        with self._left:
            self._on_the_way -= 1
            self._left.notify_all()

    def _told(self, push: Push, browser: PushSubscription, *, is_trial: bool = False) -> Answered:
        """Send one push, and keep what became of it."""
        now = self._clock.now()
        key = self._signer.push_key(browser.kid)
        answered = (
            Answered("gone", NO_KEY) if key is None else self._channel.send(push, browser, key, now)
        )
        if answered.kind == "taken":
            self._store.push_took(browser.id, now)
        elif answered.kind == "gone":
            self._store.end_push(browser.id, now, error=answered.error)
        elif not is_trial:
            self._rest(browser, answered)
        return answered

    def _rest(self, browser: PushSubscription, answered: Answered) -> None:
        """Leave a push service in peace for a while; end a browser that has failed too often."""
        now = self._clock.now()
        rest = min(FIRST_REST * 2 ** min(browser.failures, 10), MOST_REST)
        if answered.rest_s is not None:
            rest = max(rest, timedelta(seconds=answered.rest_s))
        count = self._store.push_failed(browser.id, answered.error, now, rests_until=now + rest)
        log.warning("a device was not told", device=browser.id, error=answered.error, times=count)
        if count >= GIVES_UP_AFTER:
            self._store.end_push(browser.id, now, error=f"it failed too often: {answered.error}")

    # What is looked after

    def tidy(self) -> int:
        """End the devices of those who have left; return how many.

        Raises:
            StoreError: the store cannot be read or written.
        """
        now, count = self._clock.now(), 0
        for person in self._store.people_with_push():
            if not self._shelf.is_here(person):
                for one in self._store.pushes(person, live=True):
                    count += self._store.end_push(one.id, now)
        return count

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is on its way; False when that takes too long."""
        with self._left:
            is_left = self._left.wait_for(lambda: self._on_the_way == 0, timeout_s)
        return is_left and self._trials.settle(timeout_s)

    def close(self, patience_s: float) -> None:
        """Wait a little for what is on its way, and leave the rest."""
        self.settle(patience_s)
        self._closed = True
        for lane in self._lanes:
            try:
                lane.put_nowait(None)
            except queue.Full:
                log.error("what waited to be pushed is left")
        self._trials.close()


Beside = Callable[[Message], None]
"""Is told of each message when it is about to go out for the first time; raises nothing."""


def _is_awake(browser: PushSubscription, now: datetime) -> bool:
    is_resting = browser.rests_until is not None and browser.rests_until > now
    return browser.ended_at is None and not is_resting


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public key of a private one as browsers take it, base64url without padding."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _bytes(text: str, name: str) -> bytes:
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InputError(f"{name}: this is no base64url", "turn it on again") from None


def _check_point(raw: bytes) -> None:
    """Return when bytes are a point on the curve P-256, as browsers write one.

    Raises:
        InputError: they are none.
    """
    try:
        if len(raw) != 65:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        raise InputError("p256dh: no point on the curve P-256", "turn it on again") from None
