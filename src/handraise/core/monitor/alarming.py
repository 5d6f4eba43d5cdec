"""What becomes of alarms when an operation was looked at: raised, gone on, over, back, and told.

Something is over once it was absent in two looks, and the owner is told so once it stayed over for
an hour: what comes back within that hour is not told at all, and what comes back again and again is
told more and more rarely. What came and went while no message was due is told as just that. What
nobody can look at any more is not over: that is said. INVARIANT: one alarm stands for an agent,
kind and subject, and what is to be told at one instant is told together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.monitor.signals import Signal, Unseen
from handraise.model import Alarm, Event

STAYS_OVER = timedelta(hours=1)
"""How long something must have been over before the owner is told so."""

BACK_WITHIN = timedelta(hours=24)
"""What is wrong again within this is the same alarm, reopened."""

REPEATED_AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""When what nobody took is told again: after the first time, the second, and every other."""

FIRST_REST, LONGEST_REST = timedelta(hours=1), timedelta(hours=24)
"""What came back rests after it was told: an hour, then two, four … until a day."""

STEADY = timedelta(minutes=30)
"""What is urgent, came back and stays for longer, and longer than ever before, does not rest."""

AHEAD = timedelta(minutes=5)
"""What was done later than this from now was done by a clock that was put back since."""

LONGEST_SNOOZE = timedelta(days=30)
"""Nothing is put off for longer."""

APART = timedelta(minutes=10)
"""Messages to an owner about one agent lie this far apart, unless something is urgent."""

MANY, MANY_APART = 6, timedelta(hours=2)
"""After so many in a day, they lie this far apart."""

MOST_LINES, MOST_EXAMPLES, LONGEST = 30, 10, 500
"""No more of an alarm is kept, and no sentence or line longer."""


class Settled(Struct, frozen=True, kw_only=True):
    """What a look makes of an agent's alarms.

    Attributes:
        alarms: those that changed, as they stand now.
        wrong: those the owner is told of now, as they stand now.
        over: those the owner is told to be over.
        passed: the ids of those of them that came and went without the owner having been told.
        missing: the ids of those that were absent in this look for the first time.
        events: what happened.
        urgent: whether something is told that may not wait.
    """

    alarms: tuple[Alarm, ...] = ()
    wrong: tuple[Alarm, ...] = ()
    over: tuple[Alarm, ...] = ()
    passed: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    events: tuple[Event, ...] = ()
    urgent: bool = False


def settled(
    kept: Sequence[Alarm],
    signals: Sequence[Signal],
    kinds: Collection[str],
    missing: Collection[str],
    now: datetime,
    fresh_id: Callable[[], str],
    unseen: Sequence[Unseen] = (),
) -> Settled:
    """Return what a look makes of an agent's alarms.

    Args:
        kept: all that are not over, were over within `BACK_WITHIN`, or are not told to be over.
        signals: what was found wrong, all of one agent.
        kinds: the kinds that were looked for; alarms of others stay as they are.
        missing: the ids of alarms that were absent in the look before.
        now: the present instant.
        fresh_id: makes the id of a new alarm.
        unseen: what of these kinds could not be looked at all the same.
    """
    as_kept, kept = kept, [_of_now(alarm, now) for alarm in kept]
    found: dict[tuple[str, str], Signal] = {}
    for signal in signals:
        found.setdefault((signal.kind, signal.subject), signal)
    standing = {alarm.id: alarm for alarm in kept}
    events: list[Event] = []
    gone: set[str] = set()
    for key, signal in found.items():
        before = _same(kept, key, now)
        after = _raised(signal, now, fresh_id()) if before is None else _again(before, signal, now)
        standing[after.id] = after
        if before is None or before.state == "resolved":
            events.append(_event("alarm_raised" if before is None else "alarm_back", after, now))
    for alarm in kept:
        if (
            alarm.state == "resolved"
            or alarm.kind not in kinds
            or (alarm.kind, alarm.subject) in found
        ):
            continue
        if alarm.id not in missing:
            gone.add(alarm.id)
            continue
        over = standing[alarm.id] = _resolved(alarm, unseen, now)
        events.append(_event("alarm_unseen" if over.unseen else "alarm_over", over, now))
    return _told(as_kept, standing, found, frozenset(gone), tuple(events), now)


