"""What people's answers say: whether they were read, how often people differ, how soon they come.

Fair to people: the time that reading takes is half of what most readers need, and never more than a
minute; nobody is held against an estimate from fewer than twenty answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from msgspec import Struct

from handraise.core.monitor.intervals import clopper_pearson
from handraise.model import AnswerKind

WORDS_A_MINUTE = 400.0
"""Reading fast, nearly twice the average of 238 words a minute.

Source: M. Brysbaert, "How many words do we read per minute?", Journal of Memory and Language 109,
2019: silent reading of English non-fiction.
"""

GRASP_S = 2.0
"""To see what is asked and to press a button, whatever there is to read."""

LONGEST_S = 60.0
"""Nobody is held to a long reading because an agent sent a long context."""

FEWEST = 20
"""So many are needed before a count is turned into a share."""

CERTAINTY = 0.95
"""Of the interval of a share that is shown."""

Readings = Mapping[tuple[str, str], datetime]
"""By escalation and person, when they first had it before their eyes."""


class Answered(Struct, frozen=True, kw_only=True):
    """One person's answer to one ask, and since when they could have given it.

    Attributes:
        escalation_id: of which escalation.
        ask_id: of which ask.
        version: of the table it began with.
        route: which was asked.
        rows: the rows of the table that led to this route.
        by: who answered.
        holder: who had it then.
        kind: what they answered.
        created_at: when the agent stopped.
        assigned_at: when the holder got it.
        acknowledged_at: when the holder said that they have it; None where nobody did.
        decide_due_at: until when it was to be decided.
        at: when it was answered.
    """

    escalation_id: str
    ask_id: str
    version: str
    route: str
    rows: tuple[str, ...]
    by: str
    holder: str
    kind: AnswerKind
    created_at: datetime
    assigned_at: datetime
    acknowledged_at: datetime | None
    decide_due_at: datetime
    at: datetime

    @property
    def is_override(self) -> bool:
        """Whether the person did anything else than approve what the agent proposed."""
        return self.kind != "approve"

    @property
    def is_late(self) -> bool:
        """Whether it came after its deadline."""
        return self.at > self.decide_due_at

    @property
    def picked_up_s(self) -> float:
        """Seconds from the stop until somebody said that they have it, or answered."""
        first = min(self.acknowledged_at or self.at, self.at)
        return max((first - self.created_at).total_seconds(), 0.0)

    @property
    def resolved_s(self) -> float:
        """Seconds from the stop until the answer."""
        return max((self.at - self.created_at).total_seconds(), 0.0)


class Share(Struct, frozen=True, kw_only=True):
    """How many of how many; and what share that is, where there are enough.

    Attributes:
        count: how many.
        of: of how many.
        low: what the true share is at least; None for fewer than twenty.
        high: what it is at most; None for fewer than twenty.
    """

    count: int
    of: int
    low: float | None = None
    high: float | None = None

    @property
    def share(self) -> float | None:
        """The share of 1; None for fewer than twenty."""
        return None if self.of < FEWEST else self.count / self.of


def share_of(count: int, of: int) -> Share:
    """Return a count as a share, with the interval of 95 % certainty where there are enough.

    The interval is for whoever looks now; alarms are raised by bounds that hold at every look.

    Args:
        count: how many, 0 to `of`.
        of: of how many; for fewer than twenty there is no share.

    Raises:
        ValueError: the counts are no counts.

    Example:
        >>> share_of(3, 19).share, round(share_of(3, 30).high, 2)
        (None, 0.27)
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no count")
    if of < FEWEST:
        return Share(count=count, of=of)
    low, high = clopper_pearson(count, of, CERTAINTY)
    return Share(count=count, of=of, low=low, high=high)


def words_in(value: object) -> int:
    """Return how many words there are to read in plain JSON values, names of fields included.

    Example:
        >>> words_in({"note": "card not arrived", "days": 4})
        6
    """
    count, left = 0, [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            count += len(one.split())
        elif isinstance(one, dict):
            count += len(one)
            left += one.values()
        elif isinstance(one, list | tuple):
            left += one
        elif one is not None:
            count += 1
    return count


def reading_s(words: int) -> float:
    """Return how many seconds a fast reader needs at least before they can answer, at most 60.

    Example:
        >>> reading_s(0), reading_s(100), reading_s(100_000)
        (2.0, 17.0, 60.0)
    """
    return min(GRASP_S + words * 60 / WORDS_A_MINUTE, LONGEST_S)


def times_had(answers: Iterable[Answered], readings: Readings) -> dict[str, float]:
    """Return how many seconds there were to read what each answer is about, by its ask.

    From when the person had it before their eyes, else from when it was put to them (or from the
    stop, where another held it); never from before their own previous answer to another escalation:
    who answers one a second has a second for each, however long they waited. Questions of one
    escalation, answered one after the other, share the time: it is read once.

    Args:
        answers: in any order; a person's answers to other agents make no difference.
        readings: what is known of who saw what when.
    """
    before: dict[str, _Run] = {}
    found: dict[str, float] = {}
    for one in sorted(answers, key=lambda one: (one.at, one.ask_id)):
        since = one.assigned_at if one.by == one.holder else one.created_at
        seen = readings.get((one.escalation_id, one.by))
        if seen is not None and seen <= one.at:
            since = seen
        last = before.get(one.by)
        if last is not None and last.escalation_id == one.escalation_id:
            since = last.since
        elif last is not None:
            since = max(since, last.at)
        found[one.ask_id] = max((one.at - since).total_seconds(), 0.0)
        before[one.by] = _Run(one.escalation_id, since, one.at)
    return found


class _Run(Struct, frozen=True):
    """A person's last answers in a row to one escalation: since when they read it, and until when.

    Attributes:
        escalation_id: which.
        since: from when they had the time to read it.
        at: when they answered last.
    """

    escalation_id: str
    since: datetime
    at: datetime


def unread(
    answers: Iterable[Answered], had: Mapping[str, float], words: Mapping[str, int]
) -> frozenset[str]:
    """Return the asks that were approved faster than what they showed can be read.

    Only approvals: a rejection or a change says itself that something was looked at.

    Args:
        answers: to judge.
        had: by ask, the seconds there were; see `times_had`.
        words: by escalation, how many words there were to read; one that is not named, because it
            was erased, counts as read.
    """
    return frozenset(
        one.ask_id
        for one in answers
        if one.kind == "approve"
        and one.escalation_id in words
        and had[one.ask_id] < reading_s(words[one.escalation_id])
    )


def in_the_middle(seconds: Sequence[float]) -> float | None:
    """Return the time that half of them took at most; None for fewer than twenty."""
    return median(seconds) if len(seconds) >= FEWEST else None


class Window(Struct, frozen=True):
    """A stretch of time that is looked at again and again while it grows.

    Attributes:
        since: from when answers count.
        share: of the chance of a false alarm that may be spent in it, in (0, 1/2].
    """

    since: datetime
    share: float


def window(started_at: datetime, now: datetime, length: timedelta) -> Window:
    """Return the window that is looked at now: it has grown for one to two lengths.

    Windows begin a length apart, and each is looked at for two lengths at most, so what is found
    is never older than that. The k-th (from 0) may spend 1/((k+1)(k+2)) of the chance of a false
    alarm: over all of them, for ever, that sums up to the whole of it.

    Args:
        started_at: when the version of the table came into force.
        now: the present instant; before `started_at` it counts as that.
        length: of half a window.
    """
    whole = max((now - started_at) // length, 0)
    number = max(whole - 1, 0)
    return Window(started_at + number * length, 1 / ((number + 1) * (number + 2)))