def _of_now(alarm: Alarm, now: datetime) -> Alarm:
    """Return an alarm in which what a clock that was put back left in the future never was."""
    latest = now + AHEAD
    if alarm.told_at is not None and alarm.told_at > latest:
        told = alarm.told if alarm.state == "resolved" else None
        alarm = replace(alarm, told_at=None, told=told, times_told=0)
    if alarm.resolved_at is not None and alarm.resolved_at > latest:
        alarm = replace(alarm, resolved_at=now)
    if alarm.snoozed_until is not None and alarm.snoozed_until > latest + LONGEST_SNOOZE:
        alarm = replace(alarm, snoozed_until=None, snoozed_by=None)
    if alarm.wrong_since is not None and alarm.wrong_since > latest:
        alarm = replace(alarm, wrong_since=now)
    return replace(alarm, raised_at=_not_after(alarm.raised_at, latest, now))


def _not_after(at: datetime, latest: datetime, now: datetime) -> datetime:
    return now if at > latest else at


def _resolved(alarm: Alarm, unseen: Iterable[Unseen], now: datetime) -> Alarm:
    """Return an alarm that was not found again: over, or no longer looked at."""
    lasted = alarm.seen_at - (alarm.wrong_since or alarm.seen_at)
    return replace(
        alarm,
        state="resolved",
        resolved_at=now,
        longest_s=max(alarm.longest_s, lasted.total_seconds()),
        unseen=next((one.why for one in unseen if _is_meant(alarm, one)), "")[:LONGEST],
    )


def _is_meant(alarm: Alarm, unseen: Unseen) -> bool:
    """Whether an alarm is one of those that cannot be looked at."""
    lately = unseen.before is not None and alarm.seen_at >= unseen.before
    return alarm.kind in unseen.kinds and alarm.subject not in unseen.apart and not lately


def _same(kept: Iterable[Alarm], key: tuple[str, str], now: datetime) -> Alarm | None:
    """Return the alarm that a signal is about: one that is not over, or was over lately."""
    same = [alarm for alarm in kept if (alarm.kind, alarm.subject) == key]
    for alarm in same:
        if alarm.resolved_at is None:
            return alarm
    lately = [one for one in same if one.resolved_at and now - one.resolved_at < BACK_WITHIN]
    return max(lately, key=lambda one: (one.resolved_at, one.id), default=None)


def _raised(signal: Signal, now: datetime, id: str) -> Alarm:
    return Alarm(
        id=id,
        agent=signal.agent,
        kind=signal.kind,
        subject=signal.subject,
        about=signal.about,
        since=signal.since,
        raised_at=now,
        seen_at=now,
        wrong_since=now,
        sentence=signal.sentence[:LONGEST],
        means=signal.means[:LONGEST],
        lines=tuple(line[:LONGEST] for line in signal.lines[:MOST_LINES]),
        examples=signal.examples[:MOST_EXAMPLES],
    )


def _again(before: Alarm, signal: Signal, now: datetime) -> Alarm:
    """Return an alarm as a signal tells of it now; one that was over is open again."""
    after = replace(
        _raised(signal, now, before.id),
        since=signal.since or before.since,
        raised_at=before.raised_at,
        state=before.state,
        told=before.told,
        told_at=before.told_at,
        times_told=before.times_told,
        times_back=before.times_back,
        acknowledged_at=before.acknowledged_at,
        acknowledged_by=before.acknowledged_by,
        snoozed_until=before.snoozed_until,
        snoozed_by=before.snoozed_by,
        longest_s=before.longest_s,
    )
    if before.state != "resolved":
        return replace(after, wrong_since=before.wrong_since or now)
    return replace(
        after,
        state="open",
        acknowledged_at=None,
        acknowledged_by=None,
        times_back=before.times_back + 1,
    )


def _told(
    kept: Sequence[Alarm],
    standing: dict[str, Alarm],
    found: dict[tuple[str, str], Signal],
    missing: frozenset[str],
    events: tuple[Event, ...],
    now: datetime,
) -> Settled:
    """Return the alarms with what the owner is told of them now."""
    pressing = {key for key, signal in found.items() if signal.urgent}
    due = [
        one
        for one in standing.values()
        if one.id not in missing
        and not (one.state == "resolved" and (one.kind, one.subject) in found)
        and is_due(one, now, is_urgent=(one.kind, one.subject) in pressing)
    ]
    urgent = any(
        (one.kind, one.subject) in pressing and (one.told != "wrong" or _is_steady(one, now))
        for one in due
    )
    told = due if urgent or _may_tell(standing.values(), now) else []
    for one in told:
        standing[one.id] = replace(
            one,
            told="over" if one.state == "resolved" else "wrong",
            told_at=now,
            times_told=0 if one.state == "resolved" else one.times_told + 1,
        )
    before = {alarm.id: alarm for alarm in kept}
    fresh = [standing[one.id] for one in told]
    return Settled(
        alarms=tuple(one for one in standing.values() if before.get(one.id) != one),
        wrong=tuple(one for one in fresh if one.state != "resolved"),
        over=tuple(one for one in fresh if one.state == "resolved"),
        passed=frozenset(one.id for one in told if one.told is None and one.state == "resolved"),
        missing=missing,
        events=events,
        urgent=bool(urgent),
    )


def is_due(alarm: Alarm, now: datetime, *, is_urgent: bool = False) -> bool:
    """Whether the owner is to be told of an alarm as it stands, for the first time or again."""
    if alarm.snoozed_until is not None and now < alarm.snoozed_until:
        return False
    if is_urgent and _is_steady(alarm, now):
        return True
    rested = alarm.told_at is None or now - alarm.told_at >= rest_of(alarm)
    if alarm.resolved_at is not None and alarm.told is None:
        return True
    if alarm.resolved_at is not None:
        return alarm.told == "wrong" and rested and now - alarm.resolved_at >= STAYS_OVER
    if alarm.told != "wrong" or alarm.told_at is None:
        return rested
    if alarm.snoozed_until is not None and alarm.told_at < alarm.snoozed_until:
        return True
    nth = len(REPEATED_AFTER) if alarm.state == "acknowledged" else alarm.times_told
    return now - alarm.told_at >= REPEATED_AFTER[min(max(nth, 1), len(REPEATED_AFTER)) - 1]


def _is_steady(alarm: Alarm, now: datetime) -> bool:
    """Whether what came back stays as it never did, and the owner was not told since it is back."""
    if alarm.state != "open" or alarm.told_at is None or alarm.wrong_since is None:
        return False
    lasts = now - alarm.wrong_since
    longest = max(STEADY, timedelta(seconds=alarm.longest_s))
    return alarm.told_at < alarm.wrong_since and lasts > longest


def rest_of(alarm: Alarm) -> timedelta:
    """Return how long after it was told an alarm that came back is not told of again."""
    if alarm.times_back == 0:
        return timedelta()
    doubled: int = 2 ** min(alarm.times_back - 1, 10)
    return min(FIRST_REST * doubled, LONGEST_REST)


def _may_tell(alarms: Iterable[Alarm], now: datetime) -> bool:
    """Whether the last message lies far enough back for another."""
    told = {one.told_at for one in alarms if one.told_at is not None}
    lately = [at for at in told if abs(now - at) < timedelta(days=1)]
    apart = APART if len(lately) < MANY else MANY_APART
    return all(abs(now - at) >= apart for at in lately)


def _event(kind: str, alarm: Alarm, now: datetime) -> Event:
    """Return that something happened to an alarm; nobody's figures stand in the record."""
    detail = {"alarm": alarm.id, "kind": alarm.kind}
    # What goes round in a circle may be one customer's case, and the record forgets nothing.
    if alarm.about is None and alarm.kind != "agent_looping":
        detail["subject"] = alarm.subject
    return Event(at=now, kind=kind, who="handraise", agent=alarm.agent, detail=detail)
